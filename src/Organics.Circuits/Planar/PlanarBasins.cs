using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>Basins of attraction in the plane of one neuron pair, and the curves between them.</summary>
static class PlanarBasins
{
    // A trajectory that has neither settled nor closed a cycle within this many of the slower time constant, and e-foldings of the slowest decay at a stable
    // point, is so near to a boundary that its basin is not known.
    const double TimeConstants = 2000, EFoldings = 20;

    // Above this spread of the rates at a fixed point an explicit method would creep.
    const double StiffRatio = 300;

    // The first piece of a trajectory, in slower time constants; each further one is as long as all before it.
    const double FirstPiece = 30;

    // A trap is probed from this part of a to this multiple, by factors of Ratio.
    const double Innermost = 1e-3, Outermost = 1e3, Ratio = 1.25;

    static readonly ConditionalWeakTable<PlanarCircuit, Attractors> Known = [];

    /// <summary>See <see cref="PlanarCircuit.SettlesAt"/>.</summary>
    public static PlanarFixedPoint? SettlesAt(PlanarCircuit circuit, double y, double a) => Known.GetValue(circuit, c => new(c)).SettlesAt(y, a);

    /// <summary>The stable fixed points of a circuit, and what is known around them.</summary>
    sealed class Attractors
    {
        readonly PlanarFixedPoint[] _stable, _foci;
        readonly Flow _flow;
        readonly OdeMethod _method;
        readonly OdeOptions _options;
        readonly double _slower, _time;
        readonly Lazy<double[]> _traps;

        public Attractors(PlanarCircuit circuit)
        {
            var points = circuit.FixedPoints();
            (_stable, _foci) =
                ([.. points.Where(p => p.IsStable)], [.. points.Where(p => p.Type is EquilibriumType.StableFocus or EquilibriumType.UnstableFocus)]);
            (_flow, _slower) = (new(circuit), Math.Max(circuit.TauY, circuit.TauA));
            var fastest = _stable.Select(p => Math.Max(p.Eigenvalues.First.Magnitude, p.Eigenvalues.Second.Magnitude)).DefaultIfEmpty().Max();
            _method = fastest * _slower > StiffRatio ? Rosenbrock.Rodas3 : RungeKutta.DormandPrince;
            var slowest = _stable.Select(p => -Math.Max(p.Eigenvalues.First.Real, p.Eigenvalues.Second.Real)).DefaultIfEmpty(1).Min();
            var time = TimeConstants * _slower + EFoldings / slowest;
            _time = double.IsFinite(time) ? time : TimeConstants * _slower;
            _options = new()
            {
                RelativeTolerance = 1e-7,
                AbsoluteTolerance = 1e-10 * _stable.Select(p => Math.Abs(p.Y) + p.A).DefaultIfEmpty(1).Max(),
                MaxSteps = 200_000,
                SteadyStateTolerance = 1e-5,
                SteadyStateTimescale = _slower,
                LimitCycleTolerance = 1e-3,
            };
            _traps = new(() => [.. _foci.Select(Trap)]);
        }

        public PlanarFixedPoint? SettlesAt(double y, double a)
        {
            if (_stable.Length == 0) return null;
            double[] state = [y, a];
            for (double now = 0, piece = FirstPiece * _slower; now < _time; now += piece, piece = now)
            {
                var course = Ode.Integrate(_flow, _method, state, 0, Math.Min(piece, _time - now), _options);
                course.EndState.CopyTo(state);
                if (course.Status == OdeStatus.SteadyState)
                {
                    var nearest = _stable.MinBy(p => double.Hypot(p.Y - state[0], p.A - state[1]));
                    // Trajectories also rest for long at saddles.
                    return double.Hypot(nearest.Y - state[0], nearest.A - state[1]) <= 1e-3 * (Math.Abs(nearest.Y) + nearest.A) ? nearest : null;
                }
                for (var i = 0; i < _foci.Length; i++)
                    if (Above(course, _foci[i]).Any(above => above <= _traps.Value[i])) return _foci[i].IsStable ? _foci[i] : null;
                if (course.Status != OdeStatus.ReachedEnd) return null;
            }
            return null;
        }

        /// <summary>
        /// How far above a focus a turn of a trajectory fences it in, as far as probes see; above a stable one, how far all of them come back nearer. Straight
        /// above a fixed point ẏ has one sign, so that trajectories cross this ray one way, and they do not cross one another: what comes through it below one
        /// that comes back nearer stays inside of that turn, and spirals into the focus, however slowly, or, where that is unstable, onto a limit cycle.
        /// </summary>
        double Trap(PlanarFixedPoint focus)
        {
            var (trap, turn) = (0.0, 2 * Math.PI / focus.Eigenvalues.First.Imaginary);
            var options = new OdeOptions { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-3 * _options.AbsoluteTolerance, MaxSteps = _options.MaxSteps };
            for (var above = Innermost * focus.A; above < Outermost * focus.A; above *= Ratio)
            {
                var course = Ode.Integrate(_flow, _method, [focus.Y, focus.A + above], 0, 3 * turn, options);
                var back = Above(course, focus).FirstOrDefault(double.PositiveInfinity);
                if (back < above) trap = above;
                else if (focus.IsStable || back == double.PositiveInfinity) break;
            }
            return trap;
        }

