using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Organics;

/// <summary>
/// The recurrent circuit run over a whole sequence as one op: inputs are the coefficients, x [steps, batch, d] and the states y, a, b0, b1 [batch, n] before
/// it; the result is the states after it, [4, batch, n], or y after every step, [steps, batch, n]. Gradient: back-propagation through time (docs/theory.md),
/// summed over samples in an order that the batch alone decides.
/// </summary>
static class SequenceOp
{
    /// <summary>How many of the inputs are coefficients.</summary>
    public const int Coefficients = 14;

    /// <summary>The op for the vectors of this machine.</summary>
    /// <param name="variant">Which published form.</param>
    /// <param name="memory">How much is kept for the backward pass.</param>
    /// <param name="course">Whether the result is y after every step; not by the program of a device of its own.</param>
    public static Op<T> For<T>(CircuitVariant variant, SequenceMemory memory, bool course = false) where T : unmanaged, IFloatingPointIeee754<T>
        => Vector512.IsHardwareAccelerated ? new SequenceOp<T, Simd512<T>>(variant, memory, course) : new SequenceOp<T, Simd256<T>>(variant, memory, course);
}

/// <inheritdoc cref="SequenceOp"/>
sealed class SequenceOp<T, S>(CircuitVariant variant, SequenceMemory memory, bool course = false) : Op<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where S : struct, ISimdReal<S, T>
{
    // Samples that one thread takes through all steps at a time. More reuse a weight more often, fewer leave room for it in the cache.
    const int MostRows = 32, LeastParts = 16, MostParts = 32;

    View<T> _saved;

