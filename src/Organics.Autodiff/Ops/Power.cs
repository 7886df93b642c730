namespace Organics;

/// <summary>Power aᵇ = exp(b ln a) of every pair of elements, for a &gt; 0, within about |b ln a| + 4 units in the last place. Shape: the larger; scalars and suffixes broadcast. Gradient: b·aᵇ⁻¹ and aᵇ·ln a.</summary>
/// <typeparam name="T">float or double.</typeparam>
[Domain(0, 0.05, 8)]
[Domain(1, -3, 3)]
public readonly struct Power<T> : IFormula2<T>
{
    /// <inheritdoc/>
    public V F<V>(V a, V b) where V : struct, IReal<V, T> => V.Exp(b * V.Log(a));

    /// <inheritdoc/>
    public (V A, V B) Vjp<V>(V a, V b, V g) where V : struct, IReal<V, T>
    {
        var ln = V.Log(a);
        return (g * b * V.Exp((b - V.One) * ln), g * V.Exp(b * ln) * ln);
    }
}

public sealed partial class Tensor<T>
{
    /// <inheritdoc cref="Power{T}"/>
    public static Tensor<T> Pow(Tensor<T> a, Tensor<T> b) => Map(new Power<T>(), a, b);
}
