using System.Numerics;

namespace Organics;

/// <summary>
/// A contiguous row-major array of float or double on a device. Not disposable: its memory belongs to a <see cref="Workspace{T}"/>, or,
/// where it has none (parameters, data), to the garbage collector.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed partial class Tensor<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly View<T> _view;
    readonly int _generation;

    internal Tensor(Shape shape, View<T> view, Workspace<T> workspace) : this(shape, view, workspace.Device)
    {
        Workspace = workspace;
        _generation = workspace.Generation;
    }

    internal Tensor(Shape shape, View<T> view, Device device) => (Shape, _view, Device) = (shape, view, device);

    /// <summary>The extents.</summary>
    public Shape Shape { get; }

    /// <summary>How many elements there are.</summary>
    public int Length => Shape.Length;

    /// <summary>Where the elements lie.</summary>
    public Device Device { get; }

    /// <summary>Who owns the memory; null for a tensor of its own.</summary>
    public Workspace<T>? Workspace { get; }

    /// <summary>The tensor's index on its tape, or −1 where no gradient flows to it.</summary>
    internal int Node { get; set; } = -1;

    /// <summary>Whether it depends on something that a tape watches, so that gradients flow through it.</summary>
    public bool IsTracked => Node >= 0;

    /// <summary>The op kinds of the tensor's device.</summary>
    internal Backend<T> Backend => Workspace?.Backend ?? Device.Backend<T>();

    /// <summary>The memory, for ops.</summary>
    /// <exception cref="WorkspaceResetException">The workspace was reset since.</exception>
    public View<T> View
        => Workspace is null || Workspace.Generation == _generation
            ? _view
            : throw new WorkspaceResetException($"A tensor {Shape} is used after its workspace or tape was reset; Keep() it before the reset.");

    /// <summary>The value of a tensor with a single element. Waits for the device.</summary>
    /// <exception cref="ShapeException">There is not exactly one element.</exception>
    public T Item()
    {
        if (Length != 1) throw new ShapeException($"Item: the tensor is {Shape} but must hold a single element; reduce it or use ToArray.");
        Span<T> value = stackalloc T[1];
        Read(value);
        return value[0];
    }

    /// <summary>A copy of the elements, row by row. Waits for the device.</summary>
    public T[] ToArray()
    {
        var values = new T[Length];
        Read(values);
        return values;
    }

    /// <summary>Copies the elements, row by row. Waits for the device.</summary>
    public void CopyTo(Span<T> values)
    {
        Guard.Count(values.Length, Shape);
        Read(values);
    }

    void Read(Span<T> values) => Backend.Download(Values, values);

    /// <summary>The memory, for what leaves the tape: no gradient flows through it.</summary>
    /// <exception cref="InvalidOperationException">The tensor is within a function whose derivative is asked for.</exception>
    internal View<T> Values
        => Node >= 0 && Workspace?.Tape is { IsTracing: true }
            ? throw new InvalidOperationException(
                $"A value of a tensor {Shape} is read inside a function whose derivative is asked for, and what is made of it would have none; use tape ops "
                    + "(Tensor<T>.Select chooses by a value), or StopGradient() first where a constant is meant.")
            : View;

    /// <summary>Overwrites the elements in place, row by row.</summary>
    /// <exception cref="InvalidOperationException">The tensor is on a tape, whose gradients rely on its value.</exception>
    public void Assign(ReadOnlySpan<T> values)
    {
        Guard.Count(values.Length, Shape);
        if (Node >= 0) throw new InvalidOperationException($"A tensor {Shape} on a tape cannot be overwritten; assign to the original parameter after Reset.");
        Backend.Upload(values, View);
    }

    /// <summary>Overwrites the elements in place with those of another tensor of the same device.</summary>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="DeviceMismatchException">The other tensor is on another device.</exception>
    /// <exception cref="InvalidOperationException">This tensor is on a tape, whose gradients rely on its value.</exception>
    public void Assign(Tensor<T> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Shape != Shape) throw new ShapeException($"Assign: `other` is {other.Shape} but must be {Shape}; Reshape it.");
        if (other.Device != Device) throw new DeviceMismatchException($"Assign: `other` is on {other.Device}, this tensor on {Device}; move it with To(device).");
        if (Node >= 0) throw new InvalidOperationException($"A tensor {Shape} on a tape cannot be overwritten; assign to the original parameter after Reset.");
        Backend.Copy(other.View, View);
    }

    /// <summary>A tensor with the given values, row by row, where this one lies: on its device, and in its workspace if it has one. No gradient flows to it.</summary>
    /// <exception cref="ShapeException">The number of values is not that of the shape.</exception>
    public Tensor<T> Constant(ReadOnlySpan<T> values, Shape shape) => Workspace is { } own ? own.From(values, shape) : Tensor.From(values, shape, Device);

    /// <summary>A copy outside any workspace, which no reset touches. No gradient flows through it.</summary>
    public Tensor<T> Keep()
    {
        var t = new Tensor<T>(Shape, new(Backend.Allocate(Length), 0, Length), Device);
        Backend.Copy(View, t.View);
        return t;
    }

    /// <summary>A copy on another device, outside any workspace. No gradient flows through it.</summary>
    public Tensor<T> To(Device device) => Tensor.From<T>(ToArray(), Shape, device);

    /// <summary>
    /// A copy in another precision on the same device, outside any workspace. No gradient flows through it: a tape holds one precision, and what lies behind a
    /// change of precision is for
    /// another tape.
    /// </summary>
    /// <typeparam name="U">float or double.</typeparam>
    public Tensor<U> To<U>() where U : unmanaged, IFloatingPointIeee754<U>
        => Tensor.From<U>(Array.ConvertAll(ToArray(), U.CreateTruncating), Shape, Device);

    /// <summary>Precision, shape and elements, row by row; of more than a thousand, three at each end of every axis. Waits for the device.</summary>
    public override string ToString()
        => $"Tensor<{typeof(T).Name}>{Shape}"
            + (Workspace is null || Workspace.Generation == _generation ? TensorText.Of(this) : ", whose memory was taken back by a reset");
}

