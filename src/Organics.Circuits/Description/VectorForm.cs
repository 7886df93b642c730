using System.Text.Json;

namespace Organics;

/// <summary>
/// A vector of n elements as a circuit file gives it: a list; one number for all; the name of a file; or a form. <c>gaussian</c>: base +
/// height·exp(−d²/2·width²) at distance d from center (or row and column of a map), times exp(−Δ²/2·tuning²) in orientation where an angle is given;
/// <c>bar</c>: height within width/2 of
/// center, and of a unit on the edge the part of it that is covered; on a map, a disk of this diameter; <c>linear</c> and <c>geometric</c>: from one number to
/// another, evenly or by equal factors; <c>sum</c>: of several.
/// </summary>
static class VectorForm
{
    static readonly string[] Names = ["gaussian", "bar", "linear", "geometric", "sum"];

    public static double[] Elements(JsonElement given, int n, string key, UnitMap? map, ParameterFiles files)
    {
        var expected = $"a list of {n} numbers, or one number for all";
        switch (given.ValueKind)
        {
            case JsonValueKind.Number:
                return [.. Enumerable.Repeat(given.GetDouble(), n)];
            case JsonValueKind.Array:
                return CircuitFile.Elements(given, n, key, files.Source, scalar: true);
            case JsonValueKind.String:
                return files.Vector(given.GetString()!, n, key, expected);
            case JsonValueKind.Object:
                var (name, form, scale) = FormReader.Only(given, Names, files.Source, key, "{\"gaussian\": {\"width\": 3}}");
                var values = name == "sum" ? Sum(form, n, key, map, files) : One(name, new(form, files.Source, key, name), n, map);
                return scale == 1 ? values : [.. values.Select(v => v * scale)];
            default:
                throw new InvalidDataException($"{files.Source}: {key} is {CircuitFile.Kind(given)}; it must be {expected}, the name of a file, or a form as "
                    + $"{{\"gaussian\": {{\"width\": 3}}}}.");
        }
    }

    static double[] Sum(JsonElement parts, int n, string key, UnitMap? map, ParameterFiles files)
    {
        if (parts.ValueKind != JsonValueKind.Array || parts.GetArrayLength() == 0)
            throw new InvalidDataException($"{files.Source}: {key}.sum is {CircuitFile.Kind(parts)}; it must be a list of what is added.");
        var sum = new double[n];
        foreach (var (part, k) in parts.EnumerateArray().Select((part, k) => (part, k)))
        {
            var values = Elements(part, n, $"{key}.sum[{k}]", map, files);
            for (var i = 0; i < n; i++) sum[i] += values[i];
        }
        return sum;
    }

    static double[] One(string name, FormReader form, int n, UnitMap? map)
    {
        Func<int, double> value;
        switch (name)
        {
            case "linear":
                var (from, to) = (form.Number("from", null), form.Number("to", null));
                value = i => n == 1 ? from : from + (to - from) * i / (n - 1);
                break;
            case "geometric":
                var (first, last) = (form.Positive("from", null), form.Positive("to", null));
                value = i => n == 1 ? first : first * Math.Pow(last / first, (double)i / (n - 1));
                break;
            default:
                value = Profile(name == "bar", form, n, map);
                break;
        }
        form.End();
        return [.. Enumerable.Range(0, n).Select(value)];
    }

    static Func<int, double> Profile(bool isBar, FormReader form, int n, UnitMap? map)
    {
        // Without a map units lie in a row.
        var place = map ?? new UnitMap(1, n, 1);
        var row = map is null ? 0 : form.Number("row", (place.Rows - 1) / 2.0);
        var column = form.Number(map is null ? "center" : "column", (place.Columns - 1) / 2.0);
        var width = form.Number("width", null, "a number above 0", x => isBar ? x >= 0 : x > 0);
        var (height, low, isCircular) = (form.Number("height", 1), form.Number("base", 0), form.Flag("circular", false));
        var angle = map is null ? double.NaN : form.Has("angle") ? form.Number("angle", null) : double.NaN;
        var tuning = double.IsNaN(angle) ? double.PositiveInfinity : form.Positive("tuning", 20);
        return i =>
        {
            var squared = place.Squared(i, row, column, isCircular);
            var inSpace = isBar ? Math.Clamp(width / 2 - Math.Sqrt(squared) + 0.5, 0, Math.Min(1, width)) : Math.Exp(-squared / (2 * width * width));
            var apart = double.IsNaN(angle) ? 0 : UnitMap.Shorter(place.Angle(i) - angle, 180, true) / tuning;
            return low + height * inSpace * Math.Exp(-apart * apart / 2);
        };
    }
}
