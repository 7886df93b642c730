using System.Numerics;
using System.Text.Json;

namespace Organics;

/// <summary>Trains, examines and reports.</summary>
/// <param name="run">The configuration.</param>
/// <param name="data">Its samples.</param>
/// <param name="interrupt">What gives up.</param>
/// <param name="ranks">Those that train together.</param>
/// <param name="claim">Takes the lock of the folder where everything goes; of a new run it is called only once everything else is known to be right.</param>
/// <param name="previous">The record of the run that is resumed; null for a new one.</param>
/// <param name="json">Whether the result is for a program.</param>
sealed class Training(TrainingRun run, RunData data, Interrupt interrupt, Ranks ranks, Func<RunLock> claim, RunRecord? previous, bool json) : IProgram
{
    // Empty until the folder is claimed.
    string _folder = "";
    TensorBoardLog? _log;

    /// <summary>Opens the device of a name with a number of threads.</summary>
    public Func<string, int, Device> Open { get; init; } = Devices.Open;

    /// <summary>Whether the result is written to stdout.</summary>
    public bool Reports { get; init; } = true;

    /// <summary>What shows the training while it goes on; null for none.</summary>
    public WatchServer? Watch { get; init; }

    /// <summary>Whether the metrics are also written as TensorBoard reads them.</summary>
    public bool LogsForTensorBoard { get; init; }

