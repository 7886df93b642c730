namespace Organics.Tests;

public sealed class CircuitEquilibriaTests
{
    [Fact]
    public void All_fixed_points_of_one_pair_are_found()
    {
        foreach (var golden in Golden.Cases("bifurcation_2d.json"))
        {
            double Number(string name) => golden.GetProperty(name).GetDouble();
            var circuit = new Circuit([Number("z")], [Number("b")], [Number("b0")], [Number("sigma")], [Number("tauY")], [Number("tauA")], [Number("w")], [Number("wr")]);
            var found = CircuitEquilibria.Of(circuit);
            Assert.Equal(golden.GetProperty("n_fixed_points").GetInt32(), found.Count);
            Assert.Equal(golden.GetProperty("n_stable").GetInt32(), found.Count(p => p.IsStable));
            foreach (var (expected, point) in golden.GetProperty("fixed_points").EnumerateArray().Zip(found))
            {
                Assert.Equal(expected.GetProperty("y").GetDouble(), point.State[0], 1e-9 * Math.Abs(point.State[0]));
                Assert.Equal(expected.GetProperty("a").GetDouble(), point.State[1], 1e-9 * point.State[1]);
            }
        }
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 5)]
    [InlineData(3, 12)]
    public void An_identity_circuit_has_one(int seed, int n)
    {
        var circuit = Sample.Draw(seed, n, 0);
        var only = Assert.Single(CircuitEquilibria.Of(circuit));
        Assert.True(only.IsStable);
        Golden.Close(SteadyState.Of(circuit).A, only.Split().A, 1e-10, "a");
    }

    [Fact]
    public void Continuation_finds_the_fold_of_the_astroid_and_the_Hopf_point()
    {
        // wr = 2, b = 0.5, b0 = 0.5, σ = 0.1, w = 1: three fixed points for |z| below the astroid's edge.
        const double Wr = 2, B = 0.5, Root = 0.05, Theta = 0.5;
        Circuit At(double z) => new([z], [B], [0.5], [0.1], [2], [2], [1], [Wr]);
        var upper = CircuitEquilibria.Of(At(0.001)).Single(p => p.State[0] < 0 && p.State[1] > Math.Pow(Root * Root * Theta, 2.0 / 3));
        var branch = CircuitEquilibria.Follow(At, 0.001, 4, upper);
        var edge = Math.Pow(Math.Pow(Wr - 1, 2.0 / 3) - Math.Pow(Wr * Root, 2.0 / 3), 1.5) / B;
        var fold = Assert.Single(branch.Bifurcations, b => b.Type == BifurcationType.Fold);
        Assert.Equal(edge, fold.Parameter, 1e-8);
        Assert.Equal(Math.Pow(Root * Root * Theta, 2.0 / 3), fold.Point.State[1], 1e-6);
        // Hopf on the upper branch: wr(θ − s)/τ_y = c/(s²τ_a).
        var hopf = Assert.Single(branch.Bifurcations, b => b.Type == BifurcationType.Hopf);
        var s = Math.Sqrt(hopf.Point.State[1]);
        Assert.Equal(Root * Root / (s * s) / 2, Wr * (Theta - s) / 2, 1e-8);
        Assert.Equal(0, hopf.Point.Eigenvalues.Max(v => v.Real), 1e-8);
        // It oscillates at the square root of the determinant wr(s³ − cθ)/(s²τ_yτ_a).
        Assert.Equal(Math.Sqrt(Wr * (s * s * s - Root * Root * Theta) / (s * s * 4)) / (2 * Math.PI), hopf.Frequency, 1e-8);
        Assert.True(branch.ReachedEnd);
        Assert.Equal(0.001, branch.Points[^1].Parameter, 1e-12);
    }

    static Circuit Uncoupled(int n, double wr, double gap = 0)
    {
        double[] All(double value) => [.. Enumerable.Repeat(value, n)];
        double[] identity = [.. Enumerable.Range(0, n * n).Select(k => k % (n + 1) == 0 ? 1.0 : 0)];
        return new(All(0), All(1), All(1), All(0.2), All(1), All(1), identity, [.. identity.Select((v, k) => v * wr * (1 + k / n * gap))]);
    }

    // y = 0, a = σ² is a fixed point of it for every wr.
    static Equilibrium Quiet(int n, double wr, double gap) => CircuitEquilibria.Near(Uncoupled(n, wr, gap), new double[n], [.. Enumerable.Repeat(0.04, n)])!;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Branch_points_beside_one_another_are_each_found_as_exactly_as_one_alone(int n)
    {
        foreach (var (from, to) in (ReadOnlySpan<(double, double)>)[(0.5, 3), (3, 0.5)])
            foreach (var gap in (double[])[1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 1e-2, 1e-1])
            {
                var branch = CircuitEquilibria.Follow(wr => Uncoupled(n, wr, gap), from, to, Quiet(n, from, gap));
                // Pair i loses stability where (1 − σ)·wr·(1 + i·gap) = 1.
                var expected = Enumerable.Range(0, n).Select(i => 1.25 / (1 + i * gap)).OrderBy(at => Math.Abs(at - from)).ToArray();
                Assert.Equal(expected.Select(_ => BifurcationType.BranchPoint), branch.Bifurcations.Select(b => b.Type));
                foreach (var (at, b) in expected.Zip(branch.Bifurcations)) Assert.Equal(at, b.Parameter, 1e-11);
                Assert.True(branch.ReachedEnd);
            }
    }

    [Fact]
    public void Branch_points_that_undo_one_another_are_found_however_near()
    {
        foreach (var gap in (double[])[1e-6, 1e-5, 1e-4, 1e-3, 1e-2])
        {
            // The first pair loses stability at 1.25, the other has it back a gap later.
            Circuit At(double wr) => new([0, 0], [1, 1], [1, 1], [0.2, 0.2], [1, 1], [1, 1], [1, 0, 0, 1], [wr, 0, 0, 2.5 + gap - wr]);
            var found = CircuitEquilibria.Follow(At, 0.5, 2, CircuitEquilibria.Near(At(0.5), [0, 0], [0.04, 0.04])!).Bifurcations;
            Assert.Equal([BifurcationType.BranchPoint, BifurcationType.BranchPoint], found.Select(b => b.Type));
            Assert.Equal(1.25, found[0].Parameter, 1e-11);
            Assert.Equal(1.25 + gap, found[1].Parameter, 1e-11);
        }
    }

    [Fact]
    public void Branch_points_that_cannot_be_told_apart_are_one_with_all_their_eigenvalues()
    {
        foreach (var gap in (double[])[0, 1e-15, 1e-13, 1e-12])
        {
            var only = Assert.Single(CircuitEquilibria.Follow(wr => Uncoupled(4, wr, gap), 0.5, 3, Quiet(4, 0.5, gap)).Bifurcations);
            Assert.Equal(BifurcationType.BranchPoint, only.Type);
            Assert.Equal(1.25, only.Parameter, 1e-11);
            Assert.Equal(4, only.Point.Eigenvalues.Count(v => v.Magnitude < 1e-10));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_branch_reaches_an_end_that_is_a_branch_point(int n)
    {
        foreach (var from in (double[])[0.5, 0.7, 3])
            foreach (var gap in (double[])[0, 1e-6, 1e-3])
            {
                var branch = CircuitEquilibria.Follow(wr => Uncoupled(n, wr, gap), from, 1.25, Quiet(n, from, gap));
                Assert.True(branch.ReachedEnd);
                Assert.Equal(1.25, branch.Points[^1].Parameter);
                // From above, those of the other pairs lie beyond the end.
                var expected = Enumerable.Range(0, from < 1.25 && gap > 0 ? n : 1).Select(i => 1.25 / (1 + i * gap)).Order().ToArray();
                Assert.Equal(expected.Select(_ => BifurcationType.BranchPoint), branch.Bifurcations.Select(b => b.Type));
                foreach (var (at, b) in expected.Zip(branch.Bifurcations)) Assert.Equal(at, b.Parameter, 1e-11);
            }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Eigenvalues_that_cross_0_together_are_a_branch_point_and_no_Hopf_point(int n)
    {
        // At y = 0, a = σ² all n pairs lose stability where (1 − σ)·wr = 1.
        var start = CircuitEquilibria.Near(Uncoupled(n, 0.5), new double[n], [.. Enumerable.Repeat(0.04, n)])!;
        foreach (var end in (double[])[3, 2, 1.3])
        {
            var branch = CircuitEquilibria.Follow(wr => Uncoupled(n, wr), 0.5, end, start);
            var (type, at) = (Assert.Single(branch.Bifurcations).Type, branch.Bifurcations[0].Parameter);
            Assert.Equal(BifurcationType.BranchPoint, type);
            Assert.Equal(1.25, at, 1e-9);
            Assert.Equal(0, branch.Bifurcations[0].Frequency);
            Assert.True(branch.ReachedEnd);
        }
    }

    [Fact]
    public void The_branch_that_a_pitchfork_sends_off_turns_there()
    {
        var start = CircuitEquilibria.Of(Uncoupled(1, 3)).First(p => p.State[0] > 0.01);
        var branch = CircuitEquilibria.Follow(wr => Uncoupled(1, wr), 3, 0.5, start);
        Assert.Equal(BifurcationType.BranchPoint, Assert.Single(branch.Bifurcations).Type);
        Assert.Equal(1.25, branch.Bifurcations[0].Parameter, 1e-8);
        Assert.Equal(0, branch.Bifurcations[0].Point.State[0], 1e-8);
        // It comes back as its own mirror image.
        Assert.Equal(-start.State[0], branch.Points[^1].Point.State[0], 1e-9);
    }

    [Fact]
    public void Where_a_path_touches_a_fold_from_inside_two_branches_cross()
    {
        // The edge of the astroid for wr = 2, b = 0.5, b0σ = 0.05.
        var edge = Math.Pow(1 - Math.Pow(0.1, 2.0 / 3), 1.5) / 0.5;
        Circuit At(double t) => new([edge - (t - 0.47) * (t - 0.47)], [0.5], [0.5], [0.1], [2], [2], [1], [2]);
        foreach (var start in CircuitEquilibria.Of(At(0)).Where(p => p.State[0] < 0))
        {
            var branch = CircuitEquilibria.Follow(At, 0, 1, start);
            Assert.Equal(BifurcationType.BranchPoint, Assert.Single(branch.Bifurcations).Type);
            Assert.Equal(0.47, branch.Bifurcations[0].Parameter, 1e-9);
            // The branch goes straight on, from the saddle to the focus or the other way round.
            Assert.NotEqual(start.Type == EquilibriumType.Saddle, branch.Points[^1].Point.Type == EquilibriumType.Saddle);
            // Both branches satisfy the equations all but equally well there, and the end lies on the one that was followed.
            foreach (var to in (double[])[0.47, 0.469999, 0.470001])
            {
                var part = CircuitEquilibria.Follow(At, 0, to, start);
                Assert.True(part.ReachedEnd);
                Assert.Equal(to < 0.47 ? 0 : 1, part.Bifurcations.Count);
                Assert.All(part.Bifurcations, b => Assert.Equal(0.47, b.Parameter, 1e-9));
                Assert.Equal(-0.88575195794, part.Points[^1].Point.State[0], to == 0.47 ? 1e-9 : 1e-6);
            }
        }
    }

    [Fact]
    public void A_fold_does_not_hide_a_Hopf_point_beside_it()
    {
        const double Wr = 2.951434411708896, Root = 0.1921858865025064, TauA = 0.3706037132632058, C = Root * Root, Theta = 1 - 1 / Wr;
        Circuit At(double z) => new([z], [1], [Root], [1], [1], [TauA], [1], [Wr]);
        // Both Hopf points by wr(θ − s) = c/(s²τ_a), the fold by the astroid.
        double Z(double s) => Math.Sqrt((s * s - C) * (s - Theta) * (s - Theta) * Wr * Wr / (s * s));
        double Trace(double s) => Wr * (Theta - s) - C / (s * s * TauA);
        var expected = (Upper: Z(Zero(Trace, 0.5, 0.6)), Lower: Z(Zero(Trace, 0.3, 0.35)), Fold: Math.Pow(Math.Pow(Wr - 1, 2.0 / 3) - Math.Pow(Wr * Root, 2.0 / 3), 1.5));
        Assert.Equal((0.3095, 0.8132, 0.8204), (Math.Round(expected.Upper, 4), Math.Round(expected.Lower, 4), Math.Round(expected.Fold, 4)));
        var upper = CircuitEquilibria.Of(At(0.01)).Single(p => p.State[0] < 0 && p.Type != EquilibriumType.Saddle);
        foreach (var end in (double[])[0.9, 1, 2, 4])
        {
            var found = CircuitEquilibria.Follow(At, 0.01, end, upper).Bifurcations;
            Assert.Equal([BifurcationType.Hopf, BifurcationType.Hopf, BifurcationType.Fold], found.Select(b => b.Type));
            foreach (var (b, at) in found.Zip((double[])[expected.Upper, expected.Lower, expected.Fold])) Assert.Equal(at, b.Parameter, 1e-9);
        }

        static double Zero(Func<double, double> f, double low, double high)
        {
            for (var k = 0; k < 60; k++)
                if (f((low + high) / 2) * f(low) > 0) low = (low + high) / 2;
                else high = (low + high) / 2;
            return low;
        }
    }

    [Fact]
    public void Events_that_undo_one_another_within_a_step_are_found()
    {
        // τ_a sways about its value at the Hopf point, which moves no fixed point: three times to and fro in a few steps.
        const double S = 0.4, Root = 0.05, Theta = 0.5;
        var z = Math.Sqrt((S * S - Root * Root) * (S - Theta) * (S - Theta) * 4 / (S * S)) / 0.5;
        var critical = Root * Root / (S * S) / (2 * (Theta - S) / 2);
        foreach (var (middle, sway) in (ReadOnlySpan<(double, double)>)[(0.98, 0.1), (0.98, 0.3), (0.9, 0.3), (1.02, 0.1)])
        {
            Circuit At(double t) => new([z], [0.5], [0.5], [0.1], [2], [critical * middle * (1 + sway * Math.Sin(20 * t))], [1], [2]);
            var start = CircuitEquilibria.Of(At(0)).Single(p => p.State[0] < 0 && p.Type != EquilibriumType.Saddle);
            var crossings = Enumerable.Range(0, 10_000).Count(k => (middle * (1 + sway * Math.Sin(20 * k / 10_000.0)) > 1) != (middle * (1 + sway * Math.Sin(20 * (k + 1) / 10_000.0)) > 1));
            var found = CircuitEquilibria.Follow(At, 0, 1, start).Bifurcations;
            Assert.Equal(crossings, found.Count);
            foreach (var b in found)
            {
                Assert.Equal(BifurcationType.Hopf, b.Type);
                Assert.Equal(1, middle * (1 + sway * Math.Sin(20 * b.Parameter)), 1e-9);
            }
        }
    }

    [Fact]
    public void A_branch_that_begins_at_a_branch_point_is_refused() => Assert.Contains("begin beside it",
        Assert.Throws<ArithmeticException>(() => CircuitEquilibria.Follow(wr => Uncoupled(1, wr), 1.25, 3, CircuitEquilibria.Near(Uncoupled(1, 1.3), [0], [0.04])!)).Message);

    [Theory]
    [InlineData(1e-2)]
    [InlineData(1e-4)]
    [InlineData(-1e-6)]
    public void A_weak_drive_decides_which_way_a_circuit_goes(double z)
    {
        Circuit At(double wr) => new([z], [1], [1], [0.2], [1], [1], [1], [wr]);
        var branch = CircuitEquilibria.Follow(At, 0.5, 3, CircuitEquilibria.Near(At(0.5), [0], [0.04])!);
        Assert.True(branch.ReachedEnd && branch.Points[^1].Point.IsStable && branch.Points[^1].Point.State[0] * Math.Sign(z) > 0.3);
        Assert.DoesNotContain(branch.Bifurcations, b => b.Type is BifurcationType.Fold or BifurcationType.BranchPoint);
    }

    [Fact]
    public void Deflation_alone_leads_from_one_point_to_the_others()
    {
        // Two starts, three points: a start must serve again.
        var (all, points) = (0, 0);
        foreach (var golden in Golden.Cases("bifurcation_2d.json").Where(g => g.GetProperty("n_fixed_points").GetInt32() == 3))
        {
            double Number(string name) => golden.GetProperty(name).GetDouble();
            var circuit = new Circuit([Number("z")], [Number("b")], [Number("b0")], [Number("sigma")], [Number("tauY")], [Number("tauA")], [Number("w")], [Number("wr")]);
            var found = CircuitEquilibria.Of(circuit, starts: 0).Count;
            points += found;
            if (found == 3) all++;
        }
        Assert.True(all >= 3 && points >= 20, $"all of {all}, {points} points");
    }

    [Fact]
    public void The_Jacobian_of_the_equations_is_that_of_differences_where_they_are_not_satisfied()
    {
        const int N = 3;
        var equations = new CircuitEquations(Sample.Draw(4, N, 1.5));
        var x = equations.Coordinates([0.4, -0.7, 1.1, 0.3, 1.7, 0.9]);
        var jacobian = new double[4 * N * N];
        Assert.True(equations.Residual(x, new double[2 * N]) > 0.1);
        equations.Jacobian(x, jacobian);
        const double H = 1e-6;
        for (var j = 0; j < 2 * N; j++)
        {
            var (up, down) = (new double[2 * N], new double[2 * N]);
            var at = x[j];
            x[j] = at + H;
            equations.Residual(x, up);
            x[j] = at - H;
            equations.Residual(x, down);
            x[j] = at;
            for (var i = 0; i < 2 * N; i++) Assert.Equal((up[i] - down[i]) / (2 * H), jacobian[i * 2 * N + j], 1e-7);
        }
    }
}
