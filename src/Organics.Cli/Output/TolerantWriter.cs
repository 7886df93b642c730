using System.Globalization;
using System.Text;

namespace Organics;

/// <summary>Passes text on, and throws nothing where that fails: it keeps the first error.</summary>
sealed class TolerantWriter(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
{
    /// <summary>Why something could not be written; null where all was.</summary>
    public Exception? Error { get; private set; }

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void Write(string? value) => Try(() => inner.Write(value));

    // In one piece: lines of several processes in one file stay whole.
    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override void Flush() => Try(inner.Flush);

    void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Error ??= error;
        }
    }
}
