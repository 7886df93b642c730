namespace Organics;

/// <summary>
/// A circuit as a system of ordinary differential equations (Eq. 15; Eq. 3 when Wr = I), with the state (y, a). By Eq. 1 the same circuit has complementary
/// firing rates y⁺ = ⌊y⌋², y⁻ = ⌊−y⌋² and a⁺ = √⌊a⌋: see <see cref="FiringRates"/>.
/// </summary>
/// <param name="circuit">The circuit.</param>
public sealed class CircuitSystem(Circuit circuit) : IStiffOdeSystem
{
    /// <summary>The circuit.</summary>
    public Circuit Circuit { get; } = circuit ?? throw new ArgumentNullException(nameof(circuit));

    /// <inheritdoc/>
    public int Dimension => 2 * Circuit.N;

    /// <inheritdoc/>
    public bool IsAutonomous => true;

    /// <inheritdoc/>
    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
    {
        var n = Circuit.N;
        CircuitDynamics.Rate(Circuit, x[..n], x[n..], dxdt[..n], dxdt[n..]);
    }

    /// <summary>As <see cref="CircuitJacobian.Write"/> where a &gt; 0; where a ≤ 0 its derivative is taken as 0, that of √⌊a⌋ and ⌊a⌋ from below.</summary>
    public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian)
    {
        var n = Circuit.N;
        for (var i = 0; i < n; i++)
        {
            var (a, tauY, tauA) = (Math.Max(x[n + i], 0), Circuit.TauY[i], Circuit.TauA[i]);
            var s = Math.Sqrt(a);
            double h = 0;
            for (var j = 0; j < n; j++)
            {
                var (wr, w, y) = (Circuit.Wr[i * n + j], Circuit.W[i * n + j], x[j]);
                h += wr * y;
                jacobian[i * 2 * n + j] = ((1 - s) * wr - (i == j ? 1 : 0)) / tauY;
                jacobian[i * 2 * n + n + j] = 0;
                jacobian[(n + i) * 2 * n + j] = 2 * w * Math.Max(x[n + j], 0) * y / tauA;
                jacobian[(n + i) * 2 * n + n + j] = ((x[n + j] > 0 ? w * y * y : 0) - (i == j ? 1 : 0)) / tauA;
            }
            if (a > 0) jacobian[i * 2 * n + n + i] = -h / (2 * s * tauY);
        }
    }

    /// <summary>The firing rates of Eq. 1 at a state: y⁺ = ⌊y⌋², y⁻ = ⌊−y⌋², a⁺ = √⌊a⌋, n elements each.</summary>
    public static (double[] Positive, double[] Negative, double[] Modulator) FiringRates(ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        static double Square(double v) => v * v;
        return (
            Array.ConvertAll(y.ToArray(), v => Square(Math.Max(v, 0))), Array.ConvertAll(y.ToArray(), v => Square(Math.Max(-v, 0))),
            Array.ConvertAll(a.ToArray(), v => Math.Sqrt(Math.Max(v, 0))));
    }
}
