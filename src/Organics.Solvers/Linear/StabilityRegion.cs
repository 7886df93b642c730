using System.Numerics;

namespace Organics;

/// <summary>Where the eigenvalues of a stable system lie, and its boundary in the upper half-plane.</summary>
public sealed class StabilityRegion
{
    StabilityRegion(Func<Complex, double> measure, Func<double, Complex> boundary, double length) => (Measure, Boundary, Length) = (measure, boundary, length);

    /// <summary>Re λ &lt; 0: of x′ = Ax.</summary>
    public static StabilityRegion LeftHalfPlane { get; } = new(v => v.Real, t => new(0, t), double.PositiveInfinity);

    /// <summary>|1 + λ| &lt; 1: of x ← x + Ax, a step of Euler's method.</summary>
    public static StabilityRegion EulerDisc { get; } = new(OfDisc, OnDisc, Math.PI);

    // |1 + λ| − 1, without the digits that 1 would take of a small λ.
    static double OfDisc(Complex v)
    {
        var distance = (1 + v).Magnitude;
        return distance > 2 ? distance - 1 : (2 * v.Real + v.Real * v.Real + v.Imaginary * v.Imaginary) / (distance + 1);
    }

    // e^(it) − 1, likewise.
    static Complex OnDisc(double t) => new(-2 * Math.Sin(t / 2) * Math.Sin(t / 2), Math.Sin(t));

    /// <summary>Negative inside, positive outside, 0 on the boundary; it does not change by more than λ does.</summary>
    public Func<Complex, double> Measure { get; }

    /// <summary>The boundary's point at an arc length of 0 or more, upward from the real axis.</summary>
    internal Func<double, Complex> Boundary { get; }

    /// <summary>The arc length of the boundary's upper half.</summary>
    internal double Length { get; }
}
