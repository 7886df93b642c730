using System.Text.Json;

namespace Organics.Tests;

/// <summary>A person's own data: from a file to a model, and from a model to predictions.</summary>
public sealed class OwnDataTests : IDisposable
{
    const int Steps = 12, Channels = 2;

    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    static NumberArray Floats(string name, int[] shape, Func<int, double> value)
        => NumberArray.Of<float>(name, shape, Enumerable.Range(0, shape.Aggregate(1, (p, n) => p * n)).Select(i => (float)value(i)).ToArray());

    static NumberArray Doubles(string name, int[] shape, Func<int, double> value)
        => NumberArray.Of<double>(name, shape, Enumerable.Range(0, shape.Aggregate(1, (p, n) => p * n)).Select(value).ToArray());

    static NumberArray Wholes(string name, int[] shape, Func<int, long> value)
        => NumberArray.Of<long>(name, shape, Enumerable.Range(0, shape.Aggregate(1, (p, n) => p * n)).Select(value).ToArray());

    // Which of two channels is larger in the mean; far from numbers of order 1.
    static double Input(int i) => 300 + 50 * Math.Sin(0.9 * i) + (i % Channels == i / (Steps * Channels) % 2 ? 40 : 0);

    string Write(string file, params (string Name, NumberArray Array)[] arrays)
    {
        Npz.Write(_cli.PathOf(file), arrays.Select(a => new KeyValuePair<string, NumberArray>(a.Name, a.Array)));
        return _cli.PathOf(file);
    }

    string Classes() => Write("my.npz", ("x_train", Floats("x", [60, Steps, Channels], Input)), ("y_train", Wholes("y", [60], i => i % 2)),
        ("x_test", Floats("x", [20, Steps, Channels], Input)), ("y_test", Wholes("y", [20], i => i % 2)));

