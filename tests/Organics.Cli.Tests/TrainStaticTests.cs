using System.Security.Cryptography;
using System.Text.Json;

namespace Organics.Tests;

public sealed class TrainStaticTests : IClassFixture<TrainStaticTests.Fixture>
{
    readonly Cli _cli;
    readonly Outcome _json;

    public TrainStaticTests(Fixture fixture) => (_cli, _json) = (fixture.Cli, fixture.Json);

    [Fact]
    public void Json_is_all_that_stdout_holds_and_has_every_key()
    {
        Assert.Equal(0, _json.Code);
        Assert.Single(_json.Out.TrimEnd().Split('\n'));
        using var json = JsonDocument.Parse(_json.Out);
        var result = json.RootElement;
        foreach (var key in (string[])["test_accuracy", "val_accuracy", "train_loss", "seconds_per_epoch", "samples_per_second", "max_residual",
            "not_converged"])
            Assert.True(result.GetProperty(key).GetDouble() >= 0, key);
        Assert.Equal(2, result.GetProperty("epochs").GetInt32());
        Assert.Equal(5UL, result.GetProperty("seed").GetUInt64());
        Assert.Equal(1, result.GetProperty("stable_fraction").GetDouble());
        Assert.True(result.GetProperty("max_re_lambda").GetDouble() < 0);
        Assert.True(File.Exists(_cli.PathOf(result.GetProperty("checkpoint").GetString()!)));
        // Autoencoder 36, 360, 120, 40 and back; six units of Wzx, Wbx [6, 40], W, Wr [6, 6], b0; a head of three classes.
        const int autoencoder = 2 * (36 * 360 + 360 * 120 + 120 * 40) + 360 + 120 + 40 + 120 + 360 + 36;
        Assert.Equal(autoencoder + 2 * 6 * 40 + 2 * 6 * 6 + 6 + 3 * 6 + 3, result.GetProperty("parameters").GetInt32());
        var confusion = result.GetProperty("confusion").EnumerateArray()
            .Select(row => row.EnumerateArray().Select(count => count.GetInt32()).ToArray()).ToArray();
        Assert.Equal(Cli.TestImages, confusion.Sum(row => row.Sum()));
        Assert.Equal(confusion.Select((row, i) => row[i]).Sum(), result.GetProperty("test_accuracy").GetDouble() * Cli.TestImages, 1e-9);
    }

