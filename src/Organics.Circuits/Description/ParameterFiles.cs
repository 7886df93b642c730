using System.Globalization;

namespace Organics;

/// <summary>The files beside a circuit file that hold its longer lists.</summary>
/// <param name="Source">The circuit file, for messages.</param>
/// <param name="Folder">Where they lie; null where none may be named.</param>
/// <param name="Arrays">Reads those that are not CSV; null where there are none.</param>
sealed record ParameterFiles(string Source, string? Folder, Func<string, double[]>? Arrays)
{
    const int MostBytes = 1 << 30;

    /// <summary>The numbers of a file, so many and no others.</summary>
    public double[] Numbers(string name, int count, string key, string expected)
    {
        if (Folder is null) throw new InvalidDataException($"{Source}: {key} names the file '{name}', but there is no folder where it would lie; write the numbers.");
        var path = Path.Combine(Folder, name);
        if (!File.Exists(path)) throw new InvalidDataException($"{Source}: {key} names the file '{name}', which is not in '{Folder}'; put it there.");
        double[] numbers;
        if (name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)) numbers = Csv(path, name, key);
        else
            numbers = Arrays?.Invoke(path)
                ?? throw new InvalidDataException($"{Source}: {key} names the file '{name}', but only .csv is read here; write it so.");
        return numbers.Length == count ? numbers
            : throw new InvalidDataException($"{Source}: {key} has {numbers.Length} numbers in '{name}'; it must be {expected}.");
    }

    double[] Csv(string path, string name, string key)
    {
        using var stream = File.OpenRead(path);
        if (BoundedRead.ToEnd(stream, MostBytes) is not { } bytes)
            throw new InvalidDataException($"{Source}: {key} names '{name}', which has more than {MostBytes} bytes.");
        List<double> numbers = [];
        var line = 0;
        foreach (var row in System.Text.Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF').Split('\n'))
        {
            line++;
            if (row.AsSpan().Trim().IsEmpty) continue;
            foreach (var cell in row.Split(','))
                numbers.Add(double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) ? x
                    : throw new InvalidDataException($"{Source}: {key} has '{cell.Trim()}' in line {line} of '{name}'; write numbers with commas between them, and no header."));
        }
        return [.. numbers];
    }
}
