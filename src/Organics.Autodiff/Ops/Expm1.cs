namespace Organics.Formulas
{
    /// <summary>eˣ − 1 of every element, exact also near 0. Shape: unchanged. Gradient: eˣ.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Expm1<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Expm1(x);

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => V.Exp(x);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Expm1{T}"/>
        public Tensor<T> Expm1() => Map(new Expm1<T>());
    }
}
