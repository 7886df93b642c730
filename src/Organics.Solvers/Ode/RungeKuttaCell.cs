using System.Numerics;

namespace Organics;

/// <summary>
/// A step of an explicit Runge–Kutta method as a recurrent cell: its inputs are the time and length of the step, so that a trajectory is a sequence, and
/// <see cref="Scan"/> differentiates it with √T memory.
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
    /// <param name="x">The step's time and length. Shape [1, 2].</param>
    /// <param name="state">x.</param>
    public IReadOnlyList<Tensor<T>> Step(P coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(state);
        var (t, h, start, s) = (x[0][0], x[0][1], state[0], method.Stages);
        var k = new Tensor<T>[s];
        for (var i = 0; i < s; i++)
        {
            // A last stage that is the next step's first has no weight in this one.
            if (i == s - 1 && method.IsFirstSameAsLast) continue;
            var time = method.C[i] == 0 ? t : t + T.CreateTruncating(method.C[i]) * h;
            k[i] = f(time, Moved(start, h, method.A.AsSpan(i * s, i), k), coefficients);
            if (k[i].Shape != start.Shape) throw new ShapeException($"The function of the system gave {k[i].Shape} for states {start.Shape}; return the rates, of the same shape.");
        }
        return [Moved(start, h, method.B.AsSpan(), k)];
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
