using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>
/// The adjoints of as many samples as a vector has lanes, without a factorisation. In the coordinates of <see cref="SteadyStateLanes{T, S}"/> q drops out of
/// the system that <see cref="SteadyStateAdjoint{T}"/> states: with e = Eᵀp,
/// <para>e − (a⊙y)⊙Wᵀ((y/a)⊙e − (h/s)⊙p) = gy + (a⊙y)⊙Wᵀ(2ga − (y/a)⊙gy),  2q = 2ga − (y/a)⊙(gy − e) − (h/s)⊙p,</para>
/// and GMRES (Saad &amp; Schultz, SIAM J. Sci. Stat. Comput. 7, 1986) solves it with one product by Wrᵀ and one by Wᵀ per iteration.
/// </summary>
static class SteadyStateAdjointLanes<T, S>
    where T : unmanaged, IFloatingPointIeee754<T>
    where S : unmanaged, ISimdReal<S, T>
{
    // The vectors in the scratch; E and Product are overwritten by each product with the matrix.
    const int Y = 0, A = 1, GY = 2, GA = 3, Gain = 4, YOverA = 5, HOverS = 6, AY = 7, E = 8, Product = 9, P = 10, Basis = 11;

    static int Krylov => typeof(T) == typeof(float) ? 32 : 64;

    /// <summary>Elements of T that the scratch must hold for n neuron pairs.</summary>
    public static int ScratchLength(int n) => ((Basis + Krylov + 1) * n + Krylov * Krylov) * S.Count;

    /// <summary>What <see cref="SteadyStateAdjoint{T}.Solve"/> computes, for one sample in each lane; all vectors are in rows.</summary>
    /// <param name="W">Normalization weights, n × n.</param>
    /// <param name="Wr">Recurrent weights, n × n.</param>
    /// <param name="n">Neuron pairs.</param>
    /// <param name="y">Fixed points, principal.</param>
    /// <param name="a">Fixed points, modulator.</param>
    /// <param name="gy">Cotangents of y.</param>
    /// <param name="ga">Cotangents of a.</param>
    /// <param name="p">Out: ∂g.</param>
    /// <param name="q">Out: ∂c.</param>
    /// <param name="recurrentFactor">Out: (1−√a)⊙p.</param>
    /// <param name="normalizationFactor">Out: a⊙y².</param>
    /// <param name="scratch">The first of <see cref="ScratchLength"/> elements.</param>
    /// <param name="solved">Out, one for each sample: false where nothing of use was found.</param>
    public static void Solve(
        ReadOnlySpan<T> W, ReadOnlySpan<T> Wr, int n, ReadOnlySpan<T> y, ReadOnlySpan<T> a, ReadOnlySpan<T> gy, ReadOnlySpan<T> ga,
        Span<T> p, Span<T> q, Span<T> recurrentFactor, Span<T> normalizationFactor, ref T scratch, Span<bool> solved)
    {
        nint step = S.Count, size = n * step;
        var v = new Lanes<T, S>.Vectors(ref scratch, n);
        Lanes<T, S>.Gather(y, n, ref v[Y]);
        Lanes<T, S>.Gather(a, n, ref v[A]);
        Lanes<T, S>.Gather(gy, n, ref v[GY]);
        Lanes<T, S>.Gather(ga, n, ref v[GA]);
        Prepare(W, Wr, n, v);
        Gmres(W, Wr, n, v, out var isSolved);

        // E is free for q once e = Eᵀp is read.
        Transposed(Wr, n, v, ref v[P]);
        S largest = S.Zero, cotangent = S.Zero;
        for (nint i = 0; i < size; i += step)
        {
            S x = S.Load(in v[P], i), cy = S.Load(in v[GY], i), ca = S.Load(in v[GA], i), yOverA = S.Load(in v[YOverA], i);
            var twice = ca + ca - yOverA * (cy - S.Load(in v[E], i)) - S.Load(in v[HOverS], i) * x;
            var adjoint = S.Half * twice;
            cotangent = S.Max(cotangent, S.Max(S.Abs(cy), S.Abs(ca)));
            largest = S.Max(largest, S.Max(S.Abs(x), S.Abs(adjoint)));
            S.Store(adjoint, ref v[E], i);
            S.Store(S.Load(in v[Gain], i) * x, ref v[Gain], i);
            S.Store(S.Load(in v[AY], i) * S.Load(in v[Y], i), ref v[AY], i);
        }
        Span<T> holds = stackalloc T[S.Count];
        S.Store(S.IfLess(cotangent, largest * S.Of(SteadyStateAdjoint<T>.AllDigits), S.Zero, isSolved), ref holds[0], 0);
        for (var lane = 0; lane < solved.Length; lane++)
        {
            solved[lane] = holds[lane] > T.Zero;
            if (!solved[lane]) continue;
            Lanes<T, S>.Scatter(ref v[P], lane, p.Slice(lane * n, n));
            Lanes<T, S>.Scatter(ref v[E], lane, q.Slice(lane * n, n));
            Lanes<T, S>.Scatter(ref v[Gain], lane, recurrentFactor.Slice(lane * n, n));
            Lanes<T, S>.Scatter(ref v[AY], lane, normalizationFactor.Slice(lane * n, n));
        }
    }

    /// <summary>The diagonal factors, and the right-hand side as the first vector of the basis.</summary>
    static void Prepare(ReadOnlySpan<T> W, ReadOnlySpan<T> Wr, int n, Lanes<T, S>.Vectors v)
    {
        nint step = S.Count, size = n * step;
        Lanes<T, S>.Multiply(Wr, false, n, ref v[Y], ref v[Product]);
        for (nint i = 0; i < size; i += step)
        {
            S y = S.Load(in v[Y], i), a = S.Load(in v[A], i), s = S.Sqrt(a), ga = S.Load(in v[GA], i);
            var yOverA = y / a;
            S.Store(S.One - s, ref v[Gain], i);
            S.Store(yOverA, ref v[YOverA], i);
            S.Store(S.Load(in v[Product], i) / s, ref v[HOverS], i);
            S.Store(a * y, ref v[AY], i);
            S.Store(ga + ga - yOverA * S.Load(in v[GY], i), ref v[E], i);
        }
        Lanes<T, S>.Multiply(W, true, n, ref v[E], ref v[Product]);
        for (nint i = 0; i < size; i += step)
            S.Store(S.Fma(S.Load(in v[AY], i), S.Load(in v[Product], i), S.Load(in v[GY], i)), ref v[Basis], i);
    }

    /// <summary>e = Eᵀx = x − Wrᵀ((1−s)⊙x).</summary>
    static void Transposed(ReadOnlySpan<T> Wr, int n, Lanes<T, S>.Vectors v, ref T x)
    {
        nint step = S.Count, size = n * step;
        ref T gain = ref v[Gain], e = ref v[E], product = ref v[Product];
        for (nint i = 0; i < size; i += step) S.Store(S.Load(in gain, i) * S.Load(in x, i), ref e, i);
        Lanes<T, S>.Multiply(Wr, true, n, ref e, ref product);
        for (nint i = 0; i < size; i += step) S.Store(S.Load(in x, i) - S.Load(in product, i), ref e, i);
    }

    /// <summary>to = e − (a⊙y)⊙Wᵀ((y/a)⊙e − (h/s)⊙x).</summary>
    static void Apply(ReadOnlySpan<T> W, ReadOnlySpan<T> Wr, int n, Lanes<T, S>.Vectors v, ref T x, ref T to)
    {
        nint step = S.Count, size = n * step;
        Transposed(Wr, n, v, ref x);
        ref T e = ref v[E], product = ref v[Product], yOverA = ref v[YOverA], hOverS = ref v[HOverS], ay = ref v[AY];
        for (nint i = 0; i < size; i += step) S.Store(S.Load(in yOverA, i) * S.Load(in e, i) - S.Load(in hOverS, i) * S.Load(in x, i), ref to, i);
        Lanes<T, S>.Multiply(W, true, n, ref to, ref product);
        for (nint i = 0; i < size; i += step) S.Store(S.Load(in e, i) - S.Load(in ay, i) * S.Load(in product, i), ref to, i);
    }

    /// <summary>Solves for P from the right-hand side in the first vector of the basis; <paramref name="solved"/> is 1 in the lanes that reached working
    /// precision, 0 in others.</summary>
    static void Gmres(ReadOnlySpan<T> W, ReadOnlySpan<T> Wr, int n, Lanes<T, S>.Vectors v, out S solved)
    {
        nint step = S.Count, size = n * step;
        // Column k of the triangle begins at element k·Krylov.
        ref var triangle = ref v[Basis + Krylov + 1];
        Span<S> residuals = stackalloc S[Krylov + 1], cosines = stackalloc S[Krylov], sines = stackalloc S[Krylov];
        Span<T> above = stackalloc T[S.Count];
        // A power of two changes no digit, and keeps the squares of the norm from vanishing or overflowing whatever the size of the cotangents.
        var exponent = Exponent(ref v[Basis], n);
        Scale(S.Pow2(-exponent), ref v[Basis], n);
        var norm = Norm(ref v[Basis], n);
        var goal = norm * S.Literal(typeof(T) == typeof(float) ? 1e-6 : 2e-15);
        var reached = residuals[0] = norm;
        Scale(S.IfLess(S.Zero, norm, S.One / norm, S.Zero), ref v[Basis], n);
        var k = 0;
        for (var busy = true; busy && k < Krylov; k++)
        {
            ref var next = ref v[Basis + k + 1];
            ref var column = ref Unsafe.Add(ref triangle, k * Krylov * step);
            Apply(W, Wr, n, v, ref v[Basis + k], ref next);
            for (var i = 0; i <= k; i++)
            {
                var along = Lanes<T, S>.Dot(ref next, ref next, ref v[Basis + i], n).X;
                Lanes<T, S>.Add(-along, ref v[Basis + i], ref next, n);
                S.Store(along, ref column, i * step);
            }
            var length = Norm(ref next, n);
            for (var i = 0; i < k; i++)
            {
                S upper = S.Load(in column, i * step), lower = S.Load(in column, (i + 1) * step);
                S.Store(cosines[i] * upper + sines[i] * lower, ref column, i * step);
                S.Store(cosines[i] * lower - sines[i] * upper, ref column, (i + 1) * step);
            }
            var last = S.Load(in column, k * step);
            var diagonal = S.Sqrt(last * last + length * length);
            // A lane that is done has a vector of zeros here, and keeps its solution; in another, 0 is a singular matrix and becomes NaN.
            diagonal = S.IfLess(goal, reached, diagonal, S.One);
            (cosines[k], sines[k]) = (last / diagonal, length / diagonal);
            S.Store(diagonal, ref column, k * step);
            residuals[k + 1] = -sines[k] * residuals[k];
            residuals[k] *= cosines[k];
            reached = S.IfLess(goal, reached, S.Abs(residuals[k + 1]), reached);
            Scale(S.IfLess(goal, reached, S.One / length, S.Zero), ref next, n);
            S.Store(reached - goal, ref above[0], 0);
            busy = false;
            foreach (var x in above) busy |= x > T.Zero;
        }
        for (var i = k - 1; i >= 0; i--)
        {
            for (var j = i + 1; j < k; j++) residuals[i] -= S.Load(in triangle, (j * Krylov + i) * step) * residuals[j];
            residuals[i] /= S.Load(in triangle, (i * Krylov + i) * step);
        }
        MemoryMarshal.CreateSpan(ref v[P], (int)size).Clear();
        for (var i = 0; i < k; i++) Lanes<T, S>.Add(residuals[i], ref v[Basis + i], ref v[P], n);
        Scale(S.Pow2(exponent), ref v[P], n);
        // A residual within an order of the goal is working precision; more means that the Krylov space was too small.
        solved = S.IfLess(goal * S.Literal(10), reached, S.Zero, S.IfLess(reached, S.Of(T.One / T.Zero), S.One, S.Zero));
    }

    /// <summary>The exponent of the largest magnitude, as far as 2 to it and to its negative are normal numbers.</summary>
    static S Exponent(ref T x, int n)
    {
        nint step = S.Count, size = n * step;
        var largest = S.Literal(typeof(T) == typeof(float) ? 1.1754943508222875e-38 : 2.2250738585072014e-308);
        for (nint i = 0; i < size; i += step) largest = S.Max(largest, S.Abs(S.Load(in x, i)));
        return S.Min(S.Exponent(largest), S.Literal(typeof(T) == typeof(float) ? 126 : 1022));
    }

    static S Norm(ref T x, int n) => S.Sqrt(Lanes<T, S>.Dot(ref x, ref x, ref x, n).X);

    static void Scale(S factor, ref T x, int n)
    {
        nint step = S.Count, size = n * step;
        for (nint i = 0; i < size; i += step) S.Store(factor * S.Load(in x, i), ref x, i);
    }
}
