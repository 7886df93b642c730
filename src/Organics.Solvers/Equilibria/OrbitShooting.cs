namespace Organics;

/// <summary>
/// The equations of a periodic orbit of M nodes (multiple shooting; Ascher, Mattheij &amp; Russell, Numerical Solution of Boundary Value Problems for ODEs,
/// ch. 4): the flow takes each node to the next in a given part of the period, φ(x_k, s_k·T) = x_{k+1}, and Σ⟨f(x̂_k), x_k − x̂_k⟩ = 0 keeps them beside those of a
/// reference (Doedel, Keller &amp; Kernévez, Int. J. Bifurcation Chaos 1, 1991). Unknowns are all x_k/(scale·√M), ln T and the parameter from 0 to 1, so that
/// norms are means over the nodes.
/// </summary>
sealed class OrbitShooting
{
    const int NewtonCap = 12;

    // So many steps of the integrator lie between two nodes. At its tolerance a step is short beside any rate of growth, so that what is off at a node has
    // grown little at the next; and only so many unknowns, whose matrix is dense.
    const int StepsBetween = 24, MostUnknowns = 600;

    // Of the scale: states nearer to one another are one.
    const double SameState = 1e-6;

    // Relative tolerances of the flow, of the derivatives that Newton's method and directions take, and of those that show how well multipliers are known.
    const double Tight = 1e-9, Rough = 1e-6, Looser = 1e-8;

    readonly Func<double, IOdeSystem> _family;
    readonly double _from, _to;
    readonly int _n;

    // The parts of the period between nodes.
    double[] _parts = [1];

    public OrbitShooting(Func<double, IOdeSystem> family, double from, double to, double[]? scale, string parameter)
    {
        (_family, _from, _to) = (family, from, to);
        var system = family(from);
        _n = system.Dimension;
        Scale = AutonomousSystem.Scale(system, scale, parameter);
        if (_n < 2) throw new ArgumentException("The system has one unknown, so that it has no periodic orbits; give one of two or more.", parameter);
    }

    public double[] Scale { get; }

    public double Value(double part) => part == 1 ? _to : _from + part * (_to - _from);

    public double Part(double value) => _from == _to ? 0 : (value - _from) / (_to - _from);

    public IStiffOdeSystem System(double part) => AutonomousSystem.WithJacobian(_family(Value(part)), Scale);

    /// <summary>Refuses a state of another length.</summary>
    public void Check(ReadOnlySpan<double> state)
    {
        if (state.Length != _n) throw new ArgumentException($"The state has {state.Length} elements; this system asks for {_n}.", nameof(state));
    }

    /// <summary>The unknowns of an orbit through nodes; those of before have no meaning from here on, unless their nodes shared the period alike.</summary>
    /// <param name="nodes">States of n elements and the time from each to the next.</param>
    /// <param name="part">Where the parameter is.</param>
    public double[] Unknowns(IReadOnlyList<OrbitNode> nodes, double part)
    {
        var (m, weight, period) = (nodes.Count, 1 / Math.Sqrt(nodes.Count), nodes.Sum(node => node.Duration));
        _parts = [.. nodes.Select(node => node.Duration / period)];
        var x = new double[m * _n + 2];
        for (var k = 0; k < m; k++)
            for (var i = 0; i < _n; i++) x[k * _n + i] = weight * nodes[k].State[i] / Scale[i];
        (x[^2], x[^1]) = (Math.Log(period), part);
        return x;
    }

    /// <summary>The nodes along a trajectory; null where it breaks off.</summary>
    public List<OrbitNode>? Nodes(double[] state, double period, double part)
        => Course(System(part), new(state, period)) is { } course ? Nodes([course]).Nodes : null;

    List<OrbitNode> Nodes(double[] x)
    {
        var (weight, period) = (Math.Sqrt(_parts.Length), Math.Exp(x[^2]));
        return [.. _parts.Select((part, k) => new OrbitNode([.. Scale.Select((s, i) => s * weight * x[k * _n + i])], part * period))];
    }

