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

    sealed record CrossEntropyLoss() : Loss("cross-entropy")
    {
        public override Tensor<T> Of<T>(Tensor<T> outputs, SampleBatch<T> batch)
        {
            ArgumentNullException.ThrowIfNull(outputs);
            ArgumentNullException.ThrowIfNull(batch);
            if (!batch.IsWeighted && batch.ClassWeights is null) return outputs.SoftmaxCrossEntropy(batch.Classes);
            var weights = new T[batch.Classes.Length];
            for (var i = 0; i < weights.Length; i++)
                weights[i] = (batch.IsWeighted ? batch.Weights[i] : T.One) * (batch.ClassWeights is { } each ? T.CreateTruncating(each[batch.Classes[i]]) : T.One);
            return outputs.SoftmaxCrossEntropy(batch.Classes, Shares(weights));
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
            if (!batch.IsWeighted) return error.Square().Mean();
            var shares = Shares(batch.Weights.ToArray());
            return (error.Square().Mean(1) * outputs.Constant(shares, [shares.Length])).Sum();
        }
    }

    // w/Σw
    static T[] Shares<T>(T[] weights) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var total = T.Zero;
        foreach (var w in weights) total += w;
        if (total > T.Zero)
            for (var i = 0; i < weights.Length; i++) weights[i] /= total;
        return weights;
    }
}
