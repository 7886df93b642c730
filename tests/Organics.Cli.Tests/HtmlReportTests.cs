using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Organics.Tests;

public sealed partial class HtmlReportTests
{
    const string Hostile = "</script><script>alert(1)</script> \"'&<!-- ]]> \u202e\u0007 é λ";

    [Fact]
    public void Whatever_text_it_is_given_is_text()
    {
        var page = Everything(Hostile);
        var body = Body(page.Page());
        // Nothing but what the page is made of: no element of the text's own.
        Assert.DoesNotContain(body.Descendants(), each => each.Name == "script");
        static HashSet<string> Elements(XElement of) => [.. of.DescendantsAndSelf().Select(each => each.Name.LocalName)];
        Assert.Equal(Elements(Body(Everything("x").Page())), Elements(body));
        Assert.Contains("</script><script>alert(1)</script> \"'&<!-- ]]> \\u202E\\u0007 é λ", body.Element("h1")!.Value);
        // The scripts are those of the page: the text ends none and begins none.
        Assert.Equal(4, Scripts().Count(page.Page()));
        using var data = JsonDocument.Parse(Island(page.Page()));
        Assert.Equal(Hostile, data.RootElement.GetProperty("charts")[0].GetProperty("series")[0].GetProperty("name").GetString());
        Assert.Contains(Hostile, data.RootElement.GetProperty("charts")[0].GetProperty("label").GetString());
        using var state = JsonDocument.Parse(page.State);
        Assert.Equal(page.Body, state.RootElement.GetProperty("body").GetString());
        Assert.DoesNotContain('\n', page.State);
    }

    [Fact]
    public void It_refers_to_nothing_outside_itself()
    {
        foreach (var live in (bool[])[false, true])
        {
            // Comments, of licences among them, and what looks like one in uPlot's first line.
            var page = Comments().Replace(Everything("x").Page(live), "");
            Assert.DoesNotMatch("https?:", page);
            Assert.DoesNotMatch("""(src|href)\s*=\s*["'](?!data:)""", page);
            Assert.DoesNotMatch(@"url\(|@import|import\s*\(|XMLHttpRequest|WebSocket|sendBeacon", page);
            Assert.Equal(live, page.Contains("fetch(", StringComparison.Ordinal));
            Assert.Contains($"connect-src {(live ? "'self'" : "'none'")}", page);
        }
    }

    [Fact]
    public void Charts_have_names_and_tables_and_headings_follow_one_another()
    {
        var body = Body(Everything("x").Page());
        var figures = body.Descendants("figure").ToArray();
        using var data = JsonDocument.Parse(Island(Everything("x").Page()));
        Assert.Equal(data.RootElement.GetProperty("charts").GetArrayLength(), figures.Length);
        Assert.Equal(Enumerable.Range(0, figures.Length).Select(i => $"{i}"), body.Descendants("div").Attributes("data-chart").Select(a => a.Value));
        // A portrait makes its table itself, for that follows the sliders.
        Assert.All(figures[..^1], figure => Assert.Single(figure.Descendants("table")));
        Assert.All(body.Descendants("table"), table =>
        {
            Assert.NotEqual("", table.Elements().First(e => e.Name == "caption").Value);
            Assert.All(table.Descendants("th"), th => Assert.Contains(th.Attribute("scope")!.Value, (string[])["row", "col"]));
        });
        Assert.All(body.Descendants("img"), img => Assert.NotEqual("", img.Attribute("alt")!.Value));
        var levels = body.Descendants().Where(e => e.Name.LocalName is "h1" or "h2" or "h3").Select(e => e.Name.LocalName[1] - '0').ToArray();
        Assert.Equal(1, levels[0]);
        Assert.All(levels.Zip(levels[1..]), pair => Assert.True(pair.Second <= pair.First + 1 && pair.Second > 1));
    }

