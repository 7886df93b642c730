using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>
/// The steps of the recurrent circuit and their derivative for a block of samples, on memory of the CPU. A thread takes a block through all steps without
/// meeting another thread; its weights stay in the second-level cache. What a step computes for one sample stands in one row,
/// <para>y | a | f | b0 | b1 | z | B0 | B1 | ŷ | v (| ⌊y⌋),</para>
/// each n wide, filled up with zeros to whole vectors: f = ⌊y⌋²⌊a⌋, v = W·f, and B0, B1 what the gains tend to. The rows of a block at one step make a slab.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="S">A SIMD vector of numbers.</typeparam>
sealed class SequenceProgram<T, S>
    where T : unmanaged, IFloatingPointIeee754<T>
    where S : struct, ISimdReal<S, T>
{
    // Rows of one product that sums weight gradients over steps: its block of the gradients is then read and written that much less often.
    const int GradientDepth = 128;

    readonly int _n, _d, _np;
    readonly RectifierFloors<T> _floors;
    readonly bool _ownSource;

    /// <summary>A program for circuits of a size.</summary>
    /// <param name="units">n.</param>
    /// <param name="inputs">d.</param>
    /// <param name="variant">Which rectifiers there are.</param>
    public SequenceProgram(int units, int inputs, CircuitVariant variant)
    {
        (_n, _d) = (units, inputs);
        // Of 512 bits whatever S is, so that no sum has more zeros on one processor than on another.
        _np = (units + Simd512<T>.Count - 1) / Simd512<T>.Count * Simd512<T>.Count;
        _floors = RectifierFloors<T>.Of(variant);
        _ownSource = variant.Recurrence == RecurrentRectifier.Inside;
    }

    // Columns of a row.
    int A => _np;
    int F => 2 * _np;
    int B0 => 3 * _np;
    int B1 => 4 * _np;
    int Z => 5 * _np;
    int Gain0 => 6 * _np;
    int Gain1 => 7 * _np;
    int Recurrent => 8 * _np;
    int Pool => 9 * _np;
    int Source => _ownSource ? 10 * _np : 0;

    // One more vector puts the rows of a slab into different sets of the cache.
    int Row => (_ownSource ? 11 : 10) * _np + S.Count;

    // Columns of a row of cotangents: κA·ā | of ŷ | of z | of B0 | of B1.
    int Gu => _np;
    int Gz => 2 * _np;
    int E0 => 3 * _np;
    int GradientRow => 5 * _np + S.Count;

    // Columns of a row of what flows back to the state: to y and a through the gains | to f | to the source of ŷ.
    int ToF => 2 * _np;
    int ToSource => 3 * _np;
    int BackRow => 4 * _np + S.Count;

    static int Panel => GemmTile<T, S>.PanelWidth;

    static int Packed(int depth, int columns) => (columns + Panel - 1) / Panel * Panel * depth;

    // Packed weights: each matrix [sources, targets] in panels, and then those of the backward pass, [targets, sources].
    const int InputAt = 0;
    int GainsAt => Packed(_d, 3 * _np);
    int RecurrentAt => GainsAt + Packed(2 * _np, 2 * _np);
    int PoolAt => RecurrentAt + Packed(_np, _np);
    int NeuronsAt => PoolAt + Packed(_np, _np);
    int GainsBackAt => NeuronsAt + 5 * _np;
    int RecurrentBackAt => GainsBackAt + Packed(2 * _np, 2 * _np);
    int PoolBackAt => RecurrentBackAt + Packed(_np, _np);
    int InputBackAt => PoolBackAt + Packed(_np, _np);

    /// <summary>Elements of the packed weights.</summary>
    public int WeightsLength => InputBackAt + Packed(3 * _np, _d);

    // Gradients, [sources, targets] row by row.
    int DGains => _d * 3 * _np;
    int DRecurrent => DGains + 4 * _np * _np;
    int DPool => DRecurrent + _np * _np;
    int DNeurons => DPool + _np * _np;

    /// <summary>Elements of the gradients of one part.</summary>
    public int GradientsLength => DNeurons + 5 * _np;

    /// <summary>Elements of a saved state of a block.</summary>
    public int StateLength(int rows) => rows * 4 * _np;

    /// <summary>Elements of the slabs of a number of steps, with one more for the state after the last.</summary>
    public int SlabsLength(int rows, int steps) => (steps + 1) * rows * Row;

    static int Chunk(int rows, int steps) => Math.Clamp(GradientDepth / rows, 1, Math.Max(steps, 1));

    /// <summary>Elements of a thread's own memory: slabs for a number of steps, and with them what the backward pass needs.</summary>
    public int ScratchLength(int rows, int steps) => SlabsLength(rows, steps) + rows * (Chunk(rows, steps) * GradientRow + BackRow + 4 * _np + Round(_d));

    static int Round(int length) => (length + S.Count - 1) / S.Count * S.Count;

    /// <summary>Writes the weights in the order in which the products read them; coefficients in the order of <see cref="CircuitCoefficients{T}"/>.</summary>
    public void Pack(View<T>[] coefficients, Span<T> weights)
    {
        weights[..WeightsLength].Clear();
        int n = _n, np = _np, d = _d;
        ReadOnlySpan<T> Of(int i) => HostBackend<T>.Span(coefficients[i]);
        void Matrix(ReadOnlySpan<T> m, int sources, Span<T> forth, int depth, int i0, int j0, Span<T> back, int backDepth)
        {
            for (var j = 0; j < n; j++)
                for (var i = 0; i < sources; i++)
                {
                    forth[At(i0 + i, j0 + j, depth)] = m[j * sources + i];
                    back[At(j0 + j, i0 + i, backDepth)] = m[j * sources + i];
                }
        }
        Span<T> input = weights[InputAt..], inputBack = weights[InputBackAt..];
        Matrix(Of(0), d, input, d, 0, 0, inputBack, 3 * np);
        Matrix(Of(3), d, input, d, 0, np, inputBack, 3 * np);
        Matrix(Of(6), d, input, d, 0, 2 * np, inputBack, 3 * np);
        Span<T> gains = weights[GainsAt..], gainsBack = weights[GainsBackAt..];
        Matrix(Of(4), n, gains, 2 * np, 0, 0, gainsBack, 2 * np);
        Matrix(Of(5), n, gains, 2 * np, np, 0, gainsBack, 2 * np);
        Matrix(Of(7), n, gains, 2 * np, 0, np, gainsBack, 2 * np);
        Matrix(Of(8), n, gains, 2 * np, np, np, gainsBack, 2 * np);
        Matrix(Of(1), n, weights[RecurrentAt..], np, 0, 0, weights[RecurrentBackAt..], np);
        Matrix(Of(2), n, weights[PoolAt..], np, 0, 0, weights[PoolBackAt..], np);
        var neurons = weights[NeuronsAt..];
        for (var k = 0; k < 4; k++) Of(10 + k).CopyTo(neurons[(k * np)..]);
        for (var i = 0; i < n; i++) neurons[4 * np + i] = Of(9)[i] * Of(9)[i];
    }

    static int At(int i, int j, int depth) => j / Panel * Panel * depth + i * Panel + j % Panel;

    /// <summary>Puts the states of a block, each row n apart, into its first slab.</summary>
    public void Load(ReadOnlySpan<T> y, ReadOnlySpan<T> a, ReadOnlySpan<T> b0, ReadOnlySpan<T> b1, Span<T> slab, int rows)
    {
        slab[..(rows * Row)].Clear();
        for (var r = 0; r < rows; r++)
        {
            var row = slab[(r * Row)..];
            y.Slice(r * _n, _n).CopyTo(row);
            a.Slice(r * _n, _n).CopyTo(row[A..]);
            b0.Slice(r * _n, _n).CopyTo(row[B0..]);
            b1.Slice(r * _n, _n).CopyTo(row[B1..]);
        }
        Sources(slab, rows);
    }

    /// <summary>Reads the states of a block out of a slab.</summary>
    public void Store(ReadOnlySpan<T> slab, Span<T> y, Span<T> a, Span<T> b0, Span<T> b1, int rows)
    {
        for (var r = 0; r < rows; r++)
        {
            var row = slab[(r * Row)..];
            row[.._n].CopyTo(y[(r * _n)..]);
            row.Slice(A, _n).CopyTo(a[(r * _n)..]);
            row.Slice(B0, _n).CopyTo(b0[(r * _n)..]);
            row.Slice(B1, _n).CopyTo(b1[(r * _n)..]);
        }
    }

    /// <summary>Reads y of a block out of a slab, each row n apart.</summary>
    public void StoreY(ReadOnlySpan<T> slab, Span<T> y, int rows)
    {
        for (var r = 0; r < rows; r++) slab.Slice(r * Row, _n).CopyTo(y[(r * _n)..]);
    }

    /// <summary>Saves the states of a slab, or brings them back.</summary>
    public void Save(ReadOnlySpan<T> slab, Span<T> saved, int rows)
    {
        for (var r = 0; r < rows; r++)
        {
            slab.Slice(r * Row, 2 * _np).CopyTo(saved[(r * 4 * _np)..]);
            slab.Slice(r * Row + B0, 2 * _np).CopyTo(saved[((r * 4 + 2) * _np)..]);
        }
    }

    /// <inheritdoc cref="Save"/>
    public void Restore(ReadOnlySpan<T> saved, Span<T> slab, int rows)
    {
        for (var r = 0; r < rows; r++)
        {
            saved.Slice(r * 4 * _np, 2 * _np).CopyTo(slab[(r * Row)..]);
            saved.Slice((r * 4 + 2) * _np, 2 * _np).CopyTo(slab[(r * Row + B0)..]);
        }
        Sources(slab, rows);
    }

    /// <summary>Cotangents of the states of a block, each row n apart, as <see cref="Back"/> takes them.</summary>
    public void LoadCotangents(ReadOnlySpan<T> y, ReadOnlySpan<T> a, ReadOnlySpan<T> b0, ReadOnlySpan<T> b1, Span<T> cotangents, int rows)
    {
        cotangents[..StateLength(rows)].Clear();
        for (var r = 0; r < rows; r++)
        {
            var row = cotangents[(r * 4 * _np)..];
            y.Slice(r * _n, _n).CopyTo(row);
            a.Slice(r * _n, _n).CopyTo(row[_np..]);
            b0.Slice(r * _n, _n).CopyTo(row[(2 * _np)..]);
            b1.Slice(r * _n, _n).CopyTo(row[(3 * _np)..]);
        }
    }

    /// <summary>Writes the cotangents of a block to rows of those of y, a, b0 and b1, [batch, n]; a missing view is left out.</summary>
    public void StoreCotangents(ReadOnlySpan<T> cotangents, ReadOnlySpan<View<T>> states, int first, int rows)
    {
        for (var k = 0; k < 4; k++)
        {
            if (states[k].IsMissing) continue;
            var to = HostBackend<T>.Span(states[k]);
            for (var r = 0; r < rows; r++) cotangents.Slice((r * 4 + k) * _np, _n).CopyTo(to[((first + r) * _n)..]);
        }
    }

    /// <summary>The slab of step t among slabs.</summary>
    public Span<T> Slab(Span<T> slabs, int t, int rows) => slabs.Slice(t * rows * Row, rows * Row);

    void Sources(Span<T> slab, int rows)
    {
        for (var r = 0; r < rows; r++)
        {
            ref var row = ref slab[r * Row];
            for (var j = 0; j < _np; j += S.Count) Sources(ref row, j, S.Load(in row, j), S.Load(in row, A + j));
        }
    }

    // What the next step's products read besides y and a: f = ⌊y⌋²⌊a⌋, and ⌊y⌋ where that is the source of ŷ.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Sources(ref T row, nint j, S y, S a)
    {
        var yr = S.Max(y, S.Of(_floors.Y));
        S.Store(yr * yr * S.Max(a, S.Zero), ref row, F + j);
        if (_ownSource) S.Store(yr, ref row, Source + j);
    }

    /// <summary>One step of Euler's method with Δt/τ = κ for Eq. 87 and 17, every right-hand side at the old state: fills a slab and writes the next one's
    /// state.</summary>
    /// <param name="weights">From <see cref="Pack"/>.</param>
    /// <param name="x">Inputs of the block, rows d apart.</param>
    /// <param name="slab">Holds the state; the rest is written.</param>
    /// <param name="next">Its state is written.</param>
    /// <param name="rows">Samples of the block.</param>
    public void Step(Span<T> weights, Span<T> x, Span<T> slab, Span<T> next, int rows)
    {
        ref var w = ref MemoryMarshal.GetReference(weights);
        ref var s = ref MemoryMarshal.GetReference(slab);
        int np = _np, row = Row;
        GemmTile<T, S>.Multiply(
            ref MemoryMarshal.GetReference(x), _d, 1, ref Unsafe.Add(ref w, InputAt), Panel, Panel * _d, ref Unsafe.Add(ref s, Z), row, rows, 3 * np, _d,
            add: false);
        GemmTile<T, S>.Multiply(
            ref s, row, 1, ref Unsafe.Add(ref w, GainsAt), Panel, Panel * 2 * np, ref Unsafe.Add(ref s, Gain0), row, rows, 2 * np, 2 * np, add: true);
        GemmTile<T, S>.Multiply(
            ref Unsafe.Add(ref s, Source), row, 1, ref Unsafe.Add(ref w, RecurrentAt), Panel, Panel * np, ref Unsafe.Add(ref s, Recurrent), row, rows, np, np,
            add: false);
        GemmTile<T, S>.Multiply(
            ref Unsafe.Add(ref s, F), row, 1, ref Unsafe.Add(ref w, PoolAt), Panel, Panel * np, ref Unsafe.Add(ref s, Pool), row, rows, np, np, add: false);
        for (var r = 0; r < rows; r++) Logistic(ref Unsafe.Add(ref s, r * row + Gain0), 2 * np);
        Update(ref Unsafe.Add(ref w, NeuronsAt), ref s, ref MemoryMarshal.GetReference(next), rows);
    }

    /// <summary>Keeps what the products of a step gave, as long as a state of the block.</summary>
    public void Keep(ReadOnlySpan<T> slab, Span<T> kept, int rows)
    {
        for (var r = 0; r < rows; r++) slab.Slice(r * Row + Gain0, 4 * _np).CopyTo(kept[(r * 4 * _np)..]);
    }

    /// <summary>The same as <see cref="Step"/>, bit for bit, from what <see cref="Keep"/> kept of it: only the drive's product is left to do.</summary>
    public void StepAgain(ReadOnlySpan<T> kept, Span<T> weights, Span<T> x, Span<T> slab, Span<T> next, int rows)
    {
        for (var r = 0; r < rows; r++) kept.Slice(r * 4 * _np, 4 * _np).CopyTo(slab[(r * Row + Gain0)..]);
        ref var w = ref MemoryMarshal.GetReference(weights);
        ref var s = ref MemoryMarshal.GetReference(slab);
        GemmTile<T, S>.Multiply(
            ref MemoryMarshal.GetReference(x), _d, 1, ref Unsafe.Add(ref w, InputAt), Panel, Panel * _d, ref Unsafe.Add(ref s, Z), Row, rows, _np, _d,
            add: false);
        Update(ref Unsafe.Add(ref w, NeuronsAt), ref s, ref MemoryMarshal.GetReference(next), rows);
    }

    // By itself: in a longer loop the compiler's budget for inlining would run out before the exponential.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Logistic(ref T x, nint length)
    {
        for (nint j = 0; j < length; j += S.Count) S.Store(S.One / (S.One + S.Exp(-S.Load(in x, j))), ref x, j);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Update(ref T neurons, ref T slab, ref T next, int rows)
    {
        nint np = _np, b0At = B0, b1At = B1, zAt = Z, g0At = Gain0, g1At = Gain1, uAt = Recurrent, vAt = Pool, length = Row;
        S driveFloor = S.Of(_floors.Drive), recurrentFloor = S.Of(_floors.Recurrent);
        for (nint r = 0; r < rows; r++)
        {
            ref var s = ref Unsafe.Add(ref slab, r * length);
            ref var to = ref Unsafe.Add(ref next, r * length);
            for (nint j = 0; j < np; j += S.Count)
            {
                S y = S.Load(in s, j), a = S.Load(in s, np + j), b0 = S.Load(in s, b0At + j), b1 = S.Load(in s, b1At + j);
                var z = S.Max(S.Load(in s, zAt + j), driveFloor);
                var u = S.Max(S.Load(in s, uAt + j), recurrentFloor);
                S g0 = S.Load(in s, g0At + j), g1 = S.Load(in s, g1At + j);
                S.Store(z, ref s, zAt + j);
                S.Store(u, ref s, uAt + j);
                // y ← y + κ(−y + b⊙z + (1 − √⌊a⌋)⊙ŷ),  a ← a + κ(−a + σ²⊙b0² + v),  b ← b + κ(−b + B)
                var gain = S.One - S.Sqrt(S.Max(a, S.Zero));
                var y1 = S.Fma(S.Load(in neurons, j), S.Fma(gain, u, S.Fma(b1, z, -y)), y);
                var a1 = S.Fma(S.Load(in neurons, np + j), S.Fma(S.Load(in neurons, 4 * np + j), b0 * b0, S.Load(in s, vAt + j) - a), a);
                S.Store(y1, ref to, j);
                S.Store(a1, ref to, np + j);
                S.Store(S.Fma(S.Load(in neurons, 2 * np + j), g0 - b0, b0), ref to, b0At + j);
                S.Store(S.Fma(S.Load(in neurons, 3 * np + j), g1 - b1, b1), ref to, b1At + j);
                Sources(ref to, j, y1, a1);
            }
        }
    }

    /// <summary>Takes the cotangents of the state after a number of steps back to the state before them, and adds to the gradients.</summary>
    /// <param name="weights">From <see cref="Pack"/>.</param>
    /// <param name="x">Inputs; step t's of this block begin at t·<paramref name="pitch"/>.</param>
    /// <param name="pitch">Distance of the inputs of one step and the next.</param>
    /// <param name="slabs">What <see cref="Step"/> left for each step.</param>
    /// <param name="steps">How many.</param>
    /// <param name="rows">Samples of the block.</param>
    /// <param name="cotangents">Of y, a, b0 and b1, row by row; taken back in place.</param>
    /// <param name="course">Cotangents of y after each step, step t's at t·<paramref name="coursePitch"/>, rows n apart; empty where there are none.</param>
    /// <param name="coursePitch">Distance of the cotangents of one step and the next.</param>
    /// <param name="gradients">Added to.</param>
    /// <param name="xGradients">Written, laid out as x; empty where not wanted.</param>
    /// <param name="scratch">What <see cref="ScratchLength"/> has beyond the slabs and the cotangents.</param>
    public void Back(
        Span<T> weights, Span<T> x, int pitch, Span<T> slabs, int steps, int rows, Span<T> cotangents, ReadOnlySpan<T> course, int coursePitch,
        Span<T> gradients, Span<T> xGradients, Span<T> scratch)
    {
        ref var w = ref MemoryMarshal.GetReference(weights);
        ref var g = ref MemoryMarshal.GetReference(scratch);
        ref var d = ref MemoryMarshal.GetReference(gradients);
        int np = _np, row = Row, chunk = Chunk(rows, steps);
        ref var back = ref Unsafe.Add(ref g, chunk * rows * GradientRow);
        ref var xBack = ref Unsafe.Add(ref back, rows * BackRow);
        for (var end = steps; end > 0; end -= chunk)
        {
            var start = Math.Max(0, end - chunk);
            for (var t = end - 1; t >= start; t--)
            {
                ref var s = ref MemoryMarshal.GetReference(Slab(slabs, t, rows));
                ref var gt = ref Unsafe.Add(ref g, (t - start) * rows * GradientRow);
                ref var xt = ref MemoryMarshal.GetReference(x[(t * pitch)..]);
                if (!course.IsEmpty) AddY(course[(t * coursePitch)..], cotangents, rows);
                Before(ref Unsafe.Add(ref w, NeuronsAt), ref s, ref MemoryMarshal.GetReference(cotangents), ref gt, ref Unsafe.Add(ref d, DNeurons), rows);
                GemmTile<T, S>.Multiply(
                    ref Unsafe.Add(ref gt, E0), GradientRow, 1, ref Unsafe.Add(ref w, GainsBackAt), Panel, Panel * 2 * np, ref back, BackRow, rows, 2 * np,
                    2 * np, add: false);
                GemmTile<T, S>.Multiply(
                    ref gt, GradientRow, 1, ref Unsafe.Add(ref w, PoolBackAt), Panel, Panel * np, ref Unsafe.Add(ref back, ToF), BackRow, rows, np, np,
                    add: false);
                GemmTile<T, S>.Multiply(
                    ref Unsafe.Add(ref gt, Gu), GradientRow, 1, ref Unsafe.Add(ref w, RecurrentBackAt), Panel, Panel * np, ref Unsafe.Add(ref back, ToSource),
                    BackRow, rows, np, np, add: false);
                After(ref s, ref back, ref MemoryMarshal.GetReference(cotangents), rows);
                // W̄zx = Σ gz·xᵀ and so on: the inputs of one step are not beside those of the next.
                GemmTile<T, S>.Multiply(ref xt, 1, _d, ref Unsafe.Add(ref gt, Gz), GradientRow, Panel, ref d, 3 * np, _d, 3 * np, rows, add: true);
                if (xGradients.IsEmpty) continue;
                var width = Round(_d);
                GemmTile<T, S>.Multiply(
                    ref Unsafe.Add(ref gt, Gz), GradientRow, 1, ref Unsafe.Add(ref w, InputBackAt), Panel, Panel * 3 * np, ref xBack, width, rows, width,
                    3 * np, add: false);
                for (var r = 0; r < rows; r++) MemoryMarshal.CreateSpan(ref Unsafe.Add(ref xBack, r * width), _d).CopyTo(xGradients[(t * pitch + r * _d)..]);
            }
            // Sums over the rows of all steps of the chunk, which lie one after the other.
            ref var first = ref MemoryMarshal.GetReference(Slab(slabs, start, rows));
            var depth = (end - start) * rows;
            GemmTile<T, S>.Multiply(
                ref first, 1, row, ref Unsafe.Add(ref g, E0), GradientRow, Panel, ref Unsafe.Add(ref d, DGains), 2 * np, 2 * np, 2 * np, depth, add: true);
            GemmTile<T, S>.Multiply(
                ref Unsafe.Add(ref first, Source), 1, row, ref Unsafe.Add(ref g, Gu), GradientRow, Panel, ref Unsafe.Add(ref d, DRecurrent), np, np, np, depth,
                add: true);
            GemmTile<T, S>.Multiply(
                ref Unsafe.Add(ref first, F), 1, row, ref g, GradientRow, Panel, ref Unsafe.Add(ref d, DPool), np, np, np, depth, add: true);
        }
    }

    void AddY(ReadOnlySpan<T> y, Span<T> cotangents, int rows)
    {
        for (var r = 0; r < rows; r++)
            for (var j = 0; j < _n; j++) cotangents[r * 4 * _np + j] += y[r * _n + j];
    }

    // All that needs no product: the cotangents of the products' results, and of the state what does not pass through them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Before(ref T neurons, ref T slab, ref T cotangents, ref T gradients, ref T sums, int rows)
    {
        nint np = _np, b0At = B0, b1At = B1, zAt = Z, g0At = Gain0, g1At = Gain1, uAt = Recurrent, vAt = Pool, length = Row, gradientLength = GradientRow;
        S driveFloor = S.Of(_floors.Drive), recurrentFloor = S.Of(_floors.Recurrent);
        for (nint r = 0; r < rows; r++)
        {
            ref var s = ref Unsafe.Add(ref slab, r * length);
            ref var c = ref Unsafe.Add(ref cotangents, r * 4 * np);
            ref var g = ref Unsafe.Add(ref gradients, r * gradientLength);
            for (nint j = 0; j < np; j += S.Count)
            {
                S y = S.Load(in s, j), a = S.Load(in s, np + j), b0 = S.Load(in s, b0At + j), b1 = S.Load(in s, b1At + j);
                S z = S.Load(in s, zAt + j), u = S.Load(in s, uAt + j), g0 = S.Load(in s, g0At + j), g1 = S.Load(in s, g1At + j);
                S cy = S.Load(in c, j), ca = S.Load(in c, np + j), c0 = S.Load(in c, 2 * np + j), c1 = S.Load(in c, 3 * np + j);
                var root = S.Sqrt(S.Max(a, S.Zero));
                var gain = S.One - root;
                var sigma2 = S.Load(in neurons, 4 * np + j);
                S gy = S.Load(in neurons, j) * cy, ga = S.Load(in neurons, np + j) * ca, h0 = S.Load(in neurons, 2 * np + j) * c0,
                    h1 = S.Load(in neurons, 3 * np + j) * c1;
                S.Store(ga, ref g, j);
                S.Store(S.IfLess(recurrentFloor, u, gy * gain, S.Zero), ref g, np + j);
                S.Store(S.IfLess(driveFloor, z, gy * b1, S.Zero), ref g, 2 * np + j);
                S.Store(h0 * (g0 * (S.One - g0)), ref g, 3 * np + j);
                S.Store(h1 * (g1 * (S.One - g1)), ref g, 4 * np + j);
                // d√⌊a⌋/da is 0 where a is not positive.
                S.Store(cy - gy, ref c, j);
                S.Store(ca - ga - S.IfLess(S.Zero, a, gy * u * (S.Half / root), S.Zero), ref c, np + j);
                var square = b0 * b0;
                S.Store(S.Fma((sigma2 + sigma2) * b0, ga, c0 - h0), ref c, 2 * np + j);
                S.Store(S.Fma(gy, z, c1 - h1), ref c, 3 * np + j);
                // Of κ: the cotangent times the bracket that κ multiplies; of σ²: κA·ā·b0².
                S.Store(S.Fma(cy, S.Fma(gain, u, S.Fma(b1, z, -y)), S.Load(in sums, j)), ref sums, j);
                S.Store(S.Fma(ca, S.Fma(sigma2, square, S.Load(in s, vAt + j) - a), S.Load(in sums, np + j)), ref sums, np + j);
                S.Store(S.Fma(c0, g0 - b0, S.Load(in sums, 2 * np + j)), ref sums, 2 * np + j);
                S.Store(S.Fma(c1, g1 - b1, S.Load(in sums, 3 * np + j)), ref sums, 3 * np + j);
                S.Store(S.Fma(ga, square, S.Load(in sums, 4 * np + j)), ref sums, 4 * np + j);
            }
        }
    }

    // What the products bring back to y and a.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void After(ref T slab, ref T back, ref T cotangents, int rows)
    {
        nint np = _np, length = Row, backLength = BackRow;
        S yFloor = S.Of(_floors.Y), sourceFloor = S.Of(_floors.Source);
        for (nint r = 0; r < rows; r++)
        {
            ref var s = ref Unsafe.Add(ref slab, r * length);
            ref var b = ref Unsafe.Add(ref back, r * backLength);
            ref var c = ref Unsafe.Add(ref cotangents, r * 4 * np);
            for (nint j = 0; j < np; j += S.Count)
            {
                S y = S.Load(in s, j), a = S.Load(in s, np + j);
                S yr = S.Max(y, yFloor), gf = S.Load(in b, 2 * np + j);
                var toY = S.Load(in b, j) + S.IfLess(sourceFloor, y, S.Load(in b, 3 * np + j), S.Zero);
                S.Store(S.Load(in c, j) + S.Fma((gf + gf) * yr, S.Max(a, S.Zero), toY), ref c, j);
                S.Store(S.Load(in c, np + j) + S.Load(in b, np + j) + S.IfLess(S.Zero, a, gf * yr * yr, S.Zero), ref c, np + j);
            }
        }
    }

    /// <summary>Adds the gradients of one part to those of the coefficients, in the order and shape of <see cref="CircuitCoefficients{T}"/>; a missing view is
    /// left out.</summary>
    public void Unpack(ReadOnlySpan<T> gradients, ReadOnlySpan<View<T>> coefficients, ReadOnlySpan<View<T>> to)
    {
        int n = _n, np = _np, d = _d;
        void Matrix(ReadOnlySpan<T> from, int width, int i0, int j0, int sources, View<T> view)
        {
            var m = HostBackend<T>.Span(view);
            if (m.IsEmpty) return;
            for (var j = 0; j < n; j++)
                for (var i = 0; i < sources; i++) m[j * sources + i] += from[(i0 + i) * width + j0 + j];
        }
        Matrix(gradients, 3 * np, 0, 0, d, to[0]);
        Matrix(gradients, 3 * np, 0, np, d, to[3]);
        Matrix(gradients, 3 * np, 0, 2 * np, d, to[6]);
        var gains = gradients[DGains..];
        Matrix(gains, 2 * np, 0, 0, n, to[4]);
        Matrix(gains, 2 * np, np, 0, n, to[5]);
        Matrix(gains, 2 * np, 0, np, n, to[7]);
        Matrix(gains, 2 * np, np, np, n, to[8]);
        Matrix(gradients[DRecurrent..], np, 0, 0, n, to[1]);
        Matrix(gradients[DPool..], np, 0, 0, n, to[2]);
        var neurons = gradients[DNeurons..];
        for (var k = 0; k < 4; k++)
        {
            var v = HostBackend<T>.Span(to[10 + k]);
            for (var i = 0; i < v.Length; i++) v[i] += neurons[k * np + i];
        }
        var sigma = HostBackend<T>.Span(to[9]);
        for (var i = 0; i < sigma.Length; i++) sigma[i] += (T.One + T.One) * HostBackend<T>.Span(coefficients[9])[i] * neurons[4 * np + i];
    }
}
