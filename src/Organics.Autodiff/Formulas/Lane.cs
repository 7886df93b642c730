namespace Organics.Formulas;

/// <summary>One binary32 number: an iteration of a scalar loop, or a GPU thread.</summary>
/// <param name="value">The number.</param>
public readonly struct Lane32(float value) : ILane<Lane32, float>
{
    readonly float _v = value;

    /// <inheritdoc/>
    public float Value => _v;

    /// <inheritdoc/>
    public int Integer => (int)_v;

    /// <inheritdoc/>
    public static Lane32 Of(float value) => new(value);

    /// <inheritdoc/>
    public static Lane32 Literal(double value) => new((float)value);

    /// <inheritdoc/>
    public static Lane32 Zero => new(0f);

    /// <inheritdoc/>
    public static Lane32 One => new(1f);

    /// <inheritdoc/>
    public static Lane32 Half => new(0.5f);

    /// <inheritdoc/>
    public static bool IsDouble => false;

    /// <inheritdoc/>
    public static Lane32 operator +(Lane32 a, Lane32 b) => new(a._v + b._v);

    /// <inheritdoc/>
    public static Lane32 operator -(Lane32 a, Lane32 b) => new(a._v - b._v);

    /// <inheritdoc/>
    public static Lane32 operator *(Lane32 a, Lane32 b) => new(a._v * b._v);

    /// <inheritdoc/>
    public static Lane32 operator /(Lane32 a, Lane32 b) => new(a._v / b._v);

    /// <inheritdoc/>
    public static Lane32 operator -(Lane32 a) => new(-a._v);

    /// <inheritdoc/>
    public static Lane32 Fma(Lane32 a, Lane32 b, Lane32 c) => new(MathF.FusedMultiplyAdd(a._v, b._v, c._v));

    /// <inheritdoc/>
    public static Lane32 Max(Lane32 a, Lane32 b) => a._v > b._v || float.IsNaN(a._v) ? a : b;

    /// <inheritdoc/>
    public static Lane32 Min(Lane32 a, Lane32 b) => a._v < b._v || float.IsNaN(a._v) ? a : b;

    /// <inheritdoc/>
    public static Lane32 Abs(Lane32 a) => new(MathF.Abs(a._v));

    /// <inheritdoc/>
    public static Lane32 Sqrt(Lane32 a) => new(MathF.Sqrt(a._v));

    /// <inheritdoc/>
    public static Lane32 Exp(Lane32 a) => Elementary.Exp<Lane32, float>(a);

    /// <inheritdoc/>
    public static Lane32 Expm1(Lane32 a) => Elementary.Expm1<Lane32, float>(a);

    /// <inheritdoc/>
    public static Lane32 Log(Lane32 a) => Elementary.Log<Lane32, float>(a);

    /// <inheritdoc/>
    public static Lane32 Log1p(Lane32 a) => Elementary.Log1p<Lane32, float>(a);

    /// <inheritdoc/>
    public static Lane32 Sin(Lane32 a) => Elementary.Sin<Lane32, float>(a);

    /// <inheritdoc/>
    public static Lane32 Cos(Lane32 a) => Elementary.Cos<Lane32, float>(a);

    /// <inheritdoc/>
    public static Lane32 Pow(Lane32 a, Lane32 b) => Elementary.Pow<Lane32, float>(a, b);

    /// <inheritdoc/>
    public static Lane32 IfLess(Lane32 a, Lane32 b, Lane32 then, Lane32 otherwise) => a._v < b._v ? then : otherwise;

    // Adding and subtracting 1.5·2²³ leaves the nearest integer, on any machine that rounds to even.
    /// <inheritdoc/>
    public static Lane32 Round(Lane32 a) => new(a._v + 12582912f - 12582912f);

    /// <inheritdoc/>
    public static Lane32 Pow2(Lane32 n) => new(BitConverter.Int32BitsToSingle(((int)n._v + 127) << 23));

    /// <inheritdoc/>
    public static Lane32 Exponent(Lane32 a) => new(((BitConverter.SingleToInt32Bits(a._v) >> 23) & 255) - 127);

    /// <inheritdoc/>
    public static Lane32 Significand(Lane32 a)
        => new(BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(a._v) & 0x007FFFFF) | 0x3F800000));
}

