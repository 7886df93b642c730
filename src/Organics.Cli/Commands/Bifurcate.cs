using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Organics;

/// <summary>A point where something changes along a branch. Hopf points have a frequency, and a first Lyapunov coefficient where its sign is known.</summary>
/// <param name="Type">Fold, Hopf or BranchPoint.</param>
/// <param name="Parameter">Where.</param>
/// <param name="Y">The fixed point there, y.</param>
/// <param name="A">And a.</param>
/// <param name="Frequency">Of a Hopf point, per unit of time.</param>
/// <param name="LyapunovCoefficient">Of a Hopf point: negative where it is supercritical; not there where its sign is not known.</param>
/// <param name="Crossing">How branches cross at a branch point.</param>
sealed record BifurcationReport(string Type, double Parameter, double[] Y, double[] A, double? Frequency, double? LyapunovCoefficient, string? Crossing);

/// <summary>A branch of fixed points.</summary>
/// <param name="Points">How many.</param>
/// <param name="From">The parameter at the first.</param>
/// <param name="To">The parameter at the last.</param>
/// <param name="End">Why it ends there: Range, StepLimit or NoStep.</param>
/// <param name="AllStable">Whether every point is stable.</param>
/// <param name="NoneStable">Whether none is.</param>
/// <param name="Bifurcations">In the order in which they were met.</param>
sealed record BranchReport(int Points, double From, double To, string End, bool AllStable, bool NoneStable, BifurcationReport[] Bifurcations);

/// <summary>A point where something changes along a branch of orbits.</summary>
/// <param name="Type">Fold, PeriodDoubling, Torus or BranchPoint.</param>
/// <param name="Parameter">Where.</param>
/// <param name="Period">Of the cycle there.</param>
sealed record OrbitBifurcationReport(string Type, double Parameter, double Period);

/// <summary>A branch of periodic orbits.</summary>
/// <param name="Points">How many cycles.</param>
/// <param name="From">The parameter at the first.</param>
/// <param name="To">The parameter at the last.</param>
/// <param name="End">Why it ends there: Range, StepLimit, NoStep, Point or Period.</param>
/// <param name="Periods">The shortest and the longest.</param>
/// <param name="AllStable">Whether every cycle is stable.</param>
/// <param name="NoneStable">Whether none is.</param>
/// <param name="Bifurcations">In the order in which they were met.</param>
sealed record OrbitBranchReport(int Points, double From, double To, string End, double[] Periods, bool AllStable, bool NoneStable,
    OrbitBifurcationReport[] Bifurcations);

/// <summary>What was found along one parameter; stdout has it with --json.</summary>
/// <param name="Parameter">What varied.</param>
/// <param name="From">From where.</param>
/// <param name="To">To where.</param>
/// <param name="Branches">Of fixed points.</param>
/// <param name="Orbits">Of cycles.</param>
/// <param name="Notes">What was tried in vain or left out, and what the list may lack; a sentence each.</param>
/// <param name="Unit">The unit that is drawn.</param>
/// <param name="Folder">Where the tables and the picture are.</param>
sealed record BifurcateReport(string Parameter, double From, double To, BranchReport[] Branches, OrbitBranchReport[] Orbits, string[] Notes, int Unit,
    string Folder);

/// <summary><c>organics bifurcate FILE.json</c>.</summary>
static class Bifurcate
{
    const string Vary = "--vary", Unit = "--unit", Orbits = "--orbits", OrbitSteps = "--orbit-steps", Step = "--largest-step", Out = "--out", Json = "--json";

    // Orbits of more pairs are followed when asked for.
    const int MostPairsWithOrbits = 8;

