using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Organics;

/// <summary>
/// The condition numbers 1/|uᴴv| of eigenvalues of one matrix, as many at once as a vector has lanes: v and u are the singular vectors of B = H − λI whose
/// singular value is a rounding error, by inverse iteration on BᴴB with the LU factors of B, every lane with a λ and pivots of its own, so that none depends
/// on the others. O(n²) for each. Inverse iteration on B itself tells nothing where λ is defective to rounding errors: from one step to the next u and v are
/// orthogonal or nearly parallel (Ipsen, SIAM Review 39, 1997, §6).
/// </summary>
static class EigenvalueConditions
{
    const int Steps = 2;
    const double Greatest = 1e100;

    /// <summary>1/|uᴴv| of each eigenvalue of the form's matrix; not a number where no vectors were found.</summary>
    /// <param name="form">The matrix.</param>
    /// <param name="lambdas">Eigenvalues of the matrix itself, as <see cref="Eigenvalues"/> gives them.</param>
    public static double[] Of(HessenbergForm form, ReadOnlySpan<Complex> lambdas)
    {
        var conditions = new double[lambdas.Length];
        if (Vector512.IsHardwareAccelerated) Of<Simd512<double>>(form, lambdas, conditions);
        else Of<Simd256<double>>(form, lambdas, conditions);
        return conditions;
    }

    internal static void Of<P>(HessenbergForm form, ReadOnlySpan<Complex> lambdas, Span<double> conditions) where P : unmanaged, ISimdReal<P, double>
    {
        var lanes = new Lanes<P>(form);
        Span<double> re = stackalloc double[P.Count], im = stackalloc double[P.Count], found = stackalloc double[P.Count];
        for (var first = 0; first < lambdas.Length; first += P.Count)
        {
            var count = Math.Min(P.Count, lambdas.Length - first);
            for (var lane = 0; lane < P.Count; lane++)
            {
                var lambda = form.Scaled(lambdas[first + Math.Min(lane, count - 1)]);
                (re[lane], im[lane]) = (lambda.Real, lambda.Imaginary);
            }
            P.Store(lanes.Conditions(P.Load(in re[0], 0), P.Load(in im[0], 0)), ref found[0], 0);
            found[..count].CopyTo(conditions[first..]);
        }
    }

    /// <summary>P·(H − λI) = L·U of every lane: rows k and k + 1 have changed places where <c>Swaps</c> is 1, and L has <c>L</c> below its diagonal.</summary>
    sealed class Lanes<P>(HessenbergForm form) where P : unmanaged, ISimdReal<P, double>
    {
        readonly int _n = form.Order;
        readonly P _floor = P.Of(form.Floor);
        readonly P[] _uRe = new P[form.Order * form.Order], _uIm = new P[form.Order * form.Order];
        readonly P[] _lRe = new P[form.Order], _lIm = new P[form.Order], _swaps = new P[form.Order];
        readonly P[] _rightRe = new P[form.Order], _rightIm = new P[form.Order], _leftRe = new P[form.Order], _leftIm = new P[form.Order];

        public P Conditions(P lambdaRe, P lambdaIm)
        {
            Factor(lambdaRe, lambdaIm);
            // Without symmetry, so that no singular vector is orthogonal to it but by accident.
            for (var i = 0; i < _n; i++)
            {
                (_rightRe[i], _rightIm[i]) = (P.Of(1 + 0.37 * Math.Cos(1.7 * i)), P.Of(0.23 * Math.Sin(2.3 * i + 0.4)));
            }
            for (var step = 0; step < Steps; step++)
            {
                _rightRe.CopyTo(_leftRe, 0);
                _rightIm.CopyTo(_leftIm, 0);
                SolveAdjoint(_leftRe, _leftIm);
                Normalize(_leftRe, _leftIm);
                _leftRe.CopyTo(_rightRe, 0);
                _leftIm.CopyTo(_rightIm, 0);
                Solve(_rightRe, _rightIm);
                Normalize(_rightRe, _rightIm);
            }
            P re = P.Zero, im = P.Zero;
            for (var i = 0; i < _n; i++)
            {
                re = P.Fma(_leftRe[i], _rightRe[i], P.Fma(_leftIm[i], _rightIm[i], re));
                im = P.Fma(_leftRe[i], _rightIm[i], P.Fma(-_leftIm[i], _rightRe[i], im));
            }
            return P.One / P.Sqrt(P.Fma(re, re, im * im));
        }

