namespace Organics.Formulas
{
    /// <summary>
    /// Sine of every element, in radians; NaN from |x| = 2⁵¹ (float: 2²²) on, where neighbouring numbers lie half a radian apart. Shape: unchanged. Gradient:
    /// cos x.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Sin<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Sin(x);

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => V.Cos(x);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Sin{T}"/>
        public Tensor<T> Sin() => Map(new Sin<T>());
    }
}
