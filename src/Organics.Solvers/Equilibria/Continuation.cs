using System.Numerics;

namespace Organics;

/// <summary>Why a point of a branch is special.</summary>
public enum BifurcationType
{
    /// <summary>The branch turns back: two equilibria meet, and a real eigenvalue crosses 0.</summary>
    Fold,

    /// <summary>A conjugate pair crosses the imaginary axis away from 0: a limit cycle is born.</summary>
    Hopf,

    /// <summary>
    /// Branches cross, as at a pitchfork or a transcritical bifurcation: one or more real eigenvalues cross 0 and the branch goes on, or it turns back on one
    /// that does. Those that cross nearer together than rounding lets them be told apart, 1e-10 of the parameter's range, are one branch point, with as many
    /// eigenvalues beside 0.
    /// </summary>
    BranchPoint,
}

/// <summary>A bifurcation on a branch.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Parameter">Where it lies.</param>
/// <param name="Point">The equilibrium there.</param>
/// <param name="Frequency">Oscillations per unit of time at a Hopf point; 0 at others.</param>
public sealed record Bifurcation(BifurcationType Type, double Parameter, Equilibrium Point, double Frequency)
{
    /// <summary>
    /// The first Lyapunov coefficient of a Hopf point (Kuznetsov, Elements of Applied Bifurcation Theory, Eq. 5.62): negative where it is supercritical, so
    /// that the cycle beside it is stable on the centre manifold, positive where it is subcritical; NaN where its sign is not known, and at other points.
    /// </summary>
    public double LyapunovCoefficient { get; init; } = double.NaN;

    /// <summary>How the branches cross at a branch point; null at others.</summary>
    public CrossingType? Crossing { get; init; }

    /// <summary>Follows the other branch from a branch point of two, both ways, in so many steps at most.</summary>
    internal Func<int, IReadOnlyList<Branch>>? Others { get; init; }
}

/// <summary>One point of a branch.</summary>
/// <param name="Parameter">The parameter's value.</param>
/// <param name="Point">The equilibrium.</param>
public sealed record BranchPoint(double Parameter, Equilibrium Point);

/// <summary>A branch of equilibria under one parameter.</summary>
/// <param name="Points">In the order in which they were met.</param>
/// <param name="Bifurcations">Folds, Hopf points and branch points between them, in the same order.</param>
/// <param name="ReachedEnd">Whether the branch was followed to the end of the parameter's range, the one or the other.</param>
public sealed record Branch(IReadOnlyList<BranchPoint> Points, IReadOnlyList<Bifurcation> Bifurcations, bool ReachedEnd);

/// <summary>
/// Follows an equilibrium along one parameter by its arc length, through folds (Keller's pseudo-arclength continuation; Allgower &amp; Georg, Introduction to
/// Numerical Continuation Methods, ch. 6), in the coordinates of <see cref="EquilibriumEquations"/> and the parameter. A fold is where the parameter turns, a
/// branch point where det[∂f/∂x ∂f/∂t; tangent] changes its sign, a Hopf point where a conjugate pair crosses the axis. A step over which any of these happens
/// is halved until each is alone or at one place with others, and so is one in which an eigenvalue might reach the axis and come back.
/// </summary>
public static class Continuation
{
    const double FirstStep = 0.02, LeastStep = 1e-7, LargestStep = 0.2;
    const int NewtonCap = 8;

    // How often a step is halved whatever its ends say, and how often while an eigenvalue may have reached the axis: two events that undo one another may lie
    // 1e-6 of the range apart.
    const int Halvings = 2, MostHalvings = 20;

    // Arcs at which halving ends, at real eigenvalues later: what rounding splits stays at one place.
    const double ShortestArc = 1e-12, Place = 1e-10;

    // Newton's matrix is singular at a branch point, so that its points very near to one are off the curve, and are avoided; over so short an arc the cubic
    // through its ends' tangents is the curve. What is not straight there is the determinant, a product of all that cross nearby: it shows where they are only
    // over an arc far shorter than their gaps.
    const double BranchArc = 1e-3, BesideArc = 1e-4;

