using System.Text.Json;

namespace Organics.Tests;

/// <summary>What stands in the circuits' place is trained, stopped, continued and examined as they are.</summary>
public sealed class StaticRivalsTests : IDisposable
{
    static readonly string[] Mlp = ["--model", "mlp", "--hidden", "6,5"];
    static readonly string[] Ssn = ["--model", "ssn", "--excitatory", "6", "--inhibitory", "3"];
    static readonly string[] Conv = ["--model", "conv", "--channels", "2", "--kernel", "3"];
    static readonly string[] Neighbours = [.. Conv, "--attention", "false", "--pool", "3"];
    static readonly string[] Grown = [.. Ssn, "--growth", "first=10,steps=2,batch=20"];

    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    public static TheoryData<string, string[]> Rivals => new()
    {
        { "mlp", Mlp }, { "ssn", Ssn }, { "grown", Grown }, { "conv", Conv }, { "neighbours", Neighbours },
    };

    string[] Training(string folder, string[] model, params string[] options)
        => ["train", "static", "--out", _cli.PathOf(folder), "--data", _cli.Digits, "--batch", "16", "--schedule", "constant", .. model, .. options];

    [Theory]
    [MemberData(nameof(Rivals))]
    public void A_run_repeats_its_bits_on_another_number_of_threads_and_when_it_is_resumed(string name, string[] model)
    {
        Assert.Equal(0, _cli.Run(Training("whole", model, "--epochs", "2", "--threads", "1")).Code);
        Assert.Equal(0, _cli.Run(Training("parts", model, "--epochs", "1", "--threads", "2")).Code);
        Assert.NotEqual(_cli.Bytes("whole", "state.safetensors"), _cli.Bytes("parts", "state.safetensors"));
        // What decides the network's size, and how it came to it, belongs to the run.
        var other = _cli.Run("train", "static", "--resume", "parts", "--model", name == "mlp" ? "ssn" : "mlp");
        Assert.Equal((2, ""), (other.Code, other.Out));
        Assert.StartsWith("organics: --model is ", other.Error);
        Assert.Equal(0, _cli.Run("train", "static", "--resume", "parts", "--epochs", "2").Code);
        foreach (var file in (string[])["state.safetensors", "model.safetensors"]) Assert.Equal(_cli.Bytes("whole", file), _cli.Bytes("parts", file));
    }

    [Fact]
    public void A_network_that_grows_does_not_begin_as_one_that_is_drawn()
    {
        Assert.Equal(0, _cli.Run(Training("drawn", Ssn, "--epochs", "1")).Code);
        Assert.Equal(0, _cli.Run(Training("grown", Grown, "--epochs", "1")).Code);
        Assert.NotEqual(_cli.Bytes("drawn", "state.safetensors"), _cli.Bytes("grown", "state.safetensors"));
        using var json = JsonDocument.Parse(_cli.Bytes("grown", "run.json"));
        Assert.Equal("first=10,steps=2,batch=20,rate=0.01,fast=5,later=0.001,spread=0.5",
            json.RootElement.GetProperty("configuration").GetProperty("growth").GetString());
    }

    [Fact]
    public void A_growth_that_was_interrupted_begins_again_to_the_same_bits()
    {
        string[] model = [.. Ssn, "--growth", "first=600,steps=1"];
        Assert.Equal(0, _cli.Run(Training("left-alone", model, "--epochs", "1")).Code);
        var running = _cli.Start(Training("stopped", model, "--epochs", "1"));
        running.WaitForError("Training");
        running.Interrupt("INT");
        Assert.Equal(130, running.Wait().Code);
        Assert.False(File.Exists(_cli.PathOf("stopped", "state.safetensors")));
        Assert.Equal(0, _cli.Run("train", "static", "--resume", "stopped").Code);
        Assert.Equal(_cli.Bytes("left-alone", "state.safetensors"), _cli.Bytes("stopped", "state.safetensors"));
    }

