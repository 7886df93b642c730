using System.Numerics;

namespace Organics;

/// <summary>
/// Updates parameters in place from gradients. An optimiser of your own derives from it: it gives the update of one parameter, and its states by name.
/// </summary>
/// <typeparam name="P">The parameter record.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
public abstract class Optimizer<P, T>
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The step size of the next update.</summary>
    public double LearningRate { get; set; }

    /// <summary>How many updates were made.</summary>
    public long Steps { get; set; }

    /// <summary>The states that a checkpoint must hold, by kind; each has the parameters' names and shapes.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, P>> States { get; }

    /// <summary>Updates every parameter in place.</summary>
    /// <param name="parameters">The record that was watched.</param>
    /// <param name="gradients">Its gradients.</param>
    public void Step(P parameters, Gradients<T> gradients)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        Steps++;
        var p = parameters.List();
        for (var i = 0; i < p.Count; i++) Update(i, p[i].Value, gradients[p[i].Value]);
    }

    /// <summary>Updates one parameter in place. <see cref="Steps"/> counts this update already.</summary>
    /// <param name="i">Its place in the record, from 0.</param>
    /// <param name="parameter">
    /// The parameter, to be overwritten: by <see cref="Tensor{T}.Assign(Tensor{T})"/>, or in one pass by an <c>IUpdate</c> of the backend.
    /// </param>
    /// <param name="gradient">Its gradient, of the same shape.</param>
    protected abstract void Update(int i, Tensor<T> parameter, Tensor<T> gradient);

    /// <summary>A record of zeros with the shapes of another, as moments begin.</summary>
    protected static P Zeros(P like) => like.Map((_, t) => Tensor.Zeros<T>(t.Shape, t.Device));
}
