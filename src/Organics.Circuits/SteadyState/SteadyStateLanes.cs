using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>
/// The fixed points of as many samples as a vector has lanes, without a factorisation. In u = √a⊙y the second equation gives a = c + W(u⊙u) outright, so
/// that the first one is left: r(u) = g − y + (1−√a)⊙(Wr·y) = 0. The iteration u ← u + √a⊙r is accelerated after Anderson (J. ACM 12, 1965; Walker &amp; Ni,
/// SIAM J. Numer. Anal. 49, 2011) from u = g, the fixed point for Wr = I: with f = √a⊙r and the last differences of f and of G = u + f, u ← G − Σγ_j ΔG_j
/// where γ minimises ‖f − Σγ_j Δf_j‖₂.
/// </summary>
static class SteadyStateLanes<T, S>
    where T : unmanaged, IFloatingPointIeee754<T>
    where S : unmanaged, ISimdReal<S, T>
{
    const int Depth = 5;

    // How many of the last steps say whether f grows along them: near the end one alone may be rounding.
    const int Watched = 3;

    // The vectors in the scratch; Root is √a, Product what a matrix gave.
    const int G = 0, U = 1, Y = 2, A = 3, Root = 4, Product = 5, F = 6, Next = 7, ChangesOfF = 8, ChangesOfNext = ChangesOfF + Depth,
        Count = ChangesOfNext + Depth;

    /// <summary>Elements of T that the scratch must hold for n neuron pairs.</summary>
    public static int ScratchLength(int n) => Count * n * S.Count;

    /// <summary>Solves for one sample in each lane; one whose status is not Converged holds nothing of use.</summary>
    /// <param name="g">Gated drives: as many rows as there are results, at most one for each lane.</param>
    /// <param name="c">(b0⊙σ)², positive.</param>
    /// <param name="W">Normalization weights, W ≥ 0.</param>
    /// <param name="Wr">Recurrent weights.</param>
    /// <param name="y">Out: principal activity, in rows.</param>
    /// <param name="a">Out: modulator activity, in rows.</param>
    /// <param name="scratch">The first of <see cref="ScratchLength"/> elements.</param>
    /// <param name="tolerance">Of the change of a and of the residual.</param>
    /// <param name="cap">Most iterations.</param>
    /// <param name="results">Out: one for each sample.</param>
    public static void Solve(
        ReadOnlySpan<T> g, ReadOnlySpan<T> c, ReadOnlySpan<T> W, ReadOnlySpan<T> Wr, Span<T> y, Span<T> a, ref T scratch,
        double tolerance, int cap, Span<SteadyStateResult> results)
    {
        var n = c.Length;
        var v = new Lanes<T, S>.Vectors(ref scratch, n);
        Span<S> gram = stackalloc S[Depth * Depth];
        Span<S> gamma = stackalloc S[Depth];
        Span<T> lag = stackalloc T[S.Count], scale = stackalloc T[S.Count], change = stackalloc T[S.Count], before = stackalloc T[S.Count],
            rise = stackalloc T[S.Count];
        Span<int> risen = stackalloc int[S.Count];
        Span<bool> done = stackalloc bool[S.Count];
        var bound = T.CreateTruncating(tolerance);

        Lanes<T, S>.Gather(g, n, ref v[G]);
        Lanes<T, S>.Gather(g, n, ref v[U]);
        MemoryMarshal.CreateSpan(ref v[A], n * S.Count).Clear();
        risen.Fill(-Watched);
        results.Fill(new(SteadyStateStatus.NotConverged, cap, double.NaN, 0, SteadyStateMethod.Anderson));
        var left = results.Length;
        for (var iteration = 1; iteration <= cap; iteration++)
        {
            change.CopyTo(before);
            Settle(c, W, n, v, ref change[0]);
            Lanes<T, S>.Multiply(Wr, false, n, ref v[Y], ref v[Product]);
            // Where this iteration's differences are put; the first has none.
            var slot = (iteration + Depth - 2) % Depth;
            Defect(n, v, slot, ref lag[0], ref scale[0], ref rise[0]);
            for (var lane = 0; lane < results.Length; lane++)
            {
                if (iteration > 1 && rise[lane] > T.Zero) risen[lane] = iteration;
                if (done[lane] || !(lag[lane] <= bound * scale[lane]) || !(change[lane] <= bound)) continue;
                done[lane] = true;
                left--;
                // Where f grew along the last steps, u ← u + f flees from the point that extrapolation led to: it is a saddle, and another may be stable.
                if (iteration - risen[lane] < Watched) continue;
                Lanes<T, S>.Scatter(ref v[Y], lane, y.Slice(lane * n, n));
                Lanes<T, S>.Scatter(ref v[A], lane, a.Slice(lane * n, n));
                var rate = iteration > 1 ? double.CreateTruncating(change[lane] / before[lane]) : 0;
                results[lane] = new(SteadyStateStatus.Converged, iteration, double.NaN, rate, SteadyStateMethod.Anderson);
            }
            if (left == 0) break;
            var count = Math.Min(iteration - 1, Depth);
            Weights(n, v, slot, count, gram, gamma);
            MemoryMarshal.CreateSpan(ref v[Next], n * S.Count).CopyTo(MemoryMarshal.CreateSpan(ref v[U], n * S.Count));
            for (var age = 0; age < count; age++) Lanes<T, S>.Add(-gamma[age], ref v[ChangesOfNext + Slot(slot, age)], ref v[U], n);
        }
        Check(c, W, Wr, y, a, v, tolerance, results);
    }

    /// <summary>a = c + W(u⊙u) and y = u/√a; the largest relative change of a.</summary>
    static void Settle(ReadOnlySpan<T> c, ReadOnlySpan<T> W, int n, Lanes<T, S>.Vectors v, ref T change)
    {
        nint step = S.Count, size = n * step;
        ref T u = ref v[U], y = ref v[Y], a = ref v[A], root = ref v[Root], product = ref v[Product];
        for (nint i = 0; i < size; i += step) S.Store(S.Load(in u, i) * S.Load(in u, i), ref root, i);
        Lanes<T, S>.Multiply(W, false, n, ref root, ref product);
        var largest = S.Zero;
        for (nint i = 0, k = 0; i < size; i += step, k++)
        {
            var now = S.Load(in product, i) + S.Of(Unsafe.Add(ref MemoryMarshal.GetReference(c), k));
            var s = S.Sqrt(now);
            var reciprocal = S.One / s;
            largest = S.Max(largest, S.Abs(now - S.Load(in a, i)) * reciprocal * reciprocal);
            S.Store(now, ref a, i);
            S.Store(s, ref root, i);
            S.Store(S.Load(in u, i) * reciprocal, ref y, i);
        }
        S.Store(largest, ref change, 0);
    }

    /// <summary>f = √a⊙r and next = u + f with their differences; lag is ‖r‖∞, scale the larger of ‖g‖∞ and ‖y‖∞, rise Δf·Δu.</summary>
    static void Defect(int n, Lanes<T, S>.Vectors v, int slot, ref T lag, ref T scale, ref T rise)
    {
        nint step = S.Count, size = n * step;
        ref T g = ref v[G], u = ref v[U], y = ref v[Y], root = ref v[Root], product = ref v[Product], f = ref v[F], next = ref v[Next];
        ref T changeOfF = ref v[ChangesOfF + slot], changeOfNext = ref v[ChangesOfNext + slot];
        S largest = S.Zero, most = S.Zero, along = S.Zero;
        for (nint i = 0; i < size; i += step)
        {
            S drive = S.Load(in g, i), activity = S.Load(in y, i), s = S.Load(in root, i);
            var r = S.Fma(S.One - s, S.Load(in product, i), drive - activity);
            largest = S.Max(largest, S.Abs(r));
            most = S.Max(most, S.Max(S.Abs(drive), S.Abs(activity)));
            r *= s;
            var to = S.Load(in u, i) + r;
            S df = r - S.Load(in f, i), dNext = to - S.Load(in next, i);
            along = S.Fma(df, dNext - df, along);
            S.Store(df, ref changeOfF, i);
            S.Store(dNext, ref changeOfNext, i);
            S.Store(r, ref f, i);
            S.Store(to, ref next, i);
        }
        S.Store(largest, ref lag, 0);
        S.Store(most, ref scale, 0);
        S.Store(along, ref rise, 0);
    }

    /// <summary>γ from the normal equations, newest difference first, so that one that adds nothing but rounding to newer ones is left out (γ = 0).</summary>
    static void Weights(int n, Lanes<T, S>.Vectors v, int slot, int count, Span<S> gram, Span<S> gamma)
    {
        // Nearly parallel differences must not blow γ up.
        var ridge = S.Literal(typeof(T) == typeof(float) ? 1e-6 : 1e-13);
        // L·D of the factorisation LDLᵀ, and 1/D.
        Span<S> lower = stackalloc S[Depth * Depth];
        Span<S> inverse = stackalloc S[Depth];
        for (var i = 0; i < count; i++)
        {
            var row = Slot(slot, i);
            (gram[slot * Depth + row], gamma[i]) = Lanes<T, S>.Dot(ref v[ChangesOfF + slot], ref v[F], ref v[ChangesOfF + row], n);
            gram[row * Depth + slot] = gram[slot * Depth + row];
        }
        for (var i = 0; i < count; i++)
        {
            var row = Slot(slot, i);
            var square = gram[row * Depth + row];
            var pivot = S.Fma(ridge, square, square);
            for (var j = 0; j < i; j++)
            {
                var entry = gram[row * Depth + Slot(slot, j)];
                for (var k = 0; k < j; k++) entry -= lower[i * Depth + k] * inverse[k] * lower[j * Depth + k];
                lower[i * Depth + j] = entry;
                pivot -= entry * entry * inverse[j];
                gamma[i] -= entry * gamma[j];
            }
            inverse[i] = S.IfLess(S.Half * ridge * square, pivot, S.One / pivot, S.Zero);
            gamma[i] *= inverse[i];
        }
        for (var i = count - 1; i > 0; i--)
            for (var j = 0; j < i; j++) gamma[j] -= lower[i * Depth + j] * inverse[j] * gamma[i];
    }

    /// <summary>The slot of differences that are <paramref name="age"/> iterations older than those in a slot.</summary>
    static int Slot(int newest, int age) => (newest - age + Depth) % Depth;

    /// <summary>The residuals of the states returned; where one is too large, the sample did not converge.</summary>
    static void Check(
        ReadOnlySpan<T> c, ReadOnlySpan<T> W, ReadOnlySpan<T> Wr, ReadOnlySpan<T> y, ReadOnlySpan<T> a, Lanes<T, S>.Vectors v, double tolerance,
        Span<SteadyStateResult> results)
    {
        var n = c.Length;
        nint step = S.Count, size = n * step;
        ref T g = ref v[G], ay = ref v[Y], aa = ref v[A], work = ref v[Root], product = ref v[Product];
        Lanes<T, S>.Gather(y, n, ref ay);
        Lanes<T, S>.Gather(a, n, ref aa);
        Lanes<T, S>.Multiply(Wr, false, n, ref ay, ref product);
        S first = S.Zero, second = S.Zero, scale = S.Zero;
        for (nint i = 0; i < size; i += step)
        {
            S drive = S.Load(in g, i), activity = S.Load(in ay, i), modulator = S.Load(in aa, i);
            first = S.Max(first, S.Abs(S.Fma(S.One - S.Sqrt(modulator), S.Load(in product, i), drive - activity)));
            scale = S.Max(scale, S.Max(S.Abs(drive), S.Abs(activity)));
            S.Store(activity * activity * modulator, ref work, i);
        }
        Lanes<T, S>.Multiply(W, false, n, ref work, ref product);
        for (nint i = 0, k = 0; i < size; i += step, k++)
        {
            var modulator = S.Load(in aa, i);
            second = S.Max(second, S.Abs((S.Load(in product, i) + S.Of(Unsafe.Add(ref MemoryMarshal.GetReference(c), k)) - modulator) / modulator));
        }
        Span<T> residuals = stackalloc T[S.Count];
        S.Store(S.Max(S.IfLess(S.Zero, scale, first / scale, S.Zero), second), ref residuals[0], 0);
        for (var lane = 0; lane < results.Length; lane++)
        {
            if (results[lane].Status != SteadyStateStatus.Converged) continue;
            var residual = double.CreateTruncating(residuals[lane]);
            var status = residual <= SteadyStateSolver<T>.Slack * tolerance ? SteadyStateStatus.Converged : SteadyStateStatus.NotConverged;
            results[lane] = results[lane] with { Status = status, Residual = residual };
        }
    }
}
