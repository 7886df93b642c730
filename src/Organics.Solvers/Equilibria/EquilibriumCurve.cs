using System.Numerics;

namespace Organics;

/// <summary>A point of the curve with all that changes at a bifurcation.</summary>
/// <param name="X">(x, parameter).</param>
/// <param name="Tangent">Of norm 1, the way that the branch is followed.</param>
/// <param name="Point">The equilibrium.</param>
/// <param name="IsPositive">The sign of det[∂f/∂x ∂f/∂t; tangent].</param>
/// <param name="LogDeterminant">The logarithm of its magnitude.</param>
sealed record CurveMark(double[] X, double[] Tangent, BranchPoint Point, bool IsPositive, double LogDeterminant)
{
    // Of the largest eigenvalue: below it, rounding may have split a double one.
    const double LeastFrequency = 1e-7;

    public bool IsForward { get; } = Tangent[^1] > 0;

    /// <summary>Whether an eigenvalue is 0 but for rounding.</summary>
    public bool IsSingular
        => Point.Point.Eigenvalues.Min(v => v.Magnitude) <= 1e-13 * Point.Point.Eigenvalues.Max(v => v.Magnitude);

    /// <summary>The real parts of the spectrum, ascending.</summary>
    public double[] Growth { get; } = [.. Point.Point.Eigenvalues.Select(v => v.Real).Order()];

    /// <summary>How many eigenvalues lie beyond the axis.</summary>
    public int Unstable => Point.Point.Unstable;

    /// <summary>The eigenvalues that oscillate, one of each conjugate pair.</summary>
    public Complex[] Pairs { get; } = Oscillating(Point.Point.Eigenvalues);

    /// <summary>How many pairs lie beyond the axis.</summary>
    public int UnstablePairs => Pairs.Count(v => v.Real > 0);

    static Complex[] Oscillating(Complex[] eigenvalues)
    {
        var least = LeastFrequency * eigenvalues.Max(v => v.Magnitude);
        return [.. eigenvalues.Where(v => v.Imaginary > least)];
    }

    /// <summary>How fast each real part moves from here to another mark, by arc.</summary>
    public double[] Pace(CurveMark other, double arc) => [.. Growth.Zip(other.Growth, (a, b) => Math.Abs(b - a) / arc)];
}

/// <summary>The equilibria of a family as a curve in (x, parameter), the parameter from 0 to 1, so that its steps and those of x are of one size.</summary>
/// <param name="family">The equations at a value of the parameter.</param>
/// <param name="from">The value at 0.</param>
/// <param name="to">The value at 1.</param>
/// <param name="largestStep">The longest step along it.</param>
sealed class EquilibriumCurve(Func<double, EquilibriumEquations> family, double from, double to, double largestStep)
{
    /// <summary>Newton's matrix is singular at a branch point, so that its points nearer to one than this arc are off the curve, and are avoided.</summary>
    public const double BesideArc = 1e-4;

    const int NewtonCap = 8;

    // Of the tangent along the parameter: below it, the parameter is no measure of the curve.
    const double Slant = 0.1;

    /// <summary>The longest step along the curve, by arc.</summary>
    public double LargestStep => largestStep;

    /// <summary>What the parameter is at both ends is so far apart.</summary>
    public double Range => Math.Abs(to - from);

    /// <summary>The equations at a value of the parameter itself.</summary>
    public EquilibriumEquations Equations(double value) => family(value);

    // The ends are as they were given: 1 times their difference need not be.
    double Value(double t) => t == 1 ? to : from + t * (to - from);

    public BranchPoint Point(double[] x) => new(Value(x[^1]), family(Value(x[^1])).Examine(x.AsSpan(..^1)));

    /// <summary>Newton's method for f = 0 on the hyperplane through x normal to a direction; without one, at fixed parameter.</summary>
    public bool Correct(double[] x, double[]? normal)
    {
        var m = x.Length;
        var (rhs, pivots, matrix) = (new double[m], new int[m], new double[m * m]);
        var pin = new double[m];
        pin[^1] = 1;
        for (var iteration = 0; iteration < NewtonCap; iteration++)
        {
            var error = Bordered(x, normal ?? pin, matrix, rhs);
            if (!double.IsFinite(error)) return false;
            rhs[^1] = 0;
            var isLast = error < 1e-12;
            if (Lu.Factor<double>(matrix, m, pivots).IsSingular) return isLast;
            Lu.Solve<double>(matrix, m, pivots, rhs);
            for (var i = 0; i < m; i++) x[i] -= rhs[i];
            // The last step is known, and leaves only rounding.
            if (isLast) return true;
            if (rhs.Max(Math.Abs) > 1 || x[^1] is < -1e-9 or > 1 + 1e-9) return false;
        }
        return Bordered(x, normal ?? pin, matrix, rhs) < 1e-10;
    }

    /// <summary>What is known of the curve at x, followed on the side of <paramref name="along"/>; null where its direction is not defined.</summary>
    public CurveMark? At(double[] x, double[] along)
    {
        var m = x.Length;
        var (tangent, pivots, matrix) = (new double[m], new int[m], new double[m * m]);
        Bordered(x, along, matrix, tangent);
        Array.Clear(tangent);
        tangent[^1] = 1;
        if (Lu.Factor<double>(matrix, m, pivots).IsSingular) return null;
        // The border is a positive multiple of the tangent and rows of ∂f: with the tangent for it, the determinant is divided by its component along the
        // tangent, 1/norm.
        var (isPositive, log) = Determinant(matrix, pivots);
        Lu.Solve<double>(matrix, m, pivots, tangent);
        var norm = Math.Sqrt(Vectors.Dot(tangent, tangent));
        if (!double.IsFinite(norm)) return null;
        for (var i = 0; i < m; i++) tangent[i] /= norm;
        return new(x, tangent, Point(x), isPositive, log + Math.Log(norm));
    }

