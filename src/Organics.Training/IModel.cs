using System.Numerics;

namespace Organics;

/// <summary>What a model makes of a batch.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Loss">What is to be minimised: a mean over the targets that count, as <see cref="Organics.Loss.Of"/> gives it. A scalar.</param>
/// <param name="Outputs">Logits or numbers, sample by sample and, where targets are at each step, step by step. Shape [targets, outputs].</param>
public readonly record struct Evaluated<T>(Tensor<T> Loss, Tensor<T> Outputs) where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>How many samples did not reach their fixed point, counted in every layer; null where a model has none to reach.</summary>
    public long? NotConverged { get; init; }
}

/// <summary>What the trainer needs to know of a model.</summary>
/// <typeparam name="P">Its parameter record.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
public interface IModel<P, T>
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The parameters, updated in place by training.</summary>
    P Parameters { get; }

    /// <summary>The loss and the outputs. It changes nothing of the model, and is called from several threads at once where a batch has several blocks, whose
    /// losses are then a mean weighted by what their targets count.</summary>
    /// <param name="parameters">The model's own record, or the watched one.</param>
    /// <param name="inputs">The batch's inputs where the model computes. Shape [batch, steps × channels].</param>
    /// <param name="batch">Their targets, weights and lengths.</param>
    Evaluated<T> Evaluate(P parameters, Tensor<T> inputs, SampleBatch<T> batch);

    /// <summary>Where inside an op of its own the first value that is not finite appears, in words; null where there is none, or no such op.</summary>
    /// <param name="parameters">The model's own record.</param>
    /// <param name="inputs">As in <see cref="Evaluate"/>.</param>
    string? Explain(P parameters, Tensor<T> inputs) => null;
}
