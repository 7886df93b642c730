namespace Organics;

/// <summary>A system of ordinary differential equations ẋ = f(t, x) in n unknowns.</summary>
public interface IOdeSystem
{
    /// <summary>n, at least 1.</summary>
    int Dimension { get; }

    /// <summary>
    /// True when f does not depend on t. A linearly implicit method needs ∂f/∂t too: from <see cref="IStiffOdeSystem.TimeDerivative"/>, or from two more rates
    /// a step of every system that does not say so.
    /// </summary>
    bool IsAutonomous => false;

    /// <summary>Writes f(t, x).</summary>
    /// <param name="t">Time.</param>
    /// <param name="x">State, n elements.</param>
    /// <param name="dxdt">Out: ẋ, n elements; does not overlap x.</param>
    void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt);
}

/// <summary>A system that knows its Jacobian, as linearly implicit methods need it.</summary>
public interface IStiffOdeSystem : IOdeSystem
{
    /// <summary>Writes ∂f/∂x at (t, x).</summary>
    /// <param name="t">Time.</param>
    /// <param name="x">State, n elements.</param>
    /// <param name="jacobian">Out: n × n elements, row-major: element (i, j) is ∂f_i/∂x_j.</param>
    void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian);

    /// <summary>Writes ∂f/∂t at (t, x), where the system knows it; a method that needs it takes differences where it does not.</summary>
    /// <param name="t">Time.</param>
    /// <param name="x">State, n elements.</param>
    /// <param name="derivative">Out: ∂f/∂t, n elements.</param>
    /// <returns>Whether it was written.</returns>
    bool TimeDerivative(double t, ReadOnlySpan<double> x, Span<double> derivative) => false;
}
