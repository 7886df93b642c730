using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Organics;

/// <summary>The configuration of a training: what every kind of model has. What is not given on the command line is as it is here.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "model")]
[JsonDerivedType(typeof(StaticRun), StaticRun.Name)]
[JsonDerivedType(typeof(SequenceRun), SequenceRun.Name)]
abstract record TrainingRun
{
    public const string None = "none", Balanced = "balanced";

    const string WholeCosine = "cosine";

    /// <summary>Passes over the training samples.</summary>
    public int Epochs { get; init; } = 50;

    /// <summary>Samples for each update.</summary>
    public int Batch { get; init; } = 256;

    /// <summary>In how many blocks a batch is computed; null until the device is known, and where an earlier version wrote it, which had one.</summary>
    public int? Blocks { get; init; }

    /// <summary>Adam's learning rate in the first epoch.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>As <see cref="Organics.Schedule.Parse"/> reads it, or cosine for half a cosine over all epochs, however many they become.</summary>
    public string Schedule { get; init; } = WholeCosine;

    /// <summary>L2 weight decay.</summary>
    public double WeightDecay { get; init; } = 1e-5;

    /// <summary>The largest norm of a gradient; null for no bound.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>none, balanced, or a number for each class.</summary>
    public string ClassWeights { get; init; } = None;

    /// <summary>Decides the initial values and the order of the samples.</summary>
    public ulong Seed { get; init; }

    /// <summary>The data set: a name, a file, a folder or a task.</summary>
    public string Data { get; init; } = "sample";

    /// <summary>The folder that holds the published data sets, instead of the cache.</summary>
    public string? DataDir { get; init; }

    /// <summary>float or double.</summary>
    public string Precision { get; init; } = "float";

    /// <summary>The option of <see cref="Threads"/>.</summary>
    public const string ThreadsName = "--threads";

    /// <summary>How many threads compute; null for as many as the processors that this process may use, or its share of those that several ranks may.</summary>
    public int? Threads { get; init; }

    /// <summary>How many threads a process has that computes alone.</summary>
    [JsonIgnore]
    public int ThreadCount => Threads ?? Environment.ProcessorCount;

    /// <summary>What computes.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Seconds between checkpoints within an epoch.</summary>
    public double CheckpointSeconds { get; init; } = 60;

    /// <summary>The command that trains it.</summary>
    [JsonIgnore]
    public abstract string Kind { get; }

    /// <summary>What tells its folder from others, beside data and seed.</summary>
    [JsonIgnore]
    public abstract string Label { get; }

    /// <summary>Every option that sets a part of the configuration.</summary>
    [JsonIgnore]
    public abstract IReadOnlyList<Setting> Settings { get; }

    /// <summary>The same with files and folders that are found from anywhere.</summary>
    public TrainingRun Resolved() => this with
    {
        Data = Path.Exists(Data) ? Path.GetFullPath(Data) : Data,
        DataDir = DataDir is null ? null : Path.GetFullPath(DataDir),
    };

    /// <summary>How the learning rate changes.</summary>
    [JsonIgnore]
    public Schedule LearningRates => Organics.Schedule.Parse(Schedule == WholeCosine ? $"{WholeCosine}:{Epochs}" : Schedule);

    /// <summary>The defaults that suit some data; what is given beside them is set afterwards.</summary>
    public virtual TrainingRun For(DataRecord data) => this;

    /// <summary>What was chosen by the data and should be said, each in a clause.</summary>
    /// <param name="given">The configuration before the data were known.</param>
    /// <param name="data">The data.</param>
    public virtual IEnumerable<string> Chosen(TrainingRun given, DataRecord data) => [];

    /// <summary>Refuses data that such a model cannot be trained on, and options that contradict them.</summary>
    public virtual void CheckFor(DataRecord data)
    {
        if (ClassWeights != None && data.Format.Target != TargetKind.Class)
            throw Failure.Usage($"--class-weights is {ClassWeights}, but '{data.Name}' asks for numbers: {data.Format}; leave it out.");
    }

    /// <summary>The key of what the data decide and is open nevertheless; null where nothing is.</summary>
    [JsonIgnore]
    public virtual string? Missing => null;

    /// <summary>What holds where a setting is not given, in words.</summary>
    public virtual string? Otherwise(Setting setting)
        => setting.Name switch
        {
            "--blocks" => "on the CPU 8, fewer for batches below 128; on a GPU 1",
            ThreadsName => "as many as processors",
            _ => setting.Show(this),
        };

    /// <summary>Where it goes unless --out says otherwise, in words.</summary>
    [JsonIgnore]
    public abstract string FolderPattern { get; }

