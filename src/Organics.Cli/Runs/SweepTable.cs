using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

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

/// <summary>A sweep's numbers as CSV, a row a point, which grows while it is computed and goes on where it ended. One process at a time writes it.</summary>
sealed class SweepTable : IDisposable
{
    readonly RunLock _alone;
    readonly FileStream _csv;

    SweepTable(RunLock alone, FileStream csv, int rows) => (_alone, _csv, Rows) = (alone, csv, rows);

    /// <summary>How many rows it has.</summary>
    public int Rows { get; private set; }

    public static string Name(string? shard) => shard is null ? "sweep" : Part.Name(shard);

    /// <summary>Whether a part has all of its rows.</summary>
    public static bool IsComplete(string folder, string shard)
        => Lines(folder, shard).Lines.Length == Read(Path.Combine(folder, Name(shard) + ".json")).Count;

    /// <summary>Opens a table in a folder; whatever comes after the last whole line of one that is there is cut off.</summary>
    /// <exception cref="Failure">The folder holds another table, or another process writes this one.</exception>
    public static SweepTable Open(string folder, SweepRecord record, IReadOnlyList<string> columns)
    {
        // Not the table itself: where it may be read it keeps no second writer out on Unix.
        var alone = RunLock.TryTake(folder, $".{Name(record.Shard)}.lock")
            ?? throw Failure.Usage(Printable.Of($"Another sweep writes the table in '{folder}'; wait until it ends, or give another --out."));
        try
        {
            return Open(alone, folder, record, columns);
        }
        catch
        {
            alone.Dispose();
            throw;
        }
    }

    static SweepTable Open(RunLock alone, string folder, SweepRecord record, IReadOnlyList<string> columns)
    {
        var json = Path.Combine(folder, Name(record.Shard) + ".json");
        FileStream csv;
        try
        {
            csv = new(Path.Combine(folder, Name(record.Shard) + ".csv"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw OutFolder.Unwritable(folder, error);
        }
        try
        {
            var (lines, end) = WholeLines(csv);
            if (File.Exists(json) && lines > 0)
            {
                if (Read(json).Configuration != record.Configuration)
                    throw Failure.Usage($"'{folder}' holds another sweep, of other circuits, values or measures; give another --out, or remove it.");
                csv.SetLength(end);
                csv.Position = end;
                return new(alone, csv, lines - 1);
            }
            AtomicFile.Write(json, stream => JsonSerializer.Serialize(stream, record, RunJson.Default.SweepRecord));
            csv.SetLength(0);
            csv.Position = 0;
            csv.Write(Encoding.UTF8.GetBytes(string.Join(',', columns) + "\n"));
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

    static (int Lines, long End) WholeLines(FileStream stream)
    {
        var (lines, end, at) = (0, 0L, 0L);
        var buffer = new byte[1 << 16];
        for (int got; (got = stream.Read(buffer)) > 0; at += got)
            for (var i = 0; i < got; i++)
                if (buffer[i] == '\n') (lines, end) = (lines + 1, at + i + 1);
        return (lines, end);
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

    /// <summary>The rows of a table, in order.</summary>
    public static (string Header, string[] Lines) Lines(string folder, string? shard)
    {
        var path = Path.Combine(folder, Name(shard) + ".csv");
        if (!File.Exists(path)) throw Failure.Check($"There is no table '{path}'; run its part of the sweep again.");
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (lines.Length > 0 ? lines[0] : "", lines[Math.Min(1, lines.Length)..]);
    }

    /// <summary>The numbers of rows.</summary>
    /// <exception cref="Failure">A field is no number.</exception>
    public static double[][] Numbers(IEnumerable<string> lines) => [.. lines.Select(line => line.Split(',').Select(f => f.Length == 0 ? double.NaN
        : double.TryParse(f, CultureInfo.InvariantCulture, out var x) ? x
            : throw Failure.Usage($"The table of the sweep holds '{f}', which is no number; remove it, and sweep again.")).ToArray())];
}
