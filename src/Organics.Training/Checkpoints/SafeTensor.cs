using System.Numerics;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>One named tensor of a safetensors file: row-major little-endian bytes.</summary>
public sealed class SafeTensor
{
    /// <summary>Wraps bytes, without copying.</summary>
    /// <param name="name">The name, such as <c>org.Wzx.weight</c>.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">One length per axis; none for a scalar; a zero makes the tensor empty.</param>
    /// <param name="data">The elements, row-major little-endian.</param>
    /// <exception cref="ArgumentException">The bytes do not fill the shape.</exception>
    public SafeTensor(string name, NumberType type, ReadOnlySpan<int> shape, ReadOnlyMemory<byte> data)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!Enum.IsDefined(type) || type == NumberType.Other) throw new ArgumentOutOfRangeException(nameof(type), type, "The element type must be one of NumberType that has a size.");
        foreach (int length in shape) ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(shape));
        long? expected = StoredNumbers.Bytes(type, shape);
        if (expected != data.Length)
            throw new ArgumentException($"Tensor '{name}' of type {type} and shape [{string.Join(", ", shape.ToArray())}] needs {(expected is { } bytes ? $"{bytes}" : "more than 2⁶³")} bytes, but got {data.Length}.", nameof(data));
        (Name, Type, TypeName, Shape, Data) = (name, type, type.ToString(), shape.ToArray(), data);
    }

    SafeTensor(string name, string type, int[] shape, ReadOnlyMemory<byte> data) => (Name, Type, TypeName, Shape, Data) = (name, NumberType.Other, type, shape, data);

    /// <summary>A tensor of a type whose elements this library does not know, nor their size.</summary>
    internal static SafeTensor OfOther(string name, string type, int[] shape, ReadOnlyMemory<byte> data) => new(name, type, shape, data);

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public NumberType Type { get; }

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
        new(name, TypeOf<T>(), shape, LittleEndian(MemoryMarshal.AsBytes(values), StoredNumbers.SizeOf(TypeOf<T>())));

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
    /// <exception cref="CheckpointException">The file has a type that is none of <see cref="NumberType"/>.</exception>
    public T[] ToConverted<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Type == NumberType.Other) throw new CheckpointException($"Tensor '{Name}' holds {TypeName}, which cannot be converted here; convert it where the file was made.");
        var numbers = new T[Data.Length / StoredNumbers.SizeOf(Type)];
        StoredNumbers.Convert<T>(Type, LittleEndian(Data.Span, StoredNumbers.SizeOf(Type)), numbers);
        return numbers;
    }

    S[] Stored<S>() where S : unmanaged => MemoryMarshal.Cast<byte, S>(LittleEndian(Data.Span, StoredNumbers.SizeOf(Type))).ToArray();

    static NumberType TypeOf<T>() => StoredNumbers.TypeOf<T>() is { } type and (NumberType.F64 or NumberType.F32 or NumberType.I64 or NumberType.I32 or NumberType.U8) ? type
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
