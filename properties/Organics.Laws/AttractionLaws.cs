using FsCheck.Fluent;

namespace Organics.Laws;

/// <summary>What docs/theory.md derives of the circuit with identity recurrence far from its fixed point: an energy, a basin and a theorem of global stability.</summary>
public sealed class AttractionLaws
{
    static double Decades(Random r, double d) => Math.Pow(10, d * (2 * r.NextDouble() - 1));

    static double Normal(Random r) => Math.Sqrt(-2 * Math.Log(1 - r.NextDouble())) * Math.Cos(2 * Math.PI * r.NextDouble());

    static double[] Each(int n, Func<double> draw) => [.. Enumerable.Range(0, n).Select(_ => draw())];

    static double[] Identity(int n) => [.. Enumerable.Range(0, n * n).Select(k => k % (n + 1) == 0 ? 1.0 : 0)];

    /// <summary>Milder than <see cref="RandomCircuits.Identity"/>, so that a course takes a second: numbers over two decades; W full, sparse, triangular or 0.</summary>
    static Circuit Mild(int n, Random r, double silent = 0)
    {
        var density = r.Next(5) switch { 0 => 0.0, 1 => 0.3, _ => 1.0 };
        var isTriangular = r.Next(4) == 0;
        var w = Each(n * n, () => r.NextDouble() < density ? Decades(r, 1) : 0);
        for (var k = 0; isTriangular && k < n * n; k++)
            if (k % n > k / n) w[k] = 0;
        return new(
            Each(n, () => r.NextDouble() < silent ? 0 : Decades(r, 1) * (r.Next(2) * 2 - 1)), Each(n, () => Decades(r, 0.5)), Each(n, () => Decades(r, 0.5)),
            Each(n, () => Decades(r, 0.5)), Each(n, () => Decades(r, 1)), Each(n, () => Decades(r, 1)), w, Identity(n));
    }

    static readonly FsCheck.Gen<int> Seeds = Gen.Choose(0, int.MaxValue);

    static (Random Random, int N) Sized(int seed, int largest) => (new Random(seed), 1 + (int)(largest * Math.Pow(new Random(seed).NextDouble(), 3)));

    /// <summary>A state with y of the sign of z, y within so many decades below a bound, a within so many around the fixed point.</summary>
    static (double[] Y, double[] A) Below(Circuit c, ReadOnlySpan<double> largestY, double decades, Random r)
    {
        var (_, a) = Fixed(c);
        var y = new double[c.N];
        for (var i = 0; i < c.N; i++) y[i] = Math.Sign(c.Z[i]) * largestY[i] * Math.Pow(10, -decades * r.NextDouble() * r.NextDouble());
        return (y, [.. a.Select(v => v * Decades(r, decades))]);
    }

    static (double[] Y, double[] A) Fixed(Circuit c)
    {
        var point = SteadyState.Of(c);
        return (point.Y, point.A);
    }

    static double[] Weights(int n, Random r) => Each(n, () => Decades(r, 1));

    [Fact]
    public void V_is_0_at_the_fixed_point_and_positive_elsewhere()
        => Cases.ForAll(Seeds, seed =>
        {
            var (r, n) = Sized(seed, 64);
            var c = RandomCircuits.Identity(n, r);
            var energy = new NormalizationEnergy(c, Weights(n, r));
            var (y, a) = Fixed(c);
            double scale = 0;
            for (var i = 0; i < n; i++) scale += c.Z[i] == 0 ? 0 : energy.Weights[i] * (c.TauA[i] * a[i] + c.TauY[i] * Math.Sqrt(a[i]));
            Assert.InRange(energy.Value(y, a), 0, 1e-24 * scale);
            var k = r.Next(n);
            if (c.Z[k] == 0) return;
            (r.Next(2) == 0 ? y : a)[k] *= 1 + 1e-3 * (r.NextDouble() + 0.1);
            Assert.True(energy.Value(y, a) > 0, "V is not positive off the fixed point");
            y[k] = -y[k];
            Assert.Equal(double.PositiveInfinity, energy.Value(y, a));
        });

