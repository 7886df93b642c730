using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Organics;

/// <summary>What a sweep came to; stdout has it with --json.</summary>
/// <param name="Points">Points of the sweep, or of the part of it that was asked for.</param>
/// <param name="Computed">Those that were computed now; the others were there.</param>
/// <param name="Draws">Circuits that each point averages.</param>
/// <param name="Columns">What the columns of the table are: parameters, then measures.</param>
/// <param name="Several">At how many points other stable fixed points are known than the one that is measured.</param>
/// <param name="Shard">Which part of how many; not there for the whole.</param>
/// <param name="CircuitsPerSecond">How fast; 0 where nothing was to be done.</param>
/// <param name="Table">The table, CSV.</param>
/// <param name="Figures">The pictures beside it.</param>
/// <param name="Folder">Where they are.</param>
sealed record CircuitSweepReport(
    int Points, int Computed, int Draws, string[] Columns, int Several, string? Shard, double CircuitsPerSecond, string Table, string[] Figures, string Folder);

/// <summary><c>organics sweep FILE.json</c>.</summary>
static class Sweep
{
    /// <summary>What its parts are called.</summary>
    public const string Kind = "sweep";

    const string Vary = "--vary", Measure = "--measure", Perturb = "--perturb", Delta = "--delta", Seed = "--seed", Draws = "--draws",
        Threads = "--threads", Out = "--out", Json = "--json";

    // Points between two writes of the table.
    const int Chunk = 512;

