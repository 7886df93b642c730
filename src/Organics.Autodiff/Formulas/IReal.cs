namespace Organics.Formulas;

/// <summary>
/// The arithmetic in which a formula is written: real numbers carried by <typeparamref name="V"/> (one number, a SIMD vector of numbers,
/// a number in a GPU thread, a dual number), with scalars of type <typeparamref name="T"/>.
/// </summary>
/// <typeparam name="V">The carrier itself.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
/// <remarks>Every member means the same on every carrier, NaN and infinities included, so that one formula gives one result everywhere.</remarks>
public interface IReal<V, T> where V : struct, IReal<V, T>
{
    /// <summary>A scalar of the tensor's own precision.</summary>
    static abstract V Of(T value);

    /// <summary>A literal, rounded to the carrier's precision.</summary>
    static abstract V Literal(double value);

    /// <summary>0.</summary>
    static abstract V Zero { get; }

    /// <summary>1.</summary>
    static abstract V One { get; }

    /// <summary>½.</summary>
    static abstract V Half { get; }

    /// <summary>a + b.</summary>
    static abstract V operator +(V a, V b);

    /// <summary>a − b.</summary>
    static abstract V operator -(V a, V b);

    /// <summary>a·b.</summary>
    static abstract V operator *(V a, V b);

    /// <summary>a/b.</summary>
    static abstract V operator /(V a, V b);

    /// <summary>−a.</summary>
    static abstract V operator -(V a);

    /// <summary>a·b + c with one rounding.</summary>
    static abstract V Fma(V a, V b, V c);

    /// <summary>The larger of the two; NaN if either is NaN. Derivative at a = b: all to b.</summary>
    static abstract V Max(V a, V b);

    /// <summary>The smaller of the two; NaN if either is NaN. Derivative at a = b: all to b.</summary>
    static abstract V Min(V a, V b);

    /// <summary>|a|. Derivative at 0: 0.</summary>
    static abstract V Abs(V a);

    /// <summary>√a; NaN below 0.</summary>
    static abstract V Sqrt(V a);

    /// <summary>eᵃ, within 2 units in the last place.</summary>
    static abstract V Exp(V a);

    /// <summary>eᵃ − 1, within 3 units in the last place, also near 0.</summary>
    static abstract V Expm1(V a);

    /// <summary>ln a, within 2 units in the last place; −∞ at 0, NaN below.</summary>
    static abstract V Log(V a);

    /// <summary>ln(1 + a), within 4 units in the last place, also near 0.</summary>
    static abstract V Log1p(V a);

    /// <summary>
    /// sin a, a in radians, within 1 unit in the last place; NaN where |a| ≥ 2⁵¹ in binary64 and 2²² in binary32: neighbouring numbers lie half a radian apart
    /// there.
    /// </summary>
    static abstract V Sin(V a);

    /// <summary>cos a, a in radians, within 1 unit in the last place; NaN where <see cref="Sin"/> is.</summary>
    static abstract V Cos(V a);

    /// <summary>
    /// aᵇ, within 2 units in the last place for whole b up to 1023 and −1023, else within about |b ln a| + 4, and at 0, 1, ∞, NaN and below 0 what C's pow
    /// gives: a⁰ = 1ᵇ = 1, (−0)⁻¹ = −∞, (−∞)^½ = ∞, (−8)^⅓
    /// NaN.
    /// Derivatives, as in PyTorch: by a, b·aᵇ⁻¹, and 0 where b = 0; by b, aᵇ·ln a, and 0 where a = 0 and b ≥ 0.
    /// </summary>
    static abstract V Pow(V a, V b);

    /// <summary><paramref name="then"/> where a &lt; b, otherwise <paramref name="otherwise"/> (also where either is NaN).</summary>
    static abstract V IfLess(V a, V b, V then, V otherwise);
}

/// <summary>
/// The bit-level primitives from which <see cref="Elementary"/> builds the transcendental functions once for all machines.
/// </summary>
public interface IMachineReal<V, T> : IReal<V, T> where V : struct, IMachineReal<V, T>
{
    /// <summary>Whether the carrier holds binary64 numbers (otherwise binary32).</summary>
    static abstract bool IsDouble { get; }

    /// <summary>The nearest integer, ties to even; exact while |a| &lt; 2²² (binary32) or 2⁵¹ (binary64).</summary>
    static abstract V Round(V a);

    /// <summary>2ⁿ for an integral n within the range of normal numbers.</summary>
    static abstract V Pow2(V n);

    /// <summary>The unbiased binary exponent of a positive normal number.</summary>
    static abstract V Exponent(V a);

    /// <summary>The significand, in [1, 2), of a positive normal number.</summary>
    static abstract V Significand(V a);
}

/// <summary>A carrier that holds <see cref="Count"/> consecutive scalars.</summary>
public interface ISimdReal<V, T> : IMachineReal<V, T> where V : struct, ISimdReal<V, T>
{
    /// <summary>Numbers per carrier.</summary>
    static abstract int Count { get; }

    /// <summary>Loads <see cref="Count"/> numbers beginning at <paramref name="offset"/>.</summary>
    static abstract V Load(ref readonly T from, nint offset);

    /// <summary>Stores <see cref="Count"/> numbers beginning at <paramref name="offset"/>.</summary>
    static abstract void Store(V value, ref T to, nint offset);

    /// <summary>The sum of the numbers: the second half is added to the first until one is left, on every processor.</summary>
    static abstract T Sum(V value);

    /// <summary>The numbers from position <paramref name="lane"/> on, zeros before.</summary>
    static abstract V From(V value, int lane);
}

/// <summary>A carrier of a single scalar: a loop iteration on the CPU, a thread on a GPU.</summary>
public interface ILane<V, T> : IMachineReal<V, T> where V : struct, ILane<V, T>
{
    /// <summary>The number held.</summary>
    T Value { get; }

    /// <summary>The number without its fraction; what lies outside the range of int has no meaning.</summary>
    int Integer { get; }
}
