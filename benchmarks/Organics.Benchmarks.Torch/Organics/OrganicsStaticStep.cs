using Organics;

namespace SideBySide;

/// <summary>
/// <see cref="StaticStep"/> as <see cref="StaticClassifier{T}"/> trains it: the true fixed point instead of a number of iterations, its gradient by
/// implicit differentiation, and the exact largest singular value of V.
/// </summary>
sealed class OrganicsStaticStep : IContender
{
    readonly CpuDevice _device;
    readonly StaticClassifier<float> _model;
    readonly Adam<StaticClassifierParameters<float>, float> _adam;
    readonly Tape<float> _tape;
    readonly Tensor<float> _x;
    readonly int[] _labels;
    float _loss;

    public OrganicsStaticStep(StaticStep step, int threads)
    {
        _device = new CpuDevice(threads);
        var parameters = step.Parameters.ToDictionary(p => p.Name, p => Tensor.From<float>(p.Values, Shape.Of(p.Shape), _device));
        Linear<float> Layer(string name) => new(parameters[$"{name}.weight"], parameters[$"{name}.bias"]);
        Linear<float>[] stack = [.. Enumerable.Range(0, StaticStep.Widths.Length - 1).Select(i => Layer($"autoencoder.{i}"))];
        int toCode = Array.IndexOf(StaticStep.Widths, StaticStep.Code);
        var circuit = new StaticLayer<float>(parameters["Wzx"], parameters["Wbx"], LogWay: parameters["L"], B0: parameters["b0"], Wr: parameters["V"]);
        _model = new(new(new(stack[..toCode], stack[toCode..]), [circuit], Layer("fc")), StaticStep.Sigma);
        _adam = new(_model.Parameters, StaticStep.LearningRate)
        {
            Beta1 = StaticStep.Beta1,
            Beta2 = StaticStep.Beta2,
            Epsilon = StaticStep.Epsilon,
            WeightDecay = StaticStep.WeightDecay,
        };
        _tape = new(_device);
        _x = Tensor.From<float>(step.X, [StaticStep.Batch, StaticStep.Pixels], _device);
        _labels = step.Labels;
    }

    public void Run()
    {
        var (loss, _) = _model.Evaluate(_tape.Watch(_model.Parameters), _x, _labels);
        _adam.Step(_model.Parameters, _tape.Backward(loss));
        _loss = loss.Item();
        _tape.Reset();
    }

    public float[] Outcome() => [_loss];

    public void Dispose()
    {
        _tape.Dispose();
        _device.Dispose();
    }
}
