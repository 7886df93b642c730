using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Organics;

/// <summary>The samples of a run.</summary>
/// <param name="Train">What is trained on.</param>
/// <param name="Validation">What decides which epoch is kept.</param>
/// <param name="Test">What is reported.</param>
/// <param name="Record">What they are like, and their hashes.</param>
sealed record RunData(SampleSet Train, SampleSet Validation, SampleSet Test, DataRecord Record)
{
    // The generator's seed and the number of validation images are the authors' (57,000 and 3,000 of MNIST's 60,000); small sets give a tenth.
    const ulong SplitSeed = 73;
    const int MostHeld = 3000;

    /// <summary>Loads the set that a configuration names, and sets apart from the training samples what it lacks.</summary>
    public static RunData Load(TrainingRun run)
    {
        var set = LoadSet(run);
        if (run is SequenceRun { Permuted: true } && set.Train.Batches<float>(1).First().HasLengths)
            throw Failure.Usage($"--permuted shows the steps in one random order, which needs all of them, but samples of '{run.Data}' have lengths of their "
                + "own; leave it out.");
        var (train, validation, test) = Split(run, set);
        var record = DataRecord.Of(run.Data, train.Format, train.Count, validation.Count, test.Count, Hashes(set));
        return new(train, validation, test, record with { Statistics = train is ImageSet ? null : DataStatistics.Of(train) });
    }

    static (SampleSet Train, SampleSet Validation, SampleSet Test) Split(TrainingRun run, DataSet set)
    {
        var needed = 1 + (set.Validation is null ? 1 : 0) + (set.Test is null ? 1 : 0);
        var count = set.Train.Count;
        if (count < needed)
            throw Failure.Usage($"The data set '{run.Data}' has {count} training sample{(count == 1 ? "" : "s")}, but {needed} are needed: to train on"
                + $"{(set.Validation is null ? ", to validate with" : "")}{(set.Test is null ? ", to test with" : "")}; give more.");
        var order = needed == 1 ? [.. Enumerable.Range(0, count)] : new TorchRandom(SplitSeed).Permutation(count);
        var left = count;
        SampleSet Held() => set.Train.Select(order.AsSpan(left -= Math.Clamp(count / 10, 1, MostHeld), Math.Clamp(count / 10, 1, MostHeld)));
        var validation = set.Validation ?? Held();
        var test = set.Test ?? Held();
        var train = needed == 1 ? set.Train : set.Train.Select(order.AsSpan(0, left));
        return train.Format.Target == TargetKind.Class && Weights(run.ClassWeights, train) is { } weights
            ? (train.Weighted(weights), validation.Weighted(weights), test.Weighted(weights)) : (train, validation, test);
    }

