using System.Numerics;
using System.Runtime.InteropServices;

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
        => Of(model, samples, device, Communicator.Alone, batch, metrics, cancellation);

    /// <summary>The same by several ranks, each of which takes every so many-th batch and has the whole result. Collective.</summary>
    /// <exception cref="OperationCanceledException">Some rank was cancelled between two batches; all of them throw.</exception>
    internal static Evaluation Of<P, T>(IModel<P, T> model, SampleSet samples, Device device, Communicator ranks, int batch = 500,
        IReadOnlyList<Metric>? metrics = null, CancellationToken cancellation = default)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        var format = samples.Format;
        var measured = metrics ?? Metric.For(format.Target);
        var sums = new MetricSums(measured, format.Outputs);
        var confusion = format.Target == TargetKind.Class && format.Outputs <= MostConfused ? new int[format.Outputs, format.Outputs] : null;
        // Of each batch: loss, weight, samples without a fixed point and whether there are any to reach, then the sums of the metrics. A batch that was
        // cancelled has the weight NaN.
        var numbers = 4 + sums.Count;
        var batches = (samples.Count + batch - 1) / batch;
        var rounds = (batches + ranks.Size - 1) / ranks.Size;
        var part = new double[rounds * numbers];
        using (var workspace = new Workspace<T>(device))
        {
            var taken = new SampleBatch<T>(format, Math.Min(batch, samples.Count));
            for (var round = 0; round < rounds; round++)
            {
                var first = (long)(round * ranks.Size + ranks.Rank) * batch;
                if (first >= samples.Count) break;
                var own = part.AsSpan(round * numbers, numbers);
                if (cancellation.IsCancellationRequested)
                {
                    own[1] = double.NaN;
                    break;
                }
                samples.Gather([.. Enumerable.Range((int)first, (int)Math.Min(batch, samples.Count - first))], taken);
                var evaluated = model.Evaluate(model.Parameters, workspace.From(taken.Inputs, [taken.Count, format.Width]), taken);
                (own[0], own[1]) = (double.CreateTruncating(evaluated.Loss.Item()) * taken.Weight, taken.Weight);
                (own[2], own[3]) = (evaluated.NotConverged ?? 0, evaluated.NotConverged is null ? 0 : 1);
                var outputs = evaluated.Outputs.ToArray();
                sums.Add(outputs, taken, own[4..]);
                for (var i = 0; confusion is not null && i < taken.Classes.Length; i++)
                    if (!taken.IsWeighted || taken.Weights[i] != T.Zero)
                        confusion[taken.Classes[i], Tensor.Argmax<T>(outputs.AsSpan(i * format.Outputs, format.Outputs))]++;
                workspace.Reset();
            }
        }
        var all = new double[ranks.Size * part.Length];
        ranks.Gather(MemoryMarshal.AsBytes<double>(part), MemoryMarshal.AsBytes(all.AsSpan()));
        var (loss, weight, notConverged, hasFixedPoints) = (0.0, 0.0, 0L, false);
        var metricsOfAll = new double[sums.Count];
        // In the order of the samples, whoever took them.
        for (var i = 0; i < batches; i++)
        {
            var next = all.AsSpan((i % ranks.Size * rounds + i / ranks.Size) * numbers, numbers);
            if (double.IsNaN(next[1])) throw new OperationCanceledException(cancellation);
            (loss, weight, notConverged, hasFixedPoints) = (loss + next[0], weight + next[1], notConverged + (long)next[2], hasFixedPoints || next[3] > 0);
            sums.Join(next[4..], metricsOfAll);
        }
        if (confusion is not null) Add(confusion, ranks);
        return new(loss / weight, sums.Values(metricsOfAll), confusion) { NotConverged = hasFixedPoints ? notConverged : null };
    }

    static void Add(int[,] confusion, Communicator ranks)
    {
        if (ranks.Size == 1) return;
        var own = MemoryMarshal.CreateSpan(ref confusion[0, 0], confusion.Length);
        var all = new int[ranks.Size * own.Length];
        ranks.Gather(MemoryMarshal.AsBytes(own), MemoryMarshal.AsBytes(all.AsSpan()));
        own.Clear();
        for (var i = 0; i < all.Length; i++) own[i % own.Length] += all[i];
    }
}
