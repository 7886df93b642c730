using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Organics.Tests;

public partial class SvgPlotTests
{
    static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    static IEnumerable<XElement> Of(XDocument figure, string kind) => figure.Descendants().Where(element => (string?)element.Attribute("class") == kind);

    static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    /// <summary>The points that a path moves or draws to.</summary>
    static (double X, double Y)[] Points(XElement path)
    {
        static double Coordinate(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);
        return [.. Vertex().Matches(path.Attribute("d")!.Value).Select(match => (Coordinate(match.Groups[1]), Coordinate(match.Groups[2])))];
    }

    [GeneratedRegex(@"[ML]([-\d.]+) ([-\d.]+)")]
    private static partial Regex Vertex();

    /// <summary>Reads a scale back from two labelled ticks: value = offset + slope · place.</summary>
    static Func<double, double> Scale(XDocument figure, bool horizontal, Func<double, double> transform)
    {
        (double Place, double Value)[] ticks = [.. figure.Descendants(Svg + "text")
            .Where(text => (string?)text.Attribute("font-size") == "12" && (string?)text.Attribute("text-anchor") == (horizontal ? "middle" : "end"))
            .Where(text => double.TryParse(text.Value.Replace('−', '-'), CultureInfo.InvariantCulture, out _))
            .Select(text => (
                horizontal ? Number(text, "x") : Number(text, "y") - 4, transform(double.Parse(text.Value.Replace('−', '-'), CultureInfo.InvariantCulture))))];
        double slope = (ticks[^1].Value - ticks[0].Value) / (ticks[^1].Place - ticks[0].Place);
        return place => ticks[0].Value + slope * (place - ticks[0].Place);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Points_of_a_curve_land_where_the_ticks_say(bool logarithmic)
    {
        double[] x = [0, 30, 100], y = [2, 0.04, 0.3];
        var figure = XDocument.Parse(SvgPlot.Lines("t", "x", "y", [new PlotSeries("a", x, y)], logarithmic));
        (double X, double Y)[] points = Points(Of(figure, "series").Single());
        Func<double, double> xs = Scale(figure, true, v => v), ys = Scale(figure, false, v => logarithmic ? Math.Log10(v) : v);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(x[i], xs(points[i].X), 0.01);
            Assert.Equal(logarithmic ? Math.Log10(y[i]) : y[i], ys(points[i].Y), 0.001);
        }
    }

    [Fact]
    public void Eigenvalues_land_on_their_side_of_the_imaginary_axis()
    {
        var figure = XDocument.Parse(SvgPlot.ComplexPlane("t", [new PlotSeries("a", new double[] { -2, -2, 0.5, double.NaN }, new double[] { 1, -1, 0, 0 })]));
        (double X, double Y)[] points = Points(Of(figure, "series").Single());
        Assert.Equal(3, points.Length);
        Func<double, double> re = Scale(figure, true, v => v), im = Scale(figure, false, v => v);
        Assert.Equal((-2, 1), (re(points[0].X), im(points[0].Y)), (a, b) => Math.Abs(a.Item1 - b.Item1) < 0.01 && Math.Abs(a.Item2 - b.Item2) < 0.01);
        XElement axis = Of(figure, "imaginary-axis").Single(), stable = Of(figure, "stable").Single();
        Assert.Equal(0, re(Number(axis, "x1")), 0.01);
        Assert.Equal(Number(axis, "x1"), Number(stable, "x") + Number(stable, "width"), 0.02);
        Assert.True(points[0].X < Number(axis, "x1") && points[2].X > Number(axis, "x1"));
    }

    [Fact]
    public void Every_cell_of_a_matrix_is_drawn_once_and_larger_values_are_darker()
    {
        double[] values = [0, 1, 1, double.NaN, 0.5, 0];
        var figure = XDocument.Parse(SvgPlot.HeatMap("W", "i", "j", values, rows: 2, columns: 3));
        string[] fills = new string[6];
        foreach (XElement path in Of(figure, "cells"))
        {
            foreach (Match cell in Regex.Matches(path.Attribute("d")!.Value, @"M(\d+) (\d+)h(\d+)v1"))
            {
                for (int k = 0; k < int.Parse(cell.Groups[3].Value, CultureInfo.InvariantCulture); k++)
                {
                    int index = 3 * int.Parse(cell.Groups[2].Value, CultureInfo.InvariantCulture)
                        + int.Parse(cell.Groups[1].Value, CultureInfo.InvariantCulture) + k;
                    Assert.Null(fills[index]);
                    fills[index] = path.Attribute("fill")!.Value;
                }
            }
        }
        Assert.Equal(SequentialPalette.Colour(0), fills[0]);
        Assert.Equal(fills[0], fills[5]);
        Assert.Equal(SequentialPalette.Colour(SequentialPalette.Levels - 1), fills[1]);
        Assert.Equal(fills[1], fills[2]);
        Assert.DoesNotContain(fills[3], Enumerable.Range(0, SequentialPalette.Levels).Select(SequentialPalette.Colour));
    }

