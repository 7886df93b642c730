#:property PublishAot=false

// Checks that a file holds one JSON object with some keys and nothing else: dotnet run tools/check-json/check-json.cs -- FILE KEY…

using System.Text.Json;

try
{
    // Parse refuses anything after the first value.
    using var json = JsonDocument.Parse(File.ReadAllText(args[0]));
    var missing = args[1..].Where(key => !json.RootElement.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null).ToArray();
    if (missing.Length == 0) return 0;
    Console.Error.WriteLine($"{args[0]} lacks {string.Join(", ", missing)}.");
}
catch (Exception error) when (error is JsonException or InvalidOperationException)
{
    Console.Error.WriteLine($"{args[0]} is no JSON object: {error.Message}");
}
return 1;
