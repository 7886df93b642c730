namespace Organics.Tests;

public sealed class EquilibriaTests
{
    static EquilibriumEquations Equations(IOdeSystem system, double[]? scale = null) => EquilibriumEquations.Of(system, scale);

    [Theory]
    [InlineData(0.5)]
    [InlineData(14)]
    [InlineData(28)]
    public void Lorenz_has_the_equilibria_and_spectra_of_the_closed_form(double rho)
    {
        var found = Equilibria.Of(TensorSystems.Lorenz(rho), [-20, -20, -5], [20, 20, 40]);
        var side = Math.Sqrt(Math.Max(0, 8.0 / 3 * (rho - 1)));
        Assert.Equal(rho < 1 ? 1 : 3, found.Count);
        var origin = found[found.Count / 2];
        Assert.All(origin.State, v => Assert.Equal(0, v, 1e-12));
        // At 0: −8/3 and the roots of λ² + 11λ + 10(1 − ρ).
        Assert.Equal(Math.Max(-8.0 / 3, (-11 + Math.Sqrt(121 - 40 * (1 - rho))) / 2), origin.MaxRealPart, 1e-12);
        Assert.Equal(rho < 1 ? EquilibriumType.StableNode : EquilibriumType.Saddle, origin.Type);
        if (rho < 1) return;
        Assert.Equal(-side, found[0].State[0], 1e-10);
        Assert.Equal(side, found[2].State[1], 1e-10);
        Assert.Equal(rho - 1, found[2].State[2], 1e-10);
        Assert.Equal(rho < 24.7 ? EquilibriumType.StableFocus : EquilibriumType.Saddle, found[2].Type);
        Assert.Equal(rho < 24.7, found[0].IsStable);
    }

    [Fact]
    public void A_system_without_a_Jacobian_is_differenced()
    {
        var found = Equilibria.Of(new Plain(), [-3, -3], [3, 3]);
        Assert.Equal(3, found.Count);
        Assert.Equal([-1, 0, 1], found.Select(p => Math.Round(p.State[0], 9)));
        Assert.Equal([EquilibriumType.StableNode, EquilibriumType.Saddle, EquilibriumType.StableNode], found.Select(p => p.Type));
        Assert.Equal(-1, found[0].MaxRealPart, 1e-8);
        Assert.True(found[0].Uncertainty < 1e-6);
    }

    // ẋ = x − x³, ẏ = −y
    sealed class Plain : IOdeSystem
    {
        public int Dimension => 2;

        public bool IsAutonomous => true;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => (dxdt[0], dxdt[1]) = (x[0] - x[0] * x[0] * x[0], -x[1]);
    }

    [Fact]
    public void A_ghost_just_past_a_fold_has_no_verdict_and_the_points_before_it_have_their_own()
    {
        foreach (var epsilon in (double[])[1e-4, 1e-8, 1e-12, 1e-16, 1e-20, 1e-24])
        {
            // x² + ε has no root, x² − ε two, of slopes ±2√ε.
            var ghost = Equilibria.Near(Equations(TensorSystems.Scalar(x => x.Square() + epsilon)), [1e-3]);
            Assert.True(ghost is null || ghost.Verdict == StabilityVerdict.Unknown, $"ε = {epsilon}: {ghost}");
            foreach (var side in (double[])[-1, 1])
            {
                var point = Equilibria.Near(Equations(TensorSystems.Scalar(x => x.Square() + -epsilon)), [side * 1.1 * Math.Sqrt(epsilon)]);
                if (epsilon >= 1e-12) Assert.Equal(side < 0 ? StabilityVerdict.Stable : StabilityVerdict.Unstable, point!.Verdict);
                else if (point is not null && point.Verdict is StabilityVerdict.Stable or StabilityVerdict.Unstable) Assert.Equal(side < 0, point!.IsStable);
            }
        }
    }

    [Fact]
    public void Terms_that_cancel_make_no_verdict()
    {
        // Semistable points at 0 and ghosts of them, whose rates are differences of numbers of size 1.
        Func<Tensor<double>, Tensor<double>>[] rates =
            [x => 1 - x.Cos(), x => 1 - x.Cos() + 1e-20 * (1 + x.Cos()), x => x.Exp() - x - 1, x => x.Exp() - (1 + x) + 1e-20, x => 1 + x.Square() - 1];
        foreach (var rate in rates)
            foreach (var start in (double[])[-0.3, -1e-3, 1e-3, 0.3])
            {
                var point = Equilibria.Near(Equations(TensorSystems.Scalar(rate)), [start]);
                Assert.True(point is null || point.Verdict is StabilityVerdict.Unknown or StabilityVerdict.Undecided,
                    $"from {start}: {point?.State[0]} {point}");
            }
    }

