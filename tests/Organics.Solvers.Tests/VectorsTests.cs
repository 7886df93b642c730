using System.Numerics;

namespace Organics.Tests;

public sealed class VectorsTests
{
    // Whole numbers up to 1000: sums of their products are exact in any order, and nothing is symmetric.
    static double[] Whole(Random random, int n) => [.. Enumerable.Range(0, n).Select(_ => (double)random.Next(-1000, 1001))];

    static Complex[] WholeComplex(Random random, int n) => [.. Enumerable.Range(0, n).Select(_ => new Complex(random.Next(-1000, 1001), random.Next(-1000, 1001)))];

    [Fact]
    public void Real_products_norms_and_sums_are_those_of_whole_numbers()
    {
        for (var n = 0; n <= 20; n++)
        {
            var random = new Random(n);
            double[] u = Whole(random, n), v = Whole(random, n);
            long product = 0, square = 0, largest = 0;
            for (var i = 0; i < n; i++)
            {
                product += (long)u[i] * (long)v[i];
                square += (long)u[i] * (long)u[i];
                largest = Math.Max(largest, Math.Abs((long)u[i]));
            }
            Assert.Equal(product, Vectors.Dot(u, v));
            Assert.Equal(largest, Vectors.Largest(u));
            foreach (var scale in (double[])[1, 1e300, 1e-300])
                Assert.Equal(Math.Sqrt(square), Vectors.Norm([.. u.Select(x => x * scale)]) / scale, 1e-14 * Math.Sqrt(square));
            double[] before = [.. u], sum = [.. v];
            Vectors.Add(-3, u, sum);
            Assert.Equal(before, u);
            for (var i = 0; i < n; i++) Assert.Equal(v[i] - 3 * u[i], sum[i]);
        }
        Assert.Equal(1024, Vectors.Largest([3, -1024, 1000]));
    }

    [Fact]
    public void Norms_of_nothing_zeros_infinities_and_no_numbers()
    {
        Assert.Equal((0, 0, 0), (Vectors.Norm(ReadOnlySpan<double>.Empty), Vectors.Norm([0, -0.0, 0]), Vectors.Largest([])));
        Assert.Equal(5e-320, Vectors.Norm([3e-320, -4e-320]), 1e-322);
        Assert.Equal(double.PositiveInfinity, Vectors.Norm([1, double.NegativeInfinity, 2]));
        Assert.Equal(double.PositiveInfinity, Vectors.Norm([double.MaxValue, double.MaxValue]));
        for (var at = 0; at < 11; at++)
        {
            var v = new double[11];
            v[10 - at] = double.PositiveInfinity;
            v[at] = double.NaN;
            Assert.True(double.IsNaN(Vectors.Norm(v)) && double.IsNaN(Vectors.Largest(v)));
        }
    }

