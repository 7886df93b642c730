using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Organics;

/// <summary>Figure 1; stdout has it with --json.</summary>
/// <param name="Panels">a to f.</param>
/// <param name="Folder">Where the pictures and numbers are.</param>
sealed record PortraitsReport(IReadOnlyList<PanelReport> Panels, string Folder);

/// <summary>A panel of figure 1: the phase portrait of one neuron pair, with b = 0.5, w = 1 and time constants of 2 ms.</summary>
/// <param name="Panel">Its letter.</param>
/// <param name="Wr">The recurrent weight.</param>
/// <param name="B0">The modulator gain.</param>
/// <param name="Sigma">The semisaturation.</param>
/// <param name="Z">The input drive.</param>
/// <param name="Rectified">Whether the circuit is the rectified one.</param>
/// <param name="FixedPoints">All of them.</param>
sealed record PanelReport(string Panel, double Wr, double B0, double Sigma, double Z, bool Rectified, IReadOnlyList<PlanarPointReport> FixedPoints);

/// <summary>Figure 4; stdout has it with --json.</summary>
/// <param name="Sizes">One for each number of neuron pairs.</param>
/// <param name="Folder">Where the picture and the numbers are.</param>
sealed record ConvergenceReport(IReadOnlyList<SizeReport> Sizes, string Folder);

/// <summary>How Algorithm 1 converges for random circuits of a size.</summary>
/// <param name="N">The number of neuron pairs.</param>
/// <param name="Circuits">How many were drawn whose fixed point is known.</param>
/// <param name="MedianErrors">The median distance to the fixed point after 1, 2, … linear solves.</param>
sealed record SizeReport(int N, int Circuits, IReadOnlyList<double> MedianErrors);

/// <summary>Figures 5 and 6; stdout has it with --json.</summary>
/// <param name="Inputs">The number of test digits at which eigenvalues were computed.</param>
/// <param name="Layers">With Wr = I and with a learned Wr.</param>
/// <param name="Folder">Where the picture and the numbers are.</param>
sealed record SpectraReport(int Inputs, IReadOnlyList<TrainedLayerReport> Layers, string Folder);

/// <summary>A trained layer.</summary>
/// <param name="Recurrence">Wr = I, or learned Wr.</param>
/// <param name="Stable">At how many of the test digits it is stable; of figure 5.</param>
/// <param name="MaxReLambda">The largest real part of an eigenvalue, in units of 1/τ: after the training, and of figure 6 before it and after each
/// epoch.</param>
sealed record TrainedLayerReport(string Recurrence, int? Stable, IReadOnlyList<double> MaxReLambda);

/// <summary>Figure 7; stdout has it with --json.</summary>
/// <param name="Units">The number of neuron pairs.</param>
/// <param name="Steps">The time steps of the image.</param>
/// <param name="Label">The digit that is seen.</param>
/// <param name="Folder">Where the pictures and numbers are.</param>
sealed record ActivityReport(int Units, int Steps, int Label, string Folder);

/// <summary><c>organics reproduce</c>: the figures of the paper as SVG, and their numbers as CSV; and its tables.</summary>
static class Reproduce
{
    const string Json = "--json", Out = "--out", Trials = "--trials", Seed = "--seed", Epochs = "--epochs", Model = "--model";

