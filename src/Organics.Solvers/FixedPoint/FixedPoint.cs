using System.Numerics;

namespace Organics;

/// <summary>
/// Fixed points y = f(θ, y) of any function in tape ops, as differentiable tensors: the iterations never reach the tape, and the gradient is that of the
/// implicit function, θ̄ = (∂f/∂θ)ᵀw with (I − ∂f/∂y)ᵀw = ȳ (Bai, Kolter &amp; Koltun, NeurIPS 2019).
/// </summary>
public static class FixedPoint
{
    /// <summary>Solves y = f(θ, y) for every sample of a batch.</summary>
    /// <param name="f">
    /// f(θ, y), of y's shape, in tape ops. Samples lie along the leading axis and must not depend on one another. What is to get a gradient is in θ: a tensor
    /// that f captures from outside must not belong to a tape. f must not read values (Item, ToArray) of what depends on θ or y, whose derivative would be
    /// lost: where it chooses by a value, <c>Tensor&lt;T&gt;.Select</c> does.
    /// </param>
    /// <param name="parameters">θ.</param>
    /// <param name="y0">Where the search begins. Shape [samples, …]; a scalar is one sample, and one of n elements is [1, n]. It gets no gradient: the fixed point does not depend on
    /// it.</param>
    /// <param name="options">Methods and tolerances; null for the defaults.</param>
    /// <param name="report">The outcome of each sample; one that did not converge holds the best state found. After a backward pass, that of the gradients
    /// too.</param>
    /// <returns>
    /// y, of y0's shape. Gradient: NaN for a sample that did not converge or lies on a fold or on a kink of f in y, where there is none, and so for all θ that
    /// it shares with others; a sample of cotangent 0 adds 0, and so does one without a gradient where <see cref="FixedPointOptions.LeavesOut"/> asks for it.
    /// </returns>
    /// <exception cref="ShapeException">f's result has another shape than y0.</exception>
    /// <exception cref="ArgumentException">An option makes no sense, or a sample of f depends on others.</exception>
    /// <exception cref="InvalidOperationException">f reads a value that depends on θ or y, where a derivative is asked for.</exception>
    /// <exception cref="DeviceMismatchException">f captures a tensor of a tape or workspace, or the devices differ.</exception>
    public static Tensor<T> Solve<P, T>(Func<P, Tensor<T>, Tensor<T>> f, P parameters, Tensor<T> y0, FixedPointOptions? options, out FixedPointReport report)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(parameters);
        return Solve((tensors, y) =>
        {
            var i = 0;
            return f(parameters.Map((_, _) => tensors[i++]), y);
        }, [.. parameters.List().Select(p => p.Value)], y0, options, out report);
    }

    /// <summary>Solves y = f(θ, y) with θ as tensors in order.</summary>
    /// <inheritdoc cref="Solve{P, T}(Func{P, Tensor{T}, Tensor{T}}, P, Tensor{T}, FixedPointOptions?, out FixedPointReport)"/>
    public static Tensor<T> Solve<T>(
        Func<Tensor<T>[], Tensor<T>, Tensor<T>> f, Tensor<T>[] parameters, Tensor<T> y0, FixedPointOptions? options, out FixedPointReport report)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(y0);
        options ??= new();
        options.Check();
        report = new();
        return new FixedPointOp<T>(f, options, report).Apply([.. parameters, y0]);
    }
}
