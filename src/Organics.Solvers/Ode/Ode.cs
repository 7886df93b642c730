using System.Numerics;
using System.Runtime.ExceptionServices;

namespace Organics;

/// <summary>Integration of ordinary differential equations.</summary>
public static class Ode
{
    /// <summary>
    /// Integrates ẋ = f(t, x) from x(t0) = x0 to tEnd, with steps of fixed length when <see cref="OdeOptions.Step"/> is given and otherwise with steps
    /// chosen by the method's error estimate. How it ended is in <see cref="OdeSolution.Status"/>.
    /// </summary>
    /// <param name="system">The system, n unknowns.</param>
    /// <param name="method">A method; one without embedded pair needs a step, a <see cref="Rosenbrock"/> method needs an <see cref="IStiffOdeSystem"/>.</param>
    /// <param name="x0">State at t0, n finite elements.</param>
    /// <param name="t0">Start, finite.</param>
    /// <param name="tEnd">End, finite and not before the start.</param>
    /// <param name="options">Steps, tolerances and events; null for the defaults.</param>
    /// <exception cref="ArgumentException">An argument or option is not as described.</exception>
    public static OdeSolution Integrate(IOdeSystem system, OdeMethod method, ReadOnlySpan<double> x0, double t0, double tEnd, OdeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(method);
        options ??= new();
        if (options.Step is null && method.EmbeddedOrder == 0)
            throw new ArgumentException($"{method.Name} has no error estimate; give it a Step, or take a method that has one.", nameof(options));
        var (relative, least) = (options.RelativeTolerance, OdeOptions.LeastRelativeTolerance);
        if (!(relative >= least && relative < 1))
            throw new ArgumentException(
                $"RelativeTolerance is {relative}; give a number below 1 and of at least {least:g3}, for double is no finer.", nameof(options));
        CheckPositive(options.AbsoluteTolerance, nameof(OdeOptions.AbsoluteTolerance));
        CheckPositive(options.SteadyStateTimescale, nameof(OdeOptions.SteadyStateTimescale));
        CheckTolerance(options.SteadyStateTolerance, nameof(OdeOptions.SteadyStateTolerance));
        CheckTolerance(options.LimitCycleTolerance, nameof(OdeOptions.LimitCycleTolerance));
        if (!system.IsAutonomous && options.Discontinuities is { Count: 0 })
        {
            CheckTime(options.SteadyStateTolerance, nameof(OdeOptions.SteadyStateTolerance));
            CheckTime(options.LimitCycleTolerance, nameof(OdeOptions.LimitCycleTolerance));
        }
        if (options.MaxSteps < 1) throw new ArgumentException($"MaxSteps is {options.MaxSteps}; give at least 1.", nameof(options));
        CheckInterval(system, x0, t0, tEnd, options);
        return Run(method.Stepper(system), method.EmbeddedOrder, x0, t0, tEnd, options);

        static void CheckPositive(double value, string name)
        {
            if (!(value > 0 && double.IsFinite(value))) throw new ArgumentException($"{name} is {value}; give a positive number.", nameof(options));
        }

        static void CheckTime(double value, string name)
        {
            if (value > 0)
                throw new ArgumentException(
                    $"{name} is {value}, but the system may depend on time, so that nothing has settled for good; give one whose IsAutonomous is true, or "
                    + "Discontinuities with every time at which its rate changes.", nameof(options));
        }

        static void CheckTolerance(double value, string name)
        {
            if (!(value >= 0 && value < 1)) throw new ArgumentException($"{name} is {value}; give a number below 1, or 0 to switch it off.", nameof(options));
        }
    }

    /// <summary>
    /// As <see cref="Integrate"/> from several starts at once, on all cores; each has steps, events and a status of its own, and the
    /// same bits as alone.
    /// </summary>
    /// <param name="system">The system; its rate must allow calls from several threads.</param>
    /// <param name="method">A method.</param>
    /// <param name="starts">States at t0, n elements each.</param>
    /// <param name="t0">Start.</param>
    /// <param name="tEnd">End.</param>
    /// <param name="options">Steps, tolerances and events; null for the defaults.</param>
    /// <exception cref="ArgumentException">An argument or option is not as described.</exception>
    public static OdeSolution[] IntegrateEach(
        IOdeSystem system, OdeMethod method, IReadOnlyList<double[]> starts, double t0, double tEnd, OdeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(starts);
        var (solutions, errors) = (new OdeSolution[starts.Count], new Exception?[starts.Count]);
        Parallel.For(0, starts.Count, i =>
        {
            try
            {
                solutions[i] = Integrate(
                    system, method, starts[i] ?? throw new ArgumentException($"starts[{i}] is null; give n elements.", nameof(starts)), t0, tEnd, options);
            }
            catch (Exception error)
            {
                errors[i] = error;
            }
        });
        // That of the first start which fails, on any number of threads.
        if (Array.Find(errors, e => e is not null) is { } first) ExceptionDispatchInfo.Throw(first);
        return solutions;
    }

