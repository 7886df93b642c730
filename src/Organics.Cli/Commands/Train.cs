using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;

namespace Organics;

/// <summary><c>organics train</c>.</summary>
static class Train
{
    const string Out = "--out", Resume = "--resume", Json = "--json", Watch = "--watch", TensorBoard = "--tensorboard", Timeout = "--rank-timeout";

    // Longer than an epoch's examination of stability takes.
    const double UsualTimeout = 600;

    public static Command Command()
    {
        var command = new Command("train", "Train a model.");
        command.Subcommands.Add(Command(new StaticRun(), "Train the static classifier: an autoencoder whose code drives ORGaNICs at their fixed points."));
        command.Subcommands.Add(Command(new SequenceRun(), "Train a sequence model: a recurrent cell, ORGaNICs or another, that sees a sample step by step "
            + "and gives a class or numbers."));
        return command;
    }

    static Command Command(TrainingRun defaults, string description)
    {
        var command = new Command(defaults.Kind, description);
        foreach (var setting in defaults.Settings) command.Options.Add(setting.Option(defaults.Otherwise(setting)));
        command.Options.Add(new Option<string>(Out)
        {
            Description = $"The folder of the run [{defaults.FolderPattern}, with a number where that is taken].",
            HelpName = "FOLDER"
        });
        command.Options.Add(new Option<string>(Resume)
        {
            Description = "Continue the run in a folder; of the other options only "
            + $"{string.Join(", ", defaults.Settings.Where(setting => setting.MayChange).Select(setting => setting.Name))} may differ from the run's, and "
            + "epochs can only grow.",
            HelpName = "RUN"
        });
        command.Options.Add(Setting.Option(Timeout, "SECONDS", "Where an MPI launcher has started several: how long one waits for another before all end.",
            UsualTimeout, text => Setting.Number(text, positive: true)));
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.Options.Add(new Option<string>(Watch)
        {
            Description = "Serve the page of the run to browsers on this machine while it goes on, at a port that is free or at this one.",
            HelpName = "PORT",
            Arity = ArgumentArity.ZeroOrOne,
        });
        command.Options.Add(new Option<bool>(TensorBoard)
        {
            Description = "Write the metrics also as TensorBoard reads them, into tensorboard/ in the folder of the run.",
        });
        command.SetAction(given => (int)Run(given, defaults, reports: true));
        return command;
    }

    /// <summary>Trains a row of a table in a folder, or goes on with what is there; says nothing on stdout.</summary>
    public static ExitCode Run(TableRow row, ulong seed, string folder, string? dataDir)
    {
        var isBegun = File.Exists(Path.Combine(folder, RunRecord.File));
        if (isBegun)
        {
            var record = RunRecord.Read(folder);
            if (row.Otherwise(record, seed) is { } difference)
                throw Failure.Usage($"'{folder}' holds no training of the row {row.Name}: {difference}; give another --out, or remove it.");
            if (record.Results is not null) return ExitCode.Done;
        }
        string[] data = dataDir is null ? [] : ["--data-dir", dataDir];
        var root = new RootCommand();
        root.Subcommands.Add(Command());
        var given = CommandLine.Parse(root, [.. isBegun ? ["train", row.Kind, Resume, folder] : (string[])[.. row.Arguments(seed), Out, folder], .. data]);
        return Run(given, row.Kind == SequenceRun.Name ? new SequenceRun() : new StaticRun(), reports: false);
    }

    static ExitCode Run(ParseResult given, TrainingRun defaults, bool reports)
    {
        foreach (var name in (string[])[Out, Resume])
            if (given.GetValue<string>(name) is { } named && string.IsNullOrWhiteSpace(named)) throw Failure.Usage($"{name} is empty; name a folder.");
        using var interrupt = new Interrupt();
        // Rows of a table are trained by one process each.
        using var ranks = new Ranks(interrupt, reports ? TimeSpan.FromSeconds(given.GetValue<double>(Timeout)) : null);
        try
        {
            // What follows is asked of all ranks alike; which threads each has is its own affair.
            ranks.Agree(("versions", JsonSerializer.Serialize(VersionRecord.Current, RunJson.Default.VersionRecord)),
                ("options", string.Join('\n', given.CommandResult.Children.OfType<OptionResult>()
                    .Where(option => !option.Implicit && option.Option.Name != TrainingRun.ThreadsName)
                    .Select(option => $"{option.Option.Name} {string.Join(' ', option.Tokens.Select(token => token.Value))}").Order(StringComparer.Ordinal))));
            return Run(given, defaults, reports, interrupt, ranks);
        }
        catch (Exception error)
        {
            ranks.Fail(error);
            throw;
        }
    }

