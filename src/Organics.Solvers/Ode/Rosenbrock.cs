using System.Collections.Immutable;

namespace Organics;

/// <summary>
/// A Rosenbrock method for stiff systems: s linear systems with one matrix per step and the exact Jacobian J,
/// <para>(I/(γh) − J)·k_i = f(t + α_i·h, x + Σ_j a_ij·k_j) + Σ_j (c_ij/h)·k_j + γ_i·h·∂f/∂t,  x⁺ = x + Σ_i m_i·k_i,  error = Σ_i e_i·k_i</para>
/// (Hairer &amp; Wanner, Solving Ordinary Differential Equations II, 2nd ed., §IV.7, Eq. 7.25). ∂f/∂t is the system's own
/// (<see cref="IStiffOdeSystem.TimeDerivative"/>), or else a difference quotient; no autonomous system pays for it.
/// <para>A rational method can step over a pole of the solution, and finds what a continuation through infinity would. A step is refused where the linearised
/// system grows so fast that a pole may lie in it: where a real eigenvalue of J has reached 1/(γh), or where an element moves against its rates at both
/// ends.</para>
/// </summary>
public sealed record Rosenbrock : OdeMethod
{
    /// <summary>A method of your own. Its order, and that of its embedded solution, are checked by the conditions of all rooted trees.</summary>
    /// <param name="name">Short name in lower case.</param>
    /// <param name="order">p.</param>
    /// <param name="embeddedOrder">The order of the embedded solution; 0 for none: such a method has no step control.</param>
    /// <param name="citation">Where the coefficients come from.</param>
    /// <param name="gamma">γ, above 0.</param>
    /// <param name="a">a_ij, s × s, row-major, strictly lower triangular.</param>
    /// <param name="c">c_ij, s × s, row-major, strictly lower triangular.</param>
    /// <param name="m">m_i, s elements.</param>
    /// <param name="e">e_i of the error estimate, s elements; all 0 where there is no embedded solution.</param>
    /// <exception cref="ArgumentException">The tables do not fit one another, a number is not finite, or an order is not as claimed.</exception>
    public Rosenbrock(string name, int order, int embeddedOrder, string citation, double gamma,
        ImmutableArray<double> a, ImmutableArray<double> c, ImmutableArray<double> m, ImmutableArray<double> e)
        : base(name, order, embeddedOrder, citation)
    {
        if (!(gamma > 0 && double.IsFinite(gamma))) throw new ArgumentException($"{name}: γ is {gamma}; it must be finite and above 0.");
        var stages = m.IsDefaultOrEmpty ? 1 : m.Length;
        (Gamma, M, E) = (gamma, Table(name, "m", m, stages, isMatrix: false), Table(name, "e", e, stages, isMatrix: false));
        (A, C) = (Table(name, "a", a, stages, isMatrix: true), Table(name, "c", c, stages, isMatrix: true));
        if (embeddedOrder == 0 && e.AsSpan().ContainsAnyExcept(0))
            throw new ArgumentException($"{name}: weights of an error are given, but no order of the embedded solution; give both.");
        // With k = Γκ, κ the stages of the untransformed method: Γ⁻¹ = I/γ − C, its row sums are those of the γ_ij, and A·Γ has the α_ij.
        var (alpha, gammas) = (new double[Stages], new double[Stages]);
        for (var i = 0; i < Stages; i++)
        {
            gammas[i] = 1;
            for (var j = 0; j < i; j++)
            {
                gammas[i] += c[i * Stages + j] * gammas[j];
                alpha[i] += a[i * Stages + j] * gammas[j];
            }
            gammas[i] *= gamma;
        }
        (AlphaSums, GammaSums) = ([.. alpha], [.. gammas]);
        CheckOrders();
    }

