using System.Collections.Concurrent;

namespace Organics;

/// <summary>What a sweep over random circuits came to.</summary>
/// <param name="Circuits">How many were examined.</param>
/// <param name="Stable">How many have a stable fixed point that the search found.</param>
/// <param name="Unstable">How many have fixed points, none of them stable.</param>
/// <param name="NotConverged">How many have no fixed point that the search found.</param>
/// <param name="MaxRealPart">The largest spectral abscissa of the stable ones' fixed points, in units of 1/τ; NaN where there is none.</param>
/// <param name="CounterExamples">Circuits without a stable fixed point, by trial, every one.</param>
public sealed record StabilitySweepResult(
    int Circuits, int Stable, int Unstable, int NotConverged, double MaxRealPart, IReadOnlyList<(int Trial, Circuit Circuit)> CounterExamples);

/// <summary>Examines many random circuits. Trials are independent, so the number of threads changes nothing.</summary>
public static class StabilitySweep
{
    enum Verdict
    {
        Stable,
        Unstable,
        NotConverged,
    }

    /// <summary>Runs trials 0 … trials − 1.</summary>
    /// <param name="draw">Draws a circuit.</param>
    /// <param name="trials">How many.</param>
    /// <param name="seed">Trial k draws from a generator of its own, which depends on the seed and k alone.</param>
    /// <param name="threads">How many threads, 1 or more.</param>
    /// <param name="onProgress">Hears how many trials are done, now and then.</param>
    /// <param name="cancellation">Gives up.</param>
    public static StabilitySweepResult Run(
        Func<Random, Circuit> draw, int trials, int seed, int threads, Action<int>? onProgress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(draw);
        var verdicts = new int[3];
        var examples = new ConcurrentDictionary<int, Circuit>();
        var (largest, gate, done) = (double.NaN, new Lock(), 0);
        Parallel.For(0, trials, new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, trial =>
        {
            var circuit = draw(Generator(seed, trial));
            var (verdict, abscissa) = Examine(circuit);
            Interlocked.Increment(ref verdicts[(int)verdict]);
            if (verdict != Verdict.Stable) examples[trial] = circuit;
            else
                lock (gate) largest = double.IsNaN(largest) ? abscissa : Math.Max(largest, abscissa);
            var now = Interlocked.Increment(ref done);
            if (now % 64 == 0 || now == trials) onProgress?.Invoke(now);
        });
        return new(trials, verdicts[0], verdicts[1], verdicts[2], largest,
            [.. examples.OrderBy(e => e.Key).Select(e => (e.Key, e.Value))]);
    }

    /// <summary>The generator of one trial.</summary>
    public static Random Generator(int seed, int trial) => new(unchecked(seed * (int)0x9E3779B1 ^ trial * (int)0x85EBCA6B ^ (trial >> 7)));

    /// <summary>Whether a circuit has a stable fixed point that a search finds, and its spectral abscissa; where none is stable, the least among the fixed points found.</summary>
    public static bool HasStableFixedPoint(Circuit circuit, out double abscissa)
    {
        (var verdict, abscissa) = Examine(circuit);
        return verdict == Verdict.Stable;
    }

    static (Verdict Verdict, double Abscissa) Examine(Circuit circuit)
    {
        var found = StableSearch.Of(circuit, new());
        return (found.IsStable ? Verdict.Stable : found.IsFixedPoint ? Verdict.Unstable : Verdict.NotConverged, found.IsFixedPoint ? found.Abscissa : double.NaN);
    }
}
