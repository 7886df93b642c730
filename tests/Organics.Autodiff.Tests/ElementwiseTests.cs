namespace Organics.Tests;

/// <summary>That each element-wise method applies the formula its name says, against System.Math, and broadcasts.</summary>
public sealed class ElementwiseTests : OpTests
{
    public static TheoryData<string> Unary => [.. UnaryOps.Keys];

    public static TheoryData<string> Binary => [.. BinaryOps.Keys];

    static readonly Dictionary<string, (Func<Tensor<double>, Tensor<double>> Op, Func<double, double> Value)> UnaryOps = new()
    {
        ["abs"] = (x => x.Abs(), Math.Abs),
        ["affine"] = (x => x.Affine(2.5, -0.25), x => 2.5 * x - 0.25),
        ["scaled"] = (x => 3.0 * x, x => 3 * x),
        ["shifted"] = (x => x + 0.75, x => x + 0.75),
        ["subtracted from a number"] = (x => 0.75 - x, x => 0.75 - x),
        ["times a number"] = (x => x * 2, x => x * 2),
        ["a number times"] = (x => 2 * x, x => 2 * x),
        ["plus a number"] = (x => x + 1, x => x + 1),
        ["a number plus"] = (x => 1 + x, x => 1 + x),
        ["minus a number"] = (x => x - 1, x => x - 1),
        ["a number minus"] = (x => 1 - x, x => 1 - x),
        ["over a number"] = (x => x / 3, x => x / 3),
        ["a number over"] = (x => 1 / (x + 2), x => 1 / (x + 2)),
        ["clamp"] = (x => x.Clamp(-0.5, 0.25), x => Math.Clamp(x, -0.5, 0.25)),
        ["power 3"] = (x => x.Pow(3), x => Math.Pow(x, 3)),
        ["power −2"] = (x => x.Pow(-2), x => Math.Pow(x, -2)),
        ["power ½ of |x|"] = (x => x.Abs().Pow(0.5), x => Math.Sqrt(Math.Abs(x))),
        ["power 0"] = (x => x.Pow(0), _ => 1),
        ["power 1"] = (x => x.Pow(1), x => x),
        ["cos"] = (x => (9 * x).Cos(), x => Math.Cos(9 * x)),
        ["expm1"] = (x => x.Expm1(), x => Math.Exp(x) - 1),
        ["log1p"] = (x => x.Log1p(), x => Math.Log(1 + x)),
        ["sin"] = (x => (9 * x).Sin(), x => Math.Sin(9 * x)),
        ["exp"] = (x => x.Exp(), Math.Exp),
        ["log"] = (x => (x + 2.0).Log(), x => Math.Log(x + 2)),
        ["negative"] = (x => -x, x => -x),
        ["rectified square"] = (x => x.RectifiedSquare(), x => x > 0 ? x * x : 0),
        ["relu"] = (x => x.Relu(), x => Math.Max(x, 0)),
        ["sigmoid"] = (x => x.Sigmoid(), x => 1 / (1 + Math.Exp(-x))),
        ["softplus"] = (x => x.Softplus(), x => Math.Log(1 + Math.Exp(x))),
        ["sqrt"] = (x => (x + 2.0).Sqrt(), x => Math.Sqrt(x + 2)),
        ["square"] = (x => x.Square(), x => x * x),
        ["tanh"] = (x => x.Tanh(), Math.Tanh),
    };

    static readonly Dictionary<string, (Func<Tensor<double>, Tensor<double>, Tensor<double>> Op, Func<double, double, double> Value)> BinaryOps = new()
    {
        ["plus"] = ((a, b) => a + b, (a, b) => a + b),
        ["minus"] = ((a, b) => a - b, (a, b) => a - b),
        ["times"] = ((a, b) => a * b, (a, b) => a * b),
        ["over"] = ((a, b) => a / (b + 3.0), (a, b) => a / (b + 3)),
        ["max"] = (Tensor<double>.Max, Math.Max),
        ["min"] = (Tensor<double>.Min, Math.Min),
        ["power"] = ((a, b) => Tensor<double>.Pow(a + 2.0, b), (a, b) => Math.Pow(a + 2, b)),
    };

