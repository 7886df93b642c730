namespace Organics;

/// <summary>Which crossings of 0 an event is.</summary>
public enum CrossingDirection
{
    /// <summary>From below as from above.</summary>
    Both,

    /// <summary>From below.</summary>
    Rising,

    /// <summary>From above.</summary>
    Falling,
}

/// <summary>
/// Something that happens where a function of time and state crosses 0 along a trajectory. It is noticed by its sign at the ends of the steps, so that two
/// crossings within one step go unseen (see <see cref="OdeOptions.MaxStep"/>), and located on the method's dense output to the rounding of time. A trajectory
/// that begins at 0 has not crossed it.
/// </summary>
/// <param name="Function">g(t, x), continuous; not a number nowhere on the trajectory, or the integration ends with an
/// <see cref="ArithmeticException"/>.</param>
/// <param name="Direction">Which crossings count.</param>
/// <param name="IsTerminal">Whether the integration ends there: at that very time, with <see cref="OdeStatus.Event"/>.</param>
public sealed record OdeEvent(
    Func<double, ReadOnlySpan<double>, double> Function, CrossingDirection Direction = CrossingDirection.Both, bool IsTerminal = false)
{
    internal bool IsCrossed(double from, double to) => Direction switch
    {
        CrossingDirection.Rising => from < 0 && to >= 0,
        CrossingDirection.Falling => from > 0 && to <= 0,
        _ => (from < 0 && to >= 0) || (from > 0 && to <= 0),
    };
}

/// <summary>An event that happened.</summary>
/// <param name="Event">Which, by its place in <see cref="OdeOptions.Events"/>.</param>
/// <param name="Time">When.</param>
/// <param name="State">The state there, n elements.</param>
public sealed record OdeOccurrence(int Event, double Time, double[] State);
