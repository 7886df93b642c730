using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>Consecutive entries of the leading axis: a view. Gradient: added to that part.</summary>
sealed class Slice<T>(int start, int count, Shape shape) : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs) => shape;

    public override void Forward(in ForwardContext<T> c) => c.On.Copy(Part(c.Input(0), c.Shape(0)), c.Output);

    public override void Vjp(in VjpContext<T> c) => c.On.Add(c.OutputGrad, Part(c.Grad(0), c.Shape(0)));

    public Tensor<T> View(Tensor<T> x) => ApplyAlias(x, shape, Part(x.View, x.Shape));

    View<T> Part(View<T> x, Shape s)
    {
        var (_, _, inner) = s.Around(0);
        return x.Slice(start * inner, count * inner);
    }
}

public sealed partial class Tensor<T>
{
    /// <summary>Entries start … start + count − 1 of the leading axis, without a copy. Gradient: added to that part.</summary>
    /// <exception cref="ShapeException">The range lies outside the leading axis.</exception>
    public Tensor<T> Slice(int start, int count)
    {
        if (Shape.Rank == 0 || start < 0 || count < 0 || start > Shape[0] - count)
            throw new ShapeException($"Slice: entries {start} to {start + count - 1} were asked for of a tensor {Shape}; stay within its leading axis.");
        return new Slice<T>(start, count, Shape.With(0, count)).View(this);
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
            return new Slice<T>(i, 1, Shape.Without(0)).View(this);
        }
    }
}
