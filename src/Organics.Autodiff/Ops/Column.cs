namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>
    /// Entry <paramref name="column"/> of the second axis of a range of the leading one, without the second axis: <c>x[.., 0]</c> is the first unknown of every
    /// sample. Gradient: added to that part.
    /// </summary>
    /// <exception cref="ShapeException">There are fewer than two axes, or the entry lies outside of the second.</exception>
    [System.Runtime.CompilerServices.IndexerName("Entry")]
    public Tensor<T> this[Range rows, Index column]
    {
        get
        {
            if (Shape.Rank < 2) throw new ShapeException($"Entry: the tensor is {Shape} but needs two axes for [{rows}, {column}]; Reshape it.");
            var i = column.GetOffset(Shape[1]);
            if ((uint)i >= (uint)Shape[1]) throw new ShapeException($"Entry: column {column} was asked for of a tensor {Shape}; stay within its second axis.");
            var chosen = rows.Equals(Range.All) ? this : this[rows];
            return chosen.Slice(i, 1, axis: 1).Reshape(chosen.Shape.Without(1));
        }
    }
}
