using System.Numerics;

namespace Organics;

/// <summary>Samples of one format, in memory or in a file: what a model is trained on, validated and tested with.</summary>
public abstract class SampleSet
{
    /// <summary>What each sample is like.</summary>
    public abstract SampleFormat Format { get; }

    /// <summary>The number of samples.</summary>
    public abstract int Count { get; }

    /// <summary>How much each class counts in the loss; null where all count alike. Shape [classes].</summary>
    public IReadOnlyList<double>? ClassWeights { get; private protected set; }

    /// <summary>The same samples with other class weights.</summary>
    /// <param name="classWeights">Each 0 or from 1e-15 to 1e15; null where all classes count alike. Shape [classes].</param>
    /// <exception cref="ArgumentException">There is not one for each class, one is out of range, or the targets are no classes.</exception>
    public SampleSet Weighted(IReadOnlyList<double>? classWeights)
    {
        if (classWeights is not null && (Format.Target != TargetKind.Class || classWeights.Count != Format.Outputs || !classWeights.All(IsWeight)))
            throw new ArgumentException(
                $"There are the class weights {string.Join(", ", classWeights)} for {Format}; give {WeightsText} for each class.", nameof(classWeights));
        var copy = (SampleSet)MemberwiseClone();
        copy.ClassWeights = classWeights;
        return copy;
    }

    // Products of two are floats of full precision, and so are sums of 10⁸ of those.
    const double LeastWeight = 1e-15, LargestWeight = 1e15;

    internal const string WeightsText = "0 or a number from 1E-15 to 1E+15";

    /// <summary>Whether a target, or a class, can have such a weight.</summary>
    internal static bool IsWeight(double weight) => weight is 0 or (>= LeastWeight and <= LargestWeight);

    /// <summary>Whether some target counts.</summary>
    internal bool AnyCounts() => Batches<double>(LittleAtATime(Format)).Any(batch => batch.Weight > 0);

    /// <summary>Copies samples into a batch, converted to its precision. Safe from several threads at once.</summary>
    /// <param name="indices">Which, each 0 … Count − 1; repeats are legal.</param>
    /// <param name="batch">Receives them, in this order.</param>
    public void Gather<T>(ReadOnlySpan<int> indices, SampleBatch<T> batch) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Format != Format) throw new ArgumentException($"The batch is for {batch.Format}, but the set has {Format}; make one for the set's format.", nameof(batch));
        batch.Resize(indices.Length);
        batch.ClassWeights = ClassWeights;
        Fill(indices, batch);
    }

    /// <summary>Writes samples into a batch that has room for them.</summary>
    /// <inheritdoc cref="Gather"/>
    protected abstract void Fill<T>(ReadOnlySpan<int> indices, SampleBatch<T> batch) where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>The samples at <paramref name="indices"/>, in that order: a split, a subset, a shuffle.</summary>
    /// <param name="indices">Each 0 … Count − 1; repeats are legal.</param>
    public abstract SampleSet Select(ReadOnlySpan<int> indices);

    /// <summary>Samples that take some megabytes as doubles: for passes over sets that do not fit into memory.</summary>
    internal static int LittleAtATime(SampleFormat format) => Math.Clamp((1 << 21) / Math.Max(1, format.Width), 1, 64);

    /// <summary>The set in batches, in its order; each uses the memory of the one before.</summary>
    /// <param name="size">Samples of a batch; the last may be smaller.</param>
    public IEnumerable<SampleBatch<T>> Batches<T>(int size) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var batch = new SampleBatch<T>(Format, Math.Min(size, Count));
        var index = new int[batch.Capacity];
        for (var start = 0; start < Count; start += size)
        {
            var part = index.AsSpan(0, Math.Min(size, Count - start));
            for (var i = 0; i < part.Length; i++) part[i] = start + i;
            Gather<T>(part, batch);
            yield return batch;
        }
    }
}
