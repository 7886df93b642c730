namespace Organics;

/// <summary>
/// The energy of a circuit with identity recurrence (Theorem 4.5, Eq. 13; Eq. 14 for n = 1):
/// <para>V = Σ_i p_i [ (√a_i·y_i − g_i)² + (τ_y,i/τ_a,i)·√a*_i·(y_i − y*_i)² ],  p_i = 4T_i a*_i / y*_i²,</para>
/// with the fixed point (y*, a*) and a diagonal T &gt; 0 that makes TB + BᵀT positive definite. The first term measures how well the input is matched, the
/// second how far the response is from its normalized value. The weights p are this project's: with them V is ẋᵀTẋ + xᵀKTx in the oscillator's coordinates of
/// Eq. 8.
/// <para>A neuron without drive, z_i = 0, is decoupled at first order and contributes T_i(a_i − a*_i)² + y_i² (a result of this project).</para>
/// V never increases along the linearised dynamics, nor, as far as it was tried, near the fixed point; it is no global Lyapunov function.
/// </summary>
public sealed class CircuitEnergy
{
    readonly Circuit _circuit;
    readonly double[] _y, _a, _t, _p;

    CircuitEnergy(Circuit circuit, double[] y, double[] a, double[] t, double[] p) => (_circuit, _y, _a, _t, _p) = (circuit, y, a, t, p);

    /// <summary>The diagonal of T.</summary>
    public ReadOnlySpan<double> T => _t;

    /// <summary>The weights p; 0 for a neuron without drive, or with so little that its weight would not be finite.</summary>
    public ReadOnlySpan<double> Weights => _p;

    /// <summary>The energy of a circuit.</summary>
    /// <exception cref="ArgumentException">The circuit has Wr ≠ I.</exception>
    /// <exception cref="ArithmeticException">B is too close to singular for T to be found.</exception>
    public static CircuitEnergy Of(Circuit circuit)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        if (!circuit.IsIdentityRecurrence)
            throw new ArgumentException("Wr is not the identity; the energy of Theorem 4.5 exists only for Wr = I.", nameof(circuit));
        var n = circuit.N;
        var point = SteadyState.Of(circuit);
        var damping = CircuitJacobian.Quadratic(circuit, point.Y, point.A).B;
        var (p, isDriven) = (new double[n], new bool[n]);
        Array.Fill(isDriven, true);
        while (true)
        {
            for (var i = 0; i < n; i++)
            {
                // Infinite without drive.
                p[i] = 4 * point.A[i] / (point.Y[i] * point.Y[i]);
                isDriven[i] &= double.IsFinite(p[i]);
                if (!isDriven[i]) (p[i], damping[i * (n + 1)]) = (0, 1 / circuit.TauA[i]);
            }
            var t = MMatrix.LyapunovDiagonal(damping, n)
                ?? throw new ArithmeticException(
                    "B is singular to working precision, so the weights of the energy cannot be found; scale the parameters nearer to one another.");
            for (var i = 0; i < n; i++)
            {
                p[i] *= t[i];
                isDriven[i] &= double.IsFinite(p[i]);
            }
            // A drive whose weight is not finite counts as none, which changes B and with it T.
            if (p.All(double.IsFinite)) return new(circuit, point.Y, point.A, t, p);
        }
    }

    /// <summary>V at a state; 0 at the fixed point alone.</summary>
    /// <param name="y">Principal activity, n elements.</param>
    /// <param name="a">Modulator activity, n elements; negative values count as 0.</param>
    /// <exception cref="ArgumentException">A span does not have n elements.</exception>
    public double Value(ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        var (match, normalization) = Terms(y, a);
        return match + normalization;
    }

    /// <summary>V's two terms: the mismatch of the input, and the distance from the normalized response. Neurons without drive count in the second.</summary>
    /// <exception cref="ArgumentException">A span does not have n elements.</exception>
    public (double InputMatch, double Normalization) Terms(ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        CircuitShape.Check(_circuit.N, y.Length, nameof(y));
        CircuitShape.Check(_circuit.N, a.Length, nameof(a));
        double match = 0, normalization = 0;
        for (var i = 0; i < _circuit.N; i++)
        {
            var s = Math.Sqrt(_a[i]);
            if (_p[i] == 0) normalization += _t[i] * (a[i] - _a[i]) * (a[i] - _a[i]) + y[i] * y[i];
            else
            {
                var mismatch = Math.Sqrt(Math.Max(a[i], 0)) * y[i] - _circuit.Drive[i];
                match += _p[i] * mismatch * mismatch;
                normalization += _p[i] * (_circuit.TauY[i] / _circuit.TauA[i]) * s * (y[i] - _y[i]) * (y[i] - _y[i]);
            }
        }
        return (match, normalization);
    }
}
