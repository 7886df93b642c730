using System.Text.Json;

namespace Organics.Tests;

/// <summary><c>organics report</c> and <c>organics circuit --html</c>.</summary>
public sealed class ReportTests : IDisposable
{
    readonly Cli _cli = new();

    [Fact]
    public void A_report_holds_the_run()
    {
        // A name that would be markup, a shell's and a script's.
        const string hostile = "a <b>&'\"$(x) run";
        Assert.Equal(0, _cli.Train(hostile, "--epochs", "2", "--seed", "5").Code);
        var outcome = _cli.Run("report", _cli.PathOf(hostile));
        Assert.Equal(0, outcome.Code);
        Assert.Contains("report.html", outcome.Out);
        var page = File.ReadAllText(_cli.PathOf(hostile, "report.html"));
        var body = HtmlReportTests.Body(page);
        // Every number of every epoch, in the table to six digits and in the charts to the last one.
        using var data = JsonDocument.Parse(HtmlReportTests.Island(page));
        var drawn = data.RootElement.GetProperty("charts").EnumerateArray().Where(c => c.GetProperty("kind").GetString() == "lines")
            .SelectMany(c => c.GetProperty("series").EnumerateArray()).Select(s => string.Join(' ', s.GetProperty("y").EnumerateArray())).ToArray();
        var rows = MetricsLog.Read(_cli.PathOf(hostile, "metrics.jsonl"));
        var all = body.Descendants("table").Single(t => t.Element("caption")!.Value == "All numbers, epoch by epoch");
        var table = all.Element("tbody")!.Elements("tr").ToArray();
        Assert.Equal(2, rows.Count);
        foreach (var (name, _) in rows[0].Values)
        {
            double[] values = [.. rows.Select(row => row.Values[name])];
            if (values[0] != values[1]) Assert.Contains(drawn, each => each.Split(' ').Select(double.Parse).SequenceEqual(values));
            Assert.All(values.Zip(table), pair => Assert.Contains(pair.Second.Elements("td"), td => td.Value == HtmlReport.Show(pair.First)));
        }
        Assert.Contains(data.RootElement.GetProperty("charts").EnumerateArray(),
            c => c.GetProperty("kind").GetString() == "plane" && c.GetProperty("stable").GetBoolean());
        // The command, the machine, the mistakes.
        var record = RunRecord.Read(_cli.PathOf(hostile));
        var command = $"organics train static --hidden 6 --epochs 2 --batch 16 --blocks 1 --seed 5 --data {ShellWord.Of(_cli.Digits)}";
        Assert.Equal(command, body.Descendants("code").Single().Value);
        Assert.Contains(record.Device, body.Value);
        Assert.Contains(record.Versions.Organics, body.Value);
        var counts = body.Descendants("table").Single(t => (string?)t.Attribute("class") == "counts").Element("tbody")!.Elements("tr")
            .Select(row => row.Elements("td").SkipLast(1).Select(td => int.Parse(td.Value)).ToArray()).ToArray();
        Assert.Equal(record.Results!.Confusion!, counts);
        // An image of every class that was told, and of every mistake.
        var mistakes = counts.SelectMany((row, i) => row.Where((count, j) => i != j)).Sum(count => Math.Min(count, 8));
        Assert.Equal(counts.Where((row, i) => row[i] > 0).Count() + mistakes, body.Descendants("img").Count());
        Assert.Contains("Layer 1", body.Value);
    }

    [Fact]
    public void The_command_of_a_report_trains_the_same()
    {
        Assert.Equal(0, _cli.Run("train", "sequence", "--data", "task:adding,steps=20", "--units", "5", "--epochs", "1", "--out", _cli.PathOf("run")).Code);
        Assert.Equal(0, _cli.Run("report", _cli.PathOf("run"), "--out", _cli.PathOf("page.html")).Code);
        var body = HtmlReportTests.Body(File.ReadAllText(_cli.PathOf("page.html")));
        Assert.Contains("no confusion matrix", body.Value);
        Assert.Contains("τ of y", body.Value);
        Assert.Contains("y over time", body.Value);
        var again = _cli.Run([.. body.Descendants("code").Single().Value.Split(' ')[1..], "--out", _cli.PathOf("again")]);
        Assert.Equal(0, again.Code);
        Assert.Equal(_cli.Bytes("run", "model.safetensors"), _cli.Bytes("again", "model.safetensors"));
    }