    [Fact]
    public void Numbers_arrive_to_the_last_digit_and_what_is_none_as_a_gap()
    {
        double[] y = [0.1 + 0.2, double.NaN, -1e-300, double.PositiveInfinity, 1.7976931348623157e308];
        var page = new HtmlReport("x").Lines("l", "x", "y", [new("s", (double[])[1, 2, 3, 4, 5], y)], limit: 0);
        using var data = JsonDocument.Parse(Island(page.Page()));
        var chart = data.RootElement.GetProperty("charts")[0];
        Assert.Equal(y.Select(v => double.IsFinite(v) ? v : (double?)null),
            chart.GetProperty("series")[0].GetProperty("y").EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? (double?)null : v.GetDouble()));
        Assert.Equal(0, chart.GetProperty("limit").GetDouble());
    }

    [Fact]
    public void A_long_curve_has_a_short_table_with_both_ends()
    {
        double[] x = [.. Enumerable.Range(0, 5000).Select(i => (double)i)];
        var table = Body(new HtmlReport("x").Lines("l", "t", "y", [new("s", x, x)]).Page()).Descendants("table").Single();
        Assert.Equal("l (200 of 5000 points)", table.Element("caption")!.Value);
        var rows = table.Element("tbody")!.Elements("tr").Select(row => row.Element("td")!.Value).ToArray();
        Assert.Equal(("0", "4999", 200), (rows[0], rows[^1], rows.Length));
    }

    [Fact]
    public void A_matrix_of_any_size_makes_no_page_of_megabytes()
    {
        var page = new HtmlReport("x").Map("m", "row", "column", new double[600 * 600], 600, 600).Page();
        Assert.Contains("600 × 600 numbers, too many to be drawn here", Body(page).Value);
        Assert.Equal("""{"charts":[]}""", Island(page));
        var values = new double[40 * 2];
        values[79] = -1.5;
        page = new HtmlReport("x").Map("m", "row", "column", values, 40, 2).Page();
        Assert.Contains("40 × 2 numbers from −1.5 to 0, too many for a table", Body(page).Value);
    }

    [Fact]
    public void The_values_of_a_map_stand_in_its_table_by_those_of_its_axes()
    {
        double[] xs = [.. Enumerable.Range(0, 61).Select(j => (double)j)], ys = [-1, 0.5];
        double[] values = [.. ys.SelectMany(y => xs.Select(x => x * y))];
        values[61] = double.NaN;
        var page = new HtmlReport("x").Field("m", "across", "up", "v", xs, ys, values, [-20.25]).Page();
        var rows = Body(page).Descendants("tr").Select(row => row.Elements().Select(cell => cell.Value).ToArray()).ToArray();
        // 30 of 61, with both ends.
        Assert.Equal((3, 31, "0", "60"), (rows.Length, rows[0].Length, rows[0][1], rows[0][^1]));
        Assert.Equal(("−1", "−60", "0.5", "–", "30"), (rows[1][0], rows[1][^1], rows[2][0], rows[2][1], rows[2][^1]));
        using var data = JsonDocument.Parse(Island(page));
        var chart = data.RootElement.GetProperty("charts")[0];
        Assert.Equal((-0.5, 60.5, 62), (chart.GetProperty("xEdges")[0].GetDouble(), chart.GetProperty("xEdges")[61].GetDouble(),
            chart.GetProperty("xEdges").GetArrayLength()));
        Assert.Equal(JsonValueKind.Null, chart.GetProperty("values")[61].ValueKind);
        // −x = −20.25 at the lower row, and x·y = −20.25 between the rows beyond.
        var line = chart.GetProperty("series")[0];
        Assert.Equal("v = −20.25", line.GetProperty("name").GetString());
        Assert.Equal((20.25, -1), (line.GetProperty("x")[0].GetDouble(), line.GetProperty("y")[0].GetDouble()));
        page = new HtmlReport("x").Field("m", "x", "y", "v", new double[501], new double[500], new double[250_500], []).Page();
        Assert.Contains("too many to be drawn", Body(page).Value);
    }

    [Fact]
    public void Words_are_set_to_the_left_and_numbers_to_the_right()
    {
        var page = new HtmlReport("x").Table("t", ["a", "b", "c", "d"], [["r", "yes", "−1.5", "not run"], ["s", "–", "–", "98.1 %"]]).Page();
        var cells = Body(page).Descendants("td");
        Assert.Equal(["word", null, null, "word", null, null], cells.Select(cell => (string?)cell.Attribute("class")));
    }

    [Fact]
    public void A_grey_picture_is_a_png()
    {
        var png = GreyPng.Encode([0, 0.5, 1, 2, -1, 0.25], 2, 3);
        Assert.Equal("89504E470D0A1A0A", Convert.ToHexString(png.AsSpan(0, 8)));
        var (chunks, at) = (new Dictionary<string, byte[]>(), 8);
        while (at < png.Length)
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            chunks[Encoding.ASCII.GetString(png, at + 4, 4)] = png[(at + 8)..(at + 8 + length)];
            Assert.Equal(Crc(png.AsSpan(at + 4, 4 + length)), System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at + 8 + length)));
            at += 12 + length;
        }
        Assert.Equal([0, 0, 0, 3, 0, 0, 0, 2, 8, 0, 0, 0, 0], chunks["IHDR"]);
        Assert.Equal(["IHDR", "IDAT", "IEND"], chunks.Keys);
        using var lines = new MemoryStream();
        new ZLibStream(new MemoryStream(chunks["IDAT"]), CompressionMode.Decompress).CopyTo(lines);
        Assert.Equal([0, 255, 128, 0, 0, 0, 255, 191], lines.ToArray());

        // Bit by bit, as the standard defines it.
        static uint Crc(ReadOnlySpan<byte> bytes)
        {
            var sum = uint.MaxValue;
            foreach (var each in bytes)
            {
                sum ^= each;
                for (var k = 0; k < 8; k++) sum = (sum & 1) != 0 ? sum >> 1 ^ 0xEDB88320 : sum >> 1;
            }
            return ~sum;
        }
    }

    [Fact]
    public void What_others_made_is_what_the_notice_says()
    {
        var notice = File.ReadAllText(Path.Combine(Cli.Repository, "src/Organics.Cli/Html/vendor/NOTICE.md"));
        foreach (var file in (string[])["uPlot.iife.min.js", "uPlot.min.css"])
        {
            using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream($"html/{file}")!;
            Assert.Matches($@"`{Regex.Escape(file)}`.*MIT.*`{Convert.ToHexStringLower(SHA256.HashData(stream))}`", notice);
        }
        Assert.Contains(HtmlReport.Resource("uPlot.LICENSE"), Everything("x").Page());
    }

    static HtmlReport Everything(string text)
    {
        double[] xs = [1, 2, 3], ys = [3, 2, 1];
        return new HtmlReport(text).Section(text).Text(text).Code(text).Facts(text, [(text, text)]).Table(text, [text, text], [[text, text]])
            .Progress(0.5, text).Confusion([[1, 2], [3, 4]]).Images(text, [([0, 0.5, 1, 1], text)], 2, 2)
            .Lines(text, text, text, [new(text, xs, ys)], logarithmic: true, small: true).Scatter(text, text, text, [new(text, xs, ys)])
            .Curves(text, text, text, [new(text, xs, ys)]).ComplexPlane(text, [new(text, xs, ys)], text).Map(text, text, text, xs, 1, 3)
            .Field(text, text, text, text, [1, 10, 100], [1, 2], [1, 2, 3, 4, 5, 6], [3.5], logarithmicX: true)
            .Picture(text, SvgPlot.HeatMap(text, text, text, xs, 1, 3))
            .Portrait(text, new(1, 1, 0.5, 0.5, 0.1, 1));
    }

    /// <summary>What a page shows, read as XML.</summary>
    internal static XElement Body(string page)
        => XElement.Parse(page[page.IndexOf("<main>", StringComparison.Ordinal)..(page.IndexOf("</main>", StringComparison.Ordinal) + 7)]);

    /// <summary>The data in a page.</summary>
    internal static string Island(string page) => IslandOf().Match(page).Groups[1].Value;

    [GeneratedRegex(@"<script type=""application/json"" id=""data"">(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex IslandOf();

    [GeneratedRegex("<script[ >]")]
    private static partial Regex Scripts();

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comments();
}
