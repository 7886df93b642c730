namespace Organics.Benchmarks;

/// <summary>One training step of the static classifier on 256 sample digits, in float: forward, backward, Adam, reset.</summary>
sealed class TrainingStep : IDisposable
{
    const int Batch = 256;

    readonly StaticClassifier<float> _model;
    readonly Adam<StaticClassifierParameters<float>, float> _adam;
    readonly Tape<float> _tape;
    readonly SampleBatch<float> _batch;

    public TrainingStep(int hidden, bool learnedRecurrence, Device device)
    {
        _tape = new(device);
        var digits = SampleDigits.Load().Train;
        _batch = digits.Batches<float>(Batch).First();
        _model = StaticClassifier<float>.Create(digits.Format.Width, digits.Format.Outputs, [hidden], learnedRecurrence, sigma: 0.1, seed: 1, device);
        _adam = new(_model.Parameters) { WeightDecay = 1e-5 };
    }

    /// <summary>Returns the loss before the update.</summary>
    public float Run()
    {
        var loss = _model.Evaluate(_tape.Watch(_model.Parameters), _tape.Constant(_batch.Inputs, [Batch, _batch.Format.Width]), _batch).Loss;
        var value = loss.Item();
        _adam.Step(_model.Parameters, _tape.Backward(loss));
        _tape.Reset();
        return value;
    }

    public void Dispose() => _tape.Dispose();
}
