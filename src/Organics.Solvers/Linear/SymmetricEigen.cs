namespace Organics;

/// <summary>Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations (Golub and Van Loan, Matrix Computations, §8.5): for small orders, where its
/// small eigenvalues are wanted to their own digits.</summary>
static class SymmetricEigen
{
    const int MostSweeps = 60;

    /// <summary>Eigenvalues, n elements in no order, and eigenvectors, n × n, one a column.</summary>
    public static (double[] Values, double[] Vectors) Of(ReadOnlySpan<double> matrix, int n)
    {
        var (a, v) = (matrix.ToArray(), new double[n * n]);
        for (var i = 0; i < n; i++) v[i * (n + 1)] = 1;
        for (var sweep = 0; sweep < MostSweeps; sweep++)
        {
            var isDiagonal = true;
            for (var p = 0; p < n; p++)
                for (var q = p + 1; q < n; q++)
                {
                    var element = a[p * n + q];
                    if (Math.Abs(element) <= 1e-300 || element * element <= 1e-34 * Math.Abs(a[p * (n + 1)] * a[q * (n + 1)])) continue;
                    isDiagonal = false;
                    var theta = (a[q * (n + 1)] - a[p * (n + 1)]) / (2 * element);
                    var t = Math.CopySign(1, theta) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
                    var c = 1 / Math.Sqrt(t * t + 1);
                    var s = t * c;
                    for (var k = 0; k < n; k++) (a[k * n + p], a[k * n + q]) = (c * a[k * n + p] - s * a[k * n + q], s * a[k * n + p] + c * a[k * n + q]);
                    for (var k = 0; k < n; k++) (a[p * n + k], a[q * n + k]) = (c * a[p * n + k] - s * a[q * n + k], s * a[p * n + k] + c * a[q * n + k]);
                    for (var k = 0; k < n; k++) (v[k * n + p], v[k * n + q]) = (c * v[k * n + p] - s * v[k * n + q], s * v[k * n + p] + c * v[k * n + q]);
                }
            if (isDiagonal) break;
        }
        return ([.. Enumerable.Range(0, n).Select(i => a[i * (n + 1)])], v);
    }
}
