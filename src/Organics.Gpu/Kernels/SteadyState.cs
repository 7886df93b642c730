using ILGPU;

namespace Organics.Backends;

/// <summary>What the solver of fixed points reads and writes; the weights also transposed, so that the rows of a product by them lie side by side.</summary>
readonly struct FixedPointBatch<T>(
    ArrayView<T> g, ArrayView<T> c, ArrayView<T> wr, ArrayView<T> transposedW, ArrayView<T> transposedWr, ArrayView<T> y, ArrayView<T> a, ArrayView<T> report,
    int n, int cap, T tolerance, T bound) where T : unmanaged
{
    public readonly ArrayView<T> G = g, C = c, Wr = wr, TransposedW = transposedW, TransposedWr = transposedWr, Y = y, A = a;

    /// <summary>Of each sample: 1 if it converged, iterations, residual, rate.</summary>
    public readonly ArrayView<T> Report = report;

    public readonly int N = n, Cap = cap;

    /// <summary>Of the relative change of a, and of the residual.</summary>
    public readonly T Tolerance = tolerance, Bound = bound;
}

/// <summary>What the solver of adjoints reads and writes.</summary>
readonly struct AdjointBatch<T>(
    ArrayView<T> w, ArrayView<T> wr, ArrayView<T> transposedWr, ArrayView<T> y, ArrayView<T> a, ArrayView<T> gy, ArrayView<T> ga,
    ArrayView<T> p, ArrayView<T> q, ArrayView<T> recurrent, ArrayView<T> normalization, int n, T allDigits) where T : unmanaged
{
    public readonly ArrayView<T> W = w, Wr = wr, TransposedWr = transposedWr, Y = y, A = a, GY = gy, GA = ga, P = p, Q = q, Recurrent = recurrent, Normalization = normalization;

    public readonly int N = n;

    /// <summary>Four times the spacing of numbers at 1.</summary>
    public readonly T AllDigits = allDigits;
}

/// <summary>
/// The fixed points of <see cref="SteadyStateSolver{T}"/> and the adjoints of <see cref="SteadyStateAdjoint{T}"/>, a group of threads for each sample: thread t
/// has the neuron pairs t, t + size, t + 2·size, … Sums and extremes over all pairs, by which the iteration is steered, every thread takes by itself from what
/// all have written: the threads of a group agree without a word, and no order depends on how many there are. Barriers stand in no branch and no loop has a
/// second way out: what is not to be done is a loop over nothing, and what is left of a loop lies in memory. PoCL's compiler, which takes a group's work apart
/// at its barriers, is wrong where that is not so.
/// </summary>
static class SteadyStateKernels<T, L> where T : unmanaged where L : struct, ILane<L, T>
{
    const int Depth = 4, Vectors = 9 + 2 * Depth, Small = 2 * Depth * Depth + Depth, AdjointVectors = 9;

    /// <summary>Elements of memory that a group needs for one fixed point.</summary>
    public static int FixedPointLength(int n) => n * GroupLu<T, L>.Pitch(n) + Vectors * n + Small;

    /// <summary>Elements of memory that a group needs for one adjoint.</summary>
    public static int AdjointLength(int n) => n * GroupLu<T, L>.Pitch(n) + AdjointVectors * n;

    /// <summary>One group for each sample, in shared memory.</summary>
    public static void FixedPoint(FixedPointBatch<T> x) => Solve(x, Grid.IdxX, SharedMemory.GetDynamic<T>());

    /// <summary>One group for each sample from a first one on, each in its own part of a scratch.</summary>
    public static void FixedPointInScratch(FixedPointBatch<T> x, int first, ArrayView<T> scratch)
        => Solve(x, first + Grid.IdxX, scratch.SubView(Grid.IdxX * FixedPointLength(x.N), FixedPointLength(x.N)));

    /// <inheritdoc cref="FixedPoint"/>
    public static void Adjoint(AdjointBatch<T> x) => SolveAdjoint(x, Grid.IdxX, SharedMemory.GetDynamic<T>());

