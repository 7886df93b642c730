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
        // What does not vary is that of the first and the last point.
        Add(CircuitFile.ToJson(sweep.CircuitAt(0)));
        Add(CircuitFile.ToJson(sweep.CircuitAt(sweep.Count - 1, sweep.Draws - 1)));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}

/// <summary>A sweep's numbers as CSV, a row a point, which grows while it is computed and goes on where it ended.</summary>
static class SweepTable
{
    public static string Name(string? shard) => shard is null ? "sweep" : $"part-{shard.Replace("/", "-of-")}";

    /// <summary>Rows that a table in a folder has already; whatever comes after its last whole line is cut off.</summary>
    /// <exception cref="Failure">The folder holds another table.</exception>
    public static int Begin(string folder, SweepRecord record, IReadOnlyList<string> columns)
    {
        var (csv, json) = (Path.Combine(folder, Name(record.Shard) + ".csv"), Path.Combine(folder, Name(record.Shard) + ".json"));
        Directory.CreateDirectory(folder);
        if (File.Exists(json) && File.Exists(csv))
        {
            if (Read(json).Configuration != record.Configuration)
                throw Failure.Usage($"'{folder}' holds another sweep, of other circuits, values or measures; give another --out, or remove it.");
            using var stream = new FileStream(csv, FileMode.Open, FileAccess.ReadWrite);
            var (lines, end) = WholeLines(stream);
            stream.SetLength(end);
            if (lines > 0) return lines - 1;
        }
        AtomicFile.Write(json, stream => JsonSerializer.Serialize(stream, record, RunJson.Default.SweepRecord));
        AtomicFile.Write(csv, stream => stream.Write(Encoding.UTF8.GetBytes(string.Join(',', columns) + "\n")));
        return 0;
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

    public static void Append(string folder, string? shard, IEnumerable<double[]> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows) text.AppendJoin(',', row.Select(Text)).Append('\n');
        File.AppendAllText(Path.Combine(folder, Name(shard) + ".csv"), text.ToString());
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
            throw new Failure(ExitCode.Usage, $"'{json}' is no record of a sweep: {error.Message}");
        }
    }

    /// <summary>The rows of a table, in order.</summary>
    public static (string Header, string[] Lines) Lines(string folder, string? shard)
    {
        var lines = File.ReadAllLines(Path.Combine(folder, Name(shard) + ".csv"));
        return (lines.Length > 0 ? lines[0] : "", lines[Math.Min(1, lines.Length)..]);
    }

    /// <summary>The numbers of rows.</summary>
    public static double[][] Numbers(IEnumerable<string> lines)
        => [.. lines.Select(line => line.Split(',').Select(f => f.Length == 0 ? double.NaN : double.Parse(f, CultureInfo.InvariantCulture)).ToArray())];
}
