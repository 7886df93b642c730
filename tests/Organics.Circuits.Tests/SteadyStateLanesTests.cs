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
        var (y, a) = SteadyState.Solve(tape.Watch(g), Of(circuit.C, [n]), Of(circuit.W, [n, n]), Of(circuit.Wr, [n, n]), new(), out var report);
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
                    Golden.Close(ey, Row(y), tolerance, $"y, n = {n}, sample {i}");
                    Golden.Close(ea, Row(a), tolerance, $"a, n = {n}, sample {i}");
                    Golden.Close(adjoint.P, Row(gradient), adjointTolerance, $"∂g, n = {n}, sample {i}");
                    quick += report.Samples[i].Method == SteadyStateMethod.Anderson ? 1 : 0;
                    all++;
                }
            }
            Assert.True(quick > 0.8 * all, $"{quick} of {all} by the quick method");
        }
    }

    [Fact]
    public void Vectors_of_512_and_256_bits_give_the_same_bits()
    {
        var (converged, all) = (0, 0);
        for (var n = 1; n < 50; n += 1 + n / 3)
        {
            converged += Check<float>(n) + Check<double>(n);
            all += 8;
        }
        Assert.True(converged > all / 2, $"{converged} of {all} converged");

        static int Check<T>(int n) where T : unmanaged, IFloatingPointIeee754<T>
        {
            var circuit = Sample.Draw(n, n, 1);
            var drives = Convert<T>(Drives(n, 4, n));
            var (wide, converged) = Of<T, Simd512<T>>(circuit, drives);
            var (narrow, _) = Of<T, Simd256<T>>(circuit, drives);
            for (var i = 0; i < wide.Length; i++) Assert.True(wide[i].AsSpan().SequenceEqual(narrow[i]), $"{typeof(T).Name}, n = {n}, vector {i}");
            return converged;
        }

        // States and adjoints of four samples, which fit into the lanes of either.
        static (T[][] Vectors, int Converged) Of<T, S>(Circuit circuit, T[] drives)
            where T : unmanaged, IFloatingPointIeee754<T>
            where S : unmanaged, ISimdReal<S, T>
        {
            var n = circuit.N;
            var (c, w, wr) = (Convert<T>(circuit.C), Convert<T>(circuit.W), Convert<T>(circuit.Wr));
            T[] y = new T[4 * n], a = new T[4 * n], p = new T[4 * n], q = new T[4 * n], r = new T[4 * n], f = new T[4 * n];
            var results = new SteadyStateResult[4];
            var scratch = new T[SteadyStateLanes<T, S>.ScratchLength(n)];
            SteadyStateLanes<T, S>.Solve(drives, c, w, wr, y, a, ref scratch[0], SteadyStateSolver<T>.EffectiveTolerance(new()), 100, results);
            var back = new T[SteadyStateAdjointLanes<T, S>.ScratchLength(n)];
            // Where a sample did not converge there is nothing to differentiate; one does not see another.
            for (var i = 0; i < a.Length; i++) if (a[i] == T.Zero) a[i] = T.One;
            SteadyStateAdjointLanes<T, S>.Solve(w, wr, n, y, a, y, drives, p, q, r, f, ref back[0], new bool[4]);
            return ([y, a, p, q, r, f], results.Count(each => each.Status == SteadyStateStatus.Converged));
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
                    Golden.Close([.. expected.Select(v => (double)v)], [.. actual.Select(v => (double)v / c)], 1e-5, $"n = {n}, {c}");
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
        Golden.Close(exact.P, [.. quick.P.Select(v => (double)v)], 1e-5, "p");
        Assert.True(quick.P[0] != 0);
    }

    static SteadyStateReport Report(int n, SteadyStateOptions options)
    {
        var circuit = Sample.Draw(n, n, 1);
        Tensor<double> Of(ReadOnlySpan<double> values, Shape shape) => Tensor.From<double>(values, shape);
        SteadyState.Solve(Of(Drives(n, 37, n), [37, n]), Of(circuit.C, [n]), Of(circuit.W, [n, n]), Of(circuit.Wr, [n, n]), options, out var report);
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
        Assert.Throws<ArgumentOutOfRangeException>(() => SteadyState.Solve(none, Tensor.Full<double>([1], 1), Tensor.Full<double>([1, 1], 1), Tensor.Full<double>([1, 1], 1), options, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => SteadyState.Solve(Tensor.Zeros<double>([1, 1]), Tensor.Full<double>([1], 1), bad, bad, options, out _));
    }

    [Fact]
    public void The_tolerance_and_the_cap_hold_for_a_batch_too()
    {
        for (var n = 3; n < 30; n *= 3)
        {
            var (tight, loose) = (Report(n, new()), Report(n, new() { Tolerance = 1e-3 }));
            Assert.Equal(37, tight.Converged);
            Assert.Equal(37, loose.Converged);
            var both = tight.Samples.Zip(loose.Samples).Where(s => s.First.Method == SteadyStateMethod.Anderson && s.Second.Method == SteadyStateMethod.Anderson).ToList();
            Assert.True(both.Count > 20, $"n = {n}: {both.Count}");
            Assert.All(both, s => Assert.True(s.Second.Iterations < s.First.Iterations && s.Second.Residual is > 1e-11 and <= 1e-2, $"{s}"));
            Assert.True(tight.MaxResidual <= 1e-11, $"n = {n}: {tight.MaxResidual}");

            var capped = Report(n, new() { MaxIterations = 2, Fallback = false });
            Assert.All(capped.Samples, s => Assert.True(s is { Status: SteadyStateStatus.NotConverged, Iterations: <= 2 }, $"{s}"));
            var none = Report(n, new() { MaxIterations = 0, Fallback = false });
            Assert.All(none.Samples, s => Assert.True(s is { Status: SteadyStateStatus.NotConverged, Iterations: 0 }, $"{s}"));
        }
    }

    [Fact]
    public void A_lane_is_solved_to_working_precision_or_not_at_all()
    {
        var (solved, left) = (0, 0);
        Check<double>(1e-13);
        Check<float>(1e-5f);
        Assert.True(solved > 20 && left > 5, $"{solved} solved, {left} left");

        void Check<T>(double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
        {
            foreach (var n in new[] { 2, 5, 20, 50, 100, 150 })
                for (var seed = 0; seed < 4; seed++)
                {
                    // Any positive state will do, and one far from a fixed point is harder: it has no cluster of eigenvalues.
                    var hard = seed % 2 == 1;
                    var circuit = Sample.Draw(seed, n, hard ? Math.Sqrt(n) : 0.5);
                    var random = new Random(seed);
                    var (y, a) = (Sample.Vector(random, n, -1, 1), Sample.Vector(random, n, 0.1, 3));
                    if (!hard) (y, a) = (SteadyState.Of(circuit).Y, SteadyState.Of(circuit).A);
                    var (gy, ga) = (Sample.Vector(random, n, -1, 1), Sample.Vector(random, n, -1, 1));
                    double[] Rounded(ReadOnlySpan<double> v) => [.. Convert<T>(v).Select(double.CreateTruncating)];
                    var lane = LaneAdjoint(circuit.W, circuit.Wr, y, a, Convert<T>(gy), Convert<T>(ga));
                    if (!lane.Solved)
                    {
                        left++;
                        continue;
                    }
                    solved++;
                    var system = Residual(n, Rounded(circuit.W), Rounded(circuit.Wr), Rounded(y), Rounded(a), Rounded(gy), Rounded(ga), [.. lane.P.Select(double.CreateTruncating)]);
                    Assert.True(system <= tolerance, $"{typeof(T).Name}, n = {n}, seed {seed}: {system}");
                }
        }

        // ‖b − Mᵀp‖₂/‖b‖₂ with b = gy + (a⊙y)⊙Wᵀ(2ga − (y/a)⊙gy) and Mᵀp = e − (a⊙y)⊙Wᵀ((y/a)⊙e − (h/s)⊙p), e = p − Wrᵀ((1−s)⊙p).
        static double Residual(int n, double[] w, double[] wr, double[] y, double[] a, double[] gy, double[] ga, double[] p)
        {
            double[] Transposed(double[] m, Func<int, double> x) => [.. Enumerable.Range(0, n).Select(j => Enumerable.Range(0, n).Sum(i => m[i * n + j] * x(i)))];
            double[] h = [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Sum(j => wr[i * n + j] * y[j]))];
            var back = Transposed(wr, i => (1 - Math.Sqrt(a[i])) * p[i]);
            double[] e = [.. p.Zip(back, (x, v) => x - v)];
            var right = Transposed(w, i => 2 * ga[i] - y[i] / a[i] * gy[i]);
            var left = Transposed(w, i => y[i] / a[i] * e[i] - h[i] / Math.Sqrt(a[i]) * p[i]);
            var (off, size) = (0.0, 0.0);
            for (var j = 0; j < n; j++)
            {
                var b = gy[j] + a[j] * y[j] * right[j];
                off += Math.Pow(b - (e[j] - a[j] * y[j] * left[j]), 2);
                size += b * b;
            }
            return Math.Sqrt(off / size);
        }
    }

    [Fact]
    public void A_matrix_that_is_singular_but_for_rounding_has_no_adjoint()
    {
        // With W = 0 the matrix is 1 − (1 − √a)wr: at a = ¼ and wr = 2(1 + ε) it is −ε.
        Near<double>();
        Near<float>();

        static void Near<T>() where T : unmanaged, IFloatingPointIeee754<T>
        {
            var spacing = double.CreateTruncating(T.BitIncrement(T.One) - T.One);
            foreach (var off in new[] { 1.0, -1.0 })
                Assert.False(LaneAdjoint<T>([0], [2 * (1 + off * spacing)], [0], [0.25], [T.One], [T.Zero]).Solved);
            Assert.True(LaneAdjoint<T>([0], [2 * (1 + 64 * spacing)], [0], [0.25], [T.One], [T.Zero]).Solved);
        }
    }

    [Fact]
    public void At_a_singular_fixed_point_the_gradient_is_NaN_and_its_neighbours_is_not()
    {
        foreach (var wr in new[] { 2, Math.BitIncrement(2.0) })
        {
            using var tape = new Tape<double>();
            // Without a drive y = 0, a = c = ¼ and E = 1 − ½wr.
            Tensor<double>[] at = [Tensor.From<double>([0, 0.3], [2, 1]), Tensor.Full<double>([1], 0.25), Tensor.Full<double>([1, 1], 1), Tensor.Full<double>([1, 1], wr)];
            var t = at.Select(tape.Watch).ToArray();
            var (y, a) = SteadyState.Solve(t[0], t[1], t[2], t[3], new(), out var report);
            Assert.Equal(2, report.Converged);
            var gradients = tape.Backward((y + a).Sum());
            Assert.True(double.IsNaN(gradients[at[0]].ToArray()[0]));
            Assert.True(double.IsFinite(gradients[at[0]].ToArray()[1]));
            Assert.All(at[1..], x => Assert.True(double.IsNaN(gradients[x].Item())));
        }
    }

    [Fact]
    public void The_fallback_never_makes_a_state_worse()
    {
        var (kept, better) = (0, 0);
        for (var seed = 0; seed < 500; seed++)
        {
            var n = 1 + seed % 6;
            var circuit = Sample.Draw(seed + 300, n, 4 + 8 * (seed % 5));
            // Without recurrence a = c + W(a⊙g²) has a positive solution only while the spectral radius of W·D(g²) is below 1.
            double[] g = [.. circuit.Drive.ToArray().Select(v => (1 + seed % 7) * v)];
            (double[] Y, double[] A, SteadyStateResult Result) Try(bool fallback)
            {
                var (y, a) = (new double[n], new double[n]);
                return (y, a, SteadyStateSolver<double>.Solve(g, circuit.C, circuit.W, circuit.Wr, y, a,
                    new double[SteadyStateSolver<double>.ScratchLength(n)], new int[n], new() { Fallback = fallback, MaxIterations = 1 + seed % 20 }));
            }
            var (before, after) = (Try(false), Try(true));
            if (after.Result.Status == SteadyStateStatus.Converged) continue;
            Assert.True(after.Result.Residual <= before.Result.Residual || double.IsNaN(before.Result.Residual), $"seed {seed}: {before.Result} became {after.Result}");
            // The residual is that of the state returned.
            var own = SteadyStateSolver<double>.Residual(g, circuit.C, circuit.W, circuit.Wr, after.Y, after.A, new double[n], new double[n]);
            Assert.Equal(own, after.Result.Residual);
            if (after.Result == before.Result)
            {
                Assert.Equal(before.Y, after.Y);
                Assert.Equal(before.A, after.A);
                kept++;
            }
            else better++;
        }
        Assert.True(kept > 3 && better > 3, $"{kept} kept, {better} better");
    }
}
