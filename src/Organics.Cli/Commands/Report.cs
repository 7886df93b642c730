using System.CommandLine;
using System.Numerics;

namespace Organics;

/// <summary><c>organics report RUN</c>.</summary>
static class Report
{
    /// <summary>The page of a run, in its folder.</summary>
    public const string File = "report.html";

    const string Run = "RUN", Out = "--out";

    public static Command Command()
    {
        var command = new Command("report", "Write one HTML file about a run, its curves, spectrum, mistakes, certificate and machine, that needs no network.");
        command.Arguments.Add(new Argument<string>(Run) { Description = "The folder of a run." });
        foreach (var name in Eval.MayBeGiven) command.Options.Add(TrainingRun.Of(name).Option("as in the run"));
        command.Options.Add(new Option<string>(Out) { Description = $"The file to write [RUN/{File}].", HelpName = "FILE.html" });
        command.SetAction(given =>
        {
            var folder = given.GetRequiredValue<string>(Run);
            var record = RunRecord.Read(folder);
            var file = PathOf(given.GetValue<string>(Out) ?? Path.Combine(folder, File), Out);
            return (int)Precision.Run(Eval.Changed(record, given), new RunReport(Eval.Changed(record, given), record, folder, file));
        });
        return command;
    }

    /// <summary>The file of a page as an option names it.</summary>
    public static string PathOf(string file, string option)
        => file.EndsWith(".html", StringComparison.OrdinalIgnoreCase) ? file
            : throw Failure.Usage($"{option} is '{file}', but the page is HTML; name a file that ends in .html.");
}

/// <summary>Writes the page of a run; what can be examined is examined anew.</summary>
/// <param name="run">The configuration of the run, with other data or precision where they were asked for.</param>
/// <param name="record">The run.</param>
/// <param name="folder">Its folder.</param>
/// <param name="file">Where the page goes.</param>
sealed class RunReport(TrainingRun run, RunRecord record, string folder, string file) : IProgram
{
    public ExitCode Run<P, T>(ModelKind<P, T> kind)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var interrupt = new Interrupt();
        var page = RunPage.Of(record, folder, TrainingCurve.Read(folder));
        var code = ExitCode.Done;
        if (!System.IO.File.Exists(ModelFiles.Path(folder)))
            page.Section("Stability").Text($"No epoch of the run is done, so there is no {ModelFiles.Model} to examine.");
        else if (Test() is { } test)
        {
            using var device = Devices.Open(
                run.Device == Devices.Auto ? AutoDevice.ForEvaluation(kind, run, record.Data, test, interrupt.Token) : run.Device, run.ThreadCount);
            var examined = kind.Examine(folder, record.Data, test, device, interrupt.Token);
            RunPage.Add(page, examined, test, run.Data);
            if (examined.Confusion is not null)
                ExampleImages.Add(page, ModelFiles.Load(kind, run, folder, record.Data, device), test, device, interrupt.Token);
            examined.LogFailure();
            code = examined.Verdict;
        }
        else WithoutData(page);
        page.Write(file);
        Console.Out.WriteLine(Printable.Of($"Written to '{file}'."));
        return code;
    }

    SampleSet? Test()
    {
        try
        {
            return RunData.LoadTest(run, record.Data);
        }
        catch (Exception error) when (error is DataUnavailableException or Failure { Code: ExitCode.Usage })
        {
            Log.Line($"Note: the test samples are not here, so the page has of the examination only what {RunRecord.File} holds. {error.Message}");
            return null;
        }
    }

    void WithoutData(HtmlReport page)
    {
        page.Section("Stability").Text(record.Results is { MaxReLambda: { } largest, StableFraction: { } stable }
            ? $"When the run ended, {SafeSide.Percent(stable):F2} % of what was examined was stable; the largest Re λ was {HtmlReport.Show(largest)}."
            : $"{RunRecord.File} says nothing of stability.")
            .Text($"The test samples of '{run.Data}' were not to be had when this page was written, so nothing was examined anew and no spectrum is drawn.");
        page.Section("Test samples");
        if (record.Results?.Confusion is { } confusion) page.Confusion(confusion).Text("Examples need the test samples, which were not to be had.");
        else page.Text($"{RunRecord.File} has no confusion matrix.");
    }
}
