using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Organics;

// Householder reduction to Hessenberg form, and implicit double-shift QR (Francis, Computer Journal 4, 1961–62; Golub & Van Loan, 4th ed., §7.4–7.5).
public static partial class Eigenvalues
{
    /// <summary>Householder reduction of a whole matrix in place; row k of <paramref name="reflectors"/> gets β at k and v behind it, which are 0 where
    /// nothing was to be done.</summary>
    internal static void Hessenberg(Span<double> matrix, int n, Span<double> reflectors)
    {
        ref var origin = ref MemoryMarshal.GetReference(matrix);
        if (Vector512.IsHardwareAccelerated && n >= 24) Hessenberg<Simd512<double>>(ref origin, n, 0, n - 1, new double[2 * n], reflectors);
        else Hessenberg<Simd256<double>>(ref origin, n, 0, n - 1, new double[2 * n], reflectors);
    }

    internal static (int Stuck, int Sweeps, double Dropped) Reduce<P>(Span<double> h, int n, int lo, int hi, Span<double> re, Span<double> im, Span<double> work)
        where P : unmanaged, ISimdReal<P, double>
    {
        ref var origin = ref MemoryMarshal.GetReference(h);
        Hessenberg<P>(ref origin, n, lo, hi, work, []);
        return Francis<P>(ref origin, n, lo, hi, re, im);
    }

