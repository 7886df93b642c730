namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>
    /// eˣ/Σ eˣ along an axis, without overflow: positive numbers that add up to 1; NaN where all are −∞ or one is ∞. Shape: unchanged. Gradient: y⊙(ȳ − Σ y⊙ȳ)
    /// along the axis.
    /// </summary>
    /// <param name="axis">The axis; negative ones count from the end.</param>
    public Tensor<T> Softmax(int axis)
    {
        var n = Shape[axis];
        axis = axis < 0 ? axis + Shape.Rank : axis;
        // The shift cancels, so that no gradient needs to flow through it.
        var e = (this - Max(axis).StopGradient().Expand(axis, n)).Exp();
        return e / e.Sum(axis).Expand(axis, n);
    }
}