    // The derivatives of V as it was first written, Σ T[(⅔f³ + gf²)/y² + (τ_y g²/τ_a)(y/y*² + 1/y − 2/y*)], T = qτ_a/g and f = √a·y − g.
    [Fact]
    public void The_rate_of_V_is_the_chain_rule()
        => Cases.ForAll(Seeds, seed =>
        {
            var (r, n) = Sized(seed, 64);
            var c = Mild(n, r, silent: 0.1);
            var energy = new NormalizationEnergy(c, Weights(n, r));
            var (rest, _) = Fixed(c);
            var (y, a) = Below(c, [.. rest.Select(v => 10 * Math.Abs(v))], 2, r);
            for (var i = 0; i < n; i++)
                if (c.Z[i] == 0) y[i] = Decades(r, 1) * (r.Next(2) * 2 - 1);
            var rate = new double[2 * n];
            new CircuitSystem(c).Rate(0, (double[])[.. y, .. a], rate);
            double expected = 0, size = 0;
            for (var i = 0; i < n; i++)
            {
                if (c.Z[i] == 0) continue;
                var (g, u, s, sign) = (Math.Abs(c.Drive[i]), Math.Abs(y[i]), Math.Abs(rest[i]), Math.Sign(c.Z[i]));
                var (f, t) = (Math.Sqrt(a[i]) * u - g, energy.Weights[i] * c.TauA[i] / g);
                double[] terms =
                [
                    t * f * rate[n + i],
                    t * (2 * f * f + 2 * g * f) / (u * u) * Math.Sqrt(a[i]) * rate[i] * sign,
                    -t * 2 * (2 * f * f * f / 3 + g * f * f) / (u * u * u) * rate[i] * sign,
                    t * (c.TauY[i] * g * g / c.TauA[i]) * (1 / (s * s) - 1 / (u * u)) * rate[i] * sign,
                ];
                expected += terms.Sum();
                size += terms.Sum(Math.Abs);
            }
            Assert.InRange(energy.Rate(y, a), expected - 1e-12 * size, expected + 1e-12 * size);
        });

    [Fact]
    public void V_decreases_wherever_y_is_at_most_Y()
        => Cases.ForAll(Seeds, seed =>
        {
            var (r, n) = Sized(seed, 64);
            var isMild = r.Next(2) == 0;
            var c = isMild ? Mild(n, r, silent: 0.1) : RandomCircuits.Identity(n, r);
            if (CertifiedBasin.Of(c) is not { } basin)
            {
                Assert.True(!isMild || c.Drive.IndexOfAnyExcept(0) < 0, "an ordinary circuit has no basin");
                return;
            }
            var rest = Fixed(c).Y;
            for (var i = 0; i < n; i++)
                Assert.True(c.Z[i] == 0 ? basin.LargestY[i] == 0 : basin.LargestY[i] > Math.Abs(rest[i]), "Y does not lie beyond the fixed point");
            for (var k = 0; k < 20; k++)
            {
                var (y, a) = Below(c, basin.LargestY, k % 2 == 0 ? 0.3 : 3, r);
                var (value, rate) = (basin.Energy.Value(y, a), basin.Energy.Rate(y, a));
                // Where √a·y = g for every unit the rate is 0; that has measure 0.
                Assert.True(rate < 0, $"V = {value}, and its rate is {rate}");
            }
        }, share: 4);