    /// <inheritdoc cref="FixedPointInScratch"/>
    public static void AdjointInScratch(AdjointBatch<T> x, int first, ArrayView<T> scratch)
        => SolveAdjoint(x, first + Grid.IdxX, scratch.SubView(Grid.IdxX * AdjointLength(x.N), AdjointLength(x.N)));

    static void Solve(FixedPointBatch<T> x, int sample, ArrayView<T> memory)
    {
        var n = x.N;
        var pitch = GroupLu<T, L>.Pitch(n);
        var (first, step) = (Group.IdxX, Group.DimX);
        var g = x.G.SubView(sample * n, n);
        var e = memory.SubView(0, n * pitch);
        var vectors = memory.SubView(n * pitch, Vectors * n);
        var y = vectors.SubView(0, n);
        var a = vectors.SubView(n, n);
        var next = vectors.SubView(2 * n, n);
        var h = vectors.SubView(3 * n, n);
        var r = vectors.SubView(4 * n, n);
        var gain = vectors.SubView(5 * n, n);
        var rows = vectors.SubView(6 * n, n);
        var history = vectors.SubView(7 * n, (2 + 2 * Depth) * n);
        var small = memory.SubView(n * pitch + Vectors * n, Small);
        L tolerance = L.Of(x.Tolerance), bound = L.Of(x.Bound);

        // a₀ = c + W(Wr·g)²
        for (var i = first; i < n; i += step)
        {
            r[i] = Size(x, L.Of(g[i]), i).Value;
            var product = Product(x.TransposedWr, g, i, n);
            h[i] = (product * product).Value;
            y[i] = L.Zero.Value;
        }
        Group.Barrier();
        for (var i = first; i < n; i += step) a[i] = (L.Of(x.C[i]) + Product(x.TransposedW, h, i, n)).Value;

        var cap = Compare<T, L>.Finite(Largest(r, n)) ? x.Cap : 0;
        var drive = Largest(g, n);
        L change = L.Literal(double.PositiveInfinity), rate = L.Zero, lag = L.Zero, residual = L.Zero;
        var (factors, goes, converged, iteration) = (true, cap > 0, false, 0);
        for (var i = first; i < n; i += step) gain[i] = (L.One - L.Sqrt(L.Of(a[i]))).Value;
        Report(x, sample, converged, iteration, residual, rate);
        while (goes)
        {
            // E = I − D(1−√a)Wr and y ← 0 + E⁻¹g, or y ← y + E₀⁻¹r with the last factors.
            Group.Barrier();
            for (var j = first; factors && j < n; j += step)
            {
                for (var i = 0; i < n; i++) e[i * pitch + j] = L.Fma(-L.Of(gain[i]), L.Of(x.Wr[i * n + j]), i == j ? L.One : L.Zero).Value;
                r[j] = g[j];
                y[j] = L.Zero.Value;
            }
            Group.Barrier();
            GroupLu<T, L>.Factor(e, rows, factors ? n : 0, pitch);
            GroupLu<T, L>.Solve(e, rows, n, pitch, r, next);
            for (var i = first; i < n; i += step)
            {
                y[i] = (L.Of(y[i]) + L.Of(next[i])).Value;
                h[i] = (L.Of(y[i]) * L.Of(y[i]) * L.Of(a[i])).Value;
            }
            // Φ(a) = c + W(a⊙y²)
            Group.Barrier();
            for (var i = first; i < n; i += step)
            {
                var to = L.Of(x.C[i]) + Product(x.TransposedW, h, i, n);
                next[i] = to.Value;
                r[i] = (L.Abs(to - L.Of(a[i])) / to).Value;
            }
            Group.Barrier();
            iteration++;
            var before = change;
            change = Largest(r, n);
            Accelerate(n, iteration, x.C, a, next, history, small);
            rate = iteration > 1 ? change / before : L.Zero;
            // One factorisation serves all sweeps, except where they contract slowly.
            factors = Compare<T, L>.Less(L.Zero, lag) && Compare<T, L>.Less(L.Half, rate);

            // r = g − y + (1−√a)⊙(Wr·y)
            for (var i = first; i < n; i += step)
            {
                gain[i] = (L.One - L.Sqrt(L.Of(a[i]))).Value;
                r[i] = L.Fma(L.Of(gain[i]), Product(x.TransposedWr, y, i, n), L.Of(g[i]) - L.Of(y[i])).Value;
                h[i] = (L.Of(y[i]) * L.Of(y[i]) * L.Of(a[i])).Value;
            }
            Group.Barrier();
            lag = factors || !Compare<T, L>.Less(L.Zero, drive) ? L.Zero : Largest(r, n) / L.Max(drive, Largest(y, n));
            // The change was that of the last a, before its extrapolation: what counts is the residual of this one, |−a + c + W(a⊙y²)| / a.
            var isNear = !factors && iteration < cap && Compare<T, L>.AtMost(lag, tolerance) && Compare<T, L>.AtMost(change, tolerance);
            for (var i = first; isNear && i < n; i += step) next[i] = ((L.Of(x.C[i]) + Product(x.TransposedW, h, i, n) - L.Of(a[i])) / L.Of(a[i])).Value;
            Group.Barrier();
            residual = isNear ? L.Max(lag, Largest(next, n)) : residual;
            converged = isNear && Compare<T, L>.AtMost(residual, bound);
            goes = !converged && iteration < cap && Compare<T, L>.Finite(change);
            Report(x, sample, converged, iteration, residual, rate);
        }
        for (var i = first; i < n; i += step)
        {
            x.Y[sample * n + i] = y[i];
            x.A[sample * n + i] = a[i];
        }
    }

