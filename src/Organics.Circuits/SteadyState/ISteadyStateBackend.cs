using System.Numerics;

namespace Organics.Backends;

/// <summary>A backend with programs of its own for the fixed points of a batch of circuits and their adjoint.</summary>
/// <typeparam name="T">float or double.</typeparam>
public interface ISteadyStateBackend<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>
    /// Solves y = g + (1−√a)⊙(Wr·y), a = c + W(a⊙y²) for every sample, as <see cref="SteadyStateSolver{T}.Solve"/> does without its fallback. A sample that is
    /// not reported as converged, for whatever reason, holds nothing of use and is solved as on the CPU.
    /// </summary>
    /// <param name="g">Gated drive. [batch, n].</param>
    /// <param name="c">(b0⊙σ)². [n].</param>
    /// <param name="W">Normalization weights. [n, n].</param>
    /// <param name="Wr">Recurrent weights. [n, n].</param>
    /// <param name="y">Out: principal activity. [batch, n].</param>
    /// <param name="a">Out: modulator activity. [batch, n].</param>
    /// <param name="tolerance">Largest accepted relative change of a and correction of y, positive.</param>
    /// <param name="residual">Largest accepted residual, as <see cref="SteadyStateResult.Residual"/> describes it, positive.</param>
    /// <param name="cap">Most iterations.</param>
    /// <param name="results">Out: one for each sample.</param>
    void Solve(
        View<T> g, View<T> c, View<T> W, View<T> Wr, View<T> y, View<T> a, double tolerance, double residual, int cap,
        Span<SteadyStateResult> results);

    /// <summary>
    /// What <see cref="SteadyStateAdjoint{T}.Solve"/> computes for every sample; NaN in a sample whose Jacobian is singular to working precision.
    /// </summary>
    /// <param name="W">Normalization weights. [n, n].</param>
    /// <param name="Wr">Recurrent weights. [n, n].</param>
    /// <param name="n">Neuron pairs.</param>
    /// <param name="y">Fixed points, principal. [batch, n].</param>
    /// <param name="a">Fixed points, modulator. [batch, n].</param>
    /// <param name="gy">Cotangents of y. [batch, n].</param>
    /// <param name="ga">Cotangents of a. [batch, n].</param>
    /// <param name="p">Out: ∂g. [batch, n].</param>
    /// <param name="q">Out: ∂c of each sample. [batch, n].</param>
    /// <param name="recurrentFactor">Out: (1−√a)⊙p. [batch, n].</param>
    /// <param name="normalizationFactor">Out: a⊙y². [batch, n].</param>
    void SolveAdjoint(
        View<T> W, View<T> Wr, int n, View<T> y, View<T> a, View<T> gy, View<T> ga, View<T> p, View<T> q, View<T> recurrentFactor, View<T> normalizationFactor);
}
