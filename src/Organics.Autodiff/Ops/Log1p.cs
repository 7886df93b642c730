namespace Organics.Formulas
{
    /// <summary>ln(1 + x) of every element, exact also near 0; −∞ at −1, NaN below. Shape: unchanged. Gradient: 1/(1 + x).</summary>
    /// <typeparam name="T">float or double.</typeparam>
    [Domain(0, -0.99, 100)]
    public readonly struct Log1p<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Log1p(x);

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => V.One / (V.One + x);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Log1p{T}"/>
        public Tensor<T> Log1p() => Map(new Log1p<T>());
    }
}
