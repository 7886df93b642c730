using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>
/// The eigenvalues of as many small matrices at once as a vector has lanes: balancing, Householder reduction and double-shift QR as in
/// <see cref="Eigenvalues"/>, every lane on its own matrix. A lane that has nothing to do at a step reflects by the identity, so that no result depends on the
/// other lanes. What loops is compiled for speed at once: compiled by the profile of the first matrices, which may be of order 2, it would take several times
/// as long for larger ones.
/// </summary>
/// <typeparam name="P">The vector.</typeparam>
static class EigenvalueLanes<P> where P : unmanaged, ISimdReal<P, double>
{
    const double Epsilon = 2.220446049250313e-16;
    const int MostBalancings = 12;

    // Squares of what lies outside must not under- or overflow; such matrices are left to the careful way.
    const double Least = 1e-30, Greatest = 1e250, Negligible = 1e-280, SmallestNormal = 2.2250738585072014e-308;

    /// <summary>Elements that the scratch must hold for order n.</summary>
    public static int ScratchLength(int n) => (n * n + 2 * (n + 1)) * P.Count + 2 * n;

    /// <summary>The eigenvalues of up to <c>P.Count</c> matrices; returns a bit for every matrix that was not done.</summary>
    public static int Of(ReadOnlySpan<double> matrices, int count, int n, Span<double> re, Span<double> im, Span<double> scratch)
    {
        // One row and one element more than n × n, where a sweep's last reflector finds zeros for its third row and column.
        var h = MemoryMarshal.Cast<double, P>(scratch[..((n * n + n + 1) * P.Count)]);
        var reflector = MemoryMarshal.Cast<double, P>(scratch.Slice((n * n + n + 1) * P.Count, n * P.Count));
        var integers = MemoryMarshal.Cast<double, int>(scratch.Slice((n * n + 2 * n + 1) * P.Count, 2 * n));
        Span<double> factor = stackalloc double[P.Count], balanced = stackalloc double[P.Count];
        Span<int> lo = stackalloc int[P.Count], end = stackalloc int[P.Count];
        end.Fill(-1);
        h.Clear();
        var failed = 0;
        for (var lane = 0; lane < count; lane++)
            if (!Isolate(matrices.Slice(lane * n * n, n * n), n, integers, scratch[lane..], re.Slice(lane * n, n), im.Slice(lane * n, n), out lo[lane], out end[lane]))
                failed |= 1 << lane;
        var order = 0;
        foreach (var e in end) order = Math.Max(order, e + 1);
        Normalize(h, factor);
        // Below the least, too, where balancing came to no end.
        P.Store(P.IfLess(P.Zero, Balance(h, n, order), P.Zero, Largest(h)), ref balanced[0], 0);
        for (var lane = 0; lane < count; lane++)
            if (end[lane] >= 0 && !(factor[lane] > 0 && balanced[lane] >= Least)) (end[lane], failed) = (-1, failed | 1 << lane);
        Hessenberg(h, n, order, reflector);
        failed |= Francis(h, n, lo, end, factor, re, im);
        return failed;
    }

