namespace Organics.Formulas
{
    /// <summary>Square root √x of every element; NaN below 0. Shape: unchanged. Gradient: 1/(2√x), and 0 at x = 0.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    [Domain(0, 0, 100, Kinks = [0])]
    public readonly struct Sqrt<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Sqrt(x);

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => V.IfLess(V.Zero, y, V.Half / y, V.Zero);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Sqrt{T}"/>
        public Tensor<T> Sqrt() => Map(new Sqrt<T>());
    }
}
