using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Organics;

/// <summary>What a table of a sweep, or a part of one, says of itself: parts of one configuration make one table.</summary>
/// <param name="Configuration">A digest of all that its numbers follow from.</param>
/// <param name="Circuit">The file that was swept.</param>
/// <param name="Vary">What varies, the last the fastest.</param>
/// <param name="Measures">What is measured.</param>
/// <param name="Draws">Circuits that each point averages.</param>
/// <param name="Units">Neuron pairs.</param>
/// <param name="Points">Rows of the whole table.</param>
/// <param name="First">The first point of this part.</param>
/// <param name="Count">Its points.</param>
/// <param name="Versions">Of what.</param>
sealed record SweepRecord(
    string Configuration, string Circuit, string[] Vary, string[] Measures, int Draws, int Units, int Points, int First, int Count, VersionRecord Versions)
{
    /// <summary>Which part of how many, as "1/4"; null for the whole.</summary>
    public string? Shard { get; init; }

    /// <summary>Of what rows are that were computed later than the first ones; null where all are of one version.</summary>
    public VersionRecord[]? LaterVersions { get; init; }

    /// <summary>Of what its rows are, in their order.</summary>
    [JsonIgnore]
    public VersionRecord[] AllVersions => [Versions, .. LaterVersions ?? []];

    public static string DigestOf(CircuitSweep sweep)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
        foreach (var axis in sweep.Axes) Add($"{axis.Path}={string.Join(',', axis.Values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}");
        foreach (var measure in sweep.Measures) Add(measure.Name);
        Add(sweep.Draws.ToString(CultureInfo.InvariantCulture));
        Add(sweep.Circuit.ToString());
        // Files beside the circuit, and what of the program makes a circuit of them, show in the circuits themselves.
        Add(CircuitFile.ToJson(sweep.CircuitAt(0)));
        Add(CircuitFile.ToJson(sweep.CircuitAt(sweep.Count - 1, sweep.Draws - 1)));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}

/// <summary>The rows of a table, in order.</summary>
/// <param name="Lines">As they stand in the file, without the names of the columns.</param>
/// <param name="Numbers">What they hold; NaN for what has no number.</param>
sealed record SweepRows(string[] Lines, double[][] Numbers);

/// <summary>A sweep's numbers as CSV, a row a point, which grows while it is computed and goes on where it ended. One process at a time writes it.</summary>
sealed class SweepTable : IDisposable
{
    readonly RunLock _alone;
    readonly FileStream _csv;

    SweepTable(RunLock alone, FileStream csv, int rows) => (_alone, _csv, Rows) = (alone, csv, rows);

    /// <summary>How many rows it has.</summary>
    public int Rows { get; private set; }

    public static string Name(string? shard) => shard is null ? "sweep" : Part.Name(shard);

    /// <summary>What the columns of a table are: the parameters, then the measures.</summary>
    public static string[] Columns(SweepRecord record)
        => [.. record.Vary.Select(axis => SweepAxis.Parse(axis).Path), .. record.Measures.SelectMany(name => CircuitMeasure.Named(name).Columns(record.Units))];

    /// <summary>Whether a part has all of its rows.</summary>
    /// <exception cref="Failure">It has no table.</exception>
    public static bool IsComplete(string folder, string shard)
    {
        var record = Read(Path.Combine(folder, Name(shard) + ".json"));
        using var csv = OpenRead(folder, record);
        // The names of the columns are a line, too.
        return WholeLines(csv).Lines.Length > record.Count;
    }

