namespace Organics;

/// <summary>
/// One neuron pair with recurrent weight wr under a constant input (Eq. 16), or its rectified form (Eq. 102): a system in the plane, all fixed points of
/// which are known. Immutable, checked once.
/// <para>τ_y ẏ = −y + bz + (1 − √⌊a⌋)·wr·y,  τ_a ȧ = −a + (b0σ)² + w⌊a⌋y²; the rectified form has ⌊y⌋ for y in the products with wr and w.</para>
/// Both time constants are in one unit of time of the caller's choice; everything else has no unit.
/// </summary>
public sealed record PlanarCircuit
{
    /// <summary>Checks the parameters.</summary>
    /// <param name="wr">Recurrent weight, any sign.</param>
    /// <param name="w">Normalization weight w ≥ 0.</param>
    /// <param name="b">Input gain b &gt; 0.</param>
    /// <param name="b0">Modulator gain b0 &gt; 0.</param>
    /// <param name="sigma">Semi-saturation constant σ &gt; 0.</param>
    /// <param name="z">Input drive, any sign.</param>
    /// <param name="tauY">Time constant τ_y &gt; 0 of the principal neuron.</param>
    /// <param name="tauA">Time constant τ_a &gt; 0 of the modulator neuron.</param>
    /// <param name="rectified">True for Eq. 102.</param>
    /// <exception cref="ArgumentException">A value is not finite or has a sign it must not have, or (b0σ)² or bz leaves the range of double.</exception>
    public PlanarCircuit(double wr, double w, double b, double b0, double sigma, double z, double tauY = 1, double tauA = 1, bool rectified = false)
    {
        // Minus zero becomes zero, so that equal circuits behave equally.
        Wr = Finite(wr, nameof(wr)) + 0.0;
        W = Finite(w, nameof(w)) + 0.0;
        if (w < 0) throw new ArgumentException($"w is {w}; it must not be negative.", nameof(w));
        B = Positive(b, nameof(b));
        B0 = Positive(b0, nameof(b0));
        Sigma = Positive(sigma, nameof(sigma));
        Z = Finite(z, nameof(z)) + 0.0;
        TauY = Positive(tauY, nameof(tauY));
        TauA = Positive(tauA, nameof(tauA));
        Rectified = rectified;
        if (!(C > 0) || !double.IsFinite(C)) throw new ArgumentException($"(b0·sigma)² is {C}; scale b0 or sigma so that it is a positive finite number.");
        if (!double.IsFinite(Drive)) throw new ArgumentException($"b·z is {Drive}; scale b or z so that it is finite.");
    }

    /// <summary>Recurrent weight.</summary>
    public double Wr { get; }

    /// <summary>Normalization weight w ≥ 0.</summary>
    public double W { get; }

    /// <summary>Input gain b &gt; 0.</summary>
    public double B { get; }

    /// <summary>Modulator gain b0 &gt; 0.</summary>
    public double B0 { get; }

    /// <summary>Semi-saturation constant σ &gt; 0.</summary>
    public double Sigma { get; }

    /// <summary>Input drive z.</summary>
    public double Z { get; }

    /// <summary>Time constant τ_y &gt; 0 of the principal neuron.</summary>
    public double TauY { get; }

    /// <summary>Time constant τ_a &gt; 0 of the modulator neuron.</summary>
    public double TauA { get; }

    /// <summary>True for the rectified form (Eq. 102).</summary>
    public bool Rectified { get; }

    /// <summary>Gated drive g = bz.</summary>
    public double Drive => B * Z;

    /// <summary>c = (b0σ)².</summary>
    public double C => B0 * Sigma * (B0 * Sigma);

    /// <summary>θ = 1 − 1/wr, the √a at which the effective recurrent gain (1 − √a)·wr is one; −∞ when wr = 0.</summary>
    public double Theta => (Wr - 1) / Wr;

