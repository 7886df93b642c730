using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Organics;

/// <summary>Products of a dense row-major matrix and a vector, with vector registers and without allocation.</summary>
public static class Gemv
{
    /// <summary>y = A·x. The result must not overlap an input.</summary>
    /// <param name="a">A, rows × columns, row-major.</param>
    /// <param name="x">x, as many elements as A has columns.</param>
    /// <param name="y">Out: as many elements as A has rows.</param>
    /// <exception cref="ArgumentException">A does not hold y.Length × x.Length elements.</exception>
    public static void Multiply<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(a.Length, y.Length, x.Length);
        ref var origin = ref MemoryMarshal.GetReference(a);
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var to = ref MemoryMarshal.GetReference(y);
        // The length alone decides, not the processor: the width of the vectors is the order of the sums.
        if (x.Length >= Simd512<T>.Count) Multiply<T, Simd512<T>>(ref origin, ref from, x.Length, ref to, y.Length);
        else if (x.Length >= Simd256<T>.Count) Multiply<T, Simd256<T>>(ref origin, ref from, x.Length, ref to, y.Length);
        else
            for (var i = 0; i < y.Length; i++)
            {
                var sum = T.Zero;
                for (var j = 0; j < x.Length; j++) sum += a[i * x.Length + j] * x[j];
                y[i] = sum;
            }
    }

    /// <summary>y = Aᵀ·x. The result must not overlap an input.</summary>
    /// <param name="a">A, rows × columns, row-major.</param>
    /// <param name="x">x, as many elements as A has rows.</param>
    /// <param name="y">Out: as many elements as A has columns.</param>
    /// <exception cref="ArgumentException">A does not hold x.Length × y.Length elements.</exception>
    public static void MultiplyTransposed<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(a.Length, x.Length, y.Length);
        ref var origin = ref MemoryMarshal.GetReference(a);
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var to = ref MemoryMarshal.GetReference(y);
        if (Vector512.IsHardwareAccelerated && y.Length >= Simd512<T>.Count)
            MultiplyTransposed<T, Simd512<T>>(ref origin, ref from, x.Length, ref to, y.Length);
        else if (y.Length >= Simd256<T>.Count) MultiplyTransposed<T, Simd256<T>>(ref origin, ref from, x.Length, ref to, y.Length);
        else
        {
            y.Clear();
            for (var i = 0; i < x.Length; i++)
                for (var j = 0; j < y.Length; j++) y[j] = T.FusedMultiplyAdd(x[i], a[i * y.Length + j], y[j]);
        }
    }

    static void Check(int length, int rows, int columns)
    {
        if (length != rows * columns)
            throw new ArgumentException($"The matrix span holds {length} elements; the vectors ask for {rows} × {columns}.");
    }

    static void Multiply<T, P>(ref T a, ref T x, int columns, ref T y, int rows)
        where T : unmanaged, IFloatingPointIeee754<T>
        where P : unmanaged, ISimdReal<P, T>
    {
        // The last vector overlaps the one before it; its lanes that were already counted meet zeros.
        var whole = columns / P.Count * P.Count;
        nint last = columns - P.Count;
        var tail = whole == columns ? P.Zero : P.From(P.Load(in x, last), (int)(whole - last));
        var i = 0;
        for (; i + 4 <= rows; i += 4)
        {
            ref var r0 = ref Unsafe.Add(ref a, (nint)i * columns);
            ref var r1 = ref Unsafe.Add(ref r0, columns);
            ref var r2 = ref Unsafe.Add(ref r1, columns);
            ref var r3 = ref Unsafe.Add(ref r2, columns);
            var s0 = tail * P.Load(in r0, last);
            var s1 = tail * P.Load(in r1, last);
            var s2 = tail * P.Load(in r2, last);
            var s3 = tail * P.Load(in r3, last);
            for (nint c = 0; c < whole; c += P.Count)
            {
                var v = P.Load(in x, c);
                s0 = P.Fma(v, P.Load(in r0, c), s0);
                s1 = P.Fma(v, P.Load(in r1, c), s1);
                s2 = P.Fma(v, P.Load(in r2, c), s2);
                s3 = P.Fma(v, P.Load(in r3, c), s3);
            }
            Unsafe.Add(ref y, i) = P.Sum(s0);
            Unsafe.Add(ref y, i + 1) = P.Sum(s1);
            Unsafe.Add(ref y, i + 2) = P.Sum(s2);
            Unsafe.Add(ref y, i + 3) = P.Sum(s3);
        }
        for (; i < rows; i++)
        {
            ref var row = ref Unsafe.Add(ref a, (nint)i * columns);
            var sum = tail * P.Load(in row, last);
            for (nint c = 0; c < whole; c += P.Count) sum = P.Fma(P.Load(in x, c), P.Load(in row, c), sum);
            Unsafe.Add(ref y, i) = P.Sum(sum);
        }
    }

    static void MultiplyTransposed<T, P>(ref T a, ref T x, int rows, ref T y, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
        where P : unmanaged, ISimdReal<P, T>
    {
        nint c = 0;
        for (; c + 4 * P.Count <= columns; c += 4 * P.Count) Four(ref a, ref y, c, c + P.Count, c + 2 * P.Count, c + 3 * P.Count, ref x);
        if (c == columns) return;
        // The remaining vectors, the last of them moved left to end with the row: what it computes twice is the same.
        nint last = columns - P.Count;
        Four(ref a, ref y, Math.Min(c, last), Math.Min(c + P.Count, last), Math.Min(c + 2 * P.Count, last), last, ref x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        void Four(ref T a, ref T y, nint c0, nint c1, nint c2, nint c3, ref T x)
        {
            var (s0, s1, s2, s3) = (P.Zero, P.Zero, P.Zero, P.Zero);
            ref var row = ref a;
            for (var i = 0; i < rows; i++, row = ref Unsafe.Add(ref row, columns))
            {
                var v = P.Of(Unsafe.Add(ref x, i));
                s0 = P.Fma(v, P.Load(in row, c0), s0);
                s1 = P.Fma(v, P.Load(in row, c1), s1);
                s2 = P.Fma(v, P.Load(in row, c2), s2);
                s3 = P.Fma(v, P.Load(in row, c3), s3);
            }
            P.Store(s0, ref y, c0);
            P.Store(s1, ref y, c1);
            P.Store(s2, ref y, c2);
            P.Store(s3, ref y, c3);
        }
    }
}
