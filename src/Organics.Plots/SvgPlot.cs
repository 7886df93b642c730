using System.Globalization;
using System.Text;

namespace Organics;

/// <summary>
/// Figures as SVG text: curves, eigenvalues in the complex plane, and matrices. One element a line and rounded coordinates, so that two
/// versions of a figure can be compared line by line; the same data always give the same text.
/// </summary>
public static partial class SvgPlot
{
    const double Left = 104, Top = 64, PlotWidth = 560, PlotHeight = 320, Right = 28, Bottom = 60;
    const double LegendLine = 20, StripGap = 14, StripHeight = 76;

    // What a letter of a title takes on average, in parts of its size: that of DejaVu Sans Bold, which is wide, and what many systems take for sans-serif.
    const double LetterWidth = 0.67;
    const string Ink = "#1f2933", Muted = "#5b6770", Grid = "#dfe5ea", Frame = "#9aa5b1", Missing = "#c4cbd2";

    // Okabe and Ito, "Color universal design" (2008), without the yellow and the black, which are weak as lines on white.
    static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

    /// <summary>Curves over a common axis, such as loss or accuracy over steps.</summary>
    /// <param name="title">What the figure shows.</param>
    /// <param name="xLabel">Name and unit of x.</param>
    /// <param name="yLabel">Name and unit of y.</param>
    /// <param name="series">The curves; a point that is not finite, or not positive under <paramref name="logarithmic"/>, is a gap. One without points is not
    /// named, but keeps its colour from the others: so pictures of the same things agree.</param>
    /// <param name="logarithmic">Whether y is drawn on a logarithmic scale.</param>
    /// <param name="limit">A value of y that is drawn across and always in sight, such as 0, where stability ends; none by default.</param>
    /// <param name="logarithmicX">Whether x is drawn on a logarithmic scale; a point that is not positive is then a gap.</param>
    /// <param name="strip">A lower panel over the same x, such as the input that the curves answer; none by default.</param>
    /// <returns>An SVG document.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit cannot be drawn.</exception>
    public static string Lines(
        string title, string xLabel, string yLabel, IReadOnlyList<PlotSeries> series, bool logarithmic = false, double? limit = null, PlotStrip? strip = null,
        bool logarithmicX = false)
    {
        ArgumentNullException.ThrowIfNull(series);
        bool Shown(double x, double y) => IsDrawable(x) && IsDrawable(y) && (!logarithmic || y > 1e-300) && (!logarithmicX || x > 1e-300);
        (double Min, double Max) xs = Extent(series, Shown, (x, _) => x), ys = Extent(series, Shown, (_, y) => y);
        if (limit is { } across)
        {
            if (!Shown(1, across))
                throw new ArgumentOutOfRangeException(
                    nameof(limit), $"The limit {across} is not {(logarithmic ? "positive and " : "")}finite; give one that is.");
            ys = (Math.Min(ys.Min, across), Math.Max(ys.Max, across));
        }
        double top = Top + LegendHeight(series, Shown), bottom = top + PlotHeight;
        bool counts = series.All(each => each.X.Span.ToArray().All(double.IsInteger));
        var xAxis = logarithmicX ? PlotAxis.Logarithmic(xs.Min, xs.Max, Left, Left + PlotWidth, isTight: true)
            : PlotAxis.Linear(xs.Min, xs.Max, Left, Left + PlotWidth, padding: 0, leastStep: counts ? 1 : 0);
        PlotAxis yAxis = logarithmic ? PlotAxis.Logarithmic(ys.Min, ys.Max, bottom, top) : PlotAxis.Linear(ys.Min, ys.Max, bottom, top, padding: 0.05);
        double stripTop = bottom + StripGap, stripBottom = strip is null ? bottom : stripTop + StripHeight;

        StringBuilder svg = Open(title, Left + PlotWidth + Right, stripBottom + Bottom);
        // The lower panel has the labels of the axis that both share.
        Axes(svg, xAxis, yAxis, xLabel, yLabel, top, bottom, hasX: strip is null);
        if (limit is { } level)
            svg.Append(CultureInfo.InvariantCulture,
                $"<line class=\"limit\" x1=\"{N(Left)}\" y1=\"{N(yAxis[level])}\" x2=\"{N(Left + PlotWidth)}\" y2=\"{N(yAxis[level])}\" stroke=\"{Ink}\" "
                + $"stroke-width=\"1.2\"/>\n");
        Legend(svg, series, Shown);
        for (int i = 0; i < series.Count; i++)
        {
            (string path, string lone) = LinePath(series[i], xAxis, yAxis, Shown);
            if (lone.Length > 0)
                svg.Append(CultureInfo.InvariantCulture,
                    $"<path class=\"lone\" d=\"{lone}\" fill=\"none\" stroke=\"{Colour(i)}\" stroke-width=\"7\" stroke-linecap=\"round\"/>\n");
            if (path.Length > 0) Curve(svg, "series", path, Colour(i), 2, Dash(i, series[i]));
        }
        if (strip is not null) Strip(svg, strip, xAxis, xLabel, stripTop, stripBottom);
        return Close(svg);
    }