    /// <summary>Where it goes unless --out says otherwise.</summary>
    /// <param name="attempt">From 1; the later ones have a number behind the name.</param>
    public string DefaultFolder(int attempt)
    {
        // Of a task its name, of a file the name without its extension.
        var named = Data.StartsWith(SequenceTask.Scheme, StringComparison.Ordinal) ? Data[SequenceTask.Scheme.Length..].Replace(',', '-')
            : Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Data)));
        var data = File.Exists(Data) ? Path.GetFileNameWithoutExtension(named) : named;
        return Path.Combine("runs", $"{Kind}-{(data.Length == 0 ? "data" : data)}-{Label}-s{Seed}{(attempt == 1 ? "" : $"-{attempt}")}");
    }

    /// <summary>The options that every kind has.</summary>
    public static IReadOnlyList<Setting> Common { get; } =
    [
        new("--epochs", "N", "Passes over the training samples.", run => $"{run.Epochs}",
            (run, text) => run with { Epochs = Setting.Whole(text, 1, int.MaxValue) }) { MayChange = true },
        new("--batch", "N", "Samples for each update.", run => $"{run.Batch}",
            (run, text) => run with { Batch = Setting.Whole(text, 1, int.MaxValue) }),
        new("--blocks", "N", "In how many blocks, a power of 2, a batch is computed and its gradient summed; so many ranks share it with equal bits.",
            run => run.Blocks?.ToString(CultureInfo.InvariantCulture),
            (run, text) => run with { Blocks = BlocksIn(text) }),
        new("--lr", "RATE", "Adam's learning rate in the first epoch.", run => $"{run.LearningRate:R}",
            (run, text) => run with { LearningRate = Setting.Number(text, positive: true) }),
        new("--schedule", "SCHEDULE", "How the learning rate changes: constant, step:SIZE:FACTOR (StepLR), cosine:EPOCHS, or cosine over all "
            + "epochs.", run => run.Schedule,
            (run, text) => run with { Schedule = text == WholeCosine ? text : Setting.Schedule(text) }),
        new("--clip", "NORM", "The largest norm of a gradient over all parameters, to which a longer one is shortened; without, none is.",
            run => run.ClipNorm?.ToString("R", CultureInfo.InvariantCulture),
            (run, text) => run with { ClipNorm = Setting.Number(text, positive: true) }),
        new("--class-weights", "none|balanced|W0,W1,…", "How much each class counts in the loss: all alike, as much as makes rare ones count as frequent "
            + "ones, or a number for each.", run => run.ClassWeights,
            (run, text) => run with { ClassWeights = Weights(text) }),
        new("--weight-decay", "RATE", "L2 weight decay.", run => $"{run.WeightDecay:R}",
            (run, text) => run with { WeightDecay = Setting.Number(text, positive: false) }),
        new("--seed", "N", "Decides the initial values and the order of the samples.", run => $"{run.Seed}",
            (run, text) => run with { Seed = Setting.Seed(text) }),
        new("--data", "DATA", "sample, mnist or fashion-mnist; a folder with four IDX files; samples of your own in an .npz or .safetensors file or a folder of "
            + ".npy files, as x_train, y_train and so on, or in a folder of .csv files with a samples.csv; or task:NAME[,steps=N,…], where NAME is "
            + $"{string.Join(", ", SequenceTask.All.Select(task => task.Name))} (docs/your-own-data.md).", run => run.Data,
            (run, text) => run with { Data = Setting.NotEmpty(text) }) { MayChange = true },
        new("--data-dir", "FOLDER", "The folder that holds mnist/ and fashion-mnist/, instead of the cache.", run => run.DataDir,
            (run, text) => run with { DataDir = Setting.NotEmpty(text) }) { MayChange = true },
        new("--precision", "float|double", "The numbers to compute with.", run => run.Precision,
            (run, text) => run with { Precision = Setting.OneOf(text, "float", "double") }),
        new(ThreadsName, "N", "Threads to use; they change the time, not the result.", run => run.Threads?.ToString(CultureInfo.InvariantCulture),
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

    static int BlocksIn(string text) => Setting.Whole(text, 1, 65536) is var blocks && BitOperations.IsPow2(blocks) ? blocks
        : throw new FormatException("1, 2, 4, 8 or another power of 2 up to 65536 is expected.");

    static string Weights(string text)
    {
        if (text is None or Balanced) return text;
        try
        {
            return string.Join(',', text.Split(',')
                .Select(part => Setting.Number(part, SampleSet.WeightsText, SampleSet.IsWeight).ToString("R", CultureInfo.InvariantCulture)));
        }
        catch (FormatException)
        {
            throw new FormatException($"{None}, {Balanced} or, for each class, {SampleSet.WeightsText}, separated by commas, is expected.");
        }
    }

    /// <summary>Puts what earlier versions wrote into the form of now.</summary>
    public static void Upgrade(JsonObject configuration)
    {
        configuration["class_weights"] = None;
        if (configuration["model"] is JsonValue model && model.TryGetValue<string>(out var kind) && kind == SequenceRun.Name)
            SequenceRun.UpgradeSequence(configuration);
        // Half a cosine over all epochs was written with their number.
        if (configuration["schedule"] is JsonValue schedule && schedule.TryGetValue<string>(out var text)
            && configuration["epochs"] is JsonValue epochs && epochs.TryGetValue<int>(out var count)
            && text == string.Create(CultureInfo.InvariantCulture, $"{WholeCosine}:{count}")) configuration["schedule"] = WholeCosine;
    }
}
