using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace Organics.Laws;

/// <summary>
/// What holds for every circuit of one neuron pair: Theorems 5.1 and 5.2 and this project's sharpening of them. Parameters vary over decades.
/// Draws are relative to the fold, so that both sides of it are met: k = b0σ as a multiple of θ, and √w|bz| as a multiple of its value at the fold.
/// </summary>
public sealed class PlanarLaws
{
    static Gen<double> Decades(double from, double to) => Cases.Between(from, to).Select(e => Math.Pow(10, e));

    static Gen<double> Contractive => Gen.OneOf(Decades(-6, 0), Gen.Constant(1.0));

    static Gen<double> Expansive => Decades(-3, 3).Select(v => 1 + v);

    static Gen<double> Negative => Decades(-3, 3).Select(v => -v);

    static Gen<double> Any => Gen.OneOf(Contractive, Expansive, Negative);

    /// <summary>A circuit with one of these wr, not within 1e-5 of the astroid, relative to its largest term.</summary>
    static Gen<PlanarCircuit> Circuits(Gen<double> recurrence, bool rectified = false)
        => (from wr in recurrence
            from scales in Gen.CollectToArray(Enumerable.Range(0, 5), _ => Decades(-2, 2))
            from floor in Decades(-3, 0.5)
            from drive in Decades(-4, 1)
            from sign in Gen.Elements(-1.0, 1.0)
            select Draw(wr, scales, floor, drive, sign, rectified)).Where(c => Math.Abs(Margin(c)) > 1e-5);

    static PlanarCircuit Draw(double wr, double[] scales, double floor, double drive, double sign, bool rectified)
    {
        var (w, b, b0) = (scales[0], scales[1], scales[2]);
        var theta = 1 - 1 / wr;
        var k = floor * (theta > 0 ? theta : 1);
        var atFold = k < theta ? Math.Abs(wr) * theta * Math.Pow(1 - Math.Pow(k / theta, 2.0 / 3), 1.5) : 1;
        return new(wr, w, b, b0, k / b0, sign * drive * atFold / (Math.Sqrt(w) * b), scales[3], scales[4], rectified);
    }

    static double K(PlanarCircuit c) => c.B0 * c.Sigma;

    /// <summary>The astroid for wr outside of [0, 1], relative to its largest term; a positive number inside.</summary>
    static double Margin(PlanarCircuit c)
        => c.Wr is >= 0 and <= 1
            ? 1
            : (Math.Pow(c.W * c.Drive * c.Drive, 1.0 / 3) + Math.Pow(Math.Abs(c.Wr) * K(c), 2.0 / 3)) / Math.Pow(Math.Abs(c.Wr - 1), 2.0 / 3) - 1;

    /// <summary>
    /// The number of roots s = √a, counted by changes of sign of √(1 − c/s²)·|1 − wr + wr·s| − √w|g| between the points of a dense grid in log s
    /// that holds √c and θ.
    /// </summary>
    static int CountBySigns(PlanarCircuit circuit)
    {
        var (k, wr, drive) = (K(circuit), circuit.Wr, Math.Sqrt(circuit.W) * Math.Abs(circuit.Drive));
        var theta = wr == 0 ? double.NegativeInfinity : 1 - 1 / wr;
        // From the second factor on, (1 − c/s²) ≥ ½ and |1 − wr + wr·s| ≥ √2·√w|g|.
        var beyond = 2 * Math.Max(k, Math.Max(theta, 0) + drive / Math.Abs(wr)) + 2 / Math.Abs(wr);
        double[] edges = theta > k ? [k, theta, beyond] : [k, beyond];
        bool Positive(double s) => s > k && s != theta && Math.Sqrt((1 - k / s) * (1 + k / s)) * Math.Abs(1 - wr + wr * s) > drive;
        var (count, last) = (0, false);
        for (var e = 0; e + 1 < edges.Length; e++)
        {
            const int steps = 4000;
            var ratio = Math.Log(edges[e + 1] / edges[e]) / steps;
            for (var i = 1; i <= steps; i++)
            {
                var now = Positive(i == steps ? edges[e + 1] : edges[e] * Math.Exp(ratio * i));
                if (now != last) count++;
                last = now;
            }
        }
        return count;
    }