    public static Command Command()
    {
        var command = new Command("reproduce", "Draw a figure of the paper from its equations, as SVG and CSV, or train the rows of a table.");
        command.Subcommands.Add(Figure(
            "fig1", "Phase portraits of one neuron pair: a–c contractive, expansive with three and with one fixed point; d–f the same, rectified.",
            (given, people, page) => Figure1(Folder(given, "fig1"), people, page), () => RunJson.Line.PortraitsReport));
        command.Subcommands.Add(Figure("fig4", "Convergence of Algorithm 1 for random circuits of 2, 10 and 50 pairs.",
            (given, people, page) => Figure4(Folder(given, "fig4"), given.GetValue<int>(Trials), given.GetValue<int>(Seed), people, page),
            () => RunJson.Line.ConvergenceReport,
            Setting.Option(Trials, "N", "Circuits of each size.", 500, text => Setting.Whole(text, 1)),
            Setting.Option(Seed, "N", "The same seed draws the same circuits.", 0, text => Setting.Whole(text, 0))));
        command.Subcommands.Add(Figure("fig5", "Spectra of trained layers, at test digits.",
            (given, people, page) => Figures5And6(Folder(given, "fig5"), given.GetValue<int>(Epochs), during: false, people, page),
            () => RunJson.Line.SpectraReport, TrainingEpochs()));
        command.Subcommands.Add(Figure("fig6", "The largest eigenvalue during training.",
            (given, people, page) => Figures5And6(Folder(given, "fig6"), given.GetValue<int>(Epochs), during: true, people, page),
            () => RunJson.Line.SpectraReport, TrainingEpochs()));
        command.Subcommands.Add(Figure(
            "fig7", "Activity and gains of the recurrent circuit while it sees an image, of a trained model or of one trained on the sample digits.",
            (given, people, page) => Figure7(() => Folder(given, "fig7"), given.GetValue<string>(Model), given.GetValue<int>(Epochs), people, page),
            () => RunJson.Line.ActivityReport,
            new Option<string>(Model)
            {
                Description = "model.safetensors of `organics train sequence`, or its run folder; without, one is trained.",
                HelpName = "FILE",
            },
            TrainingEpochs()));
        foreach (var table in PaperTable.All) command.Subcommands.Add(Table(table));
        return command;

        static Option<int> TrainingEpochs() => Setting.Option(Epochs, "N", "Epochs of training on the sample digits.", 20, text => Setting.Whole(text, 1));
    }

