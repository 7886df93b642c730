using System.Numerics;

namespace Organics.Tests;

/// <summary>Trainings of a linear classifier, in a folder of their own.</summary>
public abstract class LinearTraining : IDisposable
{
    private protected const int Images = 11, Pixels = 4, Classes = 3, BatchSize = 4, Batches = 3;

    private protected TemporaryFolder Folder { get; } = new();

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    // The first pixel of image i is i.
    private protected static ImageSet Set(int count) => new(
        [.. Enumerable.Range(0, count).SelectMany(i => new[] { (byte)i, (byte)(37 * i), (byte)(90 + 61 * i), (byte)(200 * (i % 2)) })],
        [.. Enumerable.Range(0, count).Select(i => (byte)(i * i % Classes))], 2, 2, Classes);

    private protected TrainerOptions Options(string run = "run")
        => new() { Folder = Folder[run], Epochs = 3, Batch = BatchSize, LearningRate = 0.1, Seed = 5, GradientNorm = true };

    private protected static Adam<LinearParameters<T>, T> Adam<T>(LinearClassifier<T> model) where T : unmanaged, IFloatingPointIeee754<T>
        => new(model.Parameters) { WeightDecay = 0.01, DecoupledDecay = true };

    private protected static Trainer<LinearParameters<T>, T> Trainer<T>(
        IModel<LinearParameters<T>, T> model, Optimizer<LinearParameters<T>, T> optimizer, TrainerOptions options,
        Action<TrainingProgress>? progress = null, Action<EpochResult>? epoch = null) where T : unmanaged, IFloatingPointIeee754<T>
        => new(model, optimizer, Set(Images), Set(7), Device.Cpu, options) { OnProgress = progress, OnEpoch = epoch };

    private protected byte[] Bytes(string run, string file) => File.ReadAllBytes(Path.Combine(Folder[run], file));

    /// <summary>All that was measured but the time.</summary>
    private protected List<string> Metrics(string run) => [.. MetricsLog.Read(Path.Combine(Folder[run], Trainer<LinearParameters<double>, double>.MetricsFile))
        .Select(row => $"{row.Step} {string.Join(' ', row.Values.Where(v => v.Key != "seconds").Select(v => $"{v.Key}={v.Value:R}"))}")];

    private protected static SafeTensors State(TrainerOptions options)
        => SafeTensors.Read(Path.Combine(options.Folder, Trainer<LinearParameters<double>, double>.StateFile));

    /// <summary>Cancels after a number of updates.</summary>
    private protected static void RunFor<T>(int updates, LinearClassifier<T> model, Optimizer<LinearParameters<T>, T> optimizer, TrainerOptions options)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var source = new CancellationTokenSource();
        var trainer = Trainer(model, optimizer, options, _ =>
        {
            if (optimizer.Steps == updates) source.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => trainer.Run(source.Token));
        Assert.Equal(updates, optimizer.Steps);
    }
}
