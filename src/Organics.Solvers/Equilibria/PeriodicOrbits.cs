using System.Numerics;

namespace Organics;

/// <summary>
/// Periodic orbits by multiple shooting: Newton's method for states along the orbit, each of which the flow takes to the next (Seydel, Practical Bifurcation
/// and Stability Analysis, 3rd ed., §7; Ascher, Mattheij &amp; Russell, ch. 4). There are as many as steps of the integrator ask for, so
/// that orbits are found that repel by many decades a turn, as the canards of fast-slow systems do. The flow is that of the pair 5(4) of Dormand and Prince at
/// tight tolerances: what is stiff takes long.
/// </summary>
public static class PeriodicOrbits
{
    const double FirstStep = 0.02, LeastStep = 1e-6, LargestStep = 0.2;

    // Between neighbours the branch turns by less: the cosine.
    const double Bend = 0.9;

    // An orbit that spans less than this part of the scale is the point that it shrinks to.
    const double Smallest = 1e-5;

    // A period grows without bound where it grows by so much while the parameter, by its range, and the orbit, by its extents, change by less than these parts;
    // and where no step leads on, by less than a larger one.
    const double Growth = 1.1, SameParameter = 1e-5, SameOrbit = 1e-3, Similar = 1e-2;

    // A step that leads past a point ends the branch where it is shorter, and an event on an orbit so small is the point.
    const double Nearest = 1e-3;

    // So many halvings find an event to 1e-6 of a step, between orbits so near to one another.
    const int Halvings = 20;
    const double Neighbours = 1e-4;

    // Of the branch's direction: a part along the parameter below it has no sign, as amid the explosion of a canard.
    const double Upright = 1e-5;

    // So many states of a small cycle on a circle.
    const int Corners = 8;

    // Of a step. Where one is a branch point, which Newton's method does not reach, another is not.
    static readonly double[] Parts = [0.5, 0.4, 0.6];

    // A period is tried for being so many turns at once.
    static readonly int[] Turns = [2, 3, 5, 7, 11, 13];

    /// <summary>
    /// The orbit that Newton's method reaches from a state near it, with its least period where the guess was that of up to 16 turns; null where it reaches
    /// none.
    /// </summary>
    /// <param name="system">An autonomous system, n unknowns, at least two. Where it has no Jacobian, differences serve.</param>
    /// <param name="state">n elements.</param>
    /// <param name="period">A guess of the period, as <see cref="OdeSolution.Period"/> of a limit cycle.</param>
    /// <param name="scale">The typical size of each element of the state; 1 if not given.</param>
    /// <exception cref="ArgumentException">The system depends on time, or a length does not fit.</exception>
    public static PeriodicOrbit? Near(IOdeSystem system, ReadOnlySpan<double> state, double period, double[]? scale = null)
    {
        ArgumentNullException.ThrowIfNull(system);
        if (!(period > 0 && double.IsFinite(period))) throw new ArgumentOutOfRangeException(nameof(period), $"The period is {period}; give a positive number.");
        var shooting = new OrbitShooting(_ => system, 0, 0, scale, nameof(system));
        shooting.Check(state);
        // What has shrunk to a point is no orbit.
        if (Found(shooting.Nodes(state.ToArray(), period, 0), Smallest) is not var (found, orbit)) return null;
        foreach (var turns in Turns)
            while (shooting.Turn(found, turns) is { } turn && Found(turn, shooting.Span(orbit) / 2) is var (once, shorter)
                && Math.Abs(turns * shorter.Period / orbit.Period - 1) < Neighbours) (found, orbit) = (once, shorter);
        return orbit;

        (double[] X, PeriodicOrbit Orbit)? Found(IReadOnlyList<OrbitNode>? nodes, double least)
            => nodes is not null && shooting.Unknowns(nodes, 0) is var guess && shooting.Correct(guess, guess, OrbitShooting.AtParameter(guess)) is { } x
                && shooting.Orbit(x) is var there && shooting.Span(there) >= least ? (x, there) : null;
    }

