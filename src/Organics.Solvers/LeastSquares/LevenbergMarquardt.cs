namespace Organics;

/// <summary>Where a least-squares problem has come to rest.</summary>
/// <param name="X">The unknowns, m elements.</param>
/// <param name="SumOfSquares">‖r‖² there.</param>
/// <param name="Residuals">r, k elements.</param>
/// <param name="Jacobian">∂r/∂x, k × m, row-major.</param>
/// <param name="Iterations">Steps that were taken.</param>
/// <param name="HasConverged">Whether the steps or the gradient became negligible, rather than the iterations used up.</param>
public sealed record LeastSquaresResult(double[] X, double SumOfSquares, double[] Residuals, double[] Jacobian, int Iterations, bool HasConverged)
{
    /// <summary>
    /// (JᵀJ)⁻¹, m × m: times the variance of the residuals, the covariance of the unknowns to first order. A direction in which the residuals do not change, to
    /// 10⁻⁷ of the steepest where every unknown is measured by its own column, has no finite variance: the unknowns that take part in it have NaN.
    /// </summary>
    public double[] Covariance()
    {
        var m = X.Length;
        var k = Residuals.Length;
        var scale = new double[m];
        for (var j = 0; j < m; j++)
        {
            for (var i = 0; i < k; i++) scale[j] += Jacobian[i * m + j] * Jacobian[i * m + j];
            scale[j] = scale[j] > 0 ? Math.Sqrt(scale[j]) : 1;
        }
        var normal = new double[m * m];
        for (var i = 0; i < k; i++)
            for (var p = 0; p < m; p++)
                for (var q = 0; q < m; q++) normal[p * m + q] += Jacobian[i * m + p] / scale[p] * (Jacobian[i * m + q] / scale[q]);
        var (values, vectors) = SymmetricEigen.Of(normal, m);
        var (covariance, isFree) = (new double[m * m], new bool[m]);
        var largest = values.Append(0).Max();
        for (var e = 0; e < m; e++)
            for (var p = 0; p < m; p++)
                if (!(values[e] > 1e-14 * largest)) isFree[p] |= Math.Abs(vectors[p * m + e]) > 1e-3;
                else
                    for (var q = 0; q < m; q++) covariance[p * m + q] += vectors[p * m + e] * vectors[q * m + e] / (values[e] * scale[p] * scale[q]);
        for (var p = 0; p < m; p++)
            for (var q = 0; q < m; q++)
                if (isFree[p] || isFree[q]) covariance[p * m + q] = double.NaN;
        return covariance;
    }
}

