namespace Organics;

/// <summary>How the search for a sample's fixed point ended.</summary>
public enum FixedPointStatus
{
    /// <summary>The residual is within the tolerances.</summary>
    Converged,

    /// <summary>The iterations of all methods were used up.</summary>
    IterationCap,

    /// <summary>f is not finite at the start, or where a method led to.</summary>
    NotFinite,

    /// <summary>I − ∂f/∂y is singular at a state that is no fixed point.</summary>
    SingularJacobian,

    /// <summary>No step along Newton's direction lowers the residual.</summary>
    NoDescent,
}

/// <summary>The outcome of one sample.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Residual">max_i |f(y)_i − y_i| at the state that is returned, the best that was found.</param>
/// <param name="RelativeResidual">max_i |f(y)_i − y_i|/(AbsoluteTolerance + RelativeTolerance·|y_i|): at most 1 where it converged.</param>
/// <param name="Iterations">Iterations of all methods.</param>
/// <param name="Method">The name of the method that found the state; "start" where y0 is a fixed point itself, or no method came nearer.</param>
/// <param name="Contraction">The mean factor by which the residual, relative to the tolerances, changed in the last five iterations of the last method; NaN
/// where it had none.</param>
public sealed record FixedPointSample(FixedPointStatus Status, double Residual, double RelativeResidual, int Iterations, string Method, double Contraction)
{
    // A residual that changes by more an iteration grows.
    const double Grows = 1.02;

    /// <summary>What to do next, in a sentence.</summary>
    public string Advice => Status switch
    {
        FixedPointStatus.Converged => "Converged.",
        FixedPointStatus.NotFinite when Contraction > Grows
            => $"The iteration ran off until f was no longer finite, its residual growing by {Contraction:g3} a step (best {Residual:g3}); damp, add Newton's "
                + "method, or start from another y0.",
        FixedPointStatus.NotFinite => $"f is not finite near this sample (last finite residual {Residual:g3}); check θ and y0, or damp the method.",
        FixedPointStatus.SingularJacobian
            => $"I − ∂f/∂y is singular at residual {Residual:g3}, as near a fold; start from another y0, or put Anderson's method before Newton's.",
        FixedPointStatus.NoDescent
            => $"The residual {Residual:g3} has a minimum here that is not 0, or is all that rounding leaves; start from another y0, loosen the tolerances, "
                + "or compute in double.",
        _ => Contraction < 0.98 ? $"The residual {Residual:g3} still falls by {Contraction:g3} an iteration; raise MaxIterations."
            : Contraction > Grows
                ? $"The iteration moves away from its best state, residual {Residual:g3}, by {Contraction:g3} a step; damp, add Newton's method, or start from another y0."
            : $"The residual {Residual:g3} no longer falls; add Newton's method, damp, start from another y0, or loosen the tolerances.",
    };
}

/// <summary>The implicit gradient through one sample's fixed point.</summary>
/// <param name="Exists">False where it is NaN: at a fold, at a kink of f in y, or where the sample did not converge.</param>
/// <param name="Residual">‖ȳ − (I − ∂f/∂y)ᵀw‖∞/‖ȳ‖∞ of the adjoint solution w, for the cotangent ȳ.</param>
/// <param name="Error">
/// How far w may be off for want of a better fixed point, as a part of ‖w‖∞: estimated by ∂f/∂y a little beside it, as far as the residual and the rounding of
/// f leave it open. NaN where no gradient exists.
/// </param>
/// <param name="Method">"lu" or "gmres"; "none" where the cotangent is 0 or no gradient exists for want of a fixed point.</param>
/// <param name="Advice">What it means, in a sentence.</param>
public sealed record FixedPointGradient(bool Exists, double Residual, double Error, string Method, string Advice);

/// <summary>What the search for the fixed points of a batch came to, sample by sample, and, after a backward pass, their gradients.</summary>
public sealed class FixedPointReport
{
    /// <summary>One outcome for each sample.</summary>
    public IReadOnlyList<FixedPointSample> Samples { get; internal set; } = [];

    /// <summary>One for each sample, of the last backward pass; empty before.</summary>
    public IReadOnlyList<FixedPointGradient> Gradients { get; internal set; } = [];

    /// <summary>How many samples converged.</summary>
    public int Converged => Samples.Count(s => s.Status == FixedPointStatus.Converged);

    /// <summary>Which samples did not.</summary>
    public IReadOnlyList<int> Failed => [.. Enumerable.Range(0, Samples.Count).Where(i => Samples[i].Status != FixedPointStatus.Converged)];

    /// <summary>How many samples converged, and what became of the first that did not, for people.</summary>
    public override string ToString()
        => $"{Converged} of {Samples.Count} samples converged"
            + (Failed is [var first, ..] ? $"; sample {first}: {Samples[first].Status}, {Samples[first].Advice}" : "")
            + (Gradients.Count == 0 ? "" : $"; {Gradients.Count(g => g.Exists)} of {Gradients.Count} have a gradient");

    /// <summary>Throws unless every sample converged.</summary>
    /// <exception cref="ArithmeticException">One did not; the message says which, and what to do.</exception>
    public FixedPointReport OrThrow()
        => Failed is [var first, ..]
            ? throw new ArithmeticException($"{Failed.Count} of {Samples.Count} samples did not converge, first sample {first}: {Samples[first].Advice}")
            : this;
}
