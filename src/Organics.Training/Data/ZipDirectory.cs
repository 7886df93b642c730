using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Organics;

/// <summary>One file in a ZIP archive.</summary>
/// <param name="Name">Its path in the archive.</param>
/// <param name="IsDeflated">Deflated, or else stored.</param>
/// <param name="Crc">CRC-32 of its content.</param>
/// <param name="Packed">Bytes that it takes in the archive.</param>
/// <param name="Length">Bytes of its content.</param>
/// <param name="Offset">Where its bytes begin in the archive.</param>
sealed record ZipEntry(string Name, bool IsDeflated, uint Crc, long Packed, long Length, long Offset)
{
    /// <summary>The content as a stream; the caller checks its length and <see cref="Crc"/>.</summary>
    public Stream Open(ByteSource archive)
    {
        Stream packed = archive.Part(Offset, Packed);
        return IsDeflated ? new DeflateStream(packed, CompressionMode.Decompress) : packed;
    }
}

/// <summary>
/// Reads what a ZIP archive holds (APPNOTE 6.3), with 64-bit lengths. Strict where <see cref="ZipArchive"/> is lenient: the directory ends the file, entries
/// do not overlap, and what each announces fits its place. Neither encryption nor any packing but deflate.
/// </summary>
static class ZipDirectory
{
    const uint EndMagic = 0x06054B50, End64Magic = 0x06064B50, Locator64Magic = 0x07064B50, EntryMagic = 0x02014B50, LocalMagic = 0x04034B50;
    const int EndLength = 22, End64Length = 56, Locator64Length = 20, EntryLength = 46, LocalLength = 30;

    // Of ten thousand arrays with long names the directory takes one or two megabytes.
    const int LongestDirectory = 1 << 26;

    // Deflate encodes at most 258 bytes in two bits (RFC 1951).
    const long MostExpansion = 1032;

    /// <summary>The entries in the order of the directory.</summary>
    /// <exception cref="InvalidDataException">It is no such archive.</exception>
    public static IReadOnlyList<ZipEntry> Read(ByteSource archive, string name)
    {
        (long begin, long end, long count) = Find(archive, name);
        if (begin < 0 || end - begin < 0 || end > archive.Length || count < 0 || count > (end - begin) / EntryLength)
            throw Invalid(name, "its directory is not where it says");
        if (end - begin > LongestDirectory) throw Invalid(name, $"its directory takes {end - begin} bytes, more than the {LongestDirectory} that are read");
        byte[] directory = new byte[end - begin];
        archive.Read(begin, directory);
        var entries = new List<ZipEntry>();
        int at = 0;
        for (long i = 0; i < count; i++)
        {
            entries.Add(Entry(archive, begin, directory.AsSpan(at), out int length, name));
            at += length;
        }
        if (at != directory.Length) throw Invalid(name, "its directory has more than its entries");
        long covered = 0;
        foreach (ZipEntry entry in entries.OrderBy(entry => entry.Offset))
        {
            if (entry.Offset - LocalLength < covered) throw Invalid(name, $"'{entry.Name}' overlaps another entry");
            covered = entry.Offset + entry.Packed;
        }
        return entries;
    }

    // Where the directory begins and ends, and how many entries it has.
    static (long Begin, long End, long Count) Find(ByteSource archive, string name)
    {
        // A comment of at most 64 KiB may follow.
        int tailLength = (int)Math.Min(archive.Length, EndLength + ushort.MaxValue);
        byte[] tail = new byte[tailLength];
        archive.Read(archive.Length - tailLength, tail);
        for (int at = tailLength - EndLength; at >= 0; at--)
        {
            ReadOnlySpan<byte> end = tail.AsSpan(at);
            if (U32(end, 0) != EndMagic || U16(end, 20) != end.Length - EndLength) continue;
            long place = archive.Length - tailLength + at;
            uint length = U32(end, 12), begin = U32(end, 16);
            ushort count = U16(end, 10);
            // Python writes the wide numbers from 2 GiB on, beside the narrow ones as long as these suffice.
            if (IsWide(archive, place)) return Find64(archive, place, name);
            if (U16(end, 4) != 0 || U16(end, 6) != 0 || U16(end, 8) != count) throw Invalid(name, "it is a part of an archive of several files");
            if (begin + (long)length != place) throw Invalid(name, "its directory is not where it says");
            return (begin, place, count);
        }
        throw Invalid(name, "it has no directory at its end, because it is torn or no ZIP archive");
    }

    static bool IsWide(ByteSource archive, long end)
    {
        if (end < Locator64Length) return false;
        Span<byte> magic = stackalloc byte[4];
        archive.Read(end - Locator64Length, magic);
        return U32(magic, 0) == Locator64Magic;
    }

