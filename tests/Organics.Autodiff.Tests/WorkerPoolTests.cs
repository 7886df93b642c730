using System.Collections.Concurrent;

namespace Organics.Tests;

public sealed class WorkerPoolTests
{
    readonly struct Count(int[] times) : IWork
    {
        public void Run(int part) => Interlocked.Increment(ref times[part]);
    }

    readonly struct FailAt(int part, ConcurrentBag<int> done) : IWork
    {
        public void Run(int p)
        {
            if (p == part) throw new InvalidDataException($"part {p} is bad");
            done.Add(p);
        }
    }

    readonly struct Meet(Barrier barrier) : IWork
    {
        public void Run(int part) => barrier.SignalAndWait();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Every_part_runs_once_however_many_there_are(int threads)
    {
        using var pool = new WorkerPool(threads);
        Assert.Equal(threads, pool.Threads);
        foreach (var parts in (int[])[0, 1, 2, threads, 100, 3001])
        {
            var times = new int[parts];
            pool.Run(parts, new Count(times));
            Assert.All(times, t => Assert.Equal(1, t));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Ten_thousand_tiny_jobs_come_to_an_end(int threads)
    {
        using var pool = new WorkerPool(threads);
        var times = new int[4];
        for (var i = 0; i < 10_000; i++)
        {
            pool.Run(4, new Count(times));
            // Now and then long enough for the workers to fall asleep.
            if (i % 1000 == 0) Thread.Sleep(2);
        }
        Assert.Equal([10_000, 10_000, 10_000, 10_000], times);
    }

    [Fact]
    public void Parts_run_at_the_same_time()
    {
        // Each part waits for all the others: one thread too few, and this would not end. Only the first work of a pool is sure to be
        // shared: later a pool may find that its threads come too late to be of use.
        using var barrier = new Barrier(3);
        for (var i = 0; i < 20; i++)
        {
            using var pool = new WorkerPool(3);
            pool.Run(3, new Meet(barrier));
        }
        Assert.Equal(20, barrier.CurrentPhaseNumber);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Failed_work_is_reported_by_name_and_the_pool_goes_on(int threads)
    {
        using var pool = new WorkerPool(threads);
        for (var round = 0; round < 50; round++)
            foreach (var (parts, bad) in ((int, int)[])[(1, 0), (20, 0), (20, 13), (20, 19)])
            {
                var done = new ConcurrentBag<int>();
                var e = Assert.Throws<AggregateException>(() => pool.Run(parts, new FailAt(bad, done)));
                Assert.Contains($"part {bad} is bad", e.Message, StringComparison.Ordinal);
                Assert.IsType<InvalidDataException>(Assert.Single(e.InnerExceptions));
                Assert.DoesNotContain(bad, done);
                var times = new int[20];
                pool.Run(20, new Count(times));
                Assert.All(times, t => Assert.Equal(1, t));
            }
    }

    [Fact]
    public void Several_callers_take_turns()
    {
        using var pool = new WorkerPool(3);
        var times = new int[64];
        var callers = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 300; i++) pool.Run(64, new Count(times));
        })).ToList();
        callers.ForEach(c => c.Start());
        callers.ForEach(c => c.Join());
        Assert.All(times, t => Assert.Equal(1200, t));
    }

    [Fact]
    public void A_pool_may_be_disposed_twice_asleep_or_awake_and_callers_then_work_alone()
    {
        foreach (var rest in (int[])[0, 20])
        {
            var pool = new WorkerPool(4);
            var times = new int[50];
            pool.Run(50, new Count(times));
            Thread.Sleep(rest);
            pool.Dispose();
            pool.Dispose();
            pool.Run(50, new Count(times));
            Assert.All(times, t => Assert.Equal(2, t));
        }
    }

    [Fact]
    public void The_shared_device_outlives_its_users()
    {
        Device.Cpu.Dispose();
        Assert.Equal([1.0, 1], Tensor.Full([2], 0.0).Exp().ToArray());
        Assert.Equal(Environment.ProcessorCount, ((CpuDevice)Device.Cpu).Threads);
        using var one = new CpuDevice(1);
        Assert.Contains("1 thread,", one.Name, StringComparison.Ordinal);
        Assert.Equal("reference", Device.Reference.ToString());
    }
}