    /// <summary>A ← (I − βvvᵀ)A(I − βvvᵀ), column after column, on the window [lo, hi]; row k of <paramref name="reflectors"/>, if they are wanted, gets β
    /// at k and v behind it.</summary>
    static void Hessenberg<P>(ref double h, int n, int lo, int hi, Span<double> work, Span<double> reflectors) where P : unmanaged, ISimdReal<P, double>
    {
        ref var v = ref MemoryMarshal.GetReference(work);
        ref var w = ref Unsafe.Add(ref v, n);
        for (var k = lo; k < hi - 1; k++)
        {
            var first = k + 1;
            double scale = 0;
            for (var i = first + 1; i <= hi; i++) scale = Math.Max(scale, Math.Abs(Unsafe.Add(ref h, i * n + k)));
            if (scale == 0) continue;
            scale = Math.Max(scale, Math.Abs(Unsafe.Add(ref h, first * n + k)));
            double length = 0;
            for (var i = first; i <= hi; i++)
            {
                var e = Unsafe.Add(ref h, i * n + k) / scale;
                Unsafe.Add(ref v, i) = e;
                length += e * e;
                Unsafe.Add(ref h, i * n + k) = 0;
            }
            length = Math.CopySign(Math.Sqrt(length), Unsafe.Add(ref v, first));
            Unsafe.Add(ref h, first * n + k) = -length * scale;
            Unsafe.Add(ref v, first) += length;
            var beta = 1 / (length * Unsafe.Add(ref v, first));
            if (!reflectors.IsEmpty)
            {
                reflectors[k * n + k] = beta;
                work[first..(hi + 1)].CopyTo(reflectors[(k * n + first)..]);
            }

            // Rows: w = β·Aᵀv, then A −= v·wᵀ.
            var count = hi + 1 - first;
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref w, first), count).Clear();
            for (var i = first; i <= hi; i++)
                AddScaled<P>(beta * Unsafe.Add(ref v, i), ref Unsafe.Add(ref h, i * n + first), ref Unsafe.Add(ref w, first), count);
            for (var i = first; i <= hi; i++)
                AddScaled<P>(-Unsafe.Add(ref v, i), ref Unsafe.Add(ref w, first), ref Unsafe.Add(ref h, i * n + first), count);
            // Columns: A −= β(A·v)vᵀ.
            for (var i = lo; i <= hi; i++)
            {
                ref var row = ref Unsafe.Add(ref h, i * n + first);
                AddScaled<P>(-beta * Dot(ref row, ref Unsafe.Add(ref v, first), count), ref Unsafe.Add(ref v, first), ref row, count);
            }
        }
    }

    /// <summary>Double-shift QR sweeps on the Hessenberg window [lo, hi], one or two eigenvalues deflating at a time from its end.</summary>
    static (int Stuck, int Sweeps, double Dropped) Francis<P>(ref double h, int n, int lo, int hi, Span<double> re, Span<double> im)
        where P : unmanaged, ISimdReal<P, double>
    {
        double norm = 0, dropped = 0;
        for (var i = lo; i <= hi; i++)
            for (var j = Math.Max(lo, i - 1); j <= hi; j++) norm = Math.Max(norm, Math.Abs(Unsafe.Add(ref h, i * n + j)));
        var (end, sweeps, attempts) = (hi, 0, 0);
        while (end >= lo)
        {
            var start = end;
            for (; start > lo; start--)
            {
                ref var below = ref Unsafe.Add(ref h, start * n + start - 1);
                var size = Math.Abs(Unsafe.Add(ref h, (start - 1) * (n + 1))) + Math.Abs(Unsafe.Add(ref h, start * (n + 1)));
                if (Math.Abs(below) > Math.Max(Epsilon * (size == 0 ? norm : size), Negligible)) continue;
                dropped += below * below;
                below = 0;
                break;
            }
            var x = Unsafe.Add(ref h, end * (n + 1));
            if (start == end)
            {
                (re[end], im[end]) = (x, 0);
                end--;
                attempts = 0;
                continue;
            }
            var y = Unsafe.Add(ref h, (end - 1) * (n + 1));
            var w = Unsafe.Add(ref h, end * n + end - 1) * Unsafe.Add(ref h, (end - 1) * n + end);
            if (start == end - 1)
            {
                Pair(x, y, w, out re[end - 1], out im[end - 1], out re[end], out im[end]);
                end -= 2;
                attempts = 0;
                continue;
            }
            if (sweeps == MostSweeps(n)) return (end, sweeps, dropped);
            attempts++;
            sweeps++;
            var second = start + 2;
            (x, y, w) = Shifts(
                attempts, x, y, w, (x, Unsafe.Add(ref h, end * n + end - 1), Unsafe.Add(ref h, (end - 1) * n + end - 2)),
                (Unsafe.Add(ref h, second * (n + 1)), Unsafe.Add(ref h, second * n + second - 1), Unsafe.Add(ref h, (second - 1) * n + second - 2)));
            Sweep<P>(ref h, n, start, end, x, y, w);
        }
        return (-1, sweeps, dropped);
    }

    /// <summary>
    /// The shifts of a sweep, with sum x + y and product x·y − w: the eigenvalues of the last 2 × 2 block [[y, ·], [·, x]] whose off-diagonal product is w,
    /// unless they failed often. For then, a diagonal entry and the two subdiagonal entries up from it are given, at the end and at the start of the window.
    /// </summary>
    static (double X, double Y, double W) Shifts(int attempts, double x, double y, double w, (double Diagonal, double Below, double Above) end, (double Diagonal, double Below, double Above) start)
    {
        if (attempts % 10 == 0)
        {
            var (diagonal, below, above) = attempts % 20 == 0 ? start : end;
            return Exceptional(diagonal, below, above);
        }
        if ((y - x) * (y - x) / 4 + w is var discriminant and >= 0 && w != 0)
        {
            // Of two real shifts the one nearer to the corner serves twice, as in LAPACK's dlahqr: both of them together can wander for ever.
            var half = (y - x) / 2;
            x -= w / (half + Math.CopySign(Math.Sqrt(discriminant), half));
            return (x, x, 0);
        }
        return (x, y, w);
    }

    /// <summary>Shifts that break the cycles ordinary ones can fall into.</summary>
    internal static (double X, double Y, double W) Exceptional(double diagonal, double below, double above)
    {
        var s = Math.Abs(below) + Math.Abs(above);
        return (0.75 * s + diagonal, 0.75 * s + diagonal, -0.4375 * s * s);
    }

    /// <summary>Eigenvalues of [[y, ·], [·, x]] whose off-diagonal product is w.</summary>
    internal static void Pair(double x, double y, double w, out double re1, out double im1, out double re2, out double im2)
    {
        var p = (y - x) / 2;
        var discriminant = p * p + w;
        if (discriminant < 0)
        {
            re1 = re2 = x + p;
            im1 = Math.Sqrt(-discriminant);
            im2 = -im1;
            return;
        }
        var z = p + Math.CopySign(Math.Sqrt(discriminant), p);
        re1 = x + z;
        re2 = z == 0 ? x : x - w / z;
        im1 = im2 = 0;
    }

    /// <summary>One implicit sweep with the shifts that have sum x + y and product x·y − w.</summary>
    static void Sweep<P>(ref double h, int n, int start, int end, double x, double y, double w) where P : unmanaged, ISimdReal<P, double>
    {
        // The first column of (H − σ₁)(H − σ₂), begun as low as two consecutive small subdiagonals allow.
        double p = 0, q = 0, r = 0;
        var m = end - 2;
        for (; m >= start; m--)
        {
            ref var d = ref Unsafe.Add(ref h, m * (n + 1));
            var z = d;
            var (toX, toY) = (x - z, y - z);
            p = (toX * toY - w) / Unsafe.Add(ref d, n) + Unsafe.Add(ref d, 1);
            q = Unsafe.Add(ref d, n + 1) - z - toX - toY;
            r = Unsafe.Add(ref d, 2 * n + 1);
            var s = Math.Abs(p) + Math.Abs(q) + Math.Abs(r);
            if (s > 0) (p, q, r) = (p / s, q / s, r / s);
            if (m == start) break;
            var before = Math.Abs(Unsafe.Add(ref d, -1)) * (Math.Abs(q) + Math.Abs(r));
            if (before <= Epsilon * Math.Abs(p) * (Math.Abs(Unsafe.Add(ref d, -n - 1)) + Math.Abs(z) + Math.Abs(Unsafe.Add(ref d, n + 1)))) break;
        }
        for (var k = m; k < end; k++)
        {
            var three = k < end - 1;
            ref var d = ref Unsafe.Add(ref h, k * (n + 1));
            double scale = 1;
            if (k > m)
            {
                (p, q, r) = (Unsafe.Add(ref d, -1), Unsafe.Add(ref d, n - 1), three ? Unsafe.Add(ref d, 2 * n - 1) : 0);
                scale = Math.Abs(p) + Math.Abs(q) + Math.Abs(r);
                if (scale == 0) continue;
                (p, q, r) = (p / scale, q / scale, r / scale);
            }
            else if (!three) r = 0;
            var s = Math.CopySign(Math.Sqrt(p * p + q * q + r * r), p);
            if (s == 0) continue;
            if (k > m)
            {
                Unsafe.Add(ref d, -1) = -s * scale;
                Unsafe.Add(ref d, n - 1) = 0;
                if (three) Unsafe.Add(ref d, 2 * n - 1) = 0;
            }
            else if (k > start) Unsafe.Add(ref d, -1) = -Unsafe.Add(ref d, -1);
            // The reflector I − (x,y,z)ᵀ(1,q,r).
            p += s;
            var (fx, fy, fz) = (p / s, q / s, r / s);
            q /= p;
            r /= p;
            Rows<P>(ref d, n, end - k + 1, three, q, r, fx, fy, fz);
            var last = Math.Min(end, k + 3);
            ref var row = ref Unsafe.Add(ref h, start * n + k);
            if (three)
                for (var i = start; i <= last; i++, row = ref Unsafe.Add(ref row, n))
                {
                    var sum = fx * row + fy * Unsafe.Add(ref row, 1) + fz * Unsafe.Add(ref row, 2);
                    row -= sum;
                    Unsafe.Add(ref row, 1) -= sum * q;
                    Unsafe.Add(ref row, 2) -= sum * r;
                }
            else
                for (var i = start; i <= last; i++, row = ref Unsafe.Add(ref row, n))
                {
                    var sum = fx * row + fy * Unsafe.Add(ref row, 1);
                    row -= sum;
                    Unsafe.Add(ref row, 1) -= sum * q;
                }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Rows<P>(ref double r0, int n, int count, bool three, double q, double r, double x, double y, double z) where P : unmanaged, ISimdReal<P, double>
    {
        ref var r1 = ref Unsafe.Add(ref r0, n);
        ref var r2 = ref Unsafe.Add(ref r1, three ? n : 0);
        var c = 0;
        if (three)
        {
            var (vq, vr, vx, vy, vz) = (P.Of(q), P.Of(r), P.Of(-x), P.Of(-y), P.Of(-z));
            for (; c + P.Count <= count; c += P.Count)
            {
                var (e0, e1, e2) = (P.Load(in r0, c), P.Load(in r1, c), P.Load(in r2, c));
                var sum = P.Fma(vr, e2, P.Fma(vq, e1, e0));
                P.Store(P.Fma(sum, vx, e0), ref r0, c);
                P.Store(P.Fma(sum, vy, e1), ref r1, c);
                P.Store(P.Fma(sum, vz, e2), ref r2, c);
            }
        }
        // Elements beyond the last whole vector get the arithmetic of those within: where that ends is the processor's.
        for (; three && c < count; c++)
        {
            ref double e0 = ref Unsafe.Add(ref r0, c), e1 = ref Unsafe.Add(ref r1, c), e2 = ref Unsafe.Add(ref r2, c);
            var sum = Math.FusedMultiplyAdd(r, e2, Math.FusedMultiplyAdd(q, e1, e0));
            e0 = Math.FusedMultiplyAdd(sum, -x, e0);
            e1 = Math.FusedMultiplyAdd(sum, -y, e1);
            e2 = Math.FusedMultiplyAdd(sum, -z, e2);
        }
        for (; c < count; c++)
        {
            var sum = Unsafe.Add(ref r0, c) + q * Unsafe.Add(ref r1, c);
            Unsafe.Add(ref r0, c) -= sum * x;
            Unsafe.Add(ref r1, c) -= sum * y;
        }
    }

    /// <summary>v ← v + factor·u.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddScaled<P>(double factor, ref double u, ref double v, int count) where P : unmanaged, ISimdReal<P, double>
    {
        var f = P.Of(factor);
        var c = 0;
        for (; c + P.Count <= count; c += P.Count) P.Store(P.Fma(f, P.Load(in u, c), P.Load(in v, c)), ref v, c);
        for (; c < count; c++) Unsafe.Add(ref v, c) = Math.FusedMultiplyAdd(factor, Unsafe.Add(ref u, c), Unsafe.Add(ref v, c));
    }

    // The width of the vectors is the order of the sum, so it is the same on every processor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double Dot(ref double u, ref double v, int count)
    {
        var sum = Simd512<double>.Zero;
        var c = 0;
        for (; c + Simd512<double>.Count <= count; c += Simd512<double>.Count) sum = Simd512<double>.Fma(Simd512<double>.Load(in u, c), Simd512<double>.Load(in v, c), sum);
        var total = Simd512<double>.Sum(sum);
        for (; c < count; c++) total += Unsafe.Add(ref u, c) * Unsafe.Add(ref v, c);
        return total;
    }
}
