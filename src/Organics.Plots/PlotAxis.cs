using System.Globalization;

namespace Organics;

/// <summary>Maps numbers to places between two ends of a drawing, and chooses round ticks.</summary>
sealed class PlotAxis
{
    const int AboutTicks = 8;
    const double Tiny = 1e-290;
    readonly double _min, _max, _start, _end;
    readonly bool _log;

    PlotAxis(double min, double max, double start, double end, bool log, double[] ticks) =>
        (_min, _max, _start, _end, _log, Ticks) = (min, max, start, end, log, ticks);

    /// <summary>Where the ticks are, ascending, all within the axis.</summary>
    public double[] Ticks { get; }

    /// <summary>An axis over [min, max] drawn from <paramref name="start"/> to <paramref name="end"/>; an empty or single-valued range is widened.</summary>
    /// <param name="min">Smallest value to show.</param>
    /// <param name="max">Largest value to show.</param>
    /// <param name="start">Place of the smallest.</param>
    /// <param name="end">Place of the largest.</param>
    /// <param name="padding">Room left on both sides, as a fraction of the range.</param>
    /// <param name="leastStep">Ticks are at least so far apart: 1 where only whole numbers have a meaning.</param>
    /// <param name="aboutTicks">About how many ticks there is room for.</param>
    public static PlotAxis Linear(double min, double max, double start, double end, double padding, double leastStep = 0, int aboutTicks = AboutTicks)
    {
        if (!(min <= max)) (min, max) = (0, 1);
        if (min == max && leastStep > 0) (min, max) = (min - leastStep, max + leastStep);
        double magnitude = Math.Max(Math.Abs(min), Math.Abs(max));
        // Closer together than ticks can be told apart: one value.
        if (max - min <= 1e-11 * magnitude || magnitude < Tiny) (min, max) = magnitude < Tiny ? (-1, 1) : (min - 0.1 * magnitude, max + 0.1 * magnitude);
        double room = padding * (max - min);
        (min, max) = (min - room, max + room);
        double step = Math.Max(leastStep, RoundStep((max - min) / aboutTicks));
        var ticks = new List<double>();
        for (double k = Math.Ceiling(min / step); k * step <= max; k++) ticks.Add(k == 0 ? 0 : k * step);
        return new PlotAxis(min, max, start, end, log: false, [.. ticks]);
    }

    /// <summary>A logarithmic axis over the positive range [min, max].</summary>
    /// <param name="min">Smallest positive value to show.</param>
    /// <param name="max">Largest value to show.</param>
    /// <param name="start">Place of the smallest.</param>
    /// <param name="end">Place of the largest.</param>
    /// <param name="isTight">Whether no room is left at the ends.</param>
    public static PlotAxis Logarithmic(double min, double max, double start, double end, bool isTight = false)
    {
        if (!(min <= max)) (min, max) = (0.1, 1);
        double lower = Math.Log10(min), upper = Math.Log10(max), room = isTight && min < max ? 0 : Math.Max(0.04 * (upper - lower), 0.05);
        (lower, upper) = (lower - room, upper + room);
        double[] mantissas = upper - lower < 2.5 ? [1, 2, 5] : [1];
        double decades = Math.Max(1, Math.Ceiling((upper - lower) / 8));
        var ticks = new List<double>();
        for (double decade = Math.Floor(lower); decade <= upper; decade++)
            foreach (double mantissa in mantissas)
                if (decade % decades == 0 && double.Parse(FormattableString.Invariant($"{mantissa}e{decade}"), CultureInfo.InvariantCulture) is var tick
                    && Math.Log10(tick) >= lower && Math.Log10(tick) <= upper) ticks.Add(tick);
        // Within part of a decade even steps are rounder.
        if (ticks.Count < 3)
        {
            double first = Math.Pow(10, lower), last = Math.Pow(10, upper), step = RoundStep((last - first) / AboutTicks);
            ticks = [];
            for (double k = Math.Ceiling(first / step); k * step <= last; k++) ticks.Add(k * step);
        }
        return new PlotAxis(lower, upper, start, end, log: true, [.. ticks]);
    }

    /// <summary>Where <paramref name="value"/> is drawn; NaN for what a logarithmic axis cannot show.</summary>
    /// <param name="value">The number.</param>
    public double this[double value] => _start + (_end - _start) * (((_log ? Math.Log10(value) : value) - _min) / (_max - _min));

    /// <summary>The text beside a tick.</summary>
    /// <param name="tick">One of <see cref="Ticks"/>.</param>
    public string Label(double tick)
    {
        double magnitude = Math.Abs(tick);
        if (magnitude != 0 && (magnitude >= 1e6 || magnitude < 1e-3))
        {
            double exponent = Math.Floor(Math.Log10(magnitude) + 1e-9);
            double mantissa = Math.Round(tick / Math.Pow(10, exponent), 3);
            string power = "10" + Superscript((int)exponent);
            return mantissa == 1 ? power : $"{Number(mantissa, 3)}×{power}";
        }
        // Of a logarithmic axis even steps, if it has such, are the shortest of all.
        double step = Ticks.Length > 1 ? Math.Min(_log ? magnitude : double.PositiveInfinity, Ticks[1] - Ticks[0]) : magnitude;
        int decimals = step == 0 ? 0 : Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 8);
        return tick.ToString("F" + decimals, CultureInfo.InvariantCulture).Replace('-', '−');
    }

    /// <summary>The least of 1, 2, 5 × 10ᵏ that is not below <paramref name="step"/>.</summary>
    static double RoundStep(double step)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        double mantissa = step / power;
        return (mantissa <= 1 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10) * power;
    }

    static string Number(double value, int decimals) => Math.Round(value, decimals).ToString(CultureInfo.InvariantCulture).Replace('-', '−');

    static string Superscript(int exponent) =>
        string.Concat(exponent.ToString(CultureInfo.InvariantCulture).Select(digit => digit == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit - '0']));
}
