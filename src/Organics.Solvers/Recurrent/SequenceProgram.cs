using System.Numerics;
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
sealed partial class SequenceProgram<T, S, F>
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
