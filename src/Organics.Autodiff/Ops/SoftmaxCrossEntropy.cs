using System.Buffers;

namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>
    /// Mean cross-entropy −ln softmax(x)[label] of a batch of logits. Shape: logits [batch, classes] → a scalar. Unit: nats.
    /// Gradient: (softmax − one-hot)/batch.
    /// </summary>
    /// <param name="labels">A class in 0 … classes − 1 for each row.</param>
    /// <exception cref="ShapeException">The logits are not a matrix, or there is not one label for each row.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is not a class.</exception>
    public Tensor<T> SoftmaxCrossEntropy(ReadOnlySpan<int> labels) => CrossEntropies(labels).Mean();

    /// <summary>Cross-entropy of a batch of logits as a weighted sum Σwℓ, ℓ = −ln softmax(x)[label]. Gradient: w(softmax − one-hot).</summary>
    /// <param name="labels">A class in 0 … classes − 1 for each row.</param>
    /// <param name="weights">What each row counts; 1/batch for each gives the mean.</param>
    /// <exception cref="ShapeException">The logits are not a matrix, or there is not one label and one weight for each row.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is not a class.</exception>
    public Tensor<T> SoftmaxCrossEntropy(ReadOnlySpan<int> labels, ReadOnlySpan<T> weights) => (CrossEntropies(labels) * Constant(weights, [labels.Length])).Sum();

    // Shape [batch].
    Tensor<T> CrossEntropies(ReadOnlySpan<int> labels)
    {
        Guard.Rank(nameof(SoftmaxCrossEntropy), this, 2);
        var (batch, classes) = (Shape[0], Shape[1]);
        if (labels.Length != batch)
            throw new ShapeException($"SoftmaxCrossEntropy: the logits are {Shape} but there are {labels.Length} labels; give one label for each row.");
        var rented = ArrayPool<T>.Shared.Rent(Length);
        var oneHot = rented.AsSpan(0, Length);
        oneHot.Clear();
        for (var i = 0; i < batch; i++)
        {
            if ((uint)labels[i] >= (uint)classes)
                throw new ArgumentOutOfRangeException(nameof(labels), $"SoftmaxCrossEntropy: label {i} is {labels[i]} but the logits have classes 0 to {classes - 1}.");
            oneHot[i * classes + labels[i]] = T.One;
        }
        var target = Constant(oneHot, Shape);
        ArrayPool<T>.Shared.Return(rented);
        // Chosen, not multiplied: a class ruled out by a logit of −∞ would else give −∞·0. Where the target is 0, it is the 0 to choose.
        return LogSumExp(1) - Select(target, this, target).Sum(1);
    }
}
