using System.Numerics;

namespace Organics;

/// <summary>
/// What white noise makes of a circuit near a stable fixed point. With ẋ = J(x − x*) + D(ν)·ξ, where ξ are independent white noises of unit intensity, the
/// cross-spectral density is S(ω) = (iωI − J)⁻¹ D(ν²) (iωI − J)⁻ᴴ (Gardiner, Handbook of Stochastic Methods, §4.5.6), two-sided: ∫S dω/2π over all ω is the
/// covariance.
/// </summary>
public sealed class NoiseSpectrum
{
    // Modes that may have the highest peak, the least damped first, and steps towards its top.
    const int MostPeaks = 12, Refinements = 30;

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

    /// <summary>The highest peak of a power above frequency 0: a local maximum beside the frequency of one of the modes, whose width is that of the
    /// mode.</summary>
    /// <param name="power">The power at an angular frequency.</param>
    /// <param name="eigenvalues">Those of the Jacobian.</param>
    /// <returns>Where it is and how high; null where no mode has a peak.</returns>
    public static (double Omega, double Power)? HighestPeak(Func<double, double> power, IEnumerable<Complex> eigenvalues)
    {
        ArgumentNullException.ThrowIfNull(power);
        (double Omega, double Power)? best = null;
        foreach (var mode in CircuitMode.Of(eigenvalues).Where(m => m.Eigenvalue.Imaginary > 0).OrderBy(m => m.DampingRatio).Take(MostPeaks))
        {
            var (at, width) = (mode.Eigenvalue.Imaginary, Math.Max(-mode.Eigenvalue.Real, 1e-6 * mode.Eigenvalue.Imaginary));
            // The top of a damped mode lies within its width of its frequency, or below it.
            var (low, high) = (Math.Max(at - 2 * width, 1e-3 * at), at + width);
            var (left, right) = (low, high);
            for (var k = 0; k < Refinements; k++)
            {
                var part = (right - left) * 0.381966011250105;
                if (power(left + part) > power(right - part)) right -= part;
                else left += part;
            }
            var omega = (left + right) / 2;
            // At an end of the interval it is no peak.
            var room = 1e-3 * (high - low);
            if (omega - low < room || high - omega < room) continue;
            var top = power(omega);
            if (best is null || top > best.Value.Power) best = (omega, top);
        }
        return best;
    }

    /// <summary>The power spectral density of component i at an angular frequency, S_ii(ω).</summary>
    /// <param name="i">A component.</param>
    /// <param name="omega">Angular frequency, in units of 1/τ.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such component.</exception>
    public double Power(int i, double omega) => Power(Unit(i), omega);

    /// <summary>The power spectral density of a read-out cᵀx at an angular frequency, cᵀS(ω)c, as of a mean over neurons. It costs one solve, where
    /// <see cref="Powers"/> costs n.</summary>
    /// <param name="readout">c, n elements.</param>
    /// <param name="omega">Angular frequency, in units of 1/τ.</param>
    /// <exception cref="ArgumentException">The read-out has another size.</exception>
    public double Power(ReadOnlySpan<double> readout, double omega)
    {
        var influence = Influence(Resolvent(omega), readout, nameof(readout));
        return Shared(influence, influence).Real;
    }

    /// <summary>The coherence of components i and j at an angular frequency, |S_ij|²/(S_ii S_jj), in [0, 1]; 0 where one of them has no power.</summary>
    /// <param name="i">A component.</param>
    /// <param name="j">Another one.</param>
    /// <param name="omega">Angular frequency, in units of 1/τ.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such component.</exception>
    public double Coherence(int i, int j, double omega) => Coherence(Unit(i), Unit(j), omega);

    /// <summary>The coherence of two read-outs cᵀx and dᵀx at an angular frequency, |cᵀSd|²/(cᵀSc·dᵀSd), in [0, 1]; 0 where one of them has no power.</summary>
    /// <param name="first">c, n elements.</param>
    /// <param name="second">d, n elements.</param>
    /// <param name="omega">Angular frequency, in units of 1/τ.</param>
    /// <exception cref="ArgumentException">A read-out has another size.</exception>
    public double Coherence(ReadOnlySpan<double> first, ReadOnlySpan<double> second, double omega)
    {
        var resolvent = Resolvent(omega);
        var (c, d) = (Influence(resolvent, first, nameof(first)), Influence(resolvent, second, nameof(second)));
        var (power, cross) = (Shared(c, c).Real * Shared(d, d).Real, Shared(c, d));
        return power > 0 ? Math.Min(1, (cross.Real * cross.Real + cross.Imaginary * cross.Imaginary) / power) : 0;
    }

    /// <summary>The same of a cross-spectral density that is known, n × n.</summary>
    /// <param name="cross">S(ω) of <see cref="CrossSpectrum"/>.</param>
    /// <param name="i">A component.</param>
    /// <param name="j">Another.</param>
    public static double Coherence(ReadOnlySpan<Complex> cross, int i, int j)
    {
        var n = (int)Math.Sqrt(cross.Length);
        var (s, power) = (cross[i * n + j], cross[i * (n + 1)].Real * cross[j * (n + 1)].Real);
        return power > 0 ? Math.Min(1, (s.Real * s.Real + s.Imaginary * s.Imaginary) / power) : 0;
    }

    // Each noise's intensity, and the column of (iωI − J)⁻¹ with which the components follow it; the same memory for all.
    IEnumerable<(double Intensity, Complex[] Column)> Responses(double omega)
    {
        var lu = Resolvent(omega);
        var column = new Complex[_n];
        for (var k = 0; k < _n; k++)
        {
            if (_intensity[k] == 0) continue;
            Array.Clear(column);
            column[k] = 1;
            lu.Solve(column);
            yield return (_intensity[k], column);
        }
    }

    // The factors of iωI − J.
    ComplexLu Resolvent(double omega)
    {
        var matrix = new Complex[_n * _n];
        for (var i = 0; i < _n * _n; i++) matrix[i] = -_jacobian[i];
        for (var i = 0; i < _n; i++) matrix[i * (_n + 1)] += new Complex(0, omega);
        return new(matrix, _n);
    }

    // (iωI − J)⁻ᴴc: the conjugates of what reaches the read-out of each noise.
    Complex[] Influence(ComplexLu resolvent, ReadOnlySpan<double> readout, string parameter)
    {
        if (readout.Length != _n) throw new ArgumentException($"The read-out has {readout.Length} weights; this system has {_n} components.", parameter);
        var influence = new Complex[_n];
        for (var i = 0; i < _n; i++) influence[i] = readout[i];
        resolvent.SolveAdjoint(influence);
        return influence;
    }

    // cᵀSd of two influences.
    Complex Shared(Complex[] c, Complex[] d)
    {
        var sum = Complex.Zero;
        for (var k = 0; k < _n; k++) sum += _intensity[k] * Complex.Conjugate(c[k]) * d[k];
        return sum;
    }

    double[] Unit(int i)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(i);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(i, _n);
        var unit = new double[_n];
        unit[i] = 1;
        return unit;
    }
}
