using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Organics.Formulas;

/// <summary>A vector of 512 bits: 16 binary32 or 8 binary64 numbers.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="value">The numbers.</param>
public readonly struct Simd512<T>(Vector512<T> value) : ISimdReal<Simd512<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Vector512<T> _v = value;

    /// <inheritdoc/>
    public static int Count => Vector512<T>.Count;

    /// <inheritdoc/>
    public static bool IsDouble => typeof(T) == typeof(double);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Load(ref readonly T from, nint offset) => new(Vector512.LoadUnsafe(in from, (nuint)offset));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Simd512<T> value, ref T to, nint offset) => value._v.StoreUnsafe(ref to, (nuint)offset);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Simd512<T> value) => Simd256<T>.Sum(new(value._v.GetLower() + value._v.GetUpper()));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> From(Simd512<T> value, int lane)
        => new(Vector512.ConditionalSelect(
            Vector512.GreaterThanOrEqual(Vector512<T>.Indices, Vector512.Create(T.CreateTruncating(lane))), value._v, Vector512<T>.Zero));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Of(T value) => new(Vector512.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Literal(double value)
        => new(IsDouble ? Vector512.Create(value).As<double, T>() : Vector512.Create((float)value).As<float, T>());

    /// <inheritdoc/>
    public static Simd512<T> Zero => new(Vector512<T>.Zero);

    /// <inheritdoc/>
    public static Simd512<T> One => new(Vector512<T>.One);

    /// <inheritdoc/>
    public static Simd512<T> Half => Literal(0.5);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> operator +(Simd512<T> a, Simd512<T> b) => new(a._v + b._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> operator -(Simd512<T> a, Simd512<T> b) => new(a._v - b._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> operator *(Simd512<T> a, Simd512<T> b) => new(a._v * b._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> operator /(Simd512<T> a, Simd512<T> b) => new(a._v / b._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> operator -(Simd512<T> a) => new(-a._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Fma(Simd512<T> a, Simd512<T> b, Simd512<T> c)
        => new(IsDouble
            ? Vector512.FusedMultiplyAdd(a._v.AsDouble(), b._v.AsDouble(), c._v.AsDouble()).As<double, T>()
            : Vector512.FusedMultiplyAdd(a._v.AsSingle(), b._v.AsSingle(), c._v.AsSingle()).As<float, T>());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Max(Simd512<T> a, Simd512<T> b)
        => new(Vector512.ConditionalSelect(Vector512.GreaterThan(a._v, b._v) | ~Vector512.Equals(a._v, a._v), a._v, b._v));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Min(Simd512<T> a, Simd512<T> b)
        => new(Vector512.ConditionalSelect(Vector512.LessThan(a._v, b._v) | ~Vector512.Equals(a._v, a._v), a._v, b._v));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Abs(Simd512<T> a) => new(Vector512.Abs(a._v));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Sqrt(Simd512<T> a) => new(Vector512.Sqrt(a._v));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Exp(Simd512<T> a) => Elementary.Exp<Simd512<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Expm1(Simd512<T> a) => Elementary.Expm1<Simd512<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Log(Simd512<T> a) => Elementary.Log<Simd512<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Log1p(Simd512<T> a) => Elementary.Log1p<Simd512<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Sin(Simd512<T> a) => Elementary.Sin<Simd512<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Cos(Simd512<T> a) => Elementary.Cos<Simd512<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Pow(Simd512<T> a, Simd512<T> b) => Elementary.Pow<Simd512<T>, T>(a, b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> IfLess(Simd512<T> a, Simd512<T> b, Simd512<T> then, Simd512<T> otherwise)
        => new(Vector512.ConditionalSelect(Vector512.LessThan(a._v, b._v), then._v, otherwise._v));

    // Near 1.5·2²³ (1.5·2⁵²) the spacing of numbers is 1: adding it rounds to an integer, which then stands in the low bits.
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Round(Simd512<T> a)
    {
        var magic = Literal(IsDouble ? 6755399441055744.0 : 12582912.0);
        return a + magic - magic;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Pow2(Simd512<T> n)
        => new(IsDouble
            ? Vector512.ShiftLeft((n + Literal(6755399441055744.0 + 1023))._v.AsInt64(), 52).As<long, T>()
            : Vector512.ShiftLeft((n + Literal(12582912.0 + 127))._v.AsInt32(), 23).As<int, T>());

    // The exponent's bits below those of 2⁵² (2²³) make the number 2⁵² + exponent.
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Exponent(Simd512<T> a)
        => IsDouble
            ? new Simd512<T>((Vector512.ShiftRightLogical(a._v.AsInt64(), 52) & Vector512.Create(2047L) | Vector512.Create(0x4330000000000000L)).As<long, T>())
                - Literal(4503599627370496.0 + 1023)
            : new Simd512<T>((Vector512.ShiftRightLogical(a._v.AsInt32(), 23) & Vector512.Create(255) | Vector512.Create(0x4B000000)).As<int, T>())
                - Literal(8388608.0 + 127);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512<T> Significand(Simd512<T> a)
        => new(IsDouble
            ? (a._v.AsInt64() & Vector512.Create(0x000FFFFFFFFFFFFFL) | Vector512.Create(0x3FF0000000000000L)).As<long, T>()
            : (a._v.AsInt32() & Vector512.Create(0x007FFFFF) | Vector512.Create(0x3F800000)).As<int, T>());
}
