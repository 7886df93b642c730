using System.Text.Json;

namespace Organics.Tests;

public sealed class UsageTests : IClassFixture<UsageTests.Fixture>
{
    readonly Cli _cli;

    public UsageTests(Fixture fixture) => _cli = fixture.Cli;

    [Theory]
    [InlineData("")]
    [InlineData("train")]
    [InlineData("train static")]
    [InlineData("eval")]
    [InlineData("data")]
    [InlineData("data get")]
    [InlineData("data info")]
    [InlineData("devices")]
    public void Help_and_version_are_everywhere(string command)
    {
        var help = _cli.Run([.. Words(command), "--help"]);
        Assert.Equal((0, ""), (help.Code, help.Error));
        Assert.Contains("--version", help.Out);
        var version = _cli.Run([.. Words(command), "--version"]);
        Assert.Equal((0, ""), (version.Code, version.Error));
        Assert.Matches(@"^\d+\.\d+\.\d+", version.Out);
    }

    [Theory]
    [InlineData("", "train, eval, predict, report, export, replay, circuit, simulate, phase, sweep, merge, bifurcate, spectrum, fit, "
        + "stability, falsify, reproduce, data, devices")]
    [InlineData("trian static", "did you mean train?")]
    [InlineData("train statc", "did you mean static?")]
    [InlineData("train static --epoch 3", "did you mean --epochs?")]
    [InlineData("devices --jsno", "did you mean --json?")]
    [InlineData("eval somewhere --presicion float", "did you mean --precision?")]
    [InlineData("train static --frobnicate", "train static --help")]
    [InlineData("train static extra", "'extra'")]
    [InlineData("train static --epochs", "'--epochs'")]
    [InlineData("train static --epochs 1 --epochs 2", "'--epochs'")]
    [InlineData("train static --epochs 0", "--epochs is '0'")]
    [InlineData("train static --hidden 50x", "--hidden is '50x'")]
    [InlineData("train static --hidden 50,,60", "--hidden")]
    [InlineData("train static --recurrence learnt", "did you mean learned?")]
    [InlineData("train static --model snn", "did you mean ssn?")]
    [InlineData("train static --model mlp --sigma 2", "--sigma does not belong to --model mlp")]
    [InlineData("train static --model ssn --hidden 20", "--hidden does not belong to --model ssn")]
    [InlineData("train static --excitatory 20", "--excitatory does not belong to --model organics")]
    [InlineData("train static --model mlp --growth", "--growth does not belong to --model mlp")]
    [InlineData("train static --model ssn --growth steps", "--growth is 'steps'")]
    [InlineData("train static --model ssn --inhibitory 0", "--inhibitory is '0'")]
    [InlineData("train static --batch 1.5", "--batch is '1.5'")]
    [InlineData("train static --lr -1", "--lr is '-1'")]
    [InlineData("train static --lr NaN", "--lr is 'NaN'")]
    [InlineData("train static --schedule step:0:2", "step:SIZE:FACTOR")]
    [InlineData("train static --weight-decay -1e-5", "--weight-decay")]
    [InlineData("train static --sigma 0", "--sigma is '0'")]
    [InlineData("train static --seed -1", "--seed is '-1'")]
    [InlineData("train static --precision half", "float or double")]
    [InlineData("train static --threads 0", "--threads is '0'")]
    [InlineData("train static --device gpu", "auto|cpu|cuda[:N]|opencl[:N]|ilgpu-cpu|reference")]
    [InlineData("train static --device cudda", "did you mean cuda?")]
    [InlineData("train static --device cuda:x", "auto|cpu|cuda[:N]")]
    [InlineData("train static --device cuda:97", "no GPU called cuda:97")]
    [InlineData("devices --device opencl:97", "but there are only cpu, reference")]
    [InlineData("devices --device auto", "but there are only cpu, reference")]
    [InlineData("devices --device cudda", "did you mean cuda?")]
    [InlineData("simulate c.json --device cudda", "did you mean cuda?")]
    [InlineData("train static --data mnits", "did you mean mnist?")]
    [InlineData("train static --data mnist", "organics data get mnist")]
    [InlineData("train static --resume nowhere", "run.json")]
    [InlineData("eval", "eval --help")]
    [InlineData("eval nowhere", "run.json")]
    [InlineData("data get mnsit", "did you mean mnist?")]
    public void What_cannot_be_meant_is_one_sentence_and_code_2(string command, string expected)
    {
        var outcome = _cli.Run(Words(command));
        Assert.Equal((2, ""), (outcome.Code, outcome.Out));
        Assert.Contains(expected, outcome.Error);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(_cli.PathOf("runs")), "Nothing may be written.");
    }

    [Theory]
    [InlineData("--out")]
    [InlineData("--resume")]
    public void An_empty_folder_name_is_refused_before_anything_is_written(string option)
    {
        var outcome = _cli.Run("train", "static", option, "");
        Assert.Equal((2, ""), (outcome.Code, outcome.Out));
        Assert.Contains($"{option} is empty", outcome.Error);
        Assert.False(File.Exists(_cli.PathOf("run.json")));
    }

    [Fact]
    public void A_run_folder_that_cannot_be_made_is_named()
    {
        var file = _cli.PathOf("file");
        File.WriteAllText(file, "");
        var outcome = _cli.Train(Path.Combine("file", "run"));
        Assert.Equal((2, ""), (outcome.Code, outcome.Out));
        Assert.Contains(Path.Combine(file, "run"), outcome.Error);
        Assert.Contains("--out", outcome.Error);
    }

    [Fact]
    public void A_folder_without_the_four_files_is_refused_and_a_torn_file_too()
    {
        var folder = _cli.WriteDigits("torn", seed: 3);
        File.Delete(Path.Combine(folder, "t10k-labels-idx1-ubyte"));
        var missing = _cli.Train("from-missing", "--data", folder);
        Assert.Equal(2, missing.Code);
        Assert.Contains("t10k-labels-idx1-ubyte", missing.Error);

        folder = _cli.WriteDigits("torn", seed: 3);
        using (var images = File.OpenWrite(Path.Combine(folder, "train-images-idx3-ubyte"))) images.SetLength(1000);
        var torn = _cli.Train("from-torn", "--data", folder);
        Assert.Equal(1, torn.Code);
        Assert.Contains("train-images-idx3-ubyte", torn.Error);
        Assert.False(Directory.Exists(_cli.PathOf("from-torn")));
    }

    [Fact]
    public void Data_info_tells_what_is_not_here_from_what_is_not_the_published_set()
    {
        var absent = _cli.Run("data", "info", "--data-dir", _cli.PathOf("nothing"));
        Assert.Equal(0, absent.Code);
        Assert.Contains("organics data get mnist", absent.Out);

        _cli.WriteDigits(Path.Combine("cache", "mnist"), seed: 4);
        var wrong = _cli.Run("data", "info");
        Assert.Equal(1, wrong.Code);
        Assert.Contains("SHA-256", wrong.Out);
        var training = _cli.Run("train", "static", "--data", "mnist", "--data-dir", _cli.PathOf("cache"));
        Assert.Equal(1, training.Code);
        Assert.Contains("SHA-256", training.Error);
        Directory.Delete(_cli.PathOf("cache"), recursive: true);
    }

    [Fact]
    public void Devices_are_listed_for_people_and_for_programs()
    {
        Assert.Contains("reference", _cli.Run("devices").Out);
        using var json = JsonDocument.Parse(_cli.Run("devices", "--json").Out);
        var names = json.RootElement.GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("name").GetString());
        Assert.Equal(["cpu", "reference"], names.Take(2));
        // What lies between depends on the machine.
        Assert.Equal("ilgpu-cpu", names.Last());
    }

    [Fact]
    public void Where_no_code_can_be_made_there_is_no_GPU_and_a_sentence_says_why()
    {
        using var cli = new Cli { MakesCode = false };
        var listed = cli.Run("devices");
        Assert.Equal(0, listed.Code);
        Assert.Contains("PublishAot=false", listed.Error);
        Assert.DoesNotContain("ilgpu-cpu", listed.Out);
        var trained = cli.Train("run", "--device", "auto");
        Assert.Equal(0, trained.Code);
        Assert.Contains("Device: cpu", trained.Error);
        var asked = cli.Train("other", "--device", "ilgpu-cpu");
        Assert.Equal(2, asked.Code);
        Assert.Contains("PublishTrimmed=false, or use --device cpu.", asked.Error);
    }

    [Fact]
    public void A_device_is_tested_against_the_reference()
    {
        var tested = _cli.Run("devices", "--selftest", "--device", "cpu");
        Assert.Equal(0, tested.Code);
        Assert.Contains(" passed, 0 failed.", tested.Out);
        using var json = JsonDocument.Parse(_cli.Run("devices", "--selftest", "--device", "cpu", "--json").Out);
        var results = json.RootElement.GetProperty("devices")[0].GetProperty("selftest").EnumerateArray().ToArray();
        Assert.Contains(results, r => r.GetProperty("op").GetString() == "SteadyState" && r.GetProperty("precision").GetString() == "double");
        Assert.All(results, r => Assert.True(r.GetProperty("error").GetDouble() <= r.GetProperty("tolerance").GetDouble()));
    }

    [Fact]
    public void A_certificate_and_its_verdict_hold_whatever_device_evaluates_the_run()
    {
        var trained = _cli.Train("certified", "--hidden", "30", "--json");
        var evaluated = _cli.Run("eval", _cli.PathOf("certified"), "--device", "reference", "--json");
        Assert.True(trained.Code == evaluated.Code, evaluated.Error);
        using JsonDocument before = JsonDocument.Parse(trained.Out), after = JsonDocument.Parse(evaluated.Out);
        Assert.Equal(before.RootElement.GetProperty("max_re_lambda").GetDouble(), after.RootElement.GetProperty("max_re_lambda").GetDouble());
    }

    [Fact]
    public void A_training_runs_on_the_emulation_of_a_GPU_and_goes_on_on_the_processor()
    {
        var folder = _cli.PathOf("emulated");
        string[] small = ["--units", "4", "--data", _cli.WriteDigits("emulated-digits", 3), "--json"];
        var trained = _cli.Run([.. (string[])["train", "sequence", "--epochs", "1", "--device", "ilgpu-cpu", "--out", folder], .. small]);
        Assert.True(trained.Code == 0, trained.Error);
        Assert.Contains("on gpu (CPU", trained.Error);
        var resumed = _cli.Run("train", "sequence", "--resume", folder, "--epochs", "2", "--device", "cpu", "--json");
        Assert.True(resumed.Code == 0, resumed.Error);
        Assert.Contains("on cpu (", resumed.Error);
    }

    static string[] Words(string command) => command.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public sealed class Fixture : IDisposable
    {
        internal Cli Cli { get; } = new();

        public void Dispose() => Cli.Dispose();
    }
}
