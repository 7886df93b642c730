using System.Collections.Concurrent;

namespace Organics.Tests;

/// <summary>Ranks that are threads of this process: what one sends waits in a queue until the other takes it.</summary>
sealed class VirtualRanks : IDisposable
{
    readonly ConcurrentDictionary<(int From, int To), BlockingCollection<byte[]>> _sent = [];
    readonly Barrier _barrier;
    readonly byte[]?[] _shared;

    VirtualRanks(int size) => (_barrier, _shared) = (new(size), new byte[]?[size]);

    /// <summary>Does the same in every rank, and gives what each returns or throws.</summary>
    public static List<TResult> Run<TResult>(int size, Func<Communicator, TResult> work)
    {
        using var all = new VirtualRanks(size);
        var (results, errors) = (new TResult[size], new ConcurrentQueue<Exception>());
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = work(new One(all, rank, size));
            }
            catch (Exception error)
            {
                errors.Enqueue(error);
            }
        }, maxStackSize: 1 << 20)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return errors.IsEmpty ? [.. results] : throw new AggregateException(errors);
    }

    public void Dispose()
    {
        _barrier.Dispose();
        foreach (var queue in _sent.Values) queue.Dispose();
    }

    BlockingCollection<byte[]> Queue(int from, int to) => _sent.GetOrAdd((from, to), _ => []);

    sealed class One(VirtualRanks all, int rank, int size) : Communicator
    {
        public override int Rank => rank;

        public override int Size => size;

        public override void Exchange(int? to, ReadOnlySpan<byte> sent, int? from, Span<byte> received)
        {
            if (to is { } other) all.Queue(rank, other).Add(sent.ToArray());
            if (from is not { } source) return;
            Assert.True(all.Queue(source, rank).TryTake(out var bytes, TimeSpan.FromSeconds(60)), $"Rank {source} sends nothing to {rank}.");
            Assert.Equal(received.Length, bytes.Length);
            bytes.CopyTo(received);
        }

        public override void Gather(ReadOnlySpan<byte> own, Span<byte> whole)
        {
            var length = own.Length;
            Assert.Equal(size * length, whole.Length);
            Meet(own);
            for (var i = 0; i < size; i++) all._shared[i].CopyTo(whole[(i * length)..]);
            Leave();
        }

        public override void Broadcast(int root, Span<byte> bytes)
        {
            Meet(rank == root ? bytes : []);
            if (rank != root) all._shared[root].CopyTo(bytes);
            Leave();
        }

        void Meet(ReadOnlySpan<byte> bytes)
        {
            all._shared[rank] = bytes.ToArray();
            Leave();
        }

        void Leave() => Assert.True(all._barrier.SignalAndWait(TimeSpan.FromSeconds(60)), "A rank does not come.");
    }
}
