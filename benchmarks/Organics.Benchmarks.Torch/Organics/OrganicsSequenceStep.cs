using Organics;

namespace SideBySide;

/// <summary><see cref="SequenceStep"/> as <see cref="SequenceModel{P, C, T}"/> computes it, or through <see cref="Scan"/> with one op for each of the
/// cell's.</summary>
sealed class OrganicsSequenceStep : IContender
{
    readonly CpuDevice _device;
    readonly SequenceStep _step;
    readonly SequenceModel<RecurrentCircuitParameters<float>, CircuitCoefficients<float>, float> _model;
    readonly Tape<float> _tape;
    readonly bool _fused;
    float[] _gradients = [];

    public OrganicsSequenceStep(SequenceStep step, int threads, bool fused, SequenceMemory memory)
    {
        (_step, _device, _fused) = (step, new CpuDevice(threads), fused);
        _model = Create(step.Units, _device);
        _model.Memory = memory;
        _tape = new(_device);
    }

    public static SequenceModel<RecurrentCircuitParameters<float>, CircuitCoefficients<float>, float> Create(int units, Device device)
        => CircuitModels.Create<float>(CircuitModels.Options(units: units, variant: CircuitVariant.Authors, largest: SequenceStep.Largest), seed: 0, device);

    // Nothing is updated.
    public void Restart()
    {
    }

    public void Run()
    {
        var p = _tape.Watch(_model.Parameters);
        var images = _tape.Constant(_step.X, [SequenceStep.Batch, SequenceStep.Steps]);
        var loss = _fused ? _model.Evaluate(p, images, _step.Samples).Loss : OpByOp(p, images);
        var gradients = _tape.Backward(loss);
        _gradients = [.. _model.Parameters.List().SelectMany(each => gradients[each.Value].ToArray())];
        _tape.Reset();
    }

    Tensor<float> OpByOp(SequenceParameters<RecurrentCircuitParameters<float>, float> p, Tensor<float> images)
    {
        var x = _model.Sequence(images);
        Tensor<float>[] first = [.. _model.Initial.Select(s => _tape.Workspace.From(s).Expand(0, SequenceStep.Batch))];
        var after = Scan.Run(_model.Cell, _model.Cell.Prepare(p.Cell), x, first, _model.Memory);
        return p.Head.Forward(after[0]).SoftmaxCrossEntropy(_step.Labels);
    }

    public float[] Outcome() => _gradients;

    public void Dispose()
    {
        _tape.Dispose();
        _device.Dispose();
    }
}