    /// <summary>
    /// For wr &gt; 1, (√w|bz|)^⅔ + (wr·b0σ)^⅔ − (wr − 1)^⅔: the circuit of Eq. 16 has three fixed points when this is negative, a fold when it is zero, and
    /// one fixed point when it is positive. Null for wr ≤ 1, where Theorem 5.1 or no theorem of the paper applies. A sharpening of Theorem 5.2 by this project.
    /// </summary>
    public double? Astroid => Wr > 1 ? new PlanarRoots(this).FoldMargin : null;

    /// <summary>
    /// For wr &gt; 1 with three fixed points, the trace of the Jacobian at the upper extra one, wr(θ − √a)/τ_y − c/(a·τ_a): that point is stable when this is
    /// negative, goes through a Hopf bifurcation when it is zero, and is unstable when it is positive. Null where no such point exists. In units of 1/τ.
    /// </summary>
    public double? Hopf => Wr > 1 && !(Rectified && Z >= 0) && new PlanarRoots(this) is { HasExtra: true } roots ? roots.Trace(roots.Upper()) : null;

    /// <summary>
    /// Coefficients, highest power first, of the quartic in s = √a whose positive roots belong to the fixed points of Eq. 16:
    /// wr²s⁴ + 2(1−wr)wr·s³ + [(1−wr)² − wg² − c·wr²]s² − 2(1−wr)wr·c·s − (1−wr)²c.
    /// </summary>
    public double[] Quartic()
    {
        var d = 1 - Wr;
        return [Wr * Wr, 2 * d * Wr, d * d - W * Drive * Drive - C * Wr * Wr, -2 * d * Wr * C, -d * d * C];
    }

    /// <summary>(ẏ, ȧ) at any state, a &lt; 0 included (Eq. 16; Eq. 102 when rectified).</summary>
    public (double DyDt, double DaDt) Rate(double y, double a)
    {
        var (active, positive) = (Active(y), Math.Max(a, 0));
        return ((Drive - y + (1 - Math.Sqrt(positive)) * Wr * active) / TauY, (C - a + W * positive * active * active) / TauA);
    }

    /// <summary>The partial derivatives of <see cref="Rate"/> at a state with a &gt; 0; at y = 0 the rectifier has the slope of the side y &gt; 0.</summary>
    /// <exception cref="ArgumentException">a is not positive.</exception>
    public (double DyDy, double DyDa, double DaDy, double DaDa) Jacobian(double y, double a)
    {
        if (!(a > 0)) throw new ArgumentException($"a is {a}; the Jacobian exists only where a is positive.", nameof(a));
        var (active, wr, s) = (Active(y), Rectified && y < 0 ? 0 : Wr, Math.Sqrt(a));
        return ((wr - 1 - s * wr) / TauY, -Wr * active / (2 * s * TauY), 2 * W * a * active / TauA, (W * active * active - 1) / TauA);
    }

    /// <summary>
    /// All fixed points, by ascending a; on equal a, by ascending y. Each branch is searched in the interval that contains exactly one root, so that the
    /// count is exact; only within rounding errors of a fold, where two roots become one, that one is given and is <see cref="EquilibriumType.Degenerate"/>.
    /// <para>There are one or three; with wr = 0, none or one; none when w = 0, z ≠ 0 and b0σ = θ. Rectified: none to three.
    /// When z = 0, w = 0 and b0σ = θ every y is a fixed point, and y = 0 is given as degenerate.</para>
    /// </summary>
    /// <exception cref="ArithmeticException">A fixed point lies outside of the range of double.</exception>
    public PlanarFixedPoint[] FixedPoints() => new PlanarRoots(this).FixedPoints();

    /// <summary>
    /// The values of one parameter, the others kept, at which the number of fixed points or of stable ones differs between the two sides, ascending.
    /// The present value of that parameter does not matter.
    /// </summary>
    /// <exception cref="ArithmeticException">A fixed point lies outside of the range of double.</exception>
    public PlanarThreshold[] Thresholds(PlanarParameter parameter) => PlanarThresholds.Of(this, parameter);

