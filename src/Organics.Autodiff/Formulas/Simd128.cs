using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Organics.Formulas;

/// <summary>A vector of 128 bits: 4 binary32 or 2 binary64 numbers.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="value">The numbers.</param>
public readonly struct Simd128<T>(Vector128<T> value) : ISimdReal<Simd128<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Vector128<T> _v = value;

    /// <inheritdoc/>
    public static int Count => Vector128<T>.Count;

    /// <inheritdoc/>
    public static bool IsDouble => typeof(T) == typeof(double);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Load(ref readonly T from, nint offset) => new(Vector128.LoadUnsafe(in from, (nuint)offset));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Simd128<T> value, ref T to, nint offset) => value._v.StoreUnsafe(ref to, (nuint)offset);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Simd128<T> value)
    {
        // Half onto half, written out: the order of Vector128.Sum is the processor's.
        var four = value._v;
        if (!IsDouble) four += Vector128.Shuffle(four.AsSingle(), Vector128.Create(2, 3, 0, 1)).As<float, T>();
        return four.ToScalar() + four.GetElement(1);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> From(Simd128<T> value, int lane)
        => new(Vector128.ConditionalSelect(
            Vector128.GreaterThanOrEqual(Vector128<T>.Indices, Vector128.Create(T.CreateTruncating(lane))), value._v, Vector128<T>.Zero));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Of(T value) => new(Vector128.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Literal(double value)
        => new(IsDouble ? Vector128.Create(value).As<double, T>() : Vector128.Create((float)value).As<float, T>());

    /// <inheritdoc/>
    public static Simd128<T> Zero => new(Vector128<T>.Zero);

    /// <inheritdoc/>
    public static Simd128<T> One => new(Vector128<T>.One);

    /// <inheritdoc/>
    public static Simd128<T> Half => Literal(0.5);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> operator +(Simd128<T> a, Simd128<T> b) => new(a._v + b._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> operator -(Simd128<T> a, Simd128<T> b) => new(a._v - b._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> operator *(Simd128<T> a, Simd128<T> b) => new(a._v * b._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> operator /(Simd128<T> a, Simd128<T> b) => new(a._v / b._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> operator -(Simd128<T> a) => new(-a._v);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Fma(Simd128<T> a, Simd128<T> b, Simd128<T> c)
        // Asked here, not within another method: the compiler's budget for inlining is short where many of these stand in a row.
        => System.Runtime.Intrinsics.X86.Fma.IsSupported || System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported
            ? new(IsDouble
                ? Vector128.FusedMultiplyAdd(a._v.AsDouble(), b._v.AsDouble(), c._v.AsDouble()).As<double, T>()
                : Vector128.FusedMultiplyAdd(a._v.AsSingle(), b._v.AsSingle(), c._v.AsSingle()).As<float, T>())
            : new(IsDouble
                ? FusedMultiplyAdd.InSoftware(a._v.AsDouble(), b._v.AsDouble(), c._v.AsDouble()).As<double, T>()
                : FusedMultiplyAdd.InSoftware(a._v.AsSingle(), b._v.AsSingle(), c._v.AsSingle()).As<float, T>());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Max(Simd128<T> a, Simd128<T> b)
        => new(Vector128.ConditionalSelect(Vector128.GreaterThan(a._v, b._v) | ~Vector128.Equals(a._v, a._v), a._v, b._v));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Min(Simd128<T> a, Simd128<T> b)
        => new(Vector128.ConditionalSelect(Vector128.LessThan(a._v, b._v) | ~Vector128.Equals(a._v, a._v), a._v, b._v));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Abs(Simd128<T> a) => new(Vector128.Abs(a._v));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Sqrt(Simd128<T> a) => new(Vector128.Sqrt(a._v));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Exp(Simd128<T> a) => Elementary.Exp<Simd128<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Expm1(Simd128<T> a) => Elementary.Expm1<Simd128<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Log(Simd128<T> a) => Elementary.Log<Simd128<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Log1p(Simd128<T> a) => Elementary.Log1p<Simd128<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Sin(Simd128<T> a) => Elementary.Sin<Simd128<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Cos(Simd128<T> a) => Elementary.Cos<Simd128<T>, T>(a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Pow(Simd128<T> a, Simd128<T> b) => Elementary.Pow<Simd128<T>, T>(a, b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> IfLess(Simd128<T> a, Simd128<T> b, Simd128<T> then, Simd128<T> otherwise)
        => new(Vector128.ConditionalSelect(Vector128.LessThan(a._v, b._v), then._v, otherwise._v));

    // Near 1.5·2²³ (1.5·2⁵²) the spacing of numbers is 1: adding it rounds to an integer, which then stands in the low bits.
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Round(Simd128<T> a)
    {
        var magic = Literal(IsDouble ? 6755399441055744.0 : 12582912.0);
        return a + magic - magic;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Pow2(Simd128<T> n)
        => new(IsDouble
            ? Vector128.ShiftLeft((n + Literal(6755399441055744.0 + 1023))._v.AsInt64(), 52).As<long, T>()
            : Vector128.ShiftLeft((n + Literal(12582912.0 + 127))._v.AsInt32(), 23).As<int, T>());

    // The exponent's bits below those of 2⁵² (2²³) make the number 2⁵² + exponent.
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Exponent(Simd128<T> a)
        => IsDouble
            ? new Simd128<T>((Vector128.ShiftRightLogical(a._v.AsInt64(), 52) & Vector128.Create(2047L) | Vector128.Create(0x4330000000000000L)).As<long, T>())
                - Literal(4503599627370496.0 + 1023)
            : new Simd128<T>((Vector128.ShiftRightLogical(a._v.AsInt32(), 23) & Vector128.Create(255) | Vector128.Create(0x4B000000)).As<int, T>())
                - Literal(8388608.0 + 127);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128<T> Significand(Simd128<T> a)
        => new(IsDouble
            ? (a._v.AsInt64() & Vector128.Create(0x000FFFFFFFFFFFFFL) | Vector128.Create(0x3FF0000000000000L)).As<long, T>()
            : (a._v.AsInt32() & Vector128.Create(0x007FFFFF) | Vector128.Create(0x3F800000)).As<int, T>());
}
