using FsCheck.Xunit;

namespace Organics.Laws;

/// <summary>One pair with w = b = τ_y = 1 has its folds and Hopf points in closed form: what is followed must meet them all, and nothing else.</summary>
public sealed class ContinuationLaws
{
    const double Start = 0.01, End = 4;

    [Property(MaxTest = 80)]
    public void A_branch_meets_every_event_once_and_in_order(int seed)
    {
        var random = new Random(seed);
        var wr = 1.3 + 2.5 * random.NextDouble();
        var (root, tauA, theta) = ((wr - 1) / wr * (0.05 + 0.5 * random.NextDouble()), Math.Pow(10, -1 + 1.5 * random.NextDouble()), 1 - 1 / wr);
        var c = root * root;
        var turn = Math.Pow(c * theta, 1.0 / 3);
        double Z(double s) => Math.Sqrt((s * s - c) * (s - theta) * (s - theta) * wr * wr / (s * s));
        double Trace(double s) => wr * (theta - s) - c / (s * s * tauA);
        // The upper branch runs from s near θ down to the fold.
        double[] grid = [.. Enumerable.Range(0, 2001).Select(k => theta + (turn - theta) * k / 2000.0)];
        // A pair that all but touches the axis, or a Hopf point at the fold itself, is met or not by rounding.
        if (grid.Zip(grid.Skip(1)).Any(g => Trace(g.First) * Trace(g.Second) > 0 && Math.Abs(Trace(g.First)) < 1e-3) || Math.Abs(Trace(turn)) < 1e-2) return;
        double[] hopf = [.. grid.Zip(grid.Skip(1)).Where(g => Trace(g.First) * Trace(g.Second) < 0).Select(g => Z(Zero(Trace, g.First, g.Second))).Where(z => z > Start)];
        var fold = Math.Pow(Math.Pow(wr - 1, 2.0 / 3) - Math.Pow(wr * root, 2.0 / 3), 1.5);
        if (fold < 2 * Start || hopf.Any(z => Math.Abs(z - Start) < 1e-3)) return;

        Circuit At(double z) => new([z], [1], [root], [1], [1], [tauA], [1], [wr]);
        var upper = CircuitEquilibria.Of(At(Start)).Where(p => p.State[0] < 0).MaxBy(p => p.State[1])!;
        var branch = CircuitEquilibria.Follow(At, Start, End, upper);
        Assert.True(branch.ReachedEnd);
        Assert.Equal([.. hopf.Select(_ => BifurcationType.Hopf), BifurcationType.Fold], branch.Bifurcations.Select(b => b.Type));
        foreach (var (expected, b) in hopf.Append(fold).Zip(branch.Bifurcations)) Assert.Equal(expected, b.Parameter, 1e-8);
        Assert.All(branch.Bifurcations, b => Assert.Equal(b.Type == BifurcationType.Hopf, b.Frequency > 0));
    }

    [Property(MaxTest = 60)]
    public void Branch_points_are_where_the_eigenvalues_of_the_recurrence_say_however_near_to_one_another(int seed)
    {
        // y = 0, a = σ² is a fixed point for every wr, and loses stability where (1 − σ)·wr·μ = 1 for an eigenvalue μ of a symmetric Wr.
        const double Sigma = 0.2, Low = 0.5, High = 3;
        var random = new Random(seed);
        var n = 1 + random.Next(5);
        double[] Draw(int count, double least, double most) => [.. Enumerable.Range(0, count).Select(_ => least + (most - least) * random.NextDouble())];
        var mu = new double[n];
        for (var i = 0; i < n; i++) mu[i] = i == 0 ? 1 : mu[i - 1] + Math.Pow(10, -6 + 5 * random.NextDouble());
        var mirror = Draw(n, -1, 1);
        var square = mirror.Sum(v => v * v);
        double Entry(int i, int k) => (i == k ? 1 : 0) - 2 * mirror[i] * mirror[k] / square;
        double[] recurrence = [.. Enumerable.Range(0, n * n).Select(e => Enumerable.Range(0, n).Sum(k => Entry(e / n, k) * mu[k] * Entry(e % n, k)))];
        var (b, tauY, tauA, weights) = (Draw(n, 0.5, 2), Draw(n, 0.5, 2), Draw(n, 0.5, 2), Draw(n * n, 0, 1));
        double[] All(double value) => [.. Enumerable.Repeat(value, n)];
        Circuit At(double wr) => new(All(0), b, All(1), All(Sigma), tauY, tauA, weights, [.. recurrence.Select(v => v * wr)]);

        var (from, to) = random.Next(2) == 0 ? (Low, High) : (High, Low);
        var branch = CircuitEquilibria.Follow(At, from, to, CircuitEquilibria.Near(At(from), All(0), All(Sigma * Sigma))!);
        Assert.True(branch.ReachedEnd);
        double[] expected = [.. mu.Select(v => 1 / ((1 - Sigma) * v)).OrderBy(v => Math.Abs(v - from))];
        Assert.Equal(expected.Select(_ => BifurcationType.BranchPoint), branch.Bifurcations.Select(v => v.Type));
        foreach (var (at, found) in expected.Zip(branch.Bifurcations)) Assert.Equal(at, found.Parameter, 1e-9);
    }

    [Property(MaxTest = 60)]
    public void A_curve_that_turns_two_or_four_times_has_as_many_folds(int seed)
    {
        // ẋ = m − p(x), whose folds are the roots of p′.
        var random = new Random(seed);
        double[] roots = [.. Enumerable.Range(0, 2 + 2 * random.Next(2)).Select(_ => 2 * random.NextDouble() - 1).Order()];
        if (roots.Zip(roots.Skip(1)).Any(r => r.Second - r.First < 1e-3)) return;
        double[] slope = [0.5 + 4 * random.NextDouble()];
        foreach (var root in roots)
            slope = [.. Enumerable.Range(0, slope.Length + 1).Select(k => (k > 0 ? slope[k - 1] : 0) - (k < slope.Length ? root * slope[k] : 0))];
        double Slope(double x) => slope.Select((c, k) => c * Math.Pow(x, k)).Sum();
        double P(double x) => slope.Select((c, k) => c * Math.Pow(x, k + 1) / (k + 1)).Sum();
        var (from, to) = (P(-2), P(2));
        if (roots.Any(r => !(P(r) > from && P(r) < to))) return;

        IOdeSystem At(double m) => new Graph(x => m - P(x), x => -Slope(x));
        var branch = Continuation.Follow(At, from, to, Equilibria.Near(EquilibriumEquations.Of(At(from)), [-2])!);
        Assert.True(branch.ReachedEnd);
        Assert.Equal(roots.Select(_ => BifurcationType.Fold), branch.Bifurcations.Select(b => b.Type));
        foreach (var (root, fold) in roots.Zip(branch.Bifurcations))
        {
            Assert.Equal(root, fold.Point.State[0], 1e-6);
            Assert.Equal(P(root), fold.Parameter, 1e-8 * (to - from));
        }
    }

    sealed class Graph(Func<double, double> rate, Func<double, double> slope) : IStiffOdeSystem
    {
        public int Dimension => 1;

        public bool IsAutonomous => true;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => dxdt[0] = rate(x[0]);

        public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian) => jacobian[0] = slope(x[0]);
    }

    static double Zero(Func<double, double> f, double low, double high)
    {
        for (var k = 0; k < 60; k++)
            if (f((low + high) / 2) * f(low) > 0) low = (low + high) / 2;
            else high = (low + high) / 2;
        return low;
    }
}
