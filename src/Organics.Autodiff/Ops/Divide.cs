namespace Organics.Formulas
{
    /// <summary>Quotient a/b of every pair of elements. Shape: broadcast as in NumPy. Gradient: 1/b and −a/b².</summary>
    /// <typeparam name="T">float or double.</typeparam>
    [Domain(1, 0.05, 20)]
    public readonly struct Divide<T> : IFormula2<T>
    {
        /// <inheritdoc/>
        public V F<V>(V a, V b) where V : struct, IReal<V, T> => a / b;

        /// <inheritdoc/>
        public (V A, V B) Vjp<V>(V a, V b, V g) where V : struct, IReal<V, T>
        {
            var ga = g / b;
            return (ga, -(ga * (a / b)));
        }
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Divide{T}"/>
        public static Tensor<T> operator /(Tensor<T> a, Tensor<T> b) => Map(new Divide<T>(), a, b);
    }
}
