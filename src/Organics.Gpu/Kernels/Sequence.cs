using System.Numerics;
using ILGPU;

namespace Organics.Backends;

/// <summary>Weights in the order in which threads read them: for every source, rows of all targets, one for each matrix.</summary>
readonly struct Matrices<T>(ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, ArrayView<T> d, ArrayView<T> e, ArrayView<T> f) where T : unmanaged
{
    readonly ArrayView<T> _a = a, _b = b, _c = c, _d = d, _e = e, _f = f;

    public T At(int matrix, int i) => matrix switch { 0 => _a[i], 1 => _b[i], 2 => _c[i], 3 => _d[i], 4 => _e[i], _ => _f[i] };
}

/// <summary>What both ways read: x [steps, batch, d], the packed weights of x and of the state, κ and σ.</summary>
readonly struct SequenceViews<T>(ArrayView<T> x, ArrayView<T> inputWeights, ArrayView<T> weights, Quad<T> kappa, ArrayView<T> sigma) where T : unmanaged
{
    public readonly ArrayView<T> X = x, InputWeights = inputWeights, Weights = weights, Sigma = sigma;
    public readonly Quad<T> Kappa = kappa;
}

/// <summary>
/// What a segment's steps leave, [steps, batch, n]: the state, y | a and b0 | b1 in rows of 2n, ŷ's source and f; and the products' results, which give place
/// to their cotangents: z, ŷ, v = W·f, and B0 | B1 in rows of 2n.
/// </summary>
readonly struct SegmentViews<T>(
    ArrayView<T> state, ArrayView<T> gains, ArrayView<T> source, ArrayView<T> f, ArrayView<T> drive, ArrayView<T> recurrent, ArrayView<T> pool, ArrayView<T> targets)
    where T : unmanaged
{
    public readonly ArrayView<T> State = state, Gains = gains, Source = source, F = f, Drive = drive, Recurrent = recurrent, Pool = pool, Targets = targets;
}