    static void Strip(StringBuilder svg, PlotStrip strip, PlotAxis xAxis, string xLabel, double top, double bottom)
    {
        static bool Shown(double x, double y) => IsDrawable(x) && IsDrawable(y);
        (double Min, double Max) ys = Extent(strip.Series, Shown, (_, y) => y);
        var yAxis = PlotAxis.Linear(ys.Min, ys.Max, bottom, top, padding: 0.1, aboutTicks: 5);
        Axes(svg, xAxis, yAxis, xLabel, strip.Label, top, bottom);
        for (int i = 0; i < strip.Series.Count; i++)
            // One curve for all has no series above whose colour it could share.
            if (LinePath(strip.Series[i], xAxis, yAxis, Shown).Path is { Length: > 0 } path)
                Curve(svg, "strip", path, strip.Series.Count == 1 ? Ink : Colour(i), 1.6, strip.Series.Count == 1 ? "" : Dash(i));
    }

    static void Curve(StringBuilder svg, string kind, string path, string colour, double width, string dash) =>
        svg.Append(CultureInfo.InvariantCulture,
            $"<path class=\"{kind}\" d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{N(width)}\" stroke-linejoin=\"round\" "
            + $"stroke-linecap=\"round\"{dash}/>\n");

    /// <summary>
    /// Points of the complex plane, such as the eigenvalues of Jacobians, with the imaginary axis drawn and the half-plane Re &lt; 0, where
    /// a linear system is stable, shaded.
    /// </summary>
    /// <param name="title">What the figure shows.</param>
    /// <param name="series">Points as (Re, Im); those that are not finite are left out.</param>
    /// <param name="unit">The unit of both axes, such as "1/s", or empty.</param>
    /// <returns>An SVG document.</returns>
    public static string ComplexPlane(string title, IReadOnlyList<PlotSeries> series, string unit = "")
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(unit);
        static bool Shown(double re, double im) => IsDrawable(re) && IsDrawable(im);
        (double Min, double Max) res = Extent(series, Shown, (re, _) => re), ims = Extent(series, Shown, (_, im) => im);
        if (!(res.Min <= res.Max)) (res, ims) = ((-1, 1), (-1, 1));
        double span = Math.Max(res.Max, 0) - Math.Min(res.Min, 0);
        if (span == 0) span = 1;
        // The imaginary axis and some of the unstable half-plane are always in sight.
        double right = Math.Max(res.Max, 0.12 * span), left = Math.Min(res.Min, -0.12 * span);
        double tall = Math.Max(Math.Abs(ims.Min), Math.Abs(ims.Max));
        double top = Top + LegendHeight(series, Shown), bottom = top + PlotHeight;
        var xAxis = PlotAxis.Linear(left, right, Left, Left + PlotWidth, padding: 0.04);
        var yAxis = PlotAxis.Linear(-tall, tall, bottom, top, padding: 0.08);

