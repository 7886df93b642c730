using Organics;
using Model = Organics.SequenceModel<Organics.CellWeights<float>, Organics.CellWeights<float>, float>;

namespace SideBySide;

/// <summary><see cref="CellStep"/> as <see cref="SequenceModel{P, C, T}"/> computes it.</summary>
sealed class OrganicsCellStep : IContender
{
    readonly CpuDevice _device;
    readonly CellStep _step;
    readonly Model _model;
    readonly Tape<float> _tape;
    float[] _gradients = [];

    public OrganicsCellStep(CellStep step, int threads, SequenceMemory memory)
    {
        (_step, _device) = (step, new CpuDevice(threads));
        _model = Create(step.Kind, step.Units, _device);
        _model.Memory = memory;
        _tape = new(_device);
    }

    public static Model Create(string kind, int units, Device device)
        => (Model)SequenceModel<float>.Create(new() { Cell = kind, Units = units }, seed: 0, device);

    // Nothing is updated.
    public void Restart()
    {
    }

    public void Run()
    {
        var p = _tape.Watch(_model.Parameters);
        var loss = _model.Evaluate(p, _tape.Constant(_step.X, [SequenceStep.Batch, SequenceStep.Steps]), _step.Samples).Loss;
        var gradients = _tape.Backward(loss);
        _gradients = [.. _model.Parameters.List().SelectMany(each => gradients[each.Value].ToArray())];
        _tape.Reset();
    }

    public float[] Outcome() => _gradients;

    public void Dispose()
    {
        _tape.Dispose();
        _device.Dispose();
    }
}