    static readonly Shape[] Suffixes = [[2, 3, 5], [3, 5], [5], [], [1], [1, 1]];

    [Theory]
    [MemberData(nameof(Unary))]
    public void A_method_of_one_tensor_does_what_its_name_says(string name)
    {
        var (op, value) = UnaryOps[name];
        foreach (var shape in (Shape[])[[3, 7], [1], [], [0], [2, 1, 2, 9]])
        {
            var x = Tensor(1, shape);
            Verify(t => op(t[0]), shape, Array.ConvertAll(x.ToArray(), v => value(v)), x);
        }
    }

    [Theory]
    [MemberData(nameof(Binary))]
    public void A_method_of_two_tensors_broadcasts_scalars_and_suffixes_either_way(string name)
    {
        var (op, value) = BinaryOps[name];
        foreach (var shape in Suffixes)
        {
            var (large, small) = (Tensor(1, [2, 3, 5]), Tensor(2, shape));
            Verify(t => op(t[0], t[1]), large.Shape, Table(large.Shape, i => value(At(large, i), Suffix(small, i))), large, small);
            Verify(t => op(t[0], t[1]), large.Shape, Table(large.Shape, i => value(Suffix(small, i), At(large, i))), small, large);
        }
    }

    [Fact]
    public void A_formula_of_three_inputs_broadcasts_each_of_them()
    {
        foreach (var a in Suffixes)
            foreach (var b in (Shape[])[[2, 3, 5], [5], []])
            {
                Tensor<double>[] x = [Tensor(1, a), Tensor(2, b), Tensor(3, [2, 3, 5])];
                Verify(t => Tensor<double>.Select(t[0], t[1], t[2]), [2, 3, 5],
                    Table([2, 3, 5], i => Suffix(x[0], i) > 0 ? Suffix(x[1], i) : Suffix(x[2], i)), x);
                Verify(t => Tensor<double>.Select(t[2], t[0], t[1]), [2, 3, 5],
                    Table([2, 3, 5], i => Suffix(x[2], i) > 0 ? Suffix(x[0], i) : Suffix(x[1], i)), x);
            }
    }

    /// <summary>ab − cd.</summary>
    readonly struct Determinant : IFormula4<double>
    {
        public V F<V>(V a, V b, V c, V d) where V : struct, IReal<V, double> => a * b - c * d;

        public (V A, V B, V C, V D) Vjp<V>(V a, V b, V c, V d, V g) where V : struct, IReal<V, double> => (g * b, g * a, -(g * d), -(g * c));
    }

    [Fact]
    public void A_formula_of_four_inputs_broadcasts_each_of_them()
    {
        for (var rotation = 0; rotation < 4; rotation++)
            foreach (var small in Suffixes)
            {
                Shape[] shapes = [[2, 3, 5], small, [5], [3, 5]];
                Tensor<double>[] x = [.. Enumerable.Range(0, 4).Select(i => Tensor(i, shapes[(i + rotation) % 4]))];
                Verify(t => Tensor<double>.Map(new Determinant(), t[0], t[1], t[2], t[3]), [2, 3, 5],
                    Table([2, 3, 5], i => Suffix(x[0], i) * Suffix(x[1], i) - Suffix(x[2], i) * Suffix(x[3], i)), x);
            }
    }

