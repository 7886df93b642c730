using System.Runtime.CompilerServices;

namespace Organics;

// What is done to a matrix before its eigenvalues are sought: permutation and scaling (Parlett & Reinsch, Numer. Math. 13, 1969).
public static partial class Eigenvalues
{
    /// <summary>
    /// Scales a matrix in place to D⁻¹AD with powers of two on the diagonal of D, so that rows and columns have norms alike (Parlett &amp; Reinsch): the
    /// spectrum is the same, and the error bounds that its norm gives are tighter.
    /// </summary>
    /// <exception cref="ArgumentException">The matrix does not hold n × n elements.</exception>
    public static void Balance(Span<double> matrix, int n)
    {
        if (matrix.Length != n * n) throw new ArgumentException($"The matrix holds {matrix.Length} elements; order {n} needs {n * n}.", nameof(matrix));
        Scale(matrix, n, 0, n - 1, []);
    }

    /// <summary>As <see cref="Balance(Span{double}, int)"/>, and what was done to the matrix is done to another one, of bounds of its elements' errors
    /// say.</summary>
    /// <exception cref="ArgumentException">A matrix does not hold n × n elements.</exception>
    public static void Balance(Span<double> matrix, int n, Span<double> companion)
    {
        if (matrix.Length != n * n || companion.Length != n * n)
            throw new ArgumentException($"The matrices hold {matrix.Length} and {companion.Length} elements; order {n} needs {n * n}.", nameof(matrix));
        Scale(matrix, n, 0, n - 1, companion);
    }

    /// <summary>
    /// The order of rows and columns in which those whose off-diagonal part is zero lie outside of the window [lo, hi]: the matrix is block triangular then,
    /// and their diagonal entries are eigenvalues.
    /// </summary>
    /// <param name="matrix">n × n elements.</param>
    /// <param name="n">Order.</param>
    /// <param name="order">Out: the index in the matrix for every place. n elements.</param>
    /// <param name="counts">Scratch of 2n elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (int Lo, int Hi) Isolate(ReadOnlySpan<double> matrix, int n, Span<int> order, Span<int> counts)
    {
        // Off-diagonal elements within the window that are not zero.
        var rows = counts[..n];
        var columns = counts.Slice(n, n);
        columns.Clear();
        for (var i = 0; i < n; i++)
        {
            var count = 0;
            var row = matrix.Slice(i * n, n);
            for (var j = 0; j < row.Length; j++)
            {
                var one = row[j] != 0 ? 1 : 0;
                count += one;
                columns[j] += one;
            }
            (order[i], rows[i]) = (i, count);
        }
        for (var i = 0; i < n; i++)
            if (matrix[i * (n + 1)] != 0)
            {
                rows[i]--;
                columns[i]--;
            }
        var (lo, hi) = (0, n - 1);
        for (var found = rows.Contains(0); found;)
        {
            found = false;
            for (var i = hi; i >= lo && hi > lo; i--)
                if (rows[order[i]] == 0)
                {
                    found = true;
                    (order[i], order[hi]) = (order[hi], order[i]);
                    var taken = order[hi--];
                    foreach (var row in order[lo..(hi + 1)])
                        if (matrix[row * n + taken] != 0) rows[row]--;
                }
        }
        for (var found = columns.Contains(0); found;)
        {
            found = false;
            for (var j = lo; j <= hi && hi > lo; j++)
                if (columns[order[j]] == 0)
                {
                    found = true;
                    (order[j], order[lo]) = (order[lo], order[j]);
                    var taken = order[lo++];
                    foreach (var column in order[lo..(hi + 1)])
                        if (matrix[taken * n + column] != 0) columns[column]--;
                }
        }
        return (lo, hi);
    }

    /// <summary>Scales by powers of two until the norms of row i and column i agree within a factor of two or so.</summary>
    static void Scale(Span<double> h, int n, int lo, int hi, Span<double> companion)
    {
        const double least = 1e-290, greatest = 1e290;
        for (var changed = true; changed;)
        {
            changed = false;
            for (var i = lo; i <= hi; i++)
            {
                double row = 0, column = 0;
                for (var j = lo; j <= hi; j++)
                    if (j != i)
                    {
                        row += Math.Abs(h[i * n + j]);
                        column += Math.Abs(h[j * n + i]);
                    }
                if (row == 0 || column == 0) continue;
                double factor = 1, total = row + column;
                while (column < row / 2 && factor < greatest && column < greatest && row > least) (factor, column, row) = (factor * 2, column * 2, row / 2);
                while (column >= row * 2 && factor > least && row < greatest && column > least) (factor, column, row) = (factor / 2, column / 2, row * 2);
                if (factor == 1 || row + column >= 0.95 * total) continue;
                changed = true;
                for (var j = lo; j <= hi; j++)
                {
                    // The diagonal stays as it is, and must not overflow on its way there and back.
                    if (j == i) continue;
                    h[i * n + j] /= factor;
                    h[j * n + i] *= factor;
                    if (companion.IsEmpty) continue;
                    companion[i * n + j] /= factor;
                    companion[j * n + i] *= factor;
                }
            }
        }
    }
}
