namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>
    /// Where the largest element along an axis stands: the first of equal ones, and the first NaN where there is one. Waits for the device; no gradient flows.
    /// They are plain integers, in the
    /// order of the elements that are left without the axis, for that is what labels, <see cref="GatherRows"/> and loops take.
    /// </summary>
    /// <param name="axis">The axis; negative ones count from the end.</param>
    /// <exception cref="ShapeException">The axis has no elements.</exception>
    public int[] Argmax(int axis)
    {
        var (outer, n, inner) = Shape.Around(axis);
        if (n == 0) throw new ShapeException($"Argmax: axis {axis} of {Shape} has no elements, of which none is the largest; take another axis.");
        var values = ToArray();
        var at = new int[outer * inner];
        for (var i = 0; i < at.Length; i++)
        {
            var first = i / inner * n * inner + i % inner;
            var best = values[first];
            for (var k = 1; k < n && !T.IsNaN(best); k++)
            {
                var v = values[first + k * inner];
                if (v > best || T.IsNaN(v)) (best, at[i]) = (v, k);
            }
        }
        return at;
    }
}
