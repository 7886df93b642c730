using System.Globalization;
using System.Text.RegularExpressions;

namespace Organics;

/// <summary>
/// Measured responses of a circuit: rows with what was set (paths of <see cref="CircuitDescription"/>; z0 is z[0]) and what was measured: y0, … for responses, r0,
/// … for rates ⌊y⌋², times a gain. With a column t they are courses: settings hold from a row's time to the next, the first from long before; a column trial
/// tells courses apart.
/// </summary>
public sealed partial class ResponseData
{
    ResponseData(IReadOnlyList<string> settings, IReadOnlyList<ResponseColumn> columns, IReadOnlyList<ResponseRow> rows, bool isCourse)
        => (Settings, Columns, Rows, IsCourse) = (settings, columns, rows, isCourse);

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
        string[] names = [.. lines[0].Split(',').Select(n => n.Trim().Trim('"'))];
        if (names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new InvalidDataException($"{source} has the column '{twice.Key}' twice; leave one.");
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
            throw new InvalidDataException($"{source} has no column r0, r1, … or y0, y1, … with what was measured; its columns are {string.Join(", ", names)}.");
        if (trial >= 0 && time < 0) throw new InvalidDataException($"{source} has a column trial, but none for the time, t; add one.");
        List<ResponseRow> rows = [];
        for (var l = 1; l < lines.Length; l++)
        {
            if (lines[l].AsSpan().Trim().IsEmpty) continue;
            var fields = lines[l].Split(',');
            if (fields.Length != names.Length)
                throw new InvalidDataException($"{source} has {fields.Length} fields in line {l + 1}, where the first line names {names.Length} columns.");
            double Number(int at, bool mayLack)
            {
                if (mayLack && fields[at].AsSpan().Trim().IsEmpty) return double.NaN;
                return double.TryParse(fields[at], NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && double.IsFinite(x) ? x
                    : throw new InvalidDataException($"{source} has '{fields[at].Trim()}' for {names[at]} in line {l + 1}; write a number{(mayLack ? ", or nothing where nothing was measured" : "")}.");
            }

            rows.Add(new([.. settings.Select(s => Number(s.At, false))], [.. measured.Select(m => Number(m.At, true))],
                time < 0 ? double.NaN : Number(time, false), trial < 0 ? 0 : Number(trial, false)));
        }
        if (rows.Count == 0) throw new InvalidDataException($"{source} has no row below its names; a row is one stimulus and what it evoked.");
        foreach (var course in time < 0 ? [] : rows.GroupBy(r => r.Trial))
            if (course.Zip(course.Skip(1)).Any(p => !(p.Second.Time > p.First.Time)))
                throw new InvalidDataException($"{source} has times of trial {course.Key} that do not ascend; sort its rows, or tell courses apart by a column trial.");
        // The rows of a course stand together, whatever the order of the file.
        if (time >= 0) rows = [.. rows.GroupBy(r => r.Trial).SelectMany(g => g)];
        return new([.. settings.Select(s => s.Path)], [.. measured.Select(m => m.Column)], rows, time >= 0);
    }

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
public sealed record ResponseRow(double[] Settings, double[] Measured, double Time, double Trial);
