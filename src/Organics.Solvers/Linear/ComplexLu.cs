using System.Numerics;

namespace Organics;

/// <summary>LU factorisation with partial pivoting of a small complex matrix, for resolvents and eigenvectors. Row-major, n × n.</summary>
public sealed class ComplexLu
{
    readonly int _n;
    readonly Complex[] _lu;
    readonly int[] _pivots;

    /// <summary>Factors A.</summary>
    /// <param name="matrix">A, n × n, row-major; it is left as it is.</param>
    /// <param name="n">Order.</param>
    /// <param name="leastPivot">A pivot of smaller modulus is replaced by this number, as inverse iteration needs at an eigenvalue; 0 leaves it.</param>
    /// <exception cref="ArgumentException">The matrix does not hold n × n elements.</exception>
    public ComplexLu(ReadOnlySpan<Complex> matrix, int n, double leastPivot = 0)
    {
        if (matrix.Length != n * n) throw new ArgumentException($"The matrix holds {matrix.Length} elements; order {n} needs {n * n}.", nameof(matrix));
        (_n, _lu, _pivots) = (n, matrix.ToArray(), new int[n]);
        for (var k = 0; k < n; k++)
        {
            var pivot = k;
            for (var i = k + 1; i < n; i++)
                if (Size(_lu[i * n + k]) > Size(_lu[pivot * n + k])) pivot = i;
            _pivots[k] = pivot;
            if (pivot != k)
                for (var j = 0; j < n; j++) (_lu[k * n + j], _lu[pivot * n + j]) = (_lu[pivot * n + j], _lu[k * n + j]);
            if (Size(_lu[k * n + k]) < leastPivot) _lu[k * n + k] = leastPivot;
            for (var i = k + 1; i < n; i++)
            {
                var factor = _lu[i * n + k] /= _lu[k * n + k];
                if (factor == Complex.Zero) continue;
                for (var j = k + 1; j < n; j++) _lu[i * n + j] -= factor * _lu[k * n + j];
            }
        }
    }

    /// <summary>Solves A·x = b in place.</summary>
    public void Solve(Span<Complex> b)
    {
        var n = _n;
        for (var k = 0; k < n; k++) (b[k], b[_pivots[k]]) = (b[_pivots[k]], b[k]);
        for (var k = 0; k < n; k++)
            for (var i = k + 1; i < n; i++) b[i] -= _lu[i * n + k] * b[k];
        for (var k = n - 1; k >= 0; k--)
        {
            for (var j = k + 1; j < n; j++) b[k] -= _lu[k * n + j] * b[j];
            b[k] /= _lu[k * n + k];
        }
    }

    /// <summary>Solves Aᴴ·x = b in place.</summary>
    public void SolveAdjoint(Span<Complex> b)
    {
        var n = _n;
        for (var k = 0; k < n; k++)
        {
            for (var i = 0; i < k; i++) b[k] -= Complex.Conjugate(_lu[i * n + k]) * b[i];
            b[k] /= Complex.Conjugate(_lu[k * n + k]);
        }
        for (var k = n - 1; k >= 0; k--)
            for (var i = k + 1; i < n; i++) b[k] -= Complex.Conjugate(_lu[i * n + k]) * b[i];
        for (var k = n - 1; k >= 0; k--) (b[k], b[_pivots[k]]) = (b[_pivots[k]], b[k]);
    }

    static double Size(Complex v) => Math.Abs(v.Real) + Math.Abs(v.Imaginary);
}
