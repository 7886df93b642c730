using System.Numerics;
using ILGPU;

namespace Organics.Backends;

/// <summary>How many steps a launch takes, and what is numbered: samples, inputs, steps between two saved states (0 where a segment is computed again), the steps
/// that a slab holds (2 take turns), and the cell's states, sources and products.</summary>
readonly struct SequenceLayout(int steps, int batch, int inputs, int segment, int span, int states, int sources, int products)
{
    public readonly int Steps = steps, Batch = batch, Inputs = inputs, Segment = segment, Span = span, States = states, Sources = sources, Products = products;
}

/// <summary>
/// What the threads of a group do in a step, as numbers that all of them read alike (<see cref="SequenceScript"/>): phases, what is told to the group in each,
/// the matrices that are multiplied then, and the products' activations.
/// </summary>
readonly struct ScriptViews(ArrayView<int> phases, ArrayView<int> tells, ArrayView<int> terms, ArrayView<int> products)
{
    public readonly ArrayView<int> Phases = phases, Tells = tells, Terms = terms, Products = products;
}

/// <summary>
/// x [steps, batch, d], the packed weights, biases and coefficients [n each], and the numbers of every step, [slot, step, batch, n]: states, sources, products
/// and, going back, the products' cotangents.
/// </summary>
readonly struct SequenceViews<T>(ArrayView<T> x, ArrayView<T> weights, ArrayView<T> neurons, ArrayView<T> slab) where T : unmanaged
{
    public readonly ArrayView<T> X = x, Weights = weights, Neurons = neurons, Slab = slab;
}

/// <summary>Cotangents of the states after a step and of those before it, which take turns, [2, states, batch, n]; of the sources; of the course, [steps, batch, n],
/// or nothing; and sums over steps and samples, [biases and coefficients, blocks, n].</summary>
readonly struct CotangentViews<T>(ArrayView<T> states, ArrayView<T> sources, ArrayView<T> course, ArrayView<T> sums) where T : unmanaged
{
    public readonly ArrayView<T> States = states, Sources = sources, Course = course, Sums = sums;
}

/// <summary>The most neurons that a kernel is compiled for: shared memory and registers are shared out among as many threads.</summary>
interface IGroupSize
{
    static abstract int Units { get; }
}

readonly struct Group64 : IGroupSize
{
    public static int Units => 64;
}

readonly struct Group128 : IGroupSize
{
    public static int Units => 128;
}

readonly struct Group256 : IGroupSize
{
    public static int Units => 256;
}

// In double precision this fills what a group may have of an NVIDIA GPU's shared memory, 48 KiB …
readonly struct Group384 : IGroupSize
{
    public static int Units => 384;
}

// … and this in single precision.
readonly struct Group768 : IGroupSize
{
    public static int Units => 768;
}