    // The nodes that the integrator's steps lay along courses, and the most steps of one of these.
    (List<OrbitNode> Nodes, int Longest) Nodes(OdeSolution[] courses)
    {
        var steps = courses.Sum(c => c.Steps);
        var count = Math.Clamp((steps + StepsBetween - 1) / StepsBetween, 1, Math.Max(1, MostUnknowns / _n));
        List<OrbitNode> laid = [];
        var (course, before, start) = (0, 0, 0.0);
        for (var j = 0; j < count; j++)
        {
            var at = (int)((long)j * steps / count);
            while (at - before >= courses[course].Steps)
            {
                before += courses[course].Steps;
                start += courses[course++].EndTime;
            }
            var time = start + courses[course].Times[at - before];
            if (j > 0) laid[^1] = laid[^1] with { Duration = time - laid[^1].Duration };
            // The beginning, until the end is known.
            laid.Add(new(courses[course].State(at - before).ToArray(), time));
        }
        laid[^1] = laid[^1] with { Duration = courses.Sum(c => c.EndTime) - laid[^1].Duration };
        return (laid, courses.Max(c => c.Steps));
    }

    /// <summary>The condition that the parameter is what it is at x.</summary>
    public static (double[] Normal, double Value) AtParameter(double[] x)
    {
        var normal = new double[x.Length];
        normal[^1] = 1;
        return (normal, x[^1]);
    }

