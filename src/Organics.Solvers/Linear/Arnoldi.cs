using System.Numerics;

namespace Organics;

/// <summary>An eigenvalue that a Krylov space shows.</summary>
/// <param name="Value">The Ritz value θ.</param>
/// <param name="Residual">‖Ax − θx‖ of its vector of length 1: a normal matrix has an eigenvalue so near.</param>
public readonly record struct RitzValue(Complex Value, double Residual);

/// <summary>
/// Eigenvalues at the edge of the spectrum of a large matrix that is known by its products alone: Arnoldi's method without restarts, each new vector made orthogonal
/// to the others twice (Saad, Numerical Methods for Large Eigenvalue Problems, ch. 6). What has converged is on the edge first; inner eigenvalues, and those of a
/// part of space that the first vector does not reach, may be missed.
/// </summary>
public static class Arnoldi
{
    // Ritz values are looked at after so many products.
    const int Often = 20;

    /// <summary>Builds a Krylov space until enough Ritz values have converged.</summary>
    /// <param name="product">Writes A·x into its second argument, n elements each.</param>
    /// <param name="n">The order.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="order">The foremost first, as by −Re θ: the wanted ones are first in it.</param>
    /// <param name="most">The largest space.</param>
    /// <param name="tolerance">A residual of this part of the largest |θ| has converged.</param>
    /// <param name="seed">Of the first vector.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The Ritz values in that order, as many as wanted; those that have not converged have larger residuals. And the direction, of length 1, that the
    /// residuals of all of them have; 0 where nothing is left.</returns>
    public static (IReadOnlyList<RitzValue> Values, double[] Direction) Of(
        Action<double[], double[]> product, int n, int count, Func<Complex, double> order, int most = 300, double tolerance = 1e-10, ulong seed = 0,
            CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(product);
        ArgumentNullException.ThrowIfNull(order);
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        most = Math.Min(most, n);
        var random = new CounterRandom(seed, 0);
        List<double[]> basis = [[.. Enumerable.Range(0, n).Select(i => random.Normal((ulong)i))]];
        Scale(basis[0], 1 / Math.Sqrt(Vectors.Dot(basis[0], basis[0])));
        List<double[]> columns = [];
        for (var m = 1; ; m++)
        {
            cancellation.ThrowIfCancellationRequested();
            var next = new double[n];
            product(basis[m - 1], next);
            var h = new double[m + 1];
            var size = Math.Sqrt(Vectors.Dot(next, next));
            for (var pass = 0; pass < 2; pass++)
                for (var k = 0; k < m; k++)
                {
                    var part = Vectors.Dot(basis[k], next);
                    h[k] += part;
                    for (var i = 0; i < n; i++) next[i] -= part * basis[k][i];
                }
            h[m] = Math.Sqrt(Vectors.Dot(next, next));
            columns.Add(h);
            // Nothing is left: the space holds its eigenvalues exactly.
            var isWhole = !(h[m] > 1e-14 * size);
            if (isWhole) h[m] = 0;
            if (m % Often == 0 || m == most || isWhole)
            {
                var found = Ritz(columns, count, order);
                if (m == most || isWhole || (found.Count >= count && found.All(r => r.Residual <= tolerance * found.Max(f => f.Value.Magnitude))))
                {
                    Scale(next, isWhole ? 0 : 1 / h[m]);
                    return (found, next);
                }
            }
            Scale(next, 1 / h[m]);
            basis.Add(next);
        }
    }

    static void Scale(double[] x, double factor)
    {
        for (var i = 0; i < x.Length; i++) x[i] *= factor;
    }

    static List<RitzValue> Ritz(List<double[]> columns, int count, Func<Complex, double> order)
    {
        var m = columns.Count;
        var h = new double[m * m];
        for (var j = 0; j < m; j++)
            for (var i = 0; i < Math.Min(m, j + 2); i++) h[i * m + j] = columns[j][i];
        List<RitzValue> found = [];
        foreach (var value in Eigenvalues.Of(h, m).Values.OrderBy(order).Take(count))
        {
            var vector = Eigenvectors.Of(h, m, value).Right;
            found.Add(new(value, columns[^1][m] * vector[^1].Magnitude / Math.Sqrt(vector.Sum(v => v.Magnitude * v.Magnitude))));
        }
        return found;
    }
}
