using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;

namespace Organics;

/// <summary>What a sweep came to; stdout has it with --json.</summary>
/// <param name="Circuits">How many were drawn.</param>
/// <param name="Stable">How many have a stable fixed point.</param>
/// <param name="GloballyStable">How many are proven to come to rest from every start; for identity recurrence.</param>
/// <param name="Unstable">How many have an unstable one.</param>
/// <param name="Undecided">How many are too near to the margin to decide.</param>
/// <param name="NotConverged">Of how many no fixed point was found.</param>
/// <param name="MaxReLambda">The largest real part of an eigenvalue at the stable ones, per unit of time.</param>
/// <param name="CircuitsPerSecond">How fast it was; of merged parts in the mean, as if one had followed the other.</param>
/// <param name="N">The number of neuron pairs.</param>
/// <param name="Recurrence">How Wr was drawn.</param>
/// <param name="MaxSingularValue">The largest singular value of Wr.</param>
/// <param name="Sign">The signs that Wr was allowed.</param>
/// <param name="Seed">What draws the same circuits again.</param>
/// <param name="CounterExamples">Files of the circuits that are not stable.</param>
/// <param name="Shard">Which part of how many; not there for the whole.</param>
sealed record SweepReport(
    int Circuits, int Stable, int? GloballyStable, int Unstable, int Undecided, int NotConverged, double MaxReLambda, double CircuitsPerSecond, int N,
    string Recurrence, double MaxSingularValue, string Sign, int Seed,
    string[] CounterExamples, string? Shard);

/// <summary><c>organics stability sweep</c>.</summary>
static class StabilityCommand
{
    /// <summary>What its parts are called.</summary>
    public const string Kind = "stability sweep";

    const string N = "--n", Trials = "--trials", Recurrence = "--recurrence", MaxSingularValue = "--max-singular-value", Sign = "--sign", Seed = "--seed",
        Threads = "--threads", Out = "--out", Json = "--json";

    // The Jacobian, 2n × 2n numbers, is an array.
    const int MostPairs = 23170;

    public static Command Command()
    {
        var stability = new Command("stability", "Examine the stability of many circuits.");
        var sweep = new Command("sweep", "Draw random circuits and count those with a stable fixed point.");
        sweep.Options.Add(Setting.Option(N, "N", "Neuron pairs of a circuit.", 10, text => Setting.Whole(text, 1, MostPairs)));
        sweep.Options.Add(Setting.Option(Trials, "N", "Circuits.", 1000, text => Setting.Whole(text, 1)));
        sweep.Options.Add(Setting.Choice(Recurrence, "identity (all other parameters over decades) or random (as in the paper).", "identity", "random"));
        sweep.Options.Add(Setting.Option(MaxSingularValue, "X", "Largest singular value of a random Wr.", 1.0, text => Setting.Number(text, positive: true)));
        sweep.Options.Add(Setting.Choice(Sign, "Signs of a random Wr.", "any", "nonnegative"));
        sweep.Options.Add(Setting.Option(Seed, "N", "The same seed draws the same circuits.", 0, text => Setting.Whole(text, 0)));
        sweep.Options.Add(Shard.Option("Only part I of N, which `organics merge` puts together and judges"));
        sweep.Options.Add(Setting.Option(Threads, "N", "Threads; they change no result.", Environment.ProcessorCount, text => Setting.Whole(text, 1)));
        sweep.Options.Add(new Option<string>(Out) { Description = "Where counter-examples go [runs/sweep-sSEED].", HelpName = "FOLDER" });
        sweep.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        sweep.SetAction(given =>
        {
            var folder = given.GetValue<string>(Out) ?? Path.Combine("runs", $"sweep-s{given.GetValue<int>(Seed)}");
            return (int)Say(Run(given, folder), folder, given.GetValue<bool>(Json));
        });
        stability.Subcommands.Add(sweep);
        return stability;
    }

    /// <summary>What one process would have counted.</summary>
    public static ExitCode Merge(string folder, string[] shards, bool json)
    {
        var parts = Part.ReadAll(folder, shards, RunJson.Parts.PartSweepReport);
        SweepReport[] reports = [.. parts.Select(part => part.Report)];
        RemoveOld(folder);
        return Say(reports[0] with
        {
            Circuits = reports.Sum(r => r.Circuits),
            Stable = reports.Sum(r => r.Stable),
            GloballyStable = reports[0].GloballyStable is null ? null : reports.Sum(r => r.GloballyStable),
            Unstable = reports.Sum(r => r.Unstable),
            Undecided = reports.Sum(r => r.Undecided),
            NotConverged = reports.Sum(r => r.NotConverged),
            MaxReLambda = reports.Select(r => r.MaxReLambda).Where(largest => !double.IsNaN(largest)).DefaultIfEmpty(double.NaN).Max(),
            CircuitsPerSecond = reports.Sum(r => r.Circuits) / reports.Where(r => r.Circuits > 0).Sum(r => r.Circuits / r.CircuitsPerSecond),
            CounterExamples = [.. parts.SelectMany(part => part.Report.CounterExamples.Select(path => Part.Take(folder, part.Shard, path)))],
            Shard = null,
        }, folder, json);
    }

