using System.Numerics;

namespace Organics;

/// <summary>Why a point of a branch is special.</summary>
public enum BifurcationType
{
    /// <summary>The branch turns back: two fixed points meet, and a real eigenvalue crosses 0.</summary>
    Fold,

    /// <summary>A conjugate pair crosses the imaginary axis away from 0: a limit cycle is born.</summary>
    Hopf,

    /// <summary>Branches cross, as at a pitchfork or a transcritical bifurcation: one or more real eigenvalues cross 0 and the branch goes on, or it turns back on one that does.</summary>
    BranchPoint,
}

/// <summary>A bifurcation on a branch.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Parameter">Where it lies.</param>
/// <param name="Point">The fixed point there.</param>
/// <param name="Frequency">Oscillations per unit of time at a Hopf point; 0 at others.</param>
public sealed record Bifurcation(BifurcationType Type, double Parameter, FixedPoint Point, double Frequency);

/// <summary>One point of a branch.</summary>
/// <param name="Parameter">The parameter's value.</param>
/// <param name="Point">The fixed point.</param>
public sealed record BranchPoint(double Parameter, FixedPoint Point);

/// <summary>A branch of fixed points under one parameter.</summary>
/// <param name="Points">In the order in which they were met.</param>
/// <param name="Bifurcations">Folds, Hopf points and branch points between them, in the same order.</param>
/// <param name="ReachedEnd">Whether the branch was followed to the end of the parameter's range, the one or the other.</param>
public sealed record Branch(IReadOnlyList<BranchPoint> Points, IReadOnlyList<Bifurcation> Bifurcations, bool ReachedEnd);

/// <summary>
/// Follows a fixed point along one parameter by its arc length, through folds (Keller's pseudo-arclength continuation; Allgower &amp; Georg, Introduction to Numerical
/// Continuation Methods, ch. 6), in x = (y, log a) and the parameter. A fold is where the parameter turns, a branch point where det[∂f/∂x ∂f/∂t; tangent] changes its sign, a Hopf point
/// where a conjugate pair crosses the axis. A step over which more than one of these happens is halved until each is alone, and so is one in which an eigenvalue might reach the axis and
/// come back.
/// </summary>
public static class Continuation
{
    const double FirstStep = 0.02, LeastStep = 1e-7, LargestStep = 0.2;
    const int NewtonCap = 8;

    // How often a step is halved whatever its ends say, and how often while an eigenvalue may have reached the axis.
    const int Halvings = 2, MostHalvings = 5;

    // Arcs at which halving ends. At a branch point Newton's matrix is singular, so that points very near to it are not to be had; its determinant is all but linear there.
    const double ShortestArc = 1e-12, BranchArc = 1e-5;

    // Of the largest eigenvalue: below it, rounding may have split a double one.
    const double LeastFrequency = 1e-7;

