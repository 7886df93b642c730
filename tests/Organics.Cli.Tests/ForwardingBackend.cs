using System.Numerics;

namespace Organics.Tests;

/// <summary>All that a device does, done by another.</summary>
/// <param name="cpu">The other.</param>
abstract class ForwardingBackend<T>(Backend<T> cpu) : Backend<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    protected virtual Backend<T> Cpu => cpu;

    public override Buffer<T> Allocate(int length) => Cpu.Allocate(length);

    public override void Fill(View<T> y, T value) => Cpu.Fill(y, value);

    public override void CopyRows(View<T> x, int xPitch, View<T> y, int yPitch, int rows, int width, bool accumulate)
        => Cpu.CopyRows(x, xPitch, y, yPitch, rows, width, accumulate);

    public override void Upload(ReadOnlySpan<T> values, View<T> y) => Cpu.Upload(values, y);

    public override void Download(View<T> x, Span<T> values) => Cpu.Download(x, values);

    public override void Map<TOp>(TOp op, Operands<T> x, View<T> y) => Cpu.Map(op, x, y);

    public override void MapVjp<TOp>(TOp op, Operands<T> x, View<T> y, View<T> gy, Operands<T> gx) => Cpu.MapVjp(op, x, y, gy, gx);

    public override void Update<TOp>(TOp op, View<T> g, View<T> p, View<T> m, View<T> v)
        => Cpu.Update(op, g, p, m, v);

    public override void Reduce<TOp>(TOp op, View<T> x, int outer, int axis, int inner, View<T> y, bool accumulate) => Cpu.Reduce(op, x, outer, axis, inner, y, accumulate);

    public override void Expand(View<T> x, int outer, int axis, int inner, View<T> y, bool accumulate) => Cpu.Expand(x, outer, axis, inner, y, accumulate);

    public override void MatMul(View<T> a, bool transposeA, View<T> b, bool transposeB, View<T> c, int m, int n, int k, bool accumulate)
        => Cpu.MatMul(a, transposeA, b, transposeB, c, m, n, k, accumulate);

    public override void Transpose(View<T> x, int batch, int rows, int columns, View<T> y, bool accumulate) => Cpu.Transpose(x, batch, rows, columns, y, accumulate);

    public override void Gather(View<T> x, ReadOnlySpan<int> index, int width, View<T> y) => Cpu.Gather(x, index, width, y);

    public override void ScatterAdd(View<T> x, ReadOnlySpan<int> index, int width, View<T> y) => Cpu.ScatterAdd(x, index, width, y);

    public override void LuFactor(View<T> a, View<T> pivots, int batch, int n) => Cpu.LuFactor(a, pivots, batch, n);

    public override void LuSolve(View<T> lu, View<T> pivots, View<T> b, int batch, int n, bool transpose) => Cpu.LuSolve(lu, pivots, b, batch, n, transpose);
}
