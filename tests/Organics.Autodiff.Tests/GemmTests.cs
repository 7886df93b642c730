using System.Numerics;

namespace Organics.Tests;

/// <summary>Matrix products of awkward sizes against three nested loops.</summary>
public sealed class GemmTests : DeviceTests
{
    static readonly int[] Sizes = [0, 1, 3, 4, 5, 63, 64, 65, 130, 257];

    // Blocks of the algorithm end at 4 and 64 rows, at 32 and 64 columns and at 128 terms: sizes around each, every three of them together once.
    public static TheoryData<int> Rows => [.. Sizes];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_size_and_flag_in_single_precision(int m) => Sweep<float>(m, 2e-6);

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_size_and_flag_in_double_precision(int m) => Sweep<double>(m, 2e-15);

    void Sweep<T>(int m, double unit) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var backend = Device.Backend<T>();
        var numbers = Array.ConvertAll(Numbers(m, 67_000), T.CreateTruncating);
        for (var at = 0; at < Sizes.Length * Sizes.Length; at++)
        {
            var (n, k) = (Sizes[at / Sizes.Length], Sizes[at % Sizes.Length]);
            // The eight ways share the sizes of larger products; small ones see them all.
            for (var way = 0; way < 8; way++)
            {
                if ((long)m * n * k > 20_000 && way != (at + m) % 8) continue;
                var (ta, tb, add) = ((way & 1) != 0, (way & 2) != 0, (way & 4) != 0);
                var (a, b, c) = (numbers[at..(at + m * k)], numbers[(3 * at + 1)..(3 * at + 1 + k * n)], numbers[..(m * n)]);
                if (!add) Array.Fill(c, T.NaN);
                var (va, vb) = (View(a), View(b));
                // C lies in the middle of a larger piece of memory, whose rest must stay as it is.
                var all = new T[m * n + 200];
                Array.Fill(all, T.CreateTruncating(77));
                c.CopyTo(all, 100);
                var memory = View(all);
                backend.MatMul(va, ta, vb, tb, memory.Slice(100, m * n), m, n, k, add);
                backend.Download(memory, all);
                Assert.False(all.AsSpan(0, 100).ContainsAnyExcept(T.CreateTruncating(77)));
                Assert.False(all.AsSpan(100 + m * n).ContainsAnyExcept(T.CreateTruncating(77)));
                var (x, y) = (Array.ConvertAll(a, double.CreateTruncating), Array.ConvertAll(b, double.CreateTruncating));
                for (var i = 0; i < m; i++)
                    for (var j = 0; j < n; j++)
                    {
                        var sum = add ? double.CreateTruncating(c[i * n + j]) : 0;
                        for (var l = 0; l < k; l++) sum += x[ta ? l * m + i : i * k + l] * y[tb ? j * k + l : l * n + j];
                        var actual = double.CreateTruncating(all[100 + i * n + j]);
                        if (!(Math.Abs(actual - sum) <= unit * (k + 1)))
                            Assert.Fail($"[{m}, {k}]·[{k}, {n}], flags {ta}, {tb}, accumulate {add}: element ({i}, {j}) is {actual:r}, not {sum:r}.");
                    }
            }
        }

        View<T> View(T[] values) => Organics.Tensor.From<T>(values, [values.Length], Device).View;
    }

    [Fact]
    public void A_product_large_enough_to_be_packed_although_its_rows_are_whole()
    {
        const int M = 5, N = 512, K = 600;
        var (a, b) = (Tensor(1, [M, K]), Tensor(2, [K, N]));
        var (x, y) = (a.ToArray(), b.ToArray());
        var expected = new double[M * N];
        for (var i = 0; i < M; i++)
            for (var l = 0; l < K; l++)
                for (var j = 0; j < N; j++) expected[i * N + j] += x[i * K + l] * y[l * N + j];
        AssertClose(expected, a.MatMul(b).ToArray());
    }

    [Fact]
    public void A_NaN_spoils_only_its_row_and_column()
    {
        // Padding beside the matrices must not carry it elsewhere.
        foreach (var flags in (int[])[0, 1, 2, 3])
        {
            var (ta, tb) = ((flags & 1) != 0, (flags & 2) != 0);
            var (a, b) = (Numbers(1, 7 * 5), Numbers(2, 5 * 9));
            a[ta ? 2 * 7 + 3 : 3 * 5 + 2] = double.NaN;
            b[tb ? 8 * 5 + 1 : 1 * 9 + 8] = double.PositiveInfinity;
            var c = Tensor(a, ta ? [5, 7] : [7, 5]).MatMul(Tensor(b, tb ? [9, 5] : [5, 9]), ta, tb).ToArray();
            for (var i = 0; i < 7; i++)
                for (var j = 0; j < 9; j++) Assert.Equal(i != 3 && j != 8, double.IsFinite(c[i * 9 + j]));
        }
    }
}
