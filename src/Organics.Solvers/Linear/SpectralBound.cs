using System.Numerics;
using System.Numerics.Tensors;

namespace Organics;

/// <summary>How well the eigenvalues that lie farthest to one side are known, of a real matrix whose own elements are known only so well.</summary>
public static class SpectralBound
{
    const int Steps = 4;

    /// <summary>
    /// The largest measure of an eigenvalue (<see cref="StabilityRegion.Measure"/>), and an estimate of its error; it is above the error's size, and below the
    /// measure's only where the measure's sign is sure. To first order the error is |u|ᵀ(R + ε|A|)|v|/|uᴴv| for an eigenvalue that is isolated, with its right
    /// and left vectors v and u, which no diagonal scaling changes (Geurts, Numer. Math. 39, 1982); where k eigenvalues are nearer than their errors, k times
    /// the geometric mean of that error and of their distance, as at a defective eigenvalue, whose k values QR scatters on a circle. Twice that much is taken,
    /// of every eigenvalue: an ill-conditioned one behind the leader may be meant to lie before it.
    /// Where eigenvalues are not isolated or nothing is decided, the boundary is walked along (<see cref="IsClear"/>): with no matrix near A an eigenvalue lies
    /// on it, so that as many are outside as were computed.
    /// Without that proof the error is taken to be Elsner's (‖A‖ + ‖A + E‖)^(1−1/n)·‖E‖^(1/n) (Stewart &amp; Sun, Matrix Perturbation Theory, IV.1.3).
    /// O(n³), and as much again for each eigenvalue that lies before the others by less than its error may be by norms.
    /// </summary>
    /// <param name="matrix">A, n × n, row-major.</param>
    /// <param name="spread">R, n × n: how far each element may be from the one that is meant.</param>
    /// <param name="n">Order, 1 or more.</param>
    /// <param name="values">All eigenvalues of A, as <see cref="Eigenvalues"/> gives them.</param>
    /// <param name="region">Where the eigenvalues should lie.</param>
    /// <exception cref="ArgumentException">A matrix does not hold n × n elements.</exception>
    public static (double Value, double Uncertainty) Largest(
        ReadOnlySpan<double> matrix, ReadOnlySpan<double> spread, int n, Complex[] values, StabilityRegion region)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(region);
        var (a, r) = (matrix.ToArray(), spread.ToArray());
        Eigenvalues.Balance(a, n, r);
        var (norm, radius) = (Norm(a), Norm(r));
        var normwise = n * Eigenvalues.Epsilon * norm + radius;
        var elsner = Math.Pow(2 * norm + normwise, 1 - 1.0 / n) * Math.Pow(normwise, 1.0 / n);
        double Bound(double error) => error < elsner ? error : double.IsNaN(elsner) ? double.PositiveInfinity : elsner;
        // One of each conjugate pair.
        Complex[] upper = [.. values.Where(v => v.Imaginary >= 0)];
        var first = upper.Max(region.Measure);
        var form = double.IsFinite(norm) ? new HessenbergForm(a, n) : null;
        var estimates = Estimates(form, n, upper, norm, radius, values);
        double best = double.NegativeInfinity, low = best, high = best;
        foreach (var estimate in estimates.OrderByDescending(e => region.Measure(e.Value) + Bound(e.Error)))
        {
            // No error of first order is larger than that by norms: what does not reach the others so changes nothing.
            if (region.Measure(estimate.Value) + Bound(estimate.Error) <= low) break;
            var (value, error) = estimate.IsIsolated ? Improved(a, r, n, estimate.Value, norm) : (estimate.Value, estimate.Error);
            var (measure, bound) = (region.Measure(value), Bound(error));
            best = Math.Max(best, measure);
            high = Math.Max(high, measure + bound);
            low = Math.Max(low, measure - bound);
        }
        var (uncertainty, size) = (Math.Max(high - best, best - low), Math.Abs(best));
        if (double.IsNaN(uncertainty)) uncertainty = double.PositiveInfinity;
        var isDecided = uncertainty < size;
        if (isDecided && Array.TrueForAll(estimates, e => e.IsIsolated)) return (best, uncertainty);
        // The computed eigenvalues, not the improved ones, are those of a matrix near A.
        if (Math.Sign(first) != Math.Sign(best) || form is null || !IsClear(form, norm, 4 * n * Eigenvalues.Epsilon * norm + radius, region))
            return (best, isDecided ? Math.Max(elsner, size) : uncertainty);
        return (best, isDecided || size == 0 ? uncertainty : Math.BitDecrement(size));
    }

    /// <summary>What the largest measure of an eigenvalue and its error say.</summary>
    /// <param name="value">The measure.</param>
    /// <param name="uncertainty">Its error; one that is no number or overflowed decides nothing.</param>
    public static StabilityVerdict Verdict(double value, double uncertainty)
        => !(Math.Abs(value) > uncertainty) ? StabilityVerdict.Undecided : value < 0 ? StabilityVerdict.Stable : StabilityVerdict.Unstable;

    /// <summary>
    /// Whether no matrix within <paramref name="distance"/> of A has an eigenvalue on the boundary: σ_min(A − zI), which changes by no more than z does,
    /// exceeds the distance all along it. Each value clears the boundary as far as it reaches, and half of it is taken, for it is computed from above.
    /// </summary>
    static bool IsClear(HessenbergForm form, double norm, double distance, StabilityRegion region)
    {
        if (!double.IsFinite(distance)) return false;
        // Beyond ‖A‖ there is none.
        var end = Math.Min(region.Length, norm + 2 * distance);
        double t = 0;
        for (var points = 0; points < 1000 + 10 * form.Order; points++)
        {
            var (sigma, _, _) = form.At(form.Scaled(region.Boundary(t))).Smallest(isReal: false);
            var clear = Math.ScaleB(sigma, form.Exponent) / 2 - distance;
            if (!(clear > 0)) return false;
            t += clear;
            if (t >= end) return true;
        }
        return false;
    }

    /// <summary>The errors of eigenvalues by norms and their conditions; not a number where that is not known.</summary>
    static (Complex Value, double Error, bool IsIsolated)[] Estimates(
        HessenbergForm? form, int n, Complex[] lambdas, double norm, double radius, Complex[] values)
    {
        var conditions = form is null ? [] : EigenvalueConditions.Of(form, lambdas);
        var estimates = new (Complex, double, bool)[lambdas.Length];
        for (var i = 0; i < lambdas.Length; i++)
        {
            var (lambda, gap) = (lambdas[i], double.PositiveInfinity);
            var itself = Array.IndexOf(values, lambda);
            for (var k = 0; k < values.Length; k++)
                if (k != itself) gap = Math.Min(gap, (values[k] - lambda).Magnitude);
            var condition = conditions.Length > 0 ? conditions[i] : double.NaN;
            var error = (n * Eigenvalues.Epsilon * norm + radius) * condition;
            if (error < gap / 8)
            {
                // Of |A − λI| + |λ|, whatever its elements are.
                estimates[i] = (lambda, 2 * (3 * (n + 8) * Eigenvalues.Epsilon * norm + radius) * condition, true);
                continue;
            }
            // Not to be told from its neighbours.
            var (reach, near) = (8 * Math.Max(error, gap), 0);
            foreach (var v in values)
                if ((v - lambda).Magnitude <= reach) near++;
            estimates[i] = (lambda, 2 * Math.Max(2, near) * Math.Max(error, Math.Sqrt(error) * Math.Sqrt(gap)), false);
        }
        return estimates;
    }

    /// <summary>An isolated eigenvalue, by the quotient uᴴAv/uᴴv, and twice its error of first order; not a number where vectors cannot be found.</summary>
    static (Complex Value, double Error) Improved(double[] a, double[] r, int n, Complex lambda, double norm)
    {
        var shifted = new Complex[n * n];
        for (var i = 0; i < n * n; i++) shifted[i] = a[i];
        for (var i = 0; i < n; i++) shifted[i * (n + 1)] -= lambda;
        // At an exact eigenvalue the last pivot is 0. A number in its place that is tiny beside ‖A‖ leaves the digits of a graded matrix; where it overflows, a
        // rounding error does not.
        var (half, rest) = Eigenvalues.Halves(norm > 0 && double.IsFinite(norm) ? -Math.ILogB(norm) : 0);
        var scaled = Array.ConvertAll(shifted, v => v * half * rest);
        if ((InverseIterates(scaled, n, 1e-200) ?? InverseIterates(scaled, n, Eigenvalues.Epsilon)) is not var (right, left)) return (lambda, double.NaN);
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
        var value = lambda + quotient / overlap;
        return (value, 2 * (known + (n + 8) * Eigenvalues.Epsilon * terms) * condition + 2 * Eigenvalues.Epsilon * value.Magnitude);
    }

    static (Complex[] Right, Complex[] Left)? InverseIterates(Complex[] scaled, int n, double leastPivot)
    {
        var lu = new ComplexLu(scaled, n, leastPivot);
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
