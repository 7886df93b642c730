using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace Organics.Backends;

/// <summary>
/// The op kinds as ILGPU kernels on one in-order stream. No kernel uses atomics, and every order of summation follows from the shapes: the same
/// inputs give the same bits on the same device.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="L">One number in a GPU thread.</typeparam>
[RequiresDynamicCode(GpuDevice.NeedsDynamicCode)]
sealed partial class GpuBackend<T, L>(Accelerator accelerator, Cublas? cublas) : Backend<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where L : unmanaged, ILane<L, T>
{
    // Fewer results than this leave a GPU idle; rows longer than this are then cut, each thread taking about Piece elements.
    const int Busy = 16384, Long = 256, Piece = 64;

    readonly ConcurrentDictionary<(string Kernel, Type Op), Delegate> _launchers = [];
    readonly Lock _indexGate = new();
    readonly GpuBuffer<T> _nothing = new(accelerator, 1);
    MemoryBuffer1D<int, Stride1D.Dense>? _index;

    public override Buffer<T> Allocate(int length) => new GpuBuffer<T>(accelerator, length);

    public override void Fill(View<T> y, T value)
    {
        if (y.Length == 0) return;
        Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, T>>(nameof(Fill), MapKernels<T, L>.Fill)
            (Stream, y.Length, ViewOf(y), value);
    }

    public override void CopyRows(View<T> x, int xPitch, View<T> y, int yPitch, int rows, int width, bool accumulate)
    {
        if (rows * width == 0) return;
        if (rows == 1 && !accumulate)
        {
            ViewOf(x.Slice(0, width)).CopyTo(Stream, ViewOf(y.Slice(0, width)));
            return;
        }
        Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, int, ArrayView<T>, int, int, int>>(nameof(CopyRows), MoveKernels<T, L>.CopyRows)
            (Stream, rows * width, ViewOf(x), xPitch, ViewOf(y), yPitch, width, Flag(accumulate));
    }

    public override unsafe void Upload(ReadOnlySpan<T> values, View<T> y)
    {
        fixed (T* first = values) Upload(first, values.Length, ViewOf(y));
    }

    public override unsafe void Download(View<T> x, Span<T> values)
    {
        if (x.Length == 0) return;
        // Pinned, because ILGPU does not pin what a copy still in flight points to.
        fixed (T* first = values) ViewOf(x).CopyToCPU(Stream, ref *first, x.Length);
    }

    public override void Map<TOp>(TOp op, Operands<T> x, View<T> y)
    {
        if (y.Length == 0) return;
        Launcher<Action<AcceleratorStream, Index1D, Quad<T>, ArrayView<T>, TOp>, TOp>(nameof(Map), MapKernels<T, L>.Map<TOp>)
            (Stream, y.Length, ViewOf(x), ViewOf(y), op);
    }

    public override void MapVjp<TOp>(TOp op, Operands<T> x, View<T> y, View<T> gy, Operands<T> gx)
    {
        if (gy.Length == 0) return;
        Launcher<Action<AcceleratorStream, Index1D, Quad<T>, ArrayView<T>, ArrayView<T>, Quad<T>, TOp>, TOp>(nameof(MapVjp), MapKernels<T, L>.MapVjp<TOp>)
            (Stream, gy.Length, ViewOf(x), ViewOf(y), ViewOf(gy), ViewOf(gx), op);
    }

    public override void Update<TOp>(TOp op, View<T> g, View<T> p, View<T> m, View<T> v)
    {
        if (p.Length == 0) return;
        Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, TOp>, TOp>(nameof(Update), MapKernels<T, L>.Update<TOp>)
            (Stream, p.Length, ViewOf(g), ViewOf(p), ViewOf(m), ViewOf(v), op);
    }

