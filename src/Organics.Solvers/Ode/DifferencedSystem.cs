namespace Organics;

/// <summary>A system with the Jacobian that central differences give it.</summary>
/// <param name="system">The system, n unknowns.</param>
/// <param name="scale">The typical size of each element of the state.</param>
sealed class DifferencedSystem(IOdeSystem system, double[] scale) : IStiffOdeSystem
{
    // ε^(1/3), where rounding and curvature are balanced.
    const double Part = 6e-6;

    public int Dimension => system.Dimension;

    public bool IsAutonomous => system.IsAutonomous;

    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => system.Rate(t, x, dxdt);

    public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian) => Difference(t, x, Part, jacobian);

    /// <summary>How far the Jacobian's elements may be off: that differences twice as wide change them so much.</summary>
    public double[] Error(ReadOnlySpan<double> x)
    {
        var (near, far) = (new double[Dimension * Dimension], new double[Dimension * Dimension]);
        Difference(0, x, Part, near);
        Difference(0, x, 2 * Part, far);
        for (var i = 0; i < near.Length; i++) near[i] = Math.Abs(far[i] - near[i]) + 1e-10 * Math.Abs(near[i]);
        return near;
    }

    void Difference(double t, ReadOnlySpan<double> x, double part, Span<double> jacobian)
    {
        var n = Dimension;
        var (moved, up, down) = (x.ToArray(), new double[n], new double[n]);
        for (var j = 0; j < n; j++)
        {
            var h = part * Math.Max(Math.Abs(x[j]), scale[j]);
            var (high, low) = (x[j] + h, x[j] - h);
            moved[j] = high;
            system.Rate(t, moved, up);
            moved[j] = low;
            system.Rate(t, moved, down);
            moved[j] = x[j];
            for (var i = 0; i < n; i++) jacobian[i * n + j] = (up[i] - down[i]) / (high - low);
        }
    }
}
