using System.Collections.Immutable;
using System.Numerics;

namespace Organics;

/// <summary>
/// The longest step with which an explicit Runge–Kutta method lets every decaying mode of a linear system decay: |R(h·λ)| ≤ 1 for all eigenvalues λ,
/// with R the stability polynomial (Hairer &amp; Wanner II, §IV.2). For Euler's method it is min −2·Re λ/|λ|².
/// </summary>
public static class ExplicitStability
{
    const double ScanStep = 0.01;

    /// <summary>The coefficients 1, r₁, …, r_s of R(z) = 1 + Σ_k r_k·zᵏ, r_k = bᵀ·A^(k−1)·1.</summary>
    public static ImmutableArray<double> Polynomial(RungeKutta method)
    {
        ArgumentNullException.ThrowIfNull(method);
        var s = method.Stages;
        var power = Enumerable.Repeat(1.0, s).ToArray();
        var coefficients = ImmutableArray.CreateBuilder<double>(s + 1);
        coefficients.Add(1);
        for (var k = 1; k <= s; k++)
        {
            coefficients.Add(method.B.Select((b, i) => b * power[i]).Sum());
            power = [.. Enumerable.Range(0, s).Select(i => power.Select((p, j) => method.A[i * s + j] * p).Sum())];
        }
        return coefficients.MoveToImmutable();
    }

    /// <summary>
    /// The longest h such that |R(h'·λ)| ≤ 1 for all eigenvalues and all h' ≤ h: infinite when all eigenvalues are zero, 0 when no step is stable,
    /// as for an eigenvalue with positive real part.
    /// </summary>
    /// <param name="method">The method.</param>
    /// <param name="eigenvalues">Eigenvalues of the Jacobian, all finite.</param>
    /// <exception cref="ArgumentException">An eigenvalue is not finite.</exception>
    public static double LongestStep(RungeKutta method, ReadOnlySpan<Complex> eigenvalues) => Limit(method, eigenvalues).Step;

    /// <summary>A sentence with the longest stable step when a step exceeds it, otherwise null.</summary>
    /// <param name="method">The method.</param>
    /// <param name="eigenvalues">Eigenvalues of the Jacobian, all finite.</param>
    /// <param name="step">The step in question.</param>
    /// <exception cref="ArgumentException">An eigenvalue is not finite.</exception>
    public static string? Warning(RungeKutta method, ReadOnlySpan<Complex> eigenvalues, double step)
    {
        var (longest, culprit) = Limit(method, eigenvalues);
        if (step <= longest) return null;
        return longest > 0
            ? $"A step of {step:g6} exceeds {longest:g6}, the longest with which {method.Name} is stable for the eigenvalue {culprit:g6}; take a shorter one."
            : $"No step of {method.Name} is stable for the eigenvalue {culprit:g6}; take another method, or expect growth.";
    }

    static (double Step, Complex Culprit) Limit(RungeKutta method, ReadOnlySpan<Complex> eigenvalues)
    {
        var polynomial = Polynomial(method);
        var (longest, culprit) = (double.PositiveInfinity, Complex.Zero);
        foreach (var value in eigenvalues)
        {
            if (!Complex.IsFinite(value)) throw new ArgumentException($"An eigenvalue is {value}; give finite ones.", nameof(eigenvalues));
            if (value == Complex.Zero) continue;
            var modulus = Complex.Abs(value);
            var step = Radius(polynomial, value / modulus) / modulus;
            if (step < longest) (longest, culprit) = (step, value);
        }
        return (longest, culprit);
    }

    /// <summary>How far |R| ≤ 1 holds from the origin along a direction of modulus one.</summary>
    static double Radius(ImmutableArray<double> polynomial, Complex direction)
    {
        // Off the left half plane the sign of |R| − 1 near the origin is that of its leading term; nearer still it would be that of rounding.
        if (direction.Real >= 0 && !IsStable(ScanStep)) return 0;
        var high = ScanStep;
        while (IsStable(high)) high += ScanStep;
        var low = high - ScanStep;
        for (var middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2)
            if (IsStable(middle)) low = middle;
            else high = middle;
        return low;

        bool IsStable(double r)
        {
            var (z, p) = (r * direction, Complex.Zero);
            for (var k = polynomial.Length - 1; k > 0; k--) p = (p + polynomial[k]) * z;
            // |R|² − 1 with R = 1 + p, without the rounding of the one.
            return 2 * p.Real + p.Real * p.Real + p.Imaginary * p.Imaginary <= 0;
        }
    }
}
