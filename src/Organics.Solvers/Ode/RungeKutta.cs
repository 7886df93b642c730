using System.Collections.Immutable;

namespace Organics;

/// <summary>
/// An explicit Runge–Kutta method with s stages: k_i = f(t + c_i·h, x + h·Σ_j a_ij·k_j), x⁺ = x + h·Σ_i b_i·k_i, with c_i = Σ_j a_ij
/// (Hairer, Nørsett &amp; Wanner, Solving Ordinary Differential Equations I, 2nd ed., §II.1).
/// </summary>
public sealed record RungeKutta : OdeMethod
{
    /// <summary>A method of your own. Its order, and that of its embedded solution, are checked by the conditions of all rooted trees.</summary>
    /// <param name="name">Short name in lower case.</param>
    /// <param name="order">p.</param>
    /// <param name="citation">Where the coefficients come from.</param>
    /// <param name="a">a_ij, s × s, row-major, strictly lower triangular.</param>
    /// <param name="b">b_i, s elements.</param>
    /// <param name="embeddedOrder">The order of the embedded solution; 0 for none: such a method has no step control.</param>
    /// <param name="embeddedB">b̂_i, s elements, or none.</param>
    /// <param name="quartic">d_i of the dense output (<see cref="Quartic"/>), s elements; none for the cubic Hermite interpolant.</param>
    /// <exception cref="ArgumentException">The tables do not fit one another, a number is not finite, or an order is not as claimed.</exception>
    public RungeKutta(string name, int order, string citation, ImmutableArray<double> a, ImmutableArray<double> b,
        int embeddedOrder = 0, ImmutableArray<double> embeddedB = default, ImmutableArray<double> quartic = default)
        : base(name, order, embeddedOrder, citation)
    {
        var stages = b.IsDefaultOrEmpty ? 1 : b.Length;
        B = Table(name, "b", b, stages, isMatrix: false);
        A = Table(name, "a", a, stages, isMatrix: true);
        EmbeddedB = embeddedOrder == 0 && embeddedB.IsDefaultOrEmpty ? [] : Table(name, "b̂", embeddedB, stages, isMatrix: false);
        Quartic = quartic.IsDefaultOrEmpty ? [] : Table(name, "d", quartic, stages, isMatrix: false);
        if (embeddedOrder == 0 && !EmbeddedB.IsEmpty)
            throw new ArgumentException($"{name}: weights of an embedded solution are given, but no order of it; give both.");
        double[] table = [.. a];
        OrderConditions.Check(name, order, B.AsSpan(), table, table);
        if (embeddedOrder > 0) OrderConditions.Check($"{name}, embedded", embeddedOrder, EmbeddedB.AsSpan(), table, table);
        C = [.. Enumerable.Range(0, Stages).Select(i => a.AsSpan(i * Stages, Stages).ToArray().Sum())];
        IsFirstSameAsLast = b[^1] == 0 && a.AsSpan((Stages - 1) * Stages, Stages).SequenceEqual(b.AsSpan());
    }

    /// <summary>Euler's method: one stage, order 1.</summary>
    public static RungeKutta Euler { get; } = new("euler", 1, "L. Euler, Institutionum calculi integralis I, 1768.", [0], [1]);

    /// <summary>Heun's method, the explicit trapezoidal rule: two stages, order 2.</summary>
    public static RungeKutta Heun { get; } = new("heun", 2, "K. Heun, Z. Math. Phys. 45, 1900.",
        [
            0, 0,
            1, 0,
        ],
        [0.5, 0.5]);

    /// <summary>The classical method of Kutta: four stages, order 4.</summary>
    public static RungeKutta RungeKutta4 { get; } = new("rk4", 4, "W. Kutta, Z. Math. Phys. 46, 1901.",
        [
            0, 0, 0, 0,
            0.5, 0, 0, 0,
            0, 0.5, 0, 0,
            0, 0, 1, 0,
        ],
        [1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6]);

