namespace Organics;

/// <summary>
/// A region around the normalization fixed point of a circuit with identity recurrence from which every start comes back to it (derived for this project;
/// docs/theory.md):
/// <para>{ sign y_i = sign z_i, a_i &gt; 0, V &lt; V_c }, V_c = min_i q_i τ_y,i (ν_i − s_i)²/ν_i at |y_i| = Y_i,</para>
/// where V is <see cref="NormalizationEnergy"/>. V decreases wherever every |y_i| ≤ Y_i: with d = (W g² + θc)/g² and 0 &lt; θ &lt; 1, Y_i is the root of ⅔ g
/// τ_a/(τ_y Y³) + 1/Y² = d, and the weights have q_j d_j ≥ (Wᵀq)_j. Every claim is made with outward rounding.
/// <para>A unit without drive must be silent, y_i = 0, which it then stays; its a may be anything positive.</para>
/// </summary>
public sealed class CertifiedBasin
{
    // A circuit that returns from a million times its activity needs no larger number.
    const double MostFactor = 1e6;

    // V decreases for any 0 < θ < 1: a small one allows large y where pools are weak, a large one keeps the weights alike.
    static readonly double[] Thetas = [1e-6, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98];

    readonly Circuit _circuit;
    readonly double[] _largestY;
    readonly Lazy<double> _factor;
    readonly Lazy<(double, double)> _contrasts;

    CertifiedBasin(Circuit circuit, NormalizationEnergy energy, double theta, double[] largestY, double level)
    {
        (_circuit, Energy, Theta, _largestY, Level) = (circuit, energy, theta, largestY, level);
        // A search over θ asks for the factor alone, and who follows a course for neither.
        _factor = new(() => Largest(factor => Within(energy.BoundWithin(factor))));
        _contrasts = new(() => (
            1 / Largest(factor => Within(energy.BoundAtContrast(1 / (Interval)factor))), Largest(factor => Within(energy.BoundAtContrast(factor)))));
    }

    /// <summary>V, with the weights that make <see cref="Factor"/> as large as was found.</summary>
    public NormalizationEnergy Energy { get; }

    /// <summary>θ.</summary>
    public double Theta { get; }

    /// <summary>V_c, a lower bound of it.</summary>
    public double Level { get; }

    /// <summary>Y: V decreases wherever every |y_i| is at most this; 0 for a unit without drive.</summary>
    public ReadOnlySpan<double> LargestY => _largestY;

    /// <summary>r: every start whose y_i/y*_i and a_i/a*_i all lie within [1/r, r] is in the region. At most 10⁶.</summary>
    public double Factor => _factor.Value;

    /// <summary>The contrasts s from whose fixed point, that of s·z, the circuit returns to that of z: a change of contrast within them is followed. Within
    /// 10⁻⁶ and 10⁶.</summary>
    public (double Least, double Most) Contrasts => _contrasts.Value;

    /// <summary>Whether a start is in the region, proven: then the circuit comes to rest at the fixed point.</summary>
    /// <param name="y">Principal activity, n elements.</param>
    /// <param name="a">Modulator activity, n elements.</param>
    /// <exception cref="ArgumentException">A span does not have n elements.</exception>
    public bool Contains(ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        Energy.Check(y, a);
        Interval sum = 0.0;
        for (var i = 0; i < y.Length; i++)
        {
            if (!(a[i] > 0)) return false;
            if (_circuit.Z[i] == 0)
            {
                if (y[i] != 0) return false;
                continue;
            }
            if (!(y[i] * Math.Sign(_circuit.Z[i]) > 0)) return false;
            sum += Energy.Part(i, PoolBounds.Drive(_circuit, i) / Math.Abs(y[i]), Interval.Sqrt(a[i]));
        }
        return Within(sum);
    }

    bool Within(Interval energy) => energy.High < Level;

