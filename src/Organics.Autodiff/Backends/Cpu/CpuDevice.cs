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
        _single = VectorWidth.Open(new Creation<float, Lane32>(_workers));
        _double = VectorWidth.Open(new Creation<double, Lane64>(_workers));
    }

    /// <summary>How many threads share the work.</summary>
    public int Threads => _workers.Threads;

    /// <inheritdoc/>
    public override string Name => $"cpu ({Threads} {(Threads == 1 ? "thread" : "threads")}, {VectorWidth.Bits}-bit SIMD)";

    /// <inheritdoc/>
    public override Backend<T> Backend<T>() => Select<T>(_single, _double);

    sealed class Creation<T, L>(WorkerPool workers) : ISimdProgram<T, Backend<T>>
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
        where L : struct, ILane<L, T>
    {
        public Backend<T> Run<S>() where S : unmanaged, ISimdReal<S, T> => new CpuBackend<T, L, S>(workers);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        // The shared device outlives everyone who uses it.
        if (this != Cpu) _workers.Dispose();
    }
}
