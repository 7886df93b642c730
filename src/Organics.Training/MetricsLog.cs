using System.Text.Json;

namespace Organics;

/// <summary>One line of a metrics log.</summary>
/// <param name="Step">The step it was measured at.</param>
/// <param name="Values">The numbers by name, such as <c>train_loss</c>.</param>
public sealed record MetricsRow(long Step, IReadOnlyDictionary<string, double> Values);

/// <summary>
/// Appends to <c>metrics.jsonl</c>: one JSON object a line, <c>{"step":12,"train_loss":0.5}</c>, flushed as it is written, so that a run can be watched and
/// loses nothing when it dies. NaN and the infinities, which JSON lacks, are the strings "NaN", "Infinity" and "-Infinity". Steps only grow, and no name is
/// twice in a line.
/// </summary>
public sealed class MetricsLog : IDisposable
{
    const string StepName = "step";
    readonly string _path;
    FileStream _stream;
    long _last = -1;

    /// <summary>Opens the log at <paramref name="path"/> to append, creating it if need be; a last line torn by a crash is dropped.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">A line before the last is no metrics line.</exception>
    public MetricsLog(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _stream = Open(path);
        try
        {
            Repair();
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>Appends one line and flushes it to the operating system.</summary>
    /// <param name="step">The step, 0 or more and above the last one.</param>
    /// <param name="values">The numbers by name, written in this order; <c>step</c> is taken.</param>
    /// <exception cref="ArgumentException">The step is not above the last one, or a name is taken.</exception>
    public void Append(long step, IEnumerable<KeyValuePair<string, double>> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentNullException.ThrowIfNull(values);
        if (step <= _last) throw new ArgumentOutOfRangeException(nameof(step), $"The step is {step}, but the log is at {_last} already; append steps in their order.");
        var names = new HashSet<string>(StringComparer.Ordinal) { StepName };
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteNumber(StepName, step);
            foreach ((string name, double value) in values)
            {
                if (!names.Add(name)) throw new ArgumentException($"A metric cannot be called '{name}'; that is the name of {(name == StepName ? "the step itself" : "another")}.", nameof(values));
                if (double.IsFinite(value)) json.WriteNumber(name, value);
                else json.WriteString(name, double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
            }
            json.WriteEndObject();
        }
        line.WriteByte((byte)'\n');
        line.WriteTo(_stream);
        _stream.Flush();
        _last = step;
    }

    /// <summary>Drops every line past <paramref name="step"/>: what a run does that resumes from the checkpoint of that step. The file is replaced whole or not
    /// at all.</summary>
    /// <param name="step">The last step to keep.</param>
    public void TruncateAfter(long step)
    {
        byte[] content = ReadAll();
        _stream.Dispose();
        try
        {
            AtomicFile.Write(_path, target =>
            {
                int number = 0;
                _last = -1;
                foreach (Range range in content.AsSpan().Split((byte)'\n'))
                {
                    ReadOnlySpan<byte> line = content.AsSpan(range);
                    if (line.IsEmpty || Parse(line, _path, ++number) is not { } row || row.Step > step) continue;
                    target.Write(line);
                    target.WriteByte((byte)'\n');
                    _last = row.Step;
                }
            });
        }
        finally
        {
            _stream = Open(_path);
            _stream.Seek(0, SeekOrigin.End);
        }
    }

    /// <summary>Reads a log; a torn last line is left out.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">A line before the last is no metrics line, or its step is not above that of the line before.</exception>
    public static IReadOnlyList<MetricsRow> Read(string path)
    {
        if (BoundedRead.LengthOf(path) == 0) return [];
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] content = new byte[stream.Length];
        int length = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return [.. Rows(content.AsSpan(0, length), path)];
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    void Repair()
    {
        byte[] content = ReadAll();
        int end = content.AsSpan().LastIndexOf((byte)'\n') + 1;
        _last = Rows(content.AsSpan(0, end), _path) is [.., var last] ? last.Step : -1;
        _stream.SetLength(end);
        _stream.Seek(0, SeekOrigin.End);
    }

    byte[] ReadAll()
    {
        byte[] content = new byte[_stream.Length];
        _stream.Position = 0;
        _stream.ReadExactly(content);
        return content;
    }

    /// <summary>The rows of all lines that end in a line feed.</summary>
    internal static List<MetricsRow> Rows(ReadOnlySpan<byte> content, string path)
    {
        var rows = new List<MetricsRow>();
        for (int end; (end = content.IndexOf((byte)'\n')) >= 0; content = content[(end + 1)..])
        {
            MetricsRow row = Parse(content[..end], path, rows.Count + 1);
            if (rows is [.., var before] && row.Step <= before.Step)
                throw new InvalidDataException($"Line {rows.Count + 1} of '{path}' is of step {row.Step}, but the line before is of step {before.Step}; remove one of them or start a new log.");
            rows.Add(row);
        }
        return rows;
    }

    static MetricsRow Parse(ReadOnlySpan<byte> line, string path, int number)
    {
        long? step = null;
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        try
        {
            var json = new Utf8JsonReader(line);
            bool isObject = json.Read() && json.TokenType == JsonTokenType.StartObject;
            while (isObject && json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string name = json.GetString()!;
                json.Read();
                if (name == StepName) step = step is null && json.GetInt64() is >= 0 and var found64 ? found64 : throw new FormatException("The step is negative or there twice.");
                else if (!values.TryAdd(name, json.TokenType == JsonTokenType.String ? Named(json.GetString()!) : Finite(json.GetDouble()))) throw new FormatException($"'{name}' is there twice.");
            }
            if (isObject && json.Read()) step = null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw Invalid(path, number, error);
        }
        return step is { } found ? new MetricsRow(found, values) : throw Invalid(path, number, null);
    }

    // 1e999 is read as infinity, which is written by its name.
    static double Finite(double value) => double.IsFinite(value) ? value : throw new FormatException("A number is beyond the range of double.");

    static double Named(string text) => text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ => throw new FormatException($"'{text}' is not a number."),
    };

    static InvalidDataException Invalid(string path, int number, Exception? inner) =>
        new($"Line {number} of '{path}' was expected to be a JSON object of numbers, each name once, with a '{StepName}' of 0 or more, but is not; remove that line or start a new log.", inner);

    static FileStream Open(string path) => new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
}
