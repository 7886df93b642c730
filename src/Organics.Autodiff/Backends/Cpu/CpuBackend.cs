using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Organics.Backends;

/// <summary>SIMD loops on several threads. Work is cut by its size alone, so that the number of threads changes no bit of any result.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="L">One number, for what is left over at the end of a row.</typeparam>
/// <typeparam name="S">A SIMD vector of numbers.</typeparam>
sealed partial class CpuBackend<T, L, S>(WorkerPool workers, bool isPart = false) : HostBackend<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where L : struct, ILane<L, T>
    where S : struct, ISimdReal<S, T>
{
    // Below this many elements a second thread costs more than it gives.
    const int Grain = 8192;

    // What is leased keeps its memory for the next time.
    readonly List<CpuBackend<T, L, S>> _leased = [];
    readonly ConcurrentStack<CpuBackend<T, L, S>> _alone = [], _shared = [];
    ConstantMatrices<T>? _constants;

    public override int Threads => workers.Threads;

    internal override bool IsPart => isPart;

    public override MemoryStatistics Memory
    {
        get
        {
            var all = base.Memory;
            lock (_leased)
                foreach (var part in _leased)
                {
                    var own = part.Memory;
                    all = new(all.BuffersCreated + own.BuffersCreated, all.BytesCreated + own.BytesCreated,
                        all.BuffersRented + own.BuffersRented, all.BytesRented + own.BytesRented);
                }
            return all;
        }
    }

    internal override HostBackend<T> Lease(bool threads, ConstantMatrices<T>? constants)
    {
        var stack = threads && Threads > 1 ? _shared : _alone;
        if (!stack.TryPop(out var leased))
        {
            leased = new(threads ? workers : WorkerPool.None, isPart: !threads);
            lock (_leased) _leased.Add(leased);
        }
        leased._constants = constants;
        return leased;
    }

    internal override void Return(HostBackend<T> leased)
    {
        var own = (CpuBackend<T, L, S>)leased;
        own._constants = null;
        (own.Threads > 1 ? _shared : _alone).Push(own);
    }

    public override void Run<TWork>(int parts, in TWork work) => workers.Run(parts, work);

    public override void Map<TOp>(TOp op, Operands<T> x, View<T> y)
        => workers.Run(Parts(y.Length), new MapWork<TOp>(op, x, y, Period(x, y.Length)));

    public override void MapVjp<TOp>(TOp op, Operands<T> x, View<T> y, View<T> gy, Operands<T> gx)
        => workers.Run(Parts(gy.Length), new MapVjpWork<TOp>(op, x, y, gy, gx, Period(x, gy.Length)));

    public override void Update<TOp>(TOp op, View<T> g, View<T> p, View<T> m, View<T> v)
        => workers.Run(Parts(p.Length), new UpdateWork<TOp>(op, g, p, m, v));

    static int Parts(int length) => (length + Grain - 1) / Grain;

    static (int Start, int End) Part(int part, int length) => (part * Grain, Math.Min(length, (part + 1) * Grain));

    // The longest stretch within which no input starts over.
    static int Period(Operands<T> x, int length)
    {
        var period = length;
        for (var i = 0; i < 4; i++)
            if (!x[i].IsMissing && x[i].Length > 1) period = Math.Min(period, x[i].Length);
        return Math.Max(period, 1);
    }

    /// <summary>One input of a map: where it is read for element i of the result.</summary>
    readonly ref struct Input(View<T> v)
    {
        readonly ref T _first = ref MemoryMarshal.GetReference(Span(v));
        readonly bool _scalar = v.Length == 1;
        readonly S _all = v.Length == 1 ? S.Of(Span(v)[0]) : default;
        readonly int _length = v.Length;

        public nint Start(int i) => _scalar || _length == 0 ? 0 : (nint)(i % _length);

        public S Vector(nint at) => _scalar ? _all : S.Load(in _first, at);

        public L Lane(nint at) => L.Of(_scalar ? _first : System.Runtime.CompilerServices.Unsafe.Add(ref _first, at));
    }

    readonly struct MapWork<TOp>(TOp op, Operands<T> x, View<T> y, int period) : IWork where TOp : unmanaged, IPointwise<T>
    {
        public void Run(int part)
        {
            var (start, end) = Part(part, y.Length);
            ref var to = ref MemoryMarshal.GetReference(Span(y));
            var a = new Input(x.A);
            var b = new Input(x.B);
            var c = new Input(x.C);
            var d = new Input(x.D);
            var step = (nint)S.Count;
            for (var i = start; i < end;)
            {
                var stop = (nint)Math.Min(end, i + period - i % period);
                var (ia, ib, ic, id) = (a.Start(i), b.Start(i), c.Start(i), d.Start(i));
                var j = (nint)i;
                for (; j + step <= stop; j += step, ia += step, ib += step, ic += step, id += step)
                    S.Store(op.F(a.Vector(ia), TOp.Arity > 1 ? b.Vector(ib) : S.Zero, TOp.Arity > 2 ? c.Vector(ic) : S.Zero, TOp.Arity > 3 ? d.Vector(id) : S.Zero), ref to, j);
                for (; j < stop; j++, ia++, ib++, ic++, id++)
                    System.Runtime.CompilerServices.Unsafe.Add(ref to, j)
                        = op.F(a.Lane(ia), TOp.Arity > 1 ? b.Lane(ib) : L.Zero, TOp.Arity > 2 ? c.Lane(ic) : L.Zero, TOp.Arity > 3 ? d.Lane(id) : L.Zero).Value;
                i = (int)stop;
            }
        }
    }

    readonly struct MapVjpWork<TOp>(TOp op, Operands<T> x, View<T> y, View<T> gy, Operands<T> gx, int period) : IWork
        where TOp : unmanaged, IPointwise<T>
    {
        public void Run(int part)
        {
            var (start, end) = Part(part, gy.Length);
            var a = new Input(x.A);
            var b = new Input(x.B);
            var c = new Input(x.C);
            var d = new Input(x.D);
            var value = new Input(y);
            var g = new Input(gy);
            var ga = new Target(gx.A);
            var gb = new Target(gx.B);
            var gc = new Target(gx.C);
            var gd = new Target(gx.D);
            var step = (nint)S.Count;
            for (var i = start; i < end;)
            {
                var stop = (nint)Math.Min(end, i + period - i % period);
                var (ia, ib, ic, id) = (a.Start(i), b.Start(i), c.Start(i), d.Start(i));
                var j = (nint)i;
                for (; j + step <= stop; j += step, ia += step, ib += step, ic += step, id += step)
                {
                    var (da, db, dc, dd) = op.Vjp(a.Vector(ia), TOp.Arity > 1 ? b.Vector(ib) : S.Zero, TOp.Arity > 2 ? c.Vector(ic) : S.Zero,
                        TOp.Arity > 3 ? d.Vector(id) : S.Zero, TOp.Arity == 1 ? value.Vector(j) : S.Zero, g.Vector(j));
                    ga.Add(j, da);
                    if (TOp.Arity > 1) gb.Add(j, db);
                    if (TOp.Arity > 2) gc.Add(j, dc);
                    if (TOp.Arity > 3) gd.Add(j, dd);
                }
                for (; j < stop; j++, ia++, ib++, ic++, id++)
                {
                    var (da, db, dc, dd) = op.Vjp(a.Lane(ia), TOp.Arity > 1 ? b.Lane(ib) : L.Zero, TOp.Arity > 2 ? c.Lane(ic) : L.Zero,
                        TOp.Arity > 3 ? d.Lane(id) : L.Zero, TOp.Arity == 1 ? value.Lane(j) : L.Zero, g.Lane(j));
                    ga.Add(j, da);
                    if (TOp.Arity > 1) gb.Add(j, db);
                    if (TOp.Arity > 2) gc.Add(j, dc);
                    if (TOp.Arity > 3) gd.Add(j, dd);
                }
                i = (int)stop;
            }
        }
    }

    /// <summary>A running gradient to which a map's VJP adds; missing where it is not asked for.</summary>
    readonly ref struct Target(View<T> v)
    {
        readonly ref T _first = ref MemoryMarshal.GetReference(Span(v));
        readonly bool _wanted = !v.IsMissing;

        public void Add(nint at, S value)
        {
            if (_wanted) S.Store(S.Load(in _first, at) + value, ref _first, at);
        }

        public void Add(nint at, L value)
        {
            if (_wanted) System.Runtime.CompilerServices.Unsafe.Add(ref _first, at) += value.Value;
        }
    }

    readonly struct UpdateWork<TOp>(TOp op, View<T> g, View<T> p, View<T> m, View<T> v) : IWork where TOp : unmanaged, IUpdate<T>
    {
        public void Run(int part)
        {
            var (start, end) = Part(part, p.Length);
            ref var rg = ref MemoryMarshal.GetReference(Span(g));
            ref var rp = ref MemoryMarshal.GetReference(Span(p));
            ref var rm = ref MemoryMarshal.GetReference(Span(m));
            ref var rv = ref MemoryMarshal.GetReference(Span(v));
            var second = !v.IsMissing;
            var i = (nint)start;
            for (; i + (nint)S.Count <= (nint)end; i += (nint)S.Count)
            {
                var (p1, m1, v1) = op.F(S.Load(in rg, i), S.Load(in rp, i), S.Load(in rm, i), second ? S.Load(in rv, i) : S.Zero);
                S.Store(p1, ref rp, i);
                S.Store(m1, ref rm, i);
                if (second) S.Store(v1, ref rv, i);
            }
            for (; i < (nint)end; i++)
            {
                var (p1, m1, v1) = op.F(L.Of(Span(g)[(int)i]), L.Of(Span(p)[(int)i]), L.Of(Span(m)[(int)i]), second ? L.Of(Span(v)[(int)i]) : L.Zero);
                Span(p)[(int)i] = p1.Value;
                Span(m)[(int)i] = m1.Value;
                if (second) Span(v)[(int)i] = v1.Value;
            }
        }
    }
}
