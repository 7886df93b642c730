using System.Text.Json;

namespace Organics.Tests;

/// <summary>The paper's tables: what was run is shown, and what was not is said.</summary>
public sealed class TableTests : IDisposable
{
    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void Every_row_is_a_training_that_can_be_run()
    {
        Assert.Equal(PaperTable.All.SelectMany(table => table.Rows).Select(row => row.Name).Distinct().Count(), PaperTable.All.Sum(table => table.Rows.Count));
        foreach (var row in PaperTable.All.SelectMany(table => table.Rows))
        {
            var root = new System.CommandLine.RootCommand();
            root.Subcommands.Add(Train.Command());
            var given = CommandLine.Parse(root, row.Arguments(3));
            Assert.True(given.Errors.Count == 0, $"{row.Command(3)}: {string.Join(' ', given.Errors)}");
            var data = DataRecord.Of("mnist", SampleDigits.Load().Train.Format, 57_000, 3_000, 10_000, new Dictionary<string, string>());
            TrainingRun Given(TrainingRun from) => from.Settings.Aggregate(from, (r, setting) => setting.Set(r, given));
            var run = Given(Given(row.Kind == SequenceRun.Name ? new SequenceRun() : new StaticRun()).For(data));
            Assert.Equal((3ul, "mnist"), (run.Seed, run.Data));
            run.CheckFor(data);
        }
    }

    [Fact]
    public void What_was_trained_here_stands_over_what_came_with_the_tool()
    {
        var recorded = Rows();
        Assert.Equal(98.2, recorded["s-organics-64"].GetProperty("test_accuracy").GetDouble(), 1e-9);
        Assert.True(recorded["s-organics-64"].GetProperty("is_recorded").GetBoolean());

        // A training of the sample's, in the place of one of the row's.
        var trained = _cli.Run("train", "sequence", "--cell", "rnn", "--units", "4", "--sequence", "rows", "--epochs", "1", "--out", Path.Combine("runs", "table2", "s-organics-64-s7"), "--json");
        Assert.True(trained.Code == 0, trained.Error);
        var accuracy = 100 * JsonDocument.Parse(trained.Out).RootElement.GetProperty("test_accuracy").GetDouble();
        var own = Rows()["s-organics-64"];
        Assert.Equal(accuracy, own.GetProperty("test_accuracy").GetDouble(), 1e-9);
        Assert.False(own.GetProperty("is_recorded").GetBoolean());
        Assert.Equal([0], own.GetProperty("seeds").EnumerateArray().Select(seed => seed.GetInt32()));

        // A second one: the mean of both; and one that diverged is none.
        Copy("s-organics-64-s7", "s-organics-64-s8", record => record.Replace("\"test_accuracy\": ", "\"test_accuracy\": 0, \"test_mse\": ", StringComparison.Ordinal));
        Copy("s-organics-64-s7", "s-organics-64-s9", record => record[..record.IndexOf(",\n  \"results\"", StringComparison.Ordinal)] + "\n}");
        File.WriteAllText(_cli.PathOf(Path.Combine("runs", "table2", "s-organics-64-s9", "replay.safetensors")), "");
        own = Rows()["s-organics-64"];
        Assert.Equal(accuracy / 2, own.GetProperty("test_accuracy").GetDouble(), 1e-9);
        Assert.Equal((2, 1), (own.GetProperty("seeds").GetArrayLength(), own.GetProperty("diverged").GetInt32()));
        Assert.Contains("s-lem-128 ", _cli.Run("reproduce", "table2").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_that_is_not_there_is_named()
    {
        var outcome = _cli.Run("reproduce", "table2", "--run", "s-lstm-64");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("did you mean s-lstm-128?", outcome.Error, StringComparison.Ordinal);
    }

    Dictionary<string, JsonElement> Rows()
    {
        var outcome = _cli.Run("reproduce", "table2", "--json");
        Assert.True(outcome.Code == 0, outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement.GetProperty("rows").EnumerateArray().ToDictionary(row => row.GetProperty("row").GetString()!);
    }

    void Copy(string from, string to, Func<string, string> change)
    {
        var folder = Directory.CreateDirectory(_cli.PathOf(Path.Combine("runs", "table2", to))).FullName;
        var record = File.ReadAllText(_cli.PathOf(Path.Combine("runs", "table2", from, "run.json")));
        Assert.NotEqual(record, change(record));
        File.WriteAllText(Path.Combine(folder, "run.json"), change(record));
    }
}
