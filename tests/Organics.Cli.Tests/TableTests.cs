using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

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
            var run = Configured(row, 3);
            Assert.Equal((3ul, "mnist"), (run.Seed, run.Data));
            run.CheckFor(Mnist);
            // What the row itself reads of its words is what the command line reads.
            Assert.Equal(Text(run), Text(row.Configuration(3, Mnist)));
        }
    }

    [Fact]
    public void What_came_with_the_tool_is_of_one_training()
    {
        var recorded = PaperTable.All.SelectMany(table => table.Rows).SelectMany(row => TableRun.Recorded(row).Select(run => (row.Name, run))).ToArray();
        Assert.True(recorded.Length >= 10);
        foreach (var (name, run) in recorded)
        {
            var (epochs, results) = (run.Curve.Epochs, run.Results);
            Assert.Equal((name, null), (name, PaperTable.All.SelectMany(table => table.Rows).First(row => row.Name == name).Otherwise(run.Record, results.Seed)));
            Assert.True(epochs.Select(epoch => epoch.Step).SequenceEqual(Enumerable.Range(1, results.Epochs).Select(epoch => (long)epoch)), name);
            Assert.Equal(results.TrainLoss, epochs[^1].Values["train_loss"]);
            Assert.Equal(results.ValAccuracy, epochs[results.BestEpoch - 1].Values["val_accuracy"]);
            Assert.Equal(results.ValAccuracy, epochs.Max(epoch => epoch.Values["val_accuracy"]));
        }
    }

    [Fact]
    public void Each_model_that_is_kept_is_told_as_it_is()
    {
        var models = Path.Combine(Cli.Repository, "examples", "models");
        var told = File.ReadAllLines(Path.Combine(models, "README.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ToArray();
        var kept = Directory.GetDirectories(models);
        Assert.Equal(kept.Length, told.Length);
        foreach (var folder in kept)
        {
            var record = RunRecord.Read(folder);
            var (name, results) = (Path.GetFileName(folder), record.Results!);
            Assert.Equal($"examples/models/{name}/model.safetensors", results.Checkpoint);
            var model = SequenceModel<float>.Load(Path.Combine(folder, "model.safetensors"));
            Assert.Equal(((SequenceRun)record.Configuration).Options(record.Data).ToMetadata(), model.Options.ToMetadata());
            Assert.Equal(results.Parameters, model.Tensors.Sum(tensor => (long)tensor.Value.Length));
            var line = Assert.Single(told, line => line.StartsWith($"| `{name}` |", StringComparison.Ordinal));
            Assert.EndsWith(string.Create(CultureInfo.InvariantCulture, $"| {results.Parameters:N0} | {100 * results.TestAccuracy:F2} % |"), line);
        }
    }

    /// <summary>The certificates of the weights know nothing of the table.</summary>
    [Fact]
    public void A_theorem_is_named_where_one_certifies_the_layers()
    {
        foreach (var row in PaperTable.Static.Rows)
        {
            var described = ((StaticRun)Configured(row, 3)).Layers(Mnist.Format);
            var layers = StaticClassifier<double>.Create(Mnist.Format.Width, Mnist.Outputs, described, 3).Parameters.Layers;
            var certified = layers.All(layer => layer is StaticLayer<double> circuits && StaticCertificate.Of(circuits, 1)!.IsCertified);
            Assert.Equal((row.Name, certified ? "Theorem 4.1" : null), (row.Name, row.Guarantee.Theorem));
        }
        Assert.All(PaperTable.Sequences.Rows, row => Assert.Null(row.Guarantee.Theorem));

        // Beside what was measured of it.
        var lines = _cli.Run("reproduce", "table1").Out.Split('\n').Where(line => line.Contains("Theorem", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, lines.Length);
        Assert.Matches(@"^\s+organics-50-identity\s+Theorem 4\.1\s+-0\.26\s+100 %\s+0\s+0\s+0\s+0\s*$", lines[0]);
    }

    [Fact]
    public void The_antisymmetric_row_s_ODE_grows_in_no_state()
    {
        var run = (SequenceRun)Configured(PaperTable.Sequences.Rows.First(row => row.Name == "s-antisymmetric-128"), 3);
        var model = SequenceModel<double>.Create(run.Options(Mnist), run.Seed, Device.Cpu);
        var digit = SampleDigits.Load().Test!.Batches<double>(1).First();
        Assert.InRange(CourseStability.Of(model, digit, 4).MaxRealPart, -0.01, 1e-9);
        // Nor with large weights, where tanh' is 1 in some neurons and 0 in others.
        foreach (var tensor in model.Tensors) tensor.Value.Assign(Array.ConvertAll(tensor.Value.ToArray(), value => 3 * value));
        Assert.InRange(CourseStability.Of(model, digit, 4).MaxRealPart, -0.01, 1e-9);
    }

    [Fact]
    public void Samples_without_a_steady_state_are_counted_in_training_and_at_the_end()
    {
        var rows = Rows("table1");
        (long?, long?, long?) Counted(string row) => (Number(row, "not_converged_training"), Number(row, "training_samples"), Number(row, "not_converged"));
        long? Number(string row, string key) => rows[row].TryGetProperty(key, out var value) ? value.GetInt64() : null;
        Assert.Equal((614, 3 * 25 * 57_000, 1), Counted("ssn-50-50"));
        Assert.Equal((0, 3 * 25 * 57_000, 0), Counted("organics-120-60"));
        Assert.Equal((null, null, null), Counted("mlp-50"));
        Write("table1", "ssn-80-20", 3, """{"step":1,"not_converged":5}""", """{"step":2,"not_converged":0}""", """{"step":3,"not_converged":2}""");
        Write("table1", "ssn-80-20", 4, """{"step":1,"not_converged":1}""");
        rows = Rows("table1");
        Assert.Equal((8, 4 * 57_000, 0), Counted("ssn-80-20"));
        // Those of its growth are counted with them.
        Write("table1", "ssn-80-20", 3, """{"step":1,"not_converged":5,"val_not_converged":100}""");
        Directory.Move(_cli.PathOf("runs", "table1", "ssn-80-20-s3"), _cli.PathOf("runs", "table1", "ssn-80-20-grown-s3"));
        Change("table1", "ssn-80-20-grown-s3", record => record
            .Replace("\"inhibitory\": 20,", $"\"inhibitory\": 20, \"growth\": \"{new SsnGrowth()}\",", StringComparison.Ordinal)
            .Replace("\"results\": {", "\"growth\": { \"updates\": 10, \"samples\": 1000, \"not_converged\": 30, \"seconds\": 1 }, \"results\": {",
                StringComparison.Ordinal));
        rows = Rows("table1");
        Assert.Equal((35, 57_000 + 1000, 0), Counted("ssn-80-20-grown"));

        var text = _cli.Run("reproduce", "table1").Out;
        Assert.Matches(@"\n\s+ssn-50-50\s+none\s+-0\.105\s+99\.99 %\s+0\s+614\s+1\s+0\s*\n", text);
        // What has no meaning for a table is no column of it.
        Assert.DoesNotContain("outside", text, StringComparison.Ordinal);
        Assert.Matches(@"\n\s+s-organics-64-fixed\s+none\s+-0\.0036\s+14\.29 %\s+0\s+0\.0287\s+81\.25 %\s+18\s+0\s*\n", _cli.Run("reproduce", "table2").Out);
    }

    [Fact]
    public void Figures_have_a_curve_of_every_row_and_gaps_where_nothing_is_known()
    {
        var outcome = _cli.Run("reproduce", "table1", "--figures", "pictures", "--json");
        Assert.Equal(0, outcome.Code);
        JsonDocument.Parse(outcome.Out);
        Assert.Equal(0, _cli.Run("reproduce", "table2", "--figures", "pictures").Code);
        Assert.Equal(
            ["largest-eigenvalue-mnist.svg", "largest-eigenvalue-on-the-way-smnist.svg", "largest-eigenvalue-psmnist.svg", "largest-eigenvalue-smnist.svg",
                "learning-curves-mnist.svg", "learning-curves-psmnist.svg", "learning-curves-smnist.svg"],
            Directory.GetFiles(_cli.PathOf("pictures")).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        var (curves, rates) = (Legend("learning-curves-mnist"), Legend("largest-eigenvalue-mnist"));
        string[] names = [.. PaperTable.Static.Rows.Where(row => TableRun.Recorded(row).Count > 0).Select(row => row.Name)];
        Assert.Equal(names, curves.Select(each => each.Name));
        Assert.Equal(names.Length, Paths("learning-curves-mnist").Count());
        // Without dynamics there is no Jacobian; those that have one keep their colours.
        Assert.Equal("mlp-50", names[0]);
        Assert.Equal(curves[1..], rates);
        Assert.Equal(names.Length - 1, Paths("largest-eigenvalue-mnist").Count());
        // Of 20 epochs two found no state of rest: the seventh and the ninth.
        var found = TableRun.Recorded(PaperTable.Sequences.Rows.First(row => row.Name == "ps-organics-64")).Single().Curve.Of(TrainingCurve.AtRest, "").Y;
        Assert.Equal([6, 8], Enumerable.Range(0, 20).Where(epoch => double.IsNaN(found.Span[epoch])));
        Assert.Equal(2, Paths("largest-eigenvalue-psmnist").Single().Count(letter => letter == 'M'));
        Assert.Single(Paths("largest-eigenvalue-psmnist", "lone").Single(), 'M');

        XDocument Picture(string name) => XDocument.Load(_cli.PathOf("pictures", name + ".svg"));
        IEnumerable<string> Paths(string name, string kind = "series")
            => Picture(name).Descendants().Where(element => (string?)element.Attribute("class") == kind).Select(element => element.Attribute("d")!.Value);
        (string Name, string Colour)[] Legend(string name)
        {
            XElement[] elements = [.. Picture(name).Descendants()];
            return [.. elements.Zip(elements[1..]).Where(pair => (string?)pair.First.Attribute("stroke-width") == "3")
                .Select(pair => (pair.Second.Value, pair.First.Attribute("stroke")!.Value + (string?)pair.First.Attribute("stroke-dasharray")))];
        }
    }

    [Fact]
    public void Several_trainings_are_one_curve()
    {
        static string Epoch(int step, string accuracy, string rate, string name = "val_accuracy")
            => $$"""{"step":{{step}},"{{name}}":{{accuracy}},"stability/max_re_lambda":{{rate}}}""";
        Write("table1", "ssn-80-20", 3, Epoch(1, "0.5", "-0.5"), Epoch(2, "0.75", "-0.25"));
        Write("table1", "ssn-80-20", 4, Epoch(1, "0.25", "-0.75"), Epoch(2, "0.25", "0.125"), Epoch(3, "0.875", "-1"));
        var both = Drawn();
        Directory.Delete(_cli.PathOf("runs", "table1", "ssn-80-20-s4"), recursive: true);
        // By the name that earlier versions gave the accuracy.
        Write("table1", "ssn-80-20", 3, Epoch(1, "0.375", "-0.5", "val_acc"), Epoch(2, "0.5", "0.125", "val_acc"));
        Assert.Equal(Drawn(), both);
        Write("table1", "ssn-80-20", 3, Epoch(1, "0.375", "\"NaN\""), Epoch(2, "0.5", "0.125"));
        Assert.Equal(both[0], Drawn()[0]);
        Assert.NotEqual(both[1], Drawn()[1]);

        string[] Drawn()
        {
            Assert.Equal(0, _cli.Run("reproduce", "table1", "--figures", "pictures").Code);
            return [.. new[] { "learning-curves-mnist.svg", "largest-eigenvalue-mnist.svg" }.Select(name => File.ReadAllText(_cli.PathOf("pictures", name)))];
        }
    }

    [Fact]
    public void What_was_trained_here_stands_over_what_came_with_the_tool()
    {
        var recorded = Rows();
        Assert.Equal(98.2, recorded["s-organics-64"].GetProperty("test_accuracy").GetDouble(), 1e-9);
        Assert.True(recorded["s-organics-64"].GetProperty("is_recorded").GetBoolean());

        Write("table2", "s-organics-64", 7, """{"step":1,"val_accuracy":0.5}""");
        Change("table2", "s-organics-64-s7", record => record.Replace("\"test_accuracy\": 0.982", "\"test_accuracy\": 0.5", StringComparison.Ordinal));
        var own = Rows()["s-organics-64"];
        Assert.Equal((50, false), (own.GetProperty("test_accuracy").GetDouble(), own.GetProperty("is_recorded").GetBoolean()));
        Assert.Equal([7], own.GetProperty("seeds").EnumerateArray().Select(seed => seed.GetInt32()));

        // A second one: means and extremes of both; and one that diverged, or is only begun, is none.
        Write("table2", "s-organics-64", 8, """{"step":1,"val_accuracy":0.5}""");
        Change("table2", "s-organics-64-s8", record => Regex.Replace(record, "\"max_re_lambda_course\": [0-9.]+", "\"max_re_lambda_course\": 0.75"));
        foreach (var seed in (int[])[9, 10])
        {
            Write("table2", "s-organics-64", seed);
            Change("table2", $"s-organics-64-s{seed}", record => record[..record.LastIndexOf(",\n \"results\"", StringComparison.Ordinal)] + "\n}");
        }
        File.WriteAllText(_cli.PathOf(Path.Combine("runs", "table2", "s-organics-64-s9", "replay.safetensors")), "");
        own = Rows()["s-organics-64"];
        Assert.Equal((98.2 + 50) / 2, own.GetProperty("test_accuracy").GetDouble(), 1e-9);
        Assert.Equal(0.75, own.GetProperty("max_re_lambda_course").GetDouble());
        Assert.Equal([50, 98.2], own.GetProperty("test_accuracies").EnumerateArray().Select(each => Math.Round(each.GetDouble(), 9)));
        // Of the trainings that are shown, not of others.
        Assert.EndsWith("--seed 7", own.GetProperty("command").GetString(), StringComparison.Ordinal);
        var shown = _cli.Run("reproduce", "table2");
        Assert.Matches(@"\n\s+s-organics-64\s+97\.70\s+74\.10\s+50\.00, 98\.20\s+7–8\s", shown.Out);
        Assert.Contains("s-organics-64-s10' is begun: 0 of 50 epochs are done; `organics train sequence --resume ", shown.Error, StringComparison.Ordinal);
        // What cannot be read hides nothing else.
        Change("table2", "s-organics-64-s10", record => record[..^5]);
        shown = _cli.Run("reproduce", "table2");
        Assert.Equal(0, shown.Code);
        Assert.Contains("s-organics-64-s10' is left out, for it cannot be read: ", shown.Error, StringComparison.Ordinal);
        Assert.Matches(@"\n\s+s-organics-64\s+97\.70\s+74\.10\s", shown.Out);
        Assert.Equal((2, 1, true), (own.GetProperty("seeds").GetArrayLength(), own.GetProperty("diverged").GetInt32(), own.GetProperty("is_begun").GetBoolean()));
        Assert.Contains("s-lem-128 ", _cli.Run("reproduce", "table2").Out, StringComparison.Ordinal);
        foreach (var seed in (int[])[7, 8]) Directory.Delete(_cli.PathOf("runs", "table2", $"s-organics-64-s{seed}"), recursive: true);
        Assert.Matches(@"\n\s+s-organics-64\s+97\.70\s+diverged\s", _cli.Run("reproduce", "table2").Out);
        Directory.Delete(_cli.PathOf("runs", "table2", "s-organics-64-s9"), recursive: true);
        // What came with the tool stands until something here is done.
        Assert.True(Rows()["s-organics-64"].GetProperty("is_recorded").GetBoolean());
    }

    [Theory]
    [InlineData("units\": 64", "units\": 63", "--units is 63, where the row has 64")]
    [InlineData("learning_rate\": 0.02", "learning_rate\": 0.01", "--lr is 0.01, where the row has 0.02")]
    [InlineData("epochs\": 50", "epochs\": 51", "--epochs is 51, where the row has 50")]
    [InlineData("\"seed\": 7,\n  \"data", "\"seed\": 3,\n  \"data", "--seed is 3, where the row has 7")]
    [InlineData("data\": \"mnist", "data\": \"sample", "--data is sample, where the row has mnist")]
    [InlineData("\"seed\": 7,\n  \"data", "\"clip_norm\": 1,\n  \"seed\": 7,\n  \"data", "--clip is 1, where the row has none")]
    public void A_training_of_something_else_is_not_passed_off_as_a_row(string from, string to, string words)
    {
        Write("table2", "s-organics-64", 7, """{"step":1,"val_accuracy":0.5}""");
        Assert.False(Rows()["s-organics-64"].GetProperty("is_recorded").GetBoolean());
        Change("table2", "s-organics-64-s7", record => record.Replace(from, to, StringComparison.Ordinal));
        var shown = _cli.Run("reproduce", "table2", "--json");
        Assert.Contains($"is left out, for it is no training of the row s-organics-64: {words}.", shown.Error, StringComparison.Ordinal);
        Assert.True(Rows()["s-organics-64"].GetProperty("is_recorded").GetBoolean());
        var trained = _cli.Run("reproduce", "table2", "--run", "s-organics-64", "--seed", "7", "--data-dir", _cli.PathOf("nothing"));
        Assert.Equal(2, trained.Code);
        Assert.Contains(words, trained.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_another_kind_of_training_or_another_number_is_no_row()
    {
        Write("table2", "s-organics-64", 7, """{"step":1,"val_accuracy":0.5}""");
        Directory.Move(_cli.PathOf("runs", "table2", "s-organics-64-s7"), _cli.PathOf("runs", "table2", "s-organics-64-s07"));
        Assert.True(Rows()["s-organics-64"].GetProperty("is_recorded").GetBoolean());
        var other = Directory.CreateDirectory(_cli.PathOf("runs", "table2", "s-lstm-128-s0")).FullName;
        using var recorded = typeof(PaperTable).Assembly.GetManifestResourceStream("mlp-50-s0.json")!;
        using (var file = File.Create(Path.Combine(other, "run.json"))) recorded.CopyTo(file);
        var shown = _cli.Run("reproduce", "table2");
        Assert.Equal(0, shown.Code);
        Assert.Contains("no training of the row s-lstm-128: it is of `organics train static`.", shown.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    public void Every_training_of_a_table_belongs_to_one_part_and_one_that_diverges_stops_no_other(int parts)
    {
        var rows = PaperTable.Static.Rows;
        List<(string, ulong)> trained = [];
        List<ExitCode> codes = [];
        foreach (var part in Enumerable.Range(1, parts))
            codes.Add(TableRun.TrainAll(rows, (3, 4), new(part, parts), (row, seed) =>
            {
                trained.Add((row.Name, seed));
                return (row.Name, seed) == ("mlp-50", 3) ? throw new Failure(ExitCode.Diverged, "diverged.")
                    : (row.Name, seed) == ("ssn-80-20", 4) ? ExitCode.CheckFailed : ExitCode.Done;
            }));
        Assert.Equal(rows.SelectMany(row => (ulong[])[3, 4], (row, seed) => (row.Name, seed)).Order(), trained.Order());
        Assert.Equal(ExitCode.Done, codes.Count > 2 ? codes[^1] : ExitCode.Done);
        // Of 14 trainings the first and the tenth; of three parts both belong to the first.
        Assert.Equal(parts == 20 ? [ExitCode.Diverged, ExitCode.CheckFailed] : [ExitCode.CheckFailed], codes.Where(code => code != ExitCode.Done));
        Assert.Equal(rows.Count * 2 > parts, trained.Count > parts);
        Assert.Throws<Failure>(() => TableRun.TrainAll([rows[0]], (0, 0), null, (_, _) => throw new Failure(ExitCode.Diverged, "diverged.")));
    }

    [Fact]
    public void What_of_a_part_is_done_is_not_trained_again_and_nothing_needs_to_be_merged()
    {
        foreach (var seed in (int[])[3, 5]) Write("table1", "ssn-80-20", seed, """{"step":1,"val_accuracy":0.5}""");
        string[] what = ["reproduce", "table1", "--run", "ssn-80-20", "--seeds", "3-6", "--data-dir", _cli.PathOf("nothing")];
        var done = _cli.Run([.. what, "--shard", "1/2"]);
        Assert.True(done.Code == 0, done.Error);
        Assert.Contains("ssn-80-20, seed 5: training 3 of 4.", done.Error, StringComparison.Ordinal);
        Assert.Equal(2, Rows("table1")["ssn-80-20"].GetProperty("seeds").GetArrayLength());
        // The other part has its trainings before it.
        foreach (var missing in (string[][])[["--shard", "2/2"], []])
        {
            var outcome = _cli.Run([.. what, .. missing]);
            Assert.Equal(2, outcome.Code);
            Assert.Contains("mnist", outcome.Error, StringComparison.Ordinal);
        }
        // A task of an array that only shows the table trains nothing.
        var shown = _cli.Start(["reproduce", "table1"], ("SLURM_ARRAY_TASK_ID", "1"), ("SLURM_ARRAY_TASK_COUNT", "2")).Wait();
        Assert.True(shown.Code == 0, shown.Error);
        Assert.Equal("", shown.Error);
    }

    [Theory]
    [InlineData("--seeds 3", "as in 0-9")]
    [InlineData("--seeds 4-3", "from 4 on")]
    [InlineData("--seeds 0-3 --seed 1", "give one of them")]
    [InlineData("--seed 1", "give --run, or --seeds")]
    [InlineData("--shard 3/2", "with I from 1 to N")]
    [InlineData("--figures /dev/null/pictures", "or name another, as by --figures.")]
    public void Seeds_and_parts_that_cannot_be_are_refused(string options, string words)
    {
        var outcome = _cli.Run(["reproduce", "table1", .. options.Split(' ')]);
        Assert.Equal(2, outcome.Code);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_that_is_not_there_is_named()
    {
        var outcome = _cli.Run("reproduce", "table2", "--run", "s-lstm-64");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("did you mean s-lstm-128?", outcome.Error, StringComparison.Ordinal);
    }

    static DataRecord Mnist { get; } = DataRecord.Of("mnist", SampleDigits.Load().Train.Format, 57_000, 3_000, 10_000, new Dictionary<string, string>());

    static TrainingRun Configured(TableRow row, ulong seed)
    {
        var root = new System.CommandLine.RootCommand();
        root.Subcommands.Add(Train.Command());
        var given = CommandLine.Parse(root, row.Arguments(seed));
        Assert.True(given.Errors.Count == 0, $"{row.Command(seed)}: {string.Join(' ', given.Errors)}");
        TrainingRun Given(TrainingRun from) => from.Settings.Aggregate(from, (run, setting) => setting.Set(run, given));
        return Given(Given(row.Kind == SequenceRun.Name ? new SequenceRun() : new StaticRun()).For(Mnist));
    }

    static string Text(TrainingRun run) => JsonSerializer.Serialize(run, RunJson.Default.TrainingRun);

    Dictionary<string, JsonElement> Rows(string table = "table2")
    {
        var outcome = _cli.Run("reproduce", table, "--json");
        Assert.True(outcome.Code == 0, outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement.GetProperty("rows").EnumerateArray().ToDictionary(row => row.GetProperty("row").GetString()!);
    }

    // A training whose results are those of the one that came with the tool, with other epochs.
    void Write(string table, string row, int seed, params string[] epochs)
    {
        var folder = Directory.CreateDirectory(_cli.PathOf("runs", table, $"{row}-s{seed}")).FullName;
        using var recorded = typeof(PaperTable).Assembly.GetManifestResourceStream($"{row}-s0.json")!;
        using var reader = new StreamReader(recorded);
        File.WriteAllText(Path.Combine(folder, "run.json"), reader.ReadToEnd().Replace("\"seed\": 0", $"\"seed\": {seed}", StringComparison.Ordinal));
        File.WriteAllLines(Path.Combine(folder, "metrics.jsonl"), epochs);
    }

    void Change(string table, string run, Func<string, string> change)
    {
        var path = _cli.PathOf("runs", table, run, "run.json");
        var record = File.ReadAllText(path);
        Assert.NotEqual(record, change(record));
        File.WriteAllText(path, change(record));
    }
}
