namespace Organics;

/// <summary>
/// The flow from several nodes at once, each in a duration of its own, for t from 0 to 1; with its derivatives by the start, Φ̇ = (∂f/∂x)·Φ, and by a
/// parameter p, ψ̇ = (∂f/∂x)·ψ + ∂f/∂p, where they are asked for. State: all x, then Φ and ψ of each.
/// </summary>
/// <param name="system">The system, n unknowns.</param>
/// <param name="durations">One for each node.</param>
/// <param name="isLinearised">Whether Φ and ψ are asked for.</param>
/// <param name="beside">The systems at a higher and a lower p and how far apart these are, for ∂f/∂p; null where there is none, and ψ stays 0.</param>
sealed class SegmentSystem(
    IStiffOdeSystem system, double[] durations, bool isLinearised, (IOdeSystem High, IOdeSystem Low, double Width)? beside) : IOdeSystem
{
    readonly int _n = system.Dimension;
    readonly double[] _jacobians = new double[isLinearised ? durations.Length * system.Dimension * system.Dimension : 0];
    readonly double[] _high = new double[durations.Length * system.Dimension], _low = new double[durations.Length * system.Dimension];

    public int Dimension => durations.Length * _n * (isLinearised ? _n + 2 : 1);

    public bool IsAutonomous => true;

    /// <summary>Where Φ and ψ of a node begin in the state.</summary>
    public static int Derivatives(int node, int count, int n) => count * n + node * n * (n + 1);

    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
    {
        var (count, square) = (durations.Length, _n * _n);
        var states = x[..(count * _n)];
        Rates(system, states, dxdt[..(count * _n)]);
        if (isLinearised)
        {
            dxdt[(count * _n)..].Clear();
            if (system is OdeFunction function) function.Jacobians(0, states, _jacobians);
            else
                for (var k = 0; k < count; k++) system.Jacobian(0, states.Slice(k * _n, _n), _jacobians.AsSpan(k * square, square));
            if (beside is var (high, low, _))
            {
                Rates(high, states, _high);
                Rates(low, states, _low);
            }
        }
        for (var k = 0; k < count; k++)
        {
            var duration = durations[k];
            for (var i = k * _n; i < (k + 1) * _n; i++) dxdt[i] *= duration;
            if (!isLinearised) continue;
            var first = Derivatives(k, count, _n);
            var phi = x.Slice(first, square);
            var psi = x.Slice(first + square, _n);
            var phiRate = dxdt.Slice(first, square);
            var psiRate = dxdt.Slice(first + square, _n);
            for (var i = 0; i < _n; i++)
            {
                if (beside is var (_, _, width)) psiRate[i] = duration * (_high[k * _n + i] - _low[k * _n + i]) / width;
                for (var j = 0; j < _n; j++)
                {
                    var slope = duration * _jacobians[k * square + i * _n + j];
                    Vectors.Add(slope, phi.Slice(j * _n, _n), phiRate.Slice(i * _n, _n));
                    psiRate[i] += slope * psi[j];
                }
            }
        }
    }

    void Rates(IOdeSystem of, ReadOnlySpan<double> states, Span<double> rates)
    {
        if (of is OdeFunction function) function.Rates(0, states, rates);
        else
            for (var k = 0; k < durations.Length; k++) of.Rate(0, states.Slice(k * _n, _n), rates.Slice(k * _n, _n));
    }
}
