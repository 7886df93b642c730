using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>
/// Several samples side by side, one in each lane of a vector: element i of all of them is one vector, so that a matrix that all share meets them in one
/// product, and what is computed for one sample never depends on another.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="S">A SIMD vector of numbers.</typeparam>
static class Lanes<T, S>
    where T : unmanaged, IFloatingPointIeee754<T>
    where S : unmanaged, ISimdReal<S, T>
{
    const int Tile = 8;

    /// <summary>Vectors of n elements for each lane, one after the other in the scratch.</summary>
    public readonly ref struct Vectors(ref T scratch, int n)
    {
        readonly ref T _first = ref scratch;
        readonly nint _size = n * S.Count;

        /// <summary>The first element of a vector.</summary>
        public ref T this[int k] => ref Unsafe.Add(ref _first, k * _size);
    }

    /// <summary>Reads rows of n elements, at most one for each lane; lanes beyond repeat the first row.</summary>
    public static void Gather(ReadOnlySpan<T> rows, int n, ref T to)
    {
        for (var lane = 0; lane < S.Count; lane++)
        {
            ref var row = ref Unsafe.Add(ref MemoryMarshal.GetReference(rows), (nint)lane * n < rows.Length ? lane * n : 0);
            for (nint i = 0; i < n; i++) Unsafe.Add(ref to, i * S.Count + lane) = Unsafe.Add(ref row, i);
        }
    }

    /// <summary>Writes one lane to a row.</summary>
    public static void Scatter(ref T from, int lane, Span<T> row)
    {
        for (var i = 0; i < row.Length; i++) row[i] = Unsafe.Add(ref from, (nint)i * S.Count + lane);
    }

    /// <summary>to = A·x, or Aᵀ·x, in every lane, for a row-major n × n matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(ReadOnlySpan<T> matrix, bool transposed, int n, ref T x, ref T to)
    {
        nint row = transposed ? 1 : n, column = transposed ? n : 1, step = S.Count, last = n - 1;
        for (nint i = 0; i < n; i += Tile)
        {
            // The last tile repeats its last row instead of being a smaller one.
            nint i1 = Math.Min(i + 1, last), i2 = Math.Min(i + 2, last), i3 = Math.Min(i + 3, last), i4 = Math.Min(i + 4, last);
            nint i5 = Math.Min(i + 5, last), i6 = Math.Min(i + 6, last), i7 = Math.Min(i + 7, last);
            nint o1 = (i1 - i) * row, o2 = (i2 - i) * row, o3 = (i3 - i) * row, o4 = (i4 - i) * row, o5 = (i5 - i) * row, o6 = (i6 - i) * row,
                o7 = (i7 - i) * row;
            S s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero, s4 = S.Zero, s5 = S.Zero, s6 = S.Zero, s7 = S.Zero;
            ref var a = ref Unsafe.Add(ref MemoryMarshal.GetReference(matrix), i * row);
            ref var from = ref x;
            for (nint l = 0; l < n; l++)
            {
                var v = S.Load(in from, 0);
                s0 = S.Fma(S.Of(a), v, s0);
                s1 = S.Fma(S.Of(Unsafe.Add(ref a, o1)), v, s1);
                s2 = S.Fma(S.Of(Unsafe.Add(ref a, o2)), v, s2);
                s3 = S.Fma(S.Of(Unsafe.Add(ref a, o3)), v, s3);
                s4 = S.Fma(S.Of(Unsafe.Add(ref a, o4)), v, s4);
                s5 = S.Fma(S.Of(Unsafe.Add(ref a, o5)), v, s5);
                s6 = S.Fma(S.Of(Unsafe.Add(ref a, o6)), v, s6);
                s7 = S.Fma(S.Of(Unsafe.Add(ref a, o7)), v, s7);
                a = ref Unsafe.Add(ref a, column);
                from = ref Unsafe.Add(ref from, step);
            }
            S.Store(s0, ref to, i * step);
            S.Store(s1, ref to, i1 * step);
            S.Store(s2, ref to, i2 * step);
            S.Store(s3, ref to, i3 * step);
            S.Store(s4, ref to, i4 * step);
            S.Store(s5, ref to, i5 * step);
            S.Store(s6, ref to, i6 * step);
            S.Store(s7, ref to, i7 * step);
        }
    }

    /// <summary>y ← y + weight·x in every lane.</summary>
    public static void Add(S weight, ref T x, ref T y, int n)
    {
        nint step = S.Count, size = n * step;
        for (nint i = 0; i < size; i += step) S.Store(S.Fma(weight, S.Load(in x, i), S.Load(in y, i)), ref y, i);
    }

    /// <summary>x·z and y·z in every lane. Sums of four interleaved parts hide the latency of addition.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (S X, S Y) Dot(ref T x, ref T y, ref T z, int n)
    {
        S x0 = S.Zero, x1 = S.Zero, x2 = S.Zero, x3 = S.Zero, y0 = S.Zero, y1 = S.Zero, y2 = S.Zero, y3 = S.Zero;
        nint i = 0, step = S.Count, end = n * step;
        for (; i + 4 * step <= end; i += 4 * step)
        {
            S z0 = S.Load(in z, i), z1 = S.Load(in z, i + step), z2 = S.Load(in z, i + 2 * step), z3 = S.Load(in z, i + 3 * step);
            x0 = S.Fma(S.Load(in x, i), z0, x0);
            y0 = S.Fma(S.Load(in y, i), z0, y0);
            x1 = S.Fma(S.Load(in x, i + step), z1, x1);
            y1 = S.Fma(S.Load(in y, i + step), z1, y1);
            x2 = S.Fma(S.Load(in x, i + 2 * step), z2, x2);
            y2 = S.Fma(S.Load(in y, i + 2 * step), z2, y2);
            x3 = S.Fma(S.Load(in x, i + 3 * step), z3, x3);
            y3 = S.Fma(S.Load(in y, i + 3 * step), z3, y3);
        }
        for (; i < end; i += step)
        {
            x0 = S.Fma(S.Load(in x, i), S.Load(in z, i), x0);
            y0 = S.Fma(S.Load(in y, i), S.Load(in z, i), y0);
        }
        return (x0 + x1 + (x2 + x3), y0 + y1 + (y2 + y3));
    }
}
