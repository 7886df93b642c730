namespace Organics.Tests;

public sealed class SymmetricEigenTests
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(5), InlineData(12)]
    public void Vectors_are_orthonormal_and_take_the_matrix_apart(int n)
    {
        var random = new Random(n);
        var a = new double[n * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = Math.Pow(10, 3 * random.NextDouble()) * (random.NextDouble() - 0.5);
        var (values, vectors) = SymmetricEigen.Of(a, n);
        var scale = a.Max(Math.Abs);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
            {
                Assert.Equal(i == j ? 1 : 0, Enumerable.Range(0, n).Sum(k => vectors[k * n + i] * vectors[k * n + j]), 1e-13);
                Assert.Equal(a[i * n + j], Enumerable.Range(0, n).Sum(k => values[k] * vectors[i * n + k] * vectors[j * n + k]), 1e-12 * scale);
            }
    }

    [Fact]
    public void A_small_eigenvalue_of_a_graded_matrix_keeps_its_digits()
        => Assert.Equal(1e-20 - 1e-24, SymmetricEigen.Of([1, 1e-12, 1e-12, 1e-20], 2).Values.Min(), 1e-26);
}
