using System.Numerics;

namespace Organics;

/// <summary>The gradients that a backward pass returns; they live until the tape is reset.</summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class Gradients<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Dictionary<Tensor<T>, Tensor<T>> _byTensor;

    internal Gradients(Dictionary<Tensor<T>, Tensor<T>> byTensor) => _byTensor = byTensor;

    /// <summary>The gradient with respect to a watched tensor, named by itself or by its tracked alias.</summary>
    /// <exception cref="KeyNotFoundException">The tensor was not watched.</exception>
    public Tensor<T> this[Tensor<T> tensor]
        => _byTensor.TryGetValue(tensor, out var g)
            ? g
            : throw new KeyNotFoundException($"There is no gradient for this tensor {tensor?.Shape}; Watch it on the tape before using it.");

    /// <summary>The gradients with respect to a parameter record, as a record of the same kind.</summary>
    /// <param name="parameters">The record, or its watched form.</param>
    /// <exception cref="KeyNotFoundException">One of its tensors was not watched.</exception>
    public P Of<P>(P parameters) where P : IParameters<P, T>
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return parameters.Map((_, t) => this[t]);
    }

    /// <summary>‖∇‖₂ over all tensors of a parameter record: √Σg², a tensor's sum relative to its largest element where squares overflow. Waits for the
    /// device.</summary>
    /// <param name="parameters">The record, or its watched form.</param>
    /// <exception cref="KeyNotFoundException">One of its tensors was not watched.</exception>
    public double Norm<P>(P parameters) where P : IParameters<P, T>
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var sum = 0.0;
        foreach (var (_, p) in parameters.List())
        {
            var g = this[p];
            var squares = double.CreateTruncating(g.Square().Sum().Item());
            if (!double.IsFinite(squares))
            {
                var largest = g.Abs().Max().Item();
                var scale = double.CreateTruncating(largest);
                squares = scale * scale * double.CreateTruncating((g / Tensor.Scalar(largest, g.Device)).Square().Sum().Item());
            }
            sum += squares;
        }
        return Math.Sqrt(sum);
    }
}
