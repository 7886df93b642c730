using System.Numerics;
using System.Runtime.ExceptionServices;

namespace Organics;

/// <summary>
/// A cell in tape ops over a whole sequence as one op. Inputs are the coefficients, x [steps, batch, d] and the parts of the state; the result is those after
/// the sequence one behind the other, and behind them, on request, the first part after every step. Gradient: back-propagation through time; a segment of √T/4
/// steps at a time is computed again, on a tape of its own, from the state saved before it. (A step leaves about ten times its state on a tape, for each
/// thread's cut: with segments of √T the memory would be the same, and the tapes would not fit into the caches.)
/// </summary>
/// <remarks>
/// In this process a large batch is cut, by its size alone. A thread takes one cut through all steps, so that what a step computes stays in its cache, and
/// cotangents of the coefficients are summed in the order of the cuts.
/// </remarks>
/// <param name="cell">The cell.</param>
/// <param name="coefficients">What its steps use.</param>
/// <param name="shapes">Of the parts of the state.</param>
/// <param name="course">Whether the first part after every step is a result, too.</param>
sealed class ScanOp<P, C, T>(IRecurrentCell<P, C, T> cell, C coefficients, Shape[] shapes, bool course) : Op<T>
    where P : IParameters<P, T>
    where C : IParameters<C, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Fewer samples would pay more for the ops of a step than for their work.
    const int LeastRows = 32, MostRows = 64, Cuts = 8, MostParts = 32;

    // Beyond the rounding of float.
    const double Move = 1.0 / 16;

    // Where x stands among the inputs, between coefficients and states.
    readonly int _x = coefficients.List().Count;
    Device _device = Device.Cpu;
    View<T> _saved;

    public override string Name => "Scan";

    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs)
    {
        _device = inputs[0].Device;
        return [shapes.Sum(s => s.Length) + (course ? inputs[_x].Shape[0] * shapes[0].Length : 0)];
    }

    public override void Forward(in ForwardContext<T> c)
    {
        var inputs = new View<T>[c.Count];
        for (var i = 0; i < inputs.Length; i++) inputs[i] = c.Input(i);
        using var run = new Run(this, c.On, inputs, c.Shape(_x));
        if (c.IsRecorded) _saved = c.Save(run.SavedLength);
        run.Forward(c.Output);
    }

    public override void Vjp(in VjpContext<T> c)
    {
        View<T>[] inputs = new View<T>[c.Count], gradients = new View<T>[c.Count];
        for (var i = 0; i < inputs.Length; i++) (inputs[i], gradients[i]) = (c.Input(i), c.Needs(i) ? c.Grad(i) : default);
        using var run = new Run(this, c.On, inputs, c.Shape(_x));
        run.Back(c.OutputGrad, gradients);
    }

    IRecurrentCell<P, C, T> Cell => cell;

    C Coefficients => coefficients;

    Shape[] Shapes => shapes;

    bool HasCourse => course;

    /// <summary>One way through the sequence: what all threads share.</summary>
    sealed class Run : IDisposable
    {
        readonly ScanOp<P, C, T> _op;
        readonly Backend<T> _on;
        readonly View<T>[] _inputs;
        readonly int _steps, _batch, _d, _segment, _rows, _cuts, _parts, _length;
        // Where each part of the state begins, and its elements of one sample; of all, where nothing is cut.
        readonly int[] _starts, _widths;
        readonly ConstantMatrices<T> _constants;
        View<T> _outer;
        View<T>[] _gradients = [], _sums = [];

        public Run(ScanOp<P, C, T> op, Backend<T> on, View<T>[] inputs, Shape x)
        {
            (_op, _on, _inputs) = (op, on, inputs);
            (_steps, _batch, _d) = (x[0], x[1], x[2]);
            _segment = Math.Max(1, SequenceMemory.SegmentLength(_steps) / 4);
            var isCut = on is HostBackend<T> && _batch > LeastRows && op.Shapes.All(s => s.Rank > 0 && s[0] == _batch);
            _rows = isCut ? Math.Clamp((_batch / Cuts + 3) / 4 * 4, LeastRows, MostRows) : _batch;
            _cuts = isCut ? (_batch + _rows - 1) / _rows : 1;
            // Each part has sums of its own, and all of them lie in one buffer.
            _parts = (int)Math.Clamp(int.MaxValue / Math.Max(1, inputs[..op._x].Sum(c => (long)c.Length)), 1, Math.Min(_cuts, MostParts));
            _starts = [.. op.Shapes.Select((_, i) => op.Shapes.Take(i).Sum(s => s.Length))];
            _widths = [.. op.Shapes.Select(s => isCut ? s.Length / _batch : s.Length)];
            _length = op.Shapes.Sum(s => s.Length);
            _constants = new(on, inputs[..op._x]);
        }

        int Segments => (_steps + _segment - 1) / _segment;

        /// <summary>How many elements the backward pass needs of the forward pass: the states before each segment.</summary>
        public int SavedLength => Segments * _length;

        public void Dispose() => _constants.Dispose();

        /// <summary>From the states before the sequence to those after it, and the course.</summary>
        public void Forward(View<T> output)
        {
            _outer = output;
            if (_cuts > 1 && _steps > 0) CheckIndependence();
            Each(static (run, cut, on, _) => run.Forward(cut, on));
        }

        /// <summary>From the cotangents of the result to gradients, added to the inputs'; a missing view is left out.</summary>
        public void Back(View<T> cotangent, View<T>[] gradients)
        {
            (_outer, _gradients) = (cotangent, gradients);
            var wanted = gradients[.._op._x];
            var length = wanted.Sum(g => g.Length);
            var sums = _parts > 1 ? _on.Rent(Math.Max(1, _parts * length)) : null;
            try
            {
                if (sums is not null)
                {
                    _on.Fill(new(sums, 0, _parts * length), T.Zero);
                    var at = 0;
                    _sums = [.. wanted.Select(g => g.IsMissing ? default : new View<T>(sums, (at += g.Length) - g.Length, g.Length))];
                }
                Each(static (run, cut, on, part) => run.Back(cut, on, part));
                for (var part = 0; sums is not null && part < _parts; part++)
                    for (var i = 0; i < wanted.Length; i++)
                        if (!wanted[i].IsMissing) _on.Add(Sum(i, part), wanted[i]);
            }
            finally
            {
                if (sums is not null) _on.Return(sums);
            }
        }

        // What the cuts of one part add their gradients to.
        View<T> Sum(int i, int part)
            => _sums.Length == 0 || _sums[i].IsMissing ? _gradients[i] : _sums[i] with { Offset = _sums[i].Offset + part * _sums.Sum(s => s.Length) };

        readonly struct Work(Run run, Action<Run, int, Backend<T>, int> each) : IWork
        {
            public void Run(int part)
            {
                var host = (HostBackend<T>)run._on;
                var own = host.Lease(threads: run._parts == 1, run._constants);
                try
                {
                    var end = (int)((part + 1L) * run._cuts / run._parts);
                    for (var cut = (int)((long)part * run._cuts / run._parts); cut < end; cut++) each(run, cut, own, part);
                }
                finally
                {
                    host.Return(own);
                }
            }
        }

        void Each(Action<Run, int, Backend<T>, int> each)
        {
            if (_on is not HostBackend<T> host) each(this, 0, _on, 0);
            else if (_parts == 1) new Work(this, each).Run(0);
            else
            {
                try
                {
                    host.Run(_parts, new Work(this, each));
                }
                catch (AggregateException error) when (error.InnerException is { } inner)
                {
                    // What a step throws reaches its author as it is, whether samples are parted or not.
                    ExceptionDispatchInfo.Throw(inner);
                }
            }
        }

        int Rows(int cut) => Math.Min(_rows, _batch - cut * _rows);

        // The samples of a cut in part i of states that lie one behind the other.
        View<T> Of(View<T> states, int i, int cut, int rows) => states.Slice(_starts[i] + cut * _rows * _widths[i], Length(i, rows));

        // … in part i of states of their own.
        int Length(int i, int rows) => _cuts == 1 ? _widths[i] : rows * _widths[i];

        int StateLength(int rows) => _op.Shapes.Select((_, i) => Length(i, rows)).Sum();

        Shape ShapeOf(int i, int rows) => _cuts == 1 ? _op.Shapes[i] : _op.Shapes[i].With(0, rows);

        // … in part i of the state before the sequence.
        View<T> Before(int i, int cut, int rows) => _inputs[_op._x + 1 + i].Slice(cut * _rows * _widths[i], Length(i, rows));

        View<T>[] State(Func<int, View<T>> part) => [.. _op.Shapes.Select((_, i) => part(i))];

        void Forward(int cut, Backend<T> on)
        {
            var rows = Rows(cut);
            using var workspace = new Workspace<T>(_op._device) { Backend = on };
            // Two copies of the state take turns, so that all else that a step computes is forgotten at its end.
            var length = StateLength(rows);
            var turns = on.Rent(Math.Max(1, 2 * length));
            try
            {
                var state = State(i => Before(i, cut, rows));
                for (var t = 0; t < _steps; t++)
                {
                    if (!_op._saved.IsMissing && t % _segment == 0)
                        for (var i = 0; i < state.Length; i++) on.Copy(state[i], Of(_op._saved.Slice(t / _segment * _length, _length), i, cut, rows));
                    var next = Step(workspace, t, cut * _rows, rows, state);
                    if (_op.HasCourse) on.Copy(next[0].View, Course(t, cut, rows));
                    var at = t % 2 * length;
                    for (var i = 0; i < state.Length; at += Length(i++, rows))
                    {
                        state[i] = new(turns, at, Length(i, rows));
                        on.Copy(next[i].View, state[i]);
                    }
                    workspace.Reset();
                }
                for (var i = 0; i < state.Length; i++) on.Copy(state[i], Of(_outer, i, cut, rows));
            }
            finally
            {
                on.Return(turns);
            }
        }

        IReadOnlyList<Tensor<T>> Step(Workspace<T> workspace, int t, int first, int rows, View<T>[] state)
        {
            var at = 0;
            var c = _op.Coefficients.Map((_, own) => workspace.Borrow(_inputs[at++], own.Shape));
            var x = workspace.Borrow(_inputs[_op._x].Slice((t * _batch + first) * _d, rows * _d), [rows, _d]);
            return Checked(_op.Cell.Step(c, x, [.. state.Select((view, i) => workspace.Borrow(view, ShapeOf(i, rows)))]), rows);
        }

        IReadOnlyList<Tensor<T>> Checked(IReadOnlyList<Tensor<T>> after, int rows)
        {
            var names = _op.Cell.States;
            if (after.Count != names.Count)
                throw new ShapeException($"Scan: a step gave {after.Count} states, but the cell has {string.Join(", ", names)}; return one tensor for each.");
            for (var i = 0; i < after.Count; i++)
                if (after[i].Shape != ShapeOf(i, rows))
                    throw new ShapeException($"Scan: a step made {after[i].Shape} of `{names[i]}`, which was {ShapeOf(i, rows)}; its shape must stay.");
            return after;
        }

        // A step of the first cut and of the last must be what it is of all samples at once; from states that are moved, for at 0, where most cells begin, much is
        // alike that is not the same.
        void CheckIndependence()
        {
            var random = new CounterRandom(0);
            using var workspace = new Workspace<T>(_op._device);
            View<T>[] moved = [.. _op.Shapes.Select((shape, i) =>
            {
                var copy = workspace.RentView(shape.Length);
                _on.Copy(_inputs[_op._x + 1 + i], copy);
                var values = HostBackend<T>.Span(copy);
                for (var k = 0; k < values.Length; k++)
                    values[k] += (T.One + T.Abs(values[k])) * T.CreateTruncating(Move * (random.Uniform((ulong)(_starts[i] + k)) - 0.5));
                return copy;
            })];
            var together = Step(workspace, 0, 0, _batch, moved);
            foreach (var cut in (int[])[0, _cuts - 1])
            {
                var (first, rows) = (cut * _rows, Rows(cut));
                var alone = Alone();
                for (var i = 0; i < alone.Count; i++)
                    if (!HostBackend<T>.Span(alone[i].View).SequenceEqual(HostBackend<T>.Span(together[i].View).Slice(first * _widths[i], rows * _widths[i])))
                        throw new ArgumentException(
                            $"Scan: of samples {first} to {first + rows - 1} alone a step makes another `{_op.Cell.States[i]}` than of all {_batch}; samples lie along "
                            + "the leading axis and must not depend on one another, nor on chance. Where they are meant to, give SequenceMemory.All, which keeps them "
                            + "together.");

                IReadOnlyList<Tensor<T>> Alone()
                {
                    try
                    {
                        return Step(workspace, 0, first, rows, State(i => moved[i].Slice(first * _widths[i], rows * _widths[i])));
                    }
                    catch (ShapeException error)
                    {
                        throw new ShapeException(
                            $"Scan: a step takes all {_batch} samples, but not {rows} of them ({error.Message.TrimEnd('.')}); what it uses beside x and the state must not hold "
                            + "something for each sample. Give that as input or state, or SequenceMemory.All, which keeps samples together.");
                    }
                }
            }
        }

        void Back(int cut, Backend<T> on, int part)
        {
            var (rows, width) = (Rows(cut), _op.Shapes.Length);
            var length = StateLength(rows);
            var carried = on.Rent(Math.Max(1, length));
            try
            {
                var starts = new int[width];
                for (var i = 1; i < width; i++) starts[i] = starts[i - 1] + Length(i - 1, rows);
                for (var i = 0; i < width; i++) on.Copy(Of(_outer, i, cut, rows), Carried(i));
                for (var segment = Segments - 1; segment >= 0; segment--) Back(segment);
                for (var i = 0; i < width; i++)
                    if (_gradients[_op._x + 1 + i] is { IsMissing: false } gradient)
                        on.Add(Carried(i), gradient.Slice(cut * _rows * _widths[i], Length(i, rows)));

                View<T> Carried(int i) => new(carried, starts[i], Length(i, rows));

                void Back(int segment)
                {
                    var (first, steps) = (segment * _segment, Math.Min(_segment, _steps - segment * _segment));
                    using var tape = new Tape<T>(_op._device, on);
                    var workspace = tape.Workspace;
                    int at = 0, shown = _op.HasCourse ? Length(0, rows) : 0;
                    List<(Tensor<T> Watched, View<T> Sum)> own = [];
                    var c = _op.Coefficients.Map((_, each) =>
                    {
                        var tensor = workspace.Borrow(_inputs[at], each.Shape);
                        if (Sum(at++, part) is not { IsMissing: false } sum) return tensor;
                        own.Add((tape.Watch(tensor), sum));
                        return own[^1].Watched;
                    });
                    // The inputs of a cut at one step are not beside those of the next.
                    var x = workspace.Rent([steps, rows, _d]);
                    on.CopyRows(Inputs(_inputs[_op._x]), _batch * _d, x.View, rows * _d, steps, rows * _d, accumulate: false);
                    if (!_gradients[_op._x].IsMissing) x = tape.Watch(x);
                    Tensor<T>[] before = [.. _op.Shapes.Select((_, i) =>
                        tape.Watch(workspace.Borrow(Of(_op._saved.Slice(segment * _length, _length), i, cut, rows), ShapeOf(i, rows))))];
                    var course = _op.HasCourse ? new List<Tensor<T>>() : null;
                    var after = tape.Trace(() =>
                    {
                        var state = Scan.Steps(_op.Cell, c, x, before, course);
                        return Tensor<T>.Concat(0, [.. state.Concat(course ?? []).Select(s => s.Reshape([s.Length]))]);
                    });
                    var cotangent = workspace.Rent(after.Shape);
                    on.Copy(new(carried, 0, length), cotangent.View.Slice(0, length));
                    for (var t = 0; t < steps && shown > 0; t++) on.Copy(Course(first + t, cut, rows), cotangent.View.Slice(length + t * shown, shown));
                    if (after.Node < 0)
                    {
                        // Nothing that is asked for reaches the end.
                        on.Fill(new(carried, 0, length), T.Zero);
                        return;
                    }
                    var gradients = tape.Backward(after, cotangent);
                    foreach (var (watched, sum) in own) on.Add(gradients[watched].View, sum);
                    if (!_gradients[_op._x].IsMissing)
                        on.CopyRows(gradients[x].View, rows * _d, Inputs(_gradients[_op._x]), _batch * _d, steps, rows * _d, accumulate: true);
                    for (var i = 0; i < width; i++) on.Copy(gradients[before[i]].View, Carried(i));

                    View<T> Inputs(View<T> all) => all.Slice((first * _batch + cut * _rows) * _d, ((steps - 1) * _batch + rows) * _d);
                }
            }
            finally
            {
                on.Return(carried);
            }
        }

        // What is shown of a cut after step t, in the result or its cotangent.
        View<T> Course(int t, int cut, int rows) => _outer.Slice(_length + t * _op.Shapes[0].Length + cut * _rows * _widths[0], Length(0, rows));
    }
}
