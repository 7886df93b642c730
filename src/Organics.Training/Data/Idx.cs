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
/// Reads and writes IDX, the format of MNIST: a big-endian magic number (2051 for images, 2049 for labels), one big-endian length per axis, then the elements,
/// big-endian, too. Strict: a file is refused unless it is exactly as long as its header says, before anything is read for what it says. Gzip is recognised by
/// content, not by name; it must be whole, in one member, with nothing behind it.
/// </summary>
public static class Idx
{
    /// <summary>Magic number of a three-axis array of bytes (count × rows × columns).</summary>
    public const int ImagesMagic = 2051;

    /// <summary>Magic number of a one-axis array of bytes (count).</summary>
    public const int LabelsMagic = 2049;

    // Deflate encodes at most 258 bytes in two bits (RFC 1951).
    const long MostExpansion = 1032;

    // Header and trailer of a gzip member, at least (RFC 1952).
    const int GzipOverhead = 18;

    // As many as an array of NumPy.
    const int MostAxes = 64;

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

    /// <summary>Opens an IDX file of any element type and number of axes: from a raw file numbers are read on request, a gzipped one is unpacked into
    /// memory.</summary>
    /// <param name="path">The file; it must not change until the array is disposed.</param>
    /// <exception cref="DataUnavailableException">There is no such file, or it may not be read.</exception>
    /// <exception cref="InvalidDataException">The file is not a complete IDX file.</exception>
    public static NumberArray ReadArray(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileBytes file = FileBytes.Open(path);
        using Stream stream = Open(path);
        return ReadArray(stream, file, path);
    }

    /// <summary>The same from a stream and the bytes that it reads.</summary>
    internal static NumberArray ReadArray(Stream stream, ByteSource file, string name) => With(stream, content =>
    {
        (NumberType type, int[] dimensions) = Header(content, stream.Length, null, name);
        return content.IsGzip ? new NumberArray(name, type, dimensions, new MemoryBytes<byte>(Data(content, type, dimensions, name)), 0, isBigEndian: true)
            : new NumberArray(name, type, dimensions, file.Share(), HeaderLength(dimensions.Length), isBigEndian: true);
    });

    /// <summary>What a file of any element type announces, checked against its length; nothing else is read.</summary>
    internal static (NumberType Type, int[] Dimensions) ReadHeader(string path)
    {
        using Stream stream = Open(path);
        return With(stream, content => Header(content, stream.Length, null, path));
    }

