namespace Organics;

/// <summary>
/// All fixed points of a circuit that a search can find: <see cref="Equilibria"/> in (y, log a), started from what is known of circuits. For one pair
/// <see cref="PlanarCircuit"/> has them all, provably. y is measured in units of its own, η = 1/√(max_i w_ij), so that a circuit in other units (y → αy, z →
/// αz, W → W/α²) has the same fixed points and branches. The state of an <see cref="Equilibrium"/> of a circuit is (y, a); its verdict is that of
/// <see cref="StabilityReport"/>, with a proof that it exists.
/// </summary>
public static class CircuitEquilibria
{
    /// <summary>The fixed points found, sorted by a; there may be others.</summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="starts">Random starts, besides the fixed points of the identity circuit and of the iterative solver.</param>
    /// <param name="seed">The same seed gives the same starts.</param>
    /// <exception cref="ArithmeticException">The eigenvalues of one were not found.</exception>
    public static IReadOnlyList<Equilibrium> Of(Circuit circuit, int starts = 40, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        return [.. Equilibria.Of(new CircuitEquations(circuit), Starts(circuit, starts, seed)).OrderBy(p => p.State[circuit.N])];
    }

    /// <summary>The fixed point that Newton's method reaches from a state; null where it reaches none.</summary>
    /// <exception cref="ArithmeticException">Its eigenvalues were not found.</exception>
    public static Equilibrium? Near(Circuit circuit, ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        CircuitShape.Check(circuit.N, y.Length, nameof(y));
        CircuitShape.Check(circuit.N, a.Length, nameof(a));
        return Equilibria.Near(new CircuitEquations(circuit), [.. y, .. a]);
    }

    /// <summary>The fixed point (y, a) that Newton's method reaches from a state, whose stability is not asked for; null where it reaches none.</summary>
    internal static double[]? Reached(Circuit circuit, SteadyStateSolution from)
        => Equilibria.Near(new CircuitEquations(circuit, CircuitUnits.Of(circuit), isExamined: false), [.. from.Y, .. from.A])?.State;

    /// <summary>Follows a fixed point along one parameter: <see cref="Continuation"/>.</summary>
    /// <param name="family">The circuit at a value of the parameter; n must not change.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="to">Where to go; the branch ends there, or where it comes back to <paramref name="from"/>.</param>
    /// <param name="start">A fixed point at <paramref name="from"/>.</param>
    /// <param name="steps">The most points.</param>
    /// <param name="largestStep">The longest step, by arc in (y/η, log a) and the parameter, whose range counts as 1; η = 1/√(max_i w_ij), of the larger W at
    /// the two ends.</param>
    /// <exception cref="ArgumentOutOfRangeException">The largest step is not positive.</exception>
    /// <exception cref="ArithmeticException">The start is no fixed point, or a bifurcation.</exception>
    public static Branch Follow(Func<double, Circuit> family, double from, double to, Equilibrium start, int steps = 2000, double largestStep = 0.2)
    {
        ArgumentNullException.ThrowIfNull(family);
        // One measure for the whole branch.
        var units = CircuitUnits.Of(family(from), family(to));
        return Continuation.Follow(v => new CircuitEquations(family(v), units), from, to, start, steps, largestStep);
    }

    /// <summary>The principal and the modulator activity of a circuit's fixed point, n elements each.</summary>
    public static (double[] Y, double[] A) Split(this Equilibrium point)
    {
        ArgumentNullException.ThrowIfNull(point);
        var n = point.State.Length / 2;
        return (point.State[..n], point.State[n..]);
    }

    static IEnumerable<double[]> Starts(Circuit circuit, int starts, int seed)
    {
        var n = circuit.N;
        var solved = SteadyState.Of(circuit);
        if (solved.A.All(a => a > 0 && double.IsFinite(a))) yield return [.. solved.Y, .. solved.A];
        var (y, a) = (new double[n], new double[n]);
        SteadyState.Identity(circuit.Drive, circuit.C, circuit.W, y, a);
        yield return [.. y, .. a];
        var (random, units) = (new Random(seed), CircuitUnits.Of(circuit));
        for (var start = 0; start < starts; start++)
        {
            // a over six decades from its lower bound c on, y of the size that a allows.
            for (var i = 0; i < n; i++)
            {
                a[i] = circuit.C[i] * Math.Pow(10, -1 + 5 * random.NextDouble());
                y[i] = units[i] * 3 * (2 * random.NextDouble() - 1);
            }
            yield return [.. y, .. a];
        }
    }
}

