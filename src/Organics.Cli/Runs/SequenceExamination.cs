using Spectre.Console;

namespace Organics;

/// <summary>A sequence classifier on test images.</summary>
/// <param name="Test">In the precision of the run.</param>
/// <param name="Stability">In double.</param>
/// <param name="Widened">The model that was examined: the same numbers in double.</param>
/// <param name="Before">The model before its training.</param>
/// <param name="Samples">The test samples.</param>
/// <param name="Stored">Whether the checkpoint holds the stability, and it is this one.</param>
sealed record SequenceExamination(
    Evaluation Test, SequenceStability Stability, SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> Widened, SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> Before, SampleSet Samples, bool Stored) : Examination(Test)
{
    /// <summary>Whether a checkpoint holds what was found; what it holds must follow from the weights.</summary>
    public static bool IsStored(string path, SequenceStability found)
    {
        var metadata = SafeTensors.Read(path).Metadata;
        if (metadata.Keys.FirstOrDefault(key => key.StartsWith(StabilityCertificate.MetadataKey, StringComparison.Ordinal)) is { } claim)
            throw Failure.Check($"'{path}' has a certificate '{claim}', but no theorem covers dynamic gains; restore the file, or train anew.");
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
    public override EvalResult Complete(EvalResult result) => result with { NotConverged = Stability.NotSettled };

    /// <summary>|λ| of the largest eigenvalue of a matrix.</summary>
    public static double Radius(Tensor<double> matrix) => Eigenvalues.Of(matrix.ToArray(), matrix.Shape[0]).SpectralRadius;

    /// <inheritdoc/>
    public override TrainingResult Complete(TrainingResult result) => result with { NotConverged = Stability.NotSettled, SpectralRadiusWr = Radius(Widened.Cell.Prepare(Widened.Parameters.Cell).Wr) };

    /// <inheritdoc/>
    public override void Write(IAnsiConsole console)
    {
        var table = new Table().Title("The circuit at rest under constant inputs").Border(TableBorder.Simple);
        foreach (var name in (string[])["input", "largest Re λ (1/Δt)", "settled", "stable"]) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var each in Stability.Inputs)
            table.AddRow($"{each.Input:G3}", each.Settled ? $"{each.MaxRealPart:G4}" : "–", each.Settled ? "yes" : $"no, changes by {each.Change:0.0e-0}", each.IsStable ? "yes" : "no");
        console.Write(table);
        Console.Out.WriteLine($"Eigenvalues are those of the Jacobian of the whole circuit, its gains included. Not certified: no theorem covers dynamic gains.{(Stored ? " The checkpoint holds this examination, and it follows from the weights." : "")}");
    }

    /// <inheritdoc/>
    public override void Draw(Action<string, string> save)
    {
        save("spectrum.svg", SvgPlot.ComplexPlane($"Eigenvalues of the Jacobian at rest under {Stability.Inputs.Count} constant inputs",
            [new("λ", Stability.Inputs.SelectMany(i => i.Eigenvalues).Select(v => v.Real).ToArray(), Stability.Inputs.SelectMany(i => i.Eigenvalues).Select(v => v.Imaginary).ToArray())], "1/Δt"));
        DrawTimeConstants(save);
        DrawTrajectories(Course(Widened, Samples), save);
    }

    // Steps per time constant of every neuron, sorted, before the training and after.
    void DrawTimeConstants(Action<string, string> save)
    {
        static double[] Sorted(Tensor<double> kappa) => [.. kappa.ToArray().Select(k => 1 / k).Order()];
        var (before, after) = (Before.Cell.Prepare(Before.Parameters.Cell), Widened.Cell.Prepare(Widened.Parameters.Cell));
        double[] neurons = [.. Enumerable.Range(1, Widened.Options.Units).Select(i => (double)i)];
        PlotSeries[] series =
        [
            new("τ of y before", neurons, Sorted(before.KappaY)), new("τ of y after", neurons, Sorted(after.KappaY)),
            new("τ of a before", neurons, Sorted(before.KappaA)), new("τ of a after", neurons, Sorted(after.KappaA)),
            new("τ of b0 before", neurons, Sorted(before.KappaB0)), new("τ of b0 after", neurons, Sorted(after.KappaB0)),
            new("τ of b before", neurons, Sorted(before.KappaB1)), new("τ of b after", neurons, Sorted(after.KappaB1)),
        ];
        save("time-constants.svg", SvgPlot.Lines("Time constants, each sorted", "rank", "τ (Δt)", series, logarithmic: true));
    }

    /// <summary>y, a, b0 and b of every neuron, one after the other, after each step of the first sample.</summary>
    public static double[][] Course(SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> model, SampleSet samples)
    {
        var (n, steps, channels) = (model.Options.Units, model.Options.Format.Steps, model.Options.Format.Channels);
        var stream = model.Stream();
        using var workspace = new Workspace<double>();
        var first = samples.Batches<double>(1).First();
        var x = model.Sequence(workspace.From(first.Inputs, [1, samples.Format.Width])).ToArray();
        var (y, state) = (new double[n], new double[4 * n]);
        double[][] course = [.. Enumerable.Range(0, 4 * n).Select(_ => new double[steps])];
        for (var t = 0; t < steps; t++)
        {
            stream.Step(x.AsSpan(t * channels, channels), y);
            stream.CopyState(state);
            for (var i = 0; i < state.Length; i++) course[i][t] = state[i];
        }
        return course;
    }

    /// <summary>Draws y, a, b0 and b of some neurons while a sample is seen: Fig. 7.</summary>
    public static void DrawTrajectories(double[][] course, Action<string, string> save)
    {
        const int Most = 12;
        var n = course.Length / 4;
        var shown = Math.Min(Most, n);
        double[] time = [.. Enumerable.Range(1, course[0].Length).Select(t => (double)t)];
        foreach (var (k, name) in ((string[])["y", "a", "b0", "b"]).Index())
            save($"trajectory-{name}.svg", SvgPlot.Lines($"{name} of {shown} of {n} neurons while the first test sample is seen", "time step", name,
                [.. Enumerable.Range(0, shown).Select(i => new PlotSeries($"{i + 1}", time, course[k * n + i]))]));
    }
}
