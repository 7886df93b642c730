using System.Buffers;
using System.Numerics;

namespace Organics;

/// <summary>What the search for the fixed points of a batch came to.</summary>
/// <param name="samples">One outcome for each sample.</param>
public sealed class SteadyStateReport(IReadOnlyList<SteadyStateResult> samples)
{
    /// <summary>One outcome for each sample.</summary>
    public IReadOnlyList<SteadyStateResult> Samples { get; } = samples;

    /// <summary>How many samples reached their fixed point.</summary>
    public int Converged => Samples.Count(s => s.Status == SteadyStateStatus.Converged);

    /// <summary>Which samples did not.</summary>
    public IReadOnlyList<int> Failed => [.. Enumerable.Range(0, Samples.Count).Where(i => Samples[i].Status != SteadyStateStatus.Converged)];

    /// <summary>The most iterations that a sample took.</summary>
    public int MaxIterations => Samples.Count == 0 ? 0 : Samples.Max(s => s.Iterations);

    /// <summary>The largest relative residual; NaN if one is NaN.</summary>
    public double MaxResidual => Samples.Count == 0 ? 0 : Samples.Aggregate(0.0, (m, s) => Math.Max(m, s.Residual));
}

/// <summary>The fixed points of a batch as one tensor [2, batch, n], y first, with their implicit derivative (theory: docs/theory.md).</summary>
sealed class SteadyStateOp<T>(SteadyStateOptions options) : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public SteadyStateResult[] Results { get; private set; } = [];

    public override string Name => "SteadyState";

    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs)
    {
        var (g, c, w, wr) = (inputs[0].Shape, inputs[1].Shape, inputs[2].Shape, inputs[3].Shape);
        if (g.Rank != 2) throw new ShapeException($"SteadyState: the drive g is {g}; it must be [batch, n].");
        var n = g[1];
        if (n == 0) throw new ShapeException($"SteadyState: the drive g is {g}; a circuit has at least one neuron pair.");
        if (c != [n] || w != [n, n] || wr != [n, n])
            throw new ShapeException($"SteadyState: with g {g}, c is {c}, W is {w} and Wr is {wr}; they must be [{n}], [{n}, {n}] and [{n}, {n}].");
        return [2, g[0], n];
    }

    public override void Forward(in ForwardContext<T> c)
    {
        var (batch, n) = (c.Shape(0)[0], c.Shape(0)[1]);
        Results = new SteadyStateResult[batch];
        using var host = new HostStage<T>(c.On);
        View<T> y = c.Output.Slice(0, batch * n), a = c.Output.Slice(batch * n, batch * n);
        if (c.On is ISteadyStateBackend<T> device)
        {
            var tolerance = SteadyStateSolver<T>.EffectiveTolerance(options);
            device.Solve(
                c.Input(0), c.Input(1), c.Input(2), c.Input(3), y, a, tolerance, SteadyStateSolver<T>.Slack * tolerance, options.MaxIterations, Results);
            SolveLeft(c, host, y, a, n);
            return;
        }
        Solve(host, new(host.In(c.Input(0)), host.In(c.Input(1)), host.In(c.Input(2)), host.In(c.Input(3)), host.Out(y), host.Out(a), n, options, Results));
        host.Write();
    }

    public override void Vjp(in VjpContext<T> c)
    {
        var (batch, n) = (c.Shape(0)[0], c.Shape(0)[1]);
        if (batch == 0) return;
        View<T> p = c.Scratch(batch * n), q = c.Scratch(batch * n), row = c.Scratch(batch * n), drive = c.Scratch(batch * n);
        var y = c.Output.Slice(0, batch * n);
        if (c.On is ISteadyStateBackend<T> device)
        {
            var (gy, ga) = (c.OutputGrad.Slice(0, batch * n), c.OutputGrad.Slice(batch * n, batch * n));
            device.SolveAdjoint(c.Input(2), c.Input(3), n, y, c.Output.Slice(batch * n, batch * n), gy, ga, p, q, row, drive);
        }
        else
        {
            using var host = new HostStage<T>(c.On);
            var (w, wr, state, cotangent) = (host.In(c.Input(2)), host.In(c.Input(3)), host.In(c.Output), host.In(c.OutputGrad));
            var work = new AdjointWork(w, wr, state, cotangent, host.Out(p), host.Out(q), host.Out(row), host.Out(drive), n, batch);
            switch (VectorWidth.Bits)
            {
                case 512: host.Backend.Run(Blocks<Simd512<T>>(batch), new AdjointBlocks<Simd512<T>>(work)); break;
                case 256: host.Backend.Run(Blocks<Simd256<T>>(batch), new AdjointBlocks<Simd256<T>>(work)); break;
                default: host.Backend.Run(Blocks<Simd128<T>>(batch), new AdjointBlocks<Simd128<T>>(work)); break;
            }
            host.Write();
        }
        bool more;
        if (c.Needs(0)) c.On.Add(p, c.Grad(0));
        if (c.Needs(1)) c.On.Reduce(default(SumReduction<T>), q, 1, batch, n, c.Grad(1, out more), more);
        // ∂W = Σ q(a⊙y²)ᵀ, ∂Wr = Σ ((1 − √a)⊙p)yᵀ
        if (c.Needs(2)) c.On.MatMul(q, true, drive, false, c.Grad(2, out more), n, n, batch, more);
        if (c.Needs(3)) c.On.MatMul(row, true, y, false, c.Grad(3, out more), n, n, batch, more);
    }

    /// <summary>Solves the samples that a device has left as if they were a batch of this process.</summary>
    void SolveLeft(in ForwardContext<T> c, HostStage<T> host, View<T> y, View<T> a, int n)
    {
        int[] left = [.. Enumerable.Range(0, Results.Length).Where(i => Results[i].Status != SteadyStateStatus.Converged)];
        if (left.Length == 0) return;
        var size = left.Length * n;
        var rented = c.On.Rent(3 * size);
        View<T> leftG = new(rented, 0, size), leftY = new(rented, size, size), leftA = new(rented, 2 * size, size);
        c.On.Gather(c.Input(0), left, n, leftG);
        var results = new SteadyStateResult[left.Length];
        Solve(host, new(host.In(leftG), host.In(c.Input(1)), host.In(c.Input(2)), host.In(c.Input(3)), host.Out(leftY), host.Out(leftA), n, options, results));
        host.Write();
        for (var k = 0; k < left.Length; k++)
        {
            c.On.Copy(leftY.Slice(k * n, n), y.Slice(left[k] * n, n));
            c.On.Copy(leftA.Slice(k * n, n), a.Slice(left[k] * n, n));
            Results[left[k]] = results[k];
        }
        c.On.Return(rented);
    }

    static void Solve(HostStage<T> host, SolveWork each)
    {
        // What all samples share is examined once; the solver of one sample says what is wrong with it.
        if (!SteadyStateSolver<T>.Valid(each.C, each.W, each.Wr))
        {
            host.Backend.Run(each.Batch, each);
            return;
        }
        switch (VectorWidth.Bits)
        {
            case 512: host.Backend.Run(Blocks<Simd512<T>>(each.Batch), new SolveBlocks<Simd512<T>>(each)); break;
            case 256: host.Backend.Run(Blocks<Simd256<T>>(each.Batch), new SolveBlocks<Simd256<T>>(each)); break;
            default: host.Backend.Run(Blocks<Simd128<T>>(each.Batch), new SolveBlocks<Simd128<T>>(each)); break;
        }
    }

    static int Blocks<S>(int batch) where S : unmanaged, ISimdReal<S, T> => (batch + S.Count - 1) / S.Count;

    // Vectors that begin at a cache line are read in half the time.
    static unsafe ref T Aligned(T* start) => ref *(T*)(((nuint)start + 63) / 64 * 64);

    /// <summary>A sample in each lane of a vector; those that do not converge so are solved one by one.</summary>
    readonly struct SolveBlocks<S>(SolveWork each) : IWork where S : unmanaged, ISimdReal<S, T>
    {
        public unsafe void Run(int part)
        {
            var first = part * S.Count;
            var count = Math.Min(S.Count, each.Batch - first);
            var results = each.Results.AsSpan(first, count);
            var scratch = ArrayPool<T>.Shared.Rent(SteadyStateLanes<T, S>.ScratchLength(each.N) + 64);
            fixed (T* start = scratch)
                SteadyStateLanes<T, S>.Solve(
                    each.G(first, count), each.C, each.W, each.Wr, each.Y(first, count), each.A(first, count),
                    ref Aligned(start), SteadyStateSolver<T>.EffectiveTolerance(each.Options), each.Options.MaxIterations, results);
            ArrayPool<T>.Shared.Return(scratch);
            for (var i = 0; i < count; i++)
                if (results[i].Status != SteadyStateStatus.Converged)
                    each.Run(first + i);
        }
    }

    readonly struct SolveWork(
        View<T> g, View<T> c, View<T> w, View<T> wr, View<T> y, View<T> a, int n, SteadyStateOptions options, SteadyStateResult[] results) : IWork
    {
        public int N => n;

        public int Batch => results.Length;

        public SteadyStateOptions Options => options;

        public SteadyStateResult[] Results => results;

        public ReadOnlySpan<T> C => HostBackend<T>.Span(c);

        public ReadOnlySpan<T> W => HostBackend<T>.Span(w);

        public ReadOnlySpan<T> Wr => HostBackend<T>.Span(wr);

        public ReadOnlySpan<T> G(int first, int count) => HostBackend<T>.Span(g).Slice(first * n, count * n);

        public Span<T> Y(int first, int count) => HostBackend<T>.Span(y).Slice(first * n, count * n);

        public Span<T> A(int first, int count) => HostBackend<T>.Span(a).Slice(first * n, count * n);

        public void Run(int part)
        {
            var scratch = ArrayPool<T>.Shared.Rent(SteadyStateSolver<T>.ScratchLength(n));
            var pivots = ArrayPool<int>.Shared.Rent(n);
            results[part] = SteadyStateSolver<T>.Solve(G(part, 1), C, W, Wr, Y(part, 1), A(part, 1), scratch, pivots, options);
            ArrayPool<int>.Shared.Return(pivots);
            ArrayPool<T>.Shared.Return(scratch);
        }
    }

    /// <summary>A sample in each lane of a vector; those that are not solved so are solved one by one.</summary>
    readonly struct AdjointBlocks<S>(AdjointWork each) : IWork where S : unmanaged, ISimdReal<S, T>
    {
        public unsafe void Run(int part)
        {
            var first = part * S.Count;
            var count = Math.Min(S.Count, each.Batch - first);
            Span<bool> solved = stackalloc bool[count];
            var scratch = ArrayPool<T>.Shared.Rent(SteadyStateAdjointLanes<T, S>.ScratchLength(each.N) + 64);
            fixed (T* start = scratch)
                SteadyStateAdjointLanes<T, S>.Solve(
                    each.W, each.Wr, each.N, each.Y(first, count), each.A(first, count), each.CotangentY(first, count), each.CotangentA(first, count),
                    each.P(first, count), each.Q(first, count), each.RecurrentFactor(first, count), each.NormalizationFactor(first, count), ref Aligned(start),
                    solved);
            ArrayPool<T>.Shared.Return(scratch);
            for (var i = 0; i < count; i++)
                if (!solved[i])
                    each.Run(first + i);
        }
    }

    readonly struct AdjointWork(
        View<T> w, View<T> wr, View<T> state, View<T> cotangent, View<T> p, View<T> q, View<T> row, View<T> drive, int n, int batch) : IWork
    {
        public int N => n;

        public int Batch => batch;

        public ReadOnlySpan<T> W => HostBackend<T>.Span(w);

        public ReadOnlySpan<T> Wr => HostBackend<T>.Span(wr);

        public ReadOnlySpan<T> Y(int first, int count) => Rows(state, first, count);

        public ReadOnlySpan<T> A(int first, int count) => Rows(state, batch + first, count);

        public ReadOnlySpan<T> CotangentY(int first, int count) => Rows(cotangent, first, count);

        public ReadOnlySpan<T> CotangentA(int first, int count) => Rows(cotangent, batch + first, count);

        public Span<T> P(int first, int count) => Rows(p, first, count);

        public Span<T> Q(int first, int count) => Rows(q, first, count);

        public Span<T> RecurrentFactor(int first, int count) => Rows(row, first, count);

        public Span<T> NormalizationFactor(int first, int count) => Rows(drive, first, count);

        public void Run(int part)
        {
            var scratch = ArrayPool<T>.Shared.Rent(SteadyStateAdjoint<T>.ScratchLength(n));
            var pivots = ArrayPool<int>.Shared.Rent(n);
            var r = SteadyStateAdjoint<T>.Solve(
                W, Wr, Y(part, 1), A(part, 1), CotangentY(part, 1), CotangentA(part, 1),
                P(part, 1), Q(part, 1), RecurrentFactor(part, 1), NormalizationFactor(part, 1), scratch, pivots);
            // At a singular Jacobian no gradient exists: NaN, so that it cannot pass for one.
            if (!r.IsSolved)
            {
                P(part, 1).Fill(T.NaN);
                Q(part, 1).Fill(T.NaN);
                RecurrentFactor(part, 1).Fill(T.NaN);
                NormalizationFactor(part, 1).Fill(T.NaN);
            }
            ArrayPool<int>.Shared.Return(pivots);
            ArrayPool<T>.Shared.Return(scratch);
        }

        Span<T> Rows(View<T> v, int first, int count) => HostBackend<T>.Span(v).Slice(first * n, count * n);
    }
}
