namespace Organics;

/// <summary>
/// Finds the bifurcations on the steps of one branch. A step over which any happens is halved until each is alone or at one place with others, and so is one in
/// which an eigenvalue might reach the axis and come back. What does not lie on the curve itself, as where the step has left it for another, is none: such a
/// step is to be taken shorter.
/// </summary>
/// <param name="curve">The curve that the branch is a part of.</param>
/// <param name="n">How many eigenvalues a point has.</param>
sealed class BranchEvents(EquilibriumCurve curve, int n)
{
    // How often a step is halved whatever its ends say, and how often while an eigenvalue may have reached the axis: two events that undo one another may lie
    // 1e-6 of the range apart.
    const int Halvings = 2, MostHalvings = 20;

    // An eigenvalue that so many times its pace would take to the axis and back may have been there.
    const double Touch = 1.5;

    // Arcs at which halving ends, at real eigenvalues and at turns earlier: what rounding splits stays at one place.
    const double ShortestArc = 1e-12, Place = 1e-10, TurnPlace = 1e-9, TurnGap = 1e-7;

    // An event is where F is 0 to so much, between marks so near to one another.
    const double Root = 1e-12, Neighbours = 1e-6;

    // Along a quiet part of a step the tangent turns by so much at most, and the chord lies midway between those at its ends but for so much.
    const double Bend = 0.1, Skew = 0.05;

    // Beside a branch point the cubic through the tangents at the ends of so short an arc is the curve. What is not straight there is the determinant, a
    // product of all that cross nearby: it shows where they are only over an arc far shorter than their gaps.
    const double BranchArc = 1e-3;

    // A branch that turns so near to a branch point turns on it, as one that a pitchfork sends off does.
    const double TurnArc = 1e-5;

    // An event so near to the end of the range is on it, as far as can be told.
    const double EndArc = 1e-9;

    // Of a step. Where one is a point that Newton's method does not reach, another is not.
    static readonly double[] Parts = [0.5, 0.4, 0.6, 0.3];

    // How fast each real part moved over the last step, by arc.
    double[] _pace = new double[n];

    readonly List<(Bifurcation Event, double[] X)> _found = [];

    /// <summary>In the order in which they were met.</summary>
    public IReadOnlyList<Bifurcation> Found => [.. _found.Select(f => f.Event)];

    /// <summary>Adds what lies on the end of the range, where rounding alone decides whether it has been crossed.</summary>
    /// <param name="end">The last mark.</param>
    public void Close(CurveMark end)
    {
        if (!end.Growth.Zip(_pace, (g, p) => Math.Abs(g) < p * EndArc).Any(v => v)) return;
        // The spectrum says which kind it is: the eigenvalue that is on the axis.
        var nearest = end.Point.Point.Eigenvalues.MinBy(v => Math.Abs(v.Real));
        var pair = end.Pairs.FirstOrDefault(v => Math.Abs(v.Real) <= Math.Abs(nearest.Real));
        var type = pair == default ? BifurcationType.BranchPoint : BifurcationType.Hopf;
        if (_found.Exists(f => f.Event.Type == type && Math.Abs(f.Event.Parameter - end.Point.Parameter) <= 2 * EndArc * curve.Range)) return;
        // Beyond the range the family is not asked, so that how branches cross on its end is not known.
        _found.Add((pair == default ? At(type, end.Point) with { Crossing = CrossingType.Multiple } : Hopf(end.Point, pair.Imaginary), end.X));
    }

    /// <summary>Looks for bifurcations between two neighbours; false where they do not lie on one curve, as far as the marks between them show.</summary>
    /// <param name="here">The first.</param>
    /// <param name="there">The second.</param>
    public bool Between(CurveMark here, CurveMark there)
    {
        double arc = 0;
        for (var i = 0; i < here.X.Length; i++) arc += (there.X[i] - here.X[i]) * here.Tangent[i];
        (Bifurcation, double[])[] before = [.. _found];
        if (!Resolve(here, here, 0, there, arc, _pace, 0, null, false))
        {
            _found.Clear();
            _found.AddRange(before);
            return false;
        }
        _pace = here.Pace(there, arc);
        return true;
    }

