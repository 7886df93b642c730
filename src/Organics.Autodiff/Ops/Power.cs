namespace Organics.Formulas
{
    /// <summary>
    /// Power aᵇ of every pair of elements, within 2 units in the last place for whole b up to 1023 and −1023, else within about |b ln a| + 4, and at 0,
    /// 1, ∞ and below 0 what C's pow gives. Shape: broadcast as in NumPy.
    /// Gradient, as in PyTorch: b·aᵇ⁻¹, and 0 where b = 0; aᵇ·ln a, and 0 where a = 0 and b ≥ 0, NaN where a &lt; 0.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    [Domain(0, 0.05, 8)]
    [Domain(1, -3, 3)]
    public readonly struct Power<T> : IFormula2<T>
    {
        /// <inheritdoc/>
        public V F<V>(V a, V b) where V : struct, IReal<V, T> => V.Pow(a, b);

        /// <inheritdoc/>
        public (V A, V B) Vjp<V>(V a, V b, V g) where V : struct, IReal<V, T>
        {
            var slope = V.Pow(a, b) * V.Log(a);
            // a = 0 and b ≥ 0: 0, and NaN where one of them is.
            var none = V.Abs(a) + V.Min(b, V.Zero);
            return (
                V.IfLess(V.Zero, V.Abs(b), g * (b * V.Pow(a, b - V.One)), b),
                g * V.IfLess(V.Zero, V.Abs(a), slope, V.IfLess(b, V.Zero, slope, none)));
        }
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Power{T}"/>
        public static Tensor<T> Pow(Tensor<T> a, Tensor<T> b) => Map(new Power<T>(), a, b);
    }
}
