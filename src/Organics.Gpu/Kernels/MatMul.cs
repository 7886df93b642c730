using ILGPU;

namespace Organics;

/// <summary>Where op(A)[m, k] and op(B)[k, n] lie: element (i, l) of A at i·AI + l·AL, element (l, j) of B at l·BL + j·BJ.</summary>
readonly struct MatMulLayout(int m, int n, int k, bool transposeA, bool transposeB, bool accumulate)
{
    public readonly int M = m, N = n, K = k;
    public readonly int AI = transposeA ? 1 : k, AL = transposeA ? m : 1;
    public readonly int BL = transposeB ? 1 : n, BJ = transposeB ? k : 1;
    public readonly int Accumulate = accumulate ? 1 : 0;
}

/// <summary>Matrix products: every element of C is one sum, k ascending, by fused multiply-adds.</summary>
static class MatMulKernels<T, L> where T : unmanaged where L : struct, ILane<L, T>
{
    /// <summary>Rows and columns of the tile of C that a group of threads computes.</summary>
    public const int Tile = 16;

    /// <summary>One thread per element, for machines that pay dearly for barriers.</summary>
    public static void Plain(Index1D index, ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, MatMulLayout s)
    {
        var (i, j) = (index / s.N, index % s.N);
        var sum = s.Accumulate != 0 ? L.Of(c[index]) : L.Zero;
        for (var l = 0; l < s.K; l++) sum = L.Fma(L.Of(a[i * s.AI + l * s.AL]), L.Of(b[l * s.BL + j * s.BJ]), sum);
        c[index] = sum.Value;
    }

    /// <summary>A group computes a tile of C from tiles of A and B that it holds in shared memory.</summary>
    public static void Tiled(ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, MatMulLayout s)
    {
        var (x, y) = (Group.IdxX, Group.IdxY);
        var (i, j) = (Grid.IdxX * Tile + y, Grid.IdxY * Tile + x);
        var tileA = SharedMemory.Allocate<T>(Tile * Tile);
        var tileB = SharedMemory.Allocate<T>(Tile * Tile);
        var inside = i < s.M && j < s.N;
        var sum = inside && s.Accumulate != 0 ? L.Of(c[i * s.N + j]) : L.Zero;
        for (var l0 = 0; l0 < s.K; l0 += Tile)
        {
            tileA[y * Tile + x] = i < s.M && l0 + x < s.K ? a[i * s.AI + (l0 + x) * s.AL] : L.Zero.Value;
            tileB[y * Tile + x] = l0 + y < s.K && j < s.N ? b[(l0 + y) * s.BL + j * s.BJ] : L.Zero.Value;
            Group.Barrier();
            // The last tile stops at k: a zero beyond it would turn an infinity into a NaN.
            var depth = s.K - l0 < Tile ? s.K - l0 : Tile;
            for (var l = 0; l < depth; l++) sum = L.Fma(L.Of(tileA[y * Tile + l]), L.Of(tileB[l * Tile + x]), sum);
            Group.Barrier();
        }
        if (inside) c[i * s.N + j] = sum.Value;
    }
}
