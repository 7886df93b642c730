using BenchmarkDotNet.Attributes;

namespace Organics.Benchmarks;

/// <summary>A batch of linear systems of one order.</summary>
public sealed record Systems(int Batch, int Order) : IFlop
{
    public double Flop => 2.0 / 3 * Batch * Math.Pow(Order, 3);

    public override string ToString() => $"{Batch}×{Order}×{Order}";
}

/// <summary>LU with partial pivoting of many small matrices, on all cores; factoring is in place, so that the copy is part of it.</summary>
[GenericTypeArguments(typeof(float)), GenericTypeArguments(typeof(double)), RateColumn]
public class LuBenchmarks<T> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
{
    Tensor<T> _a = null!, _lu = null!, _pivots = null!, _b = null!, _x = null!;

    [ParamsSource(nameof(Batches))]
    public Systems Size { get; set; } = null!;

    public static IEnumerable<Systems> Batches => [new(256, 50)];

    [GlobalSetup]
    public void Prepare()
    {
        var init = new Initializer<T>(1, Device.Cpu);
        (_a, _b) = (init.Uniform([Size.Batch, Size.Order, Size.Order], -1, 1), init.Uniform([Size.Batch, Size.Order], -1, 1));
        (_lu, _pivots, _x) = (_a.Keep(), Tensor.Zeros<T>([Size.Batch, Size.Order]), _b.Keep());
    }

    [Benchmark]
    public void Factor()
    {
        var backend = Device.Cpu.Backend<T>();
        backend.Copy(_a.View, _lu.View);
        backend.LuFactor(_lu.View, _pivots.View, Size.Batch, Size.Order);
    }

    [Benchmark]
    public void FactorAndSolve()
    {
        Factor();
        var backend = Device.Cpu.Backend<T>();
        backend.Copy(_b.View, _x.View);
        backend.LuSolve(_lu.View, _pivots.View, _x.View, Size.Batch, Size.Order, transpose: false);
    }
}