    internal static void CheckInterval(IOdeSystem system, ReadOnlySpan<double> x0, double t0, double tEnd, OdeOptions options)
    {
        CheckSteps(t0, tEnd, options);
        var n = system.Dimension;
        if (n < 1) throw new ArgumentException($"The system has dimension {n}; a system has at least one unknown.", nameof(system));
        if (x0.Length != n) throw new ArgumentException($"x0 has {x0.Length} elements; this system asks for {n}.", nameof(x0));
        for (var i = 0; i < n; i++)
            if (!double.IsFinite(x0[i])) throw new ArgumentException($"x0[{i}] is {x0[i]}; start from finite values.", nameof(x0));
    }

    /// <summary>What is asked of an interval and of the options that cut it into steps.</summary>
    internal static void CheckSteps(double t0, double tEnd, OdeOptions options)
    {
        if (!(double.IsFinite(t0) && double.IsFinite(tEnd) && tEnd >= t0))
            throw new ArgumentException($"The interval goes from {t0} to {tEnd}; give finite times, the end not before the start.", nameof(tEnd));
        var (step, longest) = (options.Step, options.MaxStep);
        if (step is { } h && !(h > 0 && double.IsFinite(h))) throw new ArgumentException($"The step is {h}; give a positive number.", nameof(options));
        if (!(longest > 0)) throw new ArgumentException($"MaxStep is {longest}; give a positive number.", nameof(options));
        if (step > longest)
            throw new ArgumentException($"The step is {step}, longer than MaxStep, {longest}; give a shorter one, or no MaxStep.", nameof(options));
        if (step is null && longest < LeastStep(Math.Max(Math.Abs(t0), Math.Abs(tEnd))))
            throw new ArgumentException(
                $"MaxStep is {longest}, which is lost in the rounding of times between {t0} and {tEnd}; give a longer one, or count time from 0.",
                nameof(options));
        foreach (var t in options.Discontinuities ?? throw new ArgumentException("Discontinuities is null; give a list of times, or none.", nameof(options)))
            if (!double.IsFinite(t)) throw new ArgumentException($"Discontinuities has {t}; give finite times.", nameof(options));
        if (options.Events is null || options.Events.Any(e => e?.Function is null))
            throw new ArgumentException("Events has a null; give a list of events with functions, or none.", nameof(options));
    }

