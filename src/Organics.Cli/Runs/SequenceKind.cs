using System.Numerics;

namespace Organics;

/// <summary>The sequence model that a configuration describes.</summary>
sealed class SequenceKind<P, C, T>(SequenceRun run) : ModelKind<SequenceParameters<P, T>, T>
    where P : IParameters<P, T>
    where C : IParameters<C, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Constant inputs at which stability is examined: few after each epoch, many at the end.
    const int Few = 3, Many = 21;

    // After an epoch a circuit that does not rest must not take as long as the epoch.
    const int StepsAfterEpoch = 10_000;

    double _radius = double.NaN, _largest = double.NaN;

    /// <inheritdoc/>
    public override IModel<SequenceParameters<P, T>, T> Create(DataRecord data, Device device)
    {
        var model = SequenceModel<T>.Create(run.Options(data), run.Seed, device);
        model.Memory = SequenceMemory.Parse(run.CheckpointMemory);
        return (IModel<SequenceParameters<P, T>, T>)model;
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Sizes(DataRecord data) => SequenceModel<T>.Sizes(run.Options(data));

    /// <inheritdoc/>
    public override IReadOnlyList<SafeTensor> Constants(IModel<SequenceParameters<P, T>, T> model) => ((SequenceModel<T>)model).Constants;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata(DataRecord data) => run.Options(data).ToMetadata();

    /// <inheritdoc/>
    public override string Description => run.Variant is null ? $"{run.Units} units of the cell {run.Cell}{Shown} in {run.Precision}"
        : $"{run.Units} units{Shown}, {run.Variant} circuit with {run.TimeConstants} time constants, Δt/τ up to {run.DtTauMax}, in {run.Precision}";

    string Shown => $"{(run.Permuted ? ", steps permuted" : "")}{(run.Standardize == true ? ", standardised" : "")}";

    /// <inheritdoc/>
    public override bool GradientNorm => true;

    static bool IsCircuit => typeof(P) == typeof(RecurrentCircuitParameters<T>);

    // Of circuits alone: the same numbers in double.
    static SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> Circuit(SequenceModel<double> model)
        => (SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double>)model;

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, double>> Metrics(IModel<SequenceParameters<P, T>, T> model, DataRecord data)
    {
        if (!IsCircuit) return [];
        var widened = Circuit(SequenceModel<double>.Create(run.Options(data), run.Seed, Device.Cpu));
        foreach (var (to, from) in widened.Parameters.List().Zip(model.Parameters.List())) to.Value.Assign(Array.ConvertAll(from.Value.ToArray(), double.CreateTruncating));
        var coefficients = widened.Cell.Prepare(widened.Parameters.Cell);
        _radius = SequenceExamination.Radius(coefficients.Wr);
        _largest = SequenceStability.Of(widened, Few, StepsAfterEpoch).MaxRealPart;
        double[] steps = [.. new[] { coefficients.KappaY, coefficients.KappaA, coefficients.KappaB0, coefficients.KappaB1 }.SelectMany(k => k.ToArray())];
        var drive = Math.Sqrt(SequenceExamination.Radius(coefficients.Wzx.MatMul(coefficients.Wzx, transposeThis: true)));
        return
        [
            new("spectral_radius_Wr", _radius), new("spectral_norm_Wzx", drive), new("stability/max_re_lambda", _largest),
            new("tau/min", 1 / steps.Max()), new("tau/max", 1 / steps.Min()),
        ];
    }

    /// <inheritdoc/>
    public override string Progress(TrainingProgress progress) =>
        $"  |∇| {progress.GradientNorm:G2}{(double.IsNaN(_radius) ? "" : $"  ρ(Wr) {_radius:F2}  max Re λ {_largest:G2}")}";

    /// <inheritdoc/>
    public override void Take(IModel<SequenceParameters<P, T>, T> model, SafeTensors file) => ((SequenceModel<T>)model).Take(file);

    /// <inheritdoc/>
    public override string Epoch => double.IsNaN(_radius) ? "" : $", ρ(Wr) {_radius:F2}, max Re λ {_largest:G2}";

    /// <inheritdoc/>
    public override Examination Examine(string folder, DataRecord trained, SampleSet test, Device device, CancellationToken cancellation)
    {
        var evaluation = Evaluation.Of(ModelFiles.Load(this, run, folder, trained, device), test, device, cancellation: cancellation);
        if (!IsCircuit) return new PlainExamination(evaluation);
        var path = ModelFiles.Path(folder);
        var before = Circuit(SequenceModel<double>.Create(run.Options(trained), run.Seed, Device.Cpu));
        var widened = Circuit(SequenceModel<double>.Load(path));
        var stability = SequenceStability.Of(widened, Many, cancellation: cancellation);
        return new SequenceExamination(evaluation, stability, widened, before, test, SequenceExamination.IsStored(path, stability));
    }
}
