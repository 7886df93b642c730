namespace Organics.Tests;

public sealed class FixedPointsTests
{
    [Fact]
    public void All_fixed_points_of_one_pair_are_found()
    {
        foreach (var golden in Golden.Cases("bifurcation_2d.json"))
        {
            double Number(string name) => golden.GetProperty(name).GetDouble();
            var circuit = new Circuit([Number("z")], [Number("b")], [Number("b0")], [Number("sigma")], [Number("tauY")], [Number("tauA")], [Number("w")], [Number("wr")]);
            var found = FixedPoints.Of(circuit);
            Assert.Equal(golden.GetProperty("n_fixed_points").GetInt32(), found.Count);
            Assert.Equal(golden.GetProperty("n_stable").GetInt32(), found.Count(p => p.IsStable));
            foreach (var (expected, point) in golden.GetProperty("fixed_points").EnumerateArray().Zip(found))
            {
                Assert.Equal(expected.GetProperty("y").GetDouble(), point.Y[0], 1e-9 * Math.Abs(point.Y[0]));
                Assert.Equal(expected.GetProperty("a").GetDouble(), point.A[0], 1e-9 * point.A[0]);
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
        var only = Assert.Single(FixedPoints.Of(circuit));
        Assert.True(only.IsStable);
        Golden.Close(SteadyState.Of(circuit).A, only.A, 1e-10, "a");
    }

    [Fact]
    public void Continuation_finds_the_fold_of_the_astroid_and_the_Hopf_point()
    {
        // wr = 2, b = 0.5, b0 = 0.5, σ = 0.1, w = 1: three fixed points for |z| below the astroid's edge.
        const double Wr = 2, B = 0.5, Root = 0.05, Theta = 0.5;
        Circuit At(double z) => new([z], [B], [0.5], [0.1], [2], [2], [1], [Wr]);
        var upper = FixedPoints.Of(At(0.001)).Single(p => p.Y[0] < 0 && p.A[0] > Math.Pow(Root * Root * Theta, 2.0 / 3));
        var branch = Continuation.Follow(At, 0.001, 4, upper);
        var edge = Math.Pow(Math.Pow(Wr - 1, 2.0 / 3) - Math.Pow(Wr * Root, 2.0 / 3), 1.5) / B;
        var fold = Assert.Single(branch.Bifurcations, b => b.Type == BifurcationType.Fold);
        Assert.Equal(edge, fold.Parameter, 1e-8);
        Assert.Equal(Math.Pow(Root * Root * Theta, 2.0 / 3), fold.Point.A[0], 1e-6);
        // Hopf on the upper branch: wr(θ − s)/τ_y = c/(s²τ_a).
        var hopf = Assert.Single(branch.Bifurcations, b => b.Type == BifurcationType.Hopf);
        var s = Math.Sqrt(hopf.Point.A[0]);
        Assert.Equal(Root * Root / (s * s) / 2, Wr * (Theta - s) / 2, 1e-8);
        Assert.Equal(0, hopf.Point.Eigenvalues.Max(v => v.Real), 1e-8);
        // It oscillates at the square root of the determinant wr(s³ − cθ)/(s²τ_yτ_a).
        Assert.Equal(Math.Sqrt(Wr * (s * s * s - Root * Root * Theta) / (s * s * 4)) / (2 * Math.PI), hopf.Frequency, 1e-8);
        Assert.True(branch.ReachedEnd);
        Assert.Equal(0.001, branch.Points[^1].Parameter, 1e-12);
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
            var found = FixedPoints.Of(circuit, starts: 0).Count;
            points += found;
            if (found == 3) all++;
        }
        Assert.True(all >= 3 && points >= 20, $"all of {all}, {points} points");
    }

    [Fact]
    public void The_Jacobian_of_the_equations_is_that_of_differences_where_they_are_not_satisfied()
    {
        const int N = 3;
        var equations = new FixedPointEquations(Sample.Draw(4, N, 1.5));
        var x = equations.State([0.4, -0.7, 1.1], [0.3, 1.7, 0.9]);
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
