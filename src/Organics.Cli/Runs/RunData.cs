using System.Security.Cryptography;

namespace Organics;

/// <summary>The images of a run.</summary>
/// <param name="Train">What is trained on.</param>
/// <param name="Validation">What decides which epoch is kept.</param>
/// <param name="Test">What is reported.</param>
/// <param name="Record">Their sizes and hashes.</param>
sealed record RunData(ImageSet Train, ImageSet Validation, ImageSet Test, DataRecord Record)
{
    // The generator's seed and the number of validation images are the authors' (57,000 and 3,000 of MNIST's 60,000); small sets give a tenth.
    const ulong SplitSeed = 73;
    const int MostValidation = 3000;

    /// <summary>Loads the set that a configuration names, and splits it.</summary>
    public static RunData Load(TrainingRun run)
    {
        var set = LoadSet(run);
        var count = set.Train.Count;
        if (count < 2) throw Failure.Usage($"The data set '{run.Data}' has {count} training image, but one to train on and one to validate with are needed; give more.");
        var order = new TorchRandom(SplitSeed).Permutation(count);
        var validation = Math.Clamp(count / 10, 1, MostValidation);
        var (train, held) = (set.Train.Select(order.AsSpan(0, count - validation)), set.Train.Select(order.AsSpan(count - validation)));
        return new(train, held, set.Test, new(
            run.Data, set.Train.Rows, set.Train.Columns, set.Train.Classes, train.Count, held.Count, set.Test.Count,
            ImagesHash(set.Train), LabelsHash(set.Train), ImagesHash(set.Test), LabelsHash(set.Test)));
    }

    /// <summary>Loads the test images that a configuration names, for a model trained on images like those of <paramref name="trained"/>.</summary>
    public static ImageSet LoadTest(TrainingRun run, DataRecord trained)
    {
        var test = LoadSet(run).Test;
        if ((test.Rows, test.Columns) != (trained.Rows, trained.Columns) || test.Classes > trained.Classes)
            throw Failure.Usage($"The images of '{run.Data}' are {test.Rows}×{test.Columns} in {test.Classes} classes, but the model was trained on {trained.Rows}×{trained.Columns} in {trained.Classes} ('{trained.Name}'); give --data that fits.");
        return new(test.Pixels.ToArray(), test.Labels.ToArray(), test.Rows, test.Columns, trained.Classes);
    }

    static DataSet LoadSet(TrainingRun run)
    {
        try
        {
            return DataCatalog.Load(run.Data, run.DataDir);
        }
        catch (DataUnavailableException error) when (Nearest(run.Data) is { } meant && meant != run.Data)
        {
            throw Failure.Usage($"{error.Message.TrimEnd('.')}; did you mean {meant}?");
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw Failure.Usage($"The data set '{run.Data}' cannot be read: {error.Message.TrimEnd('.')}; give another --data.");
        }
    }

    static string? Nearest(string name) => Directory.Exists(name) ? null : Suggestion.Nearest(name, [SampleDigits.Name, .. DataCatalog.Published.Select(set => set.Name)]);

    static string ImagesHash(ImageSet set) => Hash(stream => Idx.WriteImages(stream, set.Pixels, set.Rows, set.Columns));

    static string LabelsHash(ImageSet set) => Hash(stream => Idx.WriteLabels(stream, set.Labels));

    static string Hash(Action<Stream> write)
    {
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write)) write(stream);
        return Convert.ToHexStringLower(hash.Hash!);
    }
}
