using System.Reflection;
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
    const int Width = 110;

    /// <summary>For people.</summary>
    public void Write(PaperTable table)
    {
        var console = Terminal.Of(Console.Out);
        console.Profile.Width = Math.Max(Width, console.Profile.Width);
        var scores = Columns(table.Title, "paper %", "here %", "seeds", "units", "parameters", "epochs", "s/epoch", "clipped");
        var stability = Columns("Stability of what was trained", "max Re λ at rest", "stable", "max Re λ on the way", "steps outside", "unsettled", "diverged");
        foreach (var row in Rows)
        {
            var isRun = row.Seeds.Count > 0;
            scores.AddRow(row.Row, Percent(row.Paper), isRun ? Percent(row.TestAccuracy) : "not run", isRun ? $"{row.Seeds.Count}{(row.IsRecorded ? "*" : "")}" : "",
                row.Units ?? "", $"{row.Parameters:N0}", $"{row.Epochs}", $"{row.SecondsPerEpoch:F0}", !isRun ? "" : row.Clip is { } norm ? $"to {norm:G4}" : "no");
            if (isRun || row.Diverged > 0)
                stability.AddRow(row.Row, $"{row.MaxReLambda:G3}", Share(row.StableFraction), $"{row.MaxReLambdaCourse:G3}", Share(row.StepsOutside), $"{row.NotConverged}",
                    $"{row.Diverged}");
        }
        console.Write(scores);
        console.Write(stability);
        Console.Out.WriteLine("* trained for this version, not here. λ in 1/Δt, of static layers in 1/τ; unsettled: inputs at which no state of rest was found.");
        Console.Out.WriteLine();
        foreach (var row in Rows) Console.Out.WriteLine($"{row.Row}: {row.System}\n  stability guaranteed: {row.Guarantee}\n  {row.Command}");
    }

    static Table Columns(string title, params string[] numbers)
    {
        var table = new Table().Title(title).Border(TableBorder.Simple).AddColumn(new TableColumn("row").NoWrap());
        foreach (var name in numbers) table.AddColumn(new TableColumn(name).RightAligned());
        return table;
    }

    static string Percent(double? value) => value is { } v ? $"{v:F2}" : "";

    static string Share(double? value) => value is { } v ? $"{100 * v:0.##} %" : "";
}

/// <summary>What was found of one system; means over its trainings.</summary>
sealed record RowReport
{
    public required string Row { get; init; }

    public required string System { get; init; }

    /// <summary>In percent, as the next but two.</summary>
    public double? Paper { get; init; }

    /// <summary>Of the trainings that are done; none where it was not run.</summary>
    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>Whether the trainings are those that came with the tool.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>Of the epoch that validated best.</summary>
    public double? TestAccuracy { get; init; }

    public string? Units { get; init; }

    public long? Parameters { get; init; }

    public int? Epochs { get; init; }

    public double? SecondsPerEpoch { get; init; }

    /// <summary>The largest norm of a gradient; null where none was clipped.</summary>
    public double? Clip { get; init; }

    public required string Guarantee { get; init; }

    /// <summary>The largest of all trainings, as the next but one.</summary>
    public double? MaxReLambda { get; init; }

    public double? StableFraction { get; init; }

    public double? MaxReLambdaCourse { get; init; }

    public double? StepsOutside { get; init; }

    /// <summary>Where no state of rest was found, of all trainings.</summary>
    public long? NotConverged { get; init; }

    /// <summary>Trainings that ended because their numbers did not stay finite.</summary>
    public int Diverged { get; init; }

    /// <summary>What trains it.</summary>
    public required string Command { get; init; }

    /// <summary>The folder of one training.</summary>
    public static string Folder(string folder, TableRow row, ulong seed) => Path.Combine(folder, $"{row.Name}-s{seed}");

    public static RowReport Of(TableRow row, string folder)
    {
        var (own, diverged) = Own(row, folder);
        var runs = own.Count > 0 ? own : Recorded(row);
        TrainingResult[] results = [.. runs.Select(run => run.Results!)];
        double? Mean(Func<TrainingResult, double?> of) => results.Length > 0 && results.All(r => of(r) is not null) ? results.Average(of) : null;
        var first = runs.Count > 0 ? runs[0].Configuration : null;
        return new()
        {
            Row = row.Name,
            System = row.System,
            Paper = row.Published,
            Seeds = [.. results.Select(r => r.Seed)],
            IsRecorded = own.Count == 0 && runs.Count > 0,
            TestAccuracy = 100 * Mean(r => r.TestAccuracy),
            Units = first switch { SequenceRun run => $"{run.Units}", StaticRun run => run.Label, _ => null },
            Parameters = results.Length > 0 ? results[0].Parameters : null,
            Epochs = results.Length > 0 ? results[0].Epochs : null,
            SecondsPerEpoch = Mean(r => r.SecondsPerEpoch),
            Clip = first?.ClipNorm,
            Guarantee = row.Guarantee,
            MaxReLambda = results.Max(r => r.MaxReLambda),
            StableFraction = Mean(r => r.StableFraction),
            MaxReLambdaCourse = results.Max(r => r.MaxReLambdaCourse),
            StepsOutside = Mean(r => r.StepsOutside),
            NotConverged = results.Length > 0 ? results.Sum(r => r.NotConverged) : null,
            Diverged = diverged,
            Command = row.Command(0),
        };
    }

    static (List<RunRecord> Done, int Diverged) Own(TableRow row, string folder)
    {
        var done = new List<RunRecord>();
        var diverged = 0;
        if (!Directory.Exists(folder)) return (done, diverged);
        foreach (var run in Directory.EnumerateDirectories(folder, $"{row.Name}-s*").Order(StringComparer.Ordinal))
        {
            if (!ulong.TryParse(Path.GetFileName(run)[(row.Name.Length + 2)..], out _) || !File.Exists(Path.Combine(run, RunRecord.File))) continue;
            var record = RunRecord.Read(run);
            if (record.Results is not null) done.Add(record);
            else if (File.Exists(Path.Combine(run, ModelFiles.Replay))) diverged++;
        }
        return (done, diverged);
    }

    // The run.json of trainings, under the names of their rows.
    static List<RunRecord> Recorded(TableRow row)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var found = new List<RunRecord>();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith($"{row.Name}-s", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var json = new byte[stream.Length];
            stream.ReadExactly(json);
            found.Add(RunRecord.Parse(name, json));
        }
        return found;
    }
}
