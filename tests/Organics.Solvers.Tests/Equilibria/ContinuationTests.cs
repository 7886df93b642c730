namespace Organics.Tests;

public sealed class ContinuationTests
{
    static Equilibrium At(IOdeSystem system, params double[] near) => Equilibria.Near(EquilibriumEquations.Of(system), near)!;

    [Fact]
    public void Lorenz_loses_its_origin_in_a_pitchfork_and_its_sides_in_a_subcritical_Hopf_point()
    {
        Func<double, IOdeSystem> family = TensorSystems.Lorenz;
        double[] scale = [5, 5, 10];
        var still = Continuation.Follow(family, 0.5, 30, At(family(0.5), 0, 0, 0), scale);
        Assert.True(still.ReachedEnd);
        var pitchfork = Assert.Single(still.Bifurcations);
        Assert.Equal((BifurcationType.BranchPoint, (CrossingType?)CrossingType.Pitchfork), (pitchfork.Type, pitchfork.Crossing));
        Assert.Equal(1, pitchfork.Parameter, 1e-9);

        var sides = Continuation.Switch(pitchfork);
        Assert.Equal(2, sides.Count);
        const double S = 10, B = 8.0 / 3;
        foreach (var (branch, sign) in sides.OrderBy(b => b.Points[^1].Point.State[0]).Zip((double[])[-1, 1]))
        {
            Assert.True(branch.ReachedEnd);
            Assert.Equal(30, branch.Points[^1].Parameter, 1e-12);
            foreach (var (rho, point) in branch.Points.Skip(1)) Assert.Equal(sign * Math.Sqrt(B * (rho - 1)), point.State[0], 1e-7);
            var hopf = Assert.Single(branch.Bifurcations);
            Assert.Equal(BifurcationType.Hopf, hopf.Type);
            Assert.Equal(S * (S + B + 3) / (S - B - 1), hopf.Parameter, 1e-6);
            Assert.Equal(Math.Sqrt(2 * B * S * (S + 1) / (S - B - 1)) / (2 * Math.PI), hopf.Frequency, 1e-7);
            Assert.True(hopf.LyapunovCoefficient > 0, $"{hopf.LyapunovCoefficient}");
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(-1, 2)]
    [InlineData(0.3, 5)]
    public void The_first_Lyapunov_coefficient_is_that_of_the_normal_form(double s, double omega)
    {
        // ż = (μ + iω)z − s|z|²z: ℓ₁ = −2s/ω for ‖q‖ = 1; and quadratic terms that a change of variables x → x + kx² makes and does not change it.
        foreach (var k in (double[])[0, 0.4])
        {
            IOdeSystem Family(double mu) => OdeFunction.Of(2, state =>
            {
                var (p, y) = (TensorSystems.Parts(state)[0], TensorSystems.Parts(state)[1]);
                // x = p + kp², so that ṗ = ẋ/(1 + 2kp).
                var x = p + k * (p * p);
                var r2 = x * x + y * y;
                return TensorSystems.Join((mu * x - omega * y - s * (r2 * x)) / (2 * k * p + 1.0), omega * x + mu * y - s * (r2 * y));
            });
            var branch = Continuation.Follow(Family, -1, 1, At(Family(-1), 0, 0));
            var hopf = Assert.Single(branch.Bifurcations);
            Assert.Equal(0, hopf.Parameter, 1e-9);
            Assert.Equal(omega / (2 * Math.PI), hopf.Frequency, 1e-9);
            Assert.Equal(-2 * s / omega, hopf.LyapunovCoefficient, 1e-4 * Math.Abs(2 * s / omega));
        }
    }

    [Fact]
    public void Branches_that_exchange_stability_and_those_that_turn_are_told_apart()
    {
        IOdeSystem Transcritical(double mu) => TensorSystems.Scalar(x => mu * x - x * x);
        IOdeSystem Pitchfork(double mu) => TensorSystems.Scalar(x => mu * x - x * x * x);
        foreach (var (family, type) in (ReadOnlySpan<(Func<double, IOdeSystem>, CrossingType)>)[(Transcritical, CrossingType.Transcritical), (Pitchfork, CrossingType.Pitchfork)])
        {
            var branch = Continuation.Follow(family, -1, 1, At(family(-1), 0));
            var point = Assert.Single(branch.Bifurcations);
            Assert.Equal(type, point.Crossing);
            Assert.Equal(0, point.Parameter, 1e-9);
            var others = Continuation.Switch(point);
            Assert.Equal(2, others.Count);
            Assert.All(others, b => Assert.True(b.ReachedEnd));
            double[] ends = [.. others.Select(b => b.Points[^1].Point.State[0]).Order()];
            Assert.Equal(-1, ends[0], 1e-9);
            Assert.Equal(1, ends[1], 1e-9);
        }
    }

    [Fact]
    public void From_the_branch_that_turns_the_straight_one_is_found()
    {
        IOdeSystem Family(double mu) => TensorSystems.Scalar(x => mu * x - x * x * x);
        var branch = Continuation.Follow(Family, 1, -1, At(Family(1), 1));
        var point = Assert.Single(branch.Bifurcations);
        Assert.Equal(CrossingType.Pitchfork, point.Crossing);
        var others = Continuation.Switch(point);
        Assert.Equal([-1, 1], others.Select(b => Math.Round(b.Points[^1].Parameter, 9)).Order());
        Assert.All(others, b => Assert.All(b.Points, p => Assert.Equal(0, p.Point.State[0], 1e-6)));
    }

    [Fact]
    public void FitzHugh_Nagumo_oscillates_between_its_two_Hopf_points()
    {
        Func<double, IOdeSystem> family = TensorSystems.FitzHughNagumo;
        var branch = Continuation.Follow(family, 0, 2, At(family(0), -1.2, -0.6));
        // tr = 1 − v² − 0.064 = 0, and w = (v + 0.7)/0.8 gives the current.
        var v = Math.Sqrt(1 - 0.064);
        double Current(double u) => (u + 0.7) / 0.8 - u + u * u * u / 3;
        Assert.Equal([BifurcationType.Hopf, BifurcationType.Hopf], branch.Bifurcations.Select(b => b.Type));
        Assert.Equal(Current(-v), branch.Bifurcations[0].Parameter, 1e-8);
        Assert.Equal(Current(v), branch.Bifurcations[1].Parameter, 1e-8);
        Assert.All(branch.Bifurcations, b => Assert.Equal(Math.Sqrt(0.08 - 0.064 * 0.064) / (2 * Math.PI), b.Frequency, 1e-8));
        Assert.All(branch.Bifurcations, b => Assert.Equal(StabilityVerdict.Undecided, b.Point.Verdict));
        Assert.All(branch.Bifurcations, b => Assert.True(b.Point.Uncertainty >= Math.Abs(b.Point.MaxRealPart)));
        Assert.Equal(BranchEnd.Range, branch.End);
        Assert.Equal(BranchEnd.StepLimit, Continuation.Follow(family, 0, 2, branch.Points[0].Point, steps: 5).End);
    }

    [Fact]
    public void A_fold_is_turned_at_and_a_Hopf_point_beside_it_is_not_lost()
    {
        // ẋ = μ + x², and beside it a focus that loses stability at μ = −1e-4, where the fold's branch has x = ±1e-2.
        IOdeSystem Family(double mu) => OdeFunction.Of(3, state =>
        {
            var p = TensorSystems.Parts(state);
            var growth = 0 * p[0] + (mu + 1e-4);
            return TensorSystems.Join(p[0] * p[0] + mu, growth * p[1] - 2 * p[2], 2 * p[1] + growth * p[2]);
        });
        var branch = Continuation.Follow(Family, -1, 1, At(Family(-1), -1, 0, 0));
        Assert.Equal([BifurcationType.Hopf, BifurcationType.Fold, BifurcationType.Hopf], branch.Bifurcations.Select(b => b.Type));
        Assert.Equal(-1e-4, branch.Bifurcations[0].Parameter, 1e-8);
        Assert.Equal(0, branch.Bifurcations[1].Parameter, 1e-8);
        Assert.Equal(-1e-4, branch.Bifurcations[2].Parameter, 1e-8);
        Assert.Equal(-1, branch.Points[^1].Parameter, 1e-12);
    }

    [Fact]
    public void What_rounding_splits_is_one_branch_point()
    {
        // z_i' = (μ − c_i)·z_i − z_i³ in a skewed basis: eigenvalues cross 0 together, or 1e-12 to 1e-8 apart.
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var n = 2 + random.Next(4);
            double[] basis = [.. Enumerable.Range(0, n * n).Select(_ => random.NextDouble() * 2 - 1)], factors = [.. basis], inverse = new double[n * n];
            double[] c = [.. Enumerable.Range(0, n).Select(_ => 0.013 + (random.Next(2) == 0 ? 0 : Math.Pow(10, -8 - 4 * random.NextDouble())))];
            var pivots = new int[n];
            Assert.False(Lu.Factor<double>(factors, n, pivots).IsSingular);
            Lu.Invert<double>(factors, n, pivots, inverse);
            double[] Times(double[] matrix, ReadOnlySpan<double> v)
            {
                var product = new double[n];
                for (var i = 0; i < n; i++)
                    for (var k = 0; k < n; k++) product[i] += matrix[i * n + k] * v[k];
                return product;
            }
            IOdeSystem Family(double mu) => new OdeProblem(n,
                (_, x, f) => Times(basis, [.. Times(inverse, x).Select((z, i) => (mu - c[i]) * z - z * z * z)]).CopyTo(f),
                (_, x, j) =>
                {
                    double[] slopes = [.. Times(inverse, x).Select((z, i) => mu - c[i] - 3 * z * z)];
                    for (var column = 0; column < n; column++)
                    {
                        var of = column;
                        var image = Times(basis, [.. slopes.Select((s, i) => s * inverse[i * n + of])]);
                        for (var i = 0; i < n; i++) j[i * n + column] = image[i];
                    }
                }, isAutonomous: true);
            var branch = Continuation.Follow(Family, -1, 1, Equilibria.Near(EquilibriumEquations.Of(Family(-1)), new double[n])!);
            Assert.True(branch.ReachedEnd);
            double[] places = [.. branch.Bifurcations.Select(b => b.Parameter)];
            Assert.InRange(places.Length, 1, n);
            Assert.All(places.Zip(places.Skip(1)), p => Assert.True(Math.Abs(p.Second - p.First) > 2e-10, $"seed {seed}: {string.Join(", ", places)}"));
        }
    }

