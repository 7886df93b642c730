using System.Numerics;

namespace Organics;

/// <summary>A feed-forward layer in a circuit's place: ⌊x·Weightᵀ + Bias⌋, which rests nowhere and has no stability.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Affine">x·Weightᵀ + Bias.</param>
public sealed record RectifiedLayer<T>(Linear<T> Affine) : IStaticLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "mlp";

    /// <inheritdoc/>
    public int Inputs => Affine.Weight.Shape[1];

    /// <inheritdoc/>
    public IStaticLayer<T> Map(Func<string, Tensor<T>, Tensor<T>> f) => new RectifiedLayer<T>(Affine.Map(f));

    /// <inheritdoc/>
    public IStaticLayerState<T> Respond(Tensor<T> x, Tensor<T> sigma, SteadyStateOptions solver) => new State(Affine.Forward(x).Relu());

    sealed record State(Tensor<T> Response) : IStaticLayerState<T>
    {
        public long? NotConverged => null;
    }
}
