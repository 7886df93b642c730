using System.Numerics;

namespace Organics.Tests;

public sealed class NoiseSpectrumTests
{
    [Fact]
    public void One_leaky_integrator_has_a_Lorentzian()
    {
        var spectrum = new NoiseSpectrum([-2], [3]);
        foreach (var omega in new[] { 0.0, 0.5, 7 })
            Assert.Equal(9 / (4 + omega * omega), spectrum.Power(0, omega), 1e-14);
    }

    [Fact]
    public void Power_integrates_to_the_variance_of_the_Lyapunov_equation()
    {
        // JC + CJᵀ + D² = 0 for J = [[-1, 2], [-2, -3]]: checked by its residual, C by quadrature over ω = tan u.
        double[] j = [-1, 2, -2, -3], noise = [1, 0.5];
        var spectrum = new NoiseSpectrum(j, noise);
        var c = new double[4];
        const int Points = 4000;
        for (var k = 0; k < Points; k++)
        {
            var u = Math.PI * ((k + 0.5) / Points - 0.5);
            var s = spectrum.CrossSpectrum(Math.Tan(u));
            for (var i = 0; i < 4; i++) c[i] += s[i].Real / (Math.Cos(u) * Math.Cos(u)) * (Math.PI / Points) / (2 * Math.PI);
        }
        double[] residual =
        [
            2 * (j[0] * c[0] + j[1] * c[2]) + 1, j[0] * c[1] + j[1] * c[3] + c[0] * j[2] + c[1] * j[3],
            j[2] * c[0] + j[3] * c[2] + c[2] * j[0] + c[3] * j[1], 2 * (j[2] * c[1] + j[3] * c[3]) + 0.25,
        ];
        Assert.All(residual, r => Assert.Equal(0, r, 1e-3));
    }

    [Fact]
    public void Coherence_is_one_where_one_noise_drives_both()
    {
        var spectrum = new NoiseSpectrum([-1, 0.5, 0.3, -2], [1, 0]);
        Assert.Equal(1, spectrum.Coherence(0, 1, 0.7), 1e-12);
        Assert.InRange(new NoiseSpectrum([-1, 0.5, 0.3, -2], [1, 1]).Coherence(0, 1, 0.7), 0.01, 0.99);
        Assert.Equal(0, new NoiseSpectrum([-1, 0, 0, -2], [1, 0]).Coherence(0, 1, 0.7));
    }

    [Fact]
    public void An_unstable_system_has_no_spectrum()
        => Assert.Contains("largest real part", Assert.Throws<ArgumentException>(() => new NoiseSpectrum([0.1], [1])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_follower_lags_behind_its_leader()
    {
        // ẋ₀ = −x₀ + noise, ẋ₁ = −x₁ + 2x₀: S₁₀ = 2/(1 + iω)·S₀₀, and its conjugate the other way round.
        var spectrum = new NoiseSpectrum([-1, 0, 2, -1], [1, 0]);
        foreach (var omega in (double[])[0.3, 1, 5])
        {
            var s = spectrum.CrossSpectrum(omega);
            var expected = 2 / new Complex(1, omega) * s[0];
            Assert.Equal(0, (s[2] - expected).Magnitude, 1e-14);
            Assert.Equal(0, (s[1] - Complex.Conjugate(expected)).Magnitude, 1e-14);
            Assert.True(s[2].Phase < 0);
        }
    }

    [Fact]
    public void A_readout_sees_what_its_components_share()
    {
        // cᵀSd by the whole matrix; the last noise is none.
        double[] j = [-1, 2, 0.3, -2, -3, 0.5, 0.1, 1, -2], c = [0.5, 0.5, 0], d = [1, 0, -2];
        var spectrum = new NoiseSpectrum(j, [1, 0.5, 0]);
        foreach (var omega in (double[])[0, 0.7, 3])
        {
            var s = spectrum.CrossSpectrum(omega);
            Complex Sum(double[] a, double[] b) => Enumerable.Range(0, 9).Aggregate(Complex.Zero, (sum, k) => sum + a[k / 3] * s[k] * b[k % 3]);
            Assert.Equal(Sum(c, c).Real, spectrum.Power(c, omega), 1e-14);
            Assert.Equal(Math.Pow(Sum(c, d).Magnitude, 2) / (Sum(c, c).Real * Sum(d, d).Real), spectrum.Coherence(c, d, omega), 1e-13);
            Assert.Equal(1, spectrum.Coherence(d, [-3, 0, 6], omega), 1e-13);
            Assert.Equal(spectrum.Powers(omega)[1], spectrum.Power(1, omega), 1e-14);
        }
    }

    // A peak of some height at the frequency of a mode, of its width.
    static double Lorentzian(Complex mode, double height, double omega)
        => height * mode.Real * mode.Real / ((omega - mode.Imaginary) * (omega - mode.Imaginary) + mode.Real * mode.Real);

    [Fact]
    public void The_highest_peak_may_be_that_of_a_mode_that_is_damped_more()
    {
        Complex slow = new(-0.01, 1), fast = new(-0.3, 5);
        Complex[] all = [slow, Complex.Conjugate(slow), -2, fast, Complex.Conjugate(fast)];
        foreach (var height in (double[])[0.3, 3])
        {
            var (omega, power) = NoiseSpectrum.HighestPeak(w => Lorentzian(slow, 1, w) + Lorentzian(fast, height, w), all)!.Value;
            Assert.Equal(height > 1 ? 5 : 1, omega, 1e-3);
            // And what the other adds there.
            Assert.Equal(Math.Max(1, height), power, 2e-3);
        }
    }

    [Fact]
    public void What_rises_or_falls_all_along_has_no_peak()
    {
        Complex still = new(-0.05, 1), peak = new(-0.1, 5);
        Assert.Null(NoiseSpectrum.HighestPeak(w => 10 / (w * w), [still]));
        Assert.Null(NoiseSpectrum.HighestPeak(w => 10 * w * w, [still]));
        Assert.Null(NoiseSpectrum.HighestPeak(w => 1, [-1, -2]));
        // Such a slope is no peak however high it is: at 1 it is above the one at 5.
        var (omega, power) = NoiseSpectrum.HighestPeak(w => 10 / (w * w) + Lorentzian(peak, 3, w), [still, peak])!.Value;
        Assert.Equal(5, omega, 0.01);
        Assert.Equal(3.4, power, 0.01);
    }

    [Fact]
    public void What_is_not_there_cannot_be_read()
    {
        var spectrum = new NoiseSpectrum([-1, 0, 0, -2], [1, 0]);
        Assert.Contains("3 weights", Assert.Throws<ArgumentException>(() => spectrum.Power([1, 0, 0], 1)).Message, StringComparison.Ordinal);
        Assert.Equal("second", Assert.Throws<ArgumentException>(() => spectrum.Coherence([1, 0], [1], 1)).ParamName);
        Assert.Throws<ArgumentOutOfRangeException>(() => spectrum.Power(2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => spectrum.Coherence(0, -1, 1));
    }
}