    /// <summary>
    /// Newton's method from a guess, on the sections of a reference and with one more linear condition; null where it reaches nothing. The derivative of the
    /// flow, which costs several flows, is kept while the steps shrink fast.
    /// </summary>
    public double[]? Correct(double[] guess, double[] reference, (double[] Normal, double Value) condition)
    {
        var (x, m) = ((double[])guess.Clone(), guess.Length);
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

    /// <summary>Whether nodes of one orbit lie opposite to those of the other, about the mean of each, as after it has shrunk to a point.</summary>
    public bool IsOpposite(double[] x, double[] other)
    {
        double product = 0;
        for (var i = 0; i < _n; i++)
        {
            double sum = 0, otherSum = 0;
            for (var k = 0; k < _parts.Length; k++)
            {
                product += x[k * _n + i] * other[k * _n + i];
                sum += x[k * _n + i];
                otherSum += other[k * _n + i];
            }
            product -= sum * otherSum / _parts.Length;
        }
        return product < 0;
    }

    /// <summary>The direction of the branch at an orbit, on the side of another; null where it has none.</summary>
    public double[]? Tangent(double[] x, double[] along)
    {
        var m = x.Length;
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

    /// <summary>The same orbit and direction with nodes where they are needed, where steps have become many between those that are there; null where the flow
    /// breaks off.</summary>
    public (double[] X, double[] Tangent)? Relaid(double[] x, double[] tangent)
    {
        var (nodes, m, part) = (Nodes(x), _parts.Length, x[^1]);
        if (Courses(x) is not { } courses) return null;
        var (laid, longest) = Nodes(courses);
        if (longest <= 2 * StepsBetween && laid.Count > m / 2) return (x, tangent);
        var moved = Unknowns(laid, part);
        // The direction is what the flow makes of that at the nodes that were there.
        var along = new double[moved.Length];
        (along[^2], along[^1]) = (tangent[^2], tangent[^1]);
        var (k, start, time, system) = (0, 0.0, 0.0, System(part));
        for (var j = 0; j < laid.Count; time += laid[j++].Duration)
        {
            while (k + 1 < m && start + nodes[k].Duration <= time) start += nodes[k++].Duration;
            if (Flows([nodes[k] with { Duration = time - start }], part, Rough, true, true)?[0] is not { } flow) return null;
            var rate = Rate(system, laid[j].State);
            for (var i = 0; i < _n; i++)
            {
                var change = (tangent[^1] * flow[_n * (_n + 1) + i] / Scale[i] + tangent[^2] * (time - start) * rate[i]) / Math.Sqrt(m);
                for (var l = 0; l < _n; l++) change += flow[_n + i * _n + l] * Scale[l] / Scale[i] * tangent[k * _n + l];
                along[j * _n + i] = change * Math.Sqrt((double)m / laid.Count);
            }
        }
        return Tangent(moved, along) is { } turned ? (moved, turned) : null;
    }

    /// <summary>The nodes of one of so many turns of which an orbit consists; null where it is none of them.</summary>
    public List<OrbitNode>? Turn(double[] x, int turns)
    {
        var (nodes, time) = (Nodes(x), 0.0);
        var period = nodes.Sum(node => node.Duration) / turns;
        List<OrbitNode> turn = [];
        foreach (var node in nodes)
        {
            if (time + node.Duration < period)
            {
                turn.Add(node);
                time += node.Duration;
                continue;
            }
            turn.Add(node with { Duration = period - time });
            break;
        }
        return Flows([turn[^1]], x[^1], Tight, false, false)?[0] is { } end
            && end.Zip(nodes[0].State, (a, b) => Math.Abs(a - b)).Zip(Scale, (d, s) => d / s).Max() < SameState ? turn : null;
    }

    // What the flow from each node is off the next, and the phase.
    bool Defect(double[] x, double[] reference, double[] rhs)
    {
        var (nodes, phase) = (Nodes(x), Phase(reference));
        if (Flows(nodes, x[^1], Tight, false, false) is not { } ends) return false;
        for (var k = 0; k < nodes.Count; k++)
        {
            var end = ends[k];
            var next = nodes[(k + 1) % nodes.Count].State;
            for (var i = 0; i < _n; i++) rhs[k * _n + i] = (end[i] - next[i]) / Scale[i];
        }
        rhs[^2] = Vectors.Dot(phase, x.AsSpan(..^2)) - Vectors.Dot(phase, reference.AsSpan(..^2));
        return true;
    }

    // The direction of the flow at all nodes of a reference, of norm 1.
    double[] Phase(double[] reference)
    {
        var system = System(reference[^1]);
        double[] phase = [.. Nodes(reference).SelectMany(node => Rate(system, node.State))];
        var norm = Vectors.Norm(phase);
        return Array.ConvertAll(phase, v => v / norm);
    }

    // f by the scale.
    double[] Rate(IStiffOdeSystem system, ReadOnlySpan<double> state)
    {
        var rate = new double[_n];
        system.Rate(0, state, rate);
        for (var i = 0; i < _n; i++) rate[i] /= Scale[i];
        return rate;
    }

    // The derivative of Defect; the last row is the caller's.
    bool Linearise(double[] x, double[] reference, double[] matrix)
    {
        var (nodes, system) = (Nodes(x), System(x[^1]));
        if (Flows(nodes, x[^1], Rough, true, true) is not { } flows) return false;
        var (m, weight) = (x.Length, Math.Sqrt(nodes.Count));
        Array.Clear(matrix);
        for (var k = 0; k < nodes.Count; k++)
        {
            var (flow, next) = (flows[k], (k + 1) % nodes.Count);
            var rate = Rate(system, flow.AsSpan(0, _n));
            for (var i = 0; i < _n; i++)
            {
                var row = matrix.AsSpan((k * _n + i) * m, m);
                for (var j = 0; j < _n; j++) row[k * _n + j] = weight * flow[_n + i * _n + j] * Scale[j] / Scale[i];
                row[next * _n + i] -= weight;
                row[^2] = nodes[k].Duration * rate[i];
                row[^1] = flow[_n * (_n + 1) + i] / Scale[i];
            }
        }
        Phase(reference).CopyTo(matrix, (m - 2) * m);
        return Vectors.IsFinite(matrix);
    }

    OdeOptions Options(double relative) => new()
    {
        RelativeTolerance = relative,
        AbsoluteTolerance = relative * 1e-2 * Scale.Min(),
        MaxSteps = 200_000,
        Record = false,
    };

    // The ends of the flows from nodes and, where they are asked for, the derivatives by start and parameter behind each; null where one breaks off.
    double[][]? Flows(List<OrbitNode> nodes, double part, double tolerance, bool isLinearised, bool isByParameter)
    {
        if (!nodes.All(node => double.IsFinite(node.Duration))) return null;
        // The derivative by the parameter by differences, towards the inside of its range.
        const double H = 1e-5;
        var (up, down, system) = (Math.Min(1, part + H), Math.Max(0, part - H), System(part));
        (IOdeSystem, IOdeSystem, double)? beside = isByParameter && _from != _to ? (System(up), System(down), up - down) : null;
        // A function on tensors takes little longer for many states than for one: all take the same steps.
        var group = system is OdeFunction ? nodes.Count : 1;
        var ends = new double[nodes.Count][];
        for (var first = 0; first < nodes.Count; first += group)
        {
            var start = new double[group * _n * (isLinearised ? _n + 2 : 1)];
            for (var k = 0; k < group; k++)
            {
                nodes[first + k].State.CopyTo(start, k * _n);
                for (var i = 0; isLinearised && i < _n; i++) start[SegmentSystem.Derivatives(k, group, _n) + i * (_n + 1)] = 1;
            }
            double[] durations = [.. nodes.Skip(first).Take(group).Select(node => node.Duration)];
            var flow = Ode.Integrate(
                new SegmentSystem(system, durations, isLinearised, beside), RungeKutta.DormandPrince, start, 0, 1, Options(tolerance));
            if (flow.Status != OdeStatus.ReachedEnd) return null;
            for (var k = 0; k < group; k++)
            {
                var end = new double[isLinearised ? _n * (_n + 2) : _n];
                flow.EndState.Slice(k * _n, _n).CopyTo(end);
                if (isLinearised) flow.EndState.Slice(SegmentSystem.Derivatives(k, group, _n), _n * (_n + 1)).CopyTo(end.AsSpan(_n));
                ends[first + k] = end;
            }
        }
        return ends;
    }

    // The trajectories between the nodes of the last orbit asked for: its extent and its next nodes need the same.
    (double[] X, OdeSolution[] Courses)? _last;

    OdeSolution[]? Courses(double[] x)
    {
        if (_last is var (known, courses) && ReferenceEquals(known, x)) return courses;
        var system = System(x[^1]);
        var all = Nodes(x).ConvertAll(node => Course(system, node));
        if (all.Contains(null)) return null;
        _last = (x, [.. all.Select(course => course!)]);
        return _last.Value.Courses;
    }

    OdeSolution? Course(IStiffOdeSystem system, OrbitNode node)
    {
        var course = Ode.Integrate(system, RungeKutta.DormandPrince, node.State, 0, node.Duration, Options(Tight) with { Record = true });
        return course.Status == OdeStatus.ReachedEnd ? course : null;
    }

    /// <summary>The largest extent of an orbit in an element, by the scale.</summary>
    public double Span(PeriodicOrbit orbit) => orbit.Low.Select((l, i) => (orbit.High[i] - l) / Scale[i]).Max();

    /// <summary>
    /// The derivative of the return to the section of the first node, (n − 1) × (n − 1), in an orthonormal basis, as the product of those from section to
    /// section; and how far its elements may be off. Of a piece the flow's direction shows it, Φ·f = f, but for a tenth of that, or a looser tolerance, which
    /// changes Φ by it. Null where the flow breaks off.
    /// </summary>
    (double[] Map, double[] Spread)? Returns(double[] x)
    {
        var (nodes, system, s) = (Nodes(x), System(x[^1]), _n - 1);
        if (Flows(nodes, x[^1], Tight, true, false) is not { } flows || Flows(nodes, x[^1], Looser, true, false) is not { } loose) return null;
        var count = nodes.Count;
        var rates = nodes.ConvertAll(node => Rate(system, node.State));
        var bases = rates.ConvertAll(Section);
        var (map, spread) = (new double[s * s], new double[s * s]);
        for (var i = 0; i < s; i++) map[i * (s + 1)] = 1;
        for (var k = 0; k < count; k++)
        {
            var next = (k + 1) % count;
            double M(double[] flow, int i, int j) => flow[_n + i * _n + j] * Scale[j] / Scale[i];
            double error = 0, speed = Math.Max(Vectors.Norm(rates[k]), Vectors.Norm(rates[next]));
            for (var i = 0; i < _n; i++)
            {
                var image = -rates[next][i];
                for (var j = 0; j < _n; j++) image += M(flows[k], i, j) * rates[k][j];
                error = Math.Max(error, 10 * Math.Abs(image) / speed);
                for (var j = 0; j < _n; j++)
                    error = Math.Max(error, Math.Abs(M(loose[k], i, j) - M(flows[k], i, j)) / Math.Max(1, Math.Abs(M(flows[k], i, j))));
            }
            var (piece, off) = (new double[s * s], new double[s * s]);
            for (var r = 0; r < s; r++)
                for (var c = 0; c < s; c++)
                {
                    for (var i = 0; i < _n; i++)
                        for (var j = 0; j < _n; j++) piece[r * s + c] += bases[next][i, r] * M(flows[k], i, j) * bases[k][j, c];
                    off[r * s + c] = (error + 1e-9) * Math.Max(1, Math.Abs(piece[r * s + c]));
                }
            // What is off a product is (|A| + R)(|B| + S) − |A||B|.
            var (product, off2) = (new double[s * s], new double[s * s]);
            for (var r = 0; r < s; r++)
                for (var c = 0; c < s; c++)
                    for (var i = 0; i < s; i++)
                    {
                        var (a, b) = (piece[r * s + i], map[i * s + c]);
                        product[r * s + c] += a * b;
                        off2[r * s + c] += Math.Abs(a) * spread[i * s + c] + off[r * s + i] * (Math.Abs(b) + spread[i * s + c]);
                    }
            (map, spread) = (product, off2);
        }
        return (map, spread);
    }

    // An orthonormal basis of the section normal to a direction, in columns: those of the reflection that takes the direction to an axis, but the axis's own.
    double[,] Section(double[] direction)
    {
        var axis = Array.IndexOf(direction, direction.MaxBy(Math.Abs));
        var v = (double[])direction.Clone();
        v[axis] += Math.CopySign(Vectors.Norm(direction), direction[axis]);
        var square = Vectors.Dot(v, v);
        var basis = new double[_n, _n - 1];
        for (var c = 0; c < _n - 1; c++)
        {
            var column = c < axis ? c : c + 1;
            for (var i = 0; i < _n; i++) basis[i, c] = (i == column ? 1 : 0) - 2 * v[i] * v[column] / square;
        }
        return basis;
    }

    public PeriodicOrbit Orbit(double[] x)
    {
        var (nodes, k) = (Nodes(x), _n - 1);
        double[] low = [.. nodes[0].State], high = [.. low];
        foreach (var course in Courses(x) ?? []) course.Extend(low, high);
        var (state, period) = (nodes[0].State, nodes.Sum(node => node.Duration));
        var unknown = new PeriodicOrbit(state, period, [], StabilityVerdict.Unknown, double.NaN, low, high) { Nodes = nodes };
        if (Returns(x) is not var (map, spread)) return unknown;
        var spectrum = Eigenvalues.Of(map, k);
        if (spectrum.Failure is not null) return unknown;
        // |μ| < 1 is |1 + λ| < 1 of the map minus the identity.
        var shifted = (double[])map.Clone();
        for (var i = 0; i < k; i++) shifted[i * (k + 1)] -= 1;
        var (outside, uncertainty) = SpectralBound.Largest(shifted, spread, k, Eigenvalues.Of(shifted, k).Values, StabilityRegion.EulerDisc);
        return unknown with
        {
            Multipliers = [.. spectrum.Values.Append(1).OrderByDescending(v => v.Magnitude)],
            Verdict = SpectralBound.Verdict(outside, uncertainty),
            Uncertainty = uncertainty,
        };
    }
}
