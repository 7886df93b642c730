using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace SideBySide;

/// <summary>
/// <see cref="StaticStep"/> in libtorch, Algorithm 1 unrolled on the tape; its solve has the gradient of <see cref="GainedSolve"/> or libtorch's own.
/// All parameters lie in one vector: its split costs one concatenation going back, and Adam is eight calls instead of eight per parameter.
/// </summary>
sealed class TorchStaticStep : IContender
{
    readonly DisposeScope _lifetime = NewDisposeScope();
    readonly int _iterations;
    readonly bool _ownGradient;
    readonly StaticStep _step;
    readonly Tensor _start, _x, _labels, _identity, _u, _v;
    readonly Tensor _parameters, _firstMoment, _secondMoment;
    readonly long[] _sizes;
    float _loss;
    int _steps;

    public TorchStaticStep(StaticStep step, int iterations, bool ownGradient)
    {
        (_step, _iterations, _ownGradient) = (step, iterations, ownGradient);
        _start = tensor((float[])[.. step.Parameters.SelectMany(p => p.Values)]);
        _x = tensor(step.X, StaticStep.Batch, StaticStep.Pixels);
        _labels = tensor(step.Labels, ScalarType.Int64);
        _identity = eye(StaticStep.Units);
        (_u, _v) = (empty(StaticStep.Units), empty(StaticStep.Units));
        _sizes = [.. step.Parameters.Select(p => (long)p.Values.Length)];
        _parameters = empty_like(_start, requires_grad: true);
        (_firstMoment, _secondMoment) = (empty_like(_start), empty_like(_start));
    }

    public void Restart()
    {
        using var scope = NewDisposeScope();
        using (no_grad())
            _parameters.copy_(_start);
        _firstMoment.zero_();
        _secondMoment.zero_();
        _u.copy_(tensor(_step.U));
        _v.copy_(tensor(_step.V));
        _steps = 0;
    }

    public float[] Outcome() => [_loss];

    public void Dispose() => _lifetime.Dispose();

    public void Run()
    {
        using var scope = NewDisposeScope();
        var loss = Loss();
        var gradient = autograd.grad([loss], [_parameters])[0];
        using (no_grad())
            Adam(gradient);
        _loss = loss.item<float>();
    }

    Tensor Loss()
    {
        var parts = _parameters.split(_sizes);
        int next = 0;
        Tensor Next()
        {
            int[] shape = _step.Parameters[next].Shape;
            return parts[next++].view([.. shape.Select(d => (long)d)]);
        }

        // The autoencoder; its code is in the middle.
        Tensor layer = _x, code = _x;
        for (int i = 1; i < StaticStep.Widths.Length; i++)
        {
            layer = linear(layer, Next(), Next()).sigmoid_();
            if (StaticStep.Widths[i] == StaticStep.Code)
                code = layer;
        }

        // v = code·Wzxᵀ, z = v/‖v‖, g = b⊙z with b = sigmoid(code·Wbxᵀ)
        var v = linear(code, Next());
        var g = linear(code, Next()).sigmoid_() * (v / v.norm(1, true));
        // c = (σ b₀)²
        var w = Next().exp();
        var c = (StaticStep.Sigma * Next().sigmoid()).square();
        var wr = SpectrallyNormalized(Next());

        // Algorithm 1; the last a would not be read.
        var a = linear(linear(g, wr).square(), w, c);
        var y = Solve(a, wr, g);
        for (int i = 1; i < _iterations; i++)
        {
            a = linear(a * y.square(), w, c);
            y = Solve(a, wr, g);
        }
        var logits = linear(y.relu().square(), Next(), Next());
        return cross_entropy(logits, _labels) + mse_loss(layer, _x);
    }

    /// <summary>y = (I − diag(1 − √a) Wr)⁻¹ g, a batch of n×n systems.</summary>
    Tensor Solve(Tensor a, Tensor wr, Tensor g)
    {
        var t = a.sqrt() - 1;
        return _ownGradient
            ? GainedSolve.apply(t, wr, g)
            : linalg.solve_ex(addcmul(_identity, t.unsqueeze(-1), wr, 1), g, left: true, check_errors: false).result;
    }

    /// <summary>V/σ₁ with σ₁ = uᵀVv, after one step of power iteration outside the derivative.</summary>
    Tensor SpectrallyNormalized(Tensor matrix)
    {
        using (no_grad())
        {
            _u.copy_(normalize(mv(matrix, _v), dim: 0));
            _v.copy_(normalize(mv(matrix.t(), _u), dim: 0));
        }
        return matrix / dot(_u.clone(), mv(matrix, _v.clone()));
    }

    /// <summary>Adam with L2 weight decay, as torch.optim.Adam.</summary>
    void Adam(Tensor gradient)
    {
        _steps++;
        float correction1 = 1 - MathF.Pow(StaticStep.Beta1, _steps), correction2 = 1 - MathF.Pow(StaticStep.Beta2, _steps);
        gradient.add_(_parameters, StaticStep.WeightDecay);
        _firstMoment.mul_(StaticStep.Beta1).add_(gradient, 1 - StaticStep.Beta1);
        _secondMoment.mul_(StaticStep.Beta2).addcmul_(gradient, gradient, 1 - StaticStep.Beta2);
        var denominator = _secondMoment.sqrt().div_(MathF.Sqrt(correction2)).add_(StaticStep.Epsilon);
        _parameters.addcdiv_(_firstMoment, denominator, -StaticStep.LearningRate / correction1);
    }
}
