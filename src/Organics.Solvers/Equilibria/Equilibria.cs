namespace Organics;

/// <summary>
/// All equilibria of a system that a search can find: Newton's method from many starts, where each point found is divided out of the residual, so that it is
/// not found again (Farrell, Birkisson &amp; Funke, SIAM J. Sci. Comput. 37, 2015). A search proves nothing about what it does not find.
/// </summary>
public static class Equilibria
{
    const int NewtonCap = 100;
    const double LargestStep = 2;

    /// <summary>The equilibria found from random starts in a box, sorted by their first element, then the next; those outside the box too. There may be
    /// others.</summary>
    /// <param name="system">An autonomous system, n unknowns. Where it has no Jacobian, differences serve.</param>
    /// <param name="low">The box's lower corner, n elements.</param>
    /// <param name="high">Its upper corner, each element above that of the lower; half of the difference is taken for the state's scale.</param>
    /// <param name="starts">Random starts.</param>
    /// <param name="seed">The same seed gives the same starts.</param>
    /// <exception cref="ArgumentException">The system depends on time, or the box does not fit.</exception>
    public static IReadOnlyList<Equilibrium> Of(IOdeSystem system, ReadOnlySpan<double> low, ReadOnlySpan<double> high, int starts = 40, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(system);
        var n = system.Dimension;
        if (low.Length != n || high.Length != n)
            throw new ArgumentException($"The box has corners of {low.Length} and {high.Length} elements; this system asks for {n}.", nameof(low));
        var scale = new double[n];
        for (var i = 0; i < n; i++)
        {
            scale[i] = (high[i] - low[i]) / 2;
            if (!(scale[i] > 0 && double.IsFinite(scale[i])))
                throw new ArgumentException(
                    $"The box goes from {low[i]} to {high[i]} in element {i}; give finite ends, the upper one above the lower.", nameof(low));
        }
        var all = new double[starts][];
        for (var start = 0; start < starts; start++)
        {
            var random = new CounterRandom((ulong)(uint)seed, (ulong)start);
            all[start] = new double[n];
            for (var i = 0; i < n; i++) all[start][i] = low[i] + 2 * scale[i] * random.Uniform((ulong)i);
        }
        return Of(EquilibriumEquations.Of(system, scale), all);
    }

    /// <summary>The equilibria found from given starts, sorted by their first element, then the next.</summary>
    /// <param name="equations">The equations.</param>
    /// <param name="starts">States.</param>
    public static IReadOnlyList<Equilibrium> Of(EquilibriumEquations equations, IEnumerable<double[]> starts)
    {
        ArgumentNullException.ThrowIfNull(equations);
        ArgumentNullException.ThrowIfNull(starts);
        var roots = new List<double[]>();
        foreach (var start in starts)
            // From one start until deflation has driven Newton's method away.
            while (Newton(equations, equations.Coordinates(start), roots) is { } root) roots.Add(root);
        var found = roots.ConvertAll(x => equations.Examine(x));
        found.Sort((a, b) => a.State.AsSpan().SequenceCompareTo(b.State));
        return found;
    }

    /// <summary>The equilibrium that Newton's method reaches from a state; null where it reaches none.</summary>
    /// <param name="equations">The equations; <see cref="EquilibriumEquations.Of"/> has those of any system.</param>
    /// <param name="state">n elements.</param>
    public static Equilibrium? Near(EquilibriumEquations equations, ReadOnlySpan<double> state)
    {
        ArgumentNullException.ThrowIfNull(equations);
        return Newton(equations, equations.Coordinates(state), []) is { } root ? equations.Examine(root) : null;
    }

    static double[]? Newton(EquilibriumEquations equations, double[] x, List<double[]> found)
    {
        var m = x.Length;
        var (step, jacobian, pivots) = (new double[m], new double[m * m], new int[m]);
        for (var iteration = 0; iteration < NewtonCap; iteration++)
        {
            var error = equations.Residual(x, step);
            if (!double.IsFinite(error)) return null;
            // Where F is 0 and its Jacobian singular, as at a bifurcation, the point is found without a step.
            if (!equations.NewtonStep(x, step, jacobian, pivots)) return error == 0 && found.TrueForAll(other => Distance(x, other) > 1e-6) ? x : null;
            // A small residual alone is not enough: far out it may fall while Newton's steps stay long, as it does where a circuit's a grows without bound.
            if (error < EquilibriumEquations.LargestResidual && Vectors.Largest(step) < equations.StepTolerance(x))
            {
                if (found.Any(other => !(Distance(x, other) > 1e-6))) return null;
                // The last step is known, and leaves only rounding.
                Vectors.Add(-1, step, x);
                return x;
            }
            // Deflation by M = Π(1 + 1/‖x − x_k‖²) only scales Newton's step, by 1/(1 + ∇ln M·step).
            double slope = 0;
            foreach (var other in found)
            {
                double d2 = 0, along = 0;
                for (var i = 0; i < m; i++)
                {
                    d2 += (x[i] - other[i]) * (x[i] - other[i]);
                    along += (x[i] - other[i]) * step[i];
                }
                slope += -2 * along / (d2 * (d2 + 1));
            }
            var scale = 1 / (1 + slope);
            if (!double.IsFinite(scale)) return null;
            var length = Vectors.Largest(step) * Math.Abs(scale);
            if (length > LargestStep) scale *= LargestStep / length;
            Vectors.Add(-scale, step, x);
        }
        return null;
    }

    static double Distance(double[] a, double[] b)
    {
        double largest = 0;
        for (var i = 0; i < a.Length; i++) largest = Math.Max(largest, Math.Abs(a[i] - b[i]));
        return largest;
    }
}
