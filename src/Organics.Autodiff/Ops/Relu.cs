namespace Organics.Formulas
{
    /// <summary>Rectifier ⌊x⌋ = max(x, 0) of every element. Shape: unchanged. Gradient: 1 above 0, otherwise 0.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    [Domain(0, -8, 8, Kinks = [0])]
    public readonly struct Relu<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Max(x, V.Zero);

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => V.IfLess(V.Zero, x, V.One, V.Zero);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Relu{T}"/>
        public Tensor<T> Relu() => Map(new Relu<T>());
    }
}