    [Fact]
    public void Where_a_quantity_is_conserved_the_branch_is_refused_in_a_sentence()
    {
        // a → b → c → a, whose sum stays.
        IOdeSystem Cycle(double k) => OdeFunction.Of(3, s =>
        {
            var (a, b, c) = (s[.., 0], s[.., 1], s[.., 2]);
            return Tensor<double>.Stack(1, c - k * a * a, k * a * a - 2 * b, 2 * b - c);
        });
        var start = new Equilibrium([1, 0.5, 1], [], StabilityVerdict.Unknown, double.NaN, 0);
        Assert.Contains("conserved", Assert.Throws<ArithmeticException>(() => { Continuation.Follow(Cycle, 1, 2, start); }).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1e-6)]
    [InlineData(1)]
    [InlineData(1e6)]
    public void Criticality_does_not_depend_on_units(double unit)
    {
        // ẋ = −x + a·tanh x − 3·tanh y, ẏ = −y + 3·tanh x, of states in units: ℓ₁u² is a number.
        IOdeSystem Family(double a) => OdeFunction.Of(2, s =>
        {
            var (x, y) = (s[.., 0] / unit, s[.., 1] / unit);
            return unit * Tensor<double>.Stack(1, a * x.Tanh() - x - 3 * y.Tanh(), 3 * x.Tanh() - y);
        });
        double[] scale = [unit, unit];
        var hopf = Assert.Single(Continuation.Follow(Family, 1, 3, Equilibria.Near(EquilibriumEquations.Of(Family(1), scale), [0, 0])!, scale).Bifurcations);
        Assert.Equal(2, hopf.Parameter, 1e-8);
        Assert.Equal(-0.177, hopf.LyapunovCoefficient * unit * unit, 2e-3);
    }

