using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace Organics.Laws;

/// <summary>The processor's backend gives what the reference backend gives, on random shapes, for every kind of operation.</summary>
public sealed class BackendLaws : IDisposable
{
    readonly CpuDevice _cpu = new(3);

    public void Dispose()
    {
        Assert.Equal(0, _cpu.Memory<float>().BuffersRented);
        Assert.Equal(0, _cpu.Memory<double>().BuffersRented);
        _cpu.Dispose();
    }

    sealed record Extents(int Outer, int Axis, int Inner, bool Accumulate, int Seed);

    static Gen<Extents> AnyExtents
        => from outer in Extent(6)
           from axis in Extent(70)
           from inner in Extent(70)
           from accumulate in Gen.Elements(true, false)
           from seed in Gen.Choose(0, int.MaxValue)
           select new Extents(outer, axis, inner, accumulate, seed);

    // 0 and 1 are where loops go wrong: they come up often.
    static Gen<int> Extent(int max) => Gen.Frequency((1, Gen.Constant(0)), (3, Gen.Constant(1)), (8, Gen.Choose(2, max)));

    [Fact]
    public void Sums_and_maxima()
        => Cases.ForAll(AnyExtents, e =>
        {
            var (x, y) = (e.Outer * e.Axis * e.Inner, e.Outer * e.Inner);
            Compare<float>(e.Seed, 1e-5, [x, y], (b, v) => b.Reduce(default(SumReduction<float>), v[0], e.Outer, e.Axis, e.Inner, v[1], e.Accumulate));
            Compare<double>(e.Seed, 1e-14, [x, y], (b, v) => b.Reduce(default(SumReduction<double>), v[0], e.Outer, e.Axis, e.Inner, v[1], e.Accumulate));
            Compare<float>(e.Seed, 0, [x, y], (b, v) => b.Reduce(default(MaxReduction<float>), v[0], e.Outer, e.Axis, e.Inner, v[1], e.Accumulate));
        });

    // Both backends of this process share the moving of memory: these laws say what it means, one (source, target) pair after the other.
    [Fact]
    public void Expansions_and_transpositions()
        => Cases.ForAll(AnyExtents, e =>
        {
            var (x, y) = (e.Outer * e.Axis * e.Inner, e.Outer * e.Inner);
            var all = from o in Enumerable.Range(0, e.Outer) from a in Enumerable.Range(0, e.Axis) from i in Enumerable.Range(0, e.Inner) select (o, a, i);
            var at = all.Select(p => (p.o * e.Axis + p.a) * e.Inner + p.i);
            Moves<float>(e.Seed, y, x, all.Select(p => p.o * e.Inner + p.i).Zip(at), e.Accumulate,
                (b, from, to) => b.Expand(from, e.Outer, e.Axis, e.Inner, to, e.Accumulate));
            Moves<double>(e.Seed, x, x, at.Zip(all.Select(p => (p.o * e.Inner + p.i) * e.Axis + p.a)), e.Accumulate,
                (b, from, to) => b.Transpose(from, e.Outer, e.Axis, e.Inner, to, e.Accumulate));
        }, share: 4);

    [Fact]
    public void Rows_copied_gathered_and_scattered()
        => Cases.ForAll(AnyExtents, e =>
        {
            var (pitch, rows, width) = (e.Axis + e.Inner, e.Outer, e.Inner);
            Moves<double>(e.Seed, rows * pitch, rows * (width + 1),
                from r in Enumerable.Range(0, rows) from i in Enumerable.Range(0, width) select (r * pitch + i, r * (width + 1) + i), e.Accumulate,
                (b, from, to) => b.CopyRows(from, pitch, to, width + 1, rows, width, e.Accumulate));
            if (e.Outer == 0) return;
            var random = new Random(e.Seed);
            var index = Enumerable.Range(0, e.Axis).Select(_ => random.Next(e.Outer)).ToArray();
            var pairs = from r in Enumerable.Range(0, e.Axis) from i in Enumerable.Range(0, width) select (Chosen: index[r] * width + i, Row: r * width + i);
            Moves<float>(e.Seed, e.Outer * width, e.Axis * width, pairs, false, (b, from, to) => b.Gather(from, index, width, to));
            Moves<float>(e.Seed, e.Axis * width, e.Outer * width, pairs.Select(p => (p.Row, p.Chosen)), true, (b, from, to) => b.ScatterAdd(from, index, width, to));
        }, share: 2);

    [Fact]
    public void Products()
        => Cases.ForAll(
            from m in Extent(70)
            from n in Extent(140)
            from k in Extent(140)
            from flags in Gen.Choose(0, 7)
            from seed in Gen.Choose(0, int.MaxValue)
            select (m, n, k, flags, seed),
            e =>
            {
                var (a, b, add) = ((e.flags & 1) != 0, (e.flags & 2) != 0, (e.flags & 4) != 0);
                int[] lengths = [e.m * e.k, e.k * e.n, e.m * e.n];
                Compare<float>(e.seed, 3e-5, lengths, (on, v) => on.MatMul(v[0], a, v[1], b, v[2], e.m, e.n, e.k, add));
                Compare<double>(e.seed, 1e-13, lengths, (on, v) => on.MatMul(v[0], a, v[1], b, v[2], e.m, e.n, e.k, add));
            },
            share: 4);