    /// <summary>The integration, piece by piece of smooth f, for arguments that have been checked.</summary>
    internal static OdeSolution Run(OdeStepper stepper, int embeddedOrder, ReadOnlySpan<double> x0, double t0, double tEnd, OdeOptions options)
    {
        var solution = new OdeSolution(stepper.N, options.Record && stepper.IsDense);
        var section = options.LimitCycleTolerance > 0 ? new PoincareSection(stepper.N, options) : null;
        var events = options.Events.Count > 0 ? new EventLocator(options.Events, stepper) : null;
        double[] jumps = [.. options.Discontinuities.Distinct().Order()];
        double[] ends = [.. jumps.Where(jump => jump > t0 && jump < tEnd), tEnd];
        x0.CopyTo(stepper.X);
        var t = t0;
        events?.Start(t);
        solution.Status = Advance();
        if (!options.Record && solution.Steps > 0) solution.Append(t, stepper);
        if (solution.Status == OdeStatus.LimitCycle) solution.Period = section!.Period;
        (solution.RateEvaluations, solution.JacobianEvaluations) = (stepper.RateEvaluations, stepper.JacobianEvaluations);
        return solution;

        bool Jumps(double time) => Array.BinarySearch(jumps, time) >= 0;

        OdeStatus Advance()
        {
            for (var piece = 0; ; piece++)
            {
                var (to, isLast) = (ends[piece], piece == ends.Length - 1);
                stepper.Start(t, Jumps(t) ? Math.BitIncrement(t) : double.NegativeInfinity, Jumps(to) ? Math.BitDecrement(to) : double.PositiveInfinity);
                if (piece == 0) solution.Append(t, stepper);
                else if (options.Record) solution.Restart(stepper);
                var status = AdvanceTo(to, isLast);
                if (isLast || status != OdeStatus.ReachedEnd) return status;
            }
        }

        // Nothing has settled while a change is to come.
        OdeStatus AdvanceTo(double to, bool isLastPiece)
        {
            if (!stepper.IsRateFinite) return OdeStatus.NotFinite;
            if (isLastPiece && IsSteady(stepper, t, tEnd, options)) return OdeStatus.SteadyState;
            if (t == to) return OdeStatus.ReachedEnd;
            if (isLastPiece) section?.Anchor(t, stepper);
            var (from, taken) = (t, 0);
            var control = options.Step is null ? new StepControl(embeddedOrder, options) : null;
            var length = options.Step ?? control!.First(stepper, t, Math.Min(to - t, options.MaxStep));
            while (solution.Steps + solution.Rejections < options.MaxSteps)
            {
                var least = LeastStep(t);
                if (control is not null) length = Math.Max(least, Math.Min(length, options.MaxStep));
                // The last step stretches a little so that rounding leaves no crumb behind it.
                var rest = control is null ? to - from - taken * length : to - t;
                var isLast = rest <= (control is null ? (1 + 1e-9) * length : Math.Min(1.01 * length, options.MaxStep));
                var next = isLast ? to : control is null ? from + (taken + 1) * length : t + length;
                // Far from 0 times are coarse: the step that x takes is the one that t takes, or the two would part.
                var h = isLast ? rest : control is null ? length : next - t;
                stepper.Try(t, h);
                var isFinite = stepper.IsNextFinite;
                if (control is null)
                {
                    if (!isFinite || stepper.IsOverPole) return OdeStatus.NotFinite;
                }
                else
                {
                    var error = isFinite && !stepper.IsOverPole ? StepControl.Norm(stepper.Error, stepper.X, stepper.Next, options) : double.PositiveInfinity;
                    if (!(error <= 1))
                    {
                        solution.Rejections++;
                        if (h <= least) return isFinite ? OdeStatus.StepTooSmall : OdeStatus.NotFinite;
                        length = Math.Min(control.Rejected(h, error), h - least);
                        continue;
                    }
                    length = control.Accepted(h, error);
                }
                solution.Steps++;
                taken++;
                if (options.Record || section is not null || events is not null) stepper.WriteQuartic(h);
                var isEvent = false;
                foreach (var occurrence in events?.Between(t, h) ?? [])
                {
                    isEvent = options.Events[occurrence.Event].IsTerminal;
                    solution.Notice(isEvent ? StepTo(occurrence, t) : occurrence);
                    if (isEvent) next = occurrence.Time;
                }
                var isCycle = !isEvent && isLastPiece && section is not null && section.Completes(stepper, t, h);
                stepper.Advance();
                t = next;
                if (options.Record) solution.Append(t, stepper);
                if (isEvent) return OdeStatus.Event;
                if (isCycle) return OdeStatus.LimitCycle;
                if (isLastPiece && IsSteady(stepper, t, tEnd, options)) return OdeStatus.SteadyState;
                if (isLast) return OdeStatus.ReachedEnd;
                if (isLastPiece && BitOperations.IsPow2(solution.Steps)) section?.Anchor(t, stepper);
            }
            return OdeStatus.StepLimit;
        }

        // The step again, as far as to a terminal event.
        OdeOccurrence StepTo(OdeOccurrence occurrence, double from)
        {
            stepper.Try(from, occurrence.Time - from);
            stepper.WriteQuartic(occurrence.Time - from);
            // It ends on the far side of the crossing, where the dense output has it, so that who goes on from there does not meet it again.
            occurrence.State.CopyTo(stepper.Next, 0);
            stepper.Evaluate(occurrence.Time, stepper.Next, stepper.NextRate);
            return occurrence;
        }
    }

    /// <summary>The shortest step that error control takes: to the next time.</summary>
    static double LeastStep(double t) => Math.BitIncrement(Math.Abs(t)) - Math.Abs(t);

    static bool IsSteady(OdeStepper stepper, double t, double tEnd, OdeOptions options)
    {
        if (options.SteadyStateTolerance == 0 || !IsSmall(stepper.Rate)) return false;
        if (stepper.IsAutonomous) return true;
        // Where no change is left, the rate is as small later on; a time that was not declared is likely to show at one of these.
        const int Later = 7;
        for (var k = 1; k <= Later; k++)
        {
            var part = 0.6180339887498949 * k % 1;
            stepper.Evaluate(t + part * (tEnd - t), stepper.X, stepper.NextRate);
            if (!IsSmall(stepper.NextRate)) return false;
        }
        return true;

        bool IsSmall(double[] rate)
        {
            var floor = options.AbsoluteTolerance / options.RelativeTolerance;
            for (var i = 0; i < rate.Length; i++)
                if (!(options.SteadyStateTimescale * Math.Abs(rate[i]) <= options.SteadyStateTolerance * (Math.Abs(stepper.X[i]) + floor))) return false;
            return true;
        }
    }
}