    [Fact]
    public void The_palette_darkens_at_every_level()
    {
        double[] luminance = [.. Enumerable.Range(0, SequentialPalette.Levels).Select(level => Luminance(SequentialPalette.Colour(level)))];
        for (int i = 1; i < luminance.Length; i++) Assert.True(luminance[i] < luminance[i - 1] + 1e-3);
        Assert.True(luminance[0] > 0.85 && luminance[^1] < 0.06);
    }

    static double Luminance(string colour)
    {
        double Linear(int at)
        {
            double value = Convert.ToInt32(colour.Substring(at, 2), 16) / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }
        return 0.2126 * Linear(1) + 0.7152 * Linear(3) + 0.0722 * Linear(5);
    }

    public static TheoryData<double[], double[]> Awkward => new()
    {
        { [], [] },
        { [1], [1] },
        { [1, 2, 3], [5, 5, 5] },
        { [0, 0], [0, 0] },
        { [1, 2, 3], [double.NaN, double.NaN, double.NaN] },
        { [1, 2, 3, 4], [1, double.NaN, double.PositiveInfinity, 2] },
        { [1, 2], [-1, 0] },
        { [1, 2], [1e-300, 1e299] },
        { [1e9, 1e9 + 1], [1, 1 + 1e-12] },
        { [1e17, 1e17 + 16], [1e17, 1e17 + 16] },
        { [0, double.Epsilon], [0, double.Epsilon] },
        { [-1.7e308, 1.7e308], [1.7e308, -1.7e308] },
        { [1e-295, 3e-295], [-9e299, 9e299] },
    };

    [Theory]
    [MemberData(nameof(Awkward))]
    public void Awkward_series_give_a_well_formed_figure_without_nonsense(double[] x, double[] y)
    {
        PlotSeries[] series = [new("a", x, y), new("b", x, y)];
        foreach (string text in (string[])
            [
                SvgPlot.Lines("t", "x", "y", series), SvgPlot.Lines("t", "x", "y", series, logarithmic: true), SvgPlot.ComplexPlane("t", series),
                SvgPlot.HeatMap("t", "x", "y", y, 1, y.Length),
            ])
        {
            XDocument.Parse(text);
            Assert.DoesNotContain("NaN", text);
            Assert.DoesNotContain("∞", text);
            Assert.DoesNotContain("Infinity", text);
        }
    }

    [Fact]
    public void A_gap_interrupts_the_curve()
    {
        var gap = new PlotSeries("a", new double[] { 0, 1, 2, 3, 4 }, new double[] { 1, 2, double.NaN, 3, 4 });
        var figure = XDocument.Parse(SvgPlot.Lines("t", "x", "y", [gap]));
        Assert.Equal(2, Of(figure, "series").Single().Attribute("d")!.Value.Count(letter => letter == 'M'));
    }

    [Fact]
    public void A_point_between_gaps_is_a_dot()
    {
        double[] y = [1, 2, double.NaN, 3, double.NaN, 4, 5];
        var figure = XDocument.Parse(SvgPlot.Lines("t", "x", "y", [new PlotSeries("a", new double[] { 0, 1, 2, 3, 4, 5, 6 }, y)]));
        Assert.Equal(4, Points(Of(figure, "series").Single()).Length);
        XElement dot = Of(figure, "lone").Single();
        Assert.Equal(3, Scale(figure, false, v => v)(Points(dot).Single().Y), 0.01);
        Assert.True(Number(dot, "stroke-width") > 5);
    }

    [Fact]
    public void A_series_without_points_keeps_its_colour_and_is_not_named()
    {
        double[] x = [0, 1], y = [1, 2];
        PlotSeries[] series = [new("a", default, default), new("b", x, y), new("c", x, y)];
        string[] Colours(IReadOnlyList<PlotSeries> drawn)
            => [.. Of(XDocument.Parse(SvgPlot.Lines("t", "x", "y", drawn)), "series").Select(path => path.Attribute("stroke")!.Value)];
        string[] whole = Colours([new("a", x, y), .. series[1..]]);
        Assert.Equal(3, whole.Distinct().Count());
        Assert.Equal(whole[1..], Colours(series));
        string[] texts = [.. XDocument.Parse(SvgPlot.Lines("t", "x", "y", series)).Descendants(Svg + "text").Select(text => text.Value)];
        Assert.Equal(["b", "c"], texts.Where(text => text is "a" or "b" or "c"));
    }

    [Theory]
    [InlineData(false, 5)]
    [InlineData(false, -3)]
    [InlineData(true, 5)]
    [InlineData(true, 0.001)]
    public void A_limit_is_in_sight_and_lies_where_the_ticks_say(bool logarithmic, double limit)
    {
        double Drawn(double y) => logarithmic ? Math.Log10(y) : y;
        PlotSeries[] series = [new("a", new double[] { 0, 1, 2 }, new double[] { 2, 0.04, 0.3 })];
        var figure = XDocument.Parse(SvgPlot.Lines("t", "x", "y", series, logarithmic, limit));
        XElement line = Of(figure, "limit").Single();
        Assert.Equal(Number(line, "y1"), Number(line, "y2"));
        Assert.Equal(Drawn(limit), Scale(figure, false, Drawn)(Number(line, "y1")), 0.02);
        XElement across = Of(figure, "grid").First(tick => Number(tick, "x1") == Number(tick, "x2"));
        Assert.InRange(Number(line, "y1"), Number(across, "y1"), Number(across, "y2"));
        Assert.Empty(Of(XDocument.Parse(SvgPlot.Lines("t", "x", "y", series, logarithmic)), "limit"));
    }

