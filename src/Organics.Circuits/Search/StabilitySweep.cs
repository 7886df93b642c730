using System.Collections.Concurrent;

namespace Organics;

/// <summary>What a sweep over random circuits came to.</summary>
/// <param name="Circuits">How many were examined.</param>
/// <param name="Stable">How many have a stable fixed point that the search found.</param>
/// <param name="GloballyStable">How many of them <see cref="GlobalStability"/> certifies to come to rest from every start; it knows of Wr = I only.</param>
/// <param name="Unstable">How many have fixed points, all that the search found of them unstable.</param>
/// <param name="Undecided">How many have no stable fixed point that the search found, and one whose eigenvalues lie nearer to the axis than they are
/// known.</param>
/// <param name="NotConverged">How many have no fixed point that the search found and could prove to be one.</param>
/// <param name="MaxRealPart">The largest spectral abscissa of the stable ones' fixed points, in units of 1/τ; NaN where there is none.</param>
/// <param name="CounterExamples">Circuits of which no stable fixed point was found, by trial, every one.</param>
public sealed record StabilitySweepResult(
    int Circuits, int Stable, int GloballyStable, int Unstable, int Undecided, int NotConverged, double MaxRealPart,
    IReadOnlyList<(int Trial, Circuit Circuit)> CounterExamples);

/// <summary>Examines many random circuits. Trials are independent, so the number of threads changes nothing.</summary>
public static class StabilitySweep
{
    const int Together = StabilityReport.GroupSize;

    // Trials between two words of progress.
    const int Often = 64;

    /// <summary>Runs trials first … first + trials − 1: parts of a sweep make the whole.</summary>
    /// <param name="draw">Draws a circuit.</param>
    /// <param name="trials">How many.</param>
    /// <param name="seed">Trial k draws from a generator of its own, which depends on the seed and k alone.</param>
    /// <param name="threads">How many threads, 1 or more.</param>
    /// <param name="onProgress">Hears how many trials are done, now and then.</param>
    /// <param name="first">The number of the first trial.</param>
    /// <param name="cancellation">Gives up.</param>
    public static StabilitySweepResult Run(
        Func<Random, Circuit> draw, int trials, int seed, int threads, Action<int>? onProgress = null, int first = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(draw);
        var verdicts = new int[4];
        var examples = new ConcurrentDictionary<int, Circuit>();
        var (largest, gate, done, globally) = (double.NaN, new Lock(), 0, 0);
        Parallel.For(0, (trials + Together - 1) / Together, new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, group =>
        {
            var before = group * Together;
            Circuit[] circuits =
                [.. Enumerable.Range(first + before, Math.Min(Together, trials - before)).Select(trial => draw(Generator(seed, trial)))];
            var found = StableSearch.OfEach(circuits, new());
            for (var k = 0; k < circuits.Length; k++)
            {
                Interlocked.Increment(ref verdicts[(int)found[k].Report.Verdict]);
                if (found[k].IsStable && circuits[k].IsIdentityRecurrence && GlobalStability.Of(circuits[k]).Holds) Interlocked.Increment(ref globally);
                if (!found[k].IsStable) examples[first + before + k] = circuits[k];
                else
                    lock (gate) largest = double.IsNaN(largest) ? found[k].Abscissa : Math.Max(largest, found[k].Abscissa);
            }
            var now = Interlocked.Add(ref done, circuits.Length);
            if (now / Often != (now - circuits.Length) / Often || now == trials) onProgress?.Invoke(now);
        });
        return new(
            trials, Count(StabilityVerdict.Stable), globally, Count(StabilityVerdict.Unstable), Count(StabilityVerdict.Undecided),
            Count(StabilityVerdict.Unknown), largest,
            [.. examples.OrderBy(e => e.Key).Select(e => (e.Key, e.Value))]);

        int Count(StabilityVerdict verdict) => verdicts[(int)verdict];
    }

    /// <summary>The generator of one trial.</summary>
    public static Random Generator(int seed, int trial) => new(unchecked(seed * (int)0x9E3779B1 ^ trial * (int)0x85EBCA6B ^ (trial >> 7)));

    /// <summary>The verdict on a circuit's most stable fixed point that a search finds: Unstable where all that were found are.</summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="abscissa">Its spectral abscissa, in units of 1/τ; NaN where none was found.</param>
    public static StabilityVerdict Examine(Circuit circuit, out double abscissa)
    {
        var found = StableSearch.Of(circuit, new());
        abscissa = found.IsFixedPoint ? found.Abscissa : double.NaN;
        return found.Report.Verdict;
    }
}
