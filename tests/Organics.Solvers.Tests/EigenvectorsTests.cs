using System.Numerics;

namespace Organics.Tests;

public sealed class EigenvectorsTests
{
    static double[] Of(int n, Func<int, int, double> f) => [.. Enumerable.Range(0, n * n).Select(k => f(k / n, k % n))];

    static double[] Jordan(double lambda, int n) => Of(n, (i, j) => i == j ? lambda : j == i + 1 ? 1 : 0);

    static double[] Blocks(params double[][] blocks)
    {
        var n = blocks.Sum(b => (int)Math.Sqrt(b.Length));
        var (m, offset) = (new double[n * n], 0);
        foreach (var block in blocks)
        {
            var k = (int)Math.Sqrt(block.Length);
            for (var i = 0; i < k * k; i++) m[(offset + i / k) * n + offset + i % k] = block[i];
            offset += k;
        }
        return m;
    }

    /// <summary>QMQᵀ with Q = I − 2xxᵀ/xᵀx: what no permutation makes triangular.</summary>
    static double[] Turned(double[] m, int seed)
    {
        var n = (int)Math.Sqrt(m.Length);
        var random = new Random(seed);
        var x = Enumerable.Range(0, n).Select(_ => random.NextDouble() + 0.1).ToArray();
        var square = x.Sum(v => v * v);
        double Q(int i, int j) => (i == j ? 1 : 0) - 2 * x[i] * x[j] / square;
        var half = Of(n, (i, j) => Enumerable.Range(0, n).Sum(k => Q(i, k) * m[k * n + j]));
        return Of(n, (i, j) => Enumerable.Range(0, n).Sum(k => half[i * n + k] * Q(k, j)));
    }

    /// <summary>‖Av − λv‖/‖A‖_F and ‖Aᵀu − λ̄u‖/‖A‖_F, the larger, in numbers that overflow late.</summary>
    static double Residual(double[] m, int n, EigenPair pair)
    {
        var largest = m.Max(Math.Abs);
        var (residual, norm) = (0.0, Math.Sqrt(m.Sum(v => v / largest * (v / largest))));
        foreach (var isLeft in new[] { false, true })
        {
            var (x, lambda) = isLeft ? (pair.Left, Complex.Conjugate(pair.Value)) : (pair.Right, pair.Value);
            var squares = 0.0;
            for (var i = 0; i < n; i++)
            {
                var sum = -lambda / largest * x[i];
                for (var j = 0; j < n; j++) sum += m[isLeft ? j * n + i : i * n + j] / largest * x[j];
                squares += sum.Real * sum.Real + sum.Imaginary * sum.Imaginary;
            }
            residual = Math.Max(residual, Math.Sqrt(squares) / norm);
            Assert.Equal(1, Math.Sqrt(x.Sum(v => v.Real * v.Real + v.Imaginary * v.Imaginary)), 1e-12);
        }
        return residual;
    }

    static EigenPair[] All(double[] m, int n)
    {
        var pairs = Eigenvectors.Of(m, n, Eigenvalues.Of(m, n).OrThrow().Values);
        foreach (var pair in pairs)
        {
            var residual = Residual(m, n, pair);
            Assert.InRange(residual, 0, 1e-15 * n + 1e-15);
            Assert.Equal(residual, pair.Residual, 1e-15);
        }
        return pairs;
    }

