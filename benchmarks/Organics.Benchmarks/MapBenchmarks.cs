using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;

namespace Organics.Benchmarks;

/// <summary>−y + d + (1 − √⌊a⌋)·r: what drives a principal neuron, as one formula of four inputs.</summary>
public readonly struct CircuitRate : IFormula4<float>
{
    public V F<V>(V a, V b, V c, V d) where V : struct, IReal<V, float> => b - a + (V.One - V.Sqrt(V.Max(V.Zero, c))) * d;

    public (V A, V B, V C, V D) Vjp<V>(V a, V b, V c, V d, V g) where V : struct, IReal<V, float>
    {
        var s = V.Sqrt(V.Max(V.Zero, c));
        return (-g, g, V.IfLess(V.Zero, c, -(g * d * V.Half / s), V.Zero), g * (V.One - s));
    }
}

/// <summary>
/// Element-wise maps over 2²⁰ floats. The baseline is TensorPrimitives, on one thread as it always is; where it has no function of its own, several passes.
/// </summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory), CategoriesColumn]
public class MapBenchmarks
{
    const int Length = 1 << 20;

    static readonly CpuDevice One = new(1);

    Tensor<float> _y = null!, _d = null!, _a = null!, _r = null!, _result = null!;
    float[] _hostY = [], _hostD = [], _hostA = [], _hostR = [], _hostResult = [];

    [GlobalSetup]
    public void Prepare()
    {
        var init = new Initializer<float>(1, Device.Cpu);
        Tensor<float> Normal() => init.Normal([Length], 2);
        (_y, _d, _a, _r, _result) = (Normal(), Normal(), Normal(), Normal(), Tensor.Zeros<float>([Length]));
        (_hostY, _hostD, _hostA, _hostR, _hostResult) = (_y.ToArray(), _d.ToArray(), _a.ToArray(), _r.ToArray(), new float[Length]);
    }

    [BenchmarkCategory("tanh"), Benchmark(Baseline = true, Description = "TensorPrimitives")]
    public void TanhBaseline() => TensorPrimitives.Tanh(_hostY, _hostResult);

    [BenchmarkCategory("tanh"), Benchmark(Description = "Organics, one thread")]
    public void TanhOne() => Map(One, default(Tanh<float>));

    [BenchmarkCategory("tanh"), Benchmark(Description = "Organics, all cores")]
    public void TanhAll() => Map(Device.Cpu, default(Tanh<float>));

    [BenchmarkCategory("sigmoid"), Benchmark(Baseline = true, Description = "TensorPrimitives")]
    public void SigmoidBaseline() => TensorPrimitives.Sigmoid(_hostY, _hostResult);

    [BenchmarkCategory("sigmoid"), Benchmark(Description = "Organics, one thread")]
    public void SigmoidOne() => Map(One, default(Sigmoid<float>));

    [BenchmarkCategory("sigmoid"), Benchmark(Description = "Organics, all cores")]
    public void SigmoidAll() => Map(Device.Cpu, default(Sigmoid<float>));

    [BenchmarkCategory("exp"), Benchmark(Baseline = true, Description = "TensorPrimitives")]
    public void ExpBaseline() => TensorPrimitives.Exp(_hostY, _hostResult);

    [BenchmarkCategory("exp"), Benchmark(Description = "Organics, one thread")]
    public void ExpOne() => Map(One, default(Exp<float>));

    [BenchmarkCategory("exp"), Benchmark(Description = "Organics, all cores")]
    public void ExpAll() => Map(Device.Cpu, default(Exp<float>));

    [BenchmarkCategory("-y + d + (1 - √⌊a⌋)r"), Benchmark(Baseline = true, Description = "TensorPrimitives")]
    public void RateBaseline()
    {
        TensorPrimitives.Max(_hostA, 0, _hostResult);
        TensorPrimitives.Sqrt(_hostResult, _hostResult);
        TensorPrimitives.Subtract(1, _hostResult, _hostResult);
        TensorPrimitives.MultiplyAdd(_hostResult, _hostR, _hostD, _hostResult);
        TensorPrimitives.Subtract(_hostResult, _hostY, _hostResult);
    }

    [BenchmarkCategory("-y + d + (1 - √⌊a⌋)r"), Benchmark(Description = "Organics, one thread")]
    public void RateOne() => Rate(One);

    [BenchmarkCategory("-y + d + (1 - √⌊a⌋)r"), Benchmark(Description = "Organics, all cores")]
    public void RateAll() => Rate(Device.Cpu);

    // Both devices compute on this process's own memory, so one set of tensors serves both.
    void Map<TOp>(Device device, TOp op) where TOp : unmanaged, IFormula1<float>
        => device.Backend<float>().Map(new Unary<TOp, float>(op), new(_y.View), _result.View);

    void Rate(Device device)
        => device.Backend<float>().Map(
            new Quaternary<CircuitRate, float>(default), new(_y.View, _d.View, _a.View, _r.View), _result.View);
}
