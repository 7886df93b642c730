using System.Numerics;

namespace Organics;

/// <summary>What may stand between the code and the read-out of a static classifier: the exchangeable part, by which models are compared.</summary>
/// <typeparam name="T">float or double.</typeparam>
public interface IStaticLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>What stands before the layer's number in the names of its parameters.</summary>
    string Name { get; }

    /// <summary>Numbers of an input of it.</summary>
    int Inputs { get; }

    /// <summary>The layer with other tensors, as <see cref="IParameters{TSelf, T}"/> has it.</summary>
    /// <param name="f">Gives a tensor for each name and tensor.</param>
    IStaticLayer<T> Map(Func<string, Tensor<T>, Tensor<T>> f);

    /// <summary>What the layer makes of a batch of inputs.</summary>
    /// <param name="x">Inputs. Shape [batch, inputs].</param>
    /// <param name="sigma">Semisaturation σ of circuits, a scalar; others have none.</param>
    /// <param name="solver">How circuits find their fixed points.</param>
    IStaticLayerState<T> Respond(Tensor<T> x, Tensor<T> sigma, SteadyStateOptions solver);
}

/// <summary>What a layer has made of a batch of inputs.</summary>
/// <typeparam name="T">float or double.</typeparam>
public interface IStaticLayerState<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>What the next layer, or the read-out, sees. Shape [batch, outputs].</summary>
    Tensor<T> Response { get; }

    /// <summary>How many samples have no steady state that was found; null where there is none to find.</summary>
    long? NotConverged { get; }

    /// <summary>What the loss of each sample has besides, 0 where it has a steady state; null where all have one. Shape [batch].</summary>
    Tensor<T>? Restraint => null;
}
