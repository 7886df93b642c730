namespace Organics;

/// <summary>
/// The course of a stabilized supralinear network, τ⊙u̇ = −u + h + K⌊u⌋² with K = k·W (see <see cref="SsnLayer{T}"/>), in units of an excitatory neuron's time
/// constant of 20 ms; inhibitory ones have half of it.
/// </summary>
/// <param name="k">K with its signs, n × n, row-major, row = target.</param>
/// <param name="h">Input, n elements.</param>
/// <param name="excitatory">E, the neurons that come first.</param>
public sealed class SsnSystem(double[] k, double[] h, int excitatory) : IStiffOdeSystem
{
    /// <summary>k of Soo &amp; Lengyel (2022): a neuron's rate is k⌊u⌋².</summary>
    public const double Gain = 0.3;

    // 1/τ in units of 1/τE: 1/20 ms and 1/10 ms.
    const double Excitatory = 1, Inhibitory = 2;

    /// <inheritdoc/>
    public int Dimension => h.Length;

    /// <inheritdoc/>
    public bool IsAutonomous => true;

    /// <inheritdoc/>
    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
    {
        var n = h.Length;
        var rates = new double[n];
        for (var j = 0; j < n; j++) rates[j] = x[j] > 0 ? x[j] * x[j] : 0;
        for (var i = 0; i < n; i++)
        {
            var sum = h[i] - x[i];
            for (var j = 0; j < n; j++) sum += k[i * n + j] * rates[j];
            dxdt[i] = Speed(i) * sum;
        }
    }

    /// <inheritdoc/>
    public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian)
    {
        var n = h.Length;
        for (var i = 0; i < n; i++)
        {
            var speed = Speed(i);
            for (var j = 0; j < n; j++) jacobian[i * n + j] = x[j] > 0 ? speed * 2 * k[i * n + j] * x[j] : 0;
            jacobian[i * n + i] -= speed;
        }
    }

    double Speed(int i) => i < excitatory ? Excitatory : Inhibitory;
}
