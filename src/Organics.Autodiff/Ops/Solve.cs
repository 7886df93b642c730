using System.Numerics;

namespace Organics;

/// <summary>
/// Solves A·x = b for a batch of small systems by LU with partial pivoting. Gradient: b̄ = A⁻ᵀx̄ (with the same factors), Ā = −b̄·xᵀ.
/// </summary>
sealed class Solve<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    View<T> _lu, _pivots;

    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs)
    {
        var (a, b) = (inputs[0].Shape, inputs[1].Shape);
        if (a.Rank != 3 || a[1] != a[2] || b.Rank != 2 || b[0] != a[0] || b[1] != a[1])
            throw new ShapeException($"Solve: A is {a} and b is {b}; they must be [batch, n, n] and [batch, n].");
        return b;
    }

    public override void Forward(in ForwardContext<T> c)
    {
        var (batch, n) = (c.Shape(1)[0], c.Shape(1)[1]);
        (_lu, _pivots) = (c.Save(batch * n * n), c.Save(batch * n));
        c.On.Copy(c.Input(0), _lu);
        c.On.LuFactor(_lu, _pivots, batch, n);
        c.On.Copy(c.Input(1), c.Output);
        c.On.LuSolve(_lu, _pivots, c.Output, batch, n, transpose: false);
    }

    public override void Vjp(in VjpContext<T> c)
    {
        var (batch, n) = (c.OutputShape[0], c.OutputShape[1]);
        var gb = c.Scratch(batch * n);
        c.On.Copy(c.OutputGrad, gb);
        c.On.LuSolve(_lu, _pivots, gb, batch, n, transpose: true);
        if (c.Needs(1)) c.On.Add(gb, c.Grad(1));
        if (!c.Needs(0)) return;
        // Ā[b, i, j] −= b̄[b, i]·x[b, j]
        var (rows, columns) = (c.Scratch(batch * n * n), c.Scratch(batch * n * n));
        c.On.Expand(gb, batch * n, n, 1, rows, accumulate: false);
        c.On.Expand(c.Output, batch, n, n, columns, accumulate: false);
        c.On.Map(new Binary<Multiply<T>, T>(default), new(rows, columns), rows);
        c.On.Map(new Binary<Subtract<T>, T>(default), new(c.Grad(0), rows), c.Grad(0));
    }
}

public sealed partial class Tensor<T>
{
    /// <summary>
    /// Solves A·x = b for every system of a batch, this tensor holding the matrices. Shape: A [batch, n, n], b [batch, n] → x [batch, n].
    /// A singular system gives non-finite x. Gradient: b̄ = A⁻ᵀx̄, Ā = −b̄·xᵀ.
    /// </summary>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor<T> Solve(Tensor<T> b) => new Solve<T>().Apply(this, b);
}
