namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>ln Σ eˣ over all elements, without overflow. Shape: a scalar. Gradient: the softmax.</summary>
    public Tensor<T> LogSumExp() => Reshape([Length]).LogSumExp(0);

    /// <summary>ln Σ eˣ over an axis, without overflow. Shape: without that axis. Gradient: the softmax along it.</summary>
    public Tensor<T> LogSumExp(int axis)
    {
        _ = Shape[axis];
        axis = axis < 0 ? axis + Shape.Rank : axis;
        // The shift m cancels, so that no gradient needs to flow through it; a row of −∞ keeps m finite.
        var m = Max(axis).StopGradient().Clamp(-T.BitDecrement(T.PositiveInfinity), T.BitDecrement(T.PositiveInfinity));
        return (this - m.Expand(axis, Shape[axis])).Exp().Sum(axis).Log() + m;
    }
}
