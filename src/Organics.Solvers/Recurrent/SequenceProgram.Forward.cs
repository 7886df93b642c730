using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

// A step of a block of samples.
sealed partial class SequenceProgram<T, S, F>
{
    /// <summary>One step: fills a slab and writes the next one's state and sources.</summary>
    /// <param name="weights">From <see cref="Pack"/>.</param>
    /// <param name="x">Inputs of the block, rows d apart.</param>
    /// <param name="slab">Holds the state and the sources; the rest is written.</param>
    /// <param name="next">Its state and sources are written.</param>
    /// <param name="rows">Samples of the block.</param>
    public void Step(Span<T> weights, ReadOnlySpan<T> x, Span<T> slab, Span<T> next, int rows)
        => Advance(inputsAlone: false, weights, x, slab, next, rows);

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
        Advance(inputsAlone: true, weights, x, slab, next, rows);
    }

    // Of what was kept the products that read x alone are left to do.
    void Advance(bool inputsAlone, Span<T> weights, ReadOnlySpan<T> x, Span<T> slab, Span<T> next, int rows)
    {
        ref var w = ref MemoryMarshal.GetReference(weights);
        ref var s = ref MemoryMarshal.GetReference(slab);
        ref var to = ref MemoryMarshal.GetReference(next);
        for (var round = 0; round < _plan.Rounds; round++)
        {
            Multiply(round, inputsAlone, ref w, ref MemoryMarshal.GetReference(x), ref s, ref to, rows);
            Activate(round, inputsAlone, ref Unsafe.Add(ref w, _neuronsAt), ref s, rows);
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
                ref from, pitch, 1, ref Unsafe.Add(ref weights, column / Panel * Panel * depth + within), Panel, Panel * depth, ref to, Row, rows, width,
                    depth, add);
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
            if (!Kind(p).IsPassed) Pass(Kind(p).Activation, Kind(p).HasBias, ref Unsafe.Add(ref biases, p * _np),
                ref Unsafe.Add(ref slab, ProductsAt + p * _np), count * _np, rows);
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
}
