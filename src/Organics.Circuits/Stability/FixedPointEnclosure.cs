using System.Numerics.Tensors;

namespace Organics;

/// <summary>
/// A box that provably holds a fixed point of a circuit, and exactly one: Krawczyk's test (Computing 4, 1969; Rump, Acta Numerica 19, 2010, §13) with outward
/// rounding. With u = √a⊙y the modulators are a = c + W(u⊙u) outright, and what is left are n equations, F(u) = g − y + (1−s)⊙(Wr·y) = 0 with s = √a and y =
/// u/s. If M(x) = −F′(x) for every x of a box ũ ± ρ and A ≈ M(ũ)⁻¹, then
/// <para>|A·F(ũ)| + |I − A·M(box)|·ρ &lt; ρ</para>
/// says that x ↦ x + A·F(x) maps the box into its interior. The circuit is taken by its own numbers: the roundings of b⊙z and of (b0⊙σ)² are part of the
/// bounds. With Wr = I, F(u) = g − u, and nothing need be sought.
/// </summary>
sealed class FixedPointEnclosure
{
    const int InflationCap = 5;

    // Below it a y counts as 0: an interval around 0 has ends beside it.
    const double Nothing = 1e-290;

    // Half a unit in the last place of 1; a sum of k products in double errs by less than k + 2 of it relative to the sum of moduli.
    const double Rounding = 1.1102230246251565e-16;

    readonly Circuit _circuit;
    readonly int _n;
    readonly Interval[] _u;

    FixedPointEnclosure(Circuit circuit, Interval[] u)
    {
        (_circuit, _n, _u) = (circuit, circuit.N, u);
        (C, A, S, Y, H) = (new Interval[_n], new Interval[_n], new Interval[_n], new Interval[_n], new Interval[_n]);
        for (var i = 0; i < _n; i++)
        {
            C[i] = Interval.Square((Interval)circuit.B0[i] * circuit.Sigma[i]);
            A[i] = C[i];
        }
        for (var i = 0; i < _n; i++)
            for (var j = 0; j < _n; j++)
                if (circuit.W[i * _n + j] is not 0.0 and var w) A[i] += w * Interval.Square(u[j]);
        for (var i = 0; i < _n; i++)
        {
            S[i] = Interval.Sqrt(A[i]);
            Y[i] = u[i] / S[i];
        }
        for (var i = 0; i < _n; i++)
        {
            Interval h = 0;
            for (var j = 0; j < _n; j++)
                if (circuit.Wr[i * _n + j] is not 0.0 and var wr) h += wr * Y[j];
            H[i] = h;
        }
    }

    Interval[] C { get; }

    /// <summary>a = c + W(u⊙u).</summary>
    public Interval[] A { get; }

    /// <summary>√a.</summary>
    public Interval[] S { get; }

    /// <summary>y = u/√a.</summary>
    public Interval[] Y { get; }

    // Wr·y.
    Interval[] H { get; }

    /// <summary>The largest radius of y relative to the largest |y|, or of an a relative to it.</summary>
    public double RelativeRadius
    {
        get
        {
            double scale = Nothing, radius = 0, ofA = 0;
            for (var i = 0; i < _n; i++)
            {
                scale = Math.Max(scale, Y[i].Magnitude);
                radius = Math.Max(radius, Y[i].Radius);
                ofA = Math.Max(ofA, A[i].Radius / A[i].Low);
            }
            return Math.Max(radius / scale, ofA);
        }
    }

    /// <summary>The box around the fixed point near a state, after Newton's method has brought the state as near as double can; null where no fixed point is
    /// proven to be there.</summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="y">Principal activity, n elements.</param>
    /// <param name="a">Modulator activity, n elements, positive.</param>
    /// <param name="reach">How far the fixed point may be from the state, relative to the largest y and to each a.</param>
    public static FixedPointEnclosure? Of(Circuit circuit, ReadOnlySpan<double> y, ReadOnlySpan<double> a, double reach)
    {
        var n = circuit.N;
        var u = new double[n];
        for (var i = 0; i < n; i++) u[i] = Math.Sqrt(a[i]) * y[i];
        var enclosure = circuit.IsIdentityRecurrence
            ? new(circuit, [.. Enumerable.Range(0, n).Select(i => (Interval)circuit.B[i] * circuit.Z[i])]) : Proven(circuit, u);
        if (enclosure is null) return null;
        var scale = Math.Max(Nothing, Math.Abs(TensorPrimitives.MaxMagnitude(y)));
        for (var i = 0; i < n; i++)
        {
            // Written so that what is no number is refused.
            if (!(Math.Abs(enclosure.Y[i].Middle - y[i]) + enclosure.Y[i].Radius <= reach * scale) || !(enclosure.A[i].Low > 0)) return null;
            if (!(Math.Abs(enclosure.A[i].Middle - a[i]) + enclosure.A[i].Radius <= reach * a[i])) return null;
        }
        return enclosure;
    }

