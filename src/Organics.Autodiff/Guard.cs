using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>The checks that several ops make, each with a sentence in the caller's own words.</summary>
static class Guard
{
    public static void Count(int values, Shape shape)
    {
        if (values != shape.Length)
            throw new ShapeException($"{values} values were given for the shape {shape}, which holds {shape.Length}; give exactly that many.");
    }

    public static void Rank<T>(string op, Tensor<T> t, int rank, [CallerArgumentExpression(nameof(t))] string name = "")
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(t, name);
        if (t.Shape.Rank != rank) throw new ShapeException($"{op}: `{name}` is {t.Shape} but must have {rank} axes; Reshape it.");
    }

    /// <summary>The shape of an element-wise result: the largest; the others must be scalars or suffixes of it.</summary>
    public static Shape Broadcast<T>(string op, ReadOnlySpan<Tensor<T>> inputs) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var shape = inputs[0].Shape;
        foreach (var t in inputs)
            if (t.Shape.Rank > shape.Rank || (t.Shape.Rank == shape.Rank && (t.Length > shape.Length || shape.Length == 1))) shape = t.Shape;
        foreach (var t in inputs)
            if (t.Shape.Length != 1 && !t.Shape.IsSuffixOf(shape))
                throw new ShapeException(
                    $"{op}: {Shapes(inputs)} do not broadcast; each must equal the largest, be a trailing part of it, or a scalar. Reshape or Expand one.");
        return shape;
    }

    static string Shapes<T>(ReadOnlySpan<Tensor<T>> inputs) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var s = new string[inputs.Length];
        for (var i = 0; i < s.Length; i++) s[i] = inputs[i].Shape.ToString();
        return string.Join(" and ", s);
    }
}
