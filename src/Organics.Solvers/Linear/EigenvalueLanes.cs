using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>
/// The eigenvalues of as many small matrices at once as a vector has lanes: balancing, Householder reduction and double-shift QR as in <see cref="Eigenvalues"/>, every lane on its own matrix.
/// A lane that has nothing to do at a step reflects by the identity, so that no result depends on the other lanes. What loops is compiled for speed at once: compiled by the profile of
/// the first matrices, which may be of order 2, it would take several times as long for larger ones.
/// </summary>
/// <typeparam name="P">The vector.</typeparam>
static class EigenvalueLanes<P> where P : unmanaged, ISimdReal<P, double>
{
    const double Epsilon = 2.220446049250313e-16;
    const int MostBalancings = 12, SweepsPerEigenvalue = 60;

    // Squares of what lies outside must not under- or overflow; such matrices are left to the careful way.
    const double Least = 1e-30, Greatest = 1e250, Negligible = 1e-280;

    /// <summary>Elements that the scratch must hold for order n.</summary>
    public static int ScratchLength(int n) => (n * n + n) * P.Count;

    /// <summary>The eigenvalues of up to <c>P.Count</c> matrices; returns a bit for every matrix that was not done.</summary>
    public static int Of(ReadOnlySpan<double> matrices, int count, int n, Span<double> re, Span<double> im, Span<double> scratch)
    {
        var h = MemoryMarshal.Cast<double, P>(scratch[..(n * n * P.Count)]);
        var reflector = MemoryMarshal.Cast<double, P>(scratch.Slice(n * n * P.Count, n * P.Count));
        h.Clear();
        for (var lane = 0; lane < count; lane++)
            for (var e = 0; e < n * n; e++) scratch[e * P.Count + lane] = matrices[lane * n * n + e];
        Span<double> factor = stackalloc double[P.Count], balanced = stackalloc double[P.Count];
        Normalize(h, factor);
        Balance(h, n);
        P.Store(Largest(h), ref balanced[0], 0);
        Span<int> end = stackalloc int[P.Count];
        var failed = 0;
        for (var lane = 0; lane < P.Count; lane++)
        {
            var isFit = lane < count && factor[lane] > 0 && balanced[lane] >= Least;
            end[lane] = isFit ? n - 1 : -1;
            if (lane < count && !isFit) failed |= 1 << lane;
        }
        Hessenberg(h, n, reflector);
        failed |= Francis(h, n, end, re, im);
        for (var lane = 0; lane < count; lane++)
            for (var i = lane * n; i < (lane + 1) * n; i++) (re[i], im[i]) = (re[i] * factor[lane], im[i] * factor[lane]);
        return failed;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static P Largest(ReadOnlySpan<P> h)
    {
        var largest = P.Zero;
        foreach (var v in h) largest = P.Max(largest, P.Abs(v));
        return largest;
    }

    /// <summary>Divides every matrix by a power of two near its largest entry; what cannot be is set to 0, as is its factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Normalize(Span<P> h, Span<double> factor)
    {
        var largest = Largest(h);
        var isFit = P.IfLess(P.Of(Least), largest, P.IfLess(largest, P.Of(Greatest), P.One, P.Zero), P.Zero);
        var exponent = P.Exponent(P.IfLess(P.Half, isFit, largest, P.One));
        P.Store(isFit * P.Pow2(exponent), ref factor[0], 0);
        var scale = P.Pow2(-exponent);
        foreach (ref var v in h) v = P.IfLess(P.Half, isFit, v * scale, P.Zero);
    }

    /// <summary>Parlett and Reinsch's scaling: the power of two is taken from the exponents at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Balance(Span<P> h, int n)
    {
        var (tiny, most) = (P.Of(Negligible), P.Of(0.95));
        for (var (round, changed) = (0, true); changed && round < MostBalancings; round++)
        {
            changed = false;
            for (var i = 0; i < n; i++)
            {
                P row = P.Zero, column = P.Zero;
                for (var j = 0; j < n; j++)
                    if (j != i)
                    {
                        row += P.Abs(h[i * n + j]);
                        column += P.Abs(h[j * n + i]);
                    }
                var isBoth = P.IfLess(tiny, P.Min(row, column), P.One, P.Zero);
                var f = P.Pow2(P.Round((P.Exponent(P.Max(row, tiny)) - P.Exponent(P.Max(column, tiny))) * P.Half));
                f = P.IfLess(row / f + column * f, most * (row + column), P.IfLess(P.Half, isBoth, f, P.One), P.One);
                if (P.Sum(P.Abs(f - P.One)) == 0) continue;
                changed = true;
                var inverse = P.One / f;
                for (var j = 0; j < n; j++)
                    if (j != i)
                    {
                        h[i * n + j] *= inverse;
                        h[j * n + i] *= f;
                    }
            }
        }
    }

    /// <summary>A ← (I − βvvᵀ)A(I − βvvᵀ), column after column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Hessenberg(Span<P> h, int n, Span<P> v)
    {
        for (var k = 0; k < n - 2; k++)
        {
            var rest = P.Zero;
            for (var i = k + 2; i < n; i++)
            {
                var e = h[i * n + k];
                rest = P.Fma(e, e, rest);
                v[i] = e;
                h[i * n + k] = P.Zero;
            }
            var alpha = h[(k + 1) * n + k];
            var length = WithSign(P.Sqrt(P.Fma(alpha, alpha, rest)), alpha);
            var negligible = P.Of(Negligible);
            // Where nothing is left to eliminate, β = 0.
            var head = P.IfLess(negligible, rest, alpha + length, P.One);
            var beta = P.IfLess(negligible, rest, P.One / (length * head), P.Zero);
            v[k + 1] = head;
            h[(k + 1) * n + k] = P.IfLess(negligible, rest, -length, alpha);
            for (var j = k + 1; j < n; j++)
            {
                var sum = P.Zero;
                for (var i = k + 1; i < n; i++) sum = P.Fma(v[i], h[i * n + j], sum);
                sum *= -beta;
                for (var i = k + 1; i < n; i++) h[i * n + j] = P.Fma(sum, v[i], h[i * n + j]);
            }
            for (var i = 0; i < n; i++)
            {
                var row = h.Slice(i * n, n);
                var sum = P.Zero;
                for (var j = k + 1; j < n; j++) sum = P.Fma(v[j], row[j], sum);
                sum *= -beta;
                for (var j = k + 1; j < n; j++) row[j] = P.Fma(sum, v[j], row[j]);
            }
        }
    }

    /// <summary>Double-shift QR until every lane has deflated from its end down; returns a bit for every lane that reached the cap.</summary>
    static int Francis(Span<P> h, int n, Span<int> end, Span<double> re, Span<double> im)
    {
        Span<int> start = stackalloc int[P.Count], attempts = stackalloc int[P.Count];
        Span<double> p = stackalloc double[P.Count], q = stackalloc double[P.Count], r = stackalloc double[P.Count], first = stackalloc double[P.Count], last = stackalloc double[P.Count];
        attempts.Clear();
        ref var numbers = ref Unsafe.As<P, double>(ref MemoryMarshal.GetReference(h));
        var norm = Largest(h);
        var failed = 0;
        for (; ; )
        {
            Split(h, n, norm, end);
            var (low, high) = (int.MaxValue, -1);
            for (var lane = 0; lane < P.Count; lane++)
            {
                ref var mine = ref Unsafe.Add(ref numbers, lane);
                Deflate(ref mine, n, ref end[lane], out start[lane], ref attempts[lane], re, im, lane * n);
                if (end[lane] >= 0 && ++attempts[lane] > SweepsPerEigenvalue)
                {
                    failed |= 1 << lane;
                    end[lane] = -1;
                }
                // A lane that is done takes part in no step.
                (p[lane], q[lane], r[lane], first[lane], last[lane]) = (0, 0, 0, double.MaxValue, -1);
                if (end[lane] < 0) continue;
                (first[lane], last[lane]) = (start[lane], end[lane]);
                (low, high) = (Math.Min(low, start[lane]), Math.Max(high, end[lane]));
                Begin(ref mine, n, start[lane], end[lane], attempts[lane], out p[lane], out q[lane], out r[lane]);
            }
            if (high < 0) return failed;
            Sweep(h, n, low, high, P.Load(in p[0], 0), P.Load(in q[0], 0), P.Load(in r[0], 0), P.Load(in first[0], 0), P.Load(in last[0], 0));
        }
    }

    /// <summary>Sets negligible subdiagonal entries to zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Split(Span<P> h, int n, P norm, ReadOnlySpan<int> end)
    {
        var high = 0;
        foreach (var e in end) high = Math.Max(high, e);
        for (var i = 1; i <= high; i++)
        {
            ref var below = ref h[i * n + i - 1];
            var size = P.Abs(h[(i - 1) * (n + 1)]) + P.Abs(h[i * (n + 1)]);
            size = P.IfLess(P.Zero, size, size, norm);
            below = P.IfLess(P.Of(Epsilon) * size, P.Abs(below), below, P.Zero);
        }
    }

    /// <summary>Element (i, j) of one lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double At(ref double lane, int n, int i, int j) => Unsafe.Add(ref lane, (i * n + j) * P.Count);

    /// <summary>Takes all blocks of order 1 and 2 from the end of one lane; what remains is the block from start to end.</summary>
    static void Deflate(ref double lane, int n, ref int end, out int start, ref int attempts, Span<double> re, Span<double> im, int offset)
    {
        for (start = end; end >= 0; start = end)
        {
            while (start > 0 && At(ref lane, n, start, start - 1) != 0) start--;
            if (start < end - 1) return;
            attempts = 0;
            if (start == end) (re[offset + end], im[offset + end]) = (At(ref lane, n, end, end), 0);
            else
                Eigenvalues.Pair(At(ref lane, n, end, end), At(ref lane, n, start, start), At(ref lane, n, end, start) * At(ref lane, n, start, end),
                    out re[offset + start], out im[offset + start], out re[offset + end], out im[offset + end]);
            end = start - 1;
        }
    }

    /// <summary>The first column of (H − σ₁)(H − σ₂) of one lane.</summary>
    static void Begin(ref double lane, int n, int start, int end, int attempts, out double p, out double q, out double r)
    {
        var (x, y, w) = Eigenvalues.Shifts(
            attempts, At(ref lane, n, end, end), At(ref lane, n, end - 1, end - 1), At(ref lane, n, end, end - 1) * At(ref lane, n, end - 1, end),
            (At(ref lane, n, end, end), At(ref lane, n, end, end - 1), At(ref lane, n, end - 1, end - 2)),
            (At(ref lane, n, start + 2, start + 2), At(ref lane, n, start + 2, start + 1), At(ref lane, n, start + 1, start)));
        var (z, below) = (At(ref lane, n, start, start), At(ref lane, n, start + 1, start));
        var (toX, toY) = (x - z, y - z);
        p = (toX * toY - w) / below + At(ref lane, n, start, start + 1);
        q = At(ref lane, n, start + 1, start + 1) - z - toX - toY;
        r = At(ref lane, n, start + 2, start + 1);
    }

    /// <summary>One implicit sweep in every lane, from its own first row to its own last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Sweep(Span<P> h, int n, int low, int high, P p0, P q0, P r0, P first, P last)
    {
        for (var k = low; k < high; k++)
        {
            var (at, three) = (P.Of(k), k + 2 <= high);
            ref var h0 = ref h[k * n];
            ref var h1 = ref Unsafe.Add(ref h0, n);
            ref var h2 = ref Unsafe.Add(ref h1, three ? n : 0);
            var (p, q, r) = (p0, q0, r0);
            if (k > low)
            {
                p = P.IfLess(first, at, Unsafe.Add(ref h0, k - 1), p0);
                q = P.IfLess(first, at, Unsafe.Add(ref h1, k - 1), q0);
                r = three ? P.IfLess(first, at, Unsafe.Add(ref h2, k - 1), r0) : P.Zero;
            }
            var isInside = P.IfLess(at, first, P.Zero, P.IfLess(at, last, P.One, P.Zero));
            p = P.IfLess(P.Half, isInside, p, P.Zero);
            q = P.IfLess(P.Half, isInside, q, P.Zero);
            r = P.IfLess(P.Half, isInside, P.IfLess(P.Of(k + 1), last, r, P.Zero), P.Zero);
            var scale = P.Abs(p) + P.Abs(q) + P.Abs(r);
            var safe = P.IfLess(P.Zero, scale, scale, P.One);
            var unit = P.One / safe;
            (p, q, r) = (p * unit, q * unit, r * unit);
            var s = WithSign(P.Sqrt(P.Fma(p, p, P.Fma(q, q, r * r))), p);
            if (k > low)
            {
                // Within the window of a lane the bulge leaves column k − 1.
                var isAfter = P.IfLess(first, at, P.IfLess(P.Zero, scale, isInside, P.Zero), P.Zero);
                Unsafe.Add(ref h0, k - 1) = P.IfLess(P.Half, isAfter, -s * scale, Unsafe.Add(ref h0, k - 1));
                Unsafe.Add(ref h1, k - 1) = P.IfLess(P.Half, isAfter, P.Zero, Unsafe.Add(ref h1, k - 1));
                if (three) Unsafe.Add(ref h2, k - 1) = P.IfLess(P.Half, P.IfLess(P.Of(k + 1), last, isAfter, P.Zero), P.Zero, Unsafe.Add(ref h2, k - 1));
            }
            // The reflector I − (x,y,z)ᵀ(1,q,r); 0 where a lane has nothing to do.
            var head = p + s;
            var overS = P.One / P.IfLess(P.Zero, scale, s, P.One);
            var overHead = P.One / P.IfLess(P.Zero, scale, head, P.One);
            var (x, y, z) = (-head * overS, -q * overS, -r * overS);
            (q, r) = (q * overHead, r * overHead);
            if (three)
                for (var j = k; j <= high; j++)
                {
                    var (a, b, c) = (Unsafe.Add(ref h0, j), Unsafe.Add(ref h1, j), Unsafe.Add(ref h2, j));
                    var sum = P.Fma(r, c, P.Fma(q, b, a));
                    Unsafe.Add(ref h0, j) = P.Fma(sum, x, a);
                    Unsafe.Add(ref h1, j) = P.Fma(sum, y, b);
                    Unsafe.Add(ref h2, j) = P.Fma(sum, z, c);
                }
            else
                for (var j = k; j <= high; j++)
                {
                    var (a, b) = (Unsafe.Add(ref h0, j), Unsafe.Add(ref h1, j));
                    var sum = P.Fma(q, b, a);
                    Unsafe.Add(ref h0, j) = P.Fma(sum, x, a);
                    Unsafe.Add(ref h1, j) = P.Fma(sum, y, b);
                }
            ref var row = ref h[low * n + k];
            for (var i = low; i <= Math.Min(high, k + 3); i++, row = ref Unsafe.Add(ref row, n))
            {
                var (a, b) = (row, Unsafe.Add(ref row, 1));
                var sum = P.Fma(y, b, x * a);
                if (three)
                {
                    var c = Unsafe.Add(ref row, 2);
                    sum = P.Fma(z, c, sum);
                    Unsafe.Add(ref row, 2) = P.Fma(sum, r, c);
                }
                row = a + sum;
                Unsafe.Add(ref row, 1) = P.Fma(sum, q, b);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static P WithSign(P magnitude, P sign) => P.IfLess(sign, P.Zero, -magnitude, magnitude);
}
