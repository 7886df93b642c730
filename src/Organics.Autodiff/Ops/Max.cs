using System.Numerics;

namespace Organics.Formulas
{
    /// <summary>1 where both elements are equal, otherwise 0. Gradient: 0.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public readonly struct EqualOne<T> : IFormula2<T>
    {
        /// <inheritdoc/>
        public V F<V>(V a, V b) where V : struct, IReal<V, T>
            => V.IfLess(a, b, V.Zero, V.IfLess(b, a, V.Zero, V.One));

        /// <inheritdoc/>
        public (V A, V B) Vjp<V>(V a, V b, V g) where V : struct, IReal<V, T> => (V.Zero, V.Zero);
    }
}

namespace Organics
{
    /// <summary>Largest element over one axis, or over all. Gradient: shared evenly by the largest elements.</summary>
    sealed class Max<T>(int? axis) : AxisReduction<T, MaxReduction<T>>(axis) where T : unmanaged, IFloatingPointIeee754<T>
    {
        public override void Vjp(in VjpContext<T> c)
        {
            var (outer, n, inner) = Extents(c.Shape(0));
            var x = c.Input(0);
            var (spread, isMax, count) = (c.Scratch(x.Length), c.Scratch(x.Length), c.Scratch(c.Output.Length));
            c.On.Expand(c.Output, outer, n, inner, spread, accumulate: false);
            c.On.Map(new Binary<EqualOne<T>, T>(default), new(x, spread), isMax);
            c.On.Reduce(default(SumReduction<T>), isMax, outer, n, inner, count, accumulate: false);
            // x̄ += [x = max]·ȳ/count
            c.On.Map(new Binary<Divide<T>, T>(default), new(c.OutputGrad, count), count);
            c.On.Expand(count, outer, n, inner, spread, accumulate: false);
            c.On.Map(new Binary<Multiply<T>, T>(default), new(isMax, spread), isMax);
            c.On.Add(isMax, c.Grad(0));
        }
    }

    public sealed partial class Tensor<T>
    {
        /// <summary>Largest of all elements; −∞ of none. Shape: a scalar. Gradient: shared evenly by the largest elements.</summary>
        public Tensor<T> Max() => new Max<T>(null).Apply(this);

        /// <summary>Largest element over an axis. Shape: without that axis. Gradient: shared evenly by the largest elements.</summary>
        public Tensor<T> Max(int axis) => new Max<T>(axis).Apply(this);
    }
}
