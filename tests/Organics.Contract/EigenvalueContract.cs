using System.Numerics;

namespace Organics.Contract;

/// <summary>What must hold of the eigenvalues of many matrices on every device, in one precision: ordinary spectra, known ones, and what is legal at the
/// edges.</summary>
/// <param name="device">The device.</param>
/// <typeparam name="T">float or double.</typeparam>
public abstract class EigenvalueContract<T>(Device device) where T : unmanaged, IFloatingPointIeee754<T>
{
    static readonly double Epsilon = Tolerances.Epsilon<T>();

    [Theory]
    [InlineData(1, 33), InlineData(2, 33), InlineData(3, 33), InlineData(4, 7), InlineData(7, 33), InlineData(20, 5), InlineData(20, 1), InlineData(50, 3)]
    public void Random_matrices_have_the_spectra_that_each_has_alone(int n, int count)
    {
        var matrices = Enumerable.Range(0, count).Select(k => Rounded(Draw(n, 100 * n + k))).ToArray();
        var spectra = Spectra(matrices, n);
        for (var k = 0; k < count; k++)
        {
            IsBackwardStable(matrices[k], n, spectra[k]);
            // The conditions of these are some hundreds.
            Same(Eigenvalues.Of(matrices[k], n).OrThrow().Values, spectra[k], 5000 * n * Epsilon);
        }
    }

