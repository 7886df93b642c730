using System.Numerics;

namespace Organics.Backends;

/// <summary>
/// What a device must be able to do: a dozen kinds of operation, none of which knows an op by name. Shapes are checked by the caller.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <remarks>Work is done in the order of the calls; only <see cref="Download"/> waits for it.</remarks>
public abstract class Backend<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly BufferPool<T> _pool;

    /// <summary>A backend with an empty pool.</summary>
    protected Backend() => _pool = new(Allocate);

    /// <summary>What has been handed out.</summary>
    public virtual MemoryStatistics Memory => _pool.Statistics;

    /// <summary>A buffer from the pool, at least as long as asked, with arbitrary contents.</summary>
    public Buffer<T> Rent(int length) => _pool.Rent(length);

    /// <summary>Gives a buffer back to the pool.</summary>
    public void Return(Buffer<T> buffer) => _pool.Return(buffer);

    /// <summary>A buffer that no pool owns, with arbitrary contents.</summary>
    public abstract Buffer<T> Allocate(int length);

    /// <summary>Sets all elements to a value.</summary>
    public abstract void Fill(View<T> y, T value);

    /// <summary>y ← x.</summary>
    public void Copy(View<T> x, View<T> y) => CopyRows(x, x.Length, y, y.Length, 1, x.Length, accumulate: false);

    /// <summary>y ← y + x.</summary>
    public void Add(View<T> x, View<T> y) => CopyRows(x, x.Length, y, y.Length, 1, x.Length, accumulate: true);

    /// <summary>Copies or adds rows of <paramref name="width"/> elements that lie <paramref name="xPitch"/> and <paramref name="yPitch"/> apart.</summary>
    public abstract void CopyRows(View<T> x, int xPitch, View<T> y, int yPitch, int rows, int width, bool accumulate);

    /// <summary>Copies values of this process to the device.</summary>
    public abstract void Upload(ReadOnlySpan<T> values, View<T> y);

    /// <summary>Waits for all work and copies values of the device to this process.</summary>
    public abstract void Download(View<T> x, Span<T> values);

    /// <summary>
    /// y ← f(inputs), element by element. An input of a single element is a scalar; a shorter one repeats, as a shape suffix does.
    /// y may be the same view as an input of its own length.
    /// </summary>
    public abstract void Map<TOp>(TOp op, Operands<T> x, View<T> y) where TOp : unmanaged, IPointwise<T>;

    /// <summary>
    /// Adds the cotangents of the inputs to <paramref name="gx"/>, all as long as y; a missing view is not computed.
    /// </summary>
    public abstract void MapVjp<TOp>(TOp op, Operands<T> x, View<T> y, View<T> gy, Operands<T> gx) where TOp : unmanaged, IPointwise<T>;

    /// <summary>Updates p, m and v in place from the gradient g; a missing v is read as 0 and not written.</summary>
    public abstract void Update<TOp>(TOp op, View<T> g, View<T> p, View<T> m, View<T> v) where TOp : unmanaged, IUpdate<T>;

    /// <summary>y[o, i] ← ⊕ₐ x[o, a, i], or y ⊕ that where it accumulates. The order is fixed by the shape alone.</summary>
    public abstract void Reduce<TOp>(TOp op, View<T> x, int outer, int axis, int inner, View<T> y, bool accumulate)
        where TOp : unmanaged, IReduction<T>;

    /// <summary>y[o, a, i] ← x[o, i] for every a, or added where it accumulates: the adjoint of a sum.</summary>
    public abstract void Expand(View<T> x, int outer, int axis, int inner, View<T> y, bool accumulate);

    /// <summary>C[m, n] ← op(A)[m, k]·op(B)[k, n], or added where it accumulates; op transposes what is stored.</summary>
    public abstract void MatMul(View<T> a, bool transposeA, View<T> b, bool transposeB, View<T> c, int m, int n, int k, bool accumulate);

    /// <summary>y[b, j, i] ← x[b, i, j], or added where it accumulates; x is [batch, rows, columns].</summary>
    public abstract void Transpose(View<T> x, int batch, int rows, int columns, View<T> y, bool accumulate);

    /// <summary>Row r of y ← row index[r] of x; rows of <paramref name="width"/> elements.</summary>
    public abstract void Gather(View<T> x, ReadOnlySpan<int> index, int width, View<T> y);

    /// <summary>Row index[r] of y ← itself + row r of x, r ascending.</summary>
    public abstract void ScatterAdd(View<T> x, ReadOnlySpan<int> index, int width, View<T> y);

    /// <summary>
    /// Factors each of the batch's n×n matrices in place into L (unit diagonal) and U with row exchanges; pivot k of a matrix is the row
    /// that was exchanged with row k. A singular matrix leaves non-finite factors.
    /// </summary>
    public abstract void LuFactor(View<T> a, View<T> pivots, int batch, int n);

    /// <summary>Solves A·x = b or Aᵀ·x = b in place for each of the batch's right-hand sides b[batch, n].</summary>
    public abstract void LuSolve(View<T> lu, View<T> pivots, View<T> b, int batch, int n, bool transpose);
}
