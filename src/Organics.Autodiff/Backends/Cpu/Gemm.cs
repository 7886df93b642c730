using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics.Backends;

/// <summary>
/// Matrix products: panels of a few SIMD vectors' width of B (<see cref="GemmTile.Vectors"/>) against tiles of four rows of A, all accumulators in registers
/// (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34, 2008).
/// </summary>
sealed partial class CpuBackend<T, L, S>
{
    const int Depth = GemmTile<T, S>.Depth;

    // Rows that one part of the work owns, a multiple of 4.
    const int RowBlock = 64;

    static int PanelWidth => GemmTile<T, S>.PanelWidth;

    public override void MatMul(View<T> a, bool transposeA, View<T> b, bool transposeB, View<T> c, int m, int n, int k, bool accumulate)
    {
        if (m == 0 || n == 0) return;
        if (k == 0)
        {
            if (!accumulate) Fill(c, T.Zero);
            return;
        }
        var panels = Panels(n);
        // B itself serves as panels where its rows are contiguous, short and whole.
        var packing = transposeB || n % S.Count != 0 || (long)n * k > 1 << 18;
        var length = PackedLength(n, k);
        var kept = packing && _constants is not null && _constants.Hold(b) ? Kept(_constants, b, transposeB, n, k) : null;
        var packed = packing && kept is null ? Rent(length) : null;
        if (packed is not null) Pack(b, transposeB, n, k, packed);
        var bPanels = (kept ?? packed) is { } buffer ? new View<T>(buffer, 0, length) : b;
        // A transposed is packed as well: its tiles would else be read across cache lines.
        var packedA = transposeA ? Rent((m + 3) / 4 * 4 * k) : null;
        var aTiles = packedA is null ? a : new View<T>(packedA, 0, (m + 3) / 4 * 4 * k);
        if (packedA is not null) workers.Run((m + RowBlock - 1) / RowBlock, new PackTransposedRows(a, aTiles, m, k));

        var rowBlocks = (m + RowBlock - 1) / RowBlock;
        workers.Run(rowBlocks * panels, new GemmWork(aTiles, packedA is not null, bPanels, packing, c, m, n, k, accumulate, panels));
        if (packed is not null) Return(packed);
        if (packedA is not null) Return(packedA);
    }

    static int Panels(int n) => (n + PanelWidth - 1) / PanelWidth;

    static int PackedLength(int n, int k) => Panels(n) * PanelWidth * k;

    void Pack(View<T> b, bool transposed, int n, int k, Buffer<T> to) => workers.Run(Panels(n), new PackPanels(b, transposed, new(to, 0, PackedLength(n, k)), n, k));

