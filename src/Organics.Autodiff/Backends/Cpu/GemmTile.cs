using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Organics.Backends;

/// <summary>
/// The inner loop of matrix products on the CPU, for programs that hold their matrices in memory of their own: tiles of four rows of A against panels of up to
/// <see cref="GemmTile.Vectors"/> SIMD vectors' width of B, all accumulators in registers. Every element is summed in the order of the depth, whatever the width
/// of a vector.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="S">A SIMD vector of numbers.</typeparam>
static class GemmTile<T, S>
    where T : unmanaged, IFloatingPointIeee754<T>
    where S : struct, ISimdReal<S, T>
{
    // One block of a panel, Depth × 4 vectors, stays in the first-level cache while the rows of A pass by.
    internal const int Depth = 128;

    /// <summary>Columns of a panel; the last panel of a matrix may be narrower by whole vectors.</summary>
    public static int PanelWidth => GemmTile.Vectors * S.Count;

    /// <summary>C[rows, columns] ← A·B, or added to it.</summary>
    /// <param name="a">The first element of A; its element (r, l) lies at r·rowA + l·stepA, so that a transposed matrix needs no copy.</param>
    /// <param name="rowA">Distance of A's rows.</param>
    /// <param name="stepA">Distance of the elements of one row of A.</param>
    /// <param name="b">The first element of B; row l of panel p begins at p·panelB + l·rowB.</param>
    /// <param name="rowB">Distance of B's rows within a panel.</param>
    /// <param name="panelB">Distance of B's panels: <see cref="PanelWidth"/> where B lies row by row, more where each panel lies by itself.</param>
    /// <param name="c">The first element of C.</param>
    /// <param name="rowC">Distance of C's rows.</param>
    /// <param name="rows">Rows of A and C.</param>
    /// <param name="columns">Columns of B and C, a multiple of the vector's width.</param>
    /// <param name="depth">Columns of A and rows of B.</param>
    /// <param name="add">Whether C is added to.</param>
    public static void Multiply(
        ref T a, nint rowA, nint stepA, ref T b, nint rowB, nint panelB, ref T c, nint rowC, int rows, int columns, int depth, bool add)
    {
        for (var l = 0; l < depth; l += Depth)
        {
            var d = Math.Min(Depth, depth - l);
            ref var al = ref Unsafe.Add(ref a, l * stepA);
            for (var (j, panel) = (0, (nint)0); j < columns; j += PanelWidth, panel++)
            {
                ref var bl = ref Unsafe.Add(ref b, panel * panelB + l * rowB);
                ref var cj = ref Unsafe.Add(ref c, j);
                switch (Math.Min(GemmTile.Vectors, (columns - j) / S.Count))
                {
                    case 1: Panel<GemmTile.One>(ref al, rowA, stepA, ref bl, rowB, ref cj, rowC, rows, d, add || l > 0); break;
                    case 2: Panel<GemmTile.Two>(ref al, rowA, stepA, ref bl, rowB, ref cj, rowC, rows, d, add || l > 0); break;
                    case 3: Panel<GemmTile.Three>(ref al, rowA, stepA, ref bl, rowB, ref cj, rowC, rows, d, add || l > 0); break;
                    default: Panel<GemmTile.Four>(ref al, rowA, stepA, ref bl, rowB, ref cj, rowC, rows, d, add || l > 0); break;
                }
            }
        }
    }

    static void Panel<V>(ref T a, nint rowA, nint stepA, ref T b, nint rowB, ref T c, nint rowC, int rows, int depth, bool add) where V : GemmTile.IVectors
    {
        for (nint i = 0; i < rows; i += 4)
            Rows<V>(ref Unsafe.Add(ref a, i * rowA), rowA, stepA, (int)Math.Min(4, rows - i), ref b, rowB, ref Unsafe.Add(ref c, i * rowC), rowC, depth, add);
    }

    internal static void Rows<V>(ref T a, nint rowA, nint stepA, int rows, ref T b, nint ldb, ref T c, nint ldc, int depth, bool add) where V : GemmTile.IVectors
    {
        if (rows == 4) Tile<V>(ref a, rowA, stepA, ref b, ldb, ref c, ldc, depth, add);
        else for (var r = 0; r < rows; r++) Row<V>(ref Unsafe.Add(ref a, r * rowA), stepA, ref b, ldb, ref Unsafe.Add(ref c, r * ldc), depth, add);
    }

    // Compiled well at once: a narrow last panel is too rarely met to earn it by its calls.
    // C[4, panel] (+)= A[4, depth]·B[depth, panel]; A's element (r, l) lies at r·rowA + l·stepA.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Tile<V>(ref T a, nint rowA, nint stepA, ref T b, nint ldb, ref T c, nint ldc, int depth, bool add) where V : GemmTile.IVectors
    {
        S c00 = S.Zero, c01 = S.Zero, c02 = S.Zero, c03 = S.Zero;
        S c10 = S.Zero, c11 = S.Zero, c12 = S.Zero, c13 = S.Zero;
        S c20 = S.Zero, c21 = S.Zero, c22 = S.Zero, c23 = S.Zero;
        S c30 = S.Zero, c31 = S.Zero, c32 = S.Zero, c33 = S.Zero;
        S b1 = S.Zero, b2 = S.Zero, b3 = S.Zero;
        ref var al = ref a;
        ref var bl = ref b;
        for (var l = 0; l < depth; l++)
        {
            var b0 = S.Load(in bl, 0);
            if (V.Count > 1) b1 = S.Load(in bl, S.Count);
            if (V.Count > 2) b2 = S.Load(in bl, 2 * S.Count);
            if (V.Count > 3) b3 = S.Load(in bl, 3 * S.Count);
            var x = S.Of(al);
            c00 = S.Fma(x, b0, c00);
            if (V.Count > 1) c01 = S.Fma(x, b1, c01);
            if (V.Count > 2) c02 = S.Fma(x, b2, c02);
            if (V.Count > 3) c03 = S.Fma(x, b3, c03);
            x = S.Of(Unsafe.Add(ref al, rowA));
            c10 = S.Fma(x, b0, c10);
            if (V.Count > 1) c11 = S.Fma(x, b1, c11);
            if (V.Count > 2) c12 = S.Fma(x, b2, c12);
            if (V.Count > 3) c13 = S.Fma(x, b3, c13);
            x = S.Of(Unsafe.Add(ref al, 2 * rowA));
            c20 = S.Fma(x, b0, c20);
            if (V.Count > 1) c21 = S.Fma(x, b1, c21);
            if (V.Count > 2) c22 = S.Fma(x, b2, c22);
            if (V.Count > 3) c23 = S.Fma(x, b3, c23);
            x = S.Of(Unsafe.Add(ref al, 3 * rowA));
            c30 = S.Fma(x, b0, c30);
            if (V.Count > 1) c31 = S.Fma(x, b1, c31);
            if (V.Count > 2) c32 = S.Fma(x, b2, c32);
            if (V.Count > 3) c33 = S.Fma(x, b3, c33);
            al = ref Unsafe.Add(ref al, stepA);
            bl = ref Unsafe.Add(ref bl, ldb);
        }
        Put<V>(c00, c01, c02, c03, ref c, add);
        Put<V>(c10, c11, c12, c13, ref Unsafe.Add(ref c, ldc), add);
        Put<V>(c20, c21, c22, c23, ref Unsafe.Add(ref c, 2 * ldc), add);
        Put<V>(c30, c31, c32, c33, ref Unsafe.Add(ref c, 3 * ldc), add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Row<V>(ref T a, nint stepA, ref T b, nint ldb, ref T c, int depth, bool add) where V : GemmTile.IVectors
    {
        S c0 = S.Zero, c1 = S.Zero, c2 = S.Zero, c3 = S.Zero;
        for (var l = 0; l < depth; l++)
        {
            ref var bl = ref Unsafe.Add(ref b, l * ldb);
            var x = S.Of(Unsafe.Add(ref a, l * stepA));
            c0 = S.Fma(x, S.Load(in bl, 0), c0);
            if (V.Count > 1) c1 = S.Fma(x, S.Load(in bl, S.Count), c1);
            if (V.Count > 2) c2 = S.Fma(x, S.Load(in bl, 2 * S.Count), c2);
            if (V.Count > 3) c3 = S.Fma(x, S.Load(in bl, 3 * S.Count), c3);
        }
        Put<V>(c0, c1, c2, c3, ref c, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put<V>(S c0, S c1, S c2, S c3, ref T c, bool add) where V : GemmTile.IVectors
    {
        if (add)
        {
            c0 += S.Load(in c, 0);
            if (V.Count > 1) c1 += S.Load(in c, S.Count);
            if (V.Count > 2) c2 += S.Load(in c, 2 * S.Count);
            if (V.Count > 3) c3 += S.Load(in c, 3 * S.Count);
        }
        S.Store(c0, ref c, 0);
        if (V.Count > 1) S.Store(c1, ref c, S.Count);
        if (V.Count > 2) S.Store(c2, ref c, 2 * S.Count);
        if (V.Count > 3) S.Store(c3, ref c, 3 * S.Count);
    }

    // c (+)= from, `width` numbers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Put(ref T from, ref T c, nint width, bool add)
    {
        if (width < S.Count)
        {
            for (nint j = 0; j < width; j++) Unsafe.Add(ref c, j) = add ? Unsafe.Add(ref c, j) + Unsafe.Add(ref from, j) : Unsafe.Add(ref from, j);
            return;
        }
        // The last vector overlaps the one before it, so its sum is taken before that one is stored.
        var end = width - S.Count;
        var last = S.Load(in from, end);
        if (add) last += S.Load(in c, end);
        for (nint j = 0; j < end; j += S.Count) S.Store(add ? S.Load(in c, j) + S.Load(in from, j) : S.Load(in from, j), ref c, j);
        S.Store(last, ref c, end);
    }
}

/// <summary>How many vectors wide a panel is, as a type: the compiler drops the accumulators that are not there.</summary>
static class GemmTile
{
    /// <summary>
    /// Vectors that a panel is wide. Four rows of four are 16 accumulators, beside four vectors of B and one of A: too many for the 16 registers of x86 without
    /// AVX-512, where 12 accumulators, 3 and 1 are exactly as many as there are.
    /// </summary>
    public static int Vectors { get; } = X86Base.IsSupported && !Avx512F.VL.IsSupported ? 3 : 4;

    internal interface IVectors
    {
        static abstract int Count { get; }
    }

    internal readonly struct One : IVectors
    {
        public static int Count => 1;
    }

    internal readonly struct Two : IVectors
    {
        public static int Count => 2;
    }

    internal readonly struct Three : IVectors
    {
        public static int Count => 3;
    }

    internal readonly struct Four : IVectors
    {
        public static int Count => 4;
    }
}