    [Theory]
    [InlineData(false, double.NaN)]
    [InlineData(false, double.PositiveInfinity)]
    [InlineData(true, 0)]
    public void A_limit_that_cannot_be_drawn_is_refused(bool logarithmic, double limit) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SvgPlot.Lines("t", "x", "y", [], logarithmic, limit));

    [Fact]
    public void A_long_curve_keeps_its_extremes_and_stays_small()
    {
        const int n = 200_000;
        double[] x = [.. Enumerable.Range(0, n).Select(i => (double)i)], y = [.. x.Select(v => Math.Sin(v / 50))];
        y[123_456] = 9;
        string text = SvgPlot.Lines("t", "x", "y", [new PlotSeries("a", x, y)]);
        var figure = XDocument.Parse(text);
        Func<double, double> ys = Scale(figure, false, v => v);
        Assert.Equal(9, ys(Points(Of(figure, "series").Single()).Min(point => point.Y)), 0.02);
        Assert.InRange(text.Length, 1, 100_000);
    }

    [Fact]
    public void Names_are_escaped()
    {
        PlotSeries[] series = [new("a<b & \"c\"\u0001", new double[] { 1 }, new double[] { 1 }), new("d", new double[] { 1 }, new double[] { 1 })];
        var figure = XDocument.Parse(SvgPlot.Lines("<t>", "x & y", "'y'", series));
        Assert.Contains(figure.Descendants(Svg + "text"), text => text.Value == "a<b & \"c\"\uFFFD");
        Assert.Equal("<t>", figure.Descendants(Svg + "title").Single().Value);
    }

    [Fact]
    public void A_series_needs_both_coordinates_of_each_point() =>
        Assert.Throws<ArgumentException>(() => new PlotSeries("a", new double[2], new double[3]));
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_contour_of_a_map_runs_where_the_function_has_its_value(bool logarithmic)
    {
        double At(double x, double y) => logarithmic ? Math.Log10(x) + y : x + y;
        double[] x = logarithmic ? [0.01, 0.1, 1, 10] : [0, 1, 2, 3], y = [0, 1, 2];
        double[] values = [.. y.SelectMany(b => x.Select(a => At(a, b)))];
        var figure = XDocument.Parse(SvgPlot.Map("t", "x", "y", x, y, values, [1.5], logarithmicX: logarithmic));
        Func<double, double> xs = Scale(figure, true, v => logarithmic ? Math.Log10(v) : v);
        (double X, double Y)[] points = Points(Of(figure, "contour").Single());
        Assert.NotEmpty(points);
        // Of the values on y the axis has as many as there are; its range ends half a cell beyond.
        double Y(double place) => -0.5 + 3 * (464 - place) / 400;
        Assert.All(points, p => Assert.Equal(1.5, xs(p.X) + Y(p.Y), 0.02));
        var cells = figure.Descendants(Svg + "g").Single(g => (string?)g.Attribute("class") == "cells").Elements().Sum(path => path.Attribute("d")!.Value.Count(c => c == 'z'));
        Assert.Equal(12, cells);
        Assert.Throws<ArgumentException>(() => SvgPlot.Map("t", "x", "y", x, y, values.AsSpan(1)));

        // The same line as numbers: pieces of two points, each on an edge of the grid.
        var line = SvgPlot.Contour("c", x, y, values, 1.5, logarithmicX: logarithmic);
        Assert.Equal(points.Length, line.X.ToArray().Count(double.IsFinite));
        for (var k = 0; k < line.X.Length; k++)
        {
            var (a, b) = (line.X.Span[k], line.Y.Span[k]);
            if (k % 3 == 2) Assert.True(double.IsNaN(a) && double.IsNaN(b));
            else Assert.Equal(1.5, At(a, b), 1e-12);
            if (k % 3 != 2) Assert.True(x.Any(v => Math.Abs(v - a) <= 1e-12) || y.Any(v => Math.Abs(v - b) <= 1e-12));
        }
        Assert.Throws<ArgumentException>(() => SvgPlot.Contour("c", x, y, values.AsSpan(1), 1.5));
    }

    [Fact]
    public void Cells_of_a_map_meet_half_way()
    {
        Assert.Equal([-1, 1, 4, 8], SvgPlot.CellEdges([0, 2, 6], isLogarithmic: false));
        Assert.Equal([1, 100, 10_000], SvgPlot.CellEdges([10, 1000], isLogarithmic: true).Select(v => Math.Round(v, 9)));
        Assert.Equal([1, 3], SvgPlot.CellEdges([2], isLogarithmic: false));
    }
}
