namespace Organics;

/// <summary>A root of the quartic.</summary>
/// <param name="S">s = √a.</param>
/// <param name="Excess">s − √c, to full relative accuracy.</param>
/// <param name="Leak">1 − wr + wr·s = bz/y, to full relative accuracy.</param>
/// <param name="FromFold">s − (cθ)^⅓ on the two extra branches, to full relative accuracy; null elsewhere.</param>
/// <param name="Proven">Where the root surely lies; null where nothing is proven.</param>
readonly record struct PlanarRoot(double S, double Excess, double Leak, double? FromFold, PlanarEnclosure? Proven);

/// <summary>What surely holds the true values of a root: that of the very parameters, which are exact, by arithmetic without rounding.</summary>
/// <param name="S">s.</param>
/// <param name="Excess">s − √c.</param>
/// <param name="Leak">1 − wr + wr·s.</param>
readonly record struct PlanarEnclosure(Interval S, Interval Excess, Interval Leak);

/// <summary>
/// The roots s = √a of (s² − c)·(1 − wr + wr·s)² = wg²s², branch by branch.
/// With k = √c the equation is √(1 − k²/s²)·|1 − wr + wr·s| = √w|g|, and for s &gt; k its left side
/// <para>increases from 0 to ∞ above max(k, θ): the main root;
/// and, where k &lt; θ, increases between k and s* = (cθ)^⅓ and decreases between s* and θ: the lower and the upper extra root, or none.</para>
/// On each branch the unknown is the distance from k or from θ, because the differences s − k and s − θ are what y and the Jacobian are made of.
/// </summary>
sealed class PlanarRoots
{
    // Where the astroid is known to be zero up to rounding errors, in units of its largest term.
    const double Rounding = 8 * 2.220446049250313e-16;

    readonly PlanarCircuit _circuit;
    readonly double _k, _wr, _theta, _leakAtK, _gap, _drive, _fold;

    // The same, proven: what decides about a sign must hold the roundings of the products and quotients above.
    readonly Interval _surelyK, _surelyTheta, _surelyLeakAtK, _surelyGap, _surelyDrive;

    public PlanarRoots(PlanarCircuit circuit)
    {
        _circuit = circuit;
        _k = circuit.B0 * circuit.Sigma;
        _wr = circuit.Wr;
        _theta = circuit.Theta;
        _leakAtK = Math.FusedMultiplyAdd(_wr, _k, 1 - _wr);
        _gap = _wr == 0 ? double.NegativeInfinity : -_leakAtK / _wr;
        _drive = Math.Sqrt(circuit.W) * Math.Abs(circuit.Drive);
        _fold = TwoThirds(_k) * CubeRoot.Of(_theta);
        _surelyK = (Interval)circuit.B0 * circuit.Sigma;
        _surelyTheta = (Interval)1 - (Interval)1 / _wr;
        _surelyLeakAtK = (Interval)1 - _wr + _wr * _surelyK;
        _surelyGap = -(_surelyLeakAtK / _wr);
        _surelyDrive = Interval.Sqrt(circuit.W) * ((Interval)circuit.B * Math.Abs(circuit.Z));
    }

    /// <summary>x^⅔.</summary>
    public static double TwoThirds(double x)
    {
        var root = CubeRoot.Of(x);
        return root * root;
    }

    /// <summary>The astroid's expression (√w|g|)^⅔ + (|wr|k)^⅔ − |wr − 1|^⅔, which decides for wr &lt; 0 as it does for wr &gt; 1.</summary>
    public double FoldMargin => TwoThirds(_drive) + TwoThirds(_wr * _k) - TwoThirds(_wr - 1);

    bool AtFold => Math.Abs(FoldMargin) <= Rounding * TwoThirds(_wr - 1);

    /// <summary>Whether the two extra roots exist.</summary>
    public bool HasExtra => _gap > 0 && FoldMargin < 0 && !AtFold;