    /// <summary>Whether a file is a table of a sweep that ends amid a row, as one does whose disk was full.</summary>
    public static bool IsCutShort(string csv)
    {
        var name = Path.GetFileNameWithoutExtension(csv);
        if ((name != Name(null) && !name.StartsWith("part-", StringComparison.Ordinal)) || !File.Exists(Path.ChangeExtension(csv, ".json"))) return false;
        using var stream = new FileStream(csv, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return WholeLines(stream).End < stream.Length;
    }

    /// <summary>Opens a table in a folder; whatever comes after the last whole line of one that is there is cut off.</summary>
    /// <exception cref="Failure">The folder holds another table, or one that is damaged, or another process writes this one.</exception>
    public static SweepTable Open(string folder, SweepRecord record)
    {
        // Not the table itself: where it may be read it keeps no second writer out on Unix.
        var alone = RunLock.TryTake(folder, $".{Name(record.Shard)}.lock")
            ?? throw Failure.Usage(Printable.Of($"Another sweep writes the table in '{folder}'; wait until it ends, or give another --out."));
        try
        {
            return Open(alone, folder, record);
        }
        catch
        {
            alone.Dispose();
            throw;
        }
    }

    static SweepTable Open(RunLock alone, string folder, SweepRecord record)
    {
        var json = Path.Combine(folder, Name(record.Shard) + ".json");
        FileStream csv;
        try
        {
            csv = new(FileOf(folder, record), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw OutFolder.Unwritable(folder, error);
        }
        try
        {
            var (lines, end) = WholeLines(csv);
            if (File.Exists(json) && lines.Length > 0)
            {
                var there = Read(json);
                if (there.Configuration != record.Configuration)
                    throw Failure.Usage($"'{folder}' holds another sweep, of other circuits, values or measures; give another --out, or remove it.");
                var rows = RowsOf(lines, folder, record).Lines.Length;
                if (rows > 0)
                {
                    if (rows < record.Count) GoOn(folder, there, record.Versions);
                    csv.SetLength(end);
                    csv.Position = end;
                    return new(alone, csv, rows);
                }
            }
            AtomicFile.Write(json, stream => JsonSerializer.Serialize(stream, record, RunJson.Default.SweepRecord));
            csv.SetLength(0);
            csv.Position = 0;
            csv.Write(Encoding.UTF8.GetBytes(string.Join(',', Columns(record)) + "\n"));
            csv.Flush();
            return new(alone, csv, 0);
        }
        catch
        {
            csv.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _csv.Dispose();
        _alone.Dispose();
    }

    // Of rows of several versions the record names all, for whoever puts them together.
    static void GoOn(string folder, SweepRecord there, VersionRecord now)
    {
        var before = there.AllVersions;
        if (before[^1] == now) return;
        var record = there with { LaterVersions = [.. before[1..], now] };
        AtomicFile.Write(Path.Combine(folder, Name(there.Shard) + ".json"), stream => JsonSerializer.Serialize(stream, record, RunJson.Default.SweepRecord));
        var names = VersionRecord.Apart([.. before, now]);
        Log.Line($"Note: '{FileOf(folder, there)}' was computed by {string.Join(", then ", names[..^1])}, and goes on by {names[^1]}; remove it and run "
            + $"{Whole(there)} again where all numbers are to be of one version.");
    }

    // A line ends with its '\n'; what comes after the last one was cut short.
    static (string[] Lines, long End) WholeLines(FileStream stream)
    {
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var end = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        return (end == 0 ? [] : Encoding.UTF8.GetString(bytes, 0, end - 1).Split('\n'), end);
    }

    public void Append(IReadOnlyList<double[]> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows) text.AppendJoin(',', row.Select(Text)).Append('\n');
        _csv.Write(Encoding.UTF8.GetBytes(text.ToString()));
        _csv.Flush();
        Rows += rows.Count;
    }

    // What has no number is an empty field.
    static string Text(double value) => double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture);

    public static SweepRecord Read(string json)
    {
        try
        {
            using var stream = File.OpenRead(json);
            return JsonSerializer.Deserialize(stream, RunJson.Default.SweepRecord) ?? throw new JsonException();
        }
        catch (JsonException error)
        {
            throw new Failure(ExitCode.Usage,
                $"'{json}' is no record of a sweep that this version can read ({error.Path ?? "at its begin"}); remove the folder, or give another --out.");
        }
    }

    /// <summary>The whole rows of a table.</summary>
    /// <exception cref="Failure">There is no table; or it has other columns than its record, or more rows than that has points; or a row has another number of
    /// fields, one that is no number, or other values of what varies than its point.</exception>
    public static SweepRows RowsOf(string folder, SweepRecord record)
    {
        using var csv = OpenRead(folder, record);
        return RowsOf(WholeLines(csv).Lines, folder, record);
    }

    static SweepRows RowsOf(string[] lines, string folder, SweepRecord record)
    {
        var columns = Columns(record);
        if (lines.Length > 0 && lines[0] != string.Join(',', columns)) throw Damaged("has other columns in line 1 than its sweep");
        if (lines.Length > record.Count + 1L) throw Damaged($"has {lines.Length - 1} rows, but {Whole(record)} has {record.Count} points");
        SweepAxis[] axes = [.. record.Vary.Select(SweepAxis.Parse)];
        double[] largest = [.. axes.Select(axis => axis.Values.Max(Math.Abs))];
        lines = lines[Math.Min(1, lines.Length)..];
        return new(lines, [.. lines.Select((line, row) => OfPoint(Numbers(line, row), row))]);

        // The table of another part, or two writers' rows, have the values of other points.
        double[] OfPoint(double[] numbers, int row)
        {
            var point = record.First + row;
            for (var k = axes.Length - 1; k >= 0; point /= axes[k--].Values.Count)
                // Powers, of a logarithmic range, may have other last digits on another system.
                if (axes[k].Values[point % axes[k].Values.Count] is var value
                    && !(Math.Abs(numbers[k] - value) <= Math.Max(1e-12 * Math.Abs(value), 1e-15 * largest[k])))
                    throw Damaged(FormattableString.Invariant($"has {numbers[k]:R} for {columns[k]} in line {row + 2}, where the sweep has {value:R}"));
            return numbers;
        }

        double[] Numbers(string line, int row)
        {
            var fields = line.Split(',');
            if (fields.Length != columns.Length)
                throw Damaged($"has {fields.Length} field{(fields.Length == 1 ? "" : "s")} in line {row + 2}, where line 1 names {columns.Length} columns");
            return [.. fields.Select((field, k) => field.Length == 0 ? double.NaN
                : double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) ? x
                : throw Damaged($"has '{field}' for {columns[k]} in line {row + 2}, which is no number"))];
        }

        Failure Damaged(string what) => Failure.Usage($"'{FileOf(folder, record)}' {what}; remove it, and run {Whole(record)} again.");
    }

    static FileStream OpenRead(string folder, SweepRecord record)
    {
        var path = FileOf(folder, record);
        return File.Exists(path) ? new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)
            : throw Failure.Check($"There is no table '{path}'; run {Whole(record)} again.");
    }

    static string FileOf(string folder, SweepRecord record) => Path.Combine(folder, Name(record.Shard) + ".csv");

    static string Whole(SweepRecord record) => record.Shard is { } shard ? $"part {shard}" : "the sweep";
}
