using System.CommandLine;
using System.Numerics;
using System.Text.Json;

namespace Organics;

/// <summary><c>organics train static</c>.</summary>
static class TrainStatic
{
    const string Out = "--out", Resume = "--resume", Json = "--json";

    public static Command Command()
    {
        var command = new Command("static", "Train the static classifier: an autoencoder whose code drives ORGaNICs at their fixed points.");
        foreach (var setting in StaticRun.Settings) command.Options.Add(setting.Option());
        command.Options.Add(new Option<string>(Out) { Description = "The folder of the run [runs/static-DATA-UNITS-sSEED, with a number where that is taken].", HelpName = "FOLDER" });
        command.Options.Add(new Option<string>(Resume) { Description = "Continue the run in a folder; only --epochs (more), --threads and --json may be given with it.", HelpName = "RUN" });
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given => (int)Run(given));
        return command;
    }

    static ExitCode Run(ParseResult given)
    {
        var json = given.GetValue<bool>(Json);
        foreach (var name in (string[])[Out, Resume])
            if (given.GetValue<string>(name) is { } named && string.IsNullOrWhiteSpace(named)) throw Failure.Usage($"{name} is empty; name a folder.");
        if (given.GetValue<string>(Resume) is not { } folder)
        {
            var run = StaticRun.Settings.Aggregate(new StaticRun(), (r, setting) => setting.Set(r, given)).Resolved();
            folder = given.GetValue<string>(Out) ?? Enumerable.Range(1, int.MaxValue).Select(run.DefaultFolder).First(each => !Holds(each));
            RefuseExistingRun(folder);
            return Precision.Run(run.Precision, new StaticTraining(run, folder, null, json));
        }
        var previous = RunRecord.Read(folder);
        var other = StaticRun.Settings.Where(setting => !setting.MayChange && setting.IsIn(given)).Select(setting => setting.Name).FirstOrDefault()
            ?? (given.GetValue<string>(Out) is null ? null : Out);
        if (other is not null) throw Failure.Usage($"{other} cannot be given with {Resume}, because the run goes on as it began; leave it out, or train anew.");
        var resumed = StaticRun.Settings.Where(setting => setting.MayChange).Aggregate(previous.Configuration, (r, setting) => setting.Set(r, given));
        if (resumed.Epochs < previous.Configuration.Epochs)
            throw Failure.Usage($"--epochs is {resumed.Epochs}, but the run in '{folder}' is of {previous.Configuration.Epochs}; with {Resume} it can only grow.");
        return Precision.Run(resumed.Precision, new StaticTraining(resumed, folder, previous, json));
    }

    static void RefuseExistingRun(string folder)
    {
        if (Holds(folder))
            throw Failure.Usage(File.Exists(Path.Combine(folder, RunRecord.File))
                ? $"The folder '{folder}' already holds a run; continue it with `{ResumeCommand(folder)}`, or give another --out."
                : $"The folder '{folder}' is not empty; give another --out.");
    }

    /// <summary>Whether a folder holds anything that would be lost: a run that never reached a checkpoint is nothing.</summary>
    static bool Holds(string folder)
        => Directory.Exists(folder) && new DirectoryInfo(folder).EnumerateFileSystemInfos()
            .Any(entry => entry.Name != RunRecord.File && entry is not FileInfo { Name: Trainer<StaticClassifierParameters<float>, float>.MetricsFile, Length: 0 });

    public static string ResumeCommand(string folder) => $"organics train static {Resume} {(folder.Contains(' ') ? $"\"{folder}\"" : folder)}";
}

