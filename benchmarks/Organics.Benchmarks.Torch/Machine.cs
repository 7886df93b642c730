using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SideBySide;

/// <summary>The sentence without which no figure means anything. A load near 0 before the race: the figures are this program's own.</summary>
static class Machine
{
    public static string Describe(int threads)
    {
        int bits = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;
        return $"{Processor()}, {Environment.ProcessorCount} cores, {bits}-bit vectors, load {Load()} before; {threads} threads a side; "
            + $"{RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}; {Libtorch.Version}.";
    }

    /// <summary>Processes that wanted a core during the last minute, on average.</summary>
    static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    static string Processor()
    {
        const string Label = "model name";
        string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith(Label, StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? $"{RuntimeInformation.ProcessArchitecture} processor";
    }
}
