using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace SideBySide;

/// <summary>
/// y = E⁻¹ g with E = I + diag(t) Wr for every sample, with a gradient that never forms a batch of matrices:
/// λ = E⁻ᵀ ȳ,  ḡ = λ,  t̄ = −λ⊙(Wr y),  W̄r = −(λ⊙t)ᵀ y. On the tape, libtorch forms λ yᵀ and reduces it twice, as slow as the factorization.
/// Arguments: t [batch, n], Wr [n, n], g [batch, n].
/// </summary>
sealed class GainedSolve : autograd.SingleTensorFunction<GainedSolve>
{
    public override string Name => nameof(GainedSolve);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (t, wr, g) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        // Built transposed, so that the factorization finds columns contiguous and copies nothing.
        if (linalg.lu_factor(addcmul(eye(wr.shape[0]), t.unsqueeze(-2), wr.t().contiguous(), 1).mT) is not (var lu, { } pivots))
            throw new InvalidOperationException($"{Name}: a factorization without pivots cannot be solved.");
        var y = linalg.lu_solve(lu, pivots, g.unsqueeze(-1)).squeeze(-1);
        ctx.save_for_backward([lu, pivots, t, wr, y]);
        return y;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        if (ctx.get_saved_variables() is not [var lu, var pivots, var t, var wr, var y])
            throw new InvalidOperationException($"{Name}: saves five tensors.");
        var lambda = linalg.lu_solve(lu, pivots, grad_output.unsqueeze(-1), left: true, adjoint: true).squeeze(-1);
        return [(lambda * linear(y, wr)).neg_(), (lambda * t).t().mm(y).neg_(), lambda];
    }
}
