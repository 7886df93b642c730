using FsCheck.Fluent;

namespace Organics.Laws;

/// <summary>The theorems of the paper, and what was derived beside them, for random circuits.</summary>
public sealed class CircuitLaws
{
    // Math.Max keeps a NaN, which LINQ's Max would forget.
    static double Largest(IEnumerable<double> values) => values.Select(Math.Abs).Aggregate(0.0, Math.Max);

    static void Near(double expected, double found, double tolerance, string what)
        => Assert.True(Math.Abs(expected - found) <= tolerance, $"{what}: {expected} expected, {found} found, {tolerance} allowed");

    static double[] Jacobian(Circuit c, double[] y, double[] a)
    {
        var j = new double[4 * c.N * c.N];
        CircuitJacobian.Write(c, y, a, j);
        return j;
    }

    static (Random Random, int N) Sized(int seed, int largest) => (new Random(seed), 1 + new Random(seed).Next(largest));

    static double Decades(Random r, double d) => Math.Pow(10, d * (2 * r.NextDouble() - 1));

    // ---- Theorems 4.1–4.3 as statements on matrices.

    [Fact]
    public void Theorem_4_1_an_oscillator_with_a_Lyapunov_diagonally_stable_damping_matrix_is_stable()
        => Cases.ForAll(Gen.Choose(0, int.MaxValue), seed =>
        {
            var (random, n) = Sized(seed, 12);
            var b = MatrixOfRadius(random, n, 0.98 * random.NextDouble());
            Assert.NotNull(MMatrix.LyapunovDiagonal(b, n));
            var companion = new double[4 * n * n];
            for (var i = 0; i < n; i++)
            {
                companion[i * 2 * n + n + i] = 1;
                companion[(n + i) * 2 * n + i] = -Decades(random, 2);
                for (var j = 0; j < n; j++) companion[(n + i) * 2 * n + n + j] = -b[i * n + j];
            }
            var found = Eigenvalues.Of(companion, 2 * n).SpectralAbscissa;
            Assert.True(found < 0, $"spectral abscissa {found}");
        });

    [Fact]
    public void Theorem_4_2_a_Z_matrix_has_a_Lyapunov_diagonal_exactly_where_its_regular_splitting_converges()
        => Cases.ForAll(Gen.Choose(0, int.MaxValue), seed =>
        {
            var (random, n) = Sized(seed, 16);
            var radius = random.NextDouble() < 0.5 ? 0.99 * random.NextDouble() : 1.01 + random.NextDouble();
            var b = MatrixOfRadius(random, n, radius);
            var t = MMatrix.LyapunovDiagonal(b, n);
            Assert.Equal(radius < 1, t is not null);
            Assert.Equal(radius < 1, MMatrix.IsNonsingular(b, n));
            if (t is not null) Assert.True(MMatrix.IsLyapunovDiagonal(b, t), "TB + BᵀT is not positive definite");
        });

    [Fact]
    public void Theorem_4_3_a_normalized_matrix_has_a_spectral_radius_below_1()
        => Cases.ForAll(Gen.Choose(0, int.MaxValue), seed =>
        {
            var (random, n) = Sized(seed, 24);
            var (w, m, beta) = (new double[n * n], new double[n * n], new double[n]);
            for (var k = 0; k < n * n; k++) w[k] = random.NextDouble() < 0.2 ? 0 : Decades(random, 2);
            for (var j = 0; j < n; j++) beta[j] = Decades(random, 2);
            double bound = 0;
            for (var j = 0; j < n; j++)
            {
                var pool = beta[j] + Enumerable.Range(0, n).Sum(k => w[j * n + k]);
                bound = Math.Max(bound, 1 - beta[j] / pool);
                for (var i = 0; i < n; i++) m[i * n + j] = (1 - random.NextDouble()) * w[i * n + j] / pool;
            }
            var radius = Eigenvalues.Of(m, n).SpectralRadius;
            Assert.True(radius < 1 && radius <= bound * (1 + 1e-10), $"ρ = {radius}, bound {bound}");
        });