    /// <summary>The root between s* and θ.</summary>
    public PlanarRoot Upper()
    {
        var reach = _theta * _gap * (_theta + _k) / (_theta * _theta + _theta * _fold + _fold * _fold);
        if (_drive == 0) return new(_theta, _gap, 0, reach, new(_surelyTheta, _surelyGap, 0));
        return Search(true, -1, _drive / Math.Abs(_wr), reach, reach);
    }

    /// <summary>The trace of the Jacobian at a root.</summary>
    public double Trace(PlanarRoot root) => -root.Leak / _circuit.TauY - _k / root.S * (_k / root.S) / _circuit.TauA;

    public PlanarFixedPoint[] FixedPoints()
    {
        var (g, w) = (_circuit.Drive, _circuit.W);
        var points = new List<PlanarFixedPoint>(3);
        if (_circuit.Rectified && g < 0)
            points.Add(PlanarFixedPoint.Of(g, _circuit.C, -1 / _circuit.TauY, -1 / _circuit.TauA, 0, 1 / _circuit.TauY / _circuit.TauA, -1, 1));
        if (_drive == 0)
        {
            // w·g² = 0: a = c with y = g/leak, and for g = 0 also a = θ² with y = ±√((1 − c/a)/w).
            if (_leakAtK != 0 || g == 0) Add(new(_k, 0, _leakAtK, null, new(_surelyK, 0, _surelyLeakAtK)), g == 0 ? 0 : g / _leakAtK);
            if (w > 0 && _gap > 0)
            {
                var y = Math.Sqrt(_gap / _theta * ((_theta + _k) / _theta) / w);
                var root = new PlanarRoot(_theta, _gap, 0, null, new(_surelyTheta, _surelyGap, 0));
                Add(root, -y);
                Add(root, y);
            }
            return [.. points];
        }
        if (HasExtra)
        {
            Add(Lower());
            Add(Upper());
        }
        else if (_gap > 0 && AtFold) Add(new(_fold, LowerReach, _wr * (_fold - _theta), 0, null));
        if (_wr != 0 || _drive < 1) Add(Main());
        return [.. points];

        void Add(PlanarRoot root, double? y = null)
        {
            var point = PointAt(root, y ?? g / root.Leak);
            if (!_circuit.Rectified || point.Y >= 0) points.Add(point);
        }
    }

    /// <summary>s* − k.</summary>
    double LowerReach => _k * _k * _gap / (_fold * _fold + _fold * _k + _k * _k);

    PlanarRoot Lower()
    {
        var ratio = _drive / _leakAtK;
        return Search(false, 1, _k / 2 * ratio * ratio, LowerReach, -LowerReach);
    }

    PlanarRoot Main()
    {
        const double slack = 1.001, sqrt2 = 1.4142135623730951;
        if (_wr == 0)
        {
            var rest = (1 - _drive) * (1 + _drive);
            var root = Math.Sqrt(rest);
            return new(_k / root, _k * _drive * _drive / (root * (1 + root)), 1, null, Surely());

            PlanarEnclosure? Surely()
            {
                var all = (Interval)1 - Interval.Square(_surelyDrive);
                if (all.Low <= 0) return null;
                var s = _surelyK / Interval.Sqrt(all);
                return new(s, s - _surelyK, 1);
            }
        }
        // Above high both factors of the left side are large enough: √(1 − k²/s²) ≥ √½ and |leak| ≥ √2·√w|g|.
        var beyond = sqrt2 * _drive / Math.Abs(_wr);
        if (_gap > 0) return Search(true, 1, _drive / Math.Abs(_wr), slack * Math.Max(sqrt2 * _k - _theta, beyond), null);
        var high = slack * Math.Max((sqrt2 - 1) * _k, beyond + _gap);
        var ratio = _drive / (Math.Abs(_leakAtK) + Math.Abs(_wr) * high);
        return Search(false, 1, _k / 2 * ratio * ratio, high, null);
    }

