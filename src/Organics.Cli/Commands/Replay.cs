using System.CommandLine;
using System.Numerics;

namespace Organics;

/// <summary><c>organics replay FILE</c>.</summary>
static class Replay
{
    /// <summary>The key in the header of a replay file that holds run.json.</summary>
    public const string RunKey = "run";

    const string Argument = "FILE";

    public static Command Command()
    {
        var command = new Command("replay", "Repeat a training that diverged, from a state shortly before.");
        command.Arguments.Add(new Argument<string>(Argument) { Description = $"{ModelFiles.Replay}, or the folder of the run that left it." });
        Setting[] options = [TrainingRun.Of("--threads"), TrainingRun.Of("--data-dir")];
        foreach (var setting in options) command.Options.Add(setting.Option("as in the run"));
        command.SetAction(given =>
        {
            var path = ModelFiles.Named(given.GetRequiredValue<string>(Argument), ModelFiles.Replay);
            var file = SafeTensors.Read(path);
            if (!file.Metadata.TryGetValue(RunKey, out var json) || !file.Metadata.TryGetValue(ModelFiles.Cause, out var cause))
                throw Failure.Usage($"'{path}' says nothing of a training that diverged; name the {ModelFiles.Replay} that one has left.");
            var record = RunRecord.Parse(path, System.Text.Encoding.UTF8.GetBytes(json));
            var run = options.Aggregate(record.Configuration, (r, setting) => setting.Set(r, given));
            return (int)Precision.Run(run, new Repetition(run, record, path, cause));
        });
        return command;
    }
}

/// <summary>Trains on from a replay file until it diverges again, and compares.</summary>
sealed class Repetition(TrainingRun run, RunRecord record, string path, string cause) : IProgram
{
    public ExitCode Run<P, T>(ModelKind<P, T> kind)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var interrupt = new Interrupt();
        var data = RunData.Load(run);
        if (!record.Data.IsSame(data.Record)) throw Failure.Check($"The data set '{run.Data}' is not the one that the training had, for its sizes or SHA-256 differ; bring that back.");
        ModelFiles.CheckSizes(kind, data.Record, SafeTensors.Read(path), ModelFiles.StatePrefix);
        using var device = Devices.Open(run.Device, run.ThreadCount);
        var model = kind.Create(data.Record, device);
        var folder = Directory.CreateTempSubdirectory("organics-replay-").FullName;
        try
        {
            var options = Training.Options(run, folder, kind, model, record, data.Validation);
            var trainer = new Trainer<P, T>(model, Training.Optimizer(run, model), data.Train, data.Validation, device, options);
            trainer.Replay(path);
            Console.Out.WriteLine($"From epoch {trainer.EpochsDone + 1}, batch {trainer.BatchesDone + 1}.");
            trainer.Run(interrupt.Token);
            throw Failure.Check(
                $"The training went on to its end without the divergence of '{path}': {cause}; it was made by another version or on another kind of machine.");
        }
        catch (DivergedException error) when (error.Cause == cause)
        {
            Console.Out.WriteLine(Printable.Of($"The same again: {cause}."));
            return ExitCode.Done;
        }
        catch (DivergedException error)
        {
            throw Failure.Check($"It diverged in another way: {error.Cause}. '{path}' has: {cause}.");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
