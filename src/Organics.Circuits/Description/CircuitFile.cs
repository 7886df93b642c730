using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Organics;

/// <summary>
/// A circuit as JSON: an object with the keys z, b, b0, sigma, tauY, tauA (lists of n numbers, one number for all n, or a form), W and Wr (lists of n rows of n
/// numbers, or a form; <see cref="CircuitDescription"/>). n is needed only where neither a list nor a map tells it; Wr may be left out for the identity. Any
/// other key is an error, for it may be one of these misspelt: so is a key that is there twice.
/// </summary>
public static class CircuitFile
{
    static readonly string[] Keys = ["n", .. CircuitDescription.Vectors, .. CircuitDescription.Matrices, "map", "$schema"];

    // Some 2,500 pairs with every digit of both matrices; what has no end, such as a device, must not be read to it.
    internal const int MostBytes = 1 << 28;

    internal static readonly JsonDocumentOptions Reading = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Reads a file, or a pipe to its end.</summary>
    /// <exception cref="InvalidDataException">The file holds no circuit, or more than 2²⁸ bytes: the message names the key and what was expected.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a folder, or may not be read.</exception>
    public static Circuit Read(string path) => CircuitDescription.Read(path).Build();

    /// <summary>Reads a circuit from text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">What errors call it: a path.</param>
    /// <exception cref="InvalidDataException">The text holds no circuit: the message names the key and what was expected.</exception>
    public static Circuit Parse(string json, string source = "the circuit") => Describe(json, source).Build();

    /// <summary>Reads a description from text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">What errors call it: a path.</param>
    /// <exception cref="InvalidDataException">The text describes no circuit: the message names the key and what was expected.</exception>
    public static CircuitDescription Describe(string json, string source = "the circuit")
    {
        ArgumentNullException.ThrowIfNull(json);
        // A lone surrogate becomes U+FFFD, which is no part of any key or number.
        return CircuitDescription.OfUtf8(Encoding.UTF8.GetBytes(json), source, new(source, null, null));
    }

    internal static Circuit OfUtf8(ReadOnlyMemory<byte> json, string source) => CircuitDescription.OfUtf8(json, source, new(source, null, null)).Build();

