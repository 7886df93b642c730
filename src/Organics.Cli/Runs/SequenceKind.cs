using System.Numerics;

namespace Organics;

/// <summary>The sequence classifier that a configuration describes.</summary>
sealed class SequenceKind<T>(SequenceRun run) : ModelKind<SequenceClassifierParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // The authors' permutation of pixels is torch.randperm with this seed.
    const ulong OrderSeed = 73;

    // Constant inputs at which stability is examined: few after each epoch, many at the end.
    const int Few = 3, Many = 21;

    double _radius = double.NaN, _largest = double.NaN;

    /// <inheritdoc/>
    public override IClassifier<SequenceClassifierParameters<T>, T> Create(DataRecord data, Device device)
    {
        var model = SequenceClassifier<T>.Create(Options(data), run.Seed, device);
        model.Memory = SequenceMemory.Parse(run.CheckpointMemory);
        return model;
    }

    SequenceClassifierOptions Options(DataRecord data)
    {
        var steps = data.Rows * data.Columns;
        return new()
        {
            Units = run.Units,
            Steps = steps,
            Classes = data.Classes,
            Variant = CircuitVariant.Parse(run.Variant),
            LargestSteps = run.Steps,
            LearnTimeConstants = run.TimeConstants == "learned",
            Order = run.Permuted ? new TorchRandom(OrderSeed).Permutation(steps) : null,
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Sizes(DataRecord data) => SequenceClassifier<T>.Sizes(Options(data));

    /// <inheritdoc/>
    public override IReadOnlyList<SafeTensor> Constants(IClassifier<SequenceClassifierParameters<T>, T> model) => ((SequenceClassifier<T>)model).Constants;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata(DataRecord data) => Options(data).ToMetadata();

    /// <inheritdoc/>
    public override string Description =>
        $"{run.Units} units on {(run.Permuted ? "permuted " : "")}pixels one by one, {run.Variant} circuit with {run.TimeConstants} time constants, Δt/τ up to {run.DtTauMax}, in {run.Precision}";

    /// <inheritdoc/>
    public override bool GradientNorm => true;

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, double>> Metrics(IClassifier<SequenceClassifierParameters<T>, T> model, DataRecord data)
    {
        var own = (SequenceClassifier<T>)model;
        var widened = (SequenceClassifier<double>)new SequenceKind<double>(run).Create(data, Device.Cpu);
        foreach (var (to, from) in widened.Parameters.List().Zip(own.Parameters.List())) to.Value.Assign(Array.ConvertAll(from.Value.ToArray(), double.CreateTruncating));
        var coefficients = widened.Cell.Prepare(widened.Parameters.Circuit);
        _radius = SequenceExamination.Radius(coefficients.Wr);
        _largest = SequenceStability.Of(widened, Few).MaxRealPart;
        double[] steps = [.. new[] { coefficients.KappaY, coefficients.KappaA, coefficients.KappaB0, coefficients.KappaB1 }.SelectMany(k => k.ToArray())];
        return
        [
            new("spectral_radius_Wr", _radius), new("spectral_norm_Wzx", Math.Sqrt(coefficients.Wzx.Square().Sum().Item())), new("stability/max_re_lambda", _largest),
            new("tau/min", 1 / steps.Max()), new("tau/max", 1 / steps.Min()),
        ];
    }

    /// <inheritdoc/>
    public override string Progress(TrainingProgress progress) =>
        $"  |∇| {progress.GradientNorm:G2}{(double.IsNaN(_radius) ? "" : $"  ρ(Wr) {_radius:F2}  max Re λ {_largest:G2}")}";

    /// <inheritdoc/>
    public override void Take(IClassifier<SequenceClassifierParameters<T>, T> model, SafeTensors file) => ((SequenceClassifier<T>)model).Take(file);

    /// <inheritdoc/>
    public override string Epoch => $", ρ(Wr) {_radius:F2}, max Re λ {_largest:G2}";

    /// <inheritdoc/>
    public override Examination Examine(string folder, DataRecord trained, ImageSet test, Device device, CancellationToken cancellation)
    {
        var model = ModelFiles.Load(this, run, folder, trained, device);
        var evaluation = Evaluation.Of(model, test, device, cancellation: cancellation);
        var kind = new SequenceKind<double>(run);
        var before = (SequenceClassifier<double>)kind.Create(trained, Device.Cpu);
        var widened = (SequenceClassifier<double>)ModelFiles.Load(kind, run, folder, trained, Device.Cpu);
        var stability = SequenceStability.Of(widened, Many, cancellation);
        return new SequenceExamination(evaluation, stability, widened, before, test, SequenceExamination.IsStored(ModelFiles.Path(folder), stability));
    }
}