    static FixedPointEnclosure? Proven(Circuit circuit, double[] u)
    {
        var n = circuit.N;
        var (m, factors, pivots, step) = (new double[n * n], new double[n * n], new int[n], new double[n]);
        FixedPointEnclosure at = new(circuit, Points(u));
        for (var last = double.PositiveInfinity; ;)
        {
            at.Slope(m, []);
            m.CopyTo(factors, 0);
            if (Lu.Factor<double>(factors, n, pivots).IsSingular) return null;
            for (var i = 0; i < n; i++) step[i] = at.F(i).Middle;
            Lu.Solve<double>(factors, n, pivots, step);
            double length = 0, size = 0;
            for (var i = 0; i < n; i++)
            {
                length = Math.Max(length, Math.Abs(step[i]));
                size = Math.Max(size, Math.Abs(u[i]));
            }
            // Until rounding alone moves the point: while every step is half of the last or less, there are not many.
            if (!double.IsFinite(length) || length > last / 2 || length <= 2 * Rounding * size) break;
            last = length;
            for (var i = 0; i < n; i++) u[i] += step[i];
            at = new(circuit, Points(u));
        }
        // A, row by row, and |A·F(ũ)|.
        var (inverse, column) = (new double[n * n], new double[n]);
        Lu.Invert<double>(factors, n, pivots, inverse);
        if (!inverse.All(double.IsFinite)) return null;
        var (moved, radius, magnitude) = (new double[n], new double[n], Array.ConvertAll(inverse, Math.Abs));
        for (var j = 0; j < n; j++) column[j] = at.F(j).Magnitude;
        Gemv.Multiply<double>(magnitude, column, moved);
        for (var i = 0; i < n; i++)
        {
            moved[i] = Above(moved[i], n);
            radius[i] = 2 * moved[i];
        }
        var (spread, defect, error) = (new double[n * n], new double[n * n], new double[n * n]);
        for (var inflation = 0; inflation < InflationCap; inflation++)
        {
            FixedPointEnclosure box = new(circuit, [.. u.Zip(radius, Interval.Around)]);
            if (!Array.TrueForAll(box.A, v => v.Low > 0)) return null;
            box.Slope(m, spread);
            // I − A·M, and what rounding and the box add to it.
            Product(inverse, m, defect, n);
            for (var i = 0; i < n; i++) defect[i * n + i] -= 1;
            for (var i = 0; i < n * n; i++) spread[i] += (n + 4) * Rounding * Math.Abs(m[i]);
            Product(magnitude, spread, error, n);
            var within = true;
            for (var i = 0; i < n; i++)
            {
                double contraction = 0;
                for (var j = 0; j < n; j++)
                    contraction += radius[j] * (Math.Abs(defect[i * n + j]) * (1 + 4 * Rounding) + error[i * n + j] * (1 + (2 * n + 4) * Rounding)
                        + (i == j ? 2 * Rounding : 0) + Underflow(n));
                column[i] = Above(moved[i] + contraction, n);
                // Strictly inside: then it is the only one, too.
                within &= column[i] < radius[i];
            }
            if (within) return new(circuit, [.. u.Zip(column, Interval.Around)]);
            for (var i = 0; i < n; i++) radius[i] = 2 * column[i];
            if (!radius.All(double.IsFinite)) return null;
        }
        return null;
    }

    static Interval[] Points(double[] u) => Array.ConvertAll(u, v => (Interval)v);

