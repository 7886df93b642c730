namespace Organics.Formulas
{
    /// <summary>Rectified square ⌊x⌋² of every element: a firing rate from a membrane potential. Shape: unchanged. Gradient: 2⌊x⌋.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    [Domain(0, -8, 8, Kinks = [0])]
    public readonly struct RectifiedSquare<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T>
        {
            var r = V.Max(x, V.Zero);
            return r * r;
        }

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T>
        {
            var r = V.Max(x, V.Zero);
            return r + r;
        }
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="RectifiedSquare{T}"/>
        public Tensor<T> RectifiedSquare() => Map(new RectifiedSquare<T>());
    }
}
