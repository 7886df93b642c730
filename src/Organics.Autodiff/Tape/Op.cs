using System.Numerics;

namespace Organics;

/// <summary>
/// A structured operation: its value, and its hand-written vector–Jacobian product. An instance serves one application and may keep what the
/// VJP needs in fields.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public abstract class Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The name that errors and reports use.</summary>
    public virtual string Name => GetType().Name.Split('`')[0];

    /// <summary>The shape of the result.</summary>
    /// <exception cref="ShapeException">The inputs do not fit.</exception>
    public abstract Shape Infer(ReadOnlySpan<Tensor<T>> inputs);

    /// <summary>Computes the result.</summary>
    public abstract void Forward(in ForwardContext<T> c);

    /// <summary>Adds the inputs' cotangents to their running gradients, for the inputs that need one.</summary>
    public abstract void Vjp(in VjpContext<T> c);

    /// <summary>Applies the op: checks, computes into memory of the inputs' workspace, and records on their tape.</summary>
    /// <exception cref="ShapeException">The inputs do not fit.</exception>
    /// <exception cref="DeviceMismatchException">The inputs are of different devices or workspaces.</exception>
    public Tensor<T> Apply(params ReadOnlySpan<Tensor<T>> inputs)
    {
        var workspace = CommonWorkspace(inputs);
        var shape = Infer(inputs);
        var device = inputs[0].Device;
        var shared = Share(inputs[0]);
        var y = (shared.IsMissing, workspace) switch
        {
            (true, null) => new(shape, new(device.Backend<T>().Allocate(shape.Length), 0, shape.Length), device),
            (true, _) => workspace.Rent(shape),
            (_, null) => new(shape, shared, device),
            _ => new Tensor<T>(shape, shared, workspace),
        };
        Forward(new(inputs, y, workspace));
        workspace?.Tape?.Record(this, inputs, y);
        return y;
    }

    /// <summary>The part of the input's memory that is the result, if nothing is to be computed; else missing.</summary>
    private protected virtual View<T> Share(Tensor<T> input) => default;

    Workspace<T>? CommonWorkspace(ReadOnlySpan<Tensor<T>> inputs)
    {
        Workspace<T>? workspace = null;
        foreach (var t in inputs)
        {
            ArgumentNullException.ThrowIfNull(t, Name);
            if (t.Device != inputs[0].Device)
                throw new DeviceMismatchException($"{Name}: one input is on {inputs[0].Device}, another on {t.Device}; move one with To(device).");
            if (t.Workspace is null) continue;
            if (workspace is not null && workspace != t.Workspace)
                throw new DeviceMismatchException($"{Name}: the inputs belong to two workspaces or tapes; Keep() one of them, or copy it with From.");
            workspace = t.Workspace;
        }
        return workspace;
    }
}

/// <summary>What an op sees when it computes.</summary>
/// <typeparam name="T">float or double.</typeparam>
public readonly ref struct ForwardContext<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly ReadOnlySpan<Tensor<T>> _inputs;
    readonly Tensor<T> _output;
    readonly Workspace<T>? _workspace;

    internal ForwardContext(ReadOnlySpan<Tensor<T>> inputs, Tensor<T> output, Workspace<T>? workspace)
    {
        _inputs = inputs;
        _output = output;
        _workspace = workspace;
    }

    /// <summary>The op kinds of the device.</summary>
    public Backend<T> On => _output.Backend;

    /// <summary>The memory of an input.</summary>
    public View<T> Input(int i) => _inputs[i].View;

    /// <summary>The shape of an input.</summary>
    public Shape Shape(int i) => _inputs[i].Shape;

    /// <summary>How many inputs there are.</summary>
    public int Count => _inputs.Length;

    /// <summary>The memory of the result, with arbitrary contents.</summary>
    public View<T> Output => _output.View;

    /// <summary>Whether the op is being recorded: without, there will be no VJP to save anything for.</summary>
    public bool IsRecorded
    {
        get
        {
            if (_workspace?.Tape is null) return false;
            foreach (var t in _inputs)
                if (t.Node >= 0) return true;
            return false;
        }
    }

    /// <summary>Memory that lives as long as the result, for what the VJP will need.</summary>
    public View<T> Save(int length) => _workspace?.RentView(length) ?? new(On.Allocate(length), 0, length);
}

/// <summary>What an op sees when it propagates a cotangent from its result to its inputs.</summary>
/// <typeparam name="T">float or double.</typeparam>
public readonly ref struct VjpContext<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Tape<T> _tape;
    readonly Tensor<T>[] _inputs;
    readonly Tensor<T> _output;

    internal VjpContext(Tape<T> tape, Tensor<T>[] inputs, Tensor<T> output, View<T> outputGrad)
    {
        _tape = tape;
        _inputs = inputs;
        _output = output;
        OutputGrad = outputGrad;
    }

    /// <summary>The op kinds of the device.</summary>
    public Backend<T> On => _output.Backend;

    /// <summary>Whether a gradient flows to an input.</summary>
    public bool Needs(int i) => _inputs[i].Node >= 0;

    /// <summary>The memory of an input.</summary>
    public View<T> Input(int i) => _inputs[i].View;

    /// <summary>The shape of an input.</summary>
    public Shape Shape(int i) => _inputs[i].Shape;

    /// <summary>How many inputs there are.</summary>
    public int Count => _inputs.Length;

    /// <summary>The memory of the result.</summary>
    public View<T> Output => _output.View;

    /// <summary>The shape of the result.</summary>
    public Shape OutputShape => _output.Shape;

    /// <summary>The cotangent of the result.</summary>
    public View<T> OutputGrad { get; }

    /// <summary>The running gradient of an input: add to it, never overwrite it.</summary>
    public View<T> Grad(int i)
    {
        var gradient = Grad(i, out var accumulate);
        if (!accumulate) On.Fill(gradient, T.Zero);
        return gradient;
    }

    /// <summary>The running gradient of an input, for an op that writes all of it.</summary>
    /// <param name="i">Which input.</param>
    /// <param name="accumulate">True where the op must add; false where this is the first contribution, to be written over arbitrary contents.</param>
    public View<T> Grad(int i, out bool accumulate) => _tape.RunningGradient(_inputs[i], out accumulate);

    /// <summary>Memory with arbitrary contents that is taken back when this VJP returns.</summary>
    public View<T> Scratch(int length) => _tape.Scratch(length);
}
