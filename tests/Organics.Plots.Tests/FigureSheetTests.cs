using System.Globalization;
using System.Xml.Linq;

namespace Organics.Tests;

/// <summary>Titles, legends, strips and sheets of figures.</summary>
public sealed class FigureSheetTests
{
    static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    static readonly PlotSeries Line = new("a", new double[] { 0, 1, 2 }, new double[] { 1, 3, 2 });

    static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    static XElement[] Of(XElement figure, string kind) => [.. figure.Descendants().Where(element => (string?)element.Attribute("class") == kind)];

    [Fact]
    public void A_long_title_is_wrapped_within_the_picture_and_none_of_it_is_lost()
    {
        foreach (int words in (int[])[1, 6, 8, 12])
        {
            string title = string.Join(' ', Enumerable.Range(0, words).Select(k => k % 3 == 0 ? "eigenvalues" : $"word{k}"));
            foreach (string svg in (string[])[SvgPlot.Lines(title, "x", "y", [Line, Line]), SvgPlot.HeatMap(title, "i", "j", [1, 2], 2, 1)])
            {
                var figure = XElement.Parse(svg);
                Assert.Equal(title, figure.Element(Svg + "title")!.Value);
                XElement[] lines = [.. figure.Elements(Svg + "text").Where(text => text.Attribute("font-weight") is not null)];
                Assert.Equal(title, string.Join(' ', lines.Select(line => line.Value)));
                foreach (XElement line in lines)
                {
                    Assert.True(Number(line, "x") + 0.66 * Number(line, "font-size") * line.Value.Length <= Number(figure, "width"), line.Value);
                    Assert.True(Number(line, "y") >= Number(line, "font-size") - 2, line.Value);
                }
            }
        }
    }

    [Fact]
    public void A_legend_names_only_what_is_there()
    {
        var nothing = new PlotSeries("nothing", new double[] { 0, 1 }, new double[] { double.NaN, double.NaN });
        var negative = new PlotSeries("negative", new double[] { 0, 1 }, new double[] { -1, -2 });
        Assert.DoesNotContain(">nothing<", SvgPlot.Lines("t", "x", "y", [Line, nothing, Line]), StringComparison.Ordinal);
        Assert.Contains(">negative<", SvgPlot.Lines("t", "x", "y", [Line, negative]), StringComparison.Ordinal);
        Assert.DoesNotContain(">negative<", SvgPlot.Lines("t", "x", "y", [Line, negative], logarithmic: true), StringComparison.Ordinal);
        var outside = new PlotSeries("outside", new double[] { 5 }, new double[] { 5 });
        string plane = SvgPlot.Plane("t", "x", "y", [Line], [], [outside], (0, 2), (0, 4));
        Assert.DoesNotContain(">outside<", plane, StringComparison.Ordinal);
        Assert.Contains(">a<", plane, StringComparison.Ordinal);
    }

    [Fact]
    public void A_strip_has_the_x_of_the_curves_above_it()
    {
        var pulse = new PlotSeries("z", new double[] { 0, 1, 1, 2 }, new double[] { 0, 0, 5, 5 });
        var figure = XElement.Parse(SvgPlot.Lines("t", "time", "y", [Line], strip: new("z", [pulse])));
        string[] Points(string kind) => Of(figure, kind).Single().Attribute("d")!.Value[1..].Split('L');
        static string X(string point) => point.Split(' ')[0];
        string[] above = Points("series"), below = Points("strip");
        Assert.Equal([X(above[0]), X(above[1]), X(above[1]), X(above[2])], below.Select(X));
        double Y(string point) => double.Parse(point.Split(' ')[1], CultureInfo.InvariantCulture);
        Assert.True(above.Max(Y) < below.Min(Y));
        Assert.Equal(Y(below[0]), Y(below[1]));
        Assert.True(Y(below[2]) < Y(below[1]));
        // The labels of x stand once, below.
        Assert.Single(figure.Descendants(Svg + "text"), text => text.Value == "time");
        Assert.True(Number(figure.Descendants(Svg + "text").Single(text => text.Value == "time"), "y") > below.Max(Y));
    }

