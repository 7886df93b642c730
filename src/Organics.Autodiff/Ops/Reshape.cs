namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>The same elements under another shape, without a copy. Gradient: unchanged.</summary>
    /// <exception cref="ShapeException">The numbers of elements differ.</exception>
    public Tensor<T> Reshape(Shape shape)
    {
        if (shape.Length != Length) throw new ShapeException($"Reshape: the tensor is {Shape} with {Length} elements but {shape} holds {shape.Length}; they must be equal.");
        return new Alias<T>(nameof(Reshape), shape, 0).Apply(this);
    }
}