    Buffer<T> Kept(ConstantMatrices<T> constants, View<T> b, bool transposed, int n, int k)
        => constants.Find(b, transposed, n) ?? constants.Add(b, transposed, n, PackedLength(n, k), to => Pack(b, transposed, n, k, to));

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
                for (var i = 0; i < k; i++)
                {
                    var line = to.Slice(i * PanelWidth, PanelWidth);
                    from.Slice(i * n + first, width).CopyTo(line);
                    line[width..].Clear();
                }
                return;
            }
            if (width < PanelWidth) to.Clear();
            // Eight rows at a time: a line of B is read while it is in the cache, and eight lines of the panel are filled side by side.
            ref var source = ref Unsafe.Add(ref MemoryMarshal.GetReference(from), (nint)first * k);
            ref var target = ref MemoryMarshal.GetReference(to);
            var l = 0;
            for (; l + 8 <= k; l += 8)
            {
                ref var column = ref Unsafe.Add(ref source, l);
                ref var row = ref Unsafe.Add(ref target, (nint)l * PanelWidth);
                for (var j = 0; j < width; j++)
                {
                    row = column;
                    Unsafe.Add(ref row, PanelWidth) = Unsafe.Add(ref column, 1);
                    Unsafe.Add(ref row, 2 * PanelWidth) = Unsafe.Add(ref column, 2);
                    Unsafe.Add(ref row, 3 * PanelWidth) = Unsafe.Add(ref column, 3);
                    Unsafe.Add(ref row, 4 * PanelWidth) = Unsafe.Add(ref column, 4);
                    Unsafe.Add(ref row, 5 * PanelWidth) = Unsafe.Add(ref column, 5);
                    Unsafe.Add(ref row, 6 * PanelWidth) = Unsafe.Add(ref column, 6);
                    Unsafe.Add(ref row, 7 * PanelWidth) = Unsafe.Add(ref column, 7);
                    column = ref Unsafe.Add(ref column, k);
                    row = ref Unsafe.Add(ref row, 1);
                }
            }
            for (; l < k; l++)
                for (var j = 0; j < width; j++) Unsafe.Add(ref target, (nint)l * PanelWidth + j) = Unsafe.Add(ref source, (nint)j * k + l);
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
                    ref var line = ref Unsafe.Add(ref from, (nint)l0 * m + i);
                    ref var tile = ref Unsafe.Add(ref to, (nint)i * k + l0 * 4);
                    for (var l = l0; l < Math.Min(k, l0 + 16); l++)
                    {
                        if (rows == 4)
                        {
                            tile = line;
                            Unsafe.Add(ref tile, 1) = Unsafe.Add(ref line, 1);
                            Unsafe.Add(ref tile, 2) = Unsafe.Add(ref line, 2);
                            Unsafe.Add(ref tile, 3) = Unsafe.Add(ref line, 3);
                        }
                        else
                        {
                            for (var r = 0; r < rows; r++) Unsafe.Add(ref tile, r) = Unsafe.Add(ref line, r);
                        }
                        line = ref Unsafe.Add(ref line, m);
                        tile = ref Unsafe.Add(ref tile, 4);
                    }
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
            switch ((width + S.Count - 1) / S.Count)
            {
                case 1: Panel<GemmTile.One>(ref ra, ref rb, ldb, ref rc, width, firstRow, endRow); break;
                case 2: Panel<GemmTile.Two>(ref ra, ref rb, ldb, ref rc, width, firstRow, endRow); break;
                case 3: Panel<GemmTile.Three>(ref ra, ref rb, ldb, ref rc, width, firstRow, endRow); break;
                default: Panel<GemmTile.Four>(ref ra, ref rb, ldb, ref rc, width, firstRow, endRow); break;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        void Panel<V>(ref T ra, ref T rb, nint ldb, ref T rc, int width, int firstRow, int endRow) where V : GemmTile.IVectors
        {
            // The last vector of the last panel may reach beyond the columns of C: such tiles are made aside.
            var whole = width == V.Count * S.Count;
            Span<T> aside = stackalloc T[whole ? 0 : 4 * PanelWidth];
            ref var tile = ref MemoryMarshal.GetReference(aside);
            var (rowA, stepA) = aIsTiles ? ((nint)1, (nint)4) : (k, 1);
            for (var l = 0; l < k; l += Depth)
            {
                var depth = Math.Min(Depth, k - l);
                var add = accumulate || l > 0;
                ref var bl = ref Unsafe.Add(ref rb, l * ldb);
                for (var i = firstRow; i < endRow; i += 4)
                {
                    ref var ai = ref Unsafe.Add(ref ra, aIsTiles ? (nint)i * k + 4 * l : (nint)i * k + l);
                    ref var ci = ref Unsafe.Add(ref rc, (nint)i * n);
                    var rows = Math.Min(4, endRow - i);
                    if (whole)
                    {
                        GemmTile<T, S>.Rows<V>(ref ai, rowA, stepA, rows, ref bl, ldb, ref ci, n, depth, add);
                        continue;
                    }
                    GemmTile<T, S>.Rows<V>(ref ai, rowA, stepA, rows, ref bl, ldb, ref tile, PanelWidth, depth, add: false);
                    for (var r = 0; r < rows; r++) GemmTile<T, S>.Put(ref Unsafe.Add(ref tile, r * PanelWidth), ref Unsafe.Add(ref ci, (nint)r * n), width, add);
                }
            }
        }
    }
}
