using System.Globalization;

namespace Organics;

/// <summary>
/// Where a training stands, but for its parameters and the optimizer's tensors: with them all that decides the next update, and what the current epoch has
/// come to. The header of state.safetensors holds it.
/// </summary>
/// <param name="metricSums">How many numbers the training metrics keep.</param>
sealed class TrainingState(int metricSums)
{
    const string Format = "organics-state-2";

    // Where the model has fixed points.
    const string NotConvergedKey = "not_converged";

    // What earlier versions wrote: of images in classes alone.
    const string FormerFormat = "organics-state-1";

    /// <summary>Epochs that are done.</summary>
    public int Epoch { get; private set; }

    /// <summary>Batches of the next epoch that are done.</summary>
    public int Batch { get; set; }

    /// <summary>The epoch that validated best, from 0; −1 before the first ends.</summary>
    public int BestEpoch { get; private set; } = -1;

    /// <summary>Its first metric on the validation samples; NaN before the first epoch ends.</summary>
    public double BestScore { get; private set; } = double.NaN;

    /// <summary>Its loss there.</summary>
    public double BestLoss { get; private set; } = double.PositiveInfinity;

    /// <summary>The mean training loss of the last finished epoch.</summary>
    public double TrainLoss { get; private set; } = double.NaN;

    /// <summary>The sum of the epoch's losses so far, each times what its targets count.</summary>
    public double LossSum { get; set; }

    /// <summary>What they count together.</summary>
    public double LossWeight { get; set; }

    /// <summary>The sum of the epoch's norms of gradients.</summary>
    public double GradientNormSum { get; set; }

    /// <summary>How many of the epoch's training samples did not reach their fixed point so far, counted in every layer; null where the model has
    /// none.</summary>
    public long? NotConverged { get; private set; }

    /// <summary>What the training metrics keep of the epoch.</summary>
    public double[] MetricSums { get; } = new double[metricSums];

    /// <summary>The epoch's mean training loss so far.</summary>
    public double Loss => LossSum / LossWeight;

    /// <summary>Counts those of a batch; null counts nothing.</summary>
    public void Count(long? notConverged) => NotConverged = notConverged is { } more ? more + (NotConverged ?? 0) : NotConverged;

    /// <summary>Takes what an epoch came to on the validation samples as the best so far.</summary>
    public void TakeAsBest(double score, double loss) => (BestScore, BestLoss, BestEpoch) = (score, loss, Epoch);

    /// <summary>Begins the next epoch.</summary>
    public void NextEpoch()
    {
        TrainLoss = Loss;
        (Epoch, Batch, LossSum, LossWeight, GradientNormSum, NotConverged) = (Epoch + 1, 0, 0, 0, 0, null);
        MetricSums.AsSpan().Clear();
    }

    /// <summary>As text, by key.</summary>
    /// <param name="options">Of the training.</param>
    /// <param name="samples">How many it has.</param>
    /// <param name="steps">Updates of its optimizer.</param>
    public Dictionary<string, string> Header(TrainerOptions options, int samples, long steps)
    {
        var header = new Dictionary<string, string>
        {
            ["format"] = Format,
            ["seed"] = Whole(options.Seed),
            ["batch_size"] = Whole(options.Batch),
            ["samples"] = Whole(samples),
            ["steps"] = Whole(steps),
            ["epoch"] = Whole(Epoch),
            ["batch"] = Whole(Batch),
            ["metric_sums"] = string.Join(' ', MetricSums.Select(Exact)),
            ["loss_sum"] = Exact(LossSum),
            ["loss_weight"] = Exact(LossWeight),
            ["gradient_norm_sum"] = Exact(GradientNormSum),
            ["train_loss"] = Exact(TrainLoss),
            ["best_score"] = Exact(BestScore),
            ["best_loss"] = Exact(BestLoss),
            ["best_epoch"] = Whole(BestEpoch),
        };
        if (NotConverged is { } missing) header[NotConvergedKey] = Whole(missing);
        return header;
    }

