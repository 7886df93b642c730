using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Organics;

/// <summary>Where a number stands in a form: <c>gaussian.width</c>, <c>sum[1].gaussian.height</c>, or the last name alone where there is only one of it.</summary>
static class FormPath
{
    /// <summary>The full path of a number that is named in full or by its end.</summary>
    /// <exception cref="ArgumentException">There is none, or several.</exception>
    public static string Find(JsonNode root, string name, string path)
    {
        var all = Numbers(root, "").ToArray();
        var found = all.Where(p => p == name || p.EndsWith("." + name, StringComparison.Ordinal)).ToArray();
        if (found.Contains(name)) return name;
        return found.Length switch
        {
            1 => found[0],
            0 => throw new ArgumentException(
                all.Length == 0 ? $"'{path}' is no number: what stands there is no form; a factor on it is .scale, an element [i]."
                : $"'{path}' is no number of that form; it has {string.Join(", ", all)}, and .scale.", nameof(path)),
            _ => throw new ArgumentException($"'{path}' may be {string.Join(" or ", found)}; write one of them.", nameof(path)),
        };
    }

    public static double Get(JsonNode root, string full) => Parent(root, full, out var name)[name]!.GetValue<double>();

    public static void Set(JsonNode root, string full, double value) => Parent(root, full, out var name)[name] = JsonValue.Create(value);

    static JsonObject Parent(JsonNode root, string full, out string name)
    {
        var steps = full.Split('.');
        name = steps[^1];
        var node = root;
        foreach (var step in steps[..^1])
        {
            var open = step.IndexOf('[', StringComparison.Ordinal);
            node = node[open < 0 ? step : step[..open]]!;
            if (open >= 0) node = node[int.Parse(step[(open + 1)..^1], System.Globalization.CultureInfo.InvariantCulture)]!;
        }
        return node.AsObject();
    }

    static IEnumerable<string> Numbers(JsonNode? node, string prefix) => node switch
    {
        JsonObject members => members.SelectMany(m => m.Value is JsonValue v && v.GetValueKind() == JsonValueKind.Number ? [prefix + m.Key]
            : m.Value is JsonArray list && m.Key == "sum" ? list.SelectMany((each, i) => Numbers(each, $"{prefix}{m.Key}[{i}]."))
            : Numbers(m.Value as JsonObject, $"{prefix}{m.Key}.")),
        _ => [],
    };
}

[JsonSerializable(typeof(double))]
[JsonSerializable(typeof(JsonNode))]
sealed partial class DescriptionJson : JsonSerializerContext;
