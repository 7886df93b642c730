using System.Text.Json.Nodes;

namespace Organics.Tests;

/// <summary>Parts of a search say together what one process says.</summary>
public sealed class PartTests : IDisposable
{
    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void Parts_of_a_count_of_random_circuits_are_the_count(int count)
        => Same("stability sweep --n 2 --trials 60 --recurrence random --max-singular-value 3", count, code: 1, file: "circuit-*.json", examples: 2);

    [Fact]
    public void Circuits_that_are_proven_to_come_to_rest_are_counted_over_parts_of_which_some_are_empty()
        => Same("stability sweep --n 3 --trials 5 --seed 2", 7, code: 0, file: "circuit-*.json", examples: 0);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void Parts_of_a_search_against_the_conjecture_find_what_one_finds_first(int count)
        => Same("falsify --max-n 2 --restarts 9", count, code: 0, file: "*-n?.json", examples: 2);

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public void Parts_of_a_search_against_global_stability_look_as_hard_as_one(int count)
        => Same("falsify --conjecture global --max-n 3 --restarts 20 --seed 1", count, code: 0, file: "global-*.json", examples: 0);

    /// <summary>No search finds such a circuit, so the parts are told that they did.</summary>
    [Fact]
    public void Trajectories_that_do_not_come_to_rest_are_gathered_and_are_a_failure_of_the_theorem()
    {
        string[] what = ["falsify", "--conjecture", "global", "--covered", "--max-n", "2", "--restarts", "4", "--out", "parts"];
        foreach (var part in (string[])["1/2", "2/2"]) Done([.. what, "--shard", part]);
        Assert.Equal(0, _cli.Run("merge", "parts").Code);
        foreach (var (name, trial) in (ReadOnlySpan<(string, int)>)[("part-1-of-2", 1), ("part-2-of-2", 3)])
        {
            var file = _cli.PathOf("parts", name + ".json");
            var part = JsonNode.Parse(File.ReadAllText(file))!;
            part["report"]!["searches"]![0]!["counter_examples"]!.AsArray()
                .Add(JsonNode.Parse($$"""{ "circuit": "elsewhere/covered-2-{{trial}}-0.json", "y0": [1, 2], "a0": [3, 4], "period": null }"""));
            File.WriteAllText(file, part.ToJsonString());
        }
        var lost = _cli.Run("merge", "parts");
        Assert.Equal(1, lost.Code);
        Assert.Contains("Part 1/2 has lost", lost.Error, StringComparison.Ordinal);
        foreach (var (name, trial) in (ReadOnlySpan<(string, int)>)[("part-1-of-2", 1), ("part-2-of-2", 3)])
        {
            Directory.CreateDirectory(_cli.PathOf("parts", name));
            File.WriteAllText(_cli.PathOf("parts", name, $"covered-2-{trial}-0.json"), $"{trial}");
        }
        var merged = _cli.Run("merge", "parts", "--json");
        Assert.Equal(1, merged.Code);
        Assert.Equal([1, 3], JsonNode.Parse(merged.Out)!["searches"]![0]!["counter_examples"]!.AsArray()
            .Select(example => int.Parse(File.ReadAllText(_cli.PathOf((string)example!["circuit"]!)), System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void A_part_is_computed_once_and_what_does_not_belong_to_the_others_is_refused()
    {
        string[] what = ["stability", "sweep", "--n", "2", "--trials", "30", "--out", "parts"];
        Done([.. what, "--shard", "1/3"]);
        var first = _cli.Bytes("parts", "part-1-of-3.json");
        Assert.Contains("Part 1/3; put them together by: organics merge parts", Done([.. what, "--shard", "1/3"]), StringComparison.Ordinal);
        Assert.Equal(first, _cli.Bytes("parts", "part-1-of-3.json"));
        Refused(
            1, "lacks 2/3, 3/3; run each of them by `organics stability sweep --n 2 --trials 30 --recurrence identity --seed 0 --shard I/3 --out parts`", "merge", "parts");
        Refused(2, "--n 2 --trials 30 --recurrence identity --seed 0`; give another --out", [.. what, "--seed", "1", "--shard", "1/3"]);
        Refused(2, "is a part of `organics stability sweep", "falsify", "--restarts", "3", "--shard", "1/3", "--out", "parts");
        Done([.. what, "--seed", "1", "--shard", "2/3"]);
        Refused(2, "parts of different work, 1/3 of `organics stability sweep --n 2 --trials 30", "merge", "parts");
        File.Delete(_cli.PathOf("parts", "part-2-of-3.json"));
        Done([.. what, "--shard", "2/4"]);
        Refused(2, "parts of 3 and of 4", "merge", "parts");
        File.Delete(_cli.PathOf("parts", "part-2-of-4.json"));
        foreach (var part in (string[])["2/3", "3/3"]) Done([.. what, "--shard", part]);
        Refused(2, "--html is for the parts of `organics sweep`", "merge", "parts", "--html", "p.html");
        Assert.Contains("30 circuits of 2 pairs: 30 stable", Done("merge", "parts"), StringComparison.Ordinal);
        File.WriteAllText(_cli.PathOf("parts", "part-2-of-3.json"), "{}");
        Refused(2, "part-2-of-3.json' is no part", "merge", "parts");
        Directory.CreateDirectory(_cli.PathOf("empty"));
        Refused(2, "holds no part", "merge", "empty");
        Refused(2, "There is no folder", "merge", "nowhere");
    }

    [Fact]
    public void A_task_of_an_array_searches_its_part()
    {
        string[] what = ["falsify", "--max-n", "1", "--restarts", "4", "--out", "array"];
        foreach (var id in (string[])["1", "2"])
            Assert.Equal(0, _cli.Start(what, ("SLURM_ARRAY_TASK_ID", id), ("SLURM_ARRAY_TASK_COUNT", "2"), ("SLURM_ARRAY_TASK_MIN", "1")).Wait().Code);
        Done("merge", "array");
        Assert.Equal(["part-1-of-2.json", "part-2-of-2.json"], Directory.GetFiles(_cli.PathOf("array"), "part-*").Select(Path.GetFileName).Order());
    }

    void Same(string command, int count, int code, string file, int examples)
    {
        string[] what = [.. command.Split(' '), "--out"];
        Assert.Equal(code, _cli.Run([.. what, "whole"]).Code);
        var whole = Json(code, [.. what, "whole", "--json"]);
        // In any order; that of another process does not matter.
        foreach (var i in Enumerable.Range(1, count).Reverse())
            Assert.Equal($"{i}/{count}", (string?)Json(0, [.. what, "parts", "--shard", $"{i}/{count}", "--json"])["shard"]);
        // Wherever the parts are brought to.
        Directory.Move(_cli.PathOf("parts"), _cli.PathOf("moved"));
        var merged = Json(code, "merge", "moved", "--json");
        foreach (var report in (JsonNode[])[whole, merged]) report.AsObject().Remove("circuits_per_second");
        Assert.Equal(whole.ToJsonString().Replace("whole/", "moved/", StringComparison.Ordinal), merged.ToJsonString());
        string[] Found(string folder) => Directory.Exists(_cli.PathOf(folder))
            ? [.. Directory.GetFiles(_cli.PathOf(folder), file).Select(path => $"{Path.GetFileName(path)} {File.ReadAllText(path)}").Order()] : [];
        Assert.InRange(Found("whole").Length, examples, examples == 0 ? 0 : int.MaxValue);
        Assert.Equal(Found("whole"), Found("moved"));
        var (said, expected) = (_cli.Run("merge", "moved").Out, _cli.Run([.. what, "whole"]).Out.Replace("whole/", "moved/", StringComparison.Ordinal));
        Assert.Equal(WithoutRate(expected), WithoutRate(said));
    }

    static string WithoutRate(string text) => System.Text.RegularExpressions.Regex.Replace(text, "[0-9,.]+ circuits/s", "");

    string Done(params string[] args)
    {
        var outcome = _cli.Run(args);
        Assert.True(outcome.Code == 0, outcome.Error);
        return outcome.Out;
    }

    JsonNode Json(int code, params string[] args)
    {
        var outcome = _cli.Run(args);
        Assert.True(outcome.Code == code, outcome.Error);
        return JsonNode.Parse(outcome.Out)!;
    }

    void Refused(int code, string words, params string[] args)
    {
        var outcome = _cli.Run(args);
        Assert.Equal(code, outcome.Code);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
    }
}