    static void AllAreFixed(PlanarCircuit circuit, PlanarFixedPoint[] points)
    {
        for (var i = 0; i < points.Length; i++)
        {
            var (y, a) = (points[i].Y, points[i].A);
            var (dy, da) = circuit.Rate(y, a);
            var scale = Math.Abs(y) + Math.Abs(circuit.Drive) + (1 + Math.Sqrt(a)) * Math.Abs(circuit.Wr * y);
            Assert.True(Math.Abs(dy) * circuit.TauY <= 1e-13 * scale, $"ẏ is {dy} at point {i}: {points[i]}");
            Assert.True(Math.Abs(da) * circuit.TauA <= 1e-13 * (a + circuit.C + circuit.W * a * y * y), $"ȧ is {da} at point {i}: {points[i]}");
            Assert.True(a >= circuit.C && (i == 0 || a >= points[i - 1].A), $"a is {a} at point {i}");
        }
    }

    [Fact]
    public void Theorem_5_1_a_contractive_circuit_has_one_fixed_point_and_it_is_stable()
        => Cases.ForAll(Circuits(Contractive), circuit =>
        {
            var points = circuit.FixedPoints();
            var point = Assert.Single(points);
            AllAreFixed(circuit, points);
            Assert.Equal(Math.Sign(circuit.Z), Math.Sign(point.Y));
            Assert.True(point.IsStable);
            Assert.Equal(1, CountBySigns(circuit));
            Assert.Null(circuit.Astroid);
            Assert.Null(circuit.Hopf);
        });

    [Fact]
    public void Theorem_5_2_an_expansive_circuit_has_one_or_three_as_the_astroid_says()
        => Cases.ForAll(Circuits(Expansive), circuit =>
        {
            var points = circuit.FixedPoints();
            AllAreFixed(circuit, points);
            Assert.Equal(circuit.Astroid < 0 ? 3 : 1, points.Length);
            Assert.Equal(CountBySigns(circuit), points.Length);
            if (K(circuit) >= circuit.Theta) Assert.Single(points);
            var main = points[^1];
            Assert.Equal(Math.Sign(circuit.Z), Math.Sign(main.Y));
            Assert.True(main.IsStable && Math.Sqrt(main.A) >= circuit.Theta);
            foreach (var extra in points[..^1])
            {
                Assert.Equal(-Math.Sign(circuit.Z), Math.Sign(extra.Y));
                Assert.InRange(Math.Sqrt(extra.A), K(circuit), circuit.Theta);
            }
        });

    [Fact]
    public void The_lower_extra_point_is_a_saddle_and_the_upper_one_stable_by_the_Hopf_condition()
        => Cases.ForAll(Circuits(Expansive).Where(c => c.Astroid < 0), circuit =>
        {
            var (lower, upper) = (circuit.FixedPoints()[0], circuit.FixedPoints()[1]);
            Assert.Equal(EquilibriumType.Saddle, lower.Type);
            Assert.NotEqual(EquilibriumType.Saddle, upper.Type);
            // wr(θ − s) = −(1 − wr + wr·s) = −g/y.
            var (grows, decays) = (-circuit.Drive / upper.Y / circuit.TauY, circuit.C / upper.A / circuit.TauA);
            Assert.Equal(grows - decays, circuit.Hopf!.Value, 1e-11 * (grows + decays));
            if (Math.Abs(grows - decays) > 1e-9 * (grows + decays)) Assert.Equal(grows < decays, upper.IsStable);
            Assert.Equal(circuit.Hopf < 0, upper.IsStable);
            var fold = Math.Cbrt(circuit.C * circuit.Theta);
            Assert.True(Math.Sqrt(lower.A) <= fold * (1 + 1e-14) && Math.Sqrt(upper.A) >= fold * (1 - 1e-14));
        });

    [Fact]
    public void A_negative_recurrence_has_a_stable_point_and_two_saddles_or_one_saddle()
        => Cases.ForAll(Circuits(Negative), circuit =>
        {
            var points = circuit.FixedPoints();
            AllAreFixed(circuit, points);
            var theta = circuit.Theta;
            var calm = K(circuit) < theta
                && Math.Sqrt(circuit.W) * Math.Abs(circuit.Drive) < Math.Abs(circuit.Wr) * theta * Math.Pow(1 - Math.Pow(K(circuit) / theta, 2.0 / 3), 1.5);
            Assert.Equal(calm ? 3 : 1, points.Length);
            Assert.Equal(CountBySigns(circuit), points.Length);
            for (var i = 0; i < points.Length; i++)
            {
                Assert.Equal(calm && i == 0, points[i].IsStable);
                if (!(calm && i == 0)) Assert.Equal(EquilibriumType.Saddle, points[i].Type);
                Assert.Equal(i == points.Length - 1 ? -Math.Sign(circuit.Z) : Math.Sign(circuit.Z), Math.Sign(points[i].Y));
            }
            Assert.Null(circuit.Astroid);
            Assert.Null(circuit.Hopf);
        });

