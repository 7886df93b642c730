using BenchmarkDotNet.Attributes;
using MathNet.Numerics.LinearAlgebra;

namespace Organics.Benchmarks;

/// <summary>All eigenvalues of a real matrix, on one thread. The baseline, MathNet.Numerics, computes the vectors as well: it cannot do without.</summary>
public class EigenvalueBenchmarks
{
    double[] _matrix = [], _re = [], _im = [], _scratch = [];
    Matrix<double> _mathNet = null!;

    [Params(4, 16, 100)]
    public int Order { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _matrix = new Initializer<double>(1, Device.Cpu).Uniform([Order, Order], -1, 1).ToArray();
        (_re, _im, _scratch) = (new double[Order], new double[Order], new double[Eigenvalues.ScratchLength(Order)]);
        _mathNet = Matrix<double>.Build.Dense(Order, Order, (i, j) => _matrix[i * Order + j]);
    }

    [Benchmark(Baseline = true, Description = "MathNet.Numerics")]
    public object MathNet() => _mathNet.Evd();

    [Benchmark]
    public EigenvalueSummary Organics() => Eigenvalues.Of(_matrix, Order, _re, _im, _scratch);
}
