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
        Assert.True(branch.ReachedEnd);
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
}
