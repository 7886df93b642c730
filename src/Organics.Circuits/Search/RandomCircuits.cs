namespace Organics;

/// <summary>What is asked of a random Wr besides its largest singular value.</summary>
public enum RecurrenceHypothesis
{
    /// <summary>Nothing: Conjecture 5.3 as it is worded.</summary>
    Any,

    /// <summary>Wr ≥ 0, entry by entry.</summary>
    NonNegative,

    /// <summary>Wr + Wrᵀ positive semidefinite.</summary>
    SemiDefinite,
}

/// <summary>Random circuits. The same generator state gives the same circuit.</summary>
public static class RandomCircuits
{
    /// <summary>
    /// Identity recurrence, to which Theorems 4.1–4.3 promise stability whatever the numbers: drives normal or 0, gains and σ over four decades, W over four
    /// decades with some zeros, time constants over six.
    /// </summary>
    /// <param name="n">Pairs, 1 … 46340.</param>
    /// <param name="random">Draws the numbers.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer or more pairs.</exception>
    public static Circuit Identity(int n, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        CheckSize(n);
        double Decades(double d) => Math.Pow(10, d * (2 * random.NextDouble() - 1));
        double[] Each(int count, Func<double> draw)
        {
            var values = new double[count];
            for (var i = 0; i < count; i++) values[i] = draw();
            return values;
        }
        var identity = new double[n * n];
        for (var i = 0; i < n; i++) identity[i * (n + 1)] = 1;
        return new(
            Each(n, () => random.NextDouble() < 0.1 ? 0 : Normal(random) * Decades(1)), Each(n, () => Decades(2)), Each(n, () => Decades(2)),
            Each(n, () => Decades(2)),
            Each(n, () => Decades(3)), Each(n, () => Decades(3)), Each(n * n, () => random.NextDouble() < 0.2 ? 0 : Decades(2)), identity);
    }

    /// <summary>
    /// A recurrence of given largest singular value, drawn as the paper does (§5.2): Wr normal and scaled, W, b, b0 and σ uniform in (0, 1), ‖z‖ = 1, τ = 1.
    /// </summary>
    /// <param name="n">Pairs, 1 … 46340.</param>
    /// <param name="maxSingularValue">Of Wr.</param>
    /// <param name="hypothesis">What else holds of Wr.</param>
    /// <param name="random">Draws the numbers.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer or more pairs.</exception>
    public static Circuit Recurrent(int n, double maxSingularValue, RecurrenceHypothesis hypothesis, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        CheckSize(n);
        // 1 − u is never 0.
        double[] Uniform(int count)
        {
            var values = new double[count];
            for (var i = 0; i < count; i++) values[i] = 1 - random.NextDouble();
            return values;
        }
        var wr = new double[n * n];
        for (var i = 0; i < wr.Length; i++) wr[i] = Normal(random);
        Satisfy(wr, n, maxSingularValue, hypothesis, scaleUp: true);
        var z = new double[n];
        for (var i = 0; i < n; i++) z[i] = Normal(random);
        var norm = Math.Sqrt(z.Sum(v => v * v));
        for (var i = 0; i < n; i++) z[i] /= norm;
        double[] ones = [.. Enumerable.Repeat(1.0, n)];
        return new(z, Uniform(n), Uniform(n), Uniform(n), ones, ones, Uniform(n * n), wr);
    }

    static void CheckSize(int n)
    {
        if (n is < 1 or > Circuit.MostPairs)
            throw new ArgumentOutOfRangeException(nameof(n), $"A circuit of {n} neuron pairs was asked for; give 1 to {Circuit.MostPairs}.");
    }

    /// <summary>Changes Wr so that the hypothesis holds and its largest singular value is at most, or exactly, a number.</summary>
    internal static void Satisfy(double[] wr, int n, double maxSingularValue, RecurrenceHypothesis hypothesis, bool scaleUp)
    {
        if (hypothesis == RecurrenceHypothesis.NonNegative)
            for (var i = 0; i < wr.Length; i++) wr[i] = scaleUp ? Math.Abs(wr[i]) : Math.Max(0, wr[i]);
        if (hypothesis == RecurrenceHypothesis.SemiDefinite && SingularValues.LeastOfSymmetricPart(wr, n) is var least and < 0)
            for (var i = 0; i < n; i++) wr[i * (n + 1)] -= least * (1 + 1e-12);
        var largest = SingularValues.Largest(wr, n);
        if (largest == 0 || (!scaleUp && largest <= maxSingularValue)) return;
        for (var i = 0; i < wr.Length; i++) wr[i] *= maxSingularValue / largest;
    }

    // Box and Muller's transformation.
    internal static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
