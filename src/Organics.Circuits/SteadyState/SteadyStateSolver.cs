using System.Numerics;
using System.Numerics.Tensors;

namespace Organics;

/// <summary>
/// The fixed point of a circuit with any Wr, for one sample, on spans and without allocation unless the fallback is needed:
/// <para>y = g + (1−√a)⊙(Wr·y),  a = c + W(a⊙y²).</para>
/// Samples are independent, so a caller may solve a batch on several threads, each with its own scratch. All spans hold n elements
/// (n × n, row-major, for W and Wr); outputs must not overlap inputs.
/// </summary>
public static class SteadyStateSolver<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    const int Depth = 4;

    /// <summary>How many times the tolerance a residual may be at the state returned, which is not quite the one whose change was within it.</summary>
    internal const double Slack = 10;

    // As much as StabilityReport lets pass, and in float what rounding leaves at the conditions that are met.
    static double LargestExcused => typeof(T) == typeof(float) ? 1e-2 : StabilityReport.LargestResidual;

    /// <summary>Elements of T that the scratch must hold for n neuron pairs.</summary>
    public static int ScratchLength(int n) => n * Lu.PaddedLength<T>(n) + (6 + 2 * Depth) * n;

    /// <summary>
    /// The fixed point, by the cheapest method that reaches it.
    /// <para>Algorithm 1 factors E = I − D(1−√a)Wr at every iteration. Here the first iteration does so, and later ones refine y with its factors, y ← y +
    /// E₀⁻¹(g − E(a)·y), factoring again only while that converges slowly; a is extrapolated from its last four changes. The fixed point is the same, and is
    /// accepted when the relative change Φ(a) − a and the correction of y are within the tolerance, and the residual of both equations within ten times it. On
    /// failure: homotopy, then logarithmic damping, in double, each polished by Newton's method; a state that only the rounding to T keeps from that residual
    /// is accepted.</para>
    /// </summary>
    /// <param name="g">Gated drive b⊙z.</param>
    /// <param name="c">(b0⊙σ)², positive.</param>
    /// <param name="W">Normalization weights, W ≥ 0.</param>
    /// <param name="Wr">Recurrent weights.</param>
    /// <param name="y">Out: principal activity.</param>
    /// <param name="a">Out: modulator activity.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> elements.</param>
    /// <param name="pivots">At least n elements.</param>
    /// <param name="options">Tolerance, cap, fallback.</param>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tolerance is negative or not finite, or the cap negative.</exception>
    public static SteadyStateResult Solve(
        ReadOnlySpan<T> g, ReadOnlySpan<T> c, ReadOnlySpan<T> W, ReadOnlySpan<T> Wr,
        Span<T> y, Span<T> a, Span<T> scratch, Span<int> pivots, SteadyStateOptions options)
        => Run(g, c, W, Wr, y, a, scratch, pivots, options, everyTime: false);

    /// <summary>
    /// Algorithm 1 of the paper from a₀ = c + W(Wr·g)²: y ← E(a)⁻¹g, then a ← c + W(a⊙y²), until max_i |Δa_i|/a_i is within the
    /// tolerance. Its fallback is that of <see cref="Solve"/>; switch it off to see the bare iteration.
    /// </summary>
    /// <inheritdoc cref="Solve"/>
    public static SteadyStateResult Algorithm1(
        ReadOnlySpan<T> g, ReadOnlySpan<T> c, ReadOnlySpan<T> W, ReadOnlySpan<T> Wr,
        Span<T> y, Span<T> a, Span<T> scratch, Span<int> pivots, SteadyStateOptions options)
        => Run(g, c, W, Wr, y, a, scratch, pivots, options, everyTime: true);

    static SteadyStateResult Run(
        ReadOnlySpan<T> g, ReadOnlySpan<T> c, ReadOnlySpan<T> W, ReadOnlySpan<T> Wr,
        Span<T> y, Span<T> a, Span<T> scratch, Span<int> pivots, SteadyStateOptions options, bool everyTime)
    {
        var n = g.Length;
        CircuitShape.Check(n, c.Length, nameof(c));
        CircuitShape.Check(n * n, W.Length, nameof(W));
        CircuitShape.Check(n * n, Wr.Length, nameof(Wr));
        CircuitShape.Check(n, y.Length, nameof(y));
        CircuitShape.Check(n, a.Length, nameof(a));
        if (scratch.Length < ScratchLength(n) || pivots.Length < n)
            throw new ArgumentException($"The scratch needs {ScratchLength(n)} elements and the pivots {n}; they hold {scratch.Length} and {pivots.Length}.");
        SteadyStateOptions.Check(options);
        var method = everyTime ? SteadyStateMethod.Algorithm1 : SteadyStateMethod.Sweeps;
        if (!T.IsFinite(TensorPrimitives.SumOfMagnitudes(g)) || !Valid(c, W, Wr))
        {
            y.Fill(T.NaN);
            a.Fill(T.NaN);
            return new(SteadyStateStatus.InvalidInput, 0, double.NaN, 0, method);
        }

        var ld = Lu.PaddedLength<T>(n);
        var E = scratch[..(n * ld)];
        var h = scratch.Slice(n * ld, n);
        var r = scratch.Slice(n * ld + n, n);
        var next = scratch.Slice(n * ld + 2 * n, n);
        var gain = scratch.Slice(n * ld + 3 * n, n);
        var history = scratch.Slice(n * ld + 4 * n, (2 + 2 * Depth) * n);
        Span<T> gram = stackalloc T[Depth * Depth];
        var tolerance = T.CreateTruncating(EffectiveTolerance(options));

        // a₀ = c + W(Wr·g)²
        Gemv.Multiply(Wr, g, h);
        TensorPrimitives.Multiply<T>(h, h, h);
        Gemv.Multiply(W, h, a);
        TensorPrimitives.Add(a, c, a);
        y.Clear();

        var drive = T.Abs(TensorPrimitives.MaxMagnitude(g));
        T change = T.PositiveInfinity, rate = T.Zero;
        var factor = true;
        var iteration = 0;
        var status = SteadyStateStatus.NotConverged;
        while (iteration < options.MaxIterations)
        {
            Complement(a, gain);
            T lag;
            if (factor || everyTime)
            {
                WriteE(gain, Wr, E, ld);
                if (Lu.Factor(E, n, pivots, ld).IsSingular) break;
                g.CopyTo(y);
                Lu.Solve<T>(E, n, pivots, y, ld);
                lag = T.Zero;
            }
            else
            {
                // y ← y + E₀⁻¹(g − y + (1−√a)⊙(Wr·y))
                Gemv.Multiply(Wr, y, h);
                TensorPrimitives.Subtract(g, y, r);
                TensorPrimitives.MultiplyAdd<T>(gain, h, r, r);
                lag = drive > T.Zero ? T.Abs(TensorPrimitives.MaxMagnitude<T>(r)) / T.Max(drive, T.Abs(TensorPrimitives.MaxMagnitude<T>(y))) : T.Zero;
                // The change was that of the last a, before its extrapolation: what counts is the residual of this one.
                if (lag <= tolerance && change <= tolerance && Residual(g, c, W, Wr, y, a, h, next) <= Slack * double.CreateTruncating(tolerance))
                {
                    status = SteadyStateStatus.Converged;
                    break;
                }
                Lu.Solve<T>(E, n, pivots, r, ld);
                TensorPrimitives.Add(y, r, y);
            }
            // Φ(a) = c + W(a⊙y²)
            TensorPrimitives.Multiply<T>(y, y, h);
            TensorPrimitives.Multiply<T>(h, a, h);
            Gemv.Multiply(W, h, next);
            TensorPrimitives.Add(next, c, next);
            iteration++;
            var before = change;
            change = RelativeChange(a, next);
            if (!T.IsFinite(change)) break;
            if (everyTime) next.CopyTo(a);
            else Accelerate(a, next, c, history, gram, iteration);
            rate = iteration > 1 ? change / before : T.Zero;
            if (everyTime && change <= tolerance)
            {
                status = SteadyStateStatus.Converged;
                break;
            }
            // One factorisation serves all sweeps, except where they contract slowly.
            factor = lag > T.Zero && rate > T.CreateTruncating(0.5);
        }
        var residual = Residual(g, c, W, Wr, y, a, h, r);
        if (status == SteadyStateStatus.Converged && !Accepts(g, c, W, Wr, y, a, residual, EffectiveTolerance(options)))
            status = SteadyStateStatus.NotConverged;
        var result = new SteadyStateResult(status, iteration, residual, double.CreateTruncating(rate), method);
        return status == SteadyStateStatus.Converged || !options.Fallback
            ? result : SteadyStateFallback.Solve(g, c, W, Wr, y, a, EffectiveTolerance(options), result, h, r);
    }

    /// <summary>
    /// Anderson's acceleration of a ← Φ(a) (J. ACM 12, 1965; Walker &amp; Ni, SIAM J. Numer. Anal. 49, 2011): with f = Φ(a) − a and the last differences
    /// of f and of Φ, a ← Φ(a) − Σγ_j ΔΦ_j where γ minimises ‖f − Σγ_j Δf_j‖₂. The result is kept at c or above, where every fixed point lies.
    /// </summary>
    static void Accelerate(Span<T> a, Span<T> next, ReadOnlySpan<T> c, Span<T> history, Span<T> gram, int iteration)
    {
        var n = a.Length;
        var lastF = history[..n];
        var lastNext = history.Slice(n, n);
        // a becomes f = Φ(a) − a.
        TensorPrimitives.Subtract<T>(next, a, a);
        var count = Math.Min(iteration - 1, Depth);
        if (count > 0)
        {
            var slot = (iteration - 2) % Depth;
            var df = history.Slice((2 + slot) * n, n);
            TensorPrimitives.Subtract<T>(a, lastF, df);
            TensorPrimitives.Subtract<T>(next, lastNext, history.Slice((2 + Depth + slot) * n, n));
            var row = gram.Slice(slot * Depth, count);
            Gemv.Multiply<T>(history.Slice(2 * n, count * n), df, row);
            for (var j = 0; j < count; j++) gram[j * Depth + slot] = row[j];
        }
        a.CopyTo(lastF);
        next.CopyTo(lastNext);
        if (count > 0)
        {
            Span<T> normal = stackalloc T[Depth * Depth];
            Span<T> gamma = stackalloc T[Depth];
            Span<int> pivots = stackalloc int[Depth];
            gram.CopyTo(normal);
            Gemv.Multiply<T>(history.Slice(2 * n, count * n), lastF, gamma[..count]);
            // Nearly parallel differences must not blow γ up.
            for (var j = 0; j < count; j++) normal[j * Depth + j] *= T.One + T.CreateTruncating(typeof(T) == typeof(float) ? 1e-6 : 1e-13);
            if (!Lu.Factor(normal, count, pivots, Depth).IsSingular)
            {
                Lu.Solve<T>(normal, count, pivots, gamma, Depth);
                for (var j = 0; j < count; j++)
                    TensorPrimitives.MultiplyAdd<T>(history.Slice((2 + Depth + j) * n, n), -gamma[j], next, next);
            }
        }
        TensorPrimitives.Max(next, c, a);
    }

    internal static double EffectiveTolerance(SteadyStateOptions options)
        => options.Tolerance > 0 ? options.Tolerance : typeof(T) == typeof(float) ? 2e-6 : 1e-12;

    internal static bool Valid(ReadOnlySpan<T> c, ReadOnlySpan<T> W, ReadOnlySpan<T> Wr)
        => T.IsFinite(TensorPrimitives.SumOfMagnitudes(c)) && TensorPrimitives.Min(c) > T.Zero
            && T.IsFinite(TensorPrimitives.SumOfMagnitudes(W)) && TensorPrimitives.Min(W) >= T.Zero && T.IsFinite(TensorPrimitives.SumOfMagnitudes(Wr));

    /// <summary>gain = 1 − √a.</summary>
    internal static void Complement(ReadOnlySpan<T> a, Span<T> gain)
    {
        TensorPrimitives.Sqrt(a, gain);
        TensorPrimitives.Subtract(T.One, gain, gain);
    }

    /// <summary>E = I − D(gain)·Wr, rows <paramref name="ld"/> apart, padding zero.</summary>
    internal static void WriteE(ReadOnlySpan<T> gain, ReadOnlySpan<T> Wr, Span<T> E, int ld)
    {
        var n = gain.Length;
        for (var i = 0; i < n; i++)
        {
            var row = E.Slice(i * ld, ld);
            TensorPrimitives.Multiply(Wr.Slice(i * n, n), -gain[i], row);
            row[n..].Clear();
            row[i] += T.One;
        }
    }

    /// <summary>max_i |next_i − a_i| / next_i, or not a number if next is not finite and positive.</summary>
    static T RelativeChange(ReadOnlySpan<T> a, Span<T> next)
    {
        var largest = T.Zero;
        for (var i = 0; i < a.Length; i++)
        {
            var change = T.Abs(next[i] - a[i]) / next[i];
            if (!(change >= T.Zero) || !T.IsFinite(change)) return T.NaN;
            largest = T.Max(largest, change);
        }
        return largest;
    }

    /// <summary>The residual that <see cref="SteadyStateResult.Residual"/> describes; h and r are overwritten.</summary>
    internal static double Residual(
        ReadOnlySpan<T> g, ReadOnlySpan<T> c, ReadOnlySpan<T> W, ReadOnlySpan<T> Wr, ReadOnlySpan<T> y, ReadOnlySpan<T> a, Span<T> h, Span<T> r)
    {
        Gemv.Multiply(Wr, y, h);
        Complement(a, r);
        TensorPrimitives.Multiply<T>(r, h, r);
        TensorPrimitives.Add(r, g, r);
        TensorPrimitives.Subtract(r, y, r);
        var scale = T.Max(T.Abs(TensorPrimitives.MaxMagnitude(g)), T.Abs(TensorPrimitives.MaxMagnitude(y)));
        var first = scale > T.Zero ? T.Abs(TensorPrimitives.MaxMagnitude<T>(r)) / scale : T.Zero;
        TensorPrimitives.Multiply(y, y, h);
        TensorPrimitives.Multiply(h, a, h);
        Gemv.Multiply(W, h, r);
        TensorPrimitives.Add(r, c, r);
        TensorPrimitives.Subtract(r, a, r);
        TensorPrimitives.Divide(r, a, r);
        return double.CreateTruncating(T.Max(first, T.Abs(TensorPrimitives.MaxMagnitude<T>(r))));
    }

    /// <summary>
    /// Whether a state of that residual is a fixed point: the residual is within ten times the tolerance, or no equation is off by more than the rounding of y,
    /// a and its terms explains (Oettli &amp; Prager, Numer. Math. 6, 1964), below which no state of T reliably comes. Where large terms cancel that is much;
    /// where nothing is left but rounding, any state would pass, and none is taken.
    /// </summary>
    internal static bool Accepts(
        ReadOnlySpan<T> g, ReadOnlySpan<T> c, ReadOnlySpan<T> W, ReadOnlySpan<T> Wr, ReadOnlySpan<T> y, ReadOnlySpan<T> a, double residual, double tolerance)
    {
        if (residual <= Slack * tolerance) return true;
        if (!(residual <= LargestExcused)) return false;
        var n = g.Length;
        var rounding = (n + 4) * double.CreateTruncating(T.BitIncrement(T.One) - T.One) / 2;
        for (var i = 0; i < n; i++)
        {
            var (gi, yi, ai) = (double.CreateTruncating(g[i]), double.CreateTruncating(y[i]), double.CreateTruncating(a[i]));
            var (h, size, phi) = (0.0, 0.0, double.CreateTruncating(c[i]));
            for (var j = 0; j < n; j++)
            {
                var yj = double.CreateTruncating(y[j]);
                var term = double.CreateTruncating(Wr[i * n + j]) * yj;
                h += term;
                size += Math.Abs(term);
                phi += double.CreateTruncating(W[i * n + j]) * double.CreateTruncating(a[j]) * yj * yj;
            }
            var s = Math.Sqrt(ai);
            if (!(Math.Abs(gi - yi + (1 - s) * h) <= rounding * (Math.Abs(gi) + Math.Abs(yi) + (1 + s) * size))
                || !(Math.Abs(phi - ai) <= rounding * (phi + ai))) return false;
        }
        return true;
    }
}
