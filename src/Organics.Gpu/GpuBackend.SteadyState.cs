using System.Buffers;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace Organics.Backends;

/// <summary>The fixed points of a batch and their adjoint: one launch, a group of threads for each sample.</summary>
sealed partial class GpuBackend<T, L> : ISteadyStateBackend<T>
{
    // Shared memory that every GPU grants a group, less what ILGPU may want of it; and groups of which every multiprocessor can hold one.
    const int SharedBytes = 44 * 1024, LargestGroup = 256;

    // Where the shared memory is too small: groups in flight on each multiprocessor, and elements for all of them.
    const int GroupsInFlight = 4, LargestScratch = 1 << 28;

    public void Solve(View<T> g, View<T> c, View<T> W, View<T> Wr, View<T> y, View<T> a, double tolerance, double residual, int cap, Span<SteadyStateResult> results)
    {
        var (n, batch) = (c.Length, results.Length);
        if (batch == 0) return;
        var rented = Rent(2 * n * n + 4 * batch);
        View<T> w = new(rented, 0, n * n), wr = new(rented, n * n, n * n), report = new(rented, 2 * n * n, 4 * batch);
        Transpose(W, 1, n, n, w, accumulate: false);
        Transpose(Wr, 1, n, n, wr, accumulate: false);
        var x = new FixedPointBatch<T>(
            ViewOf(g), ViewOf(c), ViewOf(Wr), ViewOf(w), ViewOf(wr), ViewOf(y), ViewOf(a), ViewOf(report),
            n, cap, T.CreateTruncating(tolerance), T.CreateTruncating(residual));
        PerSample(x, batch, n, SteadyStateKernels<T, L>.FixedPointLength(n), SteadyStateKernels<T, L>.FixedPoint, SteadyStateKernels<T, L>.FixedPointInScratch);
        var values = ArrayPool<T>.Shared.Rent(4 * batch);
        Download(report, values.AsSpan(0, 4 * batch));
        for (var i = 0; i < batch; i++)
            results[i] = new(
                values[4 * i] == T.One ? SteadyStateStatus.Converged : SteadyStateStatus.NotConverged, int.CreateTruncating(values[4 * i + 1]),
                double.CreateTruncating(values[4 * i + 2]), double.CreateTruncating(values[4 * i + 3]), SteadyStateMethod.Sweeps);
        ArrayPool<T>.Shared.Return(values);
        Return(rented);
    }

    public void SolveAdjoint(
        View<T> W, View<T> Wr, int n, View<T> y, View<T> a, View<T> gy, View<T> ga, View<T> p, View<T> q, View<T> recurrentFactor, View<T> normalizationFactor)
    {
        var batch = y.Length / n;
        if (batch == 0) return;
        var rented = Rent(n * n);
        var wr = new View<T>(rented, 0, n * n);
        Transpose(Wr, 1, n, n, wr, accumulate: false);
        var x = new AdjointBatch<T>(
            ViewOf(W), ViewOf(Wr), ViewOf(wr), ViewOf(y), ViewOf(a), ViewOf(gy), ViewOf(ga),
            ViewOf(p), ViewOf(q), ViewOf(recurrentFactor), ViewOf(normalizationFactor), n, (T.BitIncrement(T.One) - T.One) * T.CreateTruncating(4));
        PerSample(x, batch, n, SteadyStateKernels<T, L>.AdjointLength(n), SteadyStateKernels<T, L>.Adjoint, SteadyStateKernels<T, L>.AdjointInScratch);
        Return(rented);
    }

    /// <summary>A group for each sample, whose memory is shared memory where so much fits into it, and a part of a scratch otherwise.</summary>
    void PerSample<TBatch>(TBatch x, int batch, int n, int length, Action<TBatch> kernel, Action<TBatch, int, ArrayView<T>> kernelInScratch) where TBatch : struct
    {
        var warp = accelerator.WarpSize;
        var threads = Math.Min((n + warp - 1) / warp * warp, Math.Min(LargestGroup, accelerator.MaxNumThreadsPerGroup));
        if ((long)length * Unsafe.SizeOf<T>() <= Math.Min(SharedBytes, accelerator.MaxSharedMemoryPerGroup))
        {
            Launcher<Action<AcceleratorStream, KernelConfig, TBatch>, TBatch>(nameof(PerSample), kernel)
                (Stream, new KernelConfig(batch, threads, SharedMemoryConfig.RequestDynamic<T>(length)), x);
            return;
        }
        var groups = Math.Clamp(LargestScratch / length, 1, Math.Min(batch, GroupsInFlight * accelerator.NumMultiprocessors));
        var scratch = Rent(groups * length);
        var launch = Launcher<Action<AcceleratorStream, KernelConfig, TBatch, int, ArrayView<T>>, TBatch>("PerSampleInScratch", kernelInScratch);
        for (var first = 0; first < batch; first += groups)
            launch(Stream, new KernelConfig(Math.Min(groups, batch - first), threads), x, first, ViewOf(new View<T>(scratch, 0, groups * length)));
        Return(scratch);
    }
}
