using System.Numerics;

namespace Organics;

/// <summary>The static classifier that a configuration describes.</summary>
sealed class StaticKind<T>(StaticRun run) : ModelKind<StaticClassifierParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Samples without a fixed point, in the last epoch's training and validation.
    long _before, _notConverged;

    /// <inheritdoc/>
    public override IClassifier<StaticClassifierParameters<T>, T> Create(DataRecord data, Device device) =>
        StaticClassifier<T>.Create(data.Rows * data.Columns, data.Classes, [.. run.Hidden], run.Recurrence == "learned", run.Sigma, run.Seed, device);

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Sizes(DataRecord data) => StaticClassifier<T>.Sizes(data.Classes, run.Hidden);

    /// <inheritdoc/>
    public override IReadOnlyList<SafeTensor> Constants(IClassifier<StaticClassifierParameters<T>, T> model) =>
        [.. Enumerable.Range(1, run.Hidden.Count).Select(layer => SafeTensor.From<double>($"org{layer}.sigma", [], [run.Sigma]))];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata(DataRecord data) => new Dictionary<string, string>
    {
        ["format"] = "organics-model-1",
        ["model"] = StaticRun.Name,
        ["hidden"] = string.Join(',', run.Hidden),
        ["recurrence"] = run.Recurrence,
    };

    /// <inheritdoc/>
    public override string Description => $"{string.Join(" and ", run.Hidden)} units with {(run.Recurrence == "learned" ? "learned" : "identity")} recurrence in {run.Precision}";

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, double>> Metrics(IClassifier<StaticClassifierParameters<T>, T> model, DataRecord data)
    {
        var all = ((StaticClassifier<T>)model).NotConverged;
        (_notConverged, _before) = (all - _before, all);
        return [new("not_converged", _notConverged)];
    }

    /// <inheritdoc/>
    public override string? Note => _notConverged > 0 ? $"{_notConverged:N0} samples did not settle to a fixed point; their gradients are not to be trusted." : null;

    /// <inheritdoc/>
    public override Examination Examine(string folder, DataRecord trained, ImageSet test, Device device, CancellationToken cancellation)
    {
        var model = (StaticClassifier<T>)ModelFiles.Load(this, run, folder, trained, device);
        var evaluation = Evaluation.Of(model, test, device, cancellation: cancellation);
        // On the processor, whatever computed the rest: a verdict must not depend on the device.
        var widened = (StaticClassifier<double>)ModelFiles.Load(new StaticKind<double>(run), run, folder, trained, device is CpuDevice ? device : Device.Cpu);
        var certificates = StaticExamination.Certified(ModelFiles.Path(folder), widened);
        var stability = Log.Progress(report => StaticStability.Of(widened, test, run.Threads, cancellation: cancellation, onProgress: done =>
            report((double)done / test.Count, $"stability at {done:N0} of {test.Count:N0} test inputs")));
        if (!Log.IsLive) Log.Line($"Stability examined at {test.Count:N0} test inputs.");
        return new StaticExamination(evaluation, Math.Max(model.NotConverged, stability.NotConverged), stability, widened, certificates);
    }
}
