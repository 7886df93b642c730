using System.Numerics;

namespace Organics;

/// <summary>Some samples of a set as a model takes them: memory that is used again for the next ones.</summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class SampleBatch<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly T[] _inputs, _numbers, _weights;
    readonly int[] _classes, _lengths;

    /// <summary>Room for samples of a format.</summary>
    /// <param name="format">What each is like.</param>
    /// <param name="capacity">The most that it takes.</param>
    public SampleBatch(SampleFormat format, int capacity)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        Format = format;
        Capacity = capacity;
        _inputs = new T[Room(format.Width)];
        _classes = new int[format.Target == TargetKind.Class ? Room(format.Targets) : 0];
        _numbers = new T[format.Target == TargetKind.Numbers ? Room((long)format.Targets * format.Outputs) : 0];
        _weights = new T[Room(format.Targets)];
        _lengths = new int[capacity];

        int Room(long each) => (Int128)each * capacity is var all && all <= Array.MaxLength ? (int)all
            : throw new ArgumentException($"{capacity} samples of {format} are more numbers than an array holds; take fewer at once.", nameof(capacity));
    }

    /// <summary>Samples with a class each.</summary>
    /// <param name="format">What each is like.</param>
    /// <param name="inputs">Shape [count, steps × channels].</param>
    /// <param name="classes">Shape [count] or [count, steps].</param>
    /// <exception cref="ArgumentException">They are no whole samples, or numbers are asked for.</exception>
    public static SampleBatch<T> Of(SampleFormat format, ReadOnlySpan<T> inputs, ReadOnlySpan<int> classes)
    {
        ArgumentNullException.ThrowIfNull(format);
        var batch = new SampleBatch<T>(format, classes.Length / format.Targets);
        batch.Resize(batch.Capacity);
        if (inputs.Length != batch.Inputs.Length || classes.Length != batch.Classes.Length)
            throw new ArgumentException($"There are {inputs.Length} inputs and {classes.Length} classes, but a sample has {format.Width} inputs and {format.Targets} targets: {format}; give as many of each.", nameof(inputs));
        inputs.CopyTo(batch.Inputs);
        classes.CopyTo(batch.Classes);
        return batch;
    }

    /// <summary>What each sample is like.</summary>
    public SampleFormat Format { get; }

    /// <summary>The most samples that it takes.</summary>
    public int Capacity { get; }

    /// <summary>Samples in it now.</summary>
    public int Count { get; private set; }

    /// <summary>Inputs, sample by sample, step by step. Shape [count, steps × channels].</summary>
    public Span<T> Inputs => _inputs.AsSpan(0, Count * Format.Width);

    /// <summary>Classes. Shape [count] or [count, steps]; empty where numbers are asked for.</summary>
    public Span<int> Classes => _classes.AsSpan(0, Math.Min(_classes.Length, Count * Format.Targets));

    /// <summary>Numbers. Shape [count, outputs] or [count, steps, outputs]; empty where classes are asked for.</summary>
    public Span<T> Numbers => _numbers.AsSpan(0, Math.Min(_numbers.Length, Count * Format.Targets * Format.Outputs));

    /// <summary>How much each target counts, 0 where it does not. Shape [count] or [count, steps]; what it holds is used where <see cref="IsWeighted"/>.</summary>
    public Span<T> Weights => _weights.AsSpan(0, Count * Format.Targets);

    /// <summary>Whether not every target counts 1.</summary>
    public bool IsWeighted { get; set; }

    /// <summary>Steps of each sample. Shape [count]; what it holds is used where <see cref="HasLengths"/>.</summary>
    public Span<int> Lengths => _lengths.AsSpan(0, Count);

    /// <summary>Whether not every sample has all steps.</summary>
    public bool HasLengths { get; set; }

    /// <summary>How much each class counts in the loss; null where all count alike. Shape [classes].</summary>
    public IReadOnlyList<double>? ClassWeights { get; set; }

    /// <summary>What the targets count together, Σw with the weights of their classes, in units of a sample whose targets count 1 each: it is what the mean
    /// loss of the batch counts in that of a set.</summary>
    internal double Weight
    {
        get
        {
            if (!IsWeighted && ClassWeights is null) return Count;
            var total = 0.0;
            for (var i = 0; i < Weights.Length; i++)
                total += (IsWeighted ? double.CreateTruncating(Weights[i]) : 1) * (ClassWeights is { } each ? each[Classes[i]] : 1);
            return total / Format.Targets;
        }
    }

    /// <summary>Takes room for so many samples, whose content is yet to be written.</summary>
    public void Resize(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > Capacity) throw new ArgumentOutOfRangeException(nameof(count), $"{count} samples do not fit into a batch of {Capacity}; make a larger one.");
        (Count, IsWeighted, HasLengths, ClassWeights) = (count, false, false, null);
    }
}