    [Fact]
    public void A_steep_transcritical_crossing_is_one()
    {
        IOdeSystem Family(double mu) => TensorSystems.Scalar(x => x * (1000 * mu - x));
        Assert.Equal(CrossingType.Transcritical, Assert.Single(Continuation.Follow(Family, -1, 1, At(Family(-1), 0)).Bifurcations).Crossing);
    }

    [Fact]
    public void What_has_no_other_branch_is_not_switched()
    {
        Func<double, IOdeSystem> family = TensorSystems.FitzHughNagumo;
        var hopf = Continuation.Follow(family, 0, 2, At(family(0), -1.2, -0.6)).Bifurcations[0];
        Assert.Contains("is a Hopf", Assert.Throws<ArgumentException>(() => Continuation.Switch(hopf)).Message, StringComparison.Ordinal);
    }

    static OdeProblem Scalar(Func<double, double> f, Func<double, double> slope)
        => new(1, (_, x, o) => o[0] = f(x[0]), (_, x, o) => o[0] = slope(x[0]), isAutonomous: true);

    [Theory]
    [InlineData(1e-2)]
    [InlineData(1e-3)]
    [InlineData(1e-4)]
    [InlineData(1e-5)]
    [InlineData(1e-6)]
    [InlineData(1e-8)]
    public void A_branch_that_all_but_crosses_another_is_followed_along_itself(double size)
    {
        var random = new Random(1);
        for (var trial = 0; trial < 50; trial++)
        {
            var (c, epsilon) = (0.6 * (random.NextDouble() - 0.5), (2 * random.Next(2) - 1) * size);
            IOdeSystem Family(double m) => Scalar(x => epsilon + (m - c) * x - x * x * x, x => m - c - 3 * x * x);
            var branch = Continuation.Follow(Family, -1, 1, At(Family(-1), 0));
            var (end, sign) = (branch.Points[^1].Point, Math.Sign(epsilon));
            Assert.True(branch.ReachedEnd && end.IsStable && sign * end.State[0] > 0.8 * Math.Sqrt(1 - c), $"c = {c}: {end.State[0]}, {end.Verdict}");
            Assert.Empty(branch.Bifurcations);
            Assert.All(branch.Points, p => Assert.True(p.Point.Residual < 1e-10 && sign * p.Point.State[0] > 0));
        }
    }