    public override void Reduce<TOp>(TOp op, View<T> x, int outer, int axis, int inner, View<T> y, bool accumulate)
    {
        if (outer * inner == 0) return;
        if (axis > Long && outer * inner < Busy)
        {
            var parts = (axis + Piece - 1) / Piece;
            var partial = Rent(outer * parts * inner);
            var view = new View<T>(partial, 0, outer * parts * inner);
            Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, int, int, int, ArrayView<T>, TOp>, TOp>(nameof(ReduceKernels<T, L>.ReduceParts), ReduceKernels<T, L>.ReduceParts<TOp>)
                (Stream, view.Length, ViewOf(x), axis, inner, parts, ViewOf(view), op);
            Reduce(op, view, outer, parts, inner, y, accumulate);
            Return(partial);
            return;
        }
        Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, int, int, ArrayView<T>, int, TOp>, TOp>(nameof(Reduce), ReduceKernels<T, L>.Reduce<TOp>)
            (Stream, outer * inner, ViewOf(x), axis, inner, ViewOf(y), Flag(accumulate), op);
    }

    public override void Expand(View<T> x, int outer, int axis, int inner, View<T> y, bool accumulate)
    {
        if (outer * axis * inner == 0) return;
        Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, int, int, ArrayView<T>, int>>(nameof(Expand), ReduceKernels<T, L>.Expand)
            (Stream, outer * axis * inner, ViewOf(x), axis, inner, ViewOf(y), Flag(accumulate));
    }

    public override void MatMul(View<T> a, bool transposeA, View<T> b, bool transposeB, View<T> c, int m, int n, int k, bool accumulate)
    {
        if (cublas is not null && Cublas.Pays(m, n, k)) cublas.Multiply(ViewOf(a), transposeA, ViewOf(b), transposeB, ViewOf(c), m, n, k, accumulate);
        else MatMul(a, transposeA, b, transposeB, c, m, n, k, accumulate, MatMulLayout.TileFor(m, n, accelerator.MaxSharedMemoryPerGroup / Unsafe.SizeOf<Rows<T, L>>()));
    }

    /// <summary>By the kernels here, with tiles of a given size, one of <see cref="MatMulTiles"/>.</summary>
    internal void MatMul(View<T> a, bool transposeA, View<T> b, bool transposeB, View<T> c, int m, int n, int k, bool accumulate, int tile)
    {
        if (m * n == 0) return;
        var layout = new MatMulLayout(m, n, k, transposeA, transposeB, tile);
        if (accelerator.MaxNumThreadsPerGroup < MatMulTiles.Side * MatMulTiles.Side)
        {
            Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, ArrayView<T>, ArrayView<T>, MatMulLayout, int>>(nameof(MatMulKernels<T, L>.Plain), MatMulKernels<T, L>.Plain)
                (Stream, m * n, ViewOf(a), ViewOf(b), ViewOf(c), layout, Flag(accumulate));
            return;
        }
        var product = tile switch
        {
            MatMulTiles.Side => Launcher<ProductLauncher>(nameof(MatMulKernels<T, L>.Small), MatMulKernels<T, L>.Small),
            MatMulTiles.Middle => Launcher<ProductLauncher>(nameof(MatMulKernels<T, L>.Tiled), MatMulKernels<T, L>.Tiled),
            _ => Launcher<ProductLauncher>(nameof(MatMulKernels<T, L>.Large), MatMulKernels<T, L>.Large),
        };
        var groups = new KernelConfig(new Index2D(layout.Tiles, layout.Parts), new Index2D(MatMulTiles.Side, MatMulTiles.Side));
        if (layout.Parts == 1)
        {
            product(Stream, groups, ViewOf(a), ViewOf(b), ViewOf(c), layout, Flag(accumulate));
            return;
        }
        var partial = Rent(layout.Parts * m * n);
        var sums = new View<T>(partial, 0, layout.Parts * m * n);
        product(Stream, groups, ViewOf(a), ViewOf(b), ViewOf(sums), layout, Flag(false));
        Reduce(default(SumReduction<T>), sums, 1, layout.Parts, m * n, c, accumulate);
        Return(partial);
    }

