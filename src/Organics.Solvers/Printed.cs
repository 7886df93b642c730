using System.Globalization;
using System.Numerics;

namespace Organics;

/// <summary>Numbers for people, in one line and the same everywhere: six digits, and of many the first few.</summary>
static class Printed
{
    const int Most = 6;

    public static string Of(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    /// <summary>To two digits: an error, a residual.</summary>
    public static string Rough(double value) => value.ToString("G2", CultureInfo.InvariantCulture);

    public static string Of(IReadOnlyList<double> state) => List(state, Of);

    public static string Of(IReadOnlyList<Complex> values) => List(values, Of);

    static string Of(Complex value)
        => value.Imaginary == 0 ? Of(value.Real) : $"{Of(value.Real)}{(value.Imaginary < 0 ? "−" : "+")}{Of(Math.Abs(value.Imaginary))}i";

    static string List<T>(IReadOnlyList<T> all, Func<T, string> print)
        => $"[{string.Join(", ", all.Take(Most).Select(print))}{(all.Count > Most ? $", … {all.Count} in all" : "")}]";

    /// <summary>A branch of equilibria or orbits: how many, from where to where, why it ends there, and what lies between.</summary>
    public static string Branch(string what, IReadOnlyList<double> parameters, BranchEnd end, IReadOnlyList<(string Type, double Parameter)> events)
    {
        if (parameters.Count == 0) return $"no {what}";
        var reason = end switch
        {
            BranchEnd.Range => "the end of the range",
            BranchEnd.StepLimit => "the most steps that were asked for",
            BranchEnd.NoStep => "where no step is short enough",
            BranchEnd.Point => "where the orbits shrink to a point",
            _ => "where the period grows without bound",
        };
        return $"{parameters.Count} {what} from {Of(parameters[0])} to {Of(parameters[^1])}, {reason}; "
            + (events.Count == 0 ? "no bifurcations" : string.Join(", ", events.Select(e => $"{e.Type} at {Of(e.Parameter)}")));
    }
}
