namespace Organics.Formulas
{
    /// <summary>
    /// Smaller of every pair of elements; NaN if either is. Shape: broadcast as in NumPy. Gradient: to the smaller; to b where they are equal.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Minimum<T> : IFormula2<T>
    {
        /// <inheritdoc/>
        public V F<V>(V a, V b) where V : struct, IReal<V, T> => V.Min(a, b);

        /// <inheritdoc/>
        public (V A, V B) Vjp<V>(V a, V b, V g) where V : struct, IReal<V, T> => (V.IfLess(a, b, g, V.Zero), V.IfLess(a, b, V.Zero, g));
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Minimum{T}"/>
        public static Tensor<T> Min(Tensor<T> a, Tensor<T> b) => Map(new Minimum<T>(), a, b);
    }
}
