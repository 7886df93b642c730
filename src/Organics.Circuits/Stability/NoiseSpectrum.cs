using System.Numerics;

namespace Organics;

/// <summary>
/// What white noise makes of a circuit near a stable fixed point. With ẋ = J(x − x*) + D(ν)·ξ, where ξ are independent white noises of unit intensity, the
/// cross-spectral density is S(ω) = (iωI − J)⁻¹ D(ν²) (iωI − J)⁻ᴴ (Gardiner, Handbook of Stochastic Methods, §4.5.6), two-sided: ∫S dω/2π over all ω is the
/// covariance.
/// </summary>
public sealed class NoiseSpectrum
{
    readonly double[] _jacobian, _intensity;
    readonly int _n;

    /// <summary>The spectrum of a linear system.</summary>
    /// <param name="jacobian">J, n × n, row-major, with all eigenvalues left of the imaginary axis.</param>
    /// <param name="noise">ν, the standard deviation that each noise adds per √time, n elements.</param>
    /// <exception cref="ArgumentException">The sizes do not fit, or J is not stable: no stationary spectrum exists.</exception>
    public NoiseSpectrum(ReadOnlySpan<double> jacobian, ReadOnlySpan<double> noise)
    {
        _n = noise.Length;
        if (jacobian.Length != _n * _n)
            throw new ArgumentException($"The Jacobian holds {jacobian.Length} elements; {_n} noises ask for {_n * _n}.", nameof(jacobian));
        var abscissa = Eigenvalues.Of(jacobian, _n).SpectralAbscissa;
        if (!(abscissa < 0))
            throw new ArgumentException(
                $"The largest real part of the Jacobian's eigenvalues is {abscissa}; a stationary spectrum exists only where it is negative.",
                nameof(jacobian));
        (_jacobian, _intensity) = (jacobian.ToArray(), [.. noise.ToArray().Select(v => v * v)]);
    }

    /// <summary>The cross-spectral density S(ω), n × n, row-major, Hermitian.</summary>
    /// <param name="omega">Angular frequency, in units of 1/τ.</param>
    public Complex[] CrossSpectrum(double omega)
    {
        var n = _n;
        var s = new Complex[n * n];
        foreach (var (intensity, column) in Responses(omega))
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++) s[i * n + j] += intensity * column[i] * Complex.Conjugate(column[j]);
        return s;
    }

    /// <summary>The power spectral density of every component, S_ii(ω), n elements.</summary>
    /// <param name="omega">Angular frequency, in units of 1/τ.</param>
    public double[] Powers(double omega)
    {
        var powers = new double[_n];
        foreach (var (intensity, column) in Responses(omega))
            for (var i = 0; i < _n; i++) powers[i] += intensity * (column[i].Real * column[i].Real + column[i].Imaginary * column[i].Imaginary);
        return powers;
    }

    // Each noise's intensity, and the column of (iωI − J)⁻¹ with which the components follow it; the same memory for all.
    IEnumerable<(double Intensity, Complex[] Column)> Responses(double omega)
    {
        var n = _n;
        var resolvent = new Complex[n * n];
        for (var i = 0; i < n * n; i++) resolvent[i] = -_jacobian[i];
        for (var i = 0; i < n; i++) resolvent[i * (n + 1)] += new Complex(0, omega);
        var lu = new ComplexLu(resolvent, n);
        var column = new Complex[n];
        for (var k = 0; k < n; k++)
        {
            if (_intensity[k] == 0) continue;
            Array.Clear(column);
            column[k] = 1;
            lu.Solve(column);
            yield return (_intensity[k], column);
        }
    }

    /// <summary>The power spectral density of component i at an angular frequency, S_ii(ω).</summary>
    public double Power(int i, double omega) => Powers(omega)[i];

    /// <summary>The coherence of components i and j at an angular frequency, |S_ij|²/(S_ii S_jj), in [0, 1]; 0 where one of them has no power.</summary>
    public double Coherence(int i, int j, double omega)
    {
        var s = CrossSpectrum(omega);
        var power = s[i * (_n + 1)].Real * s[j * (_n + 1)].Real;
        var cross = s[i * _n + j];
        return power > 0 ? Math.Min(1, (cross.Real * cross.Real + cross.Imaginary * cross.Imaginary) / power) : 0;
    }
}