    public static Command Command()
    {
        var command = new Command("sweep", "Vary one or more parameters of a circuit, and measure its fixed points: a table and pictures.");
        command.Arguments.Add(new Argument<string>(CircuitInput.Argument) { Description = CircuitInput.Help });
        command.Options.Add(new Option<string[]>(Vary)
        {
            Description = "What varies, once or more: z=0.01:1:log20, sigma=0:2:21, b0[3]=0.1,0.5, z.scale=…, z.norm=…, W.width=…; delta with --perturb.",
            HelpName = "PATH=RANGE",
            Required = true,
        });
        command.Options.Add(new Option<string>(Measure)
        {
            Description = $"What is measured: {string.Join(", ", CircuitMeasure.All.Select(m => m.Name))} [y,rate,max_re; where Wr is not I, also "
                + $"{CircuitMeasure.Others}: more stable fixed points that are known at a point].",
            HelpName = "A,B,…",
        });
        command.Options.Add(CircuitSetting.Option());
        command.Options.Add(new Option<string>(Perturb)
        {
            Description = "Wr = I + Δ with a random Δ of spectral radius δ: normal elements, symmetric ones, or of power-law size.",
            HelpName = string.Join('|', RandomMatrix.Names),
        });
        command.Options.Add(Setting.Option(Delta, "X", "δ, where it does not vary.", text => Setting.Number(text, positive: false)));
        command.Options.Add(Setting.Option(Seed, "N", "Of Δ.", 0, text => Setting.Whole(text, 0)));
        command.Options.Add(Setting.Option(Draws, "N", "Draws of Δ that each point averages.", 1, text => Setting.Whole(text, 1)));
        command.Options.Add(Shard.Option("Only part I of N, which `organics merge` puts together"));
        command.Options.Add(Setting.Option(Threads, "N", "Threads; they change no result.", Environment.ProcessorCount, text => Setting.Whole(text, 1)));
        command.Options.Add(new Option<string>(Out)
        {
            Description = "Where the table and the pictures go; a sweep that ended early goes on [runs/sweep-FILE].",
            HelpName = "FOLDER"
        });
        command.Options.Add(PageOption.Make());
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var (report, missing) = Run(given);
            if (given.GetValue<bool>(Json)) Console.Out.WriteLine(JsonSerializer.Serialize(report, RunJson.Line.CircuitSweepReport));
            else
            {
                Console.Out.WriteLine(Printable.Of(
                    $"{report.Points:N0} point{(report.Points == 1 ? "" : "s")}, {report.Computed:N0} computed now, {report.CircuitsPerSecond:N0} "
                        + $"circuits/s: '{report.Table}'"
                    + Beside(report.Figures)
                    + (report.Shard is { } shard ? $" Part {shard}; put them together by: organics merge {ShellWord.Of(report.Folder)}" : "")));
                foreach (var sentence in missing) Console.Out.WriteLine(sentence);
                PageOption.Tell(given);
                SaySeveral(report.Several, report.Points);
            }
            return (int)ExitCode.Done;
        });
        return command;
    }

    /// <summary>Makes the table and the pictures of all parts.</summary>
    public static ExitCode Merge(string folder, string[] shards, string? page, bool json)
    {
        SweepRecord[] parts = [.. shards.Select(shard => SweepTable.Read(Path.Combine(folder, SweepTable.Name(shard) + ".json")))];
        SweepRows[] tables = [.. parts.Select(part => SweepTable.RowsOf(folder, part))];
        VersionRecord[] versions = [.. parts.SelectMany(part => part.AllVersions).Distinct()];
        var record = parts[0] with
        {
            First = 0,
            Count = parts[0].Points,
            Shard = null,
            Versions = versions[0],
            LaterVersions = versions.Length > 1 ? versions[1..] : null,
        };
        var (name, columns) = (SweepTable.Name(null), SweepTable.Columns(record));
        double[][] rows = [.. tables.SelectMany(table => table.Numbers)];
        OutFolder.Save(folder, name + ".csv", string.Join('\n', tables.SelectMany(table => table.Lines).Prepend(string.Join(',', columns))) + "\n");
        AtomicFile.Write(Path.Combine(folder, name + ".json"), stream => JsonSerializer.Serialize(stream, record, RunJson.Default.SweepRecord));
        var drawn = SweepFigures.Of(record, rows);
        if (page is not null) SweepPage.Of(record, columns, rows, drawn).Write(page);
        var report = new CircuitSweepReport(record.Points, 0, record.Draws, columns, SeveralOf(columns, rows), null, 0, Path.Combine(folder, name + ".csv"),
            SweepFigures.Draw(folder, drawn), folder);
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(report, RunJson.Line.CircuitSweepReport));
        else
        {
            Console.Out.WriteLine(Printable.Of($"{report.Points:N0} points: '{report.Table}'{Beside(report.Figures)}"));
            foreach (var sentence in SweepFigures.Missing(record, rows)) Console.Out.WriteLine(sentence);
            SaySeveral(report.Several, report.Points);
        }
        return ExitCode.Done;
    }

    /// <summary>Names the pictures beside a table, and ends the sentence.</summary>
    public static string Beside(string[] figures) => figures.Length > 0 ? $", {string.Join(", ", figures)} beside it." : ".";

    /// <summary>Says where it is a matter of choice which fixed point is measured.</summary>
    static void SaySeveral(int several, int points)
    {
        if (several > 0)
            Console.Out.WriteLine(
                $"At {several:N0} of {points:N0} points other stable fixed points are known (column {CircuitMeasure.Others}): which one is measured "
                + "does not depend on the order of the points, and neighbours may differ in it; `organics bifurcate` follows those that it finds at either end "
                + "of one parameter's range.");
    }

    /// <summary>At how many points other stable fixed points are known.</summary>
    static int SeveralOf(string[] columns, double[][] rows)
        => Array.IndexOf(columns, CircuitMeasure.Others) is >= 0 and var at ? rows.Count(row => row[at] > 0) : 0;

    static (CircuitSweepReport Report, IReadOnlyList<string> Missing) Run(ParseResult given)
    {
        var path = given.GetRequiredValue<string>(CircuitInput.Argument);
        var (sweep, vary) = Prepare(given, path);
        var shard = Shard.Of(given);
        var page = PageOption.Of(given);
        if (page is not null && shard is not null)
            throw Failure.Usage($"{PageOption.Name} is for the whole sweep; give it to `organics merge`, behind all parts.");
        var (first, count) = shard?.Part(sweep.Count) ?? (0, sweep.Count);
        var folder = given.GetValue<string>(Out) ?? Path.Combine("runs", $"sweep-{CircuitInput.Name(path)}");
        var record = new SweepRecord(
            CircuitInput.Of(() => SweepRecord.DigestOf(sweep)), CircuitInput.Name(path), vary, [.. sweep.Measures.Select(m => m.Name)], sweep.Draws,
                sweep.CircuitAt(0).N,
            sweep.Count, first, count, VersionRecord.Current)
        { Shard = shard?.ToString() };
        using var interrupt = new Interrupt();
        using var table = SweepTable.Open(folder, record);
        var before = table.Rows;
        var began = Stopwatch.GetTimestamp();
        try
        {
            _ = Log.Progress(show =>
            {
                while (table.Rows < count)
                {
                    var (start, size) = (table.Rows, Math.Min(Chunk, count - table.Rows));
                    var rows = CircuitInput.Of(() => sweep.Run(
                        first + start, size, given.GetValue<int>(Threads), now
                            => show((double)(start + now) / count, $"{start + now:N0} of {count:N0} points"), interrupt.Token));
                    table.Append(rows);
                }
                return table.Rows;
            });
        }
        catch (OperationCanceledException)
        {
            throw new Failure(ExitCode.Interrupted, Printable.Of(table.Rows == 0
                ? $"interrupted before the first {Math.Min(Chunk, count):N0} of {count:N0} points were done; the same command begins anew."
                : $"interrupted; {table.Rows:N0} of {count:N0} points are done, in '{folder}', and the same command goes on from there."));
        }
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var all = SweepTable.RowsOf(folder, record).Numbers;
        string[] figures = [];
        IReadOnlyList<string> missing = [];
        if (shard is null)
        {
            missing = SweepFigures.Missing(record, all);
            var drawn = SweepFigures.Of(record, all);
            figures = SweepFigures.Draw(folder, drawn);
            if (page is not null) SweepPage.Of(record, sweep.Columns, all, drawn).Write(page);
        }
        CircuitSweepReport report = new(
            count, count - before, sweep.Draws, [.. sweep.Columns], SeveralOf([.. sweep.Columns], all), record.Shard,
            count == before ? 0 : (count - before) * sweep.Draws / seconds,
            Path.Combine(folder, SweepTable.Name(record.Shard) + ".csv"), figures, folder);
        return (report, missing);
    }

    static (CircuitSweep Sweep, string[] Vary) Prepare(ParseResult given, string path)
    {
        var circuit = CircuitInput.Describe(path);
        var vary = given.GetValue<string[]>(Vary)!;
        var settings = CircuitSetting.Of(given);
        if (given.GetValue<string>(Perturb) is not null && settings.FirstOrDefault(s => s.Path.StartsWith("Wr", StringComparison.Ordinal)) is { Path: { } own })
            throw Failure.Usage($"{Perturb} makes Wr itself; do not set {own}.");
        circuit = CircuitSetting.Apply(circuit, settings, vary.Select(v => Assignment.Cut(v)?.Path ?? v).Where(v => v != "delta"));
        string? seedPath = null;
        if (given.GetValue<string>(Perturb) is { } perturb)
        {
            if (!RandomMatrix.Names.Contains(perturb))
                throw Failure.Usage($"{Perturb} is '{perturb}', but {string.Join(" or ", RandomMatrix.Names)} is expected.");
            var isVaried = vary.Any(v => v.StartsWith("delta=", StringComparison.Ordinal));
            if (isVaried == Setting.IsIn(given, Delta)) throw Failure.Usage($"{Perturb} needs its δ: give {Delta} X or {Vary} delta=0:2:41, one of them.");
            var form = string.Create(CultureInfo.InvariantCulture, $"\"delta\": {given.GetValue<double>(Delta):R}, \"seed\": {given.GetValue<int>(Seed)}");
            circuit = circuit.With("Wr", json: $"{{\"sum\": [\"identity\", {{\"{perturb}\": {{{form}}}}}]}}");
            var prefix = $"Wr.sum[1].{perturb}.";
            vary = [.. vary.Select(v => v.StartsWith("delta=", StringComparison.Ordinal) ? prefix + v : v)];
            seedPath = prefix + "seed";
        }
        else if (Setting.IsIn(given, Delta) || Setting.IsIn(given, Draws) || Setting.IsIn(given, Seed))
            throw Failure.Usage($"{Delta}, {Seed} and {Draws} are for {Perturb}; give it, too.");
        try
        {
            SweepAxis[] axes = [.. vary.Select(SweepAxis.Parse)];
            List<CircuitMeasure> measures = [.. (given.GetValue<string>(Measure)
                ?? "y,rate,max_re").Split(',', StringSplitOptions.TrimEntries).Distinct().Select(CircuitMeasure.Named)];
            CircuitSweep Make() => CircuitInput.Of(() => new CircuitSweep(circuit, axes, measures, given.GetValue<int>(Draws), seedPath));
            // Where the fixed point need not be the only one, it is said whether others are known.
            if (measures.All(m => m.Name != CircuitMeasure.Others) && !CircuitInput.Of(() => IsIdentity(Make())))
                measures.Add(CircuitMeasure.Named(CircuitMeasure.Others));
            return (Make(), vary);
        }
        catch (FormatException error)
        {
            throw Failure.Usage($"What is swept cannot be read: {error.Message}");
        }
    }

    static bool IsIdentity(CircuitSweep sweep)
        => !sweep.Axes.Any(a => a.Path.StartsWith("Wr", StringComparison.Ordinal)) && sweep.CircuitAt(0).IsIdentityRecurrence;
}