    static Command Table(PaperTable table)
    {
        const string Run = "--run", Seeds = "--seeds", DataDir = "--data-dir", Figures = "--figures";
        var command = new Command(table.Name, $"{table.Title}: each row of the paper's table beside what was found here, or the training of rows.");
        command.Options.Add(Setting.Option<TableRow?>(Run, "ROW", "Trains a row first, or goes on with its training.",
            text => table.Rows.First(row => row.Name == Setting.OneOf(text, [.. table.Rows.Select(each => each.Name)]))));
        command.Options.Add(Setting.Option(Seed, "N", "The seed of that training.", 0, text => Setting.Whole(text, 0)));
        command.Options.Add(Setting.Option<(int First, int Last)?>(
            Seeds, "FIRST-LAST", "Trains with each of these seeds first, a row or all, whatever of it is not done.", Range));
        command.Options.Add(Shard.Option("Trains part I of N of these trainings first; the folder is common, and there is nothing to merge"));
        command.Options.Add(new Option<string>(DataDir) { Description = "The folder that holds mnist/, instead of the cache.", HelpName = "FOLDER" });
        command.Options.Add(new Option<string>(Out)
        {
            Description = $"Where the runs are; rows that have none there show those that came with the tool, marked * [runs/{table.Name}].",
            HelpName = "FOLDER",
        });
        command.Options.Add(new Option<string>(Figures)
        {
            Description = "Draws the learning curves of the rows, and the largest real parts of their Jacobians over the training, as SVG.",
            HelpName = "FOLDER",
        });
        command.Options.Add(PageOption.Make());
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var folder = given.GetValue<string>(Out) ?? Path.Combine("runs", table.Name);
            var page = PageOption.Of(given);
            if (Setting.IsIn(given, Seeds) && Setting.IsIn(given, Seed)) throw Failure.Usage($"{Seeds} and {Seed} are both given; give one of them.");
            var (row, code) = (given.GetValue<TableRow?>(Run), ExitCode.Done);
            if (Setting.IsIn(given, Seed) && row is null && !Setting.IsIn(given, Shard.Name))
                throw Failure.Usage($"{Seed} is that of the training of a row, but none is to be trained; give {Run}, or {Seeds} to train all rows.");
            if (given.GetValue<string>(Figures) is { } drawn) OutFolder.Make(drawn, Figures);
            if (row is not null || Setting.IsIn(given, Seeds) || Setting.IsIn(given, Shard.Name))
            {
                var seed = given.GetValue<int>(Seed);
                code = TableRun.TrainAll(
                    row is null ? table.Rows : [row], given.GetValue<(int, int)?>(Seeds) ?? (seed, seed), Shard.Of(given),
                    (each, with) => Train.Run(each, with, TableRun.Folder(folder, each, with), given.GetValue<string>(DataDir)));
            }
            var report = TableReport.Of(table, folder);
            if (given.GetValue<bool>(Json)) Console.Out.WriteLine(JsonSerializer.Serialize(report, RunJson.Line.TableReport));
            else report.Write(table);
            if (page is not null) report.Page(table).Write(page);
            if (!given.GetValue<bool>(Json)) PageOption.Tell(given);
            if (given.GetValue<string>(Figures) is { } pictures)
                foreach (var file in TableFigures.Write(table, report, pictures)) Log.Line($"Drawn: '{Path.Combine(pictures, file)}'.");
            return (int)code;
        });
        return command;

        static (int First, int Last)? Range(string text)
            => text.Split('-') is [var first, var last] && Setting.Whole(first, 0) is var from && Setting.Whole(last, from) is var to ? (from, to)
                : throw new FormatException("the first and the last seed are expected, as in 0-9.");
    }

    // What is said to people goes nowhere with --json; whatever is drawn is put on a page, too, which is written where it is asked for.
    static Command Figure<T>(
        string name, string description, Func<ParseResult, TextWriter, HtmlReport, T> draw, Func<JsonTypeInfo<T>> type, params Option[] options)
    {
        var command = new Command(name, description);
        foreach (var option in options) command.Options.Add(option);
        command.Options.Add(new Option<string>(Out) { Description = $"Where the files go [runs/{name}].", HelpName = "FOLDER" });
        command.Options.Add(PageOption.Make());
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var (json, file, page) = (given.GetValue<bool>(Json), PageOption.Of(given), new HtmlReport($"Figure {name["fig".Length..]} of the paper"));
            var report = draw(given, json ? TextWriter.Null : Console.Out, page.Section("What it shows").Text(description));
            if (file is not null) page.WhatRan().Write(file);
            if (json) Console.Out.WriteLine(JsonSerializer.Serialize(report, type()));
            else PageOption.Tell(given);
            return (int)ExitCode.Done;
        });
        return command;
    }

    static string Folder(ParseResult given, string name)
    {
        var folder = given.GetValue<string>(Out) ?? Path.Combine("runs", name);
        OutFolder.Make(folder);
        return folder;
    }

    static PortraitsReport Figure1(string folder, TextWriter people, HtmlReport page)
    {
        var csv = new StringBuilder("panel,wr,b0,sigma,z,rectified,y,a,type,re1,im1,re2,im2\n");
        var (panel, panels, reports) = ('a', new List<string>(), new List<PanelReport>());
        PlanarCircuit? expansive = null;
        foreach (var rectified in (bool[])[false, true])
        {
            foreach (var (wr, b0, sigma) in ((double, double, double)[])[(0.5, 0.5, 0.1), (2, 0.5, 0.1), (2, 1, 1)])
            {
                // Rectified, the extra fixed points of an expansive circuit answer to an inhibitory drive.
                var circuit = new PlanarCircuit(wr, w: 1, b: 0.5, b0, sigma, z: rectified && wr > 1 ? -1 : 1, tauY: 2, tauA: 2, rectified);
                if (panel == 'b') expansive = circuit;
                var points = circuit.FixedPoints();
                panels.Add(Portrait.Draw(circuit, points, Portrait.Window(circuit, points), $"{panel}: {Phase.Title(circuit)}"));
                OutFolder.Save(folder, $"{panel}.svg", panels[^1]);
                foreach (var p in points)
                {
                    var (first, second) = p.Eigenvalues;
                    csv.Append(CultureInfo.InvariantCulture, $"{panel},{wr},{b0},{sigma},{circuit.Z},{rectified},{p.Y:R},{p.A:R},{p.Type},")
                        .Append(CultureInfo.InvariantCulture, $"{first.Real:R},{first.Imaginary:R},{second.Real:R},{second.Imaginary:R}\n");
                }
                reports.Add(new($"{panel}", wr, b0, sigma, circuit.Z, rectified, [.. points.Select(p => PlanarPointReport.Of(p, null))]));
                people.WriteLine(
                    $"{panel}: {Phase.Title(circuit)}: {points.Length} fixed point{(points.Length == 1 ? "" : "s")}, {points.Count(p => p.IsStable)} stable.");
                panel++;
            }
        }
        var sheet = SvgPlot.Sheet(
            "Phase portraits of one neuron pair: contractive, expansive with three fixed points and with one; below the same, rectified", panels, columns: 3);
        OutFolder.Save(folder, "fig1.svg", sheet);
        page.Picture("Phase portraits of one neuron pair", sheet)
            .Table("Fixed points", ["panel", "wr", "b0", "σ", "z", "rectified", "y", "a", "type"], reports.SelectMany(r => r.FixedPoints.Select(p => (string[])
            [
                r.Panel, HtmlReport.Show(r.Wr), HtmlReport.Show(r.B0), HtmlReport.Show(r.Sigma), HtmlReport.Show(r.Z), r.Rectified ? "yes" : "no",
                HtmlReport.Show(p.Y), HtmlReport.Show(p.A), HtmlReport.Words(p.Type),
            ])))
            .Section("Between the panels").Text("Panel b to begin with; its sliders lead to a and c.").Portrait("The plane of y and a", expansive!);
        OutFolder.Save(folder, "fixed-points.csv", csv.ToString());
        people.WriteLine(Printable.Of($"Written to '{folder}'. Time constants 2 ms; b = 0.5, w = 1."));
        return new(reports, folder);
    }

    static ConvergenceReport Figure4(string folder, int trials, int seed, TextWriter people, HtmlReport page)
    {
        const int Iterations = 20;
        var csv = new StringBuilder("n,iteration,median,p90,max,circuits\n");
        var (series, sizes) = (new List<PlotSeries>(), new List<SizeReport>());
        foreach (var n in (int[])[2, 10, 50])
        {
            var errors = new double[Iterations + 1][];
            for (var k = 0; k <= Iterations; k++) errors[k] = new double[trials];
            var known = new bool[trials];
            Parallel.For(0, trials, trial =>
            {
                var circuit = RandomCircuits.Recurrent(n, 1, RecurrenceHypothesis.Any, StabilitySweep.Generator(seed, trial));
                var truth = SteadyState.Of(circuit, new() { Tolerance = 1e-14 });
                if (!(truth.Result.Residual < 1e-12)) truth = SteadyState.StableOf(circuit);
                known[trial] = truth.Result.Residual < 1e-10;
                if (!known[trial]) return;
                var (y, a, scratch, pivots) = (new double[n], new double[n], new double[SteadyStateSolver<double>.ScratchLength(n)], new int[n]);
                for (var k = 1; k <= Iterations; k++)
                {
                    SteadyStateSolver<double>.Algorithm1(
                        circuit.Drive, circuit.C, circuit.W, circuit.Wr, y, a, scratch, pivots,
                        new() { MaxIterations = k, Tolerance = 1e-300, Fallback = false });
                    errors[k][trial] = Math.Sqrt(Enumerable.Range(0, n).Sum(i => Math.Pow(y[i] - truth.Y[i], 2) + Math.Pow(a[i] - truth.A[i], 2)));
                }
            });
            var medians = new double[Iterations];
            for (var k = 1; k <= Iterations; k++)
            {
                var sorted = errors[k].Where((_, trial) => known[trial]).Order().ToArray();
                medians[k - 1] = sorted[sorted.Length / 2];
                csv.Append(
                    CultureInfo.InvariantCulture, $"{n},{k},{medians[k - 1]:R},{sorted[(int)(0.9 * (sorted.Length - 1))]:R},{sorted[^1]:R},{sorted.Length}\n");
            }
            series.Add(new($"n = {n}", Enumerable.Range(1, Iterations).Select(k => (double)k).ToArray(), medians));
            sizes.Add(new(n, known.Count(k => k), medians));
            people.WriteLine(
                $"n = {n}: median error {medians[3]:0.0e-0} after 4, {medians[4]:0.0e-0} after 5 and {medians[9]:0.0e-0} after 10 solves "
                + $"({known.Count(k => k):N0} circuits).");
        }
        OutFolder.Save(folder, "convergence.csv", csv.ToString());
        const string title = "Convergence of Algorithm 1: median error", x = "linear solves", y = "‖(y, a) − (y*, a*)‖";
        OutFolder.Save(folder, "convergence.svg", SvgPlot.Lines(title, x, y, series, logarithmic: true));
        page.Lines(title, x, y, series, logarithmic: true);
        people.WriteLine(Printable.Of($"Written to '{folder}'."));
        return new(sizes, folder);
    }

    static SpectraReport Figures5And6(string folder, int epochs, bool during, TextWriter people, HtmlReport page)
    {
        const int Units = 50, Examined = 200;
        using var interrupt = new Interrupt();
        var digits = SampleDigits.Load();
        var test = digits.Test!.Select([.. Enumerable.Range(0, Examined)]);
        var csv = new StringBuilder(during ? "recurrence,epoch,max_re_lambda,accuracy\n" : "recurrence,re,im\n");
        var (series, reports) = (new List<PlotSeries>(), new List<TrainedLayerReport>());
        foreach (var learned in (bool[])[false, true])
        {
            var name = learned ? "learned Wr" : "Wr = I";
            var model = StaticClassifier<double>.Create(digits.Train.Format.Width, digits.Train.Format.Outputs, [Units], learned, sigma: 1, seed: 0);
            var adam = new Adam<StaticClassifierParameters<double>, double>(model.Parameters, 3e-3) { WeightDecay = 1e-5 };
            var at = new List<(double Epoch, double Largest)>();
            StaticStability Examine() => StaticStability.Of(model, test, Environment.ProcessorCount, cancellation: interrupt.Token);
            if (during)
            {
                at.Add((0, Examine().MaxRealPart));
                csv.Append(CultureInfo.InvariantCulture, $"{name},0,{at[0].Largest:R},\n");
            }
            var scratch = Directory.CreateTempSubdirectory("organics-reproduce-").FullName;
            try
            {
                Log.Progress(show =>
                {
                    var trainer = new Trainer<StaticClassifierParameters<double>, double>(model, adam, digits.Train, test, Device.Cpu,
                        new() { Epochs = epochs, LearningRate = 3e-3, Schedule = Schedule.Parse($"cosine:{epochs}"), Folder = scratch })
                    {
                        OnProgress = p => show((p.Epoch + (double)p.Batch / p.Batches) / epochs, $"{name}: epoch {p.Epoch + 1} of {epochs}"),
                        OnEpoch = e =>
                        {
                            if (!during) return;
                            at.Add((e.Epoch + 1, Examine().MaxRealPart));
                            csv.Append(CultureInfo.InvariantCulture, $"{name},{e.Epoch + 1},{at[^1].Largest:R},{e.Validation.Accuracy:R}\n");
                        },
                    };
                    trainer.Run(interrupt.Token);
                    return trainer;
                });
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
            if (during)
            {
                series.Add(new(name, at.Select(p => p.Epoch).ToArray(), at.Select(p => p.Largest).ToArray()));
                reports.Add(new(name, null, [.. at.Select(p => p.Largest)]));
                people.WriteLine(
                    $"{name}: largest real part {at[0].Largest:G4} before and {at[^1].Largest:G4} after {epochs} epochs, "
                    + $"never above {at.Max(p => p.Largest):G4}.");
            }
            else
            {
                var layer = Examine().Layers[0];
                var all = layer.Spectra.SelectMany(s => s).ToArray();
                foreach (var v in all) csv.Append(CultureInfo.InvariantCulture, $"{name},{v.Real:R},{v.Imaginary:R}\n");
                series.Add(new(name, all.Select(v => v.Real).ToArray(), all.Select(v => v.Imaginary).ToArray()));
                reports.Add(new(name, layer.Stable, [layer.MaxRealPart]));
                people.WriteLine($"{name}: {layer.Stable} of {Examined} inputs stable, largest real part {layer.MaxRealPart:G4}.");
            }
        }
        OutFolder.Save(folder, during ? "largest-eigenvalue.csv" : "spectra.csv", csv.ToString());
        var title = during
            ? $"Largest real part of an eigenvalue over {Examined} test digits" : $"Eigenvalues of trained layers of {Units} units at test digits";
        OutFolder.Save(folder, during ? "largest-eigenvalue.svg" : "spectra.svg", during
            ? SvgPlot.Lines(title, "epoch", "max Re λ (1/τ)", series) : SvgPlot.ComplexPlane(title, series, "1/τ"));
        if (during) page.Lines(title, "epoch", "max Re λ (1/τ)", series);
        else
            page.ComplexPlane(title, series, "1/τ").Table($"Stability at {Examined} test digits", ["recurrence", "stable", "largest Re λ (1/τ)"],
                reports.Select(r => (string[])[r.Recurrence, $"{r.Stable}", HtmlReport.Show(r.MaxReLambda[0])]));
        people.WriteLine(Printable.Of($"Written to '{folder}'."));
        return new(Examined, reports, folder);
    }

    static ActivityReport Figure7(Func<string> make, string? named, int epochs, TextWriter people, HtmlReport page)
    {
        var digits = SampleDigits.Load();
        var file = named is null ? null : ModelFiles.Named(named, ModelFiles.Model);
        var model = file is null ? TrainedOnSample(epochs, digits) : OfCircuits(SequenceModel<double>.Load(file), file);
        var test = (ImageSet)digits.Test!;
        if (model.Options.Format.Width != test.PixelsPerImage)
            throw Failure.Usage($"The model in '{file}' sees {model.Options.Format.Width} numbers, but a sample digit has {test.PixelsPerImage} pixels; give one that was trained on MNIST.");
        var folder = make();
        SequenceExamination.DrawTrajectories(model, test, (name, svg) => OutFolder.Save(folder, name, svg));
        SequenceExamination.ShowTrajectories(model, test, page);
        var n = model.Options.Units;
        var states = model.States(test.Batches<double>(1).First().Inputs);
        var courses = states.Select(each => each.Value.ToArray()).ToArray();
        var csv = new StringBuilder("step");
        foreach (var (name, _) in states)
            for (var i = 0; i < n; i++) csv.Append(CultureInfo.InvariantCulture, $",{name}{i}");
        csv.Append('\n');
        for (var t = 0; t < model.Options.Format.Steps; t++)
        {
            csv.Append(t + 1);
            foreach (var course in courses)
                for (var i = 0; i < n; i++) csv.Append(CultureInfo.InvariantCulture, $",{course[t * n + i]:R}");
            csv.Append('\n');
        }
        OutFolder.Save(folder, "trajectories.csv", csv.ToString());
        people.WriteLine(Printable.Of($"{n} neurons over {model.Options.Format.Steps} steps of a digit {test.Labels[0]}; written to '{folder}'."));
        return new(n, model.Options.Format.Steps, test.Labels[0], folder);
    }

    static SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> OfCircuits(SequenceModel<double> model, string file)
        => model as SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double>
            ?? throw Failure.Usage($"The model in '{file}' is of the cell {model.Options.Cell}, but the figure is of ORGaNICs; give one of those.");

    static SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> TrainedOnSample(int epochs, DataSet digits)
    {
        using var interrupt = new Interrupt();
        var test = digits.Test!;
        var record = DataRecord.Of(SampleDigits.Name, digits.Train.Format, digits.Train.Count, test.Count, test.Count, new Dictionary<string, string>());
        var run = (SequenceRun)new SequenceRun { Epochs = epochs, DtTauMax = "y=0.2,a=0.1,b=0.5" }.For(record);
        var kind = new SequenceKind<RecurrentCircuitParameters<float>, CircuitCoefficients<float>, float>(run);
        var model = kind.Create(record, Device.Cpu);
        var folder = Directory.CreateTempSubdirectory("organics-reproduce-").FullName;
        try
        {
            return Log.Progress(show =>
            {
                var trainer = new Trainer<SequenceParameters<RecurrentCircuitParameters<float>, float>,
                    float>(model, Training.Optimizer(run, model), digits.Train, test, Device.Cpu,
                    Training.Options(run, folder, kind, model, new() { Configuration = run, Data = record, Device = Device.Cpu.Name }, test))
                {
                    OnProgress = p => show((p.Epoch + (double)p.Batch / p.Batches) / epochs, $"epoch {p.Epoch + 1} of {epochs}, {Summary.Scores(p.Metrics)}"),
                };
                trainer.Run(interrupt.Token);
                return OfCircuits(SequenceModel<double>.Load(ModelFiles.Path(folder)), folder);
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
