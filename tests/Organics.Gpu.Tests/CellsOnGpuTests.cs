using Organics.Contract;

namespace Organics.Gpu.Tests;

/// <summary>Every kind of cell as kernels, against its form in tape ops on the CPU.</summary>
public sealed class CellsOnGpuTests
{
    static readonly GpuDevice Gpu = DeviceUnderTest.Open();

    // A driver compiles every kind anew, for seconds: of one and of two rounds of products is enough where the emulation sees all.
    public static TheoryData<string> Kinds => DeviceUnderTest.IsReal ? new(["lstm", "lem"]) : new(CellLaws<double>.Kinds);

    static SequenceOptions Options(string kind, int units, int channels, int steps)
        => new() { Cell = kind, Units = units, Format = new(steps, channels, TargetKind.Class, PerStep: false, 2) };

    [Theory, MemberData(nameof(Kinds))]
    public void The_kernels_and_the_tape_agree(string kind)
    {
        foreach (var (units, channels, steps, batch) in ((int, int, int, int)[])[(5, 1, 1, 1), (5, 3, 7, 6), (5, 1, 11, 9)])
        {
            var worst = new CellLaws<double>(Gpu, Options(kind, units, channels, steps), batch, SequenceMemory.Sqrt).Compare().Worst;
            Assert.True(worst.Difference < 1e-10, $"{worst} at {units} units, {channels} channels, {steps} steps, {batch} samples");
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void In_single_precision_they_agree_to_its_rounding(string kind)
    {
        var worst = new CellLaws<float>(Gpu, Options(kind, 5, 2, 9), 5, SequenceMemory.Sqrt).Compare().Worst;
        Assert.True(worst.Difference < 1e-4, $"{worst}");
    }
}
