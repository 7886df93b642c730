using ILGPU;

namespace Organics.Backends;

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
        var share = new Share(c, s);
        var (i, j, end) = (share.I + y, share.J + x, share.End);
        var tileA = SharedMemory.Allocate<T>(Side * Side);
        var tileB = SharedMemory.Allocate<T>(Side * Side);
        var inside = i < s.M && j < s.N;
        var at = i * s.N + j;
        var sum = inside && accumulate != 0 ? L.Of(share.C[at]) : L.Zero;
        for (var l0 = share.Begin; l0 < end; l0 += Side)
        {
            tileA[y * Side + x] = i < s.M && l0 + x < end ? a[i * s.AI + (l0 + x) * s.AL] : L.Zero.Value;
            tileB[y * Side + x] = l0 + y < end && j < s.N ? b[(l0 + y) * s.BL + j * s.BJ] : L.Zero.Value;
            Group.Barrier();
            // Beyond k both tiles are 0, so that no 0 meets an infinity.
            for (var l = 0; l < Side; l++) sum = L.Fma(L.Of(tileA[y * Side + l]), L.Of(tileB[l * Side + x]), sum);
            Group.Barrier();
        }
        if (inside) share.C[at] = sum.Value;
    }

    /// <summary>
    /// As <see cref="Small"/>, each thread 4 × 4 elements. Rows and columns are read by fours, so that of shared memory come two loads of four numbers for
    /// sixteen products, and what the next step needs is on its way while this one computes.
    /// </summary>
    public static void Tiled(ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, MatMulLayout s, int accumulate)
    {
        const int Fours = MatMulTiles.Middle / 4, Pitch = Fours + 1;
        var (x, y, thread) = (Group.IdxX, Group.IdxY, Group.IdxY * Side + Group.IdxX);
        var share = new Share(c, s);
        var tileA = SharedMemory.Allocate<Rows<T, L>>(Side * Pitch);
        var tileB = SharedMemory.Allocate<Rows<T, L>>(Side * Pitch);
        var (i, j) = (share.I + 4 * y, share.J + 4 * x);
        var sum = Block4.Begin(share.C, i, j, s, accumulate);
        Strip stripA = share.OfA(a, s, thread, Fours), stripB = share.OfB(b, s, thread, Fours);
        Rows<T, L> nextA = stripA.Load(share.Begin), nextB = stripB.Load(share.Begin);
        for (var l0 = share.Begin; l0 < share.End; l0 += Side)
        {
            tileA[stripA.At] = nextA;
            tileB[stripB.At] = nextB;
            Group.Barrier();
            nextA = stripA.Load(l0 + Side);
            nextB = stripB.Load(l0 + Side);
            for (var l = 0; l < Side; l++) sum = Block4.Fma(tileA[l * Pitch + y], tileB[l * Pitch + x], sum);
            Group.Barrier();
        }
        sum.End(share.C, i, j, s);
    }

    /// <summary>As <see cref="Tiled"/>, each thread four blocks of 4 × 4, half a tile apart.</summary>
    public static void Large(ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, MatMulLayout s, int accumulate)
    {
        const int Fours = MatMulTiles.Large / 4, Pitch = Fours + 1, Half = MatMulTiles.Large / 2;
        var (x, y, thread) = (Group.IdxX, Group.IdxY, Group.IdxY * Side + Group.IdxX);
        var share = new Share(c, s);
        var tileA = SharedMemory.Allocate<Rows<T, L>>(Side * Pitch);
        var tileB = SharedMemory.Allocate<Rows<T, L>>(Side * Pitch);
        var (i, j) = (share.I + 4 * y, share.J + 4 * x);
        Block4 sum00 = Block4.Begin(share.C, i, j, s, accumulate), sum01 = Block4.Begin(share.C, i, j + Half, s, accumulate);
        Block4 sum10 = Block4.Begin(share.C, i + Half, j, s, accumulate), sum11 = Block4.Begin(share.C, i + Half, j + Half, s, accumulate);
        Strip stripA0 = share.OfA(a, s, thread, Fours), stripA1 = share.OfA(a, s, thread + Side * Side, Fours);
        Strip stripB0 = share.OfB(b, s, thread, Fours), stripB1 = share.OfB(b, s, thread + Side * Side, Fours);
        Rows<T, L> nextA0 = stripA0.Load(share.Begin), nextA1 = stripA1.Load(share.Begin), nextB0 = stripB0.Load(share.Begin), nextB1 = stripB1.Load(share.Begin);
        for (var l0 = share.Begin; l0 < share.End; l0 += Side)
        {
            tileA[stripA0.At] = nextA0;
            tileA[stripA1.At] = nextA1;
            tileB[stripB0.At] = nextB0;
            tileB[stripB1.At] = nextB1;
            Group.Barrier();
            nextA0 = stripA0.Load(l0 + Side);
            nextA1 = stripA1.Load(l0 + Side);
            nextB0 = stripB0.Load(l0 + Side);
            nextB1 = stripB1.Load(l0 + Side);
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
        sum00.End(share.C, i, j, s);
        sum01.End(share.C, i, j + Half, s);
        sum10.End(share.C, i + Half, j, s);
        sum11.End(share.C, i + Half, j + Half, s);
    }

    /// <summary>What a group computes: a tile of C, over a part of k.</summary>
    readonly struct Share(ArrayView<T> c, MatMulLayout s)
    {
        /// <summary>Where the tile begins.</summary>
        public readonly int I = Grid.IdxX / s.Across * s.Tile, J = Grid.IdxX % s.Across * s.Tile;

        /// <summary>The part of k.</summary>
        public readonly int Begin = Grid.IdxY * s.Depth, End = Math.Min(s.K, (Grid.IdxY + 1) * s.Depth);

        /// <summary>All of C, or of the sums over this part of k.</summary>
        public readonly ArrayView<T> C = c.SubView(Grid.IdxY * s.M * s.N, s.M * s.N);

        public Strip OfA(ArrayView<T> a, MatMulLayout s, int thread, int fours) => new(a, s.AI, s.AL, I, s.M, End, thread, fours);

        public Strip OfB(ArrayView<T> b, MatMulLayout s, int thread, int fours) => new(b, s.BJ, s.BL, J, s.N, End, thread, fours);
    }

    /// <summary>What a thread brings into a tile of an operand at every step: four neighbouring rows at one depth. Neighbouring threads walk along whichever
    /// index has neighbours in memory.</summary>
    readonly struct Strip
    {
        readonly ArrayView<T> _x;
        readonly int _rowStride, _stride, _row, _rows, _depth, _end;

        /// <summary>Its place in the tile, which holds fours + 1 to a depth.</summary>
        public readonly int At;

        public Strip(ArrayView<T> x, int rowStride, int stride, int first, int rows, int end, int thread, int fours)
        {
            var four = stride == 1 ? thread / Side : thread % fours;
            (_x, _rowStride, _stride, _rows, _end) = (x, rowStride, stride, rows, end);
            _row = first + 4 * four;
            _depth = stride == 1 ? thread % Side : thread / fours;
            At = _depth * (fours + 1) + four;
        }

        /// <summary>The four of the step that begins at l0, 0 beyond the rows and beyond k, so that no 0 meets an infinity.</summary>
        public Rows<T, L> Load(int l0)
        {
            var l = l0 + _depth;
            var at = _row * _rowStride + l * _stride;
            var rows = l < _end ? _rows : 0;
            return new(
                _row < rows ? L.Of(_x[at]) : L.Zero, _row + 1 < rows ? L.Of(_x[at + _rowStride]) : L.Zero,
                _row + 2 < rows ? L.Of(_x[at + 2 * _rowStride]) : L.Zero, _row + 3 < rows ? L.Of(_x[at + 3 * _rowStride]) : L.Zero);
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
