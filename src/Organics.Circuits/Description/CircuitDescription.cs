using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Organics;

/// <summary>
/// What a circuit file says, before it is a circuit: each parameter as a number, a list, the name of a file, or a form such as
/// <c>{"gaussian": {"width": 3}}</c>, any number of which may be set to another value. A sweep, a branch or a fit varies a description.
/// </summary>
/// <remarks>
/// Parameters are named by paths: <c>sigma</c> is one number for all units (of Wr: Wr = s·I), <c>z[3]</c> or <c>W[0][1]</c> an element, <c>z.scale</c> a factor
/// on what the file says, <c>z.norm</c> the Euclidean norm to which it is scaled, and <c>W.width</c>, in full <c>W.gaussian.width</c>, a number of a form.
/// Immutable, safe from several threads.
/// </remarks>
public sealed class CircuitDescription
{
    internal static readonly string[] Vectors = ["z", "b", "b0", "sigma", "tauY", "tauA"], Matrices = ["W", "Wr"];

    readonly Dictionary<string, CircuitParameter> _parameters;

    CircuitDescription(string source, int n, Dictionary<string, CircuitParameter> parameters) => (Source, N, _parameters) = (source, n, parameters);

    /// <summary>What errors call it: a path.</summary>
    public string Source { get; }

    /// <summary>Number of neuron pairs.</summary>
    public int N { get; }

    /// <summary>Reads a file, or a pipe to its end. Files that it names lie beside it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="arrays">Reads the shape and the numbers, row by row, of a file that is not CSV; null where there is none but CSV.</param>
    /// <exception cref="InvalidDataException">The file describes no circuit: the message names the key and what was expected.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a folder, or may not be read.</exception>
    public static CircuitDescription Read(string path, Func<string, (IReadOnlyList<int> Shape, double[] Numbers)>? arrays = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var stream = File.OpenRead(path);
        return Read(stream, path, Path.GetDirectoryName(Path.GetFullPath(path)), arrays);
    }

    /// <summary>Reads a description from a stream to its end.</summary>
    /// <param name="stream">A file, a pipe, or the standard input.</param>
    /// <param name="source">What errors call it.</param>
    /// <param name="folder">Where the files lie that it names; null where it may name none.</param>
    /// <param name="arrays">As in <see cref="Read(string, Func{string, ValueTuple{IReadOnlyList{int}, double[]}})"/>.</param>
    /// <exception cref="InvalidDataException">It describes no circuit: the message names the key and what was expected.</exception>
    public static CircuitDescription Read(
        Stream stream, string source, string? folder = null, Func<string, (IReadOnlyList<int> Shape, double[] Numbers)>? arrays = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return BoundedRead.ToEnd(stream, CircuitFile.MostBytes) is { } content ? OfUtf8(content, source, new(source, folder, arrays))
            : throw new InvalidDataException($"{source} has more than the {CircuitFile.MostBytes} bytes that a circuit may have; {CircuitFile.Shape}.");
    }

    /// <summary>A description of which every number is given, for a circuit that is there.</summary>
    public static CircuitDescription Of(Circuit circuit) => CircuitFile.Describe(CircuitFile.ToJson(circuit), "the circuit");

    internal static CircuitDescription OfUtf8(ReadOnlyMemory<byte> json, string source, ParameterFiles files)
    {
        var root = CircuitFile.Root(json, source);
        var map = UnitMap.Of(root, source);
        var n = map?.Count ?? CircuitFile.Size(root, source);
        Dictionary<string, CircuitParameter> parameters = [];
        // The matrices first: n numbers in place of one cost nothing once the file has n rows.
        foreach (var key in (string[])["W", "Wr", .. Vectors])
            if (root.TryGetProperty(key, out var given)) parameters[key] = new(key, n, given, map, files);
            else if (key != "Wr")
                throw new InvalidDataException(
                    $"{source} lacks the key \"{key}\"; a circuit has {string.Join(", ", Vectors)} and W, and Wr unless it is the identity.");
            else parameters[key] = new(key, n, CircuitParameter.Number(1), map, files);
        return new(source, n, parameters);
    }

