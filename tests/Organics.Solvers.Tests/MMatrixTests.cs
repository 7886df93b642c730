namespace Organics.Tests;

public sealed class MMatrixTests
{
    [Fact]
    public void A_z_matrix_has_nothing_positive_off_its_diagonal()
    {
        Assert.True(MMatrix.IsZMatrix([1, -2, 0, -3], 2));
        Assert.True(MMatrix.IsZMatrix([-1, -0.0, 0, -3], 2));
        Assert.False(MMatrix.IsZMatrix([1, 1e-300, 0, 1], 2));
        Assert.False(MMatrix.IsZMatrix([1, 0, 1e-300, 1], 2));
        Assert.False(MMatrix.IsZMatrix([1, double.NaN, 0, 1], 2));
        Assert.True(MMatrix.IsZMatrix([5], 1));
        Assert.Throws<ArgumentException>(() => MMatrix.IsZMatrix([1, 0, 0], 2));
    }

    [Theory]
    // sI − N with N ≥ 0 is a nonsingular M-matrix exactly where s > ρ(N): here ρ = 5, of [[1, 4], [4, 1]], and 3, of a cycle of threes.
    [InlineData(5.001, true)]
    [InlineData(4.999, false)]
    [InlineData(-6, false)]
    public void It_is_nonsingular_where_the_diagonal_exceeds_the_radius(double s, bool expected)
    {
        Assert.Equal(expected, MMatrix.IsNonsingular([s - 1, -4, -4, s - 1], 2));
        Assert.Equal(expected, MMatrix.IsNonsingular([s - 2, -3, 0, 0, s - 2, -3, -3, 0, s - 2], 3));
        Assert.Equal(expected, MMatrix.LyapunovDiagonal([s - 1, -4, -4, s - 1], 2) is not null);
        Assert.Equal(expected, MMatrix.LyapunovDiagonal([s - 2, -3, 0, 0, s - 2, -3, -3, 0, s - 2], 3) is not null);
    }

