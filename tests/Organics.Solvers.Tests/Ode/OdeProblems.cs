namespace Organics.Tests;

delegate void SpanFunction(double t, ReadOnlySpan<double> x, Span<double> result);

/// <summary>A system made of functions.</summary>
sealed class OdeProblem(int dimension, SpanFunction rate, SpanFunction? jacobian = null, bool isAutonomous = false) : IStiffOdeSystem
{
    public int Dimension => dimension;

    public bool IsAutonomous => isAutonomous;

    public int Rates { get; private set; }

    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
    {
        Rates++;
        rate(t, x, dxdt);
    }

    public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobianOut) => (jacobian ?? throw new NotSupportedException())(t, x, jacobianOut);
}

static class OdeProblems
{
    public static readonly double[] SpinStart = [0.66, 0.88, 0.2];

    /// <summary>A rotation whose speed is the squared radius, beside logistic growth.</summary>
    public static OdeProblem Spin() => new(3,
        (_, x, f) =>
        {
            var r = x[0] * x[0] + x[1] * x[1];
            (f[0], f[1], f[2]) = (-r * x[1], r * x[0], x[2] * (1 - x[2]));
        },
        (_, x, j) =>
        {
            j.Clear();
            var (u, v, r) = (x[0], x[1], x[0] * x[0] + x[1] * x[1]);
            (j[0], j[1], j[3], j[4], j[8]) = (-2 * u * v, -r - 2 * v * v, r + 2 * u * u, 2 * u * v, 1 - 2 * x[2]);
        }, isAutonomous: true);

    public static double[] SpinAt(double t)
    {
        var (sin, cos) = Math.SinCos(1.21 * t);
        var growth = Math.Exp(t);
        return [cos * SpinStart[0] - sin * SpinStart[1], sin * SpinStart[0] + cos * SpinStart[1], 0.2 * growth / (0.8 + 0.2 * growth)];
    }

    public static OdeProblem VanDerPol(double mu) => new(2,
        (_, x, f) => (f[0], f[1]) = (x[1], mu * (1 - x[0] * x[0]) * x[1] - x[0]),
        (_, x, j) => (j[0], j[1], j[2], j[3]) = (0, 1, -2 * mu * x[0] * x[1] - 1, mu * (1 - x[0] * x[0])), isAutonomous: true);

    /// <summary>ẋ = (1 − r²/R²)x − y, ẏ = (1 − r²/R²)y + x, which settles on a circle of radius R.</summary>
    public static OdeProblem Circle(double radius) => new(2, (_, x, f) =>
    {
        var growth = 1 - (x[0] * x[0] + x[1] * x[1]) / (radius * radius);
        (f[0], f[1]) = (growth * x[0] - x[1], growth * x[1] + x[0]);
    }, isAutonomous: true);

    /// <summary>ẍ + 2ζẋ + x = 0.</summary>
    public static OdeProblem Oscillator(double damping) => Linear([0, 1, -1, -2 * damping], 2);

    public static OdeProblem Linear(double[] m, int n) => new(n,
        (_, x, f) => Gemv.Multiply<double>(m, x, f),
        (_, _, j) => m.CopyTo(j), isAutonomous: true);

    public static double Distance(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double most = 0;
        for (var i = 0; i < x.Length; i++) most = Math.Max(most, Math.Abs(x[i] - y[i]));
        return most;
    }
}
