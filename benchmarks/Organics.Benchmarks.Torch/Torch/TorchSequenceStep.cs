using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace SideBySide;

/// <summary>
/// <see cref="SequenceStep"/> in libtorch, written for speed: transforms of weights and time constants outside the loop, the inputs' products of all steps at
/// once and taken apart by unbind (select's gradient would be quadratic in the steps), products of one operand grouped by cat, both gains as one state, and
/// lerp for the leaky updates.
/// </summary>
sealed class TorchSequenceStep : IContender
{
    readonly DisposeScope _lifetime = NewDisposeScope();
    readonly SequenceStep _step;
    readonly Tensor _x, _labels;
    readonly Tensor[] _parameters, _first;
    float[] _gradients = [];

    public TorchSequenceStep(SequenceStep step)
    {
        _step = step;
        _parameters = [.. step.Parameters.Select(p => tensor(p.Values, [.. p.Shape.Select(d => (long)d)]).requires_grad_())];
        _x = tensor(step.X, SequenceStep.Batch, SequenceStep.Steps).t().contiguous().unsqueeze(-1);
        _labels = tensor(step.Labels, ScalarType.Int64);
        Tensor Repeated(params float[][] states) => tensor((float[])[.. states.SelectMany(s => s)]).unsqueeze(0).repeat(SequenceStep.Batch, 1);
        _first = [Repeated(step.Initial[0]), Repeated(step.Initial[1]), Repeated(step.Initial[2], step.Initial[3])];
    }

    public void Restart()
    {
    }

    public float[] Outcome() => _gradients;

    public void Dispose() => _lifetime.Dispose();

    public void Run()
    {
        using var scope = NewDisposeScope();
        _gradients = [.. autograd.grad([Loss()], _parameters).SelectMany(g => g.contiguous().data<float>().ToArray())];
    }

    Tensor Loss()
    {
        if (_parameters is not [var wzx, var wr, var wbx0, var wby0, var wba0, var wbx1, var wby1, var wba1, var logW, var py, var pa, var pb0, var pb1, var weight, var bias])
            throw new InvalidOperationException("The parameters are not those of the recurrent circuit.");
        long n = _step.Units;
        var largest = SequenceStep.Largest;
        var (ky, ka) = (py.sigmoid() * (float)largest.Y, pa.sigmoid() * (float)largest.A);
        var kb = cat([pb0, pb1]).sigmoid() * (float)largest.B;
        var w = logW.exp().clamp(0, 1);
        var fromY = cat([wr, wby0, wby1]);
        var fromA = cat([wba0, wba1]).t();
        var drives = linear(_x, wzx).relu().unbind(0);
        var gains = linear(_x, cat([wbx0, wbx1])).unbind(0);
        var (y, a, b) = (_first[0], _first[1], _first[2]);
        for (int t = 0; t < SequenceStep.Steps; t++)
        {
            // σ = 1: y ← y + κ(b⊙z + (1 − √a)⊙⌊Wr·y⌋ − y), a ← a + κ(b0² + W(⌊y⌋²⊙a) − a), b ← b + κ(sigmoid(…) − b)
            var parts = linear(y, fromY).split([n, 2 * n], dim: -1);
            var gain = addmm(gains[t] + parts[1], a, fromA, 1, 1).sigmoid();
            var halves = b.chunk(2, -1);
            var positive = a.relu();
            var pool = linear(y.relu().square() * positive, w);
            var nextY = y.lerp(addcmul(halves[1] * drives[t], 1 - positive.sqrt(), parts[0].relu(), 1), ky);
            a = a.lerp(addcmul(pool, halves[0], halves[0], 1), ka);
            b = b.lerp(gain, kb);
            y = nextY;
        }
        return cross_entropy(linear(y, weight, bias), _labels);
    }
}
