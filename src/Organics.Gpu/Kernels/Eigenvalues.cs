using ILGPU;

namespace Organics.Backends;

/// <summary>Where the elements of one of many matrices lie that are stored element by element: next to each one that of the next matrix.</summary>
readonly struct Interleaved(int n, int count, int index)
{
    /// <summary>From an element to the one on its right.</summary>
    public readonly int Right = count;

    /// <summary>From an element to the one below it.</summary>
    public readonly int Down = n * count;

    /// <summary>Element (i, j); with i = 0 also element j of a vector.</summary>
    public int At(int i, int j) => i * Down + j * Right + index;
}

/// <summary>
/// The eigenvalues of many small matrices, a thread for each: isolation, balancing, Householder reduction and double-shift QR as in
/// <see cref="Eigenvalues"/>. The matrices are interleaved, and all threads go through the places of a sweep in step, those outside of their window idly, so
/// that neighbouring threads read neighbouring numbers. What is not found here, because a matrix is not finite, near the limits of the numbers or does not come
/// to rest, is left as NaN.
/// </summary>
static class EigenvalueKernels<T, L> where T : unmanaged where L : struct, ILane<L, T>
{
    const int MostBalancings = 12;

    /// <summary>Elements that a matrix of order n takes: a row and one more than it has, where a sweep's last reflector finds zeros for its third row and
    /// column.</summary>
    public static int Length(int n) => n * n + n + 1;

    static L Epsilon => L.Literal(L.IsDouble ? 2.220446049250313e-16 : 1.1920928955078125e-7);

    static L SmallestNormal => L.Literal(L.IsDouble ? 2.2250738585072014e-308 : 1.1754943508222875e-38);

    // Of a matrix of numbers near one: the square of what is nothing beside its rounding, and far above underflow.
    static L Negligible => L.Literal(L.IsDouble ? 1e-280 : 1e-32);

    /// <summary>The eigenvalues of every matrix, interleaved as the matrices are, which are overwritten.</summary>
    public static void Of(Index1D index, ArrayView<T> h, ArrayView<T> re, ArrayView<T> im, int n, int count, int mostSweeps)
    {
        var m = new Interleaved(n, count, index);
        var isDone = Find(h, re, im, m, n, mostSweeps);
        for (var i = 0; i < n; i++) isDone &= Compare<T, L>.Finite(L.Of(re[m.At(0, i)])) & Compare<T, L>.Finite(L.Of(im[m.At(0, i)]));
        for (var i = 0; i < n; i++)
        {
            var none = L.Literal(double.NaN).Value;
            re[m.At(0, i)] = isDone ? re[m.At(0, i)] : none;
            im[m.At(0, i)] = isDone ? im[m.At(0, i)] : none;
        }
    }

    static bool Find(ArrayView<T> h, ArrayView<T> re, ArrayView<T> im, Interleaved m, int n, int mostSweeps)
    {
        if (!Compare<T, L>.Finite(Largest(h, m, 0, n - 1))) return false;
        var hi = LastOfRows(h, m, n);
        var lo = FirstOfColumns(h, m, hi);
        for (var i = 0; i < n; i++)
        {
            re[m.At(0, i)] = h[m.At(i, i)];
            im[m.At(0, i)] = L.Zero.Value;
        }
        if (lo == hi) return true;
        if (!IsFit(h, m, lo, hi) || !Balance(h, m, lo, hi)) return false;
        var largest = Largest(h, m, lo, hi);
        if (!Compare<T, L>.Less(SmallestNormal, largest)) return false;
        var exponent = L.Exponent(largest);
        var scale = L.Pow2(-exponent);
        for (var i = lo; i <= hi; i++)
            for (var j = lo; j <= hi; j++) h[m.At(i, j)] = (L.Of(h[m.At(i, j)]) * scale).Value;
        Hessenberg(h, m, lo, hi);
        if (!Francis(h, re, im, m, n, lo, hi, mostSweeps)) return false;
        var factor = L.Pow2(exponent);
        for (var i = lo; i <= hi; i++)
        {
            re[m.At(0, i)] = (L.Of(re[m.At(0, i)]) * factor).Value;
            im[m.At(0, i)] = (L.Of(im[m.At(0, i)]) * factor).Value;
        }
        return true;
    }

