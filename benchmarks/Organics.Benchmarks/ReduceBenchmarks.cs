using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;

namespace Organics.Benchmarks;

/// <summary>Reductions of 1024×1024 floats to one number, along rows and along columns; the baseline is one thread of TensorPrimitives.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory), CategoriesColumn]
public class ReduceBenchmarks
{
    const int Side = 1024;

    Tensor<float> _x = null!, _one = null!, _row = null!;
    float[] _host = [], _hostRow = [];

    [GlobalSetup]
    public void Prepare()
    {
        _x = new Initializer<float>(1, Device.Cpu).Uniform([Side, Side], -1, 1);
        (_one, _row) = (Tensor.Zeros<float>([1]), Tensor.Zeros<float>([Side]));
        (_host, _hostRow) = (_x.ToArray(), new float[Side]);
    }

    [BenchmarkCategory("sum"), Benchmark(Baseline = true, Description = "TensorPrimitives")]
    public float SumBaseline() => TensorPrimitives.Sum<float>(_host);

    [BenchmarkCategory("sum"), Benchmark(Description = "Organics")]
    public void Sum() => Reduce(default(SumReduction<float>), 1, Side * Side, 1, _one);

    [BenchmarkCategory("max"), Benchmark(Baseline = true, Description = "TensorPrimitives")]
    public float MaxBaseline() => TensorPrimitives.Max<float>(_host);

    [BenchmarkCategory("max"), Benchmark(Description = "Organics")]
    public void Max() => Reduce(default(MaxReduction<float>), 1, Side * Side, 1, _one);

    [BenchmarkCategory("sum of each row"), Benchmark(Baseline = true, Description = "TensorPrimitives")]
    public void RowsBaseline()
    {
        for (var i = 0; i < Side; i++) _hostRow[i] = TensorPrimitives.Sum(_host.AsSpan(i * Side, Side));
    }

    [BenchmarkCategory("sum of each row"), Benchmark(Description = "Organics")]
    public void Rows() => Reduce(default(SumReduction<float>), Side, Side, 1, _row);

    [BenchmarkCategory("sum of each column"), Benchmark(Baseline = true, Description = "TensorPrimitives")]
    public void ColumnsBaseline()
    {
        _hostRow.AsSpan().Clear();
        for (var i = 0; i < Side; i++) TensorPrimitives.Add(_hostRow, _host.AsSpan(i * Side, Side), _hostRow);
    }

    [BenchmarkCategory("sum of each column"), Benchmark(Description = "Organics")]
    public void Columns() => Reduce(default(SumReduction<float>), 1, Side, Side, _row);

    void Reduce<TOp>(TOp op, int outer, int axis, int inner, Tensor<float> result) where TOp : unmanaged, IReduction<float>
        => Device.Cpu.Backend<float>().Reduce(op, _x.View, outer, axis, inner, result.View, accumulate: false);
}
