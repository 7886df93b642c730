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
        if (!Enum.IsDefined(type)) throw new ArgumentOutOfRangeException(nameof(type), type, "The element type must be one of SafeTensorType.");
        foreach (int length in shape) ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(shape));
        long? expected = Bytes(type, shape);
        if (expected != data.Length)
            throw new ArgumentException($"Tensor '{name}' of type {type} and shape [{string.Join(", ", shape.ToArray())}] needs {(expected is { } bytes ? $"{bytes}" : "more than 2⁶³")} bytes, but got {data.Length}.", nameof(data));
        (Name, Type, Shape, Data) = (name, type, shape.ToArray(), data);
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public SafeTensorType Type { get; }

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
            throw new CheckpointException($"Tensor '{Name}' holds {Type}, where {TypeOf<T>()} was expected; read it in the precision it was saved in.");
        return MemoryMarshal.Cast<byte, T>(LittleEndian(Data.Span, SizeOf(Type))).ToArray();
    }

    /// <summary>Bytes of one element.</summary>
    internal static int SizeOf(SafeTensorType type) => type switch
    {
        SafeTensorType.BOOL or SafeTensorType.U8 or SafeTensorType.I8 => 1,
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
