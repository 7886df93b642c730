using System.Numerics;

namespace Organics;

/// <summary>A fixed point of a <see cref="PlanarCircuit"/>.</summary>
/// <param name="Y">Principal activity.</param>
/// <param name="A">Modulator activity, A ≥ c &gt; 0.</param>
/// <param name="Eigenvalues">
/// The eigenvalues of the Jacobian, in units of 1/τ: the larger one first, or of a complex pair the one with positive imaginary part.
/// At y = 0 a rectified circuit has two one-sided Jacobians; that of the side y &gt; 0 decides.
/// </param>
/// <param name="Type">
/// The type that the eigenvalues imply. Their signs are proven by interval arithmetic with outward rounding, for the fixed point of the very parameters: where
/// a sign stays open, as within rounding errors of a fold or of a Hopf point, it is <see cref="EquilibriumType.Degenerate"/>.
/// </param>
public readonly record struct PlanarFixedPoint(double Y, double A, (Complex First, Complex Second) Eigenvalues, EquilibriumType Type)
{
    /// <summary>True when both eigenvalues have a negative real part.</summary>
    public bool IsStable => Type is EquilibriumType.StableNode or EquilibriumType.StableFocus;

    /// <summary>
    /// A fixed point with the Jacobian [[p, ·], [·, q]]. The product of the other two entries and the determinant are given, for they are known to more digits
    /// than the entries would yield; and the signs of trace and determinant as far as they are proven, 0 where they are not.
    /// </summary>
    internal static PlanarFixedPoint Of(double y, double a, double p, double q, double product, double determinant, int traceSign, int determinantSign)
    {
        var (trace, half) = (p + q, (p - q) / 2);
        // tr²/4 − det = ((p−q)/2)² + product: the form without cancellation where there is one.
        var discriminant = determinant < 0 ? trace * trace / 4 - determinant : half * half + product;
        // A proven sign that rounding has turned round in the eigenvalues would contradict what is shown beside it.
        var (traceIs, determinantIs) = (Math.Sign(trace) == traceSign ? traceSign : 0, Math.Sign(determinant) == determinantSign ? determinantSign : 0);
        if (discriminant < 0)
        {
            var pair = new Complex(trace / 2, Math.Sqrt(-discriminant));
            var focus = traceIs == 0 || determinantIs <= 0 ? EquilibriumType.Degenerate
                : traceIs < 0 ? EquilibriumType.StableFocus : EquilibriumType.UnstableFocus;
            return new(y, a, (pair, Complex.Conjugate(pair)), focus);
        }
        var outer = trace / 2 + Math.CopySign(Math.Sqrt(discriminant), trace);
        var inner = outer == 0 ? 0 : determinant / outer;
        var type = determinantIs < 0 ? EquilibriumType.Saddle
            : determinantIs == 0 || traceIs == 0 ? EquilibriumType.Degenerate
            : traceIs < 0 ? EquilibriumType.StableNode : EquilibriumType.UnstableNode;
        return new(y, a, (Math.Max(outer, inner), Math.Min(outer, inner)), type);
    }
}
