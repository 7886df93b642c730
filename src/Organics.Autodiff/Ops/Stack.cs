namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>
    /// Joins tensors of one shape along a new axis. Shape: with that axis, as long as there are tensors. Gradient: each tensor gets its part.
    /// </summary>
    /// <param name="axis">Where the new axis stands, 0 to the rank; negative ones count from the end of the result.</param>
    /// <param name="tensors">At least one.</param>
    /// <exception cref="ShapeException">The shapes differ, or the axis is none of the result's.</exception>
    public static Tensor<T> Stack(int axis, params ReadOnlySpan<Tensor<T>> tensors)
    {
        if (tensors.IsEmpty) throw new ShapeException("Stack: no tensors were given; give at least one.");
        var parts = new Tensor<T>[tensors.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var t = tensors[i];
            ArgumentNullException.ThrowIfNull(t, nameof(tensors));
            if (t.Shape != tensors[0].Shape) throw new ShapeException($"Stack: {t.Shape} does not fit beside {tensors[0].Shape}; all shapes must be equal.");
            parts[i] = t.Reshape(t.Shape.Insert(axis, 1));
        }
        return Concat(axis, parts);
    }
}