    /// <summary>M − N with M diagonal, N ≥ 0 and ρ(M⁻¹N) as asked.</summary>
    static double[] MatrixOfRadius(Random random, int n, double radius)
    {
        var iteration = new double[n * n];
        // Every row has an entry on a cycle, so that the radius is not 0.
        for (var k = 0; k < n * n; k++) iteration[k] = random.NextDouble() < 0.3 && k % n != (k / n + 1) % n ? 0 : 0.1 + random.NextDouble();
        var found = Eigenvalues.Of(iteration, n).SpectralRadius;
        var b = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            var m = Decades(random, 1);
            for (var j = 0; j < n; j++) b[i * n + j] = m * ((i == j ? 1 : 0) - radius / found * iteration[i * n + j]);
        }
        return b;
    }

    // ---- Identity recurrence.

    [Fact]
    public void Every_circuit_with_identity_recurrence_is_stable_and_certified()
        => RandomCircuit.ForAll(RandomCircuit.Identity(), c =>
        {
            var report = StabilityReport.Of(c);
            Assert.True(report.IsStable && report.MaxRealPart < 0, $"spectral abscissa {report.MaxRealPart} ± {report.Uncertainty}: {report.Verdict}");
            var certificate = StabilityCertificate.Of(c);
            Assert.Equal(StabilityTheorem.IdentityRecurrence, certificate.Theorem);
            Assert.True(certificate.Verify(c));
        });

    [Fact]
    public void The_fixed_point_is_the_normalization_equation()
        => RandomCircuit.ForAll(RandomCircuit.Identity(), c =>
        {
            var point = SteadyState.Of(c);
            Assert.InRange(point.Result.Residual, 0, 1e-12);
            // Eq. 2, for gains that are all alike.
            var equal = new Circuit(c.Z, [.. Enumerable.Repeat(c.B[0], c.N)], [.. Enumerable.Repeat(c.B[0], c.N)], c.Sigma, c.TauY, c.TauA, c.W, c.Wr);
            var (y, a) = (SteadyState.Of(equal).Y, SteadyState.Of(equal).A);
            var (positive, negative, modulator) = CircuitSystem.FiringRates(y, a);
            for (var i = 0; i < c.N; i++)
            {
                double pool = c.Sigma[i] * c.Sigma[i];
                for (var j = 0; j < c.N; j++) pool += c.W[i * c.N + j] * c.Z[j] * c.Z[j];
                Near(Math.Pow(Math.Max(c.Z[i], 0), 2) / pool, positive[i], 1e-12 * (positive[i] + 1e-300), "y⁺");
                Near(Math.Pow(Math.Max(-c.Z[i], 0), 2) / pool, negative[i], 1e-12 * (negative[i] + 1e-300), "y⁻");
                Near(Math.Sqrt(a[i]), modulator[i], 1e-12 * modulator[i], "a⁺");
            }
        });

    [Fact]
    public void The_oscillator_has_the_spectrum_of_the_Jacobian()
        => RandomCircuit.ForAll(RandomCircuit.Identity(16), c =>
        {
            var point = SteadyState.Of(c);
            var q = CircuitJacobian.Quadratic(c, point.Y, point.A);
            var n = c.N;
            Assert.True(MMatrix.IsZMatrix(q.B, n));
            Assert.True(q.SpectralRadius <= q.SpectralRadiusBound * (1 + 1e-9) && q.SpectralRadiusBound <= 1, $"ρ {q.SpectralRadius}, bound {q.SpectralRadiusBound}");
            var t = MMatrix.LyapunovDiagonal(q.B, n);
            Assert.NotNull(t);
            Assert.True(MMatrix.IsLyapunovDiagonal(q.B, t));
            var companion = new double[4 * n * n];
            for (var i = 0; i < n; i++)
            {
                companion[i * 2 * n + n + i] = 1;
                companion[(n + i) * 2 * n + i] = -q.K[i];
                for (var j = 0; j < n; j++) companion[(n + i) * 2 * n + n + j] = -q.B[i * n + j];
            }
            // Every eigenvalue of the oscillator is one of J, up to the error that J itself allows there.
            var j2 = Jacobian(c, point.Y, point.A);
            foreach (var value in Eigenvalues.Of(companion, 2 * n).OrThrow().Values)
                Assert.True(Eigenvalues.BackwardError(j2, 2 * n, value) < 1e-9, $"{value} is no eigenvalue of J");
        }, share: 4);

    [Fact]
    public void The_closed_form_spectrum_is_the_numerical_one()
        => Cases.ForAll(Gen.Choose(0, int.MaxValue), seed =>
        {
            var (random, n) = Sized(seed, 20);
            double[] Same(double v, int count) => [.. Enumerable.Repeat(v, count)];
            var wide = RandomCircuits.Identity(n, random);
            var c = new Circuit(wide.Z, wide.B, Same(wide.B0[0], n), Same(wide.Sigma[0], n), Same(wide.TauY[0], n), Same(wide.TauA[0], n), Same(Decades(random, 1), n * n), wide.Wr);
            var closed = ClosedFormSpectrum.Of(c);
            Assert.NotNull(closed);
            var point = SteadyState.Of(c);
            var j = Jacobian(c, point.Y, point.A);
            foreach (var value in closed.Eigenvalues) Assert.True(Eigenvalues.BackwardError(j, 2 * n, value) < 1e-12, $"{value} is no eigenvalue of J");
            var trace = Enumerable.Range(0, 2 * n).Sum(i => j[i * 2 * n + i]);
            Near(trace, closed.Eigenvalues.Sum(v => v.Real), 1e-11 * Largest(j) * n, "Σλ");
            Assert.All(closed.Eigenvalues, v => Assert.True(v.Real < 0));
        });

    [Fact]
    public void The_energy_never_grows_near_the_fixed_point()
        => RandomCircuit.ForAll(RandomCircuit.Identity(6), c =>
        {
            var point = SteadyState.Of(c);
            // Time constants within a decade of one another: the flow is followed by an explicit method.
            double[] Mild(ReadOnlySpan<double> tau) => [.. tau.ToArray().Select(t => Math.Pow(10, Math.Log10(t) / 6))];
            var mild = new Circuit(c.Z, c.B, c.B0, c.Sigma, Mild(c.TauY), Mild(c.TauA), c.W, c.Wr);
            var energy = CircuitEnergy.Of(mild);
            var rate = Largest(StabilityReport.Of(mild).Eigenvalues.Select(v => v.Magnitude));
            var start = point.Y.Concat(point.A).Select((v, i) => v * (1 + 1e-3 * Math.Sin(1 + 2.7 * i)) + (v == 0 ? 1e-3 : 0)).ToArray();
            var course = Ode.Integrate(new CircuitSystem(mild), RungeKutta.DormandPrince, start, 0, 40 / rate, new() { RelativeTolerance = 1e-11, AbsoluteTolerance = 1e-15 });
            var last = double.PositiveInfinity;
            var first = energy.Value(start.AsSpan(0, c.N), start.AsSpan(c.N));
            for (var k = 0; k < course.Times.Length; k++)
            {
                var v = energy.Value(course.State(k)[..c.N], course.State(k)[c.N..]);
                Assert.True(v <= last * (1 + 1e-7) + 1e-9 * first, $"V grows from {last} to {v}");
                last = Math.Min(last, v);
            }
        }, share: 10);

    [Fact]
    public void Trajectories_end_at_the_fixed_point()
        => RandomCircuit.ForAll(RandomCircuit.Identity(6), c =>
        {
            double[] Mild(ReadOnlySpan<double> tau) => [.. tau.ToArray().Select(t => Math.Pow(10, Math.Log10(t) / 6))];
            var mild = new Circuit(c.Z, c.B, c.B0, c.Sigma, Mild(c.TauY), Mild(c.TauA), c.W, c.Wr);
            var point = SteadyState.Of(mild);
            var slowest = -1 / StabilityReport.Of(mild).MaxRealPart;
            var start = point.Y.Select(y => 1.5 * y).Concat(point.A.Select(a => 0.7 * a)).ToArray();
            var end = Ode.Integrate(new CircuitSystem(mild), Rosenbrock.Rodas3, start, 0, 60 * slowest, new() { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-12, Record = false });
            Assert.Equal(OdeStatus.ReachedEnd, end.Status);
            for (var i = 0; i < c.N; i++)
            {
                Near(point.Y[i], end.EndState[i], 1e-5 * Math.Abs(point.Y[i]) + 1e-8, "y");
                Near(point.A[i], end.EndState[c.N + i], 1e-5 * point.A[i] + 1e-8, "a");
            }
        }, share: 10);

    [Fact]
    public void Trajectories_near_a_stable_fixed_point_of_any_recurrence_end_there()
        => RandomCircuit.ForAll(RandomCircuit.Recurrent(6), c =>
        {
            var point = SteadyState.StableOf(c);
            var report = StabilityReport.Of(c, point);
            // Near the border of stability the basin may be smaller than the start's distance.
            if (!report.IsStable || report.MaxRealPart > -1e-2) return;
            var start = point.Y.Concat(point.A).Select((v, i) => v * (1 + 1e-4 * Math.Cos(1.7 * i))).ToArray();
            var end = Ode.Integrate(new CircuitSystem(c), Rosenbrock.Rodas3, start, 0, -30 / report.MaxRealPart, new() { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-12, Record = false });
            Assert.Equal(OdeStatus.ReachedEnd, end.Status);
            for (var i = 0; i < c.N; i++)
            {
                Near(point.Y[i], end.EndState[i], 1e-6 * Math.Abs(point.Y[i]) + 1e-8, "y");
                Near(point.A[i], end.EndState[c.N + i], 1e-6 * point.A[i] + 1e-8, "a");
            }
        }, share: 10);

    [Fact]
    public void Algorithm_1_needs_one_iteration()
        => RandomCircuit.ForAll(RandomCircuit.Identity(), c =>
        {
            var (y, a, n) = (new double[c.N], new double[c.N], c.N);
            SteadyStateSolver<double>.Algorithm1(c.Drive, c.C, c.W, c.Wr, y, a, new double[SteadyStateSolver<double>.ScratchLength(n)], new int[n], new() { MaxIterations = 1, Fallback = false });
            var exact = SteadyState.Of(c);
            for (var i = 0; i < n; i++) Near(exact.A[i], a[i], 1e-10 * exact.A[i], "a");
        }, share: 4);

    [Fact]
    public void Exponents_and_rectification_keep_the_normalization_equation_and_stability()
        => RandomCircuit.ForAll(RandomCircuit.Identity(12), c =>
        {
            var n = c.N;
            var p = 1.1 + 2.9 * (0.5 + 0.5 * Math.Sin(1e3 * c.Z[0]));
            foreach (var (system, y, a, exponent) in new[] { Of(new PowerLawSystem(c, p), p), Of(new PowerLawSystem(c, 2), 2) })
            {
                var (x, rate) = ((double[])[.. y, .. a], new double[2 * n]);
                system.Rate(0, x, rate);
                for (var i = 0; i < n; i++)
                {
                    Near(0, rate[i] * c.TauY[i], 1e-11 * (Math.Abs(c.Drive[i]) + Math.Abs(y[i])), "ẏ");
                    Near(0, rate[n + i] * c.TauA[i], 1e-11 * a[i], "ȧ");
                    Near(Math.Pow(Math.Max(c.Drive[i], 0), exponent), Math.Pow(Math.Max(y[i], 0), exponent) * a[i], 1e-10 * Math.Pow(Math.Abs(c.Drive[i]), exponent), "y⁺");
                }
                var j = new double[4 * n * n];
                system.Jacobian(0, x, j);
                var abscissa = Eigenvalues.Of(j, 2 * n).SpectralAbscissa;
                Assert.True(abscissa < 0, $"exponent {exponent}: spectral abscissa {abscissa}");
            }
            // p = 2 is the main circuit.
            var two = new PowerLawSystem(c, 2).SteadyState();
            var main = SteadyState.Of(c);
            for (var i = 0; i < n; i++) Near(main.A[i], two.A[i], 1e-12 * main.A[i], "a of p = 2");
            var rectified = new RectifiedSystem(c);
            var (ry, ra) = rectified.SteadyState();
            var (rx, rr) = ((double[])[.. ry, .. ra], new double[2 * n]);
            rectified.Rate(0, rx, rr);
            for (var i = 0; i < n; i++)
            {
                Near(0, rr[i] * c.TauY[i], 1e-11 * (Math.Abs(c.Drive[i]) + Math.Abs(ry[i])), "ẏ rectified");
                Near(0, rr[n + i] * c.TauA[i], 1e-11 * ra[i], "ȧ rectified");
                // Eq. 89: what is inhibited joins no pool.
                var pool = c.C[i] + Enumerable.Range(0, n).Sum(k => c.W[i * n + k] * Math.Pow(Math.Max(c.Drive[k], 0), 2));
                Near(Math.Pow(Math.Max(c.Drive[i], 0), 2) / pool, Math.Pow(Math.Max(ry[i], 0), 2), 1e-11 * Math.Pow(ry[i], 2), "y⁺ rectified");
            }
            var rj = new double[4 * n * n];
            rectified.Jacobian(0, rx, rj);
            Assert.True(Eigenvalues.Of(rj, 2 * n).SpectralAbscissa < 0, "the rectified circuit is unstable");

            static (PowerLawSystem System, double[] Y, double[] A, double P) Of(PowerLawSystem system, double p)
            {
                var (y, a) = system.SteadyState();
                return (system, y, a, p);
            }
        }, share: 2);

    [Fact]
    public void Scaling_input_and_semisaturation_scales_only_the_modulators()
        => RandomCircuit.ForAll(RandomCircuit.Identity(), c =>
        {
            var k = 1 + c.B[0] % 7;
            var scaled = new Circuit([.. c.Z.ToArray().Select(z => k * z)], c.B, c.B0, [.. c.Sigma.ToArray().Select(s => k * s)], c.TauY, c.TauA, c.W, c.Wr);
            var (one, other) = (SteadyState.Of(c), SteadyState.Of(scaled));
            for (var i = 0; i < c.N; i++)
            {
                Near(one.Y[i], other.Y[i], 1e-12 * Math.Abs(one.Y[i]), "y");
                Near(k * k * one.A[i], other.A[i], 1e-12 * other.A[i], "a");
                Assert.True(one.Y[i] * one.Y[i] * c.W[i * (c.N + 1)] <= 1 + 1e-12, "y²w_ii < 1");
            }
        });

    // ---- Any recurrence.

    [Fact]
    public void Order_and_sign_of_the_neurons_do_not_matter()
        => RandomCircuit.ForAll(RandomCircuit.Recurrent(20), c =>
        {
            var n = c.N;
            int[] order = [.. Enumerable.Range(0, n).OrderBy(i => Math.Sin(100.0 * i + 1e3 * c.Z[0]))];
            double[] V(ReadOnlySpan<double> v)
            {
                var all = v.ToArray();
                return [.. order.Select(i => all[i])];
            }
            double[] M(ReadOnlySpan<double> m)
            {
                var all = m.ToArray();
                return [.. order.SelectMany(i => order.Select(j => all[i * n + j]))];
            }
            var mixed = new Circuit(V(c.Z), V(c.B), V(c.B0), V(c.Sigma), V(c.TauY), V(c.TauA), M(c.W), M(c.Wr));
            var x = Enumerable.Range(0, 2 * n).Select(i => Math.Cos(i) + (i >= n ? 1.2 : 0)).ToArray();
            var (rate, mixedRate) = (new double[2 * n], new double[2 * n]);
            new CircuitSystem(c).Rate(0, x, rate);
            new CircuitSystem(mixed).Rate(0, [.. V(x.AsSpan(0, n)), .. V(x.AsSpan(n))], mixedRate);
            for (var i = 0; i < n; i++)
            {
                Near(rate[order[i]], mixedRate[i], 1e-12 * (1 + Math.Abs(rate[order[i]])), "ẏ");
                Near(rate[n + order[i]], mixedRate[n + i], 1e-12 * (1 + Math.Abs(rate[n + order[i]])), "ȧ");
            }
            var opposite = new Circuit([.. c.Z.ToArray().Select(z => -z)], c.B, c.B0, c.Sigma, c.TauY, c.TauA, c.W, c.Wr);
            var oppositeRate = new double[2 * n];
            new CircuitSystem(opposite).Rate(0, [.. x.Take(n).Select(y => -y), .. x.Skip(n)], oppositeRate);
            for (var i = 0; i < n; i++) Assert.Equal((-rate[i], rate[n + i]), (oppositeRate[i], oppositeRate[n + i]));
        });

    [Fact]
    public void At_every_fixed_point_a_is_at_least_c_and_the_pool_contracts()
        => RandomCircuit.ForAll(RandomCircuit.Recurrent(), c =>
        {
            var point = SteadyState.Of(c);
            if (point.Result.Status != SteadyStateStatus.Converged) return;
            var n = c.N;
            var pool = new double[n * n];
            for (var i = 0; i < n; i++)
            {
                Assert.True(point.A[i] >= c.C[i] * (1 - 1e-10), $"a {point.A[i]} < c {c.C[i]}");
                for (var j = 0; j < n; j++) pool[i * n + j] = c.W[i * n + j] * point.Y[j] * point.Y[j];
            }
            var radius = Eigenvalues.Of(pool, n).SpectralRadius;
            Assert.True(radius < 1, $"ρ(W D(y²)) = {radius}");
        });

    [Fact]
    public void A_large_circuit_of_the_conjecture_is_stable()
        => RandomCircuit.ForAll(
            from n in Gen.Choose(10, 30)
            from seed in Gen.Choose(0, int.MaxValue)
            select RandomCircuits.Recurrent(n, 1, RecurrenceHypothesis.Any, new Random(seed)),
            c => Assert.True(StabilityReport.Of(c).IsStable, "no stable fixed point: a counter-example of the size at which none was found before"));

    [Fact]
    public void The_Jacobian_is_that_of_autodiff_and_of_differences()
        => RandomCircuit.ForAll(RandomCircuit.Recurrent(6), c =>
        {
            var n = c.N;
            var (y, a) = (Enumerable.Range(0, n).Select(i => Math.Sin(1 + i + c.Z[0])).ToArray(), Enumerable.Range(0, n).Select(i => 0.3 + Math.Abs(Math.Cos(2.0 * i + c.Z[0]))).ToArray());
            var analytic = Jacobian(c, y, a);
            var state = Tensor.From<double>([.. y, .. a], [2 * n]);
            var autodiff = Organics.Jacobian.Of(x =>
            {
                Tensor<double> Row(ReadOnlySpan<double> v) => Tensor.From<double>(v, [1, n]);
                Tensor<double> Square(ReadOnlySpan<double> v) => Tensor.From<double>(v, [n, n]);
                var (ty, ta) = (x.Slice(0, n).Reshape([1, n]), x.Slice(n, n).Reshape([1, n]));
                var dy = (Row(c.Drive) - ty + (1 - ta.Sqrt()) * ty.MatMul(Square(c.Wr), transposeOther: true)) / Row(c.TauY);
                var da = (Row(c.C) - ta + (ta * ty.Square()).MatMul(Square(c.W), transposeOther: true)) / Row(c.TauA);
                return Tensor<double>.Concat(0, dy.Reshape([n]), da.Reshape([n]));
            }, state).ToArray();
            var scale = Largest(analytic);
            var system = new CircuitSystem(c);
            var ownJacobian = new double[4 * n * n];
            system.Jacobian(0, (double[])[.. y, .. a], ownJacobian);
            for (var k = 0; k < analytic.Length; k++)
            {
                Near(autodiff[k], analytic[k], 1e-12 * scale, $"J[{k}]");
                Near(analytic[k], ownJacobian[k], 1e-13 * scale, $"J[{k}] of the system");
            }
            foreach (IStiffOdeSystem each in (IStiffOdeSystem[])[system, new RectifiedSystem(c), new PowerLawSystem(c, 2.7)])
            {
                var (x, j) = ((double[])[.. y, .. a], new double[4 * n * n]);
                each.Jacobian(0, x, j);
                var (up, down) = (new double[2 * n], new double[2 * n]);
                for (var column = 0; column < 2 * n; column++)
                {
                    const double H = 1e-6;
                    var before = x[column];
                    x[column] = before + H;
                    each.Rate(0, x, up);
                    x[column] = before - H;
                    each.Rate(0, x, down);
                    x[column] = before;
                    if (Math.Abs(before) < 10 * H) continue;
                    for (var row = 0; row < 2 * n; row++)
                        Near((up[row] - down[row]) / (2 * H), j[row * 2 * n + column], 1e-7 * (1 + Largest(j)), $"{each.GetType().Name} J[{row},{column}]");
                }
            }
        }, share: 5);

    [Fact]
    public void Implicit_gradients_are_those_of_the_unrolled_iteration()
        => RandomCircuit.ForAll(RandomCircuit.Recurrent(4), c =>
        {
            var n = c.N;
            // Where the plain iteration converges quickly, and to the same fixed point.
            var (y1, a1) = (new double[n], new double[n]);
            var plain = SteadyStateSolver<double>.Algorithm1(c.Drive, c.C, c.W, c.Wr, y1, a1, new double[SteadyStateSolver<double>.ScratchLength(n)], new int[n], new() { Fallback = false });
            if (plain.Status != SteadyStateStatus.Converged || SteadyState.Of(c).A.Zip(a1).Any(pair => Math.Abs(pair.First - pair.Second) > 1e-9 * pair.Second)) return;
            double[][] inputs = [c.Drive.ToArray(), c.C.ToArray(), c.W.ToArray(), c.Wr.ToArray()];
            Shape[] shapes = [[1, n], [n], [n, n], [n, n]];
            double[][] Gradients(Func<Tensor<double>[], (Tensor<double> Y, Tensor<double> A)> solve)
            {
                using var tape = new Tape<double>();
                Tensor<double>[] x = [.. inputs.Zip(shapes, (v, s) => tape.Watch(Tensor.From<double>(v, s)))];
                var (y, a) = solve(x);
                var weights = Tensor.From<double>([.. Enumerable.Range(0, n).Select(i => Math.Cos(1.0 + i))], [n]);
                var g = tape.Backward((y * weights).Sum() + (a * weights).Square().Sum());
                return [.. x.Select(t => g[t].ToArray())];
            }
            var implicitly = Gradients(x => SteadyState.Solve(x[0], x[1], x[2], x[3], new(), out _));
            var unrolled = Gradients(x =>
            {
                var (g, c0, w, wr) = (x[0], x[1], x[2], x[3]);
                var a = c0 + g.MatMul(wr, transposeOther: true).Square().MatMul(w, transposeOther: true);
                var y = g;
                double[] eye = [.. Enumerable.Range(0, n * n).Select(k => k % (n + 1) == 0 ? 1.0 : 0.0)];
                for (var k = 0; k < 120; k++)
                {
                    // E = I − D(1 − √a)Wr: rows scaled, by way of the transpose.
                    var e = Tensor.From<double>(eye, [n, n]) - (wr.Transpose() * (1 - a.Sqrt()).Reshape([n])).Transpose();
                    y = e.Reshape([1, n, n]).Solve(g);
                    a = c0 + (a * y.Square()).MatMul(w, transposeOther: true);
                }
                return (y, a);
            });
            foreach (var (i, u) in implicitly.Zip(unrolled))
                for (var k = 0; k < i.Length; k++) Near(u[k], i[k], 1e-7 * (1 + Largest(u)), "gradient");
        }, share: 20);

    [Fact]
    public void Euler_steps_are_stable_up_to_the_bound_and_not_beyond()
        => RandomCircuit.ForAll(RandomCircuit.Identity(8), c =>
        {
            var values = StabilityReport.Of(c).Eigenvalues;
            var bound = ExplicitStability.LongestStep(RungeKutta.Euler, values);
            Near(values.Min(v => -2 * v.Real / (v.Magnitude * v.Magnitude)), bound, 1e-6 * bound, "bound");
            Assert.Null(ExplicitStability.Warning(RungeKutta.Euler, values, 0.95 * bound));
            Assert.NotNull(ExplicitStability.Warning(RungeKutta.Euler, values, 1.05 * bound));
        }, share: 2);
}
