namespace Organics;

/// <summary>Where the search for a stable fixed point ended.</summary>
/// <param name="Point">A stable fixed point; where none was found, the undecided one of least spectral abscissa, or else the unstable one; where there is none
/// at all, where the iteration stopped.</param>
/// <param name="Report">Its examination.</param>
sealed record StableSearchResult(SteadyStateSolution Point, StabilityReport Report)
{
    public bool IsStable => Report.IsStable;

    /// <summary>Whether a fixed point is proven to be there.</summary>
    public bool IsFixedPoint => Report.Verdict != StabilityVerdict.Unknown;

    /// <summary>Its spectral abscissa, in units of 1/τ.</summary>
    public double Abscissa => Report.MaxRealPart;
}

/// <summary>
/// The search for a stable fixed point that <see cref="SteadyState.StableOf"/>, <see cref="StabilitySweep"/> and <see cref="CounterExampleSearch"/> share. One
/// pair is known completely; otherwise the iterative solver, the homotopy from the identity circuit, Newton's method with deflation and trajectories are asked
/// in turn, and the first stable point ends it.
/// </summary>
static class StableSearch
{
    // From 2n = 32 on a search with many starts costs more than it finds.
    const int LargestSearched = 16;

    // Of a trajectory; of thousands of units a step takes a tenth of a second.
    const int StepsToSettle = 20_000, StepsOfLarge = 2000;

    public static StableSearchResult Of(Circuit circuit, SteadyStateOptions options) => OfEach([circuit], options)[0];

    /// <summary>Searches for each of several circuits, whose first candidates are examined together.</summary>
    public static StableSearchResult[] OfEach(IReadOnlyList<Circuit> circuits, SteadyStateOptions options)
    {
        Circuit[] searched = [.. circuits.Where(c => c.N > 1)];
        SteadyStateSolution[] solved = [.. searched.Select(c => SteadyState.Of(c, options))];
        var firsts = new Queue<StableSearchResult>(
            solved.Zip(StabilityReport.OfEach(searched, solved), (point, report) => new StableSearchResult(point, report)));
        return [.. circuits.Select(c => Of(c, options, c.N > 1 ? firsts.Dequeue() : null))];
    }

    static StableSearchResult Of(Circuit circuit, SteadyStateOptions options, StableSearchResult? first)
    {
        StableSearchResult? best = null;
        foreach (var candidate in Candidates(circuit, options, first))
        {
            if (candidate.IsStable) return candidate;
            if (best is null || IsNearer(candidate, best)) best = candidate;
        }
        return best!;
    }

    // A point that may be stable comes before one that surely is not, whatever their abscissae.
    static bool IsNearer(StableSearchResult candidate, StableSearchResult best)
    {
        static int Rank(StableSearchResult r)
            => r.Report.Verdict switch { StabilityVerdict.Unknown => 0, StabilityVerdict.Unstable => 1, StabilityVerdict.Undecided => 2, _ => 3 };
        var (of, than) = (Rank(candidate), Rank(best));
        return of > than || (of == than && candidate.IsFixedPoint && (double.IsNaN(best.Abscissa) || candidate.Abscissa < best.Abscissa));
    }

    // The first candidate is given where it was found with those of others. One pair seldom asks for it.
    static IEnumerable<StableSearchResult> Candidates(Circuit circuit, SteadyStateOptions options, StableSearchResult? first)
    {
        StableSearchResult First() => first ?? Examined(circuit, SteadyState.Of(circuit, options));
        if (circuit.N == 1 && Plane(circuit) is { } plane)
        {
            if (plane.Length == 0) yield return First();
            // Theorem 5.2 gives a point of the drive's sign: where it is stable, it is the one that the drive leads to.
            foreach (var p in plane.OrderBy(p => Math.Sign(p.Y) == Math.Sign(circuit.Drive[0]) ? 0 : 1)
                .ThenBy(p => Math.Max(p.Eigenvalues.First.Real, p.Eigenvalues.Second.Real)))
                yield return circuit.IsIdentityRecurrence ? First() : Examined(circuit, Solution(circuit, options, [p.Y], [p.A], SteadyStateMethod.Planar));
            yield break;
        }
        yield return First();
        // Its fixed point is unique.
        if (circuit.IsIdentityRecurrence) yield break;
        // The solver has been there where its own iteration failed.
        if (!HasFallen(First().Point, options)) yield return Examined(circuit, Homotopy(circuit, options));
        if (circuit.N <= LargestSearched)
            // The most stable of them first.
            foreach (var point in Deflated(circuit).OrderBy(p => p.MaxRealPart))
                yield return Examined(circuit, Solution(circuit, options, point, SteadyStateMethod.Deflation));
        foreach (var (y, a) in Settled(circuit, StepsToSettle))
            if (Near(circuit, y, a) is { } point) yield return Examined(circuit, Solution(circuit, options, point, SteadyStateMethod.Trajectory));
    }

