using System.CommandLine;
using System.Text.Json;

namespace Organics;

/// <summary>What the search under one hypothesis and for one size came to.</summary>
sealed record FalsifyReport(string Hypothesis, int N, int Restarts, int Circuits, double LargestReLambda, string? CounterExample);

/// <summary>All of them.</summary>
sealed record FalsifyReports(int Seed, FalsifyReport[] Searches);

/// <summary><c>organics falsify</c>.</summary>
static class Falsify
{
    const string N = "--max-n", Restarts = "--restarts", Seed = "--seed", Out = "--out", Json = "--json";

    static readonly (RecurrenceHypothesis Hypothesis, string Name)[] Hypotheses =
    [
        (RecurrenceHypothesis.Any, "as worded"),
        (RecurrenceHypothesis.NonNegative, "Wr ≥ 0"),
        (RecurrenceHypothesis.SemiDefinite, "Wr + Wrᵀ ⪰ 0"),
    ];

    public static Command Command()
    {
        var command = new Command(
            "falsify", "Search for circuits against Conjecture 5.3: ‖z‖ < 1, a largest singular value of Wr of at most 1, and no stable fixed point.");
        command.Options.Add(Setting.Option(N, "N", "Circuits of 1 to so many pairs.", 3, text => Setting.Whole(text, 1)));
        command.Options.Add(Setting.Option(Restarts, "N", "Random starts of the ascent, for each size and hypothesis.", 100, text => Setting.Whole(text, 1)));
        command.Options.Add(Setting.Option(Seed, "N", "The same seed gives the same search.", 0, text => Setting.Whole(text, 0)));
        command.Options.Add(new Option<string>(Out) { Description = "Where counter-examples go [runs/falsify-sSEED].", HelpName = "FOLDER" });
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var (seed, json) = (given.GetValue<int>(Seed), given.GetValue<bool>(Json));
            var folder = given.GetValue<string>(Out) ?? Path.Combine("runs", $"falsify-s{seed}");
            var searches = new List<FalsifyReport>();
            using var interrupt = new Interrupt();
            foreach (var (hypothesis, name) in Hypotheses)
            {
                for (var n = 1; n <= given.GetValue<int>(N); n++)
                {
                    var (size, restarts) = (n, given.GetValue<int>(Restarts));
                    var found = Log.Progress(
                        show => CounterExampleSearch.Run(
                            size, restarts, hypothesis, seed, done => show((double)done / restarts, $"n = {size}, {name}: {done} of {restarts}"),
                            interrupt.Token));
                    StabilityCommand.RemoveOld(folder, $"{hypothesis}-n{n}.json");
                    var path = found.CounterExample is { } circuit ? StabilityCommand.Save(folder, $"{hypothesis}-n{n}.json", circuit) : null;
                    searches.Add(new(name, n, found.Restarts, found.Circuits, found.LargestAbscissa, path));
                    if (!json) Print(searches[^1], found.CounterExample);
                }
            }
            if (json) Console.Out.WriteLine(JsonSerializer.Serialize(new(seed, [.. searches]), RunJson.Line.FalsifyReports));
            else Console.Out.WriteLine("A search that finds nothing proves nothing: it says how hard it looked.");
            return (int)ExitCode.Done;
        });
        return command;
    }

    static void Print(FalsifyReport search, Circuit? example)
    {
        var looked = $"n = {search.N}, {search.Hypothesis}: {search.Circuits:N0} circuits from {search.Restarts:N0} starts";
        if (example is null)
        {
            Console.Out.WriteLine($"{looked}, every one with a stable fixed point; its eigenvalues came as near to the axis as {search.LargestReLambda:G3}.");
            return;
        }
        Console.Out.WriteLine(
            $"{looked}; COUNTER-EXAMPLE of {example.N} pair{(example.N == 1 ? "" : "s")}: "
            + $"organics circuit {(search.CounterExample is { } path ? ShellWord.Of(path) : "")}");
        foreach (var point in CircuitEquilibria.Of(example))
        {
            var (y, a) = point.Split();
            Console.Out.WriteLine($"    fixed point y = [{List(y)}], a = [{List(a)}]: {point.Type}, largest Re λ {point.MaxRealPart:G4}");
        }
    }

    static string List(double[] values) => string.Join(", ", values.Select(v => v.ToString("G5", System.Globalization.CultureInfo.InvariantCulture)));
}
