using System.Numerics;
using MathNet.Numerics.LinearAlgebra.Double;

namespace Organics.Tests;

public sealed class EigenvaluesTests
{
    static double[] Draw(int n, int seed)
    {
        var random = new Random(seed);
        var m = new double[n * n];
        for (var i = 0; i < m.Length; i++) m[i] = random.NextDouble() - 0.5;
        return m;
    }

    static void AssertSpectrum(IEnumerable<Complex> expected, Complex[] actual, double tolerance)
    {
        var rest = expected.ToList();
        Assert.Equal(rest.Count, actual.Length);
        var scale = rest.Max(v => v.Magnitude);
        foreach (var value in actual)
        {
            var nearest = rest.MinBy(v => (v - value).Magnitude);
            Assert.True((nearest - value).Magnitude <= tolerance * scale, $"{value} has no partner within {tolerance}: the nearest is {nearest}");
            rest.Remove(nearest);
        }
    }

    static Complex[] Converged(double[] m, int n)
    {
        var result = Eigenvalues.Of(m, n).OrThrow();
        Assert.True(result.Summary.TraceDefect < 1e-13, $"trace defect {result.Summary.TraceDefect}");
        Assert.True(result.Summary.DeflationError < 1e-13, $"deflation error {result.Summary.DeflationError}");
        return result.Values;
    }

    [Fact]
    public void Vectors_of_512_and_256_bits_give_the_same_eigenvalues()
    {
        for (var n = 3; n < 60; n += 1 + n / 7)
        {
            var (wide, narrow) = (Of<Simd512<double>>(n), Of<Simd256<double>>(n));
            Assert.Contains(wide, v => v != 0);
            Assert.True(wide.AsSpan().SequenceEqual(narrow), $"order {n}");
        }

        static double[] Of<P>(int n) where P : unmanaged, ISimdReal<P, double>
        {
            var values = new double[2 * n];
            Eigenvalues.Reduce<P>(Draw(n, n), n, 0, n - 1, values.AsSpan(0, n), values.AsSpan(n), new double[2 * n]);
            return values;
        }
    }

    [Fact]
    public void Random_matrices_have_the_spectrum_that_MathNet_finds()
    {
        for (var n = 1; n <= 40; n++)
            for (var seed = 0; seed < 2; seed++)
            {
                var m = Draw(n, 100 * n + seed);
                AssertSpectrum(DenseMatrix.Create(n, n, (i, j) => m[i * n + j]).Evd().EigenValues, Converged(m, n), 1e-11);
            }
        var large = Draw(100, 5);
        AssertSpectrum(DenseMatrix.Create(100, 100, (i, j) => large[i * 100 + j]).Evd().EigenValues, Converged(large, 100), 1e-11);
    }

    [Fact]
    public void A_companion_matrix_has_the_roots_of_its_polynomial()
    {
        // (λ−1)(λ−2)(λ+3)(λ²+4) = λ⁵ − 3λ³ + 6λ² − 28λ + 24
        double[] coefficients = [24, -28, 6, -3, 0];
        var m = new double[25];
        for (var i = 0; i < 5; i++)
        {
            m[i * 5 + 4] = -coefficients[i];
            if (i > 0) m[i * 5 + i - 1] = 1;
        }
        AssertSpectrum([1, 2, -3, new(0, 2), new(0, -2)], Converged(m, 5), 1e-12);
    }

    [Fact]
    public void A_permutation_matrix_has_the_roots_of_unity_although_plain_shifts_cycle()
    {
        foreach (var n in new[] { 2, 3, 4, 8, 16, 31 })
        {
            var m = new double[n * n];
            for (var i = 0; i < n; i++) m[i * n + (i + 1) % n] = 1;
            AssertSpectrum(Enumerable.Range(0, n).Select(k => Complex.FromPolarCoordinates(1, 2 * Math.PI * k / n)), Converged(m, n), 1e-13);
        }
    }

    [Fact]
    public void Two_nearly_equal_pairs_of_real_eigenvalues_need_few_sweeps()
    {
        // Two weakly coupled blocks with the spectra −0.977 and −1.024 each, met in the Jacobian of a trained circuit: with both shifts of a block at once QR wandered for 48 sweeps.
        double[] m =
        [
            -0.99789016543794, 0.021260471996276523, -0.002194969750897842, 0.0018366125406259765,
            0.025457685085805967, -1.0043777064420076, -0.004738340051875959, -0.011365775212562903,
            0, 0.0008600630106775953, -0.978083844715046, -0.010693816539498524,
            0, 0, -0.010928152744187791, -1.0198109901746417,
        ];
        var result = Eigenvalues.Of(m, 4).OrThrow();
        Assert.InRange(result.Summary.Sweeps, 1, 6);
        AssertSpectrum(DenseMatrix.Create(4, 4, (i, j) => m[i * 4 + j]).Evd().EigenValues, result.Values, 1e-12);
    }

