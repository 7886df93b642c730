namespace Organics.Formulas
{
    /// <summary>Hyperbolic tangent of every element. Shape: unchanged. Gradient: 1 − y².</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct Tanh<T> : IFormula1<T>
    {
        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T>
        {
            // Beyond ±20 the result is ±1 in both precisions; e²ˣ itself would overflow.
            var limit = V.Literal(20);
            var e = V.Expm1(V.Max(V.Min(x + x, limit + limit), -(limit + limit)));
            return e / (e + V.Literal(2));
        }

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => V.One - y * y;
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Tanh{T}"/>
        public Tensor<T> Tanh() => Map(new Tanh<T>());
    }
}