    /// <summary>Reads what <see cref="Header"/> wrote.</summary>
    /// <param name="header">Of a file.</param>
    /// <param name="path">The file's name, for errors.</param>
    /// <param name="options">Of the training that is to go on.</param>
    /// <param name="samples">How many it has.</param>
    /// <param name="metricSums">As for a new state.</param>
    /// <returns>The state, and the optimizer's updates.</returns>
    /// <exception cref="CheckpointException">It is damaged, or of another training.</exception>
    public static (TrainingState State, long Steps) Read(
        IReadOnlyDictionary<string, string> header, string path, TrainerOptions options, int samples, int metricSums)
    {
        string Text(string key) => header.TryGetValue(key, out var v) ? v
            : throw new CheckpointException($"'{path}' lacks '{key}' in its header; it is no training state of this version.");
        double Number(string key, double least, double most) =>
            double.TryParse(Text(key), NumberStyles.Float, CultureInfo.InvariantCulture, out var v) && v >= least && v <= most ? v
            : throw Damaged(key, $"which is no number from {least} to {most}");
        long Count(string key, long least, long most) =>
            long.TryParse(Text(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var v) && v >= least && v <= most ? v
            : throw Damaged(key, $"which is no whole number from {least} to {most}");
        CheckpointException Damaged(string key, string what)
            => new($"'{path}' has '{key}' = '{Text(key)}', {what}; it is damaged, so restore it or train anew.");

        var former = Text("format") == FormerFormat;
        if (!former && Text("format") != Format)
            throw new CheckpointException($"'{path}' has the format '{Text("format")}' where '{Format}' is expected; it is no training state of this version.");
        var count = Text(former ? "images" : "samples");
        if (count != Whole(samples) || Text("batch_size") != Whole(options.Batch) || Text("seed") != Whole(options.Seed))
            throw new CheckpointException($"'{path}' was made with {count} samples, batch {Text("batch_size")} and seed {Text("seed")}, but this training "
                + $"has {samples}, {options.Batch} and {options.Seed}; it belongs to another run.");
        var epoch = (int)Count("epoch", 0, int.MaxValue);
        var batch = (int)Count("batch", 0, options.Batches(samples));
        var seen = Math.Min(samples, (long)batch * options.Batch);
        // The first epoch is always the best so far.
        var bestEpoch = (int)Count("best_epoch", Math.Min(epoch, 1) - 1, epoch - 1);
        var state = new TrainingState(metricSums)
        {
            Epoch = epoch,
            Batch = batch,
            BestEpoch = bestEpoch,
            // Of a metric that has no value, such as R² of targets that do not differ.
            BestScore = bestEpoch < 0 || (!former && Text("best_score") == "NaN") ? double.NaN
                : Number(former ? "best_accuracy" : "best_score", double.MinValue, double.MaxValue),
            BestLoss = Number("best_loss", double.MinValue, double.PositiveInfinity),
            TrainLoss = epoch == 0 ? double.NaN : Number("train_loss", double.MinValue, double.MaxValue),
            LossSum = Number("loss_sum", double.MinValue, double.MaxValue),
            // Where it is not said, every sample counted 1.
            LossWeight = header.ContainsKey("loss_weight") ? Number("loss_weight", 0, double.MaxValue) : seen,
            // Only shown: a gradient may overflow where the loss does not.
            GradientNormSum = Text("gradient_norm_sum") == "NaN" ? double.NaN : Number("gradient_norm_sum", 0, double.PositiveInfinity),
        };
        if (header.ContainsKey(NotConvergedKey)) state.Count(Count(NotConvergedKey, 0, long.MaxValue));
        double[] sums = former ? [Count("correct", 0, seen), seen] : [.. Text("metric_sums").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var sum) ? sum : double.NaN)];
        if (sums.Length != metricSums || !sums.All(double.IsFinite))
            throw Damaged("metric_sums", $"where {metricSums} finite numbers are expected");
        sums.CopyTo(state.MetricSums, 0);
        return (state, Count("steps", 0, long.MaxValue));
    }

    internal static string Whole<N>(N v) where N : IFormattable => v.ToString(null, CultureInfo.InvariantCulture);

    internal static string Exact(double v) => v.ToString("R", CultureInfo.InvariantCulture);
}
