namespace Organics;

/// <summary>Basins of attraction in the plane of one neuron pair, and the curves between them.</summary>
static class PlanarBasins
{
    // A trajectory that has not settled within this many of the slower time constant runs around a cycle, or so near to a saddle that its basin is not known.
    const double TimeConstants = 2000;

    /// <summary>See <see cref="PlanarCircuit.SettlesAt"/>.</summary>
    public static PlanarFixedPoint? SettlesAt(PlanarCircuit circuit, double y, double a)
    {
        var slower = Math.Max(circuit.TauY, circuit.TauA);
        var end = Ode.Integrate(new Flow(circuit), RungeKutta.DormandPrince, [y, a], 0, TimeConstants * slower,
            new() { Record = false, RelativeTolerance = 1e-8, SteadyStateTolerance = 1e-6, SteadyStateTimescale = slower });
        if (end.Status != OdeStatus.SteadyState) return null;
        var stable = circuit.FixedPoints().Where(p => p.IsStable).ToArray();
        if (stable.Length == 0) return null;
        var nearest = stable.MinBy(p => double.Hypot(p.Y - end.EndState[0], p.A - end.EndState[1]));
        var distance = double.Hypot(nearest.Y - end.EndState[0], nearest.A - end.EndState[1]);
        // Trajectories also rest for long at saddles.
        return distance <= 1e-3 * (Math.Abs(nearest.Y) + nearest.A) ? nearest : null;
    }

    /// <summary>See <see cref="PlanarCircuit.BasinBoundaries"/>.</summary>
    public static IReadOnlyList<(double[] Y, double[] A)> Boundaries(PlanarCircuit circuit, double wide, double high)
    {
        var branches = new List<(double[], double[])>();
        foreach (var saddle in circuit.FixedPoints().Where(p => p.Type == FixedPointType.Saddle))
        {
            var (dyDy, dyDa, daDy, daDa) = circuit.Jacobian(saddle.Y, saddle.A);
            var decay = saddle.Eigenvalues.Second.Real;
            // (J − λ)v = 0 by its row with the larger off-diagonal entry, in units of the window.
            var (vy, va) = Math.Abs(dyDa) * high >= Math.Abs(daDy) * wide ? (dyDa / wide, (decay - dyDy) / high) : ((decay - daDa) / wide, daDy / high);
            var length = double.Hypot(vy, va);
            if (!(length > 0)) continue;
            foreach (var side in (double[])[1, -1])
            {
                double[] start = [saddle.Y + side * 1e-6 * wide * vy / length, saddle.A + side * 1e-6 * high * va / length];
                var course = Ode.Integrate(new BackwardPath(circuit, wide, high), RungeKutta.DormandPrince, start, 0, 6, new() { MaxSteps = 5000, RelativeTolerance = 1e-7 });
                var (ys, @as) = (new List<double> { saddle.Y }, new List<double> { saddle.A });
                var state = new double[2];
                for (var s = 0.0; s <= course.Times[^1]; s += 0.01)
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

    sealed class Flow(PlanarCircuit circuit) : IOdeSystem
    {
        public int Dimension => 2;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => (dxdt[0], dxdt[1]) = circuit.Rate(x[0], x[1]);
    }

    /// <summary>The flow backwards, at unit speed in a window of unit size: backwards in time the trajectories run off, some within a finite time.</summary>
    sealed class BackwardPath(PlanarCircuit circuit, double wide, double high) : IOdeSystem
    {
        public int Dimension => 2;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
        {
            var (dy, da) = circuit.Rate(x[0], x[1]);
            // The summand lets the path rest at an unstable fixed point, where it comes from.
            var speed = double.Hypot(dy / wide, da / high) + 1e-9;
            (dxdt[0], dxdt[1]) = (-dy / speed, -da / speed);
        }
    }
}
