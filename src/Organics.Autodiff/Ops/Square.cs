namespace Organics.Formulas
{
    /// <summary>Square x² of every element. Shape: unchanged. Gradient: 2x.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Square<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => x * x;

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => x + x;
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Square{T}"/>
        public Tensor<T> Square() => Map(new Square<T>());
    }
}
