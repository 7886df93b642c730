namespace Organics.Formulas
{
    /// <summary>
    /// Element a where the condition is above 0, otherwise b. Shape: broadcast as in NumPy. Gradient: 0 to the condition,
    /// all to the element chosen.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    [Domain(0, -8, 8, Kinks = [0])]
    public readonly struct Select<T> : IFormula3<T>
    {
        /// <inheritdoc/>
        public V F<V>(V a, V b, V c) where V : struct, IReal<V, T> => V.IfLess(V.Zero, a, b, c);

        /// <inheritdoc/>
        public (V A, V B, V C) Vjp<V>(V a, V b, V c, V g) where V : struct, IReal<V, T>
            => (V.Zero, V.IfLess(V.Zero, a, g, V.Zero), V.IfLess(V.Zero, a, V.Zero, g));
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Select{T}"/>
        public static Tensor<T> Select(Tensor<T> condition, Tensor<T> a, Tensor<T> b) => Map(new Select<T>(), condition, a, b);
    }
}
