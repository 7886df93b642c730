using System.Numerics;

namespace Organics;

/// <summary>A fixed point of a circuit.</summary>
/// <param name="Y">Principal activity.</param>
/// <param name="A">Modulator activity, A ≥ c &gt; 0 at a fixed point.</param>
/// <param name="Result">How it was found and how well it satisfies the equations.</param>
public sealed record SteadyStateSolution(double[] Y, double[] A, SteadyStateResult Result);

/// <summary>The fixed point of a <see cref="Circuit"/>, the normalization equation; and those of a batch of circuits as differentiable tensors.</summary>
public static class SteadyState
{
    /// <summary>
    /// The fixed point: a = c + W(g⊙g), y = g/√a when Wr = I (Eq. 4–5, exact and unique; not converged where it is not finite); otherwise that of
    /// <see cref="SteadyStateSolver{T}.Solve"/>. Stability is not examined: see <see cref="StabilityReport"/>.
    /// </summary>
    public static SteadyStateSolution Of(Circuit circuit, SteadyStateOptions? options = null)
    {
        var n = circuit.N;
        var (y, a) = (new double[n], new double[n]);
        if (circuit.IsIdentityRecurrence)
        {
            Identity(circuit.Drive, circuit.C, circuit.W, y, a);
            // The formulas are exact, but may leave the range of double.
            var residual = Residual(circuit, y, a);
            var isAccepted = SteadyStateSolver<double>.Accepts(
                circuit.Drive, circuit.C, circuit.W, circuit.Wr, y, a, residual,
                SteadyStateSolver<double>.EffectiveTolerance(options ?? new SteadyStateOptions()));
            return new(y, a, new(isAccepted ? SteadyStateStatus.Converged : SteadyStateStatus.NotConverged, 0, residual, 0, SteadyStateMethod.ClosedForm));
        }
        var result = SteadyStateSolver<double>.Solve(
            circuit.Drive, circuit.C, circuit.W, circuit.Wr, y, a,
            new double[SteadyStateSolver<double>.ScratchLength(n)], new int[n], options ?? new SteadyStateOptions());
        return new(y, a, result);
    }

    /// <summary>
    /// A stable fixed point, if a search finds one: for one pair all fixed points are known; otherwise that of <see cref="Of"/>, the one at the end of the
    /// homotopy from the identity circuit, the most stable of <see cref="CircuitEquilibria"/> for up to 16 pairs, and where trajectories settle, the first
    /// stable one. Where none is, the fixed point found that has the least spectral abscissa. Algorithm 1 can converge to an unstable fixed point of an
    /// expansive circuit; <see cref="StabilitySweep"/> searches in the same way.
    /// </summary>
    public static SteadyStateSolution StableOf(Circuit circuit, SteadyStateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        return StableSearch.Of(circuit, options ?? new SteadyStateOptions()).Point;
    }

    /// <summary>How far a state is from a fixed point: the relative residual that <see cref="SteadyStateResult.Residual"/> describes.</summary>
    /// <exception cref="ArgumentException">A span does not have n elements.</exception>
    public static double Residual(Circuit circuit, ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        CircuitShape.Check(circuit.N, y.Length, nameof(y));
        CircuitShape.Check(circuit.N, a.Length, nameof(a));
        return SteadyStateSolver<double>.Residual(circuit.Drive, circuit.C, circuit.W, circuit.Wr, y, a, new double[circuit.N], new double[circuit.N]);
    }

    /// <summary>The fixed point for Wr = I, Eq. 4–5: a = c + W(g⊙g), y = g/√a.</summary>
    /// <param name="g">Gated drive, n elements.</param>
    /// <param name="c">(b0⊙σ)², n elements, positive.</param>
    /// <param name="W">Normalization weights, n × n.</param>
    /// <param name="y">Out: principal activity; must not overlap an input.</param>
    /// <param name="a">Out: modulator activity; must not overlap an input.</param>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    public static void Identity(ReadOnlySpan<double> g, ReadOnlySpan<double> c, ReadOnlySpan<double> W, Span<double> y, Span<double> a)
    {
        CircuitShape.Check(g.Length, c.Length, nameof(c));
        CircuitShape.Check(g.Length, y.Length, nameof(y));
        CircuitShape.Check(g.Length, a.Length, nameof(a));
        for (var i = 0; i < g.Length; i++) y[i] = g[i] * g[i];
        Gemv.Multiply(W, y, a);
        for (var i = 0; i < g.Length; i++)
        {
            a[i] += c[i];
            y[i] = g[i] / Math.Sqrt(a[i]);
        }
    }

    /// <summary>
    /// The fixed points of a batch of circuits with recurrence Wr, differentiated implicitly: the iterations never reach the tape.
    /// Solves y = g + (1 − √a)⊙(Wr·y), a = c + W(a⊙y²) (Eq. 15 at rest) for every sample.
    /// </summary>
    /// <param name="g">Gated drive b⊙z. Shape [batch, n].</param>
    /// <param name="c">(b0⊙σ)², positive. Shape [n].</param>
    /// <param name="W">Normalization weights, not negative. Shape [n, n], row = target.</param>
    /// <param name="Wr">Recurrent weights. Shape [n, n], row = target.</param>
    /// <param name="options">Tolerance, cap on iterations, fallback.</param>
    /// <param name="report">The outcome for each sample; one that did not converge holds the best state found.</param>
    /// <returns>y and a, each [batch, n]. Gradient: the adjoint system of the fixed point, one small solve for each sample.</returns>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tolerance is negative or not finite, or the cap negative.</exception>
    public static (Tensor<T> Y, Tensor<T> A) Solve<T>(
        Tensor<T> g, Tensor<T> c, Tensor<T> W, Tensor<T> Wr, SteadyStateOptions options, out SteadyStateReport report)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        SteadyStateOptions.Check(options);
        var op = new SteadyStateOp<T>(options);
        var state = op.Apply(g, c, W, Wr);
        report = new(op.Results);
        return (state[0], state[1]);
    }

    /// <summary>
    /// The fixed points of a batch of circuits with identity recurrence, in closed form (Eq. 4, 5): a = c + W(g⊙g), y = g/√a.
    /// </summary>
    /// <param name="g">Gated drive b⊙z. Shape [batch, n].</param>
    /// <param name="c">(b0⊙σ)², positive. Shape [n], or [batch, n], where every circuit has its own.</param>
    /// <param name="W">Normalization weights, not negative. Shape [n, n], row = target; or [batch, n, n], where every circuit has its own.</param>
    /// <returns>y and a, each [batch, n].</returns>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public static (Tensor<T> Y, Tensor<T> A) Identity<T>(Tensor<T> g, Tensor<T> c, Tensor<T> W) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(g);
        ArgumentNullException.ThrowIfNull(W);
        var squares = g.Square();
        var a = c + (W.Shape.Rank == 3 ? (W * squares.Expand(1, W.Shape[1])).Sum(2) : squares.MatMul(W, transposeOther: true));
        return (g / a.Sqrt(), a);
    }
}
