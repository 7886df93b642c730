using System.Text.Json.Serialization;

namespace Organics;

/// <summary>The configuration of a training: what every kind of model has. What is not given on the command line is as it is here.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "model")]
[JsonDerivedType(typeof(StaticRun), StaticRun.Name)]
[JsonDerivedType(typeof(SequenceRun), SequenceRun.Name)]
abstract record TrainingRun
{
    public int Epochs { get; init; } = 50;

    public int Batch { get; init; } = 256;

    public double LearningRate { get; init; } = 3e-3;

    /// <summary>As <see cref="Organics.Schedule.Parse"/> reads it; null stands for half a cosine over all epochs until <see cref="Resolved"/>.</summary>
    public string? Schedule { get; init; }

    public double WeightDecay { get; init; } = 1e-5;

    public ulong Seed { get; init; }

    public string Data { get; init; } = "sample";

    public string? DataDir { get; init; }

    public string Precision { get; init; } = "float";

    public int Threads { get; init; } = Environment.ProcessorCount;

    public string Device { get; init; } = "cpu";

    public double CheckpointSeconds { get; init; } = 60;

    /// <summary>The command that trains it.</summary>
    [JsonIgnore]
    public abstract string Kind { get; }

    /// <summary>What tells its folder from others, beside data and seed.</summary>
    [JsonIgnore]
    protected abstract string Label { get; }

    /// <summary>Every option that sets a part of the configuration.</summary>
    [JsonIgnore]
    public abstract IReadOnlyList<Setting> Settings { get; }

    /// <summary>The same with nothing left open, and folders that are found from anywhere.</summary>
    public TrainingRun Resolved() => this with
    {
        Schedule = Schedule ?? $"cosine:{Epochs}",
        Data = Directory.Exists(Data) ? Path.GetFullPath(Data) : Data,
        DataDir = DataDir is null ? null : Path.GetFullPath(DataDir),
    };

    /// <summary>Where it goes unless --out says otherwise, in words.</summary>
    [JsonIgnore]
    public abstract string FolderPattern { get; }

    /// <summary>Where it goes unless --out says otherwise.</summary>
    /// <param name="attempt">From 1; the later ones have a number behind the name.</param>
    public string DefaultFolder(int attempt)
    {
        var data = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Data)));
        return Path.Combine("runs", $"{Kind}-{(data.Length == 0 ? "data" : data)}-{Label}-s{Seed}{(attempt == 1 ? "" : $"-{attempt}")}");
    }

    /// <summary>The options that every kind has.</summary>
    public static IReadOnlyList<Setting> Common { get; } =
    [
        new("--epochs", "N", "Passes over the training images.", run => $"{run.Epochs}",
            (run, text) => run with { Epochs = Setting.Whole(text, 1, int.MaxValue) }) { MayChange = true },
        new("--batch", "N", "Images for each update.", run => $"{run.Batch}",
            (run, text) => run with { Batch = Setting.Whole(text, 1, int.MaxValue) }),
        new("--lr", "RATE", "Adam's learning rate in the first epoch.", run => $"{run.LearningRate:R}",
            (run, text) => run with { LearningRate = Setting.Number(text, positive: true) }),
        new("--schedule", "SCHEDULE", "How the learning rate changes: constant, step:SIZE:FACTOR (StepLR) or cosine:EPOCHS [cosine over all epochs].", run => run.Schedule,
            (run, text) => run with { Schedule = Setting.Schedule(text) }),
        new("--weight-decay", "RATE", "L2 weight decay.", run => $"{run.WeightDecay:R}",
            (run, text) => run with { WeightDecay = Setting.Number(text, positive: false) }),
        new("--seed", "N", "Decides the initial values and the order of the images.", run => $"{run.Seed}",
            (run, text) => run with { Seed = Setting.Seed(text) }),
        new("--data", "NAME", "sample, mnist, fashion-mnist, or a folder with four IDX files.", run => run.Data,
            (run, text) => run with { Data = Setting.NotEmpty(text) }) { MayChange = true },
        new("--data-dir", "FOLDER", "The folder that holds mnist/ and fashion-mnist/, instead of the cache.", run => run.DataDir,
            (run, text) => run with { DataDir = Setting.NotEmpty(text) }) { MayChange = true },
        new("--precision", "float|double", "The numbers to compute with.", run => run.Precision,
            (run, text) => run with { Precision = Setting.OneOf(text, "float", "double") }),
        new("--threads", "N", "Threads to use; they change the time, not the result.", run => $"{run.Threads}",
            (run, text) => run with { Threads = Setting.Whole(text, 1, 1024) }) { MayChange = true },
        new(Devices.Name, Devices.Names, "What computes; see `organics devices`. auto: where an update takes the least time.", run => run.Device,
            (run, text) => run with { Device = Devices.Checked(text) }) { MayChange = true },
        new("--checkpoint-seconds", "SECONDS", "The longest time between two checkpoints within an epoch.", run => $"{run.CheckpointSeconds:R}",
            (run, text) => run with { CheckpointSeconds = Setting.Number(text, positive: false) }),
    ];

    /// <summary>The common option called <paramref name="name"/>.</summary>
    public static Setting Of(string name) => Common.First(setting => setting.Name == name);

    /// <summary>This configuration as the options would have made it, which refuses what they would refuse.</summary>
    public TrainingRun Checked() => Settings.Aggregate(this, (run, setting) => setting.Show(this) is { } text ? setting.Set(run, text) : run);
}
