using System.Numerics;

namespace Organics;

public static partial class Tensor
{
    /// <summary>Where the largest number stands: the first of equal ones, and the first NaN where there is one; 0 of none.</summary>
    public static int Argmax<T>(ReadOnlySpan<T> values) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var at = 0;
        for (var i = 1; i < values.Length && !T.IsNaN(values[at]); i++)
            if (values[i] > values[at] || T.IsNaN(values[i])) at = i;
        return at;
    }
}

public sealed partial class Tensor<T>
{
    /// <summary>
    /// Where the largest element along an axis stands, as <see cref="Tensor.Argmax"/> says. Waits for the device; no gradient flows. They are plain integers, in
    /// the order of the elements that are left without the axis, for that is what labels, <see cref="GatherRows"/> and loops take.
    /// </summary>
    /// <param name="axis">The axis; negative ones count from the end.</param>
    /// <exception cref="ShapeException">The axis has no elements.</exception>
    public int[] Argmax(int axis)
    {
        var (outer, n, inner) = Shape.Around(axis);
        if (n == 0) throw new ShapeException($"Argmax: axis {axis} of {Shape} has no elements, of which none is the largest; take another axis.");
        var (values, line) = (ToArray(), new T[n]);
        var at = new int[outer * inner];
        for (var i = 0; i < at.Length; i++)
        {
            for (var k = 0; k < n; k++) line[k] = values[i / inner * n * inner + i % inner + k * inner];
            at[i] = Tensor.Argmax<T>(line);
        }
        return at;
    }
}
