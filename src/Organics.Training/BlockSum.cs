using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>What is summed over the samples of a batch, for one block of them: numbers in double, what metrics keep, and a gradient. It is sent as it lies in
/// memory.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="numbers">How many numbers.</param>
/// <param name="metrics">The metrics.</param>
/// <param name="gradient">Elements of the gradient.</param>
sealed class BlockSum<T>(int numbers, MetricSums metrics, int gradient) where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly byte[] _bytes = new byte[checked((numbers + metrics.Count) * sizeof(double) + gradient * Unsafe.SizeOf<T>())];

    /// <summary>The numbers.</summary>
    public Span<double> Numbers => Doubles[..numbers];

    /// <summary>What the metrics keep.</summary>
    public Span<double> Metrics => Doubles[numbers..];

    /// <summary>The gradient.</summary>
    public Span<T> Gradient => MemoryMarshal.Cast<byte, T>(_bytes.AsSpan((numbers + metrics.Count) * sizeof(double)));

    /// <summary>All of it.</summary>
    public Span<byte> Bytes => _bytes;

    /// <summary>Sets all of it to 0.</summary>
    public void Clear() => Bytes.Clear();

    Span<double> Doubles => MemoryMarshal.Cast<byte, double>(_bytes.AsSpan(0, (numbers + metrics.Count) * sizeof(double)));

    /// <summary>Adds that of the samples that come next.</summary>
    public void Add(BlockSum<T> other)
    {
        AddNumbers(other);
        AddGradient(other, 0, Gradient.Length);
    }

    /// <summary>Adds what is not the gradient.</summary>
    public void AddNumbers(BlockSum<T> other)
    {
        TensorPrimitives.Add(Numbers, other.Numbers, Numbers);
        metrics.Join(other.Metrics, Metrics);
    }

    /// <summary>Adds a part of the gradient.</summary>
    public void AddGradient(BlockSum<T> other, int first, int count)
    {
        var part = Gradient.Slice(first, count);
        TensorPrimitives.Add(part, other.Gradient.Slice(first, count), part);
    }
}

/// <summary>
/// The sum over blocks in one fixed tree: neighbours by twos, their sums by twos, and so on. Ranks have neighbouring blocks; what of the tree lies within one
/// is summed there. So the bits are those of a single process, however many ranks there are.
/// </summary>
static class BlockTree
{
    /// <summary>The blocks of a rank: those from <c>Start</c> to before <c>End</c>.</summary>
    public static (int Start, int End) Of(int rank, int ranks, int blocks) => ((int)((long)rank * blocks / ranks), (int)((rank + 1L) * blocks / ranks));

    /// <summary>Sums all blocks into one that every rank has in the end, and returns it. Collective.</summary>
    /// <param name="own">The blocks of this rank, which are overwritten; at least one.</param>
    /// <param name="spare">Room for what comes from another rank.</param>
    /// <param name="blocks">How many there are in all ranks: a power of 2, and at least as many as ranks.</param>
    /// <param name="ranks">The other ranks.</param>
    /// <param name="host">Whose threads add; null for this one alone.</param>
    public static BlockSum<T> Sum<T>(BlockSum<T>[] own, BlockSum<T> spare, int blocks, Communicator ranks, HostBackend<T>? host = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (start, end) = Of(ranks.Rank, ranks.Size, blocks);
        // With a power of 2 every rank holds one whole branch, and pairs of ranks can exchange theirs: both have the sum.
        var isDoubling = BitOperations.IsPow2(ranks.Size);
        if (isDoubling) SumBranch(own, host);
        for (var step = 1; step < (isDoubling ? 1 : blocks); step *= 2)
            // From the pair that reaches into this rank from the left to the one that reaches out of it.
            for (var left = start / (2 * step) * 2 * step; left < end && left + step < blocks; left += 2 * step)
            {
                var right = left + step;
                if (right < start || (left < start && right >= end)) continue;
                if (left < start) ranks.Exchange(Owner(left), own[right - start].Bytes, null, []);
                else if (right < end) own[left - start].Add(own[right - start]);
                else
                {
                    ranks.Exchange(null, [], Owner(right), spare.Bytes);
                    own[left - start].Add(spare);
                }
            }
        var sum = own[0];
        if (!isDoubling) ranks.Broadcast(0, sum.Bytes);
        else
            for (var bit = 1; bit < ranks.Size; bit *= 2)
            {
                ranks.Exchange(ranks.Rank ^ bit, sum.Bytes, ranks.Rank ^ bit, spare.Bytes);
                // What comes first is on the left in both.
                if ((ranks.Rank & bit) != 0) (sum, spare) = (spare, sum);
                sum.Add(spare);
            }
        return sum;

        // The rank whose blocks begin last before or at one.
        int Owner(int block) => (int)(((block + 1L) * ranks.Size - 1) / blocks);
    }

    // A whole branch into its first block: piece by piece of the gradient, each up the whole tree while it is in the cache.
    static void SumBranch<T>(BlockSum<T>[] own, HostBackend<T>? host) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var step = 1; step < own.Length; step *= 2)
            for (var left = 0; left < own.Length; left += 2 * step) own[left].AddNumbers(own[left + step]);
        var pieces = new Pieces<T>(own);
        if (host is not null) host.Run(pieces.Count, pieces);
        else
            for (var i = 0; i < pieces.Count; i++) pieces.Run(i);
    }

    readonly struct Pieces<T>(BlockSum<T>[] own) : IWork where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Of 8 blocks 32 KB in float.
        const int Length = 1024;

        public int Count => (own[0].Gradient.Length + Length - 1) / Length;

        public void Run(int part)
        {
            var (first, count) = (part * Length, Math.Min(Length, own[0].Gradient.Length - part * Length));
            for (var step = 1; step < own.Length; step *= 2)
                for (var left = 0; left < own.Length; left += 2 * step) own[left].AddGradient(own[left + step], first, count);
        }
    }
}
