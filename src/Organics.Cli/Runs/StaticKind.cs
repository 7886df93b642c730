using System.Diagnostics;
using System.Numerics;

namespace Organics;

/// <summary>The static classifier that a configuration describes.</summary>
sealed class StaticKind<T>(StaticRun run) : ModelKind<StaticClassifierParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Validation samples at which stability is examined after each epoch. Networks lose their steady states at single samples; of circuits, which have not been
    // seen to, the course of the spectrum is asked for, at a tenth of an epoch of 50 units on MNIST.
    const int OfNetworks = 256, OfCircuits = 64;

    // Test samples whose spectra are drawn; those of large circuits have more points.
    const int ManySpectra = 100, FewSpectra = 10;

    StaticStability? _stability;
    GrowthRecord? _growth;

    /// <inheritdoc/>
    public override IModel<StaticClassifierParameters<T>, T> Create(DataRecord data, Device device) =>
        StaticClassifier<T>.Create(data.Format.Width, data.Outputs, run.Layers(data.Format), run.Seed, device);

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Sizes(DataRecord data) => StaticClassifier<T>.Sizes(data.Outputs, run.Layers(data.Format));

    /// <inheritdoc/>
    public override IReadOnlyList<SafeTensor> Constants(IModel<StaticClassifierParameters<T>, T> model) =>
        run.Sigma is { } sigma
            ? [.. ((StaticClassifier<T>)model).Parameters.Layers.Select((layer, i) => SafeTensor.From<double>($"{layer.Name}{i + 1}.sigma", [], [sigma]))] : [];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata(DataRecord data) => new Dictionary<string, string>(run.Layers(data.Format).Metadata)
    {
        ["format"] = "organics-model-1",
        ["model"] = StaticRun.Name,
    };

    /// <inheritdoc/>
    public override string Description(DataRecord data) => $"{run.Layers(data.Format)} in {run.Precision}";

    /// <inheritdoc/>
    public override string Unsettled => run.Layer == StaticRun.Ssn ? "they had no response, and brought the loss their excitation instead" : base.Unsettled;

    /// <inheritdoc/>
    public override void Prepare(IModel<StaticClassifierParameters<T>, T> model, SampleSet train, Device device, CancellationToken cancellation)
    {
        if (run.Growth is not { } growth) return;
        var layers = (SsnLayers)run.Layers(train.Format);
        var schedule = SsnGrowth.Parse(growth);
        var (last, updates, unsettled, clock) = (default(GrowthUpdate), 0L, 0L, Stopwatch.StartNew());
        var grown = Log.Progress(report => schedule.Grow<T>(layers, train, run.WeightDecay, run.Seed, device, update =>
        {
            (last, updates, unsettled) = (update, updates + 1, unsettled + update.NotConverged);
            report(update.Done, $"growing, {update.Size.Excitatory} excitatory and {update.Size.Inhibitory} inhibitory neurons  loss {update.Loss:G3}");
        }, cancellation));
        foreach (var (to, from) in model.Parameters.List().Zip(grown.Parameters.List())) to.Value.Assign(from.Value);
        _growth = new(updates, updates * Math.Min(schedule.Batch, train.Count), unsettled, Math.Round(clock.Elapsed.TotalSeconds, 1));
        Log.Line($"Grown to {layers} in {updates:N0} updates{(updates > 0 ? $"; loss {last.Loss:G4}, and {unsettled:N0} of {_growth.Samples:N0} samples did not settle "
            + "on the way" : "")}.");
    }

    /// <inheritdoc/>
    public override GrowthRecord? Growth => _growth;

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, double>> Metrics(IModel<StaticClassifierParameters<T>, T> model, DataRecord data, SampleSet validation)
    {
        if (!run.Layers(data.Format).HasDynamics) return [];
        var widened = StaticClassifier<double>.Create(data.Format.Width, data.Outputs, run.Layers(data.Format), run.Seed);
        foreach (var (to, from) in widened.Parameters.List().Zip(model.Parameters.List()))
            to.Value.Assign(Array.ConvertAll(from.Value.ToArray(), double.CreateTruncating));
        var few = Math.Min(run.Layer == StaticRun.Ssn ? OfNetworks : OfCircuits, validation.Count);
        _stability = StaticStability.Of(widened, validation.Select([.. Enumerable.Range(0, few)]), run.ThreadCount, spectra: 0);
        return [new("stability/max_re_lambda", _stability.MaxRealPart), new("stability/examined", _stability.Inputs),
            new("stability/stable", _stability.StableInputs)];
    }

    /// <inheritdoc/>
    public override string Epoch => _stability is null ? ""
        : $", {_stability.StableInputs} of {_stability.Inputs} stable, max Re λ {_stability.MaxRealPart:G2}";

    /// <inheritdoc/>
    public override Examination Examine(string folder, DataRecord trained, SampleSet test, Device device, CancellationToken cancellation)
    {
        var model = (StaticClassifier<T>)ModelFiles.Load(this, run, folder, trained, device);
        var evaluation = Evaluation.Of(model, test, device, cancellation: cancellation);
        if (!run.Layers(trained.Format).HasDynamics) return new FeedForwardExamination(evaluation);
        // On the processor, whatever computed the rest: a verdict must not depend on the device.
        var widened = (StaticClassifier<double>)ModelFiles.Load(new StaticKind<double>(run), run, folder, trained, device is CpuDevice ? device : Device.Cpu);
        var certificates = StaticExamination.Certified(ModelFiles.Path(folder), widened);
        var stability = Log.Progress(report => StaticStability.Of(
            widened, test, run.ThreadCount, run.Layer == StaticRun.Conv ? FewSpectra : ManySpectra, cancellation: cancellation,
            onProgress: done => report((double)done / test.Count, $"stability at {done:N0} of {test.Count:N0} test inputs")));
        if (!Log.IsLive) Log.Line($"Stability examined at {test.Count:N0} test inputs.");
        return new StaticExamination(evaluation, Math.Max(evaluation.NotConverged ?? 0, stability.NotConverged), stability, widened, certificates);
    }
}
