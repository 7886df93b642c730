namespace Organics.Formulas
{
    /// <summary>Softplus ln(1 + eˣ) of every element, without overflow. Shape: unchanged. Gradient: the logistic function.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Softplus<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Max(x, V.Zero) + V.Log1p(V.Exp(-V.Abs(x)));

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => V.One / (V.One + V.Exp(-x));
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Softplus{T}"/>
        public Tensor<T> Softplus() => Map(new Softplus<T>());
    }
}
