using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics.Backends;

sealed partial class CpuBackend<T, L, S>
{
    public override void Reduce<TOp>(TOp op, View<T> x, int outer, int axis, int inner, View<T> y, bool accumulate)
    {
        if (outer == 0 || inner == 0) return;
        if (inner > 1)
        {
            // Every part owns some columns of one outer block, at least four vectors of them, and runs down the axis in order.
            var width = Math.Max(4, Grain / Math.Max(axis, 1) / S.Count) * S.Count;
            var blocks = (inner + width - 1) / width;
            workers.Run(outer * blocks, new ReduceColumns<TOp>(op, x, axis, inner, y, accumulate, width, blocks));
            return;
        }
        if (outer > 1 || axis <= Grain)
        {
            var rows = Math.Max(1, Grain / Math.Max(axis, 1));
            workers.Run((outer + rows - 1) / rows, new ReduceRows<TOp>(op, x, outer, axis, y, accumulate, rows));
            return;
        }
        // One long row: partial results of fixed pieces, then those.
        var parts = Parts(axis);
        var partial = Rent(parts);
        var view = new View<T>(partial, 0, parts);
        workers.Run(parts, new ReducePieces<TOp>(op, x, view));
        new ReduceRows<TOp>(op, view, 1, parts, y, accumulate, 1).Run(0);
        Return(partial);
    }

    // Four accumulators hide the latency of the operation; they are combined in a fixed order. The vectors are of 512 bits on every processor, in two halves on
    // a narrower one: their width decides the order of a sum, and with it the bits.
    static L ReduceRow<TOp>(TOp op, ReadOnlySpan<T> row) where TOp : unmanaged, IReduction<T>
    {
        ref var r = ref MemoryMarshal.GetReference(row);
        var (n, step) = ((nint)row.Length, (nint)Simd512<T>.Count);
        var total = op.Identity<L>();
        nint i = 0;
        if (n >= step)
        {
            var (s0, s1, s2, s3) = (op.Identity<Simd512<T>>(), op.Identity<Simd512<T>>(), op.Identity<Simd512<T>>(), op.Identity<Simd512<T>>());
            for (; i + 4 * step <= n; i += 4 * step)
            {
                s0 = op.Combine(s0, Simd512<T>.Load(in r, i));
                s1 = op.Combine(s1, Simd512<T>.Load(in r, i + step));
                s2 = op.Combine(s2, Simd512<T>.Load(in r, i + 2 * step));
                s3 = op.Combine(s3, Simd512<T>.Load(in r, i + 3 * step));
            }
            for (; i + step <= n; i += step) s0 = op.Combine(s0, Simd512<T>.Load(in r, i));
            s0 = op.Combine(op.Combine(s0, s1), op.Combine(s2, s3));
            Span<T> lanes = stackalloc T[16];
            Simd512<T>.Store(s0, ref lanes[0], 0);
            for (var half = Simd512<T>.Count / 2; half > 0; half /= 2)
                for (var j = 0; j < half; j++) lanes[j] = op.Combine(L.Of(lanes[j]), L.Of(lanes[j + half])).Value;
            total = L.Of(lanes[0]);
        }
        for (; i < n; i++) total = op.Combine(total, L.Of(row[(int)i]));
        return total;
    }

    readonly struct ReduceRows<TOp>(TOp op, View<T> x, int outer, int axis, View<T> y, bool accumulate, int rows) : IWork
        where TOp : unmanaged, IReduction<T>
    {
        public void Run(int part)
        {
            var from = Span(x);
            var to = Span(y);
            for (var o = part * rows; o < Math.Min(outer, (part + 1) * rows); o++)
            {
                var r = ReduceRow(op, from.Slice(o * axis, axis));
                to[o] = (accumulate ? op.Combine(L.Of(to[o]), r) : r).Value;
            }
        }
    }

    readonly struct ReducePieces<TOp>(TOp op, View<T> x, View<T> y) : IWork where TOp : unmanaged, IReduction<T>
    {
        public void Run(int part)
        {
            var (start, end) = Part(part, x.Length);
            Span(y)[part] = ReduceRow(op, Span(x)[start..end]).Value;
        }
    }

    readonly struct ReduceColumns<TOp>(TOp op, View<T> x, int axis, int inner, View<T> y, bool accumulate, int width, int blocks) : IWork
        where TOp : unmanaged, IReduction<T>
    {
        public void Run(int part)
        {
            var (o, block) = (part / blocks, part % blocks);
            var (start, end) = ((nint)(block * width), (nint)Math.Min(inner, (block + 1) * width));
            ref var from = ref MemoryMarshal.GetReference(Span(x)[(o * axis * inner)..]);
            ref var to = ref MemoryMarshal.GetReference(Span(y)[(o * inner)..]);
            var i = start;
            var step = (nint)S.Count;
            for (; i + 4 * step <= end; i += 4 * step)
            {
                var (r0, r1, r2, r3) = (op.Identity<S>(), op.Identity<S>(), op.Identity<S>(), op.Identity<S>());
                ref var row = ref Unsafe.Add(ref from, i);
                for (var a = 0; a < axis; a++, row = ref Unsafe.Add(ref row, inner))
                {
                    r0 = op.Combine(r0, S.Load(in row, 0));
                    r1 = op.Combine(r1, S.Load(in row, step));
                    r2 = op.Combine(r2, S.Load(in row, 2 * step));
                    r3 = op.Combine(r3, S.Load(in row, 3 * step));
                }
                Put(r0, ref to, i);
                Put(r1, ref to, i + step);
                Put(r2, ref to, i + 2 * step);
                Put(r3, ref to, i + 3 * step);
            }
            for (; i + step <= end; i += step)
            {
                var r = op.Identity<S>();
                for (var a = 0; a < axis; a++) r = op.Combine(r, S.Load(in from, (nint)a * inner + i));
                Put(r, ref to, i);
            }
            for (; i < end; i++)
            {
                var r = op.Identity<L>();
                for (var a = 0; a < axis; a++) r = op.Combine(r, L.Of(Unsafe.Add(ref from, (nint)a * (nint)inner + i)));
                ref var target = ref Unsafe.Add(ref to, i);
                target = (accumulate ? op.Combine(L.Of(target), r) : r).Value;
            }
        }

        void Put(S value, ref T to, nint at) => S.Store(accumulate ? op.Combine(S.Load(in to, at), value) : value, ref to, at);
    }
}
