using System.Numerics;

namespace Organics;

/// <summary>Stochastic gradient descent with momentum and L2 weight decay, with PyTorch's semantics: m ← μm + g, p ← p − ηm.</summary>
/// <typeparam name="P">The parameter record.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
public sealed class Sgd<P, T> : Optimizer<P, T>
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly IReadOnlyList<KeyValuePair<string, Tensor<T>>> _m;

    /// <summary>An optimiser at rest.</summary>
    /// <param name="parameters">The record to optimise.</param>
    /// <param name="learningRate">Step size.</param>
    public Sgd(P parameters, double learningRate)
    {
        LearningRate = learningRate;
        var m = Zeros(parameters);
        _m = m.List();
        States = [new("m", m)];
    }

    /// <summary>μ; 0 for none.</summary>
    public double Momentum { get; init; }

    /// <summary>L2 weight decay.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Whether the step looks ahead along the momentum.</summary>
    public bool Nesterov { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<string, P>> States { get; }

    /// <inheritdoc/>
    protected override void Update(int i, Tensor<T> parameter, Tensor<T> gradient)
    {
        static T Of(double v) => T.CreateTruncating(v);
        var update = new SgdUpdate<T>(Of(Momentum), Of(LearningRate), Of(WeightDecay), Of(Nesterov ? Momentum : 0), Of(Nesterov ? 1 : 0));
        parameter.Device.Backend<T>().Update(update, gradient.View, parameter.View, _m[i].Value.View, default);
    }
}

/// <summary>g ← g + λp; m ← μm + g; p ← p − ηm, or p − η(g + μm) after Nesterov.</summary>
/// <typeparam name="T">float or double.</typeparam>
[SampleConstants(0.9, 0.01, 0.001, 0.9, 1)]
public readonly struct SgdUpdate<T>(T momentum, T rate, T l2, T ahead, T nesterov) : IUpdate<T>
{
    readonly T _momentum = momentum, _rate = rate, _l2 = l2, _ahead = ahead, _nesterov = nesterov;

    /// <inheritdoc/>
    public (V P, V M, V V2) F<V>(V g, V p, V m, V v) where V : struct, IReal<V, T>
    {
        g = V.Fma(V.Of(_l2), p, g);
        m = V.Fma(V.Of(_momentum), m, g);
        var direction = V.IfLess(V.Zero, V.Of(_nesterov), V.Fma(V.Of(_ahead), m, g), m);
        return (p - V.Of(_rate) * direction, m, v);
    }
}