    [Fact]
    public void Linear_systems()
        => Cases.ForAll(
            from batch in Extent(5)
            from n in Extent(40)
            from transpose in Gen.Elements(true, false)
            from seed in Gen.Choose(0, int.MaxValue)
            select (batch, n, transpose, seed),
            e => Compare<double>(e.seed, 1e-9, [e.batch * e.n * e.n, e.batch * e.n, e.batch * e.n], (on, v) =>
            {
                // A strong antidiagonal keeps the systems well conditioned and exchanges every row.
                var a = new double[v[0].Length];
                on.Download(v[0], a);
                for (var i = 0; i < e.batch * e.n; i++) a[i * e.n + (e.n - 1 - i % e.n)] += 3 * e.n;
                on.Upload(a, v[0]);
                on.LuFactor(v[0], v[1], e.batch, e.n);
                on.LuSolve(v[0], v[1], v[2], e.batch, e.n, e.transpose);
            }),
            share: 4);

    [Fact]
    public void Maps_and_their_cotangents_with_scalars_and_suffixes()
        => Cases.ForAll(
            from leading in Extent(5)
            from middle in Extent(12)
            from last in Extent(40)
            from sizes in Gen.ArrayOf(Gen.Choose(0, 3), 4)
            from wanted in Gen.Choose(0, 15)
            from seed in Gen.Choose(0, int.MaxValue)
            select (leading, middle, last, sizes, wanted, seed),
            e =>
            {
                var n = e.leading * e.middle * e.last;
                var x = Array.ConvertAll(e.sizes, s => s switch { 0 => 1, 1 => e.last, 2 => e.middle * e.last, _ => n });
                if (n == 0) x = Array.ConvertAll(x, l => l == 1 ? 1 : 0);
                int[] lengths = [.. x, n, n, n, n, n, n];
                var op = new Quaternary<PrincipalRate<float>, float>(new(0.125f));
                Compare<float>(e.seed, 0, lengths, (b, v) =>
                {
                    b.Map(op, new(v[0], v[1], v[2], v[3]), v[4]);
                    View<float> Wanted(int i) => (e.wanted >> i & 1) != 0 ? v[6 + i] : default;
                    b.MapVjp(op, new(v[0], v[1], v[2], v[3]), v[4], v[5], new(Wanted(0), Wanted(1), Wanted(2), Wanted(3)));
                });
            });

    // Moves elements on both devices and compares with moving them pair by pair, bit for bit; what no pair names stays.
    void Moves<T>(int seed, int source, int target, IEnumerable<(int From, int To)> pairs, bool add, Action<Backend<T>, View<T>, View<T>> move)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(seed);
        T[] Values(int n) => [.. Enumerable.Range(0, n).Select(_ => T.CreateTruncating(2 * random.NextDouble() - 1))];
        var (x, y) = (Values(source), Values(target));
        var expected = (T[])y.Clone();
        foreach (var (from, to) in pairs) expected[to] = add ? expected[to] + x[from] : x[from];
        foreach (var device in (Device[])[_cpu, Device.Reference])
        {
            var (a, b) = (Tensor.From<T>(x, [source], device), Tensor.From<T>(y, [target], device));
            move(device.Backend<T>(), a.View, b.View);
            Assert.True(x.AsSpan().SequenceEqual(a.ToArray()), "The source was changed.");
            var wrong = expected.Zip(b.ToArray()).TakeWhile(p => p.First == p.Second).Count();
            Assert.True(wrong == target, $"On {device}, element {wrong} of the target is wrong.");
        }
    }

    // Runs the same work on the same random memory of both devices and compares all of the memory afterwards.
    void Compare<T>(int seed, double tolerance, int[] lengths, Action<Backend<T>, View<T>[]> work) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(seed);
        var start = Array.ConvertAll(lengths, n => Enumerable.Range(0, n).Select(_ => T.CreateTruncating(2 * random.NextDouble() - 1)).ToArray());
        var (expected, actual) = (On(Device.Reference), On(_cpu));
        for (var v = 0; v < lengths.Length; v++)
            for (var i = 0; i < lengths[v]; i++)
            {
                var (e, a) = (double.CreateTruncating(expected[v][i]), double.CreateTruncating(actual[v][i]));
                if (!e.Equals(a) && !(Math.Abs(e - a) <= tolerance * (1 + Math.Abs(e)))) Assert.Fail($"View {v}, element {i}: {e:r} in plain loops, {a:r} on the processor.");
            }

        T[][] On(Device device)
        {
            var t = start.Select(values => Tensor.From<T>(values, [values.Length], device)).ToArray();
            work(device.Backend<T>(), [.. t.Select(x => x.View)]);
            return [.. t.Select(x => x.ToArray())];
        }
    }
}
