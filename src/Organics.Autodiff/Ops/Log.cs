namespace Organics.Formulas
{
    /// <summary>Natural logarithm ln x of every element; −∞ at 0, NaN below. Shape: unchanged. Gradient: 1/x.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    [Domain(0, 0.01, 100)]
    public readonly struct Log<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Log(x);

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => V.One / x;
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Log{T}"/>
        public Tensor<T> Log() => Map(new Log<T>());
    }
}
