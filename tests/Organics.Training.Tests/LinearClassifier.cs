using System.Numerics;

namespace Organics.Tests;

/// <summary>Weight [classes, pixels] and bias [classes].</summary>
sealed record LinearParameters<T>(Tensor<T> Weight, Tensor<T> Bias) : IParameters<LinearParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public LinearParameters<T> Map(Func<string, Tensor<T>, Tensor<T>> f) => new(f("weight", Weight), f("bias", Bias));

    /// <summary>The bits of all numbers.</summary>
    public T[] Values => [.. this.List().SelectMany(p => p.Value.ToArray())];
}

/// <summary>Softmax regression that remembers what it was shown while it was watched.</summary>
sealed class LinearClassifier<T>(LinearParameters<T> parameters) : IModel<LinearParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public LinearParameters<T> Parameters => parameters;

    /// <summary>The first pixels of the images of every training batch, as bytes.</summary>
    public List<int[]> Batches { get; } = [];

    /// <summary>What becomes of the loss.</summary>
    public Func<Tensor<T>, Tensor<T>> Loss { get; init; } = loss => loss;

    /// <summary>Whether an image is said not to have reached its fixed point, by its first pixel as a byte; null where no image has one.</summary>
    public Func<int, bool>? IsUnsettled { get; init; }

    public static LinearClassifier<T> Create(int pixels, int classes, double scale = 1) => new(new(
        Tensor.From<T>([.. Enumerable.Range(0, classes * pixels).Select(i => T.CreateTruncating(scale * Math.Sin(1 + i)))], [classes, pixels]),
        Tensor.From<T>([.. Enumerable.Range(0, classes).Select(i => T.CreateTruncating(scale * Math.Cos(i)))], [classes])));

    public Evaluated<T> Evaluate(LinearParameters<T> p, Tensor<T> images, SampleBatch<T> batch)
    {
        int[] first = [.. images.ToArray().Chunk(images.Shape[1]).Select(image => (int)Math.Round(255 * double.CreateTruncating(image[0])))];
        if (p != Parameters)
            lock (Batches) Batches.Add(first);
        var logits = images.MatMul(p.Weight, transposeOther: true) + p.Bias;
        return new(Loss(global::Organics.Loss.For(batch.Format.Target).Of(logits, batch)), logits) { NotConverged = IsUnsettled is null ? null : first.Count(IsUnsettled) };
    }
}