/// <summary>
/// A cell over a sequence. A group takes <see cref="Rows{T, L}.Count"/> samples through all steps and has a thread for every neuron; what one neuron tells the
/// others lies in shared memory. A thread alone reads and writes the numbers of its neuron and samples.
/// </summary>
static class SequenceKernels<T, L, F>
    where T : unmanaged, IFloatingPointIeee754<T>
    where L : unmanaged, ILane<L, T>
    where F : unmanaged, ICellFormula<T>
{
    /// <summary>From the states before the steps, [states, batch, n], to those after them, in place; where a segment is computed again, its states stay, and the
    /// slab has room for all that its steps compute.</summary>
    public static void Forward<TGroup>(F cell, ScriptViews script, SequenceViews<T> v, ArrayView<T> states, ArrayView<T> saved, ArrayView<T> course, SequenceLayout s)
        where TGroup : struct, IGroupSize
    {
        var shared = SharedMemory.Allocate<Rows<T, L>>(SequenceScript.Shared * TGroup.Units);
        var block = new Block(s.Batch);
        int j = block.Neuron, n = block.Neurons, state = s.Batch * n;
        for (var i = 0; i < s.States; i++) Rows<T, L>.Load(states, i * state + j, n, block).Store(v.Slab, i * s.Span * state + j, n, block);
        for (var t = 0; t < s.Steps; t++)
        {
            int from = s.Span == 2 ? t % 2 : t, to = s.Span == 2 ? 1 - from : t + 1;
            if (saved.IntLength > 0 && t % s.Segment == 0)
                for (var i = 0; i < s.States; i++)
                    Rows<T, L>.Load(v.Slab, (i * s.Span + from) * state + j, n, block).Store(saved, (t / s.Segment * s.States + i) * state + j, n, block);
            Step(cell, script, v, shared, t, from, to, s, block);
            if (course.IntLength > 0) Rows<T, L>.Load(v.Slab, to * state + j, n, block).Store(course, t * state + j, n, block);
        }
        if (s.Segment > 0)
            for (var i = 0; i < s.States; i++) Rows<T, L>.Load(v.Slab, (i * s.Span + s.Steps % 2) * state + j, n, block).Store(states, i * state + j, n, block);
    }

    /// <summary>Back through the steps of a segment: from the cotangents of the states after it to those of the states before it, in place.</summary>
    public static void Back<TGroup>(F cell, ScriptViews script, SequenceViews<T> v, CotangentViews<T> c, SequenceLayout s)
        where TGroup : struct, IGroupSize
    {
        var shared = SharedMemory.Allocate<Rows<T, L>>(SequenceScript.Shared * TGroup.Units);
        var block = new Block(s.Batch);
        int j = block.Neuron, n = block.Neurons, state = s.Batch * n;
        for (var t = s.Steps - 1; t >= 0; t--)
        {
            // Cotangents after a step and before it take turns.
            var after = (s.Steps - 1 - t) % 2;
            if (c.Course.IntLength > 0) Add(c.States, after * s.States * state + j, Rows<T, L>.Load(c.Course, t * state + j, n, block), block);
            Undo(cell, script, v, c, shared, t, after, s, block);
        }
        if (s.Steps % 2 != 0)
            for (var i = 0; i < s.States; i++) Rows<T, L>.Load(c.States, (s.States + i) * state + j, n, block).Store(c.States, i * state + j, n, block);
    }

    static void Step(F cell, ScriptViews script, SequenceViews<T> v, ArrayView<Rows<T, L>> shared, int t, int from, int to, SequenceLayout s, Block block)
    {
        int j = block.Neuron, n = block.Neurons, state = s.Batch * n;
        for (var r = 0; r < block.Own; r++) cell.Sources<L, Forth>(new(v, s, from, to, block.First + r, j, n));
        for (var phase = 0; phase < script.Phases.IntLength; phase += SequenceScript.Phase)
        {
            for (var k = script.Phases[phase]; k < script.Phases[phase + 1]; k++)
            {
                int slot = script.Tells[2 * k], at = script.Tells[2 * k + 1] != 0 ? to : from;
                shared[(k - script.Phases[phase]) * n + j] = Rows<T, L>.Load(v.Slab, (slot * s.Span + at) * state + j, n, block);
            }
            Group.Barrier();
            for (var k = script.Phases[phase + 2]; k < script.Phases[phase + 3]; k++)
            {
                int product = script.Terms[4 * k], source = script.Terms[4 * k + 1], w = script.Terms[4 * k + 2] + j;
                var sum = (Rows<T, L>)L.Zero;
                if (source < 0)
                    for (var i = 0; i < s.Inputs; i++)
                        sum = Rows<T, L>.Fma(L.Of(v.Weights[w + i * n]), Rows<T, L>.Load(v.X, t * s.Batch * s.Inputs + i, s.Inputs, block), sum);
                else
                    for (var i = 0; i < n; i++) sum = Rows<T, L>.Fma(L.Of(v.Weights[w + i * n]), shared[source * n + i], sum);
                var place = (s.States + s.Sources + product) * s.Span * state + from * state + j;
                if (script.Terms[4 * k + 3] != 0) sum = Rows<T, L>.Load(v.Slab, place, n, block) + sum;
                sum.Store(v.Slab, place, n, block);
            }
            Group.Barrier();
            var round = script.Phases[phase + 4];
            var own = round >= 0 ? block.Own : 0;
            for (var r = 0; r < own; r++)
            {
                Activate(script, v, s, round, (from * s.Batch + block.First + r) * n + j, j, n);
                cell.Step<L, Forth>(round, new(v, s, from, to, block.First + r, j, n));
            }
        }
    }

    static void Undo(F cell, ScriptViews script, SequenceViews<T> v, CotangentViews<T> c, ArrayView<Rows<T, L>> shared, int t, int after, SequenceLayout s, Block block)
    {
        int j = block.Neuron, n = block.Neurons, state = s.Batch * n, cotangents = s.States + s.Sources + s.Products;
        for (var i = 0; i < s.States; i++) ((Rows<T, L>)L.Zero).Store(c.States, ((1 - after) * s.States + i) * state + j, n, block);
        for (var i = 0; i < s.Sources; i++) ((Rows<T, L>)L.Zero).Store(c.Sources, i * state + j, n, block);
        for (var phase = 0; phase < script.Phases.IntLength; phase += SequenceScript.Phase)
        {
            var round = script.Phases[phase + 4];
            var own = round >= 0 ? block.Own : 0;
            for (var r = 0; r < own; r++)
            {
                cell.StepVjp<L, Return>(round, new(v, c, s, t, after, block.First + r, j, n));
                Deactivate(script, v, c, s, round, (t * s.Batch + block.First + r) * n + j, j, n);
            }
            for (var k = script.Phases[phase]; k < script.Phases[phase + 1]; k++)
                shared[(k - script.Phases[phase]) * n + j] = Rows<T, L>.Load(v.Slab, ((cotangents + script.Tells[2 * k]) * s.Span + t) * state + j, n, block);
            Group.Barrier();
            for (var k = script.Phases[phase + 2]; k < script.Phases[phase + 3]; k++)
            {
                int target = script.Terms[4 * k], told = script.Terms[4 * k + 1], w = script.Terms[4 * k + 2] + j, kind = script.Terms[4 * k + 3];
                var sum = (Rows<T, L>)L.Zero;
                for (var i = 0; i < n; i++) sum = Rows<T, L>.Fma(L.Of(v.Weights[w + i * n]), shared[told * n + i], sum);
                if (kind == SequenceScript.Derived) Add(c.Sources, target * state + j, sum, block);
                else Add(c.States, ((kind == SequenceScript.After ? after : 1 - after) * s.States + target) * state + j, sum, block);
            }
            Group.Barrier();
        }
        for (var r = 0; r < block.Own; r++) cell.SourcesVjp<L, Return>(new(v, c, s, t, after, block.First + r, j, n));
    }

    // The products of a round, with their biases and activations, of the neuron and sample at a place.
    static void Activate(ScriptViews script, SequenceViews<T> v, SequenceLayout s, int round, int at, int j, int n)
    {
        for (var p = 0; p < s.Products; p++)
        {
            if (script.Products[3 * p] == round)
            {
                var place = (s.States + s.Sources + p) * s.Span * s.Batch * n + at;
                var value = L.Of(v.Slab[place]);
                if (script.Products[3 * p + 2] != 0) value += L.Of(v.Neurons[p * n + j]);
                v.Slab[place] = Activated(script.Products[3 * p + 1], value).Value;
            }
        }
    }

    // From cotangents of what the formula read to those of the products before their activations, and the biases' sums.
    static void Deactivate(ScriptViews script, SequenceViews<T> v, CotangentViews<T> c, SequenceLayout s, int round, int at, int j, int n)
    {
        var slot = s.Span * s.Batch * n;
        for (var p = 0; p < s.Products; p++)
        {
            if (script.Products[3 * p] == round)
            {
                var place = (s.States + s.Sources + p) * slot + at;
                var value = L.Of(v.Slab[place + s.Products * slot]) * Slope(script.Products[3 * p + 1], L.Of(v.Slab[place]));
                v.Slab[place + s.Products * slot] = value.Value;
                if (script.Products[3 * p + 2] != 0) AddTo(c.Sums, p, value, j, n);
            }
        }
    }

    static L Activated(int activation, L x)
        => activation == (int)Activation.Sigmoid ? default(Sigmoid<T>).F(x) : activation == (int)Activation.Tanh ? default(Tanh<T>).F(x) : x;

    static L Slope(int activation, L y)
        => activation == (int)Activation.Sigmoid ? default(Sigmoid<T>).D(y, y) : activation == (int)Activation.Tanh ? default(Tanh<T>).D(y, y) : L.One;

    static void Add(ArrayView<T> to, int at, Rows<T, L> value, Block block)
        => (Rows<T, L>.Load(to, at, block.Neurons, block) + value).Store(to, at, block.Neurons, block);

    static void AddTo(ArrayView<T> sums, int k, L value, int j, int n)
    {
        var at = (k * Grid.DimX + Grid.IdxX) * n + j;
        sums[at] = (L.Of(sums[at]) + value).Value;
    }

    /// <summary>The numbers of a neuron in one sample, on the way through a step.</summary>
    readonly struct Forth(SequenceViews<T> v, SequenceLayout s, int from, int to, int sample, int j, int n) : ICellForward<L>
    {
        readonly ArrayView<T> _slab = v.Slab, _neurons = v.Neurons;
        readonly int _at = (from * s.Batch + sample) * n + j, _to = (to * s.Batch + sample) * n + j, _slot = s.Span * s.Batch * n, _states = s.States,
            _firstProduct = s.States + s.Sources, _coefficients = s.Products * n + j, _n = n;

        public L State(int i) => L.Of(_slab[i * _slot + _at]);

        public L Product(int i) => L.Of(_slab[(_firstProduct + i) * _slot + _at]);

        public L Coefficient(int i) => L.Of(_neurons[_coefficients + i * _n]);

        public L After(int i) => L.Of(_slab[i * _slot + _to]);

        public void SetAfter(int i, L value) => _slab[i * _slot + _to] = value.Value;

        public void SetSource(int i, L value) => _slab[(_states + i) * _slot + _at] = value.Value;
    }

    /// <summary>The numbers of a neuron in one sample, on the way back through a step.</summary>
    readonly struct Return(SequenceViews<T> v, CotangentViews<T> c, SequenceLayout s, int t, int after, int sample, int j, int n) : ICellBackward<L>
    {
        readonly ArrayView<T> _slab = v.Slab, _neurons = v.Neurons, _cotangents = c.States, _sources = c.Sources, _sums = c.Sums;
        readonly int _at = (t * s.Batch + sample) * n + j, _slot = s.Span * s.Batch * n, _firstProduct = s.States + s.Sources, _products = s.Products, _n = n, _j = j,
            _state = s.Batch * n, _cotangent = sample * n + j, _after = after * s.States, _before = (1 - after) * s.States;

        public L State(int i) => L.Of(_slab[i * _slot + _at]);

        public L Product(int i) => L.Of(_slab[(_firstProduct + i) * _slot + _at]);

        public L Coefficient(int i) => L.Of(_neurons[(_products + i) * _n + _j]);

        public L After(int i) => L.Of(_slab[i * _slot + _at + _state]);

        public L AfterCotangent(int i) => L.Of(_cotangents[(_after + i) * _state + _cotangent]);

        public L SourceCotangent(int i) => L.Of(_sources[i * _state + _cotangent]);

        public void AddToState(int i, L value) => Add(_before + i, value);

        public void AddToAfter(int i, L value) => Add(_after + i, value);

        public void SetProduct(int i, L value) => _slab[(_firstProduct + _products + i) * _slot + _at] = value.Value;

        public void AddToCoefficient(int i, L value) => AddTo(_sums, _products + i, value, _j, _n);

        void Add(int slot, L value)
        {
            var at = slot * _state + _cotangent;
            _cotangents[at] = (L.Of(_cotangents[at]) + value).Value;
        }
    }
}
