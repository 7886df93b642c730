namespace Organics.Formulas
{
    /// <summary>Quotient x/divisor of every element and a number. Shape: unchanged. Gradient: 1/divisor.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="divisor">Divisor.</param>
    [SampleConstants(-1.75)]
    public readonly struct DivideBy<T>(T divisor) : IFormula1<T>
    {
        readonly T _divisor = divisor;

        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => x / V.Of(_divisor);

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => V.One / V.Of(_divisor);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        /// <summary>Every element divided by a number.</summary>
        public static Tensor<T> operator /(Tensor<T> a, T divisor)
        {
            ArgumentNullException.ThrowIfNull(a);
            return a.Map(new DivideBy<T>(divisor));
        }

        /// <summary>Every element divided by a number.</summary>
        public static Tensor<T> operator /(Tensor<T> a, double divisor) => a / T.CreateTruncating(divisor);
    }
}
