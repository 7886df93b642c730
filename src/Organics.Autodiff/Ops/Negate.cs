namespace Organics.Formulas
{
    /// <summary>Negative −x of every element. Shape: unchanged. Gradient: −1.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Negate<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => -x;

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => -V.One;
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Negate{T}"/>
        public static Tensor<T> operator -(Tensor<T> a)
        {
            ArgumentNullException.ThrowIfNull(a);
            return a.Map(new Negate<T>());
        }
    }
}
