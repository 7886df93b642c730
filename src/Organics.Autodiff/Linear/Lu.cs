using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Organics;

/// <summary>Outcome of <see cref="Lu.Factor{T}"/>.</summary>
/// <param name="SingularColumn">The first column without a usable pivot (all candidates zero or not a number), or −1.</param>
public readonly record struct LuStatus(int SingularColumn)
{
    /// <summary>True when the factors cannot be used to solve.</summary>
    public bool IsSingular => SingularColumn >= 0;

    /// <summary>Throws when the matrix was singular.</summary>
    /// <exception cref="ArithmeticException">The matrix was singular.</exception>
    public void OrThrow()
    {
        if (IsSingular)
            throw new ArithmeticException($"The matrix has no usable pivot in column {SingularColumn}; check it for zero, repeated or non-finite rows.");
    }
}

/// <summary>
/// Dense LU factorisation with partial pivoting, P·A = L·U, for small row-major matrices, in place and without allocation.
/// <para>Rows are <c>ld</c> elements apart (ld ≥ n). With <see cref="PaddedLength{T}"/> as ld there are no vector tails, which is fastest;
/// padding columns may hold any finite value and keep no meaning.</para>
/// <para>The result has the same bits on every processor: elements are eliminated with one fused multiply-add a step, in vectors of any width and beyond their
/// end, and the sums of a solution are cut by the order and the row stride alone.</para>
/// <para>Right-looking elimination of four columns at a time (Golub &amp; Van Loan, Matrix Computations, 4th ed., §3.2.11 and §3.4).</para>
/// </summary>
public static class Lu
{
    const int PanelWidth = 4;
    const int LongestOnStack = 1024;

    /// <summary>The row stride that lets an n-column matrix be processed in whole vectors: n rounded up to 64 bytes of T.</summary>
    public static int PaddedLength<T>(int n) where T : unmanaged
    {
        var lanes = 64 / Unsafe.SizeOf<T>();
        return (n + lanes - 1) / lanes * lanes;
    }