    public static Command Command()
    {
        var command = new Command("bifurcate", "Follow the fixed points and cycles of a circuit along a parameter: folds, Hopf points, branch points.");
        command.Arguments.Add(new Argument<string>(CircuitInput.Argument) { Description = CircuitInput.Help });
        command.Options.Add(new Option<string>(Vary)
        {
            Description = "What varies, as in z=0:2, Wr=0.5:2, z.scale=0.1:10 (paths as in `organics sweep`).",
            HelpName = "PATH=FROM:TO",
            Required = true
        });
        command.Options.Add(CircuitSetting.Option());
        command.Options.Add(Setting.Option<int?>(Unit, "I", "The unit that is drawn [the one that changes most].", text => Setting.Whole(text, 0)));
        command.Options.Add(Setting.Choice(Orbits, $"Whether cycles are followed from Hopf points; auto: up to {MostPairsWithOrbits} pairs.", "auto", "yes",
            "no"));
        command.Options.Add(Setting.Option(OrbitSteps, "N", "The most cycles of a branch.", 100, text => Setting.Whole(text, 2)));
        command.Options.Add(Setting.Option(Step, "X", "The longest step, by arc in (y·√max W, log a) and the parameter, whose range counts as 1.", 0.1, text
            => Setting.Number(text, positive: true)));
        command.Options.Add(new Option<string>(Out) { Description = "Where the tables and the picture go [runs/bifurcate-FILE].", HelpName = "FOLDER" });
        command.Options.Add(PageOption.Make());
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var report = Run(given);
            if (given.GetValue<bool>(Json)) Console.Out.WriteLine(JsonSerializer.Serialize(report, RunJson.Line.BifurcateReport));
            else
            {
                Print(report);
                PageOption.Tell(given);
            }
            return (int)(report.Branches.Length > 0 ? ExitCode.Done : ExitCode.CheckFailed);
        });
        return command;
    }

    static void Print(BifurcateReport report)
    {
        var writer = Console.Out;
        static string N(double x) => x.ToString("G6", CultureInfo.InvariantCulture);
        static string Stability(bool all, bool none) => all ? "stable" : none ? "not stable" : "stable in part";
        foreach (var (branch, k) in report.Branches.Select((b, k) => (b, k)))
        {
            writer.WriteLine($"Branch {k}: {branch.Points} fixed points from {report.Parameter} = {N(branch.From)} to {N(branch.To)}, "
                + $"{Stability(branch.AllStable, branch.NoneStable)}{Why(branch.End)}.");
            foreach (var b in branch.Bifurcations)
                writer.WriteLine(
                    $"  {(b.Type == "BranchPoint" ? $"branch point ({b.Crossing})" : b.Type == "Hopf" ? "Hopf point" : "fold")} at {N(b.Parameter)}"
                    + (b.Frequency is { } f
                        ? $", frequency {N(f)} per unit of time, {Criticality(b)}" : ""));
        }
        foreach (var (orbits, k) in report.Orbits.Select((b, k) => (b, k)))
        {
            writer.WriteLine(
                $"Cycles {k}: {orbits.Points} from {N(orbits.From)} to {N(orbits.To)}, periods {N(orbits.Periods[0])} to {N(orbits.Periods[1])}, "
                + $"{Stability(orbits.AllStable, orbits.NoneStable)}{Why(orbits.End)}.");
            foreach (var b in orbits.Bifurcations) writer.WriteLine($"  {b.Type} at {N(b.Parameter)}, period {N(b.Period)}");
        }
        if (report.Branches.Length == 0) writer.WriteLine("No fixed point was found at either end of the range.");
        foreach (var note in report.Notes) writer.WriteLine(note);
        string[] files =
        [
            "branches.csv", .. report.Orbits.Length > 0 ? (string[])["cycles.csv"] : [], "bifurcate.json",
            .. report.Branches.Length > 0 ? (string[])[$"bifurcate.svg, which draws y{report.Unit}"] : [],
        ];
        writer.WriteLine(Printable.Of($"Written to '{report.Folder}': {string.Join(", ", files)}."));
    }

    static string Why(string end) => end == nameof(BranchEnd.Range) ? "" : $"; {End(end)}";

    /// <summary>Why a branch ends, in words.</summary>
    public static string End(string end) => end switch
    {
        nameof(BranchEnd.Range) => "the range ends",
        nameof(BranchEnd.StepLimit) => "it goes on",
        nameof(BranchEnd.NoStep) => "no shorter step leads on",
        nameof(BranchEnd.Point) => "they shrink to a point",
        _ => "their period grows without bound",
    };

    /// <summary>What is known of a Hopf point's cycles, in words.</summary>
    public static string Criticality(BifurcationReport hopf)
        => hopf.LyapunovCoefficient is { } l ? l < 0 ? "supercritical" : "subcritical" : "of unknown criticality";

    static BifurcateReport Run(ParseResult given)
    {
        var page = PageOption.Of(given);
        var path = given.GetRequiredValue<string>(CircuitInput.Argument);
        var (name, from, to) = Range(given.GetValue<string>(Vary)!);
        var circuit = CircuitSetting.Apply(CircuitInput.Describe(path), CircuitSetting.Of(given), [name]);
        // What cannot be set, or is no circuit there, is said at once.
        foreach (var end in (double[])[from, to]) _ = CircuitInput.Of(() => circuit.With(name, end).Build());
        var unit = given.GetValue<int?>(Unit);
        if (unit >= circuit.N) throw Failure.Usage($"{Unit} is {unit}, but the circuit has units 0 to {circuit.N - 1}.");
        var asked = given.GetValue<string>(Orbits);
        var orbits = asked switch { "yes" => true, "no" => false, _ => circuit.N <= MostPairsWithOrbits };
        using var interrupt = new Interrupt();
        var survey = CircuitInput.Of(() => Log.Progress(show => BifurcationSurvey.Of(
            v => circuit.With(name, v).Build(), from, to, orbits, given.GetValue<double>(Step), orbitSteps: given.GetValue<int>(OrbitSteps),
            onProgress: text => show(0, text), cancellation: interrupt.Token)));
        var folder = given.GetValue<string>(Out) ?? Path.Combine("runs", $"bifurcate-{CircuitInput.Name(path)}");
        var element = unit ?? Liveliest(survey, circuit.N);
        Write(folder, survey, name, circuit.N, element, CircuitInput.Name(path));
        var report = new BifurcateReport(name, from, to, [.. survey.Branches.Select(Report)], [.. survey.Orbits.Where(o => o.Points.Count > 0).Select(Report)],
            [.. Notes(survey, isLeftOut: !orbits && asked != "no", isIdentity: IsIdentity(from) && IsIdentity(to))], element, folder);
        OutFolder.Save(folder, "bifurcate.json", JsonSerializer.Serialize(report, RunJson.Default.BifurcateReport));
        if (page is not null) BifurcatePage.Of(survey, report, CircuitInput.Name(path)).Write(page);
        return report;

        bool IsIdentity(double value) => circuit.With(name, value).Build().IsIdentityRecurrence;
    }

    static IEnumerable<string> Notes(BifurcationSurvey survey, bool isLeftOut, bool isIdentity)
    {
        foreach (var note in survey.Notes) yield return $"Not followed: {note}";
        var hopfs = survey.Branches.Sum(b => b.Bifurcations.Count(p => p.Type == BifurcationType.Hopf));
        if (isLeftOut && hopfs > 0)
            yield return $"Not followed: the cycles from {(hopfs == 1 ? "the Hopf point" : $"the {hopfs} Hopf points")}, which takes long with more than "
                + $"{MostPairsWithOrbits} pairs; {Orbits} yes follows them.";
        // With Wr = I there is one fixed point everywhere.
        if (!isIdentity)
            yield return "Where Wr is not I there may be more branches than these: those of fixed points that the search does not find at either end of the "
                + "range, and closed ones that reach neither.";
    }

    static (string Path, double From, double To) Range(string text)
    {
        var (path, range) = Assignment.Cut(text) ?? ("", "");
        var ends = range.Split(':');
        return ends.Length == 2 && double.TryParse(ends[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var from)
            && double.TryParse(ends[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var to) && double.IsFinite(from) && double.IsFinite(to)
                && from != to
            ? (path, from, to) : throw Failure.Usage($"{Vary} is '{text}', but PATH=FROM:TO is expected, as in z=0:2.");
    }

    static int Liveliest(BifurcationSurvey survey, int n)
    {
        double[] Span(int i) => [.. survey.Branches.SelectMany(b => b.Points).Select(p => p.Point.State[i])];
        return Enumerable.Range(0, n).MaxBy(i => Span(i) is { Length: > 0 } y ? y.Max() - y.Min() : 0);
    }

    static BranchReport Report(Branch branch) => new(
        branch.Points.Count, branch.Points[0].Parameter, branch.Points[^1].Parameter, branch.End.ToString(), branch.Points.All(p => p.Point.IsStable),
        !branch.Points.Any(p => p.Point.IsStable), [.. branch.Bifurcations.Select(b =>
        {
            var (y, a) = b.Point.Split();
            return new BifurcationReport(
                b.Type.ToString(), b.Parameter, y, a, b.Type == BifurcationType.Hopf ? b.Frequency : null,
                double.IsNaN(b.LyapunovCoefficient) ? null : b.LyapunovCoefficient, b.Crossing?.ToString());
        })]);

    static OrbitBranchReport Report(OrbitBranch branch) => new(
        branch.Points.Count, branch.Points[0].Parameter, branch.Points[^1].Parameter, branch.End.ToString(),
        [branch.Points.Min(p => p.Orbit.Period), branch.Points.Max(p => p.Orbit.Period)], branch.Points.All(p => p.Orbit.IsStable),
            !branch.Points.Any(p => p.Orbit.IsStable),
        [.. branch.Bifurcations.Select(b => new OrbitBifurcationReport(b.Type.ToString(), b.Parameter, b.Orbit.Period))]);

    static void Write(string folder, BifurcationSurvey survey, string name, int n, int element, string title)
    {
        var csv = new StringBuilder($"branch,{name},stable,max_re");
        foreach (var sort in (string[])["y", "a"]) csv.AppendJoin("", Enumerable.Range(0, n).Select(i => $",{sort}{i}"));
        csv.Append('\n');
        foreach (var (branch, k) in survey.Branches.Select((b, k) => (b, k)))
            foreach (var point in branch.Points)
                csv.Append(CultureInfo.InvariantCulture, $"{k},{point.Parameter:R},{(point.Point.IsStable ? 1 : 0)},{point.Point.MaxRealPart:R},")
                    .AppendJoin(',', point.Point.State.Select(x => x.ToString("R", CultureInfo.InvariantCulture))).Append('\n');
        OutFolder.Save(folder, "branches.csv", csv.ToString());
        StabilityCommand.RemoveOld(folder, "cycles.csv");
        if (survey.Orbits.Any(o => o.Points.Count > 0))
        {
            csv.Clear().Append($"branch,{name},stable,period");
            csv.AppendJoin("", Enumerable.Range(0, n).Select(i => $",y{i}_low,y{i}_high")).Append('\n');
            foreach (var (branch, k) in survey.Orbits.Select((b, k) => (b, k)))
                foreach (var point in branch.Points)
                    csv.Append(CultureInfo.InvariantCulture, $"{k},{point.Parameter:R},{(point.Orbit.IsStable ? 1 : 0)},{point.Orbit.Period:R}")
                        .AppendJoin("", Enumerable.Range(0, n).Select(i
                            => string.Create(CultureInfo.InvariantCulture, $",{point.Orbit.Low[i]:R},{point.Orbit.High[i]:R}"))).Append('\n');
            OutFolder.Save(folder, "cycles.csv", csv.ToString());
        }
        if (survey.Branches.Count > 0)
            OutFolder.Save(folder, "bifurcate.svg",
                BifurcationDiagram.Draw($"{title}: fixed points and cycles", name, $"y{element}", element, survey.Branches, survey.Orbits));
    }
}
