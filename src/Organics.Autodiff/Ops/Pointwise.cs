using System.Numerics;

namespace Organics;

/// <summary>Applies a formula element by element, broadcasting as NumPy does; the tape's side of every element-wise op.</summary>
sealed class Pointwise<T, TOp>(TOp op, string name) : Op<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TOp : unmanaged, IPointwise<T>
{
    Shape _shape;

    public override string Name => name;

    /// <summary>
    /// Applies the formula. Scalars and suffixes of the result's shape repeat as they lie in memory; what else broadcasts is repeated by an op of its own
    /// first.
    /// </summary>
    public Tensor<T> To(params ReadOnlySpan<Tensor<T>> inputs)
    {
        foreach (var t in inputs) ArgumentNullException.ThrowIfNull(t, Name);
        if (Guard.RepeatAsTheyLie(inputs, out _shape)) return Apply(inputs);
        _shape = Guard.Broadcast(Name, inputs);
        var repeated = new Tensor<T>[inputs.Length];
        for (var i = 0; i < repeated.Length; i++) repeated[i] = inputs[i].Repeated(_shape);
        return Apply(repeated);
    }

    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs) => _shape;

    public override void Forward(in ForwardContext<T> c)
    {
        Span<View<T>> x = new View<T>[c.Count];
        for (var i = 0; i < c.Count; i++) x[i] = c.Input(i);
        c.On.Map(op, Operands<T>.Of(x), c.Output);
    }

    public override void Vjp(in VjpContext<T> c)
    {
        var n = c.Output.Length;
        Span<View<T>> x = new View<T>[c.Count];
        Span<View<T>> g = new View<T>[c.Count];
        for (var i = 0; i < c.Count; i++)
        {
            x[i] = c.Input(i);
            if (!c.Needs(i)) continue;
            if (x[i].Length == n)
            {
                g[i] = c.Grad(i);
                continue;
            }
            g[i] = c.Scratch(n);
            c.On.Fill(g[i], T.Zero);
        }
        c.On.MapVjp(op, Operands<T>.Of(x), c.Output, c.OutputGrad, Operands<T>.Of(g));
        // What was repeated in the forward pass is summed in the backward pass.
        for (var i = 0; i < c.Count; i++)
            if (!g[i].IsMissing && x[i].Length != n && n > 0)
                c.On.Reduce(default(SumReduction<T>), g[i], 1, n / x[i].Length, x[i].Length, c.Grad(i, out var accumulate), accumulate);
    }
}

public sealed partial class Tensor<T>
{
    /// <summary>Applies a formula to every element: the way in for element-wise ops of your own.</summary>
    public Tensor<T> Map<TOp>(TOp op) where TOp : unmanaged, IFormula1<T>
        => new Pointwise<T, Unary<TOp, T>>(new(op), NameOf<TOp>()).To(this);

    /// <summary>Applies a formula of two inputs, whose shapes broadcast as NumPy's do.</summary>
    public static Tensor<T> Map<TOp>(TOp op, Tensor<T> a, Tensor<T> b) where TOp : unmanaged, IFormula2<T>
        => new Pointwise<T, Binary<TOp, T>>(new(op), NameOf<TOp>()).To(a, b);

    /// <summary>Applies a formula of three inputs, whose shapes broadcast as NumPy's do.</summary>
    public static Tensor<T> Map<TOp>(TOp op, Tensor<T> a, Tensor<T> b, Tensor<T> c) where TOp : unmanaged, IFormula3<T>
        => new Pointwise<T, Ternary<TOp, T>>(new(op), NameOf<TOp>()).To(a, b, c);

    /// <summary>Applies a formula of four inputs, whose shapes broadcast as NumPy's do.</summary>
    public static Tensor<T> Map<TOp>(TOp op, Tensor<T> a, Tensor<T> b, Tensor<T> c, Tensor<T> d) where TOp : unmanaged, IFormula4<T>
        => new Pointwise<T, Quaternary<TOp, T>>(new(op), NameOf<TOp>()).To(a, b, c, d);

    // Every axis of one element as long as in a shape that it broadcasts to. Missing leading axes, and all of a scalar, repeat by themselves.
    internal Tensor<T> Repeated(Shape shape)
    {
        var x = this;
        for (var axis = 0; axis < Shape.Rank && Length != 1; axis++)
        {
            var count = shape[axis - Shape.Rank];
            if (Shape[axis] != count) x = x.Reshape(x.Shape.Without(axis)).Expand(axis, count);
        }
        return x;
    }

    static string NameOf<TOp>() => typeof(TOp).Name.Split('`')[0];
}
