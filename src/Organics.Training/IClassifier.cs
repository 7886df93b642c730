using System.Numerics;

namespace Organics;

/// <summary>What the trainer needs to know of a network that puts images into classes.</summary>
/// <typeparam name="P">Its parameter record.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
public interface IClassifier<P, T>
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The parameters, updated in place by training.</summary>
    P Parameters { get; }

    /// <summary>The loss to be minimised and the logits.</summary>
    /// <param name="parameters">The model's own record, or the watched one.</param>
    /// <param name="images">Pixels in [0, 1]. Shape [batch, pixels].</param>
    /// <param name="labels">A class for each image.</param>
    /// <returns>Loss, a scalar, and logits [batch, classes].</returns>
    (Tensor<T> Loss, Tensor<T> Logits) Evaluate(P parameters, Tensor<T> images, ReadOnlySpan<int> labels);

    /// <summary>Where inside an op of its own the first value that is not finite appears, in words; null where there is none, or no such op.</summary>
    /// <param name="parameters">The model's own record.</param>
    /// <param name="images">As in <see cref="Evaluate"/>.</param>
    string? Explain(P parameters, Tensor<T> images) => null;
}
