namespace Organics;

/// <summary>
/// Step lengths from error estimates: Gustafsson's PI control (ACM Trans. Math. Softw. 17, 1991; Hairer &amp; Wanner II, §IV.2) and the first step of
/// Hairer, Nørsett &amp; Wanner I, §II.4.
/// </summary>
/// <param name="order">The lower order of the pair.</param>
/// <param name="options">The tolerances.</param>
sealed class StepControl(int order, OdeOptions options)
{
    const double Safety = 0.9, Least = 0.2, Most = 5, LeastMemory = 1e-4;

    readonly double _integral = 0.7 / (order + 1), _proportional = 0.4 / (order + 1), _plain = 1.0 / (order + 1);
    double _previous = LeastMemory, _most = Most;

    /// <summary>The length for the step after an accepted one.</summary>
    public double Accepted(double h, double error)
    {
        var factor = Math.Clamp(Safety * Math.Pow(error, -_integral) * Math.Pow(_previous, _proportional), Least, _most);
        (_previous, _most) = (Math.Max(error, LeastMemory), Most);
        return h * factor;
    }

    /// <summary>The length for another try after a rejected one; the step that then succeeds is not followed by a longer one.</summary>
    public double Rejected(double h, double error)
    {
        _most = 1;
        return h * Math.Max(Least, Safety * Math.Pow(error, -_plain));
    }

    /// <summary>A length for the first step: one per cent of the estimated error of an Euler step, for one more evaluation of the rate.</summary>
    public double First(OdeStepper stepper, double t, double interval)
    {
        var (x, rate, probe, probeRate) = (stepper.X, stepper.Rate, stepper.Next, stepper.NextRate);
        var (size, slope) = (Norm(x, x, x, options), Norm(rate, x, x, options));
        var h = Math.Min(interval, size < 1e-5 || slope < 1e-5 ? 1e-6 : 0.01 * size / slope);
        for (var i = 0; i < x.Length; i++) probe[i] = x[i] + h * rate[i];
        stepper.Evaluate(t + h, probe, probeRate);
        for (var i = 0; i < x.Length; i++) probe[i] = probeRate[i] - rate[i];
        var curvature = Norm(probe, x, x, options) / h;
        var largest = Math.Max(slope, curvature);
        // Where the probe leaves the domain of f, its length is all that is known to be too long.
        var second = !double.IsFinite(largest) ? 0.01 * h : largest <= 1e-15 ? Math.Max(1e-6, 1e-3 * h) : Math.Pow(0.01 / largest, _plain);
        return Math.Min(Math.Min(100 * h, second), interval);
    }

    /// <summary>The root mean square of v_i/(AbsoluteTolerance + RelativeTolerance·max(|x_i|, |y_i|)).</summary>
    public static double Norm(ReadOnlySpan<double> v, ReadOnlySpan<double> x, ReadOnlySpan<double> y, OdeOptions options)
    {
        double sum = 0;
        for (var i = 0; i < v.Length; i++)
        {
            var e = v[i] / (options.AbsoluteTolerance + options.RelativeTolerance * Math.Max(Math.Abs(x[i]), Math.Abs(y[i])));
            sum += e * e;
        }
        return Math.Sqrt(sum / v.Length);
    }
}
