using System.Numerics;

namespace Organics;

/// <summary>Tensors side by side along one axis. Gradient: each gets its part.</summary>
sealed class Concat<T>(int axis) : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs)
    {
        var total = 0L;
        foreach (var t in inputs)
        {
            if (t.Shape.Rank != inputs[0].Shape.Rank || t.Shape.With(axis, 0) != inputs[0].Shape.With(axis, 0))
                throw new ShapeException($"Concat: {t.Shape} does not fit beside {inputs[0].Shape}; all axes but axis {axis} must be equal.");
            total += t.Shape[axis];
        }
        if (total > int.MaxValue) throw new ShapeException($"Concat: axis {axis} would have {total} elements, more than 2³¹ − 1; join fewer tensors.");
        return inputs[0].Shape.With(axis, (int)total);
    }

    public override void Forward(in ForwardContext<T> c)
    {
        var pitch = c.Output.Length;
        var offset = 0;
        for (var i = 0; i < c.Count; i++)
        {
            var (outer, n, inner) = c.Shape(i).Around(axis);
            if (i == 0) pitch /= Math.Max(outer, 1);
            c.On.CopyRows(c.Input(i), n * inner, Tail(c.Output, offset), pitch, outer, n * inner, accumulate: false);
            offset += n * inner;
        }
    }

    public override void Vjp(in VjpContext<T> c)
    {
        var (rows, total, width) = c.OutputShape.Around(axis);
        var offset = 0;
        for (var i = 0; i < c.Count; i++)
        {
            var n = c.Shape(i)[axis] * width;
            if (c.Needs(i)) c.On.CopyRows(Tail(c.OutputGrad, offset), total * width, c.Grad(i, out var accumulate), n, rows, n, accumulate);
            offset += n;
        }
    }

    static View<T> Tail(View<T> v, int offset) => v.Slice(offset, v.Length - offset);
}

public sealed partial class Tensor<T>
{
    /// <summary>Joins tensors along an axis. Shape: equal but for that axis. Gradient: each tensor gets its part.</summary>
    /// <exception cref="ShapeException">The other axes differ.</exception>
    public static Tensor<T> Concat(int axis, params ReadOnlySpan<Tensor<T>> tensors)
    {
        if (tensors.IsEmpty) throw new ShapeException("Concat: no tensors were given; give at least one.");
        ArgumentNullException.ThrowIfNull(tensors[0], nameof(tensors));
        _ = tensors[0].Shape[axis];
        return new Concat<T>(axis).Apply(tensors);
    }
}
