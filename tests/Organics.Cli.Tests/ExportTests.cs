using System.Text.Json;

namespace Organics.Tests;

/// <summary>A run becomes an ONNX file, or a sentence that says why not. What is in the file Organics.Onnx.Tests knows.</summary>
public sealed class ExportTests : IDisposable
{
    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void A_sequence_model_is_written_as_the_library_writes_it()
    {
        var trained = _cli.Run(
            "train", "sequence", "--data", "task:adding,steps=6,train=40,val=10,test=10", "--cell", "gru", "--units", "3", "--epochs", "1", "--out", "run");
        Assert.True(trained.Code == 0, trained.Error);
        var exported = _cli.Run("export", "run", "--onnx");
        Assert.True(exported.Code == 0, exported.Error);
        Assert.Contains(Path.Combine("run", "model.onnx"), exported.Out);
        var model = SequenceModel<float>.Load(_cli.PathOf("run", "model.safetensors"));
        var metadata = new Dictionary<string, string>(model.Options.ToMetadata()) { ["input"] = "numbers in the units of the data" };
        Assert.Equal(OnnxFile.Of(model, metadata), _cli.Bytes("run", "model.onnx"));
    }

    [Fact]
    public void A_static_model_is_written_where_its_fixed_points_have_a_closed_form()
    {
        foreach (var recurrence in (string[])["identity", "learned"])
        {
            var trained = _cli.Run("train", "static", "--data", _cli.Digits, "--hidden", "4", "--recurrence", recurrence, "--epochs", "1", "--out", recurrence);
            Assert.True(trained.Code == 0, trained.Error);
        }
        var exported = _cli.Run("export", "identity", "--onnx", "--out", "deep/digits.onnx", "--json");
        Assert.True(exported.Code == 0, exported.Error);
        using var json = JsonDocument.Parse(exported.Out);
        Assert.Equal("deep/digits.onnx", json.RootElement.GetProperty("out").GetString());
        Assert.Contains("255", json.RootElement.GetProperty("input").GetString());
        Assert.True(_cli.Bytes("deep", "digits.onnx").Length > sizeof(float) * 36 * 360);

        var refused = _cli.Run("export", "learned", "--onnx");
        Assert.Equal((2, ""), (refused.Code, refused.Out));
        Assert.StartsWith("organics: Layer 1 is of circuits with a learned recurrence", refused.Error);
        Assert.False(File.Exists(_cli.PathOf("learned", "model.onnx")));
        (string[], string)[] mistakes =
        [
            (["export", "identity"], "--onnx"), (["export", "identity", "--onnx", "--out", "digits.pb"], "a file .onnx"),
            (["export", "nowhere", "--onnx"], "nowhere"),
        ];
        foreach (var (arguments, sentence) in mistakes)
        {
            var failed = _cli.Run(arguments);
            Assert.NotEqual(0, failed.Code);
            Assert.Contains(sentence, failed.Error);
        }
    }
}
