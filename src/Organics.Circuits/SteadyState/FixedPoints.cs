using System.Numerics;

namespace Organics;

/// <summary>A fixed point with its spectrum.</summary>
/// <param name="Y">Principal activity, n elements.</param>
/// <param name="A">Modulator activity, n elements, positive.</param>
/// <param name="Eigenvalues">Of the Jacobian, 2n, in units of 1/τ.</param>
/// <param name="Type">Its type; degenerate where its stability is undecided or no fixed point was proven to be there (<see cref="StabilityReport"/>).</param>
/// <param name="Residual">As in <see cref="SteadyStateResult.Residual"/>.</param>
public sealed record FixedPoint(double[] Y, double[] A, Complex[] Eigenvalues, FixedPointType Type, double Residual)
{
    /// <summary>Whether all eigenvalues surely have negative real parts.</summary>
    public bool IsStable => Type is FixedPointType.StableNode or FixedPointType.StableFocus;

    /// <summary>How many eigenvalues have positive real parts.</summary>
    public int Unstable => Eigenvalues.Count(v => v.Real > 0);

    /// <summary>The type that a spectrum and the verdict on it stand for.</summary>
    static FixedPointType Classify(IReadOnlyCollection<Complex> eigenvalues, StabilityVerdict verdict)
    {
        var leading = eigenvalues.MaxBy(v => v.Real);
        if (verdict == StabilityVerdict.Stable) return leading.Imaginary == 0 ? FixedPointType.StableNode : FixedPointType.StableFocus;
        if (verdict != StabilityVerdict.Unstable) return FixedPointType.Degenerate;
        if (eigenvalues.Any(v => v.Real < 0)) return FixedPointType.Saddle;
        return leading.Imaginary == 0 ? FixedPointType.UnstableNode : FixedPointType.UnstableFocus;
    }

    /// <summary>The examination of a state that Newton's method has come to rest at.</summary>
    /// <exception cref="ArithmeticException">Its eigenvalues were not found.</exception>
    internal static FixedPoint Of(Circuit circuit, double[] y, double[] a)
    {
        var report = StabilityReport.Of(circuit, new(y, a, new(SteadyStateStatus.Converged, 0, 0, 0, SteadyStateMethod.Deflation)));
        new EigenvalueResult(report.Eigenvalues, report.EigenSolver).OrThrow();
        return new(y, a, report.Eigenvalues, Classify(report.Eigenvalues, report.Verdict), report.Residual);
    }
}

/// <summary>
/// All fixed points of a circuit that a search can find: Newton's method on both equations in (y, log a) from many starts, where each point found is divided out of the
/// residual, so that it is not found again (Farrell, Birkisson &amp; Funke, SIAM J. Sci. Comput. 37, 2015). For one pair <see cref="PlanarCircuit"/> has them all, provably.
/// </summary>
public static class FixedPoints
{
    const int NewtonCap = 100;
    const double LargestStep = 2;

    /// <summary>The fixed points found, sorted by a; there may be others.</summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="starts">Random starts, besides the fixed points of the identity circuit and of the iterative solver.</param>
    /// <param name="seed">The same seed gives the same starts.</param>
    public static IReadOnlyList<FixedPoint> Of(Circuit circuit, int starts = 40, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        var n = circuit.N;
        var system = new FixedPointEquations(circuit);
        var found = new List<double[]>();
        void Try(double[] x)
        {
            // From one start until deflation has driven Newton's method away.
            while (Newton(system, (double[])x.Clone(), found) is { } root) found.Add(root);
        }
        var solved = SteadyState.Of(circuit);
        if (solved.A.All(a => a > 0 && double.IsFinite(a))) Try(system.State(solved.Y, solved.A));
        var (y, a) = (new double[n], new double[n]);
        SteadyState.Identity(circuit.Drive, circuit.C, circuit.W, y, a);
        Try(system.State(y, a));
        var random = new Random(seed);
        for (var start = 0; start < starts; start++)
        {
            // a over six decades from its lower bound c on, y of the size that a allows.
            for (var i = 0; i < n; i++)
            {
                a[i] = circuit.C[i] * Math.Pow(10, -1 + 5 * random.NextDouble());
                y[i] = 3 * (2 * random.NextDouble() - 1);
            }
            Try(system.State(y, a));
        }
        return [.. found.Select(system.Point).OrderBy(p => p.A[0])];
    }

    /// <summary>The fixed point that Newton's method reaches from a state; null where it reaches none.</summary>
    public static FixedPoint? Near(Circuit circuit, ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        CircuitShape.Check(circuit.N, y.Length, nameof(y));
        CircuitShape.Check(circuit.N, a.Length, nameof(a));
        var system = new FixedPointEquations(circuit);
        return Newton(system, system.State(y, a), []) is { } root ? system.Point(root) : null;
    }

