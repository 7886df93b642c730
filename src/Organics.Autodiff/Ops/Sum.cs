using System.Numerics;

namespace Organics;

/// <summary>Sum over one axis, or over all elements. Gradient: repeated along the axis.</summary>
sealed class Sum<T>(int? axis) : AxisReduction<T, SumReduction<T>>(axis) where T : unmanaged, IFloatingPointIeee754<T>
{
    public override void Vjp(in VjpContext<T> c)
    {
        var (outer, n, inner) = Extents(c.Shape(0));
        c.On.Expand(c.OutputGrad, outer, n, inner, c.Grad(0, out var accumulate), accumulate);
    }
}

public sealed partial class Tensor<T>
{
    /// <summary>Sum of all elements. Shape: a scalar. Gradient: 1 everywhere.</summary>
    public Tensor<T> Sum() => new Sum<T>(null).Apply(this);

    /// <summary>Sum over an axis. Shape: without that axis. Gradient: repeated along it.</summary>
    public Tensor<T> Sum(int axis) => new Sum<T>(axis).Apply(this);

    /// <summary>Mean of all elements; NaN of none. Shape: a scalar. Gradient: 1/n everywhere.</summary>
    public Tensor<T> Mean() => (T.One / T.CreateTruncating(Length)) * Sum();

    /// <summary>Mean over an axis. Shape: without that axis. Gradient: 1/n, repeated along it.</summary>
    public Tensor<T> Mean(int axis) => (T.One / T.CreateTruncating(Shape[axis])) * Sum(axis);
}