    /// <summary>The region with the largest <see cref="Factor"/> over weights, and over θ as far as it was tried.</summary>
    /// <param name="circuit">With identity recurrence.</param>
    /// <returns>Null where no unit is driven, or rounding leaves nothing of the region.</returns>
    /// <exception cref="ArgumentException">Wr is not the identity.</exception>
    public static CertifiedBasin? Of(Circuit circuit)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        if (!circuit.IsIdentityRecurrence) throw new ArgumentException("Wr is not the identity; the basin is known only for Wr = I.", nameof(circuit));
        CertifiedBasin? best = null;
        foreach (var theta in Thetas) best = Better(best, Of(circuit, theta));
        if (best is null) return null;
        // Between the neighbours of the best.
        var k = Array.IndexOf(Thetas, best.Theta);
        var (low, high) = (Thetas[Math.Max(k - 1, 0)], Thetas[Math.Min(k + 1, Thetas.Length - 1)]);
        for (var halvings = 0; halvings < 5; halvings++)
        {
            best = Better(Better(best, Of(circuit, (low + best.Theta) / 2)), Of(circuit, (best.Theta + high) / 2));
            (low, high) = ((low + best!.Theta) / 2, (best.Theta + high) / 2);
        }
        return best.Factor > 1 ? best : null;

