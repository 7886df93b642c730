namespace Organics;

/// <summary>
/// The equations F(x) = 0 of a system's equilibria, in coordinates x in which its states are of order 1: what searches and continuation work on. For any system
/// <see cref="Of"/> makes them; a family of systems with better coordinates, as circuits are with log a, derives its own.
/// </summary>
public abstract class EquilibriumEquations
{
    /// <summary>What the residual of an equilibrium is at most.</summary>
    internal const double LargestResidual = 1e-9;

    /// <summary>The equations f = 0 of a system, in units of a scale.</summary>
    /// <param name="system">An autonomous system, n unknowns. Where it has no Jacobian, differences serve.</param>
    /// <param name="scale">The typical size of each element of the state, n positive numbers; 1 if not given.</param>
    /// <exception cref="ArgumentException">The system depends on time, or the scale does not fit.</exception>
    public static EquilibriumEquations Of(IOdeSystem system, double[]? scale = null)
        => new SystemEquations(system, scale, nameof(system));

    /// <summary>The dynamics, whose linearisation decides stability.</summary>
    public abstract IStiffOdeSystem System { get; }

    /// <summary>n.</summary>
    public int Dimension => System.Dimension;

    /// <summary>The coordinates of a state.</summary>
    public abstract double[] Coordinates(ReadOnlySpan<double> state);

    /// <summary>The state at coordinates.</summary>
    public abstract double[] State(ReadOnlySpan<double> x);

    /// <summary>Writes F(x), and returns the largest |F_i|, dimensionless; NaN where one is not finite.</summary>
    public abstract double Residual(ReadOnlySpan<double> x, Span<double> f);

    /// <summary>Writes ∂F/∂x, n × n, row-major.</summary>
    public abstract void Jacobian(ReadOnlySpan<double> x, Span<double> jacobian);

    /// <summary>The equilibrium at a root of F, with the verdict on it.</summary>
    /// <exception cref="ArithmeticException">Its eigenvalues were not found.</exception>
    public abstract Equilibrium Examine(ReadOnlySpan<double> x);

    /// <summary>f ← (∂F/∂x)⁻¹f at x, which Newton's method takes from x; false where the matrix is singular.</summary>
    /// <param name="x">n elements.</param>
    /// <param name="f">F(x).</param>
    /// <param name="jacobian">n × n elements that are overwritten.</param>
    /// <param name="pivots">n elements that are overwritten.</param>
    internal bool NewtonStep(ReadOnlySpan<double> x, Span<double> f, Span<double> jacobian, Span<int> pivots)
    {
        Jacobian(x, jacobian);
        if (Lu.Factor(jacobian, f.Length, pivots).IsSingular) return false;
        Lu.Solve<double>(jacobian, f.Length, pivots, f);
        return true;
    }

    /// <summary>The longest step of Newton's method that counts as none, at x.</summary>
    public virtual double StepTolerance(ReadOnlySpan<double> x) => 1e-10 * Math.Max(1, Vectors.Largest(x));
}