    static void Report(FixedPointBatch<T> x, int sample, bool converged, int iteration, L residual, L rate)
    {
        if (Group.IdxX != 0) return;
        x.Report[4 * sample] = (converged ? L.One : L.Zero).Value;
        x.Report[4 * sample + 1] = L.Literal(iteration).Value;
        x.Report[4 * sample + 2] = residual.Value;
        x.Report[4 * sample + 3] = rate.Value;
    }

    /// <summary>A sum of magnitudes that is finite only if what belongs to pair i is: g, c &gt; 0, and its rows of W ≥ 0 and of Wr.</summary>
    static L Size(FixedPointBatch<T> x, L g, int i)
    {
        var infinity = L.Literal(double.PositiveInfinity);
        var size = L.Abs(g) + L.IfLess(L.Zero, L.Of(x.C[i]), L.Of(x.C[i]), infinity);
        for (var j = 0; j < x.N; j++)
        {
            var weight = L.Of(x.TransposedW[j * x.N + i]);
            size += L.IfLess(weight, L.Zero, infinity, weight) + L.Abs(L.Of(x.TransposedWr[j * x.N + i]));
        }
        return size;
    }

    /// <summary>
    /// Anderson's acceleration: with f = Φ(a) − a and the last differences of f and of Φ, a ← max(c, Φ(a) − Σγ_j ΔΦ_j) where γ minimises ‖f − Σγ_j Δf_j‖₂.
    /// </summary>
    static void Accelerate(int n, int iteration, ArrayView<T> c, ArrayView<T> a, ArrayView<T> next, ArrayView<T> history, ArrayView<T> small)
    {
        var (first, step) = (Group.IdxX, Group.DimX);
        var lastF = history.SubView(0, n);
        var lastNext = history.SubView(n, n);
        var gram = small.SubView(0, Depth * Depth);
        var normal = small.SubView(Depth * Depth, Depth * Depth);
        var gamma = small.SubView(2 * Depth * Depth, Depth);
        var count = iteration - 1 < Depth ? iteration - 1 : Depth;
        var slot = (iteration + Depth - 2) % Depth;
        for (var i = first; i < n; i += step)
        {
            var f = L.Of(next[i]) - L.Of(a[i]);
            if (count > 0)
            {
                history[(2 + slot) * n + i] = (f - L.Of(lastF[i])).Value;
                history[(2 + Depth + slot) * n + i] = (L.Of(next[i]) - L.Of(lastNext[i])).Value;
            }
            lastF[i] = f.Value;
            lastNext[i] = next[i];
        }
        Group.Barrier();
        for (var task = first; task < 2 * count; task += step)
        {
            var j = task % count;
            var df = history.SubView((2 + j) * n, n);
            if (task < count) gram[slot * Depth + j] = gram[j * Depth + slot] = Dot(history.SubView((2 + slot) * n, n), df, n).Value;
            else gamma[j] = Dot(lastF, df, n).Value;
        }
        Group.Barrier();
        if (first == 0) Normal(gram, normal, gamma, count);
        Group.Barrier();
        for (var i = first; i < n; i += step)
        {
            var to = L.Of(next[i]);
            for (var j = 0; j < count; j++) to = L.Fma(-L.Of(gamma[j]), L.Of(history[(2 + Depth + j) * n + i]), to);
            a[i] = L.Max(to, L.Of(c[i])).Value;
        }
        Group.Barrier();
    }

