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

    public MatMulLayout(int m, int n, int k, bool transposeA, bool transposeB)
    {
        (M, N, K) = (m, n, k);
        (AI, AL) = transposeA ? (1, m) : (k, 1);
        (BL, BJ) = transposeB ? (1, k) : (n, 1);
        Tile = m < MatMulTiles.Large || n < MatMulTiles.Large ? MatMulTiles.Side : MatMulTiles.Large;
        Across = (n + Tile - 1) / Tile;
        Tiles = Across * ((m + Tile - 1) / Tile);
        var steps = (k + MatMulTiles.Side - 1) / MatMulTiles.Side;
        var parts = Math.Max(1, Math.Min(Busy / Tiles, k / Shortest));
        var each = (steps + parts - 1) / parts;
        Parts = each == 0 ? 1 : (steps + each - 1) / each;
        Depth = each * MatMulTiles.Side;
    }
}

/// <summary>The tiles of the matrix products.</summary>
static class MatMulTiles
{
    /// <summary>Rows and columns of a group of threads, and the length of k that it takes in one step.</summary>
    public const int Side = 16;

    /// <summary>Rows and columns of the tile of C of which every thread has 4 × 4.</summary>
    public const int Large = 4 * Side;

    /// <summary>Elements from one k to the next in a shared tile: odd, so that threads that walk along k write to different banks.</summary>
    public const int Pitch = Large + 1;
}

/// <summary>Matrix products: every element of C is one sum for each part of k, k ascending, by fused multiply-adds.</summary>
static class MatMulKernels<T, L> where T : unmanaged where L : struct, ILane<L, T>
{
    const int Side = MatMulTiles.Side, Large = MatMulTiles.Large, Pitch = MatMulTiles.Pitch;

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

    /// <summary>As <see cref="Small"/>, each thread 4 × 4 elements, 16 apart, so that neighbours read neighbouring elements of a tile and write those of C.</summary>
    public static void Tiled(ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, MatMulLayout s, int accumulate)
    {
        var (x, y) = (Group.IdxX, Group.IdxY);
        var (i0, j0) = (Grid.IdxX / s.Across * Large, Grid.IdxX % s.Across * Large);
        var (begin, end) = (Grid.IdxY * s.Depth, Math.Min(s.K, (Grid.IdxY + 1) * s.Depth));
        var tileA = SharedMemory.Allocate<T>(Side * Pitch);
        var tileB = SharedMemory.Allocate<T>(Side * Pitch);
        var (i, j) = (i0 + y, j0 + x);
        var part = c.SubView(Grid.IdxY * s.M * s.N, s.M * s.N);
        var c0 = Begin(part, i, j, s, accumulate);
        var c1 = Begin(part, i + Side, j, s, accumulate);
        var c2 = Begin(part, i + 2 * Side, j, s, accumulate);
        var c3 = Begin(part, i + 3 * Side, j, s, accumulate);
        for (var l0 = begin; l0 < end; l0 += Side)
        {
            Load(a, s.AI, s.AL, i0, s.M, l0, end, tileA);
            Load(b, s.BJ, s.BL, j0, s.N, l0, end, tileB);
            Group.Barrier();
            for (var l = 0; l < Side; l++)
            {
                var row = new Four(tileB, l * Pitch + x);
                c0 = Four.Fma(tileA[l * Pitch + y], row, c0);
                c1 = Four.Fma(tileA[l * Pitch + y + Side], row, c1);
                c2 = Four.Fma(tileA[l * Pitch + y + 2 * Side], row, c2);
                c3 = Four.Fma(tileA[l * Pitch + y + 3 * Side], row, c3);
            }
            Group.Barrier();
        }
        End(c0, part, i, j, s);
        End(c1, part, i + Side, j, s);
        End(c2, part, i + 2 * Side, j, s);
        End(c3, part, i + 3 * Side, j, s);
    }

    /// <summary>
    /// tile[l, i] ← x[i0 + i, l0 + l], 0 beyond the rows and beyond k. Neighbouring threads walk along whichever index has neighbours in memory.
    /// </summary>
    static void Load(ArrayView<T> x, int rowStride, int stride, int i0, int rows, int l0, int end, ArrayView<T> tile)
    {
        var thread = Group.IdxY * Side + Group.IdxX;
        var alongK = stride == 1;
        for (var e = thread; e < Side * Large; e += Side * Side)
        {
            var (i, l) = alongK ? (e / Side, e % Side) : (e % Large, e / Large);
            tile[l * Pitch + i] = i0 + i < rows && l0 + l < end ? x[(i0 + i) * rowStride + (l0 + l) * stride] : L.Zero.Value;
        }
    }

    static Four Begin(ArrayView<T> c, int i, int j, MatMulLayout s, int accumulate)
    {
        var reads = accumulate != 0 && i < s.M;
        return new(
            reads && j < s.N ? L.Of(c[i * s.N + j]) : L.Zero,
            reads && j + Side < s.N ? L.Of(c[i * s.N + j + Side]) : L.Zero,
            reads && j + 2 * Side < s.N ? L.Of(c[i * s.N + j + 2 * Side]) : L.Zero,
            reads && j + 3 * Side < s.N ? L.Of(c[i * s.N + j + 3 * Side]) : L.Zero);
    }

    static void End(Four row, ArrayView<T> c, int i, int j, MatMulLayout s)
    {
        if (i >= s.M) return;
        if (j < s.N) c[i * s.N + j] = row.A.Value;
        if (j + Side < s.N) c[i * s.N + j + Side] = row.B.Value;
        if (j + 2 * Side < s.N) c[i * s.N + j + 2 * Side] = row.C.Value;
        if (j + 3 * Side < s.N) c[i * s.N + j + 3 * Side] = row.D.Value;
    }

    /// <summary>Four elements of a row, 16 apart, in registers.</summary>
    readonly struct Four
    {
        public readonly L A, B, C, D;

        public Four(L a, L b, L c, L d) => (A, B, C, D) = (a, b, c, d);

        public Four(ArrayView<T> x, int first) : this(L.Of(x[first]), L.Of(x[first + Side]), L.Of(x[first + 2 * Side]), L.Of(x[first + 3 * Side])) { }

        public static Four Fma(T a, Four b, Four sum)
            => new(L.Fma(L.Of(a), b.A, sum.A), L.Fma(L.Of(a), b.B, sum.B), L.Fma(L.Of(a), b.C, sum.C), L.Fma(L.Of(a), b.D, sum.D));
    }
}
