using System.Numerics;

namespace Organics;

/// <summary>An eigenvalue of a real matrix with its right and left eigenvectors, A·v = λv and uᴴA = λuᴴ, each of norm 1.</summary>
/// <param name="Value">λ, improved by the Rayleigh quotient uᴴAv/uᴴv.</param>
/// <param name="Right">v, n elements.</param>
/// <param name="Left">u, n elements.</param>
/// <param name="Residual">The larger of ‖Av − λv‖₂ and ‖Aᵀu − λ̄u‖₂ relative to ‖A‖_F.</param>
/// <param name="Condition">1/|uᴴv|: how many times a perturbation of A is magnified in λ; infinite at a defective eigenvalue.</param>
public sealed record EigenPair(Complex Value, Complex[] Right, Complex[] Left, double Residual, double Condition)
{
    /// <summary>
    /// The gradient of Re λ with respect to A: Re(u v̄ᵀ/(vᴴu)), from dλ = uᴴ·dA·v/(uᴴv) (Magnus, Econometric Theory 1, 1985). n × n, row-major.
    /// It exists where λ is simple.
    /// </summary>
    public double[] RealPartGradient()
    {
        var n = Right.Length;
        var overlap = Complex.Zero;
        for (var i = 0; i < n; i++) overlap += Complex.Conjugate(Left[i]) * Right[i];
        var gradient = new double[n * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) gradient[i * n + j] = (Complex.Conjugate(Left[i]) * Right[j] / overlap).Real;
        return gradient;
    }
}

/// <summary>Eigenvectors of a real matrix at a known eigenvalue, by inverse iteration (Golub &amp; Van Loan, 4th ed., §7.6.1).</summary>
public static class Eigenvectors
{
    const int Steps = 4;

    /// <summary>The eigenvectors of A at the eigenvalue nearest to <paramref name="lambda"/>.</summary>
    /// <param name="matrix">A, n × n, row-major.</param>
    /// <param name="n">Order, 1 or more.</param>
    /// <param name="lambda">An eigenvalue, as <see cref="Eigenvalues"/> gives it.</param>
    /// <exception cref="ArgumentException">The matrix does not hold n × n elements.</exception>
    public static EigenPair Of(ReadOnlySpan<double> matrix, int n, Complex lambda)
    {
        if (matrix.Length != n * n || n == 0) throw new ArgumentException($"The matrix holds {matrix.Length} elements; order {n} needs {n * n}, at least one.", nameof(matrix));
        double norm = 0;
        foreach (var v in matrix) norm += v * v;
        norm = Math.Sqrt(norm);
        var shifted = new Complex[n * n];
        for (var i = 0; i < n * n; i++) shifted[i] = matrix[i];
        for (var i = 0; i < n; i++) shifted[i * (n + 1)] -= lambda;
        // At an exact eigenvalue the last pivot is 0: a rounding error in its place keeps the direction and makes the length finite.
        var lu = new ComplexLu(shifted, n, Math.Max(norm * 2.2e-16, 1e-300));
        var (right, left) = (Start(n), Start(n));
        for (var step = 0; step < Steps; step++)
        {
            lu.Solve(right);
            Normalize(right);
            lu.SolveAdjoint(left);
            Normalize(left);
        }
        var (overlap, quotient) = (Complex.Zero, Complex.Zero);
        var (image, adjointImage) = (new Complex[n], new Complex[n]);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                image[i] += matrix[i * n + j] * right[j];
                adjointImage[j] += matrix[i * n + j] * left[i];
            }
        }
        for (var i = 0; i < n; i++)
        {
            overlap += Complex.Conjugate(left[i]) * right[i];
            quotient += Complex.Conjugate(left[i]) * image[i];
        }
        // Near a defective eigenvalue the quotient is 0/0, and the value that was given is better.
        var value = overlap.Magnitude > 1e-8 ? quotient / overlap : lambda;
        double r = 0, l = 0;
        for (var i = 0; i < n; i++)
        {
            r += Square(image[i] - value * right[i]);
            l += Square(adjointImage[i] - Complex.Conjugate(value) * left[i]);
        }
        return new(value, right, left, norm > 0 ? Math.Sqrt(Math.Max(r, l)) / norm : 0, 1 / overlap.Magnitude);
    }

    // Without symmetry, so that no eigenvector is orthogonal to it but by accident.
    static Complex[] Start(int n)
    {
        var x = new Complex[n];
        for (var i = 0; i < n; i++) x[i] = new(1 + 0.37 * Math.Cos(1.7 * i), 0.23 * Math.Sin(2.3 * i + 0.4));
        return x;
    }

    static void Normalize(Complex[] x)
    {
        // The largest component first: squares of inverse iteration's numbers may overflow.
        var largest = x.Max(v => Math.Max(Math.Abs(v.Real), Math.Abs(v.Imaginary)));
        for (var i = 0; i < x.Length; i++) x[i] /= largest;
        var norm = Math.Sqrt(x.Sum(Square));
        for (var i = 0; i < x.Length; i++) x[i] /= norm;
    }

    static double Square(Complex v) => v.Real * v.Real + v.Imaginary * v.Imaginary;
}