    [Fact]
    public void Numbers_are_rounded_to_the_precision_of_the_tensor()
    {
        var x = Organics.Tensor.From<float>([0.3f, -7, 1e-30f], [3], Device);
        float[] Of(Func<float, float> f) => Array.ConvertAll(x.ToArray(), v => f(v));
        Assert.Equal(Of(v => v * 0.1f), (x * 0.1).ToArray());
        Assert.Equal(Of(v => 0.1f * v), (0.1 * x).ToArray());
        Assert.Equal(Of(v => v + 0.1f), (x + 0.1).ToArray());
        Assert.Equal(Of(v => 0.1f + v), (0.1 + x).ToArray());
        Assert.Equal(Of(v => v - 0.1f), (x - 0.1).ToArray());
        Assert.Equal(Of(v => 0.1f - v), (0.1 - x).ToArray());
        Assert.Equal(Of(v => v / 0.1f), (x / 0.1).ToArray());
        Assert.Equal(Of(v => 0.1f / v), (0.1 / x).ToArray());
        Assert.Equal(Of(v => v / 3 + 2 * v), (x / 3f + 2 * x).ToArray());
    }

    // The shapes of NumPy's manual, and those that neither a scalar nor a suffix covers.
    [Theory]
    [InlineData(new[] { 4, 1 }, new[] { 4, 5 }, new[] { 4, 5 })]
    [InlineData(new[] { 4, 1 }, new[] { 1, 5 }, new[] { 4, 5 })]
    [InlineData(new[] { 2, 1, 5 }, new[] { 3, 1 }, new[] { 2, 3, 5 })]
    [InlineData(new[] { 2, 1, 3, 1 }, new[] { 4, 1, 5 }, new[] { 2, 4, 3, 5 })]
    [InlineData(new[] { 1, 1 }, new[] { 3 }, new[] { 1, 3 })]
    [InlineData(new[] { 1, 1, 1 }, new[] { 2, 3 }, new[] { 1, 2, 3 })]
    [InlineData(new[] { 3, 1 }, new[] { 3, 0 }, new[] { 3, 0 })]
    [InlineData(new[] { 1, 3, 1 }, new[] { 2, 3, 1 }, new[] { 2, 3, 1 })]
    public void Shapes_broadcast_as_NumPys_do(int[] first, int[] second, int[] result)
    {
        var (a, b, shape) = (Tensor(1, Shape.Of(first)), Tensor(2, Shape.Of(second)), Shape.Of(result));
        static double Of(Tensor<double> t, int[] i) => At(t, [.. i[^t.Shape.Rank..].Select((k, axis) => Math.Min(k, t.Shape[axis] - 1))]);
        Verify(t => t[0] * t[1], shape, Table(shape, i => Of(a, i) * Of(b, i)), a, b);
        Verify(t => t[1] - t[0], shape, Table(shape, i => Of(b, i) - Of(a, i)), a, b);
        var c = Tensor(3, [result[^1]]);
        Verify(t => Tensor<double>.Select(t[1], t[2], t[0]), shape, Table(shape, i => Of(b, i) > 0 ? Of(c, i) : Of(a, i)), a, b, c);
    }

    [Fact]
    public void One_element_broadcasts_against_none()
    {
        foreach (var one in (Shape[])[[], [1]])
        {
            Verify(t => t[0] * t[1], [0], [], Tensor(1, one), Tensor(2, [0]));
            Verify(t => t[0] * t[1], [0, 4], [], Tensor(1, one), Tensor(2, [0, 4]));
        }
        Verify(t => t[0] + t[1], [0, 4], [], Tensor(1, [0, 4]), Tensor(2, [4]));
    }

    [Fact]
    public void The_same_tensor_may_be_every_input()
    {
        var x = Tensor(1, [3, 4]);
        Verify(t => t[0] * t[0], x.Shape, Array.ConvertAll(x.ToArray(), v => v * v), x);
        Verify(t => Tensor<double>.Map(new Determinant(), t[0], t[0], t[0].Square(), t[0]), x.Shape, Array.ConvertAll(x.ToArray(), v => v * v - v * v * v), x);
    }