    static ExitCode Run(ParseResult given, TrainingRun defaults, bool reports, Interrupt interrupt, Ranks ranks)
    {
        using var watch = ranks.IsFirst ? Served(given) : null;
        var json = given.GetValue<bool>(Json);
        Training Training(TrainingRun run, RunData data, Func<RunLock> claim, RunRecord? previous)
            => new(run, data, interrupt, ranks, claim, previous, json) { Reports = reports, Watch = watch, LogsForTensorBoard = given.GetValue<bool>(TensorBoard) };
        if (given.GetValue<string>(Resume) is not { } folder)
        {
            TrainingRun Given(TrainingRun from) => from.Settings.Aggregate(from, (r, setting) => setting.Set(r, given)).Resolved();
            var run = Given(defaults);
            var named = given.GetValue<string>(Out);
            // What cannot be is said before the samples are read; whether it can is decided once they are.
            if (ranks.IsFirst && named is not null && Holds(named)) Claim(run, named).Dispose();
            var data = RunData.Load(run);
            var chosen = Given(run.For(data.Record));
            chosen.CheckFor(data.Record);
            foreach (var clause in chosen.Chosen(run, data.Record).Concat(RunData.Doubts(data.Train))) Log.Line($"Note: {clause}.");
            return Precision.Run(chosen, Training(chosen, data, () => Claim(chosen, named), null));
        }
        if (IsUnbegun(folder)) throw Failure.Usage($"The run in '{folder}' was ended before it began; begin it anew with {Out} {ShellWord.Of(folder)}.");
        RunRecord.Read(folder);
        // From here on nobody else changes the record.
        using var alone = ranks.IsFirst ? RunLock.Take(folder) : null;
        var previous = RunRecord.Read(folder);
        if (previous.Configuration.Kind != defaults.Kind)
            throw Failure.Usage($"The run in '{folder}' is of `organics train {previous.Configuration.Kind}`; continue it with "
                + $"`{ResumeCommand(previous.Configuration, folder)}`.");
        if (given.GetValue<string>(Out) is not null) throw Failure.Usage($"{Out} cannot be given with {Resume}, because the run stays where it is; leave it "
            + "out, or train anew.");
        foreach (var setting in defaults.Settings.Where(setting => !setting.MayChange && setting.IsIn(given)))
        {
            var (before, after) = (setting.Show(previous.Configuration), setting.Show(setting.Set(previous.Configuration, given)));
            if (before != after) throw Failure.Usage($"{setting.Name} is {after}, but the run in '{folder}' began with {before ?? "none"} and goes on so; "
                + "leave it out, or train anew.");
        }
        var resumed = defaults.Settings.Where(setting => setting.MayChange).Aggregate(previous.Configuration, (r, setting) => setting.Set(r, given));
        // Other data are found from here; the run's own are already found from anywhere.
        if (resumed.Data != previous.Configuration.Data || resumed.DataDir != previous.Configuration.DataDir) resumed = resumed.Resolved();
        if (resumed.Epochs < previous.Configuration.Epochs)
            throw Failure.Usage($"--epochs is {resumed.Epochs}, but the run in '{folder}' is of {previous.Configuration.Epochs}; with {Resume} it can only "
                + "grow.");
        return Precision.Run(resumed, Training(resumed, RunData.Load(resumed), () => alone!, previous));
    }

    static WatchServer? Served(ParseResult given)
    {
        if (!Setting.IsIn(given, Watch)) return null;
        try
        {
            return new(given.GetValue<string>(Watch) is { } port ? Setting.Whole(port, 1, 65535) : 0);
        }
        catch (FormatException expected)
        {
            throw Failure.Usage($"{Watch} is '{given.GetValue<string>(Watch)}', but {expected.Message}");
        }
    }

    /// <summary>Takes the lock of an empty folder for a new run: the named one, or else the first of the default names that is free.</summary>
    /// <exception cref="Failure">The named folder holds something, another training has it, or it cannot be written.</exception>
    public static RunLock Claim(TrainingRun run, string? named)
    {
        for (var attempt = 1; ; attempt++)
        {
            var folder = named ?? run.DefaultFolder(attempt);
            if (named is null && Holds(folder)) continue;
            // A folder that no training has ever had gets nothing of ours, not even a lock.
            if (named is not null && Holds(folder) && !File.Exists(Path.Combine(folder, RunLock.File))) throw Held(run, folder);
            if ((named is null ? RunLock.TryTake(folder) : RunLock.Take(folder)) is not { } alone) continue;
            // Another training may have ended here since one looked; under the lock nothing changes any more.
            if (!Holds(folder)) return alone;
            alone.Dispose();
            if (named is null) continue;
            throw Held(run, folder);
        }
    }

    static Failure Held(TrainingRun run, string folder) => Failure.Usage(File.Exists(Path.Combine(folder, RunRecord.File))
        ? $"The folder '{folder}' already holds a run; continue it with `{ResumeCommand(run, folder)}`, or give another --out."
        : $"The folder '{folder}' is not empty; give another --out.");

    /// <summary>Whether a folder holds anything that would be lost: a run that never reached a checkpoint is nothing.</summary>
    static bool Holds(string folder)
        => Directory.Exists(folder) && new DirectoryInfo(folder).EnumerateFileSystemInfos()
            .Any(entry => entry.Name is not (RunRecord.File or RunLock.File or ModelFiles.Replay)
                && entry is not FileInfo { Name: ModelFiles.Metrics, Length: 0 } && !AtomicFile.IsTemporary(entry.Name));

    /// <summary>Whether a training ended here before it had written its record.</summary>
    static bool IsUnbegun(string folder) => File.Exists(Path.Combine(folder, RunLock.File)) && !File.Exists(Path.Combine(folder, RunRecord.File))
        && !Holds(folder);

    public static string ResumeCommand(TrainingRun run, string folder) => $"organics train {run.Kind} {Resume} {ShellWord.Of(folder)}";
}