    /// <summary>Loads the samples that a configuration names to be looked at by a model trained on data like <paramref name="trained"/>.</summary>
    /// <param name="run">The configuration.</param>
    /// <param name="trained">What the model was trained on.</param>
    /// <param name="needsTargets">Whether there must be targets.</param>
    public static SampleSet LoadTest(TrainingRun run, DataRecord trained, bool needsTargets = true)
    {
        // What was set apart when the run began is what it is tested with again.
        var isSame = needsTargets && (run.Data == trained.Name || IsCopy());
        if (!isSame && ArrayFiles.IsArrayFile(run.Data))
            return Guarded(run, () => ArrayData.LoadFor(run.Data, trained.Format with { IsImage = false }, needsTargets));
        var test = isSame ? Split(run, LoadSet(run)).Test : LoadSet(run) is var set && set.Test is { } own ? own : set.Train;
        if (test is ImageSet images && images.Format.IsImage == trained.IsImage
            && (images.Rows, images.Columns) == (trained.Steps, trained.Channels) && images.Classes <= trained.Outputs)
            return new ImageSet(images.Pixels.ToArray(), images.Labels.ToArray(), images.Rows, images.Columns, trained.Outputs);
        if (test.Format != trained.Format)
            throw Failure.Usage($"The samples of '{run.Data}' are {test.Format}, but the model was trained on {trained.Format} ('{trained.Name}'); give "
                + "--data that fits.");
        return test;

        // By another path, or a copy.
        bool IsCopy()
        {
            if (!ArrayFiles.IsArrayFile(run.Data)) return false;
            try
            {
                var own = Hashes(ArrayData.Load(run.Data));
                return own.Count == trained.Sha256.Count && own.All(each => trained.Sha256.GetValueOrDefault(each.Key) == each.Value);
            }
            catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                // Without a training part it is no copy; what else is wrong is said when it is loaded.
                return false;
            }
        }
    }

    /// <summary>The set that a configuration names.</summary>
    public static DataSet LoadSet(TrainingRun run) => Guarded(run, () =>
        run.Data.StartsWith(SequenceTask.Scheme, StringComparison.Ordinal) ? SequenceTask.Load(run.Data)
        : ArrayFiles.IsArrayFile(run.Data) ? ArrayData.Load(run.Data)
        : DataCatalog.Load(run.Data, run.DataDir));

    static S Guarded<S>(TrainingRun run, Func<S> load)
    {
        try
        {
            return load();
        }
        catch (DataUnavailableException error) when (Nearest(run.Data) is { } meant && meant != run.Data)
        {
            throw Failure.Usage($"{error.Message.TrimEnd('.')}; did you mean {meant}?");
        }
        catch (FormatException error)
        {
            throw Failure.Usage($"--data is '{run.Data}': {error.Message}");
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw Failure.Usage($"The data set '{run.Data}' cannot be read: {error.Message.TrimEnd('.')}; give another --data.");
        }
    }

    static string? Nearest(string name) => Directory.Exists(name) ? null
        : Suggestion.Nearest(
            name, [SampleDigits.Name, .. DataCatalog.Published.Select(set => set.Name), .. SequenceTask.All.Select(task => SequenceTask.Scheme + task.Name)]);

    /// <summary>The class weights that a configuration asks for; null for none.</summary>
    static double[]? Weights(string text, SampleSet train)
    {
        var classes = train.Format.Outputs;
        switch (text)
        {
            case TrainingRun.None:
                return null;
            case TrainingRun.Balanced:
                // samples/(classes × samples of the class): 1 where all are as frequent
                var (counts, total) = (new double[classes], 0.0);
                foreach (var batch in train.Batches<float>(SampleSet.LittleAtATime(train.Format)))
                    for (var i = 0; i < batch.Classes.Length; i++)
                    {
                        var weight = batch.IsWeighted ? batch.Weights[i] : 1;
                        counts[batch.Classes[i]] += weight;
                        total += weight;
                    }
                return Array.ConvertAll(counts, count => count > 0 ? total / (classes * count) : 0);
            default:
                double[] given = [.. text.Split(',').Select(part => double.Parse(part, System.Globalization.CultureInfo.InvariantCulture))];
                return given.Length == classes ? given : throw Failure.Usage($"--class-weights has {given.Length} weights, but the data have {classes} "
                    + "classes; give one for each.");
        }
    }

    static Dictionary<string, string> Hashes(DataSet set)
    {
        var hashes = new Dictionary<string, string>();
        foreach (var (part, samples) in ((string, SampleSet?)[])[("train", set.Train), ("val", set.Validation), ("test", set.Test)])
        {
            if (samples is null) continue;
            if (samples is ImageSet images)
            {
                hashes["x_" + part] = Hash(stream => Idx.WriteImages(stream, images.Pixels, images.Rows, images.Columns));
                hashes["y_" + part] = Hash(stream => Idx.WriteLabels(stream, images.Labels));
                continue;
            }
            // In one pass, for the samples may be gigabytes in a file.
            using var x = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var y = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var weights = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var lengths = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var batch in samples.Batches<double>(SampleSet.LittleAtATime(samples.Format)))
            {
                x.AppendData(MemoryMarshal.AsBytes(batch.Inputs));
                y.AppendData(samples.Format.Target == TargetKind.Class ? MemoryMarshal.AsBytes(batch.Classes) : MemoryMarshal.AsBytes(batch.Numbers));
                if (batch.IsWeighted) weights.AppendData(MemoryMarshal.AsBytes(batch.Weights));
                if (batch.HasLengths) lengths.AppendData(MemoryMarshal.AsBytes(batch.Lengths));
            }
            foreach (var (name, hash) in ((string, IncrementalHash)[])[("x_", x), ("y_", y), ("weights_", weights), ("length_", lengths)])
                hashes[name + part] = Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        return hashes;
    }

    static string Hash(Action<Stream> write)
    {
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write)) write(stream);
        return Convert.ToHexStringLower(hash.Hash!);
    }
}