    /// <summary>The largest magnitude in rows and columns from lo to hi; NaN if one is.</summary>
    static L Largest(ArrayView<T> h, Interleaved m, int lo, int hi)
    {
        var largest = L.Zero;
        for (var i = lo; i <= hi; i++)
            for (var j = lo; j <= hi; j++) largest = L.Max(largest, L.Abs(L.Of(h[m.At(i, j)])));
        return largest;
    }

    /// <summary>Rows that are zero beside the diagonal, within those that remain, go to the end, where their diagonal is an eigenvalue; returns the last of the
    /// others.</summary>
    static int LastOfRows(ArrayView<T> h, Interleaved m, int n)
    {
        var (hi, i) = (n - 1, n - 1);
        while (i >= 0 && hi > 0)
        {
            var size = L.Zero;
            for (var j = 0; j <= hi; j++) size = L.Max(size, j == i ? L.Zero : L.Abs(L.Of(h[m.At(i, j)])));
            if (Compare<T, L>.Less(L.Zero, size)) i--;
            else
            {
                Exchange(h, m, i, hi, 0, hi);
                hi--;
                i = hi;
            }
        }
        return hi;
    }

    /// <summary>Such columns go to the start; returns the first of the others.</summary>
    static int FirstOfColumns(ArrayView<T> h, Interleaved m, int hi)
    {
        var (lo, j) = (0, 0);
        while (j <= hi && lo < hi)
        {
            var size = L.Zero;
            for (var i = lo; i <= hi; i++) size = L.Max(size, i == j ? L.Zero : L.Abs(L.Of(h[m.At(i, j)])));
            if (Compare<T, L>.Less(L.Zero, size)) j++;
            else
            {
                Exchange(h, m, j, lo, lo, hi);
                lo++;
                j = lo;
            }
        }
        return lo;
    }

    /// <summary>Exchanges rows p and q, and columns p and q, from lo to hi.</summary>
    static void Exchange(ArrayView<T> h, Interleaved m, int p, int q, int lo, int hi)
    {
        for (var j = lo; j <= hi; j++) (h[m.At(p, j)], h[m.At(q, j)]) = (h[m.At(q, j)], h[m.At(p, j)]);
        for (var i = lo; i <= hi; i++) (h[m.At(i, p)], h[m.At(i, q)]) = (h[m.At(i, q)], h[m.At(i, p)]);
    }

    /// <summary>Whether neither sums overflow nor the smallest element, divided by the largest, comes near underflow.</summary>
    static bool IsFit(ArrayView<T> h, Interleaved m, int lo, int hi)
    {
        var largest = Largest(h, m, lo, hi);
        var smallest = largest;
        for (var i = lo; i <= hi; i++)
            for (var j = lo; j <= hi; j++)
            {
                var size = L.Abs(L.Of(h[m.At(i, j)]));
                smallest = L.Min(smallest, L.IfLess(L.Zero, size, size, largest));
            }
        return Compare<T, L>.Less(L.Literal(L.IsDouble ? 1e-30 : 1e-20), largest) & Compare<T, L>.Less(largest, L.Literal(L.IsDouble ? 1e250 : 1e30))
            & Compare<T, L>.Less(largest * Negligible, smallest);
    }

    /// <summary>Parlett and Reinsch's scaling, as in the lanes of the CPU; false where it comes to no end.</summary>
    static bool Balance(ArrayView<T> h, Interleaved m, int lo, int hi)
    {
        var changes = true;
        for (var round = 0; changes && round <= MostBalancings; round++)
        {
            changes = false;
            for (var i = lo; i <= hi; i++)
            {
                L row = L.Zero, column = L.Zero;
                for (var j = lo; j <= hi; j++)
                {
                    row += j == i ? L.Zero : L.Abs(L.Of(h[m.At(i, j)]));
                    column += j == i ? L.Zero : L.Abs(L.Of(h[m.At(j, i)]));
                }
                var exponent = L.Round((L.Exponent(L.Max(row, SmallestNormal)) - L.Exponent(L.Max(column, SmallestNormal))) * L.Half);
                L up = L.Pow2(exponent), down = L.Pow2(-exponent);
                var pays = Compare<T, L>.Less(SmallestNormal, L.Min(row, column))
                    & Compare<T, L>.Less(L.Fma(row, down, column * up), L.Literal(0.95) * (row + column));
                changes |= pays;
                for (var j = lo; pays && j <= hi; j++)
                {
                    h[m.At(i, j)] = (L.Of(h[m.At(i, j)]) * (j == i ? L.One : down)).Value;
                    h[m.At(j, i)] = (L.Of(h[m.At(j, i)]) * (j == i ? L.One : up)).Value;
                }
            }
        }
        return !changes;
    }

