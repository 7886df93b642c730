using System.Numerics;

namespace Organics.Tests;

public sealed class SteadyStateTests
{
    static (T[] Y, T[] A, SteadyStateResult Result) Solve<T>(Circuit circuit, bool algorithm1, SteadyStateOptions options) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] Convert(ReadOnlySpan<double> v) => [.. v.ToArray().Select(T.CreateTruncating)];
        var n = circuit.N;
        var (y, a) = (new T[n], new T[n]);
        var (g, c, w, wr) = (Convert(circuit.Drive), Convert(circuit.C), Convert(circuit.W), Convert(circuit.Wr));
        var (scratch, pivots) = (new T[SteadyStateSolver<T>.ScratchLength(n)], new int[n]);
        var result = algorithm1
            ? SteadyStateSolver<T>.Algorithm1(g, c, w, wr, y, a, scratch, pivots, options)
            : SteadyStateSolver<T>.Solve(g, c, w, wr, y, a, scratch, pivots, options);
        return (y, a, result);
    }

    [Fact]
    public void The_sweeps_agree_with_Algorithm_1_in_fewer_iterations_and_satisfy_both_equations()
    {
        var (slowCount, fastCount) = (0, 0);
        for (var seed = 0; seed < 100; seed++)
        {
            var circuit = Sample.Draw(seed, 1 + seed % 50, 1 + seed % 2);
            var slow = Solve<double>(circuit, true, new());
            var fast = Solve<double>(circuit, false, new());
            Assert.True(fast.Result.Status == SteadyStateStatus.Converged, $"seed {seed}: {fast.Result} where Algorithm 1 gave {slow.Result}");
            if (slow.Result.Method == SteadyStateMethod.Algorithm1 && fast.Result.Method == SteadyStateMethod.Sweeps)
            {
                (slowCount, fastCount) = (slowCount + slow.Result.Iterations, fastCount + fast.Result.Iterations);
                Golden.Close(slow.Y, fast.Y, 1e-9, $"y, seed {seed}");
                Golden.Close(slow.A, fast.A, 1e-9, $"a, seed {seed}");
            }
            // The rate of the vector field is the independent residual.
            var (dy, da) = (new double[circuit.N], new double[circuit.N]);
            CircuitDynamics.Rate(circuit, fast.Y, fast.A, dy, da);
            var worst = 0.0;
            for (var i = 0; i < circuit.N; i++)
            {
                worst = Math.Max(worst, Math.Abs(dy[i] * circuit.TauY[i]) / Math.Max(fast.Y.Max(Math.Abs), circuit.Drive.ToArray().Max(Math.Abs)));
                worst = Math.Max(worst, Math.Abs(da[i] * circuit.TauA[i]) / fast.A[i]);
                Assert.True(fast.A[i] >= circuit.C[i] * (1 - 1e-12), "a ≥ c at every fixed point");
            }
            Assert.True(worst < 1e-11, $"seed {seed}: {worst}");
            Assert.Equal(worst, fast.Result.Residual, 1e-13);
        }
        // Extrapolation is what makes up for the stale factors.
        Assert.True(fastCount < 0.9 * slowCount, $"{fastCount} sweeps against {slowCount} iterations");
    }

    [Fact]
    public void Float_reaches_the_double_fixed_point_to_float_precision()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var circuit = Sample.Draw(seed + 500, 1 + seed, 1);
            var exact = Solve<double>(circuit, false, new());
            foreach (var algorithm1 in new[] { false, true })
            {
                var (y, a, result) = Solve<float>(circuit, algorithm1, new());
                Assert.Equal(SteadyStateStatus.Converged, result.Status);
                Assert.True(result.Residual < 1e-5, $"seed {seed}, {algorithm1}: {result}");
                Golden.Close(exact.Y, y.Select(v => (double)v).ToArray(), 1e-4, "y");
                Golden.Close(exact.A, a.Select(v => (double)v).ToArray(), 1e-4, "a");
            }
        }
    }

    [Fact]
    public void Identity_recurrence_needs_one_iteration_of_Algorithm_1()
    {
        var circuit = Sample.Draw(8, 6, 0);
        var closed = SteadyState.Of(circuit);
        var (y, a, _) = Solve<double>(circuit, true, new() { MaxIterations = 1, Fallback = false });
        Golden.Close(closed.Y, y, 1e-13, "y");
        Golden.Close(closed.A, a, 1e-13, "a");
    }

    [Fact]
    public void Zero_drive_and_zero_weights_have_their_obvious_fixed_points()
    {
        double[] one = [1, 1], wr = [0.3, -0.2, 0.5, 0.1];
        var silent = SteadyState.Of(new([0, 0], one, one, one, one, one, [1, 1, 1, 1], wr));
        Assert.Equal(SteadyStateStatus.Converged, silent.Result.Status);
        Assert.All(silent.Y, v => Assert.Equal(0, v));
        Assert.All(silent.A, v => Assert.Equal(1, v, 1e-15));
        // W = 0, c = 0.25: s = ½ and (I − ½Wr)y = z.
        var linear = SteadyState.Of(new([1, 2], one, [0.5, 0.5], one, one, one, [0, 0, 0, 0], wr));
        Assert.Equal(1, linear.Y[0] - 0.5 * (0.3 * linear.Y[0] - 0.2 * linear.Y[1]), 1e-14);
        Assert.Equal(2, linear.Y[1] - 0.5 * (0.5 * linear.Y[0] + 0.1 * linear.Y[1]), 1e-14);
    }

    [Fact]
    public void The_homotopy_finds_a_fixed_point_where_Algorithm_1_cycles()
    {
        var (cycling, rescued) = (0, 0);
        for (var seed = 0; seed < 60; seed++)
        {
            var circuit = Sample.Draw(seed + 9000, 6, 9);
            if (Solve<double>(circuit, true, new() { Fallback = false }).Result.Status == SteadyStateStatus.Converged) continue;
            cycling++;
            var (y, a, result) = Solve<double>(circuit, true, new());
            if (result.Status != SteadyStateStatus.Converged) continue;
            rescued++;
            Assert.True(result.Method is SteadyStateMethod.Homotopy or SteadyStateMethod.Damped);
            var (dy, da) = (new double[6], new double[6]);
            CircuitDynamics.Rate(circuit, y, a, dy, da);
            for (var i = 0; i < 6; i++)
            {
                Assert.Equal(0, dy[i] * circuit.TauY[i], 1e-9 * (1 + y.Max(Math.Abs)));
                Assert.Equal(0, da[i] * circuit.TauA[i] / a[i], 1e-9);
            }
        }
        Assert.True(cycling >= 5 && rescued >= cycling / 2, $"{cycling} cycled, {rescued} rescued");
    }

    [Fact]
    public void The_counterexample_to_Conjecture_5_3_is_found_and_reported_unstable()
    {
        double[] one = [1], drive = [0.9];
        var circuit = new Circuit(drive, drive, one, one, one, one, one, [-1]);
        // b·z = 0.81 here; the counterexample has b·z = 0.81 with b = z = 0.9.
        var point = SteadyState.StableOf(circuit);
        if (point.Result.Status != SteadyStateStatus.Converged) Assert.Contains("singular value", point.Result.Advice, StringComparison.Ordinal);
        Assert.False(StabilityReport.Of(circuit, point).IsStable);
        // The theory's saddle itself, y = −0.93708, a = 8.20471, has eigenvalues 2.032 and −1.290.
        var jacobian = new double[4];
        CircuitJacobian.Write(circuit, [-0.93708], [8.20471], jacobian);
        Sample.SameSpectrum([2.032, -1.290], Eigenvalues.Of(jacobian, 2).Values, 1e-3);
    }

    [Fact]
    public void A_closed_form_that_leaves_the_range_of_double_is_not_called_converged()
    {
        double[] one = [1];
        Circuit With(double z) => new([z], one, one, one, one, one, one, one);
        Assert.Equal(SteadyStateStatus.NotConverged, SteadyState.Of(With(1e160)).Result.Status);
        Assert.Equal(SteadyStateStatus.NotConverged, SteadyState.StableOf(With(1e160)).Result.Status);
        Assert.Equal(StabilityVerdict.Unknown, StabilityReport.Of(With(1e160)).Verdict);
        foreach (var z in (double[])[0, 1e-200, 1e-5, 1, -1e5, 1e150]) Assert.Equal(SteadyStateStatus.Converged, SteadyState.Of(With(z)).Result.Status);
    }

    [Fact]
    public void A_pair_without_any_fixed_point_has_an_unknown_stability()
    {
        // y = 3 whatever a is, and a grows without bound.
        double[] one = [1];
        var circuit = new Circuit([3], one, one, one, one, one, one, [0]);
        Assert.Equal(SteadyStateStatus.NotConverged, SteadyState.StableOf(circuit).Result.Status);
        Assert.Equal(StabilityVerdict.Unknown, StabilityReport.Of(circuit).Verdict);
        Assert.Equal(StabilityVerdict.Unknown, StabilitySweep.Examine(circuit, out var abscissa));
        Assert.Equal(double.NaN, abscissa);
    }

    [Fact]
    public void Hopeless_inputs_return_a_status_and_never_throw_or_hang()
    {
        double[] one = [1];
        SteadyStateResult Try(double g, double c, double w, double wr) => SteadyStateSolver<double>.Solve(
            [g], [c], [w], [wr], new double[1], new double[1], new double[SteadyStateSolver<double>.ScratchLength(1)], new int[1], new());
        foreach (var bad in new[] { double.NaN, double.PositiveInfinity })
        {
            Assert.Equal(SteadyStateStatus.InvalidInput, Try(bad, 1, 1, 1).Status);
            Assert.Equal(SteadyStateStatus.InvalidInput, Try(1, bad, 1, 1).Status);
            Assert.Equal(SteadyStateStatus.InvalidInput, Try(1, 1, bad, 1).Status);
            Assert.Equal(SteadyStateStatus.InvalidInput, Try(1, 1, 1, bad).Status);
        }
        Assert.Equal(SteadyStateStatus.InvalidInput, Try(1, 0, 1, 1).Status);
        // wr = 0 has a fixed point only while w·g² < 1.
        var none = Try(2, 1, 1, 0);
        Assert.Equal(SteadyStateStatus.NotConverged, none.Status);
        Assert.Throws<ArithmeticException>(() => none.OrThrow());
        Assert.Equal(SteadyStateStatus.Converged, Try(0.9, 1, 1, 0).Status);
        Assert.Throws<ArgumentException>(() => SteadyStateSolver<double>.Solve(one, one, one, one, new double[1], new double[1], new double[1], new int[1], new()));
    }

    [Fact]
    public void The_adjoint_is_the_derivative_of_the_solved_fixed_point()
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var circuit = Sample.Draw(seed + 40, 1 + seed % 6, seed % 2);
            var n = circuit.N;
            var random = new Random(seed);
            var (gy, ga) = (Sample.Vector(random, n, -1, 1), Sample.Vector(random, n, -1, 1));
            var (gDir, cDir, wDir, rDir) = (Sample.Vector(random, n, -1, 1), Sample.Vector(random, n, -1, 1), Sample.Vector(random, n * n, -1, 1), Sample.Vector(random, n * n, -1, 1));
            double Loss(double t, double[]? y = null, double[]? a = null)
            {
                double[] Along(ReadOnlySpan<double> v, double[] d) => [.. v.ToArray().Zip(d, (x, e) => x + t * e)];
                (y, a) = (y ?? new double[n], a ?? new double[n]);
                SteadyStateSolver<double>.Algorithm1(Along(circuit.Drive, gDir), Along(circuit.C, cDir), Along(circuit.W, wDir), Along(circuit.Wr, rDir), y, a,
                    new double[SteadyStateSolver<double>.ScratchLength(n)], new int[n], new() { Tolerance = 1e-14, MaxIterations = 400, Fallback = false });
                return y.Zip(gy, (u, v) => u * v).Sum() + a.Zip(ga, (u, v) => u * v).Sum();
            }
            var (y0, a0) = (new double[n], new double[n]);
            Loss(0, y0, a0);
            var (p, q, recurrent, normalization, result) = Sample.Adjoint(circuit, y0, a0, gy, ga);
            Assert.True(result.IsSolved);
            var slope = 0.0;
            for (var i = 0; i < n; i++)
            {
                slope += p[i] * gDir[i] + q[i] * cDir[i];
                for (var j = 0; j < n; j++) slope += recurrent[i] * y0[j] * rDir[i * n + j] + q[i] * normalization[j] * wDir[i * n + j];
            }
            const double step = 1e-6;
            var difference = (Loss(step) - Loss(-step)) / (2 * step);
            Assert.Equal(difference, slope, 1e-5 * (1 + Math.Abs(slope)));
        }
    }

    [Fact]
    public void The_adjoint_satisfies_its_full_system_at_any_state()
    {
        foreach (var n in new[] { 1, 3, 10, 50, 80 })
            for (var seed = 0; seed < 4; seed++)
            {
                // Any positive state will do: the adjoint system is defined away from fixed points too, and is harder there.
                var circuit = Sample.Draw(seed, n, Math.Sqrt(n));
                var random = new Random(seed);
                var (y, a) = (Sample.Vector(random, n, -2, 2), Sample.Vector(random, n, 0.1, 3));
                var (gy, ga) = (Sample.Vector(random, n, -1, 1), seed == 0 ? [] : Sample.Vector(random, n, -1, 1));
                var (p, q, recurrent, normalization, result) = Sample.Adjoint(circuit, y, a, gy, ga);
                Assert.True(result.IsSolved);
                var scale = Math.Max(p.Max(Math.Abs), q.Max(Math.Abs)) * n;
                for (var j = 0; j < n; j++)
                {
                    // Aᵀp + Cᵀq = −gy,  Bdᵀp + Ddᵀq = −ga, with A = −I + D(1−s)Wr, C = 2W D(a⊙y), Bd = −D(h/2s), Dd = −I + W D(y²).
                    double first = gy[j] - p[j], second = (ga.Length == 0 ? 0 : ga[j]) - q[j], h = 0;
                    for (var i = 0; i < n; i++)
                    {
                        first += (1 - Math.Sqrt(a[i])) * circuit.Wr[i * n + j] * p[i] + 2 * circuit.W[i * n + j] * a[j] * y[j] * q[i];
                        second += circuit.W[i * n + j] * y[j] * y[j] * q[i];
                        h += circuit.Wr[j * n + i] * y[i];
                    }
                    second -= h / (2 * Math.Sqrt(a[j])) * p[j];
                    Assert.Equal(0, first, 1e-9 * (1 + scale));
                    Assert.Equal(0, second, 1e-9 * (1 + scale));
                    Assert.Equal((1 - Math.Sqrt(a[j])) * p[j], recurrent[j], 1e-12 * (1 + scale));
                    Assert.Equal(a[j] * y[j] * y[j], normalization[j], 1e-12);
                }
            }
    }

    [Fact]
    public void The_float_adjoint_follows_the_double_one()
    {
        var circuit = Sample.Draw(3, 50, 1);
        var n = circuit.N;
        var point = SteadyState.Of(circuit);
        var (gy, ga) = (Sample.Vector(new(1), n, -1, 1), Sample.Vector(new(2), n, -1, 1));
        var exact = Sample.Adjoint(circuit, point.Y, point.A, gy, ga);
        float[] F(ReadOnlySpan<double> v) => [.. v.ToArray().Select(x => (float)x)];
        var (p, q) = (new float[n], new float[n]);
        var result = SteadyStateAdjoint<float>.Solve(F(circuit.W), F(circuit.Wr), F(point.Y), F(point.A), F(gy), F(ga), p, q, new float[n], new float[n],
            new float[SteadyStateAdjoint<float>.ScratchLength(n)], new int[n]);
        Assert.True(result.IsSolved);
        Golden.Close(exact.P, p.Select(v => (double)v).ToArray(), 1e-4, "p");
        Golden.Close(exact.Q, q.Select(v => (double)v).ToArray(), 1e-4, "q");
    }

    [Fact]
    public void Solving_and_differentiating_allocate_nothing()
    {
        var circuit = Sample.Draw(4, 50, 1);
        var n = circuit.N;
        var (y, a, p, q, r, w) = (new double[n], new double[n], new double[n], new double[n], new double[n], new double[n]);
        var (scratch, pivots, gy) = (new double[SteadyStateSolver<double>.ScratchLength(n)], new int[n], Sample.Vector(new(1), n, -1, 1));
        var adjointScratch = new double[SteadyStateAdjoint<double>.ScratchLength(n)];
        void Once()
        {
            SteadyStateSolver<double>.Solve(circuit.Drive, circuit.C, circuit.W, circuit.Wr, y, a, scratch, pivots, new());
            SteadyStateAdjoint<double>.Solve(circuit.W, circuit.Wr, y, a, gy, [], p, q, r, w, adjointScratch, pivots);
        }
        // In the steady state: while the runtime still compiles anew, it may allocate on whatever thread.
        var least = long.MaxValue;
        for (var round = 0; round < 5 && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 20; i++) Once();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    /// <summary>A secant leads along the homotopy: without it each of its steps, and there are hundreds of iterations, begins where the last one ended.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_long_homotopy_takes_a_few_dozen_iterations(int seed)
    {
        var circuit = CircuitFile.Describe(FormattableString.Invariant($$"""
            { "n": 60, "z": { "gaussian": { "center": 30, "width": 6 } }, "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 2, "tauA": 4, "W": { "gaussian": { "width": 10 } },
              "Wr": { "sum": ["identity", { "goe": { "delta": 1.5, "seed": {{seed}} } }] } }
            """)).Build();
        var result = SteadyState.Of(circuit).Result;
        Assert.Equal((SteadyStateStatus.Converged, SteadyStateMethod.Homotopy), (result.Status, result.Method));
        Assert.InRange(result.Iterations, 10, 100);
    }
}
