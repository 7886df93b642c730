namespace Organics;

/// <summary>A system with the Jacobian that central differences give it.</summary>
/// <param name="system">The system, n unknowns.</param>
/// <param name="scale">The typical size of each element of the state.</param>
sealed class DifferencedSystem(IOdeSystem system, double[] scale) : IStiffOdeSystem
{
    // ε^(1/3), where rounding and curvature are balanced.
    const double Part = 6e-6;

    // How narrow the structure may be that is seen, and how many units in the last place of f its rounding is taken for there.
    const double Narrow = 1e-4 * Part, Roundings = 16;

    public int Dimension => system.Dimension;

    public bool IsAutonomous => system.IsAutonomous;

    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => system.Rate(t, x, dxdt);

    public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian) => Difference(t, x, Part, Part, jacobian);

    /// <summary>
    /// How far the Jacobian's elements may be off: that differences twice as wide change them so much, or that those to either side, far narrower, do, by more
    /// than rounding does, as at a kink. Structure narrower still is not seen.
    /// </summary>
    public double[] Error(ReadOnlySpan<double> x)
    {
        var n = Dimension;
        var (near, far) = (new double[n * n], new double[n * n]);
        Difference(0, x, Part, Part, near);
        Difference(0, x, 2 * Part, 2 * Part, far);
        double[] error = [.. near.Zip(far, (a, b) => Math.Abs(b - a) + 1e-10 * Math.Abs(a))];
        var (size, f, moved) = (new double[n], new double[n], new double[n]);
        foreach (var side in (ReadOnlySpan<double>)[0, 1, -1])
        {
            for (var i = 0; i < n; i++) moved[i] = x[i] + side * scale[i];
            system.Rate(0, moved, f);
            for (var i = 0; i < n; i++)
                if (double.IsFinite(f[i])) size[i] = Math.Max(size[i], Math.Abs(f[i]));
        }
        foreach (var (up, down) in (ReadOnlySpan<(double, double)>)[(Narrow, 0), (0, Narrow)])
        {
            Difference(0, x, up, down, far);
            for (var k = 0; k < n * n; k++)
            {
                var rounding = Roundings * Eigenvalues.Epsilon * size[k / n] / (Narrow * Math.Max(Math.Abs(x[k % n]), scale[k % n]));
                error[k] = Math.Max(error[k], Math.Abs(far[k] - near[k]) - rounding);
            }
        }
        return error;
    }

    void Difference(double t, ReadOnlySpan<double> x, double above, double below, Span<double> jacobian)
    {
        var n = Dimension;
        var (moved, up, down) = (x.ToArray(), new double[n], new double[n]);
        for (var j = 0; j < n; j++)
        {
            var size = Math.Max(Math.Abs(x[j]), scale[j]);
            var (high, low) = (x[j] + above * size, x[j] - below * size);
            moved[j] = high;
            system.Rate(t, moved, up);
            moved[j] = low;
            system.Rate(t, moved, down);
            moved[j] = x[j];
            for (var i = 0; i < n; i++) jacobian[i * n + j] = (up[i] - down[i]) / (high - low);
        }
    }
}
