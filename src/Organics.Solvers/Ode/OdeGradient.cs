using System.Numerics;

namespace Organics;

/// <summary>Trajectories as differentiable tensors: discretise, then optimise. What is differentiated are the steps that were taken, so that the gradient is
/// exactly that of the numbers returned.</summary>
public static class OdeGradient
{
    /// <summary>Integrates ẋ = f(t, x, θ) for every sample of a batch, with gradients to θ and to the start.</summary>
    /// <param name="f">
    /// f(t, x, θ): the rates of states [samples, …], in tape ops and of the same shape; t is a tensor of one element. Where the steps are fixed it may mix the
    /// samples; adaptive ones are common to all of them.
    /// </param>
    /// <param name="parameters">θ.</param>
    /// <param name="x0">The states at the first time. Shape [samples, …].</param>
    /// <param name="times">When the states are wanted, rising; the first is the start.</param>
    /// <param name="method">An explicit method. A Rosenbrock step holds the Jacobian, whose gradient would need second derivatives.</param>
    /// <param name="options">
    /// With <see cref="OdeOptions.Step"/>, steps no longer than that, equal between two times; without, those that the error estimate of an embedded pair
    /// accepts in a run ahead in double, frozen: the gradient does not flow through their choice. Discontinuities are stepped to; events and the like do not
    /// count here.
    /// </param>
    /// <param name="memory">How much is kept for the backward pass; saved states every √T steps if not given.</param>
    /// <returns>The states at the times. Shape [times, samples, …]. Gradient: back-propagation through the steps.</returns>
    /// <exception cref="ArgumentException">The times do not rise, or an option is not as described.</exception>
    /// <exception cref="ArithmeticException">The run ahead broke off.</exception>
    public static Tensor<T> Solve<P, T>(
        Func<Tensor<T>, Tensor<T>, P, Tensor<T>> f, P parameters, Tensor<T> x0, ReadOnlySpan<double> times, RungeKutta method, OdeOptions? options = null,
        SequenceMemory memory = default)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(x0);
        ArgumentNullException.ThrowIfNull(method);
        options ??= new();
        if (x0.Shape.Rank == 0) throw new ShapeException("OdeGradient: `x0` is a scalar but must be [samples, …]; Reshape it.");
        if (times.IsEmpty) throw new ArgumentException("No times were given; give the start at least.", nameof(times));
        for (var i = 0; i < times.Length; i++)
            if (!double.IsFinite(times[i]) || (i > 0 && !(times[i] > times[i - 1])))
                throw new ArgumentException($"Time {i} is {times[i]}{(i > 0 ? $" after {times[i - 1]}" : "")}; give finite times that rise.", nameof(times));
        Ode.CheckSteps(times[0], times[^1], options);
        var cell = new RungeKuttaCell<P, T>(method, f);
        var width = 1 + method.Stages;
        IReadOnlyList<Tensor<T>> state = [x0];
        List<Tensor<T>> states = [x0.Expand(0, 1)];
        for (var i = 1; i < times.Length; i++)
        {
            var ends = options.Step is null
                ? Accepted(f, parameters, state[0], times[i - 1], times[i], method, options) : Equal(times[i - 1], times[i], options);
            var steps = new T[width * (ends.Length - 1)];
            for (var k = 0; k + 1 < ends.Length; k++) cell.Times(ends[k], ends[k + 1], options.Discontinuities.Contains, steps.AsSpan(width * k, width));
            // Data of the owner of the states, so that they belong together.
            Shape shape = [ends.Length - 1, 1, width];
            var owner = x0.Workspace ?? parameters.List().Select(p => p.Value.Workspace).FirstOrDefault(w => w is not null);
            var inputs = owner?.From(steps, shape) ?? Tensor.From<T>(steps, shape, x0.Device);
            state = Scan.Run(cell, parameters, inputs, state, memory);
            states.Add(state[0].Expand(0, 1));
        }
        return Tensor<T>.Concat(0, [.. states]);
    }

    static double[] Equal(double from, double to, OdeOptions options)
    {
        List<double> ends = [from];
        foreach (var end in options.Discontinuities.Where(d => d > from && d < to).Order().Distinct().Append(to))
        {
            var start = ends[^1];
            var count = Math.Max(1, Math.Ceiling((end - start) / options.Step!.Value - 1e-9));
            if (!(count <= options.MaxSteps))
                throw new ArgumentException(
                    $"Steps of {options.Step} from {start} to {end} are more than MaxSteps, {options.MaxSteps}; give a longer one.", nameof(options));
            for (var k = 1; k <= count; k++) ends.Add(k == count ? end : start + (end - start) * k / count);
        }
        return [.. ends];
    }

    static double[] Accepted<P, T>(
        Func<Tensor<T>, Tensor<T>, P, Tensor<T>> f, P parameters, Tensor<T> x, double from, double to, RungeKutta method, OdeOptions options)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var ahead = options with { SteadyStateTolerance = 0, LimitCycleTolerance = 0, Events = [], Record = true };
        using var system = new Batch<P, T>(f, parameters, x);
        return Ode.Integrate(system, method, Array.ConvertAll(x.ToArray(), double.CreateTruncating), from, to, ahead).OrThrow().Times.ToArray();
    }

    /// <summary>All samples as one system.</summary>
    sealed class Batch<P, T> : IOdeSystem, IDisposable
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        readonly Func<Tensor<T>, Tensor<T>, P, Tensor<T>> _f;
        readonly P _parameters;
        readonly Shape _shape;
        readonly Workspace<T> _workspace;

        public Batch(Func<Tensor<T>, Tensor<T>, P, Tensor<T>> f, P parameters, Tensor<T> x)
            // Copies outside of any tape, so that nothing is recorded.
            => (_f, _parameters, _shape, _workspace) = (f, parameters.Map((_, t) => t.Keep()), x.Shape, new(x.Device));

        public int Dimension => _shape.Length;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
        {
            var values = new T[x.Length];
            for (var i = 0; i < values.Length; i++) values[i] = T.CreateTruncating(x[i]);
            var rates = _f(_workspace.From([T.CreateTruncating(t)], Shape.Scalar), _workspace.From(values, _shape), _parameters);
            if (rates.Shape != _shape)
                throw new ShapeException($"The function of the system gave {rates.Shape} for states {_shape}; return the rates, of the same shape.");
            rates.CopyTo(values);
            for (var i = 0; i < values.Length; i++) dxdt[i] = double.CreateTruncating(values[i]);
            _workspace.Reset();
        }

        public void Dispose() => _workspace.Dispose();
    }
}
