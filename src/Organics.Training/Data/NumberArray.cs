using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>An n-dimensional array of numbers, row-major, in memory or in a file that is read piece by piece. Immutable; any number of threads may read at
/// once.</summary>
public sealed class NumberArray : IDisposable
{
    // Elements that are converted at once: 32 KiB of the longest.
    const int Piece = 4096;

    readonly ByteSource _source;
    readonly long _offset;
    readonly bool _swapped;
    readonly int _size;
    int _disposed;

    /// <summary>An array over bytes, of which it becomes an owner.</summary>
    internal NumberArray(string name, NumberType type, int[] shape, ByteSource source, long offset, bool isBigEndian)
    {
        (Name, Type, Shape, Length) = (name, type, shape, StoredNumbers.Bytes(type, shape)!.Value / StoredNumbers.SizeOf(type));
        (_source, _offset, _size) = (source, offset, StoredNumbers.SizeOf(type));
        _swapped = isBigEndian == BitConverter.IsLittleEndian && _size > 1;
    }

    /// <summary>Where it came from, for messages.</summary>
    public string Name { get; }

    /// <summary>How its numbers are stored; never <see cref="NumberType.Other"/>.</summary>
    public NumberType Type { get; }

    /// <summary>One length per axis, slowest first; none for a single number.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>The number of elements, the product of <see cref="Shape"/>.</summary>
    public long Length { get; }

    /// <summary>Whether the type is of whole numbers or Booleans.</summary>
    public bool IsWhole => Type is not (NumberType.F64 or NumberType.F32 or NumberType.F16 or NumberType.BF16);

    /// <summary>Wraps values, without copying.</summary>
    /// <typeparam name="T">float, double, Half, bool or an integer of 8 to 64 bits.</typeparam>
    /// <param name="name">Where it came from, for messages.</param>
    /// <param name="shape">One length per axis, slowest first; their product is the number of values.</param>
    /// <param name="values">The elements, row-major; they must not change.</param>
    /// <exception cref="ArgumentException">The values do not fill the shape.</exception>
    /// <exception cref="NotSupportedException">T is no type of numbers known here.</exception>
    public static NumberArray Of<T>(string name, ReadOnlySpan<int> shape, ReadOnlyMemory<T> values) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (int length in shape) ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(shape));
        NumberType type = StoredNumbers.TypeOf<T>()
            ?? throw new NotSupportedException($"{typeof(T).Name} is no type of numbers of an array; use float, double, Half, bool or an integer of 8 to 64 bits.");
        if (StoredNumbers.Bytes(type, shape) != (long)values.Length * StoredNumbers.SizeOf(type))
            throw new ArgumentException($"'{name}' of shape {Text(shape)} does not have {values.Length} elements; pass as many values as its shape has.", nameof(values));
        return new NumberArray(name, type, shape.ToArray(), new MemoryBytes<T>(values), 0, !BitConverter.IsLittleEndian);
    }

    /// <summary>Reads elements in row-major order and converts them: to floating-point numbers rounded to nearest, to whole numbers exactly; a Boolean is 0 or
    /// 1.</summary>
    /// <typeparam name="T">float, double, int or any other number.</typeparam>
    /// <param name="start">The first element, 0 … Length − numbers.Length.</param>
    /// <param name="numbers">Receives as many elements as it has.</param>
    /// <exception cref="InvalidDataException">A whole T cannot hold an element, which has a fraction, is out of range or not finite; or the file became
    /// shorter.</exception>
    public void Read<T>(long start, Span<T> numbers) where T : unmanaged, INumber<T>
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - numbers.Length);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        bool isSame = StoredNumbers.TypeOf<T>() == Type;
        byte[]? rented = isSame || (_source.IsMemory && !_swapped) ? null : ArrayPool<byte>.Shared.Rent(Math.Min(Piece, numbers.Length) * _size);
        try
        {
            for (int done = 0; done < numbers.Length;)
            {
                Span<T> piece = numbers.Slice(done, Math.Min(isSame ? Array.MaxLength / sizeof(long) : Piece, numbers.Length - done));
                if (isSame) Fill(start + done, MemoryMarshal.AsBytes(piece), bigEndian: !BitConverter.IsLittleEndian);
                else if (StoredNumbers.Convert(Type, Stored(start + done, piece.Length, rented), piece) is >= 0 and var wrong)
                    throw NotHeld<T>(start + done + wrong);
                done += piece.Length;
            }
        }
        finally
        {
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The stored bytes of whole elements, in the order asked for.</summary>
    internal void Fill(long start, Span<byte> bytes, bool bigEndian)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        _source.Read(_offset + start * _size, bytes);
        if (_swapped == (bigEndian == BitConverter.IsLittleEndian)) return;
        Swap(bytes, _size);
    }

    /// <summary>Ends the array's use of its file; in memory it changes nothing but that reading throws.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) _source.Dispose();
    }

    ReadOnlySpan<byte> Stored(long start, int count, Span<byte> buffer)
    {
        if (!_swapped) return _source.View(_offset + start * _size, count * _size, buffer);
        Span<byte> bytes = buffer[..(count * _size)];
        Fill(start, bytes, bigEndian: !BitConverter.IsLittleEndian);
        return bytes;
    }

    static void Swap(Span<byte> bytes, int size)
    {
        switch (size)
        {
            case 2:
                Span<ushort> two = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(two, two);
                break;
            case 4:
                Span<uint> four = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(four, four);
                break;
            case 8:
                Span<ulong> eight = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(eight, eight);
                break;
        }
    }

    InvalidDataException NotHeld<T>(long element)
    {
        var index = new long[Shape.Count];
        long rest = element;
        for (int axis = index.Length - 1; axis >= 0; axis--) (rest, index[axis]) = Math.DivRem(rest, Shape[axis]);
        string value;
        if (IsWhole)
        {
            Span<Int128> whole = [0];
            Read(element, whole);
            value = $"{whole[0]}";
        }
        else
        {
            Span<double> number = [0];
            Read(element, number);
            value = FormattableString.Invariant($"{number[0]}");
        }
        return new InvalidDataException($"'{Name}' holds {value} at [{string.Join(", ", index)}], where a whole number that {typeof(T).Name} can hold was expected; store whole numbers there.");
    }

    /// <summary>A shape for messages.</summary>
    internal static string Text(ReadOnlySpan<int> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
