namespace Organics.Formulas;

/// <summary>
/// A dual number re + du·ε, ε² = 0: value and directional derivative in one pass. It is the oracle for every formula's derivative.
/// </summary>
/// <typeparam name="V">The carrier of both parts.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Re">The value.</param>
/// <param name="Du">The derivative.</param>
public readonly record struct Dual<V, T>(V Re, V Du) : IReal<Dual<V, T>, T> where V : struct, IReal<V, T>
{
    /// <inheritdoc/>
    public static Dual<V, T> Of(T value) => new(V.Of(value), V.Zero);

    /// <inheritdoc/>
    public static Dual<V, T> Literal(double value) => new(V.Literal(value), V.Zero);

    /// <inheritdoc/>
    public static Dual<V, T> Zero => new(V.Zero, V.Zero);

    /// <inheritdoc/>
    public static Dual<V, T> One => new(V.One, V.Zero);

    /// <inheritdoc/>
    public static Dual<V, T> Half => new(V.Half, V.Zero);

    /// <inheritdoc/>
    public static Dual<V, T> operator +(Dual<V, T> a, Dual<V, T> b) => new(a.Re + b.Re, a.Du + b.Du);

    /// <inheritdoc/>
    public static Dual<V, T> operator -(Dual<V, T> a, Dual<V, T> b) => new(a.Re - b.Re, a.Du - b.Du);

    /// <inheritdoc/>
    public static Dual<V, T> operator *(Dual<V, T> a, Dual<V, T> b) => new(a.Re * b.Re, a.Du * b.Re + a.Re * b.Du);

    /// <inheritdoc/>
    public static Dual<V, T> operator /(Dual<V, T> a, Dual<V, T> b)
    {
        var q = a.Re / b.Re;
        return new(q, (a.Du - q * b.Du) / b.Re);
    }

    /// <inheritdoc/>
    public static Dual<V, T> operator -(Dual<V, T> a) => new(-a.Re, -a.Du);

    /// <inheritdoc/>
    public static Dual<V, T> Fma(Dual<V, T> a, Dual<V, T> b, Dual<V, T> c)
        => new(V.Fma(a.Re, b.Re, c.Re), V.Fma(a.Du, b.Re, V.Fma(a.Re, b.Du, c.Du)));

    /// <inheritdoc/>
    public static Dual<V, T> Max(Dual<V, T> a, Dual<V, T> b) => new(V.Max(a.Re, b.Re), V.IfLess(b.Re, a.Re, a.Du, b.Du));

    /// <inheritdoc/>
    public static Dual<V, T> Min(Dual<V, T> a, Dual<V, T> b) => new(V.Min(a.Re, b.Re), V.IfLess(a.Re, b.Re, a.Du, b.Du));

    /// <inheritdoc/>
    public static Dual<V, T> Abs(Dual<V, T> a)
        => new(V.Abs(a.Re), V.IfLess(V.Zero, a.Re, a.Du, V.IfLess(a.Re, V.Zero, -a.Du, V.Zero)));

    /// <inheritdoc/>
    public static Dual<V, T> Sqrt(Dual<V, T> a)
    {
        var s = V.Sqrt(a.Re);
        return new(s, V.Half * a.Du / s);
    }

    /// <inheritdoc/>
    public static Dual<V, T> Exp(Dual<V, T> a)
    {
        var e = V.Exp(a.Re);
        return new(e, a.Du * e);
    }

    /// <inheritdoc/>
    public static Dual<V, T> Expm1(Dual<V, T> a) => new(V.Expm1(a.Re), a.Du * V.Exp(a.Re));

    /// <inheritdoc/>
    public static Dual<V, T> Log(Dual<V, T> a) => new(V.Log(a.Re), a.Du / a.Re);

    /// <inheritdoc/>
    public static Dual<V, T> Log1p(Dual<V, T> a) => new(V.Log1p(a.Re), a.Du / (V.One + a.Re));

    /// <inheritdoc/>
    public static Dual<V, T> Sin(Dual<V, T> a) => new(V.Sin(a.Re), a.Du * V.Cos(a.Re));

    /// <inheritdoc/>
    public static Dual<V, T> Cos(Dual<V, T> a) => new(V.Cos(a.Re), -(a.Du * V.Sin(a.Re)));

    /// <inheritdoc/>
    public static Dual<V, T> Pow(Dual<V, T> a, Dual<V, T> b)
    {
        var y = V.Pow(a.Re, b.Re);
        var byA = V.IfLess(V.Zero, V.Abs(b.Re), b.Re * V.Pow(a.Re, b.Re - V.One), b.Re);
        // At a = 0 there is no slope along b > 0, and none is taken at b = 0; a NaN stays.
        var byB = V.IfLess(V.Zero, V.Abs(a.Re), y * V.Log(a.Re), V.IfLess(b.Re, V.Zero, y * V.Log(a.Re), V.Abs(a.Re) + V.Min(b.Re, V.Zero)));
        return new(y, Along(byA, a.Du) + Along(byB, b.Du));

        // What does not vary contributes nothing, even where its derivative is no number.
        static V Along(V slope, V du) => V.IfLess(V.Zero, V.Abs(du), slope * du, du);
    }

    /// <inheritdoc/>
    public static Dual<V, T> IfLess(Dual<V, T> a, Dual<V, T> b, Dual<V, T> then, Dual<V, T> otherwise)
        => new(V.IfLess(a.Re, b.Re, then.Re, otherwise.Re), V.IfLess(a.Re, b.Re, then.Du, otherwise.Du));
}
