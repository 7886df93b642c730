using System.Diagnostics;

namespace Organics.Backends;

/// <summary>
/// Threads that share the parts of one piece of work at a time. Which thread takes which part does not matter to any result: parts are
/// independent, and their number depends on the work alone.
/// </summary>
sealed class WorkerPool : IDisposable
{
    abstract class Job
    {
        int _next, _done;
        readonly int _parts;
        volatile Exception? _failure;

        protected Job(int parts) => _parts = parts;

        protected abstract void Run(int part);

        public bool IsDone => Volatile.Read(ref _done) >= _parts;

        public Exception? Failure => _failure;

        public void Work()
        {
            var outer = _isPart;
            _isPart = true;
            int part;
            while ((part = Interlocked.Increment(ref _next) - 1) < _parts)
            {
                try
                {
                    if (_failure is null) Run(part);
                }
                catch (Exception e)
                {
                    _failure = e;
                }
                Interlocked.Increment(ref _done);
            }
            _isPart = outer;
        }
    }

    sealed class Job<TWork>(int parts, TWork work) : Job(parts) where TWork : struct, IWork
    {
        TWork _work = work;

        protected override void Run(int part) => _work.Run(part);
    }

    // A worker looks for the next job for some tens of microseconds before it sleeps: ops of one step follow each other that closely, and on
    // a machine that others use as well, a thread that spins longer loses its turn just when it holds a part.
    const int Spins = 400;

    // A part on a thread that lost its turn to another program holds everyone up for milliseconds. Jobs after such a wait are done by the
    // caller alone, twice as many each time; parts are the same, and so is the result.
    const int FirstPenalty = 32, LastPenalty = 1024;
    static readonly long Patience = Stopwatch.Frequency / 1000;

    // A part of a piece of work that has work of its own does it alone: nobody is free to help, and to wait for somebody would be for ever.
    [ThreadStatic]
    static bool _isPart;

    readonly Lock _oneAtATime = new();
    readonly Thread[] _threads;
    readonly SemaphoreSlim _wake = new(0);
    volatile Job? _job;
    volatile bool _stop;
    int _sleeping;
    int _alone, _penalty = FirstPenalty;

    public WorkerPool(int threads)
    {
        Threads = threads;
        _threads = new Thread[threads - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new(Loop) { IsBackground = true, Name = $"organics-{i + 1}" };
            _threads[i].Start();
        }
    }

    /// <summary>No threads but the caller's.</summary>
    public static WorkerPool None { get; } = new(1);

    public int Threads { get; }

    public void Run<TWork>(int parts, in TWork work) where TWork : struct, IWork
    {
        if (parts <= 1 || _threads.Length == 0 || _isPart || (_alone > 0 && _alone-- > 0))
        {
            try
            {
                for (var i = 0; i < parts; i++) work.Run(i);
            }
            catch (Exception e)
            {
                throw Failed(e);
            }
            return;
        }
        var job = new Job<TWork>(parts, work);
        lock (_oneAtATime)
        {
            _job = job;
            var asleep = Volatile.Read(ref _sleeping);
            if (asleep > 0) _wake.Release(Math.Min(asleep, parts - 1));
            var began = Stopwatch.GetTimestamp();
            job.Work();
            var worked = Stopwatch.GetTimestamp();
            var wait = new SpinWait();
            while (!job.IsDone) wait.SpinOnce(-1);
            var waited = Stopwatch.GetTimestamp() - worked;
            _job = null;
            if (waited > Patience && waited > 2 * (worked - began))
                (_alone, _penalty) = (_penalty, Math.Min(LastPenalty, 2 * _penalty));
            else if (_penalty > FirstPenalty)
                _penalty--;
        }
        if (job.Failure is { } failure) throw Failed(failure);
    }

    public void Dispose()
    {
        if (_stop) return;
        _stop = true;
        _wake.Release(_threads.Length + 1);
        foreach (var t in _threads) t.Join();
        _wake.Dispose();
    }

    static AggregateException Failed(Exception e) => new($"Parallel work failed: {e.Message}", e);

    void Loop()
    {
        Job? seen = null;
        while (!_stop)
        {
            var found = false;
            for (var i = 0; i < Spins && !_stop; i++)
            {
                if (_job is { } job && job != seen)
                {
                    seen = job;
                    job.Work();
                    found = true;
                    break;
                }
                Thread.SpinWait(10);
            }
            if (found) continue;
            Interlocked.Increment(ref _sleeping);
            // A job posted between the last look and the count above would be missed: look once more.
            if (_job is not { } late || late == seen) _wake.Wait();
            Interlocked.Decrement(ref _sleeping);
        }
    }
}
