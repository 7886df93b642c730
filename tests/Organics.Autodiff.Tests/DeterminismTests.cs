using System.Numerics;
using System.Runtime.InteropServices;

namespace Organics.Tests;

/// <summary>
/// The number of threads changes no bit of any result, and what they share is put together rightly. All sizes are above the grain at which
/// work is divided, and odd.
/// </summary>
public sealed class DeterminismTests
{
    public static TheoryData<string> Kinds => [.. Work<float>.Kinds.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Any_number_of_threads_gives_the_same_bits(string kind)
    {
        Compare(Work<float>.Kinds[kind]);
        Compare(Work<double>.Kinds[kind]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Vectors_of_512_256_and_128_bits_give_the_same_bits(string kind)
    {
        // A processor of any width has all: .NET makes the wider ones of two halves where it must.
        using var wide = new Vectors<Simd512<float>, Simd512<double>>();
        using var middle = new Vectors<Simd256<float>, Simd256<double>>();
        using var narrow = new Vectors<Simd128<float>, Simd128<double>>();
        foreach (var device in (Device[])[middle, narrow])
        {
            Same(Work<float>.Kinds[kind](wide), Work<float>.Kinds[kind](device));
            Same(Work<double>.Kinds[kind](wide), Work<double>.Kinds[kind](device));
        }

        static void Same<T>(T[] expected, T[] actual) where T : unmanaged
            => Assert.True(MemoryMarshal.AsBytes<T>(expected).SequenceEqual(MemoryMarshal.AsBytes<T>(actual)), $"{typeof(T).Name}: the width of the vectors changes the bits.");
    }

    /// <summary>The CPU with vectors of a width that its processor need not have.</summary>
    sealed class Vectors<F, D> : Device
        where F : struct, ISimdReal<F, float>
        where D : struct, ISimdReal<D, double>
    {
        readonly WorkerPool _workers;
        readonly CpuBackend<float, Lane32, F> _single;
        readonly CpuBackend<double, Lane64, D> _double;

        public Vectors()
        {
            _workers = new(2);
            (_single, _double) = (new(_workers), new(_workers));
        }

        public override string Name => $"vectors of {F.Count} numbers";

        public override Backend<T> Backend<T>() => Select<T>(_single, _double);

        public override void Dispose() => _workers.Dispose();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Work_in_many_parts_agrees_with_plain_loops(string kind)
    {
        using var device = new CpuDevice(2);
        var (expected, actual) = (Work<double>.Kinds[kind](Device.Reference), Work<double>.Kinds[kind](device));
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            if (!(Math.Abs(expected[i] - actual[i]) <= 1e-9 * (1 + Math.Abs(expected[i])))) Assert.Fail($"Element {i}: {expected[i]:r} in plain loops, {actual[i]:r} in parts.");
    }

    static void Compare<T>(Func<Device, T[]> work) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var one = new CpuDevice(1);
        var expected = work(one);
        Assert.Contains(expected, v => v != T.Zero);
        foreach (var threads in (int[])[2, 3, 7])
        {
            using var device = new CpuDevice(threads);
            for (var repetition = 0; repetition < 2; repetition++)
                Assert.True(MemoryMarshal.AsBytes<T>(expected).SequenceEqual(MemoryMarshal.AsBytes<T>(work(device))), $"{threads} threads give other bits.");
            Assert.Equal(0, device.Memory<T>().BuffersRented);
        }
    }

    static class Work<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public static readonly Dictionary<string, Func<Device, T[]>> Kinds = new()
        {
            ["Map"] = d => (Values(d, 1, [3, 9001]) * Values(d, 2, [9001]) + Values(d, 3, []).Exp()).Tanh().ToArray(),
            ["MapVjp"] = d => Gradient(d, (x, y) => (x * y).Sigmoid(), [3, 9001], [9001]),
            ["Update"] = d =>
            {
                var (p, m, v) = (Values(d, 1, [30_011]), Values(d, 2, [30_011]), Values(d, 3, [30_011]).Abs());
                d.Backend<T>().Update(default(Momentum<T>), Values(d, 4, [30_011]).View, p.View, m.View, v.View);
                return [.. p.ToArray(), .. m.ToArray(), .. v.ToArray()];
            },
            ["Sum of all"] = d => Gradient(d, (x, y) => (x.Sum() * y.Sum()).Reshape([1]), [100_003], [8193]),
            ["Sum of rows"] = d => Gradient(d, (x, y) => x.Sum(1) * y.Sum(1), [77, 403], [77, 9001]),
            ["Sum of columns"] = d => Gradient(d, (x, y) => x.Sum(0) * y.Sum(0), [403, 77], [9001, 77]),
            ["Sum of the middle"] = d => Gradient(d, (x, y) => x.Sum(1) * y, [5, 301, 33], [5, 33]),
            ["Max and LogSumExp"] = d => Gradient(d, (x, y) => x.Max(0) + y.LogSumExp(0) + x.LogSumExp(), [301, 63], [203, 63]),
            ["MatMul"] = d => Gradient(d, (x, y) => x.MatMul(y), [131, 259], [259, 67]),
            ["MatMul transposed"] = d => Gradient(d, (x, y) => x.MatMul(y, true, true), [259, 131], [67, 259]),
            ["Convolve"] = d => Gradient(d, (x, y) => x.Convolve(y), [23, 3, 19, 17], [5, 3, 4, 5]),
            ["Convolve in groups"] = d => Gradient(d, (x, y) => x.Convolve(y, 3), [23, 3, 19, 17], [6, 1, 4, 5]),
            ["Convolve channel by channel"] = d => Gradient(d, (x, y) => x.Convolve(y, 5), [23, 5, 19, 17], [5, 1, 4, 5]),
            ["Solve"] = d => Gradient(d, (x, y) => (Diagonal(d, 41, 19) + x).Solve(y), [41, 19, 19], [41, 19]),
            ["Layout"] = d => Gradient(d,
                (x, y) => Tensor<T>.Concat(1, x, y.Transpose()).GatherRows([.. Enumerable.Range(0, 200).Select(i => i * 7 % 101)]).Expand(1, 3), [101, 60], [50, 101]),
            ["SpectralNormalize"] = d => Gradient(d, (x, y) => x.SpectralNormalize() * y, [130, 70], [70]),
            ["SoftmaxCrossEntropy"] = d => Gradient(d, (x, y) => (x * y).SoftmaxCrossEntropy([.. Enumerable.Range(0, 999).Select(i => i % 10)]), [999, 10], [10]),
        };

        static Tensor<T> Values(Device device, int seed, Shape shape)
        {
            var random = new Random(seed);
            return Tensor.From<T>([.. Enumerable.Range(0, shape.Length).Select(_ => T.CreateTruncating(2 * random.NextDouble() - 1))], shape, device);
        }

        static Tensor<T> Diagonal(Device device, int batch, int n)
            => Tensor.From<T>([.. Enumerable.Range(0, batch * n * n).Select(i => i % n == i / n % n ? T.CreateTruncating(2 * n) : T.Zero)], [batch, n, n], device);

        // The value, and both gradients for a cotangent without symmetry.
        static T[] Gradient(Device device, Func<Tensor<T>, Tensor<T>, Tensor<T>> f, Shape a, Shape b)
        {
            using var tape = new Tape<T>(device);
            var (x, y) = (Values(device, 1, a), Values(device, 2, b));
            var z = f(tape.Watch(x), tape.Watch(y));
            var g = tape.Backward(z, Values(device, 3, z.Shape));
            return [.. z.ToArray(), .. g[x].ToArray(), .. g[y].ToArray()];
        }
    }

    /// <summary>An update with two states, such as optimisers make.</summary>
    readonly struct Momentum<T> : IUpdate<T>
    {
        public (V P, V M, V V2) F<V>(V g, V p, V m, V v) where V : struct, IReal<V, T>
        {
            m = V.Fma(V.Half, m, g);
            v = V.Fma(V.Half, v, g * g);
            return (p - m / (V.Sqrt(v) + V.One), m, v);
        }
    }
}