    [Fact]
    public void Several_near_misses_in_disguise_are_passed_one_by_one()
    {
        var random = new Random(7);
        for (var trial = 0; trial < 40; trial++)
        {
            var n = 2 + random.Next(3);
            double[] Draw(Func<double> of) => [.. Enumerable.Range(0, n).Select(_ => of())];
            var epsilon = Draw(() => (2 * random.Next(2) - 1) * Math.Pow(10, -2 - 5 * random.NextDouble()));
            var (c, mirror) = (Draw(() => 0.8 * (random.NextDouble() - 0.5)), Draw(() => 2 * random.NextDouble() - 1));
            var square = mirror.Sum(v => v * v);
            double H(int i, int j) => (i == j ? 1 : 0) - 2 * mirror[i] * mirror[j] / square;
            double[] Mirrored(double[] s) => [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Sum(j => H(i, j) * s[j]))];
            IOdeSystem Family(double m) => new OdeProblem(n,
                (_, s, f) => Mirrored([.. Mirrored(s.ToArray()).Select((u, i) => epsilon[i] + (m - c[i]) * u - u * u * u)]).CopyTo(f),
                (_, s, j) =>
                {
                    double[] slope = [.. Mirrored(s.ToArray()).Select((u, i) => m - c[i] - 3 * u * u)];
                    for (var k = 0; k < n * n; k++) j[k] = Enumerable.Range(0, n).Sum(l => H(k / n, l) * slope[l] * H(l, k % n));
                }, isAutonomous: true);
            var branch = Continuation.Follow(Family, -1, 1, At(Family(-1), new double[n]));
            Assert.True(branch.ReachedEnd);
            Assert.Empty(branch.Bifurcations);
            foreach (var (end, e) in Mirrored(branch.Points[^1].Point.State).Zip(epsilon)) Assert.True(end * Math.Sign(e) > 0.3, $"{end} of {e}");
        }
    }

    [Fact]
    public void Units_that_inhibit_one_another_all_but_equally_lead_to_the_one_that_is_favoured()
    {
        foreach (var favour in (double[])[1e-2, 1e-3, 1e-4, 1e-6])
        {
            IOdeSystem Family(double w) => OdeFunction.Of(2, s =>
                Tensor<double>.Stack(1, (4 * (0.5 + favour - w * s[.., 1])).Sigmoid() - s[.., 0], (4 * (0.5 - w * s[.., 0])).Sigmoid() - s[.., 1]));
            var branch = Continuation.Follow(Family, 0, 3, At(Family(0), 0.9, 0.9));
            Assert.True(branch.ReachedEnd && branch.Points[^1].Point.IsStable && branch.Points[^1].Point.State[0] > 0.8);
            Assert.Empty(branch.Bifurcations);
        }
    }

    [Theory]
    [InlineData(1e-3)]
    [InlineData(1e-5)]
    [InlineData(1e-7)]
    [InlineData(1e-9)]
    public void No_branch_leads_across_a_range_without_equilibria(double gap)
    {
        IOdeSystem Family(double m) => Scalar(x => m * x - x * x - gap, x => m - 2 * x);
        var branch = Continuation.Follow(Family, -1, 1, At(Family(-1), 0));
        var fold = Assert.Single(branch.Bifurcations);
        Assert.Equal(BifurcationType.Fold, fold.Type);
        Assert.Equal(-2 * Math.Sqrt(gap), fold.Parameter, 1e-10);
        Assert.Equal(-1, branch.Points[^1].Parameter);
    }

    [Fact]
    public void A_fold_is_one_event()
    {
        var random = new Random(2);
        for (var trial = 0; trial < 200; trial++)
        {
            // ẋ = m − d + bu − au³, u = x − c: folds at u = ∓√(b/3a), m = d ± 2bu/3.
            double a = 0.3 + 2 * random.NextDouble(), b = 0.1 + 1.5 * random.NextDouble(), c = random.NextDouble() - 0.5, d = 0.4 * (random.NextDouble() - 0.5);
            IOdeSystem Family(double m) => Scalar(x => m - d + b * (x - c) - a * (x - c) * (x - c) * (x - c), x => b - 3 * a * (x - c) * (x - c));
            var branch = Continuation.Follow(Family, -2, 2, At(Family(-2), c - 2));
            Assert.True(branch.ReachedEnd);
            Assert.Equal([BifurcationType.Fold, BifurcationType.Fold], branch.Bifurcations.Select(v => v.Type));
            foreach (var (fold, side) in branch.Bifurcations.Zip((double[])[1, -1]))
            {
                var u = Math.Sqrt(b / (3 * a));
                Assert.Equal(d + side * 2 * b * u / 3, fold.Parameter, 1e-10);
                Assert.Equal(c - side * u, fold.Point.State[0], 1e-7);
            }
        }
    }

    [Fact]
    public void However_tilted_a_pitchfork_is_no_transcritical_crossing()
    {
        foreach (var isPitchfork in (bool[])[true, false])
            foreach (var slope in (double[])[0, 0.1, -0.4, 0.7])
            {
                // Crosses x = slope·sin m at m = 0.1.
                IOdeSystem Family(double m)
                {
                    double U(double x) => x - slope * Math.Sin(m);
                    return isPitchfork
                        ? Scalar(x => U(x) * (m - 0.1 - U(x) * U(x)), x => m - 0.1 - 3 * U(x) * U(x))
                        : Scalar(x => U(x) * (m - 0.1 - U(x)), x => m - 0.1 - 2 * U(x));
                }
                var branch = Continuation.Follow(Family, -1, 1, At(Family(-1), -slope * Math.Sin(1)));
                var point = Assert.Single(branch.Bifurcations);
                Assert.Equal((BifurcationType.BranchPoint, isPitchfork ? CrossingType.Pitchfork : CrossingType.Transcritical), (point.Type, point.Crossing));
                Assert.Equal(0.1, point.Parameter, 1e-8);
                Assert.Equal(slope * Math.Sin(1), branch.Points[^1].Point.State[0], 1e-9);
            }
    }

    [Fact]
    public void What_comes_and_goes_within_a_step_is_found_with_a_shorter_one()
    {
        // Growth −1 + 2exp(−((m − 0.437)/0.01)²) of a focus.
        IOdeSystem Family(double m)
        {
            var growth = -1 + 2 * Math.Exp(-Math.Pow((m - 0.437) / 0.01, 2));
            return new OdeProblem(2,
                (_, s, f) => (f[0], f[1]) = (growth * s[0] - 3 * s[1], 3 * s[0] + growth * s[1]),
                (_, _, j) => (j[0], j[1], j[2], j[3]) = (growth, -3, 3, growth), isAutonomous: true);
        }
        var branch = Continuation.Follow(Family, 0, 1, At(Family(0), 0, 0), largestStep: 0.02);
        var half = 0.01 * Math.Sqrt(Math.Log(2));
        Assert.Equal([BifurcationType.Hopf, BifurcationType.Hopf], branch.Bifurcations.Select(b => b.Type));
        Assert.Equal(0.437 - half, branch.Bifurcations[0].Parameter, 1e-9);
        Assert.Equal(0.437 + half, branch.Bifurcations[1].Parameter, 1e-9);
        var refusal = Assert.Throws<ArgumentOutOfRangeException>(() => { Continuation.Follow(Family, 0, 1, At(Family(0), 0, 0), largestStep: 0); });
        Assert.Contains("largest step is 0", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_the_first_Lyapunov_coefficient_is_0_its_sign_is_not_known()
    {
        // ż = (μ + 2i)z − |z|⁴z
        IOdeSystem Family(double mu) => OdeFunction.Of(2, state =>
        {
            var (x, y) = (TensorSystems.Parts(state)[0], TensorSystems.Parts(state)[1]);
            var r4 = (x * x + y * y) * (x * x + y * y);
            return TensorSystems.Join(mu * x - 2 * y - r4 * x, 2 * x + mu * y - r4 * y);
        });
        Assert.True(double.IsNaN(Assert.Single(Continuation.Follow(Family, -1, 1, At(Family(-1), 0, 0)).Bifurcations).LyapunovCoefficient));
    }
}