    // In the untransformed method's terms: Γ, α = A·Γ, b = Γᵀm, and b̂ of m − e.
    void CheckOrders()
    {
        var s = Stages;
        var (gamma, alpha, b, embedded) = (new double[s * s], new double[s * s], new double[s], new double[s]);
        for (var i = 0; i < s; i++)
            for (var j = 0; j <= i; j++)
            {
                gamma[i * s + j] = i == j ? 1 : 0;
                for (var k = j; k < i; k++)
                {
                    gamma[i * s + j] += C[i * s + k] * gamma[k * s + j];
                    alpha[i * s + j] += A[i * s + k] * gamma[k * s + j];
                }
                gamma[i * s + j] *= Gamma;
                b[j] += M[i] * gamma[i * s + j];
                embedded[j] += (M[i] - E[i]) * gamma[i * s + j];
            }
        double[] both = [.. alpha.Zip(gamma, (x, y) => x + y)];
        OrderConditions.Check(Name, Order, b, both, alpha);
        if (EmbeddedOrder > 0) OrderConditions.Check($"{Name}, embedded", EmbeddedOrder, embedded, both, alpha);
    }

    /// <summary>Rodas3: four stages, order 3 with an embedded solution of order 2, both L-stable and stiffly accurate.</summary>
    public static Rosenbrock Rodas3 { get; } = new("rodas3", 3, 2, "A. Sandu et al., Atmospheric Environment 31, 1997, 3459–3472.", 0.5,
        [
            0, 0, 0, 0,
            0, 0, 0, 0,
            2, 0, 0, 0,
            2, 0, 1, 0,
        ],
        [
            0, 0, 0, 0,
            4, 0, 0, 0,
            1, -1, 0, 0,
            1, -1, -8.0 / 3, 0,
        ],
        [2, 0, 1, 1],
        [0, 0, 0, 1]);

    /// <summary>All methods, by rising order.</summary>
    public static IReadOnlyList<Rosenbrock> All { get; } = [Rodas3];

    /// <summary>The number of stages, s.</summary>
    public int Stages => M.Length;

    /// <summary>γ of the matrix.</summary>
    public double Gamma { get; }

    /// <summary>The coefficients a_ij, s × s, row-major, strictly lower triangular.</summary>
    public ImmutableArray<double> A { get; }

    /// <summary>The coefficients c_ij, s × s, row-major, strictly lower triangular.</summary>
    public ImmutableArray<double> C { get; }

    /// <summary>The weights m_i of the solution, s elements.</summary>
    public ImmutableArray<double> M { get; }

    /// <summary>The weights e_i of the error estimate, s elements.</summary>
    public ImmutableArray<double> E { get; }

    /// <summary>The nodes α_i of the stages, s elements.</summary>
    public ImmutableArray<double> AlphaSums { get; }

    /// <summary>The coefficients γ_i of h·∂f/∂t, s elements.</summary>
    public ImmutableArray<double> GammaSums { get; }

    internal override OdeStepper Stepper(IOdeSystem system) => new RosenbrockStepper(this, system as IStiffOdeSystem
        ?? throw new ArgumentException($"{Name} needs the Jacobian; implement {nameof(IStiffOdeSystem)} or take an explicit method.", nameof(system)));
}

/// <summary>Steps of a Rosenbrock method.</summary>
sealed class RosenbrockStepper : OdeStepper
{
    const double Rounding = 2.220446049250313e-16;

    readonly Rosenbrock _method;
    readonly IStiffOdeSystem _system;
    readonly double[][] _k;
    readonly double[] _argument, _jacobian, _factors, _slope;
    readonly int[] _pivots;
    readonly int _ld;

    public RosenbrockStepper(Rosenbrock method, IStiffOdeSystem system) : base(system)
    {
        (_method, _system, _ld) = (method, system, Lu.PaddedLength<double>(N));
        _k = [.. method.M.Select(_ => new double[N])];
        (_argument, _jacobian, _factors, _pivots) = (new double[N], new double[N * N], new double[N * _ld], new int[N]);
        _slope = system.IsAutonomous ? [] : new double[N];
    }