    // A branch that turns so near to a branch point turns on it, as one that a pitchfork sends off does.
    const double TurnArc = 1e-5;

    // An event so near to the end of the range is on it, as far as can be told.
    const double EndArc = 1e-9;

    // Of the tangent along the parameter: below it, the parameter is no measure of the curve.
    const double Slant = 0.1;

    // Of a step. Where one is a point that Newton's method does not reach, another is not.
    static readonly double[] Parts = [0.5, 0.4, 0.6, 0.3];

    // Of the largest eigenvalue: below it, rounding may have split a double one.
    const double LeastFrequency = 1e-7;

    /// <summary>Follows a branch.</summary>
    /// <param name="family">The equations at a value of the parameter; n must not change.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="to">Where to go; the branch ends there, or where it comes back to <paramref name="from"/>.</param>
    /// <param name="start">An equilibrium at <paramref name="from"/>.</param>
    /// <param name="steps">The most points.</param>
    /// <exception cref="ArithmeticException">The start is no equilibrium, or a bifurcation; or ∂f/∂x is singular along the branch.</exception>
    public static Branch Follow(Func<double, EquilibriumEquations> family, double from, double to, Equilibrium start, int steps = 2000)
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentNullException.ThrowIfNull(start);
        var curve = new Curve(family, from, to);
        // The parameter runs from 0 to 1, so that its steps and those of x are of one size.
        double[] x = [.. family(from).Coordinates(start.State), 0];
        if (!curve.Correct(x, null)) throw new ArithmeticException($"The start of the branch is no equilibrium at {from}; find one there with Equilibria.Near.");
        var along = new double[x.Length];
        along[^1] = 1;
        var here = curve.At(x, along) ?? throw new ArithmeticException(
            $"The branch has no direction at {from}: that is a bifurcation itself, or a quantity is conserved; begin beside it, or eliminate an unknown.");
        return Walk(curve, here, [here.Point], steps);
    }

    /// <summary>Follows the branch that crosses at a branch point, both ways from there, over the range of the branch on which it was met.</summary>
    /// <param name="at">A branch point at which two branches cross.</param>
    /// <param name="steps">The most points of each.</param>
    /// <returns>Up to two branches that begin at the point: those that stay within the range.</returns>
    /// <exception cref="ArgumentException">The bifurcation is no branch point, or more than two branches meet there.</exception>
    public static IReadOnlyList<Branch> Switch(Bifurcation at, int steps = 2000)
    {
        ArgumentNullException.ThrowIfNull(at);
        return at.Others?.Invoke(steps)
            ?? throw new ArgumentException($"The bifurcation at {at.Parameter} is a {at.Type} whose other branch is not known; give a branch point at which two branches cross.", nameof(at));
    }

    static List<Branch> Switch(Curve curve, double[] x, double[] direction, BranchPoint at, int steps)
    {
        List<Branch> branches = [];
        foreach (var side in (double[])[1, -1])
        {
            double[] along = [.. direction.Select(v => side * v)];
            // So far that the branches are apart, and as near as that allows.
            for (var step = FirstStep; step > LeastStep; step /= 2)
            {
                double[] next = [.. x.Zip(along, (v, d) => v + step * d)];
                if (next[^1] is > 1 or < 0 || !curve.Correct(next, along) || next[^1] is > 1 or < 0) continue;
                double[] chord = [.. next.Zip(x, (a, b) => a - b)];
                if (Vectors.Dot(chord, along) < 0.7 * Math.Sqrt(Vectors.Dot(chord, chord)) || curve.At(next, along) is not { } mark) continue;
                branches.Add(Walk(curve, mark, [at, mark.Point], steps));
                break;
            }
        }
        return branches;
    }

    /// <summary>Follows a branch of any system's equilibria.</summary>
    /// <param name="family">The system at a value of the parameter; n must not change.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="to">Where to go; the branch ends there, or where it comes back to <paramref name="from"/>.</param>
    /// <param name="start">An equilibrium at <paramref name="from"/>.</param>
    /// <param name="scale">The typical size of each element of the state; 1 if not given.</param>
    /// <param name="steps">The most points.</param>
    /// <exception cref="ArithmeticException">The start is no equilibrium, or a bifurcation.</exception>
    public static Branch Follow(Func<double, IOdeSystem> family, double from, double to, Equilibrium start, double[]? scale = null, int steps = 2000)
    {
        ArgumentNullException.ThrowIfNull(family);
        return Follow(v => EquilibriumEquations.Of(family(v), scale), from, to, start, steps);
    }

    static Branch Walk(Curve curve, Mark here, List<BranchPoint> points, int steps)
    {
        var m = here.X.Length;
        var along = new double[m];
        along[^1] = 1;
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
            if (curve.Correct(next, normal) && (isLast ? curve.Last(here, next) : curve.At(next, here.Tangent)) is { } there && (isLast || Vectors.Dot(here.Tangent, there.Tangent) > 0.95))
            {
                // Not at one point but along the branch: every point of it would be a branch point.
                if (here.IsSingular && there.IsSingular)
                    throw new ArithmeticException(
                        $"∂f/∂x is singular all along the branch at {there.Point.Parameter}, as where a quantity is conserved; eliminate an unknown by it.");
                pace = curve.Between(here, there, pace, bifurcations);
                points.Add(there.Point);
                if (isLast)
                {
                    curve.Close(there, pace, bifurcations);
                    return new(points, bifurcations, true);
                }
                here = there;
                step = Math.Min(LargestStep, 1.5 * step);
            }
            else if ((step /= 2) < LeastStep) break;
        }
        return new(points, bifurcations, false);
    }

    /// <summary>A point of the curve with all that changes at a bifurcation.</summary>
    /// <param name="X">(x, parameter).</param>
    /// <param name="Tangent">Of norm 1, the way that the branch is followed.</param>
    /// <param name="Point">The equilibrium.</param>
    /// <param name="IsPositive">The sign of det[∂f/∂x ∂f/∂t; tangent].</param>
    /// <param name="LogDeterminant">The logarithm of its magnitude.</param>
    sealed record Mark(double[] X, double[] Tangent, BranchPoint Point, bool IsPositive, double LogDeterminant)
    {
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
        public double[] Pace(Mark other, double arc) => [.. Growth.Zip(other.Growth, (a, b) => Math.Abs(b - a) / arc)];
    }

    /// <summary>A part of a step so short that the cubic by Hermite is the curve.</summary>
    /// <param name="Low">Its beginning.</param>
    /// <param name="From">Where that lies, by arc along the step.</param>
    /// <param name="High">Its end.</param>
    /// <param name="To">Where that lies.</param>
    sealed record Piece(Mark Low, double From, Mark High, double To)
    {
        /// <summary>The curve and its direction at an arc of the step that begins at a mark.</summary>
        public (double[] X, double[] Tangent) At(double at, Mark start)
        {
            var (part, rest) = ((at - From) / (To - From), (To - at) / (To - From));
            var (first, last) = ((To - From) / Vectors.Dot(Low.Tangent, start.Tangent), (To - From) / Vectors.Dot(High.Tangent, start.Tangent));
            var (x, tangent) = (new double[start.X.Length], new double[start.X.Length]);
            for (var i = 0; i < x.Length; i++)
            {
                var change = High.X[i] - Low.X[i];
                var (a, b) = (first * Low.Tangent[i] - change, last * High.Tangent[i] - change);
                x[i] = Low.X[i] + part * change + part * rest * (rest * a - part * b);
                tangent[i] = change + rest * (1 - 3 * part) * a + part * (3 * part - 2) * b;
            }
            var norm = Math.Sqrt(Vectors.Dot(tangent, tangent));
            for (var i = 0; i < x.Length; i++) tangent[i] /= norm;
            return (x, tangent);
        }
    }

    sealed class Curve(Func<double, EquilibriumEquations> family, double from, double to)
    {
        // Where the last branch point was found.
        double[]? _branched;

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
        public Mark? At(double[] x, double[] along)
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
        public Mark? Last(Mark here, double[] end)
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
        Mark? Continued(Mark here, double[] end)
        {
            double[] chord = [.. end.Zip(here.X, (a, b) => a - b)];
            var length = Math.Sqrt(Vectors.Dot(chord, chord));
            foreach (var arc in (ReadOnlySpan<double>)[BesideArc, 0.7 * BesideArc])
            {
                var marks = new Mark[3];
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

        // A mark on a curve whose direction is known. det[∂f/∂x ∂f/∂t; tangent] is det ∂f/∂x by the tangent's part along the parameter, without the differences
        // by which ∂f/∂t is taken and which beside a branch point are all that the bordered matrix consists of.
        Mark? Beside(double[] x, double[] tangent)
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

        /// <summary>Adds what lies on the end of the range, where rounding alone decides whether it has been crossed.</summary>
        /// <param name="end">The last mark.</param>
        /// <param name="pace">How fast each real part moved over the last step, by arc.</param>
        /// <param name="found">Where it is added.</param>
        public void Close(Mark end, double[] pace, List<Bifurcation> found)
        {
            if (!end.Growth.Zip(pace, (g, p) => Math.Abs(g) < p * EndArc).Any(v => v)) return;
            // The spectrum says which kind it is: the eigenvalue that is on the axis.
            var nearest = end.Point.Point.Eigenvalues.MinBy(v => Math.Abs(v.Real));
            var pair = end.Pairs.FirstOrDefault(v => Math.Abs(v.Real) <= Math.Abs(nearest.Real));
            var type = pair == default ? BifurcationType.BranchPoint : BifurcationType.Hopf;
            if (found.Exists(b => b.Type == type && Math.Abs(b.Parameter - end.Point.Parameter) <= 2 * EndArc * Math.Abs(to - from))) return;
            // Beyond the range the family is not asked, so that how branches cross on its end is not known.
            found.Add(pair == default ? Found(type, end.Point, 0) with { Crossing = CrossingType.Multiple } : Hopf(end.Point, pair.Imaginary));
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
            Resolve(here, here, 0, there, arc, pace, 0, null, false, found);
            return here.Pace(there, arc);
        }

        // Between two marks on the step that begins at start, on a piece of it that is known or by itself, and having turned on a branch point or not.
        void Resolve(Mark start, Mark low, double from, Mark high, double to, double[] pace, int depth, Piece? piece, bool isTurned, List<Bifurcation> found)
        {
            var arc = to - from;
            var (all, pairs) = (high.Unstable - low.Unstable, high.UnstablePairs - low.UnstablePairs);
            var (turns, crosses) = (!isTurned && low.IsForward != high.IsForward, low.IsPositive != high.IsPositive);
            var isQuiet = !turns && !crosses && all == 0;
            if (isQuiet && depth >= Halvings && (depth >= MostHalvings || !MayTouch())) return;
            isTurned |= turns && crosses && arc <= TurnArc;
            var isReal = crosses || (!turns && pairs == 0);
            if (arc > (isReal ? Place : ShortestArc) && Split() is var (mark, middle))
            {
                Resolve(start, low, from, mark, middle, [.. pace.Zip(mark.Pace(high, to - middle), Math.Max)], depth + 1, piece, isTurned, found);
                Resolve(start, mark, middle, high, to, low.Pace(mark, middle - from), depth + 1, piece, isTurned, found);
                return;
            }
            if (crosses) Branched(low, high, found);
            else if (turns) found.Add(Found(BifurcationType.Fold, low.Point, 0));
            // Several real eigenvalues at once; a single one belongs to a fold that rounding has put beside it.
            else if (all != 0 && pairs == 0 && all % 2 == 0) Branched(low, high, found);
            if (all != 0 && pairs != 0) found.Add(Hopf(low.Point, low.Pairs.MinBy(v => Math.Abs(v.Real)).Imaginary));

            // An eigenvalue that moves as far as to the axis and back may have been there.
            bool MayTouch()
            {
                var present = low.Pace(high, arc);
                for (var i = 0; i < present.Length; i++)
                    if (Math.Max(pace[i], present[i]) * arc > Math.Abs(low.Growth[i]) + Math.Abs(high.Growth[i])) return true;
                return false;
            }

            bool IsBeside(Mark mark)
            {
                var present = low.Pace(high, arc);
                for (var i = 0; i < present.Length; i++)
                    if (Math.Abs(mark.Growth[i]) < Math.Max(pace[i], present[i]) * BesideArc) return true;
                return false;
            }

            (Mark, double)? Split()
            {
                (Mark, double)? beside = null;
                if (!isReal || arc > BranchArc)
                    foreach (var part in Parts)
                        if (Part(part) is var (mark, at))
                        {
                            if (!isReal || !IsBeside(mark)) return (mark, at);
                            beside ??= (mark, at);
                        }
                if (beside is not null || !isReal) return beside;
                foreach (var part in Parts)
                    if (from + part * arc is var at && at > from && at < to)
                    {
                        var (x, tangent) = (piece ??= new(low, from, high, to)).At(at, start);
                        if (Beside(x, tangent) is { } mark) return (mark, at);
                    }
                return null;
            }

            (Mark, double)? Part(double part)
            {
                var at = from + part * arc;
                double[] x = [.. start.X.Zip(start.Tangent, (x, t) => x + at * t)];
                // Near a branch point Newton's method may land on the other branch.
                return at > from && at < to && Correct(x, start.Tangent) && At(x, start.Tangent) is { } mark && Vectors.Dot(mark.Tangent, start.Tangent) > 0.9 ? (mark, at) : null;
            }
        }

        static double[] Chord(double[] low, double[] high, double part) => [.. low.Zip(high, (a, b) => a + part * (b - a))];

        // Halving may have met rounding amid eigenvalues that cross together: what it split there is one.
        void Branched(Mark low, Mark high, List<Bifurcation> found)
        {
            var x = Crossing(low, high);
            if (_branched is not null && _branched.Zip(x, (a, b) => Math.Abs(a - b)).Max() <= 2 * Place) return;
            _branched = x;
            var m = x.Length;
            var matrix = new double[m * m];
            var crossing = new BranchCrossing(CrossingType.Multiple, []);
            if (Math.Abs(high.Unstable - low.Unstable) <= 1 && double.IsFinite(Bordered(x, low.Tangent, matrix, new double[m]))) crossing = BranchCrossing.Of(Equations, matrix, x, low.Tangent);
            var point = Point(x);
            found.Add(Found(BifurcationType.BranchPoint, point, 0) with
            {
                Crossing = crossing.Type,
                Others = crossing.Other.Length == 0 ? null : steps => Switch(new(family, from, to), x, crossing.Other, point, steps),
            });
        }

        // F at (x, parameter), within the range.
        double[]? Equations(double[] x)
        {
            var f = new double[x.Length - 1];
            return x[^1] is >= 0 and <= 1 && double.IsFinite(family(Value(x[^1])).Residual(x.AsSpan(..^1), f)) ? f : null;
        }

        Bifurcation Hopf(BranchPoint at, double omega)
            => Found(BifurcationType.Hopf, at, omega / (2 * Math.PI)) with { LyapunovCoefficient = Criticality(family(at.Parameter), at.Point.State, omega) };

        static double Criticality(EquilibriumEquations equations, double[] state, double omega)
            => HopfCriticality.Of(equations.System, state, omega, (equations as SystemEquations)?.Scale);

        static Bifurcation Found(BifurcationType type, BranchPoint at, double frequency) => new(type, at.Parameter, at.Point, frequency);

        // Where the determinant is 0: it falls as the power of as many eigenvalues as cross at once, whose root is all but a straight line.
        static double[] Crossing(Mark low, Mark high)
        {
            var zeros = Math.Max(1, Math.Abs(high.Unstable - low.Unstable));
            return Chord(low.X, high.X, 1 / (1 + Math.Exp((high.LogDeterminant - low.LogDeterminant) / zeros)));
        }

        // [∂f/∂x ∂f/∂t; normalᵀ] and f; the largest |f|.
        double Bordered(double[] x, double[] normal, double[] matrix, double[] f)
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
}
