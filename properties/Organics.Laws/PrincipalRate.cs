namespace Organics.Laws;

/// <summary>Principal-cell drive d − y + (1 − √a)·r, with a floored: a formula of four inputs, so that this arity is never without one.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="floor">Least a.</param>
[SampleConstants(0.125)]
[Domain(2, -1, 4, Kinks = [0.125])]
public readonly struct PrincipalRate<T>(T floor) : IFormula4<T>
{
    readonly T _floor = floor;

    /// <inheritdoc/>
    public V F<V>(V a, V b, V c, V d) where V : struct, IReal<V, T> => b - a + (V.One - V.Sqrt(V.Max(c, V.Of(_floor)))) * d;

    /// <inheritdoc/>
    public (V A, V B, V C, V D) Vjp<V>(V a, V b, V c, V d, V g) where V : struct, IReal<V, T>
    {
        var s = V.Sqrt(V.Max(c, V.Of(_floor)));
        return (-g, g, V.IfLess(V.Of(_floor), c, -(g * d * V.Half / s), V.Zero), g * (V.One - s));
    }
}
