using System.Runtime.Intrinsics;

namespace Organics;

/// <summary>This machine's processor: SIMD on several threads. The number of threads changes no result, not by a bit.</summary>
public sealed class CpuDevice : Device
{
    readonly WorkerPool _workers;
    readonly Backend<float> _single;
    readonly Backend<double> _double;

    /// <summary>A device with threads of its own.</summary>
    /// <param name="threads">1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one thread.</exception>
    public CpuDevice(int threads)
    {
        if (threads < 1) throw new ArgumentOutOfRangeException(nameof(threads), $"CpuDevice: {threads} threads were asked for; give 1 or more.");
        _workers = new(threads);
        var wide = Vector512.IsHardwareAccelerated;
        _single = wide ? new CpuBackend<float, Lane32, Simd512<float>>(_workers) : new CpuBackend<float, Lane32, Simd256<float>>(_workers);
        _double = wide ? new CpuBackend<double, Lane64, Simd512<double>>(_workers) : new CpuBackend<double, Lane64, Simd256<double>>(_workers);
    }

    /// <summary>How many threads share the work.</summary>
    public int Threads => _workers.Threads;

    /// <inheritdoc/>
    public override string Name => $"cpu ({Threads} {(Threads == 1 ? "thread" : "threads")}, {(Vector512.IsHardwareAccelerated ? 512 : 256)}-bit SIMD)";

    /// <inheritdoc/>
    public override Backend<T> Backend<T>() => Select<T>(_single, _double);

    /// <inheritdoc/>
    public override void Dispose()
    {
        // The shared device outlives everyone who uses it.
        if (this != Cpu) _workers.Dispose();
    }
}
