namespace Organics;

/// <summary>
/// Keeps a second training, of this process or another, out of the folder of a run, and a second sweep away from a table; the operating system lets go of it when the process ends, however it ends.
/// The file stays for good: were it deleted, one training could lock the file that another has opened before and a third the file that took its name.
/// </summary>
sealed class RunLock : IDisposable
{
    /// <summary>The file, which is empty.</summary>
    public const string File = ".lock";

    // EWOULDBLOCK of Linux and of the BSDs, and the sharing violation of Windows.
    const int WouldBlock = 11, WouldBlockOnBsd = 35, SharingViolation = unchecked((int)0x80070020);

    readonly FileStream _stream;

    RunLock(string folder, FileStream stream) => (Folder, _stream) = (folder, stream);

    /// <summary>The folder of the run.</summary>
    public string Folder { get; }

    /// <summary>Takes the lock of a folder, which is made if need be.</summary>
    /// <exception cref="Failure">Another training has it, or the folder cannot be written.</exception>
    public static RunLock Take(string folder) =>
        TryTake(folder) ?? throw Failure.Usage($"Another training runs in '{folder}'; wait until it ends, or give another --out.");

    /// <summary>Takes the lock of a folder, which is made if need be; null where another training has it.</summary>
    /// <exception cref="Failure">The folder cannot be written.</exception>
    public static RunLock? TryTake(string folder) => TryTake(folder, File);

    /// <summary>Takes one of several locks of a folder, which is made if need be; null where another process, or another part of this one, has it.</summary>
    /// <exception cref="Failure">The folder cannot be written.</exception>
    public static RunLock? TryTake(string folder, string file)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new(folder, new FileStream(Path.Combine(folder, file), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (IOException error) when (error.HResult is WouldBlock or WouldBlockOnBsd or SharingViolation)
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw OutFolder.Unwritable(folder, error);
        }
    }

    public void Dispose() => _stream.Dispose();
}