    /// <summary>
    /// Takes the eigenvalues that stand by themselves after a permutation; the rest of the matrix, of order end + 1, goes to the upper left corner of its lane.
    /// False, and nothing is left to do, where the matrix is not finite.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static bool Isolate(ReadOnlySpan<double> matrix, int n, Span<int> integers, Span<double> lane, Span<double> re, Span<double> im, out int lo, out int end)
    {
        var order = integers[..n];
        (lo, var hi) = Eigenvalues.Isolate(matrix, n, order, integers.Slice(n, 2 * n));
        end = hi - lo;
        if (end < n - 1)
        {
            foreach (var v in matrix)
                if (!double.IsFinite(v))
                {
                    end = -1;
                    return false;
                }
            for (var i = 0; i < n; i++)
                if (i < lo || i > hi || end == 0) (re[i], im[i]) = (matrix[order[i] * (n + 1)], 0);
            if (end == 0) end = -1;
        }
        ref var to = ref MemoryMarshal.GetReference(lane);
        for (var i = 0; i <= end; i++)
        {
            var row = matrix.Slice(order[lo + i] * n, n);
            for (var j = 0; j <= end; j++) Unsafe.Add(ref to, (nint)(i * n + j) * P.Count) = row[order[lo + j]];
        }
        return true;
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
        // The smallest that is not zero: divided by the largest it would underflow before it is balanced.
        var smallest = largest;
        foreach (var v in h) smallest = P.Min(smallest, P.IfLess(P.Zero, P.Abs(v), P.Abs(v), largest));
        var isFit = P.IfLess(P.Of(Least), largest, P.IfLess(largest, P.Of(Greatest), P.One, P.Zero), P.Zero);
        isFit = P.IfLess(largest * P.Of(Negligible), smallest, isFit, P.Zero);
        var exponent = P.Exponent(P.IfLess(P.Half, isFit, largest, P.One));
        P.Store(isFit * P.Pow2(exponent), ref factor[0], 0);
        var scale = P.Pow2(-exponent);
        foreach (ref var v in h) v = P.IfLess(P.Half, isFit, v * scale, P.Zero);
    }

    /// <summary>Parlett and Reinsch's scaling: the power of two is taken from the exponents at once. Returns 0 for every lane that is balanced.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static P Balance(Span<P> h, int n, int order)
    {
        var (tiny, most) = (P.Of(SmallestNormal), P.Of(0.95));
        ref var origin = ref MemoryMarshal.GetReference(h);
        for (var round = 0; ; round++)
        {
            var changes = P.Zero;
            for (var i = 0; i < order; i++)
            {
                ref var alongRow = ref Unsafe.Add(ref origin, i * n);
                ref var alongColumn = ref Unsafe.Add(ref origin, i);
                var diagonal = Unsafe.Add(ref alongRow, i);
                Unsafe.Add(ref alongRow, i) = P.Zero;
                P row = P.Zero, column = P.Zero, row1 = P.Zero, column1 = P.Zero;
                var j = 0;
                for (; j + 2 <= order; j += 2)
                {
                    row += P.Abs(Unsafe.Add(ref alongRow, j));
                    column += P.Abs(Unsafe.Add(ref alongColumn, j * n));
                    row1 += P.Abs(Unsafe.Add(ref alongRow, j + 1));
                    column1 += P.Abs(Unsafe.Add(ref alongColumn, (j + 1) * n));
                }
                (row, column) = (row + row1, column + column1);
                if (j < order) (row, column) = (row + P.Abs(Unsafe.Add(ref alongRow, j)), column + P.Abs(Unsafe.Add(ref alongColumn, j * n)));
                var exponent = P.Round((P.Exponent(P.Max(row, tiny)) - P.Exponent(P.Max(column, tiny))) * P.Half);
                exponent = P.IfLess(tiny, P.Min(row, column), exponent, P.Zero);
                exponent = P.IfLess(P.Fma(row, P.Pow2(-exponent), column * P.Pow2(exponent)), most * (row + column), exponent, P.Zero);
                var change = P.Abs(exponent);
                if (P.Sum(change) > 0)
                {
                    changes += change;
                    var (f, inverse) = (P.Pow2(exponent), P.Pow2(-exponent));
                    for (j = 0; j < order; j++)
                    {
                        Unsafe.Add(ref alongRow, j) *= inverse;
                        Unsafe.Add(ref alongColumn, j * n) *= f;
                    }
                }
                Unsafe.Add(ref alongRow, i) = diagonal;
            }
            if (P.Sum(changes) == 0 || round == MostBalancings) return changes;
        }
    }