    static JsonElement Json(Outcome outcome)
    {
        Assert.True(outcome.Code == 0, outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement;
    }

    JsonElement Train(string data, string folder, params string[] more)
        => Json(_cli.Run(
            ["train", "sequence", "--data", data, "--out", _cli.PathOf(folder), "--units", "6", "--json", .. more,
                .. more.Contains("--epochs") ? (string[])[] : ["--epochs", "3"]]));

    [Theory]
    [InlineData("organics", "1")]
    [InlineData("lstm", "1")]
    [InlineData("gru", "2")]
    public void Classes_of_sequences_are_trained_evaluated_and_predicted(string cell, string layers)
    {
        var data = Classes();
        var result = Train(data, "run", "--cell", cell, "--layers", layers, "--lr", "0.02", "--epochs", "20");
        foreach (var part in (string[])["train", "val", "test"])
            foreach (var metric in (string[])["loss", "accuracy"]) Assert.True(double.IsFinite(result.GetProperty($"{part}_{metric}").GetDouble()));
        Assert.True(result.GetProperty("test_accuracy").GetDouble() >= 0.9, $"{result}");
        foreach (var key in (string[])["max_re_lambda", "stable_fraction", "max_re_lambda_course", "steps_outside"])
            Assert.True(double.IsFinite(result.GetProperty(key).GetDouble()), key);
        Assert.Equal(cell == "organics", result.TryGetProperty("spectral_radius_wr", out _));
        var rows = MetricsLog.Read(_cli.PathOf("run", "metrics.jsonl"));
        foreach (var metric in (string[])["train_loss", "train_accuracy", "val_loss", "val_accuracy", "stability/max_re_lambda",
            "stability/max_re_lambda_course", "stability/steps_outside"]) Assert.True(rows[^1].Values.ContainsKey(metric), metric);
        // What was far from order 1 was standardised, and the file says so.
        var loaded = SequenceModel<float>.Load(_cli.PathOf("run", "model.safetensors"));
        Assert.InRange(loaded.Options.Inputs!.Mean[0], 250, 400);
        Assert.Equal(new SampleFormat(Steps, Channels, TargetKind.Class, false, 2), loaded.Options.Format);

        Assert.Equal(result.GetProperty("test_accuracy").GetDouble(),
            Json(_cli.Run("eval", _cli.PathOf("run"), "--json")).GetProperty("test_accuracy").GetDouble());
        Assert.Equal(result.GetProperty("test_accuracy").GetDouble(),
            Json(_cli.Run("eval", _cli.PathOf("run"), "--data", data, "--json")).GetProperty("test_accuracy").GetDouble());
        // Without targets.
        var unknown = Write("new.npz", ("x", Floats("x", [20, Steps, Channels], Input)));
        var predicted = _cli.Run("predict", _cli.PathOf("run"), "--data", unknown, "--out", _cli.PathOf("predictions.npz"));
        Assert.True(predicted.Code == 0, predicted.Error);
        var arrays = Npz.Read(_cli.PathOf("predictions.npz"));
        var (classes, outputs, shares) = (new int[20], new float[40], new float[40]);
        arrays["classes"].Read(0, classes.AsSpan());
        arrays["outputs"].Read(0, outputs.AsSpan());
        arrays["probabilities"].Read(0, shares.AsSpan());
        Assert.Equal(result.GetProperty("test_accuracy").GetDouble(), classes.Where((c, i) => c == i % 2).Count() / 20.0);
        float[] inputs = [.. Enumerable.Range(0, 20 * Steps * Channels).Select(i => (float)Input(i))];
        Assert.Equal(loaded.Predict(inputs), outputs);
        Assert.All(shares.Chunk(2), pair => Assert.Equal(1, pair.Sum(), 1e-6));
        Assert.Contains("the data themselves", _cli.Run("predict", _cli.PathOf("run"), "--data", unknown, "--out", unknown).Error);
        Assert.Contains("a file .npz", _cli.Run("predict", _cli.PathOf("run"), "--data", unknown, "--out", _cli.PathOf("run/model.safetensors")).Error);
        Assert.Contains("use `organics predict`", _cli.Run("eval", _cli.PathOf("run"), "--data", unknown).Error);
    }

    [Fact]
    public void Numbers_at_each_step_with_a_mask_and_lengths_have_errors_by_name()
    {
        var data = Write("numbers.npz", ("x_train", Floats("x", [50, Steps, 1], i => Math.Sin(i))),
            ("y_train", Floats("y", [50, Steps, 1], i => i % Steps == 0 ? double.NaN : Math.Sin(i - 1))),
            ("mask_train", Floats("m", [50, Steps], i => i % Steps == 0 ? 0 : 1)), ("length_train", Wholes("l", [50], i => 4 + i % 9)));
        var result = Train(data, "run", "--cell", "lstm", "--lr", "0.02", "--epochs", "15");
        foreach (var part in (string[])["train", "val", "test"])
            foreach (var metric in (string[])["loss", "mse", "r2"])
                Assert.True(double.IsFinite(result.GetProperty($"{part}_{metric}").GetDouble()), $"{part}_{metric}");
        Assert.True(result.GetProperty("test_r2").GetDouble() > 0, $"{result}");
        Assert.False(result.TryGetProperty("test_accuracy", out _));
        Assert.False(result.TryGetProperty("confusion", out _));
        Assert.True(File.Exists(_cli.PathOf("run", "error.svg")));
        // The part that was set apart for the test is the same again.
        Assert.Equal(result.GetProperty("test_mse").GetDouble(), Json(_cli.Run("eval", _cli.PathOf("run"), "--json")).GetProperty("test_mse").GetDouble());
    }

    [Fact]
    public void A_training_on_ones_own_data_that_is_cut_short_ends_with_the_same_bytes()
    {
        var data = Classes();
        Train(data, "alone", "--cell", "lstm", "--epochs", "4", "--clip", "1", "--class-weights", "balanced");
        Train(data, "parts", "--cell", "lstm", "--epochs", "2", "--clip", "1", "--class-weights", "balanced", "--schedule", "constant");
        Train(data, "other", "--cell", "lstm", "--epochs", "4", "--clip", "1", "--class-weights", "balanced", "--schedule", "constant");
        Assert.Equal(0, _cli.Run("train", "sequence", "--resume", _cli.PathOf("parts"), "--epochs", "4", "--data", data).Code);
        Assert.Equal(_cli.Bytes("other", "state.safetensors"), _cli.Bytes("parts", "state.safetensors"));
        Assert.NotEqual(_cli.Bytes("alone", "state.safetensors"), _cli.Bytes("parts", "state.safetensors"));
        // Other data by the same name are another run.
        Write("my.npz", ("x_train", Floats("x", [60, Steps, Channels], i => Input(i) + 1)), ("y_train", Wholes("y", [60], i => i % 2)));
        Assert.Contains("SHA-256", _cli.Run("train", "sequence", "--resume", _cli.PathOf("parts"), "--epochs", "6").Error);
    }

    [Fact]
    public void A_task_is_drawn_shown_and_trained_on_and_rows_of_images_are_sequences_of_channels()
    {
        Assert.Contains("12 steps of 2 channels, 1 number", _cli.Run("data", "info", "task:adding,steps=12,train=20,val=5,test=5").Out);
        Assert.True(Train("task:adding,steps=12,train=40,val=10,test=10", "task").GetProperty("test_mse").GetDouble() > 0);
        // 3nd + 6n² + 4n with d = 6 columns, and three classes of six weights and a bias.
        Assert.Equal(3 * 6 * 6 + 6 * 36 + 24 + 21, Train(_cli.Digits, "rows", "--sequence", "rows").GetProperty("parameters").GetInt32());
    }

    /// <summary>What was shown at the beginning is known at the end: with time scales and a learning rate that nobody gave.</summary>
    [Theory]
    [InlineData("organics")]
    [InlineData("lstm")]
    public void Defaults_learn_to_remember(string cell)
    {
        var result = Json(_cli.Run("train", "sequence", "--data", "task:distractors,steps=20,train=1000,val=100,test=200", "--cell", cell, "--units", "16",
            "--epochs", "10", "--out", _cli.PathOf("run"), "--json"));
        Assert.True(result.GetProperty("test_accuracy").GetDouble() > 0.9, $"{result}");
    }

    /// <summary>Recordings differ in length: those to test with, and new ones, may all be shorter than those that were trained on.</summary>
    [Fact]
    public void Shorter_recordings_are_tested_and_predicted()
    {
        var folder = Directory.CreateDirectory(_cli.PathOf("recordings")).FullName;
        var list = new System.Text.StringBuilder("file,target,part\n");
        for (var k = 0; k < 40; k++)
        {
            var part = k < 30 ? "train" : k < 34 ? "val" : "test";
            list.Append(System.Globalization.CultureInfo.InvariantCulture, $"{k}.csv,{k % 2},{part}\n");
            File.WriteAllText(Path.Combine(folder, $"{k}.csv"), "a,b\n" + string.Concat(Enumerable.Range(0, part == "train" ? 12 : 7).Select(t => $"{k % 2},{(t + k) % 3}\n")));
        }
        File.WriteAllText(Path.Combine(folder, "samples.csv"), $"{list}");
        var trained = _cli.Run("train", "sequence", "--data", folder, "--units", "4", "--epochs", "2", "--out", _cli.PathOf("run"));
        Assert.True(trained.Code == 0, trained.Error);
        var fresh = Directory.CreateDirectory(_cli.PathOf("fresh")).FullName;
        File.WriteAllText(Path.Combine(fresh, "0.csv"), "a,b\n1,2\n0,1\n");
        var found = new List<double[]>();
        // Targets are not looked at, whatever is there.
        foreach (var samples in (string[])["file\n0.csv\n", "file,target\n0.csv,7\n", "file,target\n0.csv,rest\n", "file,target\n0.csv,\n"])
        {
            File.WriteAllText(Path.Combine(fresh, "samples.csv"), samples);
            var predicted = _cli.Run("predict", _cli.PathOf("run"), "--data", fresh, "--out", _cli.PathOf("p.npz"));
            Assert.True(predicted.Code == 0, predicted.Error);
            var outputs = new double[2];
            using var array = Npz.Read(_cli.PathOf("p.npz"))["outputs"];
            array.Read(0, outputs.AsSpan());
            found.Add(outputs);
        }
        Assert.All(found, outputs => Assert.Equal(found[0], outputs));
    }

    /// <summary>A data set of one number at each step, as CSV.</summary>
    [Fact]
    public void Recordings_with_one_number_at_each_step_are_trained_on_as_such()
    {
        var folder = Directory.CreateDirectory(_cli.PathOf("recordings")).FullName;
        for (var k = 0; k < 12; k++)
            File.WriteAllText(Path.Combine(folder, $"{k}.csv"), "a,target\n" + string.Concat(Enumerable.Range(0, 6).Select(t => (t + k) % 2 > 0 ? "2,0.5\n" : "0,1\n")));
        File.WriteAllText(Path.Combine(folder, "samples.csv"), $"file\n{string.Concat(Enumerable.Range(0, 12).Select(k => $"{k}.csv\n"))}");
        Assert.Contains("6 steps of 1 channel, 1 number at each step", _cli.Run("data", "info", folder).Out);
        Train(folder, "run", "--cell", "lstm", "--epochs", "1");
        Assert.Equal(new(6, 1, TargetKind.Numbers, true, 1), SequenceModel<float>.Load(_cli.PathOf("run", "model.safetensors")).Options.Format);
        // Also where those to test with are whole.
        foreach (var k in (int[])[0, 1]) File.WriteAllText(Path.Combine(folder, $"{k}.csv"), "a,target\n0,1\n1,0\n");
        File.WriteAllText(Path.Combine(folder, "samples.csv"), "file,part\n0.csv,test\n1.csv,test\n");
        Assert.True(Json(_cli.Run("eval", _cli.PathOf("run"), "--data", folder + "/", "--json")).GetProperty("test_mse").GetDouble() >= 0);
    }

    /// <summary>Weights by class are those of the training samples, and the command gives them, and the bound of gradients, to the trainer.</summary>
    [Fact]
    public void Class_weights_and_the_bound_of_gradients_reach_the_training()
    {
        var data = Write("my.npz", ("x_train", Floats("x", [40, Steps, Channels], Input)), ("y_train", Wholes("y", [40], i => i % 4 == 0 ? 1 : 0)),
            ("mask_train", Floats("m", [40], i => i % 8 == 4 ? 0.5 : 1)),
            ("x_val", Floats("x", [10, Steps, Channels], Input)), ("y_val", Wholes("y", [10], i => i % 2)),
            ("x_test", Floats("x", [10, Steps, Channels], Input)), ("y_test", Wholes("y", [10], i => i % 2)));
        // 30 of class 0; 5 and 5 halves of class 1.
        double[] balanced = [37.5 / 60, 37.5 / 15];
        Assert.Null(RunData.Load(new SequenceRun { Data = data }).Train.ClassWeights);
        foreach (var (text, expected) in ((string, double[])[])[("balanced", balanced), ("3,0.25", [3, 0.25])])
        {
            var all = RunData.Load(new SequenceRun { Data = data, ClassWeights = text });
            Assert.All((SampleSet[])[all.Train, all.Validation, all.Test], part => Assert.Equal(expected, part.ClassWeights!));
        }
        byte[] Left(string folder, params string[] more)
        {
            Train(data, folder, [.. more, "--cell", "lstm", "--epochs", "1"]);
            return _cli.Bytes(folder, "state.safetensors");
        }
        var plain = Left("plain");
        Assert.NotEqual(plain, Left("balanced", "--class-weights", "balanced"));
        Assert.NotEqual(plain, Left("clipped", "--clip", "1e-3"));
        Assert.Equal(plain, Left("long", "--clip", "1e9"));
    }

    [Fact]
    public void A_file_that_has_changed_since_the_training_is_said_to_have()
    {
        NumberArray X(double shift) => Floats("x", [30, Steps, Channels], i => Input(i) + shift);
        var y = Wholes("y", [30], i => i % 2);
        var data = Write("my.npz", ("x_train", X(0)), ("y_train", y));
        Train(data, "run", "--cell", "lstm", "--epochs", "1");
        foreach (var given in (string[][])[[], ["--data", "my.npz"], ["--data", data]])
        {
            var same = _cli.Run(["eval", _cli.PathOf("run"), .. given]);
            Assert.True(same.Code == 0 && same.Error.Length == 0, same.Error);
        }
        foreach (var (x, more) in ((NumberArray, bool)[])[(X(1), false), (X(0), true)])
        {
            (string, NumberArray)[] test = [("x_test", Floats("x", [3, Steps, Channels], Input)), ("y_test", Wholes("y", [3], i => i % 2))];
            Write("my.npz", [("x_train", x), ("y_train", y), .. more ? test : []]);
            foreach (var given in (string[][])[[], ["--data", "my.npz"]])
            {
                var changed = _cli.Run(["eval", _cli.PathOf("run"), .. given]);
                Assert.Equal(0, changed.Code);
                Assert.Contains("has changed since the run began", changed.Error);
                Assert.Single(changed.Error.TrimEnd().Split('\n'));
            }
        }
    }

    /// <summary>Data that were named from one folder are found from another.</summary>
    [Fact]
    public void A_run_that_was_resumed_with_other_data_goes_on_from_anywhere()
    {
        var data = Classes();
        Train(data, "run", "--cell", "lstm", "--epochs", "1");
        Directory.CreateDirectory(_cli.PathOf("moved"));
        File.Move(data, _cli.PathOf("moved", "my.npz"));
        Assert.Equal(0, _cli.Run("train", "sequence", "--resume", _cli.PathOf("run"), "--epochs", "2", "--data", "moved/my.npz").Code);
        var record = RunRecord.Read(_cli.PathOf("run"));
        Assert.Equal((_cli.PathOf("moved", "my.npz"), _cli.PathOf("moved", "my.npz")), (record.Configuration.Data, record.Data.Name));
        Assert.Equal(0, _cli.Run("train", "sequence", "--resume", _cli.PathOf("run"), "--epochs", "3").Code);
        Assert.Equal(_cli.PathOf("moved", "my.npz"), RunRecord.Read(_cli.PathOf("run")).Configuration.Data);
    }

    [Theory]
    [InlineData("whole", "targets are whole numbers stored as floating-point ones")]
    [InlineData("one hot", "targets are whole numbers stored as floating-point ones")]
    [InlineData("steps", "read as 12 numbers for each sample; if they are one at each step, give them the shape [samples, 12, 1]")]
    [InlineData("numbers", null)]
    [InlineData("classes", null)]
    public void What_may_be_meant_in_another_way_is_said(string what, string? words)
    {
        var y = what switch
        {
            "whole" => Floats("y", [30], i => i % 3),
            "one hot" => Floats("y", [30, 2], i => i % 2),
            "steps" => Floats("y", [30, Steps], i => Math.Sin(i)),
            "numbers" => Floats("y", [30], i => Math.Sin(i)),
            _ => Wholes("y", [30], i => i % 2),
        };
        var data = Write("my.npz", ("x_train", Floats("x", [30, Steps, Channels], i => Math.Sin(i))), ("y_train", y));
        var shown = _cli.Run("data", "info", data);
        var trained = _cli.Run("train", "sequence", "--data", data, "--units", "2", "--cell", "lstm", "--epochs", "1");
        Assert.True(shown.Code == 0 && trained.Code == 0, shown.Error + trained.Error);
        foreach (var text in (string[])[shown.Out, trained.Error])
            if (words is null) Assert.DoesNotContain("Note:", text);
            else Assert.Contains(words, Assert.Single(text.Split('\n'), line => line.StartsWith("Note:", StringComparison.Ordinal)));
    }

    /// <summary>What is far from numbers of order 1 is named: inputs, targets or both.</summary>
    [Theory]
    [InlineData(300, 1, "Note: inputs are far from numbers of order 1; inputs and targets are standardised")]
    [InlineData(1, 300, "Note: targets are far from numbers of order 1; inputs and targets are standardised")]
    [InlineData(300, 300, "Note: inputs and targets are far from numbers of order 1; inputs and targets are standardised")]
    [InlineData(1, 1, null)]
    public void The_note_on_standardisation_names_what_is_far(double inputs, double targets, string? words)
    {
        var data = Write("my.npz", ("x_train", Floats("x", [30, Steps, Channels], i => inputs * Math.Sin(i))),
            ("y_train", Floats("y", [30], i => targets * Math.Sin(i))));
        var trained = _cli.Run("train", "sequence", "--data", data, "--units", "2", "--cell", "lstm", "--epochs", "1");
        Assert.Equal(0, trained.Code);
        if (words is null) Assert.DoesNotContain("Note:", trained.Error);
        else Assert.Contains(words, trained.Error);
    }

    [Fact]
    public void Files_without_a_part_to_train_on_are_shown()
    {
        var (x, y) = (Floats("x", [20, Steps, Channels], Input), Wholes("y", [20], i => i % 3));
        foreach (var (arrays, words) in (((string, NumberArray)[], string)[])
            [([("x", x)], "12 steps of 2 channels, no targets; 20 samples in x, none to train on."),
             ([("x_test", x), ("y_test", y)], "12 steps of 2 channels, a class of 3; 20 samples in x_test, none to train on."),
             ([("x_test", x), ("y_test", y), ("x", x)], "a class of 3; 20 samples in x_test and 20 samples in x, none to train on."),
             ([("x_train", x)], "no targets; 20 samples in x_train, none to train on.")])
        {
            var shown = _cli.Run("data", "info", Write("my.npz", arrays));
            Assert.True(shown.Code == 0, shown.Error);
            Assert.Contains(words, shown.Out);
            Assert.Equal(words.Contains("no targets", StringComparison.Ordinal), !shown.Out.Contains("  target", StringComparison.Ordinal));
        }
        Assert.Contains("has y_train but no x_train", _cli.Run("data", "info", Write("my.npz", ("y_train", y))).Error);
    }

    [Theory]
    [InlineData("no part to train on", "has no x_train (it has x)")]
    [InlineData("recordings without a list", "recordings as CSV with a samples.csv")]
    [InlineData("recordings without targets", "has no targets, which a training needs")]
    [InlineData("recordings to test with alone", "has no samples of the part train")]
    [InlineData("a misspelt name", "did you mean length_train?")]
    [InlineData("NaN", "holds NaN at [2, 0, 1]")]
    [InlineData("too few", "3 are needed: to train on, to validate with, to test with")]
    [InlineData("other steps", "x_test")]
    [InlineData("no file", "none.npz")]
    [InlineData("torn", "torn.npz")]
    [InlineData("circuit's option", "--variant is of circuits")]
    [InlineData("wrong read-out", "--read-out is every-step, but")]
    [InlineData("static", "The static classifier takes inputs from 0 to 1")]
    [InlineData("weights", "--class-weights has 3 weights, but the data have 2 classes")]
    [InlineData("misspelt task", "did you mean adding?")]
    [InlineData("an order and lengths", "lengths of their own")]
    [InlineData("an order and every step", "something at each")]
    [InlineData("too far for float", "--precision double")]
    [InlineData("times as classes", "as floats")]
    [InlineData("weights of numbers", "--class-weights is balanced, but")]
    [InlineData("weights of numbers by hand", "--class-weights is 1,2, but")]
    [InlineData("weights that float cannot hold", "or, for each class, 0 or a number from 1E-15 to 1E+15")]
    [InlineData("a mask that float cannot hold", "has the weight 1E-60 at [3]")]
    [InlineData("a validation of which nothing counts", "The validation samples of")]
    [InlineData("a test of which nothing counts", "The test samples of")]
    [InlineData("classes by name", "number the classes from 0")]
    [InlineData("classes by name at each step", "number the classes from 0")]
    public void What_cannot_be_trained_on_is_one_sentence_and_nothing_is_left(string what, string words)
    {
        var x = Floats("x_train", [30, Steps, Channels], i => i == 2 * Steps * Channels + 1 && what == "NaN" ? double.NaN : Input(i));
        var y = Wholes("y_train", [30], i => i % 2);
        string[] command = what switch
        {
            "no part to train on" => ["--data", Write("a.npz", ("x", x))],
            "a misspelt name" => ["--data", Write("a.npz", ("x_train", x), ("y_train", y), ("lenght_train", y))],
            "recordings without a list" => ["--data", Recordings(null)],
            "recordings without targets" => ["--data", Recordings("file\n0.csv\n")],
            "recordings to test with alone" => ["--data", Recordings("file,target,part\n0.csv,1,test\n")],
            "too few" => ["--data", Write("a.npz", ("x_train", Floats("x", [2, Steps, Channels], Input)), ("y_train", Wholes("y", [2], i => i)))],
            "other steps" => ["--data", Write("a.npz", ("x_train", x), ("y_train", y), ("x_test", Floats("x_test", [5, Steps + 1, Channels], Input)),
                ("y_test", Wholes("y_test", [5], i => 0)))],
            "no file" => ["--data", _cli.PathOf("none.npz")],
            "torn" => ["--data", Torn()],
            "circuit's option" => ["--data", Write("a.npz", ("x_train", x), ("y_train", y)), "--cell", "lstm", "--variant", "paper"],
            "wrong read-out" => ["--data", Write("a.npz", ("x_train", x), ("y_train", y)), "--read-out", "every-step"],
            "weights" => ["--data", Write("a.npz", ("x_train", x), ("y_train", y)), "--class-weights", "1,2,3"],
            "an order and lengths" => ["--data", Write("a.npz", ("x_train", x), ("y_train", y), ("length_train", Wholes("length_train", [30], i => 1 + i % Steps))), "--permuted"],
            "an order and every step" => ["--data", Write("a.npz", ("x_train", x), ("y_train", Wholes("y_train", [30, Steps], i => i % 2))), "--permuted"],
            "too far for float" => ["--data", Write("a.npz", ("x_train", Doubles("x_train", [30, Steps, Channels], i => 1.7e9 + Input(i))), ("y_train", y))],
            "times as classes" => ["--data", Write("a.npz", ("x_train", x), ("y_train", Wholes("y_train", [30], i => 200 + 90 * i)))],
            "weights of numbers" => ["--data", Write("a.npz", ("x_train", x), ("y_train", Floats("y_train", [30], Input))), "--class-weights", "balanced"],
            "weights of numbers by hand" => ["--data", Write("a.npz", ("x_train", x), ("y_train", Floats("y_train", [30], Input))), "--class-weights", "1,2"],
            "weights that float cannot hold" => ["--data", Write("a.npz", ("x_train", x), ("y_train", y)), "--class-weights", "1e-60,1"],
            "a mask that float cannot hold" => ["--data", Write("a.npz", ("x_train", x), ("y_train", y),
                ("mask_train", Doubles("m", [30], i => i == 3 ? 1e-60 : 1)))],
            // Only what is behind the lengths counts; and a class that counts 0.
            "a validation of which nothing counts" => ["--data", Write("a.npz", ("x_train", x), ("y_train", Wholes("y_train", [30, Steps], i => i % 2)),
                ("x_val", Floats("x_val", [5, Steps, Channels], Input)), ("y_val", Wholes("y_val", [5, Steps], i => i % 2)),
                ("mask_val", Floats("mask_val", [5, Steps], i => i % Steps > 3 ? 1 : 0)), ("length_val", Wholes("length_val", [5], i => 3)))],
            "a test of which nothing counts" => ["--data", Write("a.npz", ("x_train", x), ("y_train", y),
                ("x_test", Floats("x_test", [5, Steps, Channels], Input)), ("y_test", Wholes("y_test", [5], i => 1))), "--class-weights", "1,0"],
            "classes by name" => ["--data", Recordings("file,target\n0.csv,rest\n")],
            "classes by name at each step" => ["--data", Recordings("file\n0.csv\n", "0,1,target\n0.5,1,rest\n")],
            "misspelt task" => ["--data", "task:ading"],
            _ => ["--data", Write("a.npz", ("x_train", x), ("y_train", y))],
        };
        var outcome = _cli.Run(["train", what == "static" ? "static" : "sequence", "--out", _cli.PathOf("run"), .. command]);
        Assert.True(outcome.Code is 1 or 2 && outcome.Out.Length == 0, outcome.Error + outcome.Out);
        Assert.Contains(words, outcome.Error);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(_cli.PathOf("run")));

        string Recordings(string? list, string recording = "0,1\n0.5,1\n")
        {
            var folder = Directory.CreateDirectory(_cli.PathOf("recordings")).FullName;
            // Columns may be called by their numbers.
            File.WriteAllText(Path.Combine(folder, "0.csv"), recording);
            if (list is not null) File.WriteAllText(Path.Combine(folder, "samples.csv"), list);
            return folder;
        }

        string Torn()
        {
            var bytes = File.ReadAllBytes(Write("whole.npz", ("x_train", x), ("y_train", y)));
            File.WriteAllBytes(_cli.PathOf("torn.npz"), bytes[..(bytes.Length / 2)]);
            return _cli.PathOf("torn.npz");
        }
    }

    [Fact]
    public void A_run_of_the_former_format_is_evaluated_and_goes_on()
    {
        var models = Path.Combine(Cli.Repository, "examples", "models", "smnist-64");
        var record = RunRecord.Read(models);
        Assert.Equal(new SampleFormat(28, 28, TargetKind.Class, false, 10) { IsImage = true }, record.Data.Format);
        Assert.Equal(("cosine", 50), (record.Configuration.Schedule, record.Configuration.Epochs));
        Assert.Equal(784, ((SequenceRun)record.Configuration).Options(record.Data).Format.Steps);
        Assert.Equal(SequenceModel<float>.Load(Path.Combine(models, "model.safetensors")).Options.ToMetadata(),
            ((SequenceRun)record.Configuration).Options(record.Data).ToMetadata());
    }
}
