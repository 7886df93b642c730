using System.Globalization;
using System.Text;

namespace Organics;

/// <summary>A CSV file that a user named, whose columns may have names in the first line; a field is read as a number where it is asked for.</summary>
sealed class NumberTable
{
    // A trajectory of a million rows has less.
    const int MostBytes = 1 << 30;

    readonly string _path, _option;
    readonly string[][] _rows;
    readonly int _firstLine;

    NumberTable(string path, string option, string[][] rows, string[]? columns)
        => (_path, _option, _rows, Columns, _firstLine) = (path, option, rows, columns, columns is null ? 1 : 2);

    /// <summary>The names; null where the first line has numbers.</summary>
    public string[]? Columns { get; }

    public int Rows => _rows.Length;

    /// <summary>The number of fields of a row.</summary>
    public int Width(int row) => _rows[row].Length;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option that names it, for what is said of it.</param>
    /// <exception cref="Failure">It is not there, is too large or has no row of numbers.</exception>
    public static NumberTable Read(string path, string option)
    {
        if (!File.Exists(path)) throw Failure.Usage($"{option} names '{path}', but there is no such file; name a CSV file.");
        return Parse(
            BoundedRead.OfFile(path, MostBytes) ?? throw Failure.Usage($"'{path}' has more than {MostBytes} bytes; give a shorter table."), path, option);
    }

    /// <summary>Reads what a file holds.</summary>
    /// <exception cref="Failure">It has no row of numbers.</exception>
    public static NumberTable Parse(byte[] bytes, string path, string option)
    {
        string[][] rows =
        [
            .. Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF').ReplaceLineEndings("\n").TrimEnd('\n').Split('\n')
                .Select(line => line.Split(',', StringSplitOptions.TrimEntries)),
        ];
        var isNamed = rows[0].Any(field => field.Length > 0 && !TryNumber(field, out _));
        if (rows.Length == (isNamed ? 1 : 0) || rows[^1] is [""]) throw Failure.Usage($"'{path}' has no row of numbers; {option} asks for at least one.");
        return new(path, option, isNamed ? rows[1..] : rows, isNamed ? rows[0] : null);
    }

    /// <summary>The place of a column.</summary>
    /// <exception cref="Failure">There is none of this name.</exception>
    public int Column(string name) => Columns is { } names && Array.IndexOf(names, name) is var at and >= 0
        ? at : throw Failure.Usage($"'{_path}' has no column '{name}', which {_option} asks for; name it so in the first line.");

    /// <summary>A number.</summary>
    /// <exception cref="Failure">The field is not there, or holds no finite number.</exception>
    public double this[int row, int column]
        => column < _rows[row].Length && TryNumber(_rows[row][column], out var x) && double.IsFinite(x) ? x : throw Failure.Usage(
            $"'{_path}' has no finite number in line {row + _firstLine}, field {column + 1}"
            + $"{(column < Columns?.Length ? $" ('{Columns[column]}')" : "")}; write one, as in -1.5 or 2e-3.");

    static bool TryNumber(string field, out double x) => double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out x);
}
