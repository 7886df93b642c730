namespace Organics;

/// <summary>Keeps a second training out of the folder of a run; the operating system lets go of it when the process ends, however it ends.</summary>
sealed class RunLock : IDisposable
{
    /// <summary>The file, which is there while a training runs.</summary>
    public const string File = ".lock";

    readonly FileStream _stream;

    RunLock(FileStream stream) => _stream = stream;

    /// <summary>Takes the lock of a folder, which is made if need be.</summary>
    /// <exception cref="Failure">Another training has it, or the folder cannot be written.</exception>
    public static RunLock Take(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new(Open(folder, FileMode.OpenOrCreate));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage(IsTaken(folder)
                ? $"Another training runs in '{folder}'; wait until it ends, or give another --out."
                : $"The run folder '{folder}' cannot be written: {error.Message.TrimEnd('.')}; make it writable, or give another --out.");
        }
    }

    /// <summary>Whether a training runs in a folder.</summary>
    public static bool IsTaken(string folder)
    {
        try
        {
            if (!System.IO.File.Exists(Path.Combine(folder, File))) return false;
            using var free = Open(folder, FileMode.Open);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    static FileStream Open(string folder, FileMode mode) => new(Path.Combine(folder, File), mode, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);

    public void Dispose() => _stream.Dispose();
}