    /// <summary>Reads an IDX array with the given magic number from <paramref name="stream"/>, raw or gzipped, to its end.</summary>
    /// <param name="stream">A seekable stream that is the whole file.</param>
    /// <param name="magic"><see cref="ImagesMagic"/> or <see cref="LabelsMagic"/>.</param>
    /// <param name="name">The name that messages give to the stream.</param>
    /// <exception cref="InvalidDataException">The content is not a complete IDX array of that sort.</exception>
    public static IdxArray Read(Stream stream, int magic, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanSeek) throw new ArgumentException("The stream cannot seek; copy it into a MemoryStream first.", nameof(stream));
        return With(stream, content => Body(content, Header(content, stream.Length, magic, name).Dimensions, magic, name));
    }

    /// <summary>The dimensions that a file announces, checked against its length; nothing else is read.</summary>
    internal static IReadOnlyList<int> ReadDimensions(string path, int magic)
    {
        using Stream stream = Open(path);
        return With(stream, content => Header(content, stream.Length, magic, path).Dimensions);
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
        stream.Write(HeaderOf(magic, dimensions));
        stream.Write(data);
    }

    static byte[] HeaderOf(int magic, ReadOnlySpan<int> dimensions)
    {
        byte[] header = new byte[4 + 4 * dimensions.Length];
        BinaryPrimitives.WriteInt32BigEndian(header, magic);
        for (int i = 0; i < dimensions.Length; i++) BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * i), dimensions[i]);
        return header;
    }

    static IdxArray ReadFile(string path, int magic)
    {
        using Stream stream = Open(path);
        return Read(stream, magic, path);
    }

    /// <summary>Bytes of an uncompressed file with these dimensions.</summary>
    internal static long LengthOf(IReadOnlyList<int> dimensions) =>
        HeaderLength(dimensions.Count) + dimensions.Aggregate(1L, (product, length) => product * length);

    static Stream Open(string path) => BoundedRead.LengthOf(path) == 0 ? Stream.Null : File.OpenRead(path);

    /// <summary>A file's content, unpacked where it is packed.</summary>
    readonly record struct Content(Stream Stream, bool IsGzip, uint Announced);

    static T With<T>(Stream stream, Func<Content, T> read)
    {
        stream.Position = 0;
        bool gzipped = stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
        uint announced = 0;
        if (gzipped && stream.Length >= GzipOverhead)
        {
            // The last four bytes are the length of what was packed, modulo 2³².
            Span<byte> last = stackalloc byte[4];
            stream.Position = stream.Length - 4;
            stream.ReadExactly(last);
            announced = BinaryPrimitives.ReadUInt32LittleEndian(last);
        }
        stream.Position = 0;
        if (!gzipped) return read(new Content(stream, false, 0));
        using var unzipped = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
        return read(new Content(unzipped, true, announced));
    }

    // Of the sort that the magic number says, or, without one, of any.
    static (NumberType Type, int[] Dimensions) Header(Content content, long fileLength, int? magic, string name)
    {
        Span<byte> start = stackalloc byte[4];
        int got = Fill(content.Stream, start, name);
        if (got < 4) throw Ends(got, magic is { } known ? HeaderLength(known & 0xFF) : 8);
        int found = BinaryPrimitives.ReadInt32BigEndian(start);
        if (magic is { } expected && found != expected) throw Invalid(Other(name, found, expected));
        if (TypeOf(found) is not { } type || (found & 0xFF) is 0 or > MostAxes)
            throw Invalid($"'{name}' begins with {found}, which is no magic number of IDX (two zero bytes, the type of the elements and the number of axes, 1 to {MostAxes}); give an IDX file.");

        byte[] lengths = new byte[4 * (found & 0xFF)];
        got = Fill(content.Stream, lengths, name);
        if (got < lengths.Length) throw Ends(4 + got, 4 + lengths.Length);
        // What is unpacked, or wanted as bytes, becomes one array in memory.
        long most = content.IsGzip || magic is not null ? Array.MaxLength : long.MaxValue / 2;
        int[] dimensions = new int[lengths.Length / 4];
        Int128 length = StoredNumbers.SizeOf(type);
        for (int i = 0; i < dimensions.Length; i++)
        {
            dimensions[i] = BinaryPrimitives.ReadInt32BigEndian(lengths.AsSpan(4 * i));
            length = dimensions[i] <= 0 ? 0 : length * dimensions[i];
            if (length == 0 || length > most)
                throw Invalid($"'{name}' says its shape is ({string.Join(", ", dimensions[..(i + 1)])}, …), where each length must be positive and all together at most {most} bytes; replace the file.");
        }
        long body = (long)length, whole = HeaderLength(dimensions.Length) + body;
        if (!content.IsGzip && fileLength != whole)
            throw Length(name, dimensions, body, fileLength < whole ? $"only {fileLength - (whole - body)} follow the header" : "more follow the header");
        if (content.IsGzip && (content.Announced != (uint)whole || whole > (fileLength - GzipOverhead) * MostExpansion))
            throw Invalid($"'{name}' says its shape is ({string.Join(", ", dimensions)}), which is {body} bytes, but as a gzip file it does not end with that length: it is torn, something stands behind it, or it has several members; pack it anew with gzip.");
        return (type, dimensions);

        InvalidDataException Ends(int after, int header) =>
            Invalid($"'{name}' ends after {after} bytes, where an IDX {(magic is { } sort ? Sort(sort) + " " : "")}file has a header of {header}; replace the file.");
    }

    static IdxArray Body(Content content, int[] dimensions, int magic, string name)
    {
        byte[] data = Data(content, NumberType.U8, dimensions, name);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(HeaderOf(magic, dimensions));
        hash.AppendData(data);
        return new IdxArray(name, dimensions, data, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    static byte[] Data(Content content, NumberType type, int[] dimensions, string name)
    {
        byte[] data = GC.AllocateUninitializedArray<byte>((int)StoredNumbers.Bytes(type, dimensions)!.Value);
        int filled = Fill(content.Stream, data, name);
        if (filled < data.Length) throw Length(name, dimensions, data.Length, $"only {filled} follow the header");
        if (Fill(content.Stream, stackalloc byte[1], name) > 0) throw Length(name, dimensions, data.Length, "more follow the header");
        return data;
    }

    static string Sort(int magic) => magic == ImagesMagic ? "images" : "labels";

    static int HeaderLength(int axes) => 4 + 4 * axes;

    // The type that a magic number names.
    static NumberType? TypeOf(int magic) => (magic >> 8) switch
    {
        8 => NumberType.U8,
        9 => NumberType.I8,
        11 => NumberType.I16,
        12 => NumberType.I32,
        13 => NumberType.F32,
        14 => NumberType.F64,
        _ => null,
    };

    static InvalidDataException Length(string name, int[] dimensions, long length, string found) =>
        Invalid($"'{name}' says its shape is ({string.Join(", ", dimensions)}), which is {length} bytes, but {found}; replace the file.");

    // A magic number is two zero bytes, the type of the elements and the number of axes.
    static string Other(string name, int found, int magic)
    {
        string expected = $"{Sort(magic)} are read as unsigned bytes of {(magic == ImagesMagic ? "3 axes (count, rows, columns)" : "1 axis (count)")}";
        string? type = TypeOf(found) switch
        {
            NumberType.U8 => "unsigned bytes",
            NumberType.I8 => "signed bytes",
            NumberType.I16 => "16-bit integers",
            NumberType.I32 => "32-bit integers",
            NumberType.F32 => "floats",
            NumberType.F64 => "doubles",
            _ => null,
        };
        int axes = found & 0xFF;
        if (type is null || axes == 0) return $"'{name}' was expected to begin with the IDX magic number {magic}, but begins with {found}; {expected}, so give an IDX file.";
        string what = $"'{name}' is an IDX file of {type} with {axes} {(axes == 1 ? "axis" : "axes")} (magic number {found}), but {expected} (magic number {magic})";
        return found is ImagesMagic or LabelsMagic ? $"{what}; check that the file is the {Sort(magic)} file of the set." : $"{what}; convert it to that.";
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
