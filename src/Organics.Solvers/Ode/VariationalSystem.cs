namespace Organics;

/// <summary>
/// A system with the derivatives of its flow by the start, Φ̇ = (∂f/∂x)·Φ, and by a parameter p, ψ̇ = (∂f/∂x)·ψ + ∂f/∂p. State (x, Φ, ψ), n + n² + n elements.
/// </summary>
/// <param name="system">The system, n unknowns.</param>
/// <param name="beside">The systems at a higher and a lower p and how far apart these are, for ∂f/∂p; null where there is none, and ψ stays 0.</param>
sealed class VariationalSystem(IStiffOdeSystem system, (IOdeSystem High, IOdeSystem Low, double Width)? beside) : IOdeSystem
{
    readonly int _n = system.Dimension;
    readonly double[] _jacobian = new double[system.Dimension * system.Dimension];
    readonly double[] _low = new double[system.Dimension];

    public int Dimension => _n * (_n + 2);

    public bool IsAutonomous => system.IsAutonomous;

    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
    {
        system.Rate(t, x[.._n], dxdt[.._n]);
        system.Jacobian(t, x[.._n], _jacobian);
        var phi = x.Slice(_n, _n * _n);
        var psi = x[(_n * (_n + 1))..];
        var phiRate = dxdt.Slice(_n, _n * _n);
        var psiRate = dxdt[(_n * (_n + 1))..];
        phiRate.Clear();
        psiRate.Clear();
        if (beside is var (high, low, width))
        {
            high.Rate(t, x[.._n], psiRate);
            low.Rate(t, x[.._n], _low);
            for (var i = 0; i < _n; i++) psiRate[i] = (psiRate[i] - _low[i]) / width;
        }
        for (var i = 0; i < _n; i++)
            for (var k = 0; k < _n; k++)
            {
                Vectors.Add(_jacobian[i * _n + k], phi.Slice(k * _n, _n), phiRate.Slice(i * _n, _n));
                psiRate[i] += _jacobian[i * _n + k] * psi[k];
            }
    }
}
