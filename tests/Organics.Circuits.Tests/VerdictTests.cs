using Xunit.Abstractions;

namespace Organics.Tests;

/// <summary>No verdict that is not true: against 132 digits, where double has few left.</summary>
public sealed class VerdictTests(ITestOutputHelper output)
{
    [Fact]
    public void Verdicts_of_circuits_near_their_margin_are_true_and_the_uncertainty_covers_the_error()
    {
        const int Count = 2400;
        var (stable, unstable, undecided, ghosts, unknown) = (0, 0, 0, 0, 0);
        List<string> wrong = [];
        foreach (var (circuit, y, a) in MarginalCircuits.Draw(1, Count))
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
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {Count} are wrong:\n{string.Join('\n', wrong.Take(8))}");
        // Most are decided, or the test would say little.
        Assert.True(stable > Count / 8 && unstable > Count / 8 && ghosts > Count / 20 && undecided + unknown < Count / 5, $"{stable}, {unstable}, {ghosts}, {undecided}, {unknown}");
    }

    /// <summary>Rates that lie decades apart, where a bound by norms would say nothing about the slow ones.</summary>
    [Fact]
    public void The_uncertainty_covers_the_error_where_parameters_lie_decades_apart()
    {
        var (decided, examined) = (0, 0);
        for (var trial = 0; trial < 600; trial++)
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
        Assert.True(examined > 500 && decided > 0.95 * examined, $"{decided} of {examined}");
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
        Assert.Equal(3, FixedPoints.Of(circuit).Count);
        Assert.DoesNotContain(FixedPoints.Of(circuit), p => p.IsStable);
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
}
