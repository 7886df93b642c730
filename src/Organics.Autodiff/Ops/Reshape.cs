using System.Numerics;

namespace Organics;

/// <summary>The same elements under another shape: a view. Gradient: unchanged.</summary>
sealed class Reshape<T>(Shape shape) : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs) => shape;

    public override void Forward(in ForwardContext<T> c) => c.On.Copy(c.Input(0), c.Output);

    public override void Vjp(in VjpContext<T> c) => c.On.Add(c.OutputGrad, c.Grad(0));

    public Tensor<T> View(Tensor<T> x) => ApplyAlias(x, shape, x.View);
}

public sealed partial class Tensor<T>
{
    /// <summary>The same elements under another shape, without a copy. Gradient: unchanged.</summary>
    /// <exception cref="ShapeException">The numbers of elements differ.</exception>
    public Tensor<T> Reshape(Shape shape)
    {
        if (shape.Length != Length) throw new ShapeException($"Reshape: the tensor is {Shape} with {Length} elements but {shape} holds {shape.Length}; they must be equal.");
        return new Reshape<T>(shape).View(this);
    }
}