    [Fact]
    public void Subgradients_are_the_documented_ones()
    {
        double[] GradientAt(Func<Tensor<double>, Tensor<double>> f, params double[] x)
        {
            using var tape = new Tape<double>(Device);
            var t = Tensor(x, [x.Length]);
            return tape.Backward(f(tape.Watch(t)), null)[t].ToArray();
        }

        Assert.Equal([-1.0, 0, 1], GradientAt(x => x.Abs(), -2, 0, 2));
        Assert.Equal([0.0, 1, 1, 1, 0], GradientAt(x => x.Clamp(-1, 1), -2, -1, 0, 1, 2));
        Assert.Equal([0.0, 0, 1], GradientAt(x => x.Relu(), -2, 0, 2));
        Assert.Equal([0.0, 0.25], GradientAt(x => x.Sqrt(), 0, 4));
        Assert.Equal([0.0, 0, 4], GradientAt(x => x.RectifiedSquare(), -2, 0, 2));
        Assert.Equal([0.0, 0, 4], [.. GradientAt(x => x.Pow(2), 0, 0, 2).Select(g => Math.Round(g, 12))]);
        Assert.Equal([1.0, 1, 1], GradientAt(x => x.Pow(1), -2, 0, 2));
        Assert.Equal([0.0, 0, 0], GradientAt(x => x.Pow(0), -2, 0, 2));

        // Where both are equal, all goes to the second.
        foreach (var op in (Func<Tensor<double>, Tensor<double>, Tensor<double>>[])[Tensor<double>.Max, Tensor<double>.Min])
        {
            using var tape = new Tape<double>(Device);
            var (a, b) = (Tensor([1.5, 1.5], [2]), Tensor([1.5, 1.5], [2]));
            var g = tape.Backward(op(tape.Watch(a), tape.Watch(b)), null);
            Assert.Equal([0.0, 0], g[a].ToArray());
            Assert.Equal([1.0, 1], g[b].ToArray());
        }
    }

    [Fact]
    public void Extreme_arguments_give_limits()
    {
        const double Inf = double.PositiveInfinity;
        double[] On(Func<Tensor<double>, Tensor<double>> f, params double[] x) => f(Tensor(x, [x.Length])).ToArray();

        Assert.Equal([0.0, 1, 1, double.NaN], On(x => x.Sigmoid(), -Inf, 800, Inf, double.NaN));
        Assert.Equal([-1.0, -1, 1, 1, double.NaN], On(x => x.Tanh(), -Inf, -800, 800, Inf, double.NaN));
        Assert.Equal([0.0, 0, 800, Inf, double.NaN], On(x => x.Softplus(), -Inf, -800, 800, Inf, double.NaN));
        Assert.Equal([0.0, Inf, double.NaN], On(x => x.Exp(), -Inf, Inf, double.NaN));
        Assert.Equal([-Inf, double.NaN, Inf], On(x => x.Log(), 0, -1, Inf));
        Assert.Equal([double.NaN, double.NaN], On(x => x.Pow(0.5), -1, -0.25));
        Assert.Equal([double.NaN, double.NaN], On(x => Tensor<double>.Max(x, Tensor([1, double.NaN], [2])), double.NaN, 2));
        Assert.Equal([double.NaN, double.NaN], On(x => Tensor<double>.Min(x, Tensor([1, double.NaN], [2])), double.NaN, 2));
    }

    static readonly double[] Bases = [0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, -8, 1e300, -1e300, 5e-324, -5e-324, double.PositiveInfinity, double.NegativeInfinity, double.NaN];

    static readonly double[] Exponents =
        [0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 0.8, 1.0 / 3, 2.5, 1e-300, 5e-324, 1025, -1025, 4503599627370495.5, 4503599627370497, 9007199254740991, 1e300, -1e300,
            double.PositiveInfinity, double.NegativeInfinity, double.NaN];

