namespace Organics;

/// <summary>The zero of an increasing function of a positive number, to the last digits.</summary>
static class MonotoneRoot
{
    const int MaxSteps = 400;
    const double Least = 2.2250738585072014e-308, Precision = 2.220446049250313e-16;

    /// <summary>
    /// The zero in [low, high], found by Newton's method in log x; where a step would leave the bracket, the bracket is halved in log x.
    /// An end is returned where rounding errors hide the change of sign.
    /// </summary>
    /// <param name="f">The function and its derivative by log x.</param>
    /// <param name="low">A bound from below.</param>
    /// <param name="high">A bound from above.</param>
    public static double Of(Func<double, (double Value, double Slope)> f, double low, double high)
    {
        high = Math.Min(high, double.MaxValue);
        low = Math.Min(Math.Max(low, Least), high);
        var x = high;
        for (var step = 0; step < MaxSteps; step++)
        {
            var (value, slope) = f(x);
            if (value == 0) break;
            if (value > 0) high = x;
            else low = x;
            var next = x * Math.Exp(-value / slope);
            if (!(next > low && next < high)) next = Math.Sqrt(low) * Math.Sqrt(high);
            var done = Math.Abs(next - x) <= Precision * x || next <= low || next >= high;
            x = next;
            if (done) break;
        }
        return x;
    }
}
