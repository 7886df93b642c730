namespace Organics;

/// <summary>
/// Writes files all or nothing: into a temporary file in the same folder, flushed to the disk, then renamed over the target.
/// Whoever reads the path sees the old content or the new, never a part. The folder's own entry is not flushed, because .NET cannot open a
/// folder without native calls: after a power failure the old file may be there again, but never half of the new one.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes <paramref name="path"/> with what <paramref name="write"/> puts into the stream; when that throws, the old file stays and no temporary file is left.</summary>
    /// <param name="path">The file to create or replace; its folder is created if need be.</param>
    /// <param name="write">Writes the whole content.</param>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))
            ?? throw new ArgumentException($"'{path}' is a root, where the path of a file was expected.", nameof(path));
        Directory.CreateDirectory(folder);
        string temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (IOException error)
        {
            File.Delete(temporary);
            throw new IOException($"'{path}' could not be written: {error.Message.Replace($" : '{temporary}'", "").TrimEnd('.')}.", error);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
