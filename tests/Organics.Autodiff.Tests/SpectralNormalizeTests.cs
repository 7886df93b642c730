namespace Organics.Tests;

public sealed class SpectralNormalizeTests : OpTests
{
    // A = U·diag(s)·Vᵀ with U, V from Householder reflections: its singular values are s.
    static double[] WithSingularValues(int m, int n, params double[] s)
    {
        var (u, v) = (Numbers(1, m), Numbers(2, n));
        var (uu, vv) = (u.Sum(x => x * x), v.Sum(x => x * x));
        double Reflection(double[] w, double ww, int i, int j) => (i == j ? 1 : 0) - 2 * w[i] * w[j] / ww;
        return Table([m, n], e => s.Select((x, k) => x * Reflection(u, uu, e[0], k) * Reflection(v, vv, e[1], k)).Sum());
    }

    [Theory]
    [InlineData(4, 3)]
    [InlineData(3, 4)]
    [InlineData(3, 3)]
    public void A_matrix_is_divided_by_its_largest_singular_value(int m, int n)
    {
        var a = WithSingularValues(m, n, 2.5, 1.5, 0.5);
        Verify(t => t[0].SpectralNormalize(), [m, n], Array.ConvertAll(a, v => v / 2.5), Tensor(a, [m, n]));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 4)]
    [InlineData(4, 1)]
    public void A_vector_is_divided_by_its_length(int m, int n)
    {
        var a = Numbers(5, m * n);
        var length = Math.Sqrt(a.Sum(v => v * v));
        Verify(t => t[0].SpectralNormalize(), [m, n], Array.ConvertAll(a, v => v / length), Tensor(a, [m, n]));
    }

    // The product of the matrix with its transpose would be 50,000 by 50,000 one way round.
    [Theory]
    [InlineData(1, 50_000)]
    [InlineData(50_000, 1)]
    public void The_longer_side_makes_no_product(int m, int n)
    {
        var norm = Organics.Tensor.Full([m, n], 3.0).SpectralNormalize().ToArray();
        Assert.All(norm, v => Assert.Equal(1 / Math.Sqrt(50_000), v, 1e-15));
    }

    [Fact]
    public void The_sign_and_scale_of_the_matrix_do_not_matter_to_the_norm()
    {
        var a = WithSingularValues(4, 3, 2.5, 1.5, 0.5);
        foreach (var scale in (double[])[-1, 1e-100, 1e100])
            VerifyValue(t => t[0].SpectralNormalize(), [4, 3], Array.ConvertAll(a, v => Math.Sign(scale) * v / 2.5), 1e-12,
                Tensor(Array.ConvertAll(a, v => v * scale), [4, 3]));
    }

    [Theory]
    [InlineData(1e-23f)]
    [InlineData(1e22f)]
    public void In_float_the_scale_does_not_matter_either(float scale)
    {
        var a = Array.ConvertAll(WithSingularValues(4, 3, 2.5, 1.5, 0.5), v => (float)v * scale);
        foreach (var (found, value) in Organics.Tensor.From<float>(a, [4, 3]).SpectralNormalize().ToArray().Zip(a)) Assert.Equal(value / scale / 2.5f, found, 2e-6f);
    }

    [Fact]
    public void A_matrix_of_rank_one_is_normalized_whatever_its_direction()
    {
        // The right singular vector runs around the circle, through all simple ratios.
        for (var k = 0; k < 720; k++)
        {
            var (x, y) = (Math.Cos(k * Math.PI / 360), Math.Sin(k * Math.PI / 360));
            double[] a = [3 * x, 3 * y, 4 * x, 4 * y];
            VerifyValue(t => t[0].SpectralNormalize(), [2, 2], Array.ConvertAll(a, v => v / 5), 1e-10, Tensor(a, [2, 2]));
        }
        foreach (var (x, y) in new (double, double)[] { (-0.25, 1), (1, -1), (2, -1), (-3, 4), (1, 0) })
            VerifyValue(t => t[0].SpectralNormalize(), [1, 2], Array.ConvertAll(new[] { x, y }, v => v / Math.Sqrt(x * x + y * y)), 1e-10, Tensor([x, y], [1, 2]));
    }

    [Fact]
    public void The_power_method_leaves_no_trace_on_the_tape()
    {
        using var tape = new Tape<double>(Device);
        tape.Watch(Tensor(1, [4, 3])).SpectralNormalize();
        Assert.InRange(tape.Count, 2, 5);
    }

    [Fact]
    public void Close_singular_values_still_give_the_norm()
    {
        var a = WithSingularValues(4, 3, 2.5, 2.499, 0.5);
        VerifyValue(t => t[0].SpectralNormalize(), [4, 3], Array.ConvertAll(a, v => v / 2.5), 1e-10, Tensor(a, [4, 3]));
    }

    [Fact]
    public void A_zero_matrix_gives_non_finite_values_and_other_ranks_are_refused()
    {
        Assert.All(Tensor(new double[6], [2, 3]).SpectralNormalize().ToArray(), v => Assert.False(double.IsFinite(v)));
        AssertSays<ShapeException>(() => Tensor(1, [3]).SpectralNormalize(), "SpectralNormalize", "[3]", "2 axes", "Reshape");
    }

    /// <summary>Of the identity every vector is singular: the one that is taken is the first guess, whose elements are 1/2 and the fractions of multiples of the golden ratio.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(16)]
    public void Where_all_singular_values_are_equal_the_gradient_is_that_of_the_first_guess(int n)
    {
        var golden = (Math.Sqrt(5) - 1) / 2;
        double[] v = [.. Enumerable.Range(1, n).Select(i => 0.5 + golden * i - Math.Floor(golden * i))];
        var square = v.Sum(x => x * x);
        var g = Numbers(3, n * n);
        using var tape = new Tape<double>(Device);
        var a = tape.Watch(Tensor(Table([n, n], e => e[0] == e[1] ? 1 : 0), [n, n]));
        var gradient = tape.Backward((Tensor(g, [n, n]) * a.SpectralNormalize()).Sum())[a].ToArray();
        var trace = Enumerable.Range(0, n).Sum(i => g[i * (n + 1)]);
        for (var k = 0; k < n * n; k++) Assert.Equal(g[k] - trace * v[k / n] * v[k % n] / square, gradient[k], 1e-12);
    }
}
