using System.Text.Json;

namespace Organics.Tests;

public sealed class TrainSequenceTests : IDisposable
{
    static readonly string[] Quick = ["--dt-tau-max", "y=0.3,a=0.2,b=0.9"];

    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    string[] Training(string folder, params string[] options) => ["train", "sequence", "--data", _cli.Digits, "--batch", "16", "--units", "6", "--out", _cli.PathOf(folder), .. Quick, .. options];

    [Fact]
    public void A_run_leaves_its_files_and_its_json_and_is_evaluated_alike()
    {
        var outcome = _cli.Run(Training("run", "--permuted", "--epochs", "2", "--json"));
        Assert.Equal(0, outcome.Code);
        Assert.Contains("epoch 2/2", outcome.Error);
        var result = JsonDocument.Parse(outcome.Out).RootElement;
        // 3nd + 6n² + 4n, and three classes of six weights and a bias.
        Assert.Equal(3 * 6 + 6 * 36 + 24 + 21, result.GetProperty("parameters").GetInt32());
        Assert.True(result.GetProperty("spectral_radius_wr").GetDouble() > 0);
        Assert.InRange(result.GetProperty("not_converged").GetInt32(), 0, 21);
        foreach (var file in (string[])["loss.svg", "accuracy.svg", "largest-eigenvalue.svg", "spectrum.svg", "time-constants.svg", "trajectory-y.svg", "trajectory-a.svg", "trajectory-b0.svg", "trajectory-b.svg"])
            Assert.True(new FileInfo(_cli.PathOf("run", file)).Length > 0, file);
        var model = SafeTensors.Read(_cli.PathOf("run", "model.safetensors"));
        Assert.Equal(
            ["a0", "b00", "b10", "fc.bias", "fc.weight", "org.Wba0", "org.Wba1", "org.Wbx0", "org.Wbx1", "org.Wby0", "org.Wby1", "org.Wr.weight", "org.Wzx.weight",
                "org.log_Way", "org.param_dt_taua", "org.param_dt_taub0", "org.param_dt_taub1", "org.param_dt_tauy", "org.sigma", "y0"],
            model.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.Equal(("sequence", "y=0.3,a=0.2,b=0.9"), (model.Metadata["model"], model.Metadata["dt_tau_max"]));
        // The file alone is enough to run the circuit.
        var loaded = CircuitModels.Load<float>(_cli.PathOf("run", "model.safetensors"));
        Assert.Equal(new TorchRandom(73).Permutation(36), loaded.Options.Order);
        Assert.Equal(model["y0"].ToArray<float>(), loaded.Initial[0].ToArray());
        Assert.Equal(result.GetProperty("test_accuracy").GetDouble(), Evaluation.Of(loaded, DataCatalog.Load(_cli.Digits, null).Test!, Device.Cpu).Accuracy);
        var rows = MetricsLog.Read(_cli.PathOf("run", "metrics.jsonl"));
        foreach (var metric in (string[])["gradient_norm", "spectral_radius_Wr", "spectral_norm_Wzx", "stability/max_re_lambda", "stability/max_re_lambda_course", "stability/steps_outside", "tau/min", "tau/max"])
            Assert.True(double.IsFinite(rows[^1].Values[metric]), metric);

        var evaluated = JsonDocument.Parse(_cli.Run("eval", "run", "--json").Out).RootElement;
        foreach (var key in (string[])["test_accuracy", "max_re_lambda", "stable_fraction", "max_re_lambda_course", "steps_outside"])
            Assert.Equal(result.GetProperty(key).GetDouble(), evaluated.GetProperty(key).GetDouble());
        Assert.Contains("organics train sequence", _cli.Run("train", "static", "--resume", "run").Error);
        // What the checkpoint says of its stability must follow from its weights.
        Assert.Contains("The checkpoint holds this examination", _cli.Run("eval", "run").Out);
        var path = _cli.PathOf("run", "model.safetensors");
        SafeTensors.Write(path, model.Tensors, new Dictionary<string, string>(model.Metadata) { [SequenceStability.MetadataKey] = model.Metadata[SequenceStability.MetadataKey].Replace("[0,", "[0.5,", StringComparison.Ordinal) });
        var changed = _cli.Run("eval", "run");
        Assert.Equal(1, changed.Code);
        Assert.Contains("does not follow from the weights", changed.Error);
    }

    [Fact]
    public void A_semisaturation_and_fixed_time_constants_are_the_models()
    {
        var trained = _cli.Run(Training("run", "--epochs", "1", "--sigma", "0.5", "--time-constants", "fixed"));
        Assert.True(trained.Code == 0, trained.Error);
        var model = SafeTensors.Read(_cli.PathOf("run", "model.safetensors"));
        Assert.Equal(("0.5", "fixed"), (model.Metadata["sigma"], model.Metadata["time_constants"]));
        Assert.All(model["org.sigma"].ToArray<float>(), sigma => Assert.Equal(0.5f, sigma));
        // What is not trained is no picture of a training.
        Assert.False(File.Exists(_cli.PathOf("run", "time-constants.svg")));
        Assert.Equal(0, _cli.Run("eval", "run").Code);
        var other = _cli.Run("train", "sequence", "--resume", "run", "--sigma", "1", "--epochs", "2");
        Assert.Equal(2, other.Code);
        Assert.StartsWith("organics: --sigma is 1, but the run in 'run' began with 0.5", other.Error, StringComparison.Ordinal);
        // 1 is what runs have that do not say it.
        Assert.Equal(0, _cli.Run(Training("one", "--epochs", "1", "--sigma", "1")).Code);
        Assert.Equal(0, _cli.Run(Training("unsaid", "--epochs", "1")).Code);
        Assert.Equal(_cli.Bytes("one", "model.safetensors"), _cli.Bytes("unsaid", "model.safetensors"));
        Assert.Contains("a number whose square single precision holds", _cli.Run(Training("small", "--sigma", "1e-30")).Error, StringComparison.Ordinal);
        Assert.Contains("--sigma is of circuits, but the cell is lstm",
            _cli.Run("train", "sequence", "--data", _cli.Digits, "--cell", "lstm", "--sigma", "0.5").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_killed_at_random_moments_ends_with_the_same_bytes_on_any_number_of_threads()
    {
        string[] options = ["--epochs", "12", "--checkpoint-seconds", "0.01"];
        Assert.Equal(0, _cli.Run(Training("left-alone", options)).Code);
        var random = new CounterRandom(7);
        var running = _cli.Start(Training("killed", options));
        var kills = 0;
        for (ulong i = 0; i < 5; i++)
        {
            while (!File.Exists(_cli.PathOf("killed", "state.safetensors")) && !running.HasExited) Thread.Sleep(1);
            Thread.Sleep(150 + random.Below(i, 300));
            running.Kill();
            if (running.Wait().Code != 0) kills++;
            running = _cli.Start("train", "sequence", "--resume", "killed", "--threads", $"{1 + i % 3}", "--checkpoint-memory", i % 2 == 0 ? "all" : "sqrt");
        }
        Assert.Equal(0, running.Wait().Code);
        Assert.True(kills >= 2, $"Only {kills} kills came in time.");
        foreach (var file in (string[])["model.safetensors", "state.safetensors"]) Assert.Equal(_cli.Bytes("left-alone", file), _cli.Bytes("killed", file));
    }

    [Fact]
    public void A_divergence_is_repeated_from_its_replay_file()
    {
        var diverged = _cli.Run(Training("run", "--epochs", "40", "--lr", "30", "--schedule", "constant", "--checkpoint-seconds", "0"));
        Assert.Equal((3, ""), (diverged.Code, diverged.Out));
        Assert.Contains("time step", diverged.Error);
        var file = _cli.PathOf("run", "replay.safetensors");
        Assert.Contains($"organics replay {file}", diverged.Error);
        var header = SafeTensors.Read(file).Metadata;
        Assert.True(header["bad_batch"].Split(' ').Length is > 0 and <= 16);

        var again = _cli.Run("replay", file, "--threads", "1");
        Assert.Equal(0, again.Code);
        Assert.Contains(header["diverged"], again.Out);
        Assert.True(File.Exists(file));

        // With other images it cannot be the same.
        _cli.WriteDigits("digits", seed: 5);
        var other = _cli.Run("replay", file);
        Assert.Equal(1, other.Code);
        Assert.Contains("SHA-256", other.Error);
        var state = _cli.Run("replay", _cli.PathOf("run", "state.safetensors"));
        Assert.Equal(2, state.Code);
        Assert.Contains("says nothing of a training that diverged", state.Error);
    }

    [Theory]
    [InlineData("--dt-tau-max", "y=0.1", "y=0.02,a=0.005,b=0.1")]
    [InlineData("--dt-tau-max", "y=2,a=1,b=1", "at most 1")]
    [InlineData("--variant", "papr", "did you mean paper?")]
    [InlineData("--checkpoint-memory", "lots", "all, sqrt or a number of bytes")]
    [InlineData("--units", "0", "a whole number from 1")]
    public void A_value_that_cannot_be_is_refused_with_what_could(string option, string value, string words)
    {
        var outcome = _cli.Run("train", "sequence", option, value);
        Assert.Equal((2, ""), (outcome.Code, outcome.Out));
        Assert.Contains(words, outcome.Error);
    }
}
