namespace Organics.Formulas
{
    /// <summary>Sum a + b of every pair of elements. Shape: broadcast as in NumPy. Gradient: 1 and 1.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Add<T> : IFormula2<T>
    {
        /// <inheritdoc/>
        public V F<V>(V a, V b) where V : struct, IReal<V, T> => a + b;

        /// <inheritdoc/>
        public (V A, V B) Vjp<V>(V a, V b, V g) where V : struct, IReal<V, T> => (g, g);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Add{T}"/>
        public static Tensor<T> operator +(Tensor<T> a, Tensor<T> b) => Map(new Add<T>(), a, b);
    }
}
