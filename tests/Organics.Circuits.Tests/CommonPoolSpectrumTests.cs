using System.Numerics;

namespace Organics.Tests;

public sealed class CommonPoolSpectrumTests
{
    /// <summary>A circuit of identity recurrence whose rows of W are alike; every third unit has no drive, and some have the same c.</summary>
    static Circuit Draw(int seed, int n, double strength, bool isUniform = false)
    {
        var random = new Random(seed);
        double[] Vector(Func<int, double> f) => [.. Enumerable.Range(0, n).Select(f)];
        var (ones, w) = (Vector(_ => 1), Vector(_ => strength * random.NextDouble()));
        return new(Vector(i => i % 3 == 2 ? 0 : 2 * random.NextDouble() - 0.5), ones,
            Vector(i => isUniform || i % 4 == 1 ? 0.7 : 0.2 + random.NextDouble()), ones,
            ones, ones, [.. Enumerable.Repeat(w, n).SelectMany(row => row)], [.. Enumerable.Range(0, n * n).Select(k => k / n == k % n ? 1.0 : 0)]);
    }

    static Complex[] Of(Circuit circuit)
    {
        var point = SteadyState.StableOf(circuit);
        return CommonPoolSpectrum.Of([.. point.A.Select(Math.Sqrt)], [.. point.Y.Select((y, i) => circuit.W[i] * y * y)]);
    }

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 3)]
    [InlineData(3, 0.1)]
    [InlineData(4, 1)]
    [InlineData(13, 1)]
    [InlineData(13, 40)]
    [InlineData(30, 1)]
    [InlineData(30, 1e-3)]
    [InlineData(30, 300)]
    public void It_is_that_of_the_Jacobian(int n, double strength)
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var circuit = Draw(seed, n, strength, isUniform: seed == 11);
            Complex[] found = Of(circuit), all = StabilityReport.Of(circuit).Eigenvalues;
            Assert.Equal(2 * n, all.Length);
            // QR scatters what is defective, as −1 of several units is where they are coupled.
            foreach (var value in all) Assert.True(found.Min(f => (f - value).Magnitude) <= 1e-6 * (1 + value.Magnitude), $"{value} of n = {n}, seed {seed}");
            foreach (var value in found)
                Assert.True(all.Min(f => (f - value).Magnitude) <= 1e-6 * (1 + value.Magnitude), $"{value} too many, n = {n}, seed {seed}");
            Assert.Equal(all.Max(v => v.Real), found.Max(v => v.Real), 1e-6);
            // The trace: −Σ s − n + Σ m, of which the −1 that are not repeated are n − 2, or 0 of one unit.
            if (found.Length == n + 2) Assert.Equal(all.Sum(v => v.Real), found.Sum(v => v.Real) - (n - 2), 1e-9 * n * (1 + strength));
        }
    }

    [Fact]
    public void With_one_c_it_is_the_closed_form()
    {
        var random = new Random(3);
        double[] z = [.. Enumerable.Range(0, 9).Select(_ => random.NextDouble())], ones = [.. Enumerable.Repeat(1.0, 9)];
        Circuit circuit = new(z, ones, ones, ones, ones, ones, [.. Enumerable.Repeat(2.0, 81)],
            [.. Enumerable.Range(0, 81).Select(k => k / 9 == k % 9 ? 1.0 : 0)]);
        var (closed, found) = (ClosedFormSpectrum.Of(circuit)!, Of(circuit));
        Assert.Contains(found, v => v.Imaginary != 0);
        foreach (var value in closed.Eigenvalues) Assert.True(found.Min(f => (f - value).Magnitude) <= 1e-12, $"{value}");
    }

    /// <summary>λ² + (1 + s − m)λ + s = 0 of one unit: the small root is −s/(1 − m) but for parts of s, and keeps its digits beside a large one.</summary>
    [Theory]
    [InlineData(1e-12, 0.25)]
    [InlineData(1e-13, 0.75)]
    [InlineData(1e-15, 0)]
    public void A_small_root_beside_a_large_one_keeps_its_digits(double s, double m)
    {
        var found = CommonPoolSpectrum.Of([s], [m]);
        Assert.All(found, v => Assert.Equal(0, v.Imaginary));
        Assert.Equal(-s / (1 - m), found.Max(v => v.Real), 1e-10 * s);
        Assert.Equal(m - 1, found.Min(v => v.Real), 1e-11);
    }

    [Fact]
    public void Units_without_drive_relax_on_their_own_and_nothing_is_refused_in_a_sentence()
    {
        Assert.Equal([-1, -0.5, -2], CommonPoolSpectrum.Of([0.5, 2], [0, 0]).OrderBy(v => v.Real == -1 ? -9 : -v.Real));
        Assert.Equal([-0.5, -1], CommonPoolSpectrum.Of([0.5], [0]));
        Assert.Contains("2 roots and 1 shares", Assert.Throws<ArgumentException>(() => CommonPoolSpectrum.Of([1, 2], [0])).Message);
        Assert.Contains("0 roots", Assert.Throws<ArgumentException>(() => CommonPoolSpectrum.Of([], [])).Message);
    }
}
