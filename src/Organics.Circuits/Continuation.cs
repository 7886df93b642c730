namespace Organics;

/// <summary>Why a point of a branch is special.</summary>
public enum BifurcationType
{
    /// <summary>The branch turns back: two fixed points meet, and a real eigenvalue crosses 0.</summary>
    Fold,

    /// <summary>A conjugate pair crosses the imaginary axis: a limit cycle is born.</summary>
    Hopf,
}

/// <summary>A bifurcation on a branch.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Parameter">Where it lies.</param>
/// <param name="Point">The fixed point there.</param>
/// <param name="Frequency">Oscillations per unit of time at a Hopf point; 0 at a fold.</param>
public sealed record Bifurcation(BifurcationType Type, double Parameter, FixedPoint Point, double Frequency);

/// <summary>One point of a branch.</summary>
/// <param name="Parameter">The parameter's value.</param>
/// <param name="Point">The fixed point.</param>
public sealed record BranchPoint(double Parameter, FixedPoint Point);

/// <summary>A branch of fixed points under one parameter.</summary>
/// <param name="Points">In the order in which they were met.</param>
/// <param name="Bifurcations">Folds and Hopf points between them.</param>
/// <param name="ReachedEnd">Whether the branch was followed to the end of the parameter's range, the one or the other.</param>
public sealed record Branch(IReadOnlyList<BranchPoint> Points, IReadOnlyList<Bifurcation> Bifurcations, bool ReachedEnd);

/// <summary>
/// Follows a fixed point along one parameter by its arc length, through folds (Keller's pseudo-arclength continuation; Allgower &amp; Georg, Introduction to Numerical
/// Continuation Methods, ch. 6), in x = (y, log a) and the parameter.
/// </summary>
public static class Continuation
{
    const double FirstStep = 0.02, LeastStep = 1e-7, LargestStep = 0.2;
    const int NewtonCap = 8, Bisections = 60;