    static ExitCode Say(SweepReport report, string folder, bool json)
    {
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(report, RunJson.Line.SweepReport));
        else
        {
            Console.Out.WriteLine(
                $"{report.Circuits:N0} circuits of {report.N} pairs: {report.Stable:N0} stable, {report.Unstable:N0} unstable, "
                + $"{report.Undecided:N0} too near to the margin to decide, {report.NotConverged:N0} without a fixed point that was found.");
            if (report.Recurrence == "identity")
                Console.Out.WriteLine($"{report.GloballyStable:N0} certified to come to rest from every start (of the others that is not known).");
            Console.Out.WriteLine(
                $"Largest real part of an eigenvalue at the stable ones: {report.MaxReLambda:G5} per unit of time. "
                + $"{report.CircuitsPerSecond:N0} circuits/s.");
            foreach (var path in report.CounterExamples) Console.Out.WriteLine($"Counter-example: organics circuit {ShellWord.Of(path)}");
            if (report.Shard is { } shard) Part.Say(shard, folder);
        }
        // A part that is there is a task that is done; the verdict is that of the whole.
        return report.Shard is not null || report.Stable == report.Circuits ? ExitCode.Done : ExitCode.CheckFailed;
    }

    static SweepReport Run(ParseResult given, string folder)
    {
        var (n, trials, seed, size) =
            (given.GetValue<int>(N), given.GetValue<int>(Trials), given.GetValue<int>(Seed), given.GetValue<double>(MaxSingularValue));
        var (recurrence, sign) = (given.GetValue<string>(Recurrence)!, given.GetValue<string>(Sign)!);
        if (recurrence == "identity" && (Setting.IsIn(given, MaxSingularValue) || Setting.IsIn(given, Sign)))
            throw Failure.Usage($"{MaxSingularValue} and {Sign} are for `{Recurrence} random`; the identity has no others.");
        var hypothesis = sign == "any" ? RecurrenceHypothesis.Any : RecurrenceHypothesis.NonNegative;
        Func<Random, Circuit> draw = recurrence == "identity" ? r => RandomCircuits.Identity(n, r) : r => RandomCircuits.Recurrent(n, size, hypothesis, r);
        var ofRandom = recurrence == "identity" ? "" : FormattableString.Invariant($" {MaxSingularValue} {size:R} {Sign} {sign}");
        using var interrupt = new Interrupt();
        return Shard.Of(given) is not { } shard ? Examine(folder, null)
            : Part.Of(folder, Kind, FormattableString.Invariant($"{N} {n} {Trials} {trials} {Recurrence} {recurrence}{ofRandom} {Seed} {seed}"), shard,
                RunJson.Parts.PartSweepReport, own => Examine(own, shard));

        SweepReport Examine(string into, Shard? part)
        {
            var (first, count) = part?.Part(trials) ?? (0, trials);
            var began = Stopwatch.GetTimestamp();
            var result = Log.Progress(
                show => StabilitySweep.Run(
                    draw, count, seed, given.GetValue<int>(Threads), done => show((double)done / count, $"{done:N0} of {count:N0} circuits"), first,
                    interrupt.Token));
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            RemoveOld(into);
            return new(
                result.Circuits, result.Stable, recurrence == "identity" ? result.GloballyStable : null,
                result.Unstable, result.Undecided, result.NotConverged, result.MaxRealPart,
                result.Circuits / seconds, n, recurrence, recurrence == "identity" ? 1 : size, sign, seed,
                [.. result.CounterExamples.Select(e => Save(into, $"circuit-{e.Trial}.json", e.Circuit))], part?.ToString());
        }
    }

    // Of an earlier sweep, circuits would be left that this one has no part in.
    static void RemoveOld(string folder)
    {
        if (Directory.Exists(folder))
            foreach (var old in Directory.GetFiles(folder, "circuit-*.json").Where(f => IsOurs(Path.GetFileName(f)))) File.Delete(old);
    }

    // As Save is told to name them: circuit-TRIAL.json.
    static bool IsOurs(string name)
        => name.StartsWith("circuit-", StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal) && name.Length > 13
            && name[8..^5].All(char.IsAsciiDigit);

    /// <summary>Deletes what an earlier search left under a name that this one gives.</summary>
    public static void RemoveOld(string folder, string name)
    {
        if (Directory.Exists(folder)) File.Delete(Path.Combine(folder, name));
    }

    /// <summary>Writes a circuit into a folder and returns its path.</summary>
    public static string Save(string folder, string name, Circuit circuit)
    {
        OutFolder.Make(folder);
        var path = Path.Combine(folder, name);
        CircuitFile.Write(circuit, path);
        return path;
    }
}