    [Fact]
    public void The_critically_damped_oscillator_is_defective()
    {
        // ẍ + 2ẋ + x = 0 has λ = −1 with one eigenvector, (1, −1).
        double[] m = [0, 1, -1, -2];
        foreach (var at in (double[])[-1, -1 + 1e-9, -1 - 1e-8])
        {
            var pair = Eigenvectors.Of(m, 2, at);
            Assert.Equal(-1, pair.Value.Real, 2e-8);
            Assert.Equal(0, pair.Value.Imaginary);
            Assert.Equal(double.PositiveInfinity, pair.Condition);
            Assert.Equal(1, pair.Multiplicity);
            Assert.Equal(0, (pair.Right[0] + pair.Right[1]).Magnitude, 3e-8);
            Assert.InRange(Residual(m, 2, pair), 0, 1e-15);
            // Perturbed by 1e-10 it splits by the root of it.
            Assert.InRange(pair.ErrorBound(1e-10), 1e-5, 1e-4);
            var message = Assert.Throws<ArithmeticException>(pair.RealPartGradient).Message;
            Assert.EndsWith("is defective to rounding errors and has no gradient; change a parameter a little, so that it splits.", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(40)]
    public void Jordan_blocks_have_one_pair_without_overlap(int n)
    {
        foreach (var lambda in (double[])[-1, 0, 3])
            foreach (var m in (double[][])[Jordan(lambda, n), Of(n, (i, j) => Jordan(lambda, n)[j * n + i]), Turned(Jordan(lambda, n), n)])
                foreach (var pair in All(m, n))
                {
                    Assert.Equal(double.PositiveInfinity, pair.Condition);
                    Assert.Equal(1, pair.Multiplicity);
                    // The eigenvalue that it is of is within the bound.
                    Assert.InRange((pair.Value - lambda).Magnitude, 0, pair.ErrorBound(0));
                }
        var exact = Eigenvectors.Of(Jordan(5, n), n, 5);
        Assert.Equal(1, exact.Right[0].Magnitude, 1e-15);
        Assert.Equal(1, exact.Left[^1].Magnitude, 1e-15);
    }

    [Fact]
    public void Defective_complex_pairs_are_recognised()
    {
        // (λ² + 1)² and ((λ + 1)² + 4)³.
        double[] i2 = [0, 1, 1, 0, -1, 0, 0, 1, 0, 0, 0, 1, 0, 0, -1, 0];
        var i3 = Of(6, (i, j) => i / 2 == j / 2 ? (i % 2, j % 2) switch { (0, 1) => 2, (1, 0) => -2, _ => -1 } : j == i + 2 ? 1 : 0);
        foreach (var m in (double[][])[i2, Turned(i2, 2), i3, Turned(i3, 3)])
            Assert.All(All(m, (int)Math.Sqrt(m.Length)), p => Assert.Equal(double.PositiveInfinity, p.Condition));
    }

    [Fact]
    public void Derogatory_eigenvalues_have_all_their_vectors()
    {
        // Semisimple: four times 1 in a symmetric matrix; every vector of an identity or a zero matrix.
        var symmetric = Turned(Of(6, (i, j) => i == j ? Math.Max(1, i - 2) : 0), 4);
        Assert.All(All(symmetric, 6), p => Assert.Equal(1, p.Condition, 1e-12));
        Assert.Equal(4, Eigenvectors.Of(symmetric, 6, 1).Multiplicity);
        Assert.Equal((7, 1.0), Eigenvectors.Of(Of(7, (i, j) => i == j ? 3 : 0), 7, 3) is var p ? (p.Multiplicity, Math.Round(p.Condition, 12)) : default);
        Assert.Equal(5, Eigenvectors.Of(new double[25], 5, 0).Multiplicity);
        Assert.Equal((0, 0), (Eigenvectors.Of(new double[25], 5, 0).ErrorBound(0), Eigenvectors.Of(new double[25], 5, 0).Residual));
        // Rank one: n − 1 times 0.
        Assert.Equal(19, Eigenvectors.Of(Of(20, (_, _) => 1), 20, 0).Multiplicity);
        // Blocks of several sizes of one eigenvalue: as many vectors as blocks, and no condition.
        foreach (var blocks in (double[][][])[[Jordan(2, 2), Jordan(2, 2)], [Jordan(2, 3), Jordan(2, 1)], [Jordan(2, 1), Jordan(2, 2), Jordan(2, 3)]])
        {
            var m = Blocks([.. blocks, [-1]]);
            var pair = Eigenvectors.Of(m, (int)Math.Sqrt(m.Length), 2);
            Assert.Equal((blocks.Length, double.PositiveInfinity), (pair.Multiplicity, pair.Condition));
            Assert.InRange(Residual(m, pair.Right.Length, pair), 0, 1e-15);
            Assert.All(
                All(Turned(m, 5), pair.Right.Length),
                p => Assert.True((p.Value + 1).Magnitude < 1e-9 ? p.Condition < 10 : double.IsPositiveInfinity(p.Condition)));
        }
    }

    [Fact]
    public void Conditions_are_those_of_closed_forms()
    {
        // [[1, k], [0, 2]]: u = (1, −k), v = (1, 0), condition √(1 + k²) at both.
        foreach (var k in (double[])[0, 1, 1e3, 1e6])
            Assert.All(Eigenvectors.Of([1, k, 0, 2], 2, [1, 2]), p => Assert.Equal(Math.Sqrt(1 + k * k), p.Condition, 1e-6 * Math.Sqrt(1 + k * k)));
        // Near to one another, but not to rounding errors: [[1, 1], [0, 1 + g]] has the condition √(1 + 1/g²).
        Assert.Equal(1e6, Eigenvectors.Of([1, 1, 0, 1 + 1e-6], 2, 1).Condition, 1);
        Assert.Equal(double.PositiveInfinity, Eigenvectors.Of([1, 1, 0, 1 + 1e-9], 2, 1).Condition);
        // Twice 1 with the left vectors turned by 500 from the right ones, semisimple.
        var pair = Eigenvectors.Of([1, 0, 5, 0, 0, 1, 0, 1e3, 0, 0, 2, 0, 0, 0, 0, 3], 4, 1);
        Assert.Equal(2, pair.Multiplicity);
        Assert.Equal(Math.Sqrt(1 + 500.0 * 500), pair.Condition, 1e-6 * 500);
    }

    [Fact]
    public void Magnitudes_near_the_ends_of_the_numbers_are_scaled_away()
    {
        foreach (var scale in (double[])[1e200, 1e-200, 1e300, 1e-300, 1e-310])
        {
            double[] m = [.. new double[] { 4, 1, 2, 3 }.Select(v => v * scale)];
            foreach (var pair in All(m, 2)) Assert.InRange(pair.Condition, 1, 1.1);
            Assert.Equal(double.PositiveInfinity, Eigenvectors.Of([0, scale, -scale, -2 * scale], 2, -scale).Condition);
        }
        // Side by side: 1e200 and 1e-200 are one eigenvalue each, or the product is.
        Assert.All(All([1e200, 0, 0, 1e-200], 2), p => Assert.Equal(1, p.Condition, 1e-12));
        var mixed = All([0, 1e200, 1e-200, 0], 2);
        Assert.Equal([-1, 1], mixed.Select(p => p.Value.Real).Order());
        // A perturbation of 1e185, a rounding error, moves them by 1e192.
        Assert.All(mixed, p => Assert.Equal(double.PositiveInfinity, p.Condition));
        Assert.All(All([1e200, 1, 1e-200, 1e-200, 3, 2, 1, 1e-100, 1e-150, 1e150, 7, 1, 0, 1, 2, 1e-200], 4), p => Assert.True(p.Condition < 10));
    }

    [Fact]
    public void Ordinary_matrices_have_biorthogonal_vectors_and_bounds_that_hold()
    {
        foreach (var n in (int[])[1, 2, 3, 5, 12, 30])
        {
            var random = new Random(n);
            var m = Of(n, (_, _) => random.NextDouble() - 0.5);
            var pairs = All(m, n);
            foreach (var p in pairs)
            {
                Assert.Equal(1, p.Condition * Overlap(p.Left, p.Right), 1e-12);
                foreach (var q in pairs)
                    if (q != p) Assert.InRange(Overlap(p.Left, q.Right), 0, 1e-9);
                if (p.Value.Imaginary == 0) Assert.All(p.Right.Concat(p.Left), v => Assert.Equal(0, v.Imaginary));
            }
            foreach (var size in (double[])[1e-10, 1e-6, 1e-3, 0.1])
            {
                var moved = Of(n, (i, j) => m[i * n + j] + size * (random.NextDouble() - 0.5) / n);
                var spectrum = Eigenvalues.Of(moved, n).Values;
                foreach (var p in pairs) Assert.InRange(spectrum.Min(v => (v - p.Value).Magnitude), 0, p.ErrorBound(size));
                // To first order where it is small, and no more.
                if (size == 1e-10) Assert.All(pairs, p => Assert.InRange(p.ErrorBound(size), p.Condition * size, 1.01 * p.Condition * size));
            }
        }

        static double Overlap(Complex[] u, Complex[] v) => u.Zip(v, (x, y) => Complex.Conjugate(x) * y).Aggregate(Complex.Zero, (x, y) => x + y).Magnitude;
    }

    [Fact]
    public void The_gradient_is_that_of_differences()
    {
        const int n = 5;
        var random = new Random(8);
        var m = Of(n, (_, _) => random.NextDouble() - 0.5);
        foreach (var value in Eigenvalues.Of(m, n).Values)
        {
            var gradient = Eigenvectors.Of(m, n, value).RealPartGradient();
            for (var k = 0; k < n * n; k++)
            {
                double At(double h)
                {
                    var moved = (double[])m.Clone();
                    moved[k] += h;
                    return Eigenvalues.Of(moved, n).Values.MinBy(v => (v - value).Magnitude).Real;
                }
                Assert.Equal((At(1e-6) - At(-1e-6)) / 2e-6, gradient[k], 1e-7);
            }
        }
    }

    [Fact]
    public void A_rough_value_leads_to_the_nearest_eigenvalue()
    {
        // λ² − 5λ − 2.
        var root = Math.Sqrt(33);
        Assert.Equal((5 + root) / 2, Eigenvectors.Of([1, 2, 3, 4], 2, 5.3).Value.Real, 1e-14);
        Assert.Equal((5 - root) / 2, Eigenvectors.Of([1, 2, 3, 4], 2, -0.4).Value.Real, 1e-14);
    }

    [Fact]
    public void A_rough_value_beside_an_ill_conditioned_eigenvalue_leads_there_too()
    {
        foreach (var k in (double[])[1, 10, 100])
        {
            var pair = Eigenvectors.Of([1, k, 0, 2], 2, 1.01);
            Assert.Equal(1, pair.Value.Real, 1e-13);
            Assert.InRange(pair.Residual, 0, 1e-15);
            Assert.Equal(Math.Sqrt(1 + k * k), pair.Condition, 1e-9 * k);
        }
    }

    [Fact]
    public void What_no_step_leads_from_to_an_eigenvalue_is_none_and_its_residual_tells()
    {
        // A quarter turn at 0: its left and right singular vectors are orthogonal, so that the Rayleigh quotient is no number.
        var pair = Eigenvectors.Of([0, -1, 1, 0], 2, 0);
        Assert.Equal(Complex.Zero, pair.Value);
        Assert.Equal(double.PositiveInfinity, pair.Condition);
        Assert.Equal(Math.Sqrt(0.5), pair.Residual, 1e-12);
    }

    [Fact]
    public void Equal_eigenvalues_share_a_pair_where_they_have_several_vectors()
    {
        var m = Of(5, (i, j) => i != j ? 0 : i < 2 ? 2 : i < 4 ? -2 : 3);
        var pairs = Eigenvectors.Of(m, 5, [2, 2, -2, -2, 3]);
        Assert.Same(pairs[0], pairs[1]);
        Assert.Same(pairs[2], pairs[3]);
        Assert.Equal([2, 2, -2, -2, 3], pairs.Select(p => p.Value.Real));
        Assert.Equal([2, 2, 2, 2, 1], pairs.Select(p => p.Multiplicity));
        // A defective one has one vector, and each value keeps its own.
        var defective = Eigenvectors.Of(Jordan(2, 2), 2, [2, 2]);
        Assert.NotSame(defective[0], defective[1]);
    }

    /// <summary>κe(1 + 2κe/(δ − 2κe)) where 4κe &lt; δ, else Elsner's (2‖A‖ + e)^(1−1/n)·e^(1/n), or the smaller of both.</summary>
    static double ClosedForm(double condition, double separation, double norm, int n, double e)
    {
        var elsner = Math.Pow(2 * norm + e, 1 - 1.0 / n) * Math.Pow(e, 1.0 / n);
        var first = condition * e;
        return 4 * first < separation ? Math.Min(elsner, first * (1 + 2 * first / (separation - 2 * first))) : elsner;
    }

    static double Norm(double[] m) => Math.Sqrt(m.Sum(v => v * v));

    [Fact]
    public void The_bound_of_a_symmetric_matrix_covers_the_worst_perturbation_and_is_little_more()
    {
        // Other eigenvalues nearer than 1 and farther, on one side and on both, some of them equal.
        foreach (var spectrum in (double[][])[[1, 2, 4], [1, -1.9], [1, -1.9, -1], [-3, 1, 5, 9], [1, 1.25, 1.25, -7], [0.001, 0.002, -0.005]])
        {
            var n = spectrum.Length;
            var m = Turned(Of(n, (i, j) => i == j ? spectrum[i] : 0), n);
            var lambda = spectrum[0];
            var separation = spectrum[1..].Min(v => Math.Abs(v - lambda));
            var pair = Eigenvectors.Of(m, n, lambda);
            foreach (var part in (double[])[1e-6, 1e-3, 0.1, 0.2, 0.24, 0.26, 1, 10])
            {
                var size = part * separation;
                var expected = ClosedForm(1, separation, Norm(m), n, size);
                // The separation is computed from above, by a little.
                Assert.InRange(pair.ErrorBound(size), 0.99 * expected, 1.0001 * expected);
                // E = ±size·vvᵀ moves it by all of its size.
                foreach (var sign in (int[])[-1, 1])
                {
                    var moved = Of(n, (i, j) => m[i * n + j] + sign * size * (pair.Right[i] * pair.Right[j]).Real);
                    var shift = Eigenvalues.Of(moved, n).Values.Min(v => (v - lambda).Magnitude);
                    Assert.InRange(shift, 0, pair.ErrorBound(size));
                    if (part < 0.3) Assert.Equal(size, shift, 1e-3 * size);
                }
                if (part < 0.25) Assert.InRange(pair.ErrorBound(size), size, 1.97 * size);
            }
        }
    }

    [Fact]
    public void The_bound_of_an_ill_conditioned_eigenvalue_covers_the_worst_perturbation_and_is_that_of_the_closed_form()
    {
        foreach (var k in (double[])[0.5, 1, 10, 1000])
        {
            // [[1, k], [0, 2]] beside 6: v = (1, 0), u = (1, −k)/κ, and T = diag(2, 6) from 1 at the distance 1.
            double[] m = [1, k, 0, 0, 2, 0, 0, 0, 6];
            var condition = Math.Sqrt(1 + k * k);
            foreach (var turned in (double[][])[m, Turned(m, 7)])
            {
                var pair = Eigenvectors.Of(turned, 3, 1);
                foreach (var part in (double[])[1e-4, 0.1, 0.2, 0.24, 0.26, 2])
                {
                    var size = part / condition;
                    var expected = ClosedForm(condition, 1, Norm(m), 3, size);
                    Assert.InRange(pair.ErrorBound(size), 0.99 * expected, 1.0001 * expected);
                    foreach (var sign in (int[])[-1, 1])
                    {
                        var moved = Of(3, (i, j) => turned[i * 3 + j] + sign * size * (pair.Left[i] * pair.Right[j]).Real);
                        Assert.InRange(Eigenvalues.Of(moved, 3).Values.Min(v => (v - 1).Magnitude), part < 0.01 ? 0.99 * part : 0, pair.ErrorBound(size));
                    }
                }
            }
        }
    }

    [Fact]
    public void Where_every_vector_is_an_eigenvector_the_bound_is_the_perturbation()
    {
        var pair = Eigenvectors.Of([3, 0, 0, 0, 3, 0, 0, 0, 3], 3, 3);
        foreach (var size in (double[])[1e-3, 0.5, 10]) Assert.Equal(size, pair.ErrorBound(size), 1e-13);
    }

    [Fact]
    public void Powers_of_two_scale_bounds_exactly()
    {
        double[] m = [1, 3, 0.5, 0, 2, -1, 0.25, 0, 6];
        var values = Eigenvalues.Of(m, 3).Values;
        foreach (var exponent in (int[])[-900, -3, 4, 900])
            foreach (var value in values)
                foreach (var size in (double[])[0, 1e-9, 0.01, 4])
                    Assert.Equal(
                        Math.ScaleB(Eigenvectors.Of(m, 3, value).ErrorBound(size), exponent),
                        Eigenvectors.Of([.. m.Select(v => Math.ScaleB(v, exponent))], 3, value * Math.ScaleB(1, exponent)).ErrorBound(Math.ScaleB(size, exponent)));
    }

    [Fact]
    public void A_value_within_rounding_errors_is_improved_and_what_it_was_off_is_in_the_bound()
    {
        const double ulp = Eigenvalues.Epsilon;
        foreach (var k in (double[])[0, 1])
        {
            double[] m = [1, k, 0, 2];
            var pair = Eigenvectors.Of(m, 2, 1 + 8 * ulp);
            Assert.Equal(1, pair.Value.Real, 1.01 * ulp);
            if (k == 0) Assert.InRange(pair.Residual, 0, 1.01 * ulp);
            // n·ε‖A‖_F of rounding, 8ε of the vectors and 8ε of the way to the better value.
            if (k == 0) Assert.InRange(pair.ErrorBound(0) / ulp, 2 * Norm(m) + 15, 2 * Norm(m) + 17);
        }
        // A quarter turn at 0, whose vectors leave 1 of it: Elsner's with e = 1, which covers ±i.
        Assert.Equal(Math.Sqrt(2 * Math.Sqrt(2) + 1), Eigenvectors.Of([0, -1, 1, 0], 2, 0).ErrorBound(0), 1e-12);
    }

    [Fact]
    public void Two_eigenvalues_are_one_where_rounding_errors_join_them()
    {
        // [[1, 1], [0, 1 + g]] is defective within n·ε‖A‖_F ≈ g²/4, alone and among others: between the two sizes of g lies a factor of three.
        foreach (var others in (double[][])[[], [5], [-3, 7, 0.5]])
        {
            var n = 2 + others.Length;
            double[] At(double g) => Of(n, (i, j) => i == j ? i == 0 ? 1 : i == 1 ? 1 + g : others[i - 2] : (i, j) == (0, 1) ? 1 : 0);
            var edge = Math.Sqrt(4 * n * Eigenvalues.Epsilon * Norm(At(0)));
            Assert.Equal(double.PositiveInfinity, Eigenvectors.Of(At(edge / 1.7), n, 1).Condition);
            Assert.Equal(1 / (1.7 * edge), Eigenvectors.Of(At(1.7 * edge), n, 1).Condition, 0.01 / edge);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Two_pairs_are_one_where_rounding_errors_join_them_whatever_stands_beside_and_however_it_is_turned(int seed)
    {
        // [[R, I], [0, R + gI]] with R = [[1, 3], [−3, 1]]: 1 ± 3i and 1 + g ± 3i, of condition √(1 + g²)/g.
        foreach (var others in (double[][])[[], [5], [-3, 7, 0.5, 20, 1.5, -8]])
        {
            var n = 4 + others.Length;
            double[] At(double g) => Of(n, (i, j) => i == j ? i < 2 ? 1 : i < 4 ? 1 + g : others[i - 4] : i < 4 && j == (i ^ 1) ? i % 2 == 0 ? 3 : -3 : i < 2 && j == i + 2 ? 1 : 0);
            double[] Moved(double g) => seed == 0 ? At(g) : Turned(At(g), seed);
            var edge = Math.Sqrt(4 * n * Eigenvalues.Epsilon * Norm(At(0)));
            EigenPair Pair(double g) => Eigenvectors.Of(Moved(g), n, new Complex(1, 3));
            Assert.Equal(double.PositiveInfinity, Pair(edge / 1.7).Condition);
            Assert.Equal(1 / (1.7 * edge), Pair(1.7 * edge).Condition, 0.02 / edge);
        }
    }

    [Fact]
    public void What_has_no_vectors_is_refused_in_a_sentence()
    {
        Assert.Contains("row 1 and column 0",
            Assert.Throws<ArithmeticException>(() => Eigenvectors.Of([1, 2, double.NaN, 4], 2, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("row 0 and column 1",
            Assert.Throws<ArithmeticException>(() => Eigenvectors.Of([1, double.PositiveInfinity, 3, 4], 2, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("not finite", Assert.Throws<ArithmeticException>(() => Eigenvectors.Of([1, 2, 3, 4], 2, double.NaN)).Message, StringComparison.Ordinal);
        Assert.StartsWith("The matrix holds 3 elements; order 2 needs 4.", Assert.Throws<ArgumentException>(() => Eigenvectors.Of([1, 2, 3], 2, 1)).Message, StringComparison.Ordinal);
        Assert.StartsWith("A matrix of order 0 has no", Assert.Throws<ArgumentException>(() => Eigenvectors.Of([], 0, 1)).Message, StringComparison.Ordinal);
        var pair = Eigenvectors.Of([1, 2, 3, 4], 2, 5.3);
        Assert.Contains("must be 0 or more", Assert.Throws<ArgumentOutOfRangeException>(() => pair.ErrorBound(-1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.ErrorBound(double.NaN));
    }
}
