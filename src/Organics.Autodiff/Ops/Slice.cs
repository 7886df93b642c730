using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>Entries of an axis that others stand before: a copy of what does not lie together. Gradient: added to that part.</summary>
sealed class Slice<T>(int start, int count, int axis) : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs) => inputs[0].Shape.With(axis, count);

    public override void Forward(in ForwardContext<T> c)
    {
        if (c.Output.Length == 0) return;
        var (outer, n, inner) = c.Shape(0).Around(axis);
        c.On.CopyRows(Part(c.Input(0), inner), n * inner, c.Output, count * inner, outer, count * inner, accumulate: false);
    }

    public override void Vjp(in VjpContext<T> c)
    {
        var gradient = c.Grad(0);
        if (c.Output.Length == 0) return;
        var (outer, n, inner) = c.Shape(0).Around(axis);
        c.On.CopyRows(c.OutputGrad, count * inner, Part(gradient, inner), n * inner, outer, count * inner, accumulate: true);
    }

    View<T> Part(View<T> x, int inner) => x.Slice(start * inner, x.Length - start * inner);
}

public sealed partial class Tensor<T>
{
    /// <summary>
    /// Entries start … start + count − 1 of an axis; without a copy where that is the leading one. Shape: unchanged but for that axis. Gradient: added to that
    /// part.
    /// </summary>
    /// <param name="start">The first entry.</param>
    /// <param name="count">How many.</param>
    /// <param name="axis">The axis; negative ones count from the end.</param>
    /// <exception cref="ShapeException">The range lies outside the axis.</exception>
    public Tensor<T> Slice(int start, int count, int axis = 0)
    {
        var (outer, n, inner) = Shape.Around(axis);
        if (start < 0 || count < 0 || start > n - count)
            throw new ShapeException(
                $"Slice: entries {start} to {start + count - 1} were asked for of a tensor {Shape}; stay within its axis {axis}, which has {n}.");
        var op = outer == 1 ? (Op<T>)new Alias<T>(nameof(Slice), Shape.With(axis, count), start * inner) : new Slice<T>(start, count, axis);
        return op.Apply(this);
    }

    /// <summary>Entry i of the leading axis, without that axis and without a copy. Gradient: added to that part.</summary>
    /// <exception cref="ShapeException">The entry lies outside the leading axis.</exception>
    [IndexerName("Entry")]
    public Tensor<T> this[int i]
    {
        get
        {
            if (Shape.Rank == 0 || (uint)i >= (uint)Shape[0])
                throw new ShapeException($"Slice: entry {i} was asked for of a tensor {Shape}; stay within its leading axis, or count from its end with ^.");
            return new Alias<T>(nameof(Slice), Shape.Without(0), i * Shape.Around(0).Inner).Apply(this);
        }
    }

    /// <summary>An entry of the leading axis, as in <c>t[^1]</c>, without that axis and without a copy. Gradient: added to that part.</summary>
    /// <exception cref="ShapeException">The entry lies outside the leading axis.</exception>
    [IndexerName("Entry")]
    public Tensor<T> this[Index i] => this[i.GetOffset(Shape[0])];

    /// <summary>Entries of the leading axis, as in <c>t[1..]</c> or <c>t[..^1]</c>, without a copy. Gradient: added to that part.</summary>
    /// <exception cref="ShapeException">The range lies outside the leading axis.</exception>
    [IndexerName("Entry")]
    public Tensor<T> this[Range range]
    {
        get
        {
            var start = range.Start.GetOffset(Shape[0]);
            return Slice(start, range.End.GetOffset(Shape[0]) - start);
        }
    }
}
