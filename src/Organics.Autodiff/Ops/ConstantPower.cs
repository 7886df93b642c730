namespace Organics.Formulas
{
    /// <summary>
    /// Power xᵖ of every element for one exponent p, within about |p ln x| + 4 units in the last place, and at 0, 1, ∞ and below 0 what C's pow gives: x⁰ = 1,
    /// and below 0 a number where p is an
    /// integer, NaN otherwise. Shape: unchanged. Gradient: p·xᵖ⁻¹, and 0 where p = 0.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="exponent">p.</param>
    [SampleConstants(3)]
    [Domain(0, -8, 8)]
    public readonly struct ConstantPower<T>(T exponent) : IFormula1<T>
    {
        readonly T _p = exponent;

        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Pow(x, V.Of(_p));

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T>
        {
            var p = V.Of(_p);
            return V.IfLess(V.Zero, V.Abs(p), p * V.Pow(x, p - V.One), p);
        }
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="ConstantPower{T}"/>
        public Tensor<T> Pow(T exponent) => Map(new ConstantPower<T>(exponent));
    }
}