    [Fact]
    public void A_dashed_curve_is_dashed()
    {
        var dashed = new PlotSeries("b", Line.X, Line.Y) { IsDashed = true };
        XElement[] curves = Of(XElement.Parse(SvgPlot.Lines("t", "x", "y", [Line, dashed])), "series");
        Assert.Equal((null, "7 4"), ((string?)curves[0].Attribute("stroke-dasharray"), (string?)curves[1].Attribute("stroke-dasharray")));
    }

    [Theory]
    [InlineData(1.5, 2.1)]
    [InlineData(0.9, 1.02)]
    [InlineData(30, 45)]
    [InlineData(0.2, 2)]
    [InlineData(1e-7, 1e3)]
    public void A_logarithmic_axis_has_enough_ticks_and_each_its_own_number(double least, double most)
    {
        var figure = XElement.Parse(SvgPlot.Lines("t", "x", "y", [new("a", new double[] { 0, 0.5 }, new[] { least, most })], logarithmic: true));
        (double Y, string Text)[] ticks =
        [
            .. figure.Elements(Svg + "text").Where(text => (string?)text.Attribute("text-anchor") == "end").Select(text => (Number(text, "y"), text.Value)),
        ];
        Assert.InRange(ticks.Length, 3, 14);
        Assert.Equal(ticks.Length, ticks.Select(tick => tick.Text).Distinct().Count());
        // Equal ratios are equal distances.
        if (most > 100) return;
        double[] values = [.. ticks.Select(tick => double.Parse(tick.Text, CultureInfo.InvariantCulture))];
        double unit = (ticks[^1].Y - ticks[0].Y) / Math.Log(values[^1] / values[0]);
        for (int i = 1; i < values.Length; i++) Assert.Equal(unit, (ticks[i].Y - ticks[i - 1].Y) / Math.Log(values[i] / values[i - 1]), Math.Abs(unit) * 1e-3);
    }

    static double Right(XElement panel) => Number(panel, "x") + Number(panel, "width");

    static double Below(XElement panel) => Number(panel, "y") + Number(panel, "height");

    [Fact]
    public void A_sheet_holds_its_figures_side_by_side_as_they_are()
    {
        string plane = SvgPlot.Plane("p", "x", "y", [Line], [], [], (0, 2), (0, 4));
        string[] figures = [plane, SvgPlot.Lines("l", "x", "y", [Line]), plane];
        var sheet = XElement.Parse(SvgPlot.Sheet("All of them", figures, columns: 2));
        Assert.Equal("All of them", sheet.Element(Svg + "title")!.Value);
        XElement[] panels = [.. sheet.Elements(Svg + "svg")];
        Assert.Equal(["p", "l", "p"], panels.Select(panel => panel.Element(Svg + "title")!.Value));
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < i; j++)
                Assert.True(Number(panels[i], "x") >= Right(panels[j]) || Number(panels[i], "y") >= Below(panels[j]));
        Assert.True(panels.All(panel => Right(panel) <= Number(sheet, "width") && Below(panel) <= Number(sheet, "height")));
        // Whatever is referred to is there once.
        string[] ids = [.. sheet.Descendants().Attributes("id").Select(id => id.Value)];
        Assert.Equal(2, ids.Distinct().Count());
        Assert.Equal(ids, panels.SelectMany(panel => panel.Descendants().Attributes("clip-path")).Select(clip => clip.Value["url(#".Length..^1]));
        Assert.Throws<ArgumentException>(() => SvgPlot.Sheet("t", [], 1));
        Assert.Throws<ArgumentException>(() => SvgPlot.Sheet("t", ["<svg/>"], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => SvgPlot.Sheet("t", figures, 0));
    }
}