    [Fact]
    public void A_network_reports_its_stability_as_circuits_do()
    {
        var trained = _cli.Run(Training("run", Ssn, "--epochs", "2", "--json"));
        Assert.Equal(0, trained.Code);
        using JsonDocument result = JsonDocument.Parse(trained.Out), evaluated = JsonDocument.Parse(_cli.Run("eval", "run", "--json").Out);
        foreach (var key in (string[])["test_accuracy", "max_re_lambda", "stable_fraction", "max_residual", "not_converged", "confusion"])
            Assert.True(JsonElement.DeepEquals(result.RootElement.GetProperty(key), evaluated.RootElement.GetProperty(key)), key);
        Assert.Equal(1, result.RootElement.GetProperty("stable_fraction").GetDouble());
        Assert.True(result.RootElement.GetProperty("max_re_lambda").GetDouble() < 0);
        Assert.Empty(evaluated.RootElement.GetProperty("certificates").EnumerateArray());
        foreach (var row in MetricsLog.Read(_cli.PathOf("run", "metrics.jsonl")))
        {
            Assert.Equal(0, row.Values["not_converged"]);
            Assert.Equal((12, 12), (row.Values["stability/examined"], row.Values["stability/stable"]));
            Assert.True(row.Values["stability/max_re_lambda"] < 0);
        }
        foreach (var file in (string[])["loss.svg", "accuracy.svg", "spectrum.svg", "largest-eigenvalue.svg", "recurrent-weights.svg"])
            Assert.True(new FileInfo(_cli.PathOf("run", file)).Length > 0, file);
        var people = _cli.Run("eval", "run", "--precision", "double");
        Assert.Equal(0, people.Code);
        Assert.Contains("τE = 2 τI", people.Out);
        // The code has as many units as neurons excite.
        var model = SafeTensors.Read(_cli.PathOf("run", "model.safetensors"));
        Assert.Equal([6, 120], model["autoencoder.encoder.4.weight"].Shape);
        Assert.Equal([9, 9], model["ssn1.w"].Shape);
        Assert.Equal(0, _cli.Run("predict", "run", "--out", _cli.PathOf("said.npz")).Code);
    }

    /// <summary>Weights so large that excitation runs away: nothing settles, and everything says so.</summary>
    [Fact]
    public void A_network_without_a_steady_state_is_counted_and_fails_the_check()
    {
        Assert.Equal(0, _cli.Run(Training("run", Ssn, "--epochs", "1")).Code);
        var path = _cli.PathOf("run", "model.safetensors");
        var file = SafeTensors.Read(path);
        SafeTensors.Write(path, file.Tensors.Select(t => t.Name != "ssn1.w" ? t
            : SafeTensor.From<float>(t.Name, [9, 9], [.. Enumerable.Range(0, 81).Select(i => i % 9 < 6 ? 50f : 0)])), file.Metadata);
        var outcome = _cli.Run("eval", "run", "--json");
        Assert.Equal(1, outcome.Code);
        Assert.Contains("no theorem promises a network any", outcome.Error);
        using var json = JsonDocument.Parse(outcome.Out);
        Assert.Equal(0, json.RootElement.GetProperty("stable_fraction").GetDouble());
        Assert.Equal(Cli.TestImages, json.RootElement.GetProperty("not_converged").GetInt32());
    }

    /// <summary>The end of a training sums up what its epochs and its growth lost.</summary>
    [Fact]
    public void What_was_lost_on_the_way_is_in_the_result()
    {
        Assert.Equal(0, _cli.Run(Training("run", Grown, "--epochs", "1")).Code);
        using (var first = JsonDocument.Parse(_cli.Bytes("run", "run.json")))
            Assert.Equal(0, first.RootElement.GetProperty("results").GetProperty("not_converged_training").GetInt64());
        void Change(string file, string from, string to)
        {
            var text = File.ReadAllText(_cli.PathOf("run", file));
            Assert.Contains(from, text, StringComparison.Ordinal);
            File.WriteAllText(_cli.PathOf("run", file), text.Replace(from, to, StringComparison.Ordinal));
        }
        Change("metrics.jsonl", "\"not_converged\":0", "\"not_converged\":5");
        using (var record = JsonDocument.Parse(_cli.Bytes("run", "run.json")))
            Change("run.json", "\"growth\": " + record.RootElement.GetProperty("growth").GetRawText(),
                "\"growth\": " + record.RootElement.GetProperty("growth").GetRawText().Replace("\"not_converged\": 0", "\"not_converged\": 1007",
                    StringComparison.Ordinal));
        var outcome = _cli.Run("train", "static", "--resume", "run", "--epochs", "2");
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.Matches(@"In training no steady state was found 1,012 times, each layer counted: in 2 epochs of \d+ samples and \d+ samples of the growth\.\n", outcome.Out);
        using var whole = JsonDocument.Parse(_cli.Bytes("run", "run.json"));
        Assert.Equal(1012, whole.RootElement.GetProperty("results").GetProperty("not_converged_training").GetInt64());
    }

