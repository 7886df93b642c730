namespace Organics;

/// <summary>
/// What holds far from the fixed points of a family of circuits with identity recurrence, one for each drive with ‖b⊙z‖ ≤ r, whose other parameters, time
/// constants included, are alike (derived for this project; docs/theory.md). Bounds for every drive at once are far below what single ones have: see
/// <see cref="GlobalStability"/> and <see cref="CertifiedBasin"/>.
/// </summary>
/// <param name="IsGlobal">Whether the fixed point of every drive attracts every start, for these time constants and all with larger τ_a/τ_y: where c +
/// (τ_a/τ_y)c^{3/2} &gt; r²·max_j w_ij for every unit of a group of several that reach one another along W, with j in the group.</param>
/// <param name="Margin">A lower bound of the least ratio of these sides, less 1; infinite where there is none of these units, or r = 0; −1 where a side is
/// beyond what double holds.</param>
/// <param name="Factor">For every drive, a start whose y_i/y*_i and a_i/a*_i are within [1/Factor, Factor], and whose units without drive are silent,
/// returns; 1 where that is not known of any.</param>
public sealed record FamilyAttraction(bool IsGlobal, double Margin, double Factor)
{
    static readonly double[] Thetas = [0.1, 0.3, 0.5, 0.7, 0.9];

    internal static FamilyAttraction Of(Circuit circuit, double largestDrive)
    {
        var (n, squared) = (circuit.N, Interval.Square(largestDrive));
        var group = GlobalStability.Groups(circuit.W, n);
        var (holds, margin) = GlobalStability.Condition(circuit, group, i => PoolBounds.SemiSaturation(circuit, i), i => Pool(i, within: true));
        return new(holds, margin, Thetas.Max(Factor));

        // Of a bounded drive, Σ w_j g_j² is largest where all of it meets the largest weight; exactly 0 where nothing does.
        Interval Pool(int i, bool within = false)
        {
            double largest = 0;
            for (var j = 0; j < n; j++)
                if (!within || group[j] == group[i]) largest = Math.Max(largest, circuit.W[i * n + j]);
            return largest == 0 || largestDrive == 0 ? 0.0 : largest * squared;
        }

        double Factor(double theta)
        {
            // A unit's V_c is at least τ_y √c (R − 1)²/R for a weight of 1, at a ratio R = Y/y* that serves every drive.
            var weight = new Interval[n];
            Interval own = 0.0;
            for (var j = 0; j < n; j++)
            {
                var (c, pool) = (PoolBounds.SemiSaturation(circuit, j), Pool(j));
                Interval ratio = CertifiedBasin.LargestRatio(
                    ((pool + theta * c) / (pool + c)).High, (circuit.TauA[j] * Interval.Sqrt(c) / circuit.TauY[j]).Low);
                if (!(ratio.Low > 1 + 1e-9)) return 1;
                weight[j] = ratio / (circuit.TauY[j] * Interval.Sqrt(c) * Interval.Square(ratio - 1));
                own += weight[j] * theta * c;
            }
            // Σ q_i θ c_i = Σ_j (Mᵀq)_j g_j² ≤ Σ_j h_j (W g² + θc)_j, for where (Mᵀq)_j > 0 the least weights are h_j.
            double shared = 0;
            for (var k = 0; k < n; k++)
            {
                Interval sum = 0.0;
                for (var j = 0; j < n; j++) sum += circuit.W[j * n + k] * weight[j];
                shared = Math.Max(shared, (squared * sum).High);
            }
            var total = own + shared;
            return CertifiedBasin.Largest(factor =>
            {
                double largest = 0;
                for (var i = 0; i < n; i++)
                {
                    var c = PoolBounds.SemiSaturation(circuit, i);
                    var root = Interval.Sqrt(c + Pool(i));
                    largest = Math.Max(largest, (NormalizationEnergy.Largest(circuit, i, root, factor) / (theta * c)).High);
                }
                return (largest * total).High < 1;
            });
        }
    }
}
