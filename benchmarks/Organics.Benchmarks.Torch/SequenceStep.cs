using Organics;

namespace SideBySide;

/// <summary>
/// The recurrent circuit seeing a batch of images pixel by pixel, and back through time, in float: the loss of a linear head on its last state, and the
/// gradients of all parameters. The authors' later cell (docs/theory.md): rectified drive and recurrent input, W = min(exp(L), 1), Δt/τ = its largest value ·
/// sigmoid(p).
/// </summary>
sealed class SequenceStep
{
    public const int Batch = 256, Steps = 784, Classes = 10;

    SequenceStep(int units)
    {
        Units = units;
        var model = OrganicsSequenceStep.Create(units, Device.Cpu);
        Parameters = [.. model.Parameters.List().Select(p => new Parameter(p.Key, p.Value.Shape.ToArray(), p.Value.ToArray()))];
        Initial = [.. model.Initial.Select(s => s.ToArray())];
        Samples = SampleDigits.Load().Train.Batches<float>(Batch).First();
        (X, Labels) = (Samples.Inputs.ToArray(), Samples.Classes.ToArray());
    }

    /// <summary>The same as the library takes them.</summary>
    public SampleBatch<float> Samples { get; }

    public int Units { get; }

    /// <summary>Wzx, Wr, Wbx0, Wby0, Wba0, Wbx1, Wby1, Wba1, L, the time constants of y, a, b0 and b, and the head's weight and bias.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>y, a, b0 and b before the first pixel.</summary>
    public IReadOnlyList<float[]> Initial { get; }

    /// <summary>Pixels in [0, 1], batch × 784: sample digits.</summary>
    public float[] X { get; }

    public int[] Labels { get; }

    public static LargestSteps Largest => new(0.1, 0.05, 0.5);

    /// <summary>Products of the way forward and, twice as many, of the way back: 6n² + 3n multiplications a sample and step.</summary>
    static double Flop(int n) => 3 * 2.0 * (6.0 * n * n + 3 * n) * Batch * Steps;

    public static IEnumerable<Case> Cases => ((int[])[64, 128]).Select(units =>
    {
        // The states of 784 float steps and sums over 200,000 of them differ by rounding alone.
        var step = new Lazy<SequenceStep>(() => new(units));
        return new Case($"sequence step, {units} units", Flop(units), 5e-3,
        [
            new("libtorch", _ => new TorchSequenceStep(step.Value)),
            new("Organics", threads => new OrganicsSequenceStep(step.Value, threads, fused: true, SequenceMemory.Sqrt)),
            new("Organics, 192 MiB kept", threads => new OrganicsSequenceStep(step.Value, threads, fused: true, SequenceMemory.Within(192 << 20))),
            new("Organics, everything kept", threads => new OrganicsSequenceStep(step.Value, threads, fused: true, SequenceMemory.All)),
            new("Organics, op by op", threads => new OrganicsSequenceStep(step.Value, threads, fused: false, SequenceMemory.Sqrt)),
            new("Organics, op by op, everything kept", threads => new OrganicsSequenceStep(step.Value, threads, fused: false, SequenceMemory.All)),
        ]);
    });
}
