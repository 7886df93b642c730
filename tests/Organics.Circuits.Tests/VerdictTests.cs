using Xunit.Abstractions;

namespace Organics.Tests;

/// <summary>No verdict that is not true: against 132 digits, where double has few left.</summary>
public sealed class VerdictTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Size", "Large")]
    public void Verdicts_of_thousands_of_circuits_near_their_margin_are_true() => Verdicts_of_circuits_near_their_margin_are_true_and_the_uncertainty_covers_the_error(2400);

    [Theory]
    [InlineData(80)]
    public void Verdicts_of_circuits_near_their_margin_are_true_and_the_uncertainty_covers_the_error(int count)
    {
        var (stable, unstable, undecided, ghosts, unknown) = (0, 0, 0, 0, 0);
        List<string> wrong = [];
        foreach (var (circuit, y, a) in MarginalCircuits.Draw(1, count))
        {
            // Whatever a search would have said of it.
            var report = StabilityReport.Of(circuit, new(y, a, new(SteadyStateStatus.Converged, 0, 0, 0, SteadyStateMethod.Deflation)));
            var abscissa = PreciseCircuit.Abscissa(circuit, y, a, 1e-3);
            if (report.Verdict == StabilityVerdict.Unknown)
            {
                if (abscissa is null) ghosts++;
                else unknown++;
                continue;
            }
            if (abscissa is not { } exact)
            {
                wrong.Add($"{report.Verdict} ({report.MaxRealPart} ± {report.Uncertainty}) where there is no fixed point: {CircuitFile.ToJson(circuit)}");
                continue;
            }
            if (Precise.Abs(exact - report.MaxRealPart) > report.Uncertainty)
                wrong.Add($"{report.MaxRealPart} ± {report.Uncertainty:G3} is off by {(double)Precise.Abs(exact - report.MaxRealPart):G3}: {CircuitFile.ToJson(circuit)}");
            switch (report.Verdict)
            {
                case StabilityVerdict.Stable:
                    stable++;
                    if (!(exact < 0.0)) wrong.Add($"called stable at {(double)exact}: {CircuitFile.ToJson(circuit)}");
                    break;
                case StabilityVerdict.Unstable:
                    unstable++;
                    if (!(exact > 0.0)) wrong.Add($"called unstable at {(double)exact}: {CircuitFile.ToJson(circuit)}");
                    break;
                default:
                    undecided++;
                    break;
            }
        }
        output.WriteLine($"{stable} stable, {unstable} unstable, {undecided} too near to decide; no fixed point: {ghosts} where there is none, {unknown} where there is one that double cannot prove; {wrong.Count} wrong");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count} are wrong:\n{string.Join('\n', wrong.Take(8))}");
        // Most are decided, or the test would say little.
        Assert.True(stable > count / 8 && unstable > count / 8 && ghosts > count / 20 && undecided + unknown < count / 5, $"{stable}, {unstable}, {ghosts}, {undecided}, {unknown}");
    }

    [Fact]
    [Trait("Size", "Large")]
    public void The_uncertainty_covers_the_error_of_hundreds_of_circuits_with_parameters_decades_apart()
        => The_uncertainty_covers_the_error_where_parameters_lie_decades_apart(600);

    /// <summary>Rates that lie decades apart, where a bound by norms would say nothing about the slow ones.</summary>
    [Theory]
    [InlineData(40)]
    public void The_uncertainty_covers_the_error_where_parameters_lie_decades_apart(int count)
    {
        var (decided, examined) = (0, 0);
        for (var trial = 0; trial < count; trial++)
        {
            var random = new Random(trial);
            var n = 1 + trial % 4;
            double[] Over(int length, double decades) => [.. Enumerable.Range(0, length).Select(_ => Math.Pow(10, decades * (2 * random.NextDouble() - 1)))];
            var identity = new double[n * n];
            for (var i = 0; i < n; i++) identity[i * n + i] = 1;
            double[] wr = trial % 3 == 0 ? identity : [.. Enumerable.Range(0, n * n).Select(_ => (2 * random.NextDouble() - 1) / n)];
            var circuit = new Circuit(Over(n, 3), Over(n, 1), Over(n, 2), Over(n, 2), Over(n, 7), Over(n, 7), Over(n * n, 2), wr);
            var point = SteadyState.Of(circuit);
            var report = StabilityReport.Of(circuit, point);
            if (report.Verdict == StabilityVerdict.Unknown || PreciseCircuit.Abscissa(circuit, point.Y, point.A, 1e-3) is not { } exact) continue;
            examined++;
            var error = Precise.Abs(exact - report.MaxRealPart);
            Assert.False(error > report.Uncertainty, $"{report.MaxRealPart} ± {report.Uncertainty:G3} is off by {(double)error:G3}: {CircuitFile.ToJson(circuit)}");
            if (report.Verdict == StabilityVerdict.Stable) Assert.True(exact < 0.0);
            if (Math.Abs(report.MaxRealPart) > report.Uncertainty) decided++;
        }
        output.WriteLine($"{decided} of {examined} decided");
        // What is lost are neighbours that no bound by norms tells apart, beside rates that are 10¹⁴ times theirs.
        Assert.True(examined > 5 * count / 6 && decided > 0.9 * examined, $"{decided} of {examined}");
    }

    [Fact]
    public void Beside_a_fold_no_point_is_called_stable_that_is_none()
    {
        // Just past a fold: three fixed points are left, with Re λ = 1.53, 1.69 and 2.24.
        var circuit = new Circuit(
            [1.794594879, 0.2243243599], [1.05, 1.03], [1.29, 0.68], [0.35, 0.51], [1.42, 1.9], [1.31, 0.92], [1.17, 1.12, 0.08, 1.02], [-0.77, 3.06, 1.81, -1.22]);
        var report = StabilityReport.Of(circuit);
        Assert.Equal(StabilityVerdict.Unstable, report.Verdict);
        Assert.Equal(1.53, report.MaxRealPart, 0.01);
        Assert.Equal(3, CircuitEquilibria.Of(circuit).Count);
        Assert.DoesNotContain(CircuitEquilibria.Of(circuit), p => p.IsStable);
        var ghost = SteadyState.Of(circuit);
        Assert.Equal(StabilityVerdict.Unknown, StabilityReport.Of(circuit, ghost).Verdict);
        // Nor where a search believes that it is there.
        Assert.Equal(StabilityVerdict.Unknown, StabilityReport.Of(circuit, ghost with { Result = ghost.Result with { Status = SteadyStateStatus.Converged } }).Verdict);
    }

    [Fact]
    public void What_only_rounding_excuses_is_not_taken_for_converged()
    {
        var circuit = new Circuit([1, 2], [1, 1], [1, 1], [1, 1], [1, 1], [1, 1], [1, 1, 1, 1], [1e30, 0, 0, 1e30]);
        foreach (var point in (SteadyStateSolution[])[SteadyState.Of(circuit), SteadyState.StableOf(circuit)])
            Assert.False(point.Result is { Status: SteadyStateStatus.Converged, Residual: > 1e-6 }, $"{point.Result}");
    }

    [Theory]
    [InlineData(1e150, -1)]
    [InlineData(1e100, -1)]
    public void A_slow_eigenvalue_beside_a_huge_one_keeps_its_digits(double z, double expected)
    {
        // λ² + (s + c/a)λ + s = 0 with s = √a = 1e150 or so: −s and −1.
        var report = StabilityReport.Of(new Circuit([z], [1], [1], [1], [1], [1], [1], [1]));
        Assert.Equal(expected, report.MaxRealPart, 1e-12);
        Assert.Equal(StabilityVerdict.Stable, report.Verdict);
        Assert.True(report.Uncertainty < 1e-12, $"{report.Uncertainty}");
    }

    [Theory]
    [InlineData(12)]
    [InlineData(20)]
    [Trait("Size", "Large")]
    public void A_large_defective_cluster_away_from_zero_gets_no_false_verdict(int k) => A_defective_cluster_away_from_zero_gets_no_false_verdict(k);

    /// <summary>
    /// Without drive y = 0 is a fixed point, and its Jacobian there is (1 − b0σ)Wr − I beside −I: with Wr = 2J + 2I and b0σ = 1/2 any J. Here J has one pair of eigenvalues r ± 4i, k times and defective, disguised by
    /// integer shears, so that every number is exact and the computed eigenvalues are wrong by up to 0.2.
    /// </summary>
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void A_defective_cluster_away_from_zero_gets_no_false_verdict(int k)
    {
        var n = 2 * k;
        foreach (var r in (double[])[-0.0625, 0.0009765625, 0.25])
            for (var seed = 0; seed < 3; seed++)
            {
                var j = new double[n * n];
                for (var i = 0; i < n; i++)
                {
                    j[i * n + i] = r;
                    j[i * n + (i ^ 1)] = i % 2 == 0 ? 4 : -4;
                    if (i + 2 < n) j[i * n + i + 2] = 1;
                }
                var random = new Random(seed);
                for (var t = 0; t < 3 * k; t++)
                {
                    var row = random.Next(n);
                    var column = (row + 1 + random.Next(n - 1)) % n;
                    for (var c = 0; c < n; c++) j[row * n + c] += j[column * n + c];
                    for (var c = 0; c < n; c++) j[c * n + column] -= j[c * n + row];
                }
                double[] wr = [.. j.Select((v, at) => 2 * v + (at % (n + 1) == 0 ? 2 : 0))];
                double[] Each(double value) => [.. Enumerable.Repeat(value, n)];
                var circuit = new Circuit(Each(0), Each(1), Each(1), Each(0.5), Each(1), Each(1), [.. Enumerable.Repeat(1.0 / n, n * n)], wr);
                var report = StabilityReport.Of(circuit, SteadyState.Of(circuit));
                Assert.True(report.Verdict is StabilityVerdict.Undecided || report.Verdict == (r < 0 ? StabilityVerdict.Stable : StabilityVerdict.Unstable),
                    $"k = {k}, r = {r}, seed {seed}: {report.MaxRealPart} ± {report.Uncertainty} is {report.Verdict}");
                Assert.True(Math.Abs(report.MaxRealPart - r) <= report.Uncertainty, $"k = {k}, r = {r}, seed {seed}: {report.MaxRealPart} ± {report.Uncertainty}");
            }
    }
}