    // Between two marks on the step that begins at start, on a piece of it that is known or by itself, and having turned on a branch point or not.
    bool Resolve(CurveMark start, CurveMark low, double from, CurveMark high, double to, double[] pace, int depth, Piece? piece, bool isTurned)
    {
        var arc = to - from;
        var (all, pairs) = (high.Unstable - low.Unstable, high.UnstablePairs - low.UnstablePairs);
        var (turns, crosses) = (!isTurned && low.IsForward != high.IsForward, low.IsPositive != high.IsPositive);
        // det ∂f/∂x changes its sign where the curve turns or crosses another: one eigenvalue by itself is rounding beside a fold.
        var isQuiet = !turns && !crosses && (all == 0 || (Math.Abs(all) == 1 && arc <= TurnGap));
        if (isQuiet && depth >= Halvings)
        {
            if (!IsSmooth()) return false;
            if (depth >= MostHalvings || !MayTouch()) return true;
        }
        isTurned |= turns && crosses && arc <= TurnArc;
        var isReal = crosses || (!turns && pairs == 0);
        if (arc > (isReal ? Place : pairs == 0 ? TurnPlace : ShortestArc) && Split() is var (mark, middle))
            return Resolve(start, low, from, mark, middle, [.. pace.Zip(mark.Pace(high, to - middle), Math.Max)], depth + 1, piece, isTurned)
                && Resolve(start, mark, middle, high, to, low.Pace(mark, middle - from), depth + 1, piece, isTurned);
        var at = Crossing(low, high);
        if (Distance(low.X, high.X) > Neighbours || (isReal && !(curve.Error(at) <= Root * Math.Max(1, Vectors.Largest(at))))) return false;
        // Several real eigenvalues at once are one, too.
        if (crosses || (!turns && all != 0 && pairs == 0 && all % 2 == 0)) Branched(low, high, at);
        else if (turns) Turned(low);
        if (all != 0 && pairs != 0) _found.Add((Hopf(low.Point, low.Pairs.MinBy(v => Math.Abs(v.Real)).Imaginary), low.X));
        return true;

        bool MayTouch()
        {
            var present = low.Pace(high, arc);
            for (var i = 0; i < present.Length; i++)
                if (Touch * Math.Max(pace[i], present[i]) * arc > Math.Abs(low.Growth[i]) + Math.Abs(high.Growth[i])) return true;
            return false;
        }

        // Whether both lie on one curve. On a short part it may have a kink, but not where it may cross another, for which it would have been left.
        bool IsSmooth()
        {
            double[] chord = [.. high.X.Zip(low.X, (a, b) => a - b)], along = [.. low.Tangent.Zip(high.Tangent, (a, b) => a + b)];
            var (length, norm, isStraight) = (Vectors.Norm(chord), Vectors.Norm(along), Distance(low.Tangent, high.Tangent) <= Bend);
            return arc > BranchArc
                ? isStraight && Vectors.Norm([.. chord.Zip(along, (c, t) => c / length - t / norm)]) <= Skew
                : length <= 2 * arc + EquilibriumCurve.BesideArc && (isStraight || !MayTouch());
        }

        bool IsBeside(CurveMark mark)
        {
            var present = low.Pace(high, arc);
            for (var i = 0; i < present.Length; i++)
                if (Math.Abs(mark.Growth[i]) < Math.Max(pace[i], present[i]) * EquilibriumCurve.BesideArc) return true;
            return false;
        }

        (CurveMark, double)? Split()
        {
            (CurveMark, double)? beside = null;
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
                    if (curve.Beside(x, tangent) is { } mark) return (mark, at);
                }
            return null;
        }

