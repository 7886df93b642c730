using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>
/// A cell run over a whole sequence as one op: inputs are its coefficients, x [steps, batch, d] and the parts of the state [batch, n] before it; the result are
/// those after it, one below the other, and with the course the first part after every step: [states (+ steps), batch, n]. Gradient: back-propagation through
/// time, summed over samples in an order that the batch alone decides.
/// </summary>
static class SequenceOp
{
    /// <summary>The op for the vectors of this machine.</summary>
    public static Op<T> For<T, F>(F cell, IReadOnlyList<string> coefficients, SequenceMemory memory, bool course)
        where T : unmanaged, IFloatingPointIeee754<T>
        where F : unmanaged, ICellFormula<T>
        => VectorWidth.Open(new Creation<T, F>(cell, coefficients, memory, course));

    sealed class Creation<T, F>(F cell, IReadOnlyList<string> coefficients, SequenceMemory memory, bool course) : ISimdProgram<T, Op<T>>
        where T : unmanaged, IFloatingPointIeee754<T>
        where F : unmanaged, ICellFormula<T>
    {
        public Op<T> Run<S>() where S : unmanaged, ISimdReal<S, T> => new SequenceOp<T, S, F>(cell, coefficients, memory, course);
    }
}

/// <inheritdoc cref="SequenceOp"/>
sealed class SequenceOp<T, S, F>(F cell, IReadOnlyList<string> names, SequenceMemory memory, bool course) : Op<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where S : struct, ISimdReal<S, T>
    where F : unmanaged, ICellFormula<T>
{
    // Samples that one thread takes through all steps at a time. More reuse a weight more often, fewer leave room for it in the cache.
    const int MostRows = 32, LeastParts = 16, MostParts = 32;

    readonly CellPlan _plan = new(cell.Layout, names);
    View<T> _saved;

    public override string Name => "Sequence";

    int Coefficients => names.Count;

    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs)
    {
        var (x, first) = (inputs[Coefficients], inputs[Coefficients + 1]);
        if (x.Shape.Rank != 3) throw new ShapeException($"{Name}: `x` is {x.Shape} but must be [steps, batch, inputs]; Reshape it.");
        if (first.Shape.Rank != 2) throw new ShapeException($"{Name}: `{cell.Layout.States[0]}` is {first.Shape} but must be [batch, units]; Reshape it.");
        var (batch, d, n) = (x.Shape[1], x.Shape[2], first.Shape[1]);
        if (d == 0) throw new ShapeException($"{Name}: `x` is {x.Shape} and has no inputs; give a cell without any one that is always 0.");
        for (var i = 0; i < inputs.Length; i++)
        {
            var expected = i < Coefficients ? _plan.ShapeOf(i, n, d) : i == Coefficients ? x.Shape : [batch, n];
            if (inputs[i].Shape != expected)
                throw new ShapeException(
                    $"{Name}: `{(i < Coefficients ? names[i] : i == Coefficients ? "x" : cell.Layout.States[i - Coefficients - 1])}` is {inputs[i].Shape} but must be "
                    + $"{expected} with {n} units, {d} inputs and a batch of {batch}.");
        }
        return [_plan.States + (course ? x.Shape[0] : 0), batch, n];
    }

    public override void Forward(in ForwardContext<T> c)
    {
        var size = SizeOf(c.Shape(Coefficients), c.Shape(Coefficients + 1));
        if (c.On is ISequenceBackend<T> device && device.Takes(size))
        {
            var views = new View<T>[c.Count];
            for (var i = 0; i < views.Length; i++) views[i] = c.Input(i);
            if (c.IsRecorded) _saved = c.Save(device.SavedLength(_plan, size));
            device.Forward(cell, _plan, size, views, c.Output, _saved);
            return;
        }
        using var host = new HostStage<T>(c.On);
        var inputs = new View<T>[c.Count];
        for (var i = 0; i < inputs.Length; i++) inputs[i] = host.In(c.Input(i));
        using var run = new Run(this, host.Backend, inputs, size);
        if (c.IsRecorded) _saved = c.Save(run.SavedLength);
        run.Forward(host.Out(c.Output), host.Out(_saved));
        host.Write();
    }

    public override void Vjp(in VjpContext<T> c)
    {
        var size = SizeOf(c.Shape(Coefficients), c.Shape(Coefficients + 1));
        View<T>[] inputs = new View<T>[c.Count], gradients = new View<T>[c.Count];
        if (c.On is ISequenceBackend<T> device && device.Takes(size))
        {
            for (var i = 0; i < inputs.Length; i++) (inputs[i], gradients[i]) = (c.Input(i), c.Needs(i) ? c.Grad(i) : default);
            device.Back(cell, _plan, size, inputs, _saved, c.OutputGrad, gradients);
            return;
        }
        using var host = new HostStage<T>(c.On);
        var own = new View<T>[c.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = host.In(c.Input(i));
            if (!c.Needs(i)) continue;
            gradients[i] = c.Scratch(c.Input(i).Length);
            own[i] = host.Out(gradients[i]);
            HostBackend<T>.Span(own[i]).Clear();
        }
        using var run = new Run(this, host.Backend, inputs, size);
        run.Back(host.In(c.OutputGrad), host.In(_saved), own);
        host.Write();
        for (var i = 0; i < gradients.Length; i++)
            if (c.Needs(i)) c.On.Add(gradients[i], c.Grad(i));
    }

    SequenceSize SizeOf(Shape x, Shape state) => new(x[0], x[1], x[2], state[1], course);

    /// <summary>One way through the sequence: what all threads share.</summary>
    sealed class Run : IDisposable
    {
        readonly SequenceProgram<T, S, F> _program;
        readonly HostBackend<T> _backend;
        readonly int _steps, _batch, _d, _n, _states, _coefficients, _rows, _blocks, _parts, _segment, _segments, _kept;
        readonly bool _course;
        readonly Buffer<T> _weights;
        readonly Buffer<T>[] _scratch;
        readonly int[] _taken;
        readonly View<T>[] _inputs;
        View<T> _saved, _outer, _gradients, _xGradients;
        View<T>[] _stateGradients = [];

        public Run(SequenceOp<T, S, F> op, HostBackend<T> backend, View<T>[] inputs, SequenceSize size)
        {
            (_steps, _batch, _d, _n, _course) = size;
            (_states, _coefficients) = (op._plan.States, op.Coefficients);
            _program = new(op.Cell, op._plan, _n, _d);
            (_backend, _inputs) = (backend, inputs);
            // The cut depends on the batch alone, so that the number of threads changes no bit; and what is a part already need not be cut for others.
            _rows = Math.Clamp((_batch / (backend.IsPart ? 1 : LeastParts) + 3) / 4 * 4, 4, MostRows);
            _blocks = (_batch + _rows - 1) / _rows;
            // Each part has sums of its own, and all of them lie in one buffer.
            _parts = Math.Clamp(int.MaxValue / Math.Max(1, _program.GradientsLength), 1, Math.Max(1, Math.Min(_blocks, MostParts)));
            (_segment, _segments) = (size.Segment, size.Segments);
            var perSegment = (long)_blocks * _segment * KeptLength * Unsafe.SizeOf<T>();
            _kept = perSegment == 0 ? 0 : (int)Math.Min(_segments, op.Memory.Bytes / perSegment);
            _weights = backend.Rent(_program.WeightsLength);
            _program.Pack(inputs, Span(_weights));
            _scratch = new Buffer<T>[Math.Clamp(backend.Threads, 1, Math.Max(1, _parts))];
            for (var i = 0; i < _scratch.Length; i++) _scratch[i] = backend.Rent(_program.ScratchLength(_rows, _segment));
            _taken = new int[_scratch.Length];
        }

        int StateLength => _program.StateLength(_rows);

        int KeptLength => _program.KeptLength(_rows);

        int SlabsLength => _program.SlabsLength(_rows, _segment);

        // Of each block: the states at the beginnings of the segments, then the products' results of every step of the last segments.
        long BlockLength => (long)_segments * StateLength + (long)_kept * _segment * KeptLength;

        /// <summary>How many elements the backward pass needs of the forward pass.</summary>
        public int SavedLength => _blocks * BlockLength is var length and <= int.MaxValue
            ? (int)length
            : throw new ArgumentException(
                $"Sequence: {_steps} steps of {_batch} samples and {_n} units would keep {_blocks * BlockLength * Unsafe.SizeOf<T>():N0} bytes, "
                + "more than a buffer holds; give it SequenceMemory.Sqrt or a smaller batch.");

        public void Dispose()
        {
            _backend.Return(_weights);
            foreach (var b in _scratch) _backend.Return(b);
        }

        /// <summary>From the states before the sequence to those after it, and the course.</summary>
        public void Forward(View<T> output, View<T> saved)
        {
            (_outer, _saved) = (output, saved);
            _backend.Run(_parts, new ForwardWork(this));
        }

        /// <summary>From the cotangents of the result to gradients, added to the inputs'; a missing view is left out.</summary>
        public void Back(View<T> cotangent, View<T> saved, View<T>[] gradients)
        {
            (_outer, _saved, _xGradients, _stateGradients) = (cotangent, saved, gradients[_coefficients], gradients[(_coefficients + 1)..]);
            var length = _program.GradientsLength;
            var sums = _backend.Rent(_parts * length);
            try
            {
                _gradients = new(sums, 0, _parts * length);
                _backend.Fill(_gradients, T.Zero);
                _backend.Run(_parts, new BackWork(this));
                for (var part = 0; part < _parts; part++) _program.Unpack(Span(sums).Slice(part * length, length), gradients);
            }
            finally
            {
                _backend.Return(sums);
            }
        }

        readonly struct ForwardWork(Run run) : IWork
        {
            public void Run(int part) => run.EachBlock(part, static (run, block, rows, scratch, _) => run.ForwardBlock(block, rows, scratch));
        }

        readonly struct BackWork(Run run) : IWork
        {
            public void Run(int part) => run.EachBlock(part, static (run, block, rows, scratch, part) => run.BackBlock(block, rows, scratch, part));
        }

        void EachBlock(int part, Action<Run, int, int, Buffer<T>, int> work)
        {
            var slot = 0;
            while (Interlocked.CompareExchange(ref _taken[slot], 1, 0) != 0) slot = (slot + 1) % _taken.Length;
            try
            {
                for (var block = (int)((long)part * _blocks / _parts); block < (int)((part + 1L) * _blocks / _parts); block++)
                    work(this, block, Math.Min(_rows, _batch - block * _rows), _scratch[slot], part);
            }
            finally
            {
                // Else the other parts would wait for it for ever.
                Volatile.Write(ref _taken[slot], 0);
            }
        }

        void ForwardBlock(int block, int rows, Buffer<T> scratch)
        {
            Span<T> x = In(_coefficients), weights = Span(_weights), own = Own(scratch);
            var current = _program.Slab(own, 0, rows);
            current.Clear();
            for (var k = 0; k < _states; k++) _program.Put(In(_coefficients + 1 + k).Slice(block * _rows * _n, rows * _n), k, current, rows);
            _program.Begin(current, rows);
            for (var t = 0; t < _steps; t++)
            {
                var segment = t / _segment;
                if (!_saved.IsMissing && t % _segment == 0) _program.Save(current, Saved(block, segment), rows);
                // Two slabs take turns.
                var next = _program.Slab(own, (t + 1) % 2, rows);
                _program.Step(weights, X(x, t, block), current, next, rows);
                if (IsKept(segment)) _program.Keep(current, Kept(block, t), rows);
                if (_course) _program.Store(next, 0, Outer(_states + t, block, rows), rows);
                current = next;
            }
            for (var k = 0; k < _states; k++) _program.Store(current, k, Outer(k, block, rows), rows);
        }

        void BackBlock(int block, int rows, Buffer<T> scratch, int part)
        {
            Span<T> x = In(_coefficients), weights = Span(_weights), own = Own(scratch);
            var cotangents = own.Slice(SlabsLength, _program.CotangentsLength(rows));
            var rest = own[(SlabsLength + _program.CotangentsLength(_rows))..];
            var gradients = HostBackend<T>.Span(_gradients).Slice(part * _program.GradientsLength, _program.GradientsLength);
            cotangents.Clear();
            for (var k = 0; k < _states; k++) _program.AddCotangents(Outer(k, block, rows), k, cotangents, rows);
            for (var segment = _segments - 1; segment >= 0; segment--)
            {
                var (first, steps) = (segment * _segment, Steps(segment));
                _program.Restore(Saved(block, segment), _program.Slab(own, 0, rows), rows);
                for (var t = 0; t < steps; t++)
                {
                    var at = first + t;
                    Span<T> from = _program.Slab(own, t, rows), to = _program.Slab(own, t + 1, rows);
                    if (IsKept(segment)) _program.StepAgain(Kept(block, at), weights, X(x, at, block), from, to, rows);
                    else _program.Step(weights, X(x, at, block), from, to, rows);
                }
                _program.Back(weights, X(x, first, block), _batch * _d, own, steps, rows,
                    _course ? HostBackend<T>.Span(_outer)[((_states + first) * _batch * _n + block * _rows * _n)..] : default, _batch * _n, cotangents, gradients,
                    _xGradients.IsMissing ? default : X(HostBackend<T>.Span(_xGradients), first, block), rest);
            }
            for (var k = 0; k < _states; k++)
                if (!_stateGradients[k].IsMissing)
                    _program.StoreCotangents(cotangents, k, HostBackend<T>.Span(_stateGradients[k]).Slice(block * _rows * _n, rows * _n), rows);
        }

        // No more than was asked for: what the pool gave beyond would hide a step too far.
        Span<T> Own(Buffer<T> scratch) => Span(scratch)[.._program.ScratchLength(_rows, _segment)];

        static Span<T> Span(Buffer<T> b) => HostBackend<T>.Span(new(b, 0, b.Length));

        Span<T> In(int i) => HostBackend<T>.Span(_inputs[i]);

        Span<T> Outer(int i, int block, int rows) => HostBackend<T>.Span(_outer).Slice((i * _batch + block * _rows) * _n, rows * _n);

        Span<T> X(Span<T> x, int t, int block) => x[((t * _batch + block * _rows) * _d)..];

        Span<T> Saved(int block, int segment) => HostBackend<T>.Span(_saved).Slice((int)(block * BlockLength) + segment * StateLength, StateLength);

        bool IsKept(int segment) => !_saved.IsMissing && segment >= _segments - _kept;

        Span<T> Kept(int block, int t) => HostBackend<T>.Span(_saved)
            .Slice((int)(block * BlockLength + (long)_segments * StateLength) + (t - (_segments - _kept) * _segment) * KeptLength, KeptLength);

        int Steps(int segment) => Math.Min(_segment, _steps - segment * _segment);
    }

    F Cell => cell;

    SequenceMemory Memory => memory;
}