        /// <summary>Gaussian elimination with partial pivoting, of two rows at a time.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        void Factor(P lambdaRe, P lambdaIm)
        {
            var n = _n;
            ref var h = ref MemoryMarshal.GetReference(form.Elements);
            ref var re = ref MemoryMarshal.GetArrayDataReference(_uRe);
            ref var im = ref MemoryMarshal.GetArrayDataReference(_uIm);
            for (var j = 0; j < n; j++) (Unsafe.Add(ref re, j), Unsafe.Add(ref im, j)) = (P.Of(Unsafe.Add(ref h, j)), P.Zero);
            (re, im) = (re - lambdaRe, -lambdaIm);
            for (var k = 0; k < n; k++)
            {
                // What is left of row k is row k of U, or trades places with row k + 1 of H − λI.
                var (pivotRe, pivotIm) = (Unsafe.Add(ref re, k), Unsafe.Add(ref im, k));
                ref var row = ref Unsafe.Add(ref h, (k + 1) * n);
                var below = k + 1 < n ? P.Of(Unsafe.Add(ref row, k)) : P.Zero;
                var (size, other) = (P.Abs(pivotRe) + P.Abs(pivotIm), P.Abs(below));
                var isTiny = P.IfLess(P.Max(size, other), _floor, P.One, P.Zero);
                var (topRe, topIm) = (P.IfLess(size, other, below, pivotRe), P.IfLess(size, other, P.Zero, pivotIm));
                (topRe, topIm) = (P.IfLess(P.Half, isTiny, _floor, topRe), P.IfLess(P.Half, isTiny, P.Zero, topIm));
                (Unsafe.Add(ref re, k), Unsafe.Add(ref im, k)) = (topRe, topIm);
                if (k + 1 == n) return;
                var (lRe, lIm) = Quotient(P.IfLess(size, other, pivotRe, below), P.IfLess(size, other, pivotIm, P.Zero), topRe, topIm);
                (_lRe[k], _lIm[k], _swaps[k]) = (lRe, lIm, P.IfLess(size, other, P.One, P.Zero));
                ref var nextRe = ref Unsafe.Add(ref re, n);
                ref var nextIm = ref Unsafe.Add(ref im, n);
                for (var j = k + 1; j < n; j++)
                {
                    var (xRe, xIm, yRe, yIm) = (Unsafe.Add(ref re, j), Unsafe.Add(ref im, j), P.Of(Unsafe.Add(ref row, j)), P.Zero);
                    if (j == k + 1) (yRe, yIm) = (yRe - lambdaRe, -lambdaIm);
                    (topRe, topIm) = (P.IfLess(size, other, yRe, xRe), P.IfLess(size, other, yIm, xIm));
                    (Unsafe.Add(ref re, j), Unsafe.Add(ref im, j)) = (topRe, topIm);
                    Unsafe.Add(ref nextRe, j) = P.Fma(-lRe, topRe, P.Fma(lIm, topIm, P.IfLess(size, other, xRe, yRe)));
                    Unsafe.Add(ref nextIm, j) = P.Fma(-lRe, topIm, P.Fma(-lIm, topRe, P.IfLess(size, other, xIm, yIm)));
                }
                re = ref nextRe;
                im = ref nextIm;
            }
        }

