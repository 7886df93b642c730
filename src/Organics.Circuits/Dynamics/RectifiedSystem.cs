namespace Organics;

/// <summary>
/// The rectified circuit (Eq. 87): only positive activity is passed on. State (y, a).
/// <para>τ_y ẏ = −y + g + (1 − √⌊a⌋)⊙(Wr·⌊y⌋),  τ_a ȧ = −a + c + W(⌊y⌋²⊙⌊a⌋).</para>
/// </summary>
/// <param name="circuit">Its parameters.</param>
public sealed class RectifiedSystem(Circuit circuit) : IStiffOdeSystem
{
    /// <summary>Its parameters.</summary>
    public Circuit Circuit { get; } = circuit ?? throw new ArgumentNullException(nameof(circuit));

    /// <inheritdoc/>
    public int Dimension => 2 * Circuit.N;

    /// <inheritdoc/>
    public bool IsAutonomous => true;

    /// <inheritdoc/>
    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
    {
        var n = Circuit.N;
        for (var i = 0; i < n; i++)
        {
            double h = 0, pool = 0;
            for (var j = 0; j < n; j++)
            {
                var y = Math.Max(x[j], 0);
                h += Circuit.Wr[i * n + j] * y;
                pool += Circuit.W[i * n + j] * y * y * Math.Max(x[n + j], 0);
            }
            dxdt[i] = (Circuit.Drive[i] - x[i] + (1 - Math.Sqrt(Math.Max(x[n + i], 0))) * h) / Circuit.TauY[i];
            dxdt[n + i] = (Circuit.C[i] - x[n + i] + pool) / Circuit.TauA[i];
        }
    }

    /// <summary>∂(ẏ,ȧ)/∂(y,a); at y = 0 and a = 0, where the flow has a kink, the derivative from below.</summary>
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
                var (wr, w, y) = (Circuit.Wr[i * n + j], Circuit.W[i * n + j], Math.Max(x[j], 0));
                h += wr * y;
                jacobian[i * 2 * n + j] = ((y > 0 ? (1 - s) * wr : 0) - (i == j ? 1 : 0)) / tauY;
                jacobian[i * 2 * n + n + j] = 0;
                jacobian[(n + i) * 2 * n + j] = 2 * w * Math.Max(x[n + j], 0) * y / tauA;
                jacobian[(n + i) * 2 * n + n + j] = ((x[n + j] > 0 ? w * y * y : 0) - (i == j ? 1 : 0)) / tauA;
            }
            if (a > 0) jacobian[i * 2 * n + n + i] = -h / (2 * s * tauY);
        }
    }

    /// <summary>The fixed point for Wr = I (Eq. 89): a = c + W⌊g⌋², y = ⌊g⌋/√a − ⌊−g⌋.</summary>
    /// <exception cref="InvalidOperationException">Wr is not the identity.</exception>
    public (double[] Y, double[] A) SteadyState()
    {
        if (!Circuit.IsIdentityRecurrence)
            throw new InvalidOperationException(
                "Wr is not the identity; the rectified circuit has a closed-form fixed point only for Wr = I, so integrate it.");
        var n = Circuit.N;
        var (y, a) = (new double[n], new double[n]);
        for (var i = 0; i < n; i++) y[i] = Math.Pow(Math.Max(Circuit.Drive[i], 0), 2);
        Gemv.Multiply<double>(Circuit.W, y, a);
        for (var i = 0; i < n; i++)
        {
            a[i] += Circuit.C[i];
            y[i] = Math.Max(Circuit.Drive[i], 0) / Math.Sqrt(a[i]) + Math.Min(Circuit.Drive[i], 0);
        }
        return (y, a);
    }
}
