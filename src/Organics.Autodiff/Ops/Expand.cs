using System.Numerics;

namespace Organics;

/// <summary>Repeats a tensor along a new axis. Gradient: the sum over that axis.</summary>
sealed class Expand<T>(int axis, int count) : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs) => inputs[0].Shape.Insert(axis, count);

    public override void Forward(in ForwardContext<T> c)
    {
        var (outer, n, inner) = c.Shape(0).Insert(axis, count).Around(axis);
        c.On.Expand(c.Input(0), outer, n, inner, c.Output, accumulate: false);
    }

    public override void Vjp(in VjpContext<T> c)
    {
        var (outer, n, inner) = c.OutputShape.Around(axis);
        c.On.Reduce(default(SumReduction<T>), c.OutputGrad, outer, n, inner, c.Grad(0, out var accumulate), accumulate);
    }
}

public sealed partial class Tensor<T>
{
    /// <summary>Repeats the tensor along a new axis. Gradient: the sum over the new axis.</summary>
    /// <param name="axis">Where the new axis stands, 0 to the rank; negative ones count from the end of the result.</param>
    /// <param name="count">Its extent.</param>
    public Tensor<T> Expand(int axis, int count) => new Expand<T>(axis, count).Apply(this);
}
