using System.Numerics;

namespace Organics.Tests;

public sealed class SteadyStateLanesTests
{
    static T[] Convert<T>(ReadOnlySpan<double> values) where T : unmanaged, IFloatingPointIeee754<T> => [.. values.ToArray().Select(T.CreateTruncating)];

    // Drives of norm 1, in rows.
    static double[] Drives(int seed, int batch, int n)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, batch).SelectMany(_ =>
        {
            var z = Sample.Vector(random, n, -1, 1);
            var norm = Math.Sqrt(z.Sum(v => v * v));
            return z.Select(v => v / norm);
        })];
    }

    static (T[] Y, T[] A, SteadyStateResult Result) One<T>(Circuit circuit, ReadOnlySpan<double> drive) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var n = circuit.N;
        var (y, a) = (new T[n], new T[n]);
        return (y, a, SteadyStateSolver<T>.Solve(Convert<T>(drive), Convert<T>(circuit.C), Convert<T>(circuit.W), Convert<T>(circuit.Wr), y, a,
            new T[SteadyStateSolver<T>.ScratchLength(n)], new int[n], new()));
    }

    static (T[] Y, T[] A, T[] Gradient, SteadyStateReport Report) Batch<T>(Circuit circuit, ReadOnlySpan<T> drives, ReadOnlySpan<T> cotangent) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var n = circuit.N;
        var batch = drives.Length / n;
        using var tape = new Tape<T>();
        var g = Tensor.From(drives, [batch, n]);
        Tensor<T> Of(ReadOnlySpan<double> values, Shape shape) => Tensor.From<T>(Convert<T>(values), shape);
        var (y, a) = SteadyStates.Solve(tape.Watch(g), Of(circuit.C, [n]), Of(circuit.W, [n, n]), Of(circuit.Wr, [n, n]), new(), out var report);
        var gradient = tape.Backward((y + a).Sum(0), Tensor.From(cotangent, [n]))[g];
        return (y.ToArray(), a.ToArray(), gradient.ToArray(), report);
    }

    [Fact]
    public void A_batch_has_the_fixed_points_and_adjoints_of_its_samples()
    {
        Compare<double>(1e-10, 1e-8);
        Compare<float>(2e-4, 2e-3);

        static void Compare<T>(double tolerance, double adjointTolerance) where T : unmanaged, IFloatingPointIeee754<T>
        {
            var (quick, all) = (0, 0);
            for (var n = 1; n < 60; n += 1 + n / 3)
            {
                var circuit = Sample.Draw(n, n, 1);
                var drives = Drives(n, 37, n);
                var cotangent = Sample.Vector(new(n), n, -1, 1);
                var (y, a, gradient, report) = Batch<T>(circuit, Convert<T>(drives), Convert<T>(cotangent));
                for (var i = 0; i < 37; i++)
                {
                    var (_, _, single) = One<T>(circuit, drives.AsSpan(i * n, n));
                    Assert.Equal(single.Status, report.Samples[i].Status);
                    if (single.Status != SteadyStateStatus.Converged) continue;
                    var (ey, ea, _) = One<double>(circuit, drives.AsSpan(i * n, n));
                    var adjoint = Sample.Adjoint(circuit, ey, ea, cotangent, cotangent);
                    adjoint.Result.OrThrow();
                    double[] Row(T[] from) => [.. from[(i * n)..((i + 1) * n)].Select(double.CreateTruncating)];
                    Sample.Close(ey, Row(y), tolerance, $"y, n = {n}, sample {i}");
                    Sample.Close(ea, Row(a), tolerance, $"a, n = {n}, sample {i}");
                    Sample.Close(adjoint.P, Row(gradient), adjointTolerance, $"∂g, n = {n}, sample {i}");
                    quick += report.Samples[i].Method == SteadyStateMethod.Anderson ? 1 : 0;
                    all++;
                }
            }
            Assert.True(quick > 0.8 * all, $"{quick} of {all} by the quick method");
        }
    }

    [Fact]
    public void What_else_is_in_the_batch_changes_no_bit_of_a_sample()
    {
        const int N = 21, Samples = 19;
        foreach (var size in new[] { 1.0, 4.0 })
        {
            var circuit = Sample.Draw(3, N, size);
            var drives = Convert<float>(Drives(4, Samples, N));
            var cotangent = Convert<float>(Sample.Vector(new(5), N, -1, 1));
            var together = Batch<float>(circuit, drives, cotangent);
            for (var i = 0; i < Samples; i++)
            {
                var alone = Batch<float>(circuit, drives.AsSpan(i * N, N), cotangent);
                Assert.Equal(alone.Y, together.Y[(i * N)..((i + 1) * N)]);
                Assert.Equal(alone.A, together.A[(i * N)..((i + 1) * N)]);
                Assert.Equal(alone.Gradient, together.Gradient[(i * N)..((i + 1) * N)]);
                Assert.Equal(alone.Report.Samples[0], together.Report.Samples[i]);
            }
        }
    }

    [Fact]
    public void Samples_that_the_quick_method_does_not_find_are_found_one_by_one()
    {
        var methods = new Dictionary<SteadyStateMethod, int>();
        for (var seed = 0; seed < 20; seed++)
        {
            var circuit = Sample.Draw(seed, 6, 8);
            var report = Batch<double>(circuit, Drives(seed, 20, 6), new double[6]).Report;
            foreach (var sample in report.Samples.Where(s => s.Status == SteadyStateStatus.Converged))
                methods[sample.Method] = methods.GetValueOrDefault(sample.Method) + 1;
        }
        Assert.True(methods.ContainsKey(SteadyStateMethod.Anderson) && methods.Count > 1, string.Join(", ", methods));
    }

    [Fact]
    public void At_a_fold_no_lane_is_solved()
    {
        // The fold of SolverTermsTests: wr = 2, θ = ½ and the double root s³ = cθ.
        const double C = 0.01, Theta = 0.5;
        var s = Math.Cbrt(C * Theta);
        var y = Math.Sqrt((s * s - C) * (s - Theta) * (s - Theta) * 4) / s / (2 * (s - Theta));
        Lane<double>(y, s * s);
        Lane<float>((float)y, (float)(s * s));

        static void Lane<T>(T y, T a) where T : unmanaged, IFloatingPointIeee754<T>
        {
            var scratch = new T[SteadyStateAdjointLanes<T, Simd256<T>>.ScratchLength(1)];
            bool[] solved = [true];
            T[] p = [T.One], q = [T.One], r = [T.One], w = [T.One];
            SteadyStateAdjointLanes<T, Simd256<T>>.Solve([T.One], [T.One + T.One], 1, [y], [a], [T.One], [T.Zero], p, q, r, w, ref scratch[0], solved);
            Assert.False(solved[0] && T.Abs(p[0]) < T.CreateTruncating(1e5));
        }
    }

    // p, q and (1 − √a)⊙p of a lane, and whether it is solved.
    static (T[] P, T[] Q, T[] R, bool Solved) LaneAdjoint<T>(ReadOnlySpan<double> w, ReadOnlySpan<double> wr, ReadOnlySpan<double> y, ReadOnlySpan<double> a, T[] gy, T[] ga)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var n = y.Length;
        var scratch = new T[SteadyStateAdjointLanes<T, Simd256<T>>.ScratchLength(n)];
        bool[] solved = [false];
        T[] p = new T[n], q = new T[n], r = new T[n];
        SteadyStateAdjointLanes<T, Simd256<T>>.Solve(Convert<T>(w), Convert<T>(wr), n, Convert<T>(y), Convert<T>(a), gy, ga, p, q, r, new T[n], ref scratch[0], solved);
        return (p, q, r, solved[0]);
    }

    [Fact]
    public void The_adjoint_of_a_multiple_is_the_multiple_of_the_adjoint()
    {
        for (var n = 1; n < 40; n = 2 * n + 1)
        {
            var circuit = Sample.Draw(n + 70, n, 1);
            var point = SteadyState.Of(circuit);
            var (gy, ga) = (Convert<float>(Sample.Vector(new(n), n, -1, 1)), Convert<float>(Sample.Vector(new(n + 1), n, -1, 1)));
            (float[] P, float[] Q, float[] R, bool Solved) Times(float c)
                => LaneAdjoint(circuit.W, circuit.Wr, point.Y, point.A, [.. gy.Select(v => c * v)], [.. ga.Select(v => c * v)]);
            var one = Times(1);
            Assert.True(one.Solved);
            foreach (var c in new[] { MathF.ScaleB(1, -75), MathF.ScaleB(1, 75), MathF.ScaleB(1, -100) })
            {
                var scaled = Times(c);
                Assert.True(scaled.Solved);
                foreach (var (expected, actual) in new[] { (one.P, scaled.P), (one.Q, scaled.Q), (one.R, scaled.R) })
                    Assert.Equal(expected.Select(v => c * v), actual);
            }
            foreach (var c in new[] { 1e-22f, 1e-25f, 1e-30f, 1e25f })
            {
                var scaled = Times(c);
                Assert.True(scaled.Solved);
                foreach (var (expected, actual) in new[] { (one.P, scaled.P), (one.Q, scaled.Q), (one.R, scaled.R) })
                    Sample.Close([.. expected.Select(v => (double)v)], [.. actual.Select(v => (double)v / c)], 1e-5, $"n = {n}, {c}");
            }
            // The least number there is loses digits, but not the whole.
            var least = Times(float.Epsilon);
            Assert.True(!least.Solved || least.P.Any(v => v != 0) || least.Q.Any(v => v != 0));
            var nothing = Times(0);
            Assert.True(nothing.Solved);
            Assert.All(nothing.P.Concat(nothing.Q).Concat(nothing.R), v => Assert.Equal(0, v));
        }
    }

    [Fact]
    public void A_cotangent_of_a_alone_reaches_a_weak_activity()
    {
        // y of 1e-25 makes the right-hand side as small beside a cotangent of 1.
        double[] wr = [0.3, -0.2, 0.5, 0.1], w = [1, 0.5, 0.2, 1], y = [1e-25, -2e-25], a = [0.2, 0.5];
        var exact = LaneAdjoint<double>(w, wr, y, a, [0, 0], [1, 0.5]);
        var quick = LaneAdjoint<float>(w, wr, y, a, [0, 0], [1, 0.5f]);
        Assert.True(exact.Solved && quick.Solved);
        Sample.Close(exact.P, [.. quick.P.Select(v => (double)v)], 1e-5, "p");
        Assert.True(quick.P[0] != 0);
    }

    static SteadyStateReport Report(int n, SteadyStateOptions options)
    {
        var circuit = Sample.Draw(n, n, 1);
        Tensor<double> Of(ReadOnlySpan<double> values, Shape shape) => Tensor.From<double>(values, shape);
        SteadyStates.Solve(Of(Drives(n, 37, n), [37, n]), Of(circuit.C, [n]), Of(circuit.W, [n, n]), Of(circuit.Wr, [n, n]), options, out var report);
        return report;
    }

    [Theory]
    [InlineData(-1.0, 60, "The tolerance is -1; ")]
    [InlineData(double.NaN, 60, "The tolerance is NaN; ")]
    [InlineData(double.PositiveInfinity, 60, "The tolerance is ")]
    [InlineData(0.0, -5, "The cap on iterations is -5; ")]
    public void Options_that_make_no_sense_are_refused(double tolerance, int cap, string words)
    {
        var options = new SteadyStateOptions { Tolerance = tolerance, MaxIterations = cap };
        Assert.StartsWith(words, Assert.Throws<ArgumentOutOfRangeException>(() => Report(6, options)).Message);
        double[] one = [1];
        Assert.StartsWith(words, Assert.Throws<ArgumentOutOfRangeException>(() => SteadyStateSolver<double>.Solve(
            one, one, one, one, new double[1], new double[1], new double[SteadyStateSolver<double>.ScratchLength(1)], new int[1], options)).Message);
        // Whether there is anything to solve or not, and whether its numbers are good or not.
        var none = Tensor.Zeros<double>([0, 1]);
        var bad = Tensor.Full<double>([1, 1], double.NaN);
        Assert.Throws<ArgumentOutOfRangeException>(() => SteadyStates.Solve(none, Tensor.Full<double>([1], 1), Tensor.Full<double>([1, 1], 1), Tensor.Full<double>([1, 1], 1), options, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => SteadyStates.Solve(Tensor.Zeros<double>([1, 1]), Tensor.Full<double>([1], 1), bad, bad, options, out _));
    }
}
