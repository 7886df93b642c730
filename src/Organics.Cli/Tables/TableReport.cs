using System.Text.Json.Serialization;
using Spectre.Console;

namespace Organics;

/// <summary>A table of the paper with what was found here; stdout has it with --json.</summary>
/// <param name="Table">Its name.</param>
/// <param name="Rows">As many as the table has.</param>
sealed record TableReport(string Table, IReadOnlyList<RowReport> Rows)
{
    /// <summary>Takes each row from its runs in a folder, and where there are none, from those that came with the tool.</summary>
    public static TableReport Of(PaperTable table, string folder) => new(table.Name, [.. table.Rows.Select(row => RowReport.Of(row, folder))]);

    // Names of rows and numbers in full, also where nobody sees a terminal.
    const int Width = 120;

    const string Legend = "* trained for this version, not here. Accuracies are means over the seeds, and so are seconds, each the median of epochs. λ in 1/Δt, of static layers in 1/τ and of SSNs in 1/τE; of cells that are no ODE λ = ln μ.",
        Unsettled = "not found: no state of rest was found, of training samples over all epochs and a growth before them, and at the end of test images, "
            + "in table2 of constant inputs.";

    static readonly string OfSequences = $"Of sequences it is looked at rest under {SequenceExamination.Inputs} constant inputs, where only what came to rest has "
        + $"eigenvalues and counts as stable, and on the way at {SequenceExamination.WaySteps} steps of each of {SequenceExamination.WaySamples} test images.";

    /// <summary>For people.</summary>
    public void Write(PaperTable table)
    {
        var console = Terminal.Of(Console.Out);
        console.Profile.Width = Math.Max(Width, console.Profile.Width);
        console.Write(Drawn(table.Title, Scores));
        console.Write(Drawn(StabilityTitle, Stability));
        foreach (var text in Legends(table)) Console.Out.WriteLine(text);
        Console.Out.WriteLine();
        foreach (var row in Rows) Console.Out.WriteLine($"{row.Row}: {row.System}\n  theorem of stability: {row.TheoremAndWords}\n  {row.Command}");
    }

    /// <summary>As a page, with the learning curves.</summary>
    public HtmlReport Page(PaperTable table)
    {
        var page = new HtmlReport(table.Title).Section("The paper, and what was found here");
        page.Table("Test accuracy", ["row", .. Scores.Columns], Scores.Rows).Table(StabilityTitle, ["row", .. Stability.Columns], Stability.Rows)
            ;
        foreach (var text in Legends(table)) page.Text(text);
        page.Section("During the training");
        foreach (var figure in TableFigures.Of(table, this)) page.Lines(figure.Title, "epoch", figure.Y, figure.Series, logarithmic: figure.Logarithmic,
            limit: figure.Limit);
        page.Section("The rows").Table(
            "Networks, what is known of their stability, and what trains them", ["row", "network", "theorem of stability", "command"],
            Rows.Select(row => (string[])[row.Row, row.System, row.TheoremAndWords, row.Command]));
        return page.WhatRan();
    }

    static IEnumerable<string> Legends(PaperTable table) => [Legend, Unsettled, .. table == PaperTable.Sequences ? (string[])[OfSequences] : []];

    const string StabilityTitle = "Stability of what was trained";

    bool HaveSeveral => Rows.Any(row => row.Seeds.Count > 1);

    // Each row begins with its name.
    (string[] Columns, string[][] Rows) Scores => (
        ["paper %", "here %", .. HaveSeveral ? (string[])["from, to"] : [], "seeds", "units", "parameters", "epochs", "s/epoch", "clipped"],
        [.. Rows.Select(row =>
        {
            var isRun = row.Seeds.Count > 0;
            return (string[])
            [
                row.Row, Percent(row.Paper),
                isRun ? Percent(row.TestAccuracy) : row.Diverged > 0 ? "diverged" : row.IsBegun ? "begun" : "not run",
                .. HaveSeveral ? (string[])[row.Seeds.Count > 1 ? $"{row.TestAccuracies.Min():F2}, {row.TestAccuracies.Max():F2}" : ""] : [],
                isRun ? $"{Ranges(row.Seeds)}{(row.IsRecorded ? "*" : "")}" : "",
                row.Units ?? "", $"{row.Parameters:N0}", $"{row.Epochs}", $"{row.SecondsPerEpoch:F0}",
                !isRun ? "" : row.Clip is { } norm ? $"to {norm:G4}" : "no",
            ];
        })]);

