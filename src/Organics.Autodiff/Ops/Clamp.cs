namespace Organics.Formulas
{
    /// <summary>Every element limited to [min, max]. Shape: unchanged. Gradient: 1 inside and at the limits, 0 beyond.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="min">Least value.</param>
    /// <param name="max">Greatest value.</param>
    [SampleConstants(-1, 1.5)]
    [Domain(0, -8, 8, Kinks = [-1, 1.5])]
    public readonly struct Clamp<T>(T min, T max) : IFormula1<T>
    {
        readonly T _min = min, _max = max;

        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Min(V.Max(x, V.Of(_min)), V.Of(_max));

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T>
            => V.IfLess(x, V.Of(_min), V.Zero, V.IfLess(V.Of(_max), x, V.Zero, V.One));
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <inheritdoc cref="Clamp{T}"/>
        public Tensor<T> Clamp(T min, T max) => Map(new Clamp<T>(min, max));
    }
}
