using System.Numerics;

namespace Organics;

/// <summary>
/// A tensor as the carrier of a formula: the formula run once builds it of tape ops, one for each of its operations, which the tape differentiates by
/// itself. A constant stays a number until it meets a tensor.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
readonly struct TapeReal<T> : IReal<TapeReal<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Tensor<T>? _tensor;
    readonly T _number;

    public TapeReal(Tensor<T> tensor) => _tensor = tensor;

    TapeReal(T number) => _number = number;

    /// <summary>The tensor; a constant becomes one on a device.</summary>
    public Tensor<T> On(Device device) => _tensor ?? Tensor.Scalar(_number, device);

    public static TapeReal<T> Of(T value) => new(value);

    public static TapeReal<T> Literal(double value) => new(T.CreateTruncating(value));

    public static TapeReal<T> Zero => default;

    public static TapeReal<T> One => new(T.One);

    public static TapeReal<T> Half => Literal(0.5);

    public static TapeReal<T> operator +(TapeReal<T> a, TapeReal<T> b) => Map(a, b, static (x, y) => x + y, static (x, y) => x + y);

    public static TapeReal<T> operator -(TapeReal<T> a, TapeReal<T> b) => Map(a, b, static (x, y) => x - y, static (x, y) => x - y);

    public static TapeReal<T> operator *(TapeReal<T> a, TapeReal<T> b) => Map(a, b, static (x, y) => x * y, static (x, y) => x * y);

    public static TapeReal<T> operator /(TapeReal<T> a, TapeReal<T> b) => Map(a, b, static (x, y) => x / y, static (x, y) => x / y);

    public static TapeReal<T> operator -(TapeReal<T> a) => Map(a, static x => -x, static x => -x);

    public static TapeReal<T> Fma(TapeReal<T> a, TapeReal<T> b, TapeReal<T> c) => a * b + c;

    public static TapeReal<T> Max(TapeReal<T> a, TapeReal<T> b) => Map(a, b, static (x, y) => Tensor<T>.Max(x, y), T.Max);

    public static TapeReal<T> Min(TapeReal<T> a, TapeReal<T> b) => Map(a, b, static (x, y) => Tensor<T>.Min(x, y), T.Min);

    public static TapeReal<T> Abs(TapeReal<T> a) => Map(a, static x => x.Abs(), T.Abs);

    public static TapeReal<T> Sqrt(TapeReal<T> a) => Map(a, static x => x.Sqrt(), T.Sqrt);

    public static TapeReal<T> Exp(TapeReal<T> a) => Map(a, static x => x.Exp(), T.Exp);

    public static TapeReal<T> Expm1(TapeReal<T> a) => Map(a, static x => x.Expm1(), T.ExpM1);

    public static TapeReal<T> Log(TapeReal<T> a) => Map(a, static x => x.Log(), T.Log);

    public static TapeReal<T> Log1p(TapeReal<T> a) => Map(a, static x => x.Log1p(), T.LogP1);

    public static TapeReal<T> Sin(TapeReal<T> a) => Map(a, static x => x.Sin(), T.Sin);

    public static TapeReal<T> Cos(TapeReal<T> a) => Map(a, static x => x.Cos(), T.Cos);

    public static TapeReal<T> Pow(TapeReal<T> a, TapeReal<T> b) => Map(a, b, static (x, y) => Tensor<T>.Pow(x, y), T.Pow);

    // Where a is −∞ or b is ∞ so is their distance.
    public static TapeReal<T> IfLess(TapeReal<T> a, TapeReal<T> b, TapeReal<T> then, TapeReal<T> otherwise)
    {
        var above = b - a;
        if (above._tensor is not { } condition) return above._number > T.Zero ? then : otherwise;
        return new(Tensor<T>.Select(condition, then.On(condition.Device), otherwise.On(condition.Device)));
    }

    static TapeReal<T> Map(TapeReal<T> a, Func<Tensor<T>, Tensor<T>> tensors, Func<T, T> numbers) => a._tensor is { } x ? new(tensors(x)) : new(numbers(a._number));

    static TapeReal<T> Map(TapeReal<T> a, TapeReal<T> b, Func<Tensor<T>, Tensor<T>, Tensor<T>> tensors, Func<T, T, T> numbers)
        => (a._tensor ?? b._tensor) is { Device: var device } ? new(tensors(a.On(device), b.On(device))) : new(numbers(a._number, b._number));
}
