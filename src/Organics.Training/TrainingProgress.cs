namespace Organics;

/// <summary>Where a training stands.</summary>
/// <param name="Epoch">The current epoch, from 0.</param>
/// <param name="Batch">Batches done in it.</param>
/// <param name="Batches">Batches of an epoch.</param>
/// <param name="Loss">Mean training loss of the epoch so far.</param>
/// <param name="Metrics">Training metrics of the epoch so far, by name.</param>
/// <param name="SamplesPerSecond">Of this process so far.</param>
/// <param name="SecondsLeft">Estimated until the last epoch ends.</param>
/// <param name="GradientNorm">‖∇‖₂ of the last batch over all parameters, before it was clipped; NaN where it is not asked for.</param>
public sealed record TrainingProgress(
    int Epoch, int Batch, int Batches, double Loss, IReadOnlyDictionary<string, double> Metrics, double SamplesPerSecond, double SecondsLeft,
    double GradientNorm);

/// <summary>One finished epoch.</summary>
/// <param name="Epoch">From 0.</param>
/// <param name="TrainLoss">Mean over the epoch's batches, each before its update and weighted by what its targets count.</param>
/// <param name="TrainMetrics">Likewise, by name.</param>
/// <param name="Validation">On the validation samples after the epoch.</param>
/// <param name="IsBest">Whether no earlier epoch did better there.</param>
/// <param name="Seconds">Time since the epoch began in this process.</param>
public sealed record EpochResult(
    int Epoch, double TrainLoss, IReadOnlyDictionary<string, double> TrainMetrics, Evaluation Validation, bool IsBest, double Seconds)
{
    /// <summary>The share of training samples put into the right class; NaN where numbers are asked for.</summary>
    public double TrainAccuracy => TrainMetrics.GetValueOrDefault(Metric.Accuracy.Name, double.NaN);

    /// <summary>How many training samples did not reach their fixed point; null where the model has none.</summary>
    public long? NotConverged { get; init; }
}
