namespace Organics.Formulas
{
    /// <summary>
    /// Power xᵖ of every element for one exponent p, within 2 units in the last place for whole p up to 1023 and −1023, else within about |p ln x| + 4, and at
    /// 0, 1, ∞ and below 0 what C's pow gives: x⁰ = 1, and below 0 a number where p is an integer, NaN otherwise. Shape: unchanged. Gradient: p·xᵖ⁻¹, and 0
    /// where p = 0.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="exponent">p.</param>
    [SampleConstants(3)]
    [Domain(0, -8, 8)]
    public readonly struct ConstantPower<T>(T exponent) : IFormula1<T>
    {
        const int NotWhole = int.MinValue;

        readonly T _p = exponent;
        readonly int _whole = exponent switch
        {
            float p when float.IsInteger(p) && Math.Abs(p) <= Elementary.MostWhole => (int)p,
            double p when double.IsInteger(p) && Math.Abs(p) <= Elementary.MostWhole => (int)p,
            _ => NotWhole,
        };

        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => _whole == NotWhole ? V.Pow(x, V.Of(_p)) : Elementary.Whole<V, T>(x, _whole);

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T>
        {
            var p = V.Of(_p);
            return V.IfLess(V.Zero, V.Abs(p), p * (_whole == NotWhole ? V.Pow(x, p - V.One) : Elementary.Whole<V, T>(x, _whole - 1)), p);
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
