using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Organics;

/// <summary>
/// A circuit as JSON: an object with the keys z, b, b0, sigma, tauY, tauA (lists of n numbers, or one number for all n), W and Wr (lists of n rows of n
/// numbers). n is needed only where no list tells it; Wr may be left out for the identity. Any other key is an error, for it may be one of these misspelt: so
/// is a key that is there twice.
/// </summary>
public static class CircuitFile
{
    static readonly string[] Vectors = ["z", "b", "b0", "sigma", "tauY", "tauA"];
    static readonly string[] Keys = ["n", .. Vectors, "W", "Wr"];

    // Some 2,500 pairs with every digit of both matrices; what has no end, such as a device, must not be read to it.
    const int MostBytes = 1 << 28;

    /// <summary>Reads a file, or a pipe to its end.</summary>
    /// <exception cref="InvalidDataException">The file holds no circuit, or more than 2²⁸ bytes: the message names the key and what was expected.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a folder, or may not be read.</exception>
    public static Circuit Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var stream = File.OpenRead(path);
        return BoundedRead.ToEnd(stream, MostBytes) is { } content ? OfUtf8(content, path)
            : throw new InvalidDataException($"{path} has more than the {MostBytes} bytes that a circuit may have; {Shape}.");
    }

    /// <summary>Reads a circuit from text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">What errors call it: a path.</param>
    /// <exception cref="InvalidDataException">The text holds no circuit: the message names the key and what was expected.</exception>
    public static Circuit Parse(string json, string source = "the circuit")
    {
        ArgumentNullException.ThrowIfNull(json);
        // A lone surrogate becomes U+FFFD, which is no part of any key or number.
        return OfUtf8(Encoding.UTF8.GetBytes(json), source);
    }

    internal static Circuit OfUtf8(ReadOnlyMemory<byte> json, string source)
    {
        var content = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
        if (!content.Span.ContainsAnyExcept(" \t\r\n"u8)) throw new InvalidDataException($"{source} is empty; {Shape}.");
        if (!Utf8.IsValid(content.Span)) throw new InvalidDataException($"{source} is not UTF-8 text; {Shape}.");
        try
        {
            using var document = JsonDocument.Parse(content, new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw new InvalidDataException($"{source} holds {Kind(root)}; {Shape}.");
            CheckKeys(root, source);
            var n = Size(root, source);
            // The matrices first: n numbers in place of one cost nothing once the file has n rows.
            var w = Matrix(Value(root, "W", source), n, "W", source);
            var wr = root.TryGetProperty("Wr", out var given) ? Matrix(given, n, "Wr", source) : null;
            double[] Vector(string key) => Elements(Value(root, key, source), n, key, source, scalar: true);
            return new(Vector("z"), Vector("b"), Vector("b0"), Vector("sigma"), Vector("tauY"), Vector("tauA"), w, wr ?? Identity(n));
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{source} is not JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}; {Shape}.", e);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{source}: {e.Message}", e);
        }
    }

    static readonly string Shape = $"a circuit is a JSON object with the keys {string.Join(", ", Vectors)}, W and Wr";

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

    static int Size(JsonElement root, string source)
    {
        if (root.TryGetProperty("n", out var n))
            return n.ValueKind == JsonValueKind.Number && n.TryGetInt32(out var size) && size > 0
                ? size : throw new InvalidDataException($"{source}: n is {Text(n)}; it is the number of neuron pairs, 1 or more.");
        foreach (var key in (string[])[.. Vectors, "W", "Wr"])
            if (root.TryGetProperty(key, out var list) && list.ValueKind == JsonValueKind.Array) return list.GetArrayLength();
        throw new InvalidDataException($"{source}: neither n nor a list says how many neuron pairs there are; give \"n\".");
    }

    static JsonElement Value(JsonElement root, string key, string source)
        => root.TryGetProperty(key, out var value)
            ? value
            : throw new InvalidDataException(
                $"{source} lacks the key \"{key}\"; a circuit has {string.Join(", ", Vectors)} and W, and Wr unless it is the identity.");

    static double[] Matrix(JsonElement rows, int n, string key, string source)
    {
        if (rows.ValueKind == JsonValueKind.Array && rows.GetArrayLength() > 0 && rows[0].ValueKind == JsonValueKind.Number)
            throw new InvalidDataException(
                $"{source}: {key} is a list of {rows.GetArrayLength()} numbers; write it row by row, "
                + $"as [{string.Join(", ", Enumerable.Repeat("[…]", Math.Min(n, 3)))}{(n > 3 ? ", …" : "")}] with {n} numbers in each, row = target.");
        if (rows.ValueKind != JsonValueKind.Array || rows.GetArrayLength() != n)
            throw new InvalidDataException($"{source}: {key} is {Kind(rows)}; it must be a list of {n} rows of {n} numbers, row = target.");
        return [.. rows.EnumerateArray().SelectMany((row, i) => Elements(row, n, $"{key}[{i}]", source, scalar: false))];
    }

    static double[] Elements(JsonElement value, int n, string key, string source, bool scalar)
    {
        if (scalar && value.ValueKind == JsonValueKind.Number) return [.. Enumerable.Repeat(value.GetDouble(), n)];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != n)
            throw new InvalidDataException($"{source}: {key} is {Kind(value)}; it must be a list of {n} numbers{(scalar ? ", or one number for all" : "")}.");
        return [.. value.EnumerateArray().Select((v, i) => v.ValueKind == JsonValueKind.Number ? v.GetDouble()
            : throw new InvalidDataException($"{source}: {key}[{i}] is {Text(v)}; it must be a number."))];
    }

    static double[] Identity(int n)
    {
        var identity = new double[n * n];
        for (var i = 0; i < n; i++) identity[i * (n + 1)] = 1;
        return identity;
    }

    static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => $"a list of {value.GetArrayLength()}",
        JsonValueKind.Object => "an object",
        _ => Text(value),
    };

    static string Text(JsonElement value) => Short(value.GetRawText());

    static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
