using System.Numerics;

namespace Organics;

/// <summary>A real matrix near norm 1 in upper Hessenberg form, H = Qᵀ(2⁻ᵉA)Q, from which the singular vectors of A − λI follow in O(n²) for every λ.</summary>
sealed class HessenbergForm
{
    readonly int _n;
    readonly double[] _h, _matrix, _reflectors;

    /// <summary>Reduces a matrix of order n, row-major, in O(n³).</summary>
    /// <exception cref="ArgumentException">The matrix does not hold n × n elements.</exception>
    /// <exception cref="ArithmeticException">An element is not finite.</exception>
    public HessenbergForm(ReadOnlySpan<double> matrix, int n)
    {
        if (matrix.Length != n * n) throw new ArgumentException($"The matrix holds {matrix.Length} elements; order {n} needs {n * n}.", nameof(matrix));
        double largest = 0;
        for (var i = 0; i < matrix.Length; i++)
        {
            if (!double.IsFinite(matrix[i])) throw new ArithmeticException(EigenvalueResult.NotFinite(i, n));
            largest = Math.Max(largest, Math.Abs(matrix[i]));
        }
        (_n, Exponent) = (n, largest == 0 ? 0 : Math.ILogB(largest));
        var (half, rest) = Eigenvalues.Halves(-Exponent);
        _matrix = matrix.ToArray();
        foreach (ref var v in _matrix.AsSpan())
        {
            v = v * half * rest;
            Norm += v * v;
        }
        Norm = Math.Sqrt(Norm);
        (_h, _reflectors) = ((double[])_matrix.Clone(), new double[n * n]);
        Eigenvalues.Hessenberg(_h, n, _reflectors);
    }

    /// <summary>n.</summary>
    public int Order => _n;

    /// <summary>e, for which the largest entry of 2⁻ᵉA is between 1 and 2.</summary>
    public int Exponent { get; }

    /// <summary>‖2⁻ᵉA‖_F.</summary>
    public double Norm { get; }

    /// <summary>The rounding errors that a computation with all elements commits: n·ε‖2⁻ᵉA‖_F.</summary>
    public double Rounding => _n * Eigenvalues.Epsilon * Norm;

    /// <summary>A singular value up to this is 0 to rounding errors.</summary>
    public double Tolerance => 4 * _n * Floor;

    /// <summary>What stands for a smaller pivot: a rounding error of the matrix.</summary>
    public double Floor => Eigenvalues.Epsilon * (Norm > 0 ? Norm : 1);

    /// <summary>H, n × n, row-major.</summary>
    public ReadOnlySpan<double> Elements => _h;

    /// <summary>2⁻ᵉλ.</summary>
    /// <exception cref="ArithmeticException">λ is not finite.</exception>
    public Complex Scaled(Complex lambda)
        => Complex.IsFinite(lambda) ? new(Math.ScaleB(lambda.Real, -Exponent), Math.ScaleB(lambda.Imaginary, -Exponent))
            : throw new ArithmeticException($"{lambda} is not finite and no eigenvalue of any matrix; see EigenvalueResult.Failure for why one is missing.");

    /// <summary>2ᵉλ.</summary>
    public Complex Original(Complex lambda) => new(Math.ScaleB(lambda.Real, Exponent), Math.ScaleB(lambda.Imaginary, Exponent));

    /// <summary>H − λI, factored.</summary>
    public BorderedQr At(Complex lambda) => new(_h, _n, lambda, Floor);

    /// <summary>(H − λI)x.</summary>
    public Complex[] Multiply(ReadOnlySpan<Complex> x, Complex lambda)
    {
        var image = new Complex[_n];
        for (var i = 0; i < _n; i++)
        {
            var sum = -lambda * x[i];
            for (var j = Math.Max(0, i - 1); j < _n; j++) sum += _h[i * _n + j] * x[j];
            image[i] = sum;
        }
        return image;
    }

    /// <summary>2⁻ᵉAv and 2⁻ᵉAᵀu.</summary>
    public (Complex[] OfRight, Complex[] OfLeft) Images(ReadOnlySpan<Complex> v, ReadOnlySpan<Complex> u)
    {
        var (image, adjointImage) = (new Complex[_n], new Complex[_n]);
        for (var i = 0; i < _n; i++)
        {
            var sum = Complex.Zero;
            for (var j = 0; j < _n; j++)
            {
                sum += _matrix[i * _n + j] * v[j];
                adjointImage[j] += _matrix[i * _n + j] * u[i];
            }
            image[i] = sum;
        }
        return (image, adjointImage);
    }

    /// <summary>x ← Qx: from vectors of H to those of A.</summary>
    public void ToOriginal(Span<Complex> x)
    {
        for (var k = _n - 3; k >= 0; k--)
        {
            var beta = _reflectors[k * _n + k];
            var v = _reflectors.AsSpan(k * _n, _n);
            var sum = Complex.Zero;
            for (var i = k + 1; i < _n; i++) sum += v[i] * x[i];
            sum *= beta;
            for (var i = k + 1; i < _n; i++) x[i] -= sum * v[i];
        }
    }
}
