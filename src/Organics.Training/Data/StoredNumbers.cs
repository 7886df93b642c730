using System.Numerics;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>The one place where stored bytes become numbers.</summary>
static class StoredNumbers
{
    /// <summary>Bytes of one element; 1 where the type is unknown.</summary>
    public static int SizeOf(NumberType type) => type switch
    {
        NumberType.BOOL or NumberType.U8 or NumberType.I8 or NumberType.Other => 1,
        NumberType.I16 or NumberType.U16 or NumberType.F16 or NumberType.BF16 => 2,
        NumberType.I32 or NumberType.U32 or NumberType.F32 => 4,
        _ => 8,
    };

    /// <summary>Bytes of a whole array; null where they overflow 63 bits.</summary>
    public static long? Bytes(NumberType type, ReadOnlySpan<int> shape)
    {
        if (shape.Contains(0)) return 0;
        Int128 bytes = SizeOf(type);
        foreach (int length in shape)
        {
            bytes *= length;
            if (bytes > long.MaxValue) return null;
        }
        return (long)bytes;
    }

    /// <summary>The type as which a .NET type is stored; null where there is none.</summary>
    public static NumberType? TypeOf<T>() =>
        typeof(T) == typeof(float) ? NumberType.F32
        : typeof(T) == typeof(double) ? NumberType.F64
        : typeof(T) == typeof(Half) ? NumberType.F16
        : typeof(T) == typeof(int) ? NumberType.I32
        : typeof(T) == typeof(long) ? NumberType.I64
        : typeof(T) == typeof(byte) ? NumberType.U8
        : typeof(T) == typeof(sbyte) ? NumberType.I8
        : typeof(T) == typeof(short) ? NumberType.I16
        : typeof(T) == typeof(ushort) ? NumberType.U16
        : typeof(T) == typeof(uint) ? NumberType.U32
        : typeof(T) == typeof(ulong) ? NumberType.U64
        : typeof(T) == typeof(bool) ? NumberType.BOOL
        : null;

    /// <summary>Converts as many numbers as there is room for; a Boolean is 0 or 1.</summary>
    /// <param name="type">Any but <see cref="NumberType.Other"/>.</param>
    /// <param name="stored">Their bytes, in the order of this machine.</param>
    /// <param name="numbers">Receives them: floating-point numbers rounded to nearest, whole ones exactly.</param>
    /// <returns>−1, or the first number that a whole T cannot hold: it has a fraction, is out of range or not finite.</returns>
    public static int Convert<T>(NumberType type, ReadOnlySpan<byte> stored, Span<T> numbers) where T : unmanaged, INumberBase<T> => type switch
    {
        NumberType.F64 => Each<double, T>(stored, numbers),
        NumberType.F32 => Each<float, T>(stored, numbers),
        NumberType.F16 => Each<Half, T>(stored, numbers),
        NumberType.BF16 => Each(stored, numbers),
        NumberType.I64 => Each<long, T>(stored, numbers),
        NumberType.U64 => Each<ulong, T>(stored, numbers),
        NumberType.I32 => Each<int, T>(stored, numbers),
        NumberType.U32 => Each<uint, T>(stored, numbers),
        NumberType.I16 => Each<short, T>(stored, numbers),
        NumberType.U16 => Each<ushort, T>(stored, numbers),
        NumberType.I8 => Each<sbyte, T>(stored, numbers),
        NumberType.U8 => Each<byte, T>(stored, numbers),
        NumberType.BOOL => Booleans(stored, numbers),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The size of its elements is not known."),
    };

    // Known where the code is compiled: a half is nothing to a whole type.
    static bool IsWhole<T>() where T : unmanaged, INumberBase<T> => T.IsZero(T.CreateTruncating(0.5f));

    static int Each<S, T>(ReadOnlySpan<byte> stored, Span<T> numbers)
        where S : unmanaged, INumberBase<S>
        where T : unmanaged, INumberBase<T>
    {
        ReadOnlySpan<S> from = MemoryMarshal.Cast<byte, S>(stored)[..numbers.Length];
        if (IsWhole<T>()) return Exactly(from, numbers);
        for (int i = 0; i < from.Length; i++) numbers[i] = T.CreateTruncating(from[i]);
        return -1;
    }

    static int Exactly<S, T>(ReadOnlySpan<S> from, Span<T> numbers)
        where S : unmanaged, INumberBase<S>
        where T : unmanaged, INumberBase<T>
    {
        int i = 0;
        try
        {
            for (; i < from.Length; i++)
            {
                numbers[i] = T.CreateChecked(from[i]);
                if (S.CreateTruncating(numbers[i]) != from[i]) return i;
            }
            return -1;
        }
        catch (OverflowException)
        {
            return i;
        }
    }

    // A brain float is the upper half of a float.
    static int Each<T>(ReadOnlySpan<byte> stored, Span<T> numbers) where T : unmanaged, INumberBase<T>
    {
        ReadOnlySpan<ushort> from = MemoryMarshal.Cast<byte, ushort>(stored)[..numbers.Length];
        for (int i = 0; i < from.Length; i++)
        {
            float number = BitConverter.UInt32BitsToSingle((uint)from[i] << 16);
            if (Each<float, T>(MemoryMarshal.AsBytes(new ReadOnlySpan<float>(in number)), numbers.Slice(i, 1)) == 0) return i;
        }
        return -1;
    }

    static int Booleans<T>(ReadOnlySpan<byte> stored, Span<T> numbers) where T : unmanaged, INumberBase<T>
    {
        for (int i = 0; i < numbers.Length; i++) numbers[i] = stored[i] == 0 ? T.Zero : T.One;
        return -1;
    }
}
