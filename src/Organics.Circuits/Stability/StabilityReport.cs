using System.Numerics;

namespace Organics;

/// <summary>Local stability of a circuit at a fixed point, from the eigenvalues of its Jacobian.</summary>
/// <param name="Eigenvalues">The 2n eigenvalues of J, in units of 1/τ; not a number where QR found none.</param>
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
public sealed record StabilityReport(
    Complex[] Eigenvalues, double MaxRealPart, double Uncertainty, StabilityVerdict Verdict, double Residual, double PointRadius)
{
    // How far the fixed point may be from the state that was found.
    const double Reach = 1e-3;

    /// <summary>Whether the verdict is <see cref="StabilityVerdict.Stable"/>.</summary>
    public bool IsStable => Verdict == StabilityVerdict.Stable;

    /// <summary>Verdict, max Re λ with its error, and residual, for people.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Verdict}, max Re λ = {MaxRealPart:G6} ± {Uncertainty:G2} of {Eigenvalues.Length} eigenvalues, residual {Residual:G2}");

    /// <summary>A state with a larger relative residual is no fixed point and never called stable.</summary>
    public const double LargestResidual = 1e-6;

    /// <summary>
    /// So many circuits fill the lanes of <see cref="OfEach"/> several times: who examines many on several threads gives them out in groups of this size.
    /// </summary>
    public const int GroupSize = 32;

    /// <summary>
    /// Examines a circuit at its fixed point. There is a verdict only where the search converged, the residual is within 1e-6, and a fixed point is proven to
    /// exist near the state: beside a fold, where two of them have just met, a residual may be small though there is none.
    /// </summary>
    public static StabilityReport Of(Circuit circuit, SteadyStateSolution point) => OfEach([circuit], [point])[0];

    /// <summary>Examines many circuits, each at its fixed point: the eigenvalues of those of one size are found side by side, and those of none depends on the
    /// others. On the thread that calls.</summary>
    /// <param name="circuits">The circuits.</param>
    /// <param name="points">A point for each.</param>
    /// <exception cref="ArgumentException">There are not as many points as circuits.</exception>
    public static StabilityReport[] OfEach(IReadOnlyList<Circuit> circuits, IReadOnlyList<SteadyStateSolution> points)
    {
        ArgumentNullException.ThrowIfNull(circuits);
        ArgumentNullException.ThrowIfNull(points);
        if (points.Count != circuits.Count)
            throw new ArgumentException($"{circuits.Count} circuits have {points.Count} points; give one for each.", nameof(points));
        var reports = new StabilityReport[circuits.Count];
        foreach (var same in Enumerable.Range(0, circuits.Count).GroupBy(k => circuits[k]?.N ?? throw new ArgumentNullException(nameof(circuits))))
        {
            int[] members = [.. same];
            var order = 2 * same.Key;
            var (jacobians, spreads) = (new double[members.Length * order * order], new double[members.Length * order * order]);
            var (re, im) = (new double[members.Length * order], new double[members.Length * order]);
            var examined = new (double Residual, FixedPointEnclosure? Enclosure)?[members.Length];
            for (var k = 0; k < members.Length; k++)
                examined[k] = Linearise(circuits[members[k]], points[members[k]], Of(jacobians, k), Of(spreads, k));
            Organics.Eigenvalues.OfEach(jacobians, order, re, im, threads: 1);
            for (var k = 0; k < members.Length; k++)
            {
                var (values, first, at) = (new Complex[order], k * order, members[k]);
                for (var i = 0; i < order; i++) values[i] = new(re[first + i], im[first + i]);
                reports[at] = examined[k] is var (residual, enclosure)
                    ? Judge(circuits[at], Of(jacobians, k), Of(spreads, k), values, residual, enclosure)
                    : new([], double.NaN, double.NaN, StabilityVerdict.Unknown, points[at].Result.Residual, double.NaN);
            }

            Span<double> Of(double[] matrices, int k) => matrices.AsSpan(k * order * order, order * order);
        }
        return reports;
    }

    /// <summary>The Jacobian at a fixed point, how far its elements may be from those that are meant, and where the point is; null without a positive
    /// a.</summary>
    static (double Residual, FixedPointEnclosure? Enclosure)? Linearise(Circuit circuit, SteadyStateSolution point, Span<double> jacobian, Span<double> spread)
    {
        ArgumentNullException.ThrowIfNull(point);
        foreach (var a in point.A)
            if (!(a > 0)) return null;
        var residual = SteadyState.Residual(circuit, point.Y, point.A);
        var enclosure = point.Result.Status == SteadyStateStatus.Converged && residual <= LargestResidual
            ? FixedPointEnclosure.Of(circuit, point.Y, point.A, Reach) : null;
        if (enclosure is null) CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
        else enclosure.Jacobian(jacobian, spread);
        return (residual, enclosure);
    }

    static StabilityReport Judge(
        Circuit circuit, ReadOnlySpan<double> jacobian, ReadOnlySpan<double> spread, Complex[] values, double residual, FixedPointEnclosure? enclosure)
    {
        // Math.Max is not a number where one of them is none.
        var abscissa = values.Aggregate(double.NegativeInfinity, (largest, v) => Math.Max(largest, v.Real));
        if (enclosure is null) return new(values, abscissa, double.NaN, StabilityVerdict.Unknown, residual, double.NaN);
        // A Jacobian beyond what double holds has no eigenvalues, and the theorem may still decide.
        var (uncertainty, verdict) = (double.NaN, StabilityVerdict.Unknown);
        if (!double.IsNaN(abscissa))
        {
            (abscissa, uncertainty) = SpectralBound.Largest(jacobian, spread, values.Length, values, StabilityRegion.LeftHalfPlane);
            verdict = SpectralBound.Verdict(abscissa, uncertainty);
        }
        if (verdict is StabilityVerdict.Undecided or StabilityVerdict.Unknown
            && (StabilityCertificate.Of(circuit).Theorem is StabilityTheorem.IdentityRecurrence or StabilityTheorem.SinglePairContractive
                || (circuit.IsIdentityRecurrence && GlobalStability.Of(circuit).Holds)))
            verdict = StabilityVerdict.Stable;
        return new(values, abscissa, uncertainty, verdict, residual, enclosure.RelativeRadius);
    }

    /// <summary>Finds a fixed point, a stable one if the search meets one, and examines it.</summary>
    public static StabilityReport Of(Circuit circuit) => Of(circuit, SteadyState.StableOf(circuit));
}
