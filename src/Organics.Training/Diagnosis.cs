using System.Numerics;

namespace Organics;

/// <summary>What went bad first in a training whose numbers do not stay finite: a parameter, or an op.</summary>
sealed class Diagnosis<P, T>(IModel<P, T> model, Optimizer<P, T> optimizer, Device device, TrainerOptions options)
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>What can be done.</summary>
    public string Remedy => $"train anew with a lower learning rate{(typeof(T) == typeof(float) ? " or in double precision" : "")}"
        + $"{(File.Exists(Path.Combine(options.Folder, Trainer<P, T>.StateFile)) ? "; the last checkpoint is untouched" : "")}.";

    /// <summary>Of the evaluation of a batch.</summary>
    /// <param name="tape">It is what is recorded.</param>
    /// <param name="where">Begins the sentence.</param>
    /// <param name="batch">Its loss is not finite.</param>
    public DivergedException Of(Tape<T> tape, string where, SampleBatch<T> batch)
    {
        var (name, value) = Worst(model.Parameters);
        if (!double.IsFinite(value))
            return new($"{where}: parameter '{name}' went bad first, in the optimizer's step of update {optimizer.Steps}, and holds {value}", Remedy);
        var bad = tape.FindNonFinite();
        using var workspace = new Workspace<T>(device);
        var inside = model.Explain(model.Parameters, Inputs(workspace, batch));
        return new($"{where}: the first bad value is {bad?.Value} in the result {bad?.Shape} of {bad?.Op} (op {bad?.Position} on the "
            + $"tape{(inside is null ? "" : $"; {inside}")}), while all parameters are finite, the largest in '{name}' with {value:G3}", Remedy);
    }

    /// <summary>Of the evaluation of a set.</summary>
    /// <param name="where">Begins the sentence.</param>
    /// <param name="samples">Their loss is not finite.</param>
    public DivergedException Of(string where, SampleSet samples)
    {
        using var tape = new Tape<T>(device);
        foreach (var batch in samples.Batches<T>(options.Batch))
        {
            var part = model.Evaluate(tape.Watch(model.Parameters), Inputs(tape.Workspace, batch), batch).Loss;
            if (!double.IsFinite(double.CreateTruncating(part.Item()))) return Of(tape, where, batch);
            tape.Reset();
        }
        var (name, value) = Worst(model.Parameters);
        return new($"{where}, though that of no batch is; the largest parameter is in '{name}' with {value:G3}", Remedy);
    }

    /// <summary>Refuses a state that cannot go on, though the loss is still finite.</summary>
    /// <param name="records">All that an update reads and writes, by name.</param>
    /// <param name="place">The epoch and the batch, in words.</param>
    public void Check(IEnumerable<KeyValuePair<string, P>> records, string place)
    {
        foreach (var (kind, record) in records)
            if (Worst(record) is var (name, value) && !double.IsFinite(value))
                throw new DivergedException(
                    $"'{kind}/{name}' went bad first and holds {value} after update {optimizer.Steps} ({place}), though the loss is still finite", Remedy);
    }

    // The first tensor that holds a number that is not finite, and that number; else the one with the largest magnitude.
    static (string Name, double Value) Worst(P record)
    {
        var worst = (Name: "", Value: 0.0);
        foreach (var (name, t) in record.List())
            foreach (var v in t.ToArray())
            {
                if (!T.IsFinite(v)) return (name, double.CreateTruncating(v));
                if (Math.Abs(double.CreateTruncating(v)) > Math.Abs(worst.Value)) worst = (name, double.CreateTruncating(v));
            }
        return worst;
    }

    static Tensor<T> Inputs(Workspace<T> workspace, SampleBatch<T> batch) => workspace.From(batch.Inputs, [batch.Count, batch.Format.Width]);
}