/// <summary>
/// Nonlinear least squares by Levenberg and Marquardt's method (Moré, "The Levenberg–Marquardt algorithm: implementation and theory", 1978; the damping as in
/// Nielsen, IMM-REP-1999-05), within bounds: an unknown at a bound that the gradient pushes outwards rests there for the step.
/// </summary>
public static class LevenbergMarquardt
{
    /// <summary>Minimises ‖r(x)‖².</summary>
    /// <param name="residuals">r, k elements, and ∂r/∂x, k × m, row-major; null where r has no value, as where a circuit has no fixed point.</param>
    /// <param name="start">m unknowns within the bounds, at which r has a value.</param>
    /// <param name="low">Their least values; −∞ for none.</param>
    /// <param name="high">Their greatest.</param>
    /// <param name="iterations">The most steps.</param>
    /// <param name="tolerance">A step, or a gain, of this part of the whole is negligible.</param>
    /// <returns>Null where r has no value at the start.</returns>
    public static LeastSquaresResult? Minimize(
        Func<double[], (double[] Residuals, double[] Jacobian)?> residuals, ReadOnlySpan<double> start, ReadOnlySpan<double> low, ReadOnlySpan<double> high,
        int iterations = 200, double tolerance = 1e-10)
    {
        ArgumentNullException.ThrowIfNull(residuals);
        if (low.Length != start.Length || high.Length != start.Length)
            throw new ArgumentException($"{start.Length} unknowns have {low.Length} and {high.Length} bounds; give one of each for every unknown.",
                nameof(low));
        var m = start.Length;
        var x = start.ToArray();
        if (residuals(x) is not { } here) return null;
        var (sum, damping, growth, taken) = (Square(here.Residuals), 1e-3, 2.0, 0);
        for (var k = 0; k < iterations; k++)
        {
            var (normal, gradient) = Normal(here.Residuals, here.Jacobian, m);
            var rests = new bool[m];
            for (var j = 0; j < m; j++) rests[j] = (x[j] <= low[j] && gradient[j] > 0) || (x[j] >= high[j] && gradient[j] < 0);
            var step = Step(normal, gradient, rests, damping, m);
            var next = new double[m];
            double size = 0, whole = 0, predicted = 0;
            for (var j = 0; j < m; j++)
            {
                next[j] = Math.Clamp(x[j] + step[j], low[j], high[j]);
                step[j] = next[j] - x[j];
                size = Math.Max(size, Math.Abs(step[j]));
                whole = Math.Max(whole, Math.Abs(x[j]));
                predicted += step[j] * -gradient[j];
            }
            if (!(size > tolerance * (whole + tolerance))) return new(x, sum, here.Residuals, here.Jacobian, taken, true);
            for (var p = 0; p < m; p++)
                for (var q = 0; q < m; q++) predicted -= 0.5 * step[p] * normal[p * m + q] * step[q];
            if (residuals(next) is { } there && Square(there.Residuals) is var better && better < sum)
            {
                var ratio = (sum - better) / Math.Max(2 * predicted, double.Epsilon);
                var isNegligible = sum - better <= tolerance * sum;
                (x, here, sum, taken) = (next, there, better, taken + 1);
                damping *= Math.Max(1.0 / 3, 1 - Math.Pow(2 * ratio - 1, 3));
                growth = 2;
                if (isNegligible || sum == 0) return new(x, sum, here.Residuals, here.Jacobian, taken, true);
            }
            else
            {
                damping *= growth;
                growth *= 2;
                // No step leads down: rounding is all that is left, or r has no value beside.
                if (damping > 1e16) return new(x, sum, here.Residuals, here.Jacobian, taken, true);
            }
        }
        return new(x, sum, here.Residuals, here.Jacobian, taken, false);
    }

    static double Square(double[] r) => Vectors.Dot(r, r) is var sum && double.IsFinite(sum) ? sum : double.PositiveInfinity;

    static (double[] Normal, double[] Gradient) Normal(double[] r, double[] jacobian, int m)
    {
        var (normal, gradient) = (new double[m * m], new double[m]);
        for (var i = 0; i < r.Length; i++)
            for (var p = 0; p < m; p++)
            {
                gradient[p] += jacobian[i * m + p] * r[i];
                for (var q = 0; q < m; q++) normal[p * m + q] += jacobian[i * m + p] * jacobian[i * m + q];
            }
        return (normal, gradient);
    }

    // (JᵀJ + λ·diag JᵀJ)·step = −Jᵀr over the unknowns that move.
    static double[] Step(double[] normal, double[] gradient, bool[] rests, double damping, int m)
    {
        var (matrix, step) = (normal.ToArray(), new double[m]);
        var largest = Enumerable.Range(0, m).Max(j => normal[j * m + j]);
        for (var j = 0; j < m; j++)
        {
            step[j] = rests[j] ? 0 : -gradient[j];
            matrix[j * m + j] += damping * Math.Max(normal[j * m + j], 1e-12 * Math.Max(largest, double.Epsilon));
            if (!rests[j]) continue;
            for (var q = 0; q < m; q++) matrix[j * m + q] = matrix[q * m + j] = q == j ? 1 : 0;
        }
        var pivots = new int[m];
        Lu.Factor<double>(matrix, m, pivots);
        Lu.Solve<double>(matrix, m, pivots, step);
        return step;
    }
}
