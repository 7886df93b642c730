using System.Numerics;

namespace Organics.Tests;

public sealed class ComplexLuTests
{
    [Fact]
    public void It_solves_what_it_multiplied_also_with_the_adjoint()
    {
        for (var n = 1; n <= 12; n++)
        {
            var random = new Random(n);
            Complex Next() => new(random.NextDouble() - 0.5, random.NextDouble() - 0.5);
            var m = Enumerable.Range(0, n * n).Select(_ => Next()).ToArray();
            // Pivots must be sought.
            m[0] = 0;
            if (n == 1) m[0] = new(0, 2);
            var before = (Complex[])m.Clone();
            var x = Enumerable.Range(0, n).Select(_ => Next()).ToArray();
            Complex[] image = new Complex[n], adjoint = new Complex[n];
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++)
                {
                    image[i] += m[i * n + j] * x[j];
                    adjoint[j] += Complex.Conjugate(m[i * n + j]) * x[i];
                }
            var lu = new ComplexLu(m, n);
            lu.Solve(image);
            lu.SolveAdjoint(adjoint);
            Assert.Equal(before, m);
            for (var i = 0; i < n; i++)
            {
                Assert.InRange((image[i] - x[i]).Magnitude, 0, 1e-12);
                Assert.InRange((adjoint[i] - x[i]).Magnitude, 0, 1e-12);
            }
        }
        Assert.Contains("3 elements; order 2 needs 4", Assert.Throws<ArgumentException>(() => new ComplexLu(new Complex[3], 2)).Message, StringComparison.Ordinal);
    }
}