    public ExitCode Run<P, T>(ModelKind<P, T> kind)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RunLock? alone = null;
        try
        {
            // The first rank has the folder for all.
            string Claimed() => ranks.Tell(ranks.IsFirst ? (alone ??= claim()).Folder : "");
            if (previous is not null) _folder = Claimed();
            // The name may be another path to the same samples.
            if (previous is not null && !previous.Data.IsSame(data.Record))
                throw Failure.Check($"The data set '{run.Data}' is not the one that the run in '{_folder}' began with, for its sizes or SHA-256 differ from "
                    + $"those in {RunRecord.File}; bring that back, or train anew.");
            interrupt.Token.ThrowIfCancellationRequested();
            if (run.Device == Devices.Auto) run = run with
            {
                Device = ranks.Tell(ranks.IsFirst ? AutoDevice.ForTraining(kind, run, data.Record, data.Train, interrupt.Token) : ""),
            };
            using var device = Open(ranks.Device(run.Device), run.Threads ?? ranks.Threads);
            run = run with { Blocks = run.Blocks ?? (previous is null ? ranks.Blocks(Math.Min(run.Batch, data.Train.Count), device is GpuDevice) : 1) };
            if (run.Blocks < ranks.Size)
                throw Failure.Usage($"{ranks.Size} ranks cannot share {run.Blocks} {(run.Blocks == 1 ? "block" : "blocks")} of a batch; start {run.Blocks} at most"
                    + $"{(previous is null ? ", or give more --blocks" : ", for the run began with so many --blocks")}.");
            ranks.Agree(("options", JsonSerializer.Serialize(run with { Threads = null }, RunJson.Default.TrainingRun)),
                ("data", JsonSerializer.Serialize(data.Record, RunJson.Default.DataRecord)));
            // A record may claim any size, and a model of it takes time and memory to make.
            if (previous is not null && HasState()) ModelFiles.CheckSizes(kind, data.Record, SafeTensors.Read(Path.Combine(_folder, ModelFiles.State)),
                ModelFiles.StatePrefix);
            var model = kind.Create(data.Record, device);
            var record = new RunRecord
            {
                Configuration = run,
                Data = data.Record,
                Device = device.Name,
                Origin = previous is null ? OriginRecord.Now : previous.Origin,
                Growth = previous?.Growth,
            };
            interrupt.Token.ThrowIfCancellationRequested();
            if (previous is null) _folder = Claimed();
            var trainer = Train(kind, model, device, record, interrupt.Token);
            if (!ranks.IsFirst) return ExitCode.Done;
            Log.Line($"Examining the best parameters on the {data.Test.Count:N0} test samples.");
            var examined = kind.Examine(_folder, data.Record, data.Test, device, interrupt.Token);
            examined.Store(_folder);
            Figures.Write(_folder, examined);
            var result = Result(trainer, model, examined);
            record = record with { Results = result, Growth = kind.Growth ?? record.Growth };
            record.Write(_folder);
            LogTest(examined);
            Watch?.Show(() =>
            {
                var page = RunPage.Of(record, _folder, TrainingCurve.Read(_folder));
                RunPage.Add(page, examined, data.Test, run.Data);
                return page;
            });
            if (Reports) Report(result, examined);
            return examined.Verdict;
        }
        catch (DivergedException error) when (File.Exists(Path.Combine(_folder, ModelFiles.Replay)))
        {
            throw new Failure(ExitCode.Diverged, $"{error.Message} `organics replay {ShellWord.Of(Path.Combine(_folder, ModelFiles.Replay))}` repeats it.");
        }
        catch (OperationCanceledException)
        {
            throw alone is null ? new(ExitCode.Interrupted, "interrupted before the training began.") : Interrupted();
        }
        catch (Exception error) when (alone is not null && Failure.OfDevice(error) is { } sentence && HasState())
        {
            var resume = Organics.Train.ResumeCommand(run, _folder);
            throw Failure.Check($"{sentence} The last checkpoint is kept: continue with "
                + $"`{resume}`{(run.Device == Devices.Cpu ? "" : $", or on the processor with `{resume} --device {Devices.Cpu}`")}.");
        }
        catch (IOException error) when (alone is not null && HasState())
        {
            throw Failure.Check($"The run cannot go on: {error.Message.TrimEnd('.')}; its last checkpoint is whole, so make room and continue with "
                + $"`{Organics.Train.ResumeCommand(run, _folder)}`.");
        }
        finally
        {
            alone?.Dispose();
        }
    }

    void Begin(string description, RunRecord record, int epochsDone, int batchesDone)
    {
        try
        {
            // The results of a run that is only examined anew stay until there are others.
            (record with { Results = epochsDone == run.Epochs ? previous?.Results : null }).Write(_folder);
            // What writes cut short by a kill have left.
            foreach (var file in Directory.EnumerateFiles(_folder).Where(file => AtomicFile.IsTemporary(Path.GetFileName(file)))) File.Delete(file);
            // What an earlier attempt left here does not belong to this one.
            if (previous is null) File.Delete(Path.Combine(_folder, ModelFiles.Replay));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage($"The run folder '{_folder}' cannot be written: {error.Message.TrimEnd('.')}; "
                + $"{(previous is null ? "give another --out" : "make it writable")}.");
        }
        var at = previous is null ? "Training"
            : epochsDone == run.Epochs ? "Examining anew, for all its epochs are done (--epochs with a larger number trains on),"
            : epochsDone + batchesDone == 0 ? "Beginning again, for there was no checkpoint yet,"
            : $"Continuing in epoch {epochsDone + 1} of {run.Epochs}{(batchesDone > 0 ? $" after {batchesDone:N0} batches" : "")},";
        Log.Line($"{at} {description} on {record.Data.Name} ({record.Data.Format}; {record.Data.Training:N0} training, {record.Data.Validation:N0} "
            + $"validation and {record.Data.Test:N0} test samples), on {record.Device}{(ranks.Description is { } many ? $", {many}" : "")}.");
        if (!FusedMultiplyAdd.IsInHardware)
            Log.Line("Note: this processor has no fused multiply-add (FMA); products are made without it, to the same bits, and take tens of times as long.");
        if (run.LearningRates.FirstZero(run.Epochs) is { } still)
            Log.Line($"Note: the schedule {run.Schedule} brings the learning rate to 0 in epoch {still + 1} of {run.Epochs}; nothing is learned from there "
                + "on.");
    }

    Trainer<P, T> Train<P, T>(ModelKind<P, T> kind, IModel<P, T> model, Device device, RunRecord record, CancellationToken cancellation)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Action<double, string> report = (_, _) => { };
        var trainer = new Trainer<P, T>(
            model, Optimizer(run, model), data.Train, data.Validation, device,
            Options(run, _folder, kind, model, record, data.Validation) with { Ranks = ranks.All })
        {
            OnProgress = p =>
            {
                var (done, text) = ((p.Epoch + (double)p.Batch / p.Batches) / run.Epochs,
                    $"epoch {p.Epoch + 1}/{run.Epochs}  loss {p.Loss:G3}  {Summary.Scores(p.Metrics)}  {Duration(p.SecondsLeft)} left  {p.SamplesPerSecond:N0} "
                        + $"samples/s{kind.Progress(p)}");
                report(done, text);
                Watch?.Progress(done, text);
            },
            OnEpoch = e =>
            {
                if (Watch is not null) ShowEpochs(record, (e.Epoch + 1.0) / run.Epochs, $"epoch {e.Epoch + 1}/{run.Epochs} is done");
                if (_log is { } log && MetricsLog.Read(Path.Combine(_folder, ModelFiles.Metrics)) is [.., var row])
                    log.Append(row.Step, row.Values, DateTimeOffset.UtcNow);
                if (e.NotConverged + e.Validation.NotConverged > 0)
                    Log.Line($"Note: in epoch {e.Epoch + 1}, {e.NotConverged:N0} training and {e.Validation.NotConverged:N0} validation samples did not settle to "
                        + $"a fixed point; {kind.Unsettled}.");
                Log.Line($"epoch {e.Epoch + 1}/{run.Epochs}: loss {e.TrainLoss:G4}, {Summary.Scores(e.TrainMetrics)}, validation loss "
                    + $"{e.Validation.Loss:G4}, {Summary.Scores(e.Validation.Metrics)}{(e.IsBest ? " (best)" : "")}{kind.Epoch}, {e.Seconds:F1} s");
            },
        };
        // A state that cannot be taken up changes nothing of the run.
        if (previous is not null && HasState()) trainer.Resume();
        if (ranks.IsFirst) Begin(kind.Description(data.Record), record, trainer.EpochsDone, trainer.BatchesDone);
        if (LogsForTensorBoard && ranks.IsFirst) OpenLog(trainer.EpochsDone);
        if (Watch is not null)
        {
            ShowEpochs(record, (double)trainer.EpochsDone / run.Epochs, "starting");
            Log.Line($"To be watched at {Watch.Address} on this machine, until the run ends.");
        }
        if (trainer.EpochsDone + trainer.BatchesDone == 0)
        {
            kind.Prepare(model, data.Train, device, cancellation);
            if (kind.Growth is { } growth && ranks.IsFirst) (record with { Growth = growth }).Write(_folder);
        }
        return Log.Progress(show =>
        {
            report = show;
            ranks.IsTraining = true;
            try
            {
                trainer.Run(cancellation);
            }
            // Both come to all ranks.
            catch (DivergedException)
            {
                ranks.End();
                throw;
            }
            catch (OperationCanceledException)
            {
                var failure = Interrupted();
                ranks.Part(failure);
                throw failure;
            }
            ranks.End();
            return trainer;
        });
    }

    Failure Interrupted() => new(ExitCode.Interrupted, $"interrupted; continue with `{Organics.Train.ResumeCommand(run, _folder)}`");

    void ShowEpochs(RunRecord record, double done, string text)
    {
        Watch!.Progress(done, text);
        Watch.Show(() => RunPage.Of(record, _folder, TrainingCurve.Read(_folder), (done, text)));
    }

    // Of a run that had no such log, it begins with the epochs that are done.
    void OpenLog(int epochsDone)
    {
        var folder = Path.Combine(_folder, "tensorboard");
        var isNew = !Directory.Exists(folder) || !Directory.EnumerateFiles(folder).Any();
        _log = new(folder, isNew ? 0 : epochsDone, DateTimeOffset.UtcNow);
        if (!isNew || epochsDone == 0) return;
        foreach (var row in MetricsLog.Read(Path.Combine(_folder, ModelFiles.Metrics)).Where(row => row.Step <= epochsDone))
            _log.Append(row.Step, row.Values, DateTimeOffset.UtcNow);
    }

    void LogTest(Examination examined) => _log?.Append(run.Epochs,
        [new("test_loss", examined.Test.Loss), .. examined.Test.Metrics.Select(each => KeyValuePair.Create($"test_{each.Key}", each.Value))],
        DateTimeOffset.UtcNow);

    /// <summary>A run that died before its first checkpoint begins again; one that was finished must have its state.</summary>
    bool HasState() => previous?.Results is not null || File.Exists(Path.Combine(_folder, ModelFiles.State));

    /// <summary>The optimizer of a configuration.</summary>
    public static Adam<P, T> Optimizer<P, T>(TrainingRun run, IModel<P, T> model)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        => new(model.Parameters, run.LearningRate) { WeightDecay = run.WeightDecay };

    /// <summary>The options of the trainer that a configuration stands for.</summary>
    public static TrainerOptions Options<P, T>(TrainingRun run, string folder, ModelKind<P, T> kind, IModel<P, T> model, RunRecord record, SampleSet validation)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        => new()
        {
            Epochs = run.Epochs,
            Batch = run.Batch,
            Blocks = run.Blocks ?? 1,
            LearningRate = run.LearningRate,
            Schedule = run.LearningRates,
            ClipNorm = run.ClipNorm,
            Seed = run.Seed,
            Folder = folder,
            Metadata = kind.Metadata(record.Data),
            Constants = kind.Constants(model),
            MoreMetrics = () => kind.Metrics(model, record.Data, validation),
            GradientNorm = kind.GradientNorm,
            CheckpointEvery = TimeSpan.FromSeconds(run.CheckpointSeconds),
            ReplayMetadata = new Dictionary<string, string> { [Replay.RunKey] = record.ToJson() },
        };

    TrainingResult Result<P, T>(Trainer<P, T> trainer, IModel<P, T> model, Examination examined)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var rows = MetricsLog.Read(Path.Combine(_folder, ModelFiles.Metrics));
        var seconds = rows.Select(Seconds).Order().ToArray();
        double? Logged(int epoch, string metric) => rows[epoch].Values.TryGetValue(metric, out var value) ? value : null;
        var median = (seconds[(seconds.Length - 1) / 2] + seconds[seconds.Length / 2]) / 2;
        return examined.Complete(new TrainingResult
        {
            TestAccuracy = Of(examined.Test.Metrics, Metric.Accuracy),
            TestMse = Of(examined.Test.Metrics, Metric.MeanSquaredError),
            TestR2 = Of(examined.Test.Metrics, Metric.R2),
            TestLoss = examined.Test.Loss,
            ValAccuracy = Logged(trainer.BestEpoch, "val_accuracy") ?? Logged(trainer.BestEpoch, "val_acc"),
            ValMse = Logged(trainer.BestEpoch, "val_mse"),
            ValR2 = Logged(trainer.BestEpoch, "val_r2"),
            ValLoss = trainer.BestLoss,
            TrainLoss = trainer.TrainLoss,
            TrainAccuracy = Logged(trainer.EpochsDone - 1, "train_accuracy"),
            TrainMse = Logged(trainer.EpochsDone - 1, "train_mse"),
            TrainR2 = Logged(trainer.EpochsDone - 1, "train_r2"),
            Epochs = seconds.Length,
            BestEpoch = trainer.BestEpoch + 1,
            Parameters = model.Parameters.Count(),
            SecondsPerEpoch = median,
            SamplesPerSecond = median > 0 ? Math.Round(data.Train.Count / median, 1) : double.NaN,
            MaxReLambda = examined.MaxRealPart,
            StableFraction = examined.StableFraction,
            NotConvergedTraining = rows.All(row => row.Values.ContainsKey(TrainingCurve.Unsettled))
                ? rows.Sum(row => (long)row.Values.GetValueOrDefault(TrainingCurve.Unsettled)) + (RunRecord.Read(_folder).Growth?.NotConverged ?? 0) : null,
            Checkpoint = ModelFiles.Path(_folder),
            Seed = run.Seed,
            Confusion = examined.Confusion,
        });
    }

    /// <summary>A metric of a test; null where it has none of that name.</summary>
    public static double? Of(IReadOnlyDictionary<string, double> metrics, Metric metric) => metrics.TryGetValue(metric.Name, out var value) ? value : null;

    static double Seconds(MetricsRow row) => row.Values.TryGetValue("seconds", out var seconds) ? seconds
        : throw Failure.Check($"{ModelFiles.Metrics} lacks \"seconds\" in the line of epoch {row.Step}; restore it, or train anew.");

    void Report(TrainingResult result, Examination examined)
    {
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(result, RunJson.Line.TrainingResult));
        else
        {
            if (result.NotConvergedTraining is > 0 and var unsettled)
                Console.Out.WriteLine($"In training no steady state was found {unsettled:N0} times, each layer counted: in {result.Epochs:N0} epochs of {data.Train.Count:N0} "
                    + $"samples{(RunRecord.Read(_folder).Growth is { } growth ? $" and {growth.Samples:N0} samples of the growth" : "")}.");
            Summary.Write(examined, $"Test {Summary.Scores(examined.Test.Metrics)} with the parameters of epoch {result.BestEpoch} (validation "
            + $"{(result.ValAccuracy is { } accuracy ? $"{SafeSide.Percent(accuracy):F2} %" : $"mse {result.ValMse:G4}")}), in '{_folder}'.");
        }
        examined.LogFailure();
    }

    static string Duration(double seconds) => seconds < 100 ? $"{seconds:F0} s" : seconds < 6000 ? $"{seconds / 60:F0} min" : $"{seconds / 3600:F1} h";
}
