using System.Numerics;

namespace Organics;

/// <summary>Local stability of a circuit at a fixed point, from the eigenvalues of its Jacobian.</summary>
/// <param name="Eigenvalues">The 2n eigenvalues of J, in units of 1/τ.</param>
/// <param name="MaxRealPart">The largest real part, or not a number when the eigenvalues are incomplete.</param>
/// <param name="Uncertainty">
/// An estimate of the error of <paramref name="MaxRealPart"/> (<see cref="SpectralBound"/>), which holds that of the point, that of J and that of QR, each by
/// the condition of the eigenvalues; not a number where no fixed point was proven.
/// </param>
/// <param name="Verdict">What follows.</param>
/// <param name="Residual">Relative residual of the fixed point, as in <see cref="SteadyStateResult.Residual"/>.</param>
/// <param name="PointRadius">
/// A bound, proven with outward rounding (Krawczyk's test), of the distance between the fixed point and the nearest state in double, relative to the largest y
/// or to each a; not a number where no fixed point was proven to be there.
/// </param>
/// <param name="EigenSolver">How the eigenvalues were obtained.</param>
public sealed record StabilityReport(
    Complex[] Eigenvalues, double MaxRealPart, double Uncertainty, StabilityVerdict Verdict, double Residual, double PointRadius, EigenvalueSummary EigenSolver)
{
    // How far the fixed point may be from the state that was found.
    const double Reach = 1e-3;

    /// <summary>Whether the verdict is <see cref="StabilityVerdict.Stable"/>.</summary>
    public bool IsStable => Verdict == StabilityVerdict.Stable;

    /// <summary>A state with a larger relative residual is no fixed point and never called stable.</summary>
    public const double LargestResidual = 1e-6;

    /// <summary>
    /// Examines a circuit at its fixed point. There is a verdict only where the search converged, the residual is within 1e-6, and a fixed point is proven to
    /// exist near the state: beside a fold, where two of them have just met, a residual may be small though there is none.
    /// </summary>
    public static StabilityReport Of(Circuit circuit, SteadyStateSolution point)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        ArgumentNullException.ThrowIfNull(point);
        var order = 2 * circuit.N;
        foreach (var a in point.A)
            if (!(a > 0)) return Unknown(point);
        var residual = SteadyState.Residual(circuit, point.Y, point.A);
        var enclosure = point.Result.Status == SteadyStateStatus.Converged && residual <= LargestResidual ? FixedPointEnclosure.Of(circuit, point.Y, point.A, Reach) : null;
        var (jacobian, spread) = (new double[order * order], new double[order * order]);
        if (enclosure is null) CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
        else enclosure.Jacobian(jacobian, spread);
        var spectrum = Organics.Eigenvalues.Of(jacobian, order);
        var abscissa = spectrum.SpectralAbscissa;
        if (enclosure is null) return new(spectrum.Values, abscissa, double.NaN, StabilityVerdict.Unknown, residual, double.NaN, spectrum.Summary);
        // A Jacobian beyond what double holds has no eigenvalues, and the theorem may still decide.
        var (uncertainty, verdict) = (double.NaN, StabilityVerdict.Unknown);
        if (!double.IsNaN(abscissa))
        {
            (abscissa, uncertainty) = SpectralBound.Largest(jacobian, spread, order, spectrum.Values, StabilityRegion.LeftHalfPlane);
            // An uncertainty that overflowed decides nothing.
            verdict = !(Math.Abs(abscissa) > uncertainty) ? StabilityVerdict.Undecided : abscissa < 0 ? StabilityVerdict.Stable : StabilityVerdict.Unstable;
        }
        if (verdict is StabilityVerdict.Undecided or StabilityVerdict.Unknown
            && StabilityCertificate.Of(circuit).Theorem is StabilityTheorem.IdentityRecurrence or StabilityTheorem.SinglePairContractive)
            verdict = StabilityVerdict.Stable;
        return new(spectrum.Values, abscissa, uncertainty, verdict, residual, enclosure.RelativeRadius, spectrum.Summary);
    }

    /// <summary>Finds a fixed point, a stable one if the search meets one, and examines it.</summary>
    public static StabilityReport Of(Circuit circuit) => Of(circuit, SteadyState.StableOf(circuit));

    static StabilityReport Unknown(SteadyStateSolution point)
        => new([], double.NaN, double.NaN, StabilityVerdict.Unknown, point.Result.Residual, double.NaN, new(EigenvalueStatus.InvalidInput, -1, 0, double.NaN, double.NaN));
}