    /// <summary>The branch of orbits that is born at a Hopf point, followed away from it.</summary>
    /// <param name="family">The system at a value of the parameter; n must not change.</param>
    /// <param name="from">An end of the parameter's range.</param>
    /// <param name="to">The other.</param>
    /// <param name="hopf">A Hopf point between them.</param>
    /// <param name="amplitude">How far the first orbit is from the point, in the mean along it and as a part of the scale.</param>
    /// <param name="scale">The typical size of each element of the state; 1 if not given.</param>
    /// <param name="steps">The most orbits.</param>
    /// <exception cref="ArgumentException">The bifurcation is no Hopf point, or the range does not hold it.</exception>
    /// <exception cref="ArithmeticException">No orbit was found beside it.</exception>
    public static OrbitBranch FromHopf(
        Func<double, IOdeSystem> family, double from, double to, Bifurcation hopf, double amplitude = 0.05, double[]? scale = null, int steps = 400)
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentNullException.ThrowIfNull(hopf);
        if (hopf.Type != BifurcationType.Hopf)
            throw new ArgumentException($"The bifurcation at {hopf.Parameter} is a {hopf.Type}; give a Hopf point.", nameof(hopf));
        if (!(hopf.Parameter >= Math.Min(from, to) && hopf.Parameter <= Math.Max(from, to)))
            throw new ArgumentException($"The Hopf point lies at {hopf.Parameter}, outside of {from} to {to}; give a range that holds it.", nameof(hopf));
        if (!(amplitude > 0 && double.IsFinite(amplitude)))
            throw new ArgumentOutOfRangeException(nameof(amplitude), $"The amplitude is {amplitude}; give a positive number.");
        var shooting = new OrbitShooting(family, from, to, scale, nameof(family));
        var still = hopf.Point.State;
        shooting.Check(still);
        var n = still.Length;
        var jacobian = new double[n * n];
        shooting.System(shooting.Part(hopf.Parameter)).Jacobian(0, still, jacobian);
        var q = Eigenvectors.Of(jacobian, n, new Complex(0, 2 * Math.PI * hopf.Frequency)).Right;
        // On the centre manifold, x = x̂ + ε·Re(q·exp(iωt)): the orbit's size is given, its parameter found.
        double[] Around(Complex phase) => [.. q.Select((v, i) => still[i] + (v * phase).Real)];
        List<OrbitNode> Circle(Complex first) => [.. Enumerable.Range(0, Corners).Select(
            k => new OrbitNode(Around(first * Complex.FromPolarCoordinates(1, 2 * Math.PI * k / Corners)), 1 / (Corners * hopf.Frequency)))];
        var last = shooting.Unknowns(Circle(0), shooting.Part(hopf.Parameter));
        double[] direction = [.. shooting.Unknowns(Circle(1), last[^1]).Zip(last, (a, b) => a - b)];
        var norm = Vectors.Norm(direction);
        double[] normal = [.. direction.Select(v => v / norm)];
        for (var size = amplitude; size > amplitude / 1000; size /= 2)
        {
            var guess = (double[])last.Clone();
            Vectors.Add(size, normal, guess);
            if (shooting.Correct(guess, guess, (normal, Vectors.Dot(normal, guess))) is not { } first || shooting.Orbit(first) is not { } orbit
                || shooting.Span(orbit) < size / 2) continue;
            double[] away = [.. first.Zip(last, (a, b) => a - b)];
            return Follow(shooting, first, away, [new(shooting.Value(first[^1]), orbit)], steps);
        }
        throw new ArithmeticException(
            $"No orbit was found beside the Hopf point at {hopf.Parameter}; give another amplitude, or a scale that is the size of the states.");
    }

    /// <summary>Follows an orbit along one parameter by its arc length, through folds.</summary>
    /// <param name="family">The system at a value of the parameter; n must not change.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="to">Where to go; the branch ends there, or where it comes back to <paramref name="from"/>.</param>
    /// <param name="start">An orbit at <paramref name="from"/>.</param>
    /// <param name="scale">The typical size of each element of the state; 1 if not given.</param>
    /// <param name="steps">The most orbits.</param>
    /// <exception cref="ArithmeticException">The start is no orbit.</exception>
    public static OrbitBranch Follow(Func<double, IOdeSystem> family, double from, double to, PeriodicOrbit start, double[]? scale = null, int steps = 400)
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentNullException.ThrowIfNull(start);
        var shooting = new OrbitShooting(family, from, to, scale, nameof(family));
        shooting.Check(start.State);
        // Nodes that were found with the orbit, unless it is another's copy.
        var isOwn = start.Nodes.Count > 0 && ReferenceEquals(start.Nodes[0].State, start.State);
        var nodes = isOwn ? start.Nodes : shooting.Nodes(start.State, start.Period, 0);
        var guess = nodes is null ? null : shooting.Unknowns(nodes, 0);
        var first = (guess is null ? null : shooting.Correct(guess, guess, OrbitShooting.AtParameter(guess)))
            ?? throw new ArithmeticException($"The start of the branch is no periodic orbit at {from}; find one there with PeriodicOrbits.Near.");
        return Follow(shooting, first, OrbitShooting.AtParameter(first).Normal, [new(from, shooting.Orbit(first))], steps);
    }

    static OrbitBranch Follow(OrbitShooting shooting, double[] here, double[] along, List<OrbitPoint> points, int steps)
    {
        List<OrbitBifurcation> bifurcations = [];
        var (tangent, step) = (shooting.Tangent(here, along), FirstStep);
        while (points.Count < steps)
        {
            if (tangent is null || step < LeastStep) return Ended(IsRising(Similar, Similar) ? BranchEnd.Period : BranchEnd.NoStep);
            double[] next = [.. here.Zip(tangent, (v, d) => v + step * d)];
            var isLast = next[^1] is > 1 or < 0;
            if (isLast)
            {
                var edge = next[^1] > 1 ? 1.0 : 0.0;
                var part = (edge - here[^1]) / (next[^1] - here[^1]);
                next = [.. here.Zip(next, (a, b) => a + part * (b - a))];
                next[^1] = edge;
            }
            var found = shooting.Correct(next, here, isLast ? OrbitShooting.AtParameter(next) : (tangent, Vectors.Dot(tangent, next)));
            var turned = found is null ? null : shooting.Tangent(found, tangent);
            if (found is null || turned is null || (!isLast && Vectors.Dot(turned, tangent) < Bend))
            {
                step /= 2;
                continue;
            }
            // Past a point to which it shrinks it is the same branch, half a turn on.
            if (shooting.IsOpposite(here, found))
            {
                if (step < Nearest) return Ended(BranchEnd.Point);
                step /= 2;
                continue;
            }
            var orbit = shooting.Orbit(found);
            if (Between(shooting, (here, tangent, points[^1].Orbit), (found, turned, orbit))?.ToArray() is not { } events)
            {
                step /= 2;
                continue;
            }
            // So small an orbit turns at the point itself.
            if (events.Any(e => shooting.Span(e.Orbit) < Nearest)) return Ended(BranchEnd.Point);
            bifurcations.AddRange(events);
            points.Add(new(shooting.Value(found[^1]), orbit));
            if (isLast) return Ended(BranchEnd.Range);
            if (IsRising(SameParameter, SameOrbit)) return Ended(BranchEnd.Period);
            if (shooting.Relaid(found, turned) is not var (laid, direction)) return Ended(BranchEnd.NoStep);
            (here, tangent, step) = (laid, direction, Math.Min(LargestStep, 1.4 * step));
        }
        return Ended(BranchEnd.StepLimit);

        OrbitBranch Ended(BranchEnd end) => new(points, bifurcations, end);

        bool IsRising(double inParameter, double inExtent)
        {
            var (parameter, orbit) = points[^1];
            return points.FindLast(p => orbit.Period > Growth * p.Orbit.Period) is var (before, shorter)
                && Math.Abs(shooting.Part(parameter) - shooting.Part(before)) < inParameter
                && IsSame(orbit.Low, shorter.Low) && IsSame(orbit.High, shorter.High);

            bool IsSame(double[] a, double[] b)
                => a.Zip(b, (v, w) => Math.Abs(v - w)).Zip(orbit.High.Zip(orbit.Low, (h, l) => h - l)).All(v => v.First <= inExtent * v.Second);
        }
    }

    // The multiplier that passes the unit circle lies inside or outside of it as far as the place is known: where no other is farther, nothing is decided.
    static PeriodicOrbit Marginal(OrbitBifurcationType type, PeriodicOrbit orbit)
    {
        List<Complex> others = [.. orbit.Multipliers];
        if (!others.Remove(Complex.One)) return orbit;
        var crossing = others.MinBy(m => type switch
        {
            OrbitBifurcationType.PeriodDoubling => (m + 1).Magnitude,
            OrbitBifurcationType.Torus => m.Imaginary == 0 ? double.PositiveInfinity : Math.Abs(m.Magnitude - 1),
            _ => (m - 1).Magnitude,
        }).Magnitude;
        return orbit.Verdict == StabilityVerdict.Unknown || crossing < others.Max(m => m.Magnitude) ? orbit
            : orbit with { Verdict = StabilityVerdict.Undecided, Uncertainty = Math.Max(orbit.Uncertainty, Math.Abs(crossing - 1)) };
    }

    // The bifurcations between two neighbours, in order; null where one is not on the branch, as where the step has left it for another.
    static IEnumerable<OrbitBifurcation>? Between(
        OrbitShooting shooting, (double[] X, double[] Tangent, PeriodicOrbit Orbit) low, (double[] X, double[] Tangent, PeriodicOrbit Orbit) high)
    {
        static int Growing(PeriodicOrbit o) => o.Multipliers.Count(v => v.Imaginary == 0 && v.Real > 1);
        static int Flips(PeriodicOrbit o) => o.Multipliers.Count(v => v.Imaginary == 0 && v.Real < -1);
        static int Tori(PeriodicOrbit o) => o.Multipliers.Count(v => v.Imaginary > 0 && v.Magnitude > 1);
        bool IsForward(double[] x) => (shooting.Tangent(x, low.Tangent) ?? low.Tangent)[^1] > 0;
        var (before, after) = (low.Orbit, high.Orbit);
        var isUpright = Math.Min(Math.Abs(low.Tangent[^1]), Math.Abs(high.Tangent[^1])) < Upright;
        var (turns, grows) = (!isUpright && low.Tangent[^1] > 0 != high.Tangent[^1] > 0, Growing(before) != Growing(after));
        var (flips, tori) = (Flips(before) != Flips(after), Tori(before) != Tori(after));
        List<(double Part, OrbitBifurcation Event)?> found = [];
        if (turns) found.Add(Locate(OrbitBifurcationType.Fold, x => IsForward(x) == low.Tangent[^1] > 0));
        // Real multipliers that become a pair, or come of one, cross nothing. Where the parameter all but stands still, a multiplier that passes 1 turns it.
        if (grows && !turns && !tori)
            found.Add(Locate(isUpright ? OrbitBifurcationType.Fold : OrbitBifurcationType.BranchPoint, x => Growing(shooting.Orbit(x)) == Growing(before)));
        if (flips && !tori) found.Add(Locate(OrbitBifurcationType.PeriodDoubling, x => Flips(shooting.Orbit(x)) == Flips(before)));
        if (tori && !flips && !grows) found.Add(Locate(OrbitBifurcationType.Torus, x => Tori(shooting.Orbit(x)) == Tori(before)));
        return found.Contains(null) ? null : found.OrderBy(f => f!.Value.Part).Select(f => f!.Value.Event);

        (double, OrbitBifurcation)? Locate(OrbitBifurcationType type, Func<double[], bool> isBefore)
        {
            double[] chord = [.. high.X.Zip(low.X, (a, b) => a - b)], at = low.X, past = high.X;
            var (from, to) = (0.0, 1.0);
            for (var halving = 0; halving < Halvings; halving++)
            {
                if (Parts.Select(part => Middle(from + part * (to - from))).FirstOrDefault(m => m.X is not null) is not ({ } x, var middle)) return null;
                if (isBefore(x)) (from, at) = (middle, x);
                else (to, past) = (middle, x);
            }
            return at.Zip(past, (a, b) => Math.Abs(a - b)).Max() > Neighbours ? null
                : (from, new(type, shooting.Value(at[^1]), Marginal(type, shooting.Orbit(at))));

            (double[]? X, double Part) Middle(double middle)
            {
                double[] guess = [.. low.X.Zip(chord, (v, d) => v + middle * d)];
                return (shooting.Correct(guess, low.X, (chord, Vectors.Dot(chord, guess))), middle);
            }
        }
    }
}
