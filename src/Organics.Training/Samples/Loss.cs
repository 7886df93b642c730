using System.Numerics;

namespace Organics;

/// <summary>What a training makes small: how far outputs are from the targets of a batch.</summary>
/// <param name="Name">What it is called.</param>
public abstract record Loss(string Name)
{
    /// <summary>Cross-entropy −ln softmax(outputs)[class], a mean over targets; unit: nats.</summary>
    public static Loss CrossEntropy { get; } = new CrossEntropyLoss();

    /// <summary>The squared error (output − target)², a mean over targets and outputs.</summary>
    public static Loss SquaredError { get; } = new SquaredErrorLoss(null);

    /// <summary>The squared error in units of its own for each output, ((output − target)/unit)².</summary>
    /// <param name="units">Each above 0. Shape [outputs].</param>
    public static Loss SquaredErrorIn(IReadOnlyList<double> units) => new SquaredErrorLoss(units);

    /// <summary>The usual one: cross-entropy for classes, the squared error for numbers.</summary>
    public static Loss For(TargetKind target) => target == TargetKind.Class ? CrossEntropy : SquaredError;

    /// <summary>
    /// The loss. A mean over the targets that count, weighted by what they count: PyTorch's weighted mean, Σwℓ/Σw; 0 where none counts.
    /// </summary>
    /// <param name="outputs">Shape [targets, outputs]: sample by sample and, where targets are at each step, step by step.</param>
    /// <param name="batch">Their targets.</param>
    /// <returns>A scalar.</returns>
    public abstract Tensor<T> Of<T>(Tensor<T> outputs, SampleBatch<T> batch) where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>The mean of a number for each target, weighted by what the targets count, as <see cref="Of"/> weighs them; 0 where none counts. What a model's loss
    /// has besides must be such a mean, too, for a batch may be computed in blocks.</summary>
    /// <param name="values">Shape [targets].</param>
    /// <param name="batch">The targets.</param>
    /// <returns>A scalar.</returns>
    public static Tensor<T> Mean<T>(Tensor<T> values, SampleBatch<T> batch) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(batch);
        return Shares(batch) is { } shares ? (values * values.Constant(shares, [shares.Length])).Sum() : values.Mean();
    }

    sealed record CrossEntropyLoss() : Loss("cross-entropy")
    {
        public override Tensor<T> Of<T>(Tensor<T> outputs, SampleBatch<T> batch)
        {
            ArgumentNullException.ThrowIfNull(outputs);
            ArgumentNullException.ThrowIfNull(batch);
            return Shares(batch) is { } shares ? outputs.SoftmaxCrossEntropy(batch.Classes, shares) : outputs.SoftmaxCrossEntropy(batch.Classes);
        }
    }

    sealed record SquaredErrorLoss(IReadOnlyList<double>? Units) : Loss("squared error")
    {
        public override Tensor<T> Of<T>(Tensor<T> outputs, SampleBatch<T> batch)
        {
            ArgumentNullException.ThrowIfNull(outputs);
            ArgumentNullException.ThrowIfNull(batch);
            var error = outputs - outputs.Constant(batch.Numbers, outputs.Shape);
            if (Units is not null) error /= outputs.Constant([.. Units.Select(T.CreateTruncating)], [Units.Count]);
            return batch.IsWeighted ? Mean(error.Square().Mean(1), batch) : error.Square().Mean();
        }
    }

    // w/Σw of the targets; null where all count alike.
    static T[]? Shares<T>(SampleBatch<T> batch) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!batch.IsWeighted && batch.ClassWeights is null) return null;
        var weights = new T[batch.Weights.Length];
        for (var i = 0; i < weights.Length; i++)
            weights[i] = (batch.IsWeighted ? batch.Weights[i] : T.One) * (batch.ClassWeights is { } each ? T.CreateTruncating(each[batch.Classes[i]]) : T.One);
        var total = T.Zero;
        foreach (var w in weights) total += w;
        if (total > T.Zero)
            for (var i = 0; i < weights.Length; i++) weights[i] /= total;
        return weights;
    }
}