    static (long Begin, long End, long Count) Find64(ByteSource archive, long end, string name)
    {
        if (end < Locator64Length + End64Length) throw Invalid(name, "its directory is not where it says");
        Span<byte> locator = stackalloc byte[Locator64Length], end64 = stackalloc byte[End64Length];
        archive.Read(end - Locator64Length, locator);
        long place = U63(locator, 8, name);
        if (place != end - Locator64Length - End64Length) throw Invalid(name, "its directory is not where it says");
        archive.Read(place, end64);
        long count = U63(end64, 32, name), length = U63(end64, 40, name), begin = U63(end64, 48, name);
        if (U32(end64, 0) != End64Magic || U63(end64, 24, name) != count || begin > place || length != place - begin)
            throw Invalid(name, "its directory is not where it says");
        return (begin, place, count);
    }

    static ZipEntry Entry(ByteSource archive, long directory, ReadOnlySpan<byte> entry, out int length, string name)
    {
        if (entry.Length < EntryLength || U32(entry, 0) != EntryMagic) throw Invalid(name, "its directory is damaged");
        int nameLength = U16(entry, 28), extraLength = U16(entry, 30);
        length = EntryLength + nameLength + extraLength + U16(entry, 32);
        if (entry.Length < length) throw Invalid(name, "its directory is damaged");
        ushort flags = U16(entry, 8), method = U16(entry, 10);
        ReadOnlySpan<byte> nameBytes = entry.Slice(EntryLength, nameLength);
        // Bit 11 says UTF-8; without it names are ASCII, for all that NumPy writes.
        string own = ((flags & 0x800) != 0 ? Encoding.UTF8 : Encoding.Latin1).GetString(nameBytes);
        if ((flags & 0x2041) != 0) throw Invalid(name, $"'{own}' is encrypted, where arrays are read in the clear");
        if (method is not (0 or 8)) throw Invalid(name, $"'{own}' is packed by method {method}, where stored (0) and deflated (8) are read");
        long packed = U32(entry, 20), whole = U32(entry, 24), local = U32(entry, 42);
        Wide(entry.Slice(EntryLength + nameLength, extraLength), ref whole, ref packed, ref local, name);

        Span<byte> before = stackalloc byte[LocalLength];
        if (local > directory - LocalLength) throw Invalid(name, $"'{own}' is not where the directory says");
        archive.Read(local, before);
        long offset = local + LocalLength + U16(before, 26) + U16(before, 28);
        if (U32(before, 0) != LocalMagic || U16(before, 8) != method || U16(before, 26) != nameLength || offset > directory || packed > directory - offset)
            throw Invalid(name, $"'{own}' is not where the directory says");
        byte[] again = new byte[nameLength];
        archive.Read(local + LocalLength, again);
        if (!nameBytes.SequenceEqual(again)) throw Invalid(name, $"'{own}' has another name before its content");
        if (method == 0 ? packed != whole : whole > packed * MostExpansion)
            throw Invalid(name, $"'{own}' announces {whole} bytes, which its {packed} bytes cannot hold");
        return new ZipEntry(own, method == 8, U32(entry, 16), packed, whole, offset);
    }

    // An extra field has those of the three that do not fit into 32 bits, in this order.
    static void Wide(ReadOnlySpan<byte> extra, ref long whole, ref long packed, ref long local, string name)
    {
        for (; extra.Length >= 4; extra = extra[(4 + U16(extra, 2))..])
        {
            if (4 + U16(extra, 2) > extra.Length) throw Invalid(name, "its directory is damaged");
            if (U16(extra, 0) != 1) continue;
            ReadOnlySpan<byte> wide = extra.Slice(4, U16(extra, 2));
            Widen(ref whole, ref wide, name);
            Widen(ref packed, ref wide, name);
            Widen(ref local, ref wide, name);
            return;
        }
    }

    static void Widen(ref long number, ref ReadOnlySpan<byte> wide, string name)
    {
        if (number != uint.MaxValue) return;
        if (wide.Length < 8) throw Invalid(name, "its directory is damaged");
        number = U63(wide, 0, name);
        wide = wide[8..];
    }

    static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    static long U63(ReadOnlySpan<byte> bytes, int at, string name) =>
        BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]) is >= 0 and var number ? number : throw Invalid(name, "its directory is damaged");

    /// <summary>What is said of an archive that cannot be read.</summary>
    internal static InvalidDataException Invalid(string name, string what, Exception? inner = null) =>
        new($"'{name}' cannot be read as an .npz file: {what}; write it anew with numpy.savez.", inner);
}
