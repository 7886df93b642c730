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
    /// <summary>Whether a checkpoint holds what was found; what it holds must follow from the weights.</summary>
    public static bool IsStored(string path, SequenceStability found)
    {
        var metadata = SafeTensors.Read(path).Metadata;
        if (metadata.Keys.FirstOrDefault(key => key.StartsWith(StabilityCertificate.MetadataKey, StringComparison.Ordinal)) is { } claim)
            throw Failure.Check($"'{path}' has a certificate '{claim}', but no theorem covers such cells; restore the file, or train anew.");
        if (!metadata.TryGetValue(SequenceStability.MetadataKey, out var text)) return false;
        if (!found.Agrees(text)) throw Failure.Check($"The stability in '{path}' does not follow from the weights beside it, so one of them was changed after the training; restore the file, or train anew.");
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
        => result with { NotConverged = Stability.NotSettled, MaxReLambdaCourse = Course.MaxRealPart, StepsOutside = Course.Outside };

    /// <inheritdoc/>
    public override TrainingResult Complete(TrainingResult result) => result with
    {
        NotConverged = Stability.NotSettled,
        MaxReLambdaCourse = Course.MaxRealPart,
        StepsOutside = Course.Outside,
        SpectralRadiusWr = Circuit(Widened) is { } circuit ? Radius(circuit.Cell.Prepare(circuit.Parameters.Cell).Wr) : null,
    };

    /// <summary>|λ| of the largest eigenvalue of a matrix.</summary>
    public static double Radius(Tensor<double> matrix) => Eigenvalues.Of(matrix.ToArray(), matrix.Shape[0]).SpectralRadius;

    static SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double>? Circuit(SequenceModel<double> model)
        => model as SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double>;

    /// <inheritdoc/>
    public override void Write(IAnsiConsole console)
    {
        var isCircuit = Circuit(Widened) is not null;
        var table = new Table().Title($"The {(isCircuit ? "circuit" : "cell")} at rest under constant inputs").Border(TableBorder.Simple);
        foreach (var name in (string[])["input", "largest Re λ (1/Δt)", "settled", "stable"]) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var each in Stability.Inputs)
            table.AddRow($"{each.Input:G3}", each.Settled ? $"{each.MaxRealPart:G4}" : "–", each.Settled ? "yes" : double.IsFinite(each.Change) ? $"no, changes by {each.Change:0.0e-0}" : "no, diverges",
                each.IsStable ? "yes" : each.Settled ? "no" : "–");
        console.Write(table);
        Console.Out.WriteLine($"On the way of {Course.Steps.Select(s => s.Sample).Distinct().Count()} test samples, "
            + $"{Math.Round(Course.Outside * Course.Steps.Count)} of {Course.Steps.Count} steps lie outside the stable region |μ| < 1; the largest |μ| is {Course.Radius:G6}, the largest Re λ {Course.MaxRealPart:G4}.");
        if (Widened.IsDiscretisedOde && Course.Outside > 0 && Course.MaxRealPart < 0)
            Console.Out.WriteLine("The ODE attracts there (Re λ < 0), but steps as long as the cell's do not.");
        var meaning = isCircuit ? "those of the Jacobian of the whole circuit, its gains included"
            : Widened.IsDiscretisedOde ? "those of the Jacobian of the ODE whose steps the cell takes" : "λ = ln μ of the multipliers μ of a step";
        Console.Out.WriteLine($"Eigenvalues are {meaning}. Not certified: no theorem covers {(isCircuit ? "dynamic gains" : "this cell")}."
            + $"{(Stored ? " The checkpoint holds this examination, and it follows from the weights." : "")}");
    }

    /// <inheritdoc/>
    public override void Draw(Action<string, string> save)
    {
        Complex[] values = [.. Stability.Inputs.SelectMany(i => i.Spectrum.Eigenvalues).Where(Complex.IsFinite)];
        save("spectrum.svg", SvgPlot.ComplexPlane($"Eigenvalues of the Jacobian at rest under {Stability.Inputs.Count} constant inputs",
            [new("λ", Array.ConvertAll(values, v => v.Real), Array.ConvertAll(values, v => v.Imaginary))], "1/Δt"));
        if (Circuit(Before) is { } before && Circuit(Widened) is { } after) DrawTimeConstants(before, after, save);
        DrawTrajectories(Widened, Samples, save);
    }

    // Steps per time constant of every neuron, sorted, before the training and after: a panel for each kind of neuron.
    static void DrawTimeConstants(SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> first,
        SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> last, Action<string, string> save)
    {
        var (before, after) = (first.Cell.Prepare(first.Parameters.Cell), last.Cell.Prepare(last.Parameters.Cell));
        double[] ranks = [.. Enumerable.Range(1, last.Options.Units).Select(i => (double)i)];
        PlotSeries Sorted(string name, Tensor<double> kappa, bool isDashed = false)
            => new(name, ranks, kappa.ToArray().Select(k => 1 / k).Order().ToArray()) { IsDashed = isDashed };
        string Panel(string sort, Tensor<double> was, Tensor<double> @is) => SvgPlot.Lines(
            $"τ of {sort}", "rank", "τ (Δt)", [Sorted("after the training", @is), Sorted("before", was, isDashed: true)], logarithmic: true);
        save("time-constants.svg", SvgPlot.Sheet("Time constants of all neurons, sorted, before the training and after",
            [
                Panel("y", before.KappaY, after.KappaY), Panel("a", before.KappaA, after.KappaA),
                Panel("b", before.KappaB1, after.KappaB1), Panel("b0", before.KappaB0, after.KappaB0),
            ], columns: 2));
    }

    /// <summary>Draws each part of the state of some neurons while a sample is seen: Fig. 7 is that of a circuit.</summary>
    public static void DrawTrajectories(SequenceModel<double> model, SampleSet samples, Action<string, string> save)
    {
        const int Most = 12;
        var (units, steps) = (model.Options.Units, model.Options.Format.Steps);
        var shown = Math.Min(Most, units);
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