    /// <summary>The object that a file holds, with no key that is unknown or there twice.</summary>
    internal static JsonElement Root(ReadOnlyMemory<byte> json, string source)
    {
        var content = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
        if (!content.Span.ContainsAnyExcept(" \t\r\n"u8)) throw new InvalidDataException($"{source} is empty; {Shape}.");
        if (!Utf8.IsValid(content.Span)) throw new InvalidDataException($"{source} is not UTF-8 text; {Shape}.");
        try
        {
            using var document = JsonDocument.Parse(content, Reading);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw new InvalidDataException($"{source} holds {Kind(root)}; {Shape}.");
            CheckKeys(root, source);
            return Plain(root);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{source} is not JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}; {Shape}.", e);
        }
    }

    /// <summary>The same without comments and trailing commas, which belong to a file and not to what it says; on its own memory.</summary>
    internal static JsonElement Plain(JsonElement root)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) root.WriteTo(writer);
        using var document = JsonDocument.Parse(stream.ToArray());
        return document.RootElement.Clone();
    }

    internal static readonly string Shape = $"a circuit is a JSON object with the keys {string.Join(", ", CircuitDescription.Vectors)}, W and Wr";

    // A key that is not known may be meant for one that is, and the circuit without it would be another one.
    static void CheckKeys(JsonElement root, string source)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
        {
            var name = NameOf(property, source);
            if (!Keys.Contains(name))
            {
                var remedy = Suggestion.Nearest(name, Keys) is { } meant
                    ? $"write \"{meant}\" if that is meant, or remove it" : $"remove it, for the keys are {string.Join(", ", Keys)}";
                throw new InvalidDataException($"{source} has a key \"{Short(name)}\" that no circuit has; {remedy}.");
            }
            if (!seen.Add(name)) throw new InvalidDataException($"{source} has the key \"{name}\" twice; leave one.");
        }
    }

    static string NameOf(JsonProperty property, string source)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{source} has a key that is no Unicode text; remove it, for the keys are {string.Join(", ", Keys)}.", e);
        }
    }

    /// <summary>A circuit as text that <see cref="Parse"/> reads back exactly, one key a line.</summary>
    public static string ToJson(Circuit circuit)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        var n = circuit.N;
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new() { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("n", n);
            Write(writer, "z", circuit.Z);
            Write(writer, "b", circuit.B);
            Write(writer, "b0", circuit.B0);
            Write(writer, "sigma", circuit.Sigma);
            Write(writer, "tauY", circuit.TauY);
            Write(writer, "tauA", circuit.TauA);
            Rows(writer, "W", circuit.W, n);
            Rows(writer, "Wr", circuit.Wr, n);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>Writes a file that <see cref="Read"/> reads back exactly.</summary>
    public static void Write(Circuit circuit, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        File.WriteAllText(path, ToJson(circuit));
    }

    // A list on one line.
    static void Write(Utf8JsonWriter writer, string key, ReadOnlySpan<double> values)
    {
        writer.WritePropertyName(key);
        writer.WriteRawValue(List(values));
    }

    static void Rows(Utf8JsonWriter writer, string key, ReadOnlySpan<double> matrix, int n)
    {
        writer.WriteStartArray(key);
        for (var i = 0; i < n; i++) writer.WriteRawValue(List(matrix.Slice(i * n, n)));
        writer.WriteEndArray();
    }

    static string List(ReadOnlySpan<double> values)
        => "[" + string.Join(", ", values.ToArray().Select(v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture))) + "]";

    internal static int Size(JsonElement root, string source)
    {
        if (root.TryGetProperty("n", out var n))
            return n.ValueKind == JsonValueKind.Number && n.TryGetInt32(out var size) && size > 0
                ? size : throw new InvalidDataException($"{source}: n is {Text(n)}; it is the number of neuron pairs, 1 or more.");
        foreach (var key in (string[])[.. CircuitDescription.Vectors, .. CircuitDescription.Matrices])
            if (root.TryGetProperty(key, out var list) && list.ValueKind == JsonValueKind.Array) return list.GetArrayLength();
        throw new InvalidDataException($"{source}: neither n nor a list says how many neuron pairs there are; give \"n\".");
    }

    internal static double[] Matrix(JsonElement rows, int n, string key, string source)
    {
        if (rows.ValueKind == JsonValueKind.Array && rows.GetArrayLength() > 0 && rows[0].ValueKind == JsonValueKind.Number)
            throw new InvalidDataException(
                $"{source}: {key} is a list of {rows.GetArrayLength()} numbers; write it row by row, "
                + $"as [{string.Join(", ", Enumerable.Repeat("[…]", Math.Min(n, 3)))}{(n > 3 ? ", …" : "")}] with {n} numbers in each, row = target.");
        if (rows.ValueKind != JsonValueKind.Array || rows.GetArrayLength() != n)
            throw new InvalidDataException($"{source}: {key} is {Kind(rows)}; it must be a list of {n} rows of {n} numbers, row = target.");
        var i = 0;
        List<double> elements = [];
        foreach (var row in rows.EnumerateArray()) elements.AddRange(Elements(row, n, $"{key}[{i++}]", source, scalar: false));
        return [.. elements];
    }

    internal static double[] Elements(JsonElement value, int n, string key, string source, bool scalar)
    {
        if (scalar && value.ValueKind == JsonValueKind.Number) return [.. Enumerable.Repeat(value.GetDouble(), n)];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != n)
            throw new InvalidDataException($"{source}: {key} is {Kind(value)}; it must be a list of {n} numbers{(scalar ? ", or one number for all" : "")}.");
        return [.. value.EnumerateArray().Select((v, i) => v.ValueKind == JsonValueKind.Number ? v.GetDouble()
            : throw new InvalidDataException($"{source}: {key}[{i}] is {Text(v)}; it must be a number."))];
    }

    internal static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => $"a list of {value.GetArrayLength()}",
        JsonValueKind.Object => "an object",
        _ => Text(value),
    };

    internal static string Text(JsonElement value) => Short(value.GetRawText());

    internal static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
