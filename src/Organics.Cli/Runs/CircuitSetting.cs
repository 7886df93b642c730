using System.CommandLine;
using System.Globalization;

namespace Organics;

/// <summary><c>--set PATH=X</c>: parameters of a circuit that have other values than in its file.</summary>
static class CircuitSetting
{
    public const string Name = "--set";

    public static Option<string[]> Option() => new(Name)
    {
        Description = "A parameter that has another value than in the file, once or more: a number, or what would stand in the file.",
        HelpName = "PATH=X",
    };

    /// <summary>What the command line sets.</summary>
    public static (string Path, string Value)[] Of(ParseResult given)
        => [.. (given.GetValue<string[]>(Name) ?? []).Select(set => Assignment.Cut(set) is { Value.Length: > 0 } cut ? cut
            : throw Failure.Usage($"{Name} is '{set}', but PATH=X is expected, as in sigma=0.2."))];

    /// <summary>The circuit with these values; none of them may be what varies.</summary>
    public static CircuitDescription Apply(CircuitDescription circuit, (string Path, string Value)[] settings, IEnumerable<string> varied)
    {
        foreach (var (path, text) in settings)
        {
            foreach (var other in varied) CircuitInput.Of(() => CheckApart(path, other));
            circuit = CircuitInput.Of(() => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
                ? circuit.With(path, value) : circuit.With(path, json: text));
        }
        return circuit;
    }

    // A form that is given anew may have its numbers varied.
    static bool CheckApart(string set, string varied)
    {
        if (set.AsSpan().ContainsAny('.', '[') || !varied.AsSpan().ContainsAny('.', '[')) CircuitDescription.CheckApart(set, varied);
        return true;
    }
}
