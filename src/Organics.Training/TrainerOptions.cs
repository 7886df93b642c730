namespace Organics;

/// <summary>How to train.</summary>
public sealed record TrainerOptions
{
    /// <summary>Passes over the training samples.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>Samples for each update; the last batch of an epoch may be smaller.</summary>
    public int Batch { get; init; } = 256;

    /// <summary>The learning rate in the first epoch.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How it changes.</summary>
    public Schedule Schedule { get; init; } = new ConstantSchedule();

    /// <summary>
    /// In how many blocks of neighbouring samples the gradient of a batch is taken, a power of 2: each block on one thread, and their sum in one tree. It
    /// decides the bits; so many ranks may share the work without changing one. With 1 all threads compute all samples at once.
    /// </summary>
    public int Blocks { get; init; } = 1;

    /// <summary>The processes that train together: each has the same model, samples and options, and only the first writes files.</summary>
    public Communicator Ranks { get; init; } = Communicator.Alone;

    /// <summary>Decides the order of the samples.</summary>
    public ulong Seed { get; init; }

    /// <summary>Where model.safetensors, state.safetensors and metrics.jsonl go.</summary>
    public required string Folder { get; init; }

    /// <summary>Text that goes into the header of model.safetensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>What model.safetensors holds beside the parameters: numbers of the model that are not trained.</summary>
    public IReadOnlyList<SafeTensor> Constants { get; init; } = [];

    /// <summary>Asked after every epoch for more numbers of its line in metrics.jsonl.</summary>
    public Func<IEnumerable<KeyValuePair<string, double>>>? MoreMetrics { get; init; }

    /// <summary>The longest time between two checkpoints within an epoch.</summary>
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The largest norm of a gradient over all parameters: a longer one is shortened to it. Null for no bound.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>The metrics that are taken, the first of which decides which epoch is the best; null for the usual ones of the targets.</summary>
    public IReadOnlyList<Metric>? Metrics { get; init; }

    /// <summary>Whether the norm of every gradient is taken, for <see cref="TrainingProgress"/> and metrics.jsonl.</summary>
    public bool GradientNorm { get; init; }

    /// <summary>Text that replay.safetensors needs so that the training can be set up again from it.</summary>
    public IReadOnlyDictionary<string, string> ReplayMetadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Batches of an epoch of so many samples.</summary>
    internal int Batches(int samples) => (int)(((long)samples + Batch - 1) / Batch);
}
