namespace Organics.Tests;

public sealed class GmresTests
{
    static double[] Draw(Random random, int n) => [.. Enumerable.Range(0, n).Select(_ => random.NextDouble() - 0.5)];

    static double[] Times(double[] a, ReadOnlySpan<double> x)
    {
        var (n, y) = (x.Length, new double[x.Length]);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) y[i] += a[i * n + j] * x[j];
        return y;
    }

    static double Product(double[] u, double[] v) => u.Zip(v, (x, y) => x * y).Sum();

    static double[] Rest(double[] a, double[] b, double[] x) => [.. b.Zip(Times(a, x), (p, q) => p - q)];

    /// <summary>Takes products until it is done, and asks after each for what the method promises: orthonormal directions, and the x of least residual in their span.</summary>
    static Gmres Run(double[] a, double[] b, double tolerance, int most, double slack = 1e-12)
    {
        var system = new Gmres(b, tolerance, most);
        List<double[]> directions = [], images = [];
        var before = system.Residual;
        while (!system.IsDone)
        {
            directions.Add(system.Direction.ToArray());
            images.Add(Times(a, system.Direction));
            for (var i = 0; i < directions.Count; i++)
                Assert.Equal(i == directions.Count - 1 ? 1 : 0, Product(directions[i], directions[^1]), 1e-13);
            system.Advance(images[^1]);
            Assert.Equal(directions.Count, system.Products);
            var x = system.Solution();
            var (rest, norm) = (Rest(a, b, x), Math.Sqrt(Product(b, b)));
            if (!Array.TrueForAll(rest, double.IsFinite)) break;
            Assert.Equal(Math.Sqrt(Product(rest, rest)) / norm, system.Residual, slack);
            // The residual of the least squares is orthogonal to all images.
            foreach (var image in images) Assert.Equal(0, Product(image, rest) / norm / Math.Sqrt(Product(image, image)), slack);
            Assert.True(system.Residual <= before + slack);
            before = system.Residual;
        }
        return system;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Random_systems_are_solved_as_a_factorisation_solves_them(bool isSymmetric)
    {
        for (var n = 1; n <= 12; n++)
        {
            var random = new Random(n);
            double[] a = Draw(random, n * n), b = Draw(random, n);
            for (var i = 0; i < n; i++)
                for (var j = 0; j < i; j++)
                    if (isSymmetric) a[i * n + j] = a[j * n + i];
            var system = Run(a, b, 1e-13, 2 * n, 1e-11);
            Assert.InRange(system.Residual, 0, 1e-13);
            Assert.InRange(system.Products, 1, n);
            var (pivots, expected) = (new int[n], (double[])b.Clone());
            Assert.False(Lu.Factor<double>(a, n, pivots).IsSingular);
            Lu.Solve<double>(a, n, pivots, expected);
            var x = system.Solution();
            for (var i = 0; i < n; i++) Assert.Equal(expected[i], x[i], 1e-9 * (1 + Math.Abs(expected[i])));
        }
    }

    [Fact]
    public void Directions_stay_orthogonal_where_products_hardly_leave_them()
    {
        // A = I + 10⁻⁹B: all but 10⁻⁹ of a product lies along what there is.
        const int n = 6;
        var random = new Random(3);
        double[] a = [.. Draw(random, n * n).Select((v, k) => (k % (n + 1) == 0 ? 1 : 0) + 1e-9 * v)];
        Assert.True(Run(a, Draw(random, n), 0, 3, 1e-13).Products >= 2);
    }

    [Fact]
    public void As_many_products_as_distinct_eigenvalues_are_enough()
    {
        // QDQᵀ with Q = I − 2xxᵀ/xᵀx.
        double[] x = [1, -2, 0.5, 3, 0.25], d = [2, 2, 2, 5, 5], b = [1, 2, -1, 0.5, 4];
        var square = Product(x, x);
        double Q(int i, int j) => (i == j ? 1 : 0) - 2 * x[i] * x[j] / square;
        double[] a = [.. Enumerable.Range(0, 25).Select(k => Enumerable.Range(0, 5).Sum(m => Q(k / 5, m) * d[m] * Q(k % 5, m)))];
        // With a tolerance of 0 only that no direction is left ends it.
        foreach (var tolerance in (double[])[1e-12, 0])
        {
            var system = Run(a, b, tolerance, 50);
            Assert.Equal(2, system.Products);
            Assert.InRange(system.Residual, 0, 1e-14);
        }
        double[] triple = [3, 0, 0, 3];
        var one = Run(triple, [3, -6], 0, 9);
        Assert.Equal((1, true), (one.Products, one.IsDone));
        Assert.Equal(1, one.Solution()[0], 1e-15);
        Assert.Equal(-2, one.Solution()[1], 1e-15);
    }

    [Fact]
    public void The_tolerance_and_the_number_of_products_are_kept()
    {
        const int n = 10;
        var random = new Random(5);
        double[] a = [.. Draw(random, n * n).Select((v, k) => v + (k % (n + 1) == 0 ? 4 : 0))], b = Draw(random, n);
        double[] residuals = [.. Enumerable.Range(1, n).Select(most => Run(a, b, 0, most).Residual)];
        foreach (var tolerance in (double[])[0.1, 1e-3, 1e-6, 1e-9])
        {
            var system = Run(a, b, tolerance, n);
            Assert.Equal(1 + Array.FindIndex(residuals, r => r <= tolerance), system.Products);
        }
        for (var most = 1; most <= 4; most++) Assert.Equal((most, true), (Run(a, b, 0, most).Products, Run(a, b, 0, most).IsDone));
        // A quarter turn leaves all of the residual after the first product, and a tolerance of 1 is met by it.
        double[] turn = [0, -1, 1, 0];
        Assert.Equal((1, 1.0), Run(turn, [1, 0], 1, 5) is var all ? (all.Products, all.Residual) : default);
        var second = Run(turn, [1, 0], 1e-15, 5);
        Assert.Equal((2, 0.0, -1.0), (second.Products, Math.Round(second.Solution()[0], 15), Math.Round(second.Solution()[1], 15)));
        Assert.Equal("most", Assert.Throws<ArgumentOutOfRangeException>(() => new Gmres([1.0], 0, 0)).ParamName);
    }

    [Fact]
    public void A_singular_system_that_has_a_solution_is_solved()
    {
        double[] a = [0, 0, 0, 0, 1, 0, 0, 0, 2];
        var system = Run(a, [0, 3, 4], 1e-14, 9);
        Assert.Equal(2, system.Products);
        Assert.Equal([0, 3, 2], system.Solution().Select(v => Math.Round(v, 13)));
        // b is an image of the matrix of nine numbers, whose rank is 2.
        Assert.InRange(Run([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 1], 1e-14, 9).Residual, 0, 1e-14);
    }

    [Fact]
    public void A_singular_system_that_has_none_claims_none()
    {
        // Only the rows of the last three are singular to the last bit; of the others rounding leaves a pivot, by which a solution of 10¹⁶ with a residual of 0 would follow.
        (double[] A, double[] B)[] systems =
        [
            ([0, 0, 0, 0, 1, 0, 0, 0, 2], [1, 1, 1]), ([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 0, 0]), ([1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 0, 1e-200]),
            ([1, 2, 2, 4], [1, 0]), ([0, 1, 0, 0], [1, 0]), ([0], [2]),
        ];
        foreach (var (a, b) in systems)
            foreach (var tolerance in (double[])[0, 1e-13])
            {
                var system = new Gmres(b, tolerance, 9);
                while (!system.IsDone) system.Advance(Times(a, system.Direction));
                Assert.Equal(1, system.Residual);
                Assert.Contains(system.Solution(), v => !double.IsFinite(v));
                Assert.InRange(system.Products, 1, b.Length);
            }
        // One that is regular, though its numbers are small, is no such system.
        foreach (var scale in (double[])[1, 1e-150, 1e150])
        {
            var x = Run([scale, 2 * scale, 3 * scale, 4 * scale], [5, 11], 0, 9, 1e-13).Solution();
            Assert.Equal(1, x[0] * scale, 1e-13);
            Assert.Equal(2, x[1] * scale, 1e-13);
        }
    }

    [Fact]
    public void Nothing_is_solved_by_nothing()
    {
        foreach (var b in (double[][])[[0, 0, 0], []])
        {
            var system = new Gmres(b, 1e-10, 5);
            Assert.Equal((true, 0.0, 0), (system.IsDone, system.Residual, system.Products));
            Assert.Equal(b, system.Solution());
            Assert.Equal("This system is done; take its Solution.", Assert.Throws<InvalidOperationException>(() => system.Advance(new double[b.Length])).Message);
        }
    }

    [Fact]
    public void The_magnitude_of_the_right_hand_side_is_that_of_the_solution()
    {
        foreach (var scale in (double[])[1e300, 1e-300])
        {
            var system = new Gmres([5 * scale, 11 * scale], 1e-14, 9);
            while (!system.IsDone) system.Advance(Times([1, 2, 3, 4], system.Direction));
            Assert.InRange(system.Residual, 0, 1e-14);
            Assert.Equal(1, system.Solution()[0] / scale, 1e-13);
            Assert.Equal(2, system.Solution()[1] / scale, 1e-13);
        }
    }

    [Fact]
    public void What_is_not_finite_ends_it_and_leaves_what_was_found_before()
    {
        foreach (var bad in (double[])[double.NaN, double.PositiveInfinity])
        {
            var none = new Gmres([1, bad], 0, 5);
            Assert.Equal((true, double.NaN), (none.IsDone, none.Residual));
            for (var good = 0; good < 2; good++)
            {
                var system = new Gmres([1, 2, 3], 0, 5);
                for (var k = 0; k < good; k++) system.Advance(Times([1, 2, 3, 4, 5, 6, 7, 8, 10], system.Direction));
                var before = system.Solution();
                system.Advance([0, bad, 0]);
                Assert.Equal((true, double.NaN, good), (system.IsDone, system.Residual, system.Products));
                Assert.Equal(before, system.Solution());
                Assert.Throws<InvalidOperationException>(() => system.Advance([1, 0, 0]));
            }
        }
        // Each element is a number, the norm is none.
        var large = new Gmres([1, 2], 0, 5);
        large.Advance([double.MaxValue, double.MaxValue]);
        Assert.Equal((true, double.NaN), (large.IsDone, large.Residual));
    }
}