/// <summary>Makes tensors outside any workspace.</summary>
public static partial class Tensor
{
    /// <summary>A tensor with the given values, row by row.</summary>
    /// <exception cref="ShapeException">The number of values is not that of the shape.</exception>
    public static Tensor<T> From<T>(ReadOnlySpan<T> values, Shape shape, Device? device = null) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Guard.Count(values.Length, shape);
        var t = Empty<T>(shape, device);
        t.Backend.Upload(values, t.View);
        return t;
    }

    /// <summary>A tensor with one value everywhere.</summary>
    public static Tensor<T> Full<T>(Shape shape, T value, Device? device = null) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var t = Empty<T>(shape, device);
        t.Backend.Fill(t.View, value);
        return t;
    }

    /// <summary>A tensor of zeros.</summary>
    public static Tensor<T> Zeros<T>(Shape shape, Device? device = null) where T : unmanaged, IFloatingPointIeee754<T>
        => Full(shape, T.Zero, device);

    /// <summary>The identity matrix. [n, n].</summary>
    public static Tensor<T> Identity<T>(int n, Device? device = null) where T : unmanaged, IFloatingPointIeee754<T>
        => From<T>([.. Enumerable.Range(0, n * n).Select(i => i % (n + 1) == 0 ? T.One : T.Zero)], [n, n], device);

    /// <summary>A tensor of one element.</summary>
    public static Tensor<T> Scalar<T>(T value, Device? device = null) where T : unmanaged, IFloatingPointIeee754<T>
        => Full(Shape.Scalar, value, device);

    static Tensor<T> Empty<T>(Shape shape, Device? device) where T : unmanaged, IFloatingPointIeee754<T>
    {
        device ??= Device.Cpu;
        return new(shape, new(device.Backend<T>().Allocate(shape.Length), 0, shape.Length), device);
    }
}
