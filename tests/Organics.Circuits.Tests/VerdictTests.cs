using Xunit.Abstractions;

namespace Organics.Tests;

/// <summary>No verdict that is not true: against 66 digits, where double has few left.</summary>
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
        Assert.True(stable > Count / 4 && unstable > Count / 8 && ghosts > Count / 20 && undecided + unknown < Count / 5, $"{stable}, {unstable}, {ghosts}, {undecided}, {unknown}");
    }
}
