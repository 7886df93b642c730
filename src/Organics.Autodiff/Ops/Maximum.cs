namespace Organics.Formulas
{
    /// <summary>Larger of every pair of elements; NaN if either is. Shape: broadcast as in NumPy. Gradient: to the larger; to b where they are equal.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Maximum<T> : IFormula2<T>
    {
        /// <inheritdoc/>
        public V F<V>(V a, V b) where V : struct, IReal<V, T> => V.Max(a, b);

        /// <inheritdoc/>
        public (V A, V B) Vjp<V>(V a, V b, V g) where V : struct, IReal<V, T> => (V.IfLess(b, a, g, V.Zero), V.IfLess(b, a, V.Zero, g));
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Maximum{T}"/>
        public static Tensor<T> Max(Tensor<T> a, Tensor<T> b) => Map(new Maximum<T>(), a, b);
    }
}