    static double[]? Newton(FixedPointEquations system, double[] x, List<double[]> found)
    {
        var m = x.Length;
        var (f, step, trial, jacobian, pivots) = (new double[m], new double[m], new double[m], new double[m * m], new int[m]);
        for (var iteration = 0; iteration < NewtonCap; iteration++)
        {
            var error = system.Residual(x, f);
            if (!double.IsFinite(error)) return null;
            system.Jacobian(x, jacobian);
            if (Lu.Factor<double>(jacobian, m, pivots).IsSingular) return null;
            for (var i = 0; i < m; i++) step[i] = -f[i];
            Lu.Solve<double>(jacobian, m, pivots, step);
            // A small residual alone is not enough: far out, where a grows without bound, it falls as c/a while Newton's steps stay long.
            if (error < 1e-9 && Largest(step) < 1e-10)
            {
                if (found.Any(other => !(Distance(x, other) > 1e-6))) return null;
                // The last step is known, and leaves only rounding.
                for (var i = 0; i < m; i++) x[i] += step[i];
                return x;
            }
            // Deflation by M = Π(1 + 1/‖x − x_k‖²) only scales Newton's step, by 1/(1 − ∇ln M·step).
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
            var scale = 1 / (1 - slope);
            if (!double.IsFinite(scale)) return null;
            var length = Largest(step) * Math.Abs(scale);
            if (length > LargestStep) scale *= LargestStep / length;
            for (var i = 0; i < m; i++) x[i] += scale * step[i];
        }
        return null;
    }

    static double Largest(double[] v) => Math.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude<double>(v));

    static double Distance(double[] a, double[] b)
    {
        double largest = 0;
        for (var i = 0; i < a.Length; i++) largest = Math.Max(largest, Math.Abs(a[i] - b[i]));
        return largest;
    }
}

/// <summary>Both fixed-point equations in x = (y, log a): −y + g + (1 − s)⊙(Wr·y) = 0 and (−a + c + W(a⊙y²))/a = 0.</summary>
sealed class FixedPointEquations(Circuit circuit)
{
    readonly double[] _y = new double[circuit.N], _a = new double[circuit.N], _dy = new double[circuit.N], _da = new double[circuit.N];

    public Circuit Circuit => circuit;

    public double[] State(ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        var x = new double[2 * circuit.N];
        y.CopyTo(x);
        for (var i = 0; i < circuit.N; i++) x[circuit.N + i] = Math.Log(a[i]);
        return x;
    }

    /// <summary>Writes the residuals and returns the largest, relative to 1.</summary>
    public double Residual(ReadOnlySpan<double> x, Span<double> f)
    {
        Split(x);
        CircuitDynamics.Rate(circuit, _y, _a, _dy, _da);
        double largest = 0;
        for (var i = 0; i < circuit.N; i++)
        {
            f[i] = _dy[i] * circuit.TauY[i];
            f[circuit.N + i] = _da[i] * circuit.TauA[i] / _a[i];
            largest = Math.Max(largest, Math.Max(Math.Abs(f[i]) / Math.Max(1, Math.Abs(_y[i])), Math.Abs(f[circuit.N + i])));
            if (!double.IsFinite(f[i]) || !double.IsFinite(f[circuit.N + i])) return double.NaN;
        }
        return largest;
    }

    /// <summary>∂f/∂x after <see cref="Residual"/> at the same x: the circuit's Jacobian without time constants, its a-columns times a, its a-rows divided by a.</summary>
    public void Jacobian(ReadOnlySpan<double> x, Span<double> jacobian)
    {
        Split(x);
        var n = circuit.N;
        CircuitJacobian.Write(circuit, _y, _a, jacobian);
        CircuitDynamics.Rate(circuit, _y, _a, _dy, _da);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
            {
                jacobian[i * 2 * n + j] *= circuit.TauY[i];
                jacobian[i * 2 * n + n + j] *= circuit.TauY[i] * _a[j];
                jacobian[(n + i) * 2 * n + j] *= circuit.TauA[i] / _a[i];
                jacobian[(n + i) * 2 * n + n + j] *= circuit.TauA[i] / _a[i] * _a[j];
            }
        // The division by a itself: −f, 0 at the fixed point.
        for (var i = 0; i < n; i++) jacobian[(n + i) * 2 * n + n + i] -= _da[i] * circuit.TauA[i] / _a[i];
    }

    public FixedPoint Point(double[] x)
    {
        Split(x);
        return FixedPoint.Of(circuit, (double[])_y.Clone(), (double[])_a.Clone());
    }

    void Split(ReadOnlySpan<double> x)
    {
        for (var i = 0; i < circuit.N; i++) (_y[i], _a[i]) = (x[i], Math.Exp(x[circuit.N + i]));
    }
}