    /// <summary>Follows a branch.</summary>
    /// <param name="family">The circuit at a value of the parameter; n must not change.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="to">Where to go; the branch ends there, or where it comes back to <paramref name="from"/>.</param>
    /// <param name="start">A fixed point at <paramref name="from"/>.</param>
    /// <param name="steps">The most points.</param>
    /// <exception cref="ArithmeticException">The start is no fixed point.</exception>
    public static Branch Follow(Func<double, Circuit> family, double from, double to, FixedPoint start, int steps = 2000)
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentNullException.ThrowIfNull(start);
        var curve = new Curve(family, from, to);
        // The parameter runs from 0 to 1, so that its steps and those of x are of one size.
        double[] x = [.. new FixedPointEquations(family(from)).State(start.Y, start.A), 0];
        if (!curve.Correct(x, null)) throw new ArithmeticException($"The start of the branch is no fixed point of the circuit at {from}; solve for one with SteadyState.Of there.");
        var m = x.Length;
        var tangent = new double[m];
        tangent[^1] = 1;
        curve.Tangent(x, tangent, tangent);
        List<BranchPoint> points = [curve.Point(x)];
        List<Bifurcation> bifurcations = [];
        var step = FirstStep;
        var (next, nextTangent) = (new double[m], new double[m]);
        while (points.Count < steps)
        {
            for (var i = 0; i < m; i++) next[i] = x[i] + step * tangent[i];
            if (next[^1] > 1 || next[^1] < 0)
            {
                // The last step ends on the edge exactly.
                var edge = next[^1] > 1 ? 1.0 : 0.0;
                var part = (edge - x[^1]) / (next[^1] - x[^1]);
                for (var i = 0; i < m; i++) next[i] = x[i] + part * step * tangent[i];
                next[^1] = edge;
                var pin = new double[m];
                pin[^1] = 1;
                if (curve.Correct(next, pin) && curve.Tangent(next, tangent, nextTangent))
                {
                    curve.Between(x, tangent, next, nextTangent, bifurcations);
                    points.Add(curve.Point(next));
                    return new(points, bifurcations, true);
                }
            }
            else if (curve.Correct(next, tangent) && curve.Tangent(next, tangent, nextTangent) && Dot(tangent, nextTangent) > 0.95)
            {
                curve.Between(x, tangent, next, nextTangent, bifurcations);
                (x, next, tangent, nextTangent) = (next, x, nextTangent, tangent);
                points.Add(curve.Point(x));
                step = Math.Min(LargestStep, 1.5 * step);
                continue;
            }
            if ((step /= 2) < LeastStep) break;
        }
        return new(points, bifurcations, false);
    }

    static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    sealed class Curve(Func<double, Circuit> family, double from, double to)
    {
        double Value(double t) => from + t * (to - from);

        public BranchPoint Point(double[] x) => new(Value(x[^1]), new FixedPointEquations(family(Value(x[^1]))).Point(x[..^1]));

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
                if (error < 1e-12) return true;
                rhs[^1] = 0;
                if (Lu.Factor<double>(matrix, m, pivots).IsSingular) return false;
                Lu.Solve<double>(matrix, m, pivots, rhs);
                for (var i = 0; i < m; i++) x[i] -= rhs[i];
                if (rhs.Max(Math.Abs) > 1 || x[^1] is < -1e-9 or > 1 + 1e-9) return false;
            }
            return Bordered(x, normal ?? pin, matrix, rhs) < 1e-10;
        }

        /// <summary>The direction of the curve at x, of norm 1, on the side of <paramref name="along"/>.</summary>
        public bool Tangent(double[] x, double[] along, double[] tangent)
        {
            var m = x.Length;
            var (rhs, pivots, matrix) = (new double[m], new int[m], new double[m * m]);
            Bordered(x, along, matrix, rhs);
            Array.Clear(rhs);
            rhs[^1] = 1;
            if (Lu.Factor<double>(matrix, m, pivots).IsSingular) return false;
            Lu.Solve<double>(matrix, m, pivots, rhs);
            var norm = Math.Sqrt(Dot(rhs, rhs));
            for (var i = 0; i < m; i++) tangent[i] = rhs[i] / norm;
            return double.IsFinite(norm);
        }

        /// <summary>Looks for a bifurcation between two neighbours, and closes in on it by halving the arc.</summary>
        public void Between(double[] x, double[] tangent, double[] next, double[] nextTangent, List<Bifurcation> found)
        {
            var (before, after) = (Signs(x, tangent), Signs(next, nextTangent));
            if (before.Forward != after.Forward) found.Add(Locate(x, tangent, next, s => s.Forward != before.Forward, BifurcationType.Fold));
            else if (Math.Abs(before.Unstable - after.Unstable) == 2) found.Add(Locate(x, tangent, next, s => s.Unstable != before.Unstable, BifurcationType.Hopf));
        }

        (bool Forward, int Unstable) Signs(double[] x, double[] tangent) => (tangent[^1] > 0, Point(x).Point.Unstable);

        Bifurcation Locate(double[] x, double[] tangent, double[] next, Func<(bool Forward, int Unstable), bool> beyond, BifurcationType type)
        {
            var m = x.Length;
            double arc = 0;
            for (var i = 0; i < m; i++) arc += (next[i] - x[i]) * tangent[i];
            var (low, high) = (0.0, arc);
            var (trial, trialTangent, best) = (new double[m], new double[m], x);
            for (var k = 0; k < Bisections && high - low > 1e-13; k++)
            {
                var middle = (low + high) / 2;
                for (var i = 0; i < m; i++) trial[i] = x[i] + middle * tangent[i];
                if (!Correct(trial, tangent) || !Tangent(trial, tangent, trialTangent)) break;
                best = (double[])trial.Clone();
                if (beyond(Signs(trial, trialTangent))) high = middle;
                else low = middle;
            }
            var at = Point(best);
            var crossing = at.Point.Eigenvalues.Where(v => v.Imaginary > 0).OrderBy(v => Math.Abs(v.Real)).FirstOrDefault();
            return new(type, at.Parameter, at.Point, type == BifurcationType.Hopf ? crossing.Imaginary / (2 * Math.PI) : 0);
        }

        // [∂f/∂x ∂f/∂t; normalᵀ] and f; the largest |f|.
        double Bordered(double[] x, double[] normal, double[] matrix, double[] f)
        {
            var m = x.Length - 1;
            var system = new FixedPointEquations(family(Value(x[^1])));
            var state = x.AsSpan(0, m);
            var error = system.Residual(state, f.AsSpan(0, m));
            var inner = new double[m * m];
            if (!double.IsFinite(error)) return error;
            system.Jacobian(state, inner);
            // The derivative by the parameter, by differences towards the inside of the range.
            const double H = 1e-6;
            var (up, down) = (Math.Min(1, x[^1] + H), Math.Max(0, x[^1] - H));
            var (fUp, fDown) = (new double[m], new double[m]);
            new FixedPointEquations(family(Value(up))).Residual(state, fUp);
            new FixedPointEquations(family(Value(down))).Residual(state, fDown);
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
}
