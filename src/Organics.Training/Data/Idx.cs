using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Organics;

/// <summary>An array of unsigned bytes read from an IDX file.</summary>
/// <param name="Name">Where it came from, for messages.</param>
/// <param name="Dimensions">One length per axis, slowest first: (count, rows, columns) for images, (count) for labels.</param>
/// <param name="Data">The bytes, row-major.</param>
/// <param name="Sha256">SHA-256 of the uncompressed file, header included, in lower-case hexadecimal.</param>
public sealed record IdxArray(string Name, IReadOnlyList<int> Dimensions, byte[] Data, string Sha256);

/// <summary>
/// Reads and writes IDX, the format of MNIST: a big-endian magic number (2051 for images, 2049 for labels), one big-endian length per
/// axis, then the bytes. Strict: a file is refused unless it is exactly as long as its header says. Gzip is recognised by content, not by name.
/// </summary>
public static class Idx
{
    /// <summary>Magic number of a three-axis array of bytes (count × rows × columns).</summary>
    public const int ImagesMagic = 2051;

    /// <summary>Magic number of a one-axis array of bytes (count).</summary>
    public const int LabelsMagic = 2049;

    const int Chunk = 1 << 20;

    /// <summary>Reads the images file at <paramref name="path"/>, raw or gzipped.</summary>
    /// <param name="path">The file.</param>
    /// <returns>An array of shape (count, rows, columns).</returns>
    /// <exception cref="InvalidDataException">The file is not a complete IDX images file.</exception>
    public static IdxArray ReadImages(string path) => ReadFile(path, ImagesMagic);

    /// <summary>Reads the labels file at <paramref name="path"/>, raw or gzipped.</summary>
    /// <param name="path">The file.</param>
    /// <returns>An array of shape (count).</returns>
    /// <exception cref="InvalidDataException">The file is not a complete IDX labels file.</exception>
    public static IdxArray ReadLabels(string path) => ReadFile(path, LabelsMagic);

    /// <summary>Reads an IDX array with the given magic number from <paramref name="stream"/>, raw or gzipped, to its end.</summary>
    /// <param name="stream">A seekable stream at the start of the file.</param>
    /// <param name="magic"><see cref="ImagesMagic"/> or <see cref="LabelsMagic"/>.</param>
    /// <param name="name">The name that messages give to the stream.</param>
    /// <exception cref="InvalidDataException">The content is not a complete IDX array of that sort.</exception>
    public static IdxArray Read(Stream stream, int magic, string name)
    {
        bool gzipped = stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
        stream.Position = 0;
        if (!gzipped) return ReadRaw(stream, magic, name);
        using var unzipped = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
        return ReadRaw(unzipped, magic, name);
    }

    /// <summary>Writes images as raw IDX.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="pixels">count × rows × columns bytes.</param>
    /// <param name="rows">Pixels down.</param>
    /// <param name="columns">Pixels across.</param>
    public static void WriteImages(Stream stream, ReadOnlySpan<byte> pixels, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (pixels.Length % (rows * columns) != 0)
            throw new ArgumentException($"'pixels' holds {pixels.Length} bytes, which is no multiple of {rows}×{columns}; pass whole images.", nameof(pixels));
        Write(stream, ImagesMagic, [pixels.Length / (rows * columns), rows, columns], pixels);
    }

    /// <summary>Writes labels as raw IDX.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="labels">One byte per sample.</param>
    public static void WriteLabels(Stream stream, ReadOnlySpan<byte> labels) => Write(stream, LabelsMagic, [labels.Length], labels);

    static void Write(Stream stream, int magic, ReadOnlySpan<int> dimensions, ReadOnlySpan<byte> data)
    {
        Span<byte> header = stackalloc byte[4 + 4 * dimensions.Length];
        BinaryPrimitives.WriteInt32BigEndian(header, magic);
        for (int i = 0; i < dimensions.Length; i++) BinaryPrimitives.WriteInt32BigEndian(header[(4 + 4 * i)..], dimensions[i]);
        stream.Write(header);
        stream.Write(data);
    }

    static IdxArray ReadFile(string path, int magic)
    {
        using FileStream stream = File.OpenRead(path);
        return Read(stream, magic, path);
    }

    static IdxArray ReadRaw(Stream stream, int magic, string name)
    {
        string sort = magic == ImagesMagic ? "images" : "labels";
        Span<byte> header = stackalloc byte[magic == ImagesMagic ? 16 : 8];
        int got = Fill(stream, header, name);
        if (got < 4) throw Invalid($"'{name}' ends after {got} bytes, where an IDX {sort} file has a header of {header.Length}; replace the file.");
        int found = BinaryPrimitives.ReadInt32BigEndian(header);
        if (found != magic)
            throw Invalid($"'{name}' was expected to begin with the IDX magic number {magic} ({sort}), but begins with {found}; check that the file is the {sort} file of the set.");
        if (got < header.Length) throw Invalid($"'{name}' ends after {got} bytes, where an IDX {sort} file has a header of {header.Length}; replace the file.");

        int[] dimensions = new int[(header.Length - 4) / 4];
        long length = 1;
        for (int i = 0; i < dimensions.Length; i++)
        {
            dimensions[i] = BinaryPrimitives.ReadInt32BigEndian(header[(4 + 4 * i)..]);
            length = dimensions[i] <= 0 ? 0 : Math.Min(length * dimensions[i], (long)Array.MaxLength + 1);
            if (length == 0 || length > Array.MaxLength)
                throw Invalid($"'{name}' says its shape is ({string.Join(", ", dimensions[..(i + 1)])}, …), where each length must be positive and all together at most {Array.MaxLength} bytes; replace the file.");
        }

        byte[] data = ReadBody(stream, (int)length, name, out long extent);
        if (extent != length)
            throw Invalid($"'{name}' says its shape is ({string.Join(", ", dimensions)}), which is {length} bytes, but {(extent < length ? $"only {extent} follow" : "more follow")} the header; replace the file.");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header);
        hash.AppendData(data);
        return new IdxArray(name, dimensions, data, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Reads <paramref name="length"/> bytes, growing with what really arrives, so that a false header allocates nothing; extent is length + 1 when more follows.</summary>
    static byte[] ReadBody(Stream stream, int length, string name, out long extent)
    {
        byte[] data = new byte[Math.Min(length, Chunk)];
        int filled = 0;
        while (true)
        {
            filled += Fill(stream, data.AsSpan(filled), name);
            if (filled < data.Length || data.Length == length) break;
            Array.Resize(ref data, (int)Math.Min(length, 2L * data.Length));
        }
        extent = filled == length ? length + (long)Fill(stream, stackalloc byte[1], name) : filled;
        return data;
    }

    static int Fill(Stream stream, Span<byte> buffer, string name)
    {
        try
        {
            return stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException error)
        {
            throw Invalid($"'{name}' is a damaged gzip file; replace the file.", error);
        }
    }

    static InvalidDataException Invalid(string message, Exception? inner = null) => new(message, inner);
}
