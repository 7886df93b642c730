using System.Globalization;
using System.Text;

namespace Organics;

public static partial class SvgPlot
{
    /// <summary>Curves through a plane, such as nullclines and trajectories, with points on top of them.</summary>
    /// <param name="title">What the figure shows.</param>
    /// <param name="xLabel">Name and unit of x.</param>
    /// <param name="yLabel">Name and unit of y.</param>
    /// <param name="curves">Drawn from point to point, in colours of their own; a point that is not finite is a gap, and what lies outside the ranges is cut
    /// off.</param>
    /// <param name="paths">Drawn thin and grey, without a name.</param>
    /// <param name="points">Drawn as dots, the same in every picture: filled for the first series, open for the second and grey for the
    /// others.</param>
    /// <param name="x">The range of x.</param>
    /// <param name="y">The range of y.</param>
    /// <param name="arrows">Drawn faint, below all else; none by default.</param>
    /// <returns>An SVG document.</returns>
    public static string Plane(
        string title, string xLabel, string yLabel, IReadOnlyList<PlotSeries> curves, IReadOnlyList<PlotSeries> paths, IReadOnlyList<PlotSeries> points,
        (double Min, double Max) x, (double Min, double Max) y, IReadOnlyList<PlotArrow>? arrows = null)
    {
        ArgumentNullException.ThrowIfNull(curves);
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(points);
        PlotSeries[] named = [.. curves, .. points];
        // What lies outside of the window is not there.
        bool Shown(double px, double py) => px >= x.Min && px <= x.Max && py >= y.Min && py <= y.Max;
        double top = Top + LegendHeight(named, Shown), bottom = top + PlotHeight;
        var xAxis = PlotAxis.Linear(x.Min, x.Max, Left, Left + PlotWidth, padding: 0);
        var yAxis = PlotAxis.Linear(y.Min, y.Max, bottom, top, padding: 0);
        StringBuilder svg = Open(title, Left + PlotWidth + Right, bottom + Bottom);
        Axes(svg, xAxis, yAxis, xLabel, yLabel, top, bottom);
        Legend(svg, named, Shown, curves.Count);
        svg.Append(CultureInfo.InvariantCulture,
            $"<clipPath id=\"plane\"><rect x=\"{N(Left)}\" y=\"{N(top)}\" width=\"{N(PlotWidth)}\" height=\"{N(PlotHeight)}\"/></clipPath>\n"
            + $"<g clip-path=\"url(#plane)\">\n");
        if (arrows is { Count: > 0 })
            svg.Append(CultureInfo.InvariantCulture,
                $"<path class=\"flow\" d=\"{Arrows(arrows, xAxis, yAxis)}\" fill=\"none\" stroke=\"{Frame}\" stroke-width=\"1\" stroke-linecap=\"round\"/>\n");
        foreach (PlotSeries path in paths)
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"{Polyline(path, xAxis, yAxis)}\" fill=\"none\" stroke=\"{Frame}\" stroke-width=\"1\"/>\n");
        for (int i = 0; i < curves.Count; i++)
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<path class=\"series\" d=\"{Polyline(curves[i], xAxis, yAxis)}\" fill=\"none\" stroke=\"{Colour(i)}\" "
                + $"stroke-width=\"2\"{Dash(i, curves[i])}/>\n");
        svg.Append("</g>\n");
        for (int i = 0; i < points.Count; i++)
        {
            for (int k = 0; k < points[i].X.Length; k++)
            {
                (double px, double py) = (xAxis[points[i].X.Span[k]], yAxis[points[i].Y.Span[k]]);
                if (px >= Left && px <= Left + PlotWidth && py >= top && py <= bottom) Dot(svg, "point", px, py, i);
            }
        }
        return Close(svg);
    }

    static void Dot(StringBuilder svg, string kind, double x, double y, int series) =>
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<circle class=\"{kind}\" cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"5\" fill=\"{(series == 0 ? Ink : series == 1 ? "#ffffff" : Missing)}\" stroke=\"{Ink}\" stroke-width=\"2\"/>\n");

    // A shaft and two barbs each.
    static string Arrows(IReadOnlyList<PlotArrow> arrows, PlotAxis xAxis, PlotAxis yAxis)
    {
        const double barb = 3.5;
        var path = new StringBuilder();
        foreach (PlotArrow arrow in arrows)
        {
            (double fromX, double fromY, double toX, double toY) = (xAxis[arrow.FromX], yAxis[arrow.FromY], xAxis[arrow.ToX], yAxis[arrow.ToY]);
            double length = double.Hypot(toX - fromX, toY - fromY);
            if (!(length > 0) || !double.IsFinite(length)) continue;
            (double ux, double uy) = (barb * (toX - fromX) / length, barb * (toY - fromY) / length);
            path.Append(CultureInfo.InvariantCulture,
                $"M{N(fromX)} {N(fromY)}L{N(toX)} {N(toY)}M{N(toX - ux - uy / 2)} {N(toY - uy + ux / 2)}L{N(toX)} {N(toY)}L{N(toX - ux + uy / 2)} "
                + $"{N(toY - uy - ux / 2)}");
        }
        return path.ToString();
    }

    // From point to point; a step shorter than half a unit of the drawing is left out.
    static string Polyline(PlotSeries series, PlotAxis xAxis, PlotAxis yAxis)
    {
        ReadOnlySpan<double> x = series.X.Span, y = series.Y.Span;
        var path = new StringBuilder();
        (bool pen, double lastX, double lastY) = (false, 0, 0);
        for (int i = 0; i < x.Length; i++)
        {
            (double px, double py) = (xAxis[x[i]], yAxis[y[i]]);
            if (!(Math.Abs(px) < 1e5) || !(Math.Abs(py) < 1e5))
            {
                pen = false;
                continue;
            }
            if (pen && Math.Abs(px - lastX) + Math.Abs(py - lastY) < 0.5 && i < x.Length - 1) continue;
            path.Append(pen ? 'L' : 'M').Append(N(px)).Append(' ').Append(N(py));
            (pen, lastX, lastY) = (true, px, py);
        }
        return path.ToString();
    }
}