/// <summary>Both fixed-point equations in x = (y/η, log a): (−y + g + (1 − s)⊙(Wr·y))/η = 0 and (−a + c + W(a⊙y²))/a = 0.</summary>
/// <param name="circuit">The circuit.</param>
/// <param name="units">η, n elements: <see cref="CircuitUnits"/>.</param>
/// <param name="isExamined">Whether there is a verdict on what is found.</param>
sealed class CircuitEquations(Circuit circuit, double[] units, bool isExamined = true) : EquilibriumEquations
{
    public CircuitEquations(Circuit circuit) : this(circuit, CircuitUnits.Of(circuit)) { }

    readonly double[] _y = new double[circuit.N], _a = new double[circuit.N], _dy = new double[circuit.N], _da = new double[circuit.N];

    public override IStiffOdeSystem System { get; } = new CircuitSystem(circuit);

    public override double[] Coordinates(ReadOnlySpan<double> state)
    {
        CircuitShape.Check(2 * circuit.N, state.Length, nameof(state));
        var x = state.ToArray();
        for (var i = 0; i < circuit.N; i++) (x[i], x[circuit.N + i]) = (x[i] / units[i], Math.Log(x[circuit.N + i]));
        return x;
    }

    public override double[] State(ReadOnlySpan<double> x)
    {
        var state = x.ToArray();
        for (var i = 0; i < circuit.N; i++) (state[i], state[circuit.N + i]) = (state[i] * units[i], Math.Exp(state[circuit.N + i]));
        return state;
    }

    public override double StepTolerance(ReadOnlySpan<double> x) => 1e-10;

    /// <summary>Writes the residuals and returns the largest, relative to 1.</summary>
    public override double Residual(ReadOnlySpan<double> x, Span<double> f)
    {
        Split(x);
        CircuitDynamics.Rate(circuit, _y, _a, _dy, _da);
        double largest = 0;
        for (var i = 0; i < circuit.N; i++)
        {
            f[i] = _dy[i] * circuit.TauY[i] / units[i];
            f[circuit.N + i] = _da[i] * circuit.TauA[i] / _a[i];
            largest = Math.Max(largest, Math.Max(Math.Abs(f[i]) / Math.Max(1, Math.Abs(x[i])), Math.Abs(f[circuit.N + i])));
            if (!double.IsFinite(f[i]) || !double.IsFinite(f[circuit.N + i])) return double.NaN;
        }
        return largest;
    }

    /// <summary>∂f/∂x after <see cref="Residual"/> at the same x: the circuit's Jacobian without time constants, its columns times η and a, its rows divided
    /// by them.</summary>
    public override void Jacobian(ReadOnlySpan<double> x, Span<double> jacobian)
    {
        Split(x);
        var n = circuit.N;
        CircuitJacobian.Write(circuit, _y, _a, jacobian);
        CircuitDynamics.Rate(circuit, _y, _a, _dy, _da);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
            {
                jacobian[i * 2 * n + j] *= circuit.TauY[i] / units[i] * units[j];
                jacobian[i * 2 * n + n + j] *= circuit.TauY[i] / units[i] * _a[j];
                jacobian[(n + i) * 2 * n + j] *= circuit.TauA[i] / _a[i] * units[j];
                jacobian[(n + i) * 2 * n + n + j] *= circuit.TauA[i] / _a[i] * _a[j];
            }
        // The division by a itself: −f, 0 at the fixed point.
        for (var i = 0; i < n; i++) jacobian[(n + i) * 2 * n + n + i] -= _da[i] * circuit.TauA[i] / _a[i];
    }

    public override Equilibrium Examine(ReadOnlySpan<double> x)
    {
        Split(x);
        if (!isExamined) return new([.. _y, .. _a], [], StabilityVerdict.Unknown, double.NaN, double.NaN);
        var report = StabilityReport.Of(
            circuit, new((double[])_y.Clone(), (double[])_a.Clone(), new(SteadyStateStatus.Converged, 0, 0, 0, SteadyStateMethod.Deflation)));
        if (double.IsNaN(report.MaxRealPart))
            throw new ArithmeticException(
                "The Jacobian at a fixed point leaves the range of double, or not all of its eigenvalues were found; "
                + "bring the time constants nearer to one another.");
        return new([.. _y, .. _a], report.Eigenvalues, report.Verdict, report.Uncertainty, report.Residual);
    }

    void Split(ReadOnlySpan<double> x)
    {
        for (var i = 0; i < circuit.N; i++) (_y[i], _a[i]) = (x[i] * units[i], Math.Exp(x[circuit.N + i]));
    }
}
