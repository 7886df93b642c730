namespace Organics;

/// <summary>A system with the derivative Φ of its flow by the start: ẋ = f(x), Φ̇ = (∂f/∂x)·Φ. State (x, Φ), n + n² elements.</summary>
/// <param name="system">The system, n unknowns.</param>
sealed class VariationalSystem(IStiffOdeSystem system) : IOdeSystem
{
    readonly int _n = system.Dimension;
    readonly double[] _jacobian = new double[system.Dimension * system.Dimension];

    public int Dimension => _n + _n * _n;

    public bool IsAutonomous => system.IsAutonomous;

    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
    {
        system.Rate(t, x[.._n], dxdt[.._n]);
        system.Jacobian(t, x[.._n], _jacobian);
        var phi = x[_n..];
        var derivative = dxdt[_n..];
        derivative.Clear();
        for (var i = 0; i < _n; i++)
            for (var k = 0; k < _n; k++) Vectors.Add(_jacobian[i * _n + k], phi.Slice(k * _n, _n), derivative.Slice(i * _n, _n));
    }
}
