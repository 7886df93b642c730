using System.Numerics;

namespace Organics.Gpu.Tests;

/// <summary>The fixed points of a batch and their gradients, a group of threads for each sample, against those of the CPU.</summary>
public sealed class SteadyStatesOnGpuTests
{
    static readonly GpuDevice Gpu = DeviceUnderTest.Open();

    // Parameters of a circuit whose Wr has a Frobenius norm of size, and drives of norm 1: g, c, W, Wr.
    static double[][] Draw(int seed, int batch, int n, double size = 1)
    {
        var random = new Random(seed);
        double[] Vector(int length, double least, double most) => [.. Enumerable.Range(0, length).Select(_ => least + (most - least) * random.NextDouble())];
        static double[] OfNorm(double norm, double[] v)
        {
            var length = Math.Sqrt(v.Sum(x => x * x));
            return [.. v.Select(x => norm * x / length)];
        }
        return
        [
            [.. Enumerable.Range(0, batch).SelectMany(_ => OfNorm(1, Vector(n, -1, 1)))], Vector(n, 0.01, 1), Vector(n * n, 0, 1), OfNorm(size, Vector(n * n, -1, 1)),
        ];
    }

    static T[] Round<T>(double[] values) where T : unmanaged, IFloatingPointIeee754<T> => [.. values.Select(T.CreateTruncating)];

    // y and a, the gradients of Σ u⊙y + v⊙a by g, c, W and Wr, and the outcome of each sample.
    static (T[][] Values, IReadOnlyList<SteadyStateResult> Samples) Run<T>(Device device, int n, double[][] parameters, SteadyStateOptions? options = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var batch = parameters[0].Length / n;
        using var tape = new Tape<T>(device);
        Shape[] shapes = [[batch, n], [n], [n, n], [n, n]];
        var x = parameters.Zip(shapes, (p, s) => tape.Watch(Tensor.From<T>(Round<T>(p), s, device))).ToArray();
        var (y, a) = SteadyState.Solve(x[0], x[1], x[2], x[3], options ?? new(), out var report);
        Tensor<T> Cotangent(int seed) => Tensor.From<T>(Round<T>(Draw(seed, batch, n)[0]), [batch, n], device);
        var gradients = tape.Backward((y * Cotangent(100) + a * Cotangent(101)).Sum());
        return ([y.ToArray(), a.ToArray(), .. x.Select(t => gradients[t].ToArray())], report.Samples);
    }

    static void Close<T>(T[][] expected, T[][] actual, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string[] names = ["y", "a", "∂g", "∂c", "∂W", "∂Wr"];
        for (var k = 0; k < names.Length; k++)
        {
            Assert.Equal(expected[k].Length, actual[k].Length);
            var scale = expected[k].Max(v => Math.Abs(double.CreateTruncating(v)));
            for (var i = 0; i < expected[k].Length; i++)
            {
                var (e, a) = (double.CreateTruncating(expected[k][i]), double.CreateTruncating(actual[k][i]));
                Assert.True(Math.Abs(e - a) <= tolerance * scale, $"{names[k]}[{i}] is {a:g17} but {e:g17} on the CPU, farther than {tolerance:g3} of {scale:g3}.");
            }
        }
    }

    [Theory]
    [InlineData(1, 1), InlineData(1, 7), InlineData(2, 7), InlineData(5, 1), InlineData(5, 7), InlineData(9, 7), InlineData(17, 1), InlineData(17, 7)]
    public void A_batch_has_the_fixed_points_gradients_and_reports_of_the_CPU(int n, int batch)
    {
        Compare<double>(1e-10, 1e-11);
        Compare<float>(2e-4, 2e-5);

        void Compare<T>(double tolerance, double residual) where T : unmanaged, IFloatingPointIeee754<T>
        {
            var parameters = Draw(n, batch, n);
            // A drive of zeros, and one with a zero in it.
            if (batch > 1) Array.Clear(parameters[0], n, n);
            if (n > 1) parameters[0][0] = 0;
            var (expected, actual) = (Run<T>(Device.Cpu, n, parameters), Run<T>(Gpu, n, parameters));
            Close(expected.Values, actual.Values, tolerance);
            for (var i = 0; i < batch; i++)
            {
                var (result, single) = (actual.Samples[i], One<T>(n, parameters, i, new()).Result);
                Assert.Equal(expected.Samples[i].Status, result.Status);
                Assert.True(result.Residual <= residual, $"{result}");
                Assert.Equal(single.Method, result.Method);
                Assert.InRange(result.Iterations, single.Iterations - 2, single.Iterations + 2);
            }
        }
    }

