namespace Organics;

/// <summary>How <see cref="Ode.Integrate"/> chooses its steps, what it keeps and when it stops early.</summary>
public sealed record OdeOptions
{
    /// <summary>The length of every step but the last, which ends at tEnd or at a discontinuity; null, the default, lets the error estimate of an embedded pair
    /// choose.</summary>
    public double? Step { get; init; }

    /// <summary>The longest step, positive: an error estimate sees f at the stages of a step only, and a pulse between them not at all. Infinite, the default,
    /// sets no limit.</summary>
    public double MaxStep { get; init; } = double.PositiveInfinity;

    /// <summary>
    /// Times at which f jumps or has a kink, in any order; those outside of the interval do not matter. A step ends at each of them and the next begins there
    /// anew, and f is seen by neither from the other's side, whichever value it has at that very time. A steady state or limit cycle ends the integration only
    /// after the last of them.
    /// </summary>
    public IReadOnlyList<double> Discontinuities { get; init; } = [];

    /// <summary>What is to be noticed on the way, and where to stop for it; none by default.</summary>
    public IReadOnlyList<OdeEvent> Events { get; init; } = [];

    /// <summary>
    /// A step is accepted when the root mean square of error_i/(AbsoluteTolerance + RelativeTolerance·|x_i|) is at most 1; below 1, and at least
    /// <see cref="LeastRelativeTolerance"/>.
    /// </summary>
    public double RelativeTolerance { get; init; } = 1e-6;

    /// <summary>The least <see cref="RelativeTolerance"/>, ten times the rounding of double: what a step's own sum rounds to.</summary>
    public const double LeastRelativeTolerance = 10 * 2.220446049250313e-16;

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
    /// about RelativeTolerance, so give at least ten times that. A system that depends on time has no steady state while changes are to come: it must have
    /// them all in <see cref="Discontinuities"/> and be constant in time after the last, or the option is refused.
    /// </summary>
    public double SteadyStateTolerance { get; init; }

    /// <summary>T of <see cref="SteadyStateTolerance"/>, in units of time: the slowest time constant of the system.</summary>
    public double SteadyStateTimescale { get; init; } = 1;

    /// <summary>
    /// Stops when the trajectory runs on a limit cycle, and reports the period; for autonomous systems, and others as
    /// <see cref="SteadyStateTolerance"/>. A Poincaré section lies through a point p of the
    /// trajectory, normal to the flow there, and moves to the present point at steps 1, 2, 4, 8, … (Brent's rule) unless returns keep coming. A return is a
    /// crossing in the direction of the flow where no component is farther from p than LimitCycleTolerance times the range that it has run through since p.
    /// Eight returns in a row, or 16, 32, …, after times that agree to the same tolerance, make a cycle when they have converged: the means of their earlier
    /// and later half differ by no more than the returns scatter within a half. An oscillation that dies out or grows drifts on instead, however slowly, and a
    /// centre drifts by the errors of the method; they are none. Nor is one whose range times LimitCycleTolerance is below the tolerated error of a step. 0,
    /// the default, does not look for cycles.
    /// </summary>
    public double LimitCycleTolerance { get; init; }
}
