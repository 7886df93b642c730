namespace Organics;

/// <summary>Singular values of a small real matrix.</summary>
public static class SingularValues
{
    /// <summary>The largest singular value σ₁ of a matrix of order n, row-major: the root of the largest eigenvalue of AᵀA, so that its relative error is that
    /// of rounding.</summary>
    /// <exception cref="ArgumentException">The matrix does not hold n × n elements.</exception>
    /// <exception cref="ArithmeticException">An element is not finite.</exception>
    public static double Largest(ReadOnlySpan<double> matrix, int n)
    {
        Check(matrix, n);
        double scale = 0;
        foreach (var v in matrix) scale = Math.Max(scale, Math.Abs(v));
        if (scale == 0) return 0;
        var gram = new double[n * n];
        for (var k = 0; k < n; k++)
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++) gram[i * n + j] += matrix[k * n + i] / scale * (matrix[k * n + j] / scale);
        return scale * Math.Sqrt(Eigenvalues.Of(gram, n).OrThrow().SpectralRadius);
    }

    /// <summary>The least eigenvalue of the symmetric part (A + Aᵀ)/2 of a matrix of order n, row-major: not negative where xᵀAx ≥ 0 for all x, and infinite
    /// for order 0.</summary>
    /// <exception cref="ArgumentException">The matrix does not hold n × n elements.</exception>
    /// <exception cref="ArithmeticException">An element is not finite.</exception>
    public static double LeastOfSymmetricPart(ReadOnlySpan<double> matrix, int n)
    {
        Check(matrix, n);
        var symmetric = new double[n * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) symmetric[i * n + j] = matrix[i * n + j] / 2 + matrix[j * n + i] / 2;
        return Eigenvalues.Of(symmetric, n).OrThrow().Values.Select(v => v.Real).DefaultIfEmpty(double.PositiveInfinity).Min();
    }

    static void Check(ReadOnlySpan<double> matrix, int n)
    {
        if (matrix.Length != n * n) throw new ArgumentException($"The matrix holds {matrix.Length} elements; order {n} needs {n * n}.", nameof(matrix));
        for (var i = 0; i < matrix.Length; i++)
            if (!double.IsFinite(matrix[i])) throw new ArithmeticException(EigenvalueResult.NotFinite(i, n));
    }
}