    // Columns that say nothing of this table's systems, such as those of a course where nothing is seen in steps, are left out.
    (string[] Columns, string[][] Rows) Stability
    {
        get
        {
            RowReport[] rows = [.. Rows.Where(row => row.MaxReLambda is not null || row.NotConverged is not null || row.Diverged > 0)];
            (string Name, Func<RowReport, string> Of)[] columns = [.. new (string Name, Func<RowReport, string> Of)[]
            {
                ("guarantee", row => row.Theorem ?? "none"),
                ("max Re λ at rest", row => Rate(row.MaxReLambda)),
                ("stable", row => Share(row.StableFraction)),
                ("undecided", row => $"{row.Undecided:N0}"),
                ("max Re λ on the way", row => Rate(row.MaxReLambdaCourse)),
                ("steps outside", row => Share(row.StepsOutside)),
                ("not found in training", row => $"{row.NotConvergedTraining:N0}"),
                ("not found at the end", row => $"{row.NotConverged:N0}"),
                ("diverged", row => $"{row.Diverged}"),
            }.Where(column => rows.Any(row => column.Of(row).Length > 0))];
            return ([.. columns.Select(column => column.Name)], [.. rows.Select(row => (string[])[row.Row, .. columns.Select(column => column.Of(row))])]);
        }
    }

    static Table Drawn(string title, (string[] Columns, string[][] Rows) numbers)
    {
        var table = new Table().Title(title).Border(TableBorder.Simple).AddColumn(new TableColumn("row").NoWrap());
        foreach (var name in numbers.Columns) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var row in numbers.Rows) table.AddRow(row);
        return table;
    }

    static string Percent(double? value) => value is { } v ? $"{v:F2}" : "";

    static string Rate(double? value) => value is not { } v ? "" : double.IsNaN(v) ? "none" : $"{v:G3}";

    // As 0–2, 7.
    static string Ranges(IReadOnlyList<ulong> seeds)
    {
        var sorted = seeds.Order().ToArray();
        var parts = new List<string>();
        for (var first = 0; first < sorted.Length;)
        {
            var last = first;
            while (last + 1 < sorted.Length && sorted[last + 1] == sorted[last] + 1) last++;
            parts.Add(last == first ? $"{sorted[first]}" : $"{sorted[first]}–{sorted[last]}");
            first = last + 1;
        }
        return string.Join(", ", parts);
    }

    static string Share(double? value) => value is { } v ? $"{SafeSide.Percent(v):0.##} %" : "";
}

/// <summary>What was found of one system; means over its trainings.</summary>
sealed record RowReport
{
    /// <summary>Its name, as for --run.</summary>
    public required string Row { get; init; }

    /// <summary>The network.</summary>
    public required string System { get; init; }

    /// <summary>The test accuracy that the paper has, in percent.</summary>
    public double? Paper { get; init; }

    /// <summary>Of the trainings that are done; none where it was not run.</summary>
    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>Whether the trainings are those that came with the tool.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>Of the epoch that validated best, in percent.</summary>
    public double? TestAccuracy { get; init; }

    /// <summary>That of each training, as <see cref="Seeds"/>.</summary>
    public IReadOnlyList<double> TestAccuracies { get; init; } = [];

    /// <summary>Neurons, or pairs of them, of each layer.</summary>
    public string? Units { get; init; }

    /// <summary>How many numbers are learned.</summary>
    public long? Parameters { get; init; }

    /// <summary>How many were trained.</summary>
    public int? Epochs { get; init; }

    /// <summary>The mean over the trainings.</summary>
    public double? SecondsPerEpoch { get; init; }

    /// <summary>The largest norm of a gradient; null where none was clipped.</summary>
    public double? Clip { get; init; }

    /// <summary>By which it is stable whatever it learned; null where there is none.</summary>
    public string? Theorem { get; init; }

    /// <summary>What is known of its stability, in words.</summary>
    public required string Guarantee { get; init; }

    /// <summary>Both, for people.</summary>
    [JsonIgnore]
    public string TheoremAndWords => $"{(Theorem is { } theorem ? $"{theorem}: " : "")}{Guarantee}";

    /// <summary>The largest real part of an eigenvalue at rest, of all trainings.</summary>
    public double? MaxReLambda { get; init; }

    /// <summary>The share of the examined states of rest that are stable.</summary>
    public double? StableFraction { get; init; }

    /// <summary>At how many of them, of all trainings, eigenvalues lie nearer to the margin than they are known; null where a training does not say.</summary>
    public long? Undecided { get; init; }

    /// <summary>The largest real part on the way of test samples, of all trainings.</summary>
    public double? MaxReLambdaCourse { get; init; }

