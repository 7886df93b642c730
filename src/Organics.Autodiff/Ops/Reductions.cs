namespace Organics.Formulas;

/// <summary>Sum of elements; 0 of none.</summary>
/// <typeparam name="T">float or double.</typeparam>
public readonly struct SumReduction<T> : IReduction<T>
{
    /// <inheritdoc/>
    public V Identity<V>() where V : struct, IReal<V, T> => V.Zero;

    /// <inheritdoc/>
    public V Combine<V>(V a, V b) where V : struct, IReal<V, T> => a + b;
}

/// <summary>Largest element; −∞ of none, NaN if one is NaN.</summary>
/// <typeparam name="T">float or double.</typeparam>
public readonly struct MaxReduction<T> : IReduction<T>
{
    /// <inheritdoc/>
    public V Identity<V>() where V : struct, IReal<V, T> => V.Literal(double.NegativeInfinity);

    /// <inheritdoc/>
    public V Combine<V>(V a, V b) where V : struct, IReal<V, T> => V.Max(a, b);
}
