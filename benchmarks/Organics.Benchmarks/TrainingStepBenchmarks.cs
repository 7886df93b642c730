using BenchmarkDotNet.Attributes;

namespace Organics.Benchmarks;

/// <summary>One training step of the static classifier with 50 units, batch 256.</summary>
[MemoryDiagnoser]
public class TrainingStepBenchmarks
{
    static TrainingStep Step = null!;

    [Params(false, true)]
    public bool LearnedRecurrence { get; set; }

    [GlobalSetup]
    public void Prepare() => Step = new(hidden: 50, LearnedRecurrence);

    [Benchmark]
    public float Train() => Step.Run();
}
