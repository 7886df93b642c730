namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>Cuts the tensor along an axis into parts of given extents: what <see cref="Concat"/> joins again. Gradient: added to each part.</summary>
    /// <param name="axis">The axis; negative ones count from the end.</param>
    /// <param name="extents">The extents of the parts along that axis; together all of it.</param>
    /// <exception cref="ShapeException">The extents do not add up to the axis.</exception>
    public Tensor<T>[] Split(int axis, params ReadOnlySpan<int> extents)
    {
        long total = 0;
        foreach (var extent in extents) total += extent;
        if (total != Shape[axis])
            throw new ShapeException($"Split: the extents add up to {total}, but axis {axis} of {Shape} has {Shape[axis]}; give extents that cover it.");
        var parts = new Tensor<T>[extents.Length];
        for (var (i, start) = (0, 0); i < parts.Length; start += extents[i++]) parts[i] = Slice(start, extents[i], axis);
        return parts;
    }
}