    /// <summary>γ from the normal equations, in place of their right-hand side; 0 where they are singular.</summary>
    static void Normal(ArrayView<T> gram, ArrayView<T> normal, ArrayView<T> gamma, int count)
    {
        for (var i = 0; i < Depth * Depth; i++) normal[i] = gram[i];
        var regular = true;
        for (var k = 0; k < count; k++)
        {
            // Nearly parallel differences must not blow γ up.
            var ridge = L.Literal(L.IsDouble ? 1e-13 : 1e-6) * L.Of(gram[k * Depth + k]);
            var pivot = L.Of(normal[k * Depth + k]) + ridge;
            normal[k * Depth + k] = pivot.Value;
            regular &= Compare<T, L>.Less(L.Zero, pivot) && Compare<T, L>.Finite(pivot);
            for (var i = k + 1; i < count; i++)
            {
                var l = -(L.Of(normal[i * Depth + k]) / pivot);
                for (var j = k + 1; j < count; j++) normal[i * Depth + j] = L.Fma(l, L.Of(normal[k * Depth + j]), L.Of(normal[i * Depth + j])).Value;
                gamma[i] = L.Fma(l, L.Of(gamma[k]), L.Of(gamma[i])).Value;
            }
        }
        for (var k = count - 1; k >= 0; k--)
        {
            var known = L.Of(gamma[k]);
            for (var j = k + 1; j < count; j++) known = L.Fma(-L.Of(normal[k * Depth + j]), L.Of(gamma[j]), known);
            gamma[k] = regular ? (known / L.Of(normal[k * Depth + k])).Value : L.Zero.Value;
        }
    }

