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

    /// <summary>Whether every input is as large as the largest, a suffix of its shape, or a scalar, so that an element-wise op needs no copy.</summary>
    public static bool RepeatAsTheyLie<T>(ReadOnlySpan<Tensor<T>> inputs, out Shape shape) where T : unmanaged, IFloatingPointIeee754<T>
    {
        shape = inputs[0].Shape;
        foreach (var t in inputs)
            if (t.Shape.Rank > shape.Rank || (t.Shape.Rank == shape.Rank && (t.Length > shape.Length || shape.Length == 1))) shape = t.Shape;
        foreach (var t in inputs)
            if (t.Shape.Length != 1 && !t.Shape.IsSuffixOf(shape)) return false;
        return true;
    }

    /// <summary>The shape of an element-wise result as in NumPy: counted from the last, axes are equal, or 1 and repeated, or missing and repeated.</summary>
    public static Shape Broadcast<T>(string op, ReadOnlySpan<Tensor<T>> inputs) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<int> extents = stackalloc int[Shape.MaxRank];
        extents.Fill(1);
        var rank = 0;
        foreach (var t in inputs)
        {
            rank = Math.Max(rank, t.Shape.Rank);
            for (var j = 1; j <= t.Shape.Rank; j++)
            {
                if (extents[^j] == 1) extents[^j] = t.Shape[-j];
                else if (t.Shape[-j] != 1 && t.Shape[-j] != extents[^j])
                    throw new ShapeException(
                        $"{op}: {Shapes(inputs)} do not broadcast; counted from the last, axes must be equal or 1. Reshape or Expand one.");
            }
        }
        return Shape.Of(extents[^rank..]);
    }

    static string Shapes<T>(ReadOnlySpan<Tensor<T>> inputs) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var s = new string[inputs.Length];
        for (var i = 0; i < s.Length; i++) s[i] = inputs[i].Shape.ToString();
        return string.Join(" and ", s);
    }
}
