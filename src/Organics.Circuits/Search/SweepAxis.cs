using System.Globalization;

namespace Organics;

/// <summary>One parameter of a sweep and the values that it takes.</summary>
/// <param name="Path">Which: a path of <see cref="CircuitDescription"/>.</param>
/// <param name="Values">What it takes, in order.</param>
/// <param name="IsLogarithmic">Whether neighbours have a constant ratio, as a picture's axis then has.</param>
public sealed record SweepAxis(string Path, IReadOnlyList<double> Values, bool IsLogarithmic)
{
    const int MostValues = 1_000_000;

    const string Expected = "PATH=FROM:TO:N, PATH=FROM:TO:logN or PATH=A,B,C, as in z=0.01:1:log20,";

    /// <summary>Reads <c>z=0.01:1:log20</c> (so many values from one to the other by equal ratios), <c>sigma=0:2:21</c> (by equal differences) or
    /// <c>b0[3]=0.1,0.5,1</c>.</summary>
    /// <exception cref="FormatException">It is written in another way: the message says what is expected.</exception>
    public static SweepAxis Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (path, range) = Assignment.Cut(text) ?? throw new FormatException($"{Expected} is expected.");
        var parts = range.Split(':');
        if (parts.Length == 1) return new(path, [.. range.Split(',').Select(Number)], false);
        if (parts.Length != 3) throw new FormatException($"{Expected} is expected.");
        var isLogarithmic = parts[2].StartsWith("log", StringComparison.Ordinal);
        if (!int.TryParse(isLogarithmic ? parts[2].AsSpan(3) : parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count is < 1 or > MostValues)
            throw new FormatException($"the number of values, from 1 to {MostValues}, is expected at the end, as in z=0.01:1:log20.");
        var (from, to) = (Number(parts[0]), Number(parts[1]));
        if (isLogarithmic && !(from * to > 0))
            throw new FormatException("two numbers on the same side of 0 are expected where values have a constant ratio; write 0:1:20 for equal differences.");
        return new(path, [.. Enumerable.Range(0, count).Select(k => Value(from, to, k, count, isLogarithmic))], isLogarithmic);
    }

    // Both ends are met exactly.
    static double Value(double from, double to, int k, int count, bool isLogarithmic)
    {
        if (k == 0) return from;
        if (k == count - 1) return to;
        var part = (double)k / (count - 1);
        return isLogarithmic ? from * Math.Pow(to / from, part) : from + (to - from) * part;
    }

    static double Number(string text)
        => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && double.IsFinite(x) ? x
            : throw new FormatException($"'{text}' is no number; {Expected} is expected.");
}
