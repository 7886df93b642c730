namespace Organics;

/// <summary>
/// The energy of normalization: a Lyapunov function of the circuit with identity recurrence along its full, nonlinear flow (derived for this project;
/// docs/theory.md). With A = √a, s = √a* and ν = g/y, the root of the pool that y would be normalized by:
/// <para>V = Σ_i q_i [ τ_a,i (A_i − ν_i)²(2A_i + ν_i)/(3ν_i) + τ_y,i (ν_i − s_i)²/ν_i ]</para>
/// over the units that are driven, z_i ≠ 0. The first term is how far the pool is from what y shows of it, the second how far y is from its normalized value.
/// Near the fixed point V is Eq. 13.
/// <para>Which weights q > 0 make it decrease, and where, says <see cref="CertifiedBasin"/>.</para>
/// </summary>
public sealed class NormalizationEnergy
{
    readonly Circuit _circuit;
    readonly double[] _q;
    readonly Interval[] _s, _pool;

    /// <summary>V of a circuit with weights.</summary>
    /// <param name="circuit">With identity recurrence.</param>
    /// <param name="q">n weights, positive and finite; those of units without drive are not read.</param>
    /// <exception cref="ArgumentException">Wr is not the identity, or the weights are not as they must be.</exception>
    public NormalizationEnergy(Circuit circuit, ReadOnlySpan<double> q)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        if (!circuit.IsIdentityRecurrence)
            throw new ArgumentException("Wr is not the identity; the energy of normalization exists only for Wr = I.", nameof(circuit));
        CircuitShape.Check(circuit.N, q.Length, nameof(q));
        for (var i = 0; i < q.Length; i++)
            if (circuit.Z[i] != 0 && !(q[i] > 0 && double.IsFinite(q[i])))
                throw new ArgumentException($"q[{i}] is {q[i]}; a weight must be positive and finite.", nameof(q));
        (_circuit, _q) = (circuit, q.ToArray());
        (_s, _pool) = (new Interval[circuit.N], new Interval[circuit.N]);
        for (var i = 0; i < circuit.N; i++)
        {
            _pool[i] = PoolBounds.Pool(circuit, i);
            _s[i] = Interval.Sqrt(PoolBounds.SemiSaturation(circuit, i) + _pool[i]);
        }
    }

    /// <summary>q.</summary>
    public ReadOnlySpan<double> Weights => _q;

    /// <summary>V at a state; 0 where every driven unit is at the fixed point, and infinite where one has not the sign of its drive, or a &lt; 0.</summary>
    /// <param name="y">Principal activity, n elements.</param>
    /// <param name="a">Modulator activity, n elements.</param>
    /// <exception cref="ArgumentException">A span does not have n elements.</exception>
    public double Value(ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        Check(y, a);
        double sum = 0;
        for (var i = 0; i < y.Length; i++)
        {
            if (_circuit.Z[i] == 0) continue;
            var nu = _circuit.Drive[i] / y[i];
            if (!(nu > 0 && double.IsFinite(nu)) || !(a[i] >= 0)) return double.PositiveInfinity;
            var (root, s) = (Math.Sqrt(a[i]), _s[i].Middle);
            sum += _q[i] * (_circuit.TauA[i] * (root - nu) * (root - nu) * (2 * root + nu) / (3 * nu) + _circuit.TauY[i] * (nu - s) * (nu - s) / nu);
        }
        return sum;
    }

    /// <summary>
    /// V̇ along the flow at a state where V is finite:
    /// <para>−Σ_i q_i (A_i − ν_i)/ν_i · [ ⅔(τ_a,i/τ_y,i)(A_i³ − ν_i³) + A_i² − ν_i² − (W e)_i ], e = a⊙y² − g².</para>
    /// </summary>
    /// <param name="y">Principal activity, n elements.</param>
    /// <param name="a">Modulator activity, n elements.</param>
    /// <returns>V̇; NaN where V is infinite.</returns>
    /// <exception cref="ArgumentException">A span does not have n elements.</exception>
    public double Rate(ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        if (!double.IsFinite(Value(y, a))) return double.NaN;
        var n = y.Length;
        var (excess, pools) = (new double[n], new double[n]);
        for (var j = 0; j < n; j++)
        {
            var g = _circuit.Drive[j];
            var u = Math.Sqrt(Math.Max(a[j], 0)) * Math.Abs(y[j]);
            excess[j] = (u - Math.Abs(g)) * (u + Math.Abs(g));
        }
        Gemv.Multiply<double>(_circuit.W, excess, pools);
        double sum = 0;
        for (var i = 0; i < n; i++)
        {
            if (_circuit.Z[i] == 0) continue;
            var (root, nu) = (Math.Sqrt(a[i]), _circuit.Drive[i] / y[i]);
            var f = root - nu;
            sum -= _q[i] * f / nu
                * (2.0 / 3 * (_circuit.TauA[i] / _circuit.TauY[i]) * f * (root * root + root * nu + nu * nu) + f * (root + nu) - pools[i]);
        }
        return sum;
    }

    /// <summary>A unit's part of V, with outward rounding.</summary>
    /// <param name="i">A driven unit.</param>
    /// <param name="nu">ν, positive.</param>
    /// <param name="root">A, not negative.</param>
    internal Interval Part(int i, Interval nu, Interval root) => _q[i] * Part(_circuit, i, nu, root, _s[i]);

    static Interval Part(Circuit circuit, int i, Interval nu, Interval root, Interval s)
        => circuit.TauA[i] * Interval.Square(root - nu) * (2 * root + nu) / (3 * nu) + circuit.TauY[i] * Interval.Square(nu - s) / nu;

    /// <summary>A bound of a unit's part for a weight of 1, over all states whose y_i/y*_i and a_i/a*_i lie within [1/r, r]: it is convex in each of them, so
    /// that it is largest at corners; and it grows with s = √a*.</summary>
    internal static double Largest(Circuit circuit, int i, Interval s, Interval factor)
    {
        var (inverse, largest) = (1 / factor, 0.0);
        foreach (var y in (ReadOnlySpan<Interval>)[factor, inverse])
            foreach (var a in (ReadOnlySpan<Interval>)[factor, inverse])
                largest = Math.Max(largest, Part(circuit, i, s / y, Interval.Sqrt(a) * s, s).High);
        return largest;
    }

    /// <summary>A bound of V over all states whose y_i/y*_i and a_i/a*_i lie within [1/r, r].</summary>
    internal Interval BoundWithin(Interval factor)
    {
        Interval sum = 0.0;
        for (var i = 0; i < _q.Length; i++)
            if (_circuit.Z[i] != 0) sum += _q[i] * (Interval)Largest(_circuit, i, _s[i], factor);
        return sum;
    }

    /// <summary>V at the fixed point of another contrast, that of s·z: there A² = c + s²W g² and ν = A/s. It grows with s from 1 on, and as s falls
    /// below.</summary>
    internal Interval BoundAtContrast(Interval contrast)
    {
        Interval sum = 0.0;
        for (var i = 0; i < _q.Length; i++)
        {
            if (_circuit.Z[i] == 0) continue;
            var c = PoolBounds.SemiSaturation(_circuit, i);
            var root = Interval.Sqrt(c + Interval.Square(contrast) * _pool[i]);
            sum += Part(i, root / contrast, root);
        }
        return sum;
    }

    internal void Check(ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        CircuitShape.Check(_circuit.N, y.Length, nameof(y));
        CircuitShape.Check(_circuit.N, a.Length, nameof(a));
    }
}
