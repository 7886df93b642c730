using System.Globalization;
using System.Text;

namespace Organics;

/// <summary>
/// Reads a CSV file as RFC 4180 has it, record by record: UTF-8, commas, quotes around what holds a comma, a quote or the end of a line, and a header line of
/// which every other has as many fields. Numbers are written with a point, whatever the machine's culture.
/// </summary>
sealed class CsvReader : IDisposable
{
    // A quote without an end would make one field of all that follows.
    const int LongestRecord = 1 << 22;

    // From here on a double does not hold each whole number.
    const long MostExact = 1L << 53;

    readonly StreamReader _reader;
    readonly string _name;
    readonly char[] _buffer = new char[1 << 14];
    readonly List<int> _ends = [];
    char[] _record = new char[256];
    int _at, _filled, _used;
    int _nextLine = 1;

    /// <summary>Reads the header line.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="InvalidDataException">There is no header, or it names a column twice.</exception>
    public CsvReader(Stream stream, string name)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        _reader = new StreamReader(stream, utf8, detectEncodingFromByteOrderMarks: false);
        _name = name;
        // Excel's mark of UTF-8.
        if (Peek() == '\uFEFF') _at++;
        if (!Record()) throw new InvalidDataException($"'{name}' is empty, where a line that names its columns was expected; write one.");
        string[] columns = new string[_ends.Count];
        for (int i = 0; i < columns.Length; i++)
        {
            columns[i] = Field(i).Trim().ToString();
            if (columns[i].Length == 0) throw new InvalidDataException($"'{name}' has no name for column {i + 1} in its first line; name each column.");
            if (Array.IndexOf(columns, columns[i], 0, i) >= 0)
                throw new InvalidDataException($"'{name}' has two columns called '{columns[i]}'; give them different names.");
        }
        if (columns.All(column => double.TryParse(column, NumberStyles.Float, CultureInfo.InvariantCulture, out _)) && !IsNumbered(columns))
            throw new InvalidDataException($"'{name}' begins with numbers, where a line that names its columns was expected; write one above them.");
        Columns = columns;
    }

    // Columns may be called 0, 1, 2, … or 1, 2, 3, ….
    static bool IsNumbered(string[] columns)
        => columns.Select((column, i) => column == $"{i}").All(same => same) || columns.Select((column, i) => column == $"{i + 1}").All(same => same);

    /// <summary>The names in the header line.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The line in which the present record begins, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>Steps to the next record; false at the end.</summary>
    /// <exception cref="InvalidDataException">It has another number of fields than the header, or is no CSV.</exception>
    public bool Next()
    {
        if (!Record()) return false;
        if (_ends.Count != Columns.Count)
            throw new InvalidDataException($"'{_name}' has {_ends.Count} {(_ends.Count == 1 ? "field" : "fields")} in line {Line}, where the first line "
                + $"names {Columns.Count} columns; give each line as many, separated by commas.");
        return true;
    }

    /// <summary>A field of the present record.</summary>
    public ReadOnlySpan<char> Field(int column)
    {
        int begin = column == 0 ? 0 : _ends[column - 1];
        return _record.AsSpan(begin, _ends[column] - begin);
    }

    /// <summary>A field that is a finite number.</summary>
    /// <param name="column">The column.</param>
    /// <param name="isWhole">Whether it is a whole number, written without a point or exponent, that a double holds exactly.</param>
    /// <exception cref="InvalidDataException">It is empty, no number or not finite.</exception>
    public double Number(int column, out bool isWhole)
    {
        ReadOnlySpan<char> field = Field(column);
        isWhole = long.TryParse(field, NumberStyles.Integer, CultureInfo.InvariantCulture, out long whole) && whole is >= -MostExact and <= MostExact;
        if (isWhole) return whole;
        if (double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)) return number;
        throw Wrong(column, field.IsEmpty ? "is empty, where a number was expected; write one, or leave the line out"
            : "is no finite number, as in -1.5 or 2e-3 with a point; write one, or leave the line out");
    }

    /// <summary>The same of what is asked for, which may be a class by name.</summary>
    /// <inheritdoc cref="Number"/>
    public double Target(int column, out bool isWhole)
    {
        if (Field(column) is var field && !field.IsEmpty && !double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
            throw Wrong(column, "is no number; number the classes from 0, as in 0 for rest and 1 for move, and write other targets as in -1.5 or 2e-3");
        return Number(column, out isWhole);
    }

    /// <summary>What is said of a field that is not as expected.</summary>
    public InvalidDataException Wrong(int column, string what)
    {
        const int most = 40;
        ReadOnlySpan<char> field = Field(column);
        string shown = field.IsEmpty ? "the field" : field.Length > most ? $"'{field[..most]}…'" : $"'{field}'";
        return new InvalidDataException($"'{_name}', line {Line}, column '{Columns[column]}': {shown} {what}.");
    }

    public void Dispose() => _reader.Dispose();

    bool Record()
    {
        _ends.Clear();
        _used = 0;
        Line = _nextLine;
        if (Peek() < 0) return false;
        for (; ; )
        {
            if (Peek() == '"') Quoted();
            else Plain();
            _ends.Add(_used);
            switch (Peek())
            {
                case ',':
                    Take();
                    continue;
                case '\r':
                    Take();
                    if (Peek() is not ('\n' or < 0)) throw Bad("a carriage return that no line feed follows; end lines with one or both");
                    break;
            }
            if (Peek() == '\n') Take();
            return true;
        }
    }

    void Plain()
    {
        while (Peek() is not (',' or '\n' or '\r' or < 0))
        {
            char c = Take();
            if (c == '"') throw Bad("a quote inside a field; put the whole field into quotes and double those inside");
            Add(c);
        }
    }

    void Quoted()
    {
        Take();
        for (; ; )
        {
            if (Peek() < 0) throw Bad("a quote that nothing closes; close it");
            char c = Take();
            if (c != '"')
            {
                Add(c);
                continue;
            }
            if (Peek() == '"') Add(Take());
            else if (Peek() is ',' or '\n' or '\r' or < 0) return;
            else throw Bad("something behind the closing quote of a field; put the whole field into quotes");
        }
    }

    void Add(char c)
    {
        if (_used == LongestRecord) throw Bad($"more than {LongestRecord} characters up to its end; close its quotes, or write shorter lines");
        if (_used == _record.Length) Array.Resize(ref _record, 2 * _used);
        _record[_used++] = c;
    }

    InvalidDataException Bad(string what) => new($"'{_name}' is no CSV: line {Line} has {what}.");

    int Peek()
    {
        if (_at < _filled) return _buffer[_at];
        try
        {
            _filled = _reader.Read(_buffer);
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidDataException($"'{_name}' is not UTF-8; save it as CSV in UTF-8.", error);
        }
        _at = 0;
        return _filled == 0 ? -1 : _buffer[0];
    }

    char Take()
    {
        char c = _buffer[_at++];
        if (c == '\n') _nextLine++;
        return c;
    }
}
