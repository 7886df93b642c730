using FsCheck;
using FsCheck.Fluent;

namespace Organics.Properties;

/// <summary>
/// A random smooth system, for laws that any system must obey: τ_i·ẋ_i = −x_i + Σ_j W_ij·tanh(x_j) + b_i (Hopfield, PNAS 81, 1984). Its trajectories stay
/// bounded; with a strong W it has several equilibria, cycles or chaos, and with a symmetric one an energy.
/// <para>A failing law tells of it as the line of C# that makes it (<see cref="ToString"/>), to be pasted into a test: the command's files hold ORGaNICs
/// (see <see cref="RandomCircuit"/>), of which a network that adds its inputs is none.</para>
/// </summary>
/// <param name="W">Weights, n × n, row-major, row = target.</param>
/// <param name="Bias">b, n elements.</param>
/// <param name="Tau">τ, n positive elements.</param>
public sealed record RandomNetwork(double[] W, double[] Bias, double[] Tau) : IStiffOdeSystem
{
    /// <inheritdoc/>
    public int Dimension => Bias.Length;

    /// <inheritdoc/>
    public bool IsAutonomous => true;

    /// <summary>Networks of 1 to <paramref name="largest"/> units, mostly few, with weights up to a few units and time constants over two decades.</summary>
    /// <param name="largest">The most units.</param>
    /// <param name="isSymmetric">Whether W is.</param>
    public static Gen<RandomNetwork> Draw(int largest = 8, bool isSymmetric = false)
        => from seed in Gen.Choose(0, int.MaxValue)
           select Of(new((ulong)seed), largest, isSymmetric);

    /// <inheritdoc/>
    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
    {
        for (var i = 0; i < Dimension; i++)
        {
            var sum = Bias[i] - x[i];
            for (var j = 0; j < Dimension; j++) sum += W[i * Dimension + j] * Math.Tanh(x[j]);
            dxdt[i] = sum / Tau[i];
        }
    }

    /// <inheritdoc/>
    public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian)
    {
        for (var i = 0; i < Dimension; i++)
            for (var j = 0; j < Dimension; j++)
            {
                var slope = Math.Tanh(x[j]);
                jacobian[i * Dimension + j] = (W[i * Dimension + j] * (1 - slope * slope) - (i == j ? 1 : 0)) / Tau[i];
            }
    }

    /// <summary>
    /// The energy of a network with symmetric W, −½·vᵀWv − bᵀv + Σ(x·v − ln cosh x) with v = tanh x: Ė = −Σ τ_i·v_i′·ẋ_i² ≤ 0 (Hopfield 1984).
    /// </summary>
    public double Energy(ReadOnlySpan<double> x)
    {
        double energy = 0;
        for (var i = 0; i < Dimension; i++)
        {
            var v = Math.Tanh(x[i]);
            // ln cosh x, without overflow.
            energy += x[i] * v - (Math.Abs(x[i]) + Math.Log((1 + Math.Exp(-2 * Math.Abs(x[i]))) / 2)) - Bias[i] * v;
            for (var j = 0; j < Dimension; j++) energy -= W[i * Dimension + j] * v * Math.Tanh(x[j]) / 2;
        }
        return energy;
    }

    /// <summary>How a network that fails a law is made simpler: fewer units first, then all lists rounded to one digit.</summary>
    public static IEnumerable<RandomNetwork> Simpler(RandomNetwork network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return Each(network);
    }

    static IEnumerable<RandomNetwork> Each(RandomNetwork network)
    {
        var (w, bias, tau) = network;
        var n = network.Dimension;
        for (var k = 0; n > 1 && k < n; k++)
            yield return new([.. w.Where((_, e) => e / n != k && e % n != k)], [.. bias.Where((_, i) => i != k)], [.. tau.Where((_, i) => i != k)]);
        static double[] Rounded(double[] list) => [.. list.Select(v => v == 0 ? 0 : double.Parse(v.ToString("E0", null), System.Globalization.CultureInfo.InvariantCulture))];
        if (!Rounded(tau).SequenceEqual(tau)) yield return network with { Tau = Rounded(tau) };
        if (!Rounded(bias).SequenceEqual(bias)) yield return network with { Bias = Rounded(bias) };
        if (!Rounded(w).SequenceEqual(w)) yield return network with { W = Rounded(w) };
    }

    static RandomNetwork Of(CounterRandom random, int largest, bool isSymmetric)
    {
        var n = 1 + (int)(largest * Math.Pow(random.Uniform(0), 2));
        n = Math.Min(n, largest);
        var next = 1UL;
        double[] Draw(int count, Func<double, double> of)
        {
            var values = new double[count];
            for (var i = 0; i < count; i++) values[i] = of(random.Uniform(next++));
            return values;
        }
        var gain = 3 * random.Uniform(next++);
        var w = Draw(n * n, u => gain * (2 * u - 1));
        for (var i = 0; isSymmetric && i < n; i++)
            for (var j = 0; j < i; j++) w[i * n + j] = w[j * n + i];
        return new(w, Draw(n, u => 2 * u - 1), Draw(n, u => Math.Pow(10, 2 * u - 1)));
    }

    /// <summary>Its numbers, as C# writes them.</summary>
    public override string ToString()
    {
        static string List(double[] values) => string.Join(", ", values.Select(v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
        return $"new RandomNetwork([{List(W)}], [{List(Bias)}], [{List(Tau)}])";
    }
}
