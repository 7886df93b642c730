using System.Globalization;
using System.Text.RegularExpressions;

namespace Organics;

/// <summary>
/// Measured responses of a circuit: rows with what was set (paths of <see cref="CircuitDescription"/>; z0 is z[0]) and what was measured: y0, … for responses,
/// r0, … for rates ⌊y⌋², times a gain. With a column t they are courses: settings hold from a row's time to the next, the first from long before; a column
/// trial tells courses apart.
/// </summary>
public sealed partial class ResponseData
{
    ResponseData(string source, IReadOnlyList<string> settings, IReadOnlyList<ResponseColumn> columns, IReadOnlyList<ResponseRow> rows, bool isCourse)
        => (Source, Settings, Columns, Rows, IsCourse) = (source, settings, columns, rows, isCourse);

    /// <summary>What errors call it: a file.</summary>
    public string Source { get; }

    /// <summary>The paths that rows set.</summary>
    public IReadOnlyList<string> Settings { get; }

    /// <summary>What is measured.</summary>
    public IReadOnlyList<ResponseColumn> Columns { get; }

    /// <summary>The rows in the order of the file, those of one course together.</summary>
    public IReadOnlyList<ResponseRow> Rows { get; }

    /// <summary>Whether rows are times of courses.</summary>
    public bool IsCourse { get; }

    /// <summary>Reads CSV: names in the first line, an empty field where nothing was measured.</summary>
    /// <param name="text">The whole.</param>
    /// <param name="source">What errors call it.</param>
    /// <exception cref="InvalidDataException">It is written in another way: the message names the line and what was expected.</exception>
    public static ResponseData Parse(string text, string source)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = text.TrimStart('\uFEFF').Split('\n').Select(l => l.TrimEnd('\r')).ToArray();
        if (lines.All(string.IsNullOrWhiteSpace))
            throw new InvalidDataException(
                $"{source} is empty; write the names of its columns in the first line, as z0,r0, and a row for each stimulus below.");
        if (Other.FirstOrDefault(separator => lines[0].Contains(separator)) is > default(char) and var other && !lines[0].Contains(','))
            throw new InvalidDataException(
                $"{source} has {(other == '\t' ? "tabs" : $"'{other}'")} between its columns in line 1, where commas are expected; write it with commas, and "
                    + "numbers with points.");
        string[] names = Fields(lines[0]);
        if (Array.FindIndex(names, n => n.Length == 0) is >= 0 and var nameless)
            throw new InvalidDataException($"{source} has no name for column {nameless + 1} in line 1; name what was set, as z0, or measured, as r0.");
        if (names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new InvalidDataException($"{source} has the column '{twice.Key}' twice in line 1; leave one.");
        List<(int At, string Path)> settings = [];
        List<(int At, ResponseColumn Column)> measured = [];
        int time = -1, trial = -1;
        for (var i = 0; i < names.Length; i++)
            if (names[i] == "t") time = i;
            else if (names[i] == "trial") trial = i;
            else if (Measured.Match(names[i]) is { Success: true } m)
                measured.Add((i, new(names[i], int.TryParse(m.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var unit) ? unit
                    : int.MaxValue, m.Groups[1].Value == "r")));
            else settings.Add((i, Drive.Match(names[i]) is { Success: true } d ? $"z[{d.Groups[1].Value}]" : names[i]));
        if (measured.Count == 0)
            throw new InvalidDataException($"{source} has no column r0, r1, … or y0, y1, … with what was measured; its columns are "
                + $"{string.Join(", ", names)}.");
        if (trial >= 0 && time < 0) throw new InvalidDataException($"{source} has a column trial, but none for the time, t; add one.");
        List<ResponseRow> rows = [];
        for (var l = 1; l < lines.Length; l++)
        {
            if (lines[l].AsSpan().Trim().IsEmpty) continue;
            var fields = Fields(lines[l]);
            if (fields.Length != names.Length)
                throw new InvalidDataException($"{source} has {fields.Length} fields in line {l + 1}, where the first line names {names.Length} columns.");
            double Number(int at, bool mayLack)
            {
                if (mayLack && fields[at].Length == 0) return double.NaN;
                return double.TryParse(fields[at], NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && double.IsFinite(x) ? x
                    : throw new InvalidDataException($"{source} has '{fields[at]}' for {names[at]} in line {l + 1}; "
                        + $"write a number{(mayLack ? ", or nothing where nothing was measured" : "")}.");
            }

            rows.Add(new([.. settings.Select(s => Number(s.At, false))], [.. measured.Select(m => Number(m.At, true))],
                time < 0 ? double.NaN : Number(time, false), trial < 0 ? 0 : Number(trial, false))
            { Line = l + 1 });
        }
        if (rows.Count == 0) throw new InvalidDataException($"{source} has no row below its names; a row is one stimulus and what it evoked.");
        foreach (var course in time < 0 ? [] : rows.GroupBy(r => r.Trial))
            if (course.Zip(course.Skip(1)).Any(p => !(p.Second.Time > p.First.Time)))
                throw new InvalidDataException($"{source} has times of trial {course.Key} that do not ascend; sort its rows, or tell courses apart by a "
                    + "column trial.");
        // The rows of a course stand together, whatever the order of the file.
        if (time >= 0) rows = [.. rows.GroupBy(r => r.Trial).SelectMany(g => g)];
        return new(source, [.. settings.Select(s => s.Path)], [.. measured.Select(m => m.Column)], rows, time >= 0);
    }

    // What others write between columns.
    static readonly char[] Other = [';', '\t', '|'];

    // Quotation marks around a name or a number say nothing.
    static string[] Fields(string line) => [.. line.Split(',').Select(f => f.Trim() is ['"', .. var inner, '"'] ? inner.Trim() : f.Trim())];

    [GeneratedRegex(@"^([ry])(\d+)$")]
    private static partial Regex Measured { get; }

    [GeneratedRegex(@"^z(\d+)$")]
    private static partial Regex Drive { get; }
}

/// <summary>A measured quantity.</summary>
/// <param name="Name">As in the file.</param>
/// <param name="Unit">The neuron pair.</param>
/// <param name="IsRate">Whether it is ⌊y⌋² times a gain, rather than y.</param>
public sealed record ResponseColumn(string Name, int Unit, bool IsRate);

/// <summary>A row.</summary>
/// <param name="Settings">What was set.</param>
/// <param name="Measured">What was measured; NaN for what was not.</param>
/// <param name="Time">When; NaN where there are no courses.</param>
/// <param name="Trial">In which course.</param>
public sealed record ResponseRow(double[] Settings, double[] Measured, double Time, double Trial)
{
    /// <summary>The line of the file, from 1 on.</summary>
    public int Line { get; init; }
}
