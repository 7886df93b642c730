using MathNet.Numerics.LinearAlgebra.Double;

namespace Organics.Tests;

public sealed class SingularValuesTests
{
    [Fact]
    public void The_largest_is_that_of_closed_forms()
    {
        Assert.Equal(0, SingularValues.Largest(new double[9], 3));
        Assert.Equal(0, SingularValues.Largest([], 0));
        Assert.Equal(7, SingularValues.Largest([-7], 1), 1e-15);
        Assert.Equal(5, SingularValues.Largest([3, 0, 0, -5], 2), 1e-14);
        // A rotation, a nilpotent matrix whose eigenvalues are 0, rank one ‖x‖‖y‖, and [[1, 1], [0, 1]]: the golden ratio.
        Assert.Equal(1, SingularValues.Largest([0.6, -0.8, 0.8, 0.6], 2), 1e-15);
        Assert.Equal(4, SingularValues.Largest([0, 4, 0, 0], 2), 1e-14);
        Assert.Equal(3 * 5, SingularValues.Largest([3, 4, 0, 6, 8, 0, 6, 8, 0], 3), 1e-13);
        Assert.Equal((1 + Math.Sqrt(5)) / 2, SingularValues.Largest([1, 1, 0, 1], 2), 1e-15);
        foreach (var scale in (double[])[1e300, 1e-300])
            Assert.Equal((1 + Math.Sqrt(5)) / 2, SingularValues.Largest([scale, scale, 0, scale], 2) / scale, 1e-14);
    }

    [Fact]
    public void Both_are_those_of_MathNet_on_random_matrices()
    {
        for (var n = 1; n <= 15; n++)
        {
            var random = new Random(n);
            var m = Enumerable.Range(0, n * n).Select(_ => random.NextDouble() - 0.5).ToArray();
            var dense = DenseMatrix.Create(n, n, (i, j) => m[i * n + j]);
            Assert.Equal(dense.Svd(false).S[0], SingularValues.Largest(m, n), 1e-14 * n);
            Assert.Equal((dense + dense.Transpose()).Evd().EigenValues.Min(v => v.Real) / 2, SingularValues.LeastOfSymmetricPart(m, n), 1e-14 * n);
        }
    }

    [Fact]
    public void The_least_of_the_symmetric_part_is_that_of_closed_forms()
    {
        // A skew part counts for nothing; [[2, b], [c, 2]] has 2 − |b + c|/2.
        Assert.Equal(2, SingularValues.LeastOfSymmetricPart([2, -9, 9, 2], 2), 1e-14);
        Assert.Equal(0.5, SingularValues.LeastOfSymmetricPart([2, 1, 2, 2], 2), 1e-14);
        Assert.Equal(-3, SingularValues.LeastOfSymmetricPart([-3], 1));
        // Halves are taken before they are added, so that nothing overflows.
        Assert.Equal(1.5e308, SingularValues.LeastOfSymmetricPart([1.5e308, 0, 0, 1.6e308], 2), 1e294);
        Assert.Equal(double.PositiveInfinity, SingularValues.LeastOfSymmetricPart([], 0));
    }

    [Fact]
    public void Lengths_and_numbers_that_cannot_be_are_refused()
    {
        Assert.Contains("3 elements; order 2 needs 4", Assert.Throws<ArgumentException>(() => SingularValues.Largest([1, 2, 3], 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SingularValues.LeastOfSymmetricPart([1, 2, 3], 2));
        foreach (var bad in (double[])[double.NaN, double.PositiveInfinity])
        {
            Assert.Contains("row 1 and column 0",
                Assert.Throws<ArithmeticException>(() => SingularValues.Largest([1, 2, bad, 4], 2)).Message, StringComparison.Ordinal);
            Assert.Contains("row 1 and column 0",
                Assert.Throws<ArithmeticException>(() => SingularValues.LeastOfSymmetricPart([1, 2, bad, 4], 2)).Message, StringComparison.Ordinal);
        }
    }
}