    /// <summary>The circuit. What depends on no parameter that was set is computed once.</summary>
    /// <exception cref="InvalidDataException">Its numbers are those of no circuit: the message names the element and what was expected.</exception>
    public Circuit Build()
    {
        try
        {
            var (w, wr) = (_parameters["W"].Values, _parameters["Wr"].Values);
            double[] Vector(string key) => _parameters[key].Values;
            return new(Vector("z"), Vector("b"), Vector("b0"), Vector("sigma"), Vector("tauY"), Vector("tauA"), w, wr);
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"{Source}: {error.Message}", error);
        }
    }

    /// <summary>The same description with one parameter at a value.</summary>
    /// <param name="path">Which, as in <see cref="CircuitDescription"/>'s remarks.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="ArgumentException">There is no such parameter, or it is no number.</exception>
    public CircuitDescription With(string path, double value)
    {
        var (parameter, within) = Find(path);
        if (!double.IsFinite(value)) throw new ArgumentException($"{path} was to be {value}; give a finite number.", nameof(value));
        return new(Source, N, new(_parameters) { [parameter.Key] = parameter.With(path, within, value) });
    }

    /// <summary>The same description with a parameter written anew, as it would stand in a file.</summary>
    /// <param name="key">z, b, b0, sigma, tauY, tauA, W or Wr.</param>
    /// <param name="json">A number, a list, or a form.</param>
    /// <exception cref="ArgumentException">There is no such parameter, or the text is not JSON.</exception>
    /// <exception cref="InvalidDataException">It says no such parameter.</exception>
    public CircuitDescription With(string key, string json)
    {
        var (parameter, within) = Find(key);
        if (within.Length > 0)
            throw new ArgumentException($"'{key}' is no parameter as a whole; they are {string.Join(", ", [.. Vectors, .. Matrices])}.", nameof(key));
        try
        {
            using var document = JsonDocument.Parse(json, CircuitFile.Reading);
            return new(Source, N, new(_parameters) { [key] = parameter.With(CircuitFile.Plain(document.RootElement)) });
        }
        catch (JsonException error)
        {
            throw new ArgumentException($"'{json}' is not JSON; write {key} as in a circuit file.", nameof(json), error);
        }
    }

    /// <summary>What a parameter is now.</summary>
    /// <param name="path">Which, as in <see cref="CircuitDescription"/>'s remarks.</param>
    /// <exception cref="ArgumentException">There is no such parameter, or it is no number, as where a list holds several.</exception>
    public double Value(string path)
    {
        var (parameter, within) = Find(path);
        return parameter.Value(path, within);
    }

    /// <summary>Throws where one of two paths sets what the other sets, so that both cannot have values of their own: of one parameter only elements, or
    /// numbers of a form, differ from one another.</summary>
    /// <param name="path">One.</param>
    /// <param name="other">The other.</param>
    /// <exception cref="ArgumentException">They meet.</exception>
    public static void CheckApart(string path, string other)
    {
        var (key, within) = Split(path);
        var (otherKey, otherWithin) = Split(other);
        if (key != otherKey) return;
        var areElements = within.StartsWith('[') && otherWithin.StartsWith('[');
        var areOfForm = IsOfForm(within) && IsOfForm(otherWithin);
        // A factor on all goes with a number of the form below it; elements are set after either.
        var areApart = (areElements || areOfForm || (IsFactor(within) && IsOfForm(otherWithin)) || (IsOfForm(within) && IsFactor(otherWithin)))
            && within != otherWithin;
        if (!areApart) throw new ArgumentException($"'{path}' and '{other}' set the same numbers; vary or set one of them.", nameof(other));

        static bool IsFactor(string within) => within is ".scale" or ".norm";

        static bool IsOfForm(string within) => within.StartsWith('.') && !IsFactor(within);
    }

    static (string Key, string Within) Split(string path)
    {
        var end = path.AsSpan().IndexOfAny('.', '[');
        return end < 0 ? (path, "") : (path[..end], path[end..]);
    }

    /// <summary>Every parameter as it is now, for a digest.</summary>
    public override string ToString() => string.Join('\n', _parameters.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value.ToString()));

    (CircuitParameter Parameter, string Within) Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var (key, within) = Split(path);
        if (_parameters.TryGetValue(key, out var parameter)) return (parameter, within);
        var known = (string[])[.. Vectors, .. Matrices];
        throw new ArgumentException(Suggestion.Nearest(key, known) is { } meant
            ? $"'{path}' is no parameter of a circuit; did you mean {meant}{within}?"
            : $"'{path}' is no parameter of a circuit; they are {string.Join(", ", known)}, an element as z[3], or a number of a form as z.scale.",
                nameof(path));
    }
}

/// <summary>One parameter of a description: what the file says of it, and what was set since.</summary>
sealed class CircuitParameter
{
    readonly int _n;
    readonly JsonElement _json;
    readonly UnitMap? _map;
    readonly ParameterFiles _files;
    readonly Lazy<double[]> _values;
    readonly double _scale, _norm;
    readonly Dictionary<int, double> _elements;

