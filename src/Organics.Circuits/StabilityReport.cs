using System.Numerics;
using System.Numerics.Tensors;

namespace Organics;

/// <summary>What the eigenvalues say.</summary>
public enum StabilityVerdict
{
    /// <summary>
    /// The point satisfies the equations, and every eigenvalue is left of the imaginary axis by more than its error, or a theorem for circuits of a single fixed point says that it is.
    /// </summary>
    Stable,

    /// <summary>The point satisfies the equations, and some eigenvalue is right of the axis by more than its error.</summary>
    Unstable,

    /// <summary>An eigenvalue lies nearer to the axis than it is known, and no theorem decides.</summary>
    Undecided,

    /// <summary>There is no fixed point to examine, or its eigenvalues were not found.</summary>
    Unknown,
}

/// <summary>Local stability of a circuit at a fixed point, from the eigenvalues of its Jacobian.</summary>
/// <param name="Eigenvalues">The 2n eigenvalues of J, in units of 1/τ.</param>
/// <param name="MaxRealPart">The largest real part, or not a number when the eigenvalues are incomplete.</param>
/// <param name="Uncertainty">
/// An estimate of the error of <paramref name="MaxRealPart"/>: the backward error of QR, 2n·ε‖J‖_F with J balanced, times the condition of the leading eigenvalue, which is
/// computed only where it could matter, within 10⁻⁶‖J‖_F of the axis.
/// </param>
/// <param name="Verdict">What follows.</param>
/// <param name="Residual">Relative residual of the fixed point, as in <see cref="SteadyStateResult.Residual"/>.</param>
/// <param name="EigenSolver">How the eigenvalues were obtained.</param>
public sealed record StabilityReport(Complex[] Eigenvalues, double MaxRealPart, double Uncertainty, StabilityVerdict Verdict, double Residual, EigenvalueSummary EigenSolver)
{
    /// <summary>Whether the verdict is <see cref="StabilityVerdict.Stable"/>.</summary>
    public bool IsStable => Verdict == StabilityVerdict.Stable;

    /// <summary>A state with a larger relative residual is no fixed point and never called stable.</summary>
    public const double LargestResidual = 1e-6;

    /// <summary>Examines a circuit at its fixed point; a state whose residual exceeds 1e-6 is not one and is never called stable.</summary>
    public static StabilityReport Of(Circuit circuit, SteadyStateSolution point)
    {
        var n = circuit.N;
        var jacobian = new double[4 * n * n];
        foreach (var a in point.A)
            if (!(a > 0)) return Unknown(point);
        CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
        var spectrum = Organics.Eigenvalues.Of(jacobian, 2 * n);
        var residual = SteadyState.Residual(circuit, point.Y, point.A);
        var abscissa = spectrum.SpectralAbscissa;
        if (!(residual <= LargestResidual) || double.IsNaN(abscissa)) return new(spectrum.Values, abscissa, double.NaN, StabilityVerdict.Unknown, residual, spectrum.Summary);
        Organics.Eigenvalues.Balance(jacobian, 2 * n);
        var norm = TensorPrimitives.Norm<double>(jacobian);
        var uncertainty = 2 * n * 2.2e-16 * norm;
        // The eigenvalues are those of a matrix nearby: how far that moves them is their condition.
        if (Math.Abs(abscissa) < 1e-6 * norm) uncertainty *= Eigenvectors.Of(jacobian, 2 * n, spectrum.Values.MaxBy(v => v.Real)).Condition;
        // An uncertainty that overflowed is no number, and decides nothing.
        var verdict = !(Math.Abs(abscissa) > uncertainty) ? StabilityVerdict.Undecided : abscissa < 0 ? StabilityVerdict.Stable : StabilityVerdict.Unstable;
        if (verdict == StabilityVerdict.Undecided && StabilityCertificate.Of(circuit).Theorem is StabilityTheorem.IdentityRecurrence or StabilityTheorem.SinglePairContractive)
            verdict = StabilityVerdict.Stable;
        return new(spectrum.Values, abscissa, uncertainty, verdict, residual, spectrum.Summary);
    }

    /// <summary>Finds a fixed point, a stable one if the search meets one, and examines it.</summary>
    public static StabilityReport Of(Circuit circuit) => Of(circuit, SteadyState.StableOf(circuit));

    static StabilityReport Unknown(SteadyStateSolution point)
        => new([], double.NaN, double.NaN, StabilityVerdict.Unknown, point.Result.Residual, new(EigenvalueStatus.InvalidInput, -1, 0, double.NaN, double.NaN));
}
