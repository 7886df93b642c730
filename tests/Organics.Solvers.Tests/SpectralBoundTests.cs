namespace Organics.Tests;

public sealed class SpectralBoundTests
{
    static (double Value, double Uncertainty) Largest(double[] m, int n, StabilityRegion? region = null)
        => SpectralBound.Largest(m, new double[n * n], n, Eigenvalues.Of(m, n).OrThrow().Values, region ?? StabilityRegion.LeftHalfPlane);

    /// <summary>A block triangular chain of k blocks [[r, 4], [−4, r]], each coupled to the next by 1, disguised by integer shears: every element is exact, and so is the spectrum r ± 4i, k times.</summary>
    static double[] Disguised(int k, int shears, double r, int seed)
    {
        var n = 2 * k;
        var m = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            m[i * n + i] = r;
            m[i * n + (i ^ 1)] = i % 2 == 0 ? 4 : -4;
            if (i + 2 < n) m[i * n + i + 2] = 1;
        }
        var random = new Random(seed);
        for (var t = 0; t < shears; t++)
        {
            var i = random.Next(n);
            var j = (i + 1 + random.Next(n - 1)) % n;
            var s = random.Next(2) == 0 ? 1 : -1;
            for (var c = 0; c < n; c++) m[i * n + c] += s * m[j * n + c];
            for (var c = 0; c < n; c++) m[c * n + j] -= s * m[c * n + i];
        }
        Assert.All(m, v => Assert.True(Math.Abs(v) < 1L << 45 && v * 1024 == Math.Round(v * 1024)));
        return m;
    }

    [Theory]
    [InlineData(20)]
    [InlineData(32)]
    [InlineData(36)]
    [Trait("Size", "Large")]
    public void No_sign_is_claimed_that_a_large_defective_cluster_has_not(int k) => No_sign_is_claimed_that_a_defective_cluster_has_not(k);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(10)]
    public void No_sign_is_claimed_that_a_defective_cluster_has_not(int k)
    {
        var decided = 0;
        foreach (var r in (double[])[-0.0625, 0.0625, -0.0009765625, -1, 1])
            for (var seed = 0; seed < (k > 20 ? 1 : k > 10 ? 2 : 8); seed++)
            {
                var (value, uncertainty) = Largest(Disguised(k, 2 * k, r, seed), 2 * k);
                Assert.True(Math.Abs(value) <= uncertainty || Math.Sign(value) == Math.Sign(r), $"k = {k}, r = {r}, seed {seed}: {value} ± {uncertainty}");
                Assert.True(Math.Abs(value - r) <= uncertainty, $"k = {k}, r = {r}, seed {seed}: {value} ± {uncertainty}");
                if (Math.Abs(value) > uncertainty) decided++;
            }
        // Small clusters far from the axis are told: all with |r| = 1, and of two also those nearer.
        Assert.True(decided >= (k == 2 ? 24 : k == 3 ? 16 : 0), $"{decided} decided");
    }

    [Theory]
    [InlineData(20)]
    [InlineData(80)]
    public void A_chain_that_is_stable_by_far_is_decided(int n)
    {
        // One Jordan block at −1, as a chain of equal feed-forward stages has: no eigenvector tells how far it moves, σ_min on the axis does.
        var chain = new double[n * n];
        for (var i = 0; i < n; i++) chain[i * n + i] = -1;
        for (var i = 0; i + 1 < n; i++) chain[i * n + i + 1] = 1;
        var (value, uncertainty) = Largest(chain, n);
        Assert.Equal(-1, value, 1e-12);
        Assert.True(uncertainty < 1, $"{uncertainty}");
        // With a feedback of 1e-9 from the end to the start the eigenvalues are −1 + 1e-9^(1/n) and on a circle: those of n = 80 still stable, by a quarter.
        chain[(n - 1) * n] = 1e-9;
        (value, uncertainty) = Largest(chain, n);
        Assert.Equal(Math.Pow(1e-9, 1.0 / n) - 1, value, 1e-3);
        Assert.True(uncertainty < -value, $"{value} ± {uncertainty}");
        // With a feedback of 1 it lies on the axis: nothing is claimed.
        chain[(n - 1) * n] = 1;
        (value, uncertainty) = Largest(chain, n);
        Assert.True(Math.Abs(value) <= uncertainty);
    }

    [Fact]
    public void A_large_ordinary_matrix_is_decided_in_both_regions()
    {
        const int n = 100;
        var random = new Random(1);
        double[] m = [.. Enumerable.Range(0, n * n).Select(_ => (random.NextDouble() - 0.5) * Math.Sqrt(12.0 / n))];
        // Girko: its eigenvalues fill the unit disc.
        foreach (var shift in (double[])[-1.5, -0.5])
        {
            double[] shifted = [.. m];
            for (var i = 0; i < n; i++) shifted[i * n + i] += shift;
            var (value, uncertainty) = Largest(shifted, n);
            Assert.Equal(Eigenvalues.Of(shifted, n).OrThrow().SpectralAbscissa, value, 1e-10);
            Assert.Equal(Math.Sign(shift + 1), Math.Sign(value));
            Assert.True(uncertainty < 1e-9, $"{uncertainty}");
        }
        // |1 + λ| of half the matrix minus 1 is about 1/2.
        double[] step = [.. m.Select(v => v / 2)];
        for (var i = 0; i < n; i++) step[i * n + i] -= 1;
        var (outside, error) = Largest(step, n, StabilityRegion.EulerDisc);
        Assert.InRange(outside, -0.6, -0.4);
        Assert.True(error < 1e-9);
    }

    [Fact]
    public void What_lies_on_the_boundary_of_a_large_matrix_is_not_decided()
    {
        const int n = 70;
        var turn = new double[n * n];
        for (var i = 0; i < n; i++) turn[i * n + (i ^ 1)] = i % 2 == 0 ? 1 + i : -i;
        var (value, uncertainty) = Largest(turn, n);
        Assert.True(Math.Abs(value) <= uncertainty, $"{value} ± {uncertainty}");
        // On the circle |1 + λ| = 1.
        var rotation = new double[n * n];
        for (var i = 0; i < n; i += 2)
        {
            var (sin, cos) = Math.SinCos(0.01 * (i + 1));
            (rotation[i * n + i], rotation[i * n + i + 1], rotation[(i + 1) * n + i], rotation[(i + 1) * n + i + 1]) = (cos - 1, sin, -sin, cos - 1);
        }
        (value, uncertainty) = Largest(rotation, n, StabilityRegion.EulerDisc);
        Assert.True(Math.Abs(value) <= uncertainty, $"{value} ± {uncertainty}");
    }

    [Fact]
    public void The_spread_of_the_elements_counts()
    {
        foreach (var n in (int[])[2, 70])
        {
            var (m, spread) = (new double[n * n], new double[n * n]);
            for (var i = 0; i < n; i++) (m[i * n + i], spread[i * n + i]) = (-1 - i, i == 0 ? 2 : 0);
            var values = Eigenvalues.Of(m, n).OrThrow().Values;
            var (value, uncertainty) = SpectralBound.Largest(m, spread, n, values, StabilityRegion.LeftHalfPlane);
            Assert.Equal(-1, value, 1e-12);
            Assert.True(uncertainty >= 2, $"{uncertainty}");
            Assert.True(SpectralBound.Largest(m, new double[n * n], n, values, StabilityRegion.LeftHalfPlane).Uncertainty < 1e-10);
        }
    }
}
