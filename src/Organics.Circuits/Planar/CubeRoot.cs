namespace Organics;

/// <summary>
/// x^⅓ in arithmetic that every processor rounds alike, within 0.51 units in the last place: the system's function has other bits where it was compiled for
/// other instructions, and a sum of cube roots decides whether two fixed points exist.
/// </summary>
static class CubeRoot
{
    /// <summary>The real cube root; 0, infinities and NaN are their own.</summary>
    public static double Of(double x)
    {
        if (x == 0 || !double.IsFinite(x)) return x;
        // |x| = m·8ⁿ with m in [1, 8).
        var n = (int)Math.Floor(Math.ILogB(x) / 3.0);
        var m = Math.ScaleB(Math.Abs(x), -3 * n);
        // From the chord by Halley's steps, each of which cubes the error: 0.11, 1e-3, 7e-10, rounding.
        var y = (6 + m) / 7;
        for (var i = 0; i < 3; i++)
        {
            var cube = y * y * y;
            y *= (cube + 2 * m) / (2 * cube + m);
        }
        // Newton's step by a residual without rounding: y² = square + rest.
        var square = y * y;
        var rest = Math.FusedMultiplyAdd(y, y, -square);
        y += (Math.FusedMultiplyAdd(-square, y, m) - rest * y) / (3 * square);
        return Math.CopySign(Math.ScaleB(y, n), x);
    }
}
