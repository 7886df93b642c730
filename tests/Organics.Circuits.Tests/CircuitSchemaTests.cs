using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;

namespace Organics.Tests;

/// <summary>The published schema of circuit files says what the reader reads: both take the project's examples, and both refuse what is misspelt.</summary>
public sealed partial class CircuitSchemaTests
{
    const string Rest = "\"b\": 1, \"b0\": 1, \"sigma\": 1, \"tauY\": 1, \"tauA\": 1";

    static readonly string Root = Find();

    static readonly JsonSchema Schema = JsonSchema.FromFile(Path.Combine(Root, "docs", "circuit.schema.json"));

    static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Organics.sln"))) folder = folder.Parent;
        return folder.FullName;
    }

    static bool IsValid(string json)
        => Schema.Evaluate(JsonNode.Parse(json, documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true })).IsValid;

    [GeneratedRegex(@"<< END\n(\{.*?\})\nEND", RegexOptions.Singleline)]
    private static partial Regex Example { get; }

    [Fact]
    public void The_examples_of_the_pages_are_circuits_to_both()
    {
        var examples = Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").SelectMany(page => Example.Matches(File.ReadAllText(page)).Select(m => m.Groups[1].Value)).ToArray();
        Assert.True(examples.Length >= 3);
        Assert.All(examples, text =>
        {
            _ = CircuitFile.Parse(text);
            Assert.True(IsValid(text), text);
        });
        Assert.True(IsValid(CircuitFile.ToJson(Sample.Draw(1, 3, 1))));
    }

    [Theory]
    [InlineData("""{ "n": 4, "z": 1, REST, "W": { "uniform": 1 }, "Wr": 1 }""")]
    [InlineData("""{ "n": 4, "z": { "gaussian": { "width": 1, "center": 2, "height": 3, "base": 1, "circular": true }, "scale": 2 }, REST, "W": "identity" }""")]
    [InlineData("""{ "n": 4, "z": { "sum": [1, { "bar": { "width": 1 } }, { "linear": { "from": 0, "to": 1 } }] }, REST, "W": { "gaussian": { "width": 1, "peak": 2, "self": false } } }""")]
    [InlineData("""{ "n": 4, "z": { "geometric": { "from": 1, "to": 8 } }, REST, "W": { "sparse": [[0, 1, 2.5]] }, "Wr": { "sum": ["identity", { "goe": { "delta": 1, "seed": 3 } }, { "power-law": { "delta": 0.1 } }] } }""")]
    [InlineData("""{ "map": { "rows": 2, "orientations": 4 }, "z": { "gaussian": { "row": 1, "width": 1, "angle": 45, "tuning": 20 } }, REST, "W": { "gaussian": { "width": 1, "orientation": 30 } } }""")]
    public void Every_form_is_one_to_both(string text)
    {
        text = text.Replace("REST", Rest, StringComparison.Ordinal);
        _ = CircuitFile.Parse(text);
        Assert.True(IsValid(text));
    }

    [Theory]
    [InlineData("""{ "n": 4, "Z": 1, REST, "W": { "uniform": 1 } }""")]
    [InlineData("""{ "n": 0, "z": 1, REST, "W": { "uniform": 1 } }""")]
    [InlineData("""{ "n": 4, "z": true, REST, "W": { "uniform": 1 } }""")]
    [InlineData("""{ "n": 4, "z": { "gauss": { "width": 1 } }, REST, "W": { "uniform": 1 } }""")]
    [InlineData("""{ "n": 4, "z": { "gaussian": { } }, REST, "W": { "uniform": 1 } }""")]
    [InlineData("""{ "n": 4, "z": { "gaussian": { "width": "1" } }, REST, "W": { "uniform": 1 } }""")]
    [InlineData("""{ "n": 4, "z": { "linear": { "from": 1 } }, REST, "W": { "uniform": 1 } }""")]
    [InlineData("""{ "n": 4, "z": 1, REST }""")]
    [InlineData("""{ "n": 4, "z": 1, REST, "W": [1, 2] }""")]
    [InlineData("""{ "n": 4, "z": 1, REST, "W": "one" }""")]
    [InlineData("""{ "n": 4, "z": 1, REST, "W": { "gaussian": { "width": 0 } } }""")]
    [InlineData("""{ "n": 4, "z": 1, REST, "W": { "uniform": 1 }, "Wr": { "goe": { "seed": 1 } } }""")]
    [InlineData("""{ "n": 4, "z": 1, REST, "W": { "sparse": [[0, 1]] } }""")]
    [InlineData("""{ "n": 4, "z": 1, REST, "W": { "gaussian": { "width": 1, "sum": 1, "peak": 1 } } }""")]
    [InlineData("""{ "map": { "rows": 2, "depth": 1 }, "z": 1, REST, "W": { "uniform": 1 } }""")]
    public void What_is_misspelt_is_refused_by_both(string text)
    {
        text = text.Replace("REST", Rest, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => CircuitFile.Parse(text));
        Assert.False(IsValid(text));
    }
}
