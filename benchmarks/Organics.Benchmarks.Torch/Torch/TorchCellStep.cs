using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace SideBySide;

/// <summary><see cref="CellStep"/> in libtorch, ops by ops: the inputs' products of all steps at once and taken apart by unbind, what follows from weights alone outside
/// the loop.</summary>
class TorchCellStep : IContender
{
    readonly DisposeScope _lifetime = NewDisposeScope();
    readonly Tensor _labels;
    float[] _gradients = [];

    public TorchCellStep(CellStep step)
    {
        Step = step;
        Parameters = [.. step.Parameters.Select(p => tensor(p.Values, [.. p.Shape.Select(d => (long)d)]).requires_grad_())];
        X = tensor(step.X, SequenceStep.Batch, SequenceStep.Steps).t().contiguous().unsqueeze(-1);
        _labels = tensor(step.Labels, ScalarType.Int64);
        First = zeros(SequenceStep.Batch, step.Units);
    }

    protected CellStep Step { get; }

    /// <summary>In the order of <see cref="CellStep.Parameters"/>; the head's weight and bias last.</summary>
    protected Tensor[] Parameters { get; }

    protected Tensor X { get; }

    protected Tensor First { get; }

    public void Restart()
    {
    }

    public float[] Outcome() => _gradients;

    public void Dispose()
    {
        _lifetime.Dispose();
        GC.SuppressFinalize(this);
    }

    public void Run()
    {
        using var scope = NewDisposeScope();
        var loss = cross_entropy(linear(Last(), Parameters[^2], Parameters[^1]), _labels);
        _gradients = [.. autograd.grad([loss], Parameters).SelectMany(g => g.contiguous().data<float>().ToArray())];
    }

    float Number(string name) => float.Parse(Step.Settings[name], CultureInfo.InvariantCulture);

    /// <summary>What the head reads.</summary>
    protected virtual Tensor Last()
    {
        var identity = eye(Step.Units);
        switch (Step.Kind)
        {
            case "cornn":
                {
                    var (dt, gamma, epsilon) = (Number("dt"), Number("gamma"), Number("epsilon"));
                    var parts = Parameters[0].split([1, Step.Units, Step.Units], dim: 1);
                    var ofBoth = cat([parts[2], parts[1]], 1);
                    var (y, z) = (First, First);
                    foreach (var drive in linear(X, parts[0], Parameters[1]).unbind(0))
                    {
                        z = z + dt * ((drive + linear(cat([y, z], 1), ofBoth)).tanh() - gamma * y - epsilon * z);
                        y = y + dt * z;
                    }
                    return y;
                }
            case "lipschitz":
                {
                    var (step, beta, gamma) = (Number("epsilon"), Number("beta"), Number("gamma"));
                    Tensor Skewed(Tensor m) => (1 - beta) * (m + m.t()) + beta * (m - m.t()) - gamma * identity;
                    var both = cat([Skewed(Parameters[2]), Skewed(Parameters[3])]);
                    var h = First;
                    foreach (var drive in linear(X, Parameters[0], Parameters[1]).unbind(0))
                    {
                        var parts = linear(h, both).chunk(2, -1);
                        h = h + step * (parts[0] + (parts[1] + drive).tanh());
                    }
                    return h;
                }
            default:
                {
                    var (step, w) = (Number("epsilon"), Parameters[2] - Parameters[2].t() - Number("gamma") * identity);
                    var h = First;
                    foreach (var drive in linear(X, Parameters[0], Parameters[1]).unbind(0)) h = h + step * (linear(h, w) + drive).tanh();
                    return h;
                }
        }
    }
}

/// <summary><see cref="CellStep"/> by libtorch's own recurrent modules.</summary>
sealed class TorchModuleStep : TorchCellStep
{
    readonly TorchSharp.Modules.LSTM? _lstm;
    readonly TorchSharp.Modules.GRU? _gru;

    public TorchModuleStep(CellStep step) : base(step)
    {
        if (step.Kind == "lstm") _lstm = nn.LSTM(1, step.Units);
        else _gru = nn.GRU(1, step.Units);
        var own = (_lstm?.named_parameters() ?? _gru!.named_parameters()).ToDictionary(p => p.name, p => p.parameter);
        using var frozen = no_grad();
        for (var i = 0; i < 4; i++)
        {
            var parameter = own[step.Parameters[i].Name.Split('.')[1]];
            parameter.copy_(Parameters[i]);
            Parameters[i] = parameter;
        }
    }

    /// <inheritdoc/>
    protected override Tensor Last() => (_lstm is not null ? _lstm.forward(X).Item2 : _gru!.forward(X).Item2).squeeze(0);
}
