using System.Globalization;

namespace Organics;

/// <summary>The files beside a circuit file that hold its longer lists.</summary>
/// <param name="Source">The circuit file, for messages.</param>
/// <param name="Folder">Where they lie; null where none may be named.</param>
/// <param name="Arrays">Reads shape and numbers of those that are not CSV; null where there are none.</param>
sealed record ParameterFiles(string Source, string? Folder, Func<string, (IReadOnlyList<int> Shape, double[] Numbers)>? Arrays)
{
    const int MostBytes = 1 << 30;

    /// <summary>A list of n numbers: in CSV one line of them, or one in each line.</summary>
    public double[] Vector(string name, int n, string key, string expected)
    {
        if (!name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)) return Array(name, key, [n], $"[{n}]");
        var rows = Csv(name, key);
        // What is in one line may be too much or too little; what is in several must be one in each.
        if (rows.Count > 1 && rows.FirstOrDefault(r => r.Numbers.Length > 1) is { Numbers: not null } wide)
            throw Wrong($"{key} has {wide.Numbers.Length} numbers in line {wide.Line} of '{name}'; a list is one line of {n} numbers, or {n} lines of one");
        double[] numbers = [.. rows.SelectMany(r => r.Numbers)];
        return numbers.Length == n ? numbers : throw Wrong($"{key} has {numbers.Length} numbers in '{name}'; it must be {expected}");
    }

    /// <summary>An n × n matrix, row by row.</summary>
    public double[] Matrix(string name, int n, string key)
    {
        if (!name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)) return Array(name, key, [n, n], $"[{n}, {n}]");
        var rows = Csv(name, key);
        if (rows.FirstOrDefault(r => r.Numbers.Length != n) is { Numbers: not null } ragged)
            throw Wrong($"{key} has {ragged.Numbers.Length} number{(ragged.Numbers.Length == 1 ? "" : "s")} in line {ragged.Line} of '{name}'; each of its "
                + $"{n} rows must have {n}");
        return rows.Count == n ? [.. rows.SelectMany(r => r.Numbers)]
            : throw Wrong($"{key} has {rows.Count} row{(rows.Count == 1 ? "" : "s")} in '{name}'; it must have {n} of {n} numbers");
    }

    InvalidDataException Wrong(string what) => new($"{Source}: {what}.");

    string PathOf(string name, string key)
    {
        if (Folder is null) throw Wrong($"{key} names the file '{name}', but there is no folder where it would lie; write the numbers");
        var path = Path.Combine(Folder, name);
        return File.Exists(path) ? path : throw Wrong($"{key} names the file '{name}', which is not in '{Folder}'; put it there");
    }

    double[] Array(string name, string key, int[] shape, string expected)
    {
        var path = PathOf(name, key);
        if (Arrays is null) throw Wrong($"{key} names the file '{name}', but only .csv is read here; write it so");
        var (given, numbers) = Arrays(path);
        return given.SequenceEqual(shape) ? numbers : throw Wrong($"{key} has the shape [{string.Join(", ", given)}] in '{name}'; it must be {expected}");
    }

    List<(int Line, double[] Numbers)> Csv(string name, string key)
    {
        using var stream = File.OpenRead(PathOf(name, key));
        if (BoundedRead.ToEnd(stream, MostBytes) is not { } bytes) throw Wrong($"{key} names '{name}', which has more than {MostBytes} bytes; write fewer");
        List<(int, double[])> rows = [];
        var line = 0;
        foreach (var row in System.Text.Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF').Split('\n'))
        {
            line++;
            if (row.AsSpan().Trim().IsEmpty) continue;
            rows.Add((line, [.. row.Split(',').Select(cell
                => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) ? x
                    : throw Wrong($"{key} has '{cell.Trim()}' in line {line} of '{name}'; write numbers with commas between them, and no header"))]));
        }
        return rows;
    }
}
