using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Organics;

/// <summary>A fitted parameter; no error where a bound holds it or the data say nothing of it by itself.</summary>
/// <param name="Path">Which.</param>
/// <param name="Value">What was found; null where the data tell it from no value to its limit.</param>
/// <param name="StandardError">To first order.</param>
/// <param name="AtBound">Whether a bound holds it there.</param>
/// <param name="Limit">0 or infinity, where one a hundred times smaller, or larger, fits as well: the data tell it from no value to there.</param>
/// <param name="Reaches">Where there is a limit, the value that was found: any from it to the limit fits as well.</param>
sealed record FitParameterReport(string Path, double? Value, double? StandardError, bool AtBound, string? Limit, double? Reaches);

/// <summary>What a fit came to; stdout has it with --json.</summary>
/// <param name="Parameters">What was fitted.</param>
/// <param name="Rmse">Root-mean-square residual of what was fitted.</param>
/// <param name="R2">The part of its variance that the fit explains.</param>
/// <param name="HeldOutRmse">Of what was held out.</param>
/// <param name="HeldOutR2">Of what was held out.</param>
/// <param name="Rows">In the data.</param>
/// <param name="HeldOut">Of them held out.</param>
/// <param name="Measured">Numbers that were fitted.</param>
/// <param name="Starts">How many were asked for.</param>
/// <param name="StartsDone">From how many there was a circuit with a fixed point for every row.</param>
/// <param name="StartsSame">How many ended at this fit.</param>
/// <param name="Converged">Whether the best of them came to rest.</param>
/// <param name="RowsNotStable">Rows at whose fixed point the fitted circuit is not known to be stable.</param>
/// <param name="Correlations">Of the parameters’ errors.</param>
/// <param name="Folder">Where the circuit, the predictions and the picture are.</param>
sealed record FitReport(
    FitParameterReport[] Parameters, double Rmse, double? R2, double? HeldOutRmse, double? HeldOutR2, int Rows, int HeldOut, int Measured, int Starts,
        int StartsDone, int StartsSame,
    bool Converged, int RowsNotStable, double?[][] Correlations, string Folder);

/// <summary><c>organics fit FILE.json</c>.</summary>
static class Fit
{
    const string Data = "--data", Free = "--free", Bounds = "--bounds", Gain = "--gain", Starts = "--starts", HoldOut = "--hold-out", Seed = "--seed",
        Threads = "--threads",
        Out = "--out", Json = "--json";