    [Fact]
    public void Without_recurrence_a_stable_point_exists_while_w_g_squared_is_less_than_one()
        => Cases.ForAll(Circuits(Gen.Constant(0.0)).Where(c => Math.Abs(c.W * c.Drive * c.Drive - 1) > 1e-5), circuit =>
        {
            var points = circuit.FixedPoints();
            AllAreFixed(circuit, points);
            Assert.Equal(circuit.W * circuit.Drive * circuit.Drive < 1 ? 1 : 0, points.Length);
            Assert.All(points, p => Assert.True(p.IsStable));
        });

    [Fact]
    public void The_eigenvalues_have_the_trace_the_determinant_and_the_type_of_the_Jacobian()
        => Cases.ForAll(Circuits(Any), circuit =>
        {
            foreach (var point in circuit.FixedPoints())
            {
                var (yy, ya, ay, aa) = circuit.Jacobian(point.Y, point.A);
                var (first, second) = point.Eigenvalues;
                // What rounding a and y does to the entries.
                var s = Math.Sqrt(point.A);
                var (p, q) = ((1 + Math.Abs(circuit.Wr) * (1 + s)) / circuit.TauY, 2 / circuit.TauA);
                Assert.True((first + second - (yy + aa)).Magnitude <= 1e-13 * (p + q), $"trace at {point}");
                Assert.True((first * second - (yy * aa - ya * ay)).Magnitude <= 1e-13 * (p * q + Math.Abs(ya * ay)), $"determinant at {point}");
                Assert.Equal(first.Real < 0 && second.Real < 0, point.IsStable);
                Assert.True(first.Real >= second.Real && first.Imaginary == -second.Imaginary && first.Imaginary >= 0);
                Assert.Equal(first.Imaginary != 0, point.Type is EquilibriumType.StableFocus or EquilibriumType.UnstableFocus);
                Assert.Equal(first.Real > 0 && second.Real < 0, point.Type == EquilibriumType.Saddle);
            }
        });

    [Fact]
    public void Every_fixed_point_is_a_root_of_the_quartic()
        => Cases.ForAll(Circuits(Any), circuit =>
        {
            var quartic = circuit.Quartic();
            foreach (var s in circuit.FixedPoints().Select(p => Math.Sqrt(p.A)))
            {
                var (value, size) = (0.0, 0.0);
                foreach (var coefficient in quartic) (value, size) = (value * s + coefficient, size * s + Math.Abs(coefficient));
                // The middle coefficient is a difference, the size of whose terms counts.
                size += (circuit.Wr * circuit.Wr * circuit.C + (1 - circuit.Wr) * (1 - circuit.Wr)) * s * s;
                Assert.True(Math.Abs(value) <= 1e-14 * size, $"{value} of {size} at s = {s}");
            }
        });

    [Fact]
    public void The_opposite_input_has_the_mirrored_fixed_points()
        => Cases.ForAll(Circuits(Any), circuit
            => Assert.Equal(circuit.FixedPoints().Select(p => p with { Y = -p.Y }), circuit.With(PlanarParameter.Z, -circuit.Z).FixedPoints()));

    [Fact]
    public void Scaling_theta_sigma_and_drive_scales_a_and_leaves_y()
        => Cases.ForAll(
            from circuit in Circuits(Any)
            from factor in Gen.Choose(-20, 20).Select(e => Math.Pow(2, e / 4.0))
            select (circuit, factor),
            draw =>
            {
                // wr = 1 has θ = 0 and keeps its wr: the law of the normalization equation. θ must stay below one for wr > 1, and above it for wr < 0.
                var (circuit, factor) = draw;
                var wr = circuit.Wr == 1 ? 1 : 1 / (1 - factor * circuit.Theta);
                if (Math.Sign(wr) != Math.Sign(circuit.Wr) || Math.Abs(wr) > 1e4) return;
                var scaled = circuit.With(PlanarParameter.Wr, wr).With(PlanarParameter.Sigma, factor * circuit.Sigma)
                    .With(PlanarParameter.Z, circuit.Z * factor * (wr / circuit.Wr));
                var (expected, actual) = (circuit.FixedPoints(), scaled.FixedPoints());
                Assert.Equal(expected.Length, actual.Length);
                // Near wr = 0 or 1, near the fold and where w·y² is almost one, rounding wr moves the points.
                var tolerance = circuit.Wr == 1 ? 1e-14 : 1e-6;
                foreach (var (e, a) in expected.Zip(actual))
                {
                    Assert.Equal(e.Y, a.Y, tolerance * Math.Abs(e.Y));
                    Assert.Equal(factor * factor * e.A, a.A, tolerance * factor * factor * e.A);
                }
            });

