using System.Numerics;

namespace Organics.Contract;

/// <summary>Every member of a device's backend against the reference, in one precision.</summary>
/// <param name="device">The device.</param>
/// <param name="contracts">Whether its compiler contracts products and sums.</param>
/// <typeparam name="T">float or double.</typeparam>
public abstract class BackendContract<T>(Device device, bool contracts = false) where T : unmanaged, IFloatingPointIeee754<T>
{
    static readonly double[] Extremes =
        [0, -0.0, 1e-30, -1e-30, 90, -90, 1e30, -1e30, double.PositiveInfinity, double.NegativeInfinity, double.NaN, 0.5, -1, 1];

    protected Device Device { get; } = device;

    readonly Backend<T> _on = device.Backend<T>(), _reference = Organics.Device.Reference.Backend<T>();

    public static TheoryData<string> FormulaNames => [.. KnownFormulas.Names];

    [Theory, MemberData(nameof(FormulaNames))]
    public void A_formula_gives_the_reference_result_on_ordinary_and_broadcast_inputs(string formula) => KnownFormulas.Visit(formula, new Ordinary(this));

    [Theory, MemberData(nameof(FormulaNames))]
    public void A_formula_gives_the_reference_result_at_the_extremes(string formula) => KnownFormulas.Visit(formula, new Extreme(this));

    [Theory]
    [InlineData(1, 0), InlineData(7, 3), InlineData(1000, 0)]
    public void Fill_sets_the_view_and_nothing_else(int length, int offset)
    {
        var y = Values(length + offset + 2, 1);
        Same(y, (b, v) => b.Fill(v.Slice(offset, length), T.CreateTruncating(2.5)));
    }

    [Theory]
    [InlineData(1, 5, 5, 5), InlineData(3, 4, 7, 5), InlineData(0, 4, 4, 4), InlineData(5, 0, 2, 2), InlineData(17, 33, 40, 33)]
    public void Rows_are_copied_and_added(int rows, int width, int xPitch, int yPitch)
    {
        foreach (var accumulate in new[] { false, true })
            Same(Values(rows * yPitch, 1), [Values(rows * xPitch, 2)], (b, y, x) => b.CopyRows(x[0], xPitch, y, yPitch, rows, width, accumulate));
        Same(Values(9, 1), [Values(9, 2)], (b, y, x) => b.Copy(x[0].Slice(2, 5), y.Slice(3, 5)));
        Same(Values(9, 1), [Values(9, 2)], (b, y, x) => b.Add(x[0].Slice(2, 5), y.Slice(3, 5)));
    }

    [Fact]
    public void Uploads_and_downloads_keep_every_bit_in_and_around_a_view()
    {
        var values = Extremes.Select(T.CreateTruncating).ToArray();
        var whole = On(_on, values);
        var part = new T[4];
        _on.Download(whole.Slice(3, 4), part);
        Assert.Equal(Bits(values[3..7]), Bits(part));
        _on.Upload(values.AsSpan(8, 3), whole.Slice(1, 3));
        values.AsSpan(8, 3).CopyTo(values.AsSpan(1, 3));
        Assert.Equal(Bits(values), Bits(Read(_on, whole)));
        _on.Download(whole.Slice(0, 0), []);
        _on.Upload([], whole.Slice(0, 0));
    }

    [Theory]
    [InlineData(1, 1, 1), InlineData(1, 13, 1), InlineData(5, 7, 3), InlineData(2, 0, 3), InlineData(0, 4, 2), InlineData(3, 4, 0)]
    [InlineData(1, 20000, 1), InlineData(2, 5000, 3), InlineData(33, 257, 1), InlineData(1, 300, 40)]
    public void Sums_and_maxima_are_those_of_the_reference(int outer, int axis, int inner)
    {
        var x = Values(outer * axis * inner, 3);
        foreach (var accumulate in new[] { false, true })
        {
            var y = Values(outer * inner, 4);
            Near(y, [x], (b, v, i) => b.Reduce(default(SumReduction<T>), i[0], outer, axis, inner, v, accumulate), Tolerances.Sum<T>(axis, axis + 4));
            Same(y, [x], (b, v, i) => b.Reduce(default(MaxReduction<T>), i[0], outer, axis, inner, v, accumulate));
        }
    }

