using System.Numerics;

namespace Organics;

/// <summary>A reduction over one axis, or over all elements; who derives from it adds the gradient.</summary>
abstract class AxisReduction<T, TOp>(int? axis) : Op<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TOp : unmanaged, IReduction<T>
{
    public sealed override Shape Infer(ReadOnlySpan<Tensor<T>> inputs) => axis is { } a ? inputs[0].Shape.Without(a) : Shape.Scalar;

    public sealed override void Forward(in ForwardContext<T> c)
    {
        var (outer, n, inner) = Extents(c.Shape(0));
        c.On.Reduce(default(TOp), c.Input(0), outer, n, inner, c.Output, accumulate: false);
    }

    protected (int Outer, int Axis, int Inner) Extents(Shape s) => axis is { } a ? s.Around(a) : (1, s.Length, 1);
}
