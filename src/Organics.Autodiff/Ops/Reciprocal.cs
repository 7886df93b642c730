namespace Organics.Formulas
{
    /// <summary>Quotient numerator/x of a number and every element. Shape: unchanged. Gradient: −numerator/x².</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="numerator">Numerator.</param>
    [SampleConstants(-1.75)]
    [Domain(0, 0.05, 20)]
    public readonly struct Reciprocal<T>(T numerator) : IFormula1<T>
    {
        readonly T _numerator = numerator;

        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Of(_numerator) / x;

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => -(y / x);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <summary>A number divided by every element.</summary>
        public static Tensor<T> operator /(T numerator, Tensor<T> a)
        {
            ArgumentNullException.ThrowIfNull(a);
            return a.Map(new Reciprocal<T>(numerator));
        }

        /// <summary>A number divided by every element.</summary>
        public static Tensor<T> operator /(double numerator, Tensor<T> a) => T.CreateTruncating(numerator) / a;
    }
}