    [Fact]
    public void Every_start_in_the_basin_stays_in_it_and_comes_to_rest()
        => Cases.ForAll(Seeds, seed =>
        {
            var (r, n) = Sized(seed, 8);
            var c = Mild(n, r, silent: 0.1);
            if (c.Drive.IndexOfAnyExcept(0) < 0) return;
            var basin = CertifiedBasin.Of(c)!;
            Assert.InRange(basin.Factor, 1 + 1e-9, 1e6);
            var (rest, pools) = Fixed(c);
            // A corner of the box, a random start as far out as the region goes, or a contrast's fixed point.
            var (y, a) = (new double[n], new double[n]);
            var kind = r.Next(3);
            if (kind == 2)
            {
                var contrast = r.Next(2) == 0 ? basin.Contrasts.Least : basin.Contrasts.Most;
                (y, a) = Fixed(new([.. c.Z.ToArray().Select(z => z * contrast)], c.B, c.B0, c.Sigma, c.TauY, c.TauA, c.W, c.Wr));
            }
            else
            {
                var exponents = Each(2 * n, () => kind == 0 ? r.Next(2) * 2 - 1 : Normal(r));
                (y, a) = At(basin.Factor);
                for (var factor = basin.Factor; kind == 1 && factor < 1e3; factor *= 1.2)
                    if (At(factor) is var further && basin.Contains(further.Y, further.A)) (y, a) = further;
                    else break;

                (double[] Y, double[] A) At(double factor) => (
                    [.. rest.Select((v, i) => v * Math.Pow(factor, 0.999999 * exponents[i] / Math.Max(1, exponents.Max(Math.Abs))))],
                    [.. pools.Select((v, i) => v * Math.Pow(factor, 0.999999 * exponents[n + i] / Math.Max(1, exponents.Max(Math.Abs))))]);
            }
            if (kind != 2) Assert.True(basin.Contains(y, a), "a start within the factor is not in the region");
            var slowest = 1 / -StabilityReport.Of(c, SteadyState.Of(c)).MaxRealPart;
            var course = Ode.Integrate(new CircuitSystem(c), Rosenbrock.Rodas3, [.. y, .. a], 0, 25 * slowest, new() { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-10 }).OrThrow();
            var before = double.PositiveInfinity;
            for (var k = 0; k < course.Times.Length; k++)
            {
                var state = course.State(k);
                var now = basin.Energy.Value(state[..n], state[n..]);
                Assert.True(now <= before + 1e-5 * basin.Level, $"V rises from {before} to {now} at t = {course.Times[k]}");
                before = now;
            }
            Assert.True(before < 1e-6 * basin.Level, $"V = {before} is left of {basin.Level}");
        }, share: 10);

    [Fact]
    public void V_near_the_fixed_point_is_Eq_13_and_its_T_is_Lyapunov_diagonal()
        => Cases.ForAll(Seeds, seed =>
        {
            var (r, n) = Sized(seed, 12);
            var c = Mild(n, r);
            var basin = CertifiedBasin.Of(c)!;
            var (rest, pools) = Fixed(c);
            var (toward, length) = (Each(2 * n, () => Normal(r)), 1e-5);
            double[] y = [.. rest.Select((v, i) => v * (1 + length * toward[i]))], a = [.. pools.Select((v, i) => v * (1 + length * toward[n + i]))];
            double eq13 = 0;
            var t = new double[n];
            for (var i = 0; i < n; i++)
            {
                t[i] = basin.Energy.Weights[i] * c.TauA[i] / (4 * pools[i]);
                var p = 4 * t[i] * pools[i] / (rest[i] * rest[i]);
                var match = Math.Sqrt(a[i]) * y[i] - c.Drive[i];
                eq13 += p * (match * match + c.TauY[i] / c.TauA[i] * Math.Sqrt(pools[i]) * (y[i] - rest[i]) * (y[i] - rest[i]));
            }
            Assert.InRange(basin.Energy.Value(y, a) / eq13, 1 - 1e-3, 1 + 1e-3);
            Assert.True(MMatrix.IsLyapunovDiagonal(CircuitJacobian.Quadratic(c, rest, pools).B, t), "TB + BᵀT is not positive definite");
        }, share: 2);

