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
/// <param name="Shard">Which part of how many; not there for the whole.</param>
/// <param name="CircuitsPerSecond">How fast; 0 where nothing was to be done.</param>
/// <param name="Table">The table, CSV.</param>
/// <param name="Figures">The pictures beside it.</param>
/// <param name="Folder">Where they are.</param>
sealed record CircuitSweepReport(
    int Points, int Computed, int Draws, string[] Columns, string? Shard, double CircuitsPerSecond, string Table, string[] Figures, string Folder);

/// <summary><c>organics sweep FILE.json</c>.</summary>
static class Sweep
{
    const string Vary = "--vary", Measure = "--measure", Set = "--set", Perturb = "--perturb", Delta = "--delta", Seed = "--seed", Draws = "--draws",
        Shard = "--shard",
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
            Description = $"What is measured: {string.Join(", ", CircuitMeasure.All.Select(m => m.Name))} [y,rate,max_re].",
            HelpName = "A,B,…",
        });
        command.Options.Add(new Option<string[]>(Set)
        {
            Description = "A parameter that has another value than in the file, once or more.",
            HelpName = "PATH=X"
        });
        command.Options.Add(new Option<string>(Perturb)
        {
            Description = "Wr = I + Δ with a random Δ of spectral radius δ: normal elements, symmetric ones, or of power-law size.",
            HelpName = string.Join('|', RandomMatrix.Names),
        });
        command.Options.Add(Setting.Option(Delta, "X", "δ, where it does not vary.", text => Setting.Number(text, positive: false)));
        command.Options.Add(Setting.Option(Seed, "N", "Of Δ.", 0, text => Setting.Whole(text, 0)));
        command.Options.Add(Setting.Option(Draws, "N", "Draws of Δ that each point averages.", 1, text => Setting.Whole(text, 1)));
        command.Options.Add(Setting.Option(Shard, "I/N", "Only part I of N, which `organics merge` puts together.", text => ParseShard(text)));
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
            var report = Run(given);
            if (given.GetValue<bool>(Json)) Console.Out.WriteLine(JsonSerializer.Serialize(report, RunJson.Line.CircuitSweepReport));
            else
                Console.Out.WriteLine(Printable.Of(
                    $"{report.Points:N0} point{(report.Points == 1 ? "" : "s")}, {report.Computed:N0} computed now, {report.CircuitsPerSecond:N0} circuits/s: '{report.Table}'"
                    + (report.Figures.Length > 0 ? $", {string.Join(", ", report.Figures)} beside it." : ".")
                    + (report.Shard is { } shard ? $" Part {shard}; put them together by: organics merge {ShellWord.Of(report.Folder)}" : "")));
            return (int)ExitCode.Done;
        });
        return command;
    }

    static string ParseShard(string text)
    {
        var parts = text.Split('/');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var i)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var n) && i >= 1 && i <= n ? $"{i}/{n}"
            : throw new FormatException("a part of several is expected, from 1/4 to 4/4.");
    }

    static CircuitSweepReport Run(ParseResult given)
    {
        var path = given.GetRequiredValue<string>(CircuitInput.Argument);
        var (sweep, vary) = Prepare(given, path);
        var shard = given.GetValue<string>(Shard);
        var page = PageOption.Of(given);
        if (page is not null && shard is not null)
            throw Failure.Usage($"{PageOption.Name} is for the whole sweep; give it to `organics merge`, behind all parts.");
        var (first, count) = Part(sweep.Count, shard);
        var folder = given.GetValue<string>(Out) ?? Path.Combine("runs", $"sweep-{CircuitInput.Name(path)}");
        var record = new SweepRecord(
            CircuitInput.Of(() => SweepRecord.DigestOf(sweep)), CircuitInput.Name(path), vary, [.. sweep.Measures.Select(m => m.Name)], sweep.Draws,
                sweep.CircuitAt(0).N,
            sweep.Count, first, count, VersionRecord.Current)
        { Shard = shard };
        using var table = SweepTable.Open(folder, record, sweep.Columns);
        var before = table.Rows;
        if (before > count) throw Failure.Usage($"'{folder}' holds more rows than this sweep has; give another --out, or remove it.");
        using var interrupt = new Interrupt();
        var began = Stopwatch.GetTimestamp();
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
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        string[] figures = [];
        if (shard is null)
        {
            var rows = SweepTable.Numbers(SweepTable.Lines(folder, null).Lines);
            var drawn = SweepFigures.Of(record, rows);
            figures = SweepFigures.Draw(folder, drawn);
            if (page is not null) SweepPage.Of(record, sweep.Columns, rows, drawn).Write(page);
        }
        return new(
            count, count - before, sweep.Draws, [.. sweep.Columns], shard, count == before ? 0 : (count - before) * sweep.Draws / seconds,
            Path.Combine(folder, SweepTable.Name(shard) + ".csv"), figures, folder);
    }

    // Parts differ by one point at most.
    static (int First, int Count) Part(int points, string? shard)
    {
        if (shard is null) return (0, points);
        var parts = shard.Split('/');
        var (i, n) = (long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture));
        var (first, end) = ((i - 1) * points / n, i * points / n);
        return ((int)first, (int)(end - first));
    }

    // A form that is given anew may have its numbers varied.
    static bool CheckApart(string set, string varied)
    {
        if (set.AsSpan().ContainsAny('.', '[') || !varied.AsSpan().ContainsAny('.', '[')) CircuitDescription.CheckApart(set, varied);
        return true;
    }

    static (CircuitSweep Sweep, string[] Vary) Prepare(ParseResult given, string path)
    {
        var circuit = CircuitInput.Describe(path);
        var vary = given.GetValue<string[]>(Vary)!;
        foreach (var set in given.GetValue<string[]>(Set) ?? [])
        {
            var at = set.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) throw Failure.Usage($"{Set} is '{set}', but PATH=X is expected, as in sigma=0.2.");
            var (name, text) = (set[..at], set[(at + 1)..]);
            foreach (var varied in vary.Select(v => v.Split('=')[0]).Where(v => v != "delta")) _ = CircuitInput.Of(() => CheckApart(name, varied));
            if (name.StartsWith("Wr", StringComparison.Ordinal) && given.GetValue<string>(Perturb) is not null)
                throw Failure.Usage($"{Perturb} makes Wr itself; do not set {name}.");
            circuit = CircuitInput.Of(() => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
                ? circuit.With(name, value) : circuit.With(name, json: text));
        }
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
            CircuitMeasure[] measures = [.. (given.GetValue<string>(Measure)
                ?? "y,rate,max_re").Split(',', StringSplitOptions.TrimEntries).Distinct().Select(CircuitMeasure.Named)];
            return (CircuitInput.Of(() => new CircuitSweep(circuit, axes, measures, given.GetValue<int>(Draws), seedPath)), vary);
        }
        catch (FormatException error)
        {
            throw Failure.Usage($"What is swept cannot be read: {error.Message}");
        }
    }
}
