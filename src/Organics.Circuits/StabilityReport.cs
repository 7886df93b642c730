using System.Numerics;

namespace Organics;

/// <summary>Local stability of a circuit at a fixed point, from the eigenvalues of its Jacobian.</summary>
/// <param name="Eigenvalues">The 2n eigenvalues of J, in units of 1/τ.</param>
/// <param name="MaxRealPart">The largest real part, or not a number when the eigenvalues are incomplete.</param>
/// <param name="IsStable">True when the point satisfies the equations and every eigenvalue has a negative real part.</param>
/// <param name="Residual">Relative residual of the fixed point, as in <see cref="SteadyStateResult.Residual"/>.</param>
/// <param name="EigenSolver">How the eigenvalues were obtained.</param>
public sealed record StabilityReport(Complex[] Eigenvalues, double MaxRealPart, bool IsStable, double Residual, EigenvalueSummary EigenSolver)
{
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
        return new(spectrum.Values, spectrum.SpectralAbscissa, residual <= LargestResidual && spectrum.SpectralAbscissa < 0, residual, spectrum.Summary);
    }

    /// <summary>Finds a fixed point, a stable one if the search meets one, and examines it.</summary>
    public static StabilityReport Of(Circuit circuit) => Of(circuit, SteadyState.StableOf(circuit));

    static StabilityReport Unknown(SteadyStateSolution point)
        => new([], double.NaN, false, point.Result.Residual, new(EigenvalueStatus.InvalidInput, -1, 0, double.NaN, double.NaN));
}