    [Fact]
    public void Order_signs_and_scales_of_the_units_change_nothing()
        => Cases.ForAll(Seeds, seed =>
        {
            var (r, n) = Sized(seed, 12);
            var c = Mild(n, r, silent: 0.1);
            var order = Enumerable.Range(0, n).OrderBy(_ => r.Next()).ToArray();
            double[] signs = Each(n, () => r.Next(2) * 2 - 1), scales = Each(n, () => Decades(r, 1));
            var unit = Decades(r, 1);
            double[] Moved(ReadOnlySpan<double> v) { var list = v.ToArray(); return [.. order.Select(i => list[i])]; }
            // y_i in another unit: g_i and w_ji take it, and with it time in another one.
            double[] z = [.. order.Select(i => c.Z[i] * signs[i] * scales[i])];
            var w = new double[n * n];
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++) w[i * n + j] = c.W[order[i] * n + order[j]] / (scales[order[j]] * scales[order[j]]);
            var other = new Circuit(
                z, Moved(c.B), Moved(c.B0), Moved(c.Sigma), [.. Moved(c.TauY).Select(v => v * unit)], [.. Moved(c.TauA).Select(v => v * unit)], w, c.Wr);
            var (mine, theirs) = (GlobalStability.Of(c), GlobalStability.Of(other));
            // The iterates stop where they grow by less than a part in 10⁹.
            if (double.IsFinite(mine.Margin)) Assert.InRange((1 + theirs.Margin) / (1 + mine.Margin), 1 - 1e-4, 1 + 1e-4);
            else Assert.Equal(mine.Margin, theirs.Margin);
            var (basin, again) = (CertifiedBasin.Of(c), CertifiedBasin.Of(other));
            Assert.Equal(basin is null, again is null);
            if (basin is not null) Assert.InRange((again!.Factor - 1) / (basin.Factor - 1), 1 - 1e-4, 1 + 1e-4);
        }, share: 4);

    [Fact]
    public void A_doubly_hyperdominant_matrix_has_a_positive_sum_for_every_increasing_function()
        => Cases.ForAll(Seeds, seed =>
        {
            var (r, n) = Sized(seed, 40);
            var a = new double[n * n];
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++)
                    if (i != j && r.NextDouble() < 0.7) a[i * n + j] = -Decades(r, 2);
            // The diagonal that makes the smaller of both sums as small as it may be.
            for (var i = 0; i < n; i++)
            {
                double row = 0, column = 0;
                for (var j = 0; j < n; j++) (row, column) = (row - (i == j ? 0 : a[i * n + j]), column - (i == j ? 0 : a[j * n + i]));
                a[i * (n + 1)] = Math.Max(row, column);
            }
            // Steps at random places, and through 0.
            double[] at = Each(6, () => 3 * Normal(r)), up = Each(6, () => Decades(r, 2));
            double Psi(double x) => at.Zip(up, (p, h) => h * ((x > p ? 1 : 0) - (0 > p ? 1 : 0))).Sum() + x * x * x;
            var x = Each(n, () => r.Next(4) == 0 ? 0 : 2 * Normal(r));
            double sum = 0, size = 0;
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++) (sum, size) = (sum + a[i * n + j] * Psi(x[i]) * x[j], size + Math.Abs(a[i * n + j] * Psi(x[i]) * x[j]));
            Assert.True(sum >= -1e-13 * size, $"{sum} of {size}");
        });

    [Fact]
    public void One_pair_and_chains_of_pairs_are_globally_stable_and_circuits_that_the_theorem_covers_come_to_rest_from_everywhere()
        => Cases.ForAll(Seeds, seed =>
        {
            var (r, n) = Sized(seed, 10);
            var c = Mild(n, r, silent: 0.2);
            var global = GlobalStability.Of(c);
            var isTriangular = Enumerable.Range(0, n * n).All(k => k % n <= k / n || c.W[k] == 0);
            if (isTriangular) Assert.True(global.Holds && double.IsPositiveInfinity(global.Margin), "a chain is not certified");
            var (rest, pools) = Fixed(c);
            for (var i = 0; i < n; i++) Assert.InRange(global.C[i], c.C[i] * (1 - 1e-12), pools[i] * (1 + 1e-12));
            if (!global.Holds) return;
            double[] start = [.. rest.Select(v => (v == 0 ? 1 : v) * Decades(r, 2) * (r.Next(4) == 0 ? -1 : 1)), .. pools.Select(v => v * Decades(r, 3))];
            var slowest = 1 / -StabilityReport.Of(c, SteadyState.Of(c)).MaxRealPart;
            var course = Ode.Integrate(new CircuitSystem(c), Rosenbrock.Rodas3, start, 0, 60 * slowest, new() { RelativeTolerance = 1e-6, AbsoluteTolerance = 1e-9, Record = false }).OrThrow();
            var end = course.EndState;
            for (var i = 0; i < n; i++)
            {
                Assert.InRange(end[i], rest[i] - 1e-4 * (1 + Math.Abs(rest[i])), rest[i] + 1e-4 * (1 + Math.Abs(rest[i])));
                Assert.InRange(end[n + i], pools[i] * (1 - 1e-3), pools[i] * (1 + 1e-3));
            }
        }, share: 10);

    // What carries to powers p > 1 (Appendix A) and is not in the library: V and its rate with A = a^(1/p), by docs/theory.md.
    [Fact]
    public void Of_any_power_the_rate_of_V_is_the_chain_rule_and_negative_below_Y()
        => Cases.ForAll(Seeds, seed =>
        {
            var (r, n) = Sized(seed, 8);
            var p = 1.1 + 2.9 * r.NextDouble();
            double[] g = Each(n, () => Decades(r, 1)), c = Each(n, () => Decades(r, 1)), tauY = Each(n, () => Decades(r, 1)), tauA = Each(n, () => Decades(r, 1));
            var w = Each(n * n, () => r.NextDouble() < 0.7 ? Decades(r, 1) : 0);
            var theta = 0.05 + 0.9 * r.NextDouble();
            double Pool(int i, Func<int, double> e) => Enumerable.Range(0, n).Sum(j => w[i * n + j] * e(j));
            double Power(int j) => Math.Pow(g[j], p);
            var s = Each(n, () => 0);
            var (d, y) = (new double[n], new double[n]);
            for (var i = 0; i < n; i++)
            {
                s[i] = Math.Pow(c[i] + Pool(i, Power), 1 / p);
                d[i] = (Pool(i, Power) + theta * c[i]) / Power(i);
                // p/(p+1)·g τ_a/(τ_y Y^(p+1)) + 1/Y^p = d, by bisection.
                var (low, high) = (1e-9, 1e9);
                for (var k = 0; k < 100; k++)
                {
                    var middle = Math.Sqrt(low * high);
                    if (p / (p + 1) * g[i] * tauA[i] / (tauY[i] * Math.Pow(middle, p + 1)) + Math.Pow(middle, -p) > d[i]) low = middle;
                    else high = middle;
                }
                y[i] = low * Math.Pow(10, -r.NextDouble() * r.NextDouble());
            }
            var a = Each(n, () => Decades(r, 2));
            var q = Each(n, () => 1);
            for (var sweep = 0; sweep < 100_000; sweep++)
            {
                double[] next = [.. Enumerable.Range(0, n).Select(j => Math.Max(q[j], Enumerable.Range(0, n).Sum(i => w[i * n + j] * q[i]) / d[j]))];
                if (next.Zip(q, (u, v) => u / v).Max() < 1 + 1e-13) break;
                q = next;
            }
            double V(double[] y, double[] a)
            {
                double sum = 0;
                for (var i = 0; i < n; i++)
                {
                    var (root, nu) = (Math.Pow(a[i], 1 / p), g[i] / y[i]);
                    sum += q[i] * (tauA[i] * (p / (p + 1) * Math.Pow(root, p + 1) / nu + Math.Pow(nu, p) / (p + 1) - a[i])
                        + tauY[i] * (Math.Pow(s[i], p) / nu + Math.Pow(nu, p - 1) / (p - 1) - p / (p - 1) * Math.Pow(s[i], p - 1)));
                }
                return sum;
            }
            var rate = new double[2 * n];
            var circuit = new Circuit(g, Each(n, () => 1), [.. c.Select(v => Math.Pow(v, 1 / p))], Each(n, () => 1), tauY, tauA, w, Identity(n));
            new PowerLawSystem(circuit, p).Rate(0, (double[])[.. y, .. a], rate);
            double expected = 0, size = 0, found = 0;
            for (var k = 0; k < 2 * n; k++)
            {
                var (list, i) = (k < n ? y : a, k % n);
                var (at, h) = (list[i], 1e-5 * list[i]);
                double Difference(double step)
                {
                    list[i] = at + step;
                    var up = V(y, a);
                    list[i] = at - step;
                    var down = V(y, a);
                    list[i] = at;
                    return (up - down) / (2 * step);
                }
                var slope = (4 * Difference(h) - Difference(2 * h)) / 3 * rate[k];
                (expected, size) = (expected + slope, size + Math.Abs(slope) + V(y, a) * 1e-3 * Math.Abs(rate[k] / list[i]));
            }
            for (var i = 0; i < n; i++)
            {
                var (root, nu) = (Math.Pow(a[i], 1 / p), g[i] / y[i]);
                found -= q[i] * (root - nu) / nu * (tauA[i] / tauY[i] * (p / (p + 1)) * (Math.Pow(root, p + 1) - Math.Pow(nu, p + 1)) + a[i] - Math.Pow(nu, p)
                    - Pool(i, j => a[j] * Math.Pow(y[j], p) - Power(j)));
            }
            Assert.InRange(found, expected - 1e-6 * size, expected + 1e-6 * size);
            Assert.True(found < 1e-9 * size, $"V̇ = {found}");
        }, share: 4);
}
