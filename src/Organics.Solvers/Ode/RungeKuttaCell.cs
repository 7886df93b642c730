using System.Numerics;

namespace Organics;

/// <summary>
/// A step of an explicit Runge–Kutta method as a recurrent cell: its inputs are the length of the step and the times of its stages, so that a trajectory is a
/// sequence, and <see cref="Scan"/> differentiates it with √T memory.
/// </summary>
/// <typeparam name="P">The parameters of f.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="method">The method.</param>
/// <param name="f">f(t, x, θ): rates of states [samples, …], in tape ops; t is a tensor of one element.</param>
public sealed class RungeKuttaCell<P, T>(RungeKutta method, Func<Tensor<T>, Tensor<T>, P, Tensor<T>> f) : IRecurrentCell<P, P, T>
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public IReadOnlyList<string> States { get; } = ["x"];

    /// <inheritdoc/>
    public P Prepare(P parameters) => parameters;

    /// <summary>x + h·Σ_i b_i·k_i.</summary>
    /// <param name="coefficients">θ.</param>
    /// <param name="x">The step's length and the times of its stages, as <see cref="Times"/> has them. Shape [1, 1 + s].</param>
    /// <param name="state">x.</param>
    public IReadOnlyList<Tensor<T>> Step(P coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(state);
        var (inputs, start, s) = (x[0], state[0], method.Stages);
        var (h, k) = (inputs[0], new Tensor<T>[s]);
        for (var i = 0; i < s; i++)
        {
            // A last stage that is the next step's first has no weight in this one.
            if (i == s - 1 && method.IsFirstSameAsLast) continue;
            k[i] = f(inputs[1 + i], Moved(start, h, method.A.AsSpan(i * s, i), k), coefficients);
            if (k[i].Shape != start.Shape)
                throw new ShapeException($"The function of the system gave {k[i].Shape} for states {start.Shape}; return the rates, of the same shape.");
        }
        return [Moved(start, h, method.B.AsSpan(), k)];
    }

    /// <summary>The inputs of a step: its length, and the times t + c_i·h of its stages. Where f jumps at an end of the step, they stay on the inner side of
    /// it.</summary>
    /// <param name="from">The beginning.</param>
    /// <param name="to">The end.</param>
    /// <param name="jumps">Whether f jumps at a time.</param>
    /// <param name="inputs">Out: 1 + s elements.</param>
    public void Times(double from, double to, Func<double, bool> jumps, Span<T> inputs)
    {
        ArgumentNullException.ThrowIfNull(jumps);
        if (inputs.Length != 1 + method.Stages)
            throw new ArgumentException($"inputs has {inputs.Length} elements; this method asks for {1 + method.Stages}.", nameof(inputs));
        T low = T.CreateTruncating(from), high = T.CreateTruncating(to);
        (low, high) = (jumps(from) ? T.BitIncrement(low) : low, jumps(to) ? T.BitDecrement(high) : high);
        inputs[0] = T.CreateTruncating(to - from);
        for (var i = 0; i < method.Stages; i++) inputs[1 + i] = T.Max(low, T.Min(high, T.CreateTruncating(from + method.C[i] * (to - from))));
    }

    static Tensor<T> Moved(Tensor<T> start, Tensor<T> h, ReadOnlySpan<double> weights, Tensor<T>[] k)
    {
        Tensor<T>? sum = null;
        for (var j = 0; j < weights.Length; j++)
        {
            if (weights[j] == 0) continue;
            var term = T.CreateTruncating(weights[j]) * k[j];
            sum = sum is null ? term : sum + term;
        }
        return sum is null ? start : start + h * sum;
    }
}
