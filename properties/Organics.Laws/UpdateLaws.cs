using System.Numerics;
using System.Reflection;

namespace Organics.Laws;

/// <summary>What holds for every optimiser's update and every reduction, on the processor's vectors against plain loops.</summary>
public sealed class UpdateLaws : IDisposable
{
    readonly CpuDevice _cpu = new(2);

    public static TheoryData<string> Updates => [.. FormulaCatalog.Implementations(typeof(IUpdate<>)).Select(t => t.Name)];

    public static TheoryData<string> Reductions => [.. FormulaCatalog.Implementations(typeof(IReduction<>)).Select(t => t.Name)];

    public void Dispose() => _cpu.Dispose();

    [Theory]
    [MemberData(nameof(Updates))]
    public void An_update_gives_the_same_bits_on_vectors_and_in_loops(string name)
    {
        Call(nameof(CompareUpdates), typeof(IUpdate<>), name, typeof(float));
        Call(nameof(CompareUpdates), typeof(IUpdate<>), name, typeof(double));
    }

    [Theory]
    [MemberData(nameof(Reductions))]
    public void A_reduction_has_an_identity_and_does_not_mind_order(string name)
    {
        Call(nameof(CheckReduction), typeof(IReduction<>), name, typeof(float));
        Call(nameof(CheckReduction), typeof(IReduction<>), name, typeof(double));
    }

    /// <summary>Plain descent that keeps the last gradient; this assembly sees only what is public.</summary>
    sealed class Own(Pair parameters) : Optimizer<Pair, double>
    {
        public override IReadOnlyList<KeyValuePair<string, Pair>> States { get; } = [new("last", Zeros(parameters))];

        protected override void Update(int i, Tensor<double> parameter, Tensor<double> gradient)
        {
            parameter.Assign(parameter - LearningRate * gradient);
            States[0].Value.List()[i].Value.Assign(gradient);
        }
    }

    sealed record Pair(Tensor<double> A, Tensor<double> B) : IParameters<Pair, double>
    {
        public Pair Map(Func<string, Tensor<double>, Tensor<double>> f) => new(f("a", A), f("b", B));
    }

    [Fact]
    public void An_optimiser_of_ones_own_updates_each_parameter_and_keeps_its_states()
    {
        var start = new Pair(Tensor.Normal<double>([3], 1), Tensor.Normal<double>([2, 2], 2));
        using var tape = new Tape<double>();
        var (a, b) = (start.A.ToArray(), start.B.ToArray());
        var own = new Own(start) { LearningRate = 0.25 };
        var watched = tape.Watch(start);
        own.Step(start, tape.Backward(watched.A.Square().Sum() + 3 * watched.B.Sum()));
        Assert.Equal(a.Select(v => v - 0.25 * (2 * v)), start.A.ToArray());
        Assert.Equal(b.Select(v => v - 0.75), start.B.ToArray());
        Assert.Equal([3, 3, 3, 3], own.States[0].Value.B.ToArray());
        Assert.Equal(1, own.Steps);
    }

    void Call(string law, Type kind, string name, Type scalar)
    {
        var op = FormulaCatalog.Instance(FormulaCatalog.Implementations(kind).Single(t => t.Name == name), scalar);
        GetType().GetMethod(law, BindingFlags.Instance | BindingFlags.NonPublic)!.MakeGenericMethod(op.GetType(), scalar)
            .Invoke(this, BindingFlags.DoNotWrapExceptions, null, [op], null);
    }

    void CompareUpdates<TOp, T>(TOp op) where TOp : unmanaged, IUpdate<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(3);
        var extremes = Array.ConvertAll(Extremes.Doubles, T.CreateTruncating);
        foreach (var second in (bool[])[true, false])
            foreach (var n in (int[])[0, 1, 7, 16, 17, 1000, 20_001])
            {
                var start = Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, n)
                    .Select(i => random.Next(4) == 0 ? extremes[random.Next(extremes.Length)] : T.CreateTruncating(4 * random.NextDouble() - 2)).ToArray()).ToArray();
                var expected = On(Device.Reference);
                var actual = On(_cpu);
                for (var k = 0; k < 4; k++)
                    for (var i = 0; i < n; i++)
                        if (!Extremes.SameBits(expected[k][i], actual[k][i])) Assert.Fail($"{typeof(TOp).Name}, state {k}, element {i} of {n}: {expected[k][i]} and {actual[k][i]}.");

                T[][] On(Device device)
                {
                    var t = start.Select(v => Tensor.From<T>(v, [n], device)).ToArray();
                    device.Backend<T>().Update(op, t[0].View, t[1].View, t[2].View, second ? t[3].View : default);
                    Assert.Equal(start[0], t[0].ToArray());
                    if (!second) Assert.Equal(start[3], t[3].ToArray());
                    return [.. t.Select(x => x.ToArray())];
                }
            }
    }

    void CheckReduction<TOp, T>(TOp op) where TOp : unmanaged, IReduction<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var extremes = Array.ConvertAll(Extremes.Doubles, T.CreateTruncating);
        foreach (var a in extremes)
        {
            Assert.True(T.IsNaN(a) ? T.IsNaN(Reduce([a])) : Reduce([a]) == a, $"{typeof(TOp).Name} of {a} alone is {Reduce([a])}.");
            foreach (var b in extremes) Assert.True(Same(Reduce([a, b]), Reduce([b, a])), $"{typeof(TOp).Name} of {a} and {b} depends on their order.");
        }
        // A NaN anywhere in a row must come out, whichever lane, accumulator or piece it falls into.
        foreach (var n in (int[])[1, 5, 16, 64, 77, 9000])
            foreach (var at in (int[])[0, n / 3, n / 2, n - 1])
            {
                var row = Enumerable.Range(0, n).Select(i => T.CreateTruncating(Math.Cos(i))).ToArray();
                row[at] = T.NaN;
                Assert.True(T.IsNaN(Reduce(row)), $"{typeof(TOp).Name} of {n} elements loses a NaN at {at}.");
            }

        T Reduce(T[] row)
        {
            var (x, y) = (Tensor.From<T>(row, [row.Length], _cpu), Tensor.Zeros<T>([], _cpu));
            _cpu.Backend<T>().Reduce(op, x.View, 1, row.Length, 1, y.View, accumulate: false);
            return y.Item();
        }

        static bool Same(T a, T b) => a == b || (T.IsNaN(a) && T.IsNaN(b));
    }
}
