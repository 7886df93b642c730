using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace Organics.Gpu.Tests;

/// <summary>The factorisation of one matrix by a group of threads, on an emulated GPU, of matrices that need their rows exchanged.</summary>
public sealed class GroupLuTests
{
    static void Kernel(ArrayView<double> a, ArrayView<double> rows, int n, int pitch, ArrayView<double> b, ArrayView<double> x, ArrayView<double> c, ArrayView<double> z)
    {
        GroupLu<double, Lane64>.Factor(a, rows, n, pitch);
        GroupLu<double, Lane64>.Solve(a, rows, n, pitch, b, x);
        GroupLu<double, Lane64>.SolveTransposed(a, rows, n, pitch, c, z);
    }

    [Theory]
    [InlineData(1, 4), InlineData(2, 4), InlineData(3, 1), InlineData(7, 4), InlineData(16, 8)]
    public void Both_solves_satisfy_their_systems(int n, int threads)
    {
        using var context = Context.Create(b => b.CPU(new CPUDevice(numThreadsPerWarp: 4, numWarpsPerMultiprocessor: 2, numMultiprocessors: 1)));
        using var accelerator = context.CreateCPUAccelerator(0);
        var random = new Random(n);
        double[] Draw(int length) => [.. Enumerable.Range(0, length).Select(_ => 2 * random.NextDouble() - 1)];
        var pitch = GroupLu<double, Lane64>.Pitch(n);
        var (matrix, right) = (Draw(n * pitch), Draw(n));
        // Nothing on the diagonal to divide by, or next to nothing.
        if (n > 1)
            for (var i = 0; i < n; i++) matrix[i * pitch + i] = i % 2 == 0 ? 0 : 1e-18;
        using var a = accelerator.Allocate1D(matrix);
        using var b = accelerator.Allocate1D(right);
        using var c = accelerator.Allocate1D(right);
        using MemoryBuffer1D<double, Stride1D.Dense> rows = accelerator.Allocate1D<double>(n), x = accelerator.Allocate1D<double>(n), z = accelerator.Allocate1D<double>(n);
        var launch = KernelLoader.Load<Action<AcceleratorStream, KernelConfig, ArrayView<double>, ArrayView<double>, int, int, ArrayView<double>, ArrayView<double>, ArrayView<double>, ArrayView<double>>>(
            accelerator, Kernel);
        launch(
            accelerator.DefaultStream, new KernelConfig(1, threads), a.View.BaseView, rows.View.BaseView, n, pitch, b.View.BaseView, x.View.BaseView, c.View.BaseView, z.View.BaseView);
        accelerator.Synchronize();
        var (solution, transposed) = (x.GetAsArray1D(), z.GetAsArray1D());
        for (var i = 0; i < n; i++)
        {
            Assert.Equal(right[i], Enumerable.Range(0, n).Sum(j => matrix[i * pitch + j] * solution[j]), 1e-12);
            Assert.Equal(right[i], Enumerable.Range(0, n).Sum(j => matrix[j * pitch + i] * transposed[j]), 1e-12);
        }
    }
}
