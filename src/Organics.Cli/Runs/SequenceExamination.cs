using System.Numerics;
using Spectre.Console;

namespace Organics;

/// <summary>A sequence model on test samples.</summary>
/// <param name="Test">In the precision of the run.</param>
/// <param name="Stability">At rest, in double.</param>
/// <param name="Course">On the way of test samples, in double.</param>
/// <param name="Widened">The model that was examined: the same numbers in double.</param>
/// <param name="Before">The model before its training.</param>
/// <param name="Samples">The test samples.</param>
/// <param name="Stored">Whether the checkpoint holds the stability, and it is this one.</param>
sealed record SequenceExamination(
    Evaluation Test, SequenceStability Stability, CourseStability Course, SequenceModel<double> Widened, SequenceModel<double> Before, SampleSet Samples,
    bool Stored) : Examination(Test)
{
    /// <summary>Constant inputs under which a model is driven to rest.</summary>
    public const int Inputs = 21;

    /// <summary>Test samples, and steps of each, at which its spectrum is taken on the way.</summary>
    public const int WaySamples = 4, WaySteps = 4;

    // Neurons whose course is drawn.
    const int MostDrawn = 12;

    /// <summary>Whether a checkpoint holds what was found; what it holds must follow from the weights.</summary>
    public static bool IsStored(string path, SequenceStability found)
    {
        var metadata = SafeTensors.Read(path).Metadata;
        if (metadata.Keys.FirstOrDefault(key => key.StartsWith(StabilityCertificate.MetadataKey, StringComparison.Ordinal)) is { } claim)
            throw Failure.Check($"'{path}' has a certificate '{claim}', but no theorem covers such cells; restore the file, or train anew.");
        if (!metadata.TryGetValue(SequenceStability.MetadataKey, out var text)) return false;
        if (!found.Agrees(text))
            throw Failure.Check($"The stability in '{path}' does not follow from the weights beside it, so one of them was changed after the training; restore "
                + "the file, or train anew.");
        return true;
    }

    /// <summary>Writes the stability into the metadata of the model's file, where it is not there yet.</summary>
    public override void Store(string folder)
    {
        if (!Stored) ModelFiles.Annotate(folder, [new(SequenceStability.MetadataKey, Stability.ToJson())]);
    }

    /// <inheritdoc/>
    public override double? MaxRealPart => Stability.MaxRealPart;

    /// <inheritdoc/>
    public override double? StableFraction => Stability.StableFraction;

    /// <inheritdoc/>
    public override EvalResult Complete(EvalResult result)
        => result with
        {
            NotConverged = Stability.NotSettled,
            Undecided = Stability.Undecided,
            MaxReLambdaCourse = Course.MaxRealPart,
            StepsOutside = Course.Outside
        };

    /// <inheritdoc/>
    public override TrainingResult Complete(TrainingResult result) => result with
    {
        NotConverged = Stability.NotSettled,
        Undecided = Stability.Undecided,
        MaxReLambdaCourse = Course.MaxRealPart,
        StepsOutside = Course.Outside,
        SpectralRadiusWr = Circuit(Widened) is { } circuit ? Radius(circuit.Cell.Prepare(circuit.Parameters.Cell).Wr) : null,
    };

    /// <summary>|λ| of the largest eigenvalue of a matrix.</summary>
    public static double Radius(Tensor<double> matrix) => Eigenvalues.Of(matrix.ToArray(), matrix.Shape[0]).SpectralRadius;

    static SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double>? Circuit(SequenceModel<double> model)
        => model as SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double>;

    bool IsCircuit => Circuit(Widened) is not null;

    string RestTitle => $"The {(IsCircuit ? "circuit" : "cell")} at rest under constant inputs";

    static readonly string[] RestColumns = ["input", "largest Re λ (1/Δt)", "settled", "stable"];

    static string[] RestRow(ConstantInput each) =>
    [
        $"{each.Input:G3}", each.Settled ? $"{each.MaxRealPart:G4}" : "–",
        each.Settled ? "yes" : double.IsFinite(each.Change) ? $"no, changes by {each.Change:0.0e-0}" : "no, diverges",
        each.IsStable ? "yes" : each.IsUndecided ? "undecided" : each.Settled ? "no" : "–",
    ];

    /// <summary>What was found, in sentences.</summary>
    IEnumerable<string> Texts
    {
        get
        {
            yield return $"On the way of {Course.Steps.Select(s => s.Sample).Distinct().Count()} test samples, "
                + $"{Math.Round(Course.Outside * Course.Steps.Count)} of {Course.Steps.Count} steps lie outside the stable region |μ| < 1; the largest |μ| is "
                + $"{Course.Radius:G6}, the largest Re λ {Course.MaxRealPart:G4}.";
            if (Widened.IsDiscretisedOde && Course.Outside > 0 && Course.MaxRealPart < 0)
                yield return "The ODE attracts there (Re λ < 0), but steps as long as the cell's do not.";
            if (Stability.Undecided > 0) yield return "Undecided: the multipliers are nearer to |μ| = 1 than they are known, or a rectifier stands at its kink.";
            var meaning = IsCircuit ? "those of the Jacobian of the whole circuit, its gains included"
                : Widened.IsDiscretisedOde ? "those of the Jacobian of the ODE whose steps the cell takes" : "λ = ln μ of the multipliers μ of a step";
            yield return $"Eigenvalues are {meaning}. Not certified: no theorem covers {(IsCircuit ? "dynamic gains" : "this cell")}."
                + $"{(Stored ? " The checkpoint holds this examination, and it follows from the weights." : "")}";
        }
    }

    /// <inheritdoc/>
    public override void Write(IAnsiConsole console)
    {
        var table = new Table().Title(RestTitle).Border(TableBorder.Simple);
        foreach (var name in RestColumns) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var each in Stability.Inputs) table.AddRow(RestRow(each));
        console.Write(table);
        foreach (var text in Texts) Console.Out.WriteLine(text);
    }

    /// <inheritdoc/>
    public override void Show(HtmlReport page)
    {
        page.Table(RestTitle, RestColumns, Stability.Inputs.Select(RestRow));
        foreach (var text in Texts) page.Text(text);
        if (Spectrum is { X.Length: > 0 } spectrum) page.ComplexPlane(SpectrumTitle, [spectrum], "1/Δt");
        Complex[] way = [.. Course.Steps.SelectMany(s => s.Spectrum.Eigenvalues).Where(Complex.IsFinite)];
        if (way.Length > 0) page.ComplexPlane($"Eigenvalues on the way of test samples, at {Course.Steps.Count} steps", [Points(way)], "1/Δt");
        if (Circuit(Before) is { } before && Circuit(Widened) is { Parameters.Cell.TimeConstants: not null } after)
        {
            page.Section("Time constants").Text("Those of all neurons, sorted, before the training (dashed) and after, in steps Δt.");
            foreach (var (name, first, last) in TimeConstants(before, after))
            {
                double[] ranks = [.. Enumerable.Range(1, last.Length).Select(i => (double)i)];
                PlotSeries[] series = [new("before", ranks, first) { IsDashed = true }, new("after", ranks, last)];
                page.Lines($"τ of {name}", "rank", $"τ of {name} (Δt)", series, logarithmic: true, small: true);
            }
        }
        ShowTrajectories(Widened, Samples, page);
    }

    /// <summary>What <see cref="DrawTrajectories"/> draws, on a page.</summary>
    public static void ShowTrajectories(SequenceModel<double> model, SampleSet samples, HtmlReport page)
    {
        var (units, steps) = (model.Options.Units, model.Options.Format.Steps);
        var shown = Math.Min(MostDrawn, units);
        page.Section("Trajectories").Text($"{shown} of {units} neurons while the first test sample is seen.");
        double[] time = [.. Enumerable.Range(1, steps).Select(t => (double)t)];
        foreach (var (name, course) in model.States(samples.Batches<double>(1).First().Inputs))
        {
            // Six digits: what a chart and its table show.
            var values = Array.ConvertAll(course.Transpose().ToArray(), v => (double)(float)v);
            page.Lines($"{name} over time", "time step", name,
                [.. Enumerable.Range(0, shown).Select(i => new PlotSeries($"neuron {i}", time, values.AsMemory(i * steps, steps)))]);
        }
    }

    string SpectrumTitle => $"Eigenvalues of the Jacobian at rest, under {Stability.Inputs.Count(i => i.Spectrum.Eigenvalues.Length > 0)} of {Stability.Inputs.Count} constant inputs";

    PlotSeries Spectrum => Points([.. Stability.Inputs.SelectMany(i => i.Spectrum.Eigenvalues).Where(Complex.IsFinite)]);

    static PlotSeries Points(Complex[] values) => new("λ", Array.ConvertAll(values, v => v.Real), Array.ConvertAll(values, v => v.Imaginary));

    /// <inheritdoc/>
    public override void Draw(Action<string, string> save)
    {
        // A cell that rests nowhere has none.
        if (Spectrum is { X.Length: > 0 } spectrum) save("spectrum.svg", SvgPlot.ComplexPlane(SpectrumTitle, [spectrum], "1/Δt"));
        // Those that are not trained are the same before and after.
        if (Circuit(Before) is { } before && Circuit(Widened) is { Parameters.Cell.TimeConstants: not null } after) DrawTimeConstants(before, after, save);
        DrawTrajectories(Widened, Samples, save);
    }

    static void DrawTimeConstants(SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> first,
        SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> last, Action<string, string> save)
    {
        double[] ranks = [.. Enumerable.Range(1, last.Options.Units).Select(i => (double)i)];
        save("time-constants.svg", SvgPlot.Sheet("Time constants of all neurons, sorted, before the training and after",
            [
                .. TimeConstants(first, last).Select(each => SvgPlot.Lines(
                    $"τ of {each.Name}", "rank", "τ (Δt)",
                    [new("after the training", ranks, each.After), new("before", ranks, each.Before) { IsDashed = true }], logarithmic: true)),
            ], columns: 2));
    }

    /// <summary>Steps per time constant of every neuron, sorted, before the training and after.</summary>
    static IEnumerable<(string Name, double[] Before, double[] After)> TimeConstants(
        SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> first,
        SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> last)
    {
        static double[] Sorted(Tensor<double> kappa) => [.. kappa.ToArray().Select(k => 1 / k).Order()];
        var (before, after) = (first.Cell.Prepare(first.Parameters.Cell), last.Cell.Prepare(last.Parameters.Cell));
        yield return ("y", Sorted(before.KappaY), Sorted(after.KappaY));
        yield return ("a", Sorted(before.KappaA), Sorted(after.KappaA));
        yield return ("b0", Sorted(before.KappaB0), Sorted(after.KappaB0));
        yield return ("b", Sorted(before.KappaB1), Sorted(after.KappaB1));
    }

    /// <summary>Draws each part of the state of some neurons while a sample is seen: Fig. 7 is that of a circuit.</summary>
    public static void DrawTrajectories(SequenceModel<double> model, SampleSet samples, Action<string, string> save)
    {
        var (units, steps) = (model.Options.Units, model.Options.Format.Steps);
        var shown = Math.Min(MostDrawn, units);
        double[] time = [.. Enumerable.Range(1, steps).Select(t => (double)t)];
        foreach (var (name, course) in model.States(samples.Batches<double>(1).First().Inputs))
        {
            var values = course.Transpose().ToArray();
            save($"trajectory-{name}.svg", SvgPlot.Lines(
                $"{name} of {(shown < units ? $"the first {shown} of {units} neurons" : "all neurons")} while the first test sample is seen",
                "time step (Δt)", name,
                [.. Enumerable.Range(0, shown).Select(i => new PlotSeries($"{i}", time, values.AsMemory(i * steps, steps)))]));
        }
    }
}
