using System.Numerics;

namespace Organics.Tests;

/// <summary>The factorisation by itself: every order up to beyond two vectors, padded and not, both precisions.</summary>
public sealed class LuTests
{
    static T[] Matrix<T>(int n, int ld, int length, int seed) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(seed);
        var a = new T[length];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) a[i * ld + j] = T.CreateTruncating(2 * random.NextDouble() - 1 + (i + j == n - 1 ? n : 0));
        return a;
    }

    // Orders around whole vectors, rows with and without padding: what lies beyond the last vector gets the arithmetic of what lies within.
    [Fact]
    public void Vectors_of_512_and_256_bits_give_the_same_factors()
    {
        for (var n = 1; n <= 70; n += 1 + n / 9)
            foreach (var extra in (int[])[0, 1, 5, 16])
            {
                Same<float>(n, n + extra);
                Same<double>(n, n + extra);
            }

        static void Same<T>(int n, int ld) where T : unmanaged, IFloatingPointIeee754<T>
        {
            var wide = Matrix<T>(n, ld, n * ld, n);
            var narrow = (T[])wide.Clone();
            var (p, q) = (new int[n], new int[n]);
            Assert.Equal((-1, -1), (Lu.Factor<T, Simd512<T>>(ref wide[0], n, ld, ld, p), Lu.Factor<T, Simd256<T>>(ref narrow[0], n, ld, ld, q)));
            Assert.Equal(p, q);
            for (var i = 0; i < n; i++) Assert.True(wide.AsSpan(i * ld, n).SequenceEqual(narrow.AsSpan(i * ld, n)), $"{typeof(T).Name}, order {n}, stride {ld}, row {i}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_factors_multiply_to_the_rows_exchanged(bool padded)
    {
        for (var n = 0; n <= 40; n++)
        {
            Check<double>(n, padded ? Lu.PaddedLength<double>(n) : n, 1e-13);
            Check<float>(n, padded ? Lu.PaddedLength<float>(n) : n, 1e-4);
            if (padded) Check<double>(n, n + 3, 1e-13);
        }
    }

    static void Check<T>(int n, int ld, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        // With and without the last row's padding in memory.
        foreach (var length in (int[])[n * ld, n == 0 ? 0 : (n - 1) * ld + n])
        {
            var a = Matrix<T>(n, ld, length, n);
            var lu = (T[])a.Clone();
            var pivots = new int[n];
            Assert.False(Lu.Factor<T>(lu, n, pivots, ld).IsSingular);
            var order = Enumerable.Range(0, n).ToArray();
            for (var k = 0; k < n; k++)
            {
                Assert.InRange(pivots[k], k, n - 1);
                (order[k], order[pivots[k]]) = (order[pivots[k]], order[k]);
            }
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++)
                {
                    var sum = 0.0;
                    for (var l = 0; l <= Math.Min(i, j); l++) sum += (l == i ? 1 : double.CreateTruncating(lu[i * ld + l])) * double.CreateTruncating(lu[l * ld + j]);
                    Assert.Equal(double.CreateTruncating(a[order[i] * ld + j]), sum, tolerance * Math.Max(n, 1));
                    // Partial pivoting bounds every multiplier by 1.
                    if (j < i) Assert.InRange(Math.Abs(double.CreateTruncating(lu[i * ld + j])), 0, 1 + 1e-6);
                }
            foreach (var transposed in (bool[])[false, true])
            {
                var x = Enumerable.Range(0, n).Select(i => T.CreateTruncating(Math.Cos(i + 1))).ToArray();
                var b = Enumerable.Range(0, n)
                    .Select(i => T.CreateTruncating(Enumerable.Range(0, n).Sum(j => double.CreateTruncating((transposed ? a[j * ld + i] : a[i * ld + j]) * x[j])))).ToArray();
                if (transposed) Lu.SolveTransposed<T>(lu, n, pivots, b, ld);
                else Lu.Solve<T>(lu, n, pivots, b, ld);
                for (var i = 0; i < n; i++) Assert.Equal(double.CreateTruncating(x[i]), double.CreateTruncating(b[i]), tolerance * 100);
            }
        }
    }

    [Fact]
    public void Subnormal_pivots_are_divided_by_exactly()
    {
        foreach (var n in (int[])[1, 2, 3, 4, 5, 8, 9, 17])
        {
            var (a, pivots) = (new double[n * n], new int[n]);
            for (var i = 0; i < n; i++) a[i * n + i] = (i + 1) * 1e-310;
            if (n > 1) a[(n - 1) * n] = 0.5e-310;
            var b = Enumerable.Range(0, n).Select(i => (i + 1) * 1e-310 + (i == n - 1 && n > 1 ? 0.5e-310 : 0)).ToArray();
            Lu.Factor<double>(a, n, pivots).OrThrow();
            Lu.Solve<double>(a, n, pivots, b);
            Assert.All(b, v => Assert.Equal(1, v, 1e-12));
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    [InlineData(9, 6)]
    [InlineData(20, 13)]
    public void The_column_without_a_pivot_is_named(int n, int column)
    {
        var a = Matrix<double>(n, n, n * n, 1);
        for (var i = 0; i < n; i++) a[i * n + column] = 0;
        var status = Lu.Factor<double>(a, n, new int[n]);
        Assert.Equal(column, status.SingularColumn);
        Assert.Contains($"column {column}", Assert.Throws<ArithmeticException>(status.OrThrow).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_inverse_times_the_matrix_is_the_identity()
    {
        for (var n = 1; n <= 20; n++)
        {
            var random = new CounterRandom(3, (ulong)n);
            double[] a = [.. Enumerable.Range(0, n * n).Select(i => random.Uniform((ulong)i) - 0.5 + (i % (n + 1) == 0 ? n : 0))];
            var (factors, pivots, inverse) = ((double[])a.Clone(), new int[n], new double[n * n]);
            Assert.False(Lu.Factor<double>(factors, n, pivots).IsSingular);
            Lu.Invert<double>(factors, n, pivots, inverse);
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++) Assert.Equal(i == j ? 1 : 0, Enumerable.Range(0, n).Sum(k => a[i * n + k] * inverse[k * n + j]), 1e-14 * n);
        }
        Assert.Contains("3 elements; order 2 needs 4", Assert.Throws<ArgumentException>(() => Lu.Invert<double>(new double[4], 2, new int[2], new double[3])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Short_spans_are_refused_with_what_they_need()
    {
        static void Says(Action f, params string[] words)
        {
            var message = Assert.Throws<ArgumentException>(f).Message;
            Assert.All(words, w => Assert.Contains(w, message, StringComparison.Ordinal));
        }

        Says(() => Lu.Factor<double>(new double[8], 3, new int[3]), "8 elements", "order 3", "9");
        Says(() => Lu.Factor<double>(new double[9], 3, new int[2]), "pivot", "2 elements", "give 3");
        Says(() => Lu.Factor<double>(new double[9], 3, new int[3], 2), "stride of 2", "order 3");
        Says(() => Lu.Solve<double>(new double[9], 3, new int[3], new double[2]), "right-hand side", "2 elements", "give 3");
        Says(() => Lu.SolveTransposed<double>(new double[9], 3, new int[3], new double[2]), "right-hand side", "give 3");
    }
}
