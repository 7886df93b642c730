using System.Numerics;
using System.Text.Json;

namespace Organics.Tests;

public sealed class PlanarTests
{
    /// <summary>Fig. 1: b = 0.5, τ = 2 (ms), w = z = 1.</summary>
    static PlanarCircuit Figure1(double wr, double b0, double sigma) => new(wr, 1, 0.5, b0, sigma, 1, 2, 2);

    static PlanarCircuit Of(JsonElement c, bool rectified = false)
    {
        double Number(string name) => c.GetProperty(name).GetDouble();
        return new(Number("wr"), Number("w"), Number("b"), Number("b0"), Number("sigma"), Number("z"), Number("tauY"), Number("tauA"), rectified);
    }

    static void Near(double expected, double actual, double tolerance, string what)
        => Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Abs(expected), $"{what}: expected {expected}, got {actual}");

    static void Near(Complex expected, Complex actual, double tolerance, string what)
        => Assert.True((expected - actual).Magnitude <= tolerance * expected.Magnitude, $"{what}: expected {expected}, got {actual}");

    static void Same(IEnumerable<JsonElement> expected, PlanarFixedPoint[] actual, string id)
    {
        var rest = expected.ToArray();
        Assert.Equal(rest.Length, actual.Length);
        foreach (var (e, p) in rest.Zip(actual))
        {
            Near(e.GetProperty("y").GetDouble(), p.Y, 1e-10, $"{id} y");
            Near(e.GetProperty("a").GetDouble(), p.A, 1e-10, $"{id} a");
            var spectrum = e.Spectrum("eigenvalues").OrderByDescending(v => v.Real).ThenByDescending(v => v.Imaginary).ToArray();
            Near(spectrum[0], p.Eigenvalues.First, 1e-9, $"{id} λ₁");
            Near(spectrum[1], p.Eigenvalues.Second, 1e-9, $"{id} λ₂");
            Assert.Equal(e.GetProperty("stable").GetBoolean(), p.IsStable);
            Assert.Equal(Implied(spectrum), p.Type);
        }
    }

    static EquilibriumType Implied(Complex[] spectrum) => (spectrum[0].Imaginary != 0, spectrum[0].Real < 0, spectrum[1].Real < 0) switch
    {
        (true, true, _) => EquilibriumType.StableFocus,
        (true, false, _) => EquilibriumType.UnstableFocus,
        (_, true, _) => EquilibriumType.StableNode,
        (_, false, true) => EquilibriumType.Saddle,
        _ => EquilibriumType.UnstableNode,
    };

    static void IsFixed(PlanarCircuit circuit, PlanarFixedPoint point)
    {
        var (y, a) = (point.Y, point.A);
        var (dy, da) = circuit.Rate(y, a);
        var scale = Math.Abs(y) + Math.Abs(circuit.Drive) + (1 + Math.Sqrt(a)) * Math.Abs(circuit.Wr * y);
        Assert.True(Math.Abs(dy) * circuit.TauY <= 1e-14 * scale, $"{circuit}: ẏ is {dy} at {point}");
        Assert.True(Math.Abs(da) * circuit.TauA <= 1e-14 * (a + circuit.C + circuit.W * a * y * y), $"{circuit}: ȧ is {da} at {point}");
    }

    [Fact]
    public void Every_golden_circuit_has_its_fixed_points_eigenvalues_and_stability()
    {
        foreach (var golden in Golden.Cases("bifurcation_2d.json"))
        {
            var id = golden.GetProperty("id").GetString()!;
            var circuit = Of(golden);
            Near(golden.GetProperty("theta").GetDouble(), circuit.Theta, 1e-14, $"{id} θ");
            Near(golden.GetProperty("b0_sigma").GetDouble(), Math.Sqrt(circuit.C), 1e-14, $"{id} b0σ");
            Golden.Close(golden.Numbers("quartic"), circuit.Quartic(), 1e-14, $"{id} quartic");
            var astroid = golden.GetProperty("astroid");
            Assert.Equal(astroid.ValueKind == JsonValueKind.Null, circuit.Astroid is null);
            if (circuit.Astroid is { } value) Near(astroid.GetDouble(), value, 1e-12, $"{id} astroid");
            var points = circuit.FixedPoints();
            Same(golden.GetProperty("fixed_points").EnumerateArray(), points, id);
            Assert.Equal(golden.GetProperty("n_fixed_points").GetInt32(), points.Length);
            Assert.Equal(golden.GetProperty("n_stable").GetInt32(), points.Count(p => p.IsStable));
            var rectified = Of(golden, rectified: true);
            Same(golden.GetProperty("rectified").GetProperty("fixed_points").EnumerateArray(), rectified.FixedPoints(), $"{id} rectified");
            foreach (var p in points) IsFixed(circuit, p);
            foreach (var p in rectified.FixedPoints()) IsFixed(rectified, p);
        }
    }

    [Fact]
    public void The_fixed_points_are_the_positive_roots_of_the_quartic()
    {
        foreach (var golden in Golden.Cases("bifurcation_2d.json"))
        {
            var circuit = Of(golden);
            var q = circuit.Quartic();
            var companion = new double[16];
            for (var i = 0; i < 4; i++) companion[i] = -q[i + 1] / q[0];
            for (var i = 1; i < 4; i++) companion[i * 4 + i - 1] = 1;
            var roots = Eigenvalues.Of(companion, 4).OrThrow().Values;
            var positive = roots.Where(v => Math.Abs(v.Imaginary) < 1e-9 && v.Real > 0).Select(v => v.Real).Order().ToArray();
            Golden.Close(positive, circuit.FixedPoints().Select(p => Math.Sqrt(p.A)).ToArray(), 1e-9, "√a");
        }
    }

    [Fact]
    public void Figure_1_has_one_three_and_one_fixed_points()
    {
        var contractive = Assert.Single(Figure1(0.5, 0.5, 0.1).FixedPoints());
        Assert.True(contractive.IsStable && contractive.Y > 0);
        Assert.Null(Figure1(0.5, 0.5, 0.1).Astroid);
        var expansive = Figure1(2, 0.5, 0.1);
        Assert.Equal([EquilibriumType.Saddle, EquilibriumType.UnstableFocus, EquilibriumType.StableFocus], expansive.FixedPoints().Select(p => p.Type));
        (double Y, double A)[] expected = [(-0.56924, 0.0036984), (-0.97889, 0.059833), (0.99778, 0.56334)];
        foreach (var (e, p) in expected.Zip(expansive.FixedPoints()))
        {
            Near(e.Y, p.Y, 1e-5, "y");
            Near(e.A, p.A, 2e-5, "a");
        }
        Assert.True(expansive.Astroid < 0 && expansive.Hopf > 0);
        Assert.True(Assert.Single(Figure1(2, 1, 1).FixedPoints()).IsStable);
        Assert.True(Figure1(2, 1, 1).Astroid > 0);
        Assert.Null(Figure1(2, 1, 1).Hopf);
        // Slow principal neurons calm the upper point.
        var calm = new PlanarCircuit(2, 1, 0.5, 0.5, 0.1, 1, 2, 0.01);
        Assert.True(calm.Hopf < 0 && calm.FixedPoints()[1].IsStable);
    }

    [Fact]
    public void The_counterexample_to_conjecture_5_3_has_one_fixed_point_a_saddle()
    {
        var point = Assert.Single(new PlanarCircuit(-1, 1, 0.9, 1, 1, 0.9).FixedPoints());
        Near(-0.93708, point.Y, 1e-5, "y");
        Near(8.20471, point.A, 1e-6, "a");
        Near(2.032, point.Eigenvalues.First, 1e-3, "λ₁");
        Near(-1.290, point.Eigenvalues.Second, 1e-3, "λ₂");
        Assert.Equal(EquilibriumType.Saddle, point.Type);
    }

    [Fact]
    public void Without_drive_the_silent_point_loses_stability_where_b0_sigma_is_theta()
    {
        var quiet = Assert.Single(new PlanarCircuit(2, 3, 1, 0.5, 1.5, 0, 2, 3).FixedPoints());
        Assert.Equal((0, 0.5625, EquilibriumType.StableNode), (quiet.Y, quiet.A, quiet.Type));
        var circuit = new PlanarCircuit(2, 3, 1, 0.5, 0.5, 0, 2, 3);
        var points = circuit.FixedPoints();
        Assert.Equal([EquilibriumType.Saddle, EquilibriumType.StableFocus, EquilibriumType.StableFocus], points.Select(p => p.Type));
        Assert.Equal((0, 0.0625), (points[0].Y, points[0].A));
        Near(0.25, points[0].Eigenvalues.First, 1e-15, "λ₁");
        Near(-1.0 / 3, points[0].Eigenvalues.Second, 1e-15, "λ₂");
        Assert.Equal((-0.5, 0.25), (points[1].Y, points[1].A));
        Assert.Equal((0.5, 0.25), (points[2].Y, points[2].A));
        Assert.Equal(EquilibriumType.Degenerate, Assert.Single(new PlanarCircuit(2, 3, 1, 0.5, 1, 0).FixedPoints()).Type);
        // With wr < 0 the silent point is the stable one, and beyond θ no point is.
        var inhibited = new PlanarCircuit(-1, 1, 1, 1, 1, 0).FixedPoints();
        Assert.Equal([EquilibriumType.StableNode, EquilibriumType.Saddle, EquilibriumType.Saddle], inhibited.Select(p => p.Type));
        Assert.Equal(EquilibriumType.Saddle, Assert.Single(new PlanarCircuit(-1, 1, 1, 1, 3, 0).FixedPoints()).Type);
        // wr = 1 and minus zero.
        var identity = Assert.Single(new PlanarCircuit(1, 1, 1, 1, 1, -0.0).FixedPoints());
        Assert.Equal((0, 1), (identity.Y, identity.A));
        Assert.Equal(new PlanarCircuit(0, 1, 1, 1, 1, 0), new PlanarCircuit(-0.0, 1, 1, 1, 1, -0.0));
    }

    [Fact]
    public void Without_normalization_a_is_c_and_the_circuit_is_linear()
    {
        foreach (var wr in new[] { -2, 0, 0.5, 1, 3 })
        {
            var circuit = new PlanarCircuit(wr, 0, 0.5, 0.4, 0.5, -3, 2, 3);
            var point = Assert.Single(circuit.FixedPoints());
            var leak = 1 - wr + 0.2 * wr;
            Near(0.04, point.A, 1e-15, "a");
            Near(-1.5 / leak, point.Y, 1e-14, "y");
            Assert.Equal(leak > 0, point.IsStable);
            IsFixed(circuit, point);
        }
        // Without leak y grows for ever, and without drive as well it stays where it is.
        Assert.Empty(new PlanarCircuit(2, 0, 1, 0.5, 1, 1).FixedPoints());
        Assert.Equal(EquilibriumType.Degenerate, Assert.Single(new PlanarCircuit(2, 0, 1, 0.5, 1, 0).FixedPoints()).Type);
    }

    [Fact]
    public void Without_recurrence_a_fixed_point_exists_while_w_g_squared_is_less_than_one()
    {
        var circuit = new PlanarCircuit(0, 4, 0.5, 1, 2, 0.8, 2, 3);
        var point = Assert.Single(circuit.FixedPoints());
        Near(0.4, point.Y, 1e-15, "y");
        Near(4 / 0.36, point.A, 1e-15, "a");
        Near(-0.36 / 3, point.Eigenvalues.First, 1e-15, "λ₁");
        Near(-0.5, point.Eigenvalues.Second, 1e-15, "λ₂");
        Assert.Empty(circuit.With(PlanarParameter.Z, 1).FixedPoints());
        Assert.Empty(circuit.With(PlanarParameter.Z, -5).FixedPoints());
        Assert.Equal(double.NegativeInfinity, circuit.Theta);
    }

    [Fact]
    public void The_identity_circuit_is_the_closed_form_over_many_decades()
    {
        foreach (var z in new[] { 1e-150, -1e-12, 1e-3, 1, -1e6, 1e100 })
            foreach (var sigma in new[] { 1e-100, 1e-8, 1, 1e8 })
            {
                var circuit = new PlanarCircuit(1, 2, 0.5, 1, sigma, z);
                var expected = SteadyState.Of(circuit.ToCircuit());
                var point = Assert.Single(circuit.FixedPoints());
                Near(expected.Y[0], point.Y, 4e-15, $"y, z {z}, σ {sigma}");
                Near(expected.A[0], point.A, 4e-15, $"a, z {z}, σ {sigma}");
                Assert.True(point.IsStable);
            }
    }

    [Fact]
    public void The_rectified_circuit_at_its_border()
    {
        // z < 0: the silent point; with z → 0 the lower extra point meets it.
        var negative = new PlanarCircuit(2, 1, 0.5, 0.5, 0.1, -1, 2, 4, true);
        var points = negative.FixedPoints();
        Assert.Equal([EquilibriumType.StableNode, EquilibriumType.Saddle, EquilibriumType.UnstableFocus], points.Select(p => p.Type));
        Assert.Equal((-0.5, negative.C), (points[0].Y, points[0].A));
        Assert.Equal(((Complex)(-0.25), (Complex)(-0.5)), points[0].Eigenvalues);
        Assert.True(negative.Hopf > 0);
        Assert.Equal([EquilibriumType.Saddle, EquilibriumType.StableFocus], negative.With(PlanarParameter.Z, 0).FixedPoints().Select(p => p.Type));
        Assert.True(Assert.Single(negative.With(PlanarParameter.Z, 1).FixedPoints()).IsStable);
        Assert.Null(negative.With(PlanarParameter.Z, 1).Hopf);
        Assert.Equal(EquilibriumType.StableNode, Assert.Single(new PlanarCircuit(0.5, 1, 1, 1, 1, 0, rectified: true).FixedPoints()).Type);
        Assert.Empty(new PlanarCircuit(0, 4, 1, 1, 1, 1, rectified: true).FixedPoints());
        Assert.True(Assert.Single(new PlanarCircuit(0, 4, 1, 1, 1, -1, rectified: true).FixedPoints()).IsStable);
        Assert.Contains("rectified", Assert.Throws<InvalidOperationException>(negative.ToCircuit).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rate_and_Jacobian_are_those_of_the_circuit_with_one_unit()
    {
        var random = new Random(4);
        var jacobian = new double[4];
        double[] dy = [0], da = [0];
        for (var i = 0; i < 200; i++)
        {
            double Draw() => Math.Pow(10, 4 * random.NextDouble() - 2);
            var circuit = new PlanarCircuit(Draw() * (i % 2 == 0 ? 1 : -1), Draw(), Draw(), Draw(), Draw(), Draw() * (i % 3 == 0 ? 1 : -1), Draw(), Draw());
            var rectified = new PlanarCircuit(circuit.Wr, circuit.W, circuit.B, circuit.B0, circuit.Sigma, circuit.Z, circuit.TauY, circuit.TauA, true);
            var (y, a) = (Draw(), Draw());
            CircuitJacobian.Write(circuit.ToCircuit(), [y], [a], jacobian);
            var (yy, ya, ay, aa) = circuit.Jacobian(y, a);
            Golden.Close(jacobian, [yy, ya, ay, aa], 1e-15, "J");
            Assert.Equal(circuit.Jacobian(y, a), rectified.Jacobian(y, a));
            Assert.Equal((-1 / circuit.TauY, 0, 0, -1 / circuit.TauA), rectified.Jacobian(-y, a));
            foreach (var state in new[] { a, -a })
            {
                CircuitDynamics.Rate(circuit.ToCircuit(), [y], [state], dy, da);
                var rate = circuit.Rate(y, state);
                Golden.Close([dy[0] * circuit.TauY, da[0] * circuit.TauA], [rate.DyDt * circuit.TauY, rate.DaDt * circuit.TauA], 1e-13, "rate");
                Assert.Equal(rate, rectified.Rate(y, state));
                Assert.Equal(((circuit.Drive + y) / circuit.TauY, (circuit.C - state) / circuit.TauA), rectified.Rate(-y, state));
            }
        }
        Assert.Contains("positive", Assert.Throws<ArgumentException>(() => Figure1(2, 1, 1).Jacobian(1, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_rate_vanishes_on_the_nullclines_and_both_meet_at_every_fixed_point()
    {
        foreach (var wr in new[] { -1.5, -0.2, 0, 0.5, 1, 2, 6 })
            foreach (var z in new[] { -1.0, -0.1, 0, 0.1, 1 })
                foreach (var rectified in new[] { false, true })
                {
                    var circuit = new PlanarCircuit(wr, 1.5, 0.5, 0.5, 0.1, z, 2, 3, rectified);
                    for (var y = -2.0; y <= 2; y += 0.0625)
                    {
                        var (onY, onA) = (circuit.YNullcline(y), circuit.ANullcline(y));
                        if (!double.IsNaN(onY)) Assert.Equal(0, circuit.Rate(y, onY).DyDt, 1e-13 * (1 + Math.Abs(wr)) * (1 + onY));
                        else if (y == circuit.VerticalNullcline)
                            foreach (var a in new[] { 0.01, 0.3, 4 }) Assert.Equal(0, circuit.Rate(y, a).DyDt, 1e-15);
                        else
                        {
                            // ẏ is linear in √a, so that one sign at both ends excludes a zero.
                            Assert.True(circuit.Rate(y, 0).DyDt * circuit.Rate(y, 1e12).DyDt > 0, $"{circuit} has a y-nullcline at {y}");
                        }
                        if (!double.IsNaN(onA)) Assert.Equal(0, circuit.Rate(y, onA).DaDt, 1e-13 * (1 + onA));
                        else Assert.True(circuit.Rate(y, 1e12).DaDt > 0);
                    }
                    foreach (var p in circuit.FixedPoints())
                    {
                        Near(p.A, circuit.ANullcline(p.Y), 1e-14 * (1 + p.A / circuit.C), "a-nullcline");
                        if (p.Y != circuit.VerticalNullcline) Near(p.A, circuit.YNullcline(p.Y), 1e-12, "y-nullcline");
                    }
                }
    }

    [Fact]
    public void On_the_fold_two_points_become_one_degenerate_point()
    {
        foreach (var (wr, sigma) in new[] { (2, 0.1), (5, 0.3), (1.25, 0.02), (-0.5, 0.8), (-3, 0.2) })
        {
            var circuit = new PlanarCircuit(wr, 1.5, 0.5, 0.5, sigma, 1, 2, 3);
            var fold = circuit.Thresholds(PlanarParameter.Z).Single(t => t.Value > 0 && t.Kind == PlanarThresholdKind.Fold).Value;
            var at = circuit.With(PlanarParameter.Z, fold);
            var points = at.FixedPoints();
            Assert.Equal(2, points.Length);
            Assert.Equal(EquilibriumType.Degenerate, points[0].Type);
            Assert.Contains(Complex.Zero, new[] { points[0].Eigenvalues.First, points[0].Eigenvalues.Second });
            Near(Math.Cbrt(circuit.C * circuit.Theta), Math.Sqrt(points[0].A), 1e-14, "s*");
            foreach (var p in points) IsFixed(at, p);
            foreach (var distance in new[] { 1e-14, 1e-12, 1e-9, 1e-6 })
            {
                var (inside, outside) = (circuit.With(PlanarParameter.Z, fold * (1 - distance)), circuit.With(PlanarParameter.Z, fold * (1 + distance)));
                Assert.Equal((3, 1), (inside.FixedPoints().Length, outside.FixedPoints().Length));
                Assert.Contains(inside.FixedPoints(), p => p.Type == EquilibriumType.Saddle);
                foreach (var p in inside.FixedPoints()) IsFixed(inside, p);
            }
        }
    }

    [Fact]
    public void Where_the_sign_of_the_trace_is_lost_to_rounding_no_point_is_called_stable_or_unstable()
    {
        // The true trace is +2.5e-16, in double −4.4e-16.
        var circuit = new PlanarCircuit(2.951434411708896, 1, 1, 0.1921858865025064, 1, 0.8131625489344253, tauA: 0.3706037132632058);
        var points = circuit.FixedPoints();
        Assert.Equal([EquilibriumType.Saddle, EquilibriumType.Degenerate, EquilibriumType.StableFocus], points.Select(p => p.Type));
        Assert.Equal(1, points.Count(p => p.IsStable));
        Assert.NotEqual(points[1], circuit.SettlesAt(points[1].Y, points[1].A));
    }

    [Fact]
    public void Beside_a_Hopf_point_what_is_called_stable_is_stable()
    {
        var random = new Random(8);
        var (claims, found) = (0, 0);
        for (var i = 0; i < 200; i++)
        {
            var (wr, tauA) = (1.2 + 4 * random.NextDouble(), Math.Pow(10, 2 * random.NextDouble() - 1.5));
            var drawn = new PlanarCircuit(wr, 0.5 + random.NextDouble(), 1, 0.2 + random.NextDouble() / 5, 0.1 + random.NextDouble(), 0.3, 1, tauA);
            foreach (var (value, kind) in drawn.Thresholds(PlanarParameter.Z))
            {
                if (kind != PlanarThresholdKind.Hopf) continue;
                found++;
                foreach (var steps in (int[])[-30, -3, -1, 0, 1, 3, 30])
                {
                    var circuit = drawn.With(PlanarParameter.Z, value * (1 + steps * 2.220446049250313e-16));
                    var upper = circuit.FixedPoints()[1];
                    if (upper.Type == EquilibriumType.Degenerate) continue;
                    claims++;
                    Assert.Equal(PreciseTrace(circuit, upper) < 0, upper.IsStable);
                }
                // Not for want of courage: a thousand times farther off all is decided.
                foreach (var side in (double[])[-1e-11, 1e-11]) Assert.NotEqual(EquilibriumType.Degenerate, drawn.With(PlanarParameter.Z, value * (1 + side)).FixedPoints()[1].Type);
            }
        }
        Assert.True(found > 100 && claims > 20, $"{found} Hopf points, {claims} claims");
    }

    /// <summary>The trace of the Jacobian at the true root beside a point, whose digits double does not hold.</summary>
    static double PreciseTrace(PlanarCircuit circuit, PlanarFixedPoint point)
    {
        var c = (Precise)circuit.B0 * circuit.Sigma * ((Precise)circuit.B0 * circuit.Sigma);
        var g = (Precise)circuit.B * circuit.Z;
        Precise s = Math.Sqrt(point.A), wr = circuit.Wr;
        for (var i = 0; i < 12; i++)
        {
            var (leak, excess) = ((Precise)1 - wr + wr * s, s * s - c);
            var value = excess * leak * leak - circuit.W * g * g * s * s;
            s -= value / ((Precise)2 * s * leak * leak + (Precise)2 * excess * leak * wr - (Precise)2 * circuit.W * g * g * s);
        }
        return (double)(-((Precise)1 - wr + wr * s) / circuit.TauY - c / (s * s) / circuit.TauA);
    }

    [Fact]
    public void Thresholds_are_zeros_of_the_astroid_and_of_the_Hopf_condition()
    {
        var kinds = new HashSet<(PlanarParameter, PlanarThresholdKind)>();
        (double, double, double, double)[] cases =
        [
            (2, 0.1, 1, 2), (2, 0.1, -0.5, 0.05), (5, 0.5, 1, 0.3), (1.2, 0.05, 0.1, 1), (1.2, 0.05, 0.02, 0.1), (3, 0.5, 1, 0.4), (3, 0.5, 2, 0.1),
        ];
        foreach (var (wr, sigma, z, tauA) in cases)
        {
            var circuit = new PlanarCircuit(wr, 1, 0.5, 0.5, sigma, z, 2, tauA);
            foreach (var parameter in Enum.GetValues<PlanarParameter>())
                foreach (var (value, kind) in circuit.Thresholds(parameter))
                {
                    var at = circuit.With(parameter, value);
                    if (kind == PlanarThresholdKind.Fold && value > 0) Assert.Equal(0, at.Astroid ?? 0, 1e-14);
                    if (kind == PlanarThresholdKind.Hopf) Assert.Equal(0, at.Hopf!.Value, 1e-12);
                    kinds.Add((parameter, kind));
                }
        }
        foreach (var parameter in Enum.GetValues<PlanarParameter>())
        {
            Assert.Contains((parameter, PlanarThresholdKind.Fold), kinds);
            Assert.Contains((parameter, PlanarThresholdKind.Hopf), kinds);
        }
    }

    [Fact]
    public void Special_thresholds_have_their_own_kind()
    {
        void Has(PlanarCircuit circuit, PlanarParameter parameter, params (double Value, PlanarThresholdKind Kind)[] expected)
        {
            var found = circuit.Thresholds(parameter);
            Assert.Equal(expected.Select(e => e.Kind), found.Select(t => t.Kind));
            foreach (var (e, t) in expected.Zip(found)) Assert.Equal(e.Value, t.Value, 1e-14 * Math.Abs(e.Value));
        }

        Has(new(2, 1, 1, 0.5, 0.1, 0), PlanarParameter.Sigma, (1, PlanarThresholdKind.Pitchfork));
        Has(new(2, 1, 1, 0.5, 0.1, 0), PlanarParameter.B0, (5, PlanarThresholdKind.Pitchfork));
        Has(new(2, 1, 1, 0.5, 0.5, 0), PlanarParameter.Wr, (0, PlanarThresholdKind.Escape), (4.0 / 3, PlanarThresholdKind.Pitchfork));
        Has(new(2, 1, 1, 0.5, 0.5, 0), PlanarParameter.B);
        Has(new(0, 4, 0.5, 1, 1, 0.3), PlanarParameter.Z, (-1, PlanarThresholdKind.Escape), (1, PlanarThresholdKind.Escape));
        Has(new(0, 4, 0.5, 1, 1, 0.5), PlanarParameter.B, (1, PlanarThresholdKind.Escape));
        Has(new(0, 4, 0.5, 1, 1, 0.5), PlanarParameter.Sigma);
        Has(new(2, 0, 1, 0.5, 0.1, 1), PlanarParameter.Sigma, (1, PlanarThresholdKind.Escape));
        Has(new(2, 0, 1, 0.5, 0.1, 1), PlanarParameter.Z);
        Has(new(0.7, 1, 1, 0.5, 0.1, 1), PlanarParameter.Z);
        Has(new(0.7, 1, 1, 0.5, 0.1, 1), PlanarParameter.B0);
        // Rectified: a fold on the negative side only, and the border z = 0 where the silent point and the lower extra point meet.
        var fold = Math.Pow(1 - Math.Pow(2 * 0.05, 2.0 / 3), 1.5);
        var rectified = new PlanarCircuit(2, 1, 1, 0.5, 0.1, 0.3, 2, 2, true);
        var hopf = new PlanarCircuit(2, 1, 1, 0.5, 0.1, 0.3, 2, 2).Thresholds(PlanarParameter.Z)
            .Where(t => t.Value < 0).Select(t => (t.Value, t.Kind)).ToArray();
        Assert.Equal(2, hopf.Length);
        Has(rectified, PlanarParameter.Z, (-fold, PlanarThresholdKind.Fold), hopf[1], (0, PlanarThresholdKind.Border));
        Has(new(-1, 1, 1, 1, 3, 0.3, 1, 1, true), PlanarParameter.Z, (0, PlanarThresholdKind.Border));
        Has(new(2, 1, 1, 0.5, 0.1, 0, 1, 1, true), PlanarParameter.Sigma, (1, PlanarThresholdKind.Border));
        Assert.Throws<ArgumentException>(() => rectified.Thresholds((PlanarParameter)9));
    }

    [Fact]
    public void Invalid_parameters_are_refused_by_name()
    {
        void Refused(string name, Func<PlanarCircuit> make)
            => Assert.Contains(name, Assert.Throws<ArgumentException>(() => make()).Message, StringComparison.Ordinal);
        Refused("wr is", () => new(double.NaN, 1, 1, 1, 1, 1));
        Refused("w is", () => new(1, -1, 1, 1, 1, 1));
        Refused("b is", () => new(1, 1, 0, 1, 1, 1));
        Refused("b0 is", () => new(1, 1, 1, -1, 1, 1));
        Refused("sigma is", () => new(1, 1, 1, 1, 0, 1));
        Refused("z is", () => new(1, 1, 1, 1, 1, double.PositiveInfinity));
        Refused("tauY is", () => new(1, 1, 1, 1, 1, 1, 0));
        Refused("tauA is", () => new(1, 1, 1, 1, 1, 1, 1, -2));
        Refused("(b0·sigma)²", () => new(1, 1, 1, 1, 1e-200, 1));
        Refused("b·z", () => new(1, 1, 1e200, 1, 1, 1e200));
        Refused("b is", () => new PlanarCircuit(1, 1, 1, 1, 1, 1).With(PlanarParameter.B, -1));
        foreach (var wr in new[] { 1e-200, -1e-200, 1e-310 })
        {
            var error = Assert.Throws<ArithmeticException>(() => new PlanarCircuit(wr, 1, 1, 1, 1, 2).FixedPoints());
            Assert.Contains("range", error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Two stable points: those of Fig. 1b with a fast modulator, its rectified mirror image, and the fast modulator beyond what an explicit method can follow.</summary>
    public static TheoryData<double, double, bool> Bistable => new() { { 1, 0.01, false }, { -1, 0.01, true }, { -1, 1e-6, true } };

    [Theory, MemberData(nameof(Bistable))]
    public void On_either_side_of_a_boundary_lies_another_basin(double z, double tauA, bool rectified)
    {
        var circuit = new PlanarCircuit(2, 1, 0.5, 0.5, 0.1, z, 2, tauA, rectified);
        var points = circuit.FixedPoints();
        Assert.Equal(2, points.Count(p => p.IsStable));
        var saddle = points.Single(p => p.Type == EquilibriumType.Saddle);
        var branches = circuit.BasinBoundaries(1.4, 0.9);
        Assert.Equal(2, branches.Count);
        var probed = 0;
        foreach (var (y, a) in branches)
        {
            Assert.Equal((saddle.Y, saddle.A), (y[0], a[0]));
            foreach (var k in Enumerable.Range(0, y.Length).Where(k => k % 20 == 0 && Math.Abs(y[k]) < 1.4 && a[k] is >= 0 and < 0.9))
            {
                var (left, right) = (circuit.SettlesAt(y[k] - 2e-3, a[k]), circuit.SettlesAt(y[k] + 2e-3, a[k]));
                Assert.True(left is { IsStable: true } && right is { IsStable: true } && left.Value.Y < y[k] && right.Value.Y > y[k], $"at ({y[k]}, {a[k]}): {left} and {right}");
                probed++;
            }
        }
        Assert.InRange(probed, 5, 1000);
    }

    [Fact]
    public void Without_drive_the_axis_bounds_the_basins_of_the_two_signs()
    {
        var circuit = new PlanarCircuit(2, 3, 1, 0.5, 0.5, 0, 2, 3);
        var (y, a) = circuit.BasinBoundaries(1, 1) is [var one, var other] ? ([.. one.Y, .. other.Y], [.. one.A, .. other.A]) : (Array.Empty<double>(), Array.Empty<double>());
        Assert.All(y, v => Assert.Equal(0, v));
        Assert.True(a.Min() < 0 && a.Max() > 1);
        foreach (var (start, end) in (ReadOnlySpan<(double, double)>)[(1e-3, 0.5), (0.9, 0.5), (-1e-3, -0.5), (-0.9, -0.5)])
            Assert.Equal(end, circuit.SettlesAt(start, 0.8)!.Value.Y);
        Assert.Null(circuit.SettlesAt(0, 0.8));
    }

    [Fact]
    public void A_slow_spiral_settles_where_its_mirror_image_does_and_an_unstable_one_nowhere()
    {
        // Re λ is −2(b0σ)² at most: thousands of turns are to come.
        foreach (var b0 in (double[])[0.5, 0.1, 0.01, 1e-3])
        {
            var circuit = new PlanarCircuit(2, 1, 0.5, b0, 0.1, 0);
            foreach (var y in (double[])[0.02, 0.4, 0.9, 1.3])
                foreach (var a in (double[])[0, 0.01, 0.2, 0.39])
                {
                    Assert.True(circuit.SettlesAt(y, a) is { Y: > 0 }, $"b0 = {b0}, from ({y}, {a})");
                    Assert.True(circuit.SettlesAt(-y, a) is { Y: < 0 }, $"b0 = {b0}, from (−{y}, {a})");
                }
        }
        // A little drive takes the stability of one of them: a limit cycle lies around it, and what it encloses settles nowhere.
        var driven = new PlanarCircuit(2, 1, 0.5, 0.1, 0.1, 1e-3);
        Assert.True(driven.SettlesAt(0.4, 0.2) is { Y: > 0 });
        Assert.Null(driven.SettlesAt(-0.4, 0.2));
    }

    [Fact]
    public void Where_nothing_is_a_saddle_there_is_no_boundary()
    {
        foreach (var circuit in (PlanarCircuit[])[Figure1(0.5, 0.5, 0.1), Figure1(2, 1, 1)])
        {
            Assert.Empty(circuit.BasinBoundaries(2, 2));
            foreach (var y in (double[])[-1.9, -0.1, 0, 1.9])
                foreach (var a in (double[])[0, 0.01, 1.9]) Assert.Equal(circuit.FixedPoints().Single(), circuit.SettlesAt(y, a));
        }
    }

    [Fact]
    public void A_branch_of_the_boundary_begins_at_an_unstable_focus_whatever_the_unit_of_time()
    {
        var focus = Figure1(2, 0.5, 0.1).FixedPoints().Single(p => p.Type == EquilibriumType.UnstableFocus);
        foreach (var unit in (double[])[1e-6, 1, 1e6])
        {
            var circuit = new PlanarCircuit(2, 1, 0.5, 0.5, 0.1, 1, 2 * unit, 2 * unit);
            var (y, a) = circuit.BasinBoundaries(1.4, 0.9).MinBy(b => double.Hypot(b.Y[^1] - focus.Y, b.A[^1] - focus.A));
            Near(focus.Y, y[^1], 5e-3, "y");
            Near(focus.A, a[^1], 5e-2, "a");
            Assert.Equal(0.997779, circuit.SettlesAt(focus.Y + 0.01, focus.A)!.Value.Y, 1e-5);
        }
        // With next to no semisaturation the saddle's a is next to nothing beside the window.
        var faint = new PlanarCircuit(2, 1, 0.5, 1e-3, 0.1, 1, 2, 0.5);
        Assert.Contains(faint.BasinBoundaries(1.4, 0.9), b => b.Y.Min() < -1.2 && b.A.Max() is > 0.2 and < 0.4);
    }

    [Fact]
    public void Beyond_the_boundary_an_inhibited_pair_runs_away()
    {
        var circuit = new PlanarCircuit(-1, 1, 0.5, 0.5, 0.5, 0.3);
        var (rest, right) = (circuit.FixedPoints()[0], circuit.FixedPoints()[1]);
        Assert.Equal((true, EquilibriumType.Saddle), (rest.IsStable, right.Type));
        Assert.Equal(4, circuit.BasinBoundaries(1.4, 7).Count);
        Assert.Equal(rest, circuit.SettlesAt(right.Y - 0.05, right.A));
        Assert.Null(circuit.SettlesAt(right.Y + 0.05, right.A));
        Assert.Null(new PlanarCircuit(-1, 1, 0.9, 1, 1, 0.9).SettlesAt(0, 1));
    }

    [Fact]
    public void Basins_are_asked_for_in_a_window()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Figure1(2, 0.5, 0.1).BasinBoundaries(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Figure1(2, 0.5, 0.1).BasinBoundaries(1, -1));
        Assert.Throws<ArgumentException>(() => Figure1(2, 0.5, 0.1).SettlesAt(double.NaN, 1));
    }
}