    /// <summary>A tenth of the scale beside these equilibria, on one side or on both, f has no value.</summary>
    [Fact]
    public void An_equilibrium_beside_the_end_of_the_domain_is_found()
    {
        for (var k = 0; k < 50; k++)
        {
            var root = 0.0025 + k * (0.035 - 0.0025) / 49;
            var c = Math.Sqrt(root) + 0.3 * root + 0.7 * root * root;
            var point = Equilibria.Near(Equations(TensorSystems.Scalar(x => c - x.Sqrt() - 0.3 * x - 0.7 * x.Square()), [1]), [1.001 * root]);
            Assert.True(point is not null, $"{root}");
            Assert.Equal(root, point.State[0], 1e-12);
            Assert.Equal((StabilityVerdict.Stable, EquilibriumType.StableNode), (point.Verdict, point.Type));
            Assert.InRange(point.Residual, 0, 1e-12);
            // Both roots have an end: 0 and 0.04.
            var between = TensorSystems.Scalar(x => x.Sqrt() - (0.04 - x).Sqrt() + (Math.Sqrt(0.04 - root) - Math.Sqrt(root)));
            Assert.Equal(root, Equilibria.Near(Equations(between, [1]), [1.001 * root])!.State[0], 1e-12);
        }
    }

    [Fact]
    public void A_follower_one_rounding_behind_its_leader_is_at_rest()
    {
        // ẋ_k = x_{k−1} − x_k does not change where both are moved equally far: what is left of it is then no measure of it.
        const int N = 16;
        var chain = OdeFunction.Of(N, x => Tensor<double>.Concat(1, 0.7 - x.Slice(0, 1, 1), x.Slice(0, N - 1, 1) - x.Slice(1, N - 1, 1)));
        double[] rest = [.. Enumerable.Range(0, N).Select(k => k % 2 == 0 ? 0.7 : Math.BitIncrement(0.7))];
        Assert.InRange(Equations(chain).Residual(rest, new double[N]), 1e-17, 1e-12);
    }

    [Fact]
    public void A_root_far_below_the_scale_is_found_to_its_own_digits()
    {
        var point = Equilibria.Near(Equations(TensorSystems.Scalar(x => x * (1 - x / 1e-12))), [0.9e-12]);
        if (point is not null) Assert.Equal(1e-12, point.State[0], 1e-24);
        point = Equilibria.Near(Equations(TensorSystems.Scalar(x => x * (1 - x / 1e-12)), [1e-12]), [0.9e-12])!;
        Assert.Equal(1e-12, point.State[0], 1e-26);
        Assert.True(point.IsStable);
    }

    [Fact]
    public void No_sign_is_claimed_that_rounding_has_made()
    {
        // Rotations and shears of [[r, 1], [−1, r]] and of nonlinear terms beside them: Re λ = r exactly.
        var random = new Random(7);
        int decided = 0, all = 0;
        for (var trial = 0; trial < 400; trial++)
        {
            var r = (random.Next(2) * 2 - 1) * Math.Pow(10, -random.Next(1, 18));
            var (angle, stretch) = (random.NextDouble() * 6, Math.Pow(10, 2 * random.NextDouble() - 1));
            var (c, s) = (Math.Cos(angle), Math.Sin(angle));
            var (px, py) = (random.NextDouble() * 4 - 2, random.NextDouble() * 4 - 2);
            // In u = R(x − p) with R a rotation and a stretch: u̇ = ru + v + u², v̇ = −u + rv − uv.
            var system = OdeFunction.Of(2, x =>
            {
                var (dx, dy) = (TensorSystems.Parts(x)[0] + -px, TensorSystems.Parts(x)[1] + -py);
                var (u, v) = (c * dx - s * dy, stretch * (s * dx + c * dy));
                var (du, dv) = (r * u + v + u * u, r * v - u - u * v);
                var w = (1 / stretch) * dv;
                return TensorSystems.Join(c * du + s * w, c * w - s * du);
            });
            var point = Equilibria.Near(Equations(system), [px + 1e-3, py - 1e-3]);
            if (point is null) continue;
            all++;
            Assert.True(point.Verdict is not (StabilityVerdict.Stable or StabilityVerdict.Unstable) || (point.MaxRealPart < 0) == (r < 0), $"r = {r}: {point}");
            if (point.Verdict is StabilityVerdict.Stable or StabilityVerdict.Unstable) decided++;
            Assert.True(point.Verdict == StabilityVerdict.Unknown || Math.Abs(point.MaxRealPart - r) <= point.Uncertainty,
                $"r = {r}: {point.MaxRealPart} ± {point.Uncertainty}");
            Assert.True(Math.Abs(r) < 1e-10 || decided == all, $"r = {r} was not decided: {point.Verdict}");
            if (Math.Abs(r) < 1e-10) decided = all;
        }
        Assert.True(all > 380, $"{all}");
    }

