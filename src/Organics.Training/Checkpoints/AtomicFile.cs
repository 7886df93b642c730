namespace Organics;

/// <summary>
/// Writes files all or nothing: into a temporary file in the same folder, flushed to the disk, then renamed over the target.
/// Whoever reads the path sees the old content or the new, never a part. The folder's own entry is not flushed, because .NET cannot open a
/// folder without native calls: after a power failure the old file may be there again, but never half of the new one.
/// </summary>
static class AtomicFile
{
    const string Extension = ".tmp";

    // No write takes so long: a temporary file of this age is what a killed process has left.
    static readonly TimeSpan LongestWrite = TimeSpan.FromHours(1);

    /// <summary>Writes <paramref name="path"/> with what <paramref name="write"/> puts into the stream; when that throws, the old file stays and no temporary
    /// file is left.</summary>
    /// <param name="path">The file to create or replace; its folder is created if need be.</param>
    /// <param name="write">Writes the whole content.</param>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))
            ?? throw new ArgumentException($"'{path}' is a root, where the path of a file was expected.", nameof(path));
        Directory.CreateDirectory(folder);
        string temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}{Extension}");
        DeleteLeftOvers(folder, Path.GetFileName(path));
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

    /// <summary>Whether a name is one that <see cref="Write"/> gives to its temporary files. A killed process may leave one behind; the next write of the same
    /// file deletes it once it is an hour old.</summary>
    /// <param name="name">A file's name without its folder.</param>
    public static bool IsTemporary(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        // A dot, the name of the target, a dot, 32 hexadecimal digits, the extension.
        int end = name.Length - Extension.Length, start = end - 32;
        return start > 2 && name[0] == '.' && name[start - 1] == '.' && name.EndsWith(Extension, StringComparison.Ordinal) && Guid.TryParseExact(name.AsSpan(start, 32), "N", out _);
    }

    static void DeleteLeftOvers(string folder, string target)
    {
        DateTime before = DateTime.UtcNow - LongestWrite;
        try
        {
            foreach (string file in Directory.EnumerateFiles(folder, $".{target}.*{Extension}"))
                if (IsTemporary(Path.GetFileName(file)) && File.GetLastWriteTimeUtc(file) < before) File.Delete(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another user's, or of a folder that may not be listed: no reason not to write.
        }
    }
}
