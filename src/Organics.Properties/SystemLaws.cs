namespace Organics.Properties;

/// <summary>Laws to hold a dynamical system of one's own to. Each throws with one sentence where it does not hold; inside of
/// <see cref="Cases.ForAll{A}(FsCheck.Gen{A}, Action{A}, int)"/> it is tried on random systems.</summary>
public static class SystemLaws
{
    /// <summary>The Jacobian is the derivative of the rate, by central differences, and ∂f/∂t that by time where the system knows it.</summary>
    /// <param name="system">The system, n unknowns.</param>
    /// <param name="states">Where to look, n elements each; smooth there.</param>
    /// <param name="t">When.</param>
    /// <param name="tolerance">The largest difference, relative to the largest of 1 and the derivative.</param>
    /// <exception cref="InvalidOperationException">It is not; the message names the element.</exception>
    public static void TheJacobianIsTheDerivative(IStiffOdeSystem system, IEnumerable<double[]> states, double t = 0, double tolerance = 1e-6)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(states);
        var n = system.Dimension;
        var (jacobian, up, down, slope) = (new double[n * n], new double[n], new double[n], new double[n]);
        foreach (var state in states)
        {
            system.Jacobian(t, state, jacobian);
            for (var j = 0; j < n; j++)
            {
                double[] high = [.. state], low = [.. state];
                var h = 1e-5 * Math.Max(1, Math.Abs(state[j]));
                (high[j], low[j]) = (state[j] + h, state[j] - h);
                system.Rate(t, high, up);
                system.Rate(t, low, down);
                for (var i = 0; i < n; i++) Compare(jacobian[i * n + j], (up[i] - down[i]) / (high[j] - low[j]), $"∂f[{i}]/∂x[{j}]", state);
            }
            if (!system.TimeDerivative(t, state, slope)) continue;
            var step = 1e-5 * Math.Max(1, Math.Abs(t));
            system.Rate(t + step, state, up);
            system.Rate(t - step, state, down);
            for (var i = 0; i < n; i++) Compare(slope[i], (up[i] - down[i]) / (2 * step), $"∂f[{i}]/∂t", state);
        }

        void Compare(double given, double differenced, string what, double[] state)
        {
            // Written so that what is no number fails.
            if (!(Math.Abs(given - differenced) <= tolerance * Math.Max(1, Math.Abs(differenced))))
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
    /// <exception cref="InvalidOperationException">It does, or a trajectory breaks off; the message says when.</exception>
    public static void TheEnergyDoesNotIncrease(IOdeSystem system, Func<ReadOnlySpan<double>, double> energy, IEnumerable<double[]> starts, double duration, double tolerance = 1e-7)
    {
        ArgumentNullException.ThrowIfNull(energy);
        ArgumentNullException.ThrowIfNull(starts);
        foreach (var start in starts)
        {
            var course = Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, duration, new() { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-12 });
            if (course.Status != OdeStatus.ReachedEnd) throw new InvalidOperationException($"The trajectory from [{List(start)}] ends as {course.Status} at t = {course.EndTime:g6}.");
            var values = new double[course.Times.Length];
            for (var k = 0; k < values.Length; k++) values[k] = energy(course.State(k));
            var range = Math.Abs(values.Max() - values.Min()) + 1e-14 * values.Max(Math.Abs);
            for (var k = 1; k < values.Length; k++)
                if (!(values[k] - values[k - 1] <= tolerance * range))
                    throw new InvalidOperationException($"The energy grows from {values[k - 1]:g9} to {values[k]:g9} at t = {course.Times[k]:g6} from [{List(start)}].");
        }
    }

    static string List(double[] values) => string.Join(", ", values.Select(v => v.ToString("g6", System.Globalization.CultureInfo.InvariantCulture)));
}