    [Fact]
    public void Without_its_data_a_report_says_what_the_record_holds()
    {
        Assert.Equal(0, _cli.Train("run").Code);
        Directory.Delete(_cli.Digits, recursive: true);
        var outcome = _cli.Run("report", _cli.PathOf("run"));
        Assert.Equal(0, outcome.Code);
        Assert.Contains("not here", outcome.Error);
        var body = HtmlReportTests.Body(File.ReadAllText(_cli.PathOf("run", "report.html")));
        Assert.Contains("were not to be had", body.Value);
        Assert.Contains("When the run ended, 100.00 % of what was examined was stable", body.Value);
        Assert.Single(body.Descendants("table"), t => (string?)t.Attribute("class") == "counts");
        Assert.Empty(body.Descendants("img"));
    }

    [Fact]
    public void Before_the_first_epoch_is_done_there_is_a_report_too()
    {
        Assert.Equal(0, _cli.Train("run").Code);
        var record = RunRecord.Read(_cli.PathOf("run"));
        Directory.CreateDirectory(_cli.PathOf("begun"));
        (record with { Results = null }).Write(_cli.PathOf("begun"));
        Assert.Equal(0, _cli.Run("report", _cli.PathOf("begun")).Code);
        var body = HtmlReportTests.Body(File.ReadAllText(_cli.PathOf("begun", "report.html")));
        Assert.Contains("No epoch is done yet.", body.Value);
        Assert.Contains("no model.safetensors to examine", body.Value);
    }

    [Theory]
    [InlineData("nowhere", new string[0], "There is no run in")]
    [InlineData("run", new[] { "--out", "page.pdf" }, "name a file that ends in .html")]
    public void What_cannot_be_is_said_in_a_sentence(string run, string[] options, string sentence)
    {
        if (run == "run") Assert.Equal(0, _cli.Train(run).Code);
        var outcome = _cli.Run(["report", _cli.PathOf(run), .. options]);
        Assert.Equal(2, outcome.Code);
        Assert.Contains(sentence, outcome.Error);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void The_page_of_one_pair_has_its_portrait_and_that_of_more_says_why_not()
    {
        File.WriteAllText(_cli.PathOf("pair.json"), """{"z":[0.2],"b":[0.5],"b0":[0.5],"sigma":[0.1],"tauY":[2],"tauA":[1],"W":[[1]],"Wr":[[2]]}""");
        File.WriteAllText(_cli.PathOf("two.json"),
            """{"z":[1,0.5],"b":[0.5,0.5],"b0":[0.5,0.5],"sigma":[0.1,0.1],"tauY":[2,2],"tauA":[1,1],"W":[[1,0.3],[0.5,1]],"Wr":[[1,0],[0,1]]}""");
        var pair = _cli.Run("circuit", _cli.PathOf("pair.json"), "--html", _cli.PathOf("pair.html"));
        var told = $"The page is in '{_cli.PathOf("pair.html")}'.\n";
        Assert.Equal(_cli.Run("circuit", _cli.PathOf("pair.json")).Out + told, pair.Out);
        Assert.Equal(0, _cli.Run("circuit", _cli.PathOf("two.json"), "--html", _cli.PathOf("two.html")).Code);
        var page = File.ReadAllText(_cli.PathOf("pair.html"));
        using var data = JsonDocument.Parse(HtmlReportTests.Island(page));
        var portrait = data.RootElement.GetProperty("charts").EnumerateArray().Single(c => c.GetProperty("kind").GetString() == "portrait");
        double Of(string parameter) => portrait.GetProperty("pair").GetProperty(parameter).GetDouble();
        Assert.Equal((2, 0.2, 1, 2), (Of("wr"), Of("z"), Of("w"), Of("tauY")));
        var sliders = portrait.GetProperty("sliders").EnumerateArray().Select(s => s.GetProperty("name").GetString());
        Assert.Equal(["sigma", "b0", "tauY", "tauA", "wr", "z"], sliders);
        // Every sentence of the terminal is on the page.
        var body = HtmlReportTests.Body(page).Value;
        Assert.All(pair.Out.Replace(told, "", StringComparison.Ordinal).Split('\n').Where(line => line.EndsWith('.')), line => Assert.Contains(line, body));
        var two = File.ReadAllText(_cli.PathOf("two.html"));
        Assert.DoesNotContain("\"portrait\"", HtmlReportTests.Island(two));
        Assert.Contains("this circuit has 2", HtmlReportTests.Body(two).Value);
    }

    public void Dispose() => _cli.Dispose();
}
