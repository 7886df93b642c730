using System.Text.Json;

namespace Organics;

/// <summary>Reads the members of a form, each once, and complains about those that are left.</summary>
sealed class FormReader
{
    readonly Dictionary<string, JsonElement> _members = [];
    readonly string _source, _key, _form;
    readonly List<string> _known = [];

    public FormReader(JsonElement form, string source, string key, string name)
    {
        (_source, _key, _form) = (source, key, name);
        if (form.ValueKind != JsonValueKind.Object) throw Wrong($"is {CircuitFile.Kind(form)}; it must be an object");
        foreach (var member in form.EnumerateObject())
            if (!_members.TryAdd(member.Name, member.Value)) throw Wrong($"has \"{CircuitFile.Short(member.Name)}\" twice; leave one");
    }

    public InvalidDataException Wrong(string what) => new($"{_source}: {_key}.{_form} {what}.");

    public bool Has(string name) => _members.ContainsKey(name);

    public double Number(string name, double? otherwise, string expected = "a number", Func<double, bool>? holds = null)
    {
        _known.Add(name);
        if (!_members.Remove(name, out var given)) return otherwise ?? throw Wrong($"lacks \"{name}\", {expected}");
        var value = given.ValueKind == JsonValueKind.Number ? given.GetDouble() : double.NaN;
        return double.IsFinite(value) && (holds is null || holds(value)) ? value
            : throw Wrong($"has \"{name}\": {CircuitFile.Text(given)}; {expected} is expected");
    }

    public double Positive(string name, double? otherwise) => Number(name, otherwise, "a number above 0", x => x > 0);

    public bool Flag(string name, bool otherwise)
    {
        _known.Add(name);
        if (!_members.Remove(name, out var given)) return otherwise;
        return given.ValueKind is JsonValueKind.True or JsonValueKind.False ? given.GetBoolean()
            : throw Wrong($"has \"{name}\": {CircuitFile.Text(given)}; true or false is expected");
    }

    /// <summary>Nothing that is not known may be left: it may be a known name misspelt.</summary>
    public void End()
    {
        foreach (var name in _members.Keys)
            throw Wrong($"has \"{CircuitFile.Short(name)}\"; "
                + (Suggestion.Nearest(name, _known) is { } meant ? $"write \"{meant}\" if that is meant" : $"it knows {string.Join(", ", _known)}"));
    }

    /// <summary>The one form of an object, and the factor "scale" beside it.</summary>
    public static (string Name, JsonElement Form, double Scale) Only(JsonElement given, string[] known, string source, string key, string example)
    {
        (string Name, JsonElement Form)? found = null;
        var scale = double.NaN;
        foreach (var member in given.EnumerateObject())
        {
            if (member.Name == "scale")
                scale = !double.IsNaN(scale) ? throw new InvalidDataException($"{source}: {key} has \"scale\" twice; leave one.")
                    : member.Value.ValueKind == JsonValueKind.Number ? member.Value.GetDouble()
                    : throw new InvalidDataException($"{source}: {key}.scale is {CircuitFile.Text(member.Value)}; it must be a number.");
            else if (!known.Contains(member.Name))
                throw new InvalidDataException(
                    $"{source}: {key} has a form \"{CircuitFile.Short(member.Name)}\"; "
                    + (Suggestion.Nearest(member.Name, known) is { } meant ? $"write \"{meant}\" if that is meant."
                        : $"the forms are {string.Join(", ", known)}."));
            else if (found is not null) throw new InvalidDataException($"{source}: {key} has several forms; write {{\"sum\": [{{…}}, {{…}}]}} to add them.");
            else found = (member.Name, member.Value);
        }
        return found is { } form ? (form.Name, form.Form, double.IsNaN(scale) ? 1 : scale)
            : throw new InvalidDataException($"{source}: {key} is an object without a form; write one, as {example}.");
    }
}
