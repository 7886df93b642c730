namespace Organics;

/// <summary>Reads what may have no end.</summary>
static class BoundedRead
{
    /// <summary>All that a stream has, or null where that is more than so many bytes.</summary>
    /// <param name="stream">A file or a pipe. What it says of its length is a hint only: that of a pipe or a device is 0.</param>
    /// <param name="most">The most bytes that are accepted; one more is read.</param>
    public static byte[]? ToEnd(Stream stream, int most)
    {
        const int First = 1 << 16;
        if (stream.CanSeek && stream.Length > most) return null;
        var buffer = new byte[stream.CanSeek && stream.Length > 0 ? (int)stream.Length + 1 : First];
        for (var filled = 0; ;)
        {
            filled += stream.ReadAtLeast(buffer.AsSpan(filled), buffer.Length - filled, throwOnEndOfStream: false);
            if (filled > most) return null;
            if (filled < buffer.Length) return buffer[..filled];
            Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, most + 1L));
        }
    }

    /// <summary>
    /// Bytes of the file that a path leads to; 0 for a pipe or a device. It is asked for before such a file is opened: to open a pipe is to wait for whoever
    /// writes into it, and a device may have no end.
    /// </summary>
    public static long LengthOf(string path)
    {
        var file = new FileInfo(path);
        // Of a link it would be the link's own.
        return file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target.Length : file.Length;
    }

    /// <summary>All of a regular file; nothing of what has no length of its own, such as a pipe or a device, which is not even opened; null where it is more
    /// than so many bytes.</summary>
    public static byte[]? OfFile(string path, int most)
    {
        if (LengthOf(path) == 0) return [];
        using var stream = File.OpenRead(path);
        return ToEnd(stream, most);
    }
}
