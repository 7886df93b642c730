namespace Organics;

/// <summary>
/// What is added to the input z of n neuron pairs in the course of time: steps, pulses, ramps, sinusoids and tables, whose values add up. z(t) = z + s(t), with
/// the circuit's z. Each is known with its slope and with the times at which it jumps or bends, so that an integrator steps onto each of them and over none.
/// At a jump s has the value that follows.
/// <para>Immutable: each method returns a stimulus with one part more. Times are in the unit of the circuit's time constants.</para>
/// </summary>
public sealed class Stimulus
{
    // Far from the ends of double, so that neither a difference nor a slope leaves them.
    const double Most = 1e150;

    readonly Part[] _parts;

    /// <summary>None at all, s = 0.</summary>
    /// <param name="n">The number of neuron pairs, at least 1.</param>
    public Stimulus(int n) : this(n, [])
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
    }

    Stimulus(int n, Part[] parts)
    {
        (N, _parts) = (n, parts);
        Discontinuities = [.. parts.SelectMany(part => part.Changes).Distinct().Order()];
        ConstantFrom = parts.Select(part => part.ConstantFrom).DefaultIfEmpty(double.NegativeInfinity).Max();
        LongestStep = parts.Select(part => part.LongestStep).DefaultIfEmpty(double.PositiveInfinity).Min();
    }

    /// <summary>The number of neuron pairs.</summary>
    public int N { get; }

    /// <summary>The times at which s jumps or has a kink, rising.</summary>
    public IReadOnlyList<double> Discontinuities { get; }

    /// <summary>From this time on s changes no more; infinite where it goes on for ever, and −∞ of none.</summary>
    public double ConstantFrom { get; }

    /// <summary>An eighth of the shortest period: longer steps could see all its waves at the same place; infinite without a sinusoid.</summary>
    public double LongestStep { get; }

    /// <summary>From a time on, more by a constant.</summary>
    /// <param name="at">When.</param>
    /// <param name="by">How much more.</param>
    /// <param name="units">Of which neurons, from 0; null for all.</param>
    /// <exception cref="ArgumentException">A number is not finite or beyond ±10¹⁵⁰, or there is no such neuron, or one is named twice.</exception>
    public Stimulus Step(double at, double by, IEnumerable<int>? units = null) => With(new Ramped(Units(units), Finite(at), at, Finite(by)));

    /// <summary>For a while, more by a constant.</summary>
    /// <param name="at">When it begins.</param>
    /// <param name="duration">How long it lasts, positive.</param>
    /// <param name="by">How much more.</param>
    /// <param name="units">Of which neurons, from 0; null for all.</param>
    /// <exception cref="ArgumentException">As for <see cref="Step"/>; or it lasts too short for double to tell its end from its start.</exception>
    public Stimulus Pulse(double at, double duration, double by, IEnumerable<int>? units = null)
    {
        if (!(Finite(duration) > 0)) throw new ArgumentException($"A pulse lasts {duration}; give a positive duration.", nameof(duration));
        if (!(Finite(at) + duration > at))
            throw new ArgumentException(
                $"A pulse at {at} lasts {duration}, too short for double to tell its end from its start; give a longer one.", nameof(duration));
        return With(new Pulsed(Units(units), at, at + duration, Finite(by)));
    }

    /// <summary>Between two times, more and more, evenly; from then on as much more as at the end.</summary>
    /// <param name="from">When it begins.</param>
    /// <param name="until">When it ends, later.</param>
    /// <param name="by">How much more at the end.</param>
    /// <param name="units">Of which neurons, from 0; null for all.</param>
    /// <exception cref="ArgumentException">As for <see cref="Step"/>; or the end is not later than the start.</exception>
    public Stimulus Ramp(double from, double until, double by, IEnumerable<int>? units = null)
    {
        CheckOrder("A ramp", Finite(from), Finite(until));
        return With(new Ramped(Units(units), from, until, Finite(by)));
    }

    /// <summary>Between two times, by·sin(2π((t − from)/period + phase)).</summary>
    /// <param name="period">Of one wave, positive.</param>
    /// <param name="by">The amplitude.</param>
    /// <param name="phase">With which part of a period it begins.</param>
    /// <param name="from">When it begins.</param>
    /// <param name="until">When it ends, later; infinite for never.</param>
    /// <param name="units">Of which neurons, from 0; null for all.</param>
    /// <exception cref="ArgumentException">As for <see cref="Step"/>; or the period is not positive or below 10⁻¹⁵⁰, or the end is not later than the start.</exception>
    public Stimulus Sine(double period, double by, double phase = 0, double from = 0, double until = double.PositiveInfinity, IEnumerable<int>? units = null)
    {
        if (!(Finite(period) >= 1 / Most)) throw new ArgumentException($"The period is {period}; give a positive one, of {1 / Most} at least.", nameof(period));
        CheckOrder("A sine", Finite(from), until);
        return With(new Wave(Units(units), period, Finite(by), Finite(phase), from, until));
    }

    /// <summary>What a table says: between its rows straight lines, or the value of the row before; before the first row that of the first, and after the last
    /// that of the last. Two rows of the same time are a jump.</summary>
    /// <param name="times">The times of the rows, at least one, not falling, and none more than twice.</param>
    /// <param name="values">rows × units numbers, row-major.</param>
    /// <param name="isHeld">Whether each row holds until the next, instead of a straight line to it.</param>
    /// <param name="units">Which neurons the columns are, from 0; null for all.</param>
    /// <exception cref="ArgumentException">As for <see cref="Step"/>; or there are no rows, or times or lengths are not as described.</exception>
    public Stimulus Table(ReadOnlySpan<double> times, ReadOnlySpan<double> values, bool isHeld = false, IEnumerable<int>? units = null)
    {
        var which = Units(units);
        var columns = which?.Length ?? N;
        if (times.IsEmpty) throw new ArgumentException("The table has no rows; give at least one time.", nameof(times));
        for (var k = 0; k < times.Length; k++)
        {
            Finite(times[k]);
            if (k > 0 && times[k] < times[k - 1])
                throw new ArgumentException($"Row {k} is of time {times[k]}, behind one of {times[k - 1]}; give rising times.", nameof(times));
            if (k > 1 && times[k] == times[k - 2])
                throw new ArgumentException($"Three rows are of time {times[k]}; give one, or two for a jump.", nameof(times));
        }
        if (values.Length != (long)times.Length * columns)
            throw new ArgumentException(
                $"{times.Length} rows of {columns} neurons are {(long)times.Length * columns} values, not {values.Length}.", nameof(values));
        foreach (var value in values) Finite(value);
        return With(new Tabled(which, columns, times.ToArray(), values.ToArray(), isHeld));
    }

    /// <summary>target_i += scale_i·s_i(t): without memory of its own, from any number of threads.</summary>
    /// <param name="t">Time.</param>
    /// <param name="scale">n factors.</param>
    /// <param name="target">n sums.</param>
    /// <exception cref="ArgumentException">A span does not have n elements.</exception>
    public void Add(double t, ReadOnlySpan<double> scale, Span<double> target) => Add(t, isSlope: false, scale, target);

    /// <summary>target_i += scale_i·∂s_i/∂t, that of what follows where it bends or jumps.</summary>
    /// <param name="t">Time.</param>
    /// <param name="scale">n factors.</param>
    /// <param name="target">n sums.</param>
    /// <exception cref="ArgumentException">A span does not have n elements.</exception>
    public void AddSlope(double t, ReadOnlySpan<double> scale, Span<double> target) => Add(t, isSlope: true, scale, target);

    /// <summary>The circuit under the input z + s(t).</summary>
    /// <param name="circuit">The circuit, n pairs.</param>
    /// <param name="t">Time.</param>
    /// <exception cref="ArgumentException">The circuit has another number of pairs.</exception>
    public Circuit At(Circuit circuit, double t)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        CircuitShape.Check(N, circuit.N, nameof(circuit));
        var (z, ones) = (circuit.Z.ToArray(), new double[N]);
        Array.Fill(ones, 1);
        Add(t, ones, z);
        return new(z, circuit.B, circuit.B0, circuit.Sigma, circuit.TauY, circuit.TauA, circuit.W, circuit.Wr);
    }

    /// <summary>
    /// The options for an integration under this stimulus: with its <see cref="Discontinuities"/>, its <see cref="LongestStep"/>, and without an early end at a
    /// steady state or limit cycle where s is still to change.
    /// </summary>
    /// <param name="options">What else is asked.</param>
    /// <param name="tEnd">When the integration ends.</param>
    public OdeOptions Options(OdeOptions options, double tEnd)
    {
        ArgumentNullException.ThrowIfNull(options);
        var settles = ConstantFrom < tEnd;
        return options with
        {
            Discontinuities = [.. options.Discontinuities, .. Discontinuities],
            MaxStep = options.Step is null ? Math.Min(options.MaxStep, LongestStep) : options.MaxStep,
            SteadyStateTolerance = settles ? options.SteadyStateTolerance : 0,
            LimitCycleTolerance = settles ? options.LimitCycleTolerance : 0,
        };
    }

    void Add(double t, bool isSlope, ReadOnlySpan<double> scale, Span<double> target)
    {
        CircuitShape.Check(N, scale.Length, nameof(scale));
        CircuitShape.Check(N, target.Length, nameof(target));
        foreach (var part in _parts) part.Add(t, isSlope, scale, target);
    }

    Stimulus With(params Part[] parts) => new(N, [.. _parts, .. parts]);

    int[]? Units(IEnumerable<int>? units)
    {
        if (units is null) return null;
        var which = units.ToArray();
        foreach (var unit in which)
            if ((uint)unit >= (uint)N)
                throw new ArgumentException($"There is no neuron {unit}; this stimulus is of {N}, counted from 0 to {N - 1}.", nameof(units));
        if (which.Length == 0) throw new ArgumentException("No neuron is named; name one or more, or give null for all.", nameof(units));
        if (which.Distinct().Count() < which.Length) throw new ArgumentException("A neuron is named twice; name each once.", nameof(units));
        return which;
    }

    static double Finite(double x, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(x))] string name = "")
        => Math.Abs(x) <= Most ? x : throw new ArgumentException($"{name} is {x}; give a number between -{Most} and {Most}.");

    static void CheckOrder(string what, double from, double until)
    {
        if (!(until - from >= 1 / Most)) throw new ArgumentException($"{what} goes from {from} until {until}; give an end that is later than the start.");
    }

    /// <summary>One of those that add up.</summary>
    abstract class Part(int[]? units)
    {
        public int[]? Units => units;

        /// <summary>Finite times of jumps and kinks.</summary>
        public abstract IEnumerable<double> Changes { get; }

        public abstract double ConstantFrom { get; }

        public virtual double LongestStep => double.PositiveInfinity;

        public abstract void Add(double t, bool isSlope, ReadOnlySpan<double> scale, Span<double> target);
    }

    /// <summary>The same for each of its neurons.</summary>
    abstract class Signal(int[]? units) : Part(units)
    {
        public override void Add(double t, bool isSlope, ReadOnlySpan<double> scale, Span<double> target)
        {
            var value = isSlope ? Slope(t) : Value(t);
            if (value == 0) return;
            if (Units is null)
                for (var i = 0; i < target.Length; i++) target[i] += scale[i] * value;
            else
                foreach (var i in Units) target[i] += scale[i] * value;
        }

        protected abstract double Value(double t);

        protected abstract double Slope(double t);
    }

    /// <summary>A ramp, or a step where both its times are one.</summary>
    sealed class Ramped(int[]? units, double from, double until, double by) : Signal(units)
    {
        public override IEnumerable<double> Changes => [from, until];

        public override double ConstantFrom => until;

        protected override double Value(double t) => t >= until ? by : t <= from ? 0 : by * ((t - from) / (until - from));

        protected override double Slope(double t) => t >= from && t < until ? by / (until - from) : 0;
    }

    sealed class Pulsed(int[]? units, double from, double until, double by) : Signal(units)
    {
        public override IEnumerable<double> Changes => [from, until];

        public override double ConstantFrom => until;

        protected override double Value(double t) => t >= from && t < until ? by : 0;

        protected override double Slope(double t) => 0;
    }

    sealed class Wave(int[]? units, double period, double by, double phase, double from, double until) : Signal(units)
    {
        public override IEnumerable<double> Changes => double.IsFinite(until) ? [from, until] : [from];

        public override double ConstantFrom => until;

        public override double LongestStep => period / 8;

        protected override double Value(double t) => t >= from && t < until ? by * double.SinPi(2 * Cycle(t)) : 0;

        protected override double Slope(double t) => t >= from && t < until ? by * (2 * Math.PI / period) * double.CosPi(2 * Cycle(t)) : 0;

        // Of a period: exact, however many of them have gone by.
        double Cycle(double t) => Math.IEEERemainder(t - from, period) / period + phase;
    }

    sealed class Tabled(int[]? units, int columns, double[] times, double[] values, bool isHeld) : Part(units)
    {
        public override IEnumerable<double> Changes => times;

        public override double ConstantFrom => times[^1];

        public override void Add(double t, bool isSlope, ReadOnlySpan<double> scale, Span<double> target)
        {
            var row = Math.Max(RowAt(t), 0);
            var isFlat = isHeld || row == times.Length - 1 || t < times[0];
            if (isFlat && isSlope) return;
            var here = values.AsSpan(row * columns, columns);
            var next = isFlat ? here : values.AsSpan((row + 1) * columns, columns);
            var length = isFlat ? 1 : times[row + 1] - times[row];
            var part = isFlat ? 0 : (t - times[row]) / length;
            for (var column = 0; column < columns; column++)
            {
                var i = Units is null ? column : Units[column];
                target[i] += scale[i] * (isSlope ? (next[column] - here[column]) / length : (1 - part) * here[column] + part * next[column]);
            }
        }

        /// <summary>The last row at t or before, −1 where there is none.</summary>
        int RowAt(double t)
        {
            var (below, above) = (-1, times.Length);
            while (above - below > 1)
            {
                var middle = (below + above) / 2;
                if (times[middle] <= t) below = middle;
                else above = middle;
            }
            return below;
        }
    }
}
