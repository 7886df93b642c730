using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>
/// The steps of a cell and their derivative for a block of samples, on memory of the CPU. A thread takes a block through all steps without meeting another
/// thread; its weights stay in the second-level cache. What a step computes for one sample stands in one row,
/// <para>states | sources | products,</para>
/// each n wide, filled up with zeros to whole vectors. The rows of a block at one step make a slab.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="S">A SIMD vector of numbers.</typeparam>
/// <typeparam name="F">The cell's equations.</typeparam>
sealed class SequenceProgram<T, S, F>
    where T : unmanaged, IFloatingPointIeee754<T>
    where S : struct, ISimdReal<S, T>
    where F : unmanaged, ICellFormula<T>
{
    // Rows of one product that sums weight gradients over steps: its block of the gradients is then read and written that much less often.
    const int GradientDepth = 128;

    readonly F _cell;
    readonly CellPlan _plan;
    readonly int _n, _d, _np;
    // Of each block: where its weights lie in panels, [sources, products] and for the way back [products, sources], and its gradient row by row.
    readonly int[] _forthAt, _backAt, _gradientAt;
    readonly int _neuronsAt, _neuronGradientsAt;

    /// <summary>A program for cells of a size.</summary>
    /// <param name="cell">The cell's equations.</param>
    /// <param name="plan">Its layout.</param>
    /// <param name="units">n.</param>
    /// <param name="inputs">d.</param>
    public SequenceProgram(F cell, CellPlan plan, int units, int inputs)
    {
        (_cell, _plan, _n, _d) = (cell, plan, units, inputs);
        // Of 512 bits whatever S is, so that no sum has more zeros on one processor than on another.
        _np = (units + Simd512<T>.Count - 1) / Simd512<T>.Count * Simd512<T>.Count;
        var blocks = plan.Blocks;
        (_forthAt, _backAt, _gradientAt) = (new int[blocks.Length], new int[blocks.Length], new int[blocks.Length]);
        var (weights, gradients) = (0, 0);
        for (var b = 0; b < blocks.Length; b++)
        {
            var (depth, columns) = (Depth(blocks[b]), blocks[b].Products * _np);
            (_forthAt[b], _backAt[b], _gradientAt[b]) = (weights, weights + Packed(depth, columns), gradients);
            weights = _backAt[b] + Packed(columns, depth);
            gradients += depth * columns;
        }
        (_neuronsAt, _neuronGradientsAt) = (weights, gradients);
        WeightsLength = weights + Neurons * _np;
        GradientsLength = gradients + Neurons * _np;
    }

    // Biases of all products, then coefficients.
    int Neurons => _plan.Products + _plan.Coefficients.Length;

    int Slots => _plan.States + _plan.Sources;

    // Where the products of a row begin. One more vector puts the rows of a slab into different sets of the cache.
    int ProductsAt => Slots * _np;
    int Row => (Slots + _plan.Products) * _np + S.Count;

    // The first source of a block in a row.
    int SlotOf(CellBlock block) => block.Kind == CellSource.Derived ? _plan.States + block.Source : block.Source;

    // A row of cotangents: of states, of sources, of products.
    int CotangentRow => _plan.States * _np + S.Count;
    int SourceRow => _plan.Sources * _np + S.Count;
    int GradientRow => _plan.Products * _np + S.Count;

    static int Panel => GemmTile<T, S>.PanelWidth;

    static int Packed(int depth, int columns) => (columns + Panel - 1) / Panel * Panel * depth;

    int Depth(CellBlock block) => block.Kind == CellSource.Input ? _d : block.Sources * _np;

    /// <summary>Elements of the packed weights.</summary>
    public int WeightsLength { get; }

    /// <summary>Elements of the gradients of one part.</summary>
    public int GradientsLength { get; }

    /// <summary>Elements of a saved state of a block.</summary>
    public int StateLength(int rows) => rows * _plan.States * _np;

    /// <summary>Elements of what <see cref="Keep"/> keeps of a step of a block.</summary>
    public int KeptLength(int rows) => rows * _plan.IsKept.Count(kept => kept) * _np;

    /// <summary>Elements of the slabs of a number of steps, with one more for the state after the last.</summary>
    public int SlabsLength(int rows, int steps) => (steps + 1) * rows * Row;

    static int Chunk(int rows, int steps) => Math.Clamp(GradientDepth / rows, 1, Math.Max(steps, 1));

    // The most rows of a chunk of any block of no more than so many rows: a smaller one has more steps in a chunk.
    static int ChunkRows(int rows) => Math.Max(rows, GradientDepth);

    /// <summary>Elements of the cotangents of a block's states: those after a step, and those before it.</summary>
    public int CotangentsLength(int rows) => 2 * rows * CotangentRow;

    /// <summary>Elements of a thread's own memory: slabs for a number of steps, cotangents, and what else the backward pass needs.</summary>
    public int ScratchLength(int rows, int steps)
        => SlabsLength(rows, steps) + CotangentsLength(rows) + rows * (SourceRow + Round(_d)) + ChunkRows(rows) * GradientRow;

    static int Round(int length) => (length + S.Count - 1) / S.Count * S.Count;

    /// <summary>Writes the weights in the order in which the products read them.</summary>
    public void Pack(ReadOnlySpan<View<T>> coefficients, Span<T> weights)
    {
        weights[..WeightsLength].Clear();
        foreach (var m in _plan.Matrices)
        {
            var block = _plan.Blocks[m.Block];
            var (depth, columns, sources) = (Depth(block), block.Products * _np, block.Kind == CellSource.Input ? _d : _n);
            ReadOnlySpan<T> matrix = HostBackend<T>.Span(coefficients[m.Weights]);
            Span<T> forth = weights[_forthAt[m.Block]..], back = weights[_backAt[m.Block]..];
            for (var j = 0; j < _n; j++)
                for (var i = 0; i < sources; i++)
                {
                    forth[At(m.Source * _np + i, m.Product * _np + j, depth)] = matrix[j * sources + i];
                    back[At(m.Product * _np + j, m.Source * _np + i, columns)] = matrix[j * sources + i];
                }
        }
        for (var i = 0; i < Neurons; i++)
            if (NeuronAt(i) is >= 0 and var at) HostBackend<T>.Span(coefficients[at]).CopyTo(weights[(_neuronsAt + i * _np)..]);
    }

    int NeuronAt(int i) => i < _plan.Products ? _plan.Biases[i] : _plan.Coefficients[i - _plan.Products];

    static int At(int i, int j, int depth) => j / Panel * Panel * depth + i * Panel + j % Panel;

    /// <summary>Puts part of the states of a block, each row n apart, into an empty slab.</summary>
    public void Put(ReadOnlySpan<T> state, int part, Span<T> slab, int rows)
    {
        for (var r = 0; r < rows; r++) state.Slice(r * _n, _n).CopyTo(slab[(r * Row + part * _np)..]);
    }

    /// <summary>Derives the sources from the states of a slab.</summary>
    public void Begin(Span<T> slab, int rows) => Sources(ref MemoryMarshal.GetReference(slab), rows);

    /// <summary>Reads part of the states of a block out of a slab.</summary>
    public void Store(ReadOnlySpan<T> slab, int part, Span<T> state, int rows)
    {
        for (var r = 0; r < rows; r++) slab.Slice(r * Row + part * _np, _n).CopyTo(state[(r * _n)..]);
    }

    /// <summary>Saves the states of a slab, or brings them back.</summary>
    public void Save(ReadOnlySpan<T> slab, Span<T> saved, int rows)
    {
        var length = _plan.States * _np;
        for (var r = 0; r < rows; r++) slab.Slice(r * Row, length).CopyTo(saved[(r * length)..]);
    }

    /// <inheritdoc cref="Save"/>
    public void Restore(ReadOnlySpan<T> saved, Span<T> slab, int rows)
    {
        var length = _plan.States * _np;
        for (var r = 0; r < rows; r++) saved.Slice(r * length, length).CopyTo(slab[(r * Row)..]);
        Begin(slab, rows);
    }

    /// <summary>Adds cotangents of part of the states of a block, each row n apart, to those that <see cref="Back"/> takes.</summary>
    public void AddCotangents(ReadOnlySpan<T> from, int part, Span<T> cotangents, int rows)
    {
        for (var r = 0; r < rows; r++)
        {
            var to = cotangents.Slice(r * CotangentRow + part * _np, _n);
            for (var j = 0; j < _n; j++) to[j] += from[r * _n + j];
        }
    }

    /// <summary>Reads cotangents of part of the states.</summary>
    public void StoreCotangents(ReadOnlySpan<T> cotangents, int part, Span<T> to, int rows)
    {
        for (var r = 0; r < rows; r++) cotangents.Slice(r * CotangentRow + part * _np, _n).CopyTo(to[(r * _n)..]);
    }

    /// <summary>The slab of step t among slabs.</summary>
    public Span<T> Slab(Span<T> slabs, int t, int rows) => slabs.Slice(t * rows * Row, rows * Row);

    /// <summary>One step: fills a slab and writes the next one's state and sources.</summary>
    /// <param name="weights">From <see cref="Pack"/>.</param>
    /// <param name="x">Inputs of the block, rows d apart.</param>
    /// <param name="slab">Holds the state and the sources; the rest is written.</param>
    /// <param name="next">Its state and sources are written.</param>
    /// <param name="rows">Samples of the block.</param>
    public void Step(Span<T> weights, ReadOnlySpan<T> x, Span<T> slab, Span<T> next, int rows)
    {
        ref var w = ref MemoryMarshal.GetReference(weights);
        ref var s = ref MemoryMarshal.GetReference(slab);
        ref var to = ref MemoryMarshal.GetReference(next);
        for (var round = 0; round < _plan.Rounds; round++)
        {
            Multiply(round, inputsAlone: false, ref w, ref MemoryMarshal.GetReference(x), ref s, ref to, rows);
            Activate(round, inputsAlone: false, ref Unsafe.Add(ref w, _neuronsAt), ref s, rows);
            Update(round, ref Unsafe.Add(ref w, _neuronsAt + _plan.Products * _np), ref s, ref to, rows);
        }
        Sources(ref to, rows);
    }

    /// <summary>Keeps what the products of a step gave, but for those that read x alone.</summary>
    public void Keep(ReadOnlySpan<T> slab, Span<T> kept, int rows)
    {
        var at = 0;
        for (var r = 0; r < rows; r++)
            for (var p = 0; p < _plan.Products; p++)
                if (_plan.IsKept[p])
                {
                    slab.Slice(r * Row + ProductsAt + p * _np, _np).CopyTo(kept[at..]);
                    at += _np;
                }
    }

    /// <summary>The same as <see cref="Step"/>, bit for bit, from what <see cref="Keep"/> kept of it.</summary>
    public void StepAgain(ReadOnlySpan<T> kept, Span<T> weights, ReadOnlySpan<T> x, Span<T> slab, Span<T> next, int rows)
    {
        var at = 0;
        for (var r = 0; r < rows; r++)
            for (var p = 0; p < _plan.Products; p++)
                if (_plan.IsKept[p])
                {
                    kept.Slice(at, _np).CopyTo(slab[(r * Row + ProductsAt + p * _np)..]);
                    at += _np;
                }
        ref var w = ref MemoryMarshal.GetReference(weights);
        ref var s = ref MemoryMarshal.GetReference(slab);
        ref var to = ref MemoryMarshal.GetReference(next);
        for (var round = 0; round < _plan.Rounds; round++)
        {
            Multiply(round, inputsAlone: true, ref w, ref MemoryMarshal.GetReference(x), ref s, ref to, rows);
            Activate(round, inputsAlone: true, ref Unsafe.Add(ref w, _neuronsAt), ref s, rows);
            Update(round, ref Unsafe.Add(ref w, _neuronsAt + _plan.Products * _np), ref s, ref to, rows);
        }
        Sources(ref to, rows);
    }

    // Where products that read x alone lie beside others in a block, the whole block would be overwritten: it is cut.
    void Multiply(int round, bool inputsAlone, ref T w, ref T x, ref T slab, ref T next, int rows)
    {
        for (var b = 0; b < _plan.Blocks.Length; b++)
        {
            var block = _plan.Blocks[b];
            if (block.Round != round) continue;
            var isInput = block.Kind == CellSource.Input;
            for (var first = 0; first < block.Products;)
            {
                var count = block.Products - first;
                if (inputsAlone)
                {
                    count = 1;
                    if (!isInput || _plan.IsKept[block.Product + first])
                    {
                        first++;
                        continue;
                    }
                }
                var depth = Depth(block);
                ref var from = ref isInput ? ref x : ref Unsafe.Add(ref block.Kind == CellSource.After ? ref next : ref slab, SlotOf(block) * _np);
                Product(ref from, isInput ? _d : Row, ref Unsafe.Add(ref w, _forthAt[b]), first * _np, depth,
                    ref Unsafe.Add(ref slab, ProductsAt + (block.Product + first) * _np), rows, count * _np, block.Adds);
                first += count;
            }
        }
    }

    // Of packed weights the columns from one on: the first of a panel, or one at a time within a panel.
    void Product(ref T from, int pitch, ref T weights, int column, int depth, ref T to, int rows, int columns, bool add)
    {
        while (columns > 0)
        {
            var within = column % Panel;
            var width = within == 0 ? columns : Math.Min(columns, Panel - within);
            GemmTile<T, S>.Multiply(
                ref from, pitch, 1, ref Unsafe.Add(ref weights, column / Panel * Panel * depth + within), Panel, Panel * depth, ref to, Row, rows, width, depth, add);
            column += width;
            columns -= width;
            to = ref Unsafe.Add(ref to, width);
        }
    }

    void Activate(int round, bool inputsAlone, ref T biases, ref T slab, int rows)
    {
        for (var p = 0; p < _plan.Products;)
        {
            var count = 1;
            while (p + count < _plan.Products && Kind(p + count) == Kind(p)) count++;
            if (!Kind(p).IsPassed) Pass(Kind(p).Activation, Kind(p).HasBias, ref Unsafe.Add(ref biases, p * _np), ref Unsafe.Add(ref slab, ProductsAt + p * _np), count * _np, rows);
            p += count;
        }

        (Activation Activation, bool HasBias, bool IsPassed) Kind(int p)
        {
            var (activation, hasBias) = (_plan.Activations[p], _plan.Biases[p] >= 0);
            return (activation, hasBias, _plan.RoundOf[p] != round || (inputsAlone && _plan.IsKept[p]) || (activation == Activation.None && !hasBias));
        }
    }

    void Pass(Activation activation, bool hasBias, ref T biases, ref T slab, int length, int rows)
    {
        if (hasBias) AddBiases(ref biases, ref slab, length, Row, rows);
        switch (activation)
        {
            case Activation.Sigmoid: Pass(default(Sigmoid<T>), ref slab, length, Row, rows); break;
            case Activation.Tanh: Pass(default(Tanh<T>), ref slab, length, Row, rows); break;
        }
    }

    static void AddBiases(ref T biases, ref T slab, nint length, nint row, int rows)
    {
        for (nint r = 0; r < rows; r++)
        {
            ref var x = ref Unsafe.Add(ref slab, r * row);
            for (nint j = 0; j < length; j += S.Count) S.Store(S.Load(in x, j) + S.Load(in biases, j), ref x, j);
        }
    }

    // One loop by itself: in a longer method the compiler's budget for inlining would run out before the exponential's end.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    static void Pass<TFormula>(TFormula formula, ref T slab, nint length, nint row, int rows) where TFormula : struct, IFormula1<T>
    {
        for (nint r = 0; r < rows; r++)
        {
            ref var x = ref Unsafe.Add(ref slab, r * row);
            for (nint j = 0; j < length; j += S.Count) S.Store(formula.F(S.Load(in x, j)), ref x, j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    void Update(int round, ref T coefficients, ref T slab, ref T next, int rows)
    {
        for (nint r = 0; r < rows; r++)
        {
            ref var s = ref Unsafe.Add(ref slab, r * Row);
            ref var to = ref Unsafe.Add(ref next, r * Row);
            for (nint j = 0; j < _np; j += S.Count) _cell.Step<S, Forth>(round, new(ref s, ref to, ref coefficients, j, _np, ProductsAt, _plan.States));
        }
        // Whatever the formula makes of the columns that fill a row up, they must bring nothing to a product.
        Clear(ref next, Row, 0, _plan.States, rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    void Sources(ref T slab, int rows)
    {
        if (_plan.Sources == 0) return;
        for (nint r = 0; r < rows; r++)
        {
            ref var s = ref Unsafe.Add(ref slab, r * Row);
            for (nint j = 0; j < _np; j += S.Count) _cell.Sources<S, Forth>(new(ref s, ref s, ref s, j, _np, ProductsAt, _plan.States));
        }
        Clear(ref slab, Row, _plan.States, _plan.Sources, rows);
    }

    void Clear(ref T slab, int row, int first, int slots, int rows)
    {
        if (_n == _np) return;
        for (var r = 0; r < rows; r++)
            for (var k = first; k < first + slots; k++)
                MemoryMarshal.CreateSpan(ref Unsafe.Add(ref slab, r * row + k * _np + _n), _np - _n).Clear();
    }

    /// <summary>The numbers of a vector of neurons of one sample, on the way through a step.</summary>
    readonly ref struct Forth(ref T slab, ref T next, ref T coefficients, nint j, nint np, nint productsAt, nint states) : ICellForward<S>
    {
        readonly ref T _slab = ref Unsafe.Add(ref slab, j), _next = ref Unsafe.Add(ref next, j), _coefficients = ref Unsafe.Add(ref coefficients, j);
        readonly nint _np = np, _productsAt = productsAt, _states = states;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S State(int i) => S.Load(in _slab, i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S Product(int i) => S.Load(in _slab, _productsAt + i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S Coefficient(int i) => S.Load(in _coefficients, i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S After(int i) => S.Load(in _next, i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void SetAfter(int i, S value) => S.Store(value, ref _next, i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void SetSource(int i, S value) => S.Store(value, ref _slab, (_states + i) * _np);
    }

    /// <summary>Takes the cotangents of the state after a number of steps back to the state before them, and adds to the gradients.</summary>
    /// <param name="weights">From <see cref="Pack"/>.</param>
    /// <param name="x">Inputs; step t's of this block begin at t·<paramref name="pitch"/>.</param>
    /// <param name="pitch">Distance of the inputs of one step and the next.</param>
    /// <param name="slabs">What <see cref="Step"/> left for each step.</param>
    /// <param name="steps">How many.</param>
    /// <param name="rows">Samples of the block.</param>
    /// <param name="shown">Cotangents of the first part of the state after each step, rows n apart, laid out as x; empty where there are none.</param>
    /// <param name="shownPitch">Distance of those of one step and the next.</param>
    /// <param name="cotangents">Of the state; taken back in place.</param>
    /// <param name="gradients">Added to.</param>
    /// <param name="xGradients">Written, laid out as x; empty where not wanted.</param>
    /// <param name="scratch">What <see cref="ScratchLength"/> has beyond the slabs and the cotangents.</param>
    public void Back(
        Span<T> weights, ReadOnlySpan<T> x, int pitch, Span<T> slabs, int steps, int rows, ReadOnlySpan<T> shown, int shownPitch, Span<T> cotangents,
        Span<T> gradients, Span<T> xGradients, Span<T> scratch)
    {
        ref var w = ref MemoryMarshal.GetReference(weights);
        var sources = scratch[..(rows * SourceRow)];
        ref var cs = ref MemoryMarshal.GetReference(sources);
        var (chunk, width) = (Chunk(rows, steps), Round(_d));
        // What follows writes by references: that there is room for all of it is seen here.
        var products = scratch.Slice(rows * SourceRow, chunk * rows * GradientRow);
        ref var g = ref MemoryMarshal.GetReference(products);
        ref var d = ref MemoryMarshal.GetReference(gradients);
        var row = Row;
        ref var xBack = ref MemoryMarshal.GetReference(scratch.Slice(rows * SourceRow + products.Length, rows * width));
        var half = rows * CotangentRow;
        Span<T> after = cotangents[..half], before = cotangents.Slice(half, half);
        for (var end = steps; end > 0; end -= chunk)
        {
            var start = Math.Max(0, end - chunk);
            for (var t = end - 1; t >= start; t--)
            {
                if (!shown.IsEmpty) AddCotangents(shown[(t * shownPitch)..], 0, after, rows);
                before.Clear();
                sources.Clear();
                ref var s = ref MemoryMarshal.GetReference(Slab(slabs, t, rows));
                ref var next = ref MemoryMarshal.GetReference(Slab(slabs, t + 1, rows));
                ref var gt = ref Unsafe.Add(ref g, (t - start) * rows * GradientRow);
                ref var xt = ref MemoryMarshal.GetReference(x[(t * pitch)..]);
                ref var ca = ref MemoryMarshal.GetReference(after);
                ref var cb = ref MemoryMarshal.GetReference(before);
                for (var round = _plan.Rounds - 1; round >= 0; round--)
                {
                    Undo(round, ref w, ref s, ref next, ref ca, ref cb, ref gt, ref d, rows);
                    for (var b = 0; b < _plan.Blocks.Length; b++)
                    {
                        var block = _plan.Blocks[b];
                        if (block.Round != round || block.Kind == CellSource.Input) continue;
                        ref var to = ref block.Kind == CellSource.After ? ref ca : ref block.Kind == CellSource.Derived ? ref cs : ref cb;
                        GemmTile<T, S>.Multiply(
                            ref Unsafe.Add(ref gt, block.Product * _np), GradientRow, 1, ref Unsafe.Add(ref w, _backAt[b]), Panel, Panel * block.Products * _np,
                            ref Unsafe.Add(ref to, block.Source * _np), block.Kind == CellSource.Derived ? SourceRow : CotangentRow, rows, block.Sources * _np, block.Products * _np, add: true);
                    }
                }
                if (_plan.Sources > 0) UndoSources(ref s, ref cs, ref cb, rows);
                // The inputs of one step are not beside those of the next.
                var isFirst = true;
                for (var b = 0; b < _plan.Blocks.Length; b++)
                {
                    var block = _plan.Blocks[b];
                    if (block.Kind != CellSource.Input) continue;
                    ref var e = ref Unsafe.Add(ref gt, block.Product * _np);
                    var columns = block.Products * _np;
                    GemmTile<T, S>.Multiply(ref xt, 1, _d, ref e, GradientRow, Panel, ref Unsafe.Add(ref d, _gradientAt[b]), columns, _d, columns, rows, add: true);
                    if (xGradients.IsEmpty) continue;
                    GemmTile<T, S>.Multiply(ref e, GradientRow, 1, ref Unsafe.Add(ref w, _backAt[b]), Panel, Panel * columns, ref xBack, width, rows, width, columns, add: !isFirst);
                    isFirst = false;
                }
                if (!xGradients.IsEmpty)
                    for (var r = 0; r < rows; r++)
                    {
                        var to = xGradients.Slice(t * pitch + r * _d, _d);
                        if (isFirst) to.Clear();
                        else MemoryMarshal.CreateSpan(ref Unsafe.Add(ref xBack, r * width), _d).CopyTo(to);
                    }
                var spent = after;
                after = before;
                before = spent;
            }
            // Sums over the rows of all steps of the chunk, which lie one after the other.
            var depth = (end - start) * rows;
            for (var b = 0; b < _plan.Blocks.Length; b++)
            {
                var block = _plan.Blocks[b];
                if (block.Kind == CellSource.Input) continue;
                ref var first = ref MemoryMarshal.GetReference(Slab(slabs, block.Kind == CellSource.After ? start + 1 : start, rows));
                int depths = block.Sources * _np, columns = block.Products * _np;
                GemmTile<T, S>.Multiply(
                    ref Unsafe.Add(ref first, SlotOf(block) * _np), 1, row, ref Unsafe.Add(ref g, block.Product * _np), GradientRow, Panel,
                    ref Unsafe.Add(ref d, _gradientAt[b]), columns, depths, columns, depth, add: true);
            }
        }
        // The cotangents of the first state lie where the next segment looks for them.
        if (steps % 2 != 0) after.CopyTo(cotangents);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    void Undo(int round, ref T weights, ref T slab, ref T next, ref T after, ref T before, ref T products, ref T gradients, int rows)
    {
        ref var coefficients = ref Unsafe.Add(ref weights, _neuronsAt + _plan.Products * _np);
        ref var biasSums = ref Unsafe.Add(ref gradients, _neuronGradientsAt);
        ref var sums = ref Unsafe.Add(ref biasSums, _plan.Products * _np);
        for (nint r = 0; r < rows; r++)
        {
            ref var s = ref Unsafe.Add(ref slab, r * Row);
            ref var to = ref Unsafe.Add(ref next, r * Row);
            ref var ca = ref Unsafe.Add(ref after, r * CotangentRow);
            ref var cb = ref Unsafe.Add(ref before, r * CotangentRow);
            ref var e = ref Unsafe.Add(ref products, r * GradientRow);
            for (nint j = 0; j < _np; j += S.Count)
                _cell.StepVjp<S, Return>(round, new(ref s, ref to, ref coefficients, ref ca, ref cb, ref e, ref sums, j, _np, ProductsAt));
        }
        // As in Update.
        if (_n != _np)
        {
            Clear(ref before, CotangentRow, 0, _plan.States, rows);
            Clear(ref after, CotangentRow, 0, _plan.States, rows);
        }
        for (var p = 0; p < _plan.Products;)
        {
            var count = 1;
            while (p + count < _plan.Products && Kind(p + count) == Kind(p)) count++;
            if (Kind(p).Round == round)
            {
                ref var e = ref Unsafe.Add(ref products, p * _np);
                ref var y = ref Unsafe.Add(ref slab, ProductsAt + p * _np);
                switch (Kind(p).Activation)
                {
                    case Activation.Sigmoid: PassBack(default(Sigmoid<T>), ref y, Row, ref e, GradientRow, count * _np, rows); break;
                    case Activation.Tanh: PassBack(default(Tanh<T>), ref y, Row, ref e, GradientRow, count * _np, rows); break;
                }
                Clear(ref e, GradientRow, 0, count, rows);
                if (Kind(p).HasBias) SumBiases(ref e, GradientRow, ref Unsafe.Add(ref biasSums, p * _np), count * _np, rows);
            }
            p += count;
        }

        (int Round, Activation Activation, bool HasBias) Kind(int p) => (_plan.RoundOf[p], _plan.Activations[p], _plan.Biases[p] >= 0);
    }

    static void SumBiases(ref T cotangents, nint row, ref T sums, nint length, int rows)
    {
        for (nint r = 0; r < rows; r++)
            for (nint j = 0; j < length; j += S.Count) S.Store(S.Load(in sums, j) + S.Load(in cotangents, r * row + j), ref sums, j);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    static void PassBack<TFormula>(TFormula formula, ref T values, nint valuesRow, ref T cotangents, nint cotangentsRow, nint length, int rows) where TFormula : struct, IFormula1<T>
    {
        for (nint r = 0; r < rows; r++)
            for (nint j = 0; j < length; j += S.Count)
            {
                // All these derivatives follow from the value alone.
                var y = S.Load(in values, r * valuesRow + j);
                S.Store(S.Load(in cotangents, r * cotangentsRow + j) * formula.D(y, y), ref cotangents, r * cotangentsRow + j);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    void UndoSources(ref T slab, ref T sources, ref T before, int rows)
    {
        for (nint r = 0; r < rows; r++)
        {
            ref var s = ref Unsafe.Add(ref slab, r * Row);
            ref var cb = ref Unsafe.Add(ref before, r * CotangentRow);
            for (nint j = 0; j < _np; j += S.Count)
                _cell.SourcesVjp<S, Return>(new(ref s, ref s, ref s, ref Unsafe.Add(ref sources, r * SourceRow), ref cb, ref cb, ref cb, j, _np, ProductsAt));
        }
        Clear(ref before, CotangentRow, 0, _plan.States, rows);
    }

    /// <summary>The numbers of a vector of neurons of one sample, on the way back through a step.</summary>
    readonly ref struct Return(
        ref T slab, ref T next, ref T coefficients, ref T after, ref T before, ref T products, ref T sums, nint j, nint np, nint productsAt) : ICellBackward<S>
    {
        readonly ref T _slab = ref Unsafe.Add(ref slab, j), _next = ref Unsafe.Add(ref next, j), _coefficients = ref Unsafe.Add(ref coefficients, j),
            _after = ref Unsafe.Add(ref after, j), _before = ref Unsafe.Add(ref before, j), _products = ref Unsafe.Add(ref products, j), _sums = ref Unsafe.Add(ref sums, j);
        readonly nint _np = np, _productsAt = productsAt;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S State(int i) => S.Load(in _slab, i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S Product(int i) => S.Load(in _slab, _productsAt + i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S Coefficient(int i) => S.Load(in _coefficients, i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S After(int i) => S.Load(in _next, i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S AfterCotangent(int i) => S.Load(in _after, i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S SourceCotangent(int i) => S.Load(in _after, i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void AddToState(int i, S value) => S.Store(S.Load(in _before, i * _np) + value, ref _before, i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void AddToAfter(int i, S value) => S.Store(S.Load(in _after, i * _np) + value, ref _after, i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void SetProduct(int i, S value) => S.Store(value, ref _products, i * _np);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void AddToCoefficient(int i, S value) => S.Store(S.Load(in _sums, i * _np) + value, ref _sums, i * _np);
    }

    /// <summary>Adds the gradients of one part to those of the coefficients; a missing view is left out.</summary>
    public void Unpack(ReadOnlySpan<T> gradients, ReadOnlySpan<View<T>> to)
    {
        foreach (var m in _plan.Matrices)
        {
            var matrix = HostBackend<T>.Span(to[m.Weights]);
            if (matrix.IsEmpty) continue;
            var block = _plan.Blocks[m.Block];
            var (columns, sources) = (block.Products * _np, block.Kind == CellSource.Input ? _d : _n);
            var from = gradients[_gradientAt[m.Block]..];
            for (var j = 0; j < _n; j++)
                for (var i = 0; i < sources; i++) matrix[j * sources + i] += from[(m.Source * _np + i) * columns + m.Product * _np + j];
        }
        for (var k = 0; k < Neurons; k++)
        {
            if (NeuronAt(k) is not (>= 0 and var at)) continue;
            var v = HostBackend<T>.Span(to[at]);
            for (var i = 0; i < v.Length; i++) v[i] += gradients[_neuronGradientsAt + k * _np + i];
        }
    }
}
