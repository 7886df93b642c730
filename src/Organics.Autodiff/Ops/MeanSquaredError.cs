namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>Mean of (x − target)² over all elements. Shape: a scalar. Gradient: 2(x − target)/n.</summary>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public Tensor<T> MeanSquaredError(Tensor<T> target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Shape != Shape)
            throw new ShapeException($"MeanSquaredError: the prediction is {Shape} but `target` is {target.Shape}; the shapes must be equal.");
        return (this - target).Square().Mean();
    }
}
