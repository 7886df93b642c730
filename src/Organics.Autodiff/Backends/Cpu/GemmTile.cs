using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics.Backends;

/// <summary>
/// The inner loop of matrix products on the CPU, for programs that hold their matrices in memory of their own: tiles of a few rows of A against panels of a few
/// SIMD vectors' width of B, the sums in registers. With 32 registers there are sixteen sums, four rows by four vectors; with 16 there are twelve, six rows by
/// two, which leave room for a row of B and a number of A. Every element is summed in the order of the depth, whatever the tile and the width of a vector.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="S">A SIMD vector of numbers.</typeparam>
static class GemmTile<T, S>
    where T : unmanaged, IFloatingPointIeee754<T>
    where S : struct, ISimdReal<S, T>
{
    // One block of a panel, Depth × its width, stays in the first-level cache while the rows of A pass by.
    internal const int Depth = 128;

    /// <summary>Rows of a tile.</summary>
    public static int RowCount => S.Registers >= 32 ? 4 : 6;

    /// <summary>Columns of a panel; the last panel of a matrix may be narrower by whole vectors.</summary>
    public static int PanelWidth => (S.Registers >= 32 ? 4 : 2) * S.Count;

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
                Panel((columns - j) / S.Count, ref al, rowA, stepA, rows, ref Unsafe.Add(ref b, panel * panelB + l * rowB), rowB, ref Unsafe.Add(ref c, j), rowC, d, add || l > 0);
        }
    }

    /// <summary>Rows of A against one panel, of as many vectors as it has and there are.</summary>
    internal static void Panel(int vectors, ref T a, nint rowA, nint stepA, int rows, ref T b, nint ldb, ref T c, nint ldc, int depth, bool add)
    {
        if (S.Registers >= 32)
        {
            switch (vectors)
            {
                case 1: Rows<GemmTile.One>(ref a, rowA, stepA, rows, ref b, ldb, ref c, ldc, depth, add); break;
                case 2: Rows<GemmTile.Two>(ref a, rowA, stepA, rows, ref b, ldb, ref c, ldc, depth, add); break;
                case 3: Rows<GemmTile.Three>(ref a, rowA, stepA, rows, ref b, ldb, ref c, ldc, depth, add); break;
                default: Rows<GemmTile.Four>(ref a, rowA, stepA, rows, ref b, ldb, ref c, ldc, depth, add); break;
            }
        }
        else if (vectors == 1) Rows<GemmTile.One>(ref a, rowA, stepA, rows, ref b, ldb, ref c, ldc, depth, add);
        else Rows<GemmTile.Two>(ref a, rowA, stepA, rows, ref b, ldb, ref c, ldc, depth, add);
    }

    static void Rows<V>(ref T a, nint rowA, nint stepA, int rows, ref T b, nint ldb, ref T c, nint ldc, int depth, bool add) where V : GemmTile.ICount
    {
        for (var i = 0; i < rows;)
        {
            ref var ai = ref Unsafe.Add(ref a, i * rowA);
            ref var ci = ref Unsafe.Add(ref c, i * ldc);
            var left = rows - i;
            // Six by six, but for a rest of four or eight, whose tiles of four wait less for their sums than one of two would.
            var count = RowCount == 6 && left >= 6 && left != 8 ? 6 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
            switch (count)
            {
                case 1: Tile<GemmTile.One, V>(ref ai, rowA, stepA, ref b, ldb, ref ci, ldc, depth, add); break;
                case 2: Tile<GemmTile.Two, V>(ref ai, rowA, stepA, ref b, ldb, ref ci, ldc, depth, add); break;
                case 4: Tile<GemmTile.Four, V>(ref ai, rowA, stepA, ref b, ldb, ref ci, ldc, depth, add); break;
                default: Tile<GemmTile.Six, V>(ref ai, rowA, stepA, ref b, ldb, ref ci, ldc, depth, add); break;
            }
            i += count;
        }
    }

    // Compiled well at once: a narrow last panel is too rarely met to earn it by its calls.
    // C[rows, panel] (+)= A[rows, depth]·B[depth, panel]; A's element (r, l) lies at r·rowA + l·stepA.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Tile<R, V>(ref T a, nint rowA, nint stepA, ref T b, nint ldb, ref T c, nint ldc, int depth, bool add)
        where R : GemmTile.ICount
        where V : GemmTile.ICount
    {
        S c00 = S.Zero, c01 = S.Zero, c02 = S.Zero, c03 = S.Zero;
        S c10 = S.Zero, c11 = S.Zero, c12 = S.Zero, c13 = S.Zero;
        S c20 = S.Zero, c21 = S.Zero, c22 = S.Zero, c23 = S.Zero;
        S c30 = S.Zero, c31 = S.Zero, c32 = S.Zero, c33 = S.Zero;
        S c40 = S.Zero, c41 = S.Zero, c42 = S.Zero, c43 = S.Zero;
        S c50 = S.Zero, c51 = S.Zero, c52 = S.Zero, c53 = S.Zero;
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
            if (R.Count > 1)
            {
                x = S.Of(Unsafe.Add(ref al, rowA));
                c10 = S.Fma(x, b0, c10);
                if (V.Count > 1) c11 = S.Fma(x, b1, c11);
                if (V.Count > 2) c12 = S.Fma(x, b2, c12);
                if (V.Count > 3) c13 = S.Fma(x, b3, c13);
            }
            if (R.Count > 2)
            {
                x = S.Of(Unsafe.Add(ref al, 2 * rowA));
                c20 = S.Fma(x, b0, c20);
                if (V.Count > 1) c21 = S.Fma(x, b1, c21);
                if (V.Count > 2) c22 = S.Fma(x, b2, c22);
                if (V.Count > 3) c23 = S.Fma(x, b3, c23);
            }
            if (R.Count > 3)
            {
                x = S.Of(Unsafe.Add(ref al, 3 * rowA));
                c30 = S.Fma(x, b0, c30);
                if (V.Count > 1) c31 = S.Fma(x, b1, c31);
                if (V.Count > 2) c32 = S.Fma(x, b2, c32);
                if (V.Count > 3) c33 = S.Fma(x, b3, c33);
            }
            if (R.Count > 4)
            {
                x = S.Of(Unsafe.Add(ref al, 4 * rowA));
                c40 = S.Fma(x, b0, c40);
                if (V.Count > 1) c41 = S.Fma(x, b1, c41);
                if (V.Count > 2) c42 = S.Fma(x, b2, c42);
                if (V.Count > 3) c43 = S.Fma(x, b3, c43);
            }
            if (R.Count > 5)
            {
                x = S.Of(Unsafe.Add(ref al, 5 * rowA));
                c50 = S.Fma(x, b0, c50);
                if (V.Count > 1) c51 = S.Fma(x, b1, c51);
                if (V.Count > 2) c52 = S.Fma(x, b2, c52);
                if (V.Count > 3) c53 = S.Fma(x, b3, c53);
            }
            al = ref Unsafe.Add(ref al, stepA);
            bl = ref Unsafe.Add(ref bl, ldb);
        }
        Put<V>(c00, c01, c02, c03, ref c, add);
        if (R.Count > 1) Put<V>(c10, c11, c12, c13, ref Unsafe.Add(ref c, ldc), add);
        if (R.Count > 2) Put<V>(c20, c21, c22, c23, ref Unsafe.Add(ref c, 2 * ldc), add);
        if (R.Count > 3) Put<V>(c30, c31, c32, c33, ref Unsafe.Add(ref c, 3 * ldc), add);
        if (R.Count > 4) Put<V>(c40, c41, c42, c43, ref Unsafe.Add(ref c, 4 * ldc), add);
        if (R.Count > 5) Put<V>(c50, c51, c52, c53, ref Unsafe.Add(ref c, 5 * ldc), add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put<V>(S c0, S c1, S c2, S c3, ref T c, bool add) where V : GemmTile.ICount
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

/// <summary>How many rows or vectors a tile has, as a type: the compiler drops the sums that are not there.</summary>
static class GemmTile
{
    internal interface ICount
    {
        static abstract int Count { get; }
    }

    internal readonly struct One : ICount
    {
        public static int Count => 1;
    }

    internal readonly struct Two : ICount
    {
        public static int Count => 2;
    }

    internal readonly struct Three : ICount
    {
        public static int Count => 3;
    }

    internal readonly struct Four : ICount
    {
        public static int Count => 4;
    }

    internal readonly struct Six : ICount
    {
        public static int Count => 6;
    }
}
