using System.Numerics;

namespace Organics;

/// <summary>
/// Owns the memory of intermediate tensors: every op with an input from here puts its result here, and <see cref="Reset"/> takes all of it
/// back at once. Not for use by several threads at a time.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="device">Where the memory lies; the CPU if not given.</param>
public sealed class Workspace<T>(Device? device = null) : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly List<Buffer<T>> _rented = [];

    /// <summary>Where the memory lies.</summary>
    public Device Device { get; } = device ?? Device.Cpu;

    /// <summary>The tape that records what happens here, if any.</summary>
    internal Tape<T>? Tape { get; init; }

    /// <summary>Counts the resets; a tensor of an earlier count has lost its memory.</summary>
    internal int Generation { get; private set; }

    /// <summary>What computes here; the device's own where nobody says otherwise.</summary>
    internal Backend<T> Backend
    {
        get => field ??= Device.Backend<T>();
        init;
    }

    /// <summary>Copies values into a tensor of this workspace.</summary>
    /// <exception cref="ShapeException">The number of values is not that of the shape.</exception>
    public Tensor<T> From(ReadOnlySpan<T> values, Shape shape)
    {
        Guard.Count(values.Length, shape);
        var t = Rent(shape);
        Backend.Upload(values, t.View);
        return t;
    }

    /// <summary>A copy of a tensor of any device in this workspace, not tracked.</summary>
    public Tensor<T> From(Tensor<T> tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Device != Device) return From(tensor.ToArray(), tensor.Shape);
        var t = Rent(tensor.Shape);
        Backend.Copy(tensor.View, t.View);
        return t;
    }

    /// <summary>A tensor of this workspace in memory that someone else owns, for an op that computes its own value or gradient by other ops.</summary>
    /// <exception cref="ShapeException">The view has not as many elements as the shape.</exception>
    public Tensor<T> Borrow(View<T> view, Shape shape)
    {
        Guard.Count(view.Length, shape);
        return new(shape, view, this);
    }

    /// <summary>Takes the memory of all tensors of this workspace back. Using one of them afterwards throws; Keep() one before.</summary>
    public void Reset()
    {
        Generation++;
        foreach (var b in _rented) Backend.Return(b);
        _rented.Clear();
    }

    /// <summary>The same as <see cref="Reset"/>.</summary>
    public void Dispose() => Reset();

    internal Tensor<T> Rent(Shape shape) => new(shape, RentView(shape.Length), this);

    internal void Adopt(Buffer<T> rented) => _rented.Add(rented);

    internal View<T> RentView(int length)
    {
        var b = Backend.Rent(length);
        _rented.Add(b);
        return new(b, 0, length);
    }
}
