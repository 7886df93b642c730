using ILGPU;

namespace Organics;

/// <summary>Where op(A)[m, k] and op(B)[k, n] lie: element (i, l) of A at i·AI + l·AL, element (l, j) of B at l·BL + j·BJ.</summary>
readonly struct MatMulLayout
{
    // A GPU is filled by about so many groups; a shorter part of k costs more than it brings.
    const int Busy = 256, Shortest = 256;

    public readonly int M, N, K;
    public readonly int AI, AL, BL, BJ;

    /// <summary>Rows and columns of the tiles of C.</summary>
    public readonly int Tile;

    /// <summary>Tiles in a row of tiles, and in all.</summary>
    public readonly int Across, Tiles;

    /// <summary>Parts into which k is cut, and the length of each but the last, whole steps of the kernels.</summary>
    public readonly int Parts, Depth;

    public MatMulLayout(int m, int n, int k, bool transposeA, bool transposeB, int tile)
    {
        (M, N, K) = (m, n, k);
        (AI, AL) = transposeA ? (1, m) : (k, 1);
        (BL, BJ) = transposeB ? (1, k) : (n, 1);
        Tile = tile;
        Across = (n + Tile - 1) / Tile;
        Tiles = Across * ((m + Tile - 1) / Tile);
        var steps = (k + MatMulTiles.Side - 1) / MatMulTiles.Side;
        var parts = Math.Max(1, Math.Min(Busy / Tiles, k / Shortest));
        var each = (steps + parts - 1) / parts;
        Parts = each == 0 ? 1 : (steps + each - 1) / each;
        Depth = each * MatMulTiles.Side;
    }

    /// <summary>The largest tile of which there are enough to fill half a GPU, or the middle one where C has one at all.</summary>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="fours">How many <see cref="Rows{T, L}"/> the shared memory of a group holds.</param>
    public static int TileFor(int m, int n, int fours)
        => (long)m * n >= (long)Busy / 2 * MatMulTiles.Large * MatMulTiles.Large && Math.Min(m, n) >= MatMulTiles.Large && fours >= MatMulTiles.LargeFours ? MatMulTiles.Large
            : Math.Min(m, n) >= MatMulTiles.Middle ? MatMulTiles.Middle
            : MatMulTiles.Side;
}

/// <summary>The tiles of the matrix products.</summary>
static class MatMulTiles
{
    /// <summary>Rows and columns of a group of threads, and the length of k that it takes in one step.</summary>
    public const int Side = 16;

    /// <summary>Rows and columns of the tile of C of which every thread has 4 × 4.</summary>
    public const int Middle = 4 * Side;

    /// <summary>Rows and columns of the tile of C of which every thread has 8 × 8.</summary>
    public const int Large = 8 * Side;

    /// <summary>Fours of shared memory that both large tiles take.</summary>
    public const int LargeFours = 2 * Side * (Large / 4 + 1);
}

/// <summary>Matrix products: every element of C is one sum for each part of k, k ascending, by fused multiply-adds.</summary>
static class MatMulKernels<T, L> where T : unmanaged where L : unmanaged, ILane<L, T>
{
    const int Side = MatMulTiles.Side;

    /// <summary>One thread per element, for machines whose groups are too small for a tile.</summary>
    public static void Plain(Index1D index, ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, MatMulLayout s, int accumulate)
    {
        var (i, j) = (index / s.N, index % s.N);
        var sum = accumulate != 0 ? L.Of(c[index]) : L.Zero;
        for (var l = 0; l < s.K; l++) sum = L.Fma(L.Of(a[i * s.AI + l * s.AL]), L.Of(b[l * s.BL + j * s.BJ]), sum);
        c[index] = sum.Value;
    }

    /// <summary>A group computes a tile of C from tiles of A and B that it holds in shared memory, each thread one element.</summary>
    public static void Small(ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, MatMulLayout s, int accumulate)
    {
        var (x, y) = (Group.IdxX, Group.IdxY);
        var (i, j) = (Grid.IdxX / s.Across * Side + y, Grid.IdxX % s.Across * Side + x);
        var (begin, end) = (Grid.IdxY * s.Depth, Math.Min(s.K, (Grid.IdxY + 1) * s.Depth));
        var tileA = SharedMemory.Allocate<T>(Side * Side);
        var tileB = SharedMemory.Allocate<T>(Side * Side);
        var inside = i < s.M && j < s.N;
        var at = (Grid.IdxY * s.M + i) * s.N + j;
        var sum = inside && accumulate != 0 ? L.Of(c[at]) : L.Zero;
        for (var l0 = begin; l0 < end; l0 += Side)
        {
            tileA[y * Side + x] = i < s.M && l0 + x < end ? a[i * s.AI + (l0 + x) * s.AL] : L.Zero.Value;
            tileB[y * Side + x] = l0 + y < end && j < s.N ? b[(l0 + y) * s.BL + j * s.BJ] : L.Zero.Value;
            Group.Barrier();
            // Beyond k both tiles are 0, so that no 0 meets an infinity.
            for (var l = 0; l < Side; l++) sum = L.Fma(L.Of(tileA[y * Side + l]), L.Of(tileB[l * Side + x]), sum);
            Group.Barrier();
        }
        if (inside) c[at] = sum.Value;
    }