    [Fact]
    public void A_net_without_dynamics_has_no_stability_to_report()
    {
        var trained = _cli.Run(Training("run", Mlp, "--epochs", "2", "--json"));
        Assert.Equal(0, trained.Code);
        using var result = JsonDocument.Parse(trained.Out);
        foreach (var key in (string[])["max_re_lambda", "stable_fraction", "max_residual", "not_converged", "not_converged_training"])
            Assert.False(result.RootElement.TryGetProperty(key, out _), key);
        Assert.False(MetricsLog.Read(_cli.PathOf("run", "metrics.jsonl"))[0].Values.ContainsKey("not_converged"));
        var people = _cli.Run("eval", "run");
        Assert.Equal(0, people.Code);
        Assert.Contains("no stability", people.Out);
        Assert.Contains("Confusion matrix", people.Out);
        Assert.Equal([6, 40], SafeTensors.Read(_cli.PathOf("run", "model.safetensors"))["mlp1.weight"].Shape);
        using var record = JsonDocument.Parse(_cli.Bytes("run", "run.json"));
        var configuration = record.RootElement.GetProperty("configuration");
        Assert.Equal("mlp", configuration.GetProperty("layer").GetString());
        // Nothing of circuits is claimed of it.
        foreach (var key in (string[])["recurrence", "sigma"]) Assert.False(configuration.TryGetProperty(key, out _), key);
    }

    [Theory]
    [InlineData("conv")]
    [InlineData("neighbours")]
    public void Channels_are_certified_measured_used_and_exported(string name)
    {
        string[] model = name == "conv" ? Conv : Neighbours;
        var trained = _cli.Run(Training("run", model, "--epochs", "2", "--json"));
        Assert.Equal(0, trained.Code);
        using JsonDocument result = JsonDocument.Parse(trained.Out), evaluated = JsonDocument.Parse(_cli.Run("eval", "run", "--json").Out);
        foreach (var key in (string[])["test_accuracy", "max_re_lambda", "stable_fraction", "max_residual", "not_converged", "confusion"])
            Assert.True(JsonElement.DeepEquals(result.RootElement.GetProperty(key), evaluated.RootElement.GetProperty(key)), key);
        Assert.Equal(1, result.RootElement.GetProperty("stable_fraction").GetDouble());
        Assert.True(result.RootElement.GetProperty("max_re_lambda").GetDouble() < 0);
        JsonElement[] certificates = [.. evaluated.RootElement.GetProperty("certificates").EnumerateArray()];
        Assert.Equal([1, 2], certificates.Select(c => c.GetProperty("channel").GetInt32()));
        Assert.All(certificates, c => Assert.True(c.GetProperty("certified").GetBoolean() && c.GetProperty("stored").GetBoolean()));
        var people = _cli.Run("eval", "run");
        Assert.Equal(0, people.Code);
        Assert.Contains("Layer 1, channel 2, certified", people.Out);
        Assert.Contains(name == "conv" ? "pool's formula" : "the rightmost were sought", people.Out);
        Assert.True(new FileInfo(_cli.PathOf("run", "spectrum.svg")).Length > 0);
        Assert.Equal(0, _cli.Run("predict", "run", "--out", _cli.PathOf("said.npz")).Code);
        Assert.Equal(0, _cli.Run("export", "run", "--onnx").Code);
        var file = SafeTensors.Read(_cli.PathOf("run", "model.safetensors"));
        Assert.Equal([2, 1, 3, 3], file["conv1.input_kernel"].Shape);
        Assert.Equal([2, 6, 6], file["conv1.b0"].Shape);
        Assert.Equal([1.0], file["conv1.sigma"].ToConverted<double>());
        using var record = JsonDocument.Parse(_cli.Bytes("run", "run.json"));
        var configuration = record.RootElement.GetProperty("configuration");
        foreach (var key in (string[])["hidden", "recurrence", "excitatory"]) Assert.False(configuration.TryGetProperty(key, out _), key);
        // Whoever changes a kernel makes the certificate another's.
        SafeTensors.Write(_cli.PathOf("run", "model.safetensors"), file.Tensors.Select(t => t.Name != "conv1.input_kernel" ? t
            : SafeTensor.From<float>(t.Name, [2, 1, 3, 3], [.. Enumerable.Range(0, 18).Select(i => i - 8f)])), file.Metadata);
        var changed = _cli.Run("eval", "run");
        Assert.Equal(1, changed.Code);
        Assert.Contains("certificate of layer 1, channel 1", changed.Error);
    }

