namespace Organics;

/// <summary>The weights of dynamic gains (Eq. 17): how input and activity drive b and b0. Matrices are row-major, row = target.</summary>
/// <param name="BFromInput">Wbx, n × d.</param>
/// <param name="BFromY">Wby, n × n.</param>
/// <param name="BFromA">Wba, n × n.</param>
/// <param name="B0FromInput">Wb0x, n × d.</param>
/// <param name="B0FromY">Wb0y, n × n.</param>
/// <param name="B0FromA">Wb0a, n × n.</param>
/// <param name="TauB">τ_b, n elements, positive.</param>
/// <param name="TauB0">τ_b0, n elements, positive.</param>
public sealed record GainWeights(
    double[] BFromInput, double[] BFromY, double[] BFromA, double[] B0FromInput, double[] B0FromY, double[] B0FromA, double[] TauB, double[] TauB0);

/// <summary>
/// The circuit with dynamic input gains under a constant input x (Eq. 15 with Eq. 17); f is the logistic function. State (y, a, b, b0).
/// <para>τ_b ḃ = −b + f(Wbx·x + Wby·y + Wba·a),  τ_b0 ḃ0 = −b0 + f(Wb0x·x + Wb0y·y + Wb0a·a).</para>
/// Its Jacobian is left to difference quotients of whoever needs one; no theorem of the paper covers it.
/// </summary>
public sealed class DynamicGainSystem : IOdeSystem
{
    readonly Circuit _circuit;
    readonly GainWeights _weights;
    readonly double[] _fromInputB, _fromInputB0;

    /// <summary>A circuit whose b and b0 are the starting values of the gains.</summary>
    /// <param name="circuit">z, σ, time constants, W and Wr.</param>
    /// <param name="weights">How the gains are driven.</param>
    /// <param name="input">x, d elements.</param>
    /// <exception cref="ArgumentException">A length does not fit, or a time constant is not positive.</exception>
    public DynamicGainSystem(Circuit circuit, GainWeights weights, ReadOnlySpan<double> input)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        ArgumentNullException.ThrowIfNull(weights);
        var (n, d) = (circuit.N, input.Length);
        CircuitShape.Check(n * d, weights.BFromInput.Length, nameof(weights.BFromInput));
        CircuitShape.Check(n * d, weights.B0FromInput.Length, nameof(weights.B0FromInput));
        CircuitShape.Check(n * n, weights.BFromY.Length, nameof(weights.BFromY));
        CircuitShape.Check(n * n, weights.BFromA.Length, nameof(weights.BFromA));
        CircuitShape.Check(n * n, weights.B0FromY.Length, nameof(weights.B0FromY));
        CircuitShape.Check(n * n, weights.B0FromA.Length, nameof(weights.B0FromA));
        CircuitShape.Check(n, weights.TauB.Length, nameof(weights.TauB));
        CircuitShape.Check(n, weights.TauB0.Length, nameof(weights.TauB0));
        foreach (var tau in (double[])[.. weights.TauB, .. weights.TauB0])
            if (!(tau > 0) || !double.IsFinite(tau))
                throw new ArgumentException($"A time constant of the gains is {tau}; it must be finite and greater than zero.", nameof(weights));
        (_circuit, _weights, _fromInputB, _fromInputB0) = (circuit, weights, new double[n], new double[n]);
        Gemv.Multiply(weights.BFromInput, input, _fromInputB);
        Gemv.Multiply(weights.B0FromInput, input, _fromInputB0);
    }

    /// <inheritdoc/>
    public int Dimension => 4 * _circuit.N;

    /// <inheritdoc/>
    public bool IsAutonomous => true;

    /// <summary>The state with the circuit's own gains at a given activity.</summary>
    public double[] Start(ReadOnlySpan<double> y, ReadOnlySpan<double> a) => [.. y, .. a, .. _circuit.B, .. _circuit.B0];

    /// <inheritdoc/>
    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
    {
        var n = _circuit.N;
        var (y, a, b, b0) = (0, n, 2 * n, 3 * n);
        for (var i = 0; i < n; i++)
        {
            double h = 0, pool = 0, intoB = _fromInputB[i], intoB0 = _fromInputB0[i];
            for (var j = 0; j < n; j++)
            {
                var at = i * n + j;
                h += _circuit.Wr[at] * x[y + j];
                pool += _circuit.W[at] * Math.Max(x[a + j], 0) * x[y + j] * x[y + j];
                intoB += _weights.BFromY[at] * x[y + j] + _weights.BFromA[at] * x[a + j];
                intoB0 += _weights.B0FromY[at] * x[y + j] + _weights.B0FromA[at] * x[a + j];
            }
            var semisaturation = x[b0 + i] * _circuit.Sigma[i];
            dxdt[y + i] = (-x[y + i] + x[b + i] * _circuit.Z[i] + (1 - Math.Sqrt(Math.Max(x[a + i], 0))) * h) / _circuit.TauY[i];
            dxdt[a + i] = (-x[a + i] + semisaturation * semisaturation + pool) / _circuit.TauA[i];
            dxdt[b + i] = (-x[b + i] + Logistic(intoB)) / _weights.TauB[i];
            dxdt[b0 + i] = (-x[b0 + i] + Logistic(intoB0)) / _weights.TauB0[i];
        }
    }

    static double Logistic(double x) => 1 / (1 + Math.Exp(-x));
}