    /// <summary>
    /// The stable fixed point in whose basin of attraction a state lies, by integrating Eq. 16 from there; null where the trajectory does not settle, as around
    /// a limit cycle or on the very boundary of a basin.
    /// </summary>
    public PlanarFixedPoint? SettlesAt(double y, double a) => PlanarBasins.SettlesAt(this, y, a);

    /// <summary>
    /// The boundaries of basins of attraction: both branches of the stable manifold of every saddle, followed backwards in time from the saddle through the
    /// window |y| ≤ <paramref name="wide"/>, a ≤ <paramref name="high"/> and somewhat beyond. A branch comes from outside, from an unstable fixed point, or
    /// winds off an unstable limit cycle, which then is a boundary too.
    /// </summary>
    /// <param name="wide">Positive.</param>
    /// <param name="high">Positive.</param>
    /// <exception cref="ArgumentOutOfRangeException">The window is empty.</exception>
    public IReadOnlyList<(double[] Y, double[] A)> BasinBoundaries(double wide, double high)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(wide);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(high);
        return PlanarBasins.Boundaries(this, wide, high);
    }

    /// <summary>The same circuit with another value of one parameter.</summary>
    /// <exception cref="ArgumentException">The value is not allowed, as in the constructor.</exception>
    public PlanarCircuit With(PlanarParameter parameter, double value)
    {
        double Of(PlanarParameter which, double kept) => which == parameter ? value : kept;
        return new(
            Of(PlanarParameter.Wr, Wr), W, Of(PlanarParameter.B, B), Of(PlanarParameter.B0, B0), Of(PlanarParameter.Sigma, Sigma), Of(PlanarParameter.Z, Z),
            TauY, TauA, Rectified);
    }

    /// <summary>
    /// The a ≥ 0 at which ẏ = 0 for a given y: √a = θ + bz/(wr·y). Not a number where there is none, and where every a will do:
    /// see <see cref="VerticalNullcline"/>.
    /// </summary>
    public double YNullcline(double y)
    {
        if (Wr == 0 || y == VerticalNullcline || (Rectified && y < 0)) return double.NaN;
        var s = Theta + Drive / (Wr * y);
        return s >= 0 && double.IsFinite(s) ? s * s : double.NaN;
    }

    /// <summary>The y at which ẏ = 0 for every a ≥ 0: bz when wr = 0, when z = 0, or when the circuit is rectified and z &lt; 0; null otherwise.</summary>
    public double? VerticalNullcline => Wr == 0 || Z == 0 || (Rectified && Z < 0) ? Drive : null;

    /// <summary>The a at which ȧ = 0 for a given y: c/(1 − w·y²). Not a number where w·y² ≥ 1; there ȧ &gt; 0 for every a.</summary>
    public double ANullcline(double y)
    {
        var rest = 1 - W * Active(y) * Active(y);
        return rest > 0 ? C / rest : double.NaN;
    }

    /// <summary>The same circuit as a <see cref="Circuit"/> with n = 1.</summary>
    /// <exception cref="InvalidOperationException">The circuit is rectified.</exception>
    public Circuit ToCircuit() => Rectified
        ? throw new InvalidOperationException("The circuit is rectified and a Circuit is not; give rectified: false.")
        : new([Z], [B], [B0], [Sigma], [TauY], [TauA], [W], [Wr]);

    double Active(double y) => Rectified ? Math.Max(y, 0) : y;

    static double Finite(double value, string name)
        => double.IsFinite(value) ? value : throw new ArgumentException($"{name} is {value}; it must be finite.", name);

    static double Positive(double value, string name)
        => value > 0 && double.IsFinite(value) ? value : throw new ArgumentException($"{name} is {value}; it must be finite and greater than zero.", name);
}
