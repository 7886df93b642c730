using System.Text.Json;

namespace Organics;

/// <summary>Where units lie: in rows and columns of space, and in each place as many preferred orientations, spread over 180°. Unit ((row·columns + column)·
/// orientations + k) prefers k·180°/orientations.</summary>
sealed record UnitMap(int Rows, int Columns, int Orientations)
{
    public int Count => Rows * Columns * Orientations;

    /// <summary>The key "map" of a circuit file, or null where there is none.</summary>
    public static UnitMap? Of(JsonElement root, string source)
    {
        if (!root.TryGetProperty("map", out var given)) return null;
        if (given.ValueKind != JsonValueKind.Object) throw Wrong(source, given);
        int rows = 1, columns = 1, orientations = 1;
        foreach (var member in given.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out var count) || count < 1) throw Wrong(source, given);
            switch (member.Name)
            {
                case "rows": rows = count; break;
                case "columns": columns = count; break;
                case "orientations": orientations = count; break;
                default: throw Wrong(source, given);
            }
        }
        if ((long)rows * columns * orientations > Circuit.MostPairs)
            throw new InvalidDataException($"{source}: map has {(long)rows * columns * orientations} units; a circuit has at most {Circuit.MostPairs}.");
        var map = new UnitMap(rows, columns, orientations);
        return root.TryGetProperty("n", out var n) && !(n.ValueKind == JsonValueKind.Number && n.TryGetInt32(out var said) && said == map.Count)
            ? throw new InvalidDataException($"{source}: n is {CircuitFile.Text(n)}, but the map has {map.Count} units; leave n out.") : map;
    }

    static InvalidDataException Wrong(string source, JsonElement given)
        => new($"{source}: map is {CircuitFile.Text(given)}; it must be an object of whole numbers from 1 on, as {{\"rows\": 8, \"columns\": 8, \"orientations\": 6}}.");

    public double Row(int unit) => unit / Orientations / Columns;

    public double Column(int unit) => unit / Orientations % Columns;

    /// <summary>In degrees.</summary>
    public double Angle(int unit) => unit % Orientations * 180.0 / Orientations;

    /// <summary>The distance from a place, squared; where the map is circular by the shorter way around.</summary>
    public double Squared(int unit, double row, double column, bool isCircular)
    {
        var (x, y) = (Shorter(Row(unit) - row, Rows, isCircular), Shorter(Column(unit) - column, Columns, isCircular));
        return x * x + y * y;
    }

    public static double Shorter(double difference, double period, bool isCircular)
        => isCircular ? difference - period * Math.Round(difference / period) : difference;
}
