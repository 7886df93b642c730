using System.Runtime.InteropServices;

namespace Organics;

/// <summary>Why an integration ended.</summary>
public enum OdeStatus
{
    /// <summary>At the end of the interval.</summary>
    ReachedEnd,

    /// <summary>At a steady state (<see cref="OdeOptions.SteadyStateTolerance"/>).</summary>
    SteadyState,

    /// <summary>On a periodic orbit (<see cref="OdeOptions.LimitCycleTolerance"/>).</summary>
    LimitCycle,

    /// <summary>At a terminal event (<see cref="OdeOptions.Events"/>).</summary>
    Event,

    /// <summary>After <see cref="OdeOptions.MaxSteps"/> steps.</summary>
    StepLimit,

    /// <summary>At the last state from which a step leads to finite values, and over no pole.</summary>
    NotFinite,

    /// <summary>Where the shortest step that the times allow had too large an error: at a singularity, or under tolerances that rounding does not
    /// allow.</summary>
    StepTooSmall,
}

/// <summary>A trajectory, how it ended and what it cost.</summary>
public sealed class OdeSolution
{
    // A row holds the state, then, for dense output, the rate and the quartic term of the step that ends there.
    readonly List<double[]> _rows = [];
    readonly List<double> _times = [];
    // The rate after a jump, of rows that end a step before it.
    readonly Dictionary<int, double[]> _restarts = [];
    readonly List<OdeOccurrence> _events = [];
    readonly bool _isDense;

    internal OdeSolution(int dimension, bool isDense) => (Dimension, _isDense) = (dimension, isDense);

    /// <summary>The number of unknowns, n.</summary>
    public int Dimension { get; }

    /// <summary>Why the integration ended.</summary>
    public OdeStatus Status { get; internal set; }

    /// <summary>The mean time between returns to the section, when <see cref="Status"/> is a limit cycle; otherwise not a number.</summary>
    public double Period { get; internal set; } = double.NaN;

    /// <summary>The events that happened, in the order of their times.</summary>
    public IReadOnlyList<OdeOccurrence> Events => _events;

    /// <summary>Steps accepted.</summary>
    public int Steps { get; internal set; }

    /// <summary>Steps rejected by the error estimate, or because they led to values that are not finite or over a pole.</summary>
    public int Rejections { get; internal set; }

    /// <summary>How often f was computed.</summary>
    public long RateEvaluations { get; internal set; }

    /// <summary>How often the Jacobian was computed.</summary>
    public long JacobianEvaluations { get; internal set; }

    /// <summary>The recorded times, rising, from the start to the end.</summary>
    public ReadOnlySpan<double> Times => CollectionsMarshal.AsSpan(_times);

    /// <summary>The time at which the integration ended.</summary>
    public double EndTime => _times[^1];

    /// <summary>The state at <see cref="EndTime"/>, n elements.</summary>
    public ReadOnlySpan<double> EndState => State(_rows.Count - 1);

    /// <summary>The state at recorded time <paramref name="index"/>, n elements.</summary>
    public ReadOnlySpan<double> State(int index) => _rows[index].AsSpan(0, Dimension);

    /// <summary>The state at any time between the start and the end: the method's own dense output, or the cubic Hermite interpolant of two steps.</summary>
    /// <param name="t">Time.</param>
    /// <param name="x">Out: n elements.</param>
    /// <exception cref="ArgumentException">t is outside, or x does not have n elements.</exception>
    /// <exception cref="InvalidOperationException">The steps were not recorded, or the path is not smooth between them.</exception>
    public void At(double t, Span<double> x)
    {
        if (x.Length != Dimension) throw new ArgumentException($"x has {x.Length} elements; this solution asks for {Dimension}.", nameof(x));
        if (!(t >= _times[0] && t <= EndTime)) throw new ArgumentException($"t is {t}; this solution covers {_times[0]} to {EndTime}.", nameof(t));
        var found = _times.BinarySearch(t);
        if (found >= 0)
        {
            State(found).CopyTo(x);
            return;
        }
        if (!_isDense) throw new InvalidOperationException("This solution has no values between its times; integrate a smooth system with Record = true.");
        var (right, n) = (~found, Dimension);
        var (from, to) = (_rows[right - 1], _rows[right]);
        var h = _times[right] - _times[right - 1];
        var theta = (t - _times[right - 1]) / h;
        var rate = _restarts.TryGetValue(right - 1, out var restart) ? restart : from.AsSpan(n, n);
        for (var i = 0; i < n; i++) x[i] = Interpolate(theta, h, from[i], rate[i], to[i], to[n + i], to.Length > 2 * n ? to[2 * n + i] : 0);
    }