    [Fact]
    public void Units_change_no_verdict()
    {
        foreach (var unit in (double[])[1e-9, 1, 1e9])
        {
            var scaled = OdeFunction.Of(2, x =>
            {
                var (v, w) = ((1 / unit) * TensorSystems.Parts(x)[0], (1 / unit) * TensorSystems.Parts(x)[1]);
                return unit * TensorSystems.Join(v - (1.0 / 3) * (v * v * v) - w + 0.5, 0.08 * (v + 0.7 - 0.8 * w));
            });
            var point = Assert.Single(Equilibria.Of(scaled, [-3 * unit, -3 * unit], [3 * unit, 3 * unit]));
            Assert.Equal(EquilibriumType.UnstableFocus, point.Type);
            Assert.Equal(-0.8048476, point.State[0] / unit, 1e-6);
        }
    }

    [Fact]
    public void What_makes_no_sense_is_refused_in_a_sentence()
    {
        var timed = OdeFunction.Of(1, (t, x) => t - x);
        Assert.Contains("depend on time", Assert.Throws<ArgumentException>(() => Equations(timed)).Message, StringComparison.Ordinal);
        Assert.Contains("scale", Assert.Throws<ArgumentException>(() => Equations(TensorSystems.Lorenz(1), [1, 2])).Message, StringComparison.Ordinal);
        Assert.Contains("box", Assert.Throws<ArgumentException>(() => Equilibria.Of(TensorSystems.Lorenz(1), [0, 0, 0], [1, 1, 0])).Message,
            StringComparison.Ordinal);
        Assert.Contains("3", Assert.Throws<ArgumentException>(() => Equilibria.Near(Equations(TensorSystems.Lorenz(1)), [0])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_names_the_parameter_that_the_caller_gave()
    {
        var timed = OdeFunction.Of(2, (t, x) => t - x);
        var still = Equilibria.Near(Equations(TensorSystems.LotkaVolterra()), [3, 1.5])!;
        Assert.Equal("system", Assert.Throws<ArgumentException>(() => Equations(timed)).ParamName);
        Assert.Equal("system", Assert.Throws<ArgumentException>(() => Equilibria.Of(timed, [0, 0], [1, 1])).ParamName);
        Assert.Equal("system", Assert.Throws<ArgumentException>(() => PeriodicOrbits.Near(timed, [0, 0], 1)).ParamName);
        Assert.Equal("system", Assert.Throws<ArgumentException>(() => PeriodicOrbits.Near(TensorSystems.Scalar(x => -x), [0], 1)).ParamName);
        Assert.Equal("state", Assert.Throws<ArgumentException>(() => PeriodicOrbits.Near(TensorSystems.LotkaVolterra(), [0], 1)).ParamName);
        Assert.Equal("family", Assert.Throws<ArgumentException>(() => Continuation.Follow(_ => timed, 0, 1, still)).ParamName);
        var orbit = PeriodicOrbits.Near(TensorSystems.VanDerPol(1), [2, 0], 6.6)!;
        Assert.Equal("family", Assert.Throws<ArgumentException>(() => PeriodicOrbits.Follow(_ => timed, 0, 1, orbit)).ParamName);
    }

    [Fact]
    public void At_an_exact_bifurcation_nothing_is_called_stable_or_unstable()
    {
        static OdeFunction Planar(Func<Tensor<double>, Tensor<double>, (Tensor<double>, Tensor<double>)> f)
            => OdeFunction.Of(2, s =>
            {
                var (a, b) = f(s[.., 0], s[.., 1]);
                return Tensor<double>.Stack(1, a, b);
            });
        (string Name, IOdeSystem System, double[] Start)[] cases =
        [
            ("pitchfork", TensorSystems.Scalar(x => -(x * x * x)), [0]), ("unstable pitchfork", TensorSystems.Scalar(x => x * x * x), [0]),
            ("fold", TensorSystems.Scalar(x => x * x), [0]), ("transcritical", TensorSystems.Scalar(x => -(x * x)), [0]),
            ("fold in a plane", Planar((x, y) => (x * x - 2.0 * x + 1.0, -y)), [1, 0]),
            ("Hopf", Planar((x, y) => (-y - x * (x * x + y * y), x - y * (x * x + y * y))), [0, 0]),
            ("unstable Hopf", Planar((x, y) => (-y + x * (x * x + y * y), x + y * (x * x + y * y))), [0.1, 0]),
            ("van der Pol, forced", Planar((x, y) => (10 * (y + x - x * x * x * (1.0 / 3)), 1 - x)), [1.1, -0.6]),
            ("Brusselator", Planar((x, y) => (1 - 3.0 * x + x * x * y, 2.0 * x - x * x * y)), [1.1, 1.9]),
            ("centre", TensorSystems.LotkaVolterra(), [3.1, 1.4]),
        ];
        foreach (var (name, system, start) in cases)
        {
            var point = Equilibria.Near(Equations(system), start);
            Assert.True(point is { Verdict: StabilityVerdict.Undecided or StabilityVerdict.Unknown, Type: EquilibriumType.Degenerate }, $"{name}: {point}");
        }
    }

    [Fact]
    public void Results_print_what_they_are()
    {
        static IOdeSystem Family(double mu) => TensorSystems.Scalar(x => mu - x * x);
        var point = Equilibria.Near(Equations(Family(4)), [1])!;
        Assert.StartsWith("Stable (StableNode) at [2], max Re λ = -4 ± ", point.ToString(), StringComparison.Ordinal);
        var branch = Continuation.Follow(Family, 4, -1, point);
        Assert.Matches(@"^\d+ equilibria from 4 to 4, the end of the range; Fold at -?[\d.E-]+$", branch.ToString());
        Assert.StartsWith("4: Stable", branch.Points[0].ToString(), StringComparison.Ordinal);
        Assert.StartsWith("Fold at ", branch.Bifurcations[0].ToString(), StringComparison.Ordinal);
        var cut = Continuation.Follow(Family, 4, -1, point, steps: 3);
        Assert.EndsWith("the most steps that were asked for; no bifurcations", cut.ToString(), StringComparison.Ordinal);
        static IOdeSystem Cycles(double mu) => TensorSystems.VanDerPol(mu);
        var still = Continuation.Follow(Cycles, -1, 1, Equilibria.Near(Equations(Cycles(-1)), [0, 0])!);
        Assert.Contains("Hopf at ", still.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(", of unknown criticality, frequency 0.159155, x = [0, 0]", still.Bifurcations[0].ToString(), StringComparison.Ordinal);
        var orbit = PeriodicOrbits.Near(Cycles(1), [2, 0], 6.6)!;
        Assert.StartsWith("Stable orbit of period 6.66329 between [-2.00862, -2.67", orbit.ToString(), StringComparison.Ordinal);
        Assert.Contains("multipliers [1, 0.000859", orbit.ToString(), StringComparison.Ordinal);
        var orbits = PeriodicOrbits.Follow(Cycles, 1, 1.1, orbit);
        Assert.EndsWith(" orbits from 1 to 1.1, the end of the range; no bifurcations", orbits.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("1: Stable orbit", orbits.Points[0].ToString(), StringComparison.Ordinal);
        Assert.StartsWith("Fold at 1: Stable", new OrbitBifurcation(OrbitBifurcationType.Fold, 1, orbit).ToString(), StringComparison.Ordinal);
        var course = Ode.Integrate(TensorSystems.Scalar(x => -x), RungeKutta.DormandPrince, [1], 0, 2);
        Assert.Matches(@"^ReachedEnd at t = 2, x = \[0\.13533\d\], \d+ steps, 0 rejected$", course.ToString());
        // Of many elements the first six, and how many there are.
        var large = Equilibria.Near(Equations(OdeFunction.Of(8, x => -x)), new double[8])!;
        Assert.Contains("at [0, 0, 0, 0, 0, 0, … 8 in all]", large.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Far_from_an_equilibrium_there_is_no_verdict()
    {
        (Func<Tensor<double>, Tensor<double>> Rate, Func<double, double> Value)[] systems =
        [
            (x => 0.1 + (2 * x).Tanh() - x, x => 0.1 + Math.Tanh(2 * x) - x),
            (x => 1 + x - x * x * x, x => 1 + x - x * x * x),
            (x => 0.3 - x.Sin(), x => 0.3 - Math.Sin(x)),
        ];
        var random = new Random(3);
        foreach (var (rate, value) in systems)
            foreach (var x in Enumerable.Range(0, 60).Select(_ => 6 * random.NextDouble() - 3).Append(0.44).Append(0.440686793509771))
            {
                var point = Equations(TensorSystems.Scalar(rate)).Examine([x]);
                Assert.True(Math.Abs(point.State[0] - x) < 1e-2, $"{x} went to {point.State[0]}");
                Assert.True(point.Verdict == StabilityVerdict.Unknown || Math.Abs(value(point.State[0])) < 1e-12, $"{x}: {point}");
            }
    }

    [Fact]
    public void At_a_kink_there_is_no_verdict_whatever_its_direction()
    {
        var random = new Random(4);
        for (var trial = 0; trial < 100; trial++)
        {
            // Units i and j inhibit one another by the difference of what they are beyond a point, as Σν(x − p) does in general.
            var n = 2 + random.Next(4);
            var (i, j, isPair) = (random.Next(n), random.Next(n), trial % 2 == 0);
            if (i == j) continue;
            double[] p = [.. Enumerable.Range(0, n).Select(_ => trial % 4 < 2 ? 0 : random.Next(-3, 4) / 4.0)];
            double[] normal = [.. Enumerable.Range(0, n).Select(k => isPair ? (k == i ? 2.0 : k == j ? -2 : 0) : random.Next(-2, 3))];
            if (normal[i] == 0) continue;
            double Drive(ReadOnlySpan<double> x)
            {
                double sum = 0;
                for (var k = 0; k < n; k++) sum += normal[k] * (x[k] - p[k]);
                return sum;
            }
            var system = new OdeProblem(n,
                (_, x, f) =>
                {
                    var drive = Drive(x);
                    for (var k = 0; k < n; k++) f[k] = p[k] - x[k];
                    f[i] += Math.Max(0, drive);
                    f[j] += Math.Max(0, -drive);
                },
                (_, x, jacobian) =>
                {
                    jacobian.Clear();
                    var drive = Drive(x);
                    for (var k = 0; k < n; k++)
                    {
                        jacobian[i * n + k] += drive > 0 ? normal[k] : 0;
                        jacobian[j * n + k] -= drive < 0 ? normal[k] : 0;
                        jacobian[k * (n + 1)] -= 1;
                    }
                }, isAutonomous: true);
            Assert.Equal(StabilityVerdict.Unknown, Equilibria.Near(Equations(system), p)!.Verdict);
        }
    }

    [Fact]
    public void A_difference_quotient_that_misses_the_slope_makes_no_verdict()
    {
        // Ripples far narrower than the differences, whose slope at 0 is +1; a kink; and a wide ripple whose curvature hides the slope of 1e-6.
        const double Wide = 1.5e-3;
        List<Func<double, double>> rates = [x => -x + Math.Max(0, 1.5 * x), x => 1e-6 * x + Wide * Math.Sin(x / Wide) - x];
        foreach (var width in (double[])[1e-5, 3e-6, 1e-6, 1e-7, 1.3e-8, 3e-9, 1e-9]) rates.Add(x => -x + 2 * width * Math.Sin(x / width));
        foreach (var rate in rates)
        {
            var point = Equations(new Differenced(rate)).Examine([0]);
            Assert.True(
                point.Verdict is StabilityVerdict.Unknown or StabilityVerdict.Undecided || Math.Abs(point.MaxRealPart - 1) <= point.Uncertainty, $"{point}");
        }
        Assert.True(Equations(new Differenced(x => -x)).Examine([0]) is { IsStable: true, Uncertainty: < 1e-8 });
    }

    sealed class Differenced(Func<double, double> rate) : IOdeSystem
    {
        public int Dimension => 1;

        public bool IsAutonomous => true;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => dxdt[0] = rate(x[0]);
    }

    [Fact]
    public void A_root_of_any_order_is_found_once()
    {
        foreach (var order in (int[])[1, 2, 3, 4])
        {
            var power = new OdeProblem(1, (_, x, f) => f[0] = Math.Pow(x[0], order), (_, x, j) => j[0] = order * Math.Pow(x[0], order - 1), isAutonomous: true);
            Assert.Single(Equilibria.Of(power, [-1], [1], starts: 5));
        }
    }
}
