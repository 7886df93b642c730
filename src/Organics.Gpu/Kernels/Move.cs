using ILGPU;

namespace Organics.Backends;

/// <summary>Kernels that move elements: one thread per element written, or per column where several rows meet in one.</summary>
static class MoveKernels<T, L> where T : unmanaged where L : struct, ILane<L, T>
{
    /// <summary>Rows of x, xPitch apart, to rows of y, yPitch apart, or added to them.</summary>
    public static void CopyRows(Index1D index, ArrayView<T> x, int xPitch, ArrayView<T> y, int yPitch, int width, int accumulate)
    {
        var (row, column) = (index / width, index % width);
        Put(y, row * yPitch + column, L.Of(x[row * xPitch + column]), accumulate);
    }

    /// <summary>y[b, j, i] ← x[b, i, j], or added.</summary>
    public static void Transpose(Index1D index, ArrayView<T> x, int rows, int columns, ArrayView<T> y, int accumulate)
    {
        var i = index % rows;
        var j = index / rows % columns;
        var first = index / rows / columns * rows * columns;
        Put(y, index, L.Of(x[first + i * columns + j]), accumulate);
    }

    /// <summary>Row r of y ← row index[r] of x.</summary>
    public static void Gather(Index1D index, ArrayView<T> x, ArrayView<int> rows, int width, ArrayView<T> y)
        => y[index] = x[rows[index / width] * width + index % width];

    /// <summary>Row index[r] of y ← itself + row r of x, r ascending: a thread owns a column, so that no two add to one element.</summary>
    public static void ScatterAdd(Index1D column, ArrayView<T> x, ArrayView<int> rows, int count, int width, ArrayView<T> y)
    {
        for (var r = 0; r < count; r++) Put(y, rows[r] * width + column, L.Of(x[r * width + column]), 1);
    }

    static void Put(ArrayView<T> y, int i, L value, int accumulate)
    {
        if (accumulate != 0) value = L.Of(y[i]) + value;
        y[i] = value.Value;
    }
}
