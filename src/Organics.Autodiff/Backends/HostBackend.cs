using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics.Backends;

/// <summary>Memory in this process, beginning at a cache line.</summary>
sealed class HostBuffer<T> : Buffer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly T[] _array;
    readonly int _start;

    public unsafe HostBuffer(int length) : base(length)
    {
        // Pinned, so that the alignment found now stays.
        _array = GC.AllocateUninitializedArray<T>((int)Math.Min((long)length + 64 / sizeof(T), int.MaxValue), pinned: true);
        var address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_array));
        _start = (int)((64 - address % 64) % 64) / sizeof(T);
    }

    public Span<T> Span => _array.AsSpan(_start, Length);
}

/// <summary>What all backends in this process share: memory, and moving it.</summary>
/// <typeparam name="T">float or double.</typeparam>
public abstract class HostBackend<T> : Backend<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The elements of a view, for ops that have a program of their own on the CPU.</summary>
    public static Span<T> Span(View<T> v) => v.IsMissing ? default : ((HostBuffer<T>)v.Buffer).Span.Slice(v.Offset, v.Length);

    /// <summary>How many threads share the parts of a piece of work.</summary>
    public virtual int Threads => 1;

    /// <summary>Whether it computes for one of several parts of a piece of work, by one thread: then there is nothing to share out.</summary>
    internal virtual bool IsPart => false;

    /// <summary>Runs parts 0 … parts − 1 of a piece of work, on several threads where the device has them.</summary>
    public abstract void Run<TWork>(int parts, in TWork work) where TWork : struct, IWork;

    /// <summary>A backend on the same memory, with a pool of its own, that computes for one part of a piece of work. Give it back.</summary>
    /// <param name="threads">Whether its ops are shared out among the threads; a part that is one of several has one.</param>
    /// <param name="constants">Matrices that stay what they are until it is given back; null for none.</param>
    internal virtual HostBackend<T> Lease(bool threads, ConstantMatrices<T>? constants) => this;

    /// <summary>Takes a backend back.</summary>
    internal virtual void Return(HostBackend<T> leased)
    {
    }

    /// <inheritdoc/>
    public override Buffer<T> Allocate(int length) => new HostBuffer<T>(length);

    /// <inheritdoc/>
    public override void Fill(View<T> y, T value) => Span(y).Fill(value);

    /// <inheritdoc/>
    public override void Upload(ReadOnlySpan<T> values, View<T> y) => values.CopyTo(Span(y));

    /// <inheritdoc/>
    public override void Download(View<T> x, Span<T> values) => Span(x).CopyTo(values);

    /// <inheritdoc/>
    public override void CopyRows(View<T> x, int xPitch, View<T> y, int yPitch, int rows, int width, bool accumulate)
    {
        for (var r = 0; r < rows; r++)
        {
            var (from, to) = (x.Slice(r * xPitch, width), y.Slice(r * yPitch, width));
            if (accumulate) AddInto(Span(from), Span(to));
            else Span(from).CopyTo(Span(to));
        }
    }

    /// <inheritdoc/>
    public override void Expand(View<T> x, int outer, int axis, int inner, View<T> y, bool accumulate)
    {
        var from = Span(x);
        var to = Span(y);
        for (var o = 0; o < outer; o++)
        {
            var row = from.Slice(o * inner, inner);
            if (inner == 1)
            {
                var line = to.Slice(o * axis, axis);
                if (accumulate) System.Numerics.Tensors.TensorPrimitives.Add(line, row[0], line);
                else line.Fill(row[0]);
                continue;
            }
            for (var a = 0; a < axis; a++)
            {
                var line = to.Slice((o * axis + a) * inner, inner);
                if (accumulate) AddInto(row, line);
                else row.CopyTo(line);
            }
        }
    }

    /// <inheritdoc/>
    public override void Transpose(View<T> x, int batch, int rows, int columns, View<T> y, bool accumulate)
    {
        var from = Span(x);
        var to = Span(y);
        for (var b = 0; b < batch; b++)
        {
            var s = from.Slice(b * rows * columns, rows * columns);
            var t = to.Slice(b * rows * columns, rows * columns);
            for (var i = 0; i < rows; i++)
                for (var j = 0; j < columns; j++)
                    t[j * rows + i] = accumulate ? t[j * rows + i] + s[i * columns + j] : s[i * columns + j];
        }
    }

    /// <inheritdoc/>
    public override void Gather(View<T> x, ReadOnlySpan<int> index, int width, View<T> y)
    {
        for (var r = 0; r < index.Length; r++) Span(x.Slice(index[r] * width, width)).CopyTo(Span(y.Slice(r * width, width)));
    }

    /// <inheritdoc/>
    public override void ScatterAdd(View<T> x, ReadOnlySpan<int> index, int width, View<T> y)
    {
        for (var r = 0; r < index.Length; r++) AddInto(Span(x.Slice(r * width, width)), Span(y.Slice(index[r] * width, width)));
    }

    static void AddInto(ReadOnlySpan<T> x, Span<T> y) => System.Numerics.Tensors.TensorPrimitives.Add(y, x, y);
}

/// <summary>A piece of work in independent parts.</summary>
public interface IWork
{
    /// <summary>Does one part.</summary>
    void Run(int part);
}
