using System.Globalization;
using System.Text;

namespace Organics;

public static partial class SvgPlot
{
    /// <summary>A quantity over two parameters as coloured cells with a colour bar, and lines where it has given values.</summary>
    /// <param name="title">What the figure shows.</param>
    /// <param name="xLabel">Name and unit of x.</param>
    /// <param name="yLabel">Name and unit of y.</param>
    /// <param name="x">The values of x, ascending or descending; positive where logarithmic.</param>
    /// <param name="y">The values of y.</param>
    /// <param name="values">A number for each y and x: y is the row. Those that are not finite are drawn grey.</param>
    /// <param name="contours">Values at which a line is drawn; the first is drawn strongly, such as 0, where stability ends.</param>
    /// <param name="logarithmicX">Whether x is drawn on a logarithmic scale.</param>
    /// <param name="logarithmicY">Whether y is.</param>
    /// <param name="valueLabel">What the colours mean.</param>
    /// <returns>An SVG document.</returns>
    /// <exception cref="ArgumentException">The sizes do not fit, or an axis is empty.</exception>
    public static string Map(
        string title, string xLabel, string yLabel, ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> values,
            ReadOnlySpan<double> contours = default,
        bool logarithmicX = false, bool logarithmicY = false, string valueLabel = "")
    {
        if (x.IsEmpty || y.IsEmpty || values.Length != (long)x.Length * y.Length)
            throw new ArgumentException($"A map of {x.Length} × {y.Length} places has {(long)x.Length * y.Length} values, but got {values.Length}.",
                nameof(values));
        double min = double.PositiveInfinity, max = double.NegativeInfinity;
        foreach (var value in values)
            if (IsDrawable(value)) (min, max) = (Math.Min(min, value), Math.Max(max, value));
        if (!(min <= max)) (min, max) = (0, 1);

        const double barGap = 24, barWidth = 16, barLabels = 84, height = 400;
        double bottom = Top + height, width = 480, barLeft = Left + width + barGap;
        double[] xEdges = CellEdges(x, logarithmicX), yEdges = CellEdges(y, logarithmicY);
        PlotAxis xAxis = MapAxis(xEdges, Left, Left + width, logarithmicX), yAxis = MapAxis(yEdges, bottom, Top, logarithmicY);
        var svg = Open(title, barLeft + barWidth + barLabels, bottom + Bottom);
        var cells = new StringBuilder?[SequentialPalette.Levels + 1];
        for (var row = 0; row < y.Length; row++)
            for (var column = 0; column < x.Length; column++)
            {
                double left = xAxis[xEdges[column]], right = xAxis[xEdges[column + 1]], top = yAxis[yEdges[row + 1]], low = yAxis[yEdges[row]];
                (cells[Level(values[row * x.Length + column], min, max)] ??= new()).Append(
                    CultureInfo.InvariantCulture, $"M{N(left)} {N(low)}H{N(right)}V{N(top)}H{N(left)}z");
            }
        svg.Append("<g class=\"cells\" shape-rendering=\"crispEdges\">\n");
        for (var level = 0; level < cells.Length; level++)
            if (cells[level] is { } path)
                svg.Append(CultureInfo.InvariantCulture,
                    $"<path fill=\"{(level == SequentialPalette.Levels ? Missing : SequentialPalette.Colour(level))}\" d=\"{path}\"/>\n");
        svg.Append("</g>\n");
        for (var k = 0; k < contours.Length; k++)
            if (Polyline(Contour("", x, y, values, contours[k], logarithmicX, logarithmicY), xAxis, yAxis) is { Length: > 0 } line)
                svg.Append(CultureInfo.InvariantCulture,
                    $"<path class=\"contour\" d=\"{line}\" fill=\"none\" stroke=\"#ffffff\" stroke-width=\"{(k == 0 ? 4 : 2.4)}\"/>\n"
                    + $"<path d=\"{line}\" fill=\"none\" stroke=\"{Ink}\" stroke-width=\"{(k == 0 ? 2 : 1)}\""
                    + $"{(k == 0 ? "" : " stroke-dasharray=\"5 3\"")}/>\n");
        svg.Append(CultureInfo.InvariantCulture,
            $"<rect x=\"{N(Left)}\" y=\"{N(Top)}\" width=\"{N(width)}\" height=\"{N(height)}\" fill=\"none\" stroke=\"{Frame}\"/>\n");
        foreach (var tick in xAxis.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<line x1=\"{N(xAxis[tick])}\" y1=\"{N(bottom)}\" x2=\"{N(xAxis[tick])}\" y2=\"{N(bottom + 5)}\" stroke=\"{Frame}\"/>\n");
            Text(svg, xAxis[tick], bottom + 20, xAxis.Label(tick), "middle", Muted, 12);
        }
        foreach (var tick in yAxis.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<line x1=\"{N(Left - 5)}\" y1=\"{N(yAxis[tick])}\" x2=\"{N(Left)}\" y2=\"{N(yAxis[tick])}\" stroke=\"{Frame}\"/>\n");
            Text(svg, Left - 9, yAxis[tick] + 4, yAxis.Label(tick), "end", Muted, 12);
        }
        AxisTitles(svg, Left + width / 2, bottom + 44, xLabel, Left - 64, Top + height / 2, yLabel);
        ColourBar(svg, barLeft, Top, barWidth, height, min, max, valueLabel);
        return Close(svg);
    }

    /// <summary>Where the cells of a map begin and end, one number more than values: half-way between neighbours. The middle of a single one is its
    /// value.</summary>
    /// <param name="values">Where the cells are, ascending or descending; positive where logarithmic.</param>
    /// <param name="isLogarithmic">Whether half-way is meant on a logarithmic scale.</param>
    public static double[] CellEdges(ReadOnlySpan<double> values, bool isLogarithmic)
    {
        double[] at = [.. values.ToArray().Select(v => isLogarithmic ? Math.Log10(v) : v)];
        var edges = new double[at.Length + 1];
        if (at.Length == 0) return edges;
        for (var i = 1; i < at.Length; i++) edges[i] = (at[i - 1] + at[i]) / 2;
        var half = at.Length > 1 ? (at[1] - at[0]) / 2 : at[0] == 0 || isLogarithmic ? 0.5 : Math.Abs(at[0]) / 2;
        edges[0] = at[0] - half;
        edges[^1] = at[^1] + (at.Length > 1 ? (at[^1] - at[^2]) / 2 : half);
        return isLogarithmic ? [.. edges.Select(e => Math.Pow(10, e))] : edges;
    }

    static PlotAxis MapAxis(double[] edges, double start, double end, bool isLogarithmic)
    {
        var (min, max) = (Math.Min(edges[0], edges[^1]), Math.Max(edges[0], edges[^1]));
        return isLogarithmic ? PlotAxis.Logarithmic(min, max, start, end, isTight: true) : PlotAxis.Linear(min, max, start, end, padding: 0);
    }

    /// <summary>Where a function on a grid has a value: marching squares (Lorensen and Cline 1987 in the plane), with the saddle decided by the mean of its
    /// corners. Squares with a number that is missing have no line.</summary>
    /// <param name="name">The name of the line.</param>
    /// <param name="x">The values of x, ascending or descending; positive where logarithmic.</param>
    /// <param name="y">The values of y.</param>
    /// <param name="values">A number for each y and x: y is the row.</param>
    /// <param name="level">The value.</param>
    /// <param name="logarithmicX">Whether it is straight between two values of x on a logarithmic scale.</param>
    /// <param name="logarithmicY">Whether it is so between values of y.</param>
    /// <returns>Pieces of two points each, with a NaN behind each.</returns>
    /// <exception cref="ArgumentException">The sizes do not fit.</exception>
    public static PlotSeries Contour(
        string name, ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> values, double level, bool logarithmicX = false,
        bool logarithmicY = false)
    {
        if (values.Length != (long)x.Length * y.Length)
            throw new ArgumentException($"A grid of {x.Length} × {y.Length} places has {(long)x.Length * y.Length} values, but got {values.Length}.",
                nameof(values));
        (List<double> xs, List<double> ys) = ([], []);
        Span<(double X, double Y)> corner = stackalloc (double, double)[4];
        Span<double> v = stackalloc double[4];
        Span<(double X, double Y)> cut = stackalloc (double, double)[4];
        for (var row = 0; row + 1 < y.Length; row++)
            for (var column = 0; column + 1 < x.Length; column++)
            {
                var isWhole = true;
                for (var k = 0; k < 4; k++)
                {
                    // Around the square.
                    var (i, j) = (row + k / 2, column + (k is 1 or 2 ? 1 : 0));
                    corner[k] = (logarithmicX ? Math.Log(x[j]) : x[j], logarithmicY ? Math.Log(y[i]) : y[i]);
                    v[k] = values[i * x.Length + j] - level;
                    isWhole &= IsDrawable(v[k]);
                }
                if (!isWhole) continue;
                var cuts = 0;
                for (var k = 0; k < 4; k++)
                {
                    var next = (k + 1) % 4;
                    if (v[k] < 0 == v[next] < 0) continue;
                    var part = v[k] / (v[k] - v[next]);
                    cut[cuts++] = (corner[k].X + part * (corner[next].X - corner[k].X), corner[k].Y + part * (corner[next].Y - corner[k].Y));
                }
                if (cuts == 2) Segment(cut[0], cut[1]);
                if (cuts != 4) continue;
                // With four cuts, lines go around the corners whose sign is not that of the middle.
                var isTurned = v[0] + v[1] + v[2] + v[3] < 0 == v[0] < 0;
                Segment(cut[0], cut[isTurned ? 1 : 3]);
                Segment(cut[2], cut[isTurned ? 3 : 1]);
            }
        return new(name, xs.ToArray(), ys.ToArray());

        void Segment((double X, double Y) from, (double X, double Y) to)
        {
            double Across(double at) => logarithmicX ? Math.Exp(at) : at;
            double Up(double at) => logarithmicY ? Math.Exp(at) : at;
            xs.AddRange([Across(from.X), Across(to.X), double.NaN]);
            ys.AddRange([Up(from.Y), Up(to.Y), double.NaN]);
        }
    }
}
