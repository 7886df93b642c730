using System.Text;

namespace Organics;

/// <summary>The folder that a command writes what it found into.</summary>
static class OutFolder
{
    /// <summary>Makes it if need be, and sees before anything is computed whether it can be written.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="option">By which it was named.</param>
    /// <exception cref="Failure">It cannot be made or written.</exception>
    public static void Make(string folder, string option = "--out")
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var trial = new FileStream(Path.Combine(folder, Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1,
                FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(folder, error, option);
        }
    }

    /// <summary>Writes a text file into it, all or nothing.</summary>
    /// <exception cref="Failure">The folder cannot be written.</exception>
    public static void Save(string folder, string name, string text) => Save(folder, name, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Writes a file into it, all or nothing.</summary>
    /// <exception cref="Failure">The folder cannot be written.</exception>
    public static void Save(string folder, string name, Action<Stream> write)
    {
        try
        {
            AtomicFile.Write(Path.Combine(folder, name), write);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(folder, error);
        }
    }

    /// <summary>The folder, what keeps it from being written, and what to do.</summary>
    public static Failure Unwritable(string folder, Exception error, string option = "--out") => Failure.Usage(Printable.Of(
        // The system names a file of no one's making, such as a temporary one.
        $"The folder '{folder}' cannot be written: {(error is UnauthorizedAccessException ? "access is denied" : error.Message.TrimEnd('.'))}; make it writable, "
        + $"or name another, as by {option}."));
}