    // Every device, and in vectors as well as beyond them.
    [Fact]
    public void Powers_are_those_of_C_and_their_gradients_those_of_PyTorch()
    {
        (double A, double B)[] pairs = [.. Bases.SelectMany(a => Exponents.Select(b => (a, b)))];
        foreach (var device in (Device[])[Organics.Device.Cpu, Organics.Device.Reference])
        {
            using var tape = new Tape<double>(device);
            var (a, b) = (Organics.Tensor.From([.. pairs.Select(p => p.A)], [pairs.Length], device), Organics.Tensor.From([.. pairs.Select(p => p.B)], [pairs.Length], device));
            var y = Tensor<double>.Pow(tape.Watch(a), tape.Watch(b));
            var g = tape.Backward(y, Organics.Tensor.Full([pairs.Length], 1.0, device));
            var (values, byA, byB) = (y.ToArray(), g[a].ToArray(), g[b].ToArray());
            for (var i = 0; i < pairs.Length; i++) Check(pairs[i].A, pairs[i].B, values[i], byA[i], byB[i]);

            // One exponent for all.
            foreach (var exponent in Exponents)
            {
                var x = Organics.Tensor.From(Bases, [Bases.Length], device);
                var power = tape.Watch(x).Pow(exponent);
                var slope = tape.Backward(power, Organics.Tensor.Full([Bases.Length], 1.0, device))[x].ToArray();
                for (var i = 0; i < Bases.Length; i++) Check(Bases[i], exponent, power.ToArray()[i], slope[i], null);
            }
        }

        static void Check(double a, double b, double value, double byA, double? byB)
        {
            // Math.Pow is C's; a power whose logarithm is large has few digits here.
            var far = 4e-16 * (8 + Math.Abs(b * Math.Log(Math.Abs(a))));
            Assert.True(Same(Math.Pow(a, b), value, far), $"{a:r} to the power {b:r} is {value:r}, not {Math.Pow(a, b):r}");
            var slope = b == 0 ? 0 : b * Math.Pow(a, b - 1);
            Assert.True(Same(slope, byA, far), $"{a:r} to the power {b:r} has the derivative {byA:r} by the base, not {slope:r}");
            if (byB is not { } along) return;
            slope = a == 0 && b >= 0 ? 0 : Math.Pow(a, b) * Math.Log(a);
            Assert.True(Same(slope, along, far), $"{a:r} to the power {b:r} has the derivative {along:r} by the exponent, not {slope:r}");
        }

        // Powers also with their sign where they are 0; derivatives of 0 have either, for it is added to 0.
        static bool Same(double expected, double actual, double far)
            => expected == actual ? expected != 0 || double.IsNegative(expected) == double.IsNegative(actual) || !double.IsNegative(actual)
                : double.IsNaN(expected) ? double.IsNaN(actual) : !double.IsInfinity(expected) && Math.Abs(actual - expected) <= far * Math.Abs(expected) + 5e-324;
    }

    [Fact]
    public void The_powers_that_were_wrong_are_exact_in_both_precisions()
    {
        Check(0, 0, 1);
        Check(-1, 3, -1);
        Check(-0.0, -1, double.NegativeInfinity);
        Check(double.NegativeInfinity, 0.5, double.PositiveInfinity);
        Check(double.NegativeInfinity, -3, -0.0);
        Check(-0.0, 3, -0.0);
        Check(1, double.NaN, 1);
        Check(double.NaN, 0, 1);
        Check(-1, double.PositiveInfinity, 1);
        Check(-8, 1.0 / 3, double.NaN);
        Assert.Equal(-8, Tensor<double>.Pow(Tensor([-2.0], [1]), Tensor([3.0], [1])).ToArray()[0], 1e-14);

        // Doubles are compared by their bits here: −0 is not 0.
        static void Check(double a, double b, double expected)
        {
            foreach (var device in (Device[])[Organics.Device.Cpu, Organics.Device.Reference])
            {
                Assert.Equal(expected, Tensor<double>.Pow(Organics.Tensor.Full([1], a, device), Organics.Tensor.Full([1], b, device)).ToArray()[0]);
                Assert.Equal(expected, Organics.Tensor.Full([1], a, device).Pow(b).ToArray()[0]);
                Assert.Equal((float)expected, Tensor<float>.Pow(Organics.Tensor.Full([1], (float)a, device), Organics.Tensor.Full([1], (float)b, device)).ToArray()[0]);
                Assert.Equal((float)expected, Organics.Tensor.Full([1], (float)a, device).Pow((float)b).ToArray()[0]);
            }
        }
    }

