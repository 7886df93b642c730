using System.Numerics;

namespace Organics;

/// <summary>Integration of ordinary differential equations.</summary>
public static class Ode
{
    const double Epsilon = 2.220446049250313e-16;

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
        CheckPositive(options.RelativeTolerance, nameof(OdeOptions.RelativeTolerance));
        CheckPositive(options.AbsoluteTolerance, nameof(OdeOptions.AbsoluteTolerance));
        CheckPositive(options.SteadyStateTimescale, nameof(OdeOptions.SteadyStateTimescale));
        CheckTolerance(options.SteadyStateTolerance, nameof(OdeOptions.SteadyStateTolerance));
        CheckTolerance(options.LimitCycleTolerance, nameof(OdeOptions.LimitCycleTolerance));
        if (options.MaxSteps < 1) throw new ArgumentException($"MaxSteps is {options.MaxSteps}; give at least 1.", nameof(options));
        CheckInterval(system, x0, t0, tEnd, options.Step);
        return Run(method.Stepper(system), method.EmbeddedOrder, x0, t0, tEnd, options);

        static void CheckPositive(double value, string name)
        {
            if (!(value > 0 && double.IsFinite(value))) throw new ArgumentException($"{name} is {value}; give a positive number.", nameof(options));
        }

        static void CheckTolerance(double value, string name)
        {
            if (!(value >= 0 && value < 1)) throw new ArgumentException($"{name} is {value}; give a number below 1, or 0 to switch it off.", nameof(options));
        }
    }

    internal static void CheckInterval(IOdeSystem system, ReadOnlySpan<double> x0, double t0, double tEnd, double? step)
    {
        var n = system.Dimension;
        if (n < 1) throw new ArgumentException($"The system has dimension {n}; a system has at least one unknown.", nameof(system));
        if (x0.Length != n) throw new ArgumentException($"x0 has {x0.Length} elements; this system asks for {n}.", nameof(x0));
        for (var i = 0; i < n; i++)
            if (!double.IsFinite(x0[i])) throw new ArgumentException($"x0[{i}] is {x0[i]}; start from finite values.", nameof(x0));
        if (!(double.IsFinite(t0) && double.IsFinite(tEnd) && tEnd >= t0))
            throw new ArgumentException($"The interval goes from {t0} to {tEnd}; give finite times, the end not before the start.", nameof(tEnd));
        if (step is { } h && !(h > 0 && double.IsFinite(h))) throw new ArgumentException($"The step is {h}; give a positive number.", nameof(step));
    }

    /// <summary>The loop over steps, for arguments that have been checked.</summary>
    internal static OdeSolution Run(OdeStepper stepper, int embeddedOrder, ReadOnlySpan<double> x0, double t0, double tEnd, OdeOptions options)
    {
        var solution = new OdeSolution(stepper.N, options.Record && stepper.IsDense);
        var section = options.LimitCycleTolerance > 0 ? new PoincareSection(stepper.N, options) : null;
        stepper.Start(t0, x0);
        solution.Append(t0, stepper);
        var t = t0;
        solution.Status = Advance();
        if (!options.Record && solution.Steps > 0) solution.Append(t, stepper);
        if (solution.Status == OdeStatus.LimitCycle) solution.Period = section!.Period;
        (solution.RateEvaluations, solution.JacobianEvaluations) = (stepper.RateEvaluations, stepper.JacobianEvaluations);
        return solution;

        OdeStatus Advance()
        {
            if (!stepper.IsRateFinite) return OdeStatus.NotFinite;
            if (IsSteady(stepper, options)) return OdeStatus.SteadyState;
            if (t0 == tEnd) return OdeStatus.ReachedEnd;
            section?.Anchor(t0, stepper);
            var control = options.Step is null ? new StepControl(embeddedOrder, options) : null;
            var length = options.Step ?? control!.First(stepper, t0, tEnd - t0);
            var failure = OdeStatus.StepTooSmall;
            while (solution.Steps + solution.Rejections < options.MaxSteps)
            {
                if (control is not null && !(length > 10 * Epsilon * Math.Abs(t))) return failure;
                // The last step stretches a little so that rounding leaves no crumb behind it.
                var isLast = t + (control is null ? 1 + 1e-9 : 1.01) * length >= tEnd;
                var h = isLast ? tEnd - t : length;
                stepper.Try(t, h);
                var isFinite = stepper.IsNextFinite;
                if (control is null)
                {
                    if (!isFinite) return OdeStatus.NotFinite;
                }
                else
                {
                    var error = isFinite ? StepControl.Norm(stepper.Error, stepper.X, stepper.Next, options) : double.PositiveInfinity;
                    failure = isFinite ? OdeStatus.StepTooSmall : OdeStatus.NotFinite;
                    if (!(error <= 1))
                    {
                        length = control.Rejected(h, error);
                        solution.Rejections++;
                        continue;
                    }
                    length = control.Accepted(h, error);
                }
                solution.Steps++;
                if (options.Record || section is not null) stepper.WriteQuartic(h);
                var isCycle = section is not null && section.Completes(stepper, t, h);
                stepper.Advance();
                t = isLast ? tEnd : control is null ? t0 + solution.Steps * length : t + h;
                if (options.Record) solution.Append(t, stepper);
                if (isCycle) return OdeStatus.LimitCycle;
                if (IsSteady(stepper, options)) return OdeStatus.SteadyState;
                if (isLast) return OdeStatus.ReachedEnd;
                if (BitOperations.IsPow2(solution.Steps)) section?.Anchor(t, stepper);
            }
            return OdeStatus.StepLimit;
        }
    }

    static bool IsSteady(OdeStepper stepper, OdeOptions options)
    {
        if (options.SteadyStateTolerance == 0) return false;
        var floor = options.AbsoluteTolerance / options.RelativeTolerance;
        for (var i = 0; i < stepper.N; i++)
            if (options.SteadyStateTimescale * Math.Abs(stepper.Rate[i]) > options.SteadyStateTolerance * (Math.Abs(stepper.X[i]) + floor)) return false;
        return true;
    }
}
