using System.Runtime.CompilerServices;

namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>Entries start … start + count − 1 of the leading axis, without a copy. Gradient: added to that part.</summary>
    /// <exception cref="ShapeException">The range lies outside the leading axis.</exception>
    public Tensor<T> Slice(int start, int count)
    {
        if (Shape.Rank == 0 || start < 0 || count < 0 || start > Shape[0] - count)
            throw new ShapeException($"Slice: entries {start} to {start + count - 1} were asked for of a tensor {Shape}; stay within its leading axis.");
        return new Alias<T>(nameof(Slice), Shape.With(0, count), start * Shape.Around(0).Inner).Apply(this);
    }

    /// <summary>Entry i of the leading axis, without that axis and without a copy. Gradient: added to that part.</summary>
    /// <exception cref="ShapeException">The entry lies outside the leading axis.</exception>
    [IndexerName("Entry")]
    public Tensor<T> this[int i]
    {
        get
        {
            if (Shape.Rank == 0 || (uint)i >= (uint)Shape[0])
                throw new ShapeException($"Slice: entry {i} was asked for of a tensor {Shape}; stay within its leading axis.");
            return new Alias<T>(nameof(Slice), Shape.Without(0), i * Shape.Around(0).Inner).Apply(this);
        }
    }
}
