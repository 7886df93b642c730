namespace Organics;

/// <summary>
/// A sequential palette from pale yellow over teal to dark blue, even in perceived lightness: a straight descent of L in OKLab
/// (Ottosson, "A perceptual color space for image processing", 2020) while the hue turns. Readable without colour vision, and in grey.
/// </summary>
static class SequentialPalette
{
    /// <summary>The number of distinct colours.</summary>
    public const int Levels = 128;

    /// <summary>Colour <paramref name="level"/> of 0 … <see cref="Levels"/> − 1, palest first, as <c>#rrggbb</c>.</summary>
    /// <param name="level">The colour.</param>
    public static string Colour(int level)
    {
        double t = level / (Levels - 1.0);
        double lightness = 0.975 - 0.69 * t;
        double chroma = 0.04 + 0.07 * Math.Sin(Math.PI * Math.Pow(t, 0.8));
        double hue = (105 + 165 * Math.Pow(t, 0.85)) * Math.PI / 180;
        return Srgb(lightness, chroma * Math.Cos(hue), chroma * Math.Sin(hue));
    }

    static string Srgb(double lightness, double a, double b)
    {
        double l = Math.Pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
        double m = Math.Pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
        double s = Math.Pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
        return "#" + Channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)
            + Channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s)
            + Channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
    }

    static string Channel(double linear)
    {
        double value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.Pow(linear, 1 / 2.4) - 0.055;
        return ((int)Math.Round(255 * Math.Clamp(value, 0, 1))).ToString("x2");
    }
}