        (CurveMark, double)? Part(double part)
        {
            var at = from + part * arc;
            double[] x = [.. start.X.Zip(start.Tangent, (x, t) => x + at * t)];
            // Near a branch point Newton's method may land on the other branch.
            return at > from && at < to && curve.Correct(x, start.Tangent) && curve.At(x, start.Tangent) is { } mark
                && Vectors.Dot(mark.Tangent, start.Tangent) > 0.9 ? (mark, at) : null;
        }
    }

    static double Distance(double[] a, double[] b) => a.Zip(b, (v, w) => Math.Abs(v - w)).Max();

    // The last event of a type, where it lies so near; -1 where it does not.
    int Last(BifurcationType type, double[] x, double place)
    {
        var last = _found.FindLastIndex(f => f.Event.Type == type);
        return last >= 0 && Distance(_found[last].X, x) <= place ? last : -1;
    }

    // Where the tangent's part along the parameter is rounding, it turns to and fro: two turns there undo one another.
    void Turned(CurveMark low)
    {
        if (Last(BifurcationType.Fold, low.X, TurnGap) is >= 0 and var last) _found.RemoveAt(last);
        else _found.Add((At(BifurcationType.Fold, low.Point), low.X));
    }

    // Halving may have met rounding amid eigenvalues that cross together: what it split there is one.
    void Branched(CurveMark low, CurveMark high, double[] x)
    {
        if (Last(BifurcationType.BranchPoint, x, 2 * Place) >= 0) return;
        var m = x.Length;
        var matrix = new double[m * m];
        var crossing = new BranchCrossing(CrossingType.Multiple, []);
        if (Math.Abs(high.Unstable - low.Unstable) <= 1 && double.IsFinite(curve.Bordered(x, low.Tangent, matrix, new double[m])))
            crossing = BranchCrossing.Of(curve.Residual, matrix, x, low.Tangent);
        var point = curve.Point(x);
        _found.Add((At(BifurcationType.BranchPoint, point) with
        {
            Crossing = crossing.Type,
            Others = crossing.Other.Length == 0 ? null : steps => Continuation.Switch(curve, x, crossing.Other, point, steps),
        }, x));
    }

    Bifurcation Hopf(BranchPoint at, double omega)
    {
        var equations = curve.Equations(at.Parameter);
        return At(BifurcationType.Hopf, at) with
        {
            Frequency = omega / (2 * Math.PI),
            LyapunovCoefficient = HopfCriticality.Of(equations.System, at.Point.State, omega, (equations as SystemEquations)?.Scale),
        };
    }

    // The eigenvalue that is on the axis there lies beyond it or before it as far as the place is known: where no other is farther, nothing is decided.
    static Bifurcation At(BifurcationType type, BranchPoint at)
    {
        var point = at.Point;
        var crossing = type == BifurcationType.Hopf
            ? point.Eigenvalues.MinBy(v => v.Imaginary == 0 ? double.PositiveInfinity : Math.Abs(v.Real)) : point.Eigenvalues.MinBy(v => v.Magnitude);
        if (point.Verdict != StabilityVerdict.Unknown && crossing.Real >= point.MaxRealPart)
            point = point with { Verdict = StabilityVerdict.Undecided, Uncertainty = Math.Max(point.Uncertainty, Math.Abs(crossing.Real)) };
        return new(type, at.Parameter, point, 0);
    }

    // Where the determinant is 0: it falls as the power of as many eigenvalues as cross at once, whose root is all but a straight line.
    static double[] Crossing(CurveMark low, CurveMark high)
    {
        var zeros = Math.Max(1, Math.Abs(high.Unstable - low.Unstable));
        var part = 1 / (1 + Math.Exp((high.LogDeterminant - low.LogDeterminant) / zeros));
        return [.. low.X.Zip(high.X, (a, b) => a + part * (b - a))];
    }

    /// <summary>A part of a step so short that the cubic by Hermite is the curve.</summary>
    /// <param name="Low">Its beginning.</param>
    /// <param name="From">Where that lies, by arc along the step.</param>
    /// <param name="High">Its end.</param>
    /// <param name="To">Where that lies.</param>
    sealed record Piece(CurveMark Low, double From, CurveMark High, double To)
    {
        /// <summary>The curve and its direction at an arc of the step that begins at a mark.</summary>
        public (double[] X, double[] Tangent) At(double at, CurveMark start)
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
}
