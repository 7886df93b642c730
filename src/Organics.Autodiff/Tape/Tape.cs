using System.Numerics;

namespace Organics;

/// <summary>
/// Records the ops applied to watched tensors and differentiates in reverse. One tape per thread; the memory of a step is taken back by
/// <see cref="Reset"/>.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class Tape<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly record struct Node(Op<T>? Op, Tensor<T>[] Inputs, Tensor<T> Output);

    readonly List<Node> _nodes = [];
    readonly Dictionary<Tensor<T>, int> _watched = [];
    readonly List<Buffer<T>> _scratch = [];
    View<T>[] _gradients = [];

    /// <summary>A tape on a device; the CPU if not given.</summary>
    public Tape(Device? device = null) => Workspace = new(device) { Tape = this };

    /// <summary>A tape on a device whose ops another backend computes, on the same memory.</summary>
    internal Tape(Device device, Backend<T> backend) => Workspace = new(device) { Tape = this, Backend = backend };

    /// <summary>Owns the memory of everything computed from watched tensors.</summary>
    public Workspace<T> Workspace { get; }

    /// <summary>Where the tape computes.</summary>
    public Device Device => Workspace.Device;

    /// <summary>How many ops and watched tensors are recorded.</summary>
    public int Count => _nodes.Count;

    /// <summary>
    /// A tracked alias of a tensor: ops on it are recorded, gradients flow to it. No copy is made. The same tensor, or its alias, gives the
    /// same alias again.
    /// </summary>
    /// <exception cref="DeviceMismatchException">The tensor is on another device or belongs to another workspace.</exception>
    public Tensor<T> Watch(Tensor<T> tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Device != Device)
            throw new DeviceMismatchException($"Watch: the tensor is on {tensor.Device}, the tape on {Device}; move one with To(device).");
        if (tensor.Workspace is not null && tensor.Workspace != Workspace)
            throw new DeviceMismatchException("Watch: the tensor belongs to another workspace or tape; Keep() it first.");
        if (_watched.TryGetValue(tensor, out var i)) return _nodes[i].Output;
        var view = tensor.View;
        if (tensor.Node >= 0 && _nodes[tensor.Node].Op is null) return tensor;
        var alias = new Tensor<T>(tensor.Shape, view, Workspace) { Node = _nodes.Count };
        _watched[tensor] = alias.Node;
        _nodes.Add(new(null, [], alias));
        return alias;
    }

    /// <summary>Watches every tensor of a parameter record.</summary>
    public P Watch<P>(P parameters) where P : IParameters<P, T> => parameters.Map((_, t) => Watch(t));

    /// <summary>Copies data into the tape's workspace; no gradient flows to it.</summary>
    public Tensor<T> Constant(ReadOnlySpan<T> values, Shape shape) => Workspace.From(values, shape);

    /// <summary>
    /// Calls a function that is to be differentiated whole: while it runs, no tensor that depends on anything watched can be read (Item, ToArray, CopyTo), as
    /// what is made of its values would have no derivative, silently.
    /// </summary>
    /// <exception cref="InvalidOperationException">f reads one.</exception>
    public Tensor<T> Trace(Func<Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        var outer = IsTracing;
        IsTracing = true;
        try
        {
            return f();
        }
        finally
        {
            IsTracing = outer;
        }
    }

    internal bool IsTracing { get; private set; }

    /// <summary>The gradients of a scalar with respect to everything watched.</summary>
    /// <param name="loss">A single element computed on this tape.</param>
    /// <exception cref="ShapeException">The loss has more than one element.</exception>
    public Gradients<T> Backward(Tensor<T> loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        if (loss.Length != 1) throw new ShapeException($"Backward: the loss is {loss.Shape} but must be a single element; reduce it, or pass a cotangent.");
        return Backward(loss, null);
    }

    /// <summary>The vector–Jacobian products of a tensor, given its cotangent, with everything watched.</summary>
    /// <param name="output">A tensor computed on this tape.</param>
    /// <param name="cotangent">Of the same shape; null stands for ones.</param>
    /// <exception cref="InvalidOperationException">The output does not depend on anything watched.</exception>
    /// <exception cref="WorkspaceResetException">The output was computed before the last reset.</exception>
    /// <exception cref="ShapeException">The cotangent has another shape.</exception>
    /// <exception cref="DeviceMismatchException">The cotangent is on another device.</exception>
    public Gradients<T> Backward(Tensor<T> output, Tensor<T>? cotangent)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (output.Workspace != Workspace || output.Node < 0)
            throw new InvalidOperationException("Backward: the tensor does not depend on anything this tape watches; Watch the parameters before using them.");
        // A tensor from before the last reset would be mistaken for the one that has its place now.
        _ = output.View;
        if (cotangent is not null && cotangent.Shape != output.Shape)
            throw new ShapeException($"Backward: `cotangent` is {cotangent.Shape} but `output` is {output.Shape}; the shapes must be equal.");
        if (cotangent is not null && cotangent.Device != Device)
            throw new DeviceMismatchException($"Backward: `cotangent` is on {cotangent.Device}, the tape on {Device}; move it with To(device).");

        if (_gradients.Length < _nodes.Count) _gradients = new View<T>[Math.Max(2 * _gradients.Length, _nodes.Count)];
        var backend = Workspace.Backend;
        try
        {
            var seed = RunningGradient(output, out _);
            if (cotangent is null) backend.Fill(seed, T.One);
            else backend.Copy(cotangent.View, seed);
            for (var i = output.Node; i >= 0; i--)
            {
                if (_gradients[i].IsMissing || _nodes[i].Op is not { } op) continue;
                op.Vjp(new(this, _nodes[i].Inputs, _nodes[i].Output, _gradients[i]));
                ReturnScratch();
                backend.Return(_gradients[i].Buffer);
                _gradients[i] = default;
            }
            return CollectGradients();
        }
        finally
        {
            // Left over only if an op threw: nothing stays rented.
            ReturnScratch();
            foreach (ref var g in _gradients.AsSpan(0, _nodes.Count))
            {
                if (!g.IsMissing) backend.Return(g.Buffer);
                g = default;
            }
        }
    }

    /// <summary>
    /// The first recorded result that holds a NaN or an infinity: the op's name, its position, and the element. Waits for the device.
    /// </summary>
    public NonFinite? FindNonFinite()
    {
        for (var i = 0; i < _nodes.Count; i++)
        {
            var (op, _, output) = _nodes[i];
            var values = output.ToArray();
            var at = Array.FindIndex(values, v => !T.IsFinite(v));
            if (at >= 0) return new(op?.Name ?? "Watch", i, output.Shape, at, double.CreateTruncating(values[at]));
        }
        return null;
    }

    /// <summary>Forgets the record and takes the memory back.</summary>
    public void Reset()
    {
        _nodes.Clear();
        _watched.Clear();
        Workspace.Reset();
    }

    /// <summary>The same as <see cref="Reset"/>.</summary>
    public void Dispose() => Reset();

    internal void Record(Op<T> op, ReadOnlySpan<Tensor<T>> inputs, Tensor<T> output)
    {
        var tracked = false;
        foreach (var t in inputs) tracked |= t.Node >= 0;
        if (!tracked) return;
        output.Node = _nodes.Count;
        _nodes.Add(new(op, inputs.ToArray(), output));
    }

    internal View<T> RunningGradient(Tensor<T> input, out bool exists)
    {
        ref var g = ref _gradients[input.Node];
        exists = !g.IsMissing;
        if (!exists) g = new(Workspace.Backend.Rent(input.Length), 0, input.Length);
        return g;
    }

    internal View<T> Scratch(int length)
    {
        var b = Workspace.Backend.Rent(length);
        _scratch.Add(b);
        return new(b, 0, length);
    }

    void ReturnScratch()
    {
        foreach (var b in _scratch) Workspace.Backend.Return(b);
        _scratch.Clear();
    }

    // Gradients of watched tensors become tensors of the workspace; what the loss does not depend on has gradient 0.
    Gradients<T> CollectGradients()
    {
        var byTensor = new Dictionary<Tensor<T>, Tensor<T>>(2 * _watched.Count);
        foreach (var (original, i) in _watched)
        {
            var alias = _nodes[i].Output;
            var g = RunningGradient(alias, out var reached);
            if (!reached) Workspace.Backend.Fill(g, T.Zero);
            _gradients[i] = default;
            Workspace.Adopt(g.Buffer);
            byTensor[original] = byTensor[alias] = new(alias.Shape, g, Workspace);
        }
        return new(byTensor);
    }
}

/// <summary>Where a NaN or an infinity first appeared.</summary>
/// <param name="Op">The op's name; "Watch" for a parameter or input.</param>
/// <param name="Position">The op's place on the tape.</param>
/// <param name="Shape">The shape of its result.</param>
/// <param name="Element">The first bad element.</param>
/// <param name="Value">Its value.</param>
public sealed record NonFinite(string Op, int Position, Shape Shape, int Element, double Value);
