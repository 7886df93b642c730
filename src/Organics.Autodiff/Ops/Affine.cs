namespace Organics.Formulas
{
    /// <summary>Scaled and shifted element scale·x + shift. Shape: unchanged. Gradient: scale.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="scale">Factor.</param>
    /// <param name="shift">Summand.</param>
    [SampleConstants(-1.75, 0.5)]
    public readonly struct Affine<T>(T scale, T shift) : IFormula1<T>
    {
        readonly T _scale = scale, _shift = shift;

        /// <inheritdoc/>
        public V F<V>(V x) where V : struct, IReal<V, T> => V.Fma(V.Of(_scale), x, V.Of(_shift));

        /// <inheritdoc/>
        public V D<V>(V x, V y) where V : struct, IReal<V, T> => V.Of(_scale);
    }
}

namespace Organics
{
    public sealed partial class Tensor<T>
    {
        // A number is of the tensor's own precision or double, which is rounded to it: `t * 2` and `t * 0.5` mean the same in both precisions.
        /// <inheritdoc cref="Affine{T}"/>
        public Tensor<T> Affine(T scale, T shift) => Map(new Affine<T>(scale, shift));

        /// <summary>Every element times a number.</summary>
        public static Tensor<T> operator *(Tensor<T> a, T scale)
        {
            ArgumentNullException.ThrowIfNull(a);
            return a.Affine(scale, T.Zero);
        }

        /// <summary>Every element times a number.</summary>
        public static Tensor<T> operator *(Tensor<T> a, double scale) => a * T.CreateTruncating(scale);

        /// <summary>Every element times a number.</summary>
        public static Tensor<T> operator *(T scale, Tensor<T> a)
        {
            ArgumentNullException.ThrowIfNull(a);
            return a.Affine(scale, T.Zero);
        }

        /// <summary>Every element times a number.</summary>
        public static Tensor<T> operator *(double scale, Tensor<T> a) => T.CreateTruncating(scale) * a;

        /// <summary>Every element plus a number.</summary>
        public static Tensor<T> operator +(Tensor<T> a, T shift)
        {
            ArgumentNullException.ThrowIfNull(a);
            return a.Affine(T.One, shift);
        }

        /// <summary>Every element plus a number.</summary>
        public static Tensor<T> operator +(Tensor<T> a, double shift) => a + T.CreateTruncating(shift);

        /// <summary>Every element plus a number.</summary>
        public static Tensor<T> operator +(T shift, Tensor<T> a)
        {
            ArgumentNullException.ThrowIfNull(a);
            return a.Affine(T.One, shift);
        }

        /// <summary>Every element plus a number.</summary>
        public static Tensor<T> operator +(double shift, Tensor<T> a) => T.CreateTruncating(shift) + a;

        /// <summary>Every element minus a number.</summary>
        public static Tensor<T> operator -(Tensor<T> a, T shift)
        {
            ArgumentNullException.ThrowIfNull(a);
            return a.Affine(T.One, -shift);
        }

        /// <summary>Every element minus a number.</summary>
        public static Tensor<T> operator -(Tensor<T> a, double shift) => a - T.CreateTruncating(shift);

        /// <summary>A number minus every element.</summary>
        public static Tensor<T> operator -(T shift, Tensor<T> a)
        {
            ArgumentNullException.ThrowIfNull(a);
            return a.Affine(-T.One, shift);
        }

        /// <summary>A number minus every element.</summary>
        public static Tensor<T> operator -(double shift, Tensor<T> a) => T.CreateTruncating(shift) - a;
    }
}
