using Organics;

namespace SideBySide;

/// <summary>
/// A recurrent cell seeing a batch of images pixel by pixel, and back through time, in float: the loss of a linear head on its last state, and the gradients of
/// all parameters. LSTM and GRU race with libtorch's own fused nn.LSTM and nn.GRU, the others with the same cell in TorchSharp ops, inputs hoisted.
/// </summary>
sealed class CellStep
{
    CellStep(string kind, int units)
    {
        (Kind, Units) = (kind, units);
        var model = OrganicsCellStep.Create(kind, units, Device.Cpu);
        Parameters = [.. model.Parameters.List().Select(p => new Parameter(p.Key, p.Value.Shape.ToArray(), p.Value.ToArray()))];
        Settings = model.Options.ToMetadata();
        Samples = SampleDigits.Load().Train.Batches<float>(SequenceStep.Batch).First();
        (X, Labels) = (Samples.Inputs.ToArray(), Samples.Classes.ToArray());
    }

    public string Kind { get; }

    public int Units { get; }

    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The numbers of the cell, by name, as text.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    public SampleBatch<float> Samples { get; }

    /// <summary>Pixels in [0, 1], batch × 784: sample digits.</summary>
    public float[] X { get; }

    public int[] Labels { get; }

    // n × n matrices of a step.
    static int Matrices(string kind) => kind switch { "lstm" or "lem" => 4, "gru" => 3, "cornn" or "lipschitz" => 2, _ => 1 };

    public static IEnumerable<Case> Cases => from kind in (string[])["lstm", "gru", "cornn", "lipschitz", "antisymmetric"]
                                             from units in (int[])[64, 128]
                                             let step = new Lazy<CellStep>(() => new(kind, units))
                                             select new Case($"{kind}, {units} units", 3.0 * 2 * Matrices(kind) * units * units * SequenceStep.Batch * SequenceStep.Steps, 5e-3,
                                             [
                                                 new("libtorch", _ => kind is "lstm" or "gru" ? new TorchModuleStep(step.Value) : new TorchCellStep(step.Value)),
                                                 new("Organics", threads => new OrganicsCellStep(step.Value, threads, SequenceMemory.Sqrt)),
                                                 new("Organics, everything kept", threads => new OrganicsCellStep(step.Value, threads, SequenceMemory.All)),
                                             ]);
}
