using System.Numerics;
using System.Numerics.Tensors;

namespace Organics;

/// <summary>Outcome of <see cref="SteadyStateAdjoint{T}.Solve"/>.</summary>
/// <param name="IsSolved">False when the Jacobian at the fixed point is singular to working precision: the gradient does not exist.</param>
public readonly record struct SteadyStateAdjointResult(bool IsSolved)
{
    /// <summary>Throws unless solved.</summary>
    /// <exception cref="ArithmeticException">The system was singular.</exception>
    public SteadyStateAdjointResult OrThrow() => IsSolved
        ? this
        : throw new ArithmeticException(
            "The Jacobian at this fixed point is singular, so its gradient does not exist; move the parameters away from the fold.");
}

/// <summary>
/// Implicit differentiation of the fixed point, for one sample, on spans. With E = I − D(1−s)Wr, Γ = I − W D(y²), h = Wr·y, s = √a,
/// the adjoints of the two residuals solve
/// <para>Eᵀp = gy + 2(a⊙y)⊙(Wᵀq),  Γᵀq = ga − h/(2s)⊙p,</para>
/// and give ∂g = p, ∂c = q, ∂Wr = ((1−s)⊙p)yᵀ, ∂W = q(a⊙y²)ᵀ; a batch sums the last two as matrix products of the two row factors.
/// <para>In the coordinates u = s⊙y, where a = c + W(u⊙u), the system of 2n becomes Mᵀp = gy + (a⊙y)⊙Wᵀ(2ga − (y/a)⊙gy) with
/// M = E − (E D(y/a) − D(h/s))W D(a⊙y), which is formed and factored; then 2q = 2ga − (y/a)⊙(gy − Eᵀp) − (h/s)⊙p.</para>
/// </summary>
public static class SteadyStateAdjoint<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Elements of T that the scratch must hold for n neuron pairs.</summary>
    public static int ScratchLength(int n) => n * Lu.PaddedLength<T>(n) + 4 * n;

    /// <summary>Computes the adjoints p and q and the row factors of the weight gradients. Outputs must not overlap inputs or each other.</summary>
    /// <param name="W">Normalization weights, n × n.</param>
    /// <param name="Wr">Recurrent weights, n × n.</param>
    /// <param name="y">Fixed point, principal.</param>
    /// <param name="a">Fixed point, modulator, positive.</param>
    /// <param name="gy">Cotangent of y.</param>
    /// <param name="ga">Cotangent of a; empty means zero.</param>
    /// <param name="p">Out: ∂g.</param>
    /// <param name="q">Out: ∂c.</param>
    /// <param name="recurrentFactor">Out: (1−√a)⊙p, to be summed as ∂Wr = Σ recurrentFactor·yᵀ.</param>
    /// <param name="normalizationFactor">Out: a⊙y², to be summed as ∂W = Σ q·normalizationFactorᵀ.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> elements.</param>
    /// <param name="pivots">At least n elements.</param>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    public static SteadyStateAdjointResult Solve(
        ReadOnlySpan<T> W, ReadOnlySpan<T> Wr, ReadOnlySpan<T> y, ReadOnlySpan<T> a, ReadOnlySpan<T> gy, ReadOnlySpan<T> ga,
        Span<T> p, Span<T> q, Span<T> recurrentFactor, Span<T> normalizationFactor, Span<T> scratch, Span<int> pivots)
    {
        var n = y.Length;
        CircuitShape.Check(n * n, W.Length, nameof(W));
        CircuitShape.Check(n * n, Wr.Length, nameof(Wr));
        CircuitShape.Check(n, a.Length, nameof(a));
        CircuitShape.Check(n, gy.Length, nameof(gy));
        if (!ga.IsEmpty) CircuitShape.Check(n, ga.Length, nameof(ga));
        CircuitShape.Check(n, p.Length, nameof(p));
        CircuitShape.Check(n, q.Length, nameof(q));
        CircuitShape.Check(n, recurrentFactor.Length, nameof(recurrentFactor));
        CircuitShape.Check(n, normalizationFactor.Length, nameof(normalizationFactor));
        if (scratch.Length < ScratchLength(n) || pivots.Length < n)
            throw new ArgumentException($"The scratch needs {ScratchLength(n)} elements and the pivots {n}; they hold {scratch.Length} and {pivots.Length}.");

        var ld = Lu.PaddedLength<T>(n);
        var M = scratch[..(n * ld)];
        var hOverS = scratch.Slice(n * ld, n);
        var yOverA = scratch.Slice(n * ld + n, n);
        var ay = scratch.Slice(n * ld + 2 * n, n);
        var work = scratch.Slice(n * ld + 3 * n, n);
        var two = T.One + T.One;

        // recurrentFactor holds 1−s until p is known.
        SteadyStateSolver<T>.Complement(a, recurrentFactor);
        Gemv.Multiply(Wr, y, hOverS);
        TensorPrimitives.Sqrt(a, work);
        TensorPrimitives.Divide<T>(hOverS, work, hOverS);
        TensorPrimitives.Divide(y, a, yOverA);
        TensorPrimitives.Multiply(a, y, ay);
        TensorPrimitives.Multiply<T>(ay, y, normalizationFactor);

        SteadyStateSolver<T>.WriteE(recurrentFactor, Wr, M, ld);
        for (var i = 0; i < n; i++)
        {
            var row = M.Slice(i * ld, n);
            TensorPrimitives.Multiply<T>(row, yOverA, work);
            work[i] -= hOverS[i];
            Gemv.MultiplyTransposed(W, work, q);
            TensorPrimitives.Multiply<T>(q, ay, q);
            TensorPrimitives.Subtract<T>(row, q, row);
        }
        if (Lu.Factor(M, n, pivots, ld).IsSingular) return new(false);

        // 2ga − (y/a)⊙gy
        TensorPrimitives.Multiply(yOverA, gy, work);
        TensorPrimitives.Negate(work, work);
        if (!ga.IsEmpty) TensorPrimitives.MultiplyAdd(ga, two, work, work);
        Gemv.MultiplyTransposed(W, work, q);
        TensorPrimitives.MultiplyAdd<T>(ay, q, gy, p);
        Lu.SolveTransposed<T>(M, n, pivots, p, ld);

        // 2q = 2ga − (y/a)⊙gy + (y/a)⊙Eᵀp − (h/s)⊙p with Eᵀp = p − Wrᵀ((1−s)⊙p)
        TensorPrimitives.Multiply(recurrentFactor, p, recurrentFactor);
        Gemv.MultiplyTransposed(Wr, recurrentFactor, q);
        TensorPrimitives.Subtract<T>(p, q, q);
        TensorPrimitives.MultiplyAdd<T>(q, yOverA, work, q);
        TensorPrimitives.Multiply<T>(hOverS, p, work);
        TensorPrimitives.Subtract<T>(q, work, q);
        TensorPrimitives.Divide(q, two, q);

        // Where the solution is larger than the cotangents by all the digits there are, the matrix is singular but for rounding.
        var cotangent = T.Max(T.Abs(TensorPrimitives.MaxMagnitude(gy)), ga.IsEmpty ? T.Zero : T.Abs(TensorPrimitives.MaxMagnitude(ga)));
        var solution = T.Max(T.Abs(TensorPrimitives.MaxMagnitude<T>(p)), T.Abs(TensorPrimitives.MaxMagnitude<T>(q)));
        return new(solution * AllDigits <= cotangent);
    }

    /// <summary>Four times the spacing of numbers at 1.</summary>
    internal static T AllDigits => (T.BitIncrement(T.One) - T.One) * T.CreateTruncating(4);
}
