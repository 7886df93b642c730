namespace Organics.Tests;

public sealed class WelchSpectrumTests
{
    [Fact]
    public void White_noise_has_the_same_power_everywhere_and_all_of_it_is_the_variance()
    {
        var random = new CounterRandom(1, 0);
        double[] x = [.. Enumerable.Range(0, 1 << 16).Select(k => 3 * random.Normal((ulong)k))];
        var (f, p) = WelchSpectrum.Of(x, 0.5, 256);
        Assert.Equal((129, 0, 1), (f.Length, f[0], f[^1]));
        // Two-sided: 9·Δt. Without the lowest two, which lack the mean.
        Assert.All(p[2..^1], power => Assert.Equal(4.5, power, 1.2));
        Assert.Equal(4.5, p[2..^1].Average(), 0.1);
        Assert.Equal(9, 2 * p.Sum() * (f[1] - f[0]), 0.3);
    }

    [Fact]
    public void A_sinusoid_stands_at_its_frequency_with_half_its_square()
    {
        double[] x = [.. Enumerable.Range(0, 4096).Select(k => 2 * Math.Sin(2 * Math.PI * 0.125 * k) + 7)];
        var (f, p) = WelchSpectrum.Of(x, 1, 512);
        Assert.Equal(0.125, f[Array.IndexOf(p, p.Max())], 1e-12);
        Assert.Equal(2, 2 * p.Sum() * f[1], 0.01);
    }

    [Fact]
    public void A_transform_of_any_length_is_the_sum_that_defines_it()
    {
        var random = new Random(3);
        foreach (var n in (int[])[4, 8, 32])
        {
            double[] x = [.. Enumerable.Range(0, n).Select(_ => random.NextDouble())];
            var (_, p) = WelchSpectrum.Of(x, 1, n);
            var mean = x.Average();
            double[] w = [.. Enumerable.Range(0, n).Select(k => 0.5 - 0.5 * Math.Cos(2 * Math.PI * k / n))];
            for (var k = 0; k <= n / 2; k++)
            {
                var sum = Enumerable.Range(0, n).Aggregate(System.Numerics.Complex.Zero, (s, j) => s + w[j] * (x[j] - mean) * System.Numerics.Complex.FromPolarCoordinates(1, -2 * Math.PI * j * k / n));
                Assert.Equal(sum.Magnitude * sum.Magnitude / w.Sum(v => v * v), p[k], 1e-12);
            }
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(24)]
    [InlineData(128)]
    public void A_segment_is_a_power_of_two_that_fits(int segment) => Assert.Throws<ArgumentException>(() => WelchSpectrum.Of(new double[100], 1, segment));
}