    [Fact]
    public void One_number_that_is_none_is_seen_wherever_it_stands()
    {
        for (var n = 0; n < 6; n++)
        {
            var v = Enumerable.Repeat(double.MaxValue, n).ToArray();
            Assert.True(Vectors.IsFinite(v));
            for (var at = 0; at < n; at++)
                foreach (var bad in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity])
                {
                    var w = (double[])v.Clone();
                    w[at] = bad;
                    Assert.False(Vectors.IsFinite(w));
                }
        }
    }

    [Fact]
    public void Complex_products_conjugate_the_left_and_distances_are_of_whole_numbers()
    {
        for (var n = 0; n <= 12; n++)
        {
            var random = new Random(n);
            Complex[] u = WholeComplex(random, n), v = WholeComplex(random, n), off = WholeComplex(random, n);
            long real = 0, imaginary = 0, square = 0, distance = 0;
            for (var i = 0; i < n; i++)
            {
                long a = (long)u[i].Real, b = (long)u[i].Imaginary, c = (long)v[i].Real, d = (long)v[i].Imaginary;
                real += a * c + b * d;
                imaginary += a * d - b * c;
                square += a * a + b * b;
                distance += (long)off[i].Real * (long)off[i].Real + (long)off[i].Imaginary * (long)off[i].Imaginary;
            }
            Assert.Equal(new Complex(real, imaginary), Vectors.Dot(u, v));
            Assert.Equal(square, Vectors.SquareOf(u));
            // image = λv + off.
            var lambda = new Complex(3, -2);
            Complex[] image = [.. v.Zip(off, (x, y) => lambda * x + y)];
            Assert.Equal(Math.Sqrt(distance), Vectors.Distance(image, lambda, v));
        }
    }

    /// <summary>Three orthonormal vectors of five elements, by Householder's reflection of the unit vectors, each with a phase of its own.</summary>
    static List<Complex[]> Orthonormal()
    {
        Complex[] w = [new(1, 2), new(-0.5, 0.3), new(0.2, -1), new(2, 0.1), new(-0.7, -0.4)];
        var square = w.Sum(x => x.Real * x.Real + x.Imaginary * x.Imaginary);
        return [.. Enumerable.Range(0, 3).Select(k => Enumerable.Range(0, 5)
            .Select(i => Complex.FromPolarCoordinates(1, k + 0.5) * ((i == k ? 1 : 0) - 2 * w[i] * Complex.Conjugate(w[k]) / square)).ToArray())];
    }

    static Complex Product(Complex[] u, Complex[] v) => u.Zip(v, (x, y) => Complex.Conjugate(x) * y).Aggregate(Complex.Zero, (x, y) => x + y);

    [Fact]
    public void What_is_projected_is_orthogonal_and_differs_by_what_lies_in_the_space()
    {
        var basis = Orthonormal();
        Complex[] x = [new(1, -1), new(2, 0.5), new(-3, 1), new(0.25, 4), new(1.5, -2)];
        var projected = (Complex[])x.Clone();
        Vectors.Project(projected, basis);
        var expected = (Complex[])x.Clone();
        foreach (var v in basis)
        {
            var along = Product(v, x);
            for (var i = 0; i < 5; i++) expected[i] -= along * v[i];
        }
        for (var i = 0; i < 5; i++) Assert.Equal(0, (projected[i] - expected[i]).Magnitude, 1e-14);
        Assert.All(basis, v => Assert.Equal(0, Product(v, projected).Magnitude, 1e-14));
        // Nothing to take away.
        var alone = (Complex[])x.Clone();
        Vectors.Project(alone, []);
        Assert.Equal(x, alone);
        // Nearly in the space: one pass leaves rounding errors of what it takes away, which are no longer small beside what is left.
        Complex[] near = [.. basis[0].Zip(basis[2], (p, q) => 3 * p - 2 * q)];
        near[4] += 1e-11;
        Vectors.Project(near, basis);
        var left = Math.Sqrt(near.Sum(v => v.Real * v.Real + v.Imaginary * v.Imaginary));
        Assert.InRange(left, 1e-13, 1e-11);
        Assert.All(basis, v => Assert.InRange(Product(v, near).Magnitude, 0, 1e-14 * left));
    }

    [Fact]
    public void What_is_made_orthogonal_has_norm_1_and_tells_what_was_left()
    {
        var basis = Orthonormal();
        // 2v₀ + 3v₂, of which v₂ is not in the space.
        Complex[] x = [.. basis[0].Zip(basis[2], (p, q) => 2 * p + 3 * q)];
        Assert.Equal(3, Vectors.Orthogonalize(x, basis[..2]), 1e-14);
        for (var i = 0; i < 5; i++) Assert.Equal(0, (x[i] - basis[2][i]).Magnitude, 1e-14);
        Complex[] unit = [Complex.ImaginaryOne, 0], within = [new(0, 5), 0];
        Assert.Equal(0, Vectors.Orthogonalize(within, [unit]));
        Assert.All(within, v => Assert.Equal(Complex.Zero, v));
    }

    [Fact]
    public void Combinations_are_sums_scaled_to_norm_1()
    {
        var basis = Orthonormal();
        Complex[] factors = [new(1, 2), new(-2, 0), new(0, -4)];
        // The vectors are orthonormal, so that the norm is √(5 + 4 + 16).
        var sum = Vectors.Combine(basis, factors);
        for (var i = 0; i < 5; i++) Assert.Equal(0, (sum[i] - (factors[0] * basis[0][i] + factors[1] * basis[1][i] + factors[2] * basis[2][i]) / 5).Magnitude, 1e-14);
    }
}
