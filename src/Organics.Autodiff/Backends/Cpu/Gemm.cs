using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>
/// Matrix products: panels of four SIMD vectors' width of B against tiles of four rows of A, sixteen accumulators in registers
/// (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34, 2008).
/// </summary>
sealed partial class CpuBackend<T, L, S>
{
    // One block of a panel, Depth × 4 vectors, stays in the first-level cache while the rows of A pass by.
    const int Depth = 128;

    // Rows that one part of the work owns, a multiple of 4.
    const int RowBlock = 64;

    static int PanelWidth => 4 * S.Count;

    public override void MatMul(View<T> a, bool transposeA, View<T> b, bool transposeB, View<T> c, int m, int n, int k, bool accumulate)
    {
        if (m == 0 || n == 0) return;
        if (k == 0)
        {
            if (!accumulate) Fill(c, T.Zero);
            return;
        }
        var panels = (n + PanelWidth - 1) / PanelWidth;
        // B itself serves as panels where its rows are contiguous, short and whole.
        var packing = transposeB || n % PanelWidth != 0 || (long)n * k > 1 << 18;
        var packed = packing ? Rent(panels * PanelWidth * k) : null;
        var bPanels = packed is null ? b : new View<T>(packed, 0, panels * PanelWidth * k);
        if (packing) workers.Run(panels, new PackPanels(b, transposeB, bPanels, n, k));
        // A transposed is packed as well: its tiles would else be read across cache lines.
        var packedA = transposeA ? Rent((m + 3) / 4 * 4 * k) : null;
        var aTiles = packedA is null ? a : new View<T>(packedA, 0, (m + 3) / 4 * 4 * k);
        if (packedA is not null) workers.Run((m + RowBlock - 1) / RowBlock, new PackTransposedRows(a, aTiles, m, k));

        var rowBlocks = (m + RowBlock - 1) / RowBlock;
        workers.Run(rowBlocks * panels, new GemmWork(aTiles, packedA is not null, bPanels, packing, c, m, n, k, accumulate, panels));
        if (packed is not null) Return(packed);
        if (packedA is not null) Return(packedA);
    }

    /// <summary>Panel p holds columns p·width … of op(B), row after row, filled up with zeros.</summary>
    readonly struct PackPanels(View<T> b, bool transposed, View<T> panels, int n, int k) : IWork
    {
        public void Run(int part)
        {
            var from = Span(b);
            var to = Span(panels).Slice(part * PanelWidth * k, PanelWidth * k);
            var first = part * PanelWidth;
            var width = Math.Min(PanelWidth, n - first);
            if (!transposed)
            {
                for (var l = 0; l < k; l++)
                {
                    var row = to.Slice(l * PanelWidth, PanelWidth);
                    from.Slice(l * n + first, width).CopyTo(row);
                    row[width..].Clear();
                }
                return;
            }
            if (width < PanelWidth) to.Clear();
            // Blocks of 8 keep both sides' lines in the cache.
            ref var source = ref MemoryMarshal.GetReference(from);
            ref var target = ref MemoryMarshal.GetReference(to);
            for (var l0 = 0; l0 < k; l0 += 8)
                for (var j = 0; j < width; j++)
                {
                    ref var line = ref Unsafe.Add(ref source, (nint)(first + j) * k);
                    var end = Math.Min(k, l0 + 8);
                    for (var l = l0; l < end; l++) Unsafe.Add(ref target, (nint)l * PanelWidth + j) = Unsafe.Add(ref line, l);
                }
        }
    }

    /// <summary>From A stored [k, m]: tile t holds rows 4t … 4t + 3 of Aᵀ, four values for each l.</summary>
    readonly struct PackTransposedRows(View<T> a, View<T> tiles, int m, int k) : IWork
    {
        public void Run(int part)
        {
            ref var from = ref MemoryMarshal.GetReference(Span(a));
            ref var to = ref MemoryMarshal.GetReference(Span(tiles));
            var end = Math.Min(m, (part + 1) * RowBlock);
            for (var l0 = 0; l0 < k; l0 += 16)
                for (var i = part * RowBlock; i < end; i += 4)
                {
                    var rows = Math.Min(4, m - i);
                    for (var l = l0; l < Math.Min(k, l0 + 16); l++)
                        for (var r = 0; r < rows; r++)
                            Unsafe.Add(ref to, (nint)i * k + l * 4 + r) = Unsafe.Add(ref from, (nint)l * m + i + r);
                }
        }
    }

    readonly struct GemmWork(View<T> a, bool aIsTiles, View<T> b, bool bIsPanels, View<T> c, int m, int n, int k, bool accumulate, int panels) : IWork
    {
        public void Run(int part)
        {
            var (block, panel) = (part / panels, part % panels);
            var (firstRow, endRow) = (block * RowBlock, Math.Min(m, (block + 1) * RowBlock));
            ref var ra = ref MemoryMarshal.GetReference(Span(a));
            ref var rb = ref Unsafe.Add(ref MemoryMarshal.GetReference(Span(b)), (nint)panel * PanelWidth * (bIsPanels ? k : 1));
            ref var rc = ref Unsafe.Add(ref MemoryMarshal.GetReference(Span(c)), (nint)panel * PanelWidth);
            nint ldb = bIsPanels ? PanelWidth : n;
            var width = Math.Min(PanelWidth, n - panel * PanelWidth);
            // A panel's last columns may not exist: such tiles are made aside.
            Span<T> aside = stackalloc T[width < PanelWidth ? 4 * PanelWidth : 0];
            for (var l = 0; l < k; l += Depth)
            {
                var depth = Math.Min(Depth, k - l);
                var add = accumulate || l > 0;
                ref var bl = ref Unsafe.Add(ref rb, l * ldb);
                for (var i = firstRow; i < endRow; i += 4)
                {
                    ref var ai = ref Unsafe.Add(ref ra, aIsTiles ? (nint)i * k + 4 * l : (nint)i * k + l);
                    var (rowA, stepA) = aIsTiles ? ((nint)1, (nint)4) : (k, 1);
                    ref var ci = ref Unsafe.Add(ref rc, (nint)i * n);
                    var rows = Math.Min(4, endRow - i);
                    if (width == PanelWidth)
                    {
                        Rows(ref ai, rowA, stepA, rows, ref bl, ldb, ref ci, n, depth, add);
                        continue;
                    }
                    Rows(ref ai, rowA, stepA, rows, ref bl, ldb, ref aside[0], PanelWidth, depth, add: false);
                    for (var r = 0; r < rows; r++)
                    {
                        var from = aside.Slice(r * PanelWidth, width);
                        var to = MemoryMarshal.CreateSpan(ref Unsafe.Add(ref ci, (nint)r * n), width);
                        if (add) System.Numerics.Tensors.TensorPrimitives.Add(to, from, to);
                        else from.CopyTo(to);
                    }
                }
            }
        }
    }

