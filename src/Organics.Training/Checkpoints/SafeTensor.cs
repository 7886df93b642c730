using System.Numerics;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>The element types of the safetensors format, under its own names.</summary>
public enum SafeTensorType
{
    /// <summary>Boolean, one byte.</summary>
    BOOL,
    /// <summary>Unsigned byte.</summary>
    U8,
    /// <summary>Signed byte.</summary>
    I8,
    /// <summary>Signed 16 bits.</summary>
    I16,
    /// <summary>Unsigned 16 bits.</summary>
    U16,
    /// <summary>IEEE half.</summary>
    F16,
    /// <summary>Brain float, 16 bits.</summary>
    BF16,
    /// <summary>Signed 32 bits.</summary>
    I32,
    /// <summary>Unsigned 32 bits.</summary>
    U32,
    /// <summary>IEEE single.</summary>
    F32,
    /// <summary>IEEE double.</summary>
    F64,
    /// <summary>Signed 64 bits.</summary>
    I64,
    /// <summary>Unsigned 64 bits.</summary>
    U64,
    /// <summary>Any other, such as F8_E4M3 or C64: its name is <see cref="SafeTensor.TypeName"/>, and its bytes are kept as they are.</summary>
    Other,
}

/// <summary>One named tensor of a safetensors file: row-major little-endian bytes.</summary>
public sealed class SafeTensor
{
    /// <summary>Wraps bytes, without copying.</summary>
    /// <param name="name">The name, such as <c>org.Wzx.weight</c>.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">One length per axis; none for a scalar; a zero makes the tensor empty.</param>
    /// <param name="data">The elements, row-major little-endian.</param>
    /// <exception cref="ArgumentException">The bytes do not fill the shape.</exception>
    public SafeTensor(string name, SafeTensorType type, ReadOnlySpan<int> shape, ReadOnlyMemory<byte> data)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!Enum.IsDefined(type) || type == SafeTensorType.Other) throw new ArgumentOutOfRangeException(nameof(type), type, "The element type must be one of SafeTensorType that has a size.");
        foreach (int length in shape) ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(shape));
        long? expected = Bytes(type, shape);
        if (expected != data.Length)
            throw new ArgumentException($"Tensor '{name}' of type {type} and shape [{string.Join(", ", shape.ToArray())}] needs {(expected is { } bytes ? $"{bytes}" : "more than 2⁶³")} bytes, but got {data.Length}.", nameof(data));
        (Name, Type, TypeName, Shape, Data) = (name, type, type.ToString(), shape.ToArray(), data);
    }

    SafeTensor(string name, string type, int[] shape, ReadOnlyMemory<byte> data) => (Name, Type, TypeName, Shape, Data) = (name, SafeTensorType.Other, type, shape, data);

    /// <summary>A tensor of a type whose elements this library does not know, nor their size.</summary>
    internal static SafeTensor OfOther(string name, string type, int[] shape, ReadOnlyMemory<byte> data) => new(name, type, shape, data);

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public SafeTensorType Type { get; }

    /// <summary>The name of the element type in the file.</summary>
    public string TypeName { get; }

    /// <summary>One length per axis, slowest first.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>The elements, row-major little-endian.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>A tensor that copies <paramref name="values"/>; T is double, float, long, int or byte.</summary>
    /// <param name="name">The name.</param>
    /// <param name="shape">One length per axis; their product is the number of values.</param>
    /// <param name="values">The elements, row-major.</param>
    public static SafeTensor From<T>(string name, ReadOnlySpan<int> shape, ReadOnlySpan<T> values) where T : unmanaged =>
        new(name, TypeOf<T>(), shape, LittleEndian(MemoryMarshal.AsBytes(values), SizeOf(TypeOf<T>())));

    /// <summary>The elements as an array; T must be the very type that is stored: double, float, long, int or byte.</summary>
    /// <exception cref="CheckpointException">Another type is stored.</exception>
    public T[] ToArray<T>() where T : unmanaged
    {
        if (TypeOf<T>() != Type)
            throw new CheckpointException($"Tensor '{Name}' holds {TypeName}, where {TypeOf<T>()} was expected; read it in the precision it was saved in, or convert it.");
        return Stored<T>();
    }

    /// <summary>The elements as numbers of another type, each rounded to the nearest; a Boolean is 0 or 1.</summary>
    /// <typeparam name="T">float or double, say.</typeparam>
    /// <exception cref="CheckpointException">The file has a type that is none of <see cref="SafeTensorType"/>.</exception>
    public T[] ToConverted<T>() where T : unmanaged, IFloatingPointIeee754<T> => Type switch
    {
        SafeTensorType.F64 => Converted<double, T>(),
        SafeTensorType.F32 => Converted<float, T>(),
        SafeTensorType.F16 => Converted<Half, T>(),
        // The upper half of a float.
        SafeTensorType.BF16 => Array.ConvertAll(Stored<ushort>(), bits => T.CreateTruncating(BitConverter.UInt32BitsToSingle((uint)bits << 16))),
        SafeTensorType.I64 => Converted<long, T>(),
        SafeTensorType.U64 => Converted<ulong, T>(),
        SafeTensorType.I32 => Converted<int, T>(),
        SafeTensorType.U32 => Converted<uint, T>(),
        SafeTensorType.I16 => Converted<short, T>(),
        SafeTensorType.U16 => Converted<ushort, T>(),
        SafeTensorType.I8 => Converted<sbyte, T>(),
        SafeTensorType.U8 => Converted<byte, T>(),
        SafeTensorType.BOOL => Array.ConvertAll(Stored<byte>(), b => b == 0 ? T.Zero : T.One),
        _ => throw new CheckpointException($"Tensor '{Name}' holds {TypeName}, which cannot be converted here; convert it where the file was made."),
    };

    T[] Converted<S, T>()
        where S : unmanaged, INumberBase<S>
        where T : unmanaged, IFloatingPointIeee754<T>
        => Array.ConvertAll(Stored<S>(), T.CreateTruncating);

    S[] Stored<S>() where S : unmanaged => MemoryMarshal.Cast<byte, S>(LittleEndian(Data.Span, SizeOf(Type))).ToArray();

    /// <summary>Bytes of one element; 1 where the type is unknown.</summary>
    internal static int SizeOf(SafeTensorType type) => type switch
    {
        SafeTensorType.BOOL or SafeTensorType.U8 or SafeTensorType.I8 or SafeTensorType.Other => 1,
        SafeTensorType.I16 or SafeTensorType.U16 or SafeTensorType.F16 or SafeTensorType.BF16 => 2,
        SafeTensorType.I32 or SafeTensorType.U32 or SafeTensorType.F32 => 4,
        _ => 8,
    };

    /// <summary>Bytes of a whole tensor; null where they overflow 63 bits.</summary>
    internal static long? Bytes(SafeTensorType type, ReadOnlySpan<int> shape)
    {
        Int128 bytes = SizeOf(type);
        foreach (int length in shape)
        {
            bytes *= length;
            if (bytes > long.MaxValue) return null;
        }
        return (long)bytes;
    }

    static SafeTensorType TypeOf<T>() =>
        typeof(T) == typeof(double) ? SafeTensorType.F64
        : typeof(T) == typeof(float) ? SafeTensorType.F32
        : typeof(T) == typeof(long) ? SafeTensorType.I64
        : typeof(T) == typeof(int) ? SafeTensorType.I32
        : typeof(T) == typeof(byte) ? SafeTensorType.U8
        : throw new NotSupportedException($"{typeof(T).Name} has no safetensors type here; use double, float, long, int or byte.");

    /// <summary>A copy in little-endian order, whatever the order of this machine (the swap is its own inverse).</summary>
    static byte[] LittleEndian(ReadOnlySpan<byte> native, int size)
    {
        byte[] bytes = native.ToArray();
        if (!BitConverter.IsLittleEndian)
            for (int i = 0; i < bytes.Length; i += size) bytes.AsSpan(i, size).Reverse();
        return bytes;
    }
}
