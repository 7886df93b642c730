using System.Globalization;

namespace Organics;

public static partial class SvgPlot
{
    /// <summary>Several figures on one sheet, row by row, each as large as it is alone.</summary>
    /// <param name="title">What the sheet shows.</param>
    /// <param name="figures">SVG documents of this class, at least one.</param>
    /// <param name="columns">How many stand side by side, at least 1.</param>
    /// <returns>An SVG document.</returns>
    /// <exception cref="ArgumentException">There are no figures or columns, or one is not of this class.</exception>
    public static string Sheet(string title, IReadOnlyList<string> figures, int columns)
    {
        ArgumentNullException.ThrowIfNull(figures);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        if (figures.Count == 0) throw new ArgumentException("There are no figures; give at least one.", nameof(figures));
        (double Width, double Height)[] sizes = [.. figures.Select(SizeOf)];
        double wide = sizes.Max(size => size.Width), high = sizes.Max(size => size.Height);
        columns = Math.Min(columns, figures.Count);
        const double above = 56;
        var svg = Open(title, columns * wide, above + (figures.Count + columns - 1) / columns * high);
        for (int k = 0; k < figures.Count; k++)
        {
            (double x, double y) = (k % columns * wide, above + k / columns * high);
            svg.Append(CultureInfo.InvariantCulture, $"<svg x=\"{N(x)}\" y=\"{N(y)}\" ")
                // Names of what is referred to are of the whole document.
                .Append(figures[k].AsSpan("<svg ".Length)).Replace("id=\"plane\"", $"id=\"plane-{k}\"").Replace("url(#plane)", $"url(#plane-{k})");
        }
        return Close(svg);
    }

    static (double Width, double Height) SizeOf(string figure)
    {
        const string start = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ";
        string[] parts = figure is null || !figure.StartsWith(start, StringComparison.Ordinal) ? [] : figure[start.Length..].Split(['"', ' '], 3);
        return parts.Length == 3 && double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double width)
            && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double height)
            ? (width, height) : throw new ArgumentException("A figure is not of this class; give what one of its methods returned.", nameof(figure));
    }
}