    /// <summary>How it ended, when and where, and after how many steps, for people.</summary>
    public override string ToString()
        => $"{Status} at t = {Printed.Of(EndTime)}{(double.IsNaN(Period) ? "" : $", period {Printed.Of(Period)}")}, x = {Printed.Of(EndState.ToArray())}, "
            + $"{Steps} steps, {Rejections} rejected";

    /// <summary>Widens bounds of every element so that they hold the path, its turns between the times included.</summary>
    internal void Extend(double[] low, double[] high)
    {
        var n = Dimension;
        for (var step = 0; step < _rows.Count; step++)
            for (var i = 0; i < n; i++)
            {
                Include(_rows[step][i], i);
                if (step == 0 || !_isDense) continue;
                var (from, to, h) = (_rows[step - 1], _rows[step], _times[step] - _times[step - 1]);
                var (first, last) = (_restarts.TryGetValue(step - 1, out var restart) ? restart[i] : from[n + i], to[n + i]);
                if (!(first * last < 0)) continue;
                double At(double theta) => Interpolate(theta, h, from[i], first, to[i], last, to.Length > 2 * n ? to[2 * n + i] : 0);
                // The one turn between is where three points, each time nearer, have the middle one beyond the others.
                var (left, right, sign) = (0.0, 1.0, Math.Sign(first));
                while (right - left > 1e-6)
                {
                    var (a, b) = (left + (right - left) / 3, right - (right - left) / 3);
                    if (sign * At(a) < sign * At(b)) left = a;
                    else right = b;
                }
                Include(At((left + right) / 2), i);
            }

        void Include(double value, int i) => (low[i], high[i]) = (Math.Min(low[i], value), Math.Max(high[i], value));
    }

    /// <summary>Returns this solution unless it broke off.</summary>
    /// <exception cref="ArithmeticException">It ended at the limit of steps, with values that are not finite or with a step that is too small.</exception>
    public OdeSolution OrThrow() => Status switch
    {
        OdeStatus.ReachedEnd or OdeStatus.SteadyState or OdeStatus.LimitCycle or OdeStatus.Event => this,
        OdeStatus.StepLimit => throw new ArithmeticException(
            $"The integration stopped at t = {EndTime} after {Steps + Rejections} steps; raise MaxSteps, or take a stiff method."),
        OdeStatus.NotFinite
            => throw new ArithmeticException($"The system has no finite values after t = {EndTime}; take a smaller step, or check its rate there."),
        _ => throw new ArithmeticException(
            $"No step that double can tell from t = {EndTime} meets the tolerances; check the system for a singularity there, or loosen them."),
    };

    /// <summary>The cubic Hermite interpolant plus quartic·θ²(1−θ)² (Hairer, Nørsett &amp; Wanner I, §II.6), of an element or a linear form of the
    /// state.</summary>
    internal static double Interpolate(double theta, double h, double x0, double rate0, double x1, double rate1, double quartic)
    {
        var (difference, rest) = (x1 - x0, 1 - theta);
        return x0 + theta * (difference + rest * (h * rate0 - difference + theta * (2 * difference - h * (rate0 + rate1) + rest * quartic)));
    }

    /// <summary>Keeps the rate from which the next step begins, where it is not the one with which the last ended.</summary>
    internal void Restart(OdeStepper stepper)
    {
        if (_isDense) _restarts[_rows.Count - 1] = (double[])stepper.Rate.Clone();
    }

    /// <summary>Keeps an event.</summary>
    internal void Notice(OdeOccurrence occurrence) => _events.Add(occurrence);

    /// <summary>Keeps the stepper's state.</summary>
    internal void Append(double t, OdeStepper stepper)
    {
        var n = Dimension;
        var row = new double[!_isDense ? n : stepper.Quartic is null ? 2 * n : 3 * n];
        stepper.X.CopyTo(row, 0);
        if (_isDense)
        {
            stepper.Rate.CopyTo(row, n);
            stepper.Quartic?.CopyTo(row, 2 * n);
        }
        _times.Add(t);
        _rows.Add(row);
    }
}