/// <summary>How many steps a launch takes, samples and inputs there are, and steps lie between two saved states.</summary>
readonly struct SequenceLayout(int steps, int batch, int inputs, int segment)
{
    public readonly int Steps = steps, Batch = batch, Inputs = inputs, Segment = segment;
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
/// The recurrent circuit over a sequence (docs/theory.md). A group takes <see cref="Rows{T, L}.Count"/> samples through all steps and has a thread for every
/// neuron; what one neuron tells the others lies in shared memory, <see cref="Shared"/> numbers a neuron and sample.
/// </summary>
static class SequenceKernels<T, L> where T : unmanaged, IFloatingPointIeee754<T> where L : unmanaged, ILane<L, T>
{
    /// <summary>Going forth y, a, the source of ŷ and f; going back the cotangents of B0, B1, ŷ and v.</summary>
    public const int Shared = 4;

    /// <summary>The n × n matrices: those of B0 from y and a, of B1 from y and a, Wr and W.</summary>
    public const int Matrices = 6;

    /// <summary>The n × d matrices: those of z, B0 and B1.</summary>
    public const int InputMatrices = 3;

    /// <summary>Sums over steps and samples: the gradients of κ and σ.</summary>
    public const int Sums = 5;

    readonly struct State(Rows<T, L> y, Rows<T, L> a, Rows<T, L> b0, Rows<T, L> b1)
    {
        public readonly Rows<T, L> Y = y, A = a, B0 = b0, B1 = b1;
    }

    readonly struct Products(Rows<T, L> drive, Rows<T, L> recurrent, Rows<T, L> pool, Rows<T, L> gain0, Rows<T, L> gain1)
    {
        public readonly Rows<T, L> Drive = drive, Recurrent = recurrent, Pool = pool, Gain0 = gain0, Gain1 = gain1;
    }

    readonly struct Neuron(SequenceViews<T> v, int i)
    {
        public readonly L KappaY = L.Of(v.Kappa.A[i]), KappaA = L.Of(v.Kappa.B[i]), KappaB0 = L.Of(v.Kappa.C[i]), KappaB1 = L.Of(v.Kappa.D[i]), Sigma = L.Of(v.Sigma[i]);
    }

    /// <summary>packed[source, matrix, target] ← element (source, target) of the matrix, found by strides.</summary>
    public static void Pack(Index1D index, Matrices<T> from, int matrices, int targets, int sourceStride, int targetStride, ArrayView<T> packed)
    {
        var source = index / targets / matrices;
        packed[index] = from.At(index / targets % matrices, source * sourceStride + index % targets * targetStride);
    }

    /// <summary>From the states before the steps, [4, batch, n], to those after them, in place.</summary>
    public static void Forward<TGroup>(SequenceViews<T> v, ArrayView<T> states, ArrayView<T> saved, SequenceLayout s, RectifierFloors<T> floors)
        where TGroup : struct, IGroupSize
    {
        var shared = SharedMemory.Allocate<Rows<T, L>>(Shared * TGroup.Units);
        var block = new Block(s.Batch);
        var neuron = new Neuron(v, block.Neuron);
        var now = Load(states, 0, block);
        for (var t = 0; t < s.Steps; t++)
        {
            if (saved.IntLength > 0 && t % s.Segment == 0) Store(now, saved, t / s.Segment, block);
            var p = Multiply(v, shared, t, Source(now, floors), F(now, floors), now, s, floors, block);
            now = Next(now, p, neuron);
        }
        Store(now, states, 0, block);
    }

    /// <summary>
    /// The steps of a segment once more, from its saved state, and then back through them: from the cotangents of the states after the segment, [4, batch, n],
    /// to those of the states before it, in place.
    /// </summary>
    public static void Back<TGroup>(
        SequenceViews<T> v, ArrayView<T> backWeights, ArrayView<T> saved, SegmentViews<T> segment, ArrayView<T> cotangents, ArrayView<T> sums, SequenceLayout s,
        RectifierFloors<T> floors)
        where TGroup : struct, IGroupSize
    {
        var shared = SharedMemory.Allocate<Rows<T, L>>(Shared * TGroup.Units);
        var block = new Block(s.Batch);
        var neuron = new Neuron(v, block.Neuron);
        var (j, n) = (block.Neuron, block.Neurons);
        var now = Load(saved, 0, block);
        for (var t = 0; t < s.Steps; t++)
        {
            Rows<T, L> source = Source(now, floors), f = F(now, floors);
            var p = Multiply(v, shared, t, source, f, now, s, floors, block);
            int one = t * s.Batch * n + j, two = 2 * t * s.Batch * n + j;
            now.Y.Store(segment.State, two, 2 * n, block);
            now.A.Store(segment.State, two + n, 2 * n, block);
            now.B0.Store(segment.Gains, two, 2 * n, block);
            now.B1.Store(segment.Gains, two + n, 2 * n, block);
            source.Store(segment.Source, one, n, block);
            f.Store(segment.F, one, n, block);
            p.Drive.Store(segment.Drive, one, n, block);
            p.Recurrent.Store(segment.Recurrent, one, n, block);
            p.Pool.Store(segment.Pool, one, n, block);
            p.Gain0.Store(segment.Targets, two, 2 * n, block);
            p.Gain1.Store(segment.Targets, two + n, 2 * n, block);
            now = Next(now, p, neuron);
        }
        var after = Load(cotangents, 0, block);
        Rows<T, L> cy = after.Y, ca = after.A, c0 = after.B0, c1 = after.B1;
        L ofY = L.Zero, ofA = L.Zero, ofB0 = L.Zero, ofB1 = L.Zero, ofSigma = L.Zero;
        for (var t = s.Steps - 1; t >= 0; t--)
        {
            int one = t * s.Batch * n + j, two = 2 * t * s.Batch * n + j;
            var y = Rows<T, L>.Load(segment.State, two, 2 * n, block);
            var a = Rows<T, L>.Load(segment.State, two + n, 2 * n, block);
            var b0 = Rows<T, L>.Load(segment.Gains, two, 2 * n, block);
            var b1 = Rows<T, L>.Load(segment.Gains, two + n, 2 * n, block);
            var z = Rows<T, L>.Load(segment.Drive, one, n, block);
            var u = Rows<T, L>.Load(segment.Recurrent, one, n, block);
            var pool = Rows<T, L>.Load(segment.Pool, one, n, block);
            var g0 = Rows<T, L>.Load(segment.Targets, two, 2 * n, block);
            var g1 = Rows<T, L>.Load(segment.Targets, two + n, 2 * n, block);

            var positive = Rows<T, L>.Max(a, L.Zero);
            var root = Rows<T, L>.Sqrt(positive);
            var gain = L.One - root;
            Rows<T, L> gy = neuron.KappaY * cy, ga = neuron.KappaA * ca, h0 = neuron.KappaB0 * c0, h1 = neuron.KappaB1 * c1;
            var gu = Rows<T, L>.Where(L.Of(floors.Recurrent), u, gy * gain);
            Rows<T, L> e0 = h0 * (g0 * (L.One - g0)), e1 = h1 * (g1 * (L.One - g1));
            Rows<T, L>.Where(L.Of(floors.Drive), z, gy * b1).Store(segment.Drive, one, n, block);
            gu.Store(segment.Recurrent, one, n, block);
            ga.Store(segment.Pool, one, n, block);
            e0.Store(segment.Targets, two, 2 * n, block);
            e1.Store(segment.Targets, two + n, 2 * n, block);

            // Of κ: the cotangent times the bracket that κ multiplies; of σ: 2σ·κA·ā·b0².
            var square = b0 * b0;
            var sigma2 = neuron.Sigma * neuron.Sigma;
            ofY += (cy * Rows<T, L>.Fma(gain, u, Rows<T, L>.Fma(b1, z, -y))).Sum(block);
            ofA += (ca * Rows<T, L>.Fma(sigma2, square, pool - a)).Sum(block);
            ofB0 += (c0 * (g0 - b0)).Sum(block);
            ofB1 += (c1 * (g1 - b1)).Sum(block);
            ofSigma += (neuron.Sigma + neuron.Sigma) * (ga * square).Sum(block);

            cy -= gy;
            // d√⌊a⌋/da is 0 where a is not positive.
            ca = ca - ga - Rows<T, L>.Where(L.Zero, a, gy * u * (L.Half / root));
            c0 = Rows<T, L>.Fma((sigma2 + sigma2) * b0, ga, c0 - h0);
            c1 = Rows<T, L>.Fma(gy, z, c1 - h1);

            Tell(shared, e0, e1, gu, ga, j);
            Rows<T, L> toY = L.Zero, toA = L.Zero, toSource = L.Zero, gf = L.Zero;
            for (var i = 0; i < n; i++)
            {
                var w = Matrices * n * i + j;
                Rows<T, L> o0 = shared[Shared * i], o1 = shared[Shared * i + 1], ou = shared[Shared * i + 2], oa = shared[Shared * i + 3];
                toY = Rows<T, L>.Fma(L.Of(backWeights[w]), o0, toY);
                toA = Rows<T, L>.Fma(L.Of(backWeights[w + n]), o0, toA);
                toY = Rows<T, L>.Fma(L.Of(backWeights[w + 2 * n]), o1, toY);
                toA = Rows<T, L>.Fma(L.Of(backWeights[w + 3 * n]), o1, toA);
                toSource = Rows<T, L>.Fma(L.Of(backWeights[w + 4 * n]), ou, toSource);
                gf = Rows<T, L>.Fma(L.Of(backWeights[w + 5 * n]), oa, gf);
            }
            Group.Barrier();
            var yr = Rows<T, L>.Max(y, L.Of(floors.Y));
            cy += Rows<T, L>.Fma((gf + gf) * yr, positive, toY + Rows<T, L>.Where(L.Of(floors.Source), y, toSource));
            ca = ca + toA + Rows<T, L>.Where(L.Zero, a, gf * yr * yr);
        }
        Store(new(cy, ca, c0, c1), cotangents, 0, block);
        AddTo(sums, 0, ofY);
        AddTo(sums, 1, ofA);
        AddTo(sums, 2, ofB0);
        AddTo(sums, 3, ofB1);
        AddTo(sums, 4, ofSigma);
    }

    // f = ⌊y⌋²⌊a⌋
    static Rows<T, L> F(State now, RectifierFloors<T> floors)
    {
        var y = Rows<T, L>.Max(now.Y, L.Of(floors.Y));
        return y * y * Rows<T, L>.Max(now.A, L.Zero);
    }

    static Rows<T, L> Source(State now, RectifierFloors<T> floors) => Rows<T, L>.Max(now.Y, L.Of(floors.Source));

    static Products Multiply(
        SequenceViews<T> v, ArrayView<Rows<T, L>> shared, int t, Rows<T, L> source, Rows<T, L> f, State now, SequenceLayout s, RectifierFloors<T> floors, Block block)
    {
        var (j, n) = (block.Neuron, block.Neurons);
        Tell(shared, now.Y, now.A, source, f, j);
        Rows<T, L> z = L.Zero, u = L.Zero, pool = L.Zero, g0 = L.Zero, g1 = L.Zero;
        for (var k = 0; k < s.Inputs; k++)
        {
            var w = InputMatrices * n * k + j;
            var x = Rows<T, L>.Load(v.X, t * s.Batch * s.Inputs + k, s.Inputs, block);
            z = Rows<T, L>.Fma(L.Of(v.InputWeights[w]), x, z);
            g0 = Rows<T, L>.Fma(L.Of(v.InputWeights[w + n]), x, g0);
            g1 = Rows<T, L>.Fma(L.Of(v.InputWeights[w + 2 * n]), x, g1);
        }
        for (var i = 0; i < n; i++)
        {
            var w = Matrices * n * i + j;
            Rows<T, L> y = shared[Shared * i], a = shared[Shared * i + 1], ofRecurrent = shared[Shared * i + 2], ofPool = shared[Shared * i + 3];
            g0 = Rows<T, L>.Fma(L.Of(v.Weights[w]), y, g0);
            g0 = Rows<T, L>.Fma(L.Of(v.Weights[w + n]), a, g0);
            g1 = Rows<T, L>.Fma(L.Of(v.Weights[w + 2 * n]), y, g1);
            g1 = Rows<T, L>.Fma(L.Of(v.Weights[w + 3 * n]), a, g1);
            u = Rows<T, L>.Fma(L.Of(v.Weights[w + 4 * n]), ofRecurrent, u);
            pool = Rows<T, L>.Fma(L.Of(v.Weights[w + 5 * n]), ofPool, pool);
        }
        Group.Barrier();
        return new(Rows<T, L>.Max(z, L.Of(floors.Drive)), Rows<T, L>.Max(u, L.Of(floors.Recurrent)), pool, Logistic(g0), Logistic(g1));
    }

    static Rows<T, L> Logistic(Rows<T, L> x) => L.One / (L.One + Rows<T, L>.Exp(-x));

    // y ← y + κ(−y + b⊙z + (1 − √⌊a⌋)⊙ŷ),  a ← a + κ(−a + σ²⊙b0² + v),  b ← b + κ(−b + B)
    static State Next(State now, Products p, Neuron neuron)
    {
        var gain = L.One - Rows<T, L>.Sqrt(Rows<T, L>.Max(now.A, L.Zero));
        return new(
            Rows<T, L>.Fma(neuron.KappaY, Rows<T, L>.Fma(gain, p.Recurrent, Rows<T, L>.Fma(now.B1, p.Drive, -now.Y)), now.Y),
            Rows<T, L>.Fma(neuron.KappaA, Rows<T, L>.Fma(neuron.Sigma * neuron.Sigma, now.B0 * now.B0, p.Pool - now.A), now.A),
            Rows<T, L>.Fma(neuron.KappaB0, p.Gain0 - now.B0, now.B0),
            Rows<T, L>.Fma(neuron.KappaB1, p.Gain1 - now.B1, now.B1));
    }

    // What the neurons of a group tell each other; they are told when the barrier is passed.
    static void Tell(ArrayView<Rows<T, L>> shared, Rows<T, L> a, Rows<T, L> b, Rows<T, L> c, Rows<T, L> d, int j)
    {
        shared[Shared * j] = a;
        shared[Shared * j + 1] = b;
        shared[Shared * j + 2] = c;
        shared[Shared * j + 3] = d;
        Group.Barrier();
    }

    // State number i of many, each [4, batch, n].
    static State Load(ArrayView<T> states, int i, Block block)
    {
        int n = block.Neurons, length = block.Batch * n, at = 4 * i * length + block.Neuron;
        return new(
            Rows<T, L>.Load(states, at, n, block), Rows<T, L>.Load(states, at + length, n, block),
            Rows<T, L>.Load(states, at + 2 * length, n, block), Rows<T, L>.Load(states, at + 3 * length, n, block));
    }

    static void Store(State now, ArrayView<T> states, int i, Block block)
    {
        int n = block.Neurons, length = block.Batch * n, at = 4 * i * length + block.Neuron;
        now.Y.Store(states, at, n, block);
        now.A.Store(states, at + length, n, block);
        now.B0.Store(states, at + 2 * length, n, block);
        now.B1.Store(states, at + 3 * length, n, block);
    }

    // sums is [sums, blocks, n].
    static void AddTo(ArrayView<T> sums, int k, L value)
    {
        var at = (k * Grid.DimX + Grid.IdxX) * Group.DimX + Group.IdxX;
        sums[at] = (L.Of(sums[at]) + value).Value;
    }
}
