namespace Organics.Formulas
{
    /// <summary>Exponential eˣ of every element. Shape: unchanged. Gradient: eˣ.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Exp<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Exp(x);

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => y;
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Exp{T}"/>
        public Tensor<T> Exp() => Map(new Exp<T>());
    }
}
