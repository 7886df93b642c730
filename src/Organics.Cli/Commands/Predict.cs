using System.CommandLine;
using System.Numerics;
using System.Text.Json;

namespace Organics;

/// <summary><c>organics predict RUN</c>.</summary>
static class Predict
{
    const string Run = "RUN", Out = "--out", Json = "--json";

    public static Command Command()
    {
        var command = new Command("predict", "Let a trained model look at samples, with or without targets, and write what it says.");
        command.Arguments.Add(new Argument<string>(Run) { Description = "The folder of a run." });
        foreach (var name in Eval.MayBeGiven) command.Options.Add(TrainingRun.Of(name).Option("as in the run"));
        command.Options.Add(new Option<string>(Out)
        {
            Description = "The file to write: an .npz with outputs (logits, or numbers) and, where classes are "
            + "asked for, classes and probabilities.",
            HelpName = "FILE",
            Required = true
        });
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var folder = given.GetRequiredValue<string>(Run);
            var record = RunRecord.Read(folder);
            var run = Eval.Changed(record, given);
            var file = given.GetRequiredValue<string>(Out);
            if (!file.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
                throw Failure.Usage($"--out is '{file}', but predictions are a file .npz; give it that name.");
            if (Path.GetFullPath(file) == Path.GetFullPath(run.Data)) throw Failure.Usage($"--out is '{file}', which are the data themselves; give another.");
            return (int)Precision.Run(run, new RunPrediction(run, folder, record.Data, file, given.GetValue<bool>(Json)));
        });
        return command;
    }
}

/// <summary>What a prediction came to; stdout has it with --json.</summary>
/// <param name="Out">Where the predictions are.</param>
/// <param name="Data">The samples.</param>
/// <param name="Samples">How many.</param>
/// <param name="Checkpoint">The file of the model.</param>
sealed record PredictionResult(string Out, string Data, int Samples, string Checkpoint);

/// <summary>Predicts with the best checkpoint of a run and writes the result.</summary>
/// <param name="run">The configuration of the run, with other data or precision where they were asked for.</param>
/// <param name="folder">The folder of the run.</param>
/// <param name="trained">What the model was trained on.</param>
/// <param name="file">Where the result goes.</param>
/// <param name="json">Whether stdout is for a program.</param>
sealed class RunPrediction(TrainingRun run, string folder, DataRecord trained, string file, bool json) : IProgram
{
    const int Batch = 256;

    public ExitCode Run<P, T>(ModelKind<P, T> kind)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var interrupt = new Interrupt();
        var samples = RunData.LoadTest(run, trained, needsTargets: false);
        using var device = Devices.Open(run.Device == Devices.Auto ? AutoDevice.ForEvaluation(kind, run, trained, samples, interrupt.Token)
            : run.Device, run.ThreadCount);
        var model = ModelFiles.Load(kind, run, folder, trained, device);
        var format = samples.Format;
        var outputs = new T[checked(samples.Count * format.Targets * format.Outputs)];
        var at = 0;
        using var workspace = new Workspace<T>(device);
        foreach (var batch in samples.Batches<T>(Batch))
        {
            interrupt.Token.ThrowIfCancellationRequested();
            // The targets, where there are none, are 0, and so is the loss of no interest.
            var part = model.Evaluate(model.Parameters, workspace.From(batch.Inputs, [batch.Count, format.Width]), batch).Outputs;
            part.CopyTo(outputs.AsSpan(at, part.Length));
            at += part.Length;
            workspace.Reset();
        }
        int[] shape = format.PerStep ? [samples.Count, format.Steps] : [samples.Count];
        var arrays = new Dictionary<string, NumberArray> { ["outputs"] = NumberArray.Of<T>("outputs", [.. shape, format.Outputs], outputs) };
        if (format.Target == TargetKind.Class)
        {
            var logits = Tensor.From<T>(outputs, [outputs.Length / format.Outputs, format.Outputs]);
            arrays["classes"] = NumberArray.Of<int>("classes", shape, logits.Argmax(1));
            arrays["probabilities"] = NumberArray.Of<T>("probabilities", [.. shape, format.Outputs], logits.Softmax(1).ToArray());
        }
        try
        {
            Npz.Write(file, arrays);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage($"The file '{file}' cannot be written: {error.Message.TrimEnd('.')}; give another --out.");
        }
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(new PredictionResult(file, run.Data, samples.Count, ModelFiles.Path(folder)),
            RunJson.Line.PredictionResult));
        else Console.Out.WriteLine(Printable.Of($"{string.Join(" and ", arrays.Select(each => $"{each.Key} [{string.Join(", ", each.Value.Shape)}]"))} of "
            + $"{samples.Count:N0} samples of {run.Data}, in '{file}'."));
        return ExitCode.Done;
    }
}