    /// <summary>A ← (I − βvvᵀ)A(I − βvvᵀ), column after column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Hessenberg(Span<P> h, int n, int order, Span<P> v)
    {
        for (var k = 0; k < order - 2; k++)
        {
            var rest = P.Zero;
            for (var i = k + 2; i < order; i++)
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
            // Four columns, then four rows at once: the sums of one wait for each other.
            ref var origin = ref MemoryMarshal.GetReference(h);
            ref var reflector = ref MemoryMarshal.GetReference(v);
            var j = k + 1;
            for (; j + 4 <= order; j += 4) Reflect4(ref Unsafe.Add(ref origin, j), n, 1, ref reflector, beta, k + 1, order);
            for (; j < order; j++) Reflect(ref Unsafe.Add(ref origin, j), n, ref reflector, beta, k + 1, order);
            for (j = 0; j + 4 <= order; j += 4) Reflect4(ref Unsafe.Add(ref origin, j * n), 1, n, ref reflector, beta, k + 1, order);
            for (; j < order; j++) Reflect(ref Unsafe.Add(ref origin, j * n), 1, ref reflector, beta, k + 1, order);
        }
    }

    /// <summary>u ← u − βv(vᵀu) on the elements from <paramref name="first"/> to <paramref name="end"/>, <paramref name="stride"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Reflect(ref P u, nint stride, ref P v, P beta, nint first, nint end)
    {
        var sum = P.Zero;
        for (var i = first; i < end; i++) sum = P.Fma(Unsafe.Add(ref v, i), Unsafe.Add(ref u, i * stride), sum);
        sum *= -beta;
        for (var i = first; i < end; i++) Unsafe.Add(ref u, i * stride) = P.Fma(sum, Unsafe.Add(ref v, i), Unsafe.Add(ref u, i * stride));
    }

    /// <summary><see cref="Reflect"/> for four vectors that start <paramref name="apart"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Reflect4(ref P u0, nint stride, nint apart, ref P v, P beta, nint first, nint end)
    {
        ref var u1 = ref Unsafe.Add(ref u0, apart);
        ref var u2 = ref Unsafe.Add(ref u1, apart);
        ref var u3 = ref Unsafe.Add(ref u2, apart);
        P s0 = P.Zero, s1 = P.Zero, s2 = P.Zero, s3 = P.Zero;
        for (var i = first; i < end; i++)
        {
            var (e, at) = (Unsafe.Add(ref v, i), i * stride);
            s0 = P.Fma(e, Unsafe.Add(ref u0, at), s0);
            s1 = P.Fma(e, Unsafe.Add(ref u1, at), s1);
            s2 = P.Fma(e, Unsafe.Add(ref u2, at), s2);
            s3 = P.Fma(e, Unsafe.Add(ref u3, at), s3);
        }
        (s0, s1, s2, s3) = (s0 * -beta, s1 * -beta, s2 * -beta, s3 * -beta);
        for (var i = first; i < end; i++)
        {
            var (e, at) = (Unsafe.Add(ref v, i), i * stride);
            Unsafe.Add(ref u0, at) = P.Fma(s0, e, Unsafe.Add(ref u0, at));
            Unsafe.Add(ref u1, at) = P.Fma(s1, e, Unsafe.Add(ref u1, at));
            Unsafe.Add(ref u2, at) = P.Fma(s2, e, Unsafe.Add(ref u2, at));
            Unsafe.Add(ref u3, at) = P.Fma(s3, e, Unsafe.Add(ref u3, at));
        }
    }

