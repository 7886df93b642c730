using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Organics.Tests;

/// <summary>
/// docs/schemas is what the records say: a JSON schema for each command's --json and for run.json, with the words of their documentation. Where it is not,
/// ORGANICS_SCHEMAS=write makes it so (tools/json-schemas).
/// </summary>
public sealed partial class SchemaTests
{
    static readonly (string File, JsonTypeInfo Type)[] Schemas =
    [
        ("run", RunJson.Line.RunRecord),
        ("train", RunJson.Line.TrainingResult),
        ("eval", RunJson.Line.EvalResult),
        ("predict", RunJson.Line.PredictionResult),
        ("circuit", RunJson.Line.CircuitReport),
        ("simulate", RunJson.Line.SimulationReport),
        ("phase", RunJson.Line.PhaseReport),
        ("sweep", RunJson.Line.CircuitSweepReport),
        ("bifurcate", RunJson.Line.BifurcateReport),
        ("spectrum", RunJson.Line.SpectrumReport),
        ("fit", RunJson.Line.FitReport),
        ("stability-sweep", RunJson.Line.SweepReport),
        ("falsify", RunJson.Line.FalsifyReports),
        ("falsify-global", RunJson.Line.GlobalSearchReports),
        ("reproduce-table", RunJson.Line.TableReport),
        ("reproduce-fig1", RunJson.Line.PortraitsReport),
        ("reproduce-fig4", RunJson.Line.ConvergenceReport),
        ("reproduce-fig5-fig6", RunJson.Line.SpectraReport),
        ("reproduce-fig7", RunJson.Line.ActivityReport),
        ("data-info", RunJson.Line.DataSetsReport),
        ("data-info-name", RunJson.Line.SamplesReport),
        ("devices", RunJson.Line.DeviceList),
    ];

    static readonly Dictionary<string, XElement> Documentation = new[] { typeof(RunRecord).Assembly, typeof(SelfTestResult).Assembly }
        .SelectMany(assembly => XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.xml")).Descendants("member"))
        .ToDictionary(member => member.Attribute("name")!.Value);

    public static TheoryData<string> Files => [.. Schemas.Select(schema => schema.File)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_published_schema_is_what_the_records_say(string file)
    {
        var path = Path.Combine(Folder(), $"{file}.json");
        var schema = Of(file, Schemas.First(each => each.File == file).Type);
        if (Environment.GetEnvironmentVariable("ORGANICS_SCHEMAS") == "write") File.WriteAllText(path, schema);
        Assert.True(File.Exists(path), $"{path} is missing; run tools/json-schemas.");
        Assert.True(File.ReadAllText(path) == schema, $"{path} is not what the records say; run tools/json-schemas and read the difference.");
    }

    [Fact]
    public void No_schema_is_of_nothing()
        => Assert.Equal(Schemas.Select(each => each.File).Order(), Directory.GetFiles(Folder(), "*.json").Select(Path.GetFileNameWithoutExtension).Order());

    [Fact]
    public void What_a_command_writes_has_the_keys_of_its_schema()
    {
        using var cli = new Cli();
        File.WriteAllText(cli.PathOf("c.json"), """{ "z": [0.9, 0.3], "b": 1, "b0": 1, "sigma": 0.1, "tauY": 1, "tauA": 2, "W": [[1, 0.5], [0.5, 1]] }""");
        foreach (var (file, command) in (ReadOnlySpan<(string, string)>)[
            ("circuit", "circuit c.json"), ("simulate", "simulate c.json --stimulus step:at=1,by=1"), ("phase", "phase"), ("devices", "devices"),
            ("sweep", "sweep c.json --vary z.scale=0.5,1,2 --measure y --out t"), ("bifurcate", "bifurcate c.json --vary z[0]=0.1:1"), ("spectrum", "spectrum c.json --points 5"),
            ("fit", "fit c.json --data t/sweep.csv --free sigma --starts 1"),
            ("data-info", "data info --data-dir nothing"), ("data-info-name", "data info sample"), ("reproduce-fig1", "reproduce fig1"),
            ("reproduce-fig4", "reproduce fig4 --trials 5"), ("stability-sweep", "stability sweep --n 2 --trials 5"),
            ("falsify", "falsify --max-n 2 --restarts 1"),
            ("reproduce-table", "reproduce table2")])
        {
            var outcome = cli.Run([.. command.Split(' '), "--json"]);
            Assert.True(outcome.Code is 0 or 1 && outcome.Out.Length > 0, $"{command}: {outcome.Error}");
            Check(JsonNode.Parse(File.ReadAllText(Path.Combine(Folder(), $"{file}.json")))!, JsonNode.Parse(outcome.Out), command);
        }
    }

    // What JSON Schema says of type, required, properties, items and enum.
    static void Check(JsonNode schema, JsonNode? value, string where)
    {
        if (schema["anyOf"] is JsonArray any)
        {
            Assert.True(any.Any(each => Holds(each!, value)), $"{where}: {value} is none of {any}");
            return;
        }
        string[] types = schema["type"] switch { JsonArray several => [.. several.Select(type => (string)type!)], { } one => [(string)one!], null => [] };
        var kind = value?.GetValueKind() switch
        {
            null or JsonValueKind.Null => "null",
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            _ => "boolean",
        };
        Assert.True(types.Length == 0 || types.Contains(kind) || (kind == "number" && types.Contains("integer")),
            $"{where} is {kind}, not {string.Join(" or ", types)}");
        if (schema["enum"] is JsonArray words) Assert.True(words.Any(word => JsonNode.DeepEquals(word, value)), $"{where}: {value}");
        if (value is JsonObject given)
        {
            foreach (var key in schema["required"] as JsonArray ?? []) Assert.True(given.ContainsKey((string)key!), $"{where} lacks {key}");
            if (schema["properties"] is JsonObject properties)
                foreach (var (key, each) in given)
                    Check(properties[key] ?? throw new Xunit.Sdk.XunitException($"{where} has an unknown {key}"), each, $"{where}, {key}");
        }
        if (value is JsonArray list && schema["items"] is { } items)
            foreach (var each in list) Check(items, each, $"{where}[]");
    }

    static bool Holds(JsonNode schema, JsonNode? value)
    {
        try
        {
            Check(schema, value, "");
            return true;
        }
        catch (Xunit.Sdk.XunitException)
        {
            return false;
        }
    }

    static string Folder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!Directory.Exists(Path.Combine(folder!.FullName, "docs", "results"))) folder = folder.Parent;
        return Directory.CreateDirectory(Path.Combine(folder.FullName, "docs", "schemas")).FullName;
    }