    string Arrays(string name, params int[] shape)
    {
        const int Count = 40;
        float[] x = [.. Enumerable.Range(0, Count * shape.Aggregate(1, (product, n) => product * n)).Select(i => 0.5f + 0.5f * MathF.Cos(i * i))];
        Npz.Write(_cli.PathOf(name + ".npz"), [new("x_train", NumberArray.Of<float>("x", [Count, .. shape], x)),
            new("y_train", NumberArray.Of<long>("y", [Count], Enumerable.Range(0, Count).Select(i => (long)(i % 2)).ToArray()))]);
        return _cli.PathOf(name + ".npz");
    }

    [Fact]
    public void Arrays_of_rows_and_columns_are_images_of_any_shape()
    {
        var data = Arrays("images", 4, 5);
        var trained = _cli.Run(["train", "static", "--data", data, "--epochs", "1", "--out", _cli.PathOf("run"), .. Neighbours]);
        Assert.Equal((0, "images of 4×5"), (trained.Code, trained.Error.Contains("images of 4×5", StringComparison.Ordinal) ? "images of 4×5" : trained.Error));
        Assert.Equal([2, 4, 5], SafeTensors.Read(_cli.PathOf("run", "model.safetensors"))["conv1.b0"].Shape);
        Assert.Equal(0, _cli.Run("predict", "run", "--data", data, "--out", _cli.PathOf("said.npz")).Code);
    }

    [Fact]
    public void What_is_no_image_and_what_belongs_to_other_models_is_refused_in_a_sentence()
    {
        var refused = _cli.Run("train", "static", "--model", "conv", "--data", Arrays("features", 20), "--out", _cli.PathOf("run"));
        Assert.Equal((2, ""), (refused.Code, refused.Out));
        Assert.Contains("sees images of rows and columns, but", refused.Error);
        foreach (var (model, option) in (ReadOnlySpan<(string[], string[])>)
            [(Conv, ["--hidden", "5"]), (Mlp, ["--kernel", "3"]), (Ssn, ["--pool", "3"]), ([], ["--attention"])])
        {
            var outcome = _cli.Run(Training("run", model, option));
            Assert.Equal((2, ""), (outcome.Code, outcome.Out));
            Assert.StartsWith($"organics: {option[0]} does not belong to --model ", outcome.Error);
        }
    }

    [Theory]
    [MemberData(nameof(Rivals))]
    public void A_divergence_is_repeated(string name, string[] model)
    {
        var outcome = _cli.Run(Training(name, [.. model.Where(word => word != "constant")], "--epochs", "3", "--lr", "1e-3").Select(word => word == "constant"
            ? "step:2:1e36" : word).ToArray());
        Assert.Equal((3, ""), (outcome.Code, outcome.Out));
        var replayed = _cli.Run("replay", name);
        Assert.True(replayed.Code == 0, replayed.Error);
        Assert.Contains("The same again", replayed.Out);
    }
}
