using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Organics.Benchmarks.Torch;

/// <summary>The sentence without which no figure means anything.</summary>
static class Machine
{
    public static string Describe(int threads)
    {
        int bits = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;
        return $"{Processor()}, {Environment.ProcessorCount} cores, {bits}-bit vectors; {threads} threads a side; "
            + $"{RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}; {Libtorch.Version}.";
    }

    static string Processor()
    {
        const string Label = "model name";
        string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith(Label, StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? $"{RuntimeInformation.ProcessArchitecture} processor";
    }
}
