namespace Organics.Tests;

/// <summary>What the solver promises: tolerances, caps, fallbacks, and the truth about its result.</summary>
public sealed class SolverTermsTests
{
    static (double[] Y, double[] A, SteadyStateResult Result) Solve(Circuit c, SteadyStateOptions options)
    {
        var (y, a) = (new double[c.N], new double[c.N]);
        return (y, a, SteadyStateSolver<double>.Solve(c.Drive, c.C, c.W, c.Wr, y, a, new double[SteadyStateSolver<double>.ScratchLength(c.N)], new int[c.N], options));
    }

    [Fact]
    public void A_tolerance_is_honoured_and_a_looser_one_costs_less()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var circuit = Sample.Draw(seed, 6, 1);
            var (iterations, exact) = (int.MaxValue, Solve(circuit, new() { Tolerance = 1e-14 }));
            foreach (var tolerance in new[] { 1e-12, 1e-6, 1e-2 })
            {
                var (_, a, result) = Solve(circuit, new() { Tolerance = tolerance });
                Assert.Equal(SteadyStateStatus.Converged, result.Status);
                Assert.InRange(result.Residual, 0, 10 * tolerance);
                Assert.True(result.Iterations < iterations, $"{result.Iterations} iterations at {tolerance}, {iterations} at a tighter one");
                iterations = result.Iterations;
                Assert.All(a.Zip(exact.A), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 100 * tolerance * pair.Second));
            }
            Assert.NotEqual(exact.A, Solve(circuit, new() { Tolerance = 1e-2 }).A);
        }
    }

    [Fact]
    public void The_residual_is_that_of_the_state_returned_and_Converged_means_it()
    {
        var random = new Random(1);
        for (var trial = 0; trial < 2000; trial++)
        {
            var n = 1 + trial % 5;
            var circuit = Sample.Draw(trial, n, 4 * random.NextDouble());
            var tolerance = Math.Pow(10, -12 * random.NextDouble());
            var (y, a, result) = Solve(circuit, new() { Tolerance = tolerance });
            Assert.Equal(SteadyState.Residual(circuit, y, a), result.Residual, 1e-12 * (1 + result.Residual));
            if (result.Status == SteadyStateStatus.Converged) Assert.InRange(result.Residual, 0, 10 * tolerance);
            float[] Narrow(ReadOnlySpan<double> v) => Array.ConvertAll(v.ToArray(), x => (float)x);
            var (fy, fa) = (new float[n], new float[n]);
            var narrow = SteadyStateSolver<float>.Solve(Narrow(circuit.Drive), Narrow(circuit.C), Narrow(circuit.W), Narrow(circuit.Wr), fy, fa,
                new float[SteadyStateSolver<float>.ScratchLength(n)], new int[n], new());
            if (narrow.Status == SteadyStateStatus.Converged) Assert.InRange(narrow.Residual, 0, 2e-5);
        }
    }

    [Fact]
    public void A_cap_is_honoured_and_the_best_state_returned()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var circuit = Sample.Draw(seed, 6, 1);
            var (_, _, one) = Solve(circuit, new() { MaxIterations = 1, Fallback = false });
            Assert.Equal((SteadyStateStatus.NotConverged, 1), (one.Status, one.Iterations));
            // The fallback takes over where the cap is too low.
            var (_, _, rescued) = Solve(circuit, new() { MaxIterations = 1 });
            Assert.Equal((SteadyStateStatus.Converged, SteadyStateMethod.Homotopy), (rescued.Status, rescued.Method));
        }
        // wr = 0 and w·g² ≥ 1: there is no fixed point, and a grows without bound.
        var hopeless = new Circuit([2], [1], [1], [1], [1], [1], [1], [0]);
        var (y, a, none) = Solve(hopeless, new());
        Assert.Equal(SteadyStateStatus.NotConverged, none.Status);
        Assert.True(double.IsFinite(y[0]) && double.IsFinite(a[0]) && a[0] >= 1, $"y {y[0]}, a {a[0]}");
    }

    [Fact]
    public void Every_fallback_finds_fixed_points_that_nothing_before_it_finds()
    {
        var methods = new Dictionary<SteadyStateMethod, int>();
        for (var seed = 0; seed < 300; seed++)
        {
            var circuit = Sample.Draw(seed, 3 + seed % 8, 6);
            var (y, a, result) = Solve(circuit, new());
            if (result.Status != SteadyStateStatus.Converged) continue;
            methods[result.Method] = methods.GetValueOrDefault(result.Method) + 1;
            for (var i = 0; i < circuit.N; i++) Assert.True(a[i] >= circuit.C[i] * (1 - 1e-9), "a fixed point has a ≥ c");
        }
        Assert.True(methods.Keys.Order().SequenceEqual([SteadyStateMethod.Sweeps, SteadyStateMethod.Homotopy, SteadyStateMethod.Damped]), string.Join(", ", methods));
    }

    [Fact]
    public void Where_E_is_ill_conditioned_the_residual_still_comes_down_to_the_tolerance()
    {
        // Wr shifts cyclically and has the eigenvalue 1; with a of 1e-12 the condition of E = I − D(1−√a)Wr is a million, and y = E⁻¹g as inexact.
        const int N = 8;
        var wr = new double[N * N];
        for (var i = 0; i < N; i++) wr[i * N + (i + 1) % N] = 1;
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var (g, c, w) = (Sample.Vector(random, N, -1, 1), Sample.Vector(random, N, 1e-15, 1e-14), Sample.Vector(random, N * N, 0, 1e-12));
            var (y, a) = (new double[N], new double[N]);
            var result = SteadyStateSolver<double>.Solve(g, c, w, wr, y, a, new double[SteadyStateSolver<double>.ScratchLength(N)], new int[N], new());
            Assert.Equal(SteadyStateStatus.Converged, result.Status);
            Assert.InRange(result.Residual, 0, 1e-11);
        }
    }

    [Fact]
    public void Where_large_terms_cancel_a_float_state_is_accepted_at_the_rounding_of_its_terms()
    {
        const int N = 8;
        var beyond = 0;
        for (var seed = 0; seed < 50; seed++)
        {
            // Rows of W over eight decades: where √a is large, so are both terms of (1−√a)⊙(Wr·y), in which large y nearly cancel.
            var random = new Random(seed);
            var circuit = Sample.Draw(seed, N, 1);
            var w = circuit.W.ToArray();
            var rows = Sample.Logarithmic(random, N, 4);
            for (var i = 0; i < w.Length; i++) w[i] *= rows[i / N];
            float[] Narrow(ReadOnlySpan<double> v) => Array.ConvertAll(v.ToArray(), x => (float)x);
            double[] Rounded(ReadOnlySpan<double> v) => Array.ConvertAll(Narrow(v), x => (double)x);
            var exact = SteadyStateSolver<double>.Solve(Rounded(circuit.Drive), Rounded(circuit.C), Rounded(w), Rounded(circuit.Wr), new double[N], new double[N],
                new double[SteadyStateSolver<double>.ScratchLength(N)], new int[N], new());
            if (exact.Status != SteadyStateStatus.Converged) continue;
            var (y, a) = (new float[N], new float[N]);
            var result = SteadyStateSolver<float>.Solve(Narrow(circuit.Drive), Narrow(circuit.C), Narrow(w), Narrow(circuit.Wr), y, a,
                new float[SteadyStateSolver<float>.ScratchLength(N)], new int[N], new());
            Assert.Equal(SteadyStateStatus.Converged, result.Status);
            beyond += result.Residual > 2e-5 ? 1 : 0;
            // It is not accepted because anything would be.
            a[seed % N] *= 1 + 1e-4f;
            Assert.False(SteadyStateSolver<float>.Accepts(Narrow(circuit.Drive), Narrow(circuit.C), Narrow(w), Narrow(circuit.Wr), y, a, double.PositiveInfinity, 2e-6));
        }
        Assert.True(beyond > 5, $"{beyond} states have a residual that only its rounding excuses");
    }

    [Fact]
    public void An_unstable_fixed_point_is_exchanged_for_a_stable_one_where_the_homotopy_leads_to_it()
    {
        var exchanged = 0;
        for (var seed = 0; seed < 400 && exchanged < 5; seed++)
        {
            var circuit = Sample.Draw(seed, 2, 4);
            if (StabilityReport.Of(circuit, SteadyState.Of(circuit)).IsStable) continue;
            var other = SteadyState.StableOf(circuit);
            if (!StabilityReport.Of(circuit, other).IsStable) continue;
            exchanged++;
            Assert.InRange(SteadyState.Residual(circuit, other.Y, other.A), 0, 1e-10);
        }
        Assert.Equal(5, exchanged);
    }

    [Theory]
    [InlineData(double.NaN, 1, 1, 1)]
    [InlineData(1, 0, 1, 1)]
    [InlineData(1, 1, -4.557, 0.022)]
    [InlineData(1, 1, 1, double.PositiveInfinity)]
    public void What_is_no_circuit_gives_NaN_and_says_so(double g, double c, double w, double wr)
    {
        double[] y = [7], a = [7];
        var result = SteadyStateSolver<double>.Solve([g], [c], [w], [wr], y, a, new double[SteadyStateSolver<double>.ScratchLength(1)], new int[1], new());
        Assert.Equal(SteadyStateStatus.InvalidInput, result.Status);
        Assert.Equal([double.NaN, double.NaN], [y[0], a[0]]);
    }

    [Fact]
    public void Options_that_mean_nothing_are_refused()
    {
        var circuit = Sample.Draw(1, 2, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => Solve(circuit, new() { Tolerance = double.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Solve(circuit, new() { Tolerance = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Solve(circuit, new() { MaxIterations = -1 }));
    }

    [Fact]
    public void At_a_fold_there_is_no_gradient()
    {
        // wr = 2, θ = ½; the double root s³ = cθ of the quartic with c = 0.01, and the g that puts it there.
        const double C = 0.01, Theta = 0.5;
        var s = Math.Cbrt(C * Theta);
        var g = Math.Sqrt((s * s - C) * (s - Theta) * (s - Theta) * 4) / s;
        var y = g / (2 * (s - Theta));
        double[] p = [0], q = [0], r = [0], w = [0];
        var result = SteadyStateAdjoint<double>.Solve([1], [2], [y], [s * s], [1], [], p, q, r, w, new double[SteadyStateAdjoint<double>.ScratchLength(1)], new int[1]);
        Assert.False(result.IsSolved);
        Assert.Throws<ArithmeticException>(() => result.OrThrow());
    }

    [Fact]
    public void Adjoints_satisfy_their_equations()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var n = 1 + seed % 9;
            var circuit = Sample.Draw(seed, n, 1);
            var (y, a, _) = Solve(circuit, new());
            var random = new Random(seed);
            var (gy, ga) = (Sample.Vector(random, n, -1, 1), Sample.Vector(random, n, -1, 1));
            var (p, q, _, _, result) = Sample.Adjoint(circuit, y, a, gy, ga);
            Assert.True(result.IsSolved);
            for (var i = 0; i < n; i++)
            {
                // (Eᵀp)_i = gy_i + 2a_iy_i(Wᵀq)_i and (Γᵀq)_i = ga_i − h_i/(2s_i)·p_i.
                double ep = p[i], wq = 0, h = 0;
                for (var j = 0; j < n; j++)
                {
                    ep -= (1 - Math.Sqrt(a[j])) * circuit.Wr[j * n + i] * p[j];
                    wq += circuit.W[j * n + i] * q[j];
                    h += circuit.Wr[i * n + j] * y[j];
                }
                Assert.Equal(gy[i] + 2 * a[i] * y[i] * wq, ep, 1e-11 * (1 + Math.Abs(ep)));
                Assert.Equal(ga[i] - h / (2 * Math.Sqrt(a[i])) * p[i], q[i] - y[i] * y[i] * wq, 1e-11 * (1 + Math.Abs(q[i])));
            }
        }
    }

    [Fact]
    public void The_op_differentiates_every_input()
    {
        var circuit = Sample.Draw(5, 4, 1);
        var random = new Random(3);
        double[] weights = Sample.Vector(random, 16, -1, 1), drives = [.. circuit.Drive, .. circuit.Drive.ToArray().Select(v => -0.5 * v)];
        double[][] inputs = [drives, circuit.C.ToArray(), circuit.W.ToArray(), circuit.Wr.ToArray()];
        Shape[] shapes = [[2, 4], [4], [4, 4], [4, 4]];
        double Value(double[][] x, Tape<double>? tape, out Tensor<double>[] watched, out Tensor<double> loss)
        {
            Tensor<double>[] all = [.. x.Zip(shapes, (v, s) => Tensor.From<double>(v, s))];
            watched = tape is null ? all : [.. all.Select(tape.Watch)];
            var (y, a) = SteadyState.Solve(watched[0], watched[1], watched[2], watched[3], new(), out _);
            loss = (y * Tensor.From<double>(weights.AsSpan(0, 8), [2, 4])).Sum() + (a * Tensor.From<double>(weights.AsSpan(8), [2, 4])).Sum();
            return loss.Item();
        }
        using var tape = new Tape<double>();
        Value(inputs, tape, out var leaves, out var total);
        var gradients = tape.Backward(total);
        for (var k = 0; k < 4; k++)
        {
            var found = gradients[leaves[k]].ToArray();
            for (var i = 0; i < found.Length; i++)
            {
                double At(double h)
                {
                    var moved = inputs.Select(v => (double[])v.Clone()).ToArray();
                    moved[k][i] += h;
                    return Value(moved, null, out _, out _);
                }
                Assert.Equal((At(1e-5) - At(-1e-5)) / 2e-5, found[i], 1e-7 * (1 + Math.Abs(found[i])));
            }
        }
    }
}
