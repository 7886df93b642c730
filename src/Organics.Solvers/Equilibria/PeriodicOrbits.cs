using System.Numerics;

namespace Organics;

/// <summary>
/// Periodic orbits by shooting: Newton's method for φ_T(x) = x with a phase condition ⟨f(x̂), x − x̂⟩ = 0, the derivative of the flow φ from its variational
/// equations (Seydel, Practical Bifurcation and Stability Analysis, 3rd ed., §7). The flow is that of the pair 5(4) of Dormand and Prince at tight tolerances:
/// of stiff systems, and of orbits that repel by many decades a turn, it finds none.
/// </summary>
public static class PeriodicOrbits
{
    const int NewtonCap = 12;
    const double FirstStep = 0.02, LeastStep = 1e-5, LargestStep = 0.2;

    // An orbit that spans less than this part of the scale is the point that it shrinks to.
    const double Smallest = 1e-5;

    // So many halvings find an event to 1e-6 of a step, between orbits so near to one another.
    const int Halvings = 20;
    const double Neighbours = 1e-4;

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
        var shooting = new Shooting(_ => system, 0, 0, scale);
        // What has shrunk to a point is no orbit.
        if (Found(shooting.Unknowns(state, period, 0), Smallest) is not var (found, orbit)) return null;
        foreach (var turns in Turns)
            while (shooting.Part(found, turns) is { } part && Found(part, shooting.Span(orbit) / 2) is var (once, shorter)
                && Math.Abs(turns * shorter.Period / orbit.Period - 1) < Neighbours) (found, orbit) = (once, shorter);
        return orbit;

