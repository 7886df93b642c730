namespace Organics;

/// <summary>Basins of attraction in the plane of one neuron pair, and the curves between them.</summary>
static class PlanarBasins
{
    // A trajectory that has neither settled nor closed a cycle within this many of the slower time constant, and e-foldings of the slowest decay at a stable point, is so near to
    // a boundary that its basin is not known.
    const double TimeConstants = 2000, EFoldings = 20;

    // Above this spread of the rates at a fixed point an explicit method would creep.
    const double StiffRatio = 300;

    /// <summary>See <see cref="PlanarCircuit.SettlesAt"/>.</summary>
    public static PlanarFixedPoint? SettlesAt(PlanarCircuit circuit, double y, double a)
    {
        var stable = circuit.FixedPoints().Where(p => p.IsStable).ToArray();
        if (stable.Length == 0) return null;
        var slower = Math.Max(circuit.TauY, circuit.TauA);
        var fastest = stable.Max(p => Math.Max(p.Eigenvalues.First.Magnitude, p.Eigenvalues.Second.Magnitude));
        OdeMethod method = fastest * slower > StiffRatio ? Rosenbrock.Rodas3 : RungeKutta.DormandPrince;
        var scale = stable.Max(p => Math.Abs(p.Y) + p.A);
        var slowest = stable.Min(p => -Math.Max(p.Eigenvalues.First.Real, p.Eigenvalues.Second.Real));
        var time = TimeConstants * slower + EFoldings / slowest;
        var end = Ode.Integrate(new Flow(circuit), method, [y, a], 0, double.IsFinite(time) ? time : TimeConstants * slower, new()
        {
            Record = false,
            RelativeTolerance = 1e-7,
            AbsoluteTolerance = 1e-10 * scale,
            MaxSteps = 200_000,
            SteadyStateTolerance = 1e-5,
            SteadyStateTimescale = slower,
            LimitCycleTolerance = 1e-3,
        });
        if (end.Status != OdeStatus.SteadyState) return null;
        var (endY, endA) = (end.EndState[0], end.EndState[1]);
        var nearest = stable.MinBy(p => double.Hypot(p.Y - endY, p.A - endA));
        // Trajectories also rest for long at saddles.
        return double.Hypot(nearest.Y - endY, nearest.A - endA) <= 1e-3 * (Math.Abs(nearest.Y) + nearest.A) ? nearest : null;
    }

    /// <summary>See <see cref="PlanarCircuit.BasinBoundaries"/>.</summary>
    public static IReadOnlyList<(double[] Y, double[] A)> Boundaries(PlanarCircuit circuit, double wide, double high)
    {
        // In units of the window: the longest branch, the distance of its points, and that of the first from the saddle.
        const double length = 6, spacing = 0.005, departure = 1e-6;
        var branches = new List<(double[], double[])>();
        foreach (var saddle in circuit.FixedPoints().Where(p => p.Type == FixedPointType.Saddle))
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
