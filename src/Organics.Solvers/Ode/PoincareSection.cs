namespace Organics;

/// <summary>Returns of a trajectory to the plane through one of its points, normal to the flow there: see <see cref="OdeOptions.LimitCycleTolerance"/>.</summary>
sealed class PoincareSection(int n, OdeOptions options)
{
    const int Returns = 3;

    readonly double[] _point = new double[n], _normal = new double[n], _offset = new double[n];
    double _lastReturn, _extent;
    int _agreeing;

    /// <summary>The time between the last two returns.</summary>
    public double Period { get; private set; }

    /// <summary>Lays the section through the stepper's state.</summary>
    public void Anchor(double t, OdeStepper stepper)
    {
        stepper.X.CopyTo(_point, 0);
        stepper.Rate.CopyTo(_normal, 0);
        (_lastReturn, _extent, _agreeing, Period) = (t, 0, 0, double.NaN);
    }

    /// <summary>Looks at the step of length h from (X, t) to Next; true when it completes a cycle.</summary>
    public bool Completes(OdeStepper stepper, double t, double h)
    {
        for (var i = 0; i < n; i++) _offset[i] = stepper.Next[i] - _point[i];
        _extent = Math.Max(_extent, Distance());
        double from = 0, to = 0, fromRate = 0, toRate = 0, quartic = 0;
        for (var i = 0; i < n; i++)
        {
            from += _normal[i] * (stepper.X[i] - _point[i]);
            to += _normal[i] * _offset[i];
            fromRate += _normal[i] * stepper.Rate[i];
            toRate += _normal[i] * stepper.NextRate[i];
            if (stepper.Quartic is { } q) quartic += _normal[i] * q[i];
        }
        if (!(from < 0 && to >= 0)) return false;

        var (low, high) = (0.0, 1.0);
        for (var theta = 0.5; theta > low && theta < high; theta = (low + high) / 2)
            if (OdeSolution.Interpolate(theta, h, from, fromRate, to, toRate, quartic) < 0) low = theta;
            else high = theta;
        for (var i = 0; i < n; i++)
            _offset[i] = OdeSolution.Interpolate(high, h, stepper.X[i], stepper.Rate[i], stepper.Next[i], stepper.NextRate[i], stepper.Quartic?[i] ?? 0) - _point[i];
        // Farther away, another part of the orbit crosses the same plane, or the orbit has not settled.
        if (!(Distance() <= options.LimitCycleTolerance * _extent)) return false;

        var time = t + high * h;
        var interval = time - _lastReturn;
        _agreeing = Math.Abs(interval - Period) <= options.LimitCycleTolerance * interval ? _agreeing + 1 : 1;
        (_lastReturn, Period) = (time, interval);
        return _agreeing >= Returns && _extent * options.LimitCycleTolerance >= 1;
    }

    double Distance() => StepControl.Norm(_offset, _point, _point, options);
}