    public override string Name => "OrganicsSequence";

    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs)
    {
        var (x, y) = (inputs[SequenceOp.Coefficients], inputs[^4]);
        if (x.Shape.Rank != 3) throw new ShapeException($"{Name}: `x` is {x.Shape} but must be [steps, batch, inputs]; Reshape it.");
        var (batch, d, n) = (x.Shape[1], x.Shape[2], inputs[0].Shape[0]);
        if (d == 0) throw new ShapeException($"{Name}: `x` is {x.Shape} and has no inputs; give a circuit without any one that is always 0.");
        ReadOnlySpan<string> names =
        [
            "Wzx", "Wr", "W", "Wbx0", "Wby0", "Wba0", "Wbx1", "Wby1", "Wba1", "sigma", "kappa_y", "kappa_a", "kappa_b0", "kappa_b1", "x", "y", "a", "b0", "b1",
        ];
        for (var i = 0; i < inputs.Length; i++)
        {
            Shape expected =
                i switch { 0 or 3 or 6 => [n, d], < 9 => [n, n], < SequenceOp.Coefficients => [n], SequenceOp.Coefficients => x.Shape, _ => [batch, n] };
            if (inputs[i].Shape != expected)
                throw new ShapeException(
                    $"{Name}: `{names[i]}` is {inputs[i].Shape} but must be {expected} with {n} units, {d} inputs and a batch of {batch}.");
        }
        return [course ? x.Shape[0] : 4, batch, y.Shape[1]];
    }

    public override void Forward(in ForwardContext<T> c)
    {
        var size = SizeOf(c.Shape(0), c.Shape(SequenceOp.Coefficients));
        if (!course && c.On is ISequenceBackend<T> device && device.Takes(size))
        {
            var views = new View<T>[c.Count];
            for (var i = 0; i < views.Length; i++) views[i] = c.Input(i);
            if (c.IsRecorded) _saved = c.Save(device.SavedLength(size));
            device.Forward(variant, size, views, c.Output, _saved);
            return;
        }
        using var host = new HostStage<T>(c.On);
        var inputs = new View<T>[c.Count];
        for (var i = 0; i < inputs.Length; i++) inputs[i] = host.In(c.Input(i));
        using var run = new Run(variant, memory, course, host.Backend, inputs, size);
        if (c.IsRecorded) _saved = c.Save(run.SavedLength);
        run.Forward(host.Out(c.Output), host.Out(_saved));
        host.Write();
    }

    public override void Vjp(in VjpContext<T> c)
    {
        var size = SizeOf(c.Shape(0), c.Shape(SequenceOp.Coefficients));
        View<T>[] inputs = new View<T>[c.Count], gradients = new View<T>[c.Count];
        if (!course && c.On is ISequenceBackend<T> device && device.Takes(size))
        {
            for (var i = 0; i < inputs.Length; i++) (inputs[i], gradients[i]) = (c.Input(i), c.Needs(i) ? c.Grad(i) : default);
            device.Back(variant, size, inputs, _saved, c.OutputGrad, gradients);
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
        using var run = new Run(variant, memory, course, host.Backend, inputs, size);
        run.Back(host.In(c.OutputGrad), host.In(_saved), own);
        host.Write();
        for (var i = 0; i < gradients.Length; i++)
            if (c.Needs(i)) c.On.Add(gradients[i], c.Grad(i));
    }

    static SequenceSize SizeOf(Shape drive, Shape x) => new(x[0], x[1], x[2], drive[0]);

    /// <summary>One way through the sequence: what all threads share.</summary>
    sealed class Run : IDisposable
    {
        readonly SequenceProgram<T, S> _program;
        readonly HostBackend<T> _backend;
        readonly bool _course;
        readonly int _steps, _batch, _d, _n, _rows, _blocks, _parts, _segment, _segments, _kept;
        readonly Buffer<T> _weights;
        readonly Buffer<T>[] _scratch;
        readonly int[] _taken;
        readonly View<T>[] _inputs;
        View<T> _saved, _outer, _gradients, _xGradients;
        View<T>[] _stateGradients = [];

        public Run(CircuitVariant variant, SequenceMemory memory, bool course, HostBackend<T> backend, View<T>[] inputs, SequenceSize size)
        {
            (_steps, _batch, _d, _n) = size;
            _program = new(_n, _d, variant);
            (_backend, _inputs, _course) = (backend, inputs, course);
            // The cut depends on the batch alone, so that the number of threads changes no bit.
            _rows = Math.Clamp((_batch / LeastParts + 3) / 4 * 4, 4, MostRows);
            _blocks = (_batch + _rows - 1) / _rows;
            _parts = Math.Min(_blocks, MostParts);
            (_segment, _segments) = (size.Segment, size.Segments);
            var perSegment = (long)_blocks * _segment * StateLength * Unsafe.SizeOf<T>();
            _kept = perSegment == 0 ? 0 : (int)Math.Min(_segments, memory.Bytes / perSegment);
            _weights = backend.Rent(_program.WeightsLength);
            _program.Pack(inputs, Span(_weights));
            _scratch = new Buffer<T>[Math.Clamp(backend.Threads, 1, Math.Max(1, _parts))];
            for (var i = 0; i < _scratch.Length; i++) _scratch[i] = backend.Rent(_program.ScratchLength(_rows, _segment));
            _taken = new int[_scratch.Length];
        }

        int StateLength => _program.StateLength(_rows);

        int SlabsLength => _program.SlabsLength(_rows, _segment);

        // Of each block: the states at the beginnings of the segments, then the products' results of every step of the last segments, as long as states are.
        long BlockLength => (_segments + (long)_kept * _segment) * StateLength;

        /// <summary>How many elements the backward pass needs of the forward pass.</summary>
        public int SavedLength => _blocks * BlockLength is var length and <= int.MaxValue
            ? (int)length
            : throw new ArgumentException(
                $"OrganicsSequence: {_steps} steps of {_batch} samples and {_n} units would keep {_blocks * BlockLength * Unsafe.SizeOf<T>():N0} bytes, "
                + "more than a buffer holds; give it SequenceMemory.Sqrt or a smaller batch.");

        public void Dispose()
        {
            _backend.Return(_weights);
            foreach (var b in _scratch) _backend.Return(b);
        }

        /// <summary>From the states before the sequence to those after it, [4, batch, n], or to its course.</summary>
        public void Forward(View<T> output, View<T> saved)
        {
            (_outer, _saved) = (output, saved);
            _backend.Run(_parts, new ForwardWork(this));
        }

        /// <summary>From the cotangents of the result to gradients, added to the inputs'; a missing view is left out.</summary>
        public void Back(View<T> cotangent, View<T> saved, View<T>[] gradients)
        {
            (_outer, _saved, _xGradients, _stateGradients) = (cotangent, saved, gradients[SequenceOp.Coefficients], gradients[(SequenceOp.Coefficients + 1)..]);
            var length = _program.GradientsLength;
            var sums = _backend.Rent(_parts * length);
            try
            {
                _gradients = new(sums, 0, _parts * length);
                _backend.Fill(_gradients, T.Zero);
                _backend.Run(_parts, new BackWork(this));
                for (var part = 0; part < _parts; part++)
                    _program.Unpack(
                        Span(sums).Slice(part * length, length), _inputs.AsSpan(0, SequenceOp.Coefficients), gradients.AsSpan(0, SequenceOp.Coefficients));
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
            Span<T> x = In(SequenceOp.Coefficients), weights = Span(_weights), own = Span(scratch);
            var current = _program.Slab(own, 0, rows);
            _program.Load(State(1, block, rows), State(2, block, rows), State(3, block, rows), State(4, block, rows), current, rows);
            for (var t = 0; t < _steps; t++)
            {
                var segment = t / _segment;
                if (!_saved.IsMissing && t % _segment == 0) _program.Save(current, Saved(block, segment), rows);
                // Two slabs take turns.
                var next = _program.Slab(own, (t + 1) % 2, rows);
                _program.Step(weights, X(x, t, block), current, next, rows);
                if (IsKept(segment)) _program.Keep(current, Kept(block, t), rows);
                current = next;
                if (_course) _program.StoreY(current, Outer(t, block, rows), rows);
            }
            if (!_course) _program.Store(current, Outer(0, block, rows), Outer(1, block, rows), Outer(2, block, rows), Outer(3, block, rows), rows);
        }

        void BackBlock(int block, int rows, Buffer<T> scratch, int part)
        {
            Span<T> x = In(SequenceOp.Coefficients), weights = Span(_weights), own = Span(scratch);
            var cotangents = own.Slice(SlabsLength, StateLength);
            var rest = own[(SlabsLength + StateLength)..];
            var gradients = HostBackend<T>.Span(_gradients).Slice(part * _program.GradientsLength, _program.GradientsLength);
            if (_course) cotangents.Clear();
            else _program.LoadCotangents(Outer(0, block, rows), Outer(1, block, rows), Outer(2, block, rows), Outer(3, block, rows), cotangents, rows);
            for (var segment = _segments - 1; segment >= 0; segment--)
            {
                var steps = Steps(segment);
                _program.Restore(Saved(block, segment), _program.Slab(own, 0, rows), rows);
                for (var t = 0; t < steps; t++)
                {
                    var at = segment * _segment + t;
                    Span<T> from = _program.Slab(own, t, rows), to = _program.Slab(own, t + 1, rows);
                    if (IsKept(segment)) _program.StepAgain(Kept(block, at), weights, X(x, at, block), from, to, rows);
                    else _program.Step(weights, X(x, at, block), from, to, rows);
                }
                _program.Back(weights, X(x, segment * _segment, block), _batch * _d, own, steps, rows, cotangents,
                    _course ? HostBackend<T>.Span(_outer)[((segment * _segment * _batch + block * _rows) * _n)..] : default, _batch * _n, gradients,
                    _xGradients.IsMissing ? default : X(HostBackend<T>.Span(_xGradients), segment * _segment, block), rest);
            }
            _program.StoreCotangents(cotangents, _stateGradients, block * _rows, rows);
        }

        static Span<T> Span(Buffer<T> b) => HostBackend<T>.Span(new(b, 0, b.Length));

        Span<T> In(int i) => HostBackend<T>.Span(_inputs[i]);

        Span<T> State(int i, int block, int rows) => In(SequenceOp.Coefficients + i).Slice(block * _rows * _n, rows * _n);

        Span<T> Outer(int i, int block, int rows) => HostBackend<T>.Span(_outer).Slice((i * _batch + block * _rows) * _n, rows * _n);

        Span<T> X(Span<T> x, int t, int block) => x[((t * _batch + block * _rows) * _d)..];

        Span<T> Saved(int block, int segment) => HostBackend<T>.Span(_saved).Slice((int)(block * BlockLength) + segment * StateLength, StateLength);

        bool IsKept(int segment) => !_saved.IsMissing && segment >= _segments - _kept;

        Span<T> Kept(int block, int t) => HostBackend<T>.Span(_saved)
            .Slice((int)(block * BlockLength) + (_segments + t - (_segments - _kept) * _segment) * StateLength, StateLength);

        int Steps(int segment) => Math.Min(_segment, _steps - segment * _segment);
    }
}