/// <summary>Trains, examines and reports.</summary>
/// <param name="run">The configuration.</param>
/// <param name="folder">Where everything goes.</param>
/// <param name="previous">The record of the run that is resumed; null for a new one.</param>
/// <param name="json">Whether the result is for a program.</param>
sealed class StaticTraining(StaticRun run, string folder, RunRecord? previous, bool json) : IProgram
{
    public ExitCode Run<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var interrupt = new Interrupt();
        var data = RunData.Load(run);
        if (previous is not null && previous.Data != data.Record)
            throw Failure.Check($"The data set '{run.Data}' is not the one that the run in '{folder}' began with, for its sizes or SHA-256 differ from those in {RunRecord.File}; bring that back, or train anew.");
        using var device = Devices.Open(run.Device, run.Threads);
        var model = StaticModel.Create<T>(run, data.Record, device);
        var record = new RunRecord { Configuration = run, Data = data.Record, Device = device.Name };
        try
        {
            var trainer = Train(model, data, device, record, interrupt.Token);
            var examined = Examination.Of<T>(folder, run, data.Record, data.Test, device, interrupt.Token);
            examined.Store(folder);
            Figures.Write(folder, examined);
            var result = Result(trainer, model, data, examined);
            (record with { Results = result }).Write(folder);
            // What writes cut short by a kill have left.
            foreach (var torn in Directory.GetFiles(folder, ".*.tmp")) File.Delete(torn);
            Report(result, examined);
            return examined.Verdict;
        }
        catch (OperationCanceledException)
        {
            throw new Failure(ExitCode.Interrupted, $"interrupted; continue with `{TrainStatic.ResumeCommand(folder)}`");
        }
        catch (IOException error) when (HasState())
        {
            throw Failure.Check($"The run cannot go on: {error.Message.TrimEnd('.')}; its last checkpoint is whole, so make room and continue with `{TrainStatic.ResumeCommand(folder)}`.");
        }
    }

    void Begin(RunRecord record, int epochsDone, int batchesDone)
    {
        try
        {
            record.Write(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage($"The run folder '{folder}' cannot be written: {error.Message.TrimEnd('.')}; {(previous is null ? "give another --out" : "make it writable")}.");
        }
        var at = previous is null ? "Training"
            : epochsDone == run.Epochs ? "Examining anew, for all its epochs are done (--epochs with a larger number trains on),"
            : epochsDone + batchesDone == 0 ? "Beginning again, for there was no checkpoint yet,"
            : $"Continuing in epoch {epochsDone + 1} of {run.Epochs}{(batchesDone > 0 ? $" after {batchesDone:N0} batches" : "")},";
        Log.Line($"{at} {StaticModel.Describe(run)} on {record.Data.Name} ({record.Data.Classes} classes; {record.Data.Training:N0} training, {record.Data.Validation:N0} validation and {record.Data.Test:N0} test images), on {record.Device}.");
        if (Enumerable.Range(0, run.Epochs).FirstOrDefault(epoch => Schedule.Parse(run.Schedule!).Factor(epoch) == 0, -1) is var still and >= 0)
            Log.Line($"Note: the schedule {run.Schedule} brings the learning rate to 0 in epoch {still + 1} of {run.Epochs}; nothing is learned from there on.");
    }

    Trainer<StaticClassifierParameters<T>, T> Train<T>(StaticClassifier<T> model, RunData data, Device device, RunRecord record, CancellationToken cancellation)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Action<double, string> report = (_, _) => { };
        // Samples without a fixed point, in this epoch's training and validation.
        var (before, notConverged) = (0L, 0L);
        var adam = new Adam<StaticClassifierParameters<T>, T>(model.Parameters, run.LearningRate) { WeightDecay = run.WeightDecay };
        var options = new TrainerOptions
        {
            Epochs = run.Epochs,
            Batch = run.Batch,
            LearningRate = run.LearningRate,
            Schedule = Schedule.Parse(run.Schedule!),
            Seed = run.Seed,
            Folder = folder,
            Metadata = StaticModel.Metadata(run),
            Constants = StaticModel.Constants(run),
            MoreMetrics = () =>
            {
                (notConverged, before) = (model.NotConverged - before, model.NotConverged);
                return [new("not_converged", notConverged)];
            },
            CheckpointEvery = TimeSpan.FromSeconds(run.CheckpointSeconds),
        };
        var trainer = new Trainer<StaticClassifierParameters<T>, T>(model, adam, data.Train, data.Validation, device, options)
        {
            OnProgress = p => report(
                (p.Epoch + (double)p.Batch / p.Batches) / run.Epochs,
                $"epoch {p.Epoch + 1}/{run.Epochs}  loss {p.Loss:F3}  accuracy {100 * p.Accuracy:F1} %  {Duration(p.SecondsLeft)} left  {p.SamplesPerSecond:N0} samples/s"),
            OnEpoch = e =>
            {
                if (notConverged > 0) Log.Line($"Note: in epoch {e.Epoch + 1}, {notConverged:N0} samples did not settle to a fixed point; their gradients are not to be trusted.");
                if (!Log.IsLive)
                    Log.Line($"epoch {e.Epoch + 1}/{run.Epochs}: loss {e.TrainLoss:F4}, accuracy {100 * e.TrainAccuracy:F2} %, validation loss {e.Validation.Loss:F4}, accuracy {100 * e.Validation.Accuracy:F2} %{(e.IsBest ? " (best)" : "")}, {e.Seconds:F1} s");
            },
        };
        // A state that cannot be taken up changes nothing of the run.
        if (previous is not null && HasState()) trainer.Resume();
        Begin(record, trainer.EpochsDone, trainer.BatchesDone);
        return Log.Progress(show =>
        {
            report = show;
            trainer.Run(cancellation);
            return trainer;
        });
    }

    /// <summary>A run that died before its first checkpoint begins again; one that was finished must have its state.</summary>
    bool HasState() => previous?.Results is not null || File.Exists(Path.Combine(folder, Trainer<StaticClassifierParameters<float>, float>.StateFile));

    StaticResult Result<T>(Trainer<StaticClassifierParameters<T>, T> trainer, StaticClassifier<T> model, RunData data, Examination examined)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var seconds = MetricsLog.Read(Path.Combine(folder, Trainer<StaticClassifierParameters<T>, T>.MetricsFile)).Select(row => row.Values["seconds"]).Order().ToArray();
        var median = (seconds[(seconds.Length - 1) / 2] + seconds[seconds.Length / 2]) / 2;
        return new()
        {
            TestAccuracy = examined.Test.Accuracy,
            ValAccuracy = trainer.BestAccuracy,
            TrainLoss = trainer.TrainLoss,
            Epochs = seconds.Length,
            BestEpoch = trainer.BestEpoch + 1,
            Parameters = model.Parameters.Count(),
            SecondsPerEpoch = median,
            SamplesPerSecond = median > 0 ? Math.Round(data.Train.Count / median, 1) : double.NaN,
            MaxReLambda = examined.Stability.MaxRealPart,
            StableFraction = examined.Stability.StableFraction,
            MaxResidual = examined.Stability.MaxResidual,
            NotConverged = examined.NotConverged,
            Checkpoint = Path.Combine(folder, Trainer<StaticClassifierParameters<T>, T>.ModelFile),
            Seed = run.Seed,
            Confusion = examined.Confusion,
        };
    }

    void Report(StaticResult result, Examination examined)
    {
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(result, RunJson.Line.StaticResult));
        else Summary.Write(examined, $"Test accuracy {100 * result.TestAccuracy:F2} % with the parameters of epoch {result.BestEpoch} (validation {100 * result.ValAccuracy:F2} %), in '{folder}'.");
        examined.LogFailure();
    }

    static string Duration(double seconds) => seconds < 100 ? $"{seconds:F0} s" : seconds < 6000 ? $"{seconds / 60:F0} min" : $"{seconds / 3600:F1} h";
}