    // A sum of n products that are not negative, rounded to nearest, and something for numbers below the normal ones.
    static double Above(double sum, int n) => sum * (1 + (2 * n + 8) * Rounding) + n * 1e-307;

    // What two sums of n products each lose where the products are below the normal numbers.
    static double Underflow(int n) => 2 * n * double.Epsilon;

    /// <summary>C ← A·B.</summary>
    static void Product(double[] a, ReadOnlySpan<double> b, double[] c, int n)
    {
        Array.Clear(c);
        for (var i = 0; i < n; i++)
        {
            var row = c.AsSpan(i * n, n);
            for (var k = 0; k < n; k++) TensorPrimitives.MultiplyAdd(b.Slice(k * n, n), a[i * n + k], row, row);
        }
    }

    Interval F(int i) => (Interval)_circuit.B[i] * _circuit.Z[i] - Y[i] + (1 - S[i]) * H[i];

    /// <summary>
    /// M = E·D(1/s) − Z·W·D(u) with E = I − D(1−s)Wr and Z = E·D(y/a) − D(h/s), over the box: a matrix and, unless it is empty, how far the elements of M may
    /// be from it. n × n, row-major.
    /// </summary>
    void Slope(double[] middle, double[] spread)
    {
        var n = _n;
        var (e, z, zSpread) = (new Interval[n * n], new double[n * n], new double[n * n]);
        for (var j = 0; j < n; j++)
        {
            var ratio = Y[j] / A[j];
            for (var i = 0; i < n; i++)
            {
                var at = i * n + j;
                // On the diagonal 1 − (1−s)wr = (1−wr) + s·wr keeps its digits where wr = 1 and s is tiny.
                var wr = (Interval)_circuit.Wr[at];
                e[at] = i == j ? 1 - wr + S[i] * wr : (S[i] - 1) * wr;
                var of = e[at] * ratio;
                if (i == j) of -= H[i] / S[i];
                (z[at], zSpread[at]) = (of.Middle, of.Radius);
            }
        }
        var (product, error) = (new double[n * n], new double[n * n]);
        Product(z, _circuit.W, product, n);
        if (spread.Length > 0)
        {
            for (var i = 0; i < n * n; i++) zSpread[i] += (n + 4) * Rounding * Math.Abs(z[i]);
            Product(zSpread, _circuit.W, error, n);
        }
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var at = i * n + j;
                var element = e[at] / S[j] - Interval.Around(product[at], error[at] * (1 + (2 * n + 4) * Rounding) + Underflow(n)) * _u[j];
                middle[at] = element.Middle;
                if (spread.Length > 0) spread[at] = element.Radius;
            }
        }
    }

    /// <summary>The circuit's Jacobian at the fixed point, <see cref="CircuitJacobian.Write"/>: a matrix and how far the elements of the Jacobian may be from
    /// it. 2n × 2n, row-major, y before a.</summary>
    public void Jacobian(Span<double> middle, Span<double> spread)
    {
        var n = _n;
        for (var i = 0; i < n; i++)
        {
            var (tauY, tauA) = ((Interval)_circuit.TauY[i], (Interval)_circuit.TauA[i]);
            // 1 − w_ii y_i² = (c_i + Σ_{j≠i} w_ij u_j²)/a_i at a fixed point: nothing cancels.
            var rest = C[i];
            for (var j = 0; j < n; j++)
            {
                var (wr, w) = ((Interval)_circuit.Wr[i * n + j], (Interval)_circuit.W[i * n + j]);
                Put(i, j, (i == j ? wr - 1 - S[i] * wr : (1 - S[i]) * wr) / tauY, middle, spread);
                Put(i, n + j, i == j ? -(H[i] / (2 * S[i] * tauY)) : 0, middle, spread);
                Put(n + i, j, 2 * w * S[j] * _u[j] / tauA, middle, spread);
                if (i == j) continue;
                var square = Interval.Square(_u[j]);
                rest += w * square;
                Put(n + i, n + j, w * (square / A[j]) / tauA, middle, spread);
            }
            Put(n + i, n + i, -(rest / A[i] / tauA), middle, spread);
        }

        void Put(int row, int column, Interval value, Span<double> middle, Span<double> spread)
            => (middle[row * 2 * n + column], spread[row * 2 * n + column]) = (value.Middle, value.Radius);
    }
}
