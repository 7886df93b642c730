using System.CommandLine;
using System.Text.Json;

namespace Organics;

/// <summary>What the search under one hypothesis and for one size came to.</summary>
/// <param name="Hypothesis">What is asked of Wr.</param>
/// <param name="N">The number of neuron pairs.</param>
/// <param name="Restarts">From how many starts it was looked for.</param>
/// <param name="Circuits">How many circuits were tried.</param>
/// <param name="LargestReLambda">How near to the axis eigenvalues came, or beyond it.</param>
/// <param name="CounterExample">The file of one, if one was found.</param>
sealed record FalsifyReport(string Hypothesis, int N, int Restarts, int Circuits, double LargestReLambda, string? CounterExample);

/// <summary>All of them.</summary>
/// <param name="Seed">What makes the same search again.</param>
/// <param name="Searches">One for each hypothesis and size.</param>
/// <param name="Shard">Which part of how many; not there for the whole.</param>
sealed record FalsifyReports(int Seed, FalsifyReport[] Searches, string? Shard);

/// <summary>A trajectory that does not come to rest: its circuit's file, where it starts, and the period of its limit cycle, if it has one.</summary>
/// <param name="Circuit">The file of its circuit.</param>
/// <param name="Y0">Where y starts, n numbers.</param>
/// <param name="A0">Where a starts, n numbers.</param>
/// <param name="Period">Of its limit cycle, if it has one.</param>
sealed record RestlessReport(string Circuit, double[] Y0, double[] A0, double? Period);

/// <summary>What the search against global stability came to for one size.</summary>
/// <param name="N">The number of neuron pairs.</param>
/// <param name="Circuits">Circuits drawn.</param>
/// <param name="Covered">Those that the theorem of global stability covers.</param>
/// <param name="Followed">Circuits of which trajectories were followed.</param>
/// <param name="Trajectories">Trajectories followed.</param>
/// <param name="InBasin">Trajectories that entered the certified basin.</param>
/// <param name="Near">Trajectories that came within 10⁻⁴ of the fixed point.</param>
/// <param name="FollowedLonger">Trajectories that had to be followed longer.</param>
/// <param name="Unknown">Trajectories that could not be followed to an end.</param>
/// <param name="Slowest">The longest time to come to rest, in units of 1/|Re λ|.</param>
/// <param name="AscentSteps">Circuits tried by ascents to ever less damping.</param>
/// <param name="LeastDamping">The least damping ratio among those followed.</param>
/// <param name="CounterExamples">Trajectories that do not come to rest.</param>
sealed record GlobalSearchReport(
    int N, int Circuits, int Covered, long Followed, long Trajectories, long InBasin, long Near, long FollowedLonger, long Unknown, double Slowest,
    long AscentSteps, double? LeastDamping, RestlessReport[] CounterExamples);

/// <summary>All of them.</summary>
/// <param name="Conjecture">global.</param>
/// <param name="Covered">Whether the circuits that the theorem covers were followed, as a trial of it.</param>
/// <param name="Seed">What makes the same search again.</param>
/// <param name="Searches">One for each size.</param>
/// <param name="Shard">Which part of how many; not there for the whole.</param>
sealed record GlobalSearchReports(string Conjecture, bool Covered, int Seed, GlobalSearchReport[] Searches, string? Shard);

/// <summary><c>organics falsify</c>.</summary>
static class Falsify
{
    /// <summary>What its parts are called; those of the search against global stability otherwise, for they hold something else.</summary>
    public const string Kind = "falsify", GlobalKind = "falsify --conjecture global";

    const string Conjecture = "--conjecture", Covered = "--covered",
        N = "--max-n", Restarts = "--restarts", Seed = "--seed", Threads = "--threads", Out = "--out", Json = "--json";

    static readonly (RecurrenceHypothesis Hypothesis, string Name)[] Hypotheses =
    [
        (RecurrenceHypothesis.Any, "as worded"),
        (RecurrenceHypothesis.NonNegative, "Wr ≥ 0"),
        (RecurrenceHypothesis.SemiDefinite, "Wr + Wrᵀ ⪰ 0"),
    ];