    static string Of(string file, JsonTypeInfo type)
    {
        List<string> silent = [];
        var options = new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) =>
            {
                if (node is not JsonObject schema) return node;
                // What is null is not written.
                if (schema["type"] is JsonArray several && several.Count == 2 && several.Any(each => (string)each! == "null") && !context.Path.IsEmpty)
                    schema["type"] = (string)several.First(each => (string)each! != "null")!;
                var words = context.PropertyInfo is { } property ? OfProperty(property)
                    : context.TypeInfo.Kind == JsonTypeInfoKind.Object ? Summary($"T:{context.TypeInfo.Type.FullName}") : null;
                if (words is not null) schema.Insert(0, "description", words);
                else if (context.PropertyInfo is { } undescribed && undescribed.Name != "model")
                    silent.Add($"{undescribed.DeclaringType.Name}.{undescribed.Name}");
                if (schema["required"] is JsonArray required && schema["properties"] is JsonObject properties)
                    foreach (var key in required.ToArray())
                        if (IsOptional(context.TypeInfo, (string)key!)) required.Remove(key);
                return schema;
            },
        };
        var found = (JsonObject)type.GetJsonSchemaAsNode(options);
        Assert.True(silent.Count == 0, $"No words are about {string.Join(", ", silent.Distinct())}; document them.");
        found.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        found.Insert(1, "title", file == "run" ? "run.json" : $"organics {file.Replace("-fig1", " fig1").Replace('-', ' ')}{" --json"}");
        return found.ToJsonString(new() { WriteIndented = true, IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
    }

    static bool IsOptional(JsonTypeInfo type, string key) => type.Properties.FirstOrDefault(each => each.Name == key) is { IsGetNullable: true };

    // In the comment of the property, or of the record whose parameter it is.
    static string? OfProperty(JsonPropertyInfo property)
    {
        if (property.AttributeProvider is not MemberInfo member) return null;
        var type = member.DeclaringType!;
        return Summary($"P:{type.FullName}.{member.Name}")
            ?? Text(Documentation.GetValueOrDefault($"T:{type.FullName}")?.Elements("param")
                .FirstOrDefault(param => (string?)param.Attribute("name") == member.Name));
    }

    static string? Summary(string name)
    {
        var member = Documentation.GetValueOrDefault(name);
        return member?.Element("inheritdoc")?.Attribute("cref") is { } from ? Summary(from.Value) : Text(member?.Element("summary"));
    }

    static string? Text(XElement? words)
    {
        if (words is null) return null;
        foreach (var reference in words.Descendants().Where(each => each.Attribute("cref") is not null || each.Attribute("name") is not null).ToArray())
            reference.ReplaceWith(((string?)reference.Attribute("cref") ?? (string)reference.Attribute("name")!).Split('(')[0].Split('.', ':')[^1]);
        return Blank().Replace(words.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();
}