    /// <summary>The pair 5(4) of Dormand and Prince: seven stages, the last of which is the first of the next step, and dense output of order 4.</summary>
    public static RungeKutta DormandPrince { get; } = new("dopri5", 5,
        "J. R. Dormand & P. J. Prince, J. Comput. Appl. Math. 6, 1980; dense output: Hairer, Nørsett & Wanner I, 2nd ed., §II.6.",
        [
            0, 0, 0, 0, 0, 0, 0,
            1.0 / 5, 0, 0, 0, 0, 0, 0,
            3.0 / 40, 9.0 / 40, 0, 0, 0, 0, 0,
            44.0 / 45, -56.0 / 15, 32.0 / 9, 0, 0, 0, 0,
            19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729, 0, 0, 0,
            9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656, 0, 0,
            35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0,
        ],
        [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0],
        4, [5179.0 / 57600, 0, 7571.0 / 16695, 393.0 / 640, -92097.0 / 339200, 187.0 / 2100, 1.0 / 40],
        [
            -12715105075.0 / 11282082432, 0, 87487479700.0 / 32700410799, -10690763975.0 / 1880347072,
            701980252875.0 / 199316789632, -1453857185.0 / 822651844, 69997945.0 / 29380423,
        ]);

    /// <summary>All methods, by rising order.</summary>
    public static IReadOnlyList<RungeKutta> All { get; } = [Euler, Heun, RungeKutta4, DormandPrince];

    /// <summary>The number of stages, s.</summary>
    public int Stages => B.Length;

    /// <summary>The coefficients a_ij, s × s, row-major, strictly lower triangular.</summary>
    public ImmutableArray<double> A { get; }

    /// <summary>The weights b_i of the solution, s elements.</summary>
    public ImmutableArray<double> B { get; }

    /// <summary>The nodes c_i, s elements.</summary>
    public ImmutableArray<double> C { get; }

    /// <summary>The weights b̂_i of the embedded solution, s elements, or none.</summary>
    public ImmutableArray<double> EmbeddedB { get; }

    /// <summary>
    /// The weights d_i of h·θ²(1−θ)²·Σ_i d_i·k_i, which is added to the cubic Hermite interpolant between two steps, s elements, or none
    /// (Hairer, Nørsett &amp; Wanner I, §II.6, in the form of their program DOPRI5).
    /// </summary>
    public ImmutableArray<double> Quartic { get; }

    /// <summary>True when the last stage is f at the new state, so that the next step need not compute it.</summary>
    public bool IsFirstSameAsLast { get; }

    /// <summary>The method with this name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the names.</exception>
    public static RungeKutta ByName(string name) => All.FirstOrDefault(m => m.Name == name)
        ?? throw new ArgumentException($"There is no Runge–Kutta method '{name}'; choose one of {string.Join(", ", All.Select(m => m.Name))}.", nameof(name));

    internal override OdeStepper Stepper(IOdeSystem system) => new RungeKuttaStepper(this, system);
}

/// <summary>Steps of an explicit Runge–Kutta method.</summary>
sealed class RungeKuttaStepper : OdeStepper
{
    readonly RungeKutta _method;
    readonly double[][] _k;
    readonly double[] _argument, _errorWeights;

    public RungeKuttaStepper(RungeKutta method, IOdeSystem system) : base(system)
    {
        _method = method;
        _k = [.. method.B.Select(_ => new double[N])];
        _argument = new double[N];
        _errorWeights = [.. method.EmbeddedB.Select((b, i) => method.B[i] - b)];
        if (!method.Quartic.IsEmpty) Quartic = new double[N];
    }

    public override void Try(double t, double h)
    {
        var (s, shared) = (_method.Stages, _method.IsFirstSameAsLast);
        _k[0] = Rate;
        if (shared) _k[^1] = NextRate;
        for (var i = 1; i < s; i++)
        {
            var argument = shared && i == s - 1 ? Next : _argument;
            Combine(X, h, _method.A.AsSpan(i * s, i), _k, argument);
            Evaluate(t + _method.C[i] * h, argument, _k[i]);
        }
        if (!shared)
        {
            Combine(X, h, _method.B.AsSpan(), _k, Next);
            Evaluate(t + h, Next, NextRate);
        }
        Error.AsSpan().Clear();
        Combine(Error, h, _errorWeights, _k, Error);
    }

    public override void WriteQuartic(double h)
    {
        if (Quartic is null) return;
        Quartic.AsSpan().Clear();
        Combine(Quartic, h, _method.Quartic.AsSpan(), _k, Quartic);
    }
}
