namespace Organics.Formulas
{
    /// <summary>Difference a − b of every pair of elements. Shape: broadcast as in NumPy. Gradient: 1 and −1.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Subtract<T> : IFormula2<T>
    {
        /// <inheritdoc/>
        public V F<V>(V a, V b) where V : struct, IReal<V, T> => a - b;

        /// <inheritdoc/>
        public (V A, V B) Vjp<V>(V a, V b, V g) where V : struct, IReal<V, T> => (g, -g);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Subtract{T}"/>
        public static Tensor<T> operator -(Tensor<T> a, Tensor<T> b) => Map(new Subtract<T>(), a, b);
    }
}