    [Fact]
    public void Whole_powers_are_products_to_two_roundings_in_both_forms_and_on_every_device()
    {
        Assert.Equal([100.0, 0.25, -8, 1024, 1e-2], new (double, double)[] { (10, 2), (2, -2), (-2, 3), (2, 10), (10, -2) }.Select(p => Organics.Tensor.Full([1], p.Item1).Pow(p.Item2).Item()));
        double[] exponents = [.. Enumerable.Range(-40, 81).Select(n => (double)n), -1023, -1022, -511, -300, -64, 63, 100, 255, 307, 308, 512, 1000, 1023];
        var random = new Random(5);
        double[] bases = [10, -10, 0.1, 2, -2, 3, 1 / 3.0, 1e-200, 1e200, 1e-310, .. Enumerable.Range(0, 21).Select(_ => (random.NextDouble() - 0.3) * Math.Pow(2, random.Next(-8, 8))), 1.0001, 0.999];
        Assert.True(bases.Length % 8 != 0);
        (double A, double B)[] pairs = [.. bases.SelectMany(a => exponents.Select(b => (a, b)))];
        Tensor<double> Tensors(Device device) => Tensor<double>.Pow(
            Organics.Tensor.From([.. pairs.Select(p => p.A)], [pairs.Length], device), Organics.Tensor.From([.. pairs.Select(p => p.B)], [pairs.Length], device));
        var values = Tensors(Organics.Device.Cpu).ToArray();
        Assert.Equal(values.Select(BitConverter.DoubleToInt64Bits), Tensors(Organics.Device.Reference).ToArray().Select(BitConverter.DoubleToInt64Bits));
        foreach (var device in (Device[])[Organics.Device.Cpu, Organics.Device.Reference])
            for (var k = 0; k < exponents.Length; k++)
            {
                var own = Organics.Tensor.From(bases, [bases.Length], device).Pow(exponents[k]).ToArray();
                for (var i = 0; i < bases.Length; i++) Assert.Equal(BitConverter.DoubleToInt64Bits(own[i]), BitConverter.DoubleToInt64Bits(values[i * exponents.Length + k]));
            }
        for (var i = 0; i < pairs.Length; i++)
        {
            var expected = Math.Pow(pairs[i].A, pairs[i].B);
            var unit = Math.Abs(Math.BitIncrement(expected) - expected);
            Assert.True(values[i] == expected || Math.Abs(values[i] - expected) <= 3 * unit, $"{pairs[i].A:r} to the power {pairs[i].B:r} is {values[i]:r}, not {expected:r}");
            var single = (float)pairs[i].A;
            var (narrow, wide) = (Organics.Tensor.Full([1], single).Pow((float)pairs[i].B).Item(), Math.Pow(single, pairs[i].B));
            Assert.True(narrow == (float)wide || Math.Abs(narrow - wide) <= 2.5 * Math.Abs(MathF.BitIncrement((float)wide) - (float)wide), $"{single:r} to the power {pairs[i].B:r} is {narrow:r}, not {wide:r}");
        }
    }

    static double Suffix(Tensor<double> t, int[] index) => t.Length == 1 ? t.ToArray()[0] : At(t, index[^t.Shape.Rank..]);
}