        /// <summary>How far above a fixed point a trajectory crosses the ray there, each time after its start.</summary>
        static IEnumerable<double> Above(OdeSolution course, PlanarFixedPoint point)
        {
            var state = new double[2];
            for (var k = 1; k < course.Times.Length; k++)
            {
                var (from, to) = (course.State(k - 1)[0] - point.Y, course.State(k)[0] - point.Y);
                if (!(from * to < 0) || Math.Max(course.State(k - 1)[1], course.State(k)[1]) <= point.A) continue;
                var (low, high) = (course.Times[k - 1], course.Times[k]);
                for (var t = (low + high) / 2; t > low && t < high; t = (low + high) / 2)
                {
                    course.At(t, state);
                    if ((state[0] - point.Y) * from > 0) low = t;
                    else high = t;
                }
                if (state[1] > point.A) yield return state[1] - point.A;
            }
        }
    }

    /// <summary>See <see cref="PlanarCircuit.BasinBoundaries"/>.</summary>
    public static IReadOnlyList<(double[] Y, double[] A)> Boundaries(PlanarCircuit circuit, double wide, double high)
    {
        // In units of the window: the longest branch, the distance of its points, and that of the first from the saddle.
        const double length = 6, spacing = 0.005, departure = 1e-6;
        var branches = new List<(double[], double[])>();
        foreach (var saddle in circuit.FixedPoints().Where(p => p.Type == EquilibriumType.Saddle))
        {
            var (dyDy, dyDa, daDy, daDa) = circuit.Jacobian(saddle.Y, saddle.A);
            var decay = saddle.Eigenvalues.Second.Real;
            // (J − λ)v = 0 by its row with the larger entries, in units of the window.
            (double Y, double A) first = (-dyDa * high, (dyDy - decay) * wide), second = ((daDa - decay) * high, -daDy * wide);
            var v = double.Hypot(first.Y, first.A) * high >= double.Hypot(second.Y, second.A) * wide ? first : second;
            var norm = double.Hypot(v.Y, v.A);
            // Where c is tiny, so is the saddle's a beside the window.
            var step = Math.Min(departure, 1e-3 * saddle.A / high) / norm;
            foreach (var side in (double[])[step, -step])
            {
                double[] start = [saddle.Y + side * wide * v.Y, saddle.A + side * high * v.A];
                var course = Ode.Integrate(new BackwardPath(circuit, wide, high), RungeKutta.DormandPrince, start, 0, length,
                    new() { MaxSteps = 5000, RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-9 * Math.Min(wide, Math.Min(high, saddle.A)) });
                var (ys, @as) = (new List<double> { saddle.Y }, new List<double> { saddle.A });
                var state = new double[2];
                for (var s = 0.0; s <= course.EndTime; s += spacing)
                {
                    course.At(s, state);
                    ys.Add(state[0]);
                    @as.Add(state[1]);
                    if (Math.Abs(state[0]) > 2 * wide || Math.Abs(state[1]) > 2 * high) break;
                }
                branches.Add(([.. ys], [.. @as]));
            }
        }
        return branches;
    }

    sealed class Flow(PlanarCircuit circuit) : IStiffOdeSystem
    {
        public int Dimension => 2;

        public bool IsAutonomous => true;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => (dxdt[0], dxdt[1]) = circuit.Rate(x[0], x[1]);

        // Without modulation there is no derivative by a; the linearly implicit step then treats a explicitly, which a soon leaves.
        public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian)
            => (jacobian[0], jacobian[1], jacobian[2], jacobian[3]) = x[1] > 0 ? circuit.Jacobian(x[0], x[1]) : (-1 / circuit.TauY, 0, 0, -1 / circuit.TauA);
    }

    /// <summary>The flow backwards, at unit speed in a window of unit size: backwards in time trajectories run off, some within a finite time.</summary>
    sealed class BackwardPath(PlanarCircuit circuit, double wide, double high) : IOdeSystem
    {
        readonly double _time = Math.Max(circuit.TauY, circuit.TauA);

        public int Dimension => 2;

        public bool IsAutonomous => true;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
        {
            var (dy, da) = circuit.Rate(x[0], x[1]);
            // The summand lets the path rest at an unstable fixed point, where it comes from.
            var speed = double.Hypot(dy / wide, da / high) + 1e-9 / _time;
            (dxdt[0], dxdt[1]) = (-dy / speed, -da / speed);
        }
    }
}