    [Fact]
    public void Stderr_has_plain_lines_one_an_epoch()
    {
        var lines = _json.Error.Split('\n');
        Assert.Single(lines, line => line.StartsWith("epoch 1/2", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("epoch 2/2", StringComparison.Ordinal));
        Assert.DoesNotContain('\u001b', _json.Error);
    }

    [Fact]
    public void The_run_folder_holds_model_state_record_metrics_and_pictures()
    {
        foreach (var file in (string[])["model.safetensors", "state.safetensors", "metrics.jsonl", "loss.svg", "accuracy.svg", "spectrum.svg",
            "normalization-weights.svg"])
            Assert.True(new FileInfo(_cli.PathOf("run", file)).Length > 0, file);
        var model = SafeTensors.Read(_cli.PathOf("run", "model.safetensors"));
        Assert.Equal([6, 40], model["org1.Wzx"].Shape);
        Assert.Equal([0.25], model["org1.sigma"].ToArray<double>());

        using var json = JsonDocument.Parse(_cli.Bytes("run", "run.json"));
        var record = json.RootElement;
        Assert.Equal("cosine", record.GetProperty("configuration").GetProperty("schedule").GetString());
        Assert.Equal(0.25, record.GetProperty("configuration").GetProperty("sigma").GetDouble());
        Assert.Equal(108, record.GetProperty("data").GetProperty("training").GetInt32());
        Assert.Equal(12, record.GetProperty("data").GetProperty("validation").GetInt32());
        var hash = Convert.ToHexStringLower(SHA256.HashData(_cli.Bytes("digits", "train-images-idx3-ubyte")));
        Assert.Equal(hash, record.GetProperty("data").GetProperty("sha256").GetProperty("x_train").GetString());
        var origin = record.GetProperty("origin");
        Assert.InRange(DateTime.UtcNow - origin.GetProperty("date").GetDateTime(), TimeSpan.Zero, TimeSpan.FromHours(1));
        Assert.Matches("^organics train static .*--epochs ", origin.GetProperty("command").GetString());
        Assert.Contains("cpu", origin.GetProperty("processor").GetString());
        using var result = JsonDocument.Parse(_json.Out);
        Assert.True(JsonElement.DeepEquals(result.RootElement, record.GetProperty("results")));
    }

    [Fact]
    public void A_run_is_never_overwritten()
    {
        var before = _cli.Bytes("run", "model.safetensors");
        var again = _cli.Train("run", "--seed", "6");
        Assert.Equal((2, ""), (again.Code, again.Out));
        Assert.Contains("--resume", again.Error);
        Assert.Equal(before, _cli.Bytes("run", "model.safetensors"));

        Directory.CreateDirectory(_cli.PathOf("mine"));
        File.WriteAllText(_cli.PathOf("mine", "thesis.txt"), "");
        Assert.Equal(2, _cli.Train("mine").Code);
        Assert.Equal([_cli.PathOf("mine", "thesis.txt")], Directory.GetFileSystemEntries(_cli.PathOf("mine")));
    }

    [Fact]
    public void Eval_repeats_the_result_of_the_training()
    {
        var eval = _cli.Run("eval", "run", "--json");
        Assert.Equal(0, eval.Code);
        using JsonDocument evaluated = JsonDocument.Parse(eval.Out), trained = JsonDocument.Parse(_json.Out);
        foreach (var key in (string[])["test_accuracy", "max_re_lambda", "stable_fraction", "max_residual", "confusion"])
            Assert.True(JsonElement.DeepEquals(trained.RootElement.GetProperty(key), evaluated.RootElement.GetProperty(key)), key);

        var people = _cli.Run("eval", "run", "--precision", "double");
        Assert.Equal(0, people.Code);
        Assert.Contains("Test accuracy", people.Out);
        Assert.Contains("Confusion matrix", people.Out);
        Assert.DoesNotContain('\u001b', people.Out);
    }

    [Fact]
    public void The_checkpoint_holds_a_certificate_that_eval_checks_again()
    {
        Assert.Equal(0, _cli.Train("certified", "--recurrence", "identity", "--hidden", "6,5").Code);
        var path = _cli.PathOf("certified", "model.safetensors");
        var model = SafeTensors.Read(path);
        Assert.True(StabilityCertificate.Parse(model.Metadata[StaticCertificate.Key(2)]).IsCertified);
        using (var json = JsonDocument.Parse(_cli.Run("eval", "certified", "--json").Out))
        {
            var certificates = json.RootElement.GetProperty("certificates").EnumerateArray().ToArray();
            Assert.Equal(2, certificates.Length);
            Assert.All(certificates, c => Assert.True(c.GetProperty("certified").GetBoolean() && c.GetProperty("stored").GetBoolean()
                && c.GetProperty("margin").GetDouble() > 0));
        }
        var said = _cli.Run("eval", "certified").Out;
        Assert.Contains("Layer 2, certified: For every drive", said);
        Assert.Contains("test inputs the fixed point attracts every start, with all time constants alike", said);
        // What was taken out is told of; the training itself, which puts it in, is silent.
        SafeTensors.Write(path, model.Tensors, model.Metadata.Where(pair => pair.Key != StaticCertificate.Key(2)).ToDictionary());
        var lacking = _cli.Run("eval", "certified");
        Assert.Equal(0, lacking.Code);
        Assert.Contains("holds no certificate of layer 2", lacking.Out);
        Assert.DoesNotContain("holds no certificate of layer 1", lacking.Out);
        using (var json = JsonDocument.Parse(_cli.Run("eval", "certified", "--json").Out))
            Assert.Equal([true, false], json.RootElement.GetProperty("certificates").EnumerateArray().Select(c => c.GetProperty("stored").GetBoolean()));
        SafeTensors.Write(path, model.Tensors, model.Metadata);
        // Of learned recurrence it is said that nothing is certified.
        Assert.Contains("Layer 1: Not certified", _cli.Run("eval", "run").Out);

        var bytes = File.ReadAllBytes(path);
        SafeTensor Tampered(SafeTensor t)
        {
            if (t.Name != "org2.log_Way") return t;
            var values = t.ToArray<float>();
            values[1] += 0.1f;
            return SafeTensor.From<float>(t.Name, [.. t.Shape], values);
        }
        SafeTensors.Write(path, model.Tensors.Select(Tampered), model.Metadata);
        foreach (var command in (string[][])[["eval", "certified"], ["train", "static", "--resume", "certified"]])
        {
            var outcome = _cli.Run(command);
            Assert.Equal((1, ""), (outcome.Code, outcome.Out));
            Assert.Contains("certificate of layer 2", outcome.Error);
        }
        SafeTensors.Write(path, model.Tensors, new Dictionary<string, string>(model.Metadata) { [StaticCertificate.Key(1)] = "{}" });
        Assert.Contains("is damaged at", _cli.Run("eval", "certified").Error);
        // Whatever is changed in a certificate, it follows no more, and nothing of it reaches the terminal.
        var genuine = model.Metadata[StaticCertificate.Key(1)];
        var own = StabilityCertificate.Parse(genuine);
        foreach (var forged in (StabilityCertificate[])[own with { Conclusion = "\u001b[31mSTABLE" }, own with { Hypotheses = [] }, own with { Margin = -5 }])
        {
            SafeTensors.Write(path, model.Tensors, new Dictionary<string, string>(model.Metadata) { [StaticCertificate.Key(1)] = forged.ToJson() });
            var outcome = _cli.Run("eval", "certified");
            Assert.Equal((1, ""), (outcome.Code, outcome.Out));
            Assert.Contains("does not follow from the weights", outcome.Error);
            Assert.DoesNotContain('\u001b', outcome.Error);
        }
        SafeTensors.Write(path, model.Tensors, new Dictionary<string, string>(model.Metadata) { [StaticCertificate.Key(3)] = genuine });
        Assert.Contains("of a layer that the model lacks", _cli.Run("eval", "certified").Error);
        // A file of before there were certificates is certified where a run is examined anew.
        SafeTensors.Write(path, model.Tensors,
            model.Metadata.Where(m => !m.Key.StartsWith(StabilityCertificate.MetadataKey, StringComparison.Ordinal)).ToDictionary());
        Assert.DoesNotContain("The checkpoint holds this", _cli.Run("eval", "certified").Out);
        Assert.Equal(0, _cli.Run("train", "static", "--resume", "certified").Code);
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public void Eval_refuses_images_of_another_size()
    {
        var eval = _cli.Run("eval", "run", "--data", "sample");
        Assert.Equal((2, ""), (eval.Code, eval.Out));
        Assert.Contains("28×28", eval.Error);
        Assert.Contains("6×6", eval.Error);
    }

    [Fact]
    public void Resuming_takes_no_option_that_would_make_it_another_run()
    {
        foreach (var (option, value) in (ReadOnlySpan<(string, string)>)[("--lr", "0.1"), ("--seed", "77"), ("--out", "elsewhere"), ("--hidden", "7"),
            ("--epochs", "1")])
        {
            var outcome = _cli.Run("train", "static", "--resume", "run", option, value);
            Assert.Equal((2, ""), (outcome.Code, outcome.Out));
            Assert.StartsWith($"organics: {option} ", outcome.Error);
        }
        // What repeats the run is no difference.
        Copy("run", "again");
        Assert.Equal(0, _cli.Run("train", "static", "--resume", "again", "--hidden", "6", "--batch", "16").Code);
    }

    /// <summary>Half a cosine over all epochs, however many they become: more epochs learn, where a schedule of the first ones would stand still.</summary>
    [Fact]
    public void More_epochs_of_the_standard_schedule_learn()
    {
        Copy("run", "longer");
        Assert.Equal(0, _cli.Run("train", "static", "--resume", "longer", "--epochs", "5").Code);
        var rates = MetricsLog.Read(_cli.PathOf("longer", "metrics.jsonl")).Select(row => row.Values["learning_rate"]).ToArray();
        Assert.Equal(5, rates.Length);
        Assert.All(rates, rate => Assert.True(rate > 0));
    }

    [Fact]
    public void A_checkpoint_of_another_model_is_refused_by_name_and_shape()
    {
        Copy("run", "other");
        Assert.Equal(0, _cli.Train("wider", "--hidden", "7").Code);
        Assert.Equal(0, _cli.Train("identity", "--recurrence", "identity").Code);
        Assert.False(SafeTensors.Read(_cli.PathOf("identity", "model.safetensors")).Contains("org1.Wr"));

        File.Copy(_cli.PathOf("wider", "model.safetensors"), _cli.PathOf("other", "model.safetensors"), overwrite: true);
        var wider = _cli.Run("eval", "other");
        Assert.Equal((1, ""), (wider.Code, wider.Out));
        Assert.Contains("'org1.Wzx' is [7, 40] but the model's is [6, 40]", wider.Error);

        File.Copy(_cli.PathOf("identity", "model.safetensors"), _cli.PathOf("other", "model.safetensors"), overwrite: true);
        Assert.Contains("'org1.Wr'", _cli.Run("eval", "other").Error);
        File.Copy(_cli.PathOf("run", "model.safetensors"), _cli.PathOf("identity", "model.safetensors"), overwrite: true);
        Assert.Contains("'org1.Wr' [6, 6]", _cli.Run("eval", "identity").Error);
    }

    [Fact]
    public void A_damaged_checkpoint_is_refused_and_left_as_it_is()
    {
        Copy("run", "damaged");
        foreach (var file in (string[])["model.safetensors", "state.safetensors"])
        {
            var torn = _cli.Bytes("damaged", file)[..5000];
            File.WriteAllBytes(_cli.PathOf("damaged", file), torn);
            var outcome = file == "model.safetensors" ? _cli.Run("eval", "damaged") : _cli.Run("train", "static", "--resume", "damaged");
            Assert.Equal((1, ""), (outcome.Code, outcome.Out));
            Assert.Contains(file, outcome.Error);
            Assert.Equal(torn, _cli.Bytes("damaged", file));
        }
        File.WriteAllText(_cli.PathOf("damaged", "run.json"), "{\n \"format\": ");
        Assert.Contains("run.json", _cli.Run("eval", "damaged").Error);
    }

    [Fact]
    public void Two_layers_in_double_hold_their_numbers_in_double()
    {
        var outcome = _cli.Train("double", "--hidden", "6,4", "--precision", "double", "--json");
        Assert.Equal(0, outcome.Code);
        var model = SafeTensors.Read(_cli.PathOf("double", "model.safetensors"));
        Assert.All(model.Tensors, tensor => Assert.Equal(NumberType.F64, tensor.Type));
        Assert.Equal([4, 6], model["org2.Wzx"].Shape);
        Assert.True(File.Exists(_cli.PathOf("double", "normalization-weights-2.svg")));
        using var json = JsonDocument.Parse(outcome.Out);
        Assert.True(json.RootElement.GetProperty("max_residual").GetDouble() < 1e-11);
        Assert.Equal(0, _cli.Run("eval", "double", "--precision", "float").Code);
    }

    [Fact]
    public void Divergence_ends_with_code_3_says_where_and_keeps_the_last_checkpoint()
    {
        var outcome = _cli.Train("diverged", "--epochs", "3", "--lr", "1e-3", "--schedule", "step:2:1e36");
        Assert.Equal((3, ""), (outcome.Code, outcome.Out));
        var sentence = outcome.Error.TrimEnd().Split('\n')[^1];
        Assert.Contains("epoch 3", sentence);
        Assert.Contains("update", sentence);
        Assert.Matches("parameter '|op \\d+ on the tape", sentence);

        Assert.Equal(0, _cli.Train("good", "--epochs", "2", "--lr", "1e-3", "--schedule", "step:2:1e36").Code);
        Assert.Equal(_cli.Bytes("good", "state.safetensors"), _cli.Bytes("diverged", "state.safetensors"));
        // Only a training that ends well adds its certificate.
        var (good, diverged) = (SafeTensors.Read(_cli.PathOf("good", "model.safetensors")), SafeTensors.Read(_cli.PathOf("diverged", "model.safetensors")));
        Assert.Equal(good.Tensors.Select(t => (t.Name, Convert.ToHexString(t.Data.Span))),
            diverged.Tensors.Select(t => (t.Name, Convert.ToHexString(t.Data.Span))));
        Assert.Equal(good.Metadata.Where(m => m.Key != StaticCertificate.Key(1)), diverged.Metadata);
    }

    [Fact]
    public void A_parameter_that_is_no_number_is_refused_by_name()
    {
        using var own = new Cli();
        Assert.Equal(0, own.Train("run").Code);
        var path = own.PathOf("run", "model.safetensors");
        var file = SafeTensors.Read(path);
        SafeTensors.Write(path, file.Tensors.Select(t => t.Name != "org1.b0" ? t
            : SafeTensor.From<float>(t.Name, t.Shape.ToArray(), [.. t.ToArray<float>().Select((v, i) => i == 2 ? float.NaN : v)])), file.Metadata);
        var outcome = own.Run("eval", "run");
        Assert.Equal((1, ""), (outcome.Code, outcome.Out));
        Assert.Contains("'org1.b0' holds NaN at element 2", outcome.Error);
    }

    [Fact]
    public void A_run_without_a_checkpoint_is_no_obstacle_and_not_to_be_examined()
    {
        using var own = new Cli();
        var diverged = own.Train("run", "--lr", "1e9", "--epochs", "2");
        Assert.Equal(3, diverged.Code);
        Assert.DoesNotContain("checkpoint", diverged.Error);
        var early = own.Run("eval", "run");
        Assert.Equal(1, early.Code);
        Assert.Contains("No epoch of the run in 'run' is done", early.Error);
        Assert.Equal(0, own.Train("run").Code);
    }

    [Fact]
    public void The_default_folder_has_a_number_where_its_name_is_taken()
    {
        using var own = new Cli();
        foreach (var folder in (string[])["static-digits-6-s0", "static-digits-6-s0-2"])
        {
            Assert.Equal(0, own.Run("train", "static", "--data", own.Digits, "--epochs", "1", "--hidden", "6").Code);
            Assert.True(File.Exists(own.PathOf("runs", folder, "model.safetensors")));
        }
    }

    [Fact]
    public void A_training_that_diverges_at_once_says_so()
    {
        var outcome = _cli.Train("hopeless", "--lr", "1e30");
        Assert.Equal((3, ""), (outcome.Code, outcome.Out));
        Assert.Contains("epoch 1", outcome.Error);
    }

    void Copy(string from, string to)
    {
        Directory.CreateDirectory(_cli.PathOf(to));
        foreach (var file in Directory.GetFiles(_cli.PathOf(from))) File.Copy(file, _cli.PathOf(to, Path.GetFileName(file)));
    }

    public sealed class Fixture : IDisposable
    {
        public Fixture() => Json = Cli.Run(Cli.Training("run", "--epochs", "2", "--seed", "5", "--sigma", "0.25", "--json"));

        internal Cli Cli { get; } = new();

        internal Outcome Json { get; }

        public void Dispose() => Cli.Dispose();
    }

    [Fact]
    public void A_record_that_claims_another_size_is_refused_before_a_model_is_made()
    {
        Copy("run", "claimed");
        var json = File.ReadAllText(_cli.PathOf("claimed", "run.json"));
        File.WriteAllText(_cli.PathOf("claimed", "run.json"),
            System.Text.RegularExpressions.Regex.Replace(json, "\"hidden\": \\[[^]]*\\]", "\"hidden\": [60000, 60000]"));
        foreach (var command in (string[][])[["eval", "claimed"], ["train", "static", "--resume", "claimed"]])
        {
            var outcome = _cli.Run(command);
            Assert.Equal((1, ""), (outcome.Code, outcome.Out));
            Assert.Contains("but the model's is [60000, 40]", outcome.Error);
        }
    }

    [Fact]
    public void A_pipe_or_a_device_in_a_run_is_not_waited_for()
    {
        if (OperatingSystem.IsWindows()) return;
        foreach (var file in (string[])["run.json", "model.safetensors"])
        {
            var run = $"piped-{file}";
            Copy("run", run);
            var path = _cli.PathOf(run, file);
            File.Move(path, path + ".moved");
            File.CreateSymbolicLink(path, path + ".moved");
            Assert.Equal(0, _cli.Run("eval", run).Code);
            File.Delete(path);
            using (var make = System.Diagnostics.Process.Start("mkfifo", [path])) make.WaitForExit();
            Assert.Contains(file, _cli.Run("eval", run).Error);
            File.Delete(path);
            File.CreateSymbolicLink(path, "/dev/zero");
            Assert.Contains(file, _cli.Run("eval", run).Error);
        }
    }
}
