using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

// The way back through the steps of a block.
sealed partial class SequenceProgram<T, S, F>
{
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
                            ref Unsafe.Add(ref to, block.Source * _np), block.Kind == CellSource.Derived ? SourceRow
                                : CotangentRow, rows, block.Sources * _np, block.Products * _np, add: true);
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
                    GemmTile<T, S>.Multiply(ref xt, 1, _d, ref e, GradientRow, Panel, ref Unsafe.Add(ref d, _gradientAt[b]), columns, _d, columns, rows,
                        add: true);
                    if (xGradients.IsEmpty) continue;
                    GemmTile<T, S>.Multiply(ref e, GradientRow, 1, ref Unsafe.Add(ref w, _backAt[b]), Panel, Panel * columns, ref xBack, width, rows, width,
                        columns, add: !isFirst);
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
    static void PassBack<TFormula>(TFormula formula, ref T values, nint valuesRow, ref T cotangents, nint cotangentsRow, nint length, int rows)
        where TFormula : struct, IFormula1<T>
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
            _after = ref Unsafe.Add(ref after, j), _before = ref Unsafe.Add(ref before, j), _products = ref Unsafe.Add(ref products, j),
                _sums = ref Unsafe.Add(ref sums, j);
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
}
