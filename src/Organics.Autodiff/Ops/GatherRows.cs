using System.Numerics;

namespace Organics;

/// <summary>Chosen entries of the leading axis. Gradient: added back to them, repeated entries several times.</summary>
sealed class GatherRows<T>(int[] index) : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs)
    {
        var s = inputs[0].Shape;
        if (s.Rank == 0) throw new ShapeException("GatherRows: the tensor is a scalar but needs a leading axis; Reshape it.");
        foreach (var i in index)
            if ((uint)i >= (uint)s[0]) throw new ShapeException($"GatherRows: entry {i} was asked for of a tensor {s}; stay within its leading axis.");
        return s.With(0, index.Length);
    }

    public override void Forward(in ForwardContext<T> c) => c.On.Gather(c.Input(0), index, c.Shape(0).Around(0).Inner, c.Output);

    public override void Vjp(in VjpContext<T> c) => c.On.ScatterAdd(c.OutputGrad, index, c.Shape(0).Around(0).Inner, c.Grad(0));
}

public sealed partial class Tensor<T>
{
    /// <summary>Entries index[0], index[1], … of the leading axis. Gradient: added back to them.</summary>
    /// <exception cref="ShapeException">An index lies outside the leading axis.</exception>
    public Tensor<T> GatherRows(params ReadOnlySpan<int> index) => new GatherRows<T>(index.ToArray()).Apply(this);
}
