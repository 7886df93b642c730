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
    // From 2n = 32 on a search with many starts costs more than it finds.
    const int LargestSearched = 16;

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

    /// <summary>Whether a circuit has a stable fixed point that a search finds, and the least spectral abscissa among those found.</summary>
    public static bool HasStableFixedPoint(Circuit circuit, out double abscissa)
    {
        (var verdict, abscissa) = Examine(circuit);
        return verdict == Verdict.Stable;
    }

    /// <summary>Where trajectories from four starts settle, if they do: the last resort, which only stable fixed points answer to.</summary>
    static IEnumerable<FixedPoint> Settled(Circuit circuit)
    {
        const double Periods = 2000;
        var n = circuit.N;
        var slowest = Math.Max(circuit.TauY.ToArray().Max(), circuit.TauA.ToArray().Max());
        foreach (var (y, a) in ((double, double)[])[(0.01, 0.01), (1, 1), (-1, 1), (0, 100)])
        {
            var start = new double[2 * n];
            start.AsSpan(0, n).Fill(y);
            for (var i = 0; i < n; i++) start[n + i] = Math.Max(a, circuit.C[i]);
            var end = Ode.Integrate(new CircuitSystem(circuit), RungeKutta.DormandPrince, start, 0, Periods * slowest,
                new() { Record = false, MaxSteps = 20_000, RelativeTolerance = 1e-6, SteadyStateTolerance = 1e-5, SteadyStateTimescale = slowest });
            if (end.Status != OdeStatus.SteadyState || FixedPoints.Near(circuit, end.EndState[..n], end.EndState[n..]) is not { } point) continue;
            yield return point;
        }
    }

    static (Verdict Verdict, double Abscissa) Examine(Circuit circuit)
    {
        if (circuit.N == 1)
        {
            // The plane is known completely.
            var all = new PlanarCircuit(circuit.Wr[0], circuit.W[0], circuit.B[0], circuit.B0[0], circuit.Sigma[0], circuit.Z[0], circuit.TauY[0], circuit.TauA[0]).FixedPoints();
            var best = all.Select(p => Math.Max(p.Eigenvalues.First.Real, p.Eigenvalues.Second.Real)).DefaultIfEmpty(double.NaN).Min();
            return (all.Any(p => p.IsStable) ? Verdict.Stable : all.Length > 0 ? Verdict.Unstable : Verdict.NotConverged, best);
        }
        var report = StabilityReport.Of(circuit);
        if (report.IsStable) return (Verdict.Stable, report.MaxRealPart);
        List<FixedPoint> found = circuit.N <= LargestSearched ? [.. FixedPoints.Of(circuit), .. Settled(circuit)] : [.. Settled(circuit)];
        var least = found.Select(p => p.Eigenvalues.Max(v => v.Real)).DefaultIfEmpty(double.NaN).Min();
        if (found.Any(p => p.IsStable)) return (Verdict.Stable, least);
        var isFixedPoint = report.Residual <= StabilityReport.LargestResidual;
        return (isFixedPoint || found.Count > 0 ? Verdict.Unstable : Verdict.NotConverged, isFixedPoint && !(least < report.MaxRealPart) ? report.MaxRealPart : least);
    }
}
