using System.Numerics;

namespace Organics.Tests;

/// <summary>Whoever calls for many sees nothing of what lanes leave to the careful way: here they are asked alone.</summary>
public sealed class EigenvalueLanesTests
{
    static double[] Draw(int n, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, n * n).Select(_ => 2 * random.NextDouble() - 1)];
    }

    static double[] Cyclic(int n) => [.. Enumerable.Range(0, n * n).Select(k => k % n == (k / n + 1) % n ? 1.0 : 0)];

    /// <summary>A bit for each matrix that was not done, and what was found of the others.</summary>
    static (int Failed, Complex[][] Values) Of<P>(int n, params double[][] each) where P : unmanaged, ISimdReal<P, double>
    {
        var (re, im, scratch) = (new double[n * each.Length], new double[n * each.Length], new double[EigenvalueLanes<P>.ScratchLength(n)]);
        // Whatever it holds, and no more than it holds, is used.
        Array.Fill(scratch, double.NaN);
        Array.Fill(re, double.NaN);
        var failed = EigenvalueLanes<P>.Of(each.SelectMany(m => m).ToArray(), each.Length, n, re, im, scratch);
        return (failed, [.. each.Select((_, k) => Enumerable.Range(k * n, n).Select(i => new Complex(re[i], im[i])).ToArray())]);
    }

    static void Same(Complex[] expected, Complex[] found, double tolerance)
    {
        var left = expected.ToList();
        foreach (var v in found)
        {
            var nearest = left.MinBy(e => (e - v).Magnitude);
            Assert.True((nearest - v).Magnitude <= tolerance, $"{v} is none of {string.Join(", ", expected)}");
            left.Remove(nearest);
        }
    }

    [Fact]
    public void Ordinary_matrices_are_all_done_and_have_the_same_bits_in_any_vector()
    {
        foreach (var n in (int[])[1, 2, 3, 4, 5, 6, 9, 20, 33])
            for (var count = 1; count <= Simd256<double>.Count; count++)
            {
                double[][] each = [.. Enumerable.Range(0, count).Select(k => Draw(n, 100 * n + k))];
                var (failed, values) = Of<Simd256<double>>(n, each);
                Assert.Equal(0, failed);
                for (var k = 0; k < count; k++) Same(Eigenvalues.Of(each[k], n).OrThrow().Values, values[k], 1e-12 * n);
                var (wideFailed, wide) = Of<Simd512<double>>(n, [.. each, .. each]);
                Assert.Equal(0, wideFailed);
                Assert.Equal([.. values, .. values], wide);
            }
    }

    [Fact]
    public void Matrices_that_need_isolation_or_exceptional_shifts_are_done_in_lanes()
    {
        for (var n = 2; n <= 8; n++)
        {
            // A triangle, one hidden by a permutation, a block beside single values, and a cycle, on which ordinary shifts stand still.
            double[] triangle = Draw(n, n), hidden = new double[n * n], block = Draw(n, n + 1);
            for (var i = 0; i < n; i++)
                for (var j = 0; j < i; j++) triangle[i * n + j] = 0;
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++) hidden[(i * 5 + 2) % n * n + (j * 5 + 2) % n] = triangle[i * n + j];
            // Where 5 and n have a factor in common there is no permutation.
            if (n % 5 == 0) hidden = [.. triangle];
            for (var j = 0; j + 1 < n; j++) block[(n - 1) * n + j] = 0;
            for (var i = 1; i < n; i++) block[i * n] = 0;
            var (failed, values) = Of<Simd256<double>>(n, triangle, hidden, block, Cyclic(n));
            Assert.Equal(0, failed);
            Complex[] diagonal = [.. Enumerable.Range(0, n).Select(i => (Complex)triangle[i * (n + 1)])];
            Same(diagonal, values[0], 0);
            Same(diagonal, values[1], 0);
            Same(Eigenvalues.Of(block, n).OrThrow().Values, values[2], 1e-12);
            Same([.. Enumerable.Range(0, n).Select(k => Complex.FromPolarCoordinates(1, 2 * Math.PI * k / n))], values[3], 1e-13);
        }
    }

    [Fact]
    public void Graded_matrices_are_balanced_in_lanes()
    {
        foreach (var n in (int[])[2, 3, 5, 8])
        {
            double[][] plain = [.. Enumerable.Range(0, Simd256<double>.Count).Select(k => Draw(n, 7 * n + k))];
            // Each lane by another grade, one of them by none, and up as well as down: the spectrum is that of the plain one.
            int[] grades = [9, -12, 0, 40 / n];
            double[][] graded = [.. plain.Select((m, k) => m.Select((v, i) => Math.ScaleB(v, grades[k] * (i / n - i % n))).ToArray())];
            var (failed, values) = Of<Simd256<double>>(n, graded);
            Assert.Equal(0, failed);
            for (var k = 0; k < plain.Length; k++) Same(Eigenvalues.Of(plain[k], n).OrThrow().Values, values[k], 1e-12);
        }
    }

    [Fact]
    public void What_is_left_to_the_careful_way_is_told_lane_by_lane()
    {
        const int n = 4;
        var spread = Draw(n, 6);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) spread[i * n + j] *= Math.Pow(10, -100 * i);
        var triangle = Draw(n, 7);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < i; j++) triangle[i * n + j] = 0;
        double[][] careful =
        [
            [.. Draw(n, 1).Select(v => v * 1e300)], [.. Draw(n, 2).Select(v => v * 1e-40)], spread, [.. Draw(n, 3).Select((v, i) => i == 5 ? double.NaN : v)],
            [.. triangle.Select((v, i) => i == 2 ? double.PositiveInfinity : v)],
        ];
        foreach (var odd in careful)
            for (var lane = 0; lane < Simd256<double>.Count; lane++)
            {
                double[][] each = [.. Enumerable.Range(0, Simd256<double>.Count).Select(k => k == lane ? odd : Draw(n, 10 + k))];
                var (failed, values) = Of<Simd256<double>>(n, each);
                Assert.Equal(1 << lane, failed);
                for (var k = 0; k < each.Length; k++)
                    if (k != lane) Same(Eigenvalues.Of(each[k], n).OrThrow().Values, values[k], 1e-12);
            }
        // Two at once, and what is just within reach.
        Assert.Equal(0b1010, Of<Simd256<double>>(n, Draw(n, 1), careful[0], Draw(n, 2), careful[3]).Failed);
        Assert.Equal(0, Of<Simd256<double>>(n, [.. Draw(n, 1).Select(v => v * 1e249)], [.. Draw(n, 2).Select(v => v * 1e-29)]).Failed);
    }

    [Fact]
    public void Blocks_that_split_in_other_places_in_every_lane_do_not_see_one_another()
    {
        for (var n = 4; n <= 13; n++)
        {
            // Block triangular with the cuts before these rows; no single row or column can be taken out.
            int[][] cuts = [[n / 2], [], [2, n - 2], [n - 2], [2], [n / 3 + 1], [2, 4, n - 2], [n / 2, n - 2]];
            double[] Cut(int[] before, double[] m) => [.. m.Select((v, e) => before.Count(b => e / n >= b) > before.Count(b => e % n >= b) ? 0 : v)];
            double[][] each = [.. cuts.Select((c, k) => Cut(c, Draw(n, 50 * n + k)))];
            for (var from = 0; from < each.Length; from += Simd256<double>.Count)
            {
                var group = each[from..(from + Simd256<double>.Count)];
                var (failed, values) = Of<Simd256<double>>(n, group);
                Assert.Equal(0, failed);
                for (var k = 0; k < group.Length; k++)
                {
                    Same(Eigenvalues.Of(group[k], n).OrThrow().Values, values[k], 1e-12 * n);
                    // Whatever its neighbours do, and wherever it stands: the same bits.
                    Assert.Equal(values[k], Of<Simd256<double>>(n, group[k]).Values[0]);
                    Assert.Equal(values[k], Of<Simd256<double>>(n, Cyclic(n), new double[n * n], group[k]).Values[2]);
                }
            }
            Assert.Equal(0, Of<Simd512<double>>(n, each).Failed);
        }
    }
}