/// <summary>One binary64 number: an iteration of a scalar loop, or a GPU thread.</summary>
/// <param name="value">The number.</param>
public readonly struct Lane64(double value) : ILane<Lane64, double>
{
    readonly double _v = value;

    /// <inheritdoc/>
    public double Value => _v;

    /// <inheritdoc/>
    public int Integer => (int)_v;

    /// <inheritdoc/>
    public static Lane64 Of(double value) => new(value);

    /// <inheritdoc/>
    public static Lane64 Literal(double value) => new(value);

    /// <inheritdoc/>
    public static Lane64 Zero => new(0.0);

    /// <inheritdoc/>
    public static Lane64 One => new(1.0);

    /// <inheritdoc/>
    public static Lane64 Half => new(0.5);

    /// <inheritdoc/>
    public static bool IsDouble => true;

    /// <inheritdoc/>
    public static Lane64 operator +(Lane64 a, Lane64 b) => new(a._v + b._v);

    /// <inheritdoc/>
    public static Lane64 operator -(Lane64 a, Lane64 b) => new(a._v - b._v);

    /// <inheritdoc/>
    public static Lane64 operator *(Lane64 a, Lane64 b) => new(a._v * b._v);

    /// <inheritdoc/>
    public static Lane64 operator /(Lane64 a, Lane64 b) => new(a._v / b._v);

    /// <inheritdoc/>
    public static Lane64 operator -(Lane64 a) => new(-a._v);

    /// <inheritdoc/>
    public static Lane64 Fma(Lane64 a, Lane64 b, Lane64 c) => new(Math.FusedMultiplyAdd(a._v, b._v, c._v));

    /// <inheritdoc/>
    public static Lane64 Max(Lane64 a, Lane64 b) => a._v > b._v || double.IsNaN(a._v) ? a : b;

    /// <inheritdoc/>
    public static Lane64 Min(Lane64 a, Lane64 b) => a._v < b._v || double.IsNaN(a._v) ? a : b;

    /// <inheritdoc/>
    public static Lane64 Abs(Lane64 a) => new(Math.Abs(a._v));

    /// <inheritdoc/>
    public static Lane64 Sqrt(Lane64 a) => new(Math.Sqrt(a._v));

    /// <inheritdoc/>
    public static Lane64 Exp(Lane64 a) => Elementary.Exp<Lane64, double>(a);

    /// <inheritdoc/>
    public static Lane64 Expm1(Lane64 a) => Elementary.Expm1<Lane64, double>(a);

    /// <inheritdoc/>
    public static Lane64 Log(Lane64 a) => Elementary.Log<Lane64, double>(a);

    /// <inheritdoc/>
    public static Lane64 Log1p(Lane64 a) => Elementary.Log1p<Lane64, double>(a);

    /// <inheritdoc/>
    public static Lane64 Sin(Lane64 a) => Elementary.Sin<Lane64, double>(a);

    /// <inheritdoc/>
    public static Lane64 Cos(Lane64 a) => Elementary.Cos<Lane64, double>(a);

    /// <inheritdoc/>
    public static Lane64 Pow(Lane64 a, Lane64 b) => Elementary.Pow<Lane64, double>(a, b);

    /// <inheritdoc/>
    public static Lane64 IfLess(Lane64 a, Lane64 b, Lane64 then, Lane64 otherwise) => a._v < b._v ? then : otherwise;

    // Adding and subtracting 1.5·2⁵² leaves the nearest integer, on any machine that rounds to even.
    /// <inheritdoc/>
    public static Lane64 Round(Lane64 a) => new(a._v + 6755399441055744.0 - 6755399441055744.0);

    /// <inheritdoc/>
    public static Lane64 Pow2(Lane64 n) => new(BitConverter.Int64BitsToDouble(((long)n._v + 1023) << 52));

    /// <inheritdoc/>
    public static Lane64 Exponent(Lane64 a) => new(((BitConverter.DoubleToInt64Bits(a._v) >> 52) & 2047) - 1023);

    /// <inheritdoc/>
    public static Lane64 Significand(Lane64 a)
        => new(BitConverter.Int64BitsToDouble((BitConverter.DoubleToInt64Bits(a._v) & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000));
}
