using System.Numerics;

namespace Organics;

/// <summary>
/// What a step of the recurrent circuit uses, derived once a sequence from the trained parameters. Matrices act on columns: row = target, column = source.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Wzx">Input weights of the drive. Shape [n, d].</param>
/// <param name="Wr">Recurrent weights. Shape [n, n].</param>
/// <param name="W">Normalization weights, W ≥ 0. Shape [n, n].</param>
/// <param name="Wbx0">Input weights of the gain b0. Shape [n, d].</param>
/// <param name="Wby0">Weights of b0 from y. Shape [n, n].</param>
/// <param name="Wba0">Weights of b0 from a. Shape [n, n].</param>
/// <param name="Wbx1">Input weights of the gain b. Shape [n, d].</param>
/// <param name="Wby1">Weights of b from y. Shape [n, n].</param>
/// <param name="Wba1">Weights of b from a. Shape [n, n].</param>
/// <param name="Sigma">Semisaturation σ. Shape [n].</param>
/// <param name="KappaY">Δt/τ of y. Shape [n].</param>
/// <param name="KappaA">Δt/τ of a. Shape [n].</param>
/// <param name="KappaB0">Δt/τ of b0. Shape [n].</param>
/// <param name="KappaB1">Δt/τ of b. Shape [n].</param>
public sealed record CircuitCoefficients<T>(
    Tensor<T> Wzx, Tensor<T> Wr, Tensor<T> W, Tensor<T> Wbx0, Tensor<T> Wby0, Tensor<T> Wba0, Tensor<T> Wbx1, Tensor<T> Wby1, Tensor<T> Wba1,
    Tensor<T> Sigma, Tensor<T> KappaY, Tensor<T> KappaA, Tensor<T> KappaB0, Tensor<T> KappaB1) : IParameters<CircuitCoefficients<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public CircuitCoefficients<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(
            f("Wzx", Wzx), f("Wr", Wr), f("W", W), f("Wbx0", Wbx0), f("Wby0", Wby0), f("Wba0", Wba0), f("Wbx1", Wbx1), f("Wby1", Wby1), f("Wba1", Wba1),
            f("sigma", Sigma), f("kappa_y", KappaY), f("kappa_a", KappaA), f("kappa_b0", KappaB0), f("kappa_b1", KappaB1));
    }
}
