using System.Text.Json;

namespace Organics.Contract;

/// <summary>The golden vectors of tests/Goldens, and the comparison with them.</summary>
public static class Golden
{
    public static IReadOnlyList<JsonElement> Cases(string file, string? kind = null)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "tests", "Goldens"))) folder = folder.Parent;
        Assert.NotNull(folder);
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.FullName, "tests", "Goldens", file)));
        var cases = document.RootElement.GetProperty("cases");
        return [.. (kind is null ? cases : cases.GetProperty(kind)).EnumerateArray().Select(c => c.Clone())];
    }

    public static double[] Numbers(this JsonElement element, string name) => [.. Flatten(element.GetProperty(name))];

    /// <summary>A golden circuit as a circuit file: without the results that stand beside its parameters.</summary>
    public static string CircuitJson(JsonElement golden)
        => $"{{{string.Join(", ", golden.EnumerateObject().Where(p => p.Name is "n" or "z" or "b" or "b0" or "sigma" or "tauY" or "tauA" or "W" or "Wr").Select(p => $"\"{p.Name}\": {p.Value.GetRawText()}"))}}}";

    static IEnumerable<double> Flatten(JsonElement value)
        => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany(Flatten) : [value.GetDouble()];

    /// <summary>Each element is as expected, within a tolerance relative to the largest.</summary>
    public static void Close(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = 0;
        foreach (var v in expected) scale = Math.Max(scale, Math.Abs(v));
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * scale, $"{what}[{i}]: expected {expected[i]}, got {actual[i]}");
    }
}