    /// <summary>Double-shift QR until every lane has deflated from its end down; returns a bit for every lane that reached the cap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static int Francis(Span<P> h, int n, ReadOnlySpan<int> lo, Span<int> end, ReadOnlySpan<double> factor, Span<double> re, Span<double> im)
    {
        Span<int> attempts = stackalloc int[P.Count], sweeps = stackalloc int[P.Count];
        Span<double> first = stackalloc double[P.Count], last = stackalloc double[P.Count];
        Span<P> corners = stackalloc P[Corners];
        attempts.Clear();
        sweeps.Clear();
        ref var numbers = ref Unsafe.As<P, double>(ref MemoryMarshal.GetReference(h));
        var norm = Largest(h);
        var failed = 0;
        for (; ; )
        {
            var high = 0;
            for (var lane = 0; lane < P.Count; lane++) (last[lane], high) = (end[lane], Math.Max(high, end[lane]));
            P.Store(Split(h, n, high, norm, P.Load(in last[0], 0)), ref first[0], 0);
            (var low, high) = (int.MaxValue, -1);
            corners.Clear();
            for (var lane = 0; lane < P.Count; lane++)
            {
                ref var mine = ref Unsafe.Add(ref numbers, lane);
                var start = (int)first[lane];
                if (start >= end[lane] - 1)
                {
                    Deflate(ref mine, n, ref end[lane], ref start, factor[lane], re, im, lane * n + lo[lane]);
                    attempts[lane] = 0;
                }
                attempts[lane]++;
                if (end[lane] >= 0 && sweeps[lane]++ == Eigenvalues.MostSweeps(n))
                {
                    failed |= 1 << lane;
                    end[lane] = -1;
                }
                // A lane that is done takes part in no step.
                (first[lane], last[lane]) = (double.MaxValue, -1);
                if (end[lane] < 0) continue;
                (first[lane], last[lane]) = (start, end[lane]);
                (low, high) = (Math.Min(low, start), Math.Max(high, end[lane]));
                Gather(ref mine, n, start, end[lane], attempts[lane], ref Unsafe.Add(ref Unsafe.As<P, double>(ref corners[0]), lane));
            }
            if (high < 0) return failed;
            var (p, q, r) = Begin(corners);
            Sweep(h, n, low, high, p, q, r, P.Load(in first[0], 0), P.Load(in last[0], 0));
        }
    }

    /// <summary>Sets negligible subdiagonal entries to zero; returns where the last unreduced block of every lane starts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static P Split(Span<P> h, int n, int high, P norm, P end)
    {
        var start = P.Zero;
        for (var i = 1; i <= high; i++)
        {
            ref var below = ref h[i * n + i - 1];
            var size = P.Abs(h[(i - 1) * (n + 1)]) + P.Abs(h[i * (n + 1)]);
            size = P.IfLess(P.Zero, size, size, norm);
            var at = P.Of(i);
            var isSplit = P.IfLess(P.Of(Epsilon) * size, P.Abs(below), P.Zero, P.One);
            below = P.IfLess(P.Half, isSplit, P.Zero, below);
            start = P.IfLess(P.Half, P.IfLess(end, at, P.Zero, isSplit), at, start);
        }
        return start;
    }

    /// <summary>Element (i, j) of one lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double At(ref double lane, int n, int i, int j) => Unsafe.Add(ref lane, (i * n + j) * P.Count);

    /// <summary>Takes all blocks of order 1 and 2 from the end of one lane; what remains is the block from start to end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Deflate(ref double lane, int n, ref int end, ref int start, double factor, Span<double> re, Span<double> im, int offset)
    {
        while (end >= 0)
        {
            start = end;
            while (start > 0 && At(ref lane, n, start, start - 1) != 0) start--;
            if (start < end - 1) return;
            ref double x = ref re[offset + end], y = ref im[offset + end];
            if (start == end) (x, y) = (At(ref lane, n, end, end) * factor, 0);
            else
            {
                ref double x0 = ref re[offset + start], y0 = ref im[offset + start];
                Eigenvalues.Pair(At(ref lane, n, end, end), At(ref lane, n, start, start), At(ref lane, n, end, start) * At(ref lane, n, start, end), out x0, out y0, out x, out y);
                (x0, y0, x, y) = (x0 * factor, y0 * factor, x * factor, y * factor);
            }
            end = start - 1;
        }
    }

    /// <summary>What decides a sweep: x, y and w of its shifts, then the corner of the block where it starts.</summary>
    const int Corners = 8;