    // Sample i by the solver of one sample.
    static (T[] Y, T[] A, SteadyStateResult Result) One<T>(int n, double[][] parameters, int i, SteadyStateOptions options) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (y, a) = (new T[n], new T[n]);
        var result = SteadyStateSolver<T>.Solve(
            Round<T>(parameters[0]).AsSpan(i * n, n), Round<T>(parameters[1]), Round<T>(parameters[2]), Round<T>(parameters[3]), y, a,
            new T[SteadyStateSolver<T>.ScratchLength(n)], new int[n], options);
        return (y, a, result);
    }

    [Fact]
    public void A_sample_that_needs_the_fallback_is_solved_as_on_the_CPU_and_its_neighbours_are_not()
    {
        const int N = 4;
        Check<double>(1e-10);
        Check<float>(2e-4);

        static void Check<T>(double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
        {
            // The weaker the drive, the fewer the iterations.
            var parameters = Draw(1, 3, N);
            for (var j = 0; j < N; j++) (parameters[0][j], parameters[0][2 * N + j]) = (parameters[0][j] / 1e4, parameters[0][2 * N + j] / 1e4);
            var options = new SteadyStateOptions { MaxIterations = 4 };
            var (expected, actual) = (Run<T>(Device.Cpu, N, parameters, options), Run<T>(Gpu, N, parameters, options));
            Assert.Equal([SteadyStateMethod.Sweeps, SteadyStateMethod.Homotopy, SteadyStateMethod.Sweeps], actual.Samples.Select(s => s.Method));
            Assert.All(actual.Samples, s => Assert.Equal(SteadyStateStatus.Converged, s.Status));
            Assert.Equal(expected.Samples[1], actual.Samples[1]);
            Assert.Equal(expected.Values[0][N..(2 * N)], actual.Values[0][N..(2 * N)]);
            Assert.Equal(expected.Values[1][N..(2 * N)], actual.Values[1][N..(2 * N)]);
            Close(expected.Values, actual.Values, tolerance);
        }
    }

    [Fact]
    public void Circuits_too_large_for_shared_memory_are_solved_in_a_scratch()
    {
        // 80² doubles are 50 KiB; more samples than groups in flight on two multiprocessors.
        var parameters = Draw(3, 9, 80);
        Close(Run<double>(Device.Cpu, 80, parameters).Values, Run<double>(Gpu, 80, parameters).Values, 1e-10);
    }

    [Fact]
    public void The_same_batch_gives_the_same_bits_and_so_does_a_sample_alone()
    {
        var parameters = Draw(4, 3, 6);
        var first = Run<float>(Gpu, 6, parameters);
        var second = Run<float>(Gpu, 6, parameters);
        Assert.Equal(first.Values, second.Values);
        Assert.Equal(first.Samples, second.Samples);
        var alone = Run<float>(Gpu, 6, [parameters[0][6..12], .. parameters[1..]]);
        Assert.Equal(first.Values[0][6..12], alone.Values[0]);
        Assert.Equal(first.Values[1][6..12], alone.Values[1]);
        Assert.Equal(first.Samples[1], alone.Samples[0]);
    }

    [Theory]
    [InlineData(0, double.NaN), InlineData(0, double.PositiveInfinity), InlineData(1, 0.0), InlineData(1, -1.0), InlineData(1, double.NaN)]
    [InlineData(2, -1e-3), InlineData(2, double.NaN), InlineData(3, double.NegativeInfinity)]
    public void What_is_wrong_with_an_input_is_reported_as_on_the_CPU(int input, double value)
    {
        var parameters = Draw(5, 2, 3);
        parameters[input][^1] = value;
        var (expected, actual) = (Run<double>(Device.Cpu, 3, parameters), Run<double>(Gpu, 3, parameters));
        Assert.Equal(expected.Samples.Select(s => s.Status), actual.Samples.Select(s => s.Status));
        Assert.Equal(SteadyStateStatus.InvalidInput, actual.Samples[1].Status);
        for (var k = 0; k < 3; k++) Assert.Equal(expected.Values[k].Select(double.IsNaN), actual.Values[k].Select(double.IsNaN));
    }

    [Fact]
    public void At_a_singular_fixed_point_the_gradient_is_NaN_and_its_neighbours_is_not()
    {
        // Without a drive y = 0, a = c = ¼ and E = 1 − ½wr.
        var (values, samples) = Run<double>(Gpu, 1, [[0, 0.3], [0.25], [1], [2]]);
        Assert.All(samples, s => Assert.Equal(SteadyStateStatus.Converged, s.Status));
        Assert.True(double.IsNaN(values[2][0]));
        Assert.True(double.IsFinite(values[2][1]));
        Assert.All(values[3..], v => Assert.True(double.IsNaN(v[0])));
    }

    [Fact]
    public void The_tolerance_and_the_cap_hold()
    {
        var parameters = Draw(6, 4, 5);
        var (tight, loose) = (Run<double>(Gpu, 5, parameters).Samples, Run<double>(Gpu, 5, parameters, new() { Tolerance = 1e-3 }).Samples);
        Assert.All(tight.Zip(loose), s => Assert.True(s.Second.Iterations < s.First.Iterations && s.Second.Residual is > 1e-11 and <= 1e-2, $"{s}"));
        var capped = Run<double>(Gpu, 5, parameters, new() { MaxIterations = 2, Fallback = false }).Samples;
        Assert.All(capped, s => Assert.True(s is { Status: SteadyStateStatus.NotConverged, Iterations: <= 2 }, $"{s}"));
    }
}
