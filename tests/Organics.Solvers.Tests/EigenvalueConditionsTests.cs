using System.Numerics;

namespace Organics.Tests;

public sealed class EigenvalueConditionsTests
{
    static double[] Random(int n, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, n * n).Select(_ => 2 * random.NextDouble() - 1)];
    }

    static double[] Of(double[] m, int n, params Complex[] lambdas) => EigenvalueConditions.Of(new HessenbergForm(m, n), lambdas);

    [Fact]
    public void They_are_those_of_the_eigenvectors()
    {
        foreach (var n in (int[])[1, 2, 3, 4, 5, 8, 13, 40])
            for (var seed = 0; seed < 8; seed++)
                foreach (var scale in (double[])[1, 1e150, 1e-150])
                {
                    double[] m = [.. Random(n, seed).Select(v => v * scale)];
                    var values = Eigenvalues.Of(m, n).OrThrow().Values;
                    var expected = Eigenvectors.Of(m, n, values);
                    var found = Of(m, n, values);
                    for (var i = 0; i < n; i++) Assert.Equal(expected[i].Condition, found[i], 1e-6 * expected[i].Condition);
                }
    }

    [Fact]
    public void Of_two_eigenvalues_at_a_distance_it_is_what_the_closed_form_says()
    {
        // [[−1, 1], [0, −1 − g]] has the condition √(1 + g²)/g at both.
        foreach (var g in (double[])[4, 1, 1e-2, 1e-5])
        {
            var found = Of([-1, 1, 0, -1 - g], 2, -1, -1 - g);
            Assert.All(found, c => Assert.Equal(Math.Sqrt(1 + g * g) / g, c, 1e-5 * c));
        }
        // Normal matrices have 1: a diagonal one, a rotation and zero.
        Assert.All(Of([3, 0, 0, 0, -2, 0, 0, 0, 7], 3, 3, -2, 7), c => Assert.Equal(1, c, 1e-12));
        Assert.All(Of([1, 2, -2, 1], 2, new Complex(1, 2), new Complex(1, -2)), c => Assert.Equal(1, c, 1e-12));
        Assert.Equal(1, Of([0], 1, 0)[0], 1e-12);
        Assert.Empty(Of([1], 1));
    }

    [Fact]
    public void A_defective_eigenvalue_is_as_ill_conditioned_as_double_can_tell_however_it_is_disguised()
    {
        for (var n = 2; n <= 30; n++)
        {
            // A Jordan block, whose pivots beside the last are all 1 or all tiny, as it is written.
            double[] block = new double[n * n], transposed = new double[n * n];
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++) (block[i * n + j], transposed[j * n + i]) = (i == j ? 0.5 : i + 1 == j ? 1 : 0, i == j ? 0.5 : i + 1 == j ? 1 : 0);
            foreach (var m in (double[][])[block, transposed])
            {
                Assert.True(Of(m, n, 0.5)[0] > 1e12, $"{n}: {Of(m, n, 0.5)[0]}");
                // As QR scatters them, at a distance δ: v = (1, δ, δ², …) and u is v reversed, so that |uᴴv| = nδⁿ⁻¹(1 − δ²)/(1 − δ²ⁿ).
                var delta = Math.Pow(1e-14, 1.0 / n);
                var expected = (1 - Math.Pow(delta, 2 * n)) / (n * Math.Pow(delta, n - 1) * (1 - delta * delta));
                Assert.Equal(expected, Of(m, n, 0.5 + delta)[0], 0.1 * expected);
            }
        }
        // Three pairs −1/1024 ± 4i, each coupled to the next and sheared by integers: inverse iteration on the matrix itself gives 3·10¹⁵ and 9 by turns.
        double[] chain = new double[36];
        for (var i = 0; i < 6; i++)
        {
            (chain[i * 7], chain[i * 6 + (i ^ 1)]) = (-0.0009765625, i % 2 == 0 ? 4 : -4);
            if (i + 2 < 6) chain[i * 6 + i + 2] = 1;
        }
        var random = new Random(7);
        for (var t = 0; t < 6; t++)
        {
            var i = random.Next(6);
            var j = (i + 1 + random.Next(5)) % 6;
            var s = random.Next(2) == 0 ? 1 : -1;
            for (var c = 0; c < 6; c++) chain[i * 6 + c] += s * chain[j * 6 + c];
            for (var c = 0; c < 6; c++) chain[c * 6 + j] -= s * chain[c * 6 + i];
        }
        Assert.All(Of(chain, 6, [.. Eigenvalues.Of(chain, 6).OrThrow().Values]), c => Assert.True(c > 1e8, $"{c}"));
    }

    [Fact]
    public void None_depends_on_the_others_nor_on_how_many_lanes_there_are()
    {
        foreach (var n in (int[])[3, 7, 22])
        {
            var form = new HessenbergForm(Random(n, n), n);
            Complex[] values = Eigenvalues.Of(Random(n, n), n).OrThrow().Values;
            var together = EigenvalueConditions.Of(form, values);
            var (narrow, wide) = (new double[n], new double[n]);
            EigenvalueConditions.Of<Simd256<double>>(form, values, narrow);
            EigenvalueConditions.Of<Simd512<double>>(form, values, wide);
            Assert.Equal(together, narrow);
            Assert.Equal(together, wide);
            Assert.Equal(together, values.Select(v => EigenvalueConditions.Of(form, [v])[0]));
            Assert.Equal(together.Reverse(), EigenvalueConditions.Of(form, [.. values.Reverse()]));
        }
    }
}
