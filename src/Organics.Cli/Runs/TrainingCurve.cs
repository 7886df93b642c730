namespace Organics;

/// <summary>What was measured of a training after each of its epochs: the lines of its metrics.jsonl.</summary>
/// <param name="Epochs">By their number, from 1.</param>
sealed record TrainingCurve(IReadOnlyList<MetricsRow> Epochs)
{
    public const string Accuracy = "val_accuracy", AtRest = "stability/max_re_lambda", OnTheWay = "stability/max_re_lambda_course", Unsettled = "not_converged";

    // What earlier versions called the accuracy.
    const string FormerAccuracy = "val_acc";

    /// <summary>Of the training in a folder; without epochs where its log is gone.</summary>
    /// <exception cref="InvalidDataException">A line is no metrics line.</exception>
    public static TrainingCurve Read(string folder)
        => Path.Combine(folder, ModelFiles.Metrics) is var path && File.Exists(path) ? new(MetricsLog.Read(path)) : new([]);

    /// <summary>Whether a metric was measured after any epoch.</summary>
    public bool Has(string metric) => Epochs.Any(epoch => Find(epoch, metric) is not null);

    /// <summary>A metric after every epoch; NaN where it was not measured.</summary>
    public PlotSeries Of(string metric, string name)
        => new(name, Epochs.Select(epoch => (double)epoch.Step).ToArray(), Epochs.Select(epoch => Find(epoch, metric) ?? double.NaN).ToArray());

    static double? Find(MetricsRow epoch, string metric)
        => epoch.Values.TryGetValue(metric, out var value) || metric == Accuracy && epoch.Values.TryGetValue(FormerAccuracy, out value) ? value : null;
}