    public static Command Command()
    {
        var command = new Command("fit", "Fit parameters of a circuit to measured responses: values, standard errors, and how well held-out data are met.");
        command.Arguments.Add(new Argument<string>(CircuitInput.Argument) { Description = CircuitInput.Help });
        command.Options.Add(new Option<string>(Data)
        {
            Description = "What was measured, as CSV: columns z0, z1, … or any path for what was set; r0, … for rates ⌊y⌋²·gain, y0, … for y; t (and trial) "
                + "for courses.",
            HelpName = "FILE.csv",
            Required = true,
        });
        command.Options.Add(new Option<string>(Free)
        {
            Description = "What is fitted, as in sigma,W.scale,b0[3],W.width,gain (paths as in `organics sweep`).",
            HelpName = "PATH,…",
            Required = true
        });
        command.Options.Add(new Option<string[]>(Bounds)
        {
            Description = "A parameter's least and greatest value, once or more; a side may be left out.",
            HelpName = "PATH=LOW:HIGH"
        });
        command.Options.Add(Setting.Option(Gain, "X", "What rates are multiplied by, or where its fit begins.", 1.0, text
            => Setting.Number(text, positive: true)));
        command.Options.Add(Setting.Option(Starts, "N", "Starts: the file's values, and others scattered around them.", 8, text => Setting.Whole(text, 1)));
        command.Options.Add(Setting.Option(HoldOut, "X", "The part of the rows, of courses the trials, that is held out.", 0.0, text
            => Setting.Number(text, "a number from 0 to below 1", x => x is >= 0 and < 1)));
        command.Options.Add(Setting.Option(Seed, "N", "Of the starts and of what is held out.", 0, text => Setting.Whole(text, 0)));
        command.Options.Add(Setting.Option(Threads, "N", "Threads; they change no result.", Environment.ProcessorCount, text => Setting.Whole(text, 1)));
        command.Options.Add(new Option<string>(Out)
        {
            Description = "Where the fitted circuit, the predictions and the picture go [runs/fit-FILE].",
            HelpName = "FOLDER"
        });
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var report = Run(given);
            if (given.GetValue<bool>(Json)) Console.Out.WriteLine(JsonSerializer.Serialize(report, RunJson.Line.FitReport));
            else Print(report);
            return (int)(report.Converged ? ExitCode.Done : ExitCode.CheckFailed);
        });
        return command;
    }

    static void Print(FitReport report)
    {
        var writer = Console.Out;
        static string R2(double? r2) => r2 is { } part ? string.Create(CultureInfo.InvariantCulture, $"R² {part:F5}") : "no R², for they are all alike";
        static string N(double? x) => string.Create(CultureInfo.InvariantCulture, $"{x:G6}");
        foreach (var p in report.Parameters)
            writer.WriteLine($"{p.Path,16}" + p switch
            {
                { Limit: "0", Reaches: { } most } => $": not identified, anything from 0 to {N(most)} fits as well",
                { Reaches: { } least } => $": not identified, anything from {N(least)} up fits as well",
                { Value: var value, AtBound: true } => $" = {N(value)}, at its bound: the data would have it beyond",
                { Value: var value, StandardError: { } error } => $" = {N(value)} ± {error.ToString("G2", CultureInfo.InvariantCulture)}",
                { Value: var value } => $" = {N(value)}, which these data do not tell by itself",
            });
        writer.WriteLine($"Root-mean-square error {N(report.Rmse)}, {R2(report.R2)}, over {report.Measured:N0} numbers "
            + $"in {report.Rows - report.HeldOut:N0} rows"
            + (report.HeldOutRmse is { } held ? $"; held out ({report.HeldOut:N0} rows): {N(held)}, {R2(report.HeldOutR2)}." : "."));
        writer.WriteLine($"{report.StartsSame} of {report.Starts} starts ended here"
            + $"{(report.StartsDone < report.Starts ? $", {report.Starts - report.StartsDone} where the circuit has no fixed point" : "")}"
            + $"{(report.Converged ? "" : "; the best had NOT come to rest")}"
            + $"{(report is { StartsSame: 1, Starts: > 1 } ? $"; there may be a better one, which more {Starts} would find" : "")}.");
        if (report.RowsNotStable > 0) writer.WriteLine($"At {report.RowsNotStable:N0} rows the fitted circuit's fixed point is not known to be stable.");
        writer.WriteLine(Printable.Of($"Written to '{report.Folder}': circuit.json, predictions.csv, fit.svg."));
    }

    static FitReport Run(ParseResult given)
    {
        var path = given.GetRequiredValue<string>(CircuitInput.Argument);
        var circuit = CircuitInput.Describe(path);
        var file = given.GetValue<string>(Data)!;
        if (!File.Exists(file)) throw Failure.Usage($"There is no file '{file}'; give a CSV file of responses.");
        if (SweepTable.IsCutShort(file)) throw Failure.Usage($"'{file}' ends amid a row; run its sweep again, which goes on from there.");
        var data = CircuitInput.Of(() => ResponseData.Parse(File.ReadAllText(file), file));
        var bounds = (given.GetValue<string[]>(Bounds) ?? []).Select(Bound).ToArray();
        FreeParameter[] free =
        [
            .. given.GetValue<string>(Free)!.Split(',', StringSplitOptions.TrimEntries).Select(name
                => bounds.FirstOrDefault(b => b.Path == name) is { Path: not null } b ? new FreeParameter(name, b.Low, b.High)
                : new FreeParameter(name, double.NegativeInfinity, double.PositiveInfinity)),
        ];
        if (bounds.GroupBy(b => b.Path).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw Failure.Usage($"{Bounds} names {twice.Key} twice; give it once.");
        if (bounds.FirstOrDefault(b => free.All(f => f.Path != b.Path)) is { Path: { } unknown })
            throw Failure.Usage($"{Bounds} names {unknown}, which is not fitted; name it in {Free}.");
        var starts = given.GetValue<int>(Starts);
        var fit = CircuitInput.Of(()
            => new CircuitFit(circuit, data, free, given.GetValue<double>(Gain), given.GetValue<double>(HoldOut), (ulong)given.GetValue<int>(Seed)));
        using var interrupt = new Interrupt();
        var result = Log.Progress(show
            => fit.Run(starts, given.GetValue<int>(Threads), done => show((double)done / starts, $"{done} of {starts} starts"), interrupt.Token));
        var folder = given.GetValue<string>(Out) ?? Path.Combine("runs", $"fit-{CircuitInput.Name(path)}");
        Write(folder, data, result, CircuitInput.Name(path));
        double? Known(double x) => double.IsNaN(x) ? null : x;
        var report = new FitReport(
            [.. result.Parameters.Select(p => double.IsNaN(p.Limit)
                ? new FitParameterReport(p.Path, p.Value, Known(p.StandardError), p.IsAtBound, null, null)
                : new(p.Path, null, null, p.IsAtBound, p.Limit == 0 ? "0" : "infinity", p.Value))], result.Rmse, Known(result.R2),
            Known(result.HeldOutRmse), Known(result.HeldOutR2), data.Rows.Count, result.IsHeldOut.Count(h => h),
            data.Rows.Where((_, k) => !result.IsHeldOut[k]).Sum(r => r.Measured.Count(double.IsFinite)), starts, result.Starts.Done, result.Starts.Same,
                result.HasConverged,
            result.Unstable, [.. result.Correlations.Chunk(free.Length).Select(row => row.Select(Known).ToArray())], folder);
        OutFolder.Save(folder, "fit.json", JsonSerializer.Serialize(report, RunJson.Default.FitReport));
        return report;
    }

    static (string Path, double Low, double High) Bound(string text)
    {
        var (path, range) = Assignment.Cut(text) ?? ("", "");
        var ends = range.Split(':');
        double End(string end, double otherwise) => end.Length == 0 ? otherwise
            : double.TryParse(end, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) ? x : double.NaN;
        if (ends.Length == 2 && (End(ends[0], double.NegativeInfinity), End(ends[1], double.PositiveInfinity)) is var (low, high)
            && low < high) return (path, low, high);
        throw Failure.Usage($"{Bounds} is '{text}', but PATH=LOW:HIGH is expected, as in sigma=0.01:1 or W.scale=0:.");
    }

    static void Write(string folder, ResponseData data, CircuitFitResult result, string title)
    {
        OutFolder.Make(folder);
        CircuitFile.Write(result.Circuit.Build(), Path.Combine(folder, "circuit.json"));
        var csv = new StringBuilder(data.IsCourse ? "trial,t," : "").AppendJoin(',', data.Settings);
        csv.AppendJoin("", data.Columns.Select(c => $",{c.Name},{c.Name}_fit")).Append(",held_out\n");
        string Text(double x) => double.IsNaN(x) ? "" : x.ToString("R", CultureInfo.InvariantCulture);
        for (var k = 0; k < data.Rows.Count; k++)
        {
            var row = data.Rows[k];
            if (data.IsCourse) csv.Append(CultureInfo.InvariantCulture, $"{row.Trial:R},{row.Time:R},");
            csv.AppendJoin(',', row.Settings.Select(Text)).AppendJoin("", row.Measured.Select((x, c) => $",{Text(x)},{Text(result.Predicted[k][c])}"))
                .Append(result.IsHeldOut[k] ? ",1\n" : ",0\n");
        }
        OutFolder.Save(folder, "predictions.csv", csv.ToString());
        (double Said, double Measured, bool IsHeldOut)[] pairs =
        [
            .. data.Rows.SelectMany((row, k) => row.Measured.Select((x, c) => (result.Predicted[k][c], x, result.IsHeldOut[k]))).Where(p
                => double.IsFinite(p.Item1 + p.x)),
        ];
        var (least, most) = (pairs.Min(p => Math.Min(p.Said, p.Measured)), pairs.Max(p => Math.Max(p.Said, p.Measured)));
        var room = 0.05 * (most > least ? most - least : Math.Max(1, Math.Abs(most)));
        (double Min, double Max) range = (least - room, most + room);
        PlotSeries Dots(string name, bool isHeldOut)
            => new(name, pairs.Where(p => p.IsHeldOut == isHeldOut).Select(p => p.Said).ToArray(),
                pairs.Where(p => p.IsHeldOut == isHeldOut).Select(p => p.Measured).ToArray());
        OutFolder.Save(folder, "fit.svg", SvgPlot.Plane(
            $"{title}: measured against fitted", "fitted", "measured", [new("equal", new[] { range.Min, range.Max }, new[] { range.Min, range.Max })], [],
            pairs.Any(p => p.IsHeldOut) ? [Dots("fitted rows", false), Dots("held out", true)] : [Dots("rows", false)], range, range));
    }
}
