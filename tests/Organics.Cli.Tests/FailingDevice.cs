using System.Numerics;

namespace Organics.Tests;

/// <summary>A device that fails for good, as a GPU does that its driver has lost: from one update of a parameter on, whatever is asked of it throws. Until then it gives the bits of the processor.</summary>
/// <param name="error">What it throws.</param>
/// <param name="updates">The updates of single parameters that are made before.</param>
sealed class FailingDevice(Exception error, int updates) : Device
{
    readonly FailingBackend<float> _single = new(Cpu.Backend<float>(), error, updates);
    readonly FailingBackend<double> _double = new(Cpu.Backend<double>(), error, updates);

    public override string Name => "a device that fails";

    public override Backend<T> Backend<T>() => Select<T>(_single, _double);

    public override void Dispose()
    {
    }

    sealed class FailingBackend<T>(Backend<T> cpu, Exception error, int updates) : Backend<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        int _left = updates;

        Backend<T> Cpu => _left > 0 ? cpu : throw error;

        public override Buffer<T> Allocate(int length) => Cpu.Allocate(length);

        public override void Fill(View<T> y, T value) => Cpu.Fill(y, value);

        public override void CopyRows(View<T> x, int xPitch, View<T> y, int yPitch, int rows, int width, bool accumulate)
            => Cpu.CopyRows(x, xPitch, y, yPitch, rows, width, accumulate);

        public override void Upload(ReadOnlySpan<T> values, View<T> y) => Cpu.Upload(values, y);

        public override void Download(View<T> x, Span<T> values) => Cpu.Download(x, values);

        public override void Map<TOp>(TOp op, Operands<T> x, View<T> y) => Cpu.Map(op, x, y);

        public override void MapVjp<TOp>(TOp op, Operands<T> x, View<T> y, View<T> gy, Operands<T> gx) => Cpu.MapVjp(op, x, y, gy, gx);

        public override void Update<TOp>(TOp op, View<T> g, View<T> p, View<T> m, View<T> v)
        {
            Cpu.Update(op, g, p, m, v);
            _left--;
        }

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
}
