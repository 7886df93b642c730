using System.Numerics;

namespace Organics.Backends;

/// <summary>A device's memory for a number of scalars; only the backend that made it knows what is inside.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="length">How many scalars it holds.</param>
public abstract class Buffer<T>(int length) where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>How many scalars it holds.</summary>
    public int Length { get; } = length;
}

/// <summary>A contiguous part of a buffer. The default view is empty and stands for "not there".</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Buffer">The memory.</param>
/// <param name="Offset">Its first scalar.</param>
/// <param name="Length">How many scalars.</param>
public readonly record struct View<T>(Buffer<T> Buffer, int Offset, int Length) where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Whether the view stands for no memory at all.</summary>
    public bool IsMissing => Buffer is null;

    /// <summary>A part of this view.</summary>
    public View<T> Slice(int offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length);
        return new(Buffer, Offset + offset, length);
    }
}

/// <summary>The inputs of one map: one to four views, each as long as the result, a suffix of it, or a single scalar.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="A">First input.</param>
/// <param name="B">Second input.</param>
/// <param name="C">Third input.</param>
/// <param name="D">Fourth input.</param>
public readonly record struct Operands<T>(View<T> A, View<T> B = default, View<T> C = default, View<T> D = default)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The input or gradient number <paramref name="i"/>.</summary>
    public View<T> this[int i] => i switch { 0 => A, 1 => B, 2 => C, 3 => D, _ => throw new ArgumentOutOfRangeException(nameof(i)) };

    /// <summary>The first views of a list.</summary>
    public static Operands<T> Of(ReadOnlySpan<View<T>> views)
        => new(views[0], views.Length > 1 ? views[1] : default, views.Length > 2 ? views[2] : default, views.Length > 3 ? views[3] : default);
}
