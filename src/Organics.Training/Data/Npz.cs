using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Organics;

/// <summary>
/// Reads and writes .npz, NumPy's file of named arrays: a ZIP archive of .npy files, stored (<c>numpy.savez</c>) or deflated (<c>numpy.savez_compressed</c>).
/// Strict: see <see cref="Npy"/>; besides, every entry is an array with a name of its own, its check sum is right, and what it announces can be in the file,
/// which is checked before memory is taken for it.
/// </summary>
public static class Npz
{
    const string Extension = ".npy";
    const int BufferBytes = 1 << 16;

    /// <summary>Opens a file. Its check sums are compared now; stored arrays are then read on request, deflated ones are unpacked into memory.</summary>
    /// <param name="path">The file; it must not change until the arrays are disposed.</param>
    /// <returns>The arrays by name, in the order of the file. Arrays of texts or objects are not listed, and to ask for one is an <see
    /// cref="InvalidDataException"/>.</returns>
    /// <exception cref="DataUnavailableException">There is no such file, or it may not be read.</exception>
    /// <exception cref="InvalidDataException">It is no .npz file, or damaged.</exception>
    public static IReadOnlyDictionary<string, NumberArray> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileBytes file = FileBytes.Open(path);
        return Read(file, path);
    }

    /// <summary>Reads a file already in memory; stored arrays refer to <paramref name="file"/>, without copies.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">The name that messages give to it.</param>
    /// <returns>The arrays by name, in the order of the file. Arrays of texts or objects are not listed, and to ask for one is an <see
    /// cref="InvalidDataException"/>.</returns>
    /// <exception cref="InvalidDataException">It is no .npz file, or damaged.</exception>
    public static IReadOnlyDictionary<string, NumberArray> Parse(ReadOnlyMemory<byte> file, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Read(new MemoryBytes<byte>(file), name);
    }

    /// <summary>Writes a file, all or nothing: stored, and the same bytes for the same arrays. <c>numpy.load</c> reads it.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="arrays">The arrays by name, in the order they are to have; together less than 4 GiB.</param>
    /// <exception cref="ArgumentException">Two have the same name, one has none, or they are too large.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, NumberArray>> arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        KeyValuePair<string, NumberArray>[] all = [.. arrays];
        var names = new HashSet<string>(StringComparer.Ordinal);
        long length = 0;
        foreach ((string name, NumberArray array) in all)
        {
            ArgumentNullException.ThrowIfNull(array, nameof(arrays));
            if (string.IsNullOrEmpty(name) || Encoding.UTF8.GetByteCount(name) > ushort.MaxValue - Extension.Length)
                throw new ArgumentException($"The name of an array has {name?.Length ?? 0} characters, where an .npz file has 1 to 65,000; name each array.", nameof(arrays));
            if (!names.Add(name)) throw new ArgumentException($"Two arrays are called '{name}'; names must differ.", nameof(arrays));
            length += Npy.LengthOf(array) + 4 * (long)Encoding.UTF8.GetByteCount(name) + 100;
        }
        if (length > uint.MaxValue || all.Length >= ushort.MaxValue)
            throw new ArgumentException($"The {all.Length} arrays would take {length} bytes, where an .npz file of less than 4 GiB and 65,535 arrays is written; write several files.", nameof(arrays));
        AtomicFile.Write(path, stream => Write(stream, all));
    }

    static NamedArrays Read(ByteSource archive, string name) => NamedArrays.Of(arrays =>
    {
        foreach (ZipEntry entry in ZipDirectory.Read(archive, name))
        {
            if (!entry.Name.EndsWith(Extension, StringComparison.Ordinal) || entry.Name.Length == Extension.Length)
                throw ZipDirectory.Invalid(name, $"it holds '{entry.Name}', where each entry is an array called NAME{Extension}");
            string key = entry.Name[..^Extension.Length];
            if (arrays.Has(key)) throw ZipDirectory.Invalid(name, $"it holds '{key}' twice");
            Add(arrays, key, archive, entry, $"{name}:{key}");
        }
    });

    static void Add(NamedArrays arrays, string key, ByteSource archive, ZipEntry entry, string name)
    {
        using var content = new Summed(entry, archive, name);
        // What the header says is compared with what the archive announces before memory is taken.
        NpyHeader header = NpyHeader.Read(content, entry.Length, name);
        if (header.Refusal is { } sentence) arrays.Refuse(key, sentence);
        else arrays.Add(key, entry.IsDeflated ? Npy.OfStream(content, header, name) : Npy.Read(archive, entry.Offset, content, header, name));
        content.Finish();
    }

    static void Write(Stream stream, KeyValuePair<string, NumberArray>[] arrays)
    {
        var directory = new ArrayBufferWriter<byte>();
        foreach ((string key, NumberArray array) in arrays)
        {
            long begin = stream.Position;
            byte[] name = Encoding.UTF8.GetBytes(key + Extension);
            uint length = (uint)Npy.LengthOf(array);
            stream.Write(Local(name, 0, length));
            var sum = new Sum(stream);
            Npy.Write(sum, array);
            // The sum is known only now.
            long end = stream.Position;
            byte[] local = Local(name, sum.Value, length);
            stream.Position = begin;
            stream.Write(local);
            stream.Position = end;
            directory.Write(Central(local, name, (uint)begin));
        }
        uint at = (uint)stream.Position;
        stream.Write(directory.WrittenSpan);
        Span<byte> last = stackalloc byte[22];
        last.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(last, 0x06054B50);
        BinaryPrimitives.WriteUInt16LittleEndian(last[8..], (ushort)arrays.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(last[10..], (ushort)arrays.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(last[12..], (uint)directory.WrittenCount);
        BinaryPrimitives.WriteUInt32LittleEndian(last[16..], at);
        stream.Write(last);
    }

    // What stands before an entry: stored, by version 2.0 of the format, on the first day that it knows (1 January 1980).
    static byte[] Local(byte[] name, uint sum, uint length)
    {
        byte[] header = new byte[30 + name.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x04034B50);
        header[4] = 20;
        if (!Ascii.IsValid(name)) BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), 0x800);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(12), 0x21);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(14), sum);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(18), length);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(22), length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(26), (ushort)name.Length);
        name.CopyTo(header, 30);
        return header;
    }

    // The directory repeats it, and says where it stands.
    static byte[] Central(byte[] local, byte[] name, uint begin)
    {
        byte[] header = new byte[46 + name.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x02014B50);
        header[4] = 20;
        local.AsSpan(4, 26).CopyTo(header.AsSpan(6));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(42), begin);
        name.CopyTo(header, 46);
        return header;
    }

    /// <summary>An entry's content, whose length and sum are compared with what the archive announces.</summary>
    sealed class Summed(ZipEntry entry, ByteSource archive, string name) : ReadOnlyStream
    {
        readonly Stream _content = entry.Open(archive);
        Crc32 _sum;
        long _length;

        public override int Read(Span<byte> buffer)
        {
            int got;
            try
            {
                got = _content.Read(buffer);
            }
            catch (InvalidDataException error) when (entry.IsDeflated)
            {
                throw ZipDirectory.Invalid(name, "its bytes are not what deflate writes", error);
            }
            _sum.Append(buffer[..got]);
            _length += got;
            return _length <= entry.Length ? got : throw Other("more follow");
        }

        /// <summary>Reads what is left.</summary>
        public void Finish()
        {
            byte[] buffer = new byte[BufferBytes];
            while (Read(buffer) > 0) { }
            if (_length < entry.Length) throw Other($"only {_length} are there");
            if (_sum.Value != entry.Crc) throw ZipDirectory.Invalid(name, $"its CRC-32 is {_sum.Value:x8}, where {entry.Crc:x8} is announced");
        }

        InvalidDataException Other(string found) => ZipDirectory.Invalid(name, $"{entry.Length} bytes are announced, but {found}");

        protected override void Dispose(bool disposing)
        {
            if (disposing) _content.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>Writes through, and sums.</summary>
    sealed class Sum(Stream stream) : Stream
    {
        Crc32 _sum;

        public uint Value => _sum.Value;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _sum.Append(buffer);
            stream.Write(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush() => stream.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
