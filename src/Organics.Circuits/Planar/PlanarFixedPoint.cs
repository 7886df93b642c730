using System.Numerics;

namespace Organics;

/// <summary>A fixed point of a <see cref="PlanarCircuit"/>.</summary>
/// <param name="Y">Principal activity.</param>
/// <param name="A">Modulator activity, A ≥ c &gt; 0.</param>
/// <param name="Eigenvalues">
/// The eigenvalues of the Jacobian, in units of 1/τ: the larger one first, or of a complex pair the one with positive imaginary part.
/// At y = 0 a rectified circuit has two one-sided Jacobians; that of the side y &gt; 0 decides.
/// </param>
/// <param name="Type">The type that the eigenvalues imply.</param>
public readonly record struct PlanarFixedPoint(double Y, double A, (Complex First, Complex Second) Eigenvalues, FixedPointType Type)
{
    /// <summary>True when both eigenvalues have a negative real part.</summary>
    public bool IsStable => Type is FixedPointType.StableNode or FixedPointType.StableFocus;

    /// <summary>
    /// A fixed point with the Jacobian [[p, ·], [·, q]]. The product of the other two entries and the determinant are given, for they are known to more digits
    /// than the entries would yield.
    /// </summary>
    internal static PlanarFixedPoint Of(double y, double a, double p, double q, double product, double determinant)
    {
        var (trace, half) = (p + q, (p - q) / 2);
        // tr²/4 − det = ((p−q)/2)² + product: the form without cancellation where there is one.
        var discriminant = determinant < 0 ? trace * trace / 4 - determinant : half * half + product;
        if (discriminant < 0)
        {
            var pair = new Complex(trace / 2, Math.Sqrt(-discriminant));
            var focus = trace < 0 ? FixedPointType.StableFocus : trace > 0 ? FixedPointType.UnstableFocus : FixedPointType.Degenerate;
            return new(y, a, (pair, Complex.Conjugate(pair)), focus);
        }
        var outer = trace / 2 + Math.CopySign(Math.Sqrt(discriminant), trace);
        var inner = outer == 0 ? 0 : determinant / outer;
        var type = determinant < 0 ? FixedPointType.Saddle
            : determinant == 0 || trace == 0 ? FixedPointType.Degenerate
            : trace < 0 ? FixedPointType.StableNode : FixedPointType.UnstableNode;
        return new(y, a, (Math.Max(outer, inner), Math.Min(outer, inner)), type);
    }
}
