using Organics;

namespace SideBySide;

/// <summary>
/// <see cref="StaticStep"/> as <see cref="StaticClassifier{T}"/> trains it: the true fixed point instead of a number of iterations, its gradient by
/// implicit differentiation, and the exact largest singular value of V.
/// </summary>
sealed class OrganicsStaticStep : IContender
{
    readonly CpuDevice _device;
    readonly StaticStep _step;
    readonly StaticClassifier<float> _model;
    readonly Adam<StaticClassifierParameters<float>, float> _adam;
    readonly Tape<float> _tape;
    readonly Tensor<float> _x;
    float _loss;

    public OrganicsStaticStep(StaticStep step, int threads)
    {
        (_step, _device) = (step, new CpuDevice(threads));
        _model = Create(_device);
        _adam = Optimizer(_model, StaticStep.LearningRate);
        _tape = new(_device);
        _x = Tensor.From<float>(step.X, [StaticStep.Batch, StaticStep.Pixels], _device);
    }

    /// <summary>The parameters of a classifier after some epochs on the sample digits.</summary>
    public static IEnumerable<Parameter> Trained(int epochs)
    {
        const float LearningRate = 3e-3f;
        var model = Create(Device.Cpu);
        var adam = Optimizer(model, LearningRate);
        var digits = SampleDigits.Load().Train;
        using var tape = new Tape<float>();
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            foreach (var batch in digits.Batches<float>(StaticStep.Batch).TakeWhile(batch => batch.Count == StaticStep.Batch))
            {
                var loss = model.Evaluate(tape.Watch(model.Parameters), tape.Constant(batch.Inputs, [StaticStep.Batch, StaticStep.Pixels]), batch).Loss;
                adam.Step(model.Parameters, tape.Backward(loss));
                tape.Reset();
            }
        }
        return [.. model.Parameters.List().Select(p => new Parameter(p.Key, p.Value.Shape.ToArray(), p.Value.ToArray()))];
    }

    public void Restart()
    {
        foreach (var (parameter, start) in _model.Parameters.List().Zip(_step.Parameters))
            parameter.Value.Assign(start.Values);
        foreach (var moment in _adam.States.SelectMany(s => s.Value.List()))
            moment.Value.Assign(new float[moment.Value.Length]);
        _adam.Steps = 0;
    }

    public void Run()
    {
        var loss = _model.Evaluate(_tape.Watch(_model.Parameters), _x, _step.Samples).Loss;
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

    static StaticClassifier<float> Create(Device device)
        => StaticClassifier<float>.Create(StaticStep.Pixels, StaticStep.Classes, [StaticStep.Units], learnedRecurrence: true, StaticStep.Sigma, seed: 0, device);

    static Adam<StaticClassifierParameters<float>, float> Optimizer(StaticClassifier<float> model, float learningRate)
        => new(model.Parameters, learningRate)
        {
            Beta1 = StaticStep.Beta1,
            Beta2 = StaticStep.Beta2,
            Epsilon = StaticStep.Epsilon,
            WeightDecay = StaticStep.WeightDecay,
        };
}