    static void Rows(ref T a, nint rowA, nint stepA, int rows, ref T b, nint ldb, ref T c, nint ldc, int depth, bool add)
    {
        if (rows == 4) Tile(ref a, rowA, stepA, ref b, ldb, ref c, ldc, depth, add);
        else for (var r = 0; r < rows; r++) Row(ref Unsafe.Add(ref a, r * rowA), stepA, ref b, ldb, ref Unsafe.Add(ref c, r * ldc), depth, add);
    }

    // C[4, panel] (+)= A[4, depth]·B[depth, panel]; A's element (r, l) lies at r·rowA + l·stepA.
    static void Tile(ref T a, nint rowA, nint stepA, ref T b, nint ldb, ref T c, nint ldc, int depth, bool add)
    {
        S c00 = S.Zero, c01 = S.Zero, c02 = S.Zero, c03 = S.Zero;
        S c10 = S.Zero, c11 = S.Zero, c12 = S.Zero, c13 = S.Zero;
        S c20 = S.Zero, c21 = S.Zero, c22 = S.Zero, c23 = S.Zero;
        S c30 = S.Zero, c31 = S.Zero, c32 = S.Zero, c33 = S.Zero;
        var (n1, n2, n3) = ((nint)S.Count, (nint)(2 * S.Count), (nint)(3 * S.Count));
        ref var a0 = ref a;
        ref var bl = ref b;
        for (var l = 0; l < depth; l++)
        {
            var b0 = S.Load(in bl, 0);
            var b1 = S.Load(in bl, n1);
            var b2 = S.Load(in bl, n2);
            var b3 = S.Load(in bl, n3);
            var x = S.Of(a0);
            c00 = S.Fma(x, b0, c00); c01 = S.Fma(x, b1, c01); c02 = S.Fma(x, b2, c02); c03 = S.Fma(x, b3, c03);
            x = S.Of(Unsafe.Add(ref a0, rowA));
            c10 = S.Fma(x, b0, c10); c11 = S.Fma(x, b1, c11); c12 = S.Fma(x, b2, c12); c13 = S.Fma(x, b3, c13);
            x = S.Of(Unsafe.Add(ref a0, 2 * rowA));
            c20 = S.Fma(x, b0, c20); c21 = S.Fma(x, b1, c21); c22 = S.Fma(x, b2, c22); c23 = S.Fma(x, b3, c23);
            x = S.Of(Unsafe.Add(ref a0, 3 * rowA));
            c30 = S.Fma(x, b0, c30); c31 = S.Fma(x, b1, c31); c32 = S.Fma(x, b2, c32); c33 = S.Fma(x, b3, c33);
            a0 = ref Unsafe.Add(ref a0, stepA);
            bl = ref Unsafe.Add(ref bl, ldb);
        }
        Put(c00, c01, c02, c03, ref c, add);
        Put(c10, c11, c12, c13, ref Unsafe.Add(ref c, ldc), add);
        Put(c20, c21, c22, c23, ref Unsafe.Add(ref c, 2 * ldc), add);
        Put(c30, c31, c32, c33, ref Unsafe.Add(ref c, 3 * ldc), add);
    }

    static void Row(ref T a, nint stepA, ref T b, nint ldb, ref T c, int depth, bool add)
    {
        S c0 = S.Zero, c1 = S.Zero, c2 = S.Zero, c3 = S.Zero;
        var (n1, n2, n3) = ((nint)S.Count, (nint)(2 * S.Count), (nint)(3 * S.Count));
        for (var l = 0; l < depth; l++)
        {
            ref var bl = ref Unsafe.Add(ref b, l * ldb);
            var x = S.Of(Unsafe.Add(ref a, l * stepA));
            c0 = S.Fma(x, S.Load(in bl, 0), c0);
            c1 = S.Fma(x, S.Load(in bl, n1), c1);
            c2 = S.Fma(x, S.Load(in bl, n2), c2);
            c3 = S.Fma(x, S.Load(in bl, n3), c3);
        }
        Put(c0, c1, c2, c3, ref c, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put(S c0, S c1, S c2, S c3, ref T c, bool add)
    {
        var (n1, n2, n3) = ((nint)S.Count, (nint)(2 * S.Count), (nint)(3 * S.Count));
        if (add)
        {
            c0 += S.Load(in c, 0);
            c1 += S.Load(in c, n1);
            c2 += S.Load(in c, n2);
            c3 += S.Load(in c, n3);
        }
        S.Store(c0, ref c, 0);
        S.Store(c1, ref c, n1);
        S.Store(c2, ref c, n2);
        S.Store(c3, ref c, n3);
    }
}