    public static Command Command()
    {
        var command = new Command(
            "falsify",
            "Search for circuits against Conjecture 5.3 (‖z‖ < 1, a largest singular value of Wr of at most 1, and no stable fixed point), or with Wr = I "
            + "and a start that does not come to rest.");
        command.Options.Add(Setting.Choice(
            Conjecture, "5.3, or global: that every start comes to rest where Wr = I, from 2 pairs on and where no theorem says so.", "5.3", "global"));
        command.Options.Add(new Option<bool>(Covered)
        {
            Description = "With global: follow the circuits that the theorem of global stability covers instead, as a trial of it.",
        });
        command.Options.Add(Setting.Option(N, "N", "Circuits of 1 (global: 2) to so many pairs.", 3, text => Setting.Whole(text, 1)));
        command.Options.Add(Setting.Option(
            Restarts, "N", "Random circuits from which the search starts, for each size and hypothesis.", 100, text => Setting.Whole(text, 1)));
        command.Options.Add(Setting.Option(Seed, "N", "The same seed gives the same search.", 0, text => Setting.Whole(text, 0)));
        command.Options.Add(Shard.Option("Only part I of N of the random circuits, which `organics merge` puts together"));
        command.Options.Add(Setting.Option(
            Threads, "N", "Threads of the search `global`; they change no result.", Environment.ProcessorCount, text => Setting.Whole(text, 1)));
        command.Options.Add(new Option<string>(Out) { Description = "Where counter-examples go [runs/falsify-sSEED].", HelpName = "FOLDER" });
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var (seed, json) = (given.GetValue<int>(Seed), given.GetValue<bool>(Json));
            var folder = given.GetValue<string>(Out) ?? Path.Combine("runs", $"falsify-s{seed}");
            using var interrupt = new Interrupt();
            if (given.GetValue<string>(Conjecture) == "global") return (int)Global(given, folder, interrupt.Token);
            if (Setting.IsIn(given, Threads)) throw Failure.Usage($"{Threads} is for `{Conjecture} global`; the search against Conjecture 5.3 has one.");
            if (Setting.IsIn(given, Covered)) throw Failure.Usage($"{Covered} is for `{Conjecture} global`; no theorem covers what Conjecture 5.3 speaks of.");
            if (Shard.Of(given) is not { } shard) return (int)End(Search(given, folder, null, json ? null : Print, interrupt.Token), folder, json);
            var configuration = FormattableString.Invariant($"{N} {given.GetValue<int>(N)} {Restarts} {given.GetValue<int>(Restarts)} {Seed} {seed}");
            var part = Part.Of(
                folder, Kind, configuration, shard, RunJson.Parts.PartFalsifyReports, own => Search(given, own, shard, null, interrupt.Token));
            return (int)Say(part, folder, json);
        });
        return command;
    }

    static FalsifyReports Search(ParseResult given, string folder, Shard? shard, Action<FalsifyReport>? onFound, CancellationToken cancellation)
    {
        var (seed, all) = (given.GetValue<int>(Seed), given.GetValue<int>(Restarts));
        var (first, restarts) = shard?.Part(all) ?? (0, all);
        var searches = new List<FalsifyReport>();
        foreach (var (hypothesis, name) in Hypotheses)
        {
            for (var n = 1; n <= given.GetValue<int>(N); n++)
            {
                var size = n;
                var found = Log.Progress(
                    show => CounterExampleSearch.Run(
                        size, restarts, hypothesis, seed, done => show((double)done / restarts, $"n = {size}, {name}: {done} of {restarts}"), first,
                        cancellation));
                StabilityCommand.RemoveOld(folder, FileOf(hypothesis, n));
                var path = found.CounterExample is { } circuit ? StabilityCommand.Save(folder, FileOf(hypothesis, n), circuit) : null;
                searches.Add(new(name, n, found.Restarts, found.Circuits, found.LargestAbscissa, path));
                onFound?.Invoke(searches[^1]);
            }
        }
        return new(seed, [.. searches], shard?.ToString());
    }

    static string FileOf(RecurrenceHypothesis hypothesis, int n) => $"{hypothesis}-n{n}.json";

    /// <summary>What one process would have found: it ends at the first counter-example, and parts have their starts one after another.</summary>
    public static ExitCode Merge(string folder, string[] shards, bool json)
    {
        var parts = Part.ReadAll(folder, shards, RunJson.Parts.PartFalsifyReports, report => report.Searches.Select(search => (search.Hypothesis, search.N)));
        var searches = new List<FalsifyReport>();
        foreach (var k in Enumerable.Range(0, parts[0].Report.Searches.Length))
        {
            (string Shard, FalsifyReport Search)[] each = [.. parts.Select(part => (part.Shard, part.Report.Searches[k]))];
            var end = Array.FindIndex(each, part => part.Search.CounterExample is not null);
            var counted = each[..(end < 0 ? each.Length : end + 1)];
            StabilityCommand.RemoveOld(folder, FileOf(Hypotheses.First(h => h.Name == each[0].Search.Hypothesis).Hypothesis, each[0].Search.N));
            searches.Add(each[0].Search with
            {
                Restarts = counted.Sum(part => part.Search.Restarts),
                Circuits = counted.Sum(part => part.Search.Circuits),
                LargestReLambda = counted.Max(part => part.Search.LargestReLambda),
                CounterExample = counted[^1].Search.CounterExample is { } path ? Part.Take(folder, counted[^1].Shard, path) : null,
            });
        }
        return Say(new(parts[0].Report.Seed, [.. searches], null), folder, json);
    }

    static ExitCode Say(FalsifyReports reports, string folder, bool json)
    {
        if (!json) foreach (var search in reports.Searches) Print(search);
        return End(reports, folder, json);
    }

    // Behind what was said of each search while it went on.
    static ExitCode End(FalsifyReports reports, string folder, bool json)
    {
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(reports, RunJson.Line.FalsifyReports));
        else EndForPeople(reports.Shard, folder);
        return ExitCode.Done;
    }

    static void EndForPeople(string? shard, string folder)
    {
        Console.Out.WriteLine(Nothing);
        if (shard is not null) Part.Say(shard, folder);
    }

    static ExitCode Global(ParseResult given, string folder, CancellationToken cancellation)
    {
        var (json, largest) = (given.GetValue<bool>(Json), given.GetValue<int>(N));
        if (largest == 1) throw Failure.Usage($"{N} is 1, but one pair always comes to rest; give 2 or more.");
        if (Shard.Of(given) is not { } shard) return EndGlobal(SearchGlobal(given, folder, null, json ? null : Print, cancellation), folder, json);
        var covered = given.GetValue<bool>(Covered) ? Covered + " " : "";
        var configuration = FormattableString.Invariant(
            $"{covered}{N} {largest} {Restarts} {given.GetValue<int>(Restarts)} {Seed} {given.GetValue<int>(Seed)}");
        return SayGlobal(
            Part.Of(
                folder, GlobalKind, configuration, shard, RunJson.Parts.PartGlobalSearchReports,
                own => SearchGlobal(given, own, shard, null, cancellation)),
            folder, json);
    }

    static GlobalSearchReports SearchGlobal(
        ParseResult given, string folder, Shard? shard, Action<GlobalSearchReport>? onFound, CancellationToken cancellation)
    {
        var (seed, all, threads, isCovered) =
            (given.GetValue<int>(Seed), given.GetValue<int>(Restarts), given.GetValue<int>(Threads), given.GetValue<bool>(Covered));
        var (first, trials) = shard?.Part(all) ?? (0, all);
        var searches = new List<GlobalSearchReport>();
        RemoveOldGlobal(folder, isCovered);
        for (var n = 2; n <= given.GetValue<int>(N); n++)
        {
            var size = n;
            var found = Log.Progress(
                show => GlobalSearch.Run(
                    size, trials, seed, threads, isCovered, done => show((double)done / trials, $"n = {size}: {done:N0} of {trials:N0}"),
                    (example, k) => StabilityCommand.Save(folder, Name(size, example.Trial, k), example.Circuit), first, cancellation));
            searches.Add(new(
                n, found.Circuits, found.Covered, found.Followed, found.Trajectories, found.InBasin, found.Near, found.FollowedLonger, found.Unknown,
                found.Slowest, found.AscentSteps, double.IsFinite(found.LeastDamping) ? found.LeastDamping : null,
                [.. found.CounterExamples.GroupBy(example => example.Trial).SelectMany(trial => trial.Select((example, k) => new RestlessReport(
                    Path.Combine(folder, Name(size, example.Trial, k)), [.. example.Start.Take(size)], [.. example.Start.Skip(size)],
                    double.IsNaN(example.Period) ? null : example.Period)))]));
            onFound?.Invoke(searches[^1]);
        }
        return new("global", isCovered, seed, [.. searches], shard?.ToString());

        string Name(int n, int trial, int k) => $"{PrefixOf(isCovered)}-{n}-{trial}-{k}.json";
    }

    /// <summary>What one process would have found.</summary>
    public static ExitCode MergeGlobal(string folder, string[] shards, bool json)
    {
        var parts = Part.ReadAll(
            folder, shards, RunJson.Parts.PartGlobalSearchReports, report => report.Searches.Select(search => (report.Conjecture, search.N)));
        var whole = parts[0].Report;
        RemoveOldGlobal(folder, whole.Covered);
        return SayGlobal(whole with { Searches = [.. whole.Searches.Select((_, k) => Merged(k))], Shard = null }, folder, json);

        GlobalSearchReport Merged(int k)
        {
            GlobalSearchReport[] each = [.. parts.Select(part => part.Report.Searches[k])];
            return each[0] with
            {
                Circuits = each.Sum(s => s.Circuits),
                Covered = each.Sum(s => s.Covered),
                Followed = each.Sum(s => s.Followed),
                Trajectories = each.Sum(s => s.Trajectories),
                InBasin = each.Sum(s => s.InBasin),
                Near = each.Sum(s => s.Near),
                FollowedLonger = each.Sum(s => s.FollowedLonger),
                Unknown = each.Sum(s => s.Unknown),
                Slowest = each.Max(s => s.Slowest),
                AscentSteps = each.Sum(s => s.AscentSteps),
                LeastDamping = each.Min(s => s.LeastDamping),
                CounterExamples = [.. each.Zip(parts).SelectMany(pair => pair.First.CounterExamples.Select(
                    example => example with { Circuit = Part.Take(folder, pair.Second.Shard, example.Circuit) }))],
            };
        }
    }

    static ExitCode SayGlobal(GlobalSearchReports reports, string folder, bool json)
    {
        if (!json) foreach (var search in reports.Searches) Print(search);
        return EndGlobal(reports, folder, json);
    }

    static ExitCode EndGlobal(GlobalSearchReports reports, string folder, bool json)
    {
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(reports, RunJson.Line.GlobalSearchReports));
        else EndForPeople(reports.Shard, folder);
        // Against a theorem a counter-example is a failure, of the theorem or of what followed it; it is the whole that fails.
        return reports.Covered && reports.Shard is null && reports.Searches.Any(search => search.CounterExamples.Length > 0)
            ? ExitCode.CheckFailed : ExitCode.Done;
    }

    static string PrefixOf(bool isCovered) => isCovered ? "covered" : "global";

    static void RemoveOldGlobal(string folder, bool isCovered)
    {
        if (Directory.Exists(folder))
            foreach (var old in Directory.GetFiles(folder, $"{PrefixOf(isCovered)}-*.json").Where(f => IsOurs(Path.GetFileNameWithoutExtension(f))))
                File.Delete(old);
    }

    // As Save is told to name them: global-N-TRIAL-NUMBER.
    static bool IsOurs(string name) => name.Split('-') is [_, .. { Length: 3 } numbers] && numbers.All(number => number.All(char.IsAsciiDigit));

    static void Print(GlobalSearchReport search)
    {
        Console.Out.WriteLine(
            $"n = {search.N}: {search.Circuits:N0} circuits, {search.Covered:N0} of them globally stable by the theorem; "
            + (search.AscentSteps > 0 ? $"with {search.AscentSteps:N0} steps of ascents " : "")
            + $"{search.Followed:N0} were followed, from {search.Trajectories:N0} starts.");
        Console.Out.WriteLine(
            $"    At rest: {search.InBasin:N0} in the certified basin, {search.Near:N0} beside the fixed point; "
            + $"{search.FollowedLonger:N0} had to be followed longer, {search.Unknown:N0} not to an end. Slowest: {search.Slowest:G3}/|Re λ|."
            + (search.LeastDamping is { } least ? $" Least damping ratio: {least:G3}." : ""));
        foreach (var example in search.CounterExamples)
        {
            Console.Out.WriteLine(
                $"    COUNTER-EXAMPLE, {(example.Period is { } period ? $"a limit cycle of period {period:G6}" : "not at rest in the end")}: "
                + $"organics circuit {ShellWord.Of(example.Circuit)}");
            Console.Out.WriteLine($"        from y = [{Exactly(example.Y0)}], a = [{Exactly(example.A0)}]");
        }
        if (search.CounterExamples.Length == 0) Console.Out.WriteLine("    No counter-example.");
    }

    static void Print(FalsifyReport search)
    {
        var looked = $"n = {search.N}, {search.Hypothesis}: {search.Circuits:N0} circuits from {search.Restarts:N0} starts";
        if (search.CounterExample is not { } path)
        {
            Console.Out.WriteLine($"{looked}, every one with a stable fixed point; its eigenvalues came as near to the axis as {search.LargestReLambda:G3}.");
            return;
        }
        var example = CircuitFile.Read(path);
        Console.Out.WriteLine($"{looked}; COUNTER-EXAMPLE of {example.N} pair{(example.N == 1 ? "" : "s")}: organics circuit {ShellWord.Of(path)}");
        foreach (var point in CircuitEquilibria.Of(example))
        {
            var (y, a) = point.Split();
            Console.Out.WriteLine($"    fixed point y = [{List(y)}], a = [{List(a)}]: {point.Type}, largest Re λ {point.MaxRealPart:G4}");
        }
    }

    const string Nothing = "A search that finds nothing proves nothing: it says how hard it looked.";

    static string Exactly(double[] values) => string.Join(", ", values.Select(v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));

    static string List(double[] values) => string.Join(", ", values.Select(v => v.ToString("G5", System.Globalization.CultureInfo.InvariantCulture)));
}
