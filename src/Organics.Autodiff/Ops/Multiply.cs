namespace Organics.Formulas
{
    /// <summary>Product a·b of every pair of elements. Shape: broadcast as in NumPy. Gradient: b and a.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Multiply<T> : IFormula2<T>
    {
        /// <inheritdoc/>
        public V F<V>(V a, V b) where V : struct, IReal<V, T> => a * b;

        /// <inheritdoc/>
        public (V A, V B) Vjp<V>(V a, V b, V g) where V : struct, IReal<V, T> => (g * b, g * a);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Multiply{T}"/>
        public static Tensor<T> operator *(Tensor<T> a, Tensor<T> b) => Map(new Multiply<T>(), a, b);
    }
}
