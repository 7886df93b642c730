using System.Numerics;

namespace Organics.Tests;

public sealed class LuTests
{
    static readonly int[] Orders = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 50, 64, 67, 120];

    static void Holds<T>(int n, int ld, bool fullLastRow, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(n * 1000 + ld);
        var a = new T[fullLastRow ? n * ld : (n - 1) * ld + n];
        var dense = new double[n, n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
                dense[i, j] = double.CreateTruncating(a[i * ld + j] = T.CreateTruncating(random.NextDouble() - 0.5 + (i == n - 1 - j ? 1 : 0)));
        var pivots = new int[n];
        Assert.False(Lu.Factor<T>(a, n, pivots, ld).IsSingular);
        // |multipliers| ≤ 1 is what partial pivoting promises.
        for (var i = 0; i < n; i++)
            for (var j = 0; j < i; j++) Assert.True(T.Abs(a[i * ld + j]) <= T.CreateTruncating(1 + 1e-6));
        foreach (var transposed in new[] { false, true })
        {
            var b = Enumerable.Range(0, n).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5)).ToArray();
            var x = (T[])b.Clone();
            if (transposed) Lu.SolveTransposed<T>(a, n, pivots, x, ld);
            else Lu.Solve<T>(a, n, pivots, x, ld);
            var size = x.Max(v => Math.Abs(double.CreateTruncating(v)));
            for (var i = 0; i < n; i++)
            {
                var sum = -double.CreateTruncating(b[i]);
                for (var j = 0; j < n; j++) sum += (transposed ? dense[j, i] : dense[i, j]) * double.CreateTruncating(x[j]);
                Assert.True(Math.Abs(sum) <= tolerance * n * (1 + size), $"order {n}, stride {ld}, transposed {transposed}: {sum}");
            }
        }
    }

    [Fact]
    public void Solutions_satisfy_the_system_and_its_transpose_at_every_order_and_stride()
    {
        foreach (var n in Orders)
            foreach (var full in new[] { true, false })
            {
                Holds<double>(n, n, full, 1e-14);
                Holds<double>(n, n + 3, full, 1e-14);
                Holds<double>(n, Lu.PaddedLength<double>(n), full, 1e-14);
                Holds<float>(n, n, full, 5e-6);
                Holds<float>(n, n + 5, full, 5e-6);
                Holds<float>(n, Lu.PaddedLength<float>(n), full, 5e-6);
            }
    }

    [Fact]
    public void A_singular_matrix_names_its_column()
    {
        double[] a = [1, 2, 3, 4, 8, 7, 2, 4, 1];
        var status = Lu.Factor<double>(a, 3, new int[3]);
        Assert.Equal(1, status.SingularColumn);
        Assert.Contains("column 1", Assert.Throws<ArithmeticException>(status.OrThrow).Message, StringComparison.Ordinal);
        Assert.True(Lu.Factor<double>([double.NaN], 1, new int[1]).IsSingular);
        Assert.True(Lu.Factor<double>([0.0], 1, new int[1]).IsSingular);
    }

    [Fact]
    public void A_subnormal_pivot_still_solves()
    {
        double[] a = [1e-310, 2e-310, 3e-310, 1e-310];
        double[] expected = [1, 2], x = [5e-310, 5e-310];
        var pivots = new int[2];
        Assert.False(Lu.Factor<double>(a, 2, pivots).IsSingular);
        Lu.Solve<double>(a, 2, pivots, x);
        for (var i = 0; i < 2; i++) Assert.Equal(expected[i], x[i], 1e-12);
    }

    [Fact]
    public void Padding_columns_do_not_reach_the_solution()
    {
        const int n = 5;
        var ld = Lu.PaddedLength<float>(n);
        var random = new Random(3);
        var (clean, dirty) = (new float[n * ld], new float[n * ld]);
        for (var i = 0; i < n * ld; i++)
        {
            var v = (float)random.NextDouble() + (i / ld == i % ld ? 2 : 0);
            clean[i] = i % ld < n ? v : 0;
            dirty[i] = v;
        }
        var (p, q) = (new int[n], new int[n]);
        Lu.Factor<float>(clean, n, p, ld);
        Lu.Factor<float>(dirty, n, q, ld);
        float[] x = [1, 2, 3, 4, 5], y = [1, 2, 3, 4, 5];
        Lu.Solve<float>(clean, n, p, x, ld);
        Lu.Solve<float>(dirty, n, q, y, ld);
        Assert.Equal(x, y);
    }

    [Fact]
    public void Wrong_shapes_are_refused_in_words()
    {
        Assert.Contains("stride", Assert.Throws<ArgumentException>(() => Lu.Factor<double>(new double[9], 3, new int[3], 2)).Message, StringComparison.Ordinal);
        Assert.Contains("needs 9", Assert.Throws<ArgumentException>(() => Lu.Factor<double>(new double[8], 3, new int[3])).Message, StringComparison.Ordinal);
        Assert.Contains("pivot", Assert.Throws<ArgumentException>(() => Lu.Factor<double>(new double[9], 3, new int[2])).Message, StringComparison.Ordinal);
        Assert.Contains("right-hand", Assert.Throws<ArgumentException>(() => Lu.Solve<double>(new double[9], 3, new int[3], new double[2])).Message, StringComparison.Ordinal);
    }
}

public sealed class GemvTests
{
    [Fact]
    public void Lengths_that_do_not_fit_are_told()
    {
        const string told = "The matrix span holds 5 elements; the vectors ask for 2 × 3.";
        Assert.Equal(told, Assert.Throws<ArgumentException>(() => Gemv.Multiply<double>(new double[5], new double[3], new double[2])).Message);
        Assert.Equal(told, Assert.Throws<ArgumentException>(() => Gemv.MultiplyTransposed<double>(new double[5], new double[2], new double[3])).Message);
    }

    static void Holds<T>(int rows, int columns, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(rows * 100 + columns);
        T[] Draw(int n) => [.. Enumerable.Range(0, n).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5))];
        var (a, right, left) = (Draw(rows * columns), Draw(columns), Draw(rows));
        var (y, x) = (new T[rows], new T[columns]);
        Gemv.Multiply<T>(a, right, y);
        Gemv.MultiplyTransposed<T>(a, left, x);
        for (var i = 0; i < rows; i++)
            Assert.Equal(Enumerable.Range(0, columns).Sum(j => double.CreateTruncating(a[i * columns + j]) * double.CreateTruncating(right[j])), double.CreateTruncating(y[i]), tolerance);
        for (var j = 0; j < columns; j++)
            Assert.Equal(Enumerable.Range(0, rows).Sum(i => double.CreateTruncating(a[i * columns + j]) * double.CreateTruncating(left[i])), double.CreateTruncating(x[j]), tolerance);
    }

    [Fact]
    public void Products_equal_sums_at_every_size()
    {
        for (var rows = 1; rows <= 9; rows++)
            for (var columns = 1; columns <= 70; columns++)
            {
                Holds<double>(rows, columns, 1e-13);
                Holds<float>(rows, columns, 1e-5);
            }
        Assert.Throws<ArgumentException>(() => Gemv.Multiply<double>(new double[5], new double[2], new double[3]));
    }
}
