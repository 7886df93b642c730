using System.CommandLine;
using System.Numerics;
using System.Text.Json;

namespace Organics;

/// <summary><c>organics export RUN</c>.</summary>
static class Export
{
    const string Run = "RUN", Onnx = "--onnx", Out = "--out", Json = "--json", Extension = ".onnx";

    public static Command Command()
    {
        var command = new Command("export", "Write a trained model in a form that other programs run.");
        command.Arguments.Add(new Argument<string>(Run) { Description = "The folder of a run." });
        command.Options.Add(new Option<bool>(Onnx)
        {
            Description = "As an ONNX file: sequence models with their cell as a Scan over steps, static ones where their fixed points have a closed form.",
        });
        command.Options.Add(new Option<string>(Out) { Description = "The file to write [RUN/model.onnx].", HelpName = "FILE" });
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            if (!given.GetValue<bool>(Onnx)) throw Failure.Usage("`organics export` needs a form to write; add --onnx, the one that there is.");
            var folder = given.GetRequiredValue<string>(Run);
            var record = RunRecord.Read(folder);
            var file = given.GetValue<string>(Out) ?? Path.Combine(folder, "model" + Extension);
            if (!file.EndsWith(Extension, StringComparison.OrdinalIgnoreCase))
                throw Failure.Usage($"--out is '{file}', but the model is written as a file {Extension}; give it that name.");
            return (int)Precision.Run(record.Configuration, new RunExport(record.Configuration, folder, record.Data, file, given.GetValue<bool>(Json)));
        });
        return command;
    }
}

/// <summary>What was exported; stdout has it with --json.</summary>
sealed record ExportResult(string Out, string Checkpoint, string Input);

/// <summary>Writes the best checkpoint of a run as ONNX.</summary>
/// <param name="run">The configuration of the run.</param>
/// <param name="folder">The folder of the run.</param>
/// <param name="trained">What the model was trained on.</param>
/// <param name="file">Where the result goes.</param>
/// <param name="json">Whether stdout is for a program.</param>
sealed class RunExport(TrainingRun run, string folder, DataRecord trained, string file, bool json) : IProgram
{
    public ExitCode Run<P, T>(ModelKind<P, T> kind)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var input = trained.IsImage ? "brightness of pixels from 0 to 1: bytes / 255, row by row" : "numbers in the units of the data";
        var metadata = new Dictionary<string, string>(kind.Metadata(trained)) { ["input"] = input };
        try
        {
            var bytes = ModelFiles.Load(kind, run, folder, trained, Device.Cpu) switch
            {
                SequenceModel<T> model => OnnxFile.Of(model, metadata),
                StaticClassifier<T> model => OnnxFile.Of(model, metadata),
                var other => throw new NotSupportedException($"No ONNX file is written of a {other.GetType().Name}."),
            };
            AtomicFile.Write(file, stream => stream.Write(bytes));
        }
        catch (NotSupportedException error)
        {
            throw Failure.Usage(error.Message);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage($"The file '{file}' cannot be written: {error.Message.TrimEnd('.')}; give another --out.");
        }
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(new ExportResult(file, ModelFiles.Path(folder), input), RunJson.Line.ExportResult));
        else Console.Out.WriteLine(Printable.Of($"{kind.Description(trained)} in '{file}'; its input is {input}."));
        return ExitCode.Done;
    }
}