    /// <summary>Replaces A by its factors: U on and above the diagonal, the multipliers of the unit lower triangular L below it.</summary>
    /// <param name="a">A, row-major, at least (n−1)·ld + n elements; overwritten.</param>
    /// <param name="n">Order of A.</param>
    /// <param name="pivots">Out, n elements: at step k, row k was exchanged with row pivots[k] ≥ k.</param>
    /// <param name="ld">Row stride; 0 means n.</param>
    /// <returns>Whether A is singular to working precision, and in which column. A singular result leaves A partly factored.</returns>
    /// <exception cref="ArgumentException">A span is too short or ld &lt; n.</exception>
    public static LuStatus Factor<T>(Span<T> a, int n, Span<int> pivots, int ld = 0) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ld = Check(a.Length, n, pivots.Length, ld);
        if (n == 0) return new(-1);
        ref var origin = ref MemoryMarshal.GetReference(a);
        // The last row may be stored without its padding; only then must its vectors stop short of ld.
        var columns = a.Length >= n * ld ? ld : n;
        return new(Vector512.IsHardwareAccelerated
            ? Factor<T, Simd512<T>>(ref origin, n, ld, columns, pivots)
            : Factor<T, Simd256<T>>(ref origin, n, ld, columns, pivots));
    }

    /// <summary>Solves A·x = b with the factors of A; b is overwritten by x.</summary>
    /// <inheritdoc cref="Factor{T}"/>
    public static void Solve<T>(ReadOnlySpan<T> factors, int n, ReadOnlySpan<int> pivots, Span<T> rhs, int ld = 0)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ld = Check(factors.Length, n, pivots.Length, ld);
        CheckRhs(rhs.Length, n);
        if (n == 0) return;
        for (var k = 0; k < n; k++)
            if (pivots[k] != k)
                (rhs[k], rhs[pivots[k]]) = (rhs[pivots[k]], rhs[k]);
        ref var lu = ref MemoryMarshal.GetReference(factors);
        ref var x = ref MemoryMarshal.GetReference(rhs);
        var padded = factors.Length >= n * ld;
        if (padded && n <= LongestOnStack && ld % Simd256<T>.Count == 0)
        {
            if (ld % Simd512<T>.Count == 0) SolvePadded<T, Simd512<T>>(ref lu, n, ld, ref x);
            else SolvePadded<T, Simd256<T>>(ref lu, n, ld, ref x);
            return;
        }
        for (var i = 1; i < n; i++)
            Unsafe.Add(ref x, i) -= Dot(ref Unsafe.Add(ref lu, i * ld), ref x, 0, i);
        for (var i = n - 1; i >= 0; i--)
        {
            ref var row = ref Unsafe.Add(ref lu, i * ld);
            Unsafe.Add(ref x, i) = (Unsafe.Add(ref x, i) - Dot(ref row, ref x, i + 1, n)) / Unsafe.Add(ref row, i);
        }
    }

    /// <summary>A⁻¹ with the factors of A, column by column.</summary>
    /// <param name="factors">What <see cref="Factor{T}"/> left of A, n × n.</param>
    /// <param name="n">Order of A.</param>
    /// <param name="pivots">As <see cref="Factor{T}"/> gave them.</param>
    /// <param name="inverse">Out: A⁻¹, n × n, row-major.</param>
    /// <exception cref="ArgumentException">A span is too short, or the inverse's not of n × n elements.</exception>
    public static void Invert<T>(ReadOnlySpan<T> factors, int n, ReadOnlySpan<int> pivots, Span<T> inverse) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (inverse.Length != n * n) throw new ArgumentException($"The inverse holds {inverse.Length} elements; order {n} needs {n * n}.", nameof(inverse));
        var column = new T[n];
        for (var j = 0; j < n; j++)
        {
            Array.Clear(column);
            column[j] = T.One;
            Solve(factors, n, pivots, column.AsSpan());
            for (var i = 0; i < n; i++) inverse[i * n + j] = column[i];
        }
    }

    /// <summary>Solves Aᵀ·x = b with the factors of A; b is overwritten by x.</summary>
    /// <inheritdoc cref="Factor{T}"/>
    public static void SolveTransposed<T>(ReadOnlySpan<T> factors, int n, ReadOnlySpan<int> pivots, Span<T> rhs, int ld = 0)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ld = Check(factors.Length, n, pivots.Length, ld);
        CheckRhs(rhs.Length, n);
        if (n == 0) return;
        ref var lu = ref MemoryMarshal.GetReference(factors);
        ref var x = ref MemoryMarshal.GetReference(rhs);
        SolveTransposed(ref lu, n, ld, ref x);
        for (var k = n - 1; k >= 0; k--)
            if (pivots[k] != k)
                (rhs[k], rhs[pivots[k]]) = (rhs[pivots[k]], rhs[k]);
    }

    static int Check(int length, int n, int pivots, int ld)
    {
        if (ld == 0) ld = n;
        if (n < 0 || ld < n) throw new ArgumentException($"A row stride of {ld} is too short for a matrix of order {n}; give ld ≥ n ≥ 0.");
        if (n > 0 && length < (n - 1) * ld + n)
            throw new ArgumentException($"The matrix span holds {length} elements; order {n} with row stride {ld} needs {(n - 1) * ld + n}.");
        if (pivots < n) throw new ArgumentException($"The pivot span holds {pivots} elements; give {n}.");
        return ld;
    }

    static void CheckRhs(int length, int n)
    {
        if (length < n) throw new ArgumentException($"The right-hand side holds {length} elements; give {n}.");
    }

    internal static int Factor<T, P>(ref T a, int n, int ld, int columns, Span<int> pivots)
        where T : unmanaged, IFloatingPointIeee754<T>
        where P : unmanaged, ISimdReal<P, T>
    {
        var vectorEnd = columns / P.Count * P.Count;
        for (var k = 0; k < n; k += PanelWidth)
        {
            var end = Math.Min(k + PanelWidth, n);
            var singular = FactorPanel<T, P>(ref a, n, ld, k, end, vectorEnd, pivots);
            if (singular >= 0) return singular;
            if (end == n) break;
            UpdateTrailing<T, P>(ref a, n, ld, k, vectorEnd);
        }
        return -1;
    }

    /// <summary>Eliminates columns [k, end), exchanging whole rows; returns the column without a pivot, or −1.</summary>
    static int FactorPanel<T, P>(ref T a, int n, int ld, int k, int end, int vectorEnd, Span<int> pivots)
        where T : unmanaged, IFloatingPointIeee754<T>
        where P : unmanaged, ISimdReal<P, T>
    {
        var best = k;
        var largest = T.Abs(Unsafe.Add(ref a, k * ld + k));
        for (var i = k + 1; i < n; i++)
        {
            var v = T.Abs(Unsafe.Add(ref a, i * ld + k));
            if (v > largest) (largest, best) = (v, i);
        }
        for (var j = k; j < end; j++)
        {
            if (!(largest > T.Zero) || !T.IsFinite(largest)) return j;
            pivots[j] = best;
            ref var top = ref Unsafe.Add(ref a, j * ld);
            if (best != j) Swap<T, P>(ref top, ref Unsafe.Add(ref a, best * ld), n, vectorEnd);
            top = ref Unsafe.Add(ref top, j);
            var pivot = top;
            var reciprocal = T.One / pivot;
            if (!T.IsFinite(reciprocal))
            {
                // A subnormal pivot: exact quotients first, then multipliers of one.
                for (var i = j + 1; i < n; i++) Unsafe.Add(ref a, i * ld + j) /= pivot;
                reciprocal = T.One;
            }
            best = j + 1;
            largest = T.Zero;
            ref var row = ref Unsafe.Add(ref top, ld);
            switch (end - j)
            {
                case 4:
                    var (u1, u2, u3) = (Unsafe.Add(ref top, 1), Unsafe.Add(ref top, 2), Unsafe.Add(ref top, 3));
                    for (var i = j + 1; i < n; i++, row = ref Unsafe.Add(ref row, ld))
                    {
                        var l = row * reciprocal;
                        row = l;
                        var next = T.FusedMultiplyAdd(-l, u1, Unsafe.Add(ref row, 1));
                        Unsafe.Add(ref row, 1) = next;
                        Unsafe.Add(ref row, 2) = T.FusedMultiplyAdd(-l, u2, Unsafe.Add(ref row, 2));
                        Unsafe.Add(ref row, 3) = T.FusedMultiplyAdd(-l, u3, Unsafe.Add(ref row, 3));
                        if (T.Abs(next) > largest) (largest, best) = (T.Abs(next), i);
                    }
                    break;
                case 3:
                    (u1, u2) = (Unsafe.Add(ref top, 1), Unsafe.Add(ref top, 2));
                    for (var i = j + 1; i < n; i++, row = ref Unsafe.Add(ref row, ld))
                    {
                        var l = row * reciprocal;
                        row = l;
                        var next = T.FusedMultiplyAdd(-l, u1, Unsafe.Add(ref row, 1));
                        Unsafe.Add(ref row, 1) = next;
                        Unsafe.Add(ref row, 2) = T.FusedMultiplyAdd(-l, u2, Unsafe.Add(ref row, 2));
                        if (T.Abs(next) > largest) (largest, best) = (T.Abs(next), i);
                    }
                    break;
                case 2:
                    u1 = Unsafe.Add(ref top, 1);
                    for (var i = j + 1; i < n; i++, row = ref Unsafe.Add(ref row, ld))
                    {
                        var l = row * reciprocal;
                        row = l;
                        var next = T.FusedMultiplyAdd(-l, u1, Unsafe.Add(ref row, 1));
                        Unsafe.Add(ref row, 1) = next;
                        if (T.Abs(next) > largest) (largest, best) = (T.Abs(next), i);
                    }
                    break;
                default:
                    for (var i = j + 1; i < n; i++, row = ref Unsafe.Add(ref row, ld)) row *= reciprocal;
                    break;
            }
        }
        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Swap<T, P>(ref T x, ref T y, int n, int vectorEnd)
        where T : unmanaged, IFloatingPointIeee754<T>
        where P : unmanaged, ISimdReal<P, T>
    {
        var c = 0;
        for (; c < vectorEnd; c += P.Count)
        {
            var held = P.Load(in x, c);
            P.Store(P.Load(in y, c), ref x, c);
            P.Store(held, ref y, c);
        }
        for (; c < n; c++) (Unsafe.Add(ref x, c), Unsafe.Add(ref y, c)) = (Unsafe.Add(ref y, c), Unsafe.Add(ref x, c));
    }

    /// <summary>U₁₂ ← L₁₁⁻¹·A₁₂, then A₂₂ ← A₂₂ − L₂₁·U₁₂, for the four columns from k.</summary>
    static void UpdateTrailing<T, P>(ref T a, int n, int ld, int k, int vectorEnd)
        where T : unmanaged, IFloatingPointIeee754<T>
        where P : unmanaged, ISimdReal<P, T>
    {
        var first = k + PanelWidth;
        ref var r0 = ref Unsafe.Add(ref a, k * ld);
        ref var r1 = ref Unsafe.Add(ref r0, ld);
        ref var r2 = ref Unsafe.Add(ref r1, ld);
        ref var r3 = ref Unsafe.Add(ref r2, ld);
        var (l10, l20, l21) = (Unsafe.Add(ref r1, k), Unsafe.Add(ref r2, k), Unsafe.Add(ref r2, k + 1));
        var (l30, l31, l32) = (Unsafe.Add(ref r3, k), Unsafe.Add(ref r3, k + 1), Unsafe.Add(ref r3, k + 2));

        var c = Math.Min(first / P.Count * P.Count, vectorEnd);
        for (; c + 2 * P.Count <= vectorEnd; c += 2 * P.Count)
        {
            Triangle(ref r0, ref r1, ref r2, ref r3, c, out var p0, out var p1, out var p2, out var p3);
            Triangle(ref r0, ref r1, ref r2, ref r3, c + P.Count, out var q0, out var q1, out var q2, out var q3);
            ref var row = ref Unsafe.Add(ref r3, ld);
            for (var i = first; i < n; i++, row = ref Unsafe.Add(ref row, ld))
            {
                var l = P.Of(Unsafe.Add(ref row, k));
                var x = P.Fma(l, p0, P.Load(in row, c));
                var y = P.Fma(l, q0, P.Load(in row, c + P.Count));
                l = P.Of(Unsafe.Add(ref row, k + 1));
                x = P.Fma(l, p1, x);
                y = P.Fma(l, q1, y);
                l = P.Of(Unsafe.Add(ref row, k + 2));
                x = P.Fma(l, p2, x);
                y = P.Fma(l, q2, y);
                l = P.Of(Unsafe.Add(ref row, k + 3));
                P.Store(P.Fma(l, p3, x), ref row, c);
                P.Store(P.Fma(l, q3, y), ref row, c + P.Count);
            }
        }
        for (; c < vectorEnd; c += P.Count)
        {
            Triangle(ref r0, ref r1, ref r2, ref r3, c, out var p0, out var p1, out var p2, out var p3);
            ref var row = ref Unsafe.Add(ref r3, ld);
            for (var i = first; i < n; i++, row = ref Unsafe.Add(ref row, ld))
            {
                var x = P.Fma(P.Of(Unsafe.Add(ref row, k)), p0, P.Load(in row, c));
                x = P.Fma(P.Of(Unsafe.Add(ref row, k + 1)), p1, x);
                x = P.Fma(P.Of(Unsafe.Add(ref row, k + 2)), p2, x);
                P.Store(P.Fma(P.Of(Unsafe.Add(ref row, k + 3)), p3, x), ref row, c);
            }
        }
        for (c = Math.Max(first, vectorEnd); c < n; c++)
        {
            var p0 = -Unsafe.Add(ref r0, c);
            var p1 = -(Unsafe.Add(ref r1, c) = T.FusedMultiplyAdd(l10, p0, Unsafe.Add(ref r1, c)));
            var p2 = -(Unsafe.Add(ref r2, c) = T.FusedMultiplyAdd(l21, p1, T.FusedMultiplyAdd(l20, p0, Unsafe.Add(ref r2, c))));
            var p3 = -(Unsafe.Add(ref r3, c) = T.FusedMultiplyAdd(l32, p2, T.FusedMultiplyAdd(l31, p1, T.FusedMultiplyAdd(l30, p0, Unsafe.Add(ref r3, c)))));
            ref var row = ref Unsafe.Add(ref r3, ld);
            for (var i = first; i < n; i++, row = ref Unsafe.Add(ref row, ld))
            {
                var x = T.FusedMultiplyAdd(Unsafe.Add(ref row, k), p0, Unsafe.Add(ref row, c));
                x = T.FusedMultiplyAdd(Unsafe.Add(ref row, k + 1), p1, x);
                x = T.FusedMultiplyAdd(Unsafe.Add(ref row, k + 2), p2, x);
                Unsafe.Add(ref row, c) = T.FusedMultiplyAdd(Unsafe.Add(ref row, k + 3), p3, x);
            }
        }

        // Finishes four rows of U in one vector of columns and returns them negated; columns before the trailing block come back as zero.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        void Triangle(ref T r0, ref T r1, ref T r2, ref T r3, int c, out P p0, out P p1, out P p2, out P p3)
        {
            p0 = P.Load(in r0, c);
            if (c < first) p0 = P.From(p0, first - c);
            p0 = -p0;
            var u = P.Fma(P.Of(l10), p0, P.Load(in r1, c));
            P.Store(u, ref r1, c);
            if (c < first) u = P.From(u, first - c);
            p1 = -u;
            u = P.Fma(P.Of(l21), p1, P.Fma(P.Of(l20), p0, P.Load(in r2, c)));
            P.Store(u, ref r2, c);
            if (c < first) u = P.From(u, first - c);
            p2 = -u;
            u = P.Fma(P.Of(l32), p2, P.Fma(P.Of(l31), p1, P.Fma(P.Of(l30), p0, P.Load(in r3, c))));
            P.Store(u, ref r3, c);
            if (c < first) u = P.From(u, first - c);
            p3 = -u;
        }
    }

    /// <summary>
    /// Four unknowns at a time. The solution so far stands in a padded copy whose unknown entries are zero, so that whole
    /// vectors can be multiplied: what does not belong to the sum meets a zero.
    /// </summary>
    static void SolvePadded<T, P>(ref T lu, int n, int ld, ref T x)
        where T : unmanaged, IFloatingPointIeee754<T>
        where P : unmanaged, ISimdReal<P, T>
    {
        Span<T> known = stackalloc T[(n + P.Count - 1) / P.Count * P.Count];
        known.Clear();
        ref var z = ref MemoryMarshal.GetReference(known);
        var whole = n / 4 * 4;
        int i;
        for (i = 0; i < whole; i += 4)
        {
            ref var r0 = ref Unsafe.Add(ref lu, i * ld);
            ref var r1 = ref Unsafe.Add(ref r0, ld);
            ref var r2 = ref Unsafe.Add(ref r1, ld);
            ref var r3 = ref Unsafe.Add(ref r2, ld);
            FourDots<T, P>(ref r0, ref r1, ref r2, ref r3, ref z, 0, i, out var d0, out var d1, out var d2, out var d3);
            var z0 = Unsafe.Add(ref x, i) - d0;
            var z1 = Unsafe.Add(ref x, i + 1) - d1 - Unsafe.Add(ref r1, i) * z0;
            var z2 = Unsafe.Add(ref x, i + 2) - d2 - Unsafe.Add(ref r2, i) * z0 - Unsafe.Add(ref r2, i + 1) * z1;
            var z3 = Unsafe.Add(ref x, i + 3) - d3 - Unsafe.Add(ref r3, i) * z0 - Unsafe.Add(ref r3, i + 1) * z1 - Unsafe.Add(ref r3, i + 2) * z2;
            (Unsafe.Add(ref z, i), Unsafe.Add(ref z, i + 1), Unsafe.Add(ref z, i + 2), Unsafe.Add(ref z, i + 3)) = (z0, z1, z2, z3);
        }
        for (; i < n; i++) Unsafe.Add(ref z, i) = Unsafe.Add(ref x, i) - Dot(ref Unsafe.Add(ref lu, i * ld), ref z, 0, i);

        known[..n].CopyTo(MemoryMarshal.CreateSpan(ref x, n));
        known.Clear();
        for (i = n - 1; i >= whole; i--)
        {
            ref var row = ref Unsafe.Add(ref lu, i * ld);
            Unsafe.Add(ref z, i) = (Unsafe.Add(ref x, i) - Dot(ref row, ref z, i + 1, n)) / Unsafe.Add(ref row, i);
        }
        for (i = whole - 4; i >= 0; i -= 4)
        {
            ref var r0 = ref Unsafe.Add(ref lu, i * ld);
            ref var r1 = ref Unsafe.Add(ref r0, ld);
            ref var r2 = ref Unsafe.Add(ref r1, ld);
            ref var r3 = ref Unsafe.Add(ref r2, ld);
            FourDots<T, P>(ref r0, ref r1, ref r2, ref r3, ref z, (i + 4) / P.Count * P.Count, n, out var d0, out var d1, out var d2, out var d3);
            // Reciprocals do not wait for the chain of unknowns; a subnormal pivot needs the quotient.
            var z3 = Quotient(Unsafe.Add(ref x, i + 3) - d3, Unsafe.Add(ref r3, i + 3));
            var z2 = Quotient(Unsafe.Add(ref x, i + 2) - d2 - Unsafe.Add(ref r2, i + 3) * z3, Unsafe.Add(ref r2, i + 2));
            var z1 = Quotient(Unsafe.Add(ref x, i + 1) - d1 - Unsafe.Add(ref r1, i + 3) * z3 - Unsafe.Add(ref r1, i + 2) * z2, Unsafe.Add(ref r1, i + 1));
            var z0 = Quotient(Unsafe.Add(ref x, i) - d0 - Unsafe.Add(ref r0, i + 3) * z3 - Unsafe.Add(ref r0, i + 2) * z2 - Unsafe.Add(ref r0, i + 1) * z1,
                Unsafe.Add(ref r0, i));
            (Unsafe.Add(ref z, i), Unsafe.Add(ref z, i + 1), Unsafe.Add(ref z, i + 2), Unsafe.Add(ref z, i + 3)) = (z0, z1, z2, z3);
        }
        known[..n].CopyTo(MemoryMarshal.CreateSpan(ref x, n));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static T Quotient(T numerator, T pivot)
        {
            var reciprocal = T.One / pivot;
            return T.IsFinite(reciprocal) ? numerator * reciprocal : numerator / pivot;
        }
    }

    // By itself: within the loop over the rows the compiler's budget for inlining would run out.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void FourDots<T, P>(ref T r0, ref T r1, ref T r2, ref T r3, ref T z, int from, int to, out T d0, out T d1, out T d2, out T d3)
        where T : unmanaged, IFloatingPointIeee754<T>
        where P : unmanaged, ISimdReal<P, T>
    {
        var (s0, s1, s2, s3) = (P.Zero, P.Zero, P.Zero, P.Zero);
        for (var c = from; c < to; c += P.Count)
        {
            var v = P.Load(in z, c);
            s0 = P.Fma(v, P.Load(in r0, c), s0);
            s1 = P.Fma(v, P.Load(in r1, c), s1);
            s2 = P.Fma(v, P.Load(in r2, c), s2);
            s3 = P.Fma(v, P.Load(in r3, c), s3);
        }
        (d0, d1, d2, d3) = (P.Sum(s0), P.Sum(s1), P.Sum(s2), P.Sum(s3));
    }

    static void SolveTransposed<T>(ref T lu, int n, int ld, ref T x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var i = 0; i < n; i++)
        {
            ref var row = ref Unsafe.Add(ref lu, i * ld);
            var xi = Unsafe.Add(ref x, i) /= Unsafe.Add(ref row, i);
            Subtract(xi, ref row, ref x, i + 1, n);
        }
        for (var i = n - 1; i > 0; i--)
            Subtract(Unsafe.Add(ref x, i), ref Unsafe.Add(ref lu, i * ld), ref x, 0, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T Dot<T>(ref T u, ref T v, int from, int to) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sum = Simd512<T>.Zero;
        var c = from;
        for (; c + Simd512<T>.Count <= to; c += Simd512<T>.Count) sum = Simd512<T>.Fma(Simd512<T>.Load(in u, c), Simd512<T>.Load(in v, c), sum);
        var total = Simd512<T>.Sum(sum);
        for (; c < to; c++) total += Unsafe.Add(ref u, c) * Unsafe.Add(ref v, c);
        return total;
    }

    /// <summary>v ← v − factor·u on [from, to).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Subtract<T>(T factor, ref T u, ref T v, int from, int to) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var f = Simd512<T>.Of(-factor);
        var c = from;
        for (; c + Simd512<T>.Count <= to; c += Simd512<T>.Count) Simd512<T>.Store(Simd512<T>.Fma(f, Simd512<T>.Load(in u, c), Simd512<T>.Load(in v, c)), ref v, c);
        for (; c < to; c++) Unsafe.Add(ref v, c) -= factor * Unsafe.Add(ref u, c);
    }
}
