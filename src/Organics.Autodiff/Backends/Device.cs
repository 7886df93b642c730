using System.Numerics;

namespace Organics;

/// <summary>Something that stores tensors and computes with them.</summary>
public abstract class Device : IDisposable
{
    /// <summary>All cores of this machine with SIMD; never needs disposing.</summary>
    public static Device Cpu { get; } = new CpuDevice(Environment.ProcessorCount);

    /// <summary>Plain scalar loops: the meaning of every result. Slow; for tests.</summary>
    public static Device Reference { get; } = new ReferenceDevice();

    /// <summary>A name for people.</summary>
    public abstract string Name { get; }

    /// <summary>The op kinds for one precision.</summary>
    public abstract Backend<T> Backend<T>() where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>What has been handed out in one precision.</summary>
    public MemoryStatistics Memory<T>() where T : unmanaged, IFloatingPointIeee754<T> => Backend<T>().Memory;

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Picks the backend of precision <typeparamref name="T"/>.</summary>
    /// <exception cref="NotSupportedException">T is neither float nor double.</exception>
    protected static Backend<T> Select<T>(Backend<float> single, Backend<double> wide) where T : unmanaged, IFloatingPointIeee754<T>
        => single as Backend<T> ?? wide as Backend<T>
            ?? throw new NotSupportedException($"Tensors hold float or double, not {typeof(T).Name}; choose one of these.");
}