    /// <summary>Follows a branch.</summary>
    /// <param name="family">The circuit at a value of the parameter; n must not change.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="to">Where to go; the branch ends there, or where it comes back to <paramref name="from"/>.</param>
    /// <param name="start">A fixed point at <paramref name="from"/>.</param>
    /// <param name="steps">The most points.</param>
    /// <exception cref="ArithmeticException">The start is no fixed point, or a bifurcation.</exception>
    public static Branch Follow(Func<double, Circuit> family, double from, double to, FixedPoint start, int steps = 2000)
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentNullException.ThrowIfNull(start);
        var curve = new Curve(family, from, to);
        // The parameter runs from 0 to 1, so that its steps and those of x are of one size.
        double[] x = [.. new FixedPointEquations(family(from)).State(start.Y, start.A), 0];
        if (!curve.Correct(x, null)) throw new ArithmeticException($"The start of the branch is no fixed point of the circuit at {from}; solve for one with SteadyState.Of there.");
        var m = x.Length;
        var along = new double[m];
        along[^1] = 1;
        var here = curve.At(x, along) ?? throw new ArithmeticException($"The branch has no direction at {from}, which is a bifurcation itself; begin beside it.");
        List<BranchPoint> points = [here.Point];
        List<Bifurcation> bifurcations = [];
        var step = FirstStep;
        var pace = new double[m - 1];
        while (points.Count < steps)
        {
            var next = new double[m];
            for (var i = 0; i < m; i++) next[i] = here.X[i] + step * here.Tangent[i];
            var normal = here.Tangent;
            var isLast = next[^1] is > 1 or < 0;
            if (isLast)
            {
                // The last step ends on the edge exactly.
                var edge = next[^1] > 1 ? 1.0 : 0.0;
                var part = (edge - here.X[^1]) / (next[^1] - here.X[^1]);
                for (var i = 0; i < m; i++) next[i] = here.X[i] + part * step * here.Tangent[i];
                next[^1] = edge;
                normal = along;
            }
            if (curve.Correct(next, normal) && curve.At(next, here.Tangent) is { } there && (isLast || Dot(here.Tangent, there.Tangent) > 0.95))
            {
                pace = curve.Between(here, there, pace, bifurcations);
                points.Add(there.Point);
                if (isLast) return new(points, bifurcations, true);
                here = there;
                step = Math.Min(LargestStep, 1.5 * step);
            }
            else if ((step /= 2) < LeastStep) break;
        }
        return new(points, bifurcations, false);
    }

    static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>A point of the curve with all that changes at a bifurcation.</summary>
    /// <param name="X">(y, log a, parameter).</param>
    /// <param name="Tangent">Of norm 1, the way that the branch is followed.</param>
    /// <param name="Point">The fixed point.</param>
    /// <param name="IsPositive">The sign of det[∂f/∂x ∂f/∂t; tangent].</param>
    /// <param name="LogDeterminant">The logarithm of its magnitude.</param>
    sealed record Mark(double[] X, double[] Tangent, BranchPoint Point, bool IsPositive, double LogDeterminant)
    {
        public bool IsForward { get; } = Tangent[^1] > 0;

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
        public double[] Pace(Mark other, double arc) => [.. Growth.Zip(other.Growth, (a, b) => Math.Abs(b - a) / arc)];
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
        public Mark? At(double[] x, double[] along)
        {
            var m = x.Length;
            var (tangent, pivots, matrix) = (new double[m], new int[m], new double[m * m]);
            Bordered(x, along, matrix, tangent);
            Array.Clear(tangent);
            tangent[^1] = 1;
            if (Lu.Factor<double>(matrix, m, pivots).IsSingular) return null;
            // The border is a positive multiple of the tangent and rows of ∂f: with the tangent for it, the determinant is divided by its component along the tangent, 1/norm.
            var (isPositive, log) = (true, 0.0);
            for (var i = 0; i < m; i++)
            {
                isPositive ^= matrix[i * m + i] < 0 ^ pivots[i] != i;
                log += Math.Log(Math.Abs(matrix[i * m + i]));
            }
            Lu.Solve<double>(matrix, m, pivots, tangent);
            var norm = Math.Sqrt(Dot(tangent, tangent));
            if (!double.IsFinite(norm)) return null;
            for (var i = 0; i < m; i++) tangent[i] /= norm;
            return new(x, tangent, Point(x), isPositive, log + Math.Log(norm));
        }

        /// <summary>Looks for bifurcations between two neighbours.</summary>
        /// <param name="here">The first.</param>
        /// <param name="there">The second.</param>
        /// <param name="pace">How fast each real part moved over the step before, by arc.</param>
        /// <param name="found">Where they are added.</param>
        /// <returns>How fast each real part moved over this step.</returns>
        public double[] Between(Mark here, Mark there, double[] pace, List<Bifurcation> found)
        {
            double arc = 0;
            for (var i = 0; i < here.X.Length; i++) arc += (there.X[i] - here.X[i]) * here.Tangent[i];
            Resolve(here, here, 0, there, arc, pace, 0, found);
            return here.Pace(there, arc);
        }

        // Between two marks on the step that begins at start.
        void Resolve(Mark start, Mark low, double from, Mark high, double to, double[] pace, int depth, List<Bifurcation> found)
        {
            var arc = to - from;
            var (all, pairs) = (high.Unstable - low.Unstable, high.UnstablePairs - low.UnstablePairs);
            var (turns, crosses) = (low.IsForward != high.IsForward, low.IsPositive != high.IsPositive);
            var isQuiet = !turns && !crosses && all == 0;
            if (isQuiet && depth >= Halvings && (depth >= MostHalvings || !MayTouch())) return;
            if (arc > (crosses ? BranchArc : ShortestArc) && (Part(0.5) ?? Part(0.4)) is var (mark, middle))
            {
                Resolve(start, low, from, mark, middle, [.. pace.Zip(mark.Pace(high, to - middle), Math.Max)], depth + 1, found);
                Resolve(start, mark, middle, high, to, low.Pace(mark, middle - from), depth + 1, found);
                return;
            }
            if (crosses) found.Add(Found(BifurcationType.BranchPoint, Crossing(low, high), 0));
            else if (turns) found.Add(Found(BifurcationType.Fold, low.Point, 0));
            // Several real eigenvalues at once; a single one belongs to a fold that rounding has put beside it.
            else if (all != 0 && pairs == 0 && all % 2 == 0) found.Add(Found(BifurcationType.BranchPoint, low.Point, 0));
            if (all != 0 && pairs != 0) found.Add(Found(BifurcationType.Hopf, low.Point, low.Pairs.MinBy(v => Math.Abs(v.Real)).Imaginary / (2 * Math.PI)));

            // An eigenvalue that moves as far as to the axis and back may have been there.
            bool MayTouch()
            {
                var present = low.Pace(high, arc);
                for (var i = 0; i < present.Length; i++)
                    if (Math.Max(pace[i], present[i]) * arc > Math.Abs(low.Growth[i]) + Math.Abs(high.Growth[i])) return true;
                return false;
            }

            (Mark, double)? Part(double part)
            {
                var at = from + part * arc;
                double[] x = [.. start.X.Zip(start.Tangent, (x, t) => x + at * t)];
                // Near a branch point Newton's method may land on the other branch.
                return at > from && at < to && Correct(x, start.Tangent) && At(x, start.Tangent) is { } mark && Dot(mark.Tangent, start.Tangent) > 0.9 ? (mark, at) : null;
            }
        }

        static Bifurcation Found(BifurcationType type, BranchPoint at, double frequency) => new(type, at.Parameter, at.Point, frequency);

        // Where the determinant is 0: it falls as the power of as many eigenvalues as cross at once, whose root is all but a straight line.
        BranchPoint Crossing(Mark low, Mark high)
        {
            var zeros = Math.Max(1, Math.Abs(high.Unstable - low.Unstable));
            var part = 1 / (1 + Math.Exp((high.LogDeterminant - low.LogDeterminant) / zeros));
            return Point([.. low.X.Zip(high.X, (a, b) => a + part * (b - a))]);
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
