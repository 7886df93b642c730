using System.Text;
using System.Text.Json.Nodes;

namespace Organics.Tests;

public sealed class RunRecordTests
{
    static readonly DataRecord Data = DataRecord.Of("sample", new(28, 28, TargetKind.Class, PerStep: false, 10) { IsImage = true }, 4500, 500, 1000,
        new Dictionary<string, string> { ["x_train"] = "1", ["y_train"] = "2", ["x_test"] = "3", ["y_test"] = "4" });

    static RunRecord Record(TrainingRun run) => new()
    {
        Configuration = run.For(Data).Resolved(),
        Data = Data,
        Device = "cpu",
    };

    static JsonObject Json(bool sequence) => JsonNode.Parse(Record(sequence ? new SequenceRun() : new StaticRun()).ToJson())!.AsObject();

    static Failure Refused(string json) => Assert.Throws<Failure>(() => RunRecord.Parse("run.json", Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_key_is_missing_is_named(bool sequence)
    {
        Assert.Equal(Json(sequence).ToJsonString(), RunRecord.Parse("run.json", Encoding.UTF8.GetBytes(Json(sequence).ToJsonString())).ToJson());
        var refused = 0;
        foreach (var where in (string[])["", "configuration", "data", "versions"])
        {
            var whole = where.Length == 0 ? Json(sequence) : Json(sequence)[where]!.AsObject();
            foreach (var key in whole.Select(p => p.Key))
            {
                var json = Json(sequence);
                (where.Length == 0 ? json : json[where]!.AsObject()).Remove(key);
                var failure = Refused(json.ToJsonString());
                Assert.Equal(ExitCode.CheckFailed, failure.Code);
                Assert.StartsWith("'run.json' ", failure.Message, StringComparison.Ordinal);
                if (where is "" or "configuration") Assert.Contains(key, failure.Message, StringComparison.Ordinal);
                refused++;
            }
        }
        Assert.InRange(refused, 30, 60);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_keys_of_a_record_have_no_order(bool sequence)
    {
        static JsonNode? Reversed(JsonNode? node) => node is JsonObject of ? new JsonObject(of.Reverse().Select(p => KeyValuePair.Create(p.Key, Reversed(p.Value)))) : node?.DeepClone();
        var reversed = Reversed(Json(sequence))!.ToJsonString();
        Assert.NotEqual(Json(sequence).ToJsonString(), reversed);
        Assert.Equal(Json(sequence).ToJsonString(), RunRecord.Parse("run.json", Encoding.UTF8.GetBytes(reversed)).ToJson());
    }

    [Theory]
    [InlineData("configuration", "hidden", "null")]
    [InlineData("configuration", "hidden", "[0]")]
    [InlineData("configuration", "hidden", "[]")]
    [InlineData("configuration", "model", "\"other\"")]
    [InlineData("configuration", "model", "1")]
    [InlineData("configuration", "schedule", "null")]
    [InlineData("configuration", "schedule", "\"cosine:0\"")]
    [InlineData("configuration", "learning_rate", "\"NaN\"")]
    [InlineData("configuration", "device", "\"\\ud800\"")]
    [InlineData("configuration", "epochs", "1e999")]
    [InlineData("configuration", "extra", "1")]
    [InlineData("data", "steps", "0")]
    [InlineData("data", "channels", "2147483647")]
    [InlineData("data", "outputs", "2000000000")]
    [InlineData("data", "target", "\"other\"")]
    [InlineData("data", "name", "null")]
    public void What_cannot_be_is_one_sentence(string where, string key, string value)
    {
        var json = Json(false);
        json[where]![key] = null;
        var failure = Refused(json.ToJsonString().Replace($"\"{key}\":null", $"\"{key}\":{value}", StringComparison.Ordinal));
        Assert.StartsWith("'run.json' ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Organics.", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"format\":\"organics-run-2\",\"format\":\"organics-run-2\"}")]
    public void What_is_no_record_is_one_sentence(string json) => Assert.StartsWith("'run.json' is ", Refused(json).Message, StringComparison.Ordinal);
}
