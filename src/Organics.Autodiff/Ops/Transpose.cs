using System.Numerics;

namespace Organics;

/// <summary>The last two axes exchanged. Gradient: exchanged back.</summary>
sealed class Transpose<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs)
    {
        var s = inputs[0].Shape;
        if (s.Rank < 2) throw new ShapeException($"Transpose: the tensor is {s} but needs at least 2 axes; Reshape it.");
        return s.Exchanged(s.Rank - 2, s.Rank - 1);
    }

    public override void Forward(in ForwardContext<T> c)
    {
        var s = c.Shape(0);
        c.On.Transpose(c.Input(0), Batch(s), s[-2], s[-1], c.Output, accumulate: false);
    }

    public override void Vjp(in VjpContext<T> c)
    {
        var s = c.Shape(0);
        c.On.Transpose(c.OutputGrad, Batch(s), s[-1], s[-2], c.Grad(0, out var accumulate), accumulate);
    }

    static int Batch(Shape s) => s.Around(s.Rank - 2).Outer;
}

public sealed partial class Tensor<T>
{
    /// <summary>The last two axes exchanged. Gradient: exchanged back. In products, use MatMul's flags instead: they copy nothing.</summary>
    public Tensor<T> Transpose() => new Transpose<T>().Apply(this);
}
