using System.Numerics;

namespace Organics.Tests;

public sealed class RightmostSpectrumTests
{
    /// <summary>What is found are eigenvalues, and the rightmost among them, as QR says.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(7, 0)]
    [InlineData(40, 0)]
    [InlineData(12, 1.2)]
    [InlineData(40, 1.5)]
    public void It_agrees_with_QR(int n, double size)
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var circuit = Sample.Draw(seed, n, size);
            var point = SteadyState.Of(circuit);
            if (point.Result.Status != SteadyStateStatus.Converged) continue;
            var jacobian = new double[4 * n * n];
            CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
            var all = Eigenvalues.Of(jacobian, 2 * n).Values;
            var found = RightmostSpectrum.Of(circuit, point.Y, point.A, 4);
            var scale = all.Max(v => v.Magnitude);
            foreach (var (value, error) in found.Eigenvalues.Zip(found.Errors)) Assert.InRange(all.Min(v => (v - value).Magnitude), 0, 1e-6 * scale + 100 * error);
            Assert.Equal(all.Max(v => v.Real), found.Eigenvalues[0].Real, 1e-6 * scale);
        }
    }

    [Fact]
    public void A_ring_of_two_thousand_has_the_eigenvalues_of_its_modes()
    {
        // Driven alike, its Jacobian falls apart into blocks of order 2, one for each wave along the ring.
        const int N = 2000;
        var circuit = CircuitFile.Parse($$"""{ "n": {{N}}, "z": 1, "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 1, "tauA": 4, "W": { "gaussian": { "width": 40, "circular": true } }, "Wr": 1 }""");
        var point = SteadyState.Of(circuit);
        var (y, a) = (point.Y[0], point.A[0]);
        List<Complex> modes = [];
        for (var k = 0; k <= N / 2; k++)
        {
            var w = Enumerable.Range(0, N).Sum(d => circuit.W[d] * Math.Cos(2 * Math.PI * k * d / N));
            double j11 = -Math.Sqrt(a), j12 = -y / (2 * Math.Sqrt(a)), j21 = 2 * w * a * y / 4, j22 = (w * y * y - 1) / 4;
            var root = Complex.Sqrt((j11 - j22) * (j11 - j22) / 4 + j12 * j21);
            modes.Add((j11 + j22) / 2 + root);
            modes.Add((j11 + j22) / 2 - root);
        }
        var found = RightmostSpectrum.Of(circuit, point.Y, point.A, 3);
        Assert.Equal(modes.Max(v => v.Real), found.Eigenvalues[0].Real, 1e-7);
        foreach (var (value, error) in found.Eigenvalues.Zip(found.Errors)) Assert.InRange(modes.Min(v => (v - value).Magnitude), 0, 1e-8 + 10 * error);
    }

    /// <summary>The iteration of a large circuit may end at a fixed point that is not stable, as that of a small one: then others are sought.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(16)]
    [InlineData(35)]
    [InlineData(50)]
    public void A_stable_point_is_found_where_the_iteration_ends_at_another(int seed)
    {
        var circuit = RandomCircuits.Recurrent(3, 3, RecurrenceHypothesis.Any, new Random(seed));
        Assert.Equal(StabilityVerdict.Unstable, StabilityReport.Of(circuit, SteadyState.Of(circuit)).Verdict);
        var (point, spectrum) = RightmostSpectrum.StableOf(circuit);
        var report = StabilityReport.Of(circuit, point);
        Assert.True(report.IsStable);
        Assert.Equal(report.MaxRealPart, spectrum!.Eigenvalues[0].Real, 1e-9);
    }

    [Fact]
    public void Where_no_stable_point_is_met_the_least_unstable_one_is_said()
    {
        // The theory of one pair knows a saddle and nothing else (Conjecture 5.3's counter-example).
        var saddle = new Circuit([0.9], [1], [1], [1], [1], [1], [1], [-1]);
        var (point, spectrum) = RightmostSpectrum.StableOf(saddle);
        Assert.Equal(SteadyStateStatus.Converged, point.Result.Status);
        Assert.True(spectrum!.Eigenvalues[0].Real > 0);
    }
}
