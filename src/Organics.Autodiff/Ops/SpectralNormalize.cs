using System.Buffers;

namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>
    /// The matrix divided by its largest singular value σ₁, found by the power method on AᵀA. Shape: [m, n], unchanged.
    /// Gradient: (G − ⟨G, A/σ₁⟩·u₁v₁ᵀ)/σ₁ with the singular vectors u₁, v₁ (a subgradient where σ₁ is multiple).
    /// </summary>
    /// <remarks>
    /// The power method is run by squaring: after k squarings AᵀA stands to the power 2ᵏ, so that 14 of them do the work of 16,384 iterations
    /// and the result depends on the matrix alone, not on a vector carried from step to step. A zero matrix gives non-finite values.
    /// </remarks>
    /// <exception cref="ShapeException">The tensor is not a matrix.</exception>
    public Tensor<T> SpectralNormalize()
    {
        Guard.Rank(nameof(SpectralNormalize), this, 2);
        var a = StopGradient();
        // Scaled to 1, its square neither overflows nor vanishes.
        a = a / a.Abs().Max();
        var p = a.MatMul(a, transposeThis: true);
        for (var k = 0; k < 14; k++)
        {
            p = p / p.Abs().Max();
            p = p.MatMul(p);
        }
        // The projector p onto v₁ applied to multiples of the golden ratio modulo 1, which no vector that arises by design is orthogonal to.
        var n = Shape[1];
        var start = ArrayPool<T>.Shared.Rent(n);
        for (var i = 0; i < n; i++) start[i] = T.CreateTruncating(0.5 + (i + 1) * 0.6180339887498949 % 1);
        var x = a.Workspace is { } w ? w.From(start.AsSpan(0, n), [n, 1]) : Tensor.From<T>(start.AsSpan(0, n), [n, 1], Device);
        ArrayPool<T>.Shared.Return(start);
        p = p / p.Abs().Max();
        var v = p.MatMul(x);
        v = v / v.Square().Sum().Sqrt();
        var u = a.MatMul(v);
        u = u / u.Square().Sum().Sqrt();
        // σ₁ = u₁ᵀA·v₁, whose gradient is u₁v₁ᵀ.
        var sigma = (this * u.MatMul(v, transposeOther: true)).Sum();
        return this / sigma;
    }
}