    /// <summary>What decides the sweep of one lane, to its place in every vector of <see cref="Corners"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Gather(ref double lane, int n, int start, int end, int attempts, ref double to)
    {
        ref var last = ref Unsafe.Add(ref lane, (end - 1) * (n + 1) * P.Count);
        ref var first = ref Unsafe.Add(ref lane, start * (n + 1) * P.Count);
        var (x, y, w) = (At(ref last, n, 1, 1), last, At(ref last, n, 1, 0) * At(ref last, n, 0, 1));
        if (attempts % 10 == 0)
            (x, y, w) = attempts % 20 == 0
                ? Eigenvalues.Exceptional(At(ref first, n, 2, 2), At(ref first, n, 2, 1), At(ref first, n, 1, 0))
                : Eigenvalues.Exceptional(x, At(ref last, n, 1, 0), At(ref last, n, 0, -1));
        to = x;
        Unsafe.Add(ref to, P.Count) = y;
        Unsafe.Add(ref to, 2 * P.Count) = w;
        Unsafe.Add(ref to, 3 * P.Count) = first;
        Unsafe.Add(ref to, 4 * P.Count) = At(ref first, n, 0, 1);
        Unsafe.Add(ref to, 5 * P.Count) = At(ref first, n, 1, 0);
        Unsafe.Add(ref to, 6 * P.Count) = At(ref first, n, 1, 1);
        Unsafe.Add(ref to, 7 * P.Count) = At(ref first, n, 2, 1);
    }

    /// <summary>The first column of (H − σ₁)(H − σ₂), up to a factor; 0 for a lane of zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (P P, P Q, P R) Begin(ReadOnlySpan<P> corners)
    {
        var (x, y, w) = (corners[0], corners[1], corners[2]);
        // As in Eigenvalues.Shifts: of two real shifts the one nearer to the corner serves twice.
        var half = (y - x) * P.Half;
        var discriminant = P.Fma(half, half, w);
        var isReal = P.IfLess(discriminant, P.Zero, P.Zero, P.IfLess(P.Zero, P.Abs(w), P.One, P.Zero));
        var root = half + WithSign(P.Sqrt(P.Max(discriminant, P.Zero)), half);
        var nearer = x - w / P.IfLess(P.Half, isReal, root, P.One);
        x = P.IfLess(P.Half, isReal, nearer, x);
        y = P.IfLess(P.Half, isReal, nearer, y);
        w = P.IfLess(P.Half, isReal, P.Zero, w);
        var (z, right, below) = (corners[3], corners[4], corners[5]);
        var (toX, toY) = (x - z, y - z);
        var p = (toX * toY - w) / P.IfLess(P.Zero, P.Abs(below), below, P.One) + right;
        var q = corners[6] - z - toX - toY;
        var r = corners[7];
        var scale = P.Abs(p) + P.Abs(q) + P.Abs(r);
        var unit = P.One / P.IfLess(P.Zero, scale, scale, P.One);
        return (p * unit, q * unit, r * unit);
    }

