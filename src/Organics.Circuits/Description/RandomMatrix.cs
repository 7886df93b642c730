namespace Organics;

/// <summary>
/// Random n × n matrices by which a recurrence Wr = I is perturbed. Each has mean 0 and δ as its spectral radius in the limit of many units: <c>goe</c>,
/// independent normal elements of variance δ²/n (Girko's circular law); <c>goe-symmetric</c>, the symmetric part of such a matrix, scaled (Wigner's semicircle,
/// variance δ²/4n beside the diagonal); <c>power-law</c>, independent elements of variance δ²/n whose magnitudes have Pareto's distribution with density
/// ∝ x⁻⁴. The same seed gives the same matrix for every δ, but for its scale.
/// </summary>
public static class RandomMatrix
{
    /// <summary>What they are called.</summary>
    public static IReadOnlyList<string> Names { get; } = ["goe", "goe-symmetric", "power-law"];

    /// <summary>Draws one, row-major.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="n">The order.</param>
    /// <param name="delta">δ ≥ 0.</param>
    /// <param name="seed">The same seed gives the same bits.</param>
    /// <exception cref="ArgumentException">There is no such ensemble.</exception>
    public static double[] Draw(string name, int n, double delta, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        var random = new CounterRandom(seed, 0);
        var (matrix, scale) = (new double[n * n], delta / Math.Sqrt(n));
        double Normal(int i, int j) => random.Normal((ulong)i * (ulong)n + (ulong)j);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
                matrix[i * n + j] = scale * name switch
                {
                    "goe" => Normal(i, j),
                    "goe-symmetric" => (Normal(i, j) + Normal(j, i)) / Math.Sqrt(8),
                    "power-law" => Pareto(random.Uniform((ulong)i * (ulong)n + (ulong)j)),
                    _ => throw new ArgumentException($"'{name}' is no random matrix; they are {string.Join(", ", Names)}.", nameof(name)),
                };
        return matrix;
    }

    // The sign is half of the uniform number, the magnitude x = x₀·u^(−1/3) with E x² = 3x₀² = 1; the cube root has the same bits everywhere.
    static double Pareto(double uniform)
    {
        var isNegative = uniform < 0.5;
        var u = Math.Max(isNegative ? 2 * uniform : 2 * uniform - 1, double.Epsilon);
        var x = 1 / (Math.Sqrt(3) * CubeRoot.Of(u));
        return isNegative ? -x : x;
    }
}
