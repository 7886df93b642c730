using System.Numerics;
using System.Numerics.Tensors;

namespace Organics;

/// <summary>How well the eigenvalues that lie farthest to one side are known, of a real matrix whose own elements are known only so well.</summary>
public static class SpectralBound
{
    // Up to this order all eigenvalues are examined, …
    const int Whole = 8;

    // … and up to this one the leading ones always; beyond, only where one lies near the line that decides.
    const int Moderate = 64;

    // Near is within this part of ‖A‖_F, of a small matrix and of a large one.
    const double Window = 1e-3, LargeWindow = 1e-6;

    const int Most = 16, Steps = 4;

    // Of an eigenvalue far from the line of a large matrix: at a condition beyond it no verdict changes, for the line is 10⁻⁶‖A‖ away.
    const double AssumedCondition = 1e4;

    /// <summary>
    /// The largest <paramref name="measure"/> of an eigenvalue, and an estimate of its error: to first order |u|ᵀ(R + ε|A|)|v|/|uᴴv| for an eigenvalue that is isolated, with its right and left vectors
    /// v and u, which no diagonal scaling changes (Geurts, Numer. Math. 39, 1982); where other eigenvalues are nearer than the errors, the geometric mean of that error and of their distance, as at a
    /// defective eigenvalue. Twice that much is returned. It is infinite where no vectors were found.
    /// </summary>
    /// <param name="matrix">A, n × n, row-major.</param>
    /// <param name="spread">R, n × n: how far each element may be from the one that is meant.</param>
    /// <param name="n">Order.</param>
    /// <param name="values">All eigenvalues of A, as <see cref="Eigenvalues"/> gives them.</param>
    /// <param name="measure">Re λ, or |1 + λ| − 1: what is positive on the wrong side. It must not change by more than λ does.</param>
    /// <exception cref="ArgumentException">A matrix does not hold n × n elements.</exception>
    public static (double Value, double Uncertainty) Largest(ReadOnlySpan<double> matrix, ReadOnlySpan<double> spread, int n, Complex[] values, Func<Complex, double> measure)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(measure);
        var (a, r) = (matrix.ToArray(), spread.ToArray());
        Eigenvalues.Balance(a, n, r);
        var norm = Norm(a);
        var radius = Norm(r);
        var normwise = n * Eigenvalues.Epsilon * norm + radius;
        // One of each conjugate pair.
        Complex[] leading = [.. values.Where(v => v.Imaginary >= 0).OrderByDescending(measure)];
        var first = measure(leading[0]);
        var window = (n > Moderate ? LargeWindow : Window) * norm;
        if (n > Moderate && Math.Abs(first) > window) return (first, AssumedCondition * normwise);
        if (n > Whole) leading = [.. leading.TakeWhile(v => measure(v) >= first - window).Take(Most)];
        // Of a large matrix the bounds by norms do, all from one Hessenberg form.
        var found = n > Moderate
            ? Eigenvectors.Of(a, n, leading).Select(p => (p.Value, p.ErrorBound(radius)))
            : leading.Select(v => Improved(a, r, n, v, norm, normwise, values));
        double best = double.NegativeInfinity, low = best, high = best;
        foreach (var (value, error) in found)
        {
            if (double.IsNaN(error)) return (first, double.PositiveInfinity);
            best = Math.Max(best, measure(value));
            high = Math.Max(high, measure(value) + error);
            low = Math.Max(low, measure(value) - error);
        }
        return (best, Math.Max(high - best, best - low));
    }

    static (Complex Value, double Error) Improved(double[] a, double[] r, int n, Complex lambda, double norm, double normwise, Complex[] values)
    {
        var shifted = new Complex[n * n];
        for (var i = 0; i < n * n; i++) shifted[i] = a[i];
        for (var i = 0; i < n; i++) shifted[i * (n + 1)] -= lambda;
        // At an exact eigenvalue the last pivot is 0. A tiny number in its place leaves the digits of a graded matrix; where it overflows, a rounding error does not.
        if ((InverseIterates(shifted, n, 1e-200) ?? InverseIterates(shifted, n, Math.Max(norm * Eigenvalues.Epsilon, 1e-300))) is not var (right, left)) return (lambda, double.NaN);
        var (overlap, quotient) = (Vectors.Dot(left, right), Complex.Zero);
        double known = 0, terms = 0;
        for (var i = 0; i < n; i++)
        {
            var image = Complex.Zero;
            double ofSpread = 0, ofTerms = 0;
            for (var j = 0; j < n; j++)
            {
                var size = right[j].Magnitude;
                image += shifted[i * n + j] * right[j];
                ofSpread += r[i * n + j] * size;
                ofTerms += shifted[i * n + j].Magnitude * size;
            }
            quotient += Complex.Conjugate(left[i]) * image;
            known += left[i].Magnitude * ofSpread;
            terms += left[i].Magnitude * (ofTerms + lambda.Magnitude * right[i].Magnitude);
        }
        var condition = 1 / overlap.Magnitude;
        var gap = double.PositiveInfinity;
        var itself = Array.IndexOf(values, lambda);
        for (var k = 0; k < values.Length; k++)
            if (k != itself) gap = Math.Min(gap, (values[k] - lambda).Magnitude);
        var error = normwise * condition;
        if (error < gap / 8)
        {
            var value = lambda + quotient / overlap;
            return (value, 2 * (known + (n + 8) * Eigenvalues.Epsilon * terms) * condition + 2 * Eigenvalues.Epsilon * value.Magnitude);
        }
        // Not to be told from its neighbours.
        return (lambda, 2 * Math.Max(error, Math.Sqrt(error) * Math.Sqrt(gap)));
    }

    static (Complex[] Right, Complex[] Left)? InverseIterates(Complex[] shifted, int n, double leastPivot)
    {
        var lu = new ComplexLu(shifted, n, leastPivot);
        var (right, left) = (new Complex[n], new Complex[n]);
        // Without symmetry, so that no eigenvector is orthogonal to it but by accident.
        for (var i = 0; i < n; i++) right[i] = left[i] = new(1 + 0.37 * Math.Cos(1.7 * i), 0.23 * Math.Sin(2.3 * i + 0.4));
        for (var step = 0; step < Steps; step++)
        {
            lu.Solve(right);
            lu.SolveAdjoint(left);
            if (!IsNormal(BorderedQr.Normalize(right)) || !IsNormal(BorderedQr.Normalize(left))) return null;
        }
        return (right, left);
    }

    static bool IsNormal(double norm) => norm > 0 && double.IsFinite(norm);

    // Without overflow.
    static double Norm(double[] a)
    {
        var largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(a));
        return largest > 0 && double.IsFinite(largest) ? largest * Math.Sqrt(a.Sum(v => v / largest * (v / largest))) : largest;
    }
}