    /// <summary>As the file says it; what is wrong with it is said at once.</summary>
    public CircuitParameter(string key, int n, JsonElement json, UnitMap? map, ParameterFiles files) : this(key, n, json, map, files, 1, double.NaN, [])
        => _ = Values;

    CircuitParameter(
        string key, int n, JsonElement json, UnitMap? map, ParameterFiles files, double scale, double norm, Dictionary<int, double> elements)
    {
        (Key, _n, _json, _map, _files, _scale, _norm, _elements) = (key, n, json, map, files, scale, norm, elements);
        _values = new(Compute);
    }

    public string Key { get; }

    public double[] Values => _values.Value;

    bool IsMatrix => Key is "W" or "Wr";

    public override string ToString()
        => string.Create(CultureInfo.InvariantCulture,
            $"{Key}: {_json.GetRawText()} ×{_scale:R} ‖{_norm:R}‖ {string.Join(' ', _elements.OrderBy(e => e.Key).Select(e => $"{e.Key}={e.Value:R}"))}");

    public static JsonElement Number(double value) => JsonSerializer.SerializeToElement(value, DescriptionJson.Default.Double);

    double[] Compute()
    {
        var values = IsMatrix ? MatrixForm.Elements(_json, _n, Key, _map, _files) : VectorForm.Elements(_json, _n, Key, _map, _files);
        var factor = _scale;
        if (!double.IsNaN(_norm))
        {
            var norm = Math.Sqrt(values.Sum(v => v * v));
            if (!(norm > 0)) throw new InvalidDataException($"{_files.Source}: {Key} is zero and has no norm to be scaled; give it another form.");
            factor *= _norm / norm;
        }
        if (factor != 1 || _elements.Count > 0) values = [.. values.Select(v => v * factor)];
        foreach (var (at, value) in _elements) values[at] = value;
        return values;
    }

    /// <summary>Written anew: nothing of what was set before holds.</summary>
    public CircuitParameter With(JsonElement json) => new(Key, _n, json, _map, _files);

    CircuitParameter With(JsonElement json, double scale, double norm, Dictionary<int, double> elements)
        => new(Key, _n, json, _map, _files, scale, norm, elements);

    public CircuitParameter With(string path, string within, double value)
    {
        if (within.Length == 0)
        {
            CheckIsOne(path);
            return With(Number(value), 1, double.NaN, []);
        }
        if (within == ".scale") return With(_json, value, _norm, _elements);
        if (within == ".norm") return With(_json, _scale, value, _elements);
        if (within[0] == '[') return With(_json, _scale, _norm, new(_elements) { [Index(path, within)] = value });
        var root = JsonNode.Parse(_json.GetRawText())!;
        var steps = FormPath.Find(root, within[1..], path);
        FormPath.Set(root, steps, value);
        return With(JsonSerializer.SerializeToElement(root, DescriptionJson.Default.JsonNode), _scale, _norm, _elements);
    }

    public double Value(string path, string within)
    {
        if (within == ".scale") return _scale;
        if (within == ".norm") return Math.Sqrt(Values.Sum(v => v * v));
        if (within.Length > 0 && within[0] == '[') return Values[Index(path, within)];
        if (within.Length > 0)
        {
            var root = JsonNode.Parse(_json.GetRawText())!;
            return FormPath.Get(root, FormPath.Find(root, within[1..], path));
        }
        CheckIsOne(path);
        var values = Values;
        var isOne = IsMatrix ? Enumerable.Range(0, values.Length).All(k => values[k] == (k % (_n + 1) == 0 ? values[0] : 0)) : values.All(v => v == values[0]);
        return isOne ? values[0]
            : throw new ArgumentException($"{path} is not one number in {_files.Source}; say {path}.scale for a factor on it, or {path}[0] for an element.",
                nameof(path));
    }

    void CheckIsOne(string path)
    {
        if (Key == "W" && _n > 1)
            throw new ArgumentException($"{path} is a matrix; say W.scale for a factor on it, W[0][1] for an element, or a number of its form.", nameof(path));
    }

    int Index(string path, string within)
    {
        var parts = within[1..].Split("][");
        var expected = IsMatrix ? $"{Key}[i][j] with i and j from 0 to {_n - 1}" : $"{Key}[i] with i from 0 to {_n - 1}";
        if (within[^1] != ']' || parts.Length != (IsMatrix ? 2 : 1)) throw new ArgumentException($"'{path}' is no element; write {expected}.", nameof(path));
        parts[^1] = parts[^1][..^1];
        var at = 0;
        foreach (var part in parts)
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var i) || i >= _n)
                throw new ArgumentException($"'{path}' is no element; write {expected}.", nameof(path));
            at = at * _n + i;
        }
        return at;
    }
}