        StringBuilder svg = Open(title, Left + PlotWidth + Right, bottom + Bottom);
        string suffix = unit.Length == 0 ? "" : $" ({unit})";
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<rect class=\"stable\" x=\"{N(Left)}\" y=\"{N(top)}\" width=\"{N(xAxis[0] - Left)}\" height=\"{N(PlotHeight)}\" fill=\"#edf5f0\"/>\n");
        Axes(svg, xAxis, yAxis, "Re λ" + suffix, "Im λ" + suffix, top, bottom);
        svg.Append(CultureInfo.InvariantCulture,
            $"<line class=\"imaginary-axis\" x1=\"{N(xAxis[0])}\" y1=\"{N(top)}\" x2=\"{N(xAxis[0])}\" y2=\"{N(bottom)}\" stroke=\"{Ink}\" "
            + $"stroke-width=\"1.2\"/>\n");
        Text(svg, xAxis[0] - 8, top + 17, "stable", "end", "#3f7d5a", 12, "font-style=\"italic\"");
        Legend(svg, series, Shown);
        for (int i = 0; i < series.Count; i++)
        {
            string path = DotPath(series[i], xAxis, yAxis, Shown);
            if (path.Length == 0) continue;
            double size = series[i].X.Length > 2000 ? 2.2 : series[i].X.Length > 200 ? 3.2 : 5.5;
            svg.Append(CultureInfo.InvariantCulture,
                $"<path class=\"series\" d=\"{path}\" fill=\"none\" stroke=\"{Colour(i)}\" stroke-opacity=\"0.75\" stroke-width=\"{N(size)}\" "
                + $"stroke-linecap=\"round\"/>\n");
        }
        return Close(svg);
    }

    /// <summary>A matrix as coloured cells with a colour bar, such as the normalization weights W: row 0 on top, larger values darker.</summary>
    /// <param name="title">What the figure shows.</param>
    /// <param name="rowLabel">What the rows are.</param>
    /// <param name="columnLabel">What the columns are.</param>
    /// <param name="values">rows × columns numbers, row-major; those that are not finite are drawn grey.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="valueLabel">What the colours mean.</param>
    /// <returns>An SVG document.</returns>
    public static string HeatMap(string title, string rowLabel, string columnLabel, ReadOnlySpan<double> values, int rows, int columns, string valueLabel = "")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (values.Length != (long)rows * columns)
            throw new ArgumentException($"A {rows}×{columns} matrix has {(long)rows * columns} values, but got {values.Length}.", nameof(values));
        double min = double.PositiveInfinity, max = double.NegativeInfinity;
        foreach (double value in values)
            if (IsDrawable(value)) (min, max) = (Math.Min(min, value), Math.Max(max, value));
        if (!(min <= max)) (min, max) = (0, 1);

        const double longest = 400, barGap = 24, barWidth = 16, barLabels = 84;
        double cell = longest / Math.Max(1, Math.Max(rows, columns));
        double width = cell * Math.Max(1, columns), height = cell * Math.Max(1, rows);
        double bottom = Top + height, barLeft = Left + width + barGap, barHeight = Math.Max(height, 120);
        StringBuilder svg = Open(title, Math.Max(barLeft + barWidth + barLabels, 360), Math.Max(bottom, Top + barHeight) + Bottom);
        svg.Append(CultureInfo.InvariantCulture,
            $"<g transform=\"translate({N(Left)} {N(Top)}) scale({cell.ToString("0.######", CultureInfo.InvariantCulture)})\" "
            + $"shape-rendering=\"crispEdges\">\n");
        Cells(svg, values, rows, columns, min, max);
        svg.Append("</g>\n");
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<rect x=\"{N(Left)}\" y=\"{N(Top)}\" width=\"{N(width)}\" height=\"{N(height)}\" fill=\"none\" stroke=\"{Frame}\"/>\n");
        foreach (int i in IndexTicks(columns)) Text(svg, Left + (i + 0.5) * cell, bottom + 18, $"{i}", "middle", Muted, 12);
        foreach (int i in IndexTicks(rows)) Text(svg, Left - 8, Top + (i + 0.5) * cell + 4, $"{i}", "end", Muted, 12);
        AxisTitles(svg, Left + width / 2, bottom + 42, columnLabel, Left - 50, Top + height / 2, rowLabel);

        ColourBar(svg, barLeft, Top, barWidth, barHeight, min, max, valueLabel);
        return Close(svg);
    }

    static void ColourBar(StringBuilder svg, double left, double top, double width, double height, double min, double max, string valueLabel)
    {
        for (int level = 0; level < SequentialPalette.Levels; level++)
        {
            double slice = height / SequentialPalette.Levels;
            svg.Append(CultureInfo.InvariantCulture,
                $"<rect x=\"{N(left)}\" y=\"{N(top + height - (level + 1) * slice)}\" width=\"{N(width)}\" height=\"{N(slice + 0.6)}\" "
                + $"fill=\"{SequentialPalette.Colour(level)}\"/>\n");
        }
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<rect x=\"{N(left)}\" y=\"{N(top)}\" width=\"{N(width)}\" height=\"{N(height)}\" fill=\"none\" stroke=\"{Frame}\"/>\n");
        var scale = PlotAxis.Linear(min, max, top + height, top, padding: 0);
        foreach (double tick in scale.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<line x1=\"{N(left + width)}\" y1=\"{N(scale[tick])}\" x2=\"{N(left + width + 4)}\" y2=\"{N(scale[tick])}\" "
                + $"stroke=\"{Frame}\"/>\n");
            Text(svg, left + width + 8, scale[tick] + 4, scale.Label(tick), "start", Muted, 12);
        }
        if (valueLabel.Length > 0) Text(svg, left + width, top - 10, valueLabel, "end", Muted, 12);
    }

    /// <summary>Finite, and small enough that the range of two such numbers is finite too.</summary>
    static bool IsDrawable(double value) => Math.Abs(value) < 1e300;

    static (double Min, double Max) Extent(IReadOnlyList<PlotSeries> series, Func<double, double, bool> shown, Func<double, double, double> coordinate)
    {
        (double min, double max) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (PlotSeries each in series)
        {
            ReadOnlySpan<double> x = each.X.Span, y = each.Y.Span;
            for (int i = 0; i < x.Length; i++)
            {
                if (!shown(x[i], y[i])) continue;
                double value = coordinate(x[i], y[i]);
                (min, max) = (Math.Min(min, value), Math.Max(max, value));
            }
        }
        return (min, max);
    }

    /// <summary>The curve as path data; a run of points within one column of half a unit becomes its first, lowest, highest and last, which look the
    /// same. Points between gaps have no line: dots show them.</summary>
    static (string Path, string Lone) LinePath(PlotSeries series, PlotAxis xAxis, PlotAxis yAxis, Func<double, double, bool> shown)
    {
        ReadOnlySpan<double> x = series.X.Span, y = series.Y.Span;
        var (path, lone) = (new StringBuilder(), new StringBuilder());
        bool pen = false;
        for (int i = 0; i < x.Length; i++)
        {
            if (!shown(x[i], y[i]))
            {
                pen = false;
                continue;
            }
            double column = Math.Floor(2 * xAxis[x[i]]);
            int last = i, lowest = i, highest = i;
            while (last + 1 < x.Length && shown(x[last + 1], y[last + 1]) && Math.Floor(2 * xAxis[x[last + 1]]) == column)
            {
                last++;
                if (y[last] < y[lowest]) lowest = last;
                if (y[last] > y[highest]) highest = last;
            }
            int[] kept = [.. new SortedSet<int> { i, lowest, highest, last }];
            bool alone = kept.Length == 1 && (i == 0 || !shown(x[i - 1], y[i - 1])) && (last + 1 == x.Length || !shown(x[last + 1], y[last + 1]));
            foreach (int k in kept)
            {
                (alone ? lone : path).Append(pen ? 'L' : 'M').Append(N(xAxis[x[k]])).Append(' ').Append(N(yAxis[y[k]]));
                pen = true;
            }
            // A line of no length, which round caps show as a dot.
            if (alone) lone.Append("h0.01");
            i = last;
        }
        return (path.ToString(), lone.ToString());
    }

    static string DotPath(PlotSeries series, PlotAxis xAxis, PlotAxis yAxis, Func<double, double, bool> shown)
    {
        ReadOnlySpan<double> x = series.X.Span, y = series.Y.Span;
        var path = new StringBuilder();
        var drawn = new HashSet<(string, string)>();
        for (int i = 0; i < x.Length; i++)
        {
            if (!shown(x[i], y[i])) continue;
            (string, string) place = (N(xAxis[x[i]]), N(yAxis[y[i]]));
            if (drawn.Add(place)) path.Append('M').Append(place.Item1).Append(' ').Append(place.Item2).Append("h0.01");
        }
        return path.ToString();
    }

    /// <summary>One path per colour, with equal neighbours of a row joined.</summary>
    static void Cells(StringBuilder svg, ReadOnlySpan<double> values, int rows, int columns, double min, double max)
    {
        const int missing = SequentialPalette.Levels;
        var paths = new StringBuilder?[missing + 1];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0, end; column < columns; column = end)
            {
                int level = Level(values[row * columns + column], min, max);
                for (end = column + 1; end < columns && Level(values[row * columns + end], min, max) == level; end++) { }
                (paths[level] ??= new StringBuilder()).Append(CultureInfo.InvariantCulture, $"M{column} {row}h{end - column}v1h-{end - column}z");
            }
        }
        for (int level = 0; level <= missing; level++)
            if (paths[level] is { } path)
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<path class=\"cells\" d=\"{path}\" fill=\"{(level == missing ? Missing : SequentialPalette.Colour(level))}\"/>\n");
    }

    static int Level(double value, double min, double max) =>
        !IsDrawable(value) ? SequentialPalette.Levels
        : min == max ? SequentialPalette.Levels / 2
        : (int)Math.Round((value - min) / (max - min) * (SequentialPalette.Levels - 1));

    static IEnumerable<int> IndexTicks(int count)
    {
        int step = 1;
        // 1, 2, 5, 10, 20, 50, …: at most ten ticks.
        for (int k = 0; count > 10 * step; k++) step = k % 3 == 1 ? step / 2 * 5 : step * 2;
        for (int i = 0; i < count; i += step) yield return i;
    }

    static void Axes(StringBuilder svg, PlotAxis xAxis, PlotAxis yAxis, string xLabel, string yLabel, double top, double bottom, bool hasX = true)
    {
        foreach (double tick in xAxis.Ticks)
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<line class=\"grid\" x1=\"{N(xAxis[tick])}\" y1=\"{N(top)}\" x2=\"{N(xAxis[tick])}\" y2=\"{N(bottom)}\" stroke=\"{Grid}\"/>\n");
            if (hasX) Text(svg, xAxis[tick], bottom + 19, xAxis.Label(tick), "middle", Muted, 12);
        }
        foreach (double tick in yAxis.Ticks)
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<line class=\"grid\" x1=\"{N(Left)}\" y1=\"{N(yAxis[tick])}\" x2=\"{N(Left + PlotWidth)}\" y2=\"{N(yAxis[tick])}\" stroke=\"{Grid}\"/>\n");
            Text(svg, Left - 9, yAxis[tick] + 4, yAxis.Label(tick), "end", Muted, 12);
        }
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{N(Left)} {N(top)}V{N(bottom)}H{N(Left + PlotWidth)}\" fill=\"none\" stroke=\"{Frame}\"/>\n");
        AxisTitles(svg, Left + PlotWidth / 2, bottom + 44, hasX ? xLabel : "", Left - 86, (top + bottom) / 2, yLabel);
    }

    static void AxisTitles(StringBuilder svg, double xAt, double xBase, string xLabel, double yAt, double yMiddle, string yLabel)
    {
        if (xLabel.Length > 0) Text(svg, xAt, xBase, xLabel, "middle", Ink, 13);
        Text(svg, yAt, yMiddle, yLabel, "middle", Ink, 13, $"transform=\"rotate(-90 {N(yAt)} {N(yMiddle)})\"");
    }

    static double LegendHeight(IReadOnlyList<PlotSeries> series, Func<double, double, bool> shown)
        => LegendPlaces(series, shown).Select(place => place.Line + 1).DefaultIfEmpty(0).Max() * LegendLine;

    // Series from `dots` on are points of a plane, in ink; the others have colours of their own.
    static void Legend(StringBuilder svg, IReadOnlyList<PlotSeries> series, Func<double, double, bool> shown, int dots = int.MaxValue)
    {
        foreach ((int i, double x, int line) in LegendPlaces(series, shown))
        {
            double y = Top - 6 + line * LegendLine;
            if (i < dots)
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<line x1=\"{N(x)}\" y1=\"{N(y)}\" x2=\"{N(x + 18)}\" y2=\"{N(y)}\" stroke=\"{Colour(i)}\" stroke-width=\"3\"{Dash(i, series[i])}/>\n");
            else Dot(svg, "dot", x + 9, y, i - dots);
            Text(svg, x + 24, y + 4, series[i].Name, "start", Ink, 12);
        }
    }

    /// <summary>Where the names go: side by side, wrapped into lines; none for a single series, which the title names, or for one of which nothing is
    /// shown.</summary>
    static IEnumerable<(int Series, double X, int Line)> LegendPlaces(IReadOnlyList<PlotSeries> series, Func<double, double, bool> shown)
    {
        double x = Left;
        int line = 0;
        for (int i = 0; series.Count > 1 && i < series.Count; i++)
        {
            if (!HasAny(series[i], shown)) continue;
            double width = 48 + 7 * series[i].Name.Length;
            if (x > Left && x + width > Left + PlotWidth) (x, line) = (Left, line + 1);
            yield return (i, x, line);
            x += width;
        }
    }

    static bool HasAny(PlotSeries series, Func<double, double, bool> shown)
    {
        for (int i = 0; i < series.X.Length; i++)
            if (shown(series.X.Span[i], series.Y.Span[i])) return true;
        return false;
    }

    static string Colour(int series) => Colours[series % Colours.Length];

    static string Dash(int i, PlotSeries series) => series.IsDashed ? Dash(Colours.Length) : Dash(i);

    static string Dash(int series) => (series / Colours.Length % 3) switch
    {
        0 => "",
        1 => " stroke-dasharray=\"7 4\"",
        _ => " stroke-dasharray=\"2 4\"",
    };

    static StringBuilder Open(string title, double width, double height)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {N(width)} {N(height)}\" width=\"{N(width)}\" height=\"{N(height)}\" role=\"img\" "
            + $"font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<title>{Escape(title)}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        (int size, IReadOnlyList<string> lines) = TitleLines(title, width - Left - 8);
        for (int i = 0; i < lines.Count; i++)
            Text(svg, Left, lines.Count == 1 ? 32 : 41 - (lines.Count - 1 - i) * (size + 3), lines[i], "start", Ink, size, "font-weight=\"600\"");
        return svg;
    }

    /// <summary>A title in the largest of three sizes in which two lines hold it, or in as many lines of the least as it takes.</summary>
    static (int Size, IReadOnlyList<string> Lines) TitleLines(string title, double width)
    {
        int[] sizes = [16, 14, 12];
        foreach (int size in sizes)
        {
            List<string> lines = [];
            foreach (string word in title.Split(' '))
            {
                if (lines.Count > 0 && (lines[^1].Length + 1 + word.Length) * LetterWidth * size <= width) lines[^1] += " " + word;
                else lines.Add(word);
            }
            if (lines.Count <= (size == sizes[^1] ? int.MaxValue : 2)) return (size, lines);
        }
        return (sizes[^1], [title]);
    }

    static string Close(StringBuilder svg) => svg.Append("</svg>\n").ToString();

    static void Text(StringBuilder svg, double x, double y, string text, string anchor, string colour, int size, string extra = "") =>
        svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{N(x)}\" y=\"{N(y)}\" text-anchor=\"{anchor}\" font-size=\"{size}\" "
            + $"fill=\"{colour}\"{(extra.Length > 0 ? " " + extra : "")}>{Escape(text)}</text>\n");

    /// <summary>A coordinate to a hundredth, without a needless fraction or a negative zero.</summary>
    static string N(double value) => (Math.Round(value, 2) + 0.0).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Text for XML: markup escaped, and characters that XML 1.0 forbids replaced.</summary>
    static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '&': escaped.Append("&amp;"); break;
                case '<': escaped.Append("&lt;"); break;
                case '>': escaped.Append("&gt;"); break;
                case '"': escaped.Append("&quot;"); break;
                case < 0x20 and not ('\t' or '\n' or '\r') or 0xFFFE or 0xFFFF: escaped.Append('\uFFFD'); break;
                default: escaped.Append(rune); break;
            }
        }
        return escaped.ToString();
    }
}