    /// <summary>The share of steps there that do not contract.</summary>
    public double? StepsOutside { get; init; }

    /// <summary>The unit of eigenvalues; null where there are none.</summary>
    public string? RateUnit { get; init; }

    /// <summary>For how many samples no steady state was found in training and the growth before it, summed over epochs and trainings; null where none is
    /// sought.</summary>
    public long? NotConvergedTraining { get; init; }

    /// <summary>Of how many training samples, counted likewise.</summary>
    public long? TrainingSamples { get; init; }

    /// <summary>For how many test images, or of sequences constant inputs, no state of rest was found at the end, of all trainings; null likewise.</summary>
    public long? NotConverged { get; init; }

    /// <summary>Whether a training is begun and not done.</summary>
    public bool IsBegun { get; init; }

    /// <summary>Trainings that ended because their numbers did not stay finite.</summary>
    public int Diverged { get; init; }

    /// <summary>What trains it, with the first of its seeds.</summary>
    public required string Command { get; init; }

    [JsonIgnore]
    public IReadOnlyList<TableRun> Runs { get; init; } = [];

    /// <summary>Whether its eigenvalues are those of a Jacobian.</summary>
    [JsonIgnore]
    public bool IsOde => Runs.Count > 0 && Runs.All(run => run.IsOde);

    public static RowReport Of(TableRow row, string folder)
    {
        var (own, diverged, begun) = TableRun.Own(row, folder);
        // What was done here and what came with the tool are not put together.
        var runs = own.Count + diverged > 0 ? own : TableRun.Recorded(row);
        TrainingResult[] results = [.. runs.Select(run => run.Results)];
        double? Mean(Func<TrainingResult, double?> of) => results.Length > 0 && results.All(r => of(r) is not null) ? results.Average(of) : null;
        var first = runs.Count > 0 ? runs[0].Record.Configuration : null;
        var sought = runs
            .SelectMany(run => run.Curve.Epochs.Where(epoch => epoch.Values.ContainsKey(TrainingCurve.Unsettled)).Select(epoch => (run, epoch))).ToArray();
        return new()
        {
            Runs = runs,
            Row = row.Name,
            System = row.System,
            Paper = row.Published,
            Seeds = [.. results.Select(r => r.Seed)],
            IsRecorded = own.Count == 0 && runs.Count > 0,
            TestAccuracy = 100 * Mean(r => r.TestAccuracy),
            TestAccuracies = [.. results.Select(r => 100 * r.TestAccuracy ?? double.NaN)],
            Units = first switch { SequenceRun run => $"{run.Units}", StaticRun run => run.Units, _ => null },
            Parameters = results.Length > 0 ? results[0].Parameters : null,
            Epochs = results.Length > 0 ? results[0].Epochs : null,
            SecondsPerEpoch = Mean(r => r.SecondsPerEpoch),
            Clip = first?.ClipNorm,
            Theorem = row.Guarantee.Theorem,
            Guarantee = row.Guarantee.Words,
            MaxReLambda = results.Max(r => r.MaxReLambda),
            StableFraction = Mean(r => r.StableFraction),
            Undecided = results.Length > 0 && results.All(r => Undecided(r) is not null) ? results.Sum(Undecided) : null,
            MaxReLambdaCourse = results.Max(r => r.MaxReLambdaCourse),
            StepsOutside = Mean(r => r.StepsOutside),
            RateUnit = results.All(r => r.MaxReLambda is null) ? null
                : first switch { SequenceRun => "1/Δt", StaticRun { Layer: StaticRun.Ssn } => "1/τE", _ => "1/τ" },
            NotConvergedTraining = sought.Length > 0
                ? sought.Sum(each => (long)each.epoch.Values[TrainingCurve.Unsettled]) + runs.Sum(run => run.Record.Growth?.NotConverged ?? 0) : null,
            TrainingSamples = sought.Length > 0
                ? sought.Sum(each => (long)each.run.Record.Data.Training) + runs.Sum(run => run.Record.Growth?.Samples ?? 0) : null,
            NotConverged = results.Any(r => r.NotConverged is not null) ? results.Sum(r => r.NotConverged) : null,
            Diverged = diverged,
            IsBegun = begun > 0,
            // Of the first seed that is shown.
            Command = row.Command(results.Length > 0 ? results.Min(r => r.Seed) : 0),
        };

        // Earlier versions do not say; where all are stable none is.
        static long? Undecided(TrainingResult of) => of.Undecided ?? (of.StableFraction == 1 ? 0 : null);
    }
}
