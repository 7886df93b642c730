using System.Numerics;
using System.Numerics.Tensors;

namespace Organics;

/// <summary>Outcome of <see cref="SteadyStateAdjoint{T}.Solve"/>.</summary>
/// <param name="IsSolved">False when the Jacobian at the fixed point is singular to working precision: the gradient does not exist.</param>
/// <param name="Iterations">Krylov iterations used.</param>
/// <param name="Residual">‖(I−DΦ)ᵀq − right-hand side‖₂ relative to the right-hand side, as the iteration tracked it; 0 after a direct solve.</param>
/// <param name="IsDirect">True when the iteration stalled and the reduced matrix was formed and factored instead.</param>
public readonly record struct SteadyStateAdjointResult(bool IsSolved, int Iterations, double Residual, bool IsDirect)
{
    /// <summary>Throws unless solved.</summary>
    /// <exception cref="ArithmeticException">The system was singular.</exception>
    public SteadyStateAdjointResult OrThrow() => IsSolved
        ? this
        : throw new ArithmeticException("The Jacobian at this fixed point is singular, so its gradient does not exist; move the parameters away from the fold.");
}

/// <summary>
/// Implicit differentiation of the fixed point, for one sample, on spans. With E = I − D(1−s)Wr, Γ = I − W D(y²), h = Wr·y, s = √a,
/// the adjoints of the two residuals solve
/// <para>Eᵀp = gy + 2(a⊙y)⊙(Wᵀq),  Γᵀq = ga − h/(2s)⊙p,</para>
/// and give ∂g = p, ∂c = q, ∂Wr = ((1−s)⊙p)yᵀ, ∂W = q(a⊙y²)ᵀ; a batch sums the last two as matrix products of the two row factors.
/// <para>Eliminating p leaves (I − DΦ)ᵀq = ga − D(h/2s)E⁻ᵀgy, which GMRES solves (Saad &amp; Schultz, SIAM J. Sci. Stat. Comput. 7, 1986)
/// with one transposed solve and one product by Wᵀ per iteration; it converges fast because DΦ is small wherever Algorithm 1 is quick.</para>
/// </summary>
public static class SteadyStateAdjoint<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    const int Krylov = 24;

    /// <summary>Elements of T that the scratch must hold for n neuron pairs.</summary>
    public static int ScratchLength(int n) => 2 * n * Lu.PaddedLength<T>(n) + (Krylov + 6) * n;

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
        var E = scratch[..(n * ld)];
        var basis = scratch.Slice(2 * n * ld, (Krylov + 1) * n);
        var rest = scratch[(2 * n * ld + (Krylov + 1) * n)..];
        var half = rest[..n];
        var drive = rest.Slice(n, n);
        var square = rest.Slice(2 * n, n);
        var v = rest.Slice(3 * n, n);
        var work = rest.Slice(4 * n, n);

        // half = h/(2s), drive = 2a⊙y, square = y²; recurrentFactor holds 1−s until p is known.
        SteadyStateSolver<T>.Complement(a, recurrentFactor);
        SteadyStateSolver<T>.WriteE(recurrentFactor, Wr, E, ld);
        var two = T.One + T.One;
        Gemv.Multiply(Wr, y, half);
        TensorPrimitives.Sqrt(a, work);
        TensorPrimitives.Multiply(work, two, work);
        TensorPrimitives.Divide<T>(half, work, half);
        TensorPrimitives.Multiply(a, y, drive);
        TensorPrimitives.Multiply(drive, y, normalizationFactor);
        TensorPrimitives.Multiply(drive, two, drive);
        TensorPrimitives.Multiply(y, y, square);

        if (Lu.Factor(E, n, pivots, ld).IsSingular) return new(false, 0, double.NaN, false);
        var system = new System(W, E, pivots, ld, half, drive, square);

        // Right-hand side ga − half⊙(E⁻ᵀgy); work keeps it for the direct solve.
        gy.CopyTo(p);
        Lu.SolveTransposed<T>(E, n, pivots, p, ld);
        TensorPrimitives.Multiply(p, half, work);
        TensorPrimitives.Negate(work, work);
        if (!ga.IsEmpty) TensorPrimitives.Add(work, ga, work);

        var result = Gmres(system, work, q, basis, v);
        if (!result.IsSolved) result = Direct(system, work, q, scratch.Slice(n * ld, n * ld), v, pivots, E, Wr, recurrentFactor);
        if (!result.IsSolved) return result;

        // Eᵀp = gy + 2(a⊙y)⊙(Wᵀq)
        Gemv.MultiplyTransposed(W, q, v);
        TensorPrimitives.MultiplyAdd<T>(drive, v, gy, p);
        Lu.SolveTransposed<T>(E, n, pivots, p, ld);
        TensorPrimitives.Multiply(recurrentFactor, p, recurrentFactor);
        // Where the solution is larger than the cotangents by all the digits there are, the matrix is singular but for rounding.
        var cotangent = T.Max(T.Abs(TensorPrimitives.MaxMagnitude(gy)), ga.IsEmpty ? T.Zero : T.Abs(TensorPrimitives.MaxMagnitude(ga)));
        var solution = T.Max(T.Abs(TensorPrimitives.MaxMagnitude<T>(p)), T.Abs(TensorPrimitives.MaxMagnitude<T>(q)));
        return solution * AllDigits <= cotangent ? result : result with { IsSolved = false };
    }

    /// <summary>Four times the spacing of numbers at 1.</summary>
    internal static T AllDigits => (T.BitIncrement(T.One) - T.One) * T.CreateTruncating(4);

    readonly ref struct System(
        ReadOnlySpan<T> w, ReadOnlySpan<T> e, ReadOnlySpan<int> pivots, int ld, ReadOnlySpan<T> half, ReadOnlySpan<T> drive, ReadOnlySpan<T> square)
    {
        readonly ReadOnlySpan<T> _w = w, _e = e, _half = half, _drive = drive, _square = square;
        readonly ReadOnlySpan<int> _pivots = pivots;

        /// <summary>to = (I − DΦ)ᵀx = x − y²⊙v + half⊙E⁻ᵀ(2a⊙y⊙v), v = Wᵀx.</summary>
        public void Apply(ReadOnlySpan<T> x, Span<T> to, Span<T> v)
        {
            Gemv.MultiplyTransposed(_w, x, v);
            TensorPrimitives.Multiply(_drive, v, to);
            Lu.SolveTransposed(_e, x.Length, _pivots, to, ld);
            TensorPrimitives.MultiplyAdd(to, _half, x, to);
            TensorPrimitives.Multiply(v, _square, v);
            TensorPrimitives.Subtract(to, v, to);
        }
    }

    static SteadyStateAdjointResult Gmres(System system, ReadOnlySpan<T> rhs, Span<T> q, Span<T> basis, Span<T> v)
    {
        var n = q.Length;
        q.Clear();
        var norm = TensorPrimitives.Norm(rhs);
        if (norm == T.Zero) return new(true, 0, 0, false);
        if (!T.IsFinite(norm)) return new(false, 0, double.NaN, false);
        Span<T> R = stackalloc T[Krylov * (Krylov + 1)];
        Span<T> residuals = stackalloc T[Krylov + 1];
        Span<T> cosines = stackalloc T[Krylov];
        Span<T> sines = stackalloc T[Krylov];
        residuals.Clear();
        residuals[0] = norm;
        TensorPrimitives.Multiply(rhs, T.One / norm, basis[..n]);
        var goal = norm * T.CreateTruncating(typeof(T) == typeof(float) ? 1e-6 : 2e-15);
        var k = 0;
        while (k < Math.Min(Krylov, n + 1))
        {
            var next = basis.Slice((k + 1) * n, n);
            system.Apply(basis.Slice(k * n, n), next, v);
            var column = R.Slice(k * (Krylov + 1), Krylov + 1);
            for (var i = 0; i <= k; i++)
            {
                var along = basis.Slice(i * n, n);
                column[i] = TensorPrimitives.Dot<T>(next, along);
                TensorPrimitives.MultiplyAdd<T>(along, -column[i], next, next);
            }
            var length = TensorPrimitives.Norm<T>(next);
            for (var i = 0; i < k; i++)
                (column[i], column[i + 1]) = (cosines[i] * column[i] + sines[i] * column[i + 1], cosines[i] * column[i + 1] - sines[i] * column[i]);
            var diagonal = T.Hypot(column[k], length);
            if (!(diagonal > T.Zero) || !T.IsFinite(diagonal)) return new(false, k, double.NaN, false);
            (cosines[k], sines[k]) = (column[k] / diagonal, length / diagonal);
            column[k] = diagonal;
            residuals[k + 1] = -sines[k] * residuals[k];
            residuals[k] *= cosines[k];
            k++;
            if (T.Abs(residuals[k]) <= goal) break;
            TensorPrimitives.Multiply(next, T.One / length, next);
        }
        var reached = T.Abs(residuals[k]);
        for (var i = k - 1; i >= 0; i--)
        {
            for (var j = i + 1; j < k; j++) residuals[i] -= R[j * (Krylov + 1) + i] * residuals[j];
            residuals[i] /= R[i * (Krylov + 1) + i];
            TensorPrimitives.MultiplyAdd<T>(basis.Slice(i * n, n), residuals[i], q, q);
        }
        // A residual within an order of the goal is working precision; more means that the Krylov space was too small.
        return new(reached <= goal * T.CreateTruncating(10), k, double.CreateTruncating(reached / norm), false);
    }

    /// <summary>Forms (I − DΦ)ᵀ column by column, factors it and solves; E is factored again because its pivots were overwritten.</summary>
    static SteadyStateAdjointResult Direct(
        System system, ReadOnlySpan<T> rhs, Span<T> q, Span<T> matrix, Span<T> v, Span<int> pivots, Span<T> E, ReadOnlySpan<T> Wr, ReadOnlySpan<T> gain)
    {
        var n = q.Length;
        var ld = Lu.PaddedLength<T>(n);
        // Row j of the matrix is (I − DΦ)ᵀe_j, that is column j of the wanted matrix: solve with its transpose.
        for (var j = 0; j < n; j++)
        {
            q.Clear();
            q[j] = T.One;
            system.Apply(q, matrix.Slice(j * ld, n), v);
            matrix.Slice(j * ld + n, ld - n).Clear();
        }
        var status = Lu.Factor(matrix, n, pivots, ld);
        rhs.CopyTo(q);
        if (!status.IsSingular) Lu.SolveTransposed<T>(matrix, n, pivots, q, ld);
        SteadyStateSolver<T>.WriteE(gain, Wr, E, ld);
        Lu.Factor(E, n, pivots, ld);
        return new(!status.IsSingular, Krylov, 0, true);
    }
}
