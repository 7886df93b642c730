using System.Numerics;

namespace Organics;

/// <summary>Returns of a trajectory to the plane through one of its points, normal to the flow there: see
/// <see cref="OdeOptions.LimitCycleTolerance"/>.</summary>
sealed class PoincareSection(int n, OdeOptions options)
{
    const int Fewest = 8;

    // p, the normal there, the range of every component since then, and a return's place relative to p.
    readonly double[] _point = new double[n], _normal = new double[n], _low = new double[n], _high = new double[n], _offset = new double[n];

    // Over the returns so far: sums of their places and of the squares of these, and the first at the last power of two.
    readonly double[] _sum = new double[n], _squares = new double[n], _earlierSum = new double[n];
    double _first, _last, _interval;
    int _count;

    /// <summary>The mean time between the returns.</summary>
    public double Period => (_last - _first) / _count;

    /// <summary>Lays the section through the stepper's state, unless the trajectory keeps coming back to the present one.</summary>
    public void Anchor(double t, OdeStepper stepper)
    {
        if (_count >= 2 && t - _last <= 1.5 * _interval) return;
        stepper.X.CopyTo(_point, 0);
        stepper.Rate.CopyTo(_normal, 0);
        stepper.X.CopyTo(_low, 0);
        stepper.X.CopyTo(_high, 0);
        Count(t);
    }

    /// <summary>Looks at the step of length h from (X, t) to Next; true when a cycle is complete and has been verified.</summary>
    public bool Completes(OdeStepper stepper, double t, double h)
    {
        double from = 0, to = 0, fromRate = 0, toRate = 0, quartic = 0;
        for (var i = 0; i < n; i++)
        {
            var x = stepper.Next[i];
            (_low[i], _high[i]) = (Math.Min(_low[i], x), Math.Max(_high[i], x));
            from += _normal[i] * (stepper.X[i] - _point[i]);
            to += _normal[i] * (x - _point[i]);
            fromRate += _normal[i] * stepper.Rate[i];
            toRate += _normal[i] * stepper.NextRate[i];
            if (stepper.Quartic is { } q) quartic += _normal[i] * q[i];
        }
        if (!(from < 0 && to >= 0)) return false;

        var (low, high) = (0.0, 1.0);
        for (var theta = 0.5; theta > low && theta < high; theta = (low + high) / 2)
            if (OdeSolution.Interpolate(theta, h, from, fromRate, to, toRate, quartic) < 0) low = theta;
            else high = theta;
        var isResolved = false;
        for (var i = 0; i < n; i++)
        {
            var x = OdeSolution.Interpolate(high, h, stepper.X[i], stepper.Rate[i], stepper.Next[i], stepper.NextRate[i], stepper.Quartic?[i] ?? 0);
            _offset[i] = x - _point[i];
            // Farther away, another part of the orbit crosses the same plane, or the orbit has not settled.
            if (!(Math.Abs(_offset[i]) <= options.LimitCycleTolerance * Range(i))) return false;
            isResolved |= Range(i) > Unresolved(i);
        }
        if (!isResolved) return false;

        var time = t + high * h;
        var interval = time - _last;
        if (_count > 0 && !(Math.Abs(interval - _interval) <= options.LimitCycleTolerance * interval)) Count(time);
        else
        {
            _count++;
            (_last, _interval) = (time, interval);
            for (var i = 0; i < n; i++)
            {
                _sum[i] += _offset[i];
                _squares[i] += _offset[i] * _offset[i];
            }
        }
        if (!BitOperations.IsPow2(_count)) return false;
        if (_count >= Fewest && HasConverged()) return true;
        _sum.CopyTo(_earlierSum, 0);
        return false;
    }

    /// <summary>
    /// Whether the means of the earlier and the later half of the returns are no farther apart than single returns from the mean of their half. A drift by d a
    /// turn puts them count/2·d apart, with a scatter of count/7·d of its own: it is seen unless errors scatter the returns by count/2·d, and ever finer as the
    /// count grows.
    /// </summary>
    bool HasConverged()
    {
        double drift = 0, scatter = 0, half = _count / 2.0;
        for (var i = 0; i < n; i++)
        {
            var (earlier, later, range) = (_earlierSum[i] / half, (_sum[i] - _earlierSum[i]) / half, Range(i));
            drift += (later - earlier) * (later - earlier) / (range * range);
            scatter += (_squares[i] / _count - (earlier * earlier + later * later) / 2) / (range * range);
        }
        return drift <= scatter;
    }

    // A component that hardly moves is measured by what the tolerances resolve of it.
    double Range(int i) => Math.Max(_high[i] - _low[i], Unresolved(i));

    double Unresolved(int i) =>
        (options.AbsoluteTolerance + options.RelativeTolerance * Math.Max(Math.Abs(_low[i]), Math.Abs(_high[i]))) / options.LimitCycleTolerance;

    void Count(double from)
    {
        (_count, _first, _last, _interval) = (0, from, from, double.NaN);
        Array.Clear(_sum);
        Array.Clear(_squares);
    }
}
