using System.Numerics;
using ILGPU.Runtime.Cuda;
using Organics.Contract;

namespace Organics.Gpu.Tests;

public sealed class EigenvalueContractOnGpuInSingle() : EigenvalueContract<float>(DeviceUnderTest.Device);

public sealed class EigenvalueContractOnGpuInDouble() : EigenvalueContract<double>(DeviceUnderTest.Device);

/// <summary>The program behind <see cref="Eigenvalues.OfEach{T}(Tensor{T}, Span{T}, Span{T})"/> by itself: what it does and what it leaves, and what its PTX
/// means.</summary>
public sealed class EigenvaluesOnGpuTests
{
    static readonly PtxCompiler Compiler = new(CudaArchitecture.SM_80);

    static T[] Draw<T>(int length, int seed) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => T.CreateTruncating(2 * random.NextDouble() - 1))];
    }

    static (T[] Re, T[] Im) Run<T, L>(GpuDevice device, T[] matrices, int n, int most)
        where T : unmanaged, IFloatingPointIeee754<T> where L : unmanaged, ILane<L, T>
    {
        var on = (GpuBackend<T, L>)device.Backend<T>();
        var (x, count) = (Tensor.From<T>(matrices, [matrices.Length], device), matrices.Length / (n * n));
        Tensor<T> re = Tensor.Zeros<T>([count * n], device), im = Tensor.Zeros<T>([count * n], device);
        on.Eigenvalues(x.View, n, re.View, im.View, most);
        return (re.ToArray(), im.ToArray());
    }

    [Theory]
    [InlineData(1, 70), InlineData(2, 70), InlineData(3, 70), InlineData(6, 70), InlineData(20, 70), InlineData(50, 7)]
    public void It_finds_what_is_ordinary_and_leaves_nothing_but_what_is_not(int n, int count)
    {
        Check<float, Lane32>(1e35f, 1e-30f);
        Check<double, Lane64>(1e300, 1e-300);

        void Check<T, L>(T huge, T tiny) where T : unmanaged, IFloatingPointIeee754<T> where L : unmanaged, ILane<L, T>
        {
            var matrices = Draw<T>(count * n * n, 1);
            T[] factors = [T.One, T.One, huge, tiny, T.NaN, T.Zero, T.One];
            for (var i = 0; i < matrices.Length; i++) matrices[i] *= factors[i / (n * n) % factors.Length];
            var (re, im) = Run<T, L>(DeviceUnderTest.Device, matrices, n, most: 1000);
            for (var i = 0; i < re.Length; i++)
            {
                // A single number needs no arithmetic.
                var isLeft = i / n % factors.Length is 2 or 3 && n > 1 || i / n % factors.Length == 4;
                Assert.Equal((isLeft, isLeft), (T.IsNaN(re[i]), T.IsNaN(im[i])));
            }
        }
    }

    [Fact]
    public void So_many_at_once_as_memory_allows_are_the_same_as_all_at_once()
    {
        var matrices = Draw<double>(11 * 16, 2);
        var (allRe, allIm) = Run<double, Lane64>(DeviceUnderTest.Device, matrices, 4, most: 11);
        foreach (var most in (int[])[1, 4, 100])
        {
            var (re, im) = Run<double, Lane64>(DeviceUnderTest.Device, matrices, 4, most);
            Assert.Equal(allRe, re);
            Assert.Equal(allIm, im);
        }
    }

    [Theory]
    [InlineData(3), InlineData(7)]
    public void Its_PTX_gives_the_bits_of_the_emulation(int n)
    {
        Check<float, Lane32>();
        Check<double, Lane64>();

        void Check<T, L>() where T : unmanaged, IFloatingPointIeee754<T> where L : unmanaged, ILane<L, T>
        {
            const int Count = 6;
            var matrices = Draw<T>(Count * n * n, 3);
            // A cycle, badly scaled, an eigenvalue alone at either end, a NaN, and two as they are.
            for (var k = 0; k < n * n; k++)
            {
                var (i, j) = (k / n, k % n);
                matrices[k] = i == (j + 1) % n ? T.One : T.Zero;
                matrices[n * n + k] *= T.CreateTruncating(Math.ScaleB(1, 7 * (i - j)));
                if ((j == 0 || i == n - 1) && i != j) matrices[2 * n * n + k] = T.Zero;
            }
            matrices[4 * n * n - 1] = T.NaN;
            var interleaved = new T[EigenvalueKernels<T, L>.Length(n) * Count];
            for (var k = 0; k < Count * n * n; k++) interleaved[k % (n * n) * Count + k / (n * n)] = matrices[k];
            var machine = new PtxMachine(Compiler.Compile(EigenvalueKernels<T, L>.Of));
            byte[][] views = [machine.View(interleaved), machine.View(new T[n * Count]), machine.View(new T[n * Count])];
            machine.Run(Count, [.. views, PtxMachine.Value(n), PtxMachine.Value(Count), PtxMachine.Value(Eigenvalues.MostSweeps(n))]);
            using var emulation = GpuDevice.IlgpuCpu();
            var (re, im) = Run<T, L>(emulation, matrices, n, Count);
            T[] Ordered(int argument) => [.. Enumerable.Range(0, n * Count).Select(i => machine.Read<T>(argument)[i % n * Count + i / n])];
            Assert.Equal(re, Ordered(1));
            Assert.Equal(im, Ordered(2));
            Assert.Equal(Enumerable.Range(0, n * Count).Select(i => i / n == 3), re.Select(T.IsNaN));
        }
    }
}