    /// <summary>A ← (I − βvvᵀ)A(I − βvvᵀ), column after column; v stands in the column that it reduces until it has been applied.</summary>
    static void Hessenberg(ArrayView<T> h, Interleaved m, int lo, int hi)
    {
        for (var k = lo; k < hi - 1; k++)
        {
            var rest = L.Zero;
            for (var i = k + 2; i <= hi; i++) rest = L.Fma(L.Of(h[m.At(i, k)]), L.Of(h[m.At(i, k)]), rest);
            if (Compare<T, L>.Less(Negligible, rest))
            {
                var alpha = L.Of(h[m.At(k + 1, k)]);
                var length = WithSign(L.Sqrt(L.Fma(alpha, alpha, rest)), alpha);
                var head = alpha + length;
                var beta = L.One / (length * head);
                h[m.At(k + 1, k)] = head.Value;
                // Four columns, then four rows at once: their elements are on their way together.
                var (v, order) = (m.At(k + 1, k), hi - k);
                var j = k + 1;
                for (; j + 3 <= hi; j += 4) Reflect4(h, m.At(k + 1, j), m.Down, m.Right, v, m.Down, beta, order);
                for (; j <= hi; j++) Reflect(h, m.At(k + 1, j), m.Down, v, m.Down, beta, order);
                for (j = lo; j + 3 <= hi; j += 4) Reflect4(h, m.At(j, k + 1), m.Right, m.Down, v, m.Down, beta, order);
                for (; j <= hi; j++) Reflect(h, m.At(j, k + 1), m.Right, v, m.Down, beta, order);
                h[v] = (-length).Value;
            }
            for (var i = k + 2; i <= hi; i++) h[m.At(i, k)] = L.Zero.Value;
        }
    }

    /// <summary>u ← u − βv(vᵀu), with steps from one element to the next.</summary>
    static void Reflect(ArrayView<T> h, int u, int stepOfU, int v, int stepOfV, L beta, int order)
    {
        var sum = L.Zero;
        for (var i = 0; i < order; i++) sum = L.Fma(L.Of(h[v + i * stepOfV]), L.Of(h[u + i * stepOfU]), sum);
        sum *= -beta;
        for (var i = 0; i < order; i++) h[u + i * stepOfU] = L.Fma(sum, L.Of(h[v + i * stepOfV]), L.Of(h[u + i * stepOfU])).Value;
    }

    /// <summary><see cref="Reflect"/> for four vectors that start <paramref name="apart"/>.</summary>
    static void Reflect4(ArrayView<T> h, int u, int stepOfU, int apart, int v, int stepOfV, L beta, int order)
    {
        L s0 = L.Zero, s1 = L.Zero, s2 = L.Zero, s3 = L.Zero;
        for (var i = 0; i < order; i++)
        {
            var (at, e) = (u + i * stepOfU, L.Of(h[v + i * stepOfV]));
            s0 = L.Fma(e, L.Of(h[at]), s0);
            s1 = L.Fma(e, L.Of(h[at + apart]), s1);
            s2 = L.Fma(e, L.Of(h[at + 2 * apart]), s2);
            s3 = L.Fma(e, L.Of(h[at + 3 * apart]), s3);
        }
        (s0, s1, s2, s3) = (s0 * -beta, s1 * -beta, s2 * -beta, s3 * -beta);
        for (var i = 0; i < order; i++)
        {
            var (at, e) = (u + i * stepOfU, L.Of(h[v + i * stepOfV]));
            L e0 = L.Of(h[at]), e1 = L.Of(h[at + apart]), e2 = L.Of(h[at + 2 * apart]), e3 = L.Of(h[at + 3 * apart]);
            h[at] = L.Fma(s0, e, e0).Value;
            h[at + apart] = L.Fma(s1, e, e1).Value;
            h[at + 2 * apart] = L.Fma(s2, e, e2).Value;
            h[at + 3 * apart] = L.Fma(s3, e, e3).Value;
        }
    }

