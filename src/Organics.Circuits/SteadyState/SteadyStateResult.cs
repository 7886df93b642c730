namespace Organics;

/// <summary>How a search for a fixed point ended.</summary>
public enum SteadyStateStatus
{
    /// <summary>
    /// The change of a is within the tolerance, and the residual of both equations at the state returned within ten times it; or the rounding of the state and
    /// of the equations' terms leaves a larger one, as it does where large terms cancel.
    /// </summary>
    Converged,

    /// <summary>Every method reached its cap, cycled or diverged; y and a hold the best state found.</summary>
    NotConverged,

    /// <summary>An input is not finite, c is not positive, or W has a negative entry; y and a hold NaN.</summary>
    InvalidInput,
}

/// <summary>The method that produced a fixed point.</summary>
public enum SteadyStateMethod
{
    /// <summary>Eq. 4–5, for Wr = I.</summary>
    ClosedForm,

    /// <summary>Algorithm 1 of the paper: one linear solve per iteration.</summary>
    Algorithm1,

    /// <summary>Algorithm 1's fixed point by sweeps that refine y with an older factorisation.</summary>
    Sweeps,

    /// <summary>Newton's method in log a along Wr(t) = I + t(Wr − I) from the identity circuit's exact solution.</summary>
    Homotopy,

    /// <summary>Algorithm 1 damped in the logarithm, a ← √(a·Φ(a)).</summary>
    Damped,

    /// <summary>Anderson's acceleration of u ← u + √a⊙r in u = √a⊙y, for several samples at once and without a factorisation.</summary>
    Anderson,

    /// <summary>The roots of the quartic of one pair, all of which are known: <see cref="PlanarCircuit"/>.</summary>
    Planar,

    /// <summary>Newton's method with deflation from many starts: <see cref="CircuitEquilibria"/>. Its iterations are not counted.</summary>
    Deflation,

    /// <summary>Newton's method from where a trajectory settled. Its iterations are not counted.</summary>
    Trajectory,
}

/// <summary>Options of the fixed-point search.</summary>
public readonly record struct SteadyStateOptions()
{
    /// <summary>Largest accepted relative change max_i |Δa_i|/a_i and relative residual, not negative. 0 stands for 1e-12 in double, 2e-6 in float.</summary>
    public double Tolerance { get; init; }

    /// <summary>Cap on iterations of Algorithm 1 or of the sweeps.</summary>
    public int MaxIterations { get; init; } = 60;

    /// <summary>Whether the homotopy and the damped iteration may be tried when the first method fails. They allocate.</summary>
    public bool Fallback { get; init; } = true;

    /// <summary>Throws where the tolerance or the cap makes no sense.</summary>
    internal static void Check(SteadyStateOptions options)
    {
        if (!(options.Tolerance >= 0 && double.IsFinite(options.Tolerance)))
            throw new ArgumentOutOfRangeException(
                nameof(options), $"The tolerance is {options.Tolerance}; give a finite number of 0 or more, 0 for the default.");
        if (options.MaxIterations < 0)
            throw new ArgumentOutOfRangeException(nameof(options), $"The cap on iterations is {options.MaxIterations}; give 0 or more.");
    }
}

/// <summary>Outcome of a search for a fixed point.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Iterations">Iterations of the method that produced the answer.</param>
/// <param name="Residual">
/// The larger of two relative residuals at the returned state: ‖−y + g + (1−√a)⊙(Wr·y)‖∞ / max(‖g‖∞, ‖y‖∞) and
/// max_i |−a + c + W(a⊙y²)|_i / a_i. When z = 0 the first is 0.
/// </param>
/// <param name="RateEstimate">Ratio of the last two changes of a (the local rate of convergence), or 0 when there were fewer than two.</param>
/// <param name="Method">The method that produced the answer.</param>
public readonly record struct SteadyStateResult(
    SteadyStateStatus Status, int Iterations, double Residual, double RateEstimate, SteadyStateMethod Method)
{
    /// <summary>What to do next, in words.</summary>
    public string Advice => Status switch
    {
        SteadyStateStatus.Converged => "Converged.",
        SteadyStateStatus.InvalidInput => "An input is not finite, c is not positive or W has a negative entry; check g, c, W and Wr.",
        _ => "No fixed point was found; check that the largest singular value of Wr is at most 1, loosen the tolerance, or raise the iteration cap.",
    };

    /// <summary>Throws unless converged.</summary>
    /// <exception cref="ArithmeticException">The search did not converge.</exception>
    public SteadyStateResult OrThrow() => Status == SteadyStateStatus.Converged
        ? this
        : throw new ArithmeticException($"The steady state search ended as {Status} with residual {Residual:E2} after {Iterations} iterations. {Advice}");
}
