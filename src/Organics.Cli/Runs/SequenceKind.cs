using System.Numerics;

namespace Organics;

/// <summary>The sequence model that a configuration describes.</summary>
sealed class SequenceKind<P, C, T>(SequenceRun run) : ModelKind<SequenceParameters<P, T>, T>
    where P : IParameters<P, T>
    where C : IParameters<C, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Constant inputs at which stability is examined after each epoch.
    const int Few = 3;

    // After an epoch a circuit that does not rest must not take as long as the epoch.
    const int StepsAfterEpoch = 10_000;

    double _radius = double.NaN, _largest = double.NaN, _outside = double.NaN;

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
    public override string Description(DataRecord data) => run.Variant is null ? $"{Neurons} of the cell {run.Cell}{Shown} in {run.Precision}"
        : $"{Neurons}{Shown}, {run.Variant} circuit with {run.TimeConstants} time constants, Δt/τ up to {run.DtTauMax}{(run.Sigma is { } sigma ? FormattableString.Invariant($", σ = {sigma}") : "")}, in {run.Precision}";

    string Neurons => $"{(run.Layers is { } layers ? $"{layers} layers of " : "")}{run.Units} units";

    string Shown => $"{(run.Permuted ? ", steps permuted" : "")}{(run.Standardize == true ? ", standardised" : "")}";

    /// <inheritdoc/>
    public override bool GradientNorm => true;

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, double>> Metrics(IModel<SequenceParameters<P, T>, T> model, DataRecord data, SampleSet validation)
    {
        // The same numbers in double.
        var widened = SequenceModel<double>.Create(run.Options(data), run.Seed, Device.Cpu);
        foreach (var (to, from) in widened.Tensors.Zip(model.Parameters.List())) to.Value.Assign(Array.ConvertAll(from.Value.ToArray(), double.CreateTruncating));
        _largest = SequenceStability.Of(widened, Few, StepsAfterEpoch).MaxRealPart;
        var course = CourseStability.Of(widened, validation.Batches<double>(1).First(), SequenceExamination.WaySteps);
        _outside = course.Outside;
        return
        [
            new("stability/max_re_lambda", _largest), new("stability/max_re_lambda_course", course.MaxRealPart), new("stability/steps_outside", _outside),
            .. widened is SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> circuit ? OfCircuit(circuit) : [],
        ];
    }

    IEnumerable<KeyValuePair<string, double>> OfCircuit(SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> circuit)
    {
        var coefficients = circuit.Cell.Prepare(circuit.Parameters.Cell);
        double[] steps = [.. new[] { coefficients.KappaY, coefficients.KappaA, coefficients.KappaB0, coefficients.KappaB1 }.SelectMany(k => k.ToArray())];
        var drive = Math.Sqrt(SequenceExamination.Radius(coefficients.Wzx.MatMul(coefficients.Wzx, transposeThis: true)));
        _radius = SequenceExamination.Radius(coefficients.Wr);
        return
        [
            new("spectral_radius_Wr", _radius), new("spectral_norm_Wzx", drive),
            new("tau/min", 1 / steps.Max()), new("tau/max", 1 / steps.Min()),
        ];
    }

    /// <inheritdoc/>
    public override string Progress(TrainingProgress progress) =>
        $"  |∇| {progress.GradientNorm:G2}{(double.IsNaN(_radius) ? "" : $"  ρ(Wr) {_radius:F2}")}"
            + (double.IsNaN(_outside) ? "" : $"  {AtRest}  outside {SafeSide.Percent(_outside, 0):F0} %");

    /// <inheritdoc/>
    public override void Take(IModel<SequenceParameters<P, T>, T> model, SafeTensors file) => ((SequenceModel<T>)model).Take(file);

    /// <inheritdoc/>
    public override string Epoch => double.IsNaN(_outside) ? ""
        : $"{(double.IsNaN(_radius) ? "" : $", ρ(Wr) {_radius:F2}")}, {AtRest}, {SafeSide.Percent(_outside, 0):F0} % of steps outside";

    string AtRest => double.IsNaN(_largest) ? "no Re λ at rest" : $"max Re λ {_largest:G2}/Δt at rest";

    /// <inheritdoc/>
    public override Examination Examine(string folder, DataRecord trained, SampleSet test, Device device, CancellationToken cancellation)
    {
        var evaluation = Evaluation.Of(ModelFiles.Load(this, run, folder, trained, device), test, device, cancellation: cancellation);
        var path = ModelFiles.Path(folder);
        var before = SequenceModel<double>.Create(run.Options(trained), run.Seed, Device.Cpu);
        var widened = SequenceModel<double>.Load(path);
        var stability = SequenceStability.Of(widened, SequenceExamination.Inputs, cancellation: cancellation);
        var course = CourseStability.Of(widened, test.Batches<double>(SequenceExamination.WaySamples).First(), SequenceExamination.WaySteps, cancellation);
        return new SequenceExamination(evaluation, stability, course, widened, before, test, SequenceExamination.IsStored(path, stability));
    }
}
