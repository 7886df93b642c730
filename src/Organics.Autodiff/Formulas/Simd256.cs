using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Organics.Formulas;

/// <summary>A vector of 256 bits: 8 binary32 or 4 binary64 numbers.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="value">The numbers.</param>
public readonly struct Simd256<T>(Vector256<T> value) : ISimdReal<Simd256<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Vector256<T> _v = value;

    /// <inheritdoc/>
    public static int Count => Vector256<T>.Count;

    /// <inheritdoc/>
    public static bool IsDouble => typeof(T) == typeof(double);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Load(ref readonly T from, nint offset) => new(Vector256.LoadUnsafe(in from, (nuint)offset));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Simd256<T> value, ref T to, nint offset) => value._v.StoreUnsafe(ref to, (nuint)offset);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Simd256<T> value)
    {
        // Half onto half, written out: the order of Vector256.Sum is the processor's.
        var four = value._v.GetLower() + value._v.GetUpper();
        if (!IsDouble) four += Vector128.Shuffle(four.AsSingle(), Vector128.Create(2, 3, 0, 1)).As<float, T>();
        return four.ToScalar() + four.GetElement(1);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> From(Simd256<T> value, int lane)
        => new(Vector256.ConditionalSelect(
            Vector256.GreaterThanOrEqual(Vector256<T>.Indices, Vector256.Create(T.CreateTruncating(lane))), value._v, Vector256<T>.Zero));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Of(T value) => new(Vector256.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Literal(double value)
        => new(IsDouble ? Vector256.Create(value).As<double, T>() : Vector256.Create((float)value).As<float, T>());

    /// <inheritdoc/>
    public static Simd256<T> Zero => new(Vector256<T>.Zero);

    /// <inheritdoc/>
    public static Simd256<T> One => new(Vector256<T>.One);

    /// <inheritdoc/>
    public static Simd256<T> Half => Literal(0.5);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> operator +(Simd256<T> a, Simd256<T> b) => new(a._v + b._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> operator -(Simd256<T> a, Simd256<T> b) => new(a._v - b._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> operator *(Simd256<T> a, Simd256<T> b) => new(a._v * b._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> operator /(Simd256<T> a, Simd256<T> b) => new(a._v / b._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> operator -(Simd256<T> a) => new(-a._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Fma(Simd256<T> a, Simd256<T> b, Simd256<T> c)
        => new(IsDouble
            ? Vector256.FusedMultiplyAdd(a._v.AsDouble(), b._v.AsDouble(), c._v.AsDouble()).As<double, T>()
            : Vector256.FusedMultiplyAdd(a._v.AsSingle(), b._v.AsSingle(), c._v.AsSingle()).As<float, T>());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Max(Simd256<T> a, Simd256<T> b)
        => new(Vector256.ConditionalSelect(Vector256.GreaterThan(a._v, b._v) | ~Vector256.Equals(a._v, a._v), a._v, b._v));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Min(Simd256<T> a, Simd256<T> b)
        => new(Vector256.ConditionalSelect(Vector256.LessThan(a._v, b._v) | ~Vector256.Equals(a._v, a._v), a._v, b._v));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Abs(Simd256<T> a) => new(Vector256.Abs(a._v));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Sqrt(Simd256<T> a) => new(Vector256.Sqrt(a._v));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Exp(Simd256<T> a) => Elementary.Exp<Simd256<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Expm1(Simd256<T> a) => Elementary.Expm1<Simd256<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Log(Simd256<T> a) => Elementary.Log<Simd256<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Log1p(Simd256<T> a) => Elementary.Log1p<Simd256<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Sin(Simd256<T> a) => Elementary.Sin<Simd256<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Cos(Simd256<T> a) => Elementary.Cos<Simd256<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Pow(Simd256<T> a, Simd256<T> b) => Elementary.Pow<Simd256<T>, T>(a, b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> IfLess(Simd256<T> a, Simd256<T> b, Simd256<T> then, Simd256<T> otherwise)
        => new(Vector256.ConditionalSelect(Vector256.LessThan(a._v, b._v), then._v, otherwise._v));

    // Near 1.5·2²³ (1.5·2⁵²) the spacing of numbers is 1: adding it rounds to an integer, which then stands in the low bits.
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Round(Simd256<T> a)
    {
        var magic = Literal(IsDouble ? 6755399441055744.0 : 12582912.0);
        return a + magic - magic;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Pow2(Simd256<T> n)
        => new(IsDouble
            ? Vector256.ShiftLeft((n + Literal(6755399441055744.0 + 1023))._v.AsInt64(), 52).As<long, T>()
            : Vector256.ShiftLeft((n + Literal(12582912.0 + 127))._v.AsInt32(), 23).As<int, T>());

    // The exponent's bits below those of 2⁵² (2²³) make the number 2⁵² + exponent.
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Exponent(Simd256<T> a)
        => IsDouble
            ? new Simd256<T>((Vector256.ShiftRightLogical(a._v.AsInt64(), 52) & Vector256.Create(2047L) | Vector256.Create(0x4330000000000000L)).As<long, T>())
                - Literal(4503599627370496.0 + 1023)
            : new Simd256<T>((Vector256.ShiftRightLogical(a._v.AsInt32(), 23) & Vector256.Create(255) | Vector256.Create(0x4B000000)).As<int, T>())
                - Literal(8388608.0 + 127);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256<T> Significand(Simd256<T> a)
        => new(IsDouble
            ? (a._v.AsInt64() & Vector256.Create(0x000FFFFFFFFFFFFFL) | Vector256.Create(0x3FF0000000000000L)).As<long, T>()
            : (a._v.AsInt32() & Vector256.Create(0x007FFFFF) | Vector256.Create(0x3F800000)).As<int, T>());
}
