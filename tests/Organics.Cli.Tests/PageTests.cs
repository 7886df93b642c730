using System.Text.Json;
using System.Xml.Linq;

namespace Organics.Tests;

/// <summary><c>--html</c> of sweep, merge, bifurcate and reproduce: the numbers of a page are those of the tables beside it.</summary>
public sealed class PageTests : IDisposable
{
    const string Two = """
        { "n": 2, "z": 0.3, "b": 1, "b0": 1, "sigma": 0.1, "tauY": 1, "tauA": 3, "W": [[1, 0.5], [0.5, 1]], "Wr": [[1.5, -1], [1, 1.5]] }
        """;

    readonly Cli _cli = new();

    public PageTests() => File.WriteAllText(_cli.PathOf("two.json"), Two);

    public void Dispose() => _cli.Dispose();

    JsonElement[] Charts(string page)
        => [.. JsonDocument.Parse(HtmlReportTests.Island(File.ReadAllText(_cli.PathOf(page)))).RootElement.GetProperty("charts").EnumerateArray()];

    XElement Body(string page) => HtmlReportTests.Body(File.ReadAllText(_cli.PathOf(page)));

    void Done(params string[] args)
    {
        var outcome = _cli.Run(args);
        Assert.True(outcome.Code == 0, outcome.Error);
    }