    /// <summary>
    /// The root at a distance of [low, high] from k, or from θ, in the given direction; s − s* is the distance times that direction plus the offset.
    /// </summary>
    PlanarRoot Search(bool fromTheta, double direction, double low, double high, double? offset)
    {
        var (k, wr, drive, start) = (_k, _wr, _drive, fromTheta ? _theta : _k);
        var (excess, leak) = fromTheta ? (_gap, 0.0) : (0.0, _leakAtK);
        PlanarRoot At(double distance)
        {
            var d = direction * distance;
            return new(start + d, excess + d, leak + wr * d, offset + d, null);
        }
        var found = MonotoneRoot.Of(distance =>
        {
            var (s, e, l, _, _) = At(distance);
            var d = direction * distance;
            return (Math.Log(Math.Sqrt(e / s) * Math.Sqrt((s + k) / s) * (Math.Abs(l) / drive)), d / e / 2 + d / (s + k) / 2 - d / s + wr * d / l);
        }, low, high);
        return At(found) with { Proven = Bracket(fromTheta, direction, found) };
    }

    /// <summary>
    /// A bracket around a distance that was found, wide enough that the equation's sides are proven to change their order within it; null where it cannot be
    /// found. On every branch their quotient rises with the distance, from 0 at none.
    /// </summary>
    PlanarEnclosure? Bracket(bool fromTheta, double direction, double found)
    {
        // What a root of good condition is known to, and the factor by which a bracket that proves nothing grows.
        const double least = 4e-15, growth = 8;
        var (start, excess, leak) = fromTheta ? (_surelyTheta, _surelyGap, (Interval)0) : (_surelyK, (Interval)0, _surelyLeakAtK);
        PlanarEnclosure Over(Interval distance)
        {
            var d = direction * distance;
            return new(start + d, excess + d, leak + _wr * d);
        }
        Interval Quotient(double distance)
        {
            var (s, e, l) = Over(distance);
            return e / s * ((s + _surelyK) / s) * Interval.Square(l / _surelyDrive);
        }
        var (width, low, high) = (least, found, found);
        do
        {
            low = Math.Max(found * (1 - width), 0);
            width *= growth;
        }
        while (low > 0 && !(Quotient(low).High < 1));
        width = least;
        do
        {
            high = found * (1 + width);
            width *= growth;
        }
        while (double.IsFinite(high) && !(Quotient(high).Low > 1));
        return double.IsFinite(high) ? Over(new(low, high)) : null;
    }

    /// <summary>The signs of the trace and of the determinant of the Jacobian at the root itself; 0 where they are not proven.</summary>
    (int Trace, int Determinant) Signs(PlanarRoot root)
    {
        if (root.Proven is not { } at) return (0, 0);
        var (s, excess, leak) = at;
        var part = _surelyK / s;
        var rest = part * part;
        var determinant = root.FromFold is null
            ? leak * rest + _wr * s * (excess / s * ((s + _surelyK) / s))
            // s³ − cθ by s − k and θ − k, which are known to more digits.
            : _wr * (excess / s * (1 + part + rest) - rest * (_surelyGap / s));
        return (Sign(-(leak / _circuit.TauY) - rest / _circuit.TauA), Sign(determinant));

        static int Sign(Interval v) => v.High < 0 ? -1 : v.Low > 0 ? 1 : 0;
    }

    PlanarFixedPoint PointAt(PlanarRoot root, double y)
    {
        var (s, excess, leak, fromFold, _) = root;
        var a = s * s;
        if (!double.IsFinite(a) || !double.IsFinite(y))
            throw new ArithmeticException($"A fixed point has √a = {s} and y = {y}, outside of the range of double; move wr away from zero or scale z.");
        var (rest, suppressed) = (_k / s * (_k / s), excess / s * ((s + _k) / s));
        // det J·τ_yτ_a = wr·(s³ − cθ)/a; away from the extra branches it is a sum of terms of one sign.
        var determinant = fromFold is { } d
            ? _wr * d * (1 + _fold / s + _fold / s * (_fold / s))
            : leak * rest + _wr * s * suppressed;
        var (tauY, tauA) = (_circuit.TauY, _circuit.TauA);
        var (traceSign, determinantSign) = Signs(root);
        return PlanarFixedPoint.Of(
            y, a, -leak / tauY, -rest / tauA, -_wr * s * suppressed / tauY / tauA, determinant / tauY / tauA, traceSign, determinantSign);
    }
}
