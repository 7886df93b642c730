using System.Numerics;

namespace Organics;

/// <summary>
/// Adam (Kingma and Ba, ICLR 2015) with PyTorch's semantics: ε is added outside the root, moments are corrected for their start at 0, and
/// weight decay is L2 (added to the gradient) or decoupled (Loshchilov and Hutter, ICLR 2019).
/// </summary>
/// <typeparam name="P">The parameter record.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
public sealed class Adam<P, T> : Optimizer<P, T>
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly IReadOnlyList<KeyValuePair<string, Tensor<T>>> _m, _v;

    /// <summary>An optimiser whose moments are 0.</summary>
    /// <param name="parameters">The record to optimise.</param>
    /// <param name="learningRate">Step size.</param>
    public Adam(P parameters, double learningRate = 1e-3)
    {
        LearningRate = learningRate;
        var (m, v) = (Zeros(parameters), Zeros(parameters));
        (_m, _v) = (m.List(), v.List());
        States = [new("m", m), new("v", v)];
    }

    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight decay.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Whether the decay acts on the weights directly instead of through the gradient.</summary>
    public bool DecoupledDecay { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<string, P>> States { get; }

    /// <inheritdoc/>
    protected override void Update(int i, Tensor<T> parameter, Tensor<T> gradient)
    {
        static T Of(double v) => T.CreateTruncating(v);
        var correction = Math.Sqrt(1 - Schedule.Power(Beta2, Steps));
        var step = LearningRate * correction / (1 - Schedule.Power(Beta1, Steps));
        var update = new AdamUpdate<T>(
            Of(Beta1), Of(1 - Beta1), Of(Beta2), Of(1 - Beta2), Of(step), Of(Epsilon * correction),
            Of(DecoupledDecay ? 0 : WeightDecay), Of(DecoupledDecay ? 1 - LearningRate * WeightDecay : 1));
        parameter.Device.Backend<T>().Update(update, gradient.View, parameter.View, _m[i].Value.View, _v[i].Value.View);
    }
}

/// <summary>g ← g + λp; m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; p ← κp − η·m/(√v + ε), with the corrections folded into η and ε.</summary>
/// <typeparam name="T">float or double.</typeparam>
[SampleConstants(0.9, 0.1, 0.999, 0.001, 0.003, 1e-8, 0.01, 0.99)]
public readonly struct AdamUpdate<T>(T beta1, T rest1, T beta2, T rest2, T step, T epsilon, T l2, T keep) : IUpdate<T>
{
    readonly T _beta1 = beta1, _rest1 = rest1, _beta2 = beta2, _rest2 = rest2, _step = step, _epsilon = epsilon, _l2 = l2, _keep = keep;

    /// <inheritdoc/>
    public (V P, V M, V V2) F<V>(V g, V p, V m, V v) where V : struct, IReal<V, T>
    {
        g = V.Fma(V.Of(_l2), p, g);
        m = V.Fma(V.Of(_beta1), m, V.Of(_rest1) * g);
        v = V.Fma(V.Of(_beta2), v, V.Of(_rest2) * g * g);
        return (V.Of(_keep) * p - V.Of(_step) * (m / (V.Sqrt(v) + V.Of(_epsilon))), m, v);
    }
}
