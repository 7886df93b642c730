using System.Numerics;

namespace Organics;

/// <summary>The static classifier that a configuration describes.</summary>
sealed class StaticKind<T>(StaticRun run) : ModelKind<StaticClassifierParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public override IModel<StaticClassifierParameters<T>, T> Create(DataRecord data, Device device) =>
        StaticClassifier<T>.Create(data.Format.Width, data.Outputs, [.. run.Hidden], run.Recurrence == "learned", run.Sigma, run.Seed, device);

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Sizes(DataRecord data) => StaticClassifier<T>.Sizes(data.Outputs, run.Hidden);

    /// <inheritdoc/>
    public override IReadOnlyList<SafeTensor> Constants(IModel<StaticClassifierParameters<T>, T> model) =>
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
    public override Examination Examine(string folder, DataRecord trained, SampleSet test, Device device, CancellationToken cancellation)
    {
        var model = (StaticClassifier<T>)ModelFiles.Load(this, run, folder, trained, device);
        var evaluation = Evaluation.Of(model, test, device, cancellation: cancellation);
        // On the processor, whatever computed the rest: a verdict must not depend on the device.
        var widened = (StaticClassifier<double>)ModelFiles.Load(new StaticKind<double>(run), run, folder, trained, device is CpuDevice ? device : Device.Cpu);
        var certificates = StaticExamination.Certified(ModelFiles.Path(folder), widened);
        var stability = Log.Progress(report => StaticStability.Of(widened, test, run.Threads, cancellation: cancellation, onProgress: done =>
            report((double)done / test.Count, $"stability at {done:N0} of {test.Count:N0} test inputs")));
        if (!Log.IsLive) Log.Line($"Stability examined at {test.Count:N0} test inputs.");
        return new StaticExamination(evaluation, Math.Max(evaluation.NotConverged ?? 0, stability.NotConverged), stability, widened, certificates);
    }
}
