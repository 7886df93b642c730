namespace Organics.Benchmarks;

/// <summary>One training step of the static classifier on 256 sample digits, in float on all cores: forward, backward, Adam, reset.</summary>
sealed class TrainingStep : IDisposable
{
    const int Batch = 256;

    readonly StaticClassifier<float> _model;
    readonly Adam<StaticClassifierParameters<float>, float> _adam;
    readonly Tape<float> _tape = new();
    readonly float[] _pixels;
    readonly int[] _labels = new int[Batch];
    readonly int _pixelsPerImage;

    public TrainingStep(int hidden, bool learnedRecurrence)
    {
        var digits = SampleDigits.Load().Train;
        _pixelsPerImage = digits.PixelsPerImage;
        _pixels = new float[Batch * _pixelsPerImage];
        digits.Gather<float>([.. Enumerable.Range(0, Batch)], _pixels, _labels);
        _model = StaticClassifier<float>.Create(_pixelsPerImage, digits.Classes, [hidden], learnedRecurrence, sigma: 0.1, seed: 1);
        _adam = new(_model.Parameters) { WeightDecay = 1e-5 };
    }

    /// <summary>Numbers that are trained.</summary>
    public long Parameters => _model.Parameters.Count();

    /// <summary>Returns the loss before the update.</summary>
    public float Run()
    {
        var (loss, _) = _model.Evaluate(_tape.Watch(_model.Parameters), _tape.Constant(_pixels, [Batch, _pixelsPerImage]), _labels);
        var value = loss.Item();
        _adam.Step(_model.Parameters, _tape.Backward(loss));
        _tape.Reset();
        return value;
    }

    public void Dispose() => _tape.Dispose();
}