    public override void Try(double t, double h)
    {
        if (IsNewPoint)
        {
            _system.Jacobian(Inside(t), X, _jacobian);
            JacobianEvaluations++;
            IsNewPoint = false;
        }
        _factors.AsSpan().Clear();
        for (var i = 0; i < N; i++)
        {
            for (var j = 0; j < N; j++) _factors[i * _ld + j] = -_jacobian[i * N + j];
            _factors[i * _ld + i] += 1 / (_method.Gamma * h);
        }
        if (Lu.Factor<double>(_factors, N, _pivots, _ld).IsSingular)
        {
            Next.AsSpan().Fill(double.NaN);
            return;
        }
        IsOverPole = IsReversed() && GrowsBy(1 / (_method.Gamma * h));
        if (!_system.IsAutonomous && !_system.TimeDerivative(Inside(t), X, _slope)) DifferenceByTime(t, h);
        var s = _method.Stages;
        for (var i = 0; i < s; i++)
        {
            var a = _method.A.AsSpan(i * s, i);
            if (a.ContainsAnyExcept(0))
            {
                Combine(X, 1, a, _k, _argument);
                Evaluate(t + _method.AlphaSums[i] * h, _argument, _k[i]);
            }
            else Rate.CopyTo(_k[i].AsSpan());
            Combine(_k[i], 1 / h, _method.C.AsSpan(i * s, i), _k, _k[i]);
            for (var j = 0; j < _slope.Length; j++) _k[i][j] += _method.GammaSums[i] * h * _slope[j];
            Lu.Solve<double>(_factors, N, _pivots, _k[i], _ld);
        }
        Combine(X, 1, _method.M.AsSpan(), _k, Next);
        Error.AsSpan().Clear();
        Combine(Error, 1, _method.E.AsSpan(), _k, Error);
        Evaluate(t + h, Next, NextRate);
        IsOverPole |= MovesAgainstItsRates() && GrowsBy(1 / h);
    }

    // The determinant of I/(γh) − J is positive for short steps and changes its sign where h meets a real eigenvalue.
    bool IsReversed()
    {
        var isReversed = false;
        for (var i = 0; i < N; i++) isReversed ^= (_factors[i * _ld + i] < 0) ^ (_pivots[i] != i);
        return isReversed;
    }

    // As what comes back from the other side of infinity does. Two that go there at once leave the sign of the determinant as it was.
    bool MovesAgainstItsRates()
    {
        for (var i = 0; i < N; i++)
            if (Next[i] > X[i] ? Rate[i] < 0 && NextRate[i] < 0 : Next[i] < X[i] && Rate[i] > 0 && NextRate[i] > 0) return true;
        return false;
    }

    // Whether an eigenvalue lies beyond a rate of growth and the rounding of J: of one that is 0, as a conserved sum has it, no sign is known.
    bool GrowsBy(double rate)
    {
        var re = new double[N];
        Eigenvalues.Of(_jacobian, N, re, new double[N], new double[Eigenvalues.ScratchLength(N)]);
        return re.Max() > Math.Max(rate, N * Rounding * Vectors.Norm(_jacobian));
    }

    /// <summary>
    /// ∂f/∂t by the parabola through t and two times shortly after it, which lie within the step: f may jump where it begins. Its error falls with h⁴ in the
    /// state, as that of a
    /// step of order 3 does, and is smaller by seven decades.
    /// </summary>
    void DifferenceByTime(double t, double h)
    {
        const double part = 1.0 / 1024;
        // Differences of neighbouring times are exact; where h spans a few of them only, the whole step serves.
        var start = Inside(t);
        var (near, far) = (Inside(t + part * h) - start, Inside(t + 2 * part * h) - start);
        if (!(near > 0 && far > near)) (near, far) = (Inside(t + h / 2) - start, Inside(t + h) - start);
        if (!(near > 0 && far > near))
        {
            Array.Clear(_slope);
            return;
        }
        Evaluate(start + near, X, _slope);
        Evaluate(start + far, X, _argument);
        var ratio = far / near;
        for (var j = 0; j < N; j++) _slope[j] = (ratio * ratio * (_slope[j] - Rate[j]) - (_argument[j] - Rate[j])) / (ratio * (far - near));
    }
}
