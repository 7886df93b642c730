using System.Numerics;

namespace Organics;

/// <summary>The spectrum of a sampled course by Welch's method (IEEE Trans. Audio Electroacoust. 15, 1967): the mean periodogram of segments that overlap by half,
/// each without its mean and under Hann's window.</summary>
public static class WelchSpectrum
{
    /// <summary>Estimates the power spectral density, two-sided as that of <see cref="NoiseSpectrum"/>: ∫S dω/2π over all ω is the variance.</summary>
    /// <param name="samples">The course at equal times.</param>
    /// <param name="step">The time between two samples.</param>
    /// <param name="segment">Samples of a segment, a power of two from 4 on; not more than there are.</param>
    /// <returns>Frequencies from 0 to 1/(2·step), in cycles per unit of time, and the density at each.</returns>
    /// <exception cref="ArgumentException">The segment is no power of two, or longer than the course.</exception>
    public static (double[] Frequencies, double[] Powers) Of(ReadOnlySpan<double> samples, double step, int segment)
    {
        if (segment < 4 || !BitOperations.IsPow2(segment) || segment > samples.Length)
            throw new ArgumentException($"The segment is {segment}; give a power of two from 4 to the {samples.Length} samples that there are.",
                nameof(segment));
        if (!(step > 0)) throw new ArgumentOutOfRangeException(nameof(step), $"The time between samples is {step}; give a positive number.");
        double[] window = [.. Enumerable.Range(0, segment).Select(k => 0.5 - 0.5 * Math.Cos(2 * Math.PI * k / segment))];
        var (powers, buffer, count) = (new double[segment / 2 + 1], new Complex[segment], 0);
        for (var first = 0; first + segment <= samples.Length; first += segment / 2, count++)
        {
            var mean = 0.0;
            foreach (var x in samples.Slice(first, segment)) mean += x / segment;
            for (var k = 0; k < segment; k++) buffer[k] = window[k] * (samples[first + k] - mean);
            Transform(buffer);
            for (var k = 0; k < powers.Length; k++) powers[k] += buffer[k].Real * buffer[k].Real + buffer[k].Imaginary * buffer[k].Imaginary;
        }
        var factor = step / (window.Sum(w => w * w) * count);
        for (var k = 0; k < powers.Length; k++) powers[k] *= factor;
        return ([.. Enumerable.Range(0, powers.Length).Select(k => k / (segment * step))], powers);
    }

    // Cooley and Tukey's transform in place.
    static void Transform(Complex[] x)
    {
        var n = x.Length;
        for (int i = 1, j = 0; i < n; i++)
        {
            var bit = n >> 1;
            for (; (j & bit) != 0; bit >>= 1) j ^= bit;
            j ^= bit;
            if (i < j) (x[i], x[j]) = (x[j], x[i]);
        }
        for (var length = 2; length <= n; length *= 2)
            for (var k = 0; k < length / 2; k++)
            {
                var twiddle = Complex.FromPolarCoordinates(1, -2 * Math.PI * k / length);
                for (var i = k; i < n; i += length)
                {
                    var (even, odd) = (x[i], twiddle * x[i + length / 2]);
                    (x[i], x[i + length / 2]) = (even + odd, even - odd);
                }
            }
    }
}
