using System.Buffers;

namespace Organics;

/// <summary>
/// Reads and writes .npy, NumPy's file of one array: versions 1.0 to 3.0, Booleans, integers and floating-point numbers of at most 8 bytes in either byte
/// order, C or Fortran order. Strict: the header is a dictionary of exactly its three keys, and the file exactly as long as it says, which is checked before
/// anything is read. Arrays of objects, of which the format keeps pickles, are refused.
/// </summary>
public static class Npy
{
    const int BufferBytes = 1 << 16;

    /// <summary>Opens a file: its header is read now, its numbers on request. An array in Fortran order is read now, and put into C order in memory.</summary>
    /// <param name="path">The file; it must not change until the array is disposed.</param>
    /// <exception cref="DataUnavailableException">There is no such file, or it may not be read.</exception>
    /// <exception cref="InvalidDataException">It is no .npy file of numbers, or not as long as its header says.</exception>
    public static NumberArray Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileBytes file = FileBytes.Open(path);
        return Whole(file, path);
    }

    /// <summary>Reads a file already in memory; the array refers to <paramref name="file"/>, without copies where it is in C order.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">The name that messages give to it.</param>
    /// <exception cref="InvalidDataException">It is no .npy file of numbers, or not as long as its header says.</exception>
    public static NumberArray Parse(ReadOnlyMemory<byte> file, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Whole(new MemoryBytes<byte>(file), name);
    }

    /// <summary>Writes an array: version 1.0, little-endian, C order; BF16, which NumPy does not have, as float32, which holds it exactly.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="array">The array.</param>
    public static void Write(Stream stream, NumberArray array)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(array);
        NumberType type = Written(array.Type);
        stream.Write(NpyHeader.Of(type, array.Shape));
        int size = StoredNumbers.SizeOf(type), piece = BufferBytes / size;
        byte[] buffer = new byte[Math.Min(piece, array.Length) * size];
        float[] floats = type == array.Type ? [] : new float[buffer.Length / size];
        for (long done = 0; done < array.Length; done += piece)
        {
            int count = (int)Math.Min(piece, array.Length - done);
            Span<byte> bytes = buffer.AsSpan(0, count * size);
            if (type == array.Type)
            {
                array.Fill(done, bytes, bigEndian: false);
            }
            else
            {
                array.Read(done, floats.AsSpan(0, count));
                for (int i = 0; i < count; i++) System.Buffers.Binary.BinaryPrimitives.WriteSingleLittleEndian(bytes[(i * size)..], floats[i]);
            }
            stream.Write(bytes);
        }
    }

    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    internal static long LengthOf(NumberArray array)
    {
        NumberType type = Written(array.Type);
        return NpyHeader.Of(type, array.Shape).Length + array.Length * StoredNumbers.SizeOf(type);
    }

    static NumberType Written(NumberType type) => type == NumberType.BF16 ? NumberType.F32 : type;

    static NumberArray Whole(ByteSource source, string name)
    {
        using Stream stream = source.Part(0, source.Length);
        NpyHeader header = NpyHeader.Read(stream, source.Length, name);
        return header.Refusal is { } sentence ? throw new InvalidDataException(sentence) : Read(source, 0, stream, header, name);
    }

    /// <summary>The array whose file begins somewhere in a source, after its header was read from a stream; it shares the source where its numbers stay
    /// there.</summary>
    internal static NumberArray Read(ByteSource source, long offset, Stream stream, NpyHeader header, string name) =>
        IsFortran(header) ? OfStream(stream, header, name)
        : new NumberArray(name, header.Type, header.Shape, source.Share(), offset + header.Length, header.IsBigEndian);

    /// <summary>The numbers that follow a header in a stream, read into memory and put into C order. The stream may end early, as one that is
    /// unpacked.</summary>
    internal static NumberArray OfStream(Stream stream, NpyHeader header, string name)
    {
        long length = StoredNumbers.Bytes(header.Type, header.Shape)!.Value;
        if (length > Array.MaxLength)
            throw new InvalidDataException($"'{name}' has {length} bytes of numbers that must be unpacked or put into C order, more than the {Array.MaxLength} that can be; save it in C order and unpacked, as numpy.save(path, numpy.ascontiguousarray(array)) does.");
        byte[] data = new byte[length];
        bool isWhole = IsFortran(header) ? Scatter(stream, header, data) : stream.ReadAtLeast(data, data.Length, throwOnEndOfStream: false) == data.Length;
        if (!isWhole) throw new InvalidDataException($"'{name}' ends before the {length} bytes of numbers that its header announces; save the array anew.");
        return new NumberArray(name, header.Type, header.Shape, new MemoryBytes<byte>(data), 0, header.IsBigEndian);
    }

    // With one axis that counts, or none, both orders are the same.
    static bool IsFortran(NpyHeader header) => header.IsFortran && header.Shape.Count(length => length != 1) > 1;

    // Reads elements of which the first index runs fastest, and puts each where the last one does.
    static bool Scatter(Stream stream, NpyHeader header, byte[] data)
    {
        int[] shape = header.Shape;
        int size = StoredNumbers.SizeOf(header.Type);
        int[] stride = new int[shape.Length], index = new int[shape.Length];
        for (int axis = shape.Length - 1, step = size; axis >= 0; step *= Math.Max(shape[axis--], 1)) stride[axis] = step;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (int done = 0, to = 0; done < data.Length;)
            {
                int count = Math.Min(BufferBytes, data.Length - done);
                if (stream.ReadAtLeast(buffer.AsSpan(0, count), count, throwOnEndOfStream: false) < count) return false;
                done += count;
                for (int from = 0; from < count; from += size)
                {
                    buffer.AsSpan(from, size).CopyTo(data.AsSpan(to));
                    for (int axis = 0; axis < shape.Length; axis++)
                    {
                        to += stride[axis];
                        if (++index[axis] < shape[axis]) break;
                        to -= stride[axis] * shape[axis];
                        index[axis] = 0;
                    }
                }
            }
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
