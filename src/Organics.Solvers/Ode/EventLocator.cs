namespace Organics;

/// <summary>Looks for events in the steps of an integration.</summary>
sealed class EventLocator(IReadOnlyList<OdeEvent> events, OdeStepper stepper)
{
    readonly double[] _values = new double[events.Count], _next = new double[events.Count], _state = new double[stepper.N];

    /// <summary>Begins at the stepper's state.</summary>
    public void Start(double t) => Evaluate(t, stepper.X, _values);

    /// <summary>The events between X at t and Next, a step of length h, in the order of their times, up to the first terminal one.</summary>
    public IReadOnlyList<OdeOccurrence> Between(double t, double h)
    {
        Evaluate(t + h, stepper.Next, _next);
        List<OdeOccurrence>? found = null;
        for (var k = 0; k < events.Count; k++)
        {
            if (!events[k].IsCrossed(_values[k], _next[k])) continue;
            var theta = Locate(events[k], _values[k] < 0, t, h);
            Interpolate(theta, h);
            // Within the step, however coarse its times are.
            (found ??= []).Add(new(k, Math.Min(Math.Max(t + theta * h, Math.BitIncrement(t)), t + h), [.. _state]));
        }
        _next.CopyTo(_values, 0);
        if (found is null) return [];
        found.Sort((a, b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : a.Event.CompareTo(b.Event));
        var last = found.FindIndex(o => events[o.Event].IsTerminal);
        return last < 0 ? found : found[..(last + 1)];
    }

    // The first part of the step at which the sign has changed.
    double Locate(OdeEvent of, bool isRising, double t, double h)
    {
        var (low, high) = (0.0, 1.0);
        for (var theta = 0.5; theta > low && theta < high; theta = (low + high) / 2)
        {
            Interpolate(theta, h);
            var value = Value(of, t + theta * h, _state);
            if (isRising ? value < 0 : value > 0) low = theta;
            else high = theta;
        }
        return high;
    }

    void Interpolate(double theta, double h)
    {
        for (var i = 0; i < _state.Length; i++)
            _state[i] = OdeSolution.Interpolate(theta, h, stepper.X[i], stepper.Rate[i], stepper.Next[i], stepper.NextRate[i], stepper.Quartic?[i] ?? 0);
    }

    void Evaluate(double t, double[] x, double[] values)
    {
        for (var k = 0; k < values.Length; k++) values[k] = Value(events[k], t, x);
    }

    // What has no sign would hide a crossing; a state that is none is the integration's to tell.
    static double Value(OdeEvent of, double t, double[] x)
        => of.Function(t, x) is var value && double.IsNaN(value) && Vectors.IsFinite(x)
            ? throw new ArithmeticException(
                $"An event's function is not a number at t = {t}, where the state is; give one that is defined all along the trajectory.") : value;
}