    /// <summary>Double-shift QR until all blocks have deflated, from the end up; false where the sweeps are used up.</summary>
    static bool Francis(ArrayView<T> h, ArrayView<T> re, ArrayView<T> im, Interleaved m, int n, int lo, int hi, int mostSweeps)
    {
        var norm = Largest(h, m, lo, hi);
        var (end, attempts, sweeps, goes) = (hi, 0, 0, true);
        while (goes)
        {
            var start = Split(h, m, lo, end, norm);
            // All that deflates at once: a thread that deflates waits for those that sweep.
            while (end >= lo && start >= end - 1)
            {
                if (start == end) re[m.At(0, end)] = h[m.At(end, end)];
                else Pair(h, re, im, m, start);
                attempts = 0;
                end = start - 1;
                start = Split(h, m, lo, end, norm);
            }
            goes = end >= lo && sweeps < mostSweeps;
            attempts++;
            sweeps++;
            if (goes) Sweep(h, m, n, start, end, attempts);
        }
        return end < lo;
    }

    /// <summary>Where the last unreduced block starts; what is negligible before it becomes zero.</summary>
    static int Split(ArrayView<T> h, Interleaved m, int lo, int end, L norm)
    {
        var (start, isSplit) = (end, false);
        while (start > lo && !isSplit)
        {
            var size = L.Abs(L.Of(h[m.At(start - 1, start - 1)])) + L.Abs(L.Of(h[m.At(start, start)]));
            isSplit = !Compare<T, L>.Less(Epsilon * L.IfLess(L.Zero, size, size, norm), L.Abs(L.Of(h[m.At(start, start - 1)])));
            start = isSplit ? start : start - 1;
        }
        if (isSplit) h[m.At(start, start - 1)] = L.Zero.Value;
        return start;
    }

    /// <summary>Both eigenvalues of the block of order 2 that begins at (first, first).</summary>
    static void Pair(ArrayView<T> h, ArrayView<T> re, ArrayView<T> im, Interleaved m, int first)
    {
        L x = L.Of(h[m.At(first + 1, first + 1)]), w = L.Of(h[m.At(first + 1, first)]) * L.Of(h[m.At(first, first + 1)]);
        var p = (L.Of(h[m.At(first, first)]) - x) * L.Half;
        var discriminant = L.Fma(p, p, w);
        var root = L.Sqrt(L.Abs(discriminant));
        var z = p + WithSign(root, p);
        var isComplex = Compare<T, L>.Less(discriminant, L.Zero);
        var isNone = !Compare<T, L>.Less(L.Zero, L.Abs(z));
        re[m.At(0, first)] = (x + (isComplex ? p : z)).Value;
        re[m.At(0, first + 1)] = (isComplex ? x + p : isNone ? x : x - w / z).Value;
        im[m.At(0, first)] = isComplex ? root.Value : L.Zero.Value;
        im[m.At(0, first + 1)] = isComplex ? (-root).Value : L.Zero.Value;
    }

