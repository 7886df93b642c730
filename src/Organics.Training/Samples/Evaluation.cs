using System.Numerics;

namespace Organics;

/// <summary>How a model does on a set of samples.</summary>
/// <param name="Loss">Mean loss over all targets that count, weighted by what they count, Σwℓ/Σw; NaN where none does.</param>
/// <param name="Metrics">By name, the first one being that which decides.</param>
/// <param name="Confusion">How many targets of class i (row) were put into class j (column), those that count 0 left out; null where numbers are asked for, or
/// more than 1,000 classes told apart. Shape [classes, classes].</param>
public sealed record Evaluation(double Loss, IReadOnlyDictionary<string, double> Metrics, int[,]? Confusion)
{
    // A table of more classes is read by nobody and fills a record with gigabytes.
    const int MostConfused = 1000;

    /// <summary>The fraction put into the right class; NaN where numbers are asked for.</summary>
    public double Accuracy => Metrics.GetValueOrDefault(Metric.Accuracy.Name, double.NaN);

    /// <summary>How many samples did not reach their fixed point, counted in every layer; null where the model has none to reach.</summary>
    public long? NotConverged { get; init; }

    /// <summary>Runs the model over all samples, without a tape.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between two batches.</exception>
    public static Evaluation Of<P, T>(
        IModel<P, T> model, SampleSet samples, Device device, int batch = 500, IReadOnlyList<Metric>? metrics = null, CancellationToken cancellation = default)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(samples);
        var format = samples.Format;
        var scores = new Scores(metrics ?? Metric.For(format.Target), format.Outputs);
        var confusion = format.Target == TargetKind.Class && format.Outputs <= MostConfused ? new int[format.Outputs, format.Outputs] : null;
        var (loss, weight) = (0.0, 0.0);
        long? notConverged = null;
        using var workspace = new Workspace<T>(device);
        foreach (var part in samples.Batches<T>(batch))
        {
            cancellation.ThrowIfCancellationRequested();
            var evaluated = model.Evaluate(model.Parameters, workspace.From(part.Inputs, [part.Count, format.Width]), part);
            var own = part.Weight;
            loss += double.CreateTruncating(evaluated.Loss.Item()) * own;
            weight += own;
            if (evaluated.NotConverged is { } missing) notConverged = missing + (notConverged ?? 0);
            var outputs = evaluated.Outputs.ToArray();
            scores.Add(outputs, part);
            for (var i = 0; confusion is not null && i < part.Classes.Length; i++)
                if (!part.IsWeighted || part.Weights[i] != T.Zero)
                    confusion[part.Classes[i], Tensor.Argmax<T>(outputs.AsSpan(i * format.Outputs, format.Outputs))]++;
            workspace.Reset();
        }
        return new(loss / weight, scores.Values, confusion) { NotConverged = notConverged };
    }
}