        /// <summary>x ← (H − λI)⁻¹x, up to a factor.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        void Solve(P[] re, P[] im)
        {
            var n = _n;
            for (var k = 0; k + 1 < n; k++)
            {
                Trade(k, re, im);
                re[k + 1] = P.Fma(-_lRe[k], re[k], P.Fma(_lIm[k], im[k], re[k + 1]));
                im[k + 1] = P.Fma(-_lRe[k], im[k], P.Fma(-_lIm[k], re[k], im[k + 1]));
            }
            ref var x = ref MemoryMarshal.GetArrayDataReference(re);
            ref var y = ref MemoryMarshal.GetArrayDataReference(im);
            for (var i = n - 1; i >= 0; i--)
            {
                ref var uRe = ref _uRe[i * n];
                ref var uIm = ref _uIm[i * n];
                P sum = P.Zero, ofImaginary = P.Zero, cross = P.Zero, other = P.Zero;
                for (var j = i + 1; j < n; j++)
                {
                    var (a, b, c, d) = (Unsafe.Add(ref uRe, j), Unsafe.Add(ref uIm, j), Unsafe.Add(ref x, j), Unsafe.Add(ref y, j));
                    (sum, ofImaginary) = (P.Fma(a, c, sum), P.Fma(b, d, ofImaginary));
                    (cross, other) = (P.Fma(a, d, cross), P.Fma(b, c, other));
                }
                (re[i], im[i]) = Quotient(re[i] - (sum - ofImaginary), im[i] - (cross + other), Unsafe.Add(ref uRe, i), Unsafe.Add(ref uIm, i));
                Bound(re, im, i);
            }
        }

        /// <summary>x ← (H − λI)⁻ᴴx, up to a factor.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        void SolveAdjoint(P[] re, P[] im)
        {
            var n = _n;
            ref var x = ref MemoryMarshal.GetArrayDataReference(re);
            ref var y = ref MemoryMarshal.GetArrayDataReference(im);
            for (var i = 0; i < n; i++)
            {
                ref var uRe = ref _uRe[i * n];
                ref var uIm = ref _uIm[i * n];
                (re[i], im[i]) = Quotient(re[i], im[i], Unsafe.Add(ref uRe, i), -Unsafe.Add(ref uIm, i));
                Bound(re, im, i);
                var (c, d) = (-re[i], -im[i]);
                for (var j = i + 1; j < n; j++)
                {
                    var (a, b) = (Unsafe.Add(ref uRe, j), Unsafe.Add(ref uIm, j));
                    Unsafe.Add(ref x, j) = P.Fma(a, c, P.Fma(b, d, Unsafe.Add(ref x, j)));
                    Unsafe.Add(ref y, j) = P.Fma(a, d, P.Fma(-b, c, Unsafe.Add(ref y, j)));
                }
            }
            for (var k = n - 2; k >= 0; k--)
            {
                re[k] = P.Fma(-_lRe[k], re[k + 1], P.Fma(-_lIm[k], im[k + 1], re[k]));
                im[k] = P.Fma(-_lRe[k], im[k + 1], P.Fma(_lIm[k], re[k + 1], im[k]));
                Trade(k, re, im);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        void Trade(int k, P[] re, P[] im)
        {
            var swaps = _swaps[k];
            (re[k], re[k + 1]) = (P.IfLess(P.Half, swaps, re[k + 1], re[k]), P.IfLess(P.Half, swaps, re[k], re[k + 1]));
            (im[k], im[k + 1]) = (P.IfLess(P.Half, swaps, im[k + 1], im[k]), P.IfLess(P.Half, swaps, im[k], im[k + 1]));
        }

        /// <summary>Many small pivots one after the other would overflow.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Bound(P[] re, P[] im, int newest)
        {
            var size = P.Max(P.Abs(re[newest]), P.Abs(im[newest]));
            if (P.Sum(P.IfLess(P.Of(Greatest), size, P.One, P.Zero)) > 0) Scale(re, im, P.IfLess(P.Of(Greatest), size, P.One / size, P.One));
        }

        static void Normalize(P[] re, P[] im)
        {
            // Of numbers between 1/‖B‖ and the greatest over a pivot: no square of them overflows.
            var squares = P.Zero;
            for (var i = 0; i < re.Length; i++) squares = P.Fma(re[i], re[i], P.Fma(im[i], im[i], squares));
            Scale(re, im, P.One / P.Sqrt(squares));
        }

        static void Scale(P[] re, P[] im, P factor)
        {
            for (var i = 0; i < re.Length; i++) (re[i], im[i]) = (re[i] * factor, im[i] * factor);
        }

        // Pivots are not below ε‖H‖, so that their squares do not underflow.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static (P Re, P Im) Quotient(P re, P im, P overRe, P overIm)
        {
            var inverse = P.One / P.Fma(overRe, overRe, overIm * overIm);
            return (P.Fma(re, overRe, im * overIm) * inverse, P.Fma(im, overRe, -(re * overIm)) * inverse);
        }
    }
}