    [Fact]
    public void A_rectified_circuit_keeps_the_points_with_positive_y_and_falls_silent_for_negative_input()
        => Cases.ForAll(Circuits(Any, rectified: true), circuit =>
        {
            var points = circuit.FixedPoints();
            AllAreFixed(circuit, points);
            var linear = new PlanarCircuit(circuit.Wr, circuit.W, circuit.B, circuit.B0, circuit.Sigma, circuit.Z, circuit.TauY, circuit.TauA);
            var positive = linear.FixedPoints().Where(p => p.Y > 0).ToArray();
            Assert.Equal(positive, points.Where(p => p.Y > 0));
            if (circuit.Z < 0)
            {
                var silent = points[0];
                Assert.Equal((circuit.Drive, circuit.C, EquilibriumType.StableNode), (silent.Y, silent.A, silent.Type));
                Complex[] expected = [-1 / circuit.TauY, -1 / circuit.TauA];
                foreach (var (e, a) in expected.OrderByDescending(v => v.Real).Zip([silent.Eigenvalues.First, silent.Eigenvalues.Second]))
                    Assert.Equal(e.Real, a.Real, 1e-14 * e.Magnitude);
            }
            Assert.Equal(positive.Length + (circuit.Z < 0 ? 1 : 0), points.Length);
            if (circuit.Wr > 0) Assert.Equal(circuit.Z > 0 ? 1 : circuit.Astroid < 0 ? 3 : 1, points.Length);
            if (circuit.Wr > 0 && circuit.Z > 0) Assert.True(points[0].IsStable);
            Assert.Equal(circuit.Z < 0 ? linear.Hopf : null, circuit.Hopf);
        });

    [Fact]
    public void Thresholds_separate_what_they_say_and_none_is_missing()
        => Cases.ForAll(
            from circuit in Gen.OneOf(Circuits(Any), Circuits(Any, rectified: true))
            from parameter in Gen.Elements(Enum.GetValues<PlanarParameter>())
            from at in Gen.CollectToArray(Enumerable.Range(0, 8), _ => Cases.Between(0, 1))
            select (circuit, parameter, at),
            draw =>
            {
                var (circuit, parameter, at) = draw;
                var signed = parameter is PlanarParameter.Z or PlanarParameter.Wr;
                var thresholds = circuit.Thresholds(parameter);
                double[] edges =
                [
                    signed ? Math.Min(-1, 10 * (thresholds.Length > 0 ? thresholds[0].Value : -1)) : thresholds.Length > 0 ? 1e-3 * thresholds[0].Value : 1e-3,
                    .. thresholds.Select(t => t.Value),
                    signed ? Math.Max(1, 10 * (thresholds.Length > 0 ? thresholds[^1].Value : 1)) : thresholds.Length > 0 ? 1e3 * thresholds[^1].Value : 1e3,
                ];
                (int, int)? before = null;
                for (var i = 0; i + 1 < edges.Length; i++)
                {
                    var (low, high) = (edges[i], edges[i + 1]);
                    Assert.True(low < high);
                    if (high - low < 1e-7 * Math.Abs(high)) return;
                    // Close to both ends, and anywhere between them.
                    double[] shares = [1e-6, 1 - 1e-6, .. at];
                    var counts = shares.Select(u => low + (high - low) * u).Select(v => Count(circuit.With(parameter, v))).Distinct().ToArray();
                    Assert.True(counts.Length == 1, $"{circuit}: {string.Join(", ", counts)} for {parameter} between {low:r} and {high:r}");
                    Assert.NotEqual(before, counts[0]);
                    before = counts[0];
                }

                static (int, int) Count(PlanarCircuit c)
                {
                    var points = c.FixedPoints();
                    return (points.Length, points.Count(p => p.IsStable));
                }
            });
}
