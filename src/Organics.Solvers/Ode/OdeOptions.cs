namespace Organics;

/// <summary>How <see cref="Ode.Integrate"/> chooses its steps, what it keeps and when it stops early.</summary>
public sealed record OdeOptions
{
    /// <summary>The length of every step but the last, which ends at tEnd; null, the default, lets the error estimate of an embedded pair choose.</summary>
    public double? Step { get; init; }

    /// <summary>A step is accepted when the root mean square of error_i/(AbsoluteTolerance + RelativeTolerance·|x_i|) is at most 1; positive.</summary>
    public double RelativeTolerance { get; init; } = 1e-6;

    /// <summary>See <see cref="RelativeTolerance"/>; positive, in the units of x.</summary>
    public double AbsoluteTolerance { get; init; } = 1e-9;

    /// <summary>The most steps tried, rejected ones included.</summary>
    public int MaxSteps { get; init; } = 1_000_000;

    /// <summary>Whether every step is kept, for <see cref="OdeSolution.State"/> and <see cref="OdeSolution.At"/>, or only the start and the end.</summary>
    public bool Record { get; init; } = true;

    /// <summary>
    /// Stops at the first step, or at the start, where T·|ẋ_i| ≤ SteadyStateTolerance·(|x_i| + AbsoluteTolerance/RelativeTolerance) for all i,
    /// with T = <see cref="SteadyStateTimescale"/>: within T no element would change by more than this part of itself, or of the magnitude
    /// below which errors are measured absolutely. 0, the default, never stops. An explicit method with step control cannot settle more closely than
    /// about RelativeTolerance, so give at least ten times that.
    /// </summary>
    public double SteadyStateTolerance { get; init; }

    /// <summary>T of <see cref="SteadyStateTolerance"/>, in units of time: the slowest time constant of the system.</summary>
    public double SteadyStateTimescale { get; init; } = 1;

    /// <summary>
    /// Stops when the trajectory is periodic, and reports the period. A Poincaré section lies through a point p of the trajectory, normal to the
    /// flow there, and moves to the present point at steps 1, 2, 4, 8, … (Brent's rule). A return is a crossing in the direction of the flow at
    /// a distance from p of at most LimitCycleTolerance times the largest distance since p, both in the norm of the error control. Three
    /// returns in a row, after times that agree to the same tolerance, make a cycle, provided that the cycle times LimitCycleTolerance is larger
    /// than the tolerated error of a step: so an oscillation that dies out at a steady state is none, unless a turn shrinks it by less than a third
    /// of LimitCycleTolerance. 0, the default, does not look for cycles.
    /// </summary>
    public double LimitCycleTolerance { get; init; }
}
