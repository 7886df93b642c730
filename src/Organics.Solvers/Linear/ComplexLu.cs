using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>LU factorisation with partial pivoting of a small complex matrix, for resolvents and eigenvectors. Row-major, n × n.</summary>
public sealed class ComplexLu
{
    readonly int _n;
    // Real and imaginary parts apart, so that a row is a vector's.
    readonly double[] _re, _im;
    readonly int[] _pivots;

    /// <summary>Factors A.</summary>
    /// <param name="matrix">A, n × n, row-major; it is left as it is.</param>
    /// <param name="n">Order.</param>
    /// <param name="leastPivot">A pivot of smaller modulus is replaced by this number, as inverse iteration needs at an eigenvalue; 0 leaves it.</param>
    /// <exception cref="ArgumentException">The matrix does not hold n × n elements.</exception>
    public ComplexLu(ReadOnlySpan<Complex> matrix, int n, double leastPivot = 0)
    {
        if (matrix.Length != n * n) throw new ArgumentException($"The matrix holds {matrix.Length} elements; order {n} needs {n * n}.", nameof(matrix));
        (_n, _re, _im, _pivots) = (n, new double[n * n], new double[n * n], new int[n]);
        for (var i = 0; i < matrix.Length; i++) (_re[i], _im[i]) = (matrix[i].Real, matrix[i].Imaginary);
        for (var k = 0; k < n; k++)
        {
            var pivot = k;
            for (var i = k + 1; i < n; i++)
                if (Size(i * n + k) > Size(pivot * n + k)) pivot = i;
            _pivots[k] = pivot;
            if (pivot != k)
            {
                Exchange(_re, k, pivot);
                Exchange(_im, k, pivot);
            }
            if (Size(k * n + k) < leastPivot) (_re[k * n + k], _im[k * n + k]) = (leastPivot, 0);
            var over = At(k, k);
            for (var i = k + 1; i < n; i++)
            {
                var factor = At(i, k) / over;
                (_re[i * n + k], _im[i * n + k]) = (factor.Real, factor.Imaginary);
                if (factor == Complex.Zero) continue;
                Subtract<Simd256<double>>(factor, k, i);
            }
        }
    }

    /// <summary>Solves A·x = b in place.</summary>
    public void Solve(Span<Complex> b)
    {
        var n = _n;
        for (var k = 0; k < n; k++) (b[k], b[_pivots[k]]) = (b[_pivots[k]], b[k]);
        for (var i = 1; i < n; i++) b[i] -= Dot(i, 0, i, b);
        for (var i = n - 1; i >= 0; i--) b[i] = (b[i] - Dot(i, i + 1, n, b)) / At(i, i);
    }

    /// <summary>Solves Aᴴ·x = b in place.</summary>
    public void SolveAdjoint(Span<Complex> b)
    {
        var n = _n;
        for (var k = 0; k < n; k++)
        {
            b[k] /= Complex.Conjugate(At(k, k));
            SubtractConjugate(k, k + 1, n, b);
        }
        for (var k = n - 1; k >= 0; k--) SubtractConjugate(k, 0, k, b);
        for (var k = n - 1; k >= 0; k--) (b[k], b[_pivots[k]]) = (b[_pivots[k]], b[k]);
    }

    Complex At(int i, int j) => new(_re[i * _n + j], _im[i * _n + j]);

    double Size(int index) => Math.Abs(_re[index]) + Math.Abs(_im[index]);

    void Exchange(double[] of, int i, int j)
    {
        for (var k = 0; k < _n; k++) (of[i * _n + k], of[j * _n + k]) = (of[j * _n + k], of[i * _n + k]);
    }

    /// <summary>Row i −= factor · row k, behind column k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Subtract<P>(Complex factor, int k, int i) where P : unmanaged, ISimdReal<P, double>
    {
        var count = _n - k - 1;
        ref var re = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_re), i * _n + k + 1);
        ref var im = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_im), i * _n + k + 1);
        ref var fromRe = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_re), k * _n + k + 1);
        ref var fromIm = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_im), k * _n + k + 1);
        var (f, g) = (P.Of(-factor.Real), P.Of(factor.Imaginary));
        var c = 0;
        for (; c + P.Count <= count; c += P.Count)
        {
            var (x, y) = (P.Load(in fromRe, c), P.Load(in fromIm, c));
            P.Store(P.Fma(f, x, P.Fma(g, y, P.Load(in re, c))), ref re, c);
            P.Store(P.Fma(f, y, P.Fma(-g, x, P.Load(in im, c))), ref im, c);
        }
        // The arithmetic of a lane: where whole vectors end is the processor's.
        for (; c < count; c++)
        {
            var (x, y) = (Unsafe.Add(ref fromRe, c), Unsafe.Add(ref fromIm, c));
            ref double toRe = ref Unsafe.Add(ref re, c), toIm = ref Unsafe.Add(ref im, c);
            toRe = Math.FusedMultiplyAdd(-factor.Real, x, Math.FusedMultiplyAdd(factor.Imaginary, y, toRe));
            toIm = Math.FusedMultiplyAdd(-factor.Real, y, Math.FusedMultiplyAdd(-factor.Imaginary, x, toIm));
        }
    }

    /// <summary>The sum of row i's elements, from <paramref name="start"/> and before <paramref name="end"/>, times those of b.</summary>
    Complex Dot(int i, int start, int end, ReadOnlySpan<Complex> b)
    {
        double re = 0, im = 0;
        ReadOnlySpan<double> rowRe = _re.AsSpan(i * _n, _n), rowIm = _im.AsSpan(i * _n, _n);
        for (var j = start; j < end; j++)
        {
            var (x, y) = (b[j].Real, b[j].Imaginary);
            re += rowRe[j] * x - rowIm[j] * y;
            im += rowRe[j] * y + rowIm[j] * x;
        }
        return new(re, im);
    }

    /// <summary>b[j] −= the conjugate of row i's element j, times b[i].</summary>
    void SubtractConjugate(int i, int start, int end, Span<Complex> b)
    {
        var (x, y) = (b[i].Real, b[i].Imaginary);
        ReadOnlySpan<double> rowRe = _re.AsSpan(i * _n, _n), rowIm = _im.AsSpan(i * _n, _n);
        for (var j = start; j < end; j++) b[j] = new(b[j].Real - (rowRe[j] * x + rowIm[j] * y), b[j].Imaginary - (rowRe[j] * y - rowIm[j] * x));
    }
}
