namespace Organics;

/// <summary>Z- and M-matrices (Berman &amp; Plemmons, Nonnegative Matrices in the Mathematical Sciences, ch. 6). Matrices are n × n, row-major.</summary>
public static class MMatrix
{
    /// <summary>Whether no entry off the diagonal is positive.</summary>
    public static bool IsZMatrix(ReadOnlySpan<double> matrix, int n)
    {
        Check(matrix, n);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
                if (i != j && !(matrix[i * n + j] <= 0)) return false;
        return true;
    }

    /// <summary>
    /// Whether B is a nonsingular M-matrix: a Z-matrix with B⁻¹·1 positive, which is a vector x &gt; 0 with Bx &gt; 0 (Berman &amp; Plemmons 6.2.3, condition
    /// I27).
    /// </summary>
    public static bool IsNonsingular(ReadOnlySpan<double> matrix, int n)
        => IsZMatrix(matrix, n) && Solve(matrix, n, transposed: false) is { } x && x.All(v => v > 0);

    /// <summary>
    /// The diagonal of a T &gt; 0 with TB + BᵀT positive definite, T = D(q/p) with p = B⁻¹·1 and q = B⁻ᵀ·1 (Theorem 4.2; the construction is this project's:
    /// (TB + BᵀT)p = T1 + 1 &gt; 0, and TB + BᵀT is a symmetric Z-matrix). Null where B is no nonsingular M-matrix, or T is beyond what double holds.
    /// </summary>
    public static double[]? LyapunovDiagonal(ReadOnlySpan<double> matrix, int n)
    {
        if (!IsZMatrix(matrix, n) || Solve(matrix, n, transposed: false) is not { } p || Solve(matrix, n, transposed: true) is not { } q) return null;
        double[] t = [.. q.Zip(p, (u, v) => u / v)];
        return p.All(v => v > 0) && t.All(v => v > 0 && double.IsFinite(v)) ? t : null;
    }

    /// <summary>Whether TB + BᵀT is positive definite for a diagonal T, by Cholesky's factorisation after scaling its diagonal to 1.</summary>
    public static bool IsLyapunovDiagonal(ReadOnlySpan<double> matrix, ReadOnlySpan<double> diagonal)
    {
        var n = diagonal.Length;
        Check(matrix, n);
        var s = new double[n * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) s[i * n + j] = diagonal[i] * matrix[i * n + j] + matrix[j * n + i] * diagonal[j];
        var scale = new double[n];
        for (var i = 0; i < n; i++)
        {
            if (!(s[i * n + i] > 0)) return false;
            scale[i] = 1 / Math.Sqrt(s[i * n + i]);
        }
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = s[i * n + j] * scale[i] * scale[j];
                for (var k = 0; k < j; k++) sum -= s[i * n + k] * s[j * n + k];
                if (i > j) s[i * n + j] = sum / s[j * n + j];
                else if (sum > 0) s[i * n + i] = Math.Sqrt(sum);
                else return false;
            }
        }
        return true;
    }

    /// <summary>Solves Bx = 1 or Bᵀx = 1; null where B is singular.</summary>
    static double[]? Solve(ReadOnlySpan<double> matrix, int n, bool transposed)
    {
        var lu = matrix.ToArray();
        var (x, pivots) = (new double[n], new int[n]);
        Array.Fill(x, 1);
        if (Lu.Factor<double>(lu, n, pivots).IsSingular) return null;
        if (transposed) Lu.SolveTransposed<double>(lu, n, pivots, x);
        else Lu.Solve<double>(lu, n, pivots, x);
        return x;
    }

    static void Check(ReadOnlySpan<double> matrix, int n)
    {
        if (matrix.Length != n * n) throw new ArgumentException($"The matrix holds {matrix.Length} elements; order {n} needs {n * n}.", nameof(matrix));
    }
}
