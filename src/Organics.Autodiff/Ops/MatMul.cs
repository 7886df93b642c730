using System.Numerics;

namespace Organics;

/// <summary>Matrix product op(A)·op(B). Gradient: C̄·op(B)ᵀ and op(A)ᵀ·C̄.</summary>
sealed class MatMul<T>(bool transposeA, bool transposeB) : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs)
    {
        var (a, b) = (inputs[0].Shape, inputs[1].Shape);
        if (a.Rank != 2 || b.Rank != 2) throw new ShapeException($"MatMul: the operands are {a} and {b} but must be matrices; Reshape them.");
        var (m, k) = transposeA ? (a[1], a[0]) : (a[0], a[1]);
        var (kb, n) = transposeB ? (b[1], b[0]) : (b[0], b[1]);
        if (k != kb)
            throw new ShapeException($"MatMul: {a}{(transposeA ? "ᵀ" : "")}·{b}{(transposeB ? "ᵀ" : "")} has inner extents {k} and {kb}; they must be equal, check the transposition flags.");
        return [m, n];
    }

    public override void Forward(in ForwardContext<T> c)
    {
        var (m, n, k) = Extents(c.Shape(0), c.Shape(1));
        c.On.MatMul(c.Input(0), transposeA, c.Input(1), transposeB, c.Output, m, n, k, accumulate: false);
    }

    public override void Vjp(in VjpContext<T> c)
    {
        var (m, n, k) = Extents(c.Shape(0), c.Shape(1));
        if (c.Needs(0))
        {
            var gradient = c.Grad(0, out var accumulate);
            // Ā = C̄·op(B)ᵀ, stored transposed where A is.
            if (transposeA) c.On.MatMul(c.Input(1), transposeB, c.OutputGrad, true, gradient, k, m, n, accumulate);
            else c.On.MatMul(c.OutputGrad, false, c.Input(1), !transposeB, gradient, m, k, n, accumulate);
        }
        if (c.Needs(1))
        {
            var gradient = c.Grad(1, out var accumulate);
            // B̄ = op(A)ᵀ·C̄, stored transposed where B is.
            if (transposeB) c.On.MatMul(c.OutputGrad, true, c.Input(0), transposeA, gradient, n, k, m, accumulate);
            else c.On.MatMul(c.Input(0), !transposeA, c.OutputGrad, false, gradient, k, n, m, accumulate);
        }
    }

    (int M, int N, int K) Extents(Shape a, Shape b) => (transposeA ? a[1] : a[0], transposeB ? b[0] : b[1], transposeA ? a[0] : a[1]);
}

public sealed partial class Tensor<T>
{
    /// <summary>
    /// Matrix product op(A)·op(B), where op transposes as flagged. Shape: [m, k]·[k, n] → [m, n]. Gradient: C̄·op(B)ᵀ and op(A)ᵀ·C̄.
    /// </summary>
    /// <exception cref="ShapeException">The operands are not matrices or their inner extents differ.</exception>
    public Tensor<T> MatMul(Tensor<T> other, bool transposeThis = false, bool transposeOther = false)
        => new MatMul<T>(transposeThis, transposeOther).Apply(this, other);
}
