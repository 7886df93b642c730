namespace Organics.Tests;

public sealed class CircuitTests
{
    [Fact]
    public void Every_identity_circuit_is_stable_with_the_bound_and_the_quadratic_spectrum()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var circuit = Sample.Draw(seed, 1 + seed % 12, 0);
            var n = circuit.N;
            var point = SteadyState.Of(circuit);
            Assert.True(point.Result.Residual < 1e-13);
            var report = StabilityReport.Of(circuit, point);
            Assert.True(report.IsStable, $"seed {seed}: {report.MaxRealPart}");
            var problem = CircuitJacobian.Quadratic(circuit, point.Y, point.A);
            Assert.True(problem.SpectralRadius <= problem.SpectralRadiusBound + 1e-12 && problem.SpectralRadiusBound < 1);
            // [[0, I], [−K, −B]] has the spectrum of J.
            var companion = new double[4 * n * n];
            for (var i = 0; i < n; i++)
            {
                companion[i * 2 * n + n + i] = 1;
                companion[(n + i) * 2 * n + i] = -problem.K[i];
                for (var j = 0; j < n; j++) companion[(n + i) * 2 * n + n + j] = -problem.B[i * n + j];
            }
            Sample.SameSpectrum(report.Eigenvalues, Eigenvalues.Of(companion, 2 * n).Values, 1e-8);
        }
    }

    [Fact]
    public void The_Jacobian_is_the_derivative_of_the_rate()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var circuit = Sample.Draw(seed, 1 + seed % 6, seed % 3);
            var n = circuit.N;
            var random = new Random(seed);
            var state = Sample.Vector(random, n, -1, 1).Concat(Sample.Vector(random, n, 0.2, 2)).ToArray();
            var jacobian = new double[4 * n * n];
            CircuitJacobian.Write(circuit, state.AsSpan(0, n), state.AsSpan(n), jacobian);
            var (up, down) = (new double[2 * n], new double[2 * n]);
            var scale = jacobian.Max(Math.Abs);
            for (var j = 0; j < 2 * n; j++)
            {
                var kept = state[j];
                const double step = 1e-5;
                state[j] = kept + step;
                CircuitDynamics.Rate(circuit, state.AsSpan(0, n), state.AsSpan(n), up.AsSpan(0, n), up.AsSpan(n));
                state[j] = kept - step;
                CircuitDynamics.Rate(circuit, state.AsSpan(0, n), state.AsSpan(n), down.AsSpan(0, n), down.AsSpan(n));
                state[j] = kept;
                for (var i = 0; i < 2 * n; i++) Assert.Equal((up[i] - down[i]) / (2 * step), jacobian[i * 2 * n + j], 1e-7 * (1 + scale));
            }
        }
    }

    [Fact]
    public void The_rate_is_odd_in_z_and_y_and_indifferent_to_order_and_scale()
    {
        var circuit = Sample.Draw(5, 5, 1);
        var n = circuit.N;
        int[] order = [3, 0, 4, 1, 2];
        double[] Permuted(ReadOnlySpan<double> v)
        {
            var r = new double[n];
            for (var i = 0; i < n; i++) r[i] = v[order[i]];
            return r;
        }
        double[] PermutedMatrix(ReadOnlySpan<double> m)
        {
            var r = new double[n * n];
            for (var i = 0; i < n * n; i++) r[i] = m[order[i / n] * n + order[i % n]];
            return r;
        }
        var point = SteadyState.Of(circuit);
        var permuted = SteadyState.Of(new(Permuted(circuit.Z), Permuted(circuit.B), Permuted(circuit.B0), Permuted(circuit.Sigma),
            Permuted(circuit.TauY), Permuted(circuit.TauA), PermutedMatrix(circuit.W), PermutedMatrix(circuit.Wr)));
        Golden.Close(Permuted(point.Y), permuted.Y, 1e-11, "permuted y");
        Golden.Close(Permuted(point.A), permuted.A, 1e-11, "permuted a");
        var negated = SteadyState.Of(new([.. circuit.Z.ToArray().Select(v => -v)], circuit.B, circuit.B0, circuit.Sigma, circuit.TauY, circuit.TauA, circuit.W, circuit.Wr));
        Golden.Close(point.Y.Select(v => -v).ToArray(), negated.Y, 1e-14, "negated y");
        var identity = Sample.Draw(6, 5, 0);
        const double k = 3;
        var scaled = SteadyState.Of(new([.. identity.Z.ToArray().Select(v => k * v)], identity.B, identity.B0, [.. identity.Sigma.ToArray().Select(v => k * v)],
            identity.TauY, identity.TauA, identity.W, identity.Wr));
        var original = SteadyState.Of(identity);
        Golden.Close(original.Y, scaled.Y, 1e-14, "scaled y");
        Golden.Close(original.A.Select(v => k * k * v).ToArray(), scaled.A, 1e-14, "scaled a");
    }

    [Fact]
    public void Invalid_parameters_are_refused_by_name()
    {
        double[] one = [1];
        void Refused(string name, Func<Circuit> make) => Assert.Contains(name, Assert.Throws<ArgumentException>(() => make()).Message, StringComparison.Ordinal);
        Refused("z is empty", () => new([], one, one, one, one, one, one, one));
        Refused("z[0]", () => new([double.NaN], one, one, one, one, one, one, one));
        Refused("b[0]", () => new(one, [0], one, one, one, one, one, one));
        Refused("b0[0]", () => new(one, one, [-1], one, one, one, one, one));
        Refused("sigma[0]", () => new(one, one, one, [0], one, one, one, one));
        Refused("tauY[0]", () => new(one, one, one, one, [0], one, one, one));
        Refused("tauA[0]", () => new(one, one, one, one, one, [double.PositiveInfinity], one, one));
        Refused("W[0]", () => new(one, one, one, one, one, one, [-0.1], one));
        Refused("Wr has", () => new(one, one, one, one, one, one, one, [1, 2]));
        Refused("(b0·sigma)²", () => new(one, one, one, [1e-200], one, one, one, one));
        Assert.Contains("identity", Assert.Throws<ArgumentException>(() => CircuitJacobian.Quadratic(Sample.Draw(1, 2, 1), [1, 1], [1, 1])).Message, StringComparison.Ordinal);
        foreach (var (y, a, name) in new[] { (1, 2, "y has 1"), (2, 3, "a has 3") })
        {
            Assert.Contains(name, Assert.Throws<ArgumentException>(() => CircuitJacobian.Quadratic(Sample.Draw(1, 2, 0), new double[y], new double[a])).Message, StringComparison.Ordinal);
            Assert.Contains(name, Assert.Throws<ArgumentException>(() => CircuitJacobian.Write(Sample.Draw(1, 2, 0), new double[y], new double[a], new double[16])).Message, StringComparison.Ordinal);
        }
        Assert.Contains("jacobian has 15", Assert.Throws<ArgumentException>(() => CircuitJacobian.Write(Sample.Draw(1, 2, 0), [1, 1], [1, 1], new double[15])).Message, StringComparison.Ordinal);
        Assert.Contains("positive", Assert.Throws<ArgumentException>(() => CircuitJacobian.Write(Sample.Draw(1, 1, 1), [1], [0], new double[4])).Message, StringComparison.Ordinal);
        // A zero weight and any sign of z and Wr are allowed.
        Assert.False(new Circuit([-1], one, one, one, one, one, [0], [-2]).IsIdentityRecurrence);
    }

    [Fact]
    public void Extreme_identity_circuits_stay_exact_and_stable()
    {
        double[] one = [1];
        foreach (var tau in new[] { 1e-12, 1e-3, 1e3, 1e12 })
            foreach (var sigma in new[] { 1e-8, 1.0, 1e8 })
                foreach (var z in new[] { 0, 1e-6, 1.0, -1e6 })
                    foreach (var w in new[] { 0, 1.0 })
                    {
                        var circuit = new Circuit([z], one, one, [sigma], [tau], one, [w], one);
                        var point = SteadyState.Of(circuit);
                        var a = sigma * sigma + w * z * z;
                        Assert.Equal(a, point.A[0], 1e-12 * a);
                        Assert.Equal(z / Math.Sqrt(a), point.Y[0], 1e-12 * Math.Abs(z / Math.Sqrt(a)));
                        Assert.True(StabilityReport.Of(circuit, point).IsStable, $"τ {tau}, σ {sigma}, z {z}, w {w}");
                    }
    }

    [Fact]
    public void A_state_that_is_no_fixed_point_is_never_called_stable()
    {
        var circuit = Sample.Draw(2, 3, 0);
        var point = SteadyState.Of(circuit);
        var moved = point with { Y = [.. point.Y.Select(v => v * 1.001)] };
        Assert.True(StabilityReport.Of(circuit, moved).Residual > 1e-6);
        Assert.False(StabilityReport.Of(circuit, moved).IsStable);
        Assert.False(StabilityReport.Of(circuit, point with { A = [-1, 1, 1] }).IsStable);
    }

    [Fact]
    public void A_report_says_what_is_known_and_nothing_else()
    {
        var circuit = Sample.Draw(2, 3, 0);
        var point = SteadyState.Of(circuit);
        var good = StabilityReport.Of(circuit, point);
        Assert.Equal((6, true), (good.Eigenvalues.Length, good.IsStable));
        Assert.InRange(good.PointRadius, 1e-17, 1e-14);
        Assert.InRange(good.Uncertainty, 1e-18, 1e-11);
        Assert.InRange(good.Residual, 0, 1e-15);
        // A state that no search believes in, and one that is off: eigenvalues of the Jacobian there, and no verdict.
        foreach (var other in (SteadyStateSolution[])[point with { Result = point.Result with { Status = SteadyStateStatus.NotConverged } }, point with { Y = [.. point.Y.Select(v => v * 1.0001)] }])
        {
            var report = StabilityReport.Of(circuit, other);
            Assert.Equal((StabilityVerdict.Unknown, 6, double.NaN, double.NaN), (report.Verdict, report.Eigenvalues.Length, report.Uncertainty, report.PointRadius));
            Assert.Equal(good.MaxRealPart, report.MaxRealPart, 1e-2 * Math.Abs(good.MaxRealPart));
            Assert.Equal(SteadyState.Residual(circuit, other.Y, other.A), report.Residual);
        }
        // The residual is within 1e-6 or not.
        foreach (var off in (double[])[1e-8, 1e-5])
        {
            var moved = point with { Y = [.. point.Y.Select(v => v * (1 + off))] };
            Assert.Equal(SteadyState.Residual(circuit, moved.Y, moved.A) <= 1e-6, StabilityReport.Of(circuit, moved).IsStable);
            Assert.Equal(off < 1e-6, StabilityReport.Of(circuit, moved).IsStable);
        }
        // Without a modulator there is no Jacobian.
        foreach (var a in (double[])[0, -1, double.NaN])
        {
            var none = StabilityReport.Of(circuit, point with { A = [1, a, 1] });
            Assert.Equal((StabilityVerdict.Unknown, 0, double.NaN, double.NaN, double.NaN), (none.Verdict, none.Eigenvalues.Length, none.MaxRealPart, none.Uncertainty, none.PointRadius));
            Assert.Equal(point.Result.Residual, none.Residual);
        }
        Assert.Throws<ArgumentNullException>(() => StabilityReport.Of(null!, point));
        Assert.Throws<ArgumentNullException>(() => StabilityReport.Of(circuit, null!));
    }

    [Fact]
    public void A_circuit_is_judged_alike_in_any_company()
    {
        var random = new Random(3);
        // Of three sizes, more of each than a vector has lanes, one of them without a positive modulator and one with eigenvalues beyond what double holds.
        List<Circuit> circuits = [.. Enumerable.Range(0, 40).Select(k => RandomCircuits.Recurrent(1 + k % 3, 1.5, RecurrenceHypothesis.Any, random))];
        circuits.Add(new([0.5, 0.1], [1, 1], [1, 1], [1, 1], [1e300, 1e300], [1e-300, 1e-300], [1, 1, 1, 1], [1, 0, 0, 1]));
        List<SteadyStateSolution> points = [.. circuits.Select(c => SteadyState.Of(c))];
        points[7] = points[7] with { A = [-1, 1] };
        static string Text(StabilityReport r) => $"{string.Join(' ', r.Eigenvalues.Select(v => $"{v.Real:R} {v.Imaginary:R}"))}|{r.MaxRealPart:R}|{r.Uncertainty:R}|{r.Verdict}|{r.Residual:R}|{r.PointRadius:R}";
        string[] alone = [.. circuits.Zip(points, StabilityReport.Of).Select(Text)];
        Assert.Equal(alone, StabilityReport.OfEach(circuits, points).Select(Text));
        int[] shuffled = [.. Enumerable.Range(0, circuits.Count)];
        random.Shuffle(shuffled);
        Assert.Equal(shuffled.Select(k => alone[k]), StabilityReport.OfEach([.. shuffled.Select(k => circuits[k])], [.. shuffled.Select(k => points[k])]).Select(Text));
        Assert.Equal(3, circuits.Zip(points, StabilityReport.Of).Select(r => r.Verdict).Distinct().Count());
        Assert.Empty(StabilityReport.OfEach([], []));
        Assert.Contains("2 circuits have 1 points", Assert.Throws<ArgumentException>(() => StabilityReport.OfEach([circuits[0], circuits[1]], [points[0]])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => StabilityReport.OfEach(null!, points));
        Assert.Throws<ArgumentNullException>(() => StabilityReport.OfEach(circuits, null!));
    }

    [Fact]
    public void Time_constants_beyond_what_eigenvalues_can_tell_leave_the_verdict_to_the_theorem()
    {
        // The squares of the Jacobian's entries overflow, and −√a/τ_y is lost beside 1/τ_a.
        double[] ones = [1, 1];
        double[] pool = [1, 1, 1, 1];
        var report = StabilityReport.Of(new Circuit([0.5, 0.1], ones, ones, ones, [1e300, 1e300], [1e-300, 1e-300], pool, [1, 0, 0, 1]));
        Assert.Equal(StabilityVerdict.Stable, report.Verdict);
        // No theorem speaks of other recurrence.
        Assert.Equal(StabilityVerdict.Undecided, StabilityReport.Of(new Circuit([0.5, 0.1], ones, ones, ones, [1e300, 1e300], [1e-300, 1e-300], pool, [0.9, 0, 0, 0.9])).Verdict);
    }
}
