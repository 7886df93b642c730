using System.Diagnostics;

namespace SideBySide;

/// <summary>One side of a race, ready to run: its constructor prepares everything that is not timed.</summary>
interface IContender : IDisposable
{
    /// <summary>Forgets what earlier runs learned, so that every round does the same work.</summary>
    void Restart();

    /// <summary>Does the work once, and returns when it is done.</summary>
    void Run();

    /// <summary>What the last <see cref="Run"/> computed; all sides of a case must agree on it after equally many runs since a restart.</summary>
    float[] Outcome();
}

/// <summary>A contender's name and how to prepare it for a number of threads.</summary>
sealed record Side(string Name, Func<int, IContender> Prepare)
{
    /// <summary>Whether its wins and losses are this project's; the other sides are libtorch, written in one way or another.</summary>
    public bool Ours => Name.StartsWith(nameof(Organics), StringComparison.Ordinal);
}

/// <summary>The same work for all sides. The first side is the one that the others are measured against.</summary>
/// <param name="Name">What is computed.</param>
/// <param name="Flop">Floating point operations in one run; null where it depends on the method.</param>
/// <param name="Tolerance">Largest difference of outcomes, relative to the largest outcome.</param>
/// <param name="Sides">Who competes.</param>
sealed record Case(string Name, double? Flop, double Tolerance, IReadOnlyList<Side> Sides);

/// <summary>Seconds per run of one side, one value per round, and the peak resident memory of a process that runs this side alone.</summary>
sealed record Times(Side Side, double[] Seconds, long PeakBytes)
{
    public double Median => Race.Median(Seconds);
}

/// <summary>Runs the sides of a case alternately (A B A B …), so that whatever disturbs the machine disturbs them alike.</summary>
static class Race
{
    /// <summary>Runs after which outcomes are compared: a wrong gradient shows in the second, a wrong optimiser in the third.</summary>
    const int RunsUntilCompared = 3;
    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Sample = TimeSpan.FromMilliseconds(50);

    /// <summary>Idle worker threads of the side that ran last spin for some milliseconds; the next one waits until they sleep.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Warms every side up, compares outcomes, then times <paramref name="rounds"/> rounds.</summary>
    /// <exception cref="InvalidOperationException">Two sides computed different things.</exception>
    public static Times[] Run(Case race, int threads, int rounds, Func<Side, long> peakBytes)
    {
        long[] peaks = [.. race.Sides.Select(peakBytes)];
        IContender[] contenders = [.. race.Sides.Select(side => side.Prepare(threads))];
        try
        {
            foreach (var contender in contenders)
            {
                contender.Restart();
                Repeat(contender, RunsUntilCompared);
            }
            for (int i = 1; i < contenders.Length; i++)
                Compare(race, i, contenders[0].Outcome(), contenders[i].Outcome());
            int[] repetitions = [.. contenders.Select(Calibrate)];
            double[][] seconds = [.. contenders.Select(_ => new double[rounds])];
            for (int round = 0; round < rounds; round++)
            {
                for (int i = 0; i < contenders.Length; i++)
                {
                    Thread.Sleep(Pause);
                    contenders[i].Restart();
                    contenders[i].Run();   // brings its weights back into the caches
                    seconds[i][round] = Repeat(contenders[i], repetitions[i]).TotalSeconds / repetitions[i];
                }
            }
            return [.. race.Sides.Select((side, i) => new Times(side, seconds[i], peaks[i]))];
        }
        finally
        {
            foreach (var contender in contenders)
                contender.Dispose();
        }
    }

    /// <summary>Runs one side alone for the length of the warm-up, and returns the peak resident memory of this process in bytes.</summary>
    public static long PeakBytes(Side side, int threads)
    {
        using var contender = side.Prepare(threads);
        Calibrate(contender);
        using var self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }

    /// <summary>The middle value, or the mean of the two middle ones.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    static TimeSpan Repeat(IContender contender, int times)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < times; i++)
            contender.Run();
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Runs for the length of the warm-up and returns how many runs fill one sample.</summary>
    static int Calibrate(IContender contender)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan last;
        do
        {
            contender.Restart();
            last = Repeat(contender, 1);
        }
        while (Stopwatch.GetElapsedTime(start) < WarmUp);
        return Math.Max(1, (int)Math.Ceiling(Sample / last));
    }

    static void Compare(Case race, int side, float[] expected, float[] found)
    {
        double difference = expected.Length == found.Length
            ? expected.Zip(found, (e, f) => Math.Abs((double)e - f)).Aggregate(0.0, Math.Max) / expected.Max(Math.Abs)
            : double.PositiveInfinity;
        if (!(difference <= race.Tolerance))
        {
            throw new InvalidOperationException(
                $"{race.Name}: {race.Sides[side].Name} and {race.Sides[0].Name} disagree by {difference:g3} (allowed {race.Tolerance:g3}); "
                + "a race between different computations means nothing, so make them agree first.");
        }
    }
}