    /// <summary>The mark on the end of the range; null where there is none.</summary>
    public CurveMark? Last(CurveMark here, double[] end)
    {
        var mark = At(end, here.Tangent);
        if (mark is not null)
        {
            double[] chord = [.. end.Zip(here.X, (a, b) => a - b)];
            if (!mark.Growth.Zip(here.Pace(mark, Math.Sqrt(Vectors.Dot(chord, chord))), (g, p) => Math.Abs(g) < p * BesideArc / 2).Any(v => v)) return mark;
        }
        return Continued(here, end) ?? mark;
    }

    // At a branch point and beside it two branches satisfy the equations all but equally well, and the bordered matrix has no direction: the curve is
    // continued from where it has.
    CurveMark? Continued(CurveMark here, double[] end)
    {
        double[] chord = [.. end.Zip(here.X, (a, b) => a - b)];
        var length = Math.Sqrt(Vectors.Dot(chord, chord));
        foreach (var arc in (ReadOnlySpan<double>)[BesideArc, 0.7 * BesideArc])
        {
            var marks = new CurveMark[3];
            var count = 0;
            for (; count < marks.Length; count++)
            {
                var back = Math.Min(0.25, arc / length) * (count + 1);
                double[] x = [.. end.Zip(chord, (v, c) => v - back * c)];
                if (!Correct(x, here.Tangent) || At(x, here.Tangent) is not { } mark || Math.Abs(mark.Tangent[^1]) < Slant) break;
                marks[count] = mark;
            }
            if (count < marks.Length) continue;
            var next = new double[end.Length];
            for (var i = 0; i < marks.Length; i++)
            {
                // Lagrange's polynomials in the parameter.
                double weight = 1;
                for (var j = 0; j < marks.Length; j++)
                    if (j != i) weight *= (end[^1] - marks[j].X[^1]) / (marks[i].X[^1] - marks[j].X[^1]);
                for (var k = 0; k < next.Length; k++) next[k] += weight * marks[i].X[k];
            }
            next[^1] = end[^1];
            return Beside(next, marks[0].Tangent) ?? new(next, marks[0].Tangent, Point(next), marks[0].IsPositive, double.NegativeInfinity);
        }
        return null;
    }

    /// <summary>
    /// A mark on a curve whose direction is known. det[∂f/∂x ∂f/∂t; tangent] is det ∂f/∂x by the tangent's part along the parameter, without the differences by
    /// which ∂f/∂t is taken and which beside a branch point are all that the bordered matrix consists of.
    /// </summary>
    public CurveMark? Beside(double[] x, double[] tangent)
    {
        var slant = tangent[^1];
        if (Math.Abs(slant) < Slant) return At(x, tangent) is { } mark ? new(x, tangent, mark.Point, mark.IsPositive, mark.LogDeterminant) : null;
        var m = x.Length - 1;
        var equations = family(Value(x[^1]));
        var (f, matrix, pivots) = (new double[m], new double[m * m], new int[m]);
        if (!double.IsFinite(equations.Residual(x.AsSpan(0, m), f))) return null;
        equations.Jacobian(x.AsSpan(0, m), matrix);
        if (Lu.Factor<double>(matrix, m, pivots).IsSingular) return null;
        var (isPositive, log) = Determinant(matrix, pivots);
        return new(x, tangent, Point(x), isPositive ^ slant < 0, log - Math.Log(Math.Abs(slant)));
    }

    static (bool IsPositive, double Log) Determinant(double[] factors, int[] pivots)
    {
        var (isPositive, log) = (true, 0.0);
        for (var i = 0; i < pivots.Length; i++)
        {
            var pivot = factors[i * pivots.Length + i];
            isPositive ^= pivot < 0 ^ pivots[i] != i;
            log += Math.Log(Math.Abs(pivot));
        }
        return (isPositive, log);
    }

    /// <summary>F at (x, parameter); null beyond the range, or where it cannot be evaluated.</summary>
    public double[]? Residual(double[] x)
    {
        var f = new double[x.Length - 1];
        return x[^1] is >= 0 and <= 1 && double.IsFinite(family(Value(x[^1])).Residual(x.AsSpan(..^1), f)) ? f : null;
    }

    /// <summary>The largest |F_i| at x, dimensionless; NaN where one is not finite.</summary>
    public double Error(double[] x) => family(Value(x[^1])).Residual(x.AsSpan(..^1), new double[x.Length - 1]);

    /// <summary>Writes [∂f/∂x ∂f/∂t; normalᵀ] and f, and returns the largest |f|.</summary>
    public double Bordered(double[] x, double[] normal, double[] matrix, double[] f)
    {
        var m = x.Length - 1;
        var equations = family(Value(x[^1]));
        var state = x.AsSpan(0, m);
        var error = equations.Residual(state, f.AsSpan(0, m));
        var inner = new double[m * m];
        if (!double.IsFinite(error)) return error;
        equations.Jacobian(state, inner);
        // The derivative by the parameter, by differences towards the inside of the range.
        const double H = 1e-6;
        var (up, down) = (Math.Min(1, x[^1] + H), Math.Max(0, x[^1] - H));
        var (fUp, fDown) = (new double[m], new double[m]);
        family(Value(up)).Residual(state, fUp);
        family(Value(down)).Residual(state, fDown);
        for (var i = 0; i < m; i++)
        {
            inner.AsSpan(i * m, m).CopyTo(matrix.AsSpan(i * (m + 1)));
            matrix[i * (m + 1) + m] = (fUp[i] - fDown[i]) / (up - down);
        }
        normal.CopyTo(matrix, m * (m + 1));
        f[m] = 0;
        return error;
    }
}