        (double[] X, PeriodicOrbit Orbit)? Found(double[] guess, double least)
            => shooting.Correct(guess, guess, shooting.AtParameter(0)) is { } x && shooting.Orbit(x) is var there && shooting.Span(there) >= least
                ? (x, there) : null;
    }

    /// <summary>The branch of orbits that is born at a Hopf point, followed away from it.</summary>
    /// <param name="family">The system at a value of the parameter; n must not change.</param>
    /// <param name="from">An end of the parameter's range.</param>
    /// <param name="to">The other.</param>
    /// <param name="hopf">A Hopf point between them.</param>
    /// <param name="amplitude">How far the first orbit is from the point, as a part of the scale.</param>
    /// <param name="scale">The typical size of each element of the state; 1 if not given.</param>
    /// <param name="steps">The most orbits.</param>
    /// <exception cref="ArgumentException">The bifurcation is no Hopf point, or the range does not hold it.</exception>
    /// <exception cref="ArithmeticException">No orbit was found beside it.</exception>
    public static OrbitBranch FromHopf(
        Func<double, IOdeSystem> family, double from, double to, Bifurcation hopf, double amplitude = 0.05, double[]? scale = null, int steps = 200)
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentNullException.ThrowIfNull(hopf);
        if (hopf.Type != BifurcationType.Hopf)
            throw new ArgumentException($"The bifurcation at {hopf.Parameter} is a {hopf.Type}; give a Hopf point.", nameof(hopf));
        if (!(hopf.Parameter >= Math.Min(from, to) && hopf.Parameter <= Math.Max(from, to)))
            throw new ArgumentException($"The Hopf point lies at {hopf.Parameter}, outside of {from} to {to}; give a range that holds it.", nameof(hopf));
        if (!(amplitude > 0 && double.IsFinite(amplitude)))
            throw new ArgumentOutOfRangeException(nameof(amplitude), $"The amplitude is {amplitude}; give a positive number.");
        var shooting = new Shooting(family, from, to, scale);
        var still = hopf.Point.State;
        var n = still.Length;
        var jacobian = new double[n * n];
        shooting.System(shooting.Part(hopf.Parameter)).Jacobian(0, still, jacobian);
        var omega = 2 * Math.PI * hopf.Frequency;
        var q = Eigenvectors.Of(jacobian, n, new Complex(0, omega)).Right;
        // On the centre manifold, x = x̂ + ε·Re q: the orbit's size is given, its parameter found.
        double[] direction = [.. q.Select((v, i) => v.Real / shooting.Scale[i])];
        var norm = Vectors.Norm(direction);
        var last = shooting.Unknowns(still, 1 / hopf.Frequency, shooting.Part(hopf.Parameter));
        for (var size = amplitude; size > amplitude / 1000; size /= 2)
        {
            var guess = (double[])last.Clone();
            var normal = new double[last.Length];
            for (var i = 0; i < n; i++)
            {
                normal[i] = direction[i] / norm;
                guess[i] += size * normal[i];
            }
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
    public static OrbitBranch Follow(Func<double, IOdeSystem> family, double from, double to, PeriodicOrbit start, double[]? scale = null, int steps = 200)
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentNullException.ThrowIfNull(start);
        var shooting = new Shooting(family, from, to, scale);
        var guess = shooting.Unknowns(start.State, start.Period, 0);
        var first = shooting.Correct(guess, guess, shooting.AtParameter(0))
            ?? throw new ArithmeticException($"The start of the branch is no periodic orbit at {from}; find one there with PeriodicOrbits.Near.");
        var forward = new double[first.Length];
        forward[^1] = 1;
        return Follow(shooting, first, forward, [new(from, shooting.Orbit(first))], steps);
    }

    static OrbitBranch Follow(Shooting shooting, double[] here, double[] along, List<OrbitPoint> points, int steps)
    {
        List<OrbitBifurcation> bifurcations = [];
        var tangent = shooting.Tangent(here, along);
        for (var step = FirstStep; points.Count < steps && step >= LeastStep;)
        {
            if (tangent is null) break;
            double[] next = [.. here.Zip(tangent, (v, d) => v + step * d)];
            var isLast = next[^1] is > 1 or < 0;
            if (isLast)
            {
                var edge = next[^1] > 1 ? 1.0 : 0.0;
                var part = (edge - here[^1]) / (next[^1] - here[^1]);
                next = [.. here.Zip(next, (a, b) => a + part * (b - a))];
                next[^1] = edge;
            }
            var found = shooting.Correct(next, here, isLast ? shooting.AtParameter(next[^1]) : (tangent, Vectors.Dot(tangent, next)));
            var turned = found is null ? null : shooting.Tangent(found, tangent);
            if (found is null || turned is null || (!isLast && Vectors.Dot(turned, tangent) < 0.9))
            {
                step /= 2;
                continue;
            }
            var orbit = shooting.Orbit(found);
            // What has shrunk to a point is no orbit.
            if (shooting.Span(orbit) < Smallest) break;
            if (Between(shooting, (here, tangent, points[^1].Orbit), (found, turned, orbit))?.ToArray() is not { } events)
            {
                step /= 2;
                continue;
            }
            // Past the point it is the same branch, half a turn on.
            if (events.Any(e => shooting.Span(e.Orbit) < Smallest)) break;
            bifurcations.AddRange(events);
            points.Add(new(shooting.Value(found[^1]), orbit));
            if (isLast) return new(points, bifurcations, true);
            (here, tangent, step) = (found, turned, Math.Min(LargestStep, 1.4 * step));
        }
        return new(points, bifurcations, false);
    }

    // The bifurcations between two neighbours, in order; null where one is not on the branch, as where the step has left it for another.
    static IEnumerable<OrbitBifurcation>? Between(
        Shooting shooting, (double[] X, double[] Tangent, PeriodicOrbit Orbit) low, (double[] X, double[] Tangent, PeriodicOrbit Orbit) high)
    {
        static int Growing(PeriodicOrbit o) => o.Multipliers.Count(v => v.Imaginary == 0 && v.Real > 1);
        static int Flips(PeriodicOrbit o) => o.Multipliers.Count(v => v.Imaginary == 0 && v.Real < -1);
        static int Tori(PeriodicOrbit o) => o.Multipliers.Count(v => v.Imaginary > 0 && v.Magnitude > 1);
        bool IsForward(double[] x) => (shooting.Tangent(x, low.Tangent) ?? low.Tangent)[^1] > 0;
        var (before, after) = (low.Orbit, high.Orbit);
        var (turns, grows) = (low.Tangent[^1] > 0 != high.Tangent[^1] > 0, Growing(before) != Growing(after));
        var (flips, tori) = (Flips(before) != Flips(after), Tori(before) != Tori(after));
        List<(double Part, OrbitBifurcation Event)?> found = [];
        if (turns) found.Add(Locate(OrbitBifurcationType.Fold, (x, _) => IsForward(x) == low.Tangent[^1] > 0));
        // Real multipliers that become a pair, or come of one, cross nothing.
        if (grows && !turns && !tori) found.Add(Locate(OrbitBifurcationType.BranchPoint, (_, o) => Growing(o) == Growing(before)));
        if (flips && !tori) found.Add(Locate(OrbitBifurcationType.PeriodDoubling, (_, o) => Flips(o) == Flips(before)));
        if (tori && !flips && !grows) found.Add(Locate(OrbitBifurcationType.Torus, (_, o) => Tori(o) == Tori(before)));
        return found.Contains(null) ? null : found.OrderBy(f => f!.Value.Part).Select(f => f!.Value.Event);

        (double, OrbitBifurcation)? Locate(OrbitBifurcationType type, Func<double[], PeriodicOrbit, bool> isBefore)
        {
            double[] chord = [.. high.X.Zip(low.X, (a, b) => a - b)], at = low.X, past = high.X;
            var (from, to, orbit) = (0.0, 1.0, before);
            for (var halving = 0; halving < Halvings; halving++)
            {
                if (Parts.Select(part => Middle(from + part * (to - from))).FirstOrDefault(m => m.X is not null) is not ({ } x, var middle)) return null;
                var there = shooting.Orbit(x);
                if (isBefore(x, there)) (from, at, orbit) = (middle, x, there);
                else (to, past) = (middle, x);
            }
            return at.Zip(past, (a, b) => Math.Abs(a - b)).Max() <= Neighbours ? (from, new(type, shooting.Value(at[^1]), orbit)) : null;

            (double[]? X, double Part) Middle(double middle)
            {
                double[] guess = [.. low.X.Zip(chord, (v, d) => v + middle * d)];
                return (shooting.Correct(guess, low.X, (chord, Vectors.Dot(chord, guess))), middle);
            }
        }
    }

    /// <summary>The equations of an orbit in (x/scale, ln T, parameter), the parameter from 0 to 1.</summary>
    sealed class Shooting
    {
        static readonly OdeOptions Tight = new() { RelativeTolerance = 1e-9, MaxSteps = 200_000 };

        readonly Func<double, IOdeSystem> _family;
        readonly double _from, _to;
        readonly int _n;

        public Shooting(Func<double, IOdeSystem> family, double from, double to, double[]? scale)
        {
            (_family, _from, _to) = (family, from, to);
            var system = family(from);
            _n = system.Dimension;
            Scale = AutonomousSystem.Scale(system, scale, nameof(family));
            if (_n < 2) throw new ArgumentException("The system has one unknown, so that it has no periodic orbits; give one of two or more.", nameof(family));
        }

        public double[] Scale { get; }

        public double Value(double part) => part == 1 ? _to : _from + part * (_to - _from);

        public double Part(double value) => _from == _to ? 0 : (value - _from) / (_to - _from);

        public IStiffOdeSystem System(double part) => AutonomousSystem.WithJacobian(_family(Value(part)), Scale);

        public double[] Unknowns(ReadOnlySpan<double> state, double period, double part)
        {
            if (state.Length != _n) throw new ArgumentException($"The state has {state.Length} elements; this system asks for {_n}.", nameof(state));
            var x = new double[_n + 2];
            for (var i = 0; i < _n; i++) x[i] = state[i] / Scale[i];
            (x[_n], x[_n + 1]) = (Math.Log(period), part);
            return x;
        }

        /// <summary>The condition that the parameter has a value.</summary>
        public (double[] Normal, double Value) AtParameter(double part)
        {
            var normal = new double[_n + 2];
            normal[^1] = 1;
            return (normal, part);
        }

        /// <summary>
        /// Newton's method from a guess, with the phase of a reference and one more linear condition; null where it reaches nothing. The derivative of the
        /// flow, which costs several flows, is kept while the steps shrink fast.
        /// </summary>
        public double[]? Correct(double[] guess, double[] reference, (double[] Normal, double Value) condition)
        {
            var (x, m) = ((double[])guess.Clone(), _n + 2);
            var (matrix, rhs, pivots) = (new double[m * m], new double[m], new int[m]);
            var (last, isFresh) = (double.PositiveInfinity, false);
            for (var iteration = 0; iteration < NewtonCap; iteration++)
            {
                if (!isFresh)
                {
                    if (!Linearise(x, reference, matrix)) return null;
                    condition.Normal.CopyTo(matrix, m * (m - 1));
                    if (Lu.Factor<double>(matrix, m, pivots).IsSingular) return null;
                }
                if (!Defect(x, reference, rhs)) return null;
                rhs[^1] = Vectors.Dot(condition.Normal, x) - condition.Value;
                var error = Vectors.Largest(rhs);
                Lu.Solve<double>(matrix, m, pivots, rhs);
                var length = Vectors.Largest(rhs);
                if (!double.IsFinite(length) || length > 2) return null;
                for (var i = 0; i < m; i++) x[i] -= rhs[i];
                if (error < 1e-8 && length < 1e-7) return x;
                (isFresh, last) = (length < 0.2 * last && length < 0.05, length);
            }
            return null;
        }

        /// <summary>The direction of the branch at an orbit, on the side of another; null where it has none.</summary>
        public double[]? Tangent(double[] x, double[] along)
        {
            var m = _n + 2;
            var (matrix, rhs, pivots) = (new double[m * m], new double[m], new int[m]);
            if (!Linearise(x, x, matrix)) return null;
            along.CopyTo(matrix, m * (m - 1));
            rhs[^1] = 1;
            if (Lu.Factor<double>(matrix, m, pivots).IsSingular) return null;
            Lu.Solve<double>(matrix, m, pivots, rhs);
            var norm = Vectors.Norm(rhs);
            if (!double.IsFinite(norm)) return null;
            for (var i = 0; i < m; i++) rhs[i] /= norm;
            return rhs;
        }

        /// <summary>The unknowns of one of so many turns of which an orbit consists; null where it is none of them.</summary>
        public double[]? Part(double[] x, int turns)
        {
            var (part, defect) = ((double[])x.Clone(), new double[_n + 2]);
            part[_n] -= Math.Log(turns);
            return Defect(part, part, defect) && Vectors.Largest(defect) < 1e-6 ? part : null;
        }

        // φ_T(x) − x, and the phase.
        bool Defect(double[] x, double[] reference, double[] rhs)
        {
            var state = State(x);
            if (Flow(System(x[^1]), state, Math.Exp(x[_n])) is not { } end) return false;
            var phase = Phase(reference);
            rhs[_n] = 0;
            for (var i = 0; i < _n; i++)
            {
                rhs[i] = (end[i] - state[i]) / Scale[i];
                rhs[_n] += phase[i] * (x[i] - reference[i]);
            }
            return true;
        }

        // The direction of the flow at a reference, of norm 1.
        double[] Phase(double[] reference)
        {
            var rate = new double[_n];
            System(reference[^1]).Rate(0, State(reference), rate);
            for (var i = 0; i < _n; i++) rate[i] /= Scale[i];
            var norm = Vectors.Norm(rate);
            for (var i = 0; i < _n; i++) rate[i] /= norm;
            return rate;
        }

        // The derivative of Defect; the last row is the caller's.
        bool Linearise(double[] x, double[] reference, double[] matrix)
        {
            var m = _n + 2;
            var system = System(x[^1]);
            var (state, period) = (State(x), Math.Exp(x[_n]));
            if (Return(x) is not var (end, monodromy)) return false;
            var rate = new double[_n];
            system.Rate(0, end, rate);
            // The derivative by the parameter, by differences towards the inside of its range.
            const double H = 1e-5;
            var (up, down) = (Math.Min(1, x[^1] + H), Math.Max(0, x[^1] - H));
            double[]? high = end, low = end;
            if (_from != _to)
            {
                (high, low) = (Flow(System(up), state, period), Flow(System(down), state, period));
                if (high is null || low is null) return false;
            }
            Array.Clear(matrix);
            Phase(reference).CopyTo(matrix, _n * m);
            for (var i = 0; i < _n; i++)
            {
                for (var j = 0; j < _n; j++) matrix[i * m + j] = (monodromy[i * _n + j] - (i == j ? 1 : 0)) * Scale[j] / Scale[i];
                matrix[i * m + _n] = period * rate[i] / Scale[i];
                matrix[i * m + _n + 1] = (high[i] - low[i]) / (up - down) / Scale[i];
            }
            return Vectors.IsFinite(matrix);
        }

        double[] State(double[] x) => [.. Scale.Select((s, i) => s * x[i])];

        OdeOptions Options(double relative) => Tight with { RelativeTolerance = relative, AbsoluteTolerance = relative * 1e-2 * Scale.Min(), Record = false };

        double[]? Flow(IStiffOdeSystem system, double[] state, double period)
        {
            var end = Ode.Integrate(system, RungeKutta.DormandPrince, state, 0, period, Options(Tight.RelativeTolerance));
            return end.Status == OdeStatus.ReachedEnd ? end.EndState.ToArray() : null;
        }

        // The end of the last orbit asked for, and the derivative of its flow: tangent and multipliers need the same.
        (double[] X, double[] End, double[] Monodromy)? _last;

        (double[] End, double[] Monodromy)? Return(double[] x)
        {
            if (_last is var (known, end, monodromy) && known.AsSpan().SequenceEqual(x)) return (end, monodromy);
            if (Variational(x, Tight.RelativeTolerance) is not { } flow) return null;
            _last = ([.. x], flow[.._n], flow[_n..]);
            return (_last.Value.End, _last.Value.Monodromy);
        }

        // The end of the flow and then its derivative; null where it breaks off.
        double[]? Variational(double[] x, double tolerance)
        {
            var period = Math.Exp(x[_n]);
            if (!double.IsFinite(period)) return null;
            var start = new double[_n + _n * _n];
            State(x).CopyTo(start, 0);
            for (var i = 0; i < _n; i++) start[_n + i * (_n + 1)] = 1;
            var flow = Ode.Integrate(new VariationalSystem(System(x[^1])), RungeKutta.DormandPrince, start, 0, period, Options(tolerance));
            return flow.Status == OdeStatus.ReachedEnd ? flow.EndState.ToArray() : null;
        }

        /// <summary>The largest extent of an orbit in an element, by the scale.</summary>
        public double Span(PeriodicOrbit orbit) => orbit.Low.Select((l, i) => (orbit.High[i] - l) / Scale[i]).Max();

        (double[] Low, double[] High) Extent(IStiffOdeSystem system, double[] state, double period)
        {
            const int Samples = 200;
            var course = Ode.Integrate(system, RungeKutta.DormandPrince, state, 0, period, Options(1e-8) with { Record = true });
            double[] low = [.. state], high = [.. state], at = new double[_n];
            for (var k = 1; k <= Samples; k++)
            {
                course.At(Math.Min(course.EndTime, course.EndTime * k / Samples), at);
                for (var i = 0; i < _n; i++) (low[i], high[i]) = (Math.Min(low[i], at[i]), Math.Max(high[i], at[i]));
            }
            return (low, high);
        }

        /// <summary>
        /// The derivative of the return to the section normal to the flow, (n − 1) × (n − 1), in an orthonormal basis of the scaled section, and its relative
        /// error: the flow's direction comes back as it was, M·f = f, but for a tenth of that, or a looser tolerance changes M by it. Null where the flow
        /// breaks off.
        /// </summary>
        (double[] Map, double Error)? Returns(double[] x)
        {
            if (Return(x) is not var (_, monodromy) || Variational(x, 10 * Tight.RelativeTolerance) is not { } loose) return null;
            var (f, k) = (Phase(x), _n - 1);
            double M(int i, int j) => monodromy[i * _n + j] * Scale[j] / Scale[i];
            double error = 0;
            for (var i = 0; i < _n; i++)
            {
                var image = -f[i];
                for (var j = 0; j < _n; j++) image += M(i, j) * f[j];
                error = Math.Max(error, 10 * Math.Abs(image));
                for (var j = 0; j < _n; j++)
                    error = Math.Max(error, Math.Abs(loose[_n + i * _n + j] * Scale[j] / Scale[i] - M(i, j)) / Math.Max(1, Math.Abs(M(i, j))));
            }
            // The reflection that takes the flow's direction to an axis: its other columns are the section.
            var axis = Array.IndexOf(f, f.MaxBy(Math.Abs));
            var v = (double[])f.Clone();
            v[axis] += Math.CopySign(1, f[axis]);
            var square = Vectors.Dot(v, v);
            double Basis(int i, int column) => (i == column ? 1 : 0) - 2 * v[i] * v[column] / square;
            int[] columns = [.. Enumerable.Range(0, _n).Where(c => c != axis)];
            var map = new double[k * k];
            for (var r = 0; r < k; r++)
                for (var c = 0; c < k; c++)
                    for (var i = 0; i < _n; i++)
                        for (var j = 0; j < _n; j++) map[r * k + c] += Basis(i, columns[r]) * M(i, j) * Basis(j, columns[c]);
            return (map, error);
        }

        public PeriodicOrbit Orbit(double[] x)
        {
            var (state, period, k) = (State(x), Math.Exp(x[_n]), _n - 1);
            var (low, high) = Extent(System(x[^1]), state, period);
            if (Returns(x) is not var (map, error)) return new(state, period, [], StabilityVerdict.Unknown, double.NaN, low, high);
            var spectrum = Eigenvalues.Of(map, k);
            if (spectrum.Failure is not null) return new(state, period, [], StabilityVerdict.Unknown, double.NaN, low, high);
            // |μ| < 1 is |1 + λ| < 1 of the map minus the identity.
            var (shifted, spread) = ((double[])map.Clone(), new double[k * k]);
            for (var i = 0; i < k; i++) shifted[i * (k + 1)] -= 1;
            for (var i = 0; i < k * k; i++) spread[i] = (error + 1e-9) * Math.Max(1, Math.Abs(map[i]));
            var (outside, uncertainty) = SpectralBound.Largest(shifted, spread, k, Eigenvalues.Of(shifted, k).Values, StabilityRegion.EulerDisc);
            return new(
                state, period, [.. spectrum.Values.Append(1).OrderByDescending(v => v.Magnitude)], SpectralBound.Verdict(outside, uncertainty), uncertainty,
                low, high);
        }
    }
}