    static double[] Numbers(JsonElement of, string name)
        => [.. of.GetProperty(name).EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? double.NaN : v.GetDouble())];

    double[][] Table(params string[] path)
        => [.. File.ReadAllLines(_cli.PathOf(path)).Skip(1).Select(l => l.Split(',').Select(f => f.Length == 0 ? double.NaN : double.Parse(f)).ToArray())];

    [Fact]
    public void Curves_of_a_sweep_are_the_columns_of_its_table_and_parts_make_the_same_page()
    {
        string[] what = ["sweep", "two.json", "--vary", "z.scale=0.1:10:log7", "--measure", "y,max_re"];
        Done([.. what, "--out", "whole", "--html", "pages/whole.html"]);
        var (charts, rows) = (Charts("pages/whole.html"), Table("whole", "sweep.csv"));
        Assert.Equal(["y0", "y1"], charts[0].GetProperty("series").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        foreach (var (series, column) in charts.SelectMany(c => c.GetProperty("series").EnumerateArray()).Zip([1, 2, 3]))
        {
            Assert.Equal(rows.Select(r => r[0]), Numbers(series, "x"));
            Assert.Equal(rows.Select(r => r[column]), Numbers(series, "y"));
        }
        Assert.All(charts, chart => Assert.True(chart.GetProperty("logarithmicX").GetBoolean()));
        Assert.Equal(("max Re λ (1/time)", 0), (charts[1].GetProperty("y").GetString(), charts[1].GetProperty("limit").GetDouble()));
        Assert.Contains("organics sweep two.json --vary z.scale=0.1:10:log7 --measure y,max_re", Body("pages/whole.html").Value);

        foreach (var part in (string[])["1/2", "2/2"]) Done([.. what, "--out", "parts", "--shard", part]);
        Done("merge", "parts", "--html", "merged.html");
        string Island(params string[] page) => HtmlReportTests.Island(File.ReadAllText(_cli.PathOf(page)));
        Assert.Equal(Island("pages", "whole.html"), Island("merged.html"));
        var refused = _cli.Run([.. what, "--out", "parts", "--shard", "1/2", "--html", "part.html"]);
        Assert.Equal(2, refused.Code);
        Assert.Contains("give it to `organics merge`", refused.Error);
        Assert.Contains("ends in .html", _cli.Run([.. what, "--out", "other", "--html", "page.pdf"]).Error);
        Assert.False(Directory.Exists(_cli.PathOf("other")), "Nothing may be written.");
    }

    [Fact]
    public void A_map_of_a_sweep_ascends_along_both_axes_and_of_three_parameters_there_is_a_table()
    {
        Done("sweep", "two.json", "--vary", "sigma=0.3,0.2,0.1", "--vary", "z.scale=10:0.1:log5", "--measure", "a,max_re", "--out", "m", "--html", "m.html");
        var (charts, rows) = (Charts("m.html"), Table("m", "sweep.csv"));
        // The last is of other fixed points, for Wr is not I.
        Assert.Equal(["field", "field", "field"], charts.Select(c => c.GetProperty("kind").GetString()));
        var map = charts[1];
        Assert.Equal([0.1, 0.2, 0.3], Numbers(map, "ys"));
        Assert.Equal([0.1, 10], [Numbers(map, "xs")[0], Numbers(map, "xs")[^1]]);
        Assert.Equal((true, false), (map.GetProperty("logarithmicX").GetBoolean(), map.GetProperty("logarithmicY").GetBoolean()));
        // Both were given downwards, so that the last row of the table is the first of the map, to four digits.
        Assert.All(Numbers(map, "values").Zip(rows.Reverse().Select(r => r[^2])), pair => Assert.Equal(pair.Second, pair.First, 1e-3 * Math.Abs(pair.Second)));
        Assert.Equal("max Re λ (1/time) = 0", map.GetProperty("series")[0].GetProperty("name").GetString());

        // Below 0 there are equal ratios, but no logarithmic axis.
        Done("sweep", "two.json", "--vary", "z=-1:-0.1:log3", "--measure", "a", "--out", "n", "--html", "n.html");
        Assert.False(Charts("n.html")[0].GetProperty("logarithmicX").GetBoolean());

        Done("sweep", "two.json", "--vary", "z=1,2", "--vary", "sigma=0.1,0.2", "--vary", "b=1,2", "--measure", "max_re", "--out", "t", "--html", "t.html");
        Assert.Empty(Charts("t.html"));
        var table = Body("t.html").Descendants("table").Single(t => t.Element("caption")!.Value == "All points");
        Assert.Equal(Table("t", "sweep.csv").SelectMany(row => row.Select(HtmlReport.Show)),
            table.Element("tbody")!.Elements("tr").SelectMany(row => row.Elements().Select(cell => cell.Value)));
    }

    [Fact]
    public void Bifurcations_are_marked_where_the_report_has_them()
    {
        Done("bifurcate", "two.json", "--vary", "z=0.001:2", "--out", "b", "--html", "b.html");
        var report = JsonDocument.Parse(File.ReadAllText(_cli.PathOf("b", "bifurcate.json"))).RootElement;
        var chart = Charts("b.html")[0];
        (string Mark, double[] X, double[] Y)[] series =
            [.. chart.GetProperty("series").EnumerateArray().Select(s => (s.GetProperty("mark").GetString()!, Numbers(s, "x"), Numbers(s, "y")))];
        // The last are where cycles change.
        Assert.Equal(["line", "line", "line", "line", "filled", "open", "open"], series.Select(s => s.Mark));
        Assert.Equal([false, true, false, true], chart.GetProperty("series").EnumerateArray().Take(4).Select(s => s.GetProperty("dashed").GetBoolean()));
        var points = report.GetProperty("branches")[0].GetProperty("bifurcations").EnumerateArray()
            .Select(b => (Type: b.GetProperty("type").GetString(), At: b.GetProperty("parameter").GetDouble(), Y: b.GetProperty("y")[0].GetDouble())).ToArray();
        var hopf = points.Single(p => p.Type == "Hopf");
        Assert.Equal((hopf.At, hopf.Y), (series[4].X.Single(), series[4].Y.Single()));
        Assert.Subset(series[5].X.ToHashSet(), points.Where(p => p.Type == "Fold").Select(p => p.At).ToHashSet());
        var body = Body("b.html");
        var rows = body.Descendants("table").Single(t => t.Element("caption")!.Value == "Where fixed points change").Element("tbody")!.Elements("tr");
        Assert.Equal(points.Select(p => (p.Type == "Hopf" ? "Hopf point" : "fold", HtmlReport.Show(p.At))),
            rows.Select(row => (row.Elements().First().Value, row.Elements().ElementAt(2).Value)));
        Assert.Contains("subcritical", body.Value);
        Assert.Equal(3, Charts("b.html").Length);
    }

    [Fact]
    public void Of_many_units_a_table_of_bifurcations_names_the_most_active_and_a_legend_only_what_there_is()
    {
        // Two pairs whose recurrence is symmetric: folds, and no oscillation; and four pairs by themselves.
        File.WriteAllText(_cli.PathOf("six.json"), """
            {
              "n": 6, "z": 0.3, "b": [1, 0.85, 1, 0.9, 0.8, 0.7], "b0": 1, "sigma": 0.1, "tauY": 1, "tauA": 0.2,
              "W": [[1, 0.5, 0, 0, 0, 0], [0.5, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1]],
              "Wr": [[2, -0.5, 0, 0, 0, 0], [-0.5, 2, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1]]
            }
            """);
        Done("bifurcate", "six.json", "--vary", "z=-0.5:2", "--orbits", "no", "--out", "s", "--html", "s.html");
        var report = JsonDocument.Parse(File.ReadAllText(_cli.PathOf("s", "bifurcate.json"))).RootElement;
        var points = report.GetProperty("branches").EnumerateArray().SelectMany(b => b.GetProperty("bifurcations").EnumerateArray()).ToArray();
        Assert.NotEmpty(points);
        Assert.All(points, p => Assert.Equal("Fold", p.GetProperty("type").GetString()));
        var names = Charts("s.html")[0].GetProperty("series").EnumerateArray().Select(s => s.GetProperty("name").GetString()).ToArray();
        Assert.Contains("folds and branch points", names);
        Assert.DoesNotContain("Hopf points", names);
        var rows = Body("s.html").Descendants("table").Single(t => t.Element("caption")!.Value == "Where fixed points change").Element("tbody")!.Elements("tr");
        foreach (var (row, point) in rows.Zip(points))
        {
            var y = Numbers(point, "y");
            var active = Enumerable.Range(0, 6).OrderByDescending(i => Math.Abs(y[i])).Take(4).Order().ToArray();
            foreach (var (cell, name) in row.Elements().Skip(3).Take(2).Zip((string[])["y", "a"]))
                Assert.Equal(
                    string.Concat(active.Select(i => $"{i}: {HtmlReport.Show(Numbers(point, name)[i])}, ")) + "and 2 more", cell.Value);
        }
    }

    [Theory]
    [InlineData("circuit", "two.json")]
    [InlineData("sweep", "two.json", "--vary", "z=1,2", "--measure", "y")]
    [InlineData("bifurcate", "two.json", "--vary", "z=1:2")]
    [InlineData("reproduce", "fig1")]
    [InlineData("reproduce", "table1")]
    public void Whoever_asks_for_a_page_is_told_where_it_is_and_json_stays_alone(params string[] args)
    {
        string[] Lines(params string[] more) => [.. _cli.Run([.. args, .. more]).Out.Split('\n').Where(line => line.StartsWith("The page", StringComparison.Ordinal))];
        Assert.Equal(["The page is in 'p.html'."], Lines("--html", "p.html"));
        Assert.True(File.Exists(_cli.PathOf("p.html")));
        Assert.Empty(Lines());
        Assert.Empty(Lines("--html", "p.html", "--json"));
    }

    [Theory]
    [InlineData("table1", 2)]
    [InlineData("table2", 5)]
    public void A_table_of_the_paper_holds_what_the_terminal_shows(string table, int charts)
    {
        var outcome = _cli.Run("reproduce", table, "--html", "t.html");
        Assert.Equal(0, outcome.Code);
        var body = Body("t.html");
        Assert.Equal(charts, Charts("t.html").Length);
        foreach (var row in body.Descendants("table").Where(t => t.Element("caption")!.Value is "Test accuracy" or "Stability of what was trained")
            .SelectMany(t => t.Element("tbody")!.Elements("tr")))
            Assert.Contains(outcome.Out.Split('\n'), line => row.Elements().All(cell => line.Contains(cell.Value, StringComparison.Ordinal)));
        Assert.All(PaperTable.All.Single(t => t.Name == table).Rows, row => Assert.Contains(row.Command(0), body.Value));
        // What has no curve has no name, and a colour is kept for it.
        Assert.All(Charts("t.html"), chart => Assert.DoesNotContain("not run", chart.GetProperty("label").GetString()));
    }

    [Fact]
    public void Figures_of_the_paper_are_pages_too()
    {
        Done("reproduce", "fig1", "--out", "f1", "--html", "f1.html");
        var body = Body("f1.html");
        Assert.Single(body.Descendants("img"));
        var picture = body.Descendants("img").Single().Attribute("src")!.Value;
        Assert.Equal(_cli.Bytes("f1", "fig1.svg"), Convert.FromBase64String(picture.Split(',')[1]));
        Assert.Equal(10, body.Descendants("table").Single(t => t.Element("caption")!.Value == "Fixed points").Element("tbody")!.Elements("tr").Count());
        var pair = Charts("f1.html").Single().GetProperty("pair");
        Assert.Equal((2, 1, 0.1), (pair.GetProperty("wr").GetDouble(), pair.GetProperty("z").GetDouble(), pair.GetProperty("sigma").GetDouble()));
        var figure = JsonDocument.Parse(_cli.Run("reproduce", "fig4", "--trials", "5", "--out", "f4", "--html", "f4.html", "--json").Out).RootElement;
        foreach (var (size, series) in figure.GetProperty("sizes").EnumerateArray().Zip(Charts("f4.html").Single().GetProperty("series").EnumerateArray()))
            Assert.Equal(Numbers(size, "median_errors"), Numbers(series, "y"));
    }
}
