namespace Organics;

/// <summary>What became of a trajectory.</summary>
enum SettlingOutcome
{
    /// <summary>It came to rest.</summary>
    AtRest,

    /// <summary>It did not come to rest, and two methods agree on that.</summary>
    Restless,

    /// <summary>It was followed as long as is affordable, and neither is known.</summary>
    Unknown,
}

/// <summary>Whether a trajectory comes to rest: followed by a cheap method first, then ever more closely and longer where it has not.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="End">Where it ended.</param>
/// <param name="Time">When it came to rest, in units of the time scale; NaN where it did not.</param>
/// <param name="IsLong">Whether the first time limit was not enough.</param>
/// <param name="Period">Of the limit cycle that it runs on; NaN where none was found.</param>
sealed record Settling(SettlingOutcome Outcome, double[] End, double Time, bool IsLong, double Period)
{
    public const double FirstLimit = 60, LastLimit = 1e4;

    /// <summary>Follows a trajectory.</summary>
    /// <param name="system">Autonomous, its states of order 1.</param>
    /// <param name="distance">Falls to 0 where the trajectory is at rest.</param>
    /// <param name="timescale">How long the slowest mode takes to decay by e at the fixed point.</param>
    /// <param name="start">Where the trajectory starts.</param>
    /// <param name="cancellation">Gives up between the stages.</param>
    public static Settling Of(
        IStiffOdeSystem system, Func<double, ReadOnlySpan<double>, double> distance, double timescale, double[] start,
        CancellationToken cancellation = default)
    {
        if (distance(0, start) <= 0) return new(SettlingOutcome.AtRest, start, 0, false, double.NaN);
        OdeEvent[] arrival = [new(distance, CrossingDirection.Falling, IsTerminal: true)];
        var found = Followed(Rosenbrock.Rodas3, 1e-4, FirstLimit, 20_000, 0);
        if (found.Status == OdeStatus.Event) return AtRest(isLong: false);
        found = Followed(Rosenbrock.Rodas3, 1e-6, LastLimit, 1_000_000, 1e-3);
        if (found.Status == OdeStatus.Event) return AtRest(isLong: true);
        var isMoving = found.Status is OdeStatus.LimitCycle or OdeStatus.ReachedEnd;
        found = Followed(RungeKutta.DormandPrince, 1e-9, LastLimit, 3_000_000, 1e-4);
        if (found.Status == OdeStatus.Event) return AtRest(isLong: true);
        var isRestless = isMoving && found.Status is OdeStatus.LimitCycle or OdeStatus.ReachedEnd;
        return new(isRestless ? SettlingOutcome.Restless : SettlingOutcome.Unknown, found.EndState.ToArray(), double.NaN, true, found.Period);

        Settling AtRest(bool isLong) => new(SettlingOutcome.AtRest, found.EndState.ToArray(), found.EndTime / timescale, isLong, double.NaN);

        OdeSolution Followed(OdeMethod method, double tolerance, double limit, int steps, double cycle)
        {
            cancellation.ThrowIfCancellationRequested();
            return Ode.Integrate(system, method, start, 0, limit * timescale, new()
            {
                Events = arrival,
                RelativeTolerance = tolerance,
                AbsoluteTolerance = tolerance,
                MaxSteps = steps,
                Record = false,
                LimitCycleTolerance = cycle,
            });
        }
    }
}