    [Fact]
    public void What_is_singular_or_no_z_matrix_is_none()
    {
        Assert.False(MMatrix.IsNonsingular([1, -1, -1, 1], 2));
        Assert.Null(MMatrix.LyapunovDiagonal([1, -1, -1, 1], 2));
        Assert.False(MMatrix.IsNonsingular([0, 0, 0, 0], 2));
        // Its inverse is positive, but it is none.
        Assert.False(MMatrix.IsNonsingular([1, 0.5, -0.5, 1], 2));
        Assert.Null(MMatrix.LyapunovDiagonal([1, 0.5, -0.5, 1], 2));
        Assert.False(MMatrix.IsNonsingular([double.NaN, 0, 0, 1], 2));
        // One positive component of B⁻¹·1 is not enough.
        Assert.False(MMatrix.IsNonsingular([1, 0, 0, -1], 2));
        Assert.Null(MMatrix.LyapunovDiagonal([1, 0, 0, -1], 2));
        // B⁻¹·1 beyond double: no diagonal of NaN.
        Assert.Null(MMatrix.LyapunovDiagonal([1e-310, 0, 0, 1e-310], 2));
        Assert.Contains("1 elements; order 2 needs 4", Assert.Throws<ArgumentException>(() => MMatrix.IsNonsingular([1], 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => MMatrix.LyapunovDiagonal([1], 2));
    }

    [Fact]
    public void The_diagonal_is_the_quotient_of_the_row_sums_of_the_inverses()
    {
        // B = [[2, −1], [−2, 3]], B⁻¹ = [[3, 1], [2, 2]]/4: p = (1, 1), q = (5/4, 3/4).
        var t = Assert.IsType<double[]>(MMatrix.LyapunovDiagonal([2, -1, -2, 3], 2));
        Assert.Equal([1.25, 0.75], t, (x, y) => Math.Abs(x - y) < 1e-15);
        // Lower triangular: B⁻¹ = [[1, 0], [6, 2]]/2, p = (1/2, 4), q = (7/2, 1).
        t = Assert.IsType<double[]>(MMatrix.LyapunovDiagonal([2, 0, -6, 1], 2));
        Assert.Equal([7, 0.25], t, (x, y) => Math.Abs(x - y) < 1e-14);
    }

    [Fact]
    public void Random_ones_have_a_diagonal_for_which_the_sum_is_positive_definite()
    {
        for (var n = 1; n <= 12; n++)
        {
            var random = new Random(n);
            var m = Enumerable.Range(0, n * n).Select(_ => -random.NextDouble()).ToArray();
            // Each diagonal entry a little larger than what is beside it in its row.
            for (var i = 0; i < n; i++) m[i * (n + 1)] = 0.01 - Enumerable.Range(0, n).Where(j => j != i).Sum(j => m[i * n + j]);
            Assert.True(MMatrix.IsNonsingular(m, n));
            var t = Assert.IsType<double[]>(MMatrix.LyapunovDiagonal(m, n));
            Assert.All(t, v => Assert.True(v > 0));
            Assert.True(MMatrix.IsLyapunovDiagonal(m, t));
            // TB + BᵀT by its eigenvalues, and for the negative of T the other way.
            var sum = Enumerable.Range(0, n * n).Select(k => t[k / n] * m[k] + m[k % n * n + k / n] * t[k % n]).ToArray();
            Assert.True(Eigenvalues.Of(sum, n).OrThrow().Values.Min(v => v.Real) > 0);
            Assert.False(MMatrix.IsLyapunovDiagonal(m, [.. t.Select(v => -v)]));
        }
    }

    [Fact]
    public void Positive_definiteness_is_decided_at_its_edge()
    {
        // With T = I: [[2, 2b], [2b, 2]] is positive definite where |b| < 1; so is the 3 × 3 one with 2c beside the diagonal where −1/2 < c < 1.
        double[] ones = [1, 1, 1];
        Assert.True(MMatrix.IsLyapunovDiagonal([1, 0.999, 0.999, 1], ones.AsSpan(0, 2)));
        Assert.False(MMatrix.IsLyapunovDiagonal([1, 1.001, 1.001, 1], ones.AsSpan(0, 2)));
        Assert.True(MMatrix.IsLyapunovDiagonal([1, -5, 5, 1], ones.AsSpan(0, 2)));
        foreach (var (c, expected) in new[] { (-0.499, true), (-0.501, false), (0.999, true), (1.001, false) })
            Assert.Equal(expected, MMatrix.IsLyapunovDiagonal([1, c, c, c, 1, c, c, c, 1], ones));
        // A diagonal of another scale: scaled to 1, nothing over- or underflows.
        Assert.True(MMatrix.IsLyapunovDiagonal([1e200, 0.5, 0.5, 1e-200], ones.AsSpan(0, 2)));
        Assert.False(MMatrix.IsLyapunovDiagonal([1e200, 2, 2, 1e-200], ones.AsSpan(0, 2)));
        Assert.False(MMatrix.IsLyapunovDiagonal([1, 0, 0, 0], ones.AsSpan(0, 2)));
        Assert.False(MMatrix.IsLyapunovDiagonal([1, 0, 0, double.NaN], ones.AsSpan(0, 2)));
        // Singular to the last bit: 1 − 1·1 is no pivot.
        Assert.False(MMatrix.IsLyapunovDiagonal([1, 1, 1, 1], ones.AsSpan(0, 2)));
        // T decides: B = [[1, −4], [0, 1]] is none with I, and one with (1, 16).
        Assert.False(MMatrix.IsLyapunovDiagonal([1, -4, 0, 1], [1, 1]));
        Assert.True(MMatrix.IsLyapunovDiagonal([1, -4, 0, 1], [1, 16]));
        Assert.Throws<ArgumentException>(() => MMatrix.IsLyapunovDiagonal([1, 0, 0], [1, 1]));
    }
}
