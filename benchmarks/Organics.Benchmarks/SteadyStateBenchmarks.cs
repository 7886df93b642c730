using BenchmarkDotNet.Attributes;

namespace Organics.Benchmarks;

/// <summary>The fixed points of a batch of 256 circuits with learned recurrence, in float on all cores, and their gradient by implicit
/// differentiation.</summary>
public class SteadyStateBenchmarks
{
    const int Batch = 256, Inputs = 40;

    static readonly Workspace<float> Workspace = new();
    static readonly Tape<float> Tape = new();

    Tensor<float> _g = null!, _c = null!, _w = null!, _wr = null!, _gy = null!, _ga = null!;

    [Params(50, 120)]
    public int Units { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var init = new Initializer<float>(1, Device.Cpu);
        var layer = StaticLayer<float>.Create(Inputs, Units, learnedRecurrence: true, init);
        var state = layer.Forward(init.Uniform([Batch, Inputs], 0, 1), Tensor.Scalar(1f), new());
        (_g, _c, _w, _wr) = (state.B * state.Z, state.B0.Square(), state.W, state.Wr!);
        (_gy, _ga) = (init.Normal([Batch, Units], 1), init.Normal([Batch, Units], 1));
    }

    [Benchmark]
    public int Forward()
    {
        SteadyState.Solve(Workspace.From(_g), _c, _w, _wr, new(), out var report);
        Workspace.Reset();
        return report.Samples.Count;
    }

    [Benchmark]
    public void ForwardAndAdjoint()
    {
        var (y, a) = SteadyState.Solve(Tape.Watch(_g), Tape.Watch(_c), Tape.Watch(_w), Tape.Watch(_wr), new(), out _);
        Tape.Backward((y * _gy).Sum() + (a * _ga).Sum());
        Tape.Reset();
    }
}