        static CertifiedBasin? Better(CertifiedBasin? best, CertifiedBasin? other)
            => best is null || (other is not null && other.Factor > best.Factor) ? other : best;
    }

    /// <summary>The region for one θ, with the best weights or with others; null where these do not serve.</summary>
    internal static CertifiedBasin? Of(Circuit circuit, double theta, double[]? weights = null)
    {
        var n = circuit.N;
        var (d, least, largestY) = (new double[n], new double[n], new double[n]);
        var driven = false;
        for (var i = 0; i < n; i++)
        {
            if (circuit.Z[i] == 0) continue;
            driven = true;
            var (g, c, pool) = (PoolBounds.Drive(circuit, i), PoolBounds.SemiSaturation(circuit, i), PoolBounds.Pool(circuit, i));
            var a = c + pool;
            d[i] = ((pool + theta * c) / Interval.Square(g)).High;
            var ratio = LargestRatio((d[i] * Interval.Square(g) / a).High, (circuit.TauA[i] * Interval.Sqrt(a) / circuit.TauY[i]).Low);
            largestY[i] = (ratio * (g / Interval.Sqrt(a))).Low;
            // The three things that the proof asks of this unit: rows of A are not negative, and V decreases as far as Y, which lies beyond the fixed point.
            if (!((d[i] * Interval.Square(g)).Low >= pool.High) || !(Damping(circuit, i, g, largestY[i]).Low > d[i])
                || !(largestY[i] > (g / Interval.Sqrt(a)).High))
                return null;
            var (nu, s) = (g / largestY[i], Interval.Sqrt(a));
            least[i] = (1 / (circuit.TauY[i] * Interval.Square(s - nu) / nu)).High;
            if (!double.IsFinite(least[i]) || !(least[i] > 0)) return null;
        }
        if (!driven || (weights ?? Weights(circuit, d, least)) is not { } q) return null;
        // The fourth: columns of A are not negative.
        var level = double.PositiveInfinity;
        for (var j = 0; j < n; j++)
        {
            if (circuit.Z[j] == 0) continue;
            Interval column = 0.0;
            for (var i = 0; i < n; i++)
                if (circuit.Z[i] != 0) column += circuit.W[i * n + j] * (Interval)q[i];
            if (!((d[j] * (Interval)q[j]).Low >= column.High)) return null;
            level = Math.Min(level, (q[j] / (Interval)least[j]).Low);
        }
        return level > 0 && double.IsFinite(level) ? new(circuit, new(circuit, q), theta, largestY, level) : null;
    }

    // ⅔ g τ_a/(τ_y Y³) + 1/Y².
    static Interval Damping(Circuit circuit, int i, Interval g, double y)
        => 2 * g * circuit.TauA[i] / (3 * circuit.TauY[i] * ((Interval)y * y * y)) + 1 / ((Interval)y * y);

    /// <summary>A lower bound of R = Y/y*, the root of 1/R² + ⅔κ/R³ = δ: Newton's method in 1/R, from the side on which it is monotone; then as much less as
    /// makes it one.</summary>
    internal static double LargestRatio(double delta, double kappa)
    {
        var x = Math.Sqrt(delta);
        for (var k = 0; k < 100; k++)
        {
            var next = x - (x * x * (1 + 2 * kappa / 3 * x) - delta) / (2 * x * (1 + kappa * x));
            if (!(next < x)) break;
            x = next;
        }
        // So that what is checked with outward rounding does not fail by its last digits.
        x *= 1 + 1e-12;
        bool IsBeyond(Interval x) => (Interval.Square(x) * (1 + 2 * (Interval)kappa / 3 * x)).Low >= delta;
        for (var k = 0; k < 100 && !IsBeyond(x); k++) x *= 1 + 1e-12;
        return IsBeyond(x) ? Math.BitDecrement(1 / x) : double.NaN;
    }

    /// <summary>
    /// The least q with q ≥ 1/H, so that V_c = 1, and q_j d_j ≥ (Wᵀq)_j. Two such vectors have an element-wise minimum that is one, too; so there is one that
    /// is the least in every element, and no other makes V smaller anywhere. It is the limit of q ← max(1/H, Wᵀq/d), slow where pools outweigh c: a few steps
    /// show where q is above 1/H, and there the equations are solved, as often as the solution shows more such places.
    /// </summary>
    static double[]? Weights(Circuit circuit, double[] d, double[] least)
    {
        const int Steps = 20;
        // What the roundings of the solution may cost.
        const double Slack = 1 + 1e-10;
        var n = circuit.N;
        var (q, sums, above) = ((double[])least.Clone(), new double[n], new List<int>());
        for (var rounds = 0; rounds <= n; rounds++)
        {
            for (var step = 0; step < Steps; step++)
            {
                Sum();
                for (var j = 0; j < n; j++)
                    if (circuit.Z[j] != 0) q[j] = Math.Max(q[j], sums[j] / d[j] * Slack);
            }
            int[] now = [.. Enumerable.Range(0, n).Where(j => q[j] > least[j] * Slack)];
            if (now.Length == above.Count) return q;
            above = [.. now];
            // (D(d/slack) − Wᵀ) q = Wᵀ(1/H of the others), on these.
            least.CopyTo(q, 0);
            foreach (var j in now) q[j] = 0;
            Sum();
            var (matrix, pivots) = (new double[now.Length * now.Length], new int[now.Length]);
            for (var k = 0; k < now.Length; k++)
                for (var i = 0; i < now.Length; i++)
                    matrix[k * now.Length + i] = (i == k ? d[now[k]] / Slack : 0) - circuit.W[now[i] * n + now[k]];
            double[] solution = [.. now.Select(j => sums[j])];
            if (Lu.Factor<double>(matrix, now.Length, pivots).IsSingular) return null;
            Lu.Solve<double>(matrix, now.Length, pivots, solution);
            for (var k = 0; k < now.Length; k++)
            {
                // No M-matrix, to rounding.
                if (!(solution[k] > 0) || !double.IsFinite(solution[k])) return null;
                q[now[k]] = Math.Max(solution[k], least[now[k]]);
            }
        }
        return null;

        void Sum()
        {
            Array.Clear(sums);
            for (var i = 0; i < n; i++)
                for (var j = 0; circuit.Z[i] != 0 && j < n; j++) sums[j] += q[i] * circuit.W[i * n + j];
        }
    }

    /// <summary>The largest factor, as far as it is looked for, up to which a claim holds; 1 where it holds nowhere.</summary>
    internal static double Largest(Func<double, bool> holds)
    {
        var (low, excess) = (1.0, 1e-12);
        while (1 + excess < MostFactor && holds(1 + excess)) (low, excess) = (1 + excess, 4 * excess);
        var high = Math.Min(1 + excess, MostFactor);
        if (low == 1 && !holds(high)) return 1;
        for (var k = 0; k < 40 && high > low * (1 + 1e-12); k++)
        {
            var middle = low + (high - low) / 2;
            if (holds(middle)) low = middle;
            else high = middle;
        }
        return low;
    }
}
