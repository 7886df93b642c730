using System.Text;
using System.Text.Json.Nodes;

namespace Organics.Tests;

/// <summary>What is taken for a part of a sweep: whole rows of its columns, and as many as it has points.</summary>
public sealed class MergeTests : IDisposable
{
    const string Older = "0.0.0-older";

    static readonly string[] What = ["sweep", "pair.json", "--vary", "z=0.2:1.2:6", "--measure", "y,max_re"];

    readonly Cli _cli = new();

    public MergeTests() => File.WriteAllText(_cli.PathOf("pair.json"),
        """{ "z": [1, 0.5], "b": 1, "b0": 0.5, "sigma": 0.1, "tauY": 1, "tauA": 2, "W": [[1, 0.5], [0.5, 1]] }""");

    public void Dispose() => _cli.Dispose();

    string Table(int part) => _cli.PathOf("p", $"part-{part}-of-2.csv");

    Outcome Part(int part) => Done([.. What, "--shard", $"{part}/2", "--out", "p"]);

    Outcome Done(params string[] args)
    {
        var outcome = _cli.Run(args);
        Assert.True(outcome.Code == 0, outcome.Error);
        return outcome;
    }

    void Refused(int code, string words, params string[] args)
    {
        var outcome = _cli.Run(args);
        Assert.Equal(code, outcome.Code);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Out);
    }

    static string Organics(JsonNode record) => (string)record["versions"]!["organics"]!;

    /// <summary>Another version than that which ran is written into a record.</summary>
    string MakeOlder(string file)
    {
        var record = JsonNode.Parse(File.ReadAllText(_cli.PathOf("p", file)))!;
        var now = Organics(record);
        record["versions"]!["organics"] = Older;
        File.WriteAllText(_cli.PathOf("p", file), record.ToJsonString());
        return now;
    }

    [Fact]
    public void A_part_that_lacks_rows_or_ends_amid_one_is_named_and_goes_on()
    {
        foreach (var part in (int[])[1, 2]) Part(part);
        var bytes = File.ReadAllBytes(Table(2));
        var lastRow = Encoding.UTF8.GetString(bytes[..^1]).LastIndexOf('\n') + 1;
        // A row, all rows and the columns, six digits of a number, and no more than the end of the line.
        foreach (var length in (int[])[lastRow, 0, bytes.Length - 6, bytes.Length - 1])
        {
            File.WriteAllBytes(Table(2), bytes[..length]);
            Refused(1, "'p' lacks 2/2 (not complete); run it by the command that made the others, with --shard 2/2.", "merge", "p");
            Assert.False(File.Exists(_cli.PathOf("p", "sweep.csv")));
        }
        Part(2);
        Assert.Equal(bytes, File.ReadAllBytes(Table(2)));
        Assert.Empty(Done("merge", "p").Error);
        Done([.. What, "--out", "whole"]);
        Assert.Equal(_cli.Bytes("whole", "sweep.csv"), _cli.Bytes("p", "sweep.csv"));
    }

    [Theory]
    [InlineData("{0},,1", "has 6 fields in line 3, where line 1 names 4 columns")]
    [InlineData("1,2", "has 2 fields in line 3, where line 1 names 4 columns")]
    [InlineData("", "has 1 field in line 3, where line 1 names 4 columns")]
    [InlineData("1,2,-,4", "has '-' for y1 in line 3, which is no number")]
    [InlineData("{0}\n{0}", "has 4 rows, but part 2/2 has 3 points")]
    public void A_row_that_is_none_is_refused_by_file_and_line(string row, string words)
    {
        foreach (var part in (int[])[1, 2]) Part(part);
        var lines = File.ReadAllLines(Table(2));
        lines[2] = row.Replace("{0}", lines[2], StringComparison.Ordinal);
        var damaged = string.Join('\n', lines) + "\n";
        File.WriteAllText(Table(2), damaged);
        var said = $"'{Path.Combine("p", "part-2-of-2.csv")}' {words}; remove it, and run part 2/2 again.";
        Refused(2, said, "merge", "p");
        Assert.False(File.Exists(_cli.PathOf("p", "sweep.csv")));
        // Nothing is computed behind it, either, where a row is still to come.
        if (!row.Contains('\n', StringComparison.Ordinal)) damaged = string.Join('\n', lines[..3]) + "\n";
        File.WriteAllText(Table(2), damaged);
        Refused(2, said, [.. What, "--shard", "2/2", "--out", "p"]);
        Assert.Equal(damaged, File.ReadAllText(Table(2)));
    }

    [Fact]
    public void A_table_of_other_columns_or_points_and_a_copy_of_a_part_are_refused()
    {
        foreach (var part in (int[])[1, 2]) Part(part);
        var text = File.ReadAllText(Table(2));
        File.Copy(Table(1), Table(2), overwrite: true);
        Refused(2, "part-2-of-2.csv' has 0.2 for z in line 2, where the sweep has 0.8; remove it, and run part 2/2 again.", "merge", "p");
        File.WriteAllText(Table(2), text.Replace("y0,y1", "y1,y0", StringComparison.Ordinal));
        Refused(2, "part-2-of-2.csv' has other columns in line 1 than its sweep", "merge", "p");
        File.WriteAllText(Table(2), text);
        var copy = _cli.PathOf("p", "part-1-of-2 - Copy.json");
        File.Copy(_cli.PathOf("p", "part-1-of-2.json"), copy);
        Refused(2, "part-1-of-2 - Copy.json' calls itself part 1/2, whose name is 'part-1-of-2.json'", "merge", "p");
        File.Delete(copy);
        Done("merge", "p");
    }

    [Fact]
    public void Parts_of_several_versions_are_put_together_and_named()
    {
        foreach (var part in (int[])[1, 2]) Part(part);
        var now = MakeOlder("part-1-of-2.json");
        string Note(string which) => $"Note: the parts in 'p' are not of one version: {which}. Where all numbers are to be of one, remove the others and run "
            + "them again.\n";
        foreach (var json in (string[][])[[], ["--json"]])
        {
            var merged = Done(["merge", "p", .. json]);
            Assert.Equal(Note($"1/2 by organics {Older}; 2/2 by organics {now}"), merged.Error);
            if (json.Length > 0) Assert.Equal(6, (int?)JsonNode.Parse(merged.Out)!["points"]);
        }
        var record = JsonNode.Parse(File.ReadAllText(_cli.PathOf("p", "sweep.json")))!;
        Assert.Equal(Older, Organics(record));
        Assert.Equal(now, (string?)record["later_versions"]![0]!["organics"]);

        // One that another version ended is of both; the same version that goes on says nothing.
        var lines = File.ReadAllLines(Table(1));
        File.WriteAllText(Table(1), $"{lines[0]}\n{lines[1]}\n");
        Assert.Equal($"Note: '{Path.Combine("p", "part-1-of-2.csv")}' was computed by organics {Older}, and goes on by organics {now}; remove it and run part "
            + "1/2 again where all numbers are to be of one version.\n", Part(1).Error);
        Assert.Equal(Note($"1/2 by organics {Older}, then organics {now}; 2/2 by organics {now}"), Done("merge", "p").Error);
        File.WriteAllText(Table(1), $"{lines[0]}\n{lines[1]}\n{lines[2]}\n");
        Assert.Empty(Part(1).Error);
        // What is complete does not go on.
        MakeOlder("part-2-of-2.json");
        Assert.Empty(Part(2).Error);
        // Of a table without a row nothing is by the version that began it.
        File.WriteAllText(Table(2), lines[0] + "\n");
        Assert.Empty(Part(2).Error);
        Assert.Equal(now, Organics(JsonNode.Parse(File.ReadAllText(_cli.PathOf("p", "part-2-of-2.json")))!));
    }

    [Fact]
    public void Parts_of_a_search_by_several_versions_are_named_and_half_of_a_file_is_none()
    {
        foreach (var part in (int[])[1, 2]) Done("stability", "sweep", "--n", "1", "--trials", "4", "--shard", $"{part}/2", "--out", "p");
        Assert.Empty(Done("merge", "p").Error);
        var now = MakeOlder("part-2-of-2.json");
        var merged = Done("merge", "p", "--json");
        Assert.Contains($"1/2 by organics {now}; 2/2 by organics {Older}.", merged.Error, StringComparison.Ordinal);
        Assert.Equal(4, (int?)JsonNode.Parse(merged.Out)!["circuits"]);
        var file = _cli.PathOf("p", "part-2-of-2.json");
        File.WriteAllText(file, File.ReadAllText(file)[..^6]);
        Refused(2, "part-2-of-2.json' is no part that this version can read", "merge", "p");
    }

    [Theory]
    [InlineData("--max-n", "1")]
    [InlineData("--conjecture", "global", "--max-n", "3")]
    public void Parts_of_other_searches_are_refused(params string[] options)
    {
        foreach (var part in (int[])[1, 2]) Done(["falsify", .. options, "--restarts", "2", "--shard", $"{part}/2", "--out", "p"]);
        var file = _cli.PathOf("p", "part-2-of-2.json");
        var record = JsonNode.Parse(File.ReadAllText(file))!;
        record["report"]!["searches"]!.AsArray().RemoveAt(1);
        File.WriteAllText(file, record.ToJsonString());
        Refused(2, "part-2-of-2.json' holds other searches than ", "merge", "p");
    }

    [Fact]
    public void A_fit_does_not_take_a_row_that_was_cut_short()
    {
        string[] sweep = [.. What[..^1], "y", "--out", "t"];
        Done(sweep);
        var bytes = _cli.Bytes("t", "sweep.csv");
        string[] fit = ["fit", "pair.json", "--free", "sigma", "--starts", "1", "--data"];
        File.WriteAllBytes(_cli.PathOf("t", "sweep.csv"), bytes[..^1]);
        Refused(2, "sweep.csv' ends amid a row; run its sweep again, which goes on from there.", [.. fit, Path.Combine("t", "sweep.csv")]);
        // A file of one's own may end as it likes.
        File.Copy(_cli.PathOf("t", "sweep.csv"), _cli.PathOf("own.csv"));
        Done([.. fit, "own.csv"]);
        Done(sweep);
        Assert.Equal(bytes, _cli.Bytes("t", "sweep.csv"));
        Done([.. fit, Path.Combine("t", "sweep.csv")]);
    }
}