    [Fact]
    public void An_empty_batch_and_wrong_sizes_are_told_apart()
    {
        Assert.Equal(0, Eigenvalues.OfEach(On([], [0, 3, 3]), [], []));
        var error = Assert.Throws<ShapeException>(() => Eigenvalues.OfEach(On([1, 2], [1, 2]), new T[2], new T[2]));
        Assert.Contains("[batch, n, n]", error.Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => Eigenvalues.OfEach(On([1, 2], [1, 1, 2]), new T[1], new T[1]));
        Assert.Throws<ShapeException>(() => Eigenvalues.OfEach(On([], [2, 0, 0]), [], []));
        var parts = Assert.Throws<ArgumentException>(() => Eigenvalues.OfEach(On([1, 2, 3, 4], [1, 2, 2]), new T[2], new T[1]));
        Assert.Contains("there are 2 and 1", parts.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(8), InlineData(20)]
    public void What_is_triangular_in_some_order_has_its_diagonal_exactly(int n)
    {
        int[] order = [.. Enumerable.Range(0, n).OrderBy(i => i * 7919 % 31)];
        double[][] matrices =
        [
            new double[n * n], Made(n, (i, j) => i == j ? 1 : 0), Kept(n, (i, j) => j <= i), Kept(n, (i, j) => j >= i), Kept(n, (i, j) => order[j] <= order[i]),
            // Jordan's block and its transpose, whose eigenvalues hang on the n-th root of an error.
            Made(n, (i, j) => i == j ? 3 : j == i + 1 ? 1 : 0), Made(n, (i, j) => i == j ? 3 : i == j + 1 ? 1 : 0),
        ];
        var spectra = Spectra(matrices, n);
        for (var k = 0; k < matrices.Length; k++)
        {
            Assert.All(spectra[k], v => Assert.Equal(0, v.Imaginary));
            Assert.Equal(Enumerable.Range(0, n).Select(i => matrices[k][i * (n + 1)]).Order(), spectra[k].Select(v => v.Real).Order());
        }
    }

    [Fact]
    public void Known_spectra_are_found()
    {
        // Roots of (x−1)…(x−6) and of unity, whose companions do not move without exceptional shifts; rotations; an eigenvalue alone at either end of a block.
        const int N = 6;
        double[] coefficients = [720, -1764, 1624, -735, 175, -21];
        var companion = Made(N, (i, j) => j == N - 1 ? -coefficients[i] : i == j + 1 ? 1 : 0);
        var cycle = Made(N, (i, j) => i == (j + 1) % N ? 1 : 0);
        var rotations = Made(N, (i, j) => i / 2 != j / 2 ? 0 : i == j ? 0.5 : (i < j ? 1 : -1) * (1 + i / 2));
        var framed = Made(N, (i, j) => i == 0 ? j == 0 ? 9 : 0 : j == N - 1 ? i == N - 1 ? -7 : 0 : i == j ? i : 0.5);
        var inner = Made(N - 2, (i, j) => i == j ? i + 1 : 0.5);
        var spectra = Spectra([companion, cycle, rotations, framed], N);
        Same([1, 2, 3, 4, 5, 6], spectra[0], 2e5 * Epsilon);
        Same([.. Enumerable.Range(0, N).Select(k => Complex.FromPolarCoordinates(1, 2 * Math.PI * k / N))], spectra[1], 50 * Epsilon);
        Same([.. Enumerable.Range(1, 3).SelectMany(k => new Complex[] { new(0.5, k), new(0.5, -k) })], spectra[2], 50 * Epsilon);
        Same([9, -7, .. Eigenvalues.Of(inner, N - 2).OrThrow().Values], spectra[3], 100 * Epsilon);
    }

    [Fact]
    public void A_defective_matrix_is_solved_as_backwards_as_any_other()
    {
        // Orthogonal similarity hides Jordan's block.
        const int N = 9;
        var jordan = Made(N, (i, j) => i == j ? 0.5 : j == i + 1 ? 1 : 0);
        var v = Draw(N, 77)[..N];
        var square = v.Sum(x => x * x);
        var mirror = Made(N, (i, j) => (i == j ? 1 : 0) - 2 * v[i] * v[j] / square);
        var hidden = Rounded(Product(mirror, Product(jordan, mirror, N), N));
        var spectrum = Spectra([hidden, Rounded(Draw(N, 3))], N)[0];
        IsBackwardStable(hidden, N, spectrum);
        Same([.. Enumerable.Repeat(new Complex(0.5, 0), N)], spectrum, 4 * Math.Pow(N * Epsilon, 1.0 / N));
    }

    [Fact]
    public void A_badly_scaled_matrix_keeps_its_spectrum()
    {
        const int N = 8;
        var m = Rounded(Draw(N, 5));
        // D⁻¹AD with powers of two: the same eigenvalues, exactly.
        var scaled = Made(N, (i, j) => Math.ScaleB(m[i * N + j], 5 * ((i * 3 % N) - (j * 3 % N))));
        var graded = Made(N, (i, j) => m[i * N + j] * Math.Pow(0.25, i + j));
        var spectra = Spectra([scaled, Rounded(graded)], N);
        Same(Eigenvalues.Of(m, N).OrThrow().Values, spectra[0], 1e5 * Epsilon);
        IsBackwardStable(Rounded(graded), N, spectra[1]);
    }

    [Fact]
    public void What_is_no_number_is_missing_and_its_neighbours_are_as_without_it()
    {
        const int N = 5;
        double[][] plain = [Draw(N, 1), Draw(N, 2), Draw(N, 3), Draw(N, 4)];
        var (alone, re, im) = (Spectra(plain, N), new T[8 * N], new T[8 * N]);
        double[] nan = [.. plain[0]], infinite = [.. plain[1]], triangle = Kept(N, (i, j) => j >= i), corner = new double[N * N];
        (nan[7], infinite[N * N - 1], triangle[4], corner[0]) = (double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.NaN);
        double[][] mixed = [nan, plain[0], plain[1], infinite, triangle, plain[2], plain[3], corner];
        Assert.Equal(4, Eigenvalues.OfEach(On([.. mixed.SelectMany(m => m)], [8, N, N]), re, im));
        for (var k = 0; k < 8; k++)
        {
            var found = Row(re, im, N, k);
            if (k is 0 or 3 or 4 or 7) Assert.All(found, v => Assert.True(double.IsNaN(v.Real) && double.IsNaN(v.Imaginary)));
            else Assert.Equal(alone[k < 3 ? k - 1 : k - 3], found);
        }
    }

    [Fact]
    public void Matrices_near_the_limits_of_the_numbers_have_scaled_spectra()
    {
        const int N = 4;
        var m = Rounded(Draw(N, 9));
        var exponent = typeof(T) == typeof(float) ? 120 : 1000;
        // The chain's eigenvalues are 0 and ±√(2ε).
        var chain = new double[N * N];
        (chain[1], chain[N + 2], chain[N], chain[2 * N + 1], chain[3 * N + 3]) = (1, 1, Math.ScaleB(1, -exponent), Math.ScaleB(1, -exponent), 1);
        var spectra = Spectra([[.. m.Select(v => Math.ScaleB(v, exponent))], [.. m.Select(v => Math.ScaleB(v, -exponent))], m, chain], N);
        var expected = Eigenvalues.Of(m, N).OrThrow().Values;
        for (var k = 0; k < 3; k++)
        {
            var scale = k == 0 ? -exponent : k == 1 ? exponent : 0;
            Same(expected, [.. spectra[k].Select(v => new Complex(Math.ScaleB(v.Real, scale), Math.ScaleB(v.Imaginary, scale)))], 5000 * Epsilon);
        }
        var root = Math.ScaleB(Math.Sqrt(2), -exponent / 2);
        Assert.Contains(Complex.One, spectra[3]);
        Same([-root, 0, root], [.. spectra[3].Where(v => v.Magnitude < 0.5)], 1000 * Epsilon);
    }

    [Fact]
    public void A_spectrum_depends_on_no_other_matrix()
    {
        const int N = 6;
        double[][] each = [Draw(N, 11), Kept(N, (i, j) => i >= j - 1), Made(N, (i, j) => i == (j + 1) % N ? 1 : 0), Draw(N, 12), Draw(N, 13)];
        var together = Spectra(each, N);
        for (var k = 0; k < each.Length; k++) Assert.Equal(together[k], Spectra([each[k]], N)[0]);
        Assert.Equal(together.Reverse(), Spectra([.. each.Reverse()], N));
    }

    /// <summary>Every value is an eigenvalue of a matrix nearby, and all of them have the sums of powers that the matrix says.</summary>
    static void IsBackwardStable(double[] m, int n, Complex[] values)
    {
        var (norm, trace, ofSquare) = (0.0, 0.0, 0.0);
        for (var i = 0; i < n; i++)
        {
            trace += m[i * (n + 1)];
            for (var j = 0; j < n; j++) (norm, ofSquare) = (norm + m[i * n + j] * m[i * n + j], ofSquare + m[i * n + j] * m[j * n + i]);
        }
        Assert.All(values, v => Assert.InRange(Eigenvalues.BackwardError(m, n, v), 0, 10 * n * Epsilon));
        var sum = values.Aggregate(Complex.Zero, (s, v) => s + v) - trace;
        var squares = values.Aggregate(Complex.Zero, (s, v) => s + v * v) - ofSquare;
        Assert.InRange(sum.Magnitude / Math.Sqrt(norm), 0, 10 * n * Epsilon);
        Assert.InRange(squares.Magnitude / norm, 0, 20 * n * Epsilon);
    }

    /// <summary>Whether two multisets agree, up to a part of the largest value.</summary>
    static void Same(Complex[] expected, Complex[] actual, double tolerance)
    {
        var rest = expected.ToList();
        Assert.Equal(rest.Count, actual.Length);
        var scale = rest.Max(v => v.Magnitude);
        foreach (var value in actual)
        {
            var nearest = rest.MinBy(v => (v - value).Magnitude);
            Assert.True((nearest - value).Magnitude <= tolerance * scale,
                $"{value} has no partner within {tolerance:G3} of {scale:G3}: the nearest is {nearest}");
            rest.Remove(nearest);
        }
    }

    /// <summary>The spectra of matrices that all have one.</summary>
    Complex[][] Spectra(double[][] matrices, int n)
    {
        var (re, im) = (new T[n * matrices.Length], new T[n * matrices.Length]);
        Assert.Equal(0, Eigenvalues.OfEach(On([.. matrices.SelectMany(m => m)], [matrices.Length, n, n]), re, im));
        var spectra = matrices.Select((_, k) => Row(re, im, n, k)).ToArray();
        foreach (var values in spectra)
            for (var i = 0; i < n; i++)
                if (values[i].Imaginary > 0) Assert.Equal(Complex.Conjugate(values[i]), values[i + 1]);
                else if (values[i].Imaginary < 0) Assert.Equal(Complex.Conjugate(values[i]), values[i - 1]);
        return spectra;
    }

    static Complex[] Row(T[] re, T[] im, int n, int k)
        => [.. Enumerable.Range(k * n, n).Select(i => new Complex(double.CreateTruncating(re[i]), double.CreateTruncating(im[i])))];

    Tensor<T> On(double[] values, Shape shape) => Tensor.From<T>(Array.ConvertAll(values, T.CreateTruncating), shape, device);

    // To numbers of T.
    static double[] Rounded(double[] values) => [.. values.Select(v => double.CreateTruncating(T.CreateTruncating(v)))];

    static double[] Made(int n, Func<int, int, double> element) => [.. Enumerable.Range(0, n * n).Select(k => element(k / n, k % n))];

    static double[] Kept(int n, Func<int, int, bool> isKept)
    {
        var m = Rounded(Draw(n, n));
        return Made(n, (i, j) => isKept(i, j) ? m[i * n + j] : 0);
    }

    static double[] Product(double[] a, double[] b, int n) => Made(n, (i, j) => Enumerable.Range(0, n).Sum(k => a[i * n + k] * b[k * n + j]));

    static double[] Draw(int n, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, n * n).Select(_ => 2 * random.NextDouble() - 1)];
    }
}
