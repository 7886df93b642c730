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

    /// <summary>Sums in the order that is promised to be the same on every processor: lanes of 512 bits, else of 256, else none, whose halves are added until one is left.</summary>
    static T Sum<T>(ReadOnlySpan<T> row, ReadOnlySpan<T> x, int size) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var n = x.Length;
        var count = n >= 64 / size ? 64 / size : n >= 32 / size ? 32 / size : 0;
        if (count == 0)
        {
            var sum = T.Zero;
            for (var j = 0; j < n; j++) sum += row[j] * x[j];
            return sum;
        }
        var (lanes, whole) = (new T[count], n / count * count);
        // What is left over is in the highest lanes, for the last vector ends with the row.
        for (var j = whole; j < n; j++) lanes[count - n + j] = row[j] * x[j];
        for (var j = 0; j < whole; j++) lanes[j % count] = T.FusedMultiplyAdd(row[j], x[j], lanes[j % count]);
        for (; count > 1; count /= 2)
            for (var l = 0; l < count / 2; l++) lanes[l] += lanes[l + count / 2];
        return lanes[0];
    }

    static void Holds<T>(int rows, int columns, int size) where T : unmanaged, IFloatingPointIeee754<T>
    {
        const int margin = 16;
        var random = new Random(rows * 100 + columns);
        // What stands beside a span is no number, so that it shows where it is read, and must stay where it could be written.
        T[] Draw(int n)
        {
            var all = Enumerable.Repeat(T.NaN, n + 2 * margin).ToArray();
            for (var i = 0; i < n; i++) all[margin + i] = T.CreateTruncating(random.NextDouble() - 0.5);
            return all;
        }
        var (a, right, left, y, x) = (Draw(rows * columns), Draw(columns), Draw(rows), Draw(rows), Draw(columns));
        Gemv.Multiply<T>(a.AsSpan(margin, rows * columns), right.AsSpan(margin, columns), y.AsSpan(margin, rows));
        Gemv.MultiplyTransposed<T>(a.AsSpan(margin, rows * columns), left.AsSpan(margin, rows), x.AsSpan(margin, columns));
        for (var i = 0; i < rows; i++) Assert.Equal(Sum<T>(a.AsSpan(margin + i * columns, columns), right.AsSpan(margin, columns), size), y[margin + i]);
        for (var j = 0; j < columns; j++)
        {
            var sum = T.Zero;
            for (var i = 0; i < rows; i++) sum = T.FusedMultiplyAdd(left[margin + i], a[margin + i * columns + j], sum);
            Assert.Equal(sum, x[margin + j]);
        }
        foreach (var all in (T[][])[y, x])
        {
            Assert.All(all[..margin], v => Assert.True(T.IsNaN(v)));
            Assert.All(all[^margin..], v => Assert.True(T.IsNaN(v)));
        }
    }

    [Fact]
    public void Products_have_the_bits_of_sums_in_the_promised_order_at_every_size()
    {
        for (var rows = 0; rows <= 9; rows++)
            for (var columns = 0; columns <= 70; columns++)
            {
                Holds<double>(rows, columns, sizeof(double));
                Holds<float>(rows, columns, sizeof(float));
            }
    }
}
