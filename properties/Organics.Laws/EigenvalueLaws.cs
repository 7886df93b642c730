using System.Numerics;
using FsCheck.Xunit;

namespace Organics.Laws;

/// <summary>What holds for the spectrum of every matrix, defective or not.</summary>
public sealed class EigenvalueLaws
{
    [Property(MaxTest = 150)]
    public void Every_eigenvalue_has_vectors_of_a_small_residual_and_an_honest_bound(int seed)
    {
        var (m, n, exact) = Draw(seed);
        var result = Eigenvalues.Of(m, n);
        Assert.Null(result.Failure);
        Assert.Equal(exact.Count, result.Values.Length);
        var pairs = Eigenvectors.Of(m, n, result.Values);
        foreach (var pair in pairs)
        {
            Assert.True(pair.Residual <= 2e-15 * n, $"seed {seed}: residual {pair.Residual} at {pair.Value}");
            Assert.True(pair.Condition >= 1 - 1e-12, $"seed {seed}: condition {pair.Condition}");
            Assert.InRange(pair.Multiplicity, 1, n);
            Assert.True(Eigenvalues.BackwardError(m, n, pair.Value) <= 2e-15 * n, $"seed {seed}: {pair.Value} is no eigenvalue");
            var distance = exact.Min(v => (v.Value - pair.Value).Magnitude);
            // The matrix itself was rounded when it was made.
            Assert.True(distance <= pair.ErrorBound(4e-15 * n * Norm(m)), $"seed {seed}: off by {distance}, bound {pair.ErrorBound(4e-15 * n * Norm(m))}");
        }
        // Defective ones are told from others.
        foreach (var (value, size) in exact)
        {
            var nearest = pairs.MinBy(p => (p.Value - value).Magnitude)!;
            if (size > 1) Assert.True(nearest.Condition > 1e7, $"seed {seed}: a block of order {size} at {value} has the condition {nearest.Condition}");
            else Assert.True(nearest.Condition < 1e4, $"seed {seed}: the simple {value} has the condition {nearest.Condition}");
        }
    }

    [Property(MaxTest = 60)]
    public void The_spectrum_is_that_of_the_transpose_and_of_any_order_of_the_rows(int seed)
    {
        var random = new Random(seed);
        var n = random.Next(1, 30);
        double Element() => random.NextDouble() < 0.3 ? 0 : (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-3, 4));
        var m = Enumerable.Range(0, n * n).Select(_ => Element()).ToArray();
        var order = Enumerable.Range(0, n).ToArray();
        random.Shuffle(order);
        var radius = Eigenvalues.Of(m, n).OrThrow().SpectralRadius;
        var (re, im) = (new double[2 * n], new double[2 * n]);
        double[] both =
        [
            .. Enumerable.Range(0, n * n).Select(k => m[k % n * n + k / n]),
            .. Enumerable.Range(0, n * n).Select(k => m[order[k / n] * n + order[k % n]]),
        ];
        Assert.Equal(0, Eigenvalues.OfEach(both, n, re, im, threads: 1));
        var norm = Norm(m);
        for (var k = 0; k < 2 * n; k++)
        {
            Assert.True(Eigenvalues.BackwardError(m, n, new(re[k], im[k])) <= 1e-13, $"seed {seed}: {re[k]} + {im[k]}i is no eigenvalue");
            Assert.True(Complex.Abs(new(re[k], im[k])) <= norm * (1 + 1e-12));
        }
        Assert.True(radius <= norm * (1 + 1e-12));
    }

    static double Norm(double[] m) => Math.Sqrt(m.Sum(v => v * v));

    /// <summary>QJQᵀ for a random orthogonal Q and blocks J, real or of complex pairs, some of them Jordan's, of eigenvalues well apart; and the eigenvalues
    /// with the orders of their blocks.</summary>
    static (double[] Matrix, int Order, List<(Complex Value, int Size)> Spectrum) Draw(int seed)
    {
        var random = new Random(seed);
        var spectrum = new List<(Complex, int)>();
        var rows = new List<(int Start, int Size, double Re, double Im)>();
        var n = 0;
        for (var block = random.Next(1, 4); block > 0; block--)
        {
            var (size, re, im) = (random.Next(1, 4), 4.0 * block + random.NextDouble(), random.Next(2) * (1 + random.NextDouble()));
            rows.Add((n, size, re, im));
            for (var k = 0; k < size; k++) spectrum.AddRange(im == 0 ? [(re, size)] : [(new Complex(re, im), size), (new Complex(re, -im), size)]);
            n += im == 0 ? size : 2 * size;
        }
        var m = new double[n * n];
        foreach (var (start, size, re, im) in rows)
        {
            var width = im == 0 ? 1 : 2;
            for (var k = 0; k < size * width; k++)
            {
                var i = start + k;
                m[i * n + i] = re;
                if (width == 2) m[i * n + (k % 2 == 0 ? i + 1 : i - 1)] = k % 2 == 0 ? im : -im;
                if (k + width < size * width) m[i * n + i + width] = 1;
            }
        }
        for (var reflection = 0; reflection < 3; reflection++)
        {
            var x = Enumerable.Range(0, n).Select(_ => random.NextDouble() - 0.5).ToArray();
            var square = x.Sum(v => v * v);
            foreach (var (along, across) in ((int, int)[])[(1, n), (n, 1)])
                for (var line = 0; line < n; line++)
                {
                    double dot = 0;
                    for (var i = 0; i < n; i++) dot += x[i] * m[line * across + i * along];
                    for (var i = 0; i < n; i++) m[line * across + i * along] -= 2 * dot / square * x[i];
                }
        }
        return (m, n, spectrum);
    }
}
