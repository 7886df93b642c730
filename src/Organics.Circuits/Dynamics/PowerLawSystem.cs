namespace Organics;

/// <summary>
/// A circuit whose firing rates are powers p &gt; 1 of the activity instead of squares, y± = ⌊±y⌋ᵖ and a⁺ = ⌊a⌋^(1/p) (a consistent version of the paper's
/// Appendix A, derived for this project). State (y, a); for p = 2 it is <see cref="CircuitSystem"/>.
/// <para>τ_y ẏ = −y + g + (1 − ⌊a⌋^(1/p))⊙(Wr·y),  τ_a ȧ = −a + (b0⊙σ)ᵖ + W(|y|ᵖ⊙⌊a⌋).</para>
/// </summary>
public sealed class PowerLawSystem : IStiffOdeSystem
{
    readonly double[] _c;

    /// <summary>A circuit with an exponent.</summary>
    /// <param name="circuit">Its parameters.</param>
    /// <param name="exponent">p, above 1.</param>
    public PowerLawSystem(Circuit circuit, double exponent)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        if (!(exponent > 1) || !double.IsFinite(exponent))
            throw new ArgumentOutOfRangeException(nameof(exponent), $"The exponent is {exponent}; it must be a finite number above 1.");
        (Circuit, Exponent, _c) = (circuit, exponent, new double[circuit.N]);
        for (var i = 0; i < circuit.N; i++) _c[i] = Math.Pow(circuit.B0[i] * circuit.Sigma[i], exponent);
    }

    /// <summary>Its parameters.</summary>
    public Circuit Circuit { get; }

    /// <summary>p.</summary>
    public double Exponent { get; }

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
                h += Circuit.Wr[i * n + j] * x[j];
                pool += Circuit.W[i * n + j] * Math.Pow(Math.Abs(x[j]), Exponent) * Math.Max(x[n + j], 0);
            }
            dxdt[i] = (Circuit.Drive[i] - x[i] + (1 - Math.Pow(Math.Max(x[n + i], 0), 1 / Exponent)) * h) / Circuit.TauY[i];
            dxdt[n + i] = (_c[i] - x[n + i] + pool) / Circuit.TauA[i];
        }
    }

    /// <summary>∂(ẏ,ȧ)/∂(y,a); where a ≤ 0 its derivative is taken as 0.</summary>
    public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian)
    {
        var n = Circuit.N;
        for (var i = 0; i < n; i++)
        {
            var (a, tauY, tauA) = (Math.Max(x[n + i], 0), Circuit.TauY[i], Circuit.TauA[i]);
            var gain = Math.Pow(a, 1 / Exponent);
            double h = 0;
            for (var j = 0; j < n; j++)
            {
                var (wr, w, y) = (Circuit.Wr[i * n + j], Circuit.W[i * n + j], x[j]);
                h += wr * y;
                jacobian[i * 2 * n + j] = ((1 - gain) * wr - (i == j ? 1 : 0)) / tauY;
                jacobian[i * 2 * n + n + j] = 0;
                jacobian[(n + i) * 2 * n + j] = w * Exponent * Math.Pow(Math.Abs(y), Exponent - 1) * Math.Sign(y) * Math.Max(x[n + j], 0) / tauA;
                jacobian[(n + i) * 2 * n + n + j] = ((x[n + j] > 0 ? w * Math.Pow(Math.Abs(y), Exponent) : 0) - (i == j ? 1 : 0)) / tauA;
            }
            if (a > 0) jacobian[i * 2 * n + n + i] = -gain / (Exponent * a) * h / tauY;
        }
    }

    /// <summary>The fixed point for Wr = I: a = (b0⊙σ)ᵖ + W|g|ᵖ, y = g/a^(1/p), so that y⁺ = ⌊g⌋ᵖ/a.</summary>
    /// <exception cref="InvalidOperationException">Wr is not the identity.</exception>
    public (double[] Y, double[] A) SteadyState()
    {
        if (!Circuit.IsIdentityRecurrence)
            throw new InvalidOperationException(
                "Wr is not the identity; the power-law circuit has a closed-form fixed point only for Wr = I, so integrate it.");
        var n = Circuit.N;
        var (y, a) = (new double[n], new double[n]);
        for (var i = 0; i < n; i++) y[i] = Math.Pow(Math.Abs(Circuit.Drive[i]), Exponent);
        Gemv.Multiply<double>(Circuit.W, y, a);
        for (var i = 0; i < n; i++)
        {
            a[i] += _c[i];
            y[i] = Circuit.Drive[i] * Math.Pow(a[i], -1 / Exponent);
        }
        return (y, a);
    }
}
