using System.Numerics;

namespace Organics.Laws;

/// <summary>Arguments at which carriers are most likely to differ.</summary>
static class Extremes
{
    public static double[] Doubles { get; } =
    [
        0.0, -0.0, 1e-30, -1e-30, 90, -90, 1e30, -1e30, double.PositiveInfinity, double.NegativeInfinity, double.NaN,
        double.Epsilon, -double.Epsilon, 1e-310, -1e-310, double.MaxValue, double.MinValue, 2.2250738585072014e-308,
        1, -1, 0.5, -0.5, Math.PI, -Math.E, 709.9, -745.5, 1e-8, 4503599627370497.5,
    ];

    public static float[] Singles { get; } =
        [float.Epsilon, -float.Epsilon, 1e-40f, -1e-40f, float.MaxValue, float.MinValue, 1.17549435e-38f, 88.8f, -103.9f, 12582913f];

    /// <summary>Whether two numbers are the same, the zero's sign included; all NaN are one.</summary>
    public static bool SameBits<T>(T a, T b) where T : unmanaged, IFloatingPointIeee754<T>
        => (T.IsNaN(a) && T.IsNaN(b)) || (a == b && T.IsNegative(a) == T.IsNegative(b));
}
