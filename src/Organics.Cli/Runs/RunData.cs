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
        var (train, validation, test) = Split(run, set);
        foreach (var (samples, part) in ((SampleSet, string)[])[(train, "training"), (validation, "validation"), (test, "test")])
            CheckCounts(run, samples, part);
        var record = DataRecord.Of(run.Data, train.Format, train.Count, validation.Count, test.Count, Hashes(set));
        return new(train, validation, test, record with { Statistics = train is ImageSet ? null : DataStatistics.Of(train) });
    }

    static void CheckCounts(TrainingRun run, SampleSet samples, string part)
    {
        if (!samples.AnyCounts()) throw Failure.Usage($"The {part} samples of '{run.Data}' have no target that counts, by their mask, lengths and class "
            + "weights; correct these, or give a part that has some.");
    }

    /// <summary>What of samples may be meant in another way than it is read, each in a clause.</summary>
    public static IEnumerable<string> Doubts(SampleSet samples)
    {
        var format = samples.Format;
        if (format.Target != TargetKind.Numbers) yield break;
        if (!format.PerStep && format.Steps > 1 && format.Outputs == format.Steps)
            yield return $"targets [samples, {format.Outputs}] are read as {format.Outputs} numbers for each sample; if they are one at each step, give them "
                + $"the shape [samples, {format.Steps}, 1]";
        if (samples.Batches<double>(SampleSet.LittleAtATime(format)).All(AreWhole))
            yield return "targets are whole numbers stored as floating-point ones and are read as numbers to be given; if they are classes, store them as "
                + "whole numbers (y.astype(int), or in CSV without a point)";

        static bool AreWhole(SampleBatch<double> batch)
        {
            foreach (var number in batch.Numbers)
                if (!(number >= 0 && double.IsInteger(number))) return false;
            return true;
        }
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
        var named = needsTargets && (run.Data == trained.Name || run.Resolved().Data == trained.Name) ? LoadSet(run) : null;
        if (named is not null && !IsSame(named))
            Log.Line($"Note: '{run.Data}' has changed since the run began, for its sizes or SHA-256 differ from those in {RunRecord.File}; what is tested with "
                + "may have been trained on.");
        var same = named ?? (needsTargets ? Copy() : null);
        if (same is null && ArrayFiles.IsArrayFile(run.Data))
        {
            var samples = Guarded(run, () => ArrayData.LoadFor(run.Data, trained.Format with { IsImage = false }, needsTargets));
            if (needsTargets) CheckCounts(run, samples, "test");
            return samples;
        }
        var test = same is not null ? Split(run, same).Test : LoadSet(run) is var set && set.Test is { } own ? own : set.Train;
        CheckCounts(run, test, "test");
        if (test is ImageSet images && images.Format.IsImage == trained.IsImage
            && (images.Rows, images.Columns) == (trained.Steps, trained.Channels) && images.Classes <= trained.Outputs)
            return new ImageSet(images.Pixels.ToArray(), images.Labels.ToArray(), images.Rows, images.Columns, trained.Outputs);
        if (test.Format != trained.Format)
            throw Failure.Usage($"The samples of '{run.Data}' are {test.Format}, but the model was trained on {trained.Format} ('{trained.Name}'); give "
                + "--data that fits.");
        return test;

        // Sizes first, for they cost nothing.
        bool IsSame(DataSet other)
            => other.Train.Format == trained.Format && other.Train.Count + (other.Validation?.Count ?? 0) + (other.Test?.Count ?? 0)
                == trained.Training + trained.Validation + trained.Test
            && Hashes(other) is var own && own.Count == trained.Sha256.Count && own.All(each => trained.Sha256.GetValueOrDefault(each.Key) == each.Value);

        // By another path.
        DataSet? Copy()
        {
            if (!ArrayFiles.IsArrayFile(run.Data)) return null;
            try
            {
                var set = ArrayData.Load(run.Data);
                return IsSame(set) ? set : null;
            }
            catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                // Without a training part it is no copy; what else is wrong is said when it is loaded.
                return null;
            }
        }
    }

    /// <summary>The set that a configuration names.</summary>
    public static DataSet LoadSet(TrainingRun run) => Guarded(run, () =>
        run.Data.StartsWith(SequenceTask.Scheme, StringComparison.Ordinal) ? SequenceTask.Load(run.Data)
        : ArrayFiles.IsArrayFile(run.Data) ? ArrayData.Load(run.Data)
        : DataCatalog.Load(run.Data, run.DataDir));

    /// <summary>All samples in the file or folder of arrays that a configuration names, as <see cref="ArrayData.LoadAll"/> gives them.</summary>
    public static IReadOnlyList<(string Inputs, ArraySet Samples)> LoadAll(TrainingRun run) => Guarded(run, () => ArrayData.LoadAll(run.Data));

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
            foreach (var (name, hash) in ((string, IncrementalHash)[])[("x_", x), ("y_", y), ("weights_", weights), (DataRecord.LengthKey, lengths)])
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
