using System.Numerics;

namespace Organics;

/// <summary>
/// The spectrum of a circuit whose units all have the same pool: Wr = I, rows of W all alike, w, and one time constant, so that W has rank one while c may
/// differ from unit to unit (derived for this project; docs/theory.md). With s = √a and m = w⊙y² at the fixed point, det(J − λI) is
/// (λ + 1)^(n−1)·Π(λ + s_i)·f(λ) in units of 1/τ, with f(λ) = λ + 1 − λ·Σ m_i/(λ + s_i): a unit without drive has −1 and −s_i, and those with one have a root
/// between any two neighbouring −s_i, and two more, which the sum and the product of all roots give.
/// </summary>
/// <remarks>It costs O(n²) divisions, where QR on the Jacobian takes some 80n³ operations.</remarks>
public static class CommonPoolSpectrum
{
    // A root between poles settles in a few steps; from one of them on it is sought by bisection.
    const int Interpolated = 20, MostSteps = Interpolated + 60;

    /// <summary>The eigenvalues that are told apart: of those of one value, such as the −1 of all units but one, one is given.</summary>
    /// <param name="roots">s = √a at the fixed point, all positive.</param>
    /// <param name="shares">m = w⊙y² there, not negative; 0 of a unit without drive.</param>
    /// <returns>In units of 1/τ; not numbers where an argument is none.</returns>
    /// <exception cref="ArgumentException">There are not as many of both, or none.</exception>
    public static Complex[] Of(ReadOnlySpan<double> roots, ReadOnlySpan<double> shares)
    {
        if (roots.Length != shares.Length || roots.IsEmpty)
            throw new ArgumentException($"There are {roots.Length} roots and {shares.Length} shares; give one of each for every unit.", nameof(shares));
        var found = new List<Complex>(roots.Length + 3);
        List<(double S, double M)> driven = [];
        for (var i = 0; i < roots.Length; i++)
            if (shares[i] == 0) found.Add(-roots[i]);
            else driven.Add((roots[i], shares[i]));
        if (roots.Length > 1 || driven.Count == 0) found.Add(-1);
        if (driven.Count == 0) return [.. found];
        driven.Sort();
        var (poles, weights) = (new List<double>(), new List<double>());
        foreach (var (s, m) in driven)
            // What rounding alone tells apart is one pole, and a root as well.
            if (poles.Count > 0 && s - poles[^1] <= 1e-14 * s)
            {
                weights[^1] += s * m;
                found.Add(-s);
            }
            else
            {
                poles.Add(s);
                weights.Add(s * m);
            }
        var total = driven.Sum(unit => unit.M);
        // λ + 1 − λ·Σ m/(λ + s) = λ + 1 − Σ m + Σ s·m/(λ + s); f(0) = 1, so that the product of all −λ is that of the s.
        var (sum, product) = (total - 1 - poles[0], poles[0]);
        double[] p = [.. poles], r = [.. weights];
        for (var k = 0; k + 1 < p.Length; k++)
        {
            var between = Between(p, r, 1 - total, k);
            found.Add(between);
            sum -= p[k + 1] + between;
            product *= p[k + 1] / -between;
        }
        var (half, apart) = (sum / 2, sum * sum / 4 - product);
        if (apart < 0) return [.. found, new(half, Math.Sqrt(-apart)), new(half, -Math.Sqrt(-apart))];
        var large = half - Math.CopySign(Math.Sqrt(apart), -half);
        return [.. found, large, product / large];
    }

    /// <summary>A root of f(λ) = λ + constant + Σ ρ/(λ + s) between −s of k + 1 and of k, where it falls from +∞ to −∞ on the way left.</summary>
    static double Between(double[] s, double[] rho, double constant, int k)
    {
        // From the pole of k: λ = −s_k − x, 0 < x < gap.
        var gap = s[k + 1] - s[k];
        var (low, high, x) = (0.0, gap, gap / 2);
        for (var step = 0; step < MostSteps && high - low > 1e-15 * s[k]; step++)
        {
            var rest = constant - s[k] - x;
            for (var j = 0; j < s.Length; j++)
                if (j != k && j != k + 1) rest += rho[j] / (s[j] - s[k] - x);
            var value = rest - rho[k] / x + rho[k + 1] / (gap - x);
            if (value == 0) break;
            // Near the pole of k, on its left, f is −∞; near the other, on its right, +∞.
            if (value < 0) low = x;
            else high = x;
            // The two poles as they are, and the rest held: rest·x(gap − x) − ρ_k(gap − x) + ρ_{k+1}x = 0.
            var (a, b, c) = (-rest, rest * gap + rho[k] + rho[k + 1], -rho[k] * gap);
            var root = Math.Sqrt(Math.Max(0, b * b - 4 * a * c));
            var q = -0.5 * (b + Math.CopySign(root, b));
            var (one, other) = (a == 0 ? double.NaN : q / a, c / q);
            var next = one > low && one < high ? one : other;
            if (step >= Interpolated || !(next > low && next < high)) next = low + (high - low) / 2;
            if (Math.Abs(next - x) <= 1e-15 * s[k]) break;
            x = next;
        }
        return -s[k] - x;
    }
}
