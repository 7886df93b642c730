namespace Organics.Formulas
{
    /// <summary>
    /// Cosine of every element, in radians; NaN from |x| = 2⁵¹ (float: 2²²) on, where neighbouring numbers lie half a radian apart. Shape: unchanged. Gradient:
    /// −sin x.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Cos<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Cos(x);

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => -V.Sin(x);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Cos{T}"/>
        public Tensor<T> Cos() => Map(new Cos<T>());
    }
}