    /// <summary>
    /// One implicit sweep in every lane, from its own first row to its own last. The next reflector waits for a corner of 3 × 4 elements alone; so what the one
    /// before has left to do is done while its roots and quotients are on their way.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Sweep(Span<P> h, int n, int low, int high, P p0, P q0, P r0, P first, P last)
    {
        var tiny = P.Of(Negligible);
        var before = default(Reflector);
        for (var k = low; k < high; k++)
        {
            var at = P.Of(k);
            ref var h0 = ref h[k * n];
            ref var h1 = ref Unsafe.Add(ref h0, n);
            ref var h2 = ref Unsafe.Add(ref h1, n);
            var (p, q, r) = (p0, q0, r0);
            if (k > low)
            {
                p = P.IfLess(first, at, Unsafe.Add(ref h0, k - 1), p0);
                q = P.IfLess(first, at, Unsafe.Add(ref h1, k - 1), q0);
                r = P.IfLess(first, at, Unsafe.Add(ref h2, k - 1), r0);
            }
            var isInside = P.IfLess(at, first, P.Zero, P.IfLess(at, last, P.One, P.Zero));
            var hasThird = P.IfLess(P.Of(k + 1), last, isInside, P.Zero);
            p = P.IfLess(P.Half, isInside, p, P.Zero);
            q = P.IfLess(P.Half, isInside, q, P.Zero);
            r = P.IfLess(P.Half, hasThird, r, P.Zero);
            var square = P.Fma(p, p, P.Fma(q, q, r * r));
            var s = WithSign(P.Sqrt(square), p);
            if (k > low)
            {
                // Within the window of a lane the bulge leaves column k − 1.
                Unsafe.Add(ref h0, k - 1) = P.IfLess(first, at, P.IfLess(P.Half, isInside, -s, Unsafe.Add(ref h0, k - 1)), Unsafe.Add(ref h0, k - 1));
                Unsafe.Add(ref h1, k - 1) = P.IfLess(first, at, P.IfLess(P.Half, isInside, P.Zero, Unsafe.Add(ref h1, k - 1)), Unsafe.Add(ref h1, k - 1));
                Unsafe.Add(ref h2, k - 1) = P.IfLess(first, at, P.IfLess(P.Half, hasThird, P.Zero, Unsafe.Add(ref h2, k - 1)), Unsafe.Add(ref h2, k - 1));
            }
            // I − (x,y,z)ᵀ(1,q,r); the identity where a lane has nothing to do.
            var head = p + s;
            var inverse = P.One / P.IfLess(tiny, square, s * head, P.One);
            var (overS, overHead) = (-head * inverse, s * inverse);
            var reflector = new Reflector { X = head * overS, Y = q * overS, Z = r * overS, Q = q * overHead, R = r * overHead };
            if (k > low)
            {
                Columns(ref h[low * n + k - 1], n, k - low, before);
                Rows(ref Unsafe.Add(ref h0, -n), n, k + 2, high, before);
            }
            Rows(ref h0, n, k, Math.Min(k + 2, high), reflector);
            Columns(ref Unsafe.Add(ref h1, k), n, Math.Min(high, k + 3) - k, reflector);
            before = reflector;
        }
        // The last one has no rows left.
        Columns(ref h[low * n + high - 1], n, high - low, before);
    }

    /// <summary>I − (x,y,z)ᵀ(1,q,r), with x, y and z negated.</summary>
    struct Reflector
    {
        public P X, Y, Z, Q, R;
    }

    /// <summary>Columns <paramref name="from"/> to <paramref name="to"/> of three rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Rows(ref P h0, int n, int from, int to, in Reflector reflector)
    {
        ref var h1 = ref Unsafe.Add(ref h0, n);
        ref var h2 = ref Unsafe.Add(ref h1, n);
        var (x, y, z, q, r) = (reflector.X, reflector.Y, reflector.Z, reflector.Q, reflector.R);
        for (nint j = from; j <= to; j++)
        {
            var (a, b, c) = (Unsafe.Add(ref h0, j), Unsafe.Add(ref h1, j), Unsafe.Add(ref h2, j));
            var sum = P.Fma(r, c, P.Fma(q, b, a));
            Unsafe.Add(ref h0, j) = P.Fma(sum, x, a);
            Unsafe.Add(ref h1, j) = P.Fma(sum, y, b);
            Unsafe.Add(ref h2, j) = P.Fma(sum, z, c);
        }
    }

    /// <summary>Three columns of <paramref name="count"/> rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Columns(ref P row, int n, int count, in Reflector reflector)
    {
        var (x, y, z, q, r) = (reflector.X, reflector.Y, reflector.Z, reflector.Q, reflector.R);
        for (; count > 0; count--, row = ref Unsafe.Add(ref row, n))
        {
            var (a, b, c) = (row, Unsafe.Add(ref row, 1), Unsafe.Add(ref row, 2));
            var sum = P.Fma(z, c, P.Fma(y, b, x * a));
            row = a + sum;
            Unsafe.Add(ref row, 1) = P.Fma(sum, q, b);
            Unsafe.Add(ref row, 2) = P.Fma(sum, r, c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static P WithSign(P magnitude, P sign) => P.IfLess(sign, P.Zero, -magnitude, magnitude);
}