    [Fact]
    public void Triangular_matrices_have_their_diagonal_exactly()
    {
        foreach (var upper in new[] { true, false })
        {
            const int n = 12;
            var m = Draw(n, 9);
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++)
                    if (upper ? j < i : j > i) m[i * n + j] = 0;
            var values = Converged(m, n).Select(v => v.Real).Order().ToArray();
            Assert.Equal(Enumerable.Range(0, n).Select(i => m[i * n + i]).Order(), values);
        }
    }

    [Fact]
    public void A_perturbed_Jordan_block_spreads_on_the_circle_theory_gives()
    {
        // λⁿ = ε for the nilpotent block with ε in its corner.
        const int n = 6;
        var m = new double[n * n];
        for (var i = 1; i < n; i++) m[(i - 1) * n + i] = 1;
        Assert.All(Converged((double[])m.Clone(), n), v => Assert.Equal(Complex.Zero, v));
        m[(n - 1) * n] = 1e-6;
        AssertSpectrum(Enumerable.Range(0, n).Select(k => Complex.FromPolarCoordinates(0.1, 2 * Math.PI * k / n)), Converged(m, n), 1e-12);
    }

    [Fact]
    public void A_badly_scaled_matrix_keeps_its_small_eigenvalues()
    {
        // D·S·D⁻¹ has the spectrum of S whatever the diagonal D; balancing undoes powers of two exactly.
        const int n = 8;
        var s = Draw(n, 12);
        var m = new double[n * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) m[i * n + j] = Math.ScaleB(s[i * n + j], 9 * (i - j));
        AssertSpectrum(Eigenvalues.Of(s, n).Values, Eigenvalues.Of(m, n).OrThrow().Values, 1e-12);
    }

    [Fact]
    public void Orthogonal_and_rotation_matrices_have_unit_moduli()
    {
        const int n = 20;
        var q = DenseMatrix.Create(n, n, (i, j) => Draw(n, 4)[i * n + j]).QR().Q;
        var values = Converged([.. Enumerable.Range(0, n * n).Select(k => q[k / n, k % n])], n);
        Assert.All(values, v => Assert.Equal(1, v.Magnitude, 1e-13));
        AssertSpectrum([new(Math.Cos(0.3), Math.Sin(0.3)), new(Math.Cos(0.3), -Math.Sin(0.3))],
            Converged([Math.Cos(0.3), -Math.Sin(0.3), Math.Sin(0.3), Math.Cos(0.3)], 2), 1e-15);
    }

    [Fact]
    public void Huge_and_tiny_matrices_scale_exactly()
    {
        const int n = 7;
        var m = Draw(n, 77);
        var reference = Eigenvalues.Of(m, n).Values;
        foreach (var exponent in new[] { 1000, -900 })
        {
            var scaled = Eigenvalues.Of(m.Select(v => Math.ScaleB(v, exponent)).ToArray(), n).OrThrow().Values;
            for (var i = 0; i < n; i++)
            {
                Assert.Equal(Math.ScaleB(reference[i].Real, exponent), scaled[i].Real);
                Assert.Equal(Math.ScaleB(reference[i].Imaginary, exponent), scaled[i].Imaginary);
            }
        }
    }

    [Fact]
    public void Trivial_and_hopeless_inputs_answer_at_once()
    {
        Assert.Empty(Eigenvalues.Of([], 0).Values);
        Assert.Equal(-3, Eigenvalues.Of([-3.0], 1).SpectralAbscissa);
        Assert.All(Eigenvalues.Of(new double[16], 4).Values, v => Assert.Equal(Complex.Zero, v));
        foreach (var bad in new[] { double.NaN, double.PositiveInfinity })
        {
            var m = Draw(5, 1);
            m[7] = bad;
            var result = Eigenvalues.Of(m, 5);
            Assert.Equal(EigenvalueStatus.InvalidInput, result.Summary.Status);
            Assert.True(double.IsNaN(result.SpectralAbscissa));
            Assert.Throws<ArithmeticException>(result.OrThrow);
        }
        Assert.Throws<ArgumentException>(() => Eigenvalues.Of(new double[5], 2));
    }

    [Fact]
    public void The_abscissa_and_the_radius_are_those_of_the_spectrum()
    {
        var result = Eigenvalues.Of([-5, 0, 0, 0, 1, 2, 0, -2, 1], 3);
        Assert.Equal(1, result.SpectralAbscissa, 1e-14);
        Assert.Equal(5, result.SpectralRadius, 1e-14);
    }

    [Fact]
    public void The_backward_error_accepts_eigenvalues_and_measures_the_distance_of_other_numbers()
    {
        for (var n = 2; n <= 12; n++)
        {
            var m = Draw(n, n);
            foreach (var value in Eigenvalues.Of(m, n).Values) Assert.True(Eigenvalues.BackwardError(m, n, value) < 1e-14 * n);
        }
        // For a normal matrix the distance is that to the spectrum: diag(1,2,−4) and 2.25 + 0.5i.
        var expected = Math.Sqrt(0.0625 + 0.25) / Math.Sqrt(21);
        Assert.Equal(expected, Eigenvalues.BackwardError([1, 0, 0, 0, 2, 0, 0, 0, -4], 3, new(2.25, 0.5)), expected * 0.01);
        // σ_min of a complex shift of a non-normal matrix, from MathNet.
        var a = Draw(6, 66);
        var shift = new Complex(0.3, -0.7);
        var sigma = MathNet.Numerics.LinearAlgebra.Complex.DenseMatrix.Create(6, 6, (i, j) => a[i * 6 + j] - (i == j ? shift : 0)).Svd(false).S[5].Real;
        var bound = Eigenvalues.BackwardError(a, 6, shift) * Math.Sqrt(a.Sum(v => v * v));
        Assert.InRange(bound, sigma * (1 - 1e-12), sigma * 1.05);
    }

    static double[] Of(int n, Func<int, int, double> f) => [.. Enumerable.Range(0, n * n).Select(k => f(k / n, k % n))];

    static double[] Gaussian(int n) => Of(n, (i, j) => Math.Exp(-(double)(i - j) * (i - j) / 450) / (15 * Math.Sqrt(2 * Math.PI)));

    static double[] GaussianOfPlane(int side)
        => Of(side * side, (i, j) => Math.Exp(-(Math.Pow(i / side - j / side, 2) + Math.Pow(i % side - j % side, 2)) / 18));

    static double[] Graded(int n, int sign)
    {
        var random = new Random(1);
        return Of(n, (i, j) => (random.NextDouble() - 0.5) * Math.Pow(10, sign * (i + j) * 20.0 / n));
    }

    static double[] Kahan(int n) => Of(n, (i, j) => (i == j ? 1 : j > i ? -0.43 : 1e-20) * Math.Pow(0.9, Math.Min(i, j)));

    [Fact]
    [Trait("Size", "Large")]
    public void A_Gaussian_kernel_of_order_600_has_its_spectrum()
    {
        // Symmetric and positive semidefinite, of numerical rank 110: the smallest eigenvalues are rounding errors of the others, and one took more than
        // sixty sweeps.
        const int n = 600;
        var m = Gaussian(n);
        var result = Eigenvalues.Of(m, n).OrThrow();
        Assert.InRange(result.Summary.Sweeps, n, 3 * n);
        var values = result.Values.OrderByDescending(v => v.Real).ToArray();
        Assert.All(values, v => Assert.InRange(v.Magnitude, 0, 1));
        Assert.All(values, v => Assert.InRange(Math.Abs(v.Imaginary), 0, 1e-14));
        Assert.All(values, v => Assert.True(v.Real > -1e-14));
        Assert.All(values.Skip(120), v => Assert.InRange(v.Magnitude, 0, 1e-14));
        Assert.Equal(n * m[0], values.Sum(v => v.Real), 1e-12);
        Assert.Equal(m.Sum(v => v * v), values.Sum(v => v.Real * v.Real), 1e-11);
        // As LAPACK's dsyev gives them.
        double[] largest = [0.9970922466051539, 0.9884198865220433, 0.9741341309721898];
        Assert.Equal(largest, values.Take(3).Select(v => v.Real), (x, y) => Math.Abs(x - y) < 1e-12);
    }

    [Theory]
    [InlineData("plane")]
    [InlineData("graded down")]
    [InlineData("graded up")]
    [InlineData("kahan large")]
    [Trait("Size", "Large")]
    public void Large_graded_spectra_converge_within_the_sweeps_that_all_share(string kind) => Graded_spectra_converge_within_the_sweeps_that_all_share(kind);

    [Theory]
    [InlineData("kahan")]
    [InlineData("graded small")]
    [InlineData("hilbert")]
    [InlineData("random")]
    public void Graded_spectra_converge_within_the_sweeps_that_all_share(string kind)
    {
        // The plane, both graded ones and the large one of Kahan need more than sixty for one eigenvalue.
        var random = new Random(3);
        var m = kind switch
        {
            "plane" => GaussianOfPlane(20),
            "graded down" => Graded(400, -1),
            "graded up" => Graded(400, 1),
            "kahan" => Kahan(60),
            "kahan large" => Kahan(300),
            "graded small" => Graded(60, -1),
            "hilbert" => Of(50, (i, j) => 1.0 / (i + j + 1)),
            _ => Of(70, (_, _) => random.NextDouble() - 0.5),
        };
        var n = (int)Math.Sqrt(m.Length);
        var result = Eigenvalues.Of(m, n);
        Assert.Null(result.Failure);
        Assert.InRange(result.Summary.Sweeps, n, 3 * n);
        Assert.InRange(result.Summary.TraceDefect, 0, 1e-14);
        var all = result.Values;
        foreach (var value in new[] { all.MaxBy(v => v.Real), all.MinBy(v => v.Real), all.MaxBy(v => v.Magnitude), all[n / 2], all.MinBy(v => v.Magnitude) })
            Assert.InRange(Eigenvalues.BackwardError(m, n, value), 0, 1e-16 * n + 1e-15);
        // In the lanes too, beside one that is done sooner.
        var (re, im) = (new double[2 * n], new double[2 * n]);
        Assert.Equal(0, Eigenvalues.OfEach((double[])[.. m, .. Draw(n, 4)], n, re, im, threads: 1));
        Assert.Equal(result.SpectralRadius, Row(re, im, n, 0).Max(v => v.Magnitude), 1e-12 * result.SpectralRadius);
        AssertSpectrum(Eigenvalues.Of(Draw(n, 4), n).Values, Row(re, im, n, 1), 1e-10);
    }

    [Fact]
    public void Closed_forms_are_met()
    {
        const int n = 100;
        // −1, 2, −1; the Clement matrix of order 20 with ±1, ±3, …, ±19; a product of rank 5; a cycle and its inverse; ones; a nilpotent one, shuffled.
        AssertSpectrum(Enumerable.Range(1, n).Select(k => (Complex)(2 - 2 * Math.Cos(k * Math.PI / (n + 1)))),
            Converged(Of(n, (i, j) => i == j ? 2 : Math.Abs(i - j) == 1 ? -1 : 0), n), 1e-13);
        AssertSpectrum(Enumerable.Range(0, 20).Select(k => (Complex)(2 * k - 19)),
            Converged(Of(20, (i, j) => j == i + 1 ? i + 1 : j == i - 1 ? 20 - i : 0), 20), 1e-11);
        var factor = Draw(n, 6);
        var product = Of(n, (i, j) => Enumerable.Range(0, 5).Sum(k => factor[i * n + k] * factor[k * n + j]));
        var small = Of(5, (i, j) => Enumerable.Range(0, n).Sum(k => factor[i * n + k] * factor[k * n + j]));
        AssertSpectrum(Eigenvalues.Of(small, 5).Values.Concat(Enumerable.Repeat(Complex.Zero, n - 5)), Converged(product, n), 1e-12);
        AssertSpectrum(Enumerable.Range(0, n).Select(k => new Complex(2 * Math.Cos(2 * Math.PI * k / n), 0)),
            Converged(Of(n, (i, j) => (j - i + n) % n is 1 or n - 1 ? 1 : 0), n), 1e-13);
        AssertSpectrum(Enumerable.Range(0, n).Select(k => (Complex)(k == 0 ? n : 0)), Converged(Of(n, (_, _) => 1), n), 1e-13);
        int[] order = [.. Enumerable.Range(0, n).OrderBy(i => i * 7919 % 101)];
        Assert.All(Converged(Of(n, (i, j) => order[i] < order[j] ? 1 : 0), n), v => Assert.Equal(Complex.Zero, v));
        // Frank's of order 8: positive, in pairs λ and 1/λ.
        var frank = Converged(Of(8, (i, j) => j < i - 1 ? 0 : 8 - Math.Max(i, j)), 8).Select(v => v.Real).Order().ToArray();
        for (var k = 0; k < 8; k++) Assert.Equal(1, frank[k] * frank[7 - k], 1e-8);
    }

    [Fact]
    public void What_only_balancing_shows_is_not_lost_to_scaling()
    {
        foreach (var (large, tiny) in new[] { (1e200, 1e-200), (1e300, 1e-300), (1e10, 1e-310) })
        {
            var root = Math.Sqrt(large) * Math.Sqrt(tiny);
            double[] m = [0, large, 0, tiny, 0, large, 0, tiny, 0];
            var (re, im) = (new double[6], new double[6]);
            Assert.Equal(0, Eigenvalues.OfEach((double[])[.. m, 1, 2, 3, 4, 5, 6, 7, 8, 10], 3, re, im));
            foreach (var values in new[] { Eigenvalues.Of(m, 3).OrThrow().Values, Row(re, im, 3, 0) })
                foreach (var (expected, value) in new[] { -Math.Sqrt(2) * root, 0, Math.Sqrt(2) * root }.Zip(values.OrderBy(v => v.Real)))
                    Assert.InRange((value - expected).Magnitude, 0, 1e-12 * root);
        }
        // Beside it, an eigenvalue that stands by itself.
        AssertSpectrum([1e200, 1, -1], Eigenvalues.Of([0, 1e200, 0, 1e-200, 0, 0, 3, 4, 1e200], 3).OrThrow().Values, 1e-12);
    }

    [Fact]
    public void Small_eigenvalues_of_a_graded_matrix_have_their_own_digits()
    {
        // DTD with D = diag(1, 10⁻³, 10⁻⁶, …) and T tridiagonal with 2 and 1: its eigenvalues are d²·p of the pivots p of T to a few millionths, and
        // their product is det T·∏d² to rounding errors.
        foreach (var n in (int[])[3, 6, 9])
        {
            var m = Of(n, (i, j) => Math.Abs(i - j) > 1 ? 0 : (i == j ? 2 : 1) * Math.Pow(10, -3 * (i + j)));
            var (re, im) = (new double[n], new double[n]);
            Assert.Equal(0, Eigenvalues.OfEach(m, n, re, im));
            foreach (var values in new[] { Eigenvalues.Of(m, n).OrThrow().Values, Row(re, im, n, 0) })
            {
                double[] descending = [.. values.Select(v => v.Real).OrderDescending()];
                var product = 1.0;
                for (var i = 0; i < n; i++)
                {
                    // The pivots of T are (i + 2)/(i + 1).
                    var expected = (i + 2.0) / (i + 1);
                    var scaled = descending[i] * Math.Pow(10, 6 * i);
                    Assert.Equal(expected, scaled, 1e-5);
                    product *= scaled;
                }
                Assert.Equal(n + 1, product, 1e-11);
            }
        }
    }

    [Fact]
    public void A_failure_is_a_sentence_that_names_the_place()
    {
        Assert.Null(Eigenvalues.Of([1, 2, 3, 4], 2).Failure);
        var invalid = Eigenvalues.Of([1, 2, 3, double.NaN], 2);
        Assert.Equal((EigenvalueStatus.InvalidInput, 3), (invalid.Summary.Status, invalid.Summary.StuckIndex));
        Assert.Contains("row 1 and column 1", invalid.Failure, StringComparison.Ordinal);
        Assert.Equal(invalid.Failure, Assert.Throws<ArithmeticException>(invalid.OrThrow).Message);
        // No matrix is known that uses all sweeps up: what would be said of one.
        var missing = new Complex(double.NaN, double.NaN);
        var stuck = new EigenvalueResult([missing, missing, 1], new(EigenvalueStatus.IterationCap, 1, 300, double.NaN, 0));
        Assert.Equal(
            "QR used up its 300 sweeps with 2 of the 3 eigenvalues missing, those up to index 1; change the matrix by rounding errors, 1e-15 of its norm, and try again.",
            stuck.Failure);
        Assert.Equal(double.NaN, stuck.SpectralAbscissa);
        Assert.Equal(double.NaN, stuck.SpectralRadius);
        Assert.Throws<ArithmeticException>(stuck.OrThrow);
    }

    [Fact]
    public void The_backward_error_needs_numbers()
    {
        Assert.Contains("row 0 and column 1",
            Assert.Throws<ArithmeticException>(() => Eigenvalues.BackwardError([1, double.NaN, 3, 4], 2, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArithmeticException>(() => Eigenvalues.BackwardError([1, 2, 3, 4], 2, double.NaN));
        Assert.Throws<ArgumentException>(() => Eigenvalues.BackwardError([1, 2, 3], 2, 1));
        Assert.Equal(0, Eigenvalues.BackwardError(new double[4], 2, 0));
        Assert.Equal(double.PositiveInfinity, Eigenvalues.BackwardError(new double[4], 2, 1));
        Assert.Equal(double.PositiveInfinity, Eigenvalues.BackwardError([1e-300], 1, 1e300));
        // σ_min([[0, 1], [−1, −2]] + I) = 0, at −1 + 1e-4 it is 1e-8/2 to first order; scale changes nothing.
        foreach (var scale in (double[])[1, 1e200, 1e-200])
        {
            double[] m = [0, scale, -scale, -2 * scale];
            Assert.InRange(Eigenvalues.BackwardError(m, 2, -scale), 0, 1e-15);
            Assert.Equal(0.5e-8 / Math.Sqrt(6), Eigenvalues.BackwardError(m, 2, (-1 + 1e-4) * scale), 1e-12);
        }
    }

    static Complex[] Row(double[] re, double[] im, int n, int k) => [.. Enumerable.Range(k * n, n).Select(i => new Complex(re[i], im[i]))];

    [Fact]
    public void Many_at_once_have_the_spectra_that_each_has_alone()
    {
        // Groups of eight or four, the last one not full; beyond the largest order of lanes, each alone.
        foreach (var (n, count) in ((int, int)[])[(1, 19), (2, 19), (3, 19), (4, 19), (7, 19), (16, 19), (33, 11), (113, 2)])
        {
            var matrices = Enumerable.Range(0, count).SelectMany(k => Draw(n, 1000 * n + k)).ToArray();
            var (re, im) = (new double[n * count], new double[n * count]);
            Assert.Equal(0, Eigenvalues.OfEach(matrices, n, re, im));
            for (var k = 0; k < count; k++)
            {
                var m = matrices[(k * n * n)..((k + 1) * n * n)];
                AssertSpectrum(Eigenvalues.Of(m, n).OrThrow().Values, Row(re, im, n, k), 1e-11);
                for (var i = 0; i < n; i++)
                    if (im[k * n + i] > 0) Assert.Equal((re[k * n + i], -im[k * n + i]), (re[k * n + i + 1], im[k * n + i + 1]));
            }
        }
    }

    [Fact]
    public void Many_at_once_do_not_see_one_another_nor_the_number_of_threads()
    {
        const int n = 6, count = 50;
        var matrices = Enumerable.Range(0, count).SelectMany(k => Draw(n, k)).ToArray();
        var (re, im) = (new double[n * count], new double[n * count]);
        Eigenvalues.OfEach(matrices, n, re, im, threads: 1);
        var (otherRe, otherIm) = (new double[n * count], new double[n * count]);
        Eigenvalues.OfEach(matrices, n, otherRe, otherIm, threads: 3);
        Assert.Equal(re, otherRe);
        Assert.Equal(im, otherIm);
        // Each alone, beside nothing: the same bits.
        for (var k = 0; k < count; k++)
        {
            var (aloneRe, aloneIm) = (new double[n], new double[n]);
            Eigenvalues.OfEach(matrices.AsMemory(k * n * n, n * n), n, aloneRe, aloneIm);
            Assert.Equal(re[(k * n)..((k + 1) * n)], aloneRe);
            Assert.Equal(im[(k * n)..((k + 1) * n)], aloneIm);
        }
    }

    [Fact]
    public void Many_at_once_may_be_zero_huge_tiny_graded_cyclic_defective_or_no_numbers()
    {
        const int n = 5;
        var cyclic = new double[n * n];
        for (var i = 0; i < n; i++) cyclic[i * n + (i + 1) % n] = 1;
        var jordan = new double[n * n];
        for (var i = 1; i < n; i++) jordan[(i - 1) * n + i] = 1;
        var graded = Draw(n, 3);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) graded[i * n + j] *= Math.Pow(10, 4 * (i - j));
        var triangular = Draw(n, 4);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < i; j++) triangular[i * n + j] = 0;
        var spread = Draw(n, 6);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) spread[i * n + j] *= Math.Pow(10, -60 * i);
        double[][] each =
        [
            new double[n * n], [.. Draw(n, 1).Select(v => v * 1e300)], [.. Draw(n, 2).Select(v => v * 1e-300)], cyclic, jordan, graded, triangular, [.. Draw(n, 5).Select(_ => double.NaN)],
            [.. Draw(n, 5).Select((v, i) => i == 7 ? double.PositiveInfinity : v)], spread, [.. Draw(n, 7).Select(v => v * 1e-310)],
        ];
        var (re, im) = (new double[n * each.Length], new double[n * each.Length]);
        Assert.Equal(2, Eigenvalues.OfEach(each.SelectMany(m => m).ToArray(), n, re, im));
        for (var k = 0; k < each.Length; k++)
        {
            if (k is 7 or 8) Assert.All(re[(k * n)..((k + 1) * n)], v => Assert.Equal(double.NaN, v));
            else
            {
                var expected = Eigenvalues.Of(each[k], n).OrThrow().Values;
                if (expected.All(v => v == 0)) Assert.All(Row(re, im, n, k), v => Assert.Equal(Complex.Zero, v));
                else AssertSpectrum(expected, Row(re, im, n, k), 1e-11);
            }
        }
        // Balancing keeps the small eigenvalues of a badly scaled matrix: each to its own magnitude.
        var (own, graduated) = (Eigenvalues.Of(graded, n).Values.OrderBy(v => v.Magnitude), Row(re, im, n, 5).OrderBy(v => v.Magnitude));
        Assert.All(own.Zip(graduated), pair => Assert.Equal(pair.First.Magnitude, pair.Second.Magnitude, 1e-10 * pair.First.Magnitude));
    }

    [Fact]
    public void Many_at_once_isolate_eigenvalues_as_each_alone_does()
    {
        for (var n = 2; n <= 33; n++)
        {
            // Lower and upper triangular, a block above or below a triangle, both ends isolated around a block, shuffled, blocks of two and halves, and one full matrix beside them.
            double[] Kept(int seed, Func<int, int, bool> isKept)
            {
                var m = Draw(n, seed);
                for (var k = 0; k < n * n; k++)
                    if (!isKept(k / n, k % n)) m[k] = 0;
                return m;
            }
            var third = n / 3;
            int[] order = [.. Enumerable.Range(0, n).OrderBy(i => i * 7919 % 33)];
            double[][] each =
            [
                Kept(n, (i, j) => j <= i), Kept(n + 50, (i, j) => j >= i), Kept(n + 100, (i, j) => j <= i || (i < third && j < third)),
                Kept(n + 150, (i, j) => j >= i || (i >= n - third && j >= n - third)), Kept(n + 200, (i, j) => j <= i || (i >= third && j >= third && i < n - third && j < n - third)),
                Kept(n + 250, (i, j) => order[j] <= order[i]),
                Kept(n + 350, (i, j) => j / 2 <= i / 2), Kept(n + 400, (i, j) => j / 2 >= i / 2), Kept(n + 450, (i, j) => i >= n / 2 || j < n / 2), Kept(n + 500, (i, j) => i < n / 2 || j >= n / 2), Draw(n, n + 300),
            ];
            var (re, im) = (new double[n * each.Length], new double[n * each.Length]);
            Assert.Equal(0, Eigenvalues.OfEach(each.SelectMany(m => m).ToArray(), n, re, im));
            for (var k = 0; k < each.Length; k++) AssertSpectrum(Eigenvalues.Of(each[k], n).OrThrow().Values, Row(re, im, n, k), 1e-11);
            // The eigenvalues of a triangle are its diagonal, exactly.
            foreach (var k in (int[])[0, 1, 5]) Assert.Equal(Enumerable.Range(0, n).Select(i => each[k][i * (n + 1)]).Order(), Row(re, im, n, k).Select(v => v.Real).Order());
        }
    }

    [Fact]
    public void Many_at_once_keep_what_balancing_leaves_below_the_root_of_the_smallest_number()
    {
        // Tridiagonal with ones above the diagonal and ε below: 0 and ±√(2ε). Balanced, all entries are √ε, and their squares underflow.
        const double epsilon = 1e-300;
        double[] chain = [0, 1, 0, epsilon, 0, 1, 0, epsilon, 0];
        double[] matrices = [.. chain, .. Draw(3, 1), .. chain];
        var (re, im) = (new double[9], new double[9]);
        Assert.Equal(0, Eigenvalues.OfEach(matrices, 3, re, im));
        foreach (var k in (int[])[0, 2])
        {
            var largest = Math.Sqrt(2 * epsilon);
            var values = Row(re, im, 3, k).OrderBy(v => v.Real).ToArray();
            foreach (var (expected, value) in new[] { -largest, 0, largest }.Zip(values)) Assert.True((value - expected).Magnitude <= 1e-12 * largest, $"{value} instead of {expected}");
        }
    }

    [Fact]
    public void Many_at_once_find_no_eigenvalues_where_a_triangle_is_not_finite()
    {
        double[] triangle = [1, double.NaN, 3, 0, 4, 5, 0, 0, 6];
        var (re, im) = (new double[6], new double[6]);
        Assert.Equal(1, Eigenvalues.OfEach((double[])[.. triangle, .. Draw(3, 1)], 3, re, im));
        Assert.All(re.Take(3), v => Assert.Equal(double.NaN, v));
        Assert.All(re.Skip(3), v => Assert.True(double.IsFinite(v)));
    }

    [Fact]
    public void Many_at_once_need_lengths_that_fit()
    {
        Assert.Equal(0, Eigenvalues.OfEach(Array.Empty<double>(), 3, Array.Empty<double>(), Array.Empty<double>()));
        Assert.Throws<ArgumentException>(() => Eigenvalues.OfEach(new double[8], 3, new double[3], new double[3]));
        Assert.Throws<ArgumentException>(() => Eigenvalues.OfEach(new double[9], 3, new double[3], new double[2]));
        Assert.Throws<ArgumentException>(() => Eigenvalues.OfEach(new double[9], 0, new double[3], new double[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Eigenvalues.OfEach(new double[9], 3, new double[3], new double[3], threads: -1));
    }

    [Fact]
    public void Two_by_two_blocks_have_the_roots_of_their_polynomial()
    {
        // [[y, b], [c, x]] with bc = w; the first one is that nearer to y where it is real, and above the axis where it is not.
        var root = Math.Sqrt(6);
        foreach (var (x, y, w, first, second) in ((double, double, double, Complex, Complex)[])
            [(1, 3, 0, 3, 1), (3, 1, 0, 1, 3), (3, 1, 5, 2 - root, 2 + root), (1, 3, 5, 2 + root, 2 - root), (2, 2, 0, 2, 2), (0, 0, 9, 3, -3), (3, 1, -1, 2, 2),
            (1, 1, -4, new(1, 2), new(1, -2)), (-3, 1, -13, new(-1, 3), new(-1, -3)), (1e-9, 1, -1e-10, 1 - 1e-10, 1.1e-9)])
        {
            Eigenvalues.Pair(x, y, w, out var re1, out var im1, out var re2, out var im2);
            Assert.Equal((first.Imaginary, second.Imaginary), (im1, im2));
            Assert.InRange(Math.Abs(re1 - first.Real), 0, 1e-15 * Math.Abs(first.Real));
            // The smaller one has its own digits.
            Assert.InRange(Math.Abs(re2 - second.Real), 0, 1e-8 * Math.Abs(second.Real));
        }
        Assert.Equal((10.75, 10.75, -10.9375), Eigenvalues.Exceptional(7, -2, 3));
        Assert.Equal((10.75, 10.75, -10.9375), Eigenvalues.Exceptional(7, 2, -3));
    }

    [Fact]
    public void The_measures_of_error_are_what_they_say()
    {
        // What is set to zero is all that these have below their diagonals; the norm is that of all of them.
        Assert.Equal(1e-17 / Math.Sqrt(13), Eigenvalues.Of([2, 1e-17, 1e-17, 3], 2).Summary.DeflationError, 1e-30);
        Assert.Equal(Math.Sqrt(5) * 1e-17 / Math.Sqrt(77), Eigenvalues.Of([4, 1e-17, 0, 1e-17, -5, 2e-17, 0, 2e-17, 6], 3).Summary.DeflationError, 1e-30);
        Assert.Equal(1e-17 / Math.Sqrt(13), Eigenvalues.Of([2e200, 1e183, 1e183, 3e200], 2).Summary.DeflationError, 1e-30);
        Assert.Equal(0, Eigenvalues.Of([2, 0, 0, 3], 2).Summary.DeflationError);
        // The defect of the traces, by its definition in the same order: all scaling is exact. One matrix is full, the others have an eigenvalue by
        // itself at either end, larger or smaller than the rest.
        foreach (var n in (int[])[2, 5, 12, 30])
            foreach (var alone in (double[])[0, 1000, 0.001])
                foreach (var scale in (double[])[1, Math.ScaleB(1, 1000), Math.ScaleB(1, -900)])
                {
                    var m = Draw(n, n);
                    if (alone > 0)
                    {
                        for (var i = 0; i + 1 < n; i++) (m[(n - 1) * n + i], m[(i + 1) * n]) = (0, 0);
                        (m[0], m[n * n - 1]) = (alone, -0.7 * alone);
                    }
                    double trace = 0, square = 0, norm = 0;
                    for (var i = 0; i < n; i++)
                    {
                        trace += m[i * (n + 1)];
                        for (var j = 0; j < n; j++)
                        {
                            square += m[i * n + j] * m[j * n + i];
                            norm += m[i * n + j] * m[i * n + j];
                        }
                    }
                    var result = Eigenvalues.Of([.. m.Select(v => v * scale)], n);
                    double sum = -trace, squares = -square;
                    foreach (var value in result.Values)
                    {
                        var (x, y) = (value.Real / scale, value.Imaginary / scale);
                        sum += x;
                        squares += (x - y) * (x + y);
                    }
                    var expected = Math.Max(Math.Abs(sum) / Math.Sqrt(norm), Math.Abs(squares) / norm) / n;
                    Assert.Equal(expected, result.Summary.TraceDefect, 1e-9 * expected);
                }
    }

    [Fact]
    public void Rows_and_columns_are_ordered_so_that_nothing_stands_below_what_is_isolated()
    {
        var random = new Random(8);
        for (var trial = 0; trial < 400; trial++)
        {
            var n = 1 + trial % 9;
            double[] m = [.. Enumerable.Range(0, n * n).Select(_ => random.NextDouble() < 0.25 + trial % 3 * 0.1 ? random.NextDouble() + 0.1 : 0)];
            var order = new int[n];
            var (lo, hi) = Eigenvalues.Isolate(m, n, order, new int[2 * n]);
            Assert.Equal(Enumerable.Range(0, n), order.Order());
            Assert.InRange(lo, 0, hi);
            for (var i = 0; i < n; i++)
                for (var j = 0; j < i; j++)
                    if (i > hi || j < lo) Assert.Equal(0, m[order[i] * n + order[j]]);
            // What is left has neither a row nor a column that could be taken.
            if (lo < hi)
                for (var i = lo; i <= hi; i++)
                {
                    Assert.Contains(Enumerable.Range(lo, hi - lo + 1), j => j != i && m[order[i] * n + order[j]] != 0);
                    Assert.Contains(Enumerable.Range(lo, hi - lo + 1), j => j != i && m[order[j] * n + order[i]] != 0);
                }
            // A full one stays as it is.
            if (m.All(v => v != 0)) Assert.Equal((0, n - 1), (lo, hi));
        }
    }

    [Fact]
    public void Balancing_scales_by_powers_of_two_until_rows_and_columns_are_alike_and_a_companion_with_them()
    {
        for (var n = 2; n <= 9; n++)
            foreach (var grade in (int[])[0, 7, -11, 60])
            {
                double[] m = [.. Draw(n, n).Select((v, k) => Math.ScaleB(v, grade * (k / n - k % n)))], r = [.. m.Select((_, k) => 1.0 + k)];
                double[] balanced = [.. m], alone = [.. m], companion = [.. r];
                Eigenvalues.Balance(balanced, n, companion);
                Eigenvalues.Balance(alone, n);
                Assert.Equal(balanced, alone);
                // D⁻¹AD: one exponent d for each index, the same for both.
                var d = Enumerable.Range(0, n).Select(i => Math.ILogB(balanced[i] / m[i])).ToArray();
                for (var i = 0; i < n; i++)
                {
                    double row = 0, column = 0;
                    for (var j = 0; j < n; j++)
                    {
                        Assert.Equal(Math.ScaleB(m[i * n + j], d[j] - d[i]), balanced[i * n + j]);
                        Assert.Equal(Math.ScaleB(r[i * n + j], d[j] - d[i]), companion[i * n + j]);
                        if (j == i) continue;
                        row += Math.Abs(balanced[i * n + j]);
                        column += Math.Abs(balanced[j * n + i]);
                    }
                    Assert.InRange(row / column, 0.25, 4);
                }
            }
        // No row or column without anything off the diagonal is scaled, nor beyond what a number holds.
        double[] triangle = [1, 1e100, 0, 2], chain = [0, 1e-300, 1e300, 0];
        Eigenvalues.Balance(triangle, 2);
        Assert.Equal([1, 1e100, 0, 2], triangle);
        Eigenvalues.Balance(chain, 2);
        Assert.Equal(1, chain[1] * chain[2], 1e-12);
        Assert.InRange(chain[1], 0.5, 2);
    }

    [Fact]
    public void A_matrix_is_its_Hessenberg_form_turned_back_by_the_reflectors()
    {
        foreach (var n in (int[])[1, 2, 3, 4, 7, 23, 24, 25, 40])
            foreach (var isForm in new[] { false, true })
            {
                var m = Draw(n, n);
                if (isForm)
                    for (var k = 0; k < n * n; k++)
                        if (k / n > k % n + 1) m[k] = 0;
                // Nothing behind a matrix is read or written.
                double[] room = [.. m, .. Enumerable.Repeat(double.NaN, 3 * n + 3)], reflectors = new double[n * n];
                Eigenvalues.Hessenberg(room.AsSpan(0, n * n), n, reflectors);
                Assert.All(room[(n * n)..], v => Assert.Equal(double.NaN, v));
                var h = room[..(n * n)];
                for (var k = 0; k < n * n; k++)
                    if (k / n > k % n + 1) Assert.Equal(0, h[k]);
                // Where nothing was to be done, nothing was.
                if (isForm) Assert.Equal((m.Sum(), 0), (h.Sum(), reflectors.Sum(Math.Abs)));
                for (var k = n - 1; k >= 0; k--)
                {
                    var beta = reflectors[k * n + k];
                    if (k + 2 >= n) Assert.Equal(0, beta);
                    double[] v = [.. Enumerable.Range(0, n).Select(i => i > k ? reflectors[k * n + i] : 0)];
                    // From either side: A ← (I − βvvᵀ)A(I − βvvᵀ).
                    for (var i = 0; i < n; i++)
                    {
                        var column = 0.0;
                        for (var j = 0; j < n; j++) column += v[j] * h[j * n + i];
                        for (var j = 0; j < n; j++) h[j * n + i] -= beta * column * v[j];
                    }
                    for (var i = 0; i < n; i++)
                    {
                        var row = 0.0;
                        for (var j = 0; j < n; j++) row += v[j] * h[i * n + j];
                        for (var j = 0; j < n; j++) h[i * n + j] -= beta * row * v[j];
                    }
                }
                Assert.All(m.Zip(h), pair => Assert.Equal(pair.First, pair.Second, 1e-14 * n));
            }
    }

    [Fact]
    public void Two_sweeps_find_an_eigenvalue_and_cycles_are_broken_soon()
    {
        foreach (var n in (int[])[6, 12, 24, 48])
            Assert.InRange(Enumerable.Range(0, 8).Average(k => Eigenvalues.Of(Draw(n, k), n).Summary.Sweeps) / n, 0.5, 2);
        foreach (var n in (int[])[3, 4, 8, 16, 31])
        {
            var m = Of(n, (i, j) => j == (i + 1) % n ? 1 : 0);
            // Ten plain ones, an exceptional one, then as many as any matrix needs.
            Assert.InRange(Eigenvalues.Of(m, n).Summary.Sweeps, 10, 12 + 3 * n);
        }
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_told()
    {
        Assert.Equal(15, Eigenvalues.ScratchLength(3));
        var (re, im, scratch) = (new double[2], new double[2], new double[8]);
        double[] m = [1, 2, 3, 4];
        Assert.Equal(2, Eigenvalues.Of(m, 2, re, im, scratch).Sweeps + re.Length);
        Assert.Equal([1, 2, 3, 4], m);
        foreach (Action action in (Action[])[
            () => Eigenvalues.Of(m, 2, new double[3], im, scratch), () => Eigenvalues.Of(m, 2, re, new double[1], scratch),
            () => Eigenvalues.Of(m, 2, re, im, new double[7])])
            Assert.Equal("Order 2 needs 2 real parts, 2 imaginary parts and a scratch of 8.", Assert.Throws<ArgumentException>(action).Message);
        foreach (Action action in (Action[])[() => Eigenvalues.Of(m.AsSpan(1), 2), () => Eigenvalues.Balance(m.AsSpan(1), 2)])
            Assert.StartsWith("The matrix holds 3 elements; order 2 needs 4.", Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
        foreach (Action action in (Action[])[() => Eigenvalues.Balance(m.AsSpan(1), 2, m), () => Eigenvalues.Balance(m, 2, m.AsSpan(1))])
            Assert.Matches("^The matrices hold [34] and [34] elements; order 2 needs 4.", Assert.Throws<ArgumentException>(action).Message);
        Assert.StartsWith("5 elements are no matrices of order 2; give n² for each.",
            Assert.Throws<ArgumentException>(() => Eigenvalues.OfEach(new double[5], 2, re, im)).Message, StringComparison.Ordinal);
        Assert.StartsWith("2 matrices of order 2 need 4 real and imaginary parts; there are 2 and 4.",
            Assert.Throws<ArgumentException>(() => Eigenvalues.OfEach(new double[8], 2, re, new double[4])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_of_a_large_order_that_are_no_numbers_are_counted()
    {
        const int n = 113, count = 5;
        var (re, im) = (new double[n * count], new double[n * count]);
        var matrices = new double[n * n * count];
        foreach (var k in (int[])[1, 2, 4]) matrices[k * n * n + 7] = double.NaN;
        foreach (var threads in (int[])[1, 2, 9])
        {
            Assert.Equal(3, Eigenvalues.OfEach(matrices, n, re, im, threads));
            for (var k = 0; k < count; k++) Assert.All(Row(re, im, n, k), v => Assert.Equal(k is 0 or 3 ? 0 : double.NaN, v.Real));
        }
    }
}