    /// <summary>
    /// As <see cref="Small"/>, each thread 4 × 4 elements. Rows and columns are read by fours, so that of shared memory come two loads of four numbers for sixteen products, and what the next step needs
    /// is on its way while this one computes.
    /// </summary>
    public static void Tiled(ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, MatMulLayout s, int accumulate)
    {
        const int Fours = MatMulTiles.Middle / 4, Pitch = Fours + 1;
        var (x, y, thread) = (Group.IdxX, Group.IdxY, Group.IdxY * Side + Group.IdxX);
        var (i0, j0) = (Grid.IdxX / s.Across * MatMulTiles.Middle, Grid.IdxX % s.Across * MatMulTiles.Middle);
        var (begin, end) = (Grid.IdxY * s.Depth, Math.Min(s.K, (Grid.IdxY + 1) * s.Depth));
        var tileA = SharedMemory.Allocate<Rows<T, L>>(Side * Pitch);
        var tileB = SharedMemory.Allocate<Rows<T, L>>(Side * Pitch);
        var part = c.SubView(Grid.IdxY * s.M * s.N, s.M * s.N);
        var sum = Block4.Begin(part, i0 + 4 * y, j0 + 4 * x, s, accumulate);
        Place placeA = new(thread, Fours, s.AL), placeB = new(thread, Fours, s.BL);
        var nextA = placeA.Load(a, s.AI, s.AL, i0, s.M, begin, end);
        var nextB = placeB.Load(b, s.BJ, s.BL, j0, s.N, begin, end);
        for (var l0 = begin; l0 < end; l0 += Side)
        {
            tileA[placeA.Depth * Pitch + placeA.Four] = nextA;
            tileB[placeB.Depth * Pitch + placeB.Four] = nextB;
            Group.Barrier();
            nextA = placeA.Load(a, s.AI, s.AL, i0, s.M, l0 + Side, end);
            nextB = placeB.Load(b, s.BJ, s.BL, j0, s.N, l0 + Side, end);
            for (var l = 0; l < Side; l++) sum = Block4.Fma(tileA[l * Pitch + y], tileB[l * Pitch + x], sum);
            Group.Barrier();
        }
        sum.End(part, i0 + 4 * y, j0 + 4 * x, s);
    }

    /// <summary>As <see cref="Tiled"/>, each thread four blocks of 4 × 4, half a tile apart.</summary>
    public static void Large(ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, MatMulLayout s, int accumulate)
    {
        const int Fours = MatMulTiles.Large / 4, Pitch = Fours + 1, Half = MatMulTiles.Large / 2;
        var (x, y, thread) = (Group.IdxX, Group.IdxY, Group.IdxY * Side + Group.IdxX);
        var (i0, j0) = (Grid.IdxX / s.Across * MatMulTiles.Large, Grid.IdxX % s.Across * MatMulTiles.Large);
        var (begin, end) = (Grid.IdxY * s.Depth, Math.Min(s.K, (Grid.IdxY + 1) * s.Depth));
        var tileA = SharedMemory.Allocate<Rows<T, L>>(Side * Pitch);
        var tileB = SharedMemory.Allocate<Rows<T, L>>(Side * Pitch);
        var part = c.SubView(Grid.IdxY * s.M * s.N, s.M * s.N);
        var (i, j) = (i0 + 4 * y, j0 + 4 * x);
        Block4 sum00 = Block4.Begin(part, i, j, s, accumulate), sum01 = Block4.Begin(part, i, j + Half, s, accumulate);
        Block4 sum10 = Block4.Begin(part, i + Half, j, s, accumulate), sum11 = Block4.Begin(part, i + Half, j + Half, s, accumulate);
        Place firstA = new(thread, Fours, s.AL), firstB = new(thread, Fours, s.BL), secondA = new(thread + Side * Side, Fours, s.AL), secondB = new(thread + Side * Side, Fours, s.BL);
        Rows<T, L> nextA0 = firstA.Load(a, s.AI, s.AL, i0, s.M, begin, end), nextA1 = secondA.Load(a, s.AI, s.AL, i0, s.M, begin, end);
        Rows<T, L> nextB0 = firstB.Load(b, s.BJ, s.BL, j0, s.N, begin, end), nextB1 = secondB.Load(b, s.BJ, s.BL, j0, s.N, begin, end);
        for (var l0 = begin; l0 < end; l0 += Side)
        {
            tileA[firstA.Depth * Pitch + firstA.Four] = nextA0;
            tileA[secondA.Depth * Pitch + secondA.Four] = nextA1;
            tileB[firstB.Depth * Pitch + firstB.Four] = nextB0;
            tileB[secondB.Depth * Pitch + secondB.Four] = nextB1;
            Group.Barrier();
            nextA0 = firstA.Load(a, s.AI, s.AL, i0, s.M, l0 + Side, end);
            nextA1 = secondA.Load(a, s.AI, s.AL, i0, s.M, l0 + Side, end);
            nextB0 = firstB.Load(b, s.BJ, s.BL, j0, s.N, l0 + Side, end);
            nextB1 = secondB.Load(b, s.BJ, s.BL, j0, s.N, l0 + Side, end);
            for (var l = 0; l < Side; l++)
            {
                Rows<T, L> upper = tileA[l * Pitch + y], lower = tileA[l * Pitch + Fours / 2 + y], left = tileB[l * Pitch + x], right = tileB[l * Pitch + Fours / 2 + x];
                sum00 = Block4.Fma(upper, left, sum00);
                sum01 = Block4.Fma(upper, right, sum01);
                sum10 = Block4.Fma(lower, left, sum10);
                sum11 = Block4.Fma(lower, right, sum11);
            }
            Group.Barrier();
        }
        sum00.End(part, i, j, s);
        sum01.End(part, i, j + Half, s);
        sum10.End(part, i + Half, j, s);
        sum11.End(part, i + Half, j + Half, s);
    }