    static void SolveAdjoint(AdjointBatch<T> x, int sample, ArrayView<T> memory)
    {
        var n = x.N;
        var pitch = GroupLu<T, L>.Pitch(n);
        var (first, step) = (Group.IdxX, Group.DimX);
        var m = memory.SubView(0, n * pitch);
        var vectors = memory.SubView(n * pitch, AdjointVectors * n);
        var gain = vectors.SubView(0, n);
        var hOverS = vectors.SubView(n, n);
        var yOverA = vectors.SubView(2 * n, n);
        var ay = vectors.SubView(3 * n, n);
        var work = vectors.SubView(4 * n, n);
        var p = vectors.SubView(5 * n, n);
        var q = vectors.SubView(6 * n, n);
        var right = vectors.SubView(7 * n, n);
        var rows = vectors.SubView(8 * n, n);
        var y = x.Y.SubView(sample * n, n);
        var gy = x.GY.SubView(sample * n, n);
        var ga = x.GA.SubView(sample * n, n);

        for (var i = first; i < n; i += step)
        {
            L activity = L.Of(y[i]), a = L.Of(x.A[sample * n + i]), s = L.Sqrt(a), cotangent = L.Of(ga[i]);
            gain[i] = (L.One - s).Value;
            hOverS[i] = (Product(x.TransposedWr, y, i, n) / s).Value;
            yOverA[i] = (activity / a).Value;
            ay[i] = (a * activity).Value;
            // 2ga − (y/a)⊙gy
            work[i] = (cotangent + cotangent - activity / a * L.Of(gy[i])).Value;
        }
        Group.Barrier();
        // M = E − (E D(y/a) − D(h/s))W D(a⊙y) with E = I − D(1−s)Wr, and gy + (a⊙y)⊙Wᵀ(2ga − (y/a)⊙gy)
        for (var j = first; j < n; j += step)
        {
            for (var i = 0; i < n; i++)
            {
                var g = -L.Of(gain[i]);
                var sum = (L.Of(yOverA[i]) - L.Of(hOverS[i])) * L.Of(x.W[i * n + j]);
                for (var k = 0; k < n; k++) sum = L.Fma(g * L.Of(x.Wr[i * n + k]) * L.Of(yOverA[k]), L.Of(x.W[k * n + j]), sum);
                m[i * pitch + j] = L.Fma(-sum, L.Of(ay[j]), L.Fma(g, L.Of(x.Wr[i * n + j]), i == j ? L.One : L.Zero)).Value;
            }
            right[j] = L.Fma(L.Of(ay[j]), Product(x.W, work, j, n), L.Of(gy[j])).Value;
        }
        Group.Barrier();
        GroupLu<T, L>.Factor(m, rows, n, pitch);
        GroupLu<T, L>.SolveTransposed(m, rows, n, pitch, right, p);
        for (var i = first; i < n; i += step) right[i] = (L.Of(gain[i]) * L.Of(p[i])).Value;
        Group.Barrier();
        // 2q = 2ga − (y/a)⊙gy + (y/a)⊙Eᵀp − (h/s)⊙p with Eᵀp = p − Wrᵀ((1−s)⊙p)
        for (var i = first; i < n; i += step)
        {
            var twice = L.Fma(L.Of(p[i]) - Product(x.Wr, right, i, n), L.Of(yOverA[i]), L.Of(work[i])) - L.Of(hOverS[i]) * L.Of(p[i]);
            q[i] = (L.Half * twice).Value;
        }
        Group.Barrier();
        // Where the solution is larger than the cotangents by all the digits there are, or is none, the matrix is singular but for rounding.
        var solution = L.Max(Largest(p, n), Largest(q, n));
        var solved = Compare<T, L>.AtMost(solution * L.Of(x.AllDigits), L.Max(Largest(gy, n), Largest(ga, n)));
        for (var i = first; i < n; i += step)
        {
            var none = L.Literal(double.NaN).Value;
            x.P[sample * n + i] = solved ? p[i] : none;
            x.Q[sample * n + i] = solved ? q[i] : none;
            x.Recurrent[sample * n + i] = solved ? right[i] : none;
            x.Normalization[sample * n + i] = solved ? (L.Of(ay[i]) * L.Of(y[i])).Value : none;
        }
    }

    /// <summary>Element i of Mᵀv: neighbouring threads read neighbouring elements of M.</summary>
    static L Product(ArrayView<T> matrix, ArrayView<T> v, int i, int n)
    {
        var sum = L.Zero;
        for (var j = 0; j < n; j++) sum = L.Fma(L.Of(matrix[j * n + i]), L.Of(v[j]), sum);
        return sum;
    }

    static L Dot(ArrayView<T> u, ArrayView<T> v, int n)
    {
        var sum = L.Zero;
        for (var j = 0; j < n; j++) sum = L.Fma(L.Of(u[j]), L.Of(v[j]), sum);
        return sum;
    }

    /// <summary>max_i |v_i|; NaN if one is.</summary>
    static L Largest(ArrayView<T> v, int n)
    {
        var largest = L.Zero;
        for (var j = 0; j < n; j++) largest = L.Max(largest, L.Abs(L.Of(v[j])));
        return largest;
    }
}
