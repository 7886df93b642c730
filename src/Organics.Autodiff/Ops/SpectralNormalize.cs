using System.Buffers;

namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>
    /// The matrix divided by its largest singular value σ₁, found by the power method on AᵀA or AAᵀ, the smaller. Shape: [m, n], unchanged.
    /// Gradient: (G − ⟨G, A/σ₁⟩·u₁v₁ᵀ)/σ₁ with the singular vectors u₁, v₁ (a subgradient where σ₁ is multiple).
    /// </summary>
    /// <remarks>
    /// The power method is run by squaring: after k squarings the product stands to the power 2ᵏ, so that 14 of them do the work of 16,384 iterations
    /// and the result depends on the matrix alone, not on a vector carried from step to step. A zero matrix gives non-finite values.
    /// </remarks>
    /// <exception cref="ShapeException">The tensor is not a matrix.</exception>
    public Tensor<T> SpectralNormalize()
    {
        Guard.Rank(nameof(SpectralNormalize), this, 2);
        var a = StopGradient();
        // Scaled to 1, its square neither overflows nor vanishes.
        a = a / a.Abs().Max();
        // The smaller of the two products: that of a long row by its column would not fit into a tensor.
        var wide = Shape[0] < Shape[1];
        var p = a.MatMul(a, transposeThis: !wide, transposeOther: wide);
        for (var k = 0; k < 14; k++)
        {
            p = p / p.Abs().Max();
            p = p.MatMul(p);
        }
        // The projector p onto v₁, or u₁, applied to multiples of the golden ratio modulo 1, which no vector that arises by design is orthogonal to.
        var n = p.Shape[0];
        var start = ArrayPool<T>.Shared.Rent(n);
        for (var i = 0; i < n; i++) start[i] = T.CreateTruncating(0.5 + (i + 1) * 0.6180339887498949 % 1);
        var x = a.Workspace is { } w ? w.From(start.AsSpan(0, n), [n, 1]) : Tensor.From<T>(start.AsSpan(0, n), [n, 1], Device);
        ArrayPool<T>.Shared.Return(start);
        var one = p.MatMul(x);
        one = one / one.Square().Sum().Sqrt();
        var other = a.MatMul(one, transposeThis: wide);
        other = other / other.Square().Sum().Sqrt();
        var (u, v) = wide ? (one, other) : (other, one);
        // σ₁ = u₁ᵀA·v₁, whose gradient is u₁v₁ᵀ.
        var sigma = (this * u.MatMul(v, transposeOther: true)).Sum();
        return this / sigma;
    }
}