    [Theory]
    [InlineData(1, 1, 1), InlineData(1, 13, 1), InlineData(5, 7, 3), InlineData(2, 0, 3), InlineData(3, 4, 0)]
    public void Expand_repeats_along_an_axis(int outer, int axis, int inner)
    {
        foreach (var accumulate in new[] { false, true })
            Same(Values(outer * axis * inner, 1), [Values(outer * inner, 2)], (b, y, x) => b.Expand(x[0], outer, axis, inner, y, accumulate));
    }

    [Theory]
    [InlineData(1, 1, 1), InlineData(5, 3, 7), InlineData(17, 33, 16), InlineData(64, 1, 50), InlineData(1, 31, 129), InlineData(4, 3, 0), InlineData(0, 3, 2)]
    [InlineData(15, 16, 17), InlineData(63, 65, 15), InlineData(64, 64, 64), InlineData(65, 130, 1), InlineData(130, 64, 63), InlineData(65, 64, 0)]
    [InlineData(16, 15, 5000), InlineData(1, 1, 5000), InlineData(64, 65, 600)]
    public void Products_of_matrices_are_those_of_the_reference_whatever_is_transposed(int m, int n, int k)
    {
        var (a, b) = (Values(m * k, 5), Values(k * n, 6));
        for (var flags = 0; flags < 8; flags++)
        {
            var (ta, tb, accumulate) = ((flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
            Near(Values(m * n, 7), [a, b], (on, c, x) => on.MatMul(x[0], ta, x[1], tb, c, m, n, k, accumulate), Tolerances.Sum<T>(k, 16 * k + 4));
        }
    }

    [Theory]
    [InlineData(3, 2, 5), InlineData(16, 16, 17), InlineData(65, 67, 33), InlineData(5, 4, 600)]
    public void An_infinity_in_a_product_meets_nothing_but_its_own_row_and_column(int m, int n, int k)
    {
        for (var flags = 0; flags < 4; flags++)
        {
            var (ta, tb) = ((flags & 1) != 0, (flags & 2) != 0);
            T[] a = [.. Values(m * k, 5).Select(T.Abs)], b = [.. Values(k * n, 6).Select(T.Abs)];
            // The last element of the last row of A, and the last of the first column of B.
            a[^1] = b[tb ? k - 1 : (k - 1) * n] = T.PositiveInfinity;
            Near(new T[m * n], [a, b], (on, c, x) => on.MatMul(x[0], ta, x[1], tb, c, m, n, k, false), Tolerances.Sum<T>(k, 16 * k));
        }
    }

    [Theory]
    [InlineData(1, 1, 1), InlineData(1, 5, 3), InlineData(4, 17, 9), InlineData(2, 0, 3)]
    public void Transpose_exchanges_rows_and_columns(int batch, int rows, int columns)
    {
        foreach (var accumulate in new[] { false, true })
            Same(Values(batch * rows * columns, 1), [Values(batch * rows * columns, 2)], (b, y, x) => b.Transpose(x[0], batch, rows, columns, y, accumulate));
    }

    [Theory]
    [InlineData(1), InlineData(5), InlineData(0)]
    public void Rows_are_gathered_and_scattered_by_index(int width)
    {
        int[] index = [3, 0, 3, 5, 3, 1];
        Same(Values(index.Length * width, 1), [Values(6 * width, 2)], (b, y, x) => b.Gather(x[0], index, width, y));
        Same(Values(6 * width, 1), [Values(index.Length * width, 2)], (b, y, x) => b.ScatterAdd(x[0], index, width, y));
        Same(Values(6 * width, 1), [Values(0, 2)], (b, y, x) => b.ScatterAdd(x[0], [], width, y));
        int[] many = [.. Enumerable.Range(0, 3000).Select(i => i * 7 % 6)];
        Same(Values(many.Length * width, 1), [Values(6 * width, 2)], (b, y, x) => b.Gather(x[0], many, width, y));
    }

    [Theory]
    [InlineData(1, 1), InlineData(3, 2), InlineData(4, 7), InlineData(2, 20), InlineData(0, 3)]
    public void Systems_are_factored_and_solved_both_ways(int batch, int n)
    {
        var a = Values(batch * n * n, 8);
        var b = Values(batch * n, 9);
        foreach (var transpose in new[] { false, true })
        {
            var (actual, expected) = (Solve(_on, a, b, batch, n, transpose), Solve(_reference, a, b, batch, n, transpose));
            Assert.Equal(expected.Pivots, actual.Pivots);
            AssertNear(expected.X, actual.X, Tolerances.Solve<T>(n) * (1 + expected.X.Select(Math.Abs).DefaultIfEmpty().Max()));
        }
    }

    [Fact]
    public void A_singular_system_gives_non_finite_values_instead_of_an_error()
    {
        T[] a = [T.One, T.One, T.One, T.One];
        Assert.Contains(Solve(_on, a, [T.One, T.Zero], 1, 2, false).X, x => !double.IsFinite(x));
    }

    [Fact]
    public void Returned_buffers_are_rented_again_instead_of_created()
    {
        var before = _on.Memory;
        var b = _on.Rent(100);
        _on.Return(b);
        var after = _on.Memory;
        Assert.Same(b, _on.Rent(97));
        Assert.Equal(after.BuffersCreated, _on.Memory.BuffersCreated);
        _on.Return(b);
        Assert.Equal(before.BuffersRented, _on.Memory.BuffersRented);
    }

    [Fact]
    public void A_map_may_overwrite_its_own_input()
    {
        var x = On(_on, Values(100, 1));
        var y = On(_on, Values(10, 2));
        _on.Map(new Binary<Multiply<T>, T>(default), new(x, y), x);
        Assert.Equal(Values(100, 1).Select((v, i) => v * Values(10, 2)[i % 10]), Read(_on, x));
    }

    [Fact]
    public void A_tape_gives_the_gradients_of_the_reference()
    {
        foreach (var f in ComposedFunctions.All<T>())
        {
            var (actual, expected) = (Gradients(Device, f), Gradients(Organics.Device.Reference, f));
            for (var i = 0; i < expected.Length; i++)
                AssertNear(expected[i], actual[i], Tolerances.Gradient<T>() * (1 + expected[i].Select(Math.Abs).Max()));
        }
        Assert.Equal(0, Device.Memory<T>().BuffersRented);

        double[][] Gradients(Device on, Func<Tensor<T>[], Tensor<T>> f)
        {
            using var tape = new Tape<T>(on);
            var x = Array.ConvertAll(ComposedFunctions.Inputs<T>(on), tape.Watch);
            var loss = f(x);
            var g = tape.Backward(loss);
            return [Doubles(loss.ToArray()), .. x.Select(t => Doubles(g[t].ToArray()))];
        }
    }

    sealed class Ordinary(BackendContract<T> contract) : IFormulaVisitor<T>
    {
        public void Map<TOp>(string name, TOp op) where TOp : unmanaged, IPointwise<T>
        {
            // Equal lengths, a suffix, a scalar, nothing; each input broadcast once.
            foreach (var (n, suffix) in new[] { (60, 60), (60, 12), (60, 1), (37, 37), (1, 1), (0, 0) })
                for (var input = 0; input < TOp.Arity; input++)
                {
                    var x = Enumerable.Range(0, TOp.Arity).Select(i => contract.Values(i == input ? suffix : n, 10 + i)).ToArray();
                    if (TOp.Arity > 1 || suffix == n) contract.MapAndVjp(name, op, x, n);
                }
        }

        public void Reduce<TOp>(string name, TOp op) where TOp : unmanaged, IReduction<T>
        {
            var x = contract.Values(3 * 7 * 5, 1);
            contract.Near(contract.Values(15, 2), [x], (b, y, i) => b.Reduce(op, i[0], 3, 7, 5, y, accumulate: true), Tolerances.Sum<T>(8, 64));
        }

        public void Update<TOp>(string name, TOp op) where TOp : unmanaged, IUpdate<T>
        {
            foreach (var n in new[] { 0, 1, 37, 100 })
                foreach (var second in new[] { true, false })
                {
                    var (actual, expected) = (Run(contract._on), Run(contract._reference));
                    for (var i = 0; i < 3; i++) contract.AssertUlps(name, expected[i], actual[i]);

                    T[][] Run(Backend<T> b)
                    {
                        View<T>[] s = [.. Enumerable.Range(0, 4).Select(i => BackendContract<T>.On(b, [.. contract.Values(n, 20 + i).Select(T.Abs)]))];
                        b.Update(op, s[0], s[1], s[2], second ? s[3] : default);
                        return [Read(b, s[1]), Read(b, s[2]), Read(b, s[3])];
                    }
                }
        }
    }

    sealed class Extreme(BackendContract<T> contract) : IFormulaVisitor<T>
    {
        public void Map<TOp>(string name, TOp op) where TOp : unmanaged, IPointwise<T>
        {
            // All combinations of the extremes; of four inputs, the first eight of them.
            var values = Extremes.Take(TOp.Arity > 3 ? 11 : Extremes.Length).Select(T.CreateTruncating).ToArray();
            var n = (int)Math.Pow(values.Length, TOp.Arity);
            var x = Enumerable.Range(0, TOp.Arity)
                .Select(i => Enumerable.Range(0, n).Select(j => values[j / (int)Math.Pow(values.Length, i) % values.Length]).ToArray()).ToArray();
            contract.MapAndVjp(name, op, x, n);
        }

        public void Reduce<TOp>(string name, TOp op) where TOp : unmanaged, IReduction<T>
        {
            var values = Extremes.Select(T.CreateTruncating).ToArray();
            // Every pair, so that the order of the sum does not matter.
            T[] x = [.. values.SelectMany(a => values.SelectMany(b => new[] { a, b }))];
            contract.Same(new T[x.Length / 2], [x], (b, y, i) => b.Reduce(op, i[0], x.Length / 2, 2, 1, y, accumulate: false));
        }

        public void Update<TOp>(string name, TOp op) where TOp : unmanaged, IUpdate<T>
        {
            var g = Extremes.Select(T.CreateTruncating).ToArray();
            var (actual, expected) = (Run(contract._on), Run(contract._reference));
            contract.AssertUlps(name, expected, actual);

            T[] Run(Backend<T> b)
            {
                View<T>[] s = [.. Enumerable.Range(0, 4).Select(i => BackendContract<T>.On(b, i == 0 ? g : [.. contract.Values(g.Length, i).Select(T.Abs)]))];
                b.Update(op, s[0], s[1], s[2], s[3]);
                return [.. s[1..].SelectMany(v => Read(b, v))];
            }
        }
    }

    // The value, then the cotangents with all gradients asked for and with each one missing; they add to what was there.
    void MapAndVjp<TOp>(string name, TOp op, T[][] x, int n) where TOp : unmanaged, IPointwise<T>
    {
        AssertUlps(name, Value(_reference), Value(_on));
        for (var missing = -1; missing < TOp.Arity; missing++)
        {
            var (expected, actual) = (Vjp(_reference, missing), Vjp(_on, missing));
            for (var i = 0; i < TOp.Arity; i++) AssertUlps(name, expected[i], actual[i]);
        }

        T[] Value(Backend<T> b)
        {
            var y = On(b, new T[n]);
            b.Map(op, Operands<T>.Of([.. x.Select(v => On(b, v))]), y);
            return Read(b, y);
        }

        T[][] Vjp(Backend<T> b, int missing)
        {
            var inputs = Operands<T>.Of([.. x.Select(v => On(b, v))]);
            // The reference's own value on both, so that only the VJP is compared.
            var y = On(b, Value(_reference));
            View<T>[] g = [.. x.Select((_, i) => i == missing ? default : On(b, Values(n, 30 + i)))];
            b.MapVjp(op, inputs, y, On(b, Values(n, 40)), Operands<T>.Of(g));
            return [.. g.Select(v => v.IsMissing ? [] : Read(b, v))];
        }
    }

    void Same(T[] y, Action<Backend<T>, View<T>> run) => Same(y, [], (b, v, _) => run(b, v));

    void Same(T[] y, T[][] x, Action<Backend<T>, View<T>, View<T>[]> run) => Assert.Equal(Bits(Run(_reference, y, x, run)), Bits(Run(_on, y, x, run)));

    void Near(T[] y, T[][] x, Action<Backend<T>, View<T>, View<T>[]> run, double tolerance)
        => AssertNear(Doubles(Run(_reference, y, x, run)), Doubles(Run(_on, y, x, run)), tolerance);

    static T[] Run(Backend<T> b, T[] y, T[][] x, Action<Backend<T>, View<T>, View<T>[]> run)
    {
        var view = On(b, y);
        run(b, view, [.. x.Select(v => On(b, v))]);
        return Read(b, view);
    }

    static (double[] X, double[] Pivots) Solve(Backend<T> b, T[] a, T[] right, int batch, int n, bool transpose)
    {
        var (lu, pivots, x) = (On(b, a), On(b, new T[batch * n]), On(b, right));
        b.LuFactor(lu, pivots, batch, n);
        b.LuSolve(lu, pivots, x, batch, n, transpose);
        return (Doubles(Read(b, x)), Doubles(Read(b, pivots)));
    }

    void AssertUlps(string formula, T[] expected, T[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var ulps = Tolerances.Ulps(formula, contracts);
        for (var i = 0; i < expected.Length; i++)
        {
            var (e, a) = (double.CreateTruncating(expected[i]), double.CreateTruncating(actual[i]));
            // 0 and −0 are the same number.
            if (e == a || (double.IsNaN(e) && double.IsNaN(a))) continue;
            Assert.True(Math.Abs(e - a) <= ulps * Tolerances.Epsilon<T>() * Math.Max(1, Math.Abs(e)), $"{formula}: element {i} is {a:g17} but {e:g17} on the reference.");
        }
    }

    static void AssertNear(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(expected[i] == actual[i] || Math.Abs(expected[i] - actual[i]) <= tolerance,
                $"Element {i} is {actual[i]:g17} but {expected[i]:g17} on the reference, farther than {tolerance:g3}.");
    }

    static View<T> On(Backend<T> b, T[] values)
    {
        // Not at the beginning of the buffer, so that offsets count.
        var view = new View<T>(b.Allocate(values.Length + 3), 3, values.Length);
        b.Upload(values, view);
        return view;
    }

    static T[] Read(Backend<T> b, View<T> v)
    {
        var values = new T[v.Length];
        b.Download(v, values);
        return values;
    }

    T[] Values(int n, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, n).Select(_ => T.CreateTruncating(8 * random.NextDouble() - 4))];
    }

    static double[] Doubles(T[] values) => [.. values.Select(double.CreateTruncating)];

    // NaNs are one value; everything else counts, the sign of a zero included.
    static long[] Bits(T[] values) => [.. Doubles(values).Select(v => double.IsNaN(v) ? -1 : BitConverter.DoubleToInt64Bits(v))];
}

/// <summary>The contract in double precision, where central differences can judge the gradients too.</summary>
/// <param name="device">The device.</param>
/// <param name="contracts">Whether its compiler contracts products and sums.</param>
public abstract class BackendContractInDouble(Device device, bool contracts = false) : BackendContract<double>(device, contracts)
{
    [Fact]
    public void Gradients_agree_with_central_differences()
    {
        foreach (var f in ComposedFunctions.All<double>()) GradientCheck.Run(f, ComposedFunctions.Inputs<double>(Device)).OrThrow(1e-5);
    }
}
