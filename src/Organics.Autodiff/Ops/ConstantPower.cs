namespace Organics;

/// <summary>
/// Power xᵖ of every element for one exponent p, also for x &lt; 0 where p is an integer (NaN otherwise), within about |p ln x| + 4 units in
/// the last place; x⁰ = 1. Shape: unchanged. Gradient: p·xᵖ⁻¹.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="exponent">p.</param>
/// <param name="signBelowZero">What (−1)ᵖ is: 1 for an even p, −1 for an odd one, NaN for others.</param>
[SampleConstants(3, -1)]
[Domain(0, -8, 8)]
public readonly struct ConstantPower<T>(T exponent, T signBelowZero) : IFormula1<T>
{
    readonly T _p = exponent, _sign = signBelowZero;

    /// <inheritdoc/>
    public V F<V>(V x) where V : struct, IReal<V, T> => PowerOf(x, V.Of(_p), V.Of(_sign));

    /// <inheritdoc/>
    public V D<V>(V x, V y) where V : struct, IReal<V, T>
        // x⁰ is constant, also at 0, where p·xᵖ⁻¹ would be 0·∞.
        => V.IfLess(V.Zero, V.Abs(V.Of(_p)), V.Of(_p) * PowerOf(x, V.Of(_p) - V.One, -V.Of(_sign)), V.Zero);

    static V PowerOf<V>(V x, V p, V sign) where V : struct, IReal<V, T>
    {
        var r = V.Exp(p * V.Log(V.Abs(x)));
        r = V.IfLess(x, V.Zero, sign * r, r);
        return V.IfLess(V.Zero, V.Abs(p), r, V.One);
    }
}

public sealed partial class Tensor<T>
{
    /// <inheritdoc cref="ConstantPower{T}"/>
    public Tensor<T> Pow(T exponent)
        => Map(new ConstantPower<T>(exponent, T.IsOddInteger(exponent) ? -T.One : T.IsInteger(exponent) ? T.One : T.NaN));
}