    /// <summary>Which four neighbouring rows, at which depth, a thread brings into a tile: neighbouring threads walk along whichever index has neighbours in memory.</summary>
    readonly struct Place(int thread, int fours, int stride)
    {
        public readonly int Four = stride == 1 ? thread / Side : thread % fours, Depth = stride == 1 ? thread % Side : thread / fours;

        /// <summary>x[i, l0 + Depth] of the four, 0 beyond the rows and beyond k, so that no 0 meets an infinity.</summary>
        public Rows<T, L> Load(ArrayView<T> x, int rowStride, int stride, int i0, int rows, int l0, int end)
        {
            var (i, l) = (i0 + 4 * Four, l0 + Depth);
            var at = i * rowStride + l * stride;
            rows = l < end ? rows : 0;
            return new(
                i < rows ? L.Of(x[at]) : L.Zero, i + 1 < rows ? L.Of(x[at + rowStride]) : L.Zero,
                i + 2 < rows ? L.Of(x[at + 2 * rowStride]) : L.Zero, i + 3 < rows ? L.Of(x[at + 3 * rowStride]) : L.Zero);
        }
    }

    /// <summary>4 × 4 elements of C in registers.</summary>
    readonly struct Block4(Rows<T, L> r0, Rows<T, L> r1, Rows<T, L> r2, Rows<T, L> r3)
    {
        readonly Rows<T, L> _r0 = r0, _r1 = r1, _r2 = r2, _r3 = r3;

        /// <summary>sum + rows·columnsᵀ.</summary>
        public static Block4 Fma(Rows<T, L> rows, Rows<T, L> columns, Block4 sum) => new(
            Rows<T, L>.Fma(rows.A, columns, sum._r0), Rows<T, L>.Fma(rows.B, columns, sum._r1),
            Rows<T, L>.Fma(rows.C, columns, sum._r2), Rows<T, L>.Fma(rows.D, columns, sum._r3));

        public static Block4 Begin(ArrayView<T> c, int i, int j, MatMulLayout s, int accumulate)
        {
            var rows = accumulate != 0 ? s.M : 0;
            return new(Row(c, i, j, rows, s.N), Row(c, i + 1, j, rows, s.N), Row(c, i + 2, j, rows, s.N), Row(c, i + 3, j, rows, s.N));
        }

        public void End(ArrayView<T> c, int i, int j, MatMulLayout s)
        {
            Store(_r0, c, i, j, s);
            Store(_r1, c, i + 1, j, s);
            Store(_r2, c, i + 2, j, s);
            Store(_r3, c, i + 3, j, s);
        }

        static Rows<T, L> Row(ArrayView<T> c, int i, int j, int rows, int columns)
        {
            columns = i < rows ? columns : 0;
            var at = i * columns + j;
            return new(
                j < columns ? L.Of(c[at]) : L.Zero, j + 1 < columns ? L.Of(c[at + 1]) : L.Zero,
                j + 2 < columns ? L.Of(c[at + 2]) : L.Zero, j + 3 < columns ? L.Of(c[at + 3]) : L.Zero);
        }

        static void Store(Rows<T, L> row, ArrayView<T> c, int i, int j, MatMulLayout s)
        {
            if (i >= s.M) return;
            var at = i * s.N + j;
            if (j < s.N) c[at] = row.A.Value;
            if (j + 1 < s.N) c[at + 1] = row.B.Value;
            if (j + 2 < s.N) c[at + 2] = row.C.Value;
            if (j + 3 < s.N) c[at + 3] = row.D.Value;
        }
    }
}
