using BenchmarkDotNet.Attributes;

namespace Organics.Benchmarks;

/// <summary>The extents of a product: A is M×K, B is K×N.</summary>
public sealed record GemmSize(int M, int K, int N) : IFlop
{
    public double Flop => 2.0 * M * K * N;

    public override string ToString() => $"{M}×{K}×{N}";
}

/// <summary>C = A·B in float, C allocated beforehand, on all cores.</summary>
[RateColumn]
public class GemmBenchmarks
{
    Tensor<float> _a = null!, _b = null!, _c = null!;

    [ParamsSource(nameof(Sizes))]
    public GemmSize Size { get; set; } = null!;

    public static IEnumerable<GemmSize> Sizes => [new(256, 64, 192), new(256, 128, 384), new(256, 784, 360), new(1024, 1024, 1024)];

    [GlobalSetup]
    public void Prepare()
    {
        var init = new Initializer<float>(1, Device.Cpu);
        (_a, _b) = (init.Uniform([Size.M, Size.K], -1, 1), init.Uniform([Size.K, Size.N], -1, 1));
        _c = Tensor.Zeros<float>([Size.M, Size.N]);
    }

    [Benchmark]
    public void MatMul() => Device.Cpu.Backend<float>().MatMul(_a.View, false, _b.View, false, _c.View, Size.M, Size.N, Size.K, accumulate: false);
}
