using System.Numerics;

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
            for (var seed = 0; seed < (k > 20 ? 1 : k > 5 ? 2 : 8); seed++)
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
        const int n = 40;
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

    /// <summary>Beside 1 the last digit of |μ| is larger than what tells these λ from the circle: the measure and the boundary must keep what is less.</summary>
    [Theory]
    [InlineData(-5.0000000000000005e-17, StabilityVerdict.Undecided)]
    [InlineData(-6e-17, StabilityVerdict.Stable)]
    [InlineData(-4e-17, StabilityVerdict.Unstable)]
    public void A_slow_turn_is_told_from_the_circle(double real, StabilityVerdict expected)
    {
        var (value, uncertainty) = Largest([real, 1e-8, -1e-8, real], 2, StabilityRegion.EulerDisc);
        Assert.Equal(expected, SpectralBound.Verdict(value, uncertainty));
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

    static (double Value, double Uncertainty) Within(double[] m, double[] spread, int n, StabilityRegion? region = null)
        => SpectralBound.Largest(m, spread, n, Eigenvalues.Of(m, n).OrThrow().Values, region ?? StabilityRegion.LeftHalfPlane);

    static double[] Diagonal(params double[] values)
    {
        var m = new double[values.Length * values.Length];
        for (var i = 0; i < values.Length; i++) m[i * (values.Length + 1)] = values[i];
        return m;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Isolated_eigenvalues_have_twice_their_error_of_first_order(bool isStep)
    {
        var region = isStep ? StabilityRegion.EulerDisc : StabilityRegion.LeftHalfPlane;
        for (var n = 2; n <= 7; n++)
            foreach (var grade in (int[])[0, 10])
            {
                var random = new Random(n);
                double[] m = [.. Enumerable.Range(0, n * n).Select(k => random.NextDouble() - 0.5 - (k % (n + 1) == 0 ? 1 + 0.1 * (k / n) : 0))];
                double[] spread = [.. m.Select(v => 1e-9 * random.NextDouble() * Math.Abs(v))];
                // Graded by powers of two, so that balancing has something to do; that changes no eigenvalue and no such error.
                double[] Graded(double[] of) => [.. of.Select((v, k) => Math.ScaleB(v, grade * (k / n - k % n)))];
                double best = double.NegativeInfinity, low = best, high = best;
                foreach (var pair in Eigenvectors.Of(m, n, Eigenvalues.Of(m, n).OrThrow().Values))
                {
                    double error = 0;
                    var product = Complex.Zero;
                    for (var i = 0; i < n; i++)
                    {
                        product += Complex.Conjugate(pair.Left[i]) * pair.Right[i];
                        for (var j = 0; j < n; j++) error += pair.Left[i].Magnitude * spread[i * n + j] * pair.Right[j].Magnitude;
                    }
                    var overlap = product.Magnitude;
                    var measure = region.Measure(pair.Value);
                    best = Math.Max(best, measure);
                    low = Math.Max(low, measure - 2 * error / overlap);
                    high = Math.Max(high, measure + 2 * error / overlap);
                }
                var (value, uncertainty) = Within(Graded(m), Graded(spread), n, region);
                Assert.Equal(best, value, 1e-13);
                var expected = Math.Max(high - best, best - low);
                Assert.Equal(expected, uncertainty, 1e-3 * expected);
                // Elements within the spread do not move it farther.
                for (var trial = 0; trial < 20; trial++)
                {
                    double[] moved = [.. m.Zip(spread, (v, r) => v + r * (2 * random.Next(2) - 1))];
                    Assert.InRange(Math.Abs(Eigenvalues.Of(moved, n).OrThrow().Values.Max(region.Measure) - value), 0, uncertainty);
                }
            }
    }

    [Fact]
    public void Without_a_spread_a_few_rounding_errors_are_left()
    {
        foreach (var scale in (double[])[1, 1e200, 1e-200, 1e-290])
        {
            var (value, uncertainty) = Largest(Diagonal(-scale, -3 * scale), 2);
            Assert.Equal(-scale, value);
            Assert.InRange(uncertainty / scale / Eigenvalues.Epsilon, 2, 30);
        }
        // Elements that only a scaling makes comparable: the eigenvalues of [[−1, 0.5], [0.5, −2]].
        var graded = Largest([-1, 0.5e90, 0.5e-90, -2], 2);
        Assert.Equal((-3 + Math.Sqrt(2)) / 2, graded.Value, 1e-14);
        Assert.InRange(graded.Uncertainty, 0, 1e-14);
    }

    [Fact]
    public void A_cluster_has_so_many_times_the_mean_of_its_error_and_its_distance()
    {
        // [[−1, 1], [0, −1 − g]] has the condition √(1 + g²)/g at both; the others lie far away.
        static double[] Cluster(int k, double g)
        {
            var m = Diagonal([.. Enumerable.Range(0, 6).Select(i => i < k ? -1 - i * g : -3.0 - i)]);
            for (var i = 0; i + 1 < k; i++) m[i * 6 + i + 1] = 1;
            return m;
        }
        foreach (var (g, spread) in ((double, double)[])[(1e-6, 1e-9), (1e-4, 5e-9), (1e-4, 1.5e-9)])
        {
            var m = Cluster(2, g);
            var r = new double[36];
            r[7] = spread;
            var normwise = 6 * Eigenvalues.Epsilon * Math.Sqrt(m.Sum(v => v * v)) + spread;
            var error = normwise * Math.Sqrt(1 + g * g) / g;
            Assert.True(error > g / 8);
            var expected = 4 * Math.Max(error, Math.Sqrt(error * g));
            var (value, uncertainty) = Within(m, r, 6);
            Assert.Equal(-1, value, 1e-12);
            Assert.Equal(expected, uncertainty, 0.001 * expected);
        }
        // Far enough from its neighbour for its error it is isolated, with twice |u|ᵀR|v|/|uᴴv| = 2·R₁₁/g of the nearer one.
        var apart = new double[36];
        apart[1 * 6] = 1e-11;
        Assert.Equal(2e-11 / 1e-4, Within(Cluster(2, 1e-4), apart, 6).Uncertainty, 0.01 * 2e-11 / 1e-4);
        // Three eigenvalues, and no more, are nearer than eight times the larger of error and distance.
        var three = Within(Diagonal(-1, -1 - 1e-4, -1 - 1.5e-3, -4, -5, -6), Diagonal(1e-3, 0, 0, 0, 0, 0), 6);
        Assert.Equal(6e-3, three.Uncertainty, 1e-4);
    }

    [Fact]
    public void The_error_is_the_larger_of_those_to_either_side()
    {
        // [[−1, 4], [0, −1 − 1e-4]] may be anywhere by norms; −3, which no spread touches, is sure to lie no farther below: so −1 is known by 2 downward, and
        // by Elsner's bound upward.
        double[] m = [-1, 4, 0, 0, -1 - 1e-4, 0, 0, 0, -3];
        var (value, uncertainty) = Within(m, Diagonal(0.24, 0, 0), 3);
        var elsner = Math.Pow(2 * Math.Sqrt(m.Sum(v => v * v)) + 0.24, 2.0 / 3) * Math.Pow(0.24, 1.0 / 3);
        Assert.True(elsner > 2.1);
        Assert.Equal(-1, value, 1e-9);
        Assert.Equal(elsner, uncertainty, 1e-3);
    }

    [Fact]
    public void What_is_not_decided_by_its_bound_is_by_a_walk_along_the_boundary()
    {
        double[] m = Diagonal(-1, -1, -1);
        // 6·0.3 and Elsner's are above 1, but half of σ_min = 1 is more than 0.3 all along the axis: the sign is sure.
        foreach (var sign in (int[])[1, -1])
        {
            var (value, uncertainty) = Within([.. m.Select(v => sign * v)], Diagonal(0.3, 0, 0), 3);
            Assert.Equal((-sign, Math.BitDecrement(1.0)), (value, uncertainty));
        }
        // In any unit.
        foreach (var scale in (double[])[1e-8, 1e8]) Assert.InRange(Largest(Diagonal(-scale, -scale, -scale), 3).Uncertainty / scale, 0, 1e-14);
        // Also where others lie on the other side.
        Assert.InRange(Largest(Diagonal(2, 2, -3), 3).Uncertainty, 0, 1e-13);
        // What moves none of two that are one to first order, but is more than half of σ_min, leaves Elsner's bound as well, though −1 stands by itself.
        var apart = new double[9];
        apart[3] = 0.6;
        Assert.Equal(Math.Pow(2 * Math.Sqrt(163) + 0.6, 2.0 / 3) * Math.Pow(0.6, 1.0 / 3), Within(Diagonal(-1, -9, -9), apart, 3).Uncertainty, 1e-12);
        // Of 0.6 it is not, and Elsner's bound stands.
        var open = Within(m, Diagonal(0.6, 0, 0), 3);
        Assert.Equal(Math.Pow(2 * Math.Sqrt(3) + 0.6, 2.0 / 3) * Math.Pow(0.6, 1.0 / 3), open.Uncertainty, 1e-12);
        // The same about the centre of the circle |1 + λ| = 1.
        Assert.Equal(Math.BitDecrement(1.0), Within(m, Diagonal(0.3, 0, 0), 3, StabilityRegion.EulerDisc).Uncertainty);
        Assert.True(Within(m, Diagonal(0.6, 0, 0), 3, StabilityRegion.EulerDisc).Uncertainty >= 1);
        // A pair ±2i − 1 that is three times there: what comes near the boundary lies far up along it.
        var turn = new double[36];
        for (var i = 0; i < 6; i++) (turn[i * 7], turn[i * 6 + (i ^ 1)]) = (-1, i % 2 == 0 ? 2 : -2);
        Assert.Equal(Math.BitDecrement(1.0), Within(turn, Diagonal(0.3, 0, 0, 0, 0, 0), 6).Uncertainty);
        Assert.True(Within(turn, Diagonal(0.6, 0, 0, 0, 0, 0), 6).Uncertainty >= 1);
    }

    [Fact]
    public void Of_eigenvalues_of_a_large_matrix_that_stand_alone_the_bound_is_that_of_a_small_one()
    {
        const int n = 90;
        var m = Diagonal([.. Enumerable.Range(1, n).Select(i => -1.0 * i)]);
        // To first order no element off the diagonal matters, and of those on it that of the leader alone.
        var spread = new double[n * n];
        (spread[3], spread[0], spread[n + 1]) = (1e-3, 1e-9, 1e-4);
        var (value, uncertainty) = Within(m, spread, n);
        Assert.Equal(-1, value, 1e-12);
        Assert.Equal(2e-9, uncertainty, 1e-12);
    }

    [Fact]
    public void Numbers_that_are_none_decide_nothing_and_arguments_are_asked_for()
    {
        double[] infinite = [double.PositiveInfinity, 0, 0, 0];
        Assert.Equal(double.PositiveInfinity, Within(Diagonal(-1, -2), infinite, 2).Uncertainty);
        Assert.Equal(double.PositiveInfinity, Within(Diagonal(-1, -2), [double.NaN, 0, 0, 0], 2).Uncertainty);
        Assert.Throws<ArgumentNullException>(() => SpectralBound.Largest([1], [0], 1, null!, StabilityRegion.LeftHalfPlane));
        Assert.Throws<ArgumentNullException>(() => SpectralBound.Largest([1], [0], 1, [1], null!));
        // A zero matrix lies on the boundary.
        Assert.Equal(0, Largest(new double[4], 2).Value);
    }

    [Fact]
    public void The_sign_is_a_verdict_where_it_is_sure_alone()
    {
        foreach (var (value, uncertainty, verdict) in ((double, double, StabilityVerdict)[])
            [(-1, 0.5, StabilityVerdict.Stable), (1, 0.5, StabilityVerdict.Unstable), (-1, 1, StabilityVerdict.Undecided), (1, 2, StabilityVerdict.Undecided), (0, 0, StabilityVerdict.Undecided),
            (-1, double.NaN, StabilityVerdict.Undecided), (double.NaN, 0, StabilityVerdict.Undecided), (-1, double.PositiveInfinity, StabilityVerdict.Undecided)])
            Assert.Equal(verdict, SpectralBound.Verdict(value, uncertainty));
    }

    [Fact]
    public void A_region_is_negative_inside_and_0_along_its_boundary_whose_parameter_is_its_length()
    {
        var (half, disc) = (StabilityRegion.LeftHalfPlane, StabilityRegion.EulerDisc);
        Assert.Equal((-2, 3), (half.Measure(new(-2, 5)), half.Measure(new(3, -4))));
        Assert.Equal([-1, 0, 0, 1, 4], new[] { disc.Measure(-1), disc.Measure(0), disc.Measure(-2), disc.Measure(1), disc.Measure(new(2, 4)) });
        Assert.Equal((double.PositiveInfinity, Math.PI), (half.Length, disc.Length));
        foreach (var region in (StabilityRegion[])[half, disc])
            for (var t = 0.0; t < 3; t += 0.1)
            {
                Assert.Equal(0, region.Measure(region.Boundary(t)), 1e-15);
                Assert.True(region.Boundary(t).Imaginary >= 0);
                Assert.Equal(1e-4, (region.Boundary(t + 1e-4) - region.Boundary(t)).Magnitude, 1e-11);
            }
        Assert.Equal(Complex.Zero, half.Boundary(0));
        Assert.Equal(0, (disc.Boundary(Math.PI) + 2).Magnitude, 1e-15);
    }
}
