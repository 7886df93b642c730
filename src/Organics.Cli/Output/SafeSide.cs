using System.Globalization;

namespace Organics;

/// <summary>Bounds and shares, rounded so that what is said is never more than what is proven, or was found.</summary>
static class SafeSide
{
    /// <summary>A factor of 1 or more, to three digits of what it exceeds 1 by, rounded down.</summary>
    public static string Factor(double factor) => Text(1 + Floor(factor - 1));

    /// <summary>A factor of 1 or less that something holds down to, to three digits of what it is below 1 by, rounded up.</summary>
    public static string Least(double factor) => Text(1 - Floor(1 - factor));

    /// <summary>A share in percent as it may be rounded to so many digits: 100 is said of all alone, and 0 of none.</summary>
    public static double Percent(double share, int digits = 2)
    {
        var unit = Math.Pow(10, -digits);
        return share is > 0 and < 1 ? Math.Clamp(100 * share, unit, 100 - unit) : 100 * share;
    }

    static string Text(decimal value) => value.ToString("0.##################", CultureInfo.InvariantCulture);

    static decimal Floor(double excess)
    {
        if (!(excess > 1e-15)) return 0;
        var unit = (decimal)Math.Pow(10, Math.Floor(Math.Log10(excess)) - 2);
        // A unit less where the conversion may have rounded up to the next one.
        var floor = Math.Floor((decimal)excess / unit) * unit;
        return (double)floor > excess ? floor - unit : floor;
    }
}
