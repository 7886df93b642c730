namespace Organics.Tests;

public sealed class SolveTests : OpTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    [InlineData(2, 3)]
    [InlineData(1, 4)]
    [InlineData(2, 5)]
    [InlineData(1, 9)]
    [InlineData(0, 3)]
    [InlineData(3, 0)]
    public void Solutions_satisfy_their_systems_and_differentiate(int batch, int n)
    {
        // Made from its solution, with a strong antidiagonal: well conditioned, and every row exchanged.
        var (a, x) = (Tensor(Matrices(batch, n), [batch, n, n]), Tensor(2, [batch, n]));
        var b = Table([batch, n], i => Enumerable.Range(0, n).Sum(j => At(a, i[0], i[1], j) * At(x, i[0], j)));
        Verify(t => t[0].Solve(t[1]), [batch, n], x.ToArray(), 1e-11, 1e-6, a, Tensor(b, [batch, n]));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(33)]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(130)]
    public void Larger_systems_solve_to_a_small_residual_and_so_do_their_adjoints(int n)
    {
        using var tape = new Tape<double>(Device);
        var (a, b) = (Tensor(Matrices(2, n), [2, n, n]), Tensor(3, [2, n]));
        var (m, rhs) = (a.ToArray(), b.ToArray());
        var x = tape.Watch(a).Solve(tape.Watch(b));
        var u = Numbers(4, 2 * n);
        var g = tape.Backward(x, tape.Constant(u, [2, n]));
        var (xs, gb, ga) = (x.ToArray(), g[b].ToArray(), g[a].ToArray());
        for (var s = 0; s < 2; s++)
            for (var i = 0; i < n; i++)
            {
                Assert.Equal(rhs[s * n + i], Enumerable.Range(0, n).Sum(j => m[(s * n + i) * n + j] * xs[s * n + j]), 1e-9);
                Assert.Equal(u[s * n + i], Enumerable.Range(0, n).Sum(j => m[(s * n + j) * n + i] * gb[s * n + j]), 1e-9);
                for (var j = 0; j < n; j++) Assert.Equal(-gb[s * n + i] * xs[s * n + j], ga[(s * n + i) * n + j], 1e-12);
            }
    }

    [Fact]
    public void A_singular_system_gives_non_finite_unknowns_and_leaves_its_neighbours_alone()
    {
        double[][] singular =
        [
            [0, 0, 0, 0, 0, 0, 0, 0, 0],
            [1, 2, 3, 2, 4, 6, 0, 1, 1],
            [1, 2, 0, 3, 4, 0, 5, 6, 0],
            [double.NaN, 0, 0, 0, 1, 0, 0, 0, 1],
            [1, 0, 0, 0, 1, 0, 0, 0, double.NaN],
            [double.PositiveInfinity, 0, 0, 0, 1, 0, 0, 0, 1],
        ];
        double[] identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
        foreach (var matrix in singular)
            foreach (var device in (Device[])[Device, Organics.Device.Reference])
            {
                var x = Organics.Tensor.From<double>([.. identity, .. matrix, .. identity], [3, 3, 3], device)
                    .Solve(Organics.Tensor.From<double>([1, 2, 3, 1, 2, 4, 1, 2, 3], [3, 3], device)).ToArray();
                Assert.Equal([1.0, 2, 3], x[..3]);
                Assert.Equal([1.0, 2, 3], x[6..]);
                // An infinite pivot may legitimately divide to 0.
                if (!matrix.Contains(double.PositiveInfinity)) Assert.Contains(x[3..6], v => !double.IsFinite(v));
            }
    }

    [Fact]
    public void Systems_that_need_row_exchanges_are_solved()
    {
        // A cyclic permutation of rows has an order of 3: applying its inverse instead shows.
        double[] a = [0, 2, 0, 0, 0, 3, 5, 0, 0];
        Verify(t => t[0].Solve(t[1]), [1, 3], [7.0 / 5, 1, 2], Tensor(a, [1, 3, 3]), Tensor([2, 6, 7], [1, 3]));
    }

    [Fact]
    public void Single_precision_solves_too()
    {
        var a = Array.ConvertAll(Matrices(3, 50), v => (float)v);
        var b = Array.ConvertAll(Numbers(1, 150), v => (float)v);
        var x = Organics.Tensor.From<float>(a, [3, 50, 50], Device).Solve(Organics.Tensor.From<float>(b, [3, 50], Device)).ToArray();
        for (var r = 0; r < 150; r++)
            Assert.Equal(b[r], Enumerable.Range(0, 50).Sum(j => (double)a[r * 50 + j] * x[r / 50 * 50 + j]), 1e-4);
    }

    [Fact]
    public void Shapes_are_checked()
    {
        foreach (var (a, b) in ((Shape, Shape)[])[([2, 3], [2, 3]), ([2, 3, 4], [2, 3]), ([2, 3, 3], [3]), ([2, 3, 3], [3, 3]), ([2, 3, 3], [2, 4])])
            AssertSays<ShapeException>(() => Tensor(1, a).Solve(Tensor(2, b)), "Solve", a.ToString(), b.ToString(), "[batch, n, n] and [batch, n]");
    }

    static double[] Matrices(int batch, int n)
    {
        var a = Numbers(1, batch * n * n);
        for (var r = 0; r < batch * n; r++) a[r * n + (n - 1 - r % n)] += 2 * n;
        return a;
    }
}