    public override void Transpose(View<T> x, int batch, int rows, int columns, View<T> y, bool accumulate)
    {
        if (batch * rows * columns == 0) return;
        Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, int, int, ArrayView<T>, int>>(nameof(Transpose), MoveKernels<T, L>.Transpose)
            (Stream, batch * rows * columns, ViewOf(x), rows, columns, ViewOf(y), Flag(accumulate));
    }

    public override void Gather(View<T> x, ReadOnlySpan<int> index, int width, View<T> y)
    {
        if (index.Length * width == 0) return;
        lock (_indexGate)
            Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, ArrayView<int>, int, ArrayView<T>>>(nameof(Gather), MoveKernels<T, L>.Gather)
                (Stream, index.Length * width, ViewOf(x), Rows(index), width, ViewOf(y));
    }

    public override void ScatterAdd(View<T> x, ReadOnlySpan<int> index, int width, View<T> y)
    {
        if (index.Length * width == 0) return;
        lock (_indexGate)
            Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, ArrayView<int>, int, int, ArrayView<T>>>(nameof(ScatterAdd), MoveKernels<T, L>.ScatterAdd)
                (Stream, width, ViewOf(x), Rows(index), index.Length, width, ViewOf(y));
    }

    public override void LuFactor(View<T> a, View<T> pivots, int batch, int n)
    {
        if (batch * n == 0) return;
        Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, ArrayView<T>, int>>(nameof(LuFactor), LuKernels<T, L>.Factor)
            (Stream, batch, ViewOf(a), ViewOf(pivots), n);
    }

    public override void LuSolve(View<T> lu, View<T> pivots, View<T> b, int batch, int n, bool transpose)
    {
        if (batch * n == 0) return;
        Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, ArrayView<T>, ArrayView<T>, int, int>>(nameof(LuSolve), LuKernels<T, L>.Solve)
            (Stream, batch, ViewOf(lu), ViewOf(pivots), ViewOf(b), n, Flag(transpose));
    }

    delegate void ProductLauncher(AcceleratorStream stream, KernelConfig groups, ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, MatMulLayout layout, int accumulate);

    AcceleratorStream Stream => accelerator.DefaultStream;

    // Loading a kernel again costs its compilation; the delegate alone costs nothing.
    TLauncher Launcher<TLauncher>(string name, Delegate kernel, KernelSpecialization specialization = default) where TLauncher : Delegate
        => Launcher<TLauncher, T>(name, kernel, specialization);

    TLauncher Launcher<TLauncher, TOp>(string name, Delegate kernel, KernelSpecialization specialization = default) where TLauncher : Delegate
        => (TLauncher)_launchers.GetOrAdd((name, typeof(TOp)), static (_, x) => KernelLoader.Load<TLauncher>(x.accelerator, x.kernel, x.specialization), (accelerator, kernel, specialization));

    ArrayView<T> ViewOf(View<T> v) => v.IsMissing || v.Length == 0 ? _nothing.View(0, 0) : ((GpuBuffer<T>)v.Buffer).View(v.Offset, v.Length);

    Quad<T> ViewOf(Operands<T> x) => new(ViewOf(x.A), ViewOf(x.B), ViewOf(x.C), ViewOf(x.D));

    // One buffer serves all calls: the stream runs them in order.
    unsafe ArrayView<int> Rows(ReadOnlySpan<int> index)
    {
        if (_index is null || _index.Length < index.Length)
        {
            _index?.Dispose();
            _index = accelerator.Allocate1D<int>(Math.Max(1024, 2 * index.Length));
        }
        var rows = _index.View.BaseView.SubView(0, index.Length);
        fixed (int* first = index) Upload(first, index.Length, rows);
        return rows;
    }

    // CUDA has copied pageable memory aside when the call returns; the others must be waited for.
    unsafe void Upload<TValue>(TValue* values, int length, ArrayView<TValue> to) where TValue : unmanaged
    {
        if (length == 0) return;
        to.SubView(0, length).CopyFromCPUUnsafeAsync(Stream, ref *values, length);
        if (accelerator.AcceleratorType != AcceleratorType.Cuda) Stream.Synchronize();
    }

    static int Flag(bool value) => value ? 1 : 0;
}
