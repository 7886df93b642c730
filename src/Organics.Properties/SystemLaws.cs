namespace Organics.Properties;

/// <summary>Laws to hold a dynamical system of one's own to. Each throws with one sentence where it does not hold; inside of
/// <see cref="Cases.ForAll{A}(FsCheck.Gen{A}, Action{A}, int)"/> it is tried on random systems.</summary>
public static class SystemLaws
{
    /// <summary>The Jacobian is the derivative of the rate, by central differences, and ∂f/∂t that by time where the system knows it.</summary>
    /// <param name="system">The system, n unknowns.</param>
    /// <param name="states">Where to look, n elements each; smooth there.</param>
    /// <param name="t">When.</param>
    /// <param name="tolerance">The largest difference, relative to the derivative; besides it, what the difference quotient itself is uncertain by.</param>
    /// <exception cref="InvalidOperationException">It is not, or there are no states; the message names the element.</exception>
    public static void TheJacobianIsTheDerivative(IStiffOdeSystem system, IEnumerable<double[]> states, double t = 0, double tolerance = 1e-6)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(states);
        const double part = 1e-5, rounding = 16 * 2.220446049250313e-16;
        var n = system.Dimension;
        var (jacobian, up, down, slope, rate) = (new double[n * n], new double[n], new double[n], new double[n], new double[n]);
        var any = false;
        foreach (var state in states)
        {
            any = true;
            system.Jacobian(t, state, jacobian);
            system.Rate(t, state, rate);
            var size = state.Length == 0 ? 0 : state.Max(Math.Abs);
            var h = part * (size > 0 ? size : 1);
            var (near, far) = (new double[n * n], new double[n * n]);
            foreach (var (wide, quotients) in ((double, double[])[])[(h, near), (2 * h, far)])
                for (var j = 0; j < n; j++)
                {
                    double[] high = [.. state], low = [.. state];
                    (high[j], low[j]) = (state[j] + wide, state[j] - wide);
                    system.Rate(t, high, up);
                    system.Rate(t, low, down);
                    for (var i = 0; i < n; i++) quotients[i * n + j] = (up[i] - down[i]) / (high[j] - low[j]);
                }
            // As large as the terms of f_i are, so large is its rounding, and the change of a quotient of twice the width is more than its curvature's error.
            double Terms(int i) => Math.Abs(rate[i]) + Enumerable.Range(0, n).Sum(j => Math.Abs(near[i * n + j] * state[j]));
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++)
                    Compare(jacobian[i * n + j], near[i * n + j], Math.Abs(far[i * n + j] - near[i * n + j]) + rounding * Terms(i) / h,
                        $"∂f[{i}]/∂x[{j}]", state);
            if (!system.TimeDerivative(t, state, slope)) continue;
            var step = part * Math.Max(1, Math.Abs(t));
            double[] Quotients(double wide)
            {
                system.Rate(t + wide, state, up);
                system.Rate(t - wide, state, down);
                return [.. up.Zip(down, (a, b) => (a - b) / (2 * wide))];
            }
            var (nearby, farther) = (Quotients(step), Quotients(2 * step));
            for (var i = 0; i < n; i++) Compare(slope[i], nearby[i], Math.Abs(farther[i] - nearby[i]) + rounding * Terms(i) / step, $"∂f[{i}]/∂t", state);
        }
        if (!any) throw new InvalidOperationException("No state was given to compare the Jacobian at; give at least one.");

        void Compare(double given, double differenced, double uncertainty, string what, double[] state)
        {
            // Written so that what is no number fails.
            if (!(Math.Abs(given - differenced) <= tolerance * Math.Abs(differenced) + uncertainty))
                throw new InvalidOperationException($"{what} is {given:g6} at [{List(state)}], where differences give {differenced:g6}; correct the Jacobian.");
        }
    }

    /// <summary>Every equilibrium that a search finds is stable, and one is found.</summary>
    /// <param name="system">An autonomous system, n unknowns.</param>
    /// <param name="low">The lower corner of the box to search.</param>
    /// <param name="high">Its upper corner.</param>
    /// <param name="starts">Random starts.</param>
    /// <exception cref="InvalidOperationException">One is not, or none was found; the message says where, and by how much.</exception>
    public static void EveryEquilibriumFoundIsStable(IOdeSystem system, ReadOnlySpan<double> low, ReadOnlySpan<double> high, int starts = 40)
    {
        var found = Equilibria.Of(system, low, high, starts);
        if (found.Count == 0) throw new InvalidOperationException($"No equilibrium was found from {starts} starts; widen the box, or give more of them.");
        foreach (var point in found)
            if (!point.IsStable)
                throw new InvalidOperationException($"The equilibrium at [{List(point.State)}] is {point.Verdict}: its spectral abscissa is {point.MaxRealPart:g6} ± {point.Uncertainty:g2}.");
    }

    /// <summary>An energy does not increase along trajectories, by more than what their error moves it.</summary>
    /// <param name="system">An autonomous system, n unknowns.</param>
    /// <param name="energy">Its energy.</param>
    /// <param name="starts">Where trajectories begin, n elements each.</param>
    /// <param name="duration">How long they are.</param>
    /// <param name="tolerance">The largest increase from a step to the next, relative to the range of the energy along the trajectory.</param>
    /// <exception cref="InvalidOperationException">It does, a trajectory breaks off, or there is none; the message says when.</exception>
    public static void TheEnergyDoesNotIncrease(IOdeSystem system, Func<ReadOnlySpan<double>, double> energy, IEnumerable<double[]> starts, double duration, double tolerance = 1e-7)
    {
        ArgumentNullException.ThrowIfNull(energy);
        ArgumentNullException.ThrowIfNull(starts);
        if (!(duration > 0)) throw new InvalidOperationException($"The duration is {duration}, in which no energy can change; give a positive one.");
        var any = false;
        foreach (var start in starts)
        {
            any = true;
            var course = Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, duration, new() { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-12 });
            if (course.Status != OdeStatus.ReachedEnd) throw new InvalidOperationException($"The trajectory from [{List(start)}] ends as {course.Status} at t = {course.EndTime:g6}.");
            var values = new double[course.Times.Length];
            for (var k = 0; k < values.Length; k++) values[k] = energy(course.State(k));
            // The range, and the rounding of the energy itself where it hardly changes.
            var most = tolerance * (values.Max() - values.Min()) + 1e-14 * values.Max(Math.Abs);
            for (var k = 1; k < values.Length; k++)
                if (!(values[k] - values[k - 1] <= most))
                    throw new InvalidOperationException($"The energy grows from {values[k - 1]:g9} to {values[k]:g9} at t = {course.Times[k]:g6} from [{List(start)}].");
        }
        if (!any) throw new InvalidOperationException("No start was given to follow the energy from; give at least one.");
    }

    static string List(double[] values) => string.Join(", ", values.Select(v => v.ToString("g6", System.Globalization.CultureInfo.InvariantCulture)));
}
