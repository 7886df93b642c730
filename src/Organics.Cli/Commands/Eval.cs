using System.CommandLine;
using System.Numerics;
using System.Text.Json;

namespace Organics;

/// <summary><c>organics eval RUN</c>.</summary>
static class Eval
{
    const string Run = "RUN", Json = "--json";

    /// <summary>What may differ from the run where a trained model is used.</summary>
    public static IReadOnlyList<string> MayBeGiven { get; } = ["--data", "--data-dir", "--precision", "--threads", Devices.Name];

    public static Command Command()
    {
        var command = new Command("eval", "Evaluate a trained model, and the stability of its circuits, on test samples.");
        command.Arguments.Add(new Argument<string>(Run) { Description = "The folder of a run." });
        foreach (var name in MayBeGiven) command.Options.Add(TrainingRun.Of(name).Option("as in the run"));
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var folder = given.GetRequiredValue<string>(Run);
            var record = RunRecord.Read(folder);
            var run = Changed(record, given);
            return (int)Precision.Run(run, new RunEvaluation(run, folder, record.Data, given.GetValue<bool>(Json)));
        });
        return command;
    }

    /// <summary>The configuration of a run with what was given beside it.</summary>
    public static TrainingRun Changed(RunRecord record, ParseResult given)
        => MayBeGiven.Select(TrainingRun.Of).Aggregate(record.Configuration, (r, setting) => setting.Set(r, given));
}

/// <summary>Examines the best checkpoint of a run and reports.</summary>
/// <param name="run">The configuration of the run, with other data or precision where they were asked for.</param>
/// <param name="folder">The folder of the run.</param>
/// <param name="trained">What the model was trained on.</param>
/// <param name="json">Whether the result is for a program.</param>
sealed class RunEvaluation(TrainingRun run, string folder, DataRecord trained, bool json) : IProgram
{
    public ExitCode Run<P, T>(ModelKind<P, T> kind)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var interrupt = new Interrupt();
        var test = RunData.LoadTest(run, trained);
        using var device = Devices.Open(
            run.Device == Devices.Auto ? AutoDevice.ForEvaluation(kind, run, trained, test, interrupt.Token) : run.Device, run.ThreadCount);
        var examined = kind.Examine(folder, trained, test, device, interrupt.Token);
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                examined.Complete(new EvalResult(Training.Of(examined.Test.Metrics, Metric.Accuracy),
                    Training.Of(examined.Test.Metrics, Metric.MeanSquaredError), Training.Of(examined.Test.Metrics, Metric.R2),
                    examined.Test.Loss, run.Data, test.Count, examined.MaxRealPart, examined.StableFraction, null, null,
                    ModelFiles.Path(folder), null, examined.Confusion)), RunJson.Line.EvalResult));
        }
        else
        {
            Summary.Write(examined, $"Test {Summary.Scores(examined.Test.Metrics)} on {run.Data} ({test.Count:N0} samples), loss {examined.Test.Loss:F4}.");
            foreach (var lack in examined.Lacking) Console.Out.WriteLine(lack);
        }
        examined.LogFailure();
        return examined.Verdict;
    }
}