    /// <summary>One implicit sweep of the block from start to end, of order 3 at least.</summary>
    static void Sweep(ArrayView<T> h, Interleaved m, int n, int start, int end, int attempts)
    {
        // The shifts have the sum x + y and the product x·y − w; exceptional ones break cycles, at the end and at the start in turn.
        L x = L.Of(h[m.At(end, end)]), y = L.Of(h[m.At(end - 1, end - 1)]), w = L.Of(h[m.At(end, end - 1)]) * L.Of(h[m.At(end - 1, end)]);
        var isExceptional = attempts % 10 == 0;
        var corner = attempts % 20 == 0 ? start + 2 : end;
        var s = L.Abs(L.Of(h[m.At(corner, corner - 1)])) + L.Abs(L.Of(h[m.At(corner - 1, corner - 2)]));
        var exceptional = L.Fma(L.Literal(0.75), s, L.Of(h[m.At(corner, corner)]));
        x = isExceptional ? exceptional : x;
        y = isExceptional ? exceptional : y;
        w = isExceptional ? L.Literal(-0.4375) * s * s : w;
        // As in Eigenvalues.Shifts: of two real shifts the one nearer to the corner serves twice.
        var half = (y - x) * L.Half;
        var discriminant = L.Fma(half, half, w);
        if (!Compare<T, L>.Less(discriminant, L.Zero) && Compare<T, L>.Less(L.Zero, L.Abs(w)))
        {
            x -= w / (half + WithSign(L.Sqrt(discriminant), half));
            y = x;
            w = L.Zero;
        }
        // The first column of (H − σ₁)(H − σ₂), up to a factor.
        var z = L.Of(h[m.At(start, start)]);
        var p = ((x - z) * (y - z) - w) / L.Of(h[m.At(start + 1, start)]) + L.Of(h[m.At(start, start + 1)]);
        var q = L.Of(h[m.At(start + 1, start + 1)]) - z - (x - z) - (y - z);
        var r = L.Of(h[m.At(start + 2, start + 1)]);
        var unit = L.Abs(p) + L.Abs(q) + L.Abs(r);
        unit = L.One / L.IfLess(L.Zero, unit, unit, L.One);
        (p, q, r) = (p * unit, q * unit, r * unit);
        for (var k = 0; k < n - 1; k++)
            if (k >= start && k < end)
                Chase(h, m, k, start, end, p, q, r);
    }

    /// <summary>The reflector that takes the bulge out of column k − 1, or at the start of the block makes it: I − (x, y, z)ᵀ(1, q, r), on rows and then on
    /// columns from k to k + 2.</summary>
    static void Chase(ArrayView<T> h, Interleaved m, int k, int start, int end, L p, L q, L r)
    {
        var isInside = k > start;
        var bulge = m.At(k, isInside ? k - 1 : k);
        p = isInside ? L.Of(h[bulge]) : p;
        q = isInside ? L.Of(h[bulge + m.Down]) : q;
        // Behind the end of the block stands a zero, so that the last reflector changes two rows and columns alone.
        r = isInside ? L.Of(h[bulge + 2 * m.Down]) : r;
        var square = L.Fma(p, p, L.Fma(q, q, r * r));
        var isThere = Compare<T, L>.Less(Negligible, square);
        var s = WithSign(L.Sqrt(square), p);
        if (isInside)
        {
            h[bulge] = isThere ? (-s).Value : p.Value;
            h[bulge + m.Down] = L.Zero.Value;
            h[bulge + 2 * m.Down] = L.Zero.Value;
        }
        if (!isThere) return;
        var head = p + s;
        var inverse = L.One / (s * head);
        L overS = -head * inverse, overHead = s * inverse;
        L x = head * overS, y = q * overS, z = r * overS;
        (q, r) = (q * overHead, r * overHead);
        for (var j = k; j <= end; j++)
        {
            var at = m.At(k, j);
            L a = L.Of(h[at]), b = L.Of(h[at + m.Down]), c = L.Of(h[at + 2 * m.Down]);
            var sum = L.Fma(r, c, L.Fma(q, b, a));
            h[at] = L.Fma(sum, x, a).Value;
            h[at + m.Down] = L.Fma(sum, y, b).Value;
            h[at + 2 * m.Down] = L.Fma(sum, z, c).Value;
        }
        var last = k + 3 < end ? k + 3 : end;
        for (var i = start; i <= last; i++)
        {
            var at = m.At(i, k);
            L a = L.Of(h[at]), b = L.Of(h[at + m.Right]), c = L.Of(h[at + 2 * m.Right]);
            var sum = L.Fma(z, c, L.Fma(y, b, x * a));
            h[at] = (a + sum).Value;
            h[at + m.Right] = L.Fma(sum, q, b).Value;
            h[at + 2 * m.Right] = L.Fma(sum, r, c).Value;
        }
    }

    static L WithSign(L magnitude, L sign) => L.IfLess(sign, L.Zero, -magnitude, magnitude);
}
