namespace Organics.Formulas
{
    /// <summary>Logistic function 1/(1 + e⁻ˣ) of every element. Shape: unchanged. Gradient: y(1 − y).</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Sigmoid<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.One / (V.One + V.Exp(-x));

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => y * (V.One - y);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Sigmoid{T}"/>
        public Tensor<T> Sigmoid() => Map(new Sigmoid<T>());
    }
}
