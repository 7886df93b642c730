namespace Organics.Formulas
{
    /// <summary>Absolute value |x| of every element. Shape: unchanged. Gradient: the sign, and 0 at 0.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    [Domain(0, -8, 8, Kinks = [0])]
    public readonly struct Abs<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Abs(x);

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => V.IfLess(V.Zero, x, V.One, V.IfLess(x, V.Zero, -V.One, V.Zero));
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Abs{T}"/>
        public Tensor<T> Abs() => Map(new Abs<T>());
    }
}