    static StableSearchResult Examined(Circuit circuit, SteadyStateSolution point) => new(point, StabilityReport.Of(circuit, point));

    static SteadyStateSolution Solution(Circuit circuit, SteadyStateOptions options, Equilibrium point, SteadyStateMethod method)
    {
        var (y, a) = point.Split();
        return Solution(circuit, options, y, a, method);
    }

    static SteadyStateSolution Solution(Circuit circuit, SteadyStateOptions options, double[] y, double[] a, SteadyStateMethod method)
    {
        var residual = SteadyState.Residual(circuit, y, a);
        var isAccepted = SteadyStateSolver<double>.Accepts(
            circuit.Drive, circuit.C, circuit.W, circuit.Wr, y, a, residual, SteadyStateSolver<double>.EffectiveTolerance(options));
        return new(y, a, new(isAccepted ? SteadyStateStatus.Converged : SteadyStateStatus.NotConverged, 0, residual, 0, method));
    }

    /// <summary>All fixed points of one pair; null where one lies outside of the range of double.</summary>
    static PlanarFixedPoint[]? Plane(Circuit c)
    {
        try
        {
            return new PlanarCircuit(c.Wr[0], c.W[0], c.B[0], c.B0[0], c.Sigma[0], c.Z[0], c.TauY[0], c.TauA[0]).FixedPoints();
        }
        catch (Exception error) when (error is ArithmeticException or ArgumentException)
        {
            return null;
        }
    }

    static SteadyStateSolution Homotopy(Circuit circuit, SteadyStateOptions options)
    {
        var (y, a) = (new double[circuit.N], new double[circuit.N]);
        var result = SteadyStateFallback.Solve(
            circuit.Drive, circuit.C, circuit.W, circuit.Wr, y, a, SteadyStateSolver<double>.EffectiveTolerance(options),
            new(SteadyStateStatus.NotConverged, 0, double.NaN, 0, SteadyStateMethod.Sweeps), new double[circuit.N], new double[circuit.N]);
        return new(y, a, result);
    }

    static IReadOnlyList<Equilibrium> Deflated(Circuit circuit)
    {
        try
        {
            return CircuitEquilibria.Of(circuit);
        }
        catch (ArithmeticException)
        {
            // A point whose Jacobian leaves the range of double, under extreme time constants, has no spectrum.
            return [];
        }
    }

    static bool HasFallen(SteadyStateSolution first, SteadyStateOptions options)
        => options.Fallback && (first.Result.Method != SteadyStateMethod.Sweeps || first.Result.Status != SteadyStateStatus.Converged);

    /// <summary>The candidates of a circuit whose stability is not proven but looked at, for it is large: the solver's, that of the homotopy, and where
    /// trajectories settle.</summary>
    public static IEnumerable<SteadyStateSolution> OfLarge(Circuit circuit, SteadyStateOptions options)
    {
        var first = SteadyState.Of(circuit, options);
        yield return first;
        if (circuit.IsIdentityRecurrence) yield break;
        if (!HasFallen(first, options)) yield return Homotopy(circuit, options);
        foreach (var (y, a) in Settled(circuit, StepsOfLarge))
            yield return new(y, a, SteadyStateFallback.Polish(circuit, y, a, SteadyStateSolver<double>.EffectiveTolerance(options)));
    }

    /// <summary>Where trajectories from four starts settle, if they do: the last resort, which only stable fixed points answer to.</summary>
    static IEnumerable<(double[] Y, double[] A)> Settled(Circuit circuit, int steps)
    {
        const double Periods = 2000;
        var (n, units) = (circuit.N, CircuitUnits.Of(circuit));
        var slowest = Math.Max(circuit.TauY.ToArray().Max(), circuit.TauA.ToArray().Max());
        // Tolerances, too, are those of y in its units.
        if (!double.IsFinite(Periods * slowest) || CircuitUnits.Scaled(circuit, units) is not { } scaled) yield break;
        foreach (var (y, a) in ((double, double)[])[(0.01, 0.01), (1, 1), (-1, 1), (0, 100)])
        {
            var start = new double[2 * n];
            for (var i = 0; i < n; i++) (start[i], start[n + i]) = (y, Math.Max(a, circuit.C[i]));
            var end = Ode.Integrate(new CircuitSystem(scaled), RungeKutta.DormandPrince, start, 0, Periods * slowest,
                new() { Record = false, MaxSteps = steps, RelativeTolerance = 1e-6, SteadyStateTolerance = 1e-5, SteadyStateTimescale = slowest });
            if (end.Status == OdeStatus.SteadyState)
                yield return ([.. end.EndState[..n].ToArray().Select((v, i) => v * units[i])], end.EndState[n..].ToArray());
        }
    }

    static Equilibrium? Near(Circuit circuit, ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        try
        {
            return CircuitEquilibria.Near(circuit, y, a);
        }
        catch (ArithmeticException)
        {
            return null;
        }
    }
}
