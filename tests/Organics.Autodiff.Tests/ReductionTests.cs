namespace Organics.Tests;

public sealed class ReductionTests : OpTests
{
    public static TheoryData<string> Reductions => [.. Ops.Keys];

    static readonly Dictionary<string, (Func<Tensor<double>, int, Tensor<double>> Axis, Func<Tensor<double>, Tensor<double>> All, Func<double[], double> Value)> Ops = new()
    {
        ["Sum"] = ((x, a) => x.Sum(a), x => x.Sum(), v => v.Sum()),
        ["Mean"] = ((x, a) => x.Mean(a), x => x.Mean(), v => v.Average()),
        ["Max"] = ((x, a) => x.Max(a), x => x.Max(), v => v.Max()),
        ["LogSumExp"] = ((x, a) => x.LogSumExp(a), x => x.LogSumExp(), v => Math.Log(v.Sum(Math.Exp))),
    };

    [Theory]
    [MemberData(nameof(Reductions))]
    public void Each_axis_counted_from_either_end(string name)
    {
        var (op, _, value) = Ops[name];
        foreach (var shape in (Shape[])[[5], [1], [3, 4], [2, 3, 4], [2, 1, 3], [2, 3, 2, 4], [1, 18]])
            for (var axis = 0; axis < shape.Rank; axis++)
            {
                var (x, at) = (Tensor(7, shape), axis);
                var reduced = shape.Without(axis);
                var expected = Table(reduced, i => value([.. Enumerable.Range(0, shape[at]).Select(a => At(x, [.. i[..at], a, .. i[at..]]))]));
                Verify(t => op(t[0], at), reduced, expected, x);
                VerifyValue(t => op(t[0], at - shape.Rank), reduced, expected, 1e-12, x);
            }
    }

    [Fact]
    public void Softmax_is_positive_and_adds_up_to_1_along_its_axis()
    {
        var x = Tensor(7, [2, 3, 4]);
        for (var axis = 0; axis < 3; axis++)
        {
            var at = axis;
            double Sum(int[] i) => Enumerable.Range(0, x.Shape[at]).Sum(k => Math.Exp(At(x, [.. i[..at], k, .. i[(at + 1)..]])));
            var expected = Table(x.Shape, i => Math.Exp(At(x, i)) / Sum(i));
            Verify(t => t[0].Softmax(at), x.Shape, expected, x);
            VerifyValue(t => t[0].Softmax(at - 3), x.Shape, expected, 1e-12, x);
        }
        // scipy.special.softmax([1000, 1001, -1000]): no overflow.
        AssertClose([0.2689414213699951, 0.7310585786300049, 0], Tensor([1000, 1001, -1000], [3]).Softmax(0).ToArray());
        AssertClose([1, 0], Tensor([0, double.NegativeInfinity], [2]).Softmax(0).ToArray());
        Assert.All(Tensor([double.PositiveInfinity, 0], [2]).Softmax(0).ToArray(), v => Assert.Equal(double.NaN, v));
        AssertSays<ShapeException>(() => x.Softmax(3), "Axis 3", "[2, 3, 4]");
    }

    [Fact]
    public void Argmax_is_where_NumPy_says()
    {
        var x = Tensor([3, 1, 3, 2, double.NaN, 5, double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity, -1, -1, double.NaN], [4, 3]);
        Assert.Equal([0, 1, 0, 2], x.Argmax(1));
        Assert.Equal([0, 1, 3], x.Argmax(-2));
        Assert.Equal([2], Tensor([1, 2, 3], [3]).Argmax(0));
        Assert.Equal([1, 0, 1, 1], Tensor([0, 7, 1, 2, 3, 4, 5, 6], [2, 2, 2]).Argmax(1));
        Assert.Equal([], Tensor([], [0, 3]).Argmax(1));
        AssertSays<ShapeException>(() => Tensor([], [3, 0]).Argmax(1), "Argmax", "axis 1", "[3, 0]");
    }

    [Theory]
    [MemberData(nameof(Reductions))]
    public void All_elements_of_any_rank(string name)
    {
        var (_, op, value) = Ops[name];
        foreach (var shape in (Shape[])[[], [1], [5], [3, 4], [2, 3, 2, 4]])
        {
            var x = Tensor(7, shape);
            Verify(t => op(t[0]), [], [value(x.ToArray())], x);
        }
    }

    [Fact]
    public void Nothing_reduces_to_the_identity()
    {
        Verify(t => t[0].Sum(), [], [0], Tensor(1, [0]));
        Verify(t => t[0].Sum(0), [3], [0, 0, 0], Tensor(1, [0, 3]));
        Verify(t => t[0].Sum(1), [0], [], Tensor(1, [0, 3]));
        Verify(t => t[0].Sum(0), [0], [], Tensor(1, [3, 0]));
        Verify(t => t[0].Sum(1), [2, 0], [], Tensor(1, [2, 3, 0]));
        Verify(t => t[0].Sum(1), [0], [], Tensor(1, [0, 10_000]));
        const double LeastOfAll = double.NegativeInfinity;
        VerifyValue(t => t[0].Max(), [], [LeastOfAll], 0, Tensor(1, [0]));
        VerifyValue(t => t[0].Max(0), [2], [LeastOfAll, LeastOfAll], 0, Tensor(1, [0, 2]));
        VerifyValue(t => t[0].Max(0), [0], [], 0, Tensor(1, [2, 0]));
        VerifyValue(t => t[0].LogSumExp(0), [2], [LeastOfAll, LeastOfAll], 0, Tensor(1, [0, 2]));
        VerifyValue(t => t[0].Mean(), [], [double.NaN], 0, Tensor(1, [0]));
    }

    [Fact]
    public void Equal_maxima_share_the_gradient()
    {
        using var tape = new Tape<double>(Device);
        var x = Tensor([3, 1, 3, 0, 2, 2, 2, 2, 5, 7, 7, 7], [3, 4]);
        var rows = tape.Backward(tape.Watch(x).Max(1), tape.Constant([1, 10, 6], [3]))[x].ToArray();
        AssertClose([0.5, 0, 0.5, 0, 2.5, 2.5, 2.5, 2.5, 0, 2, 2, 2], rows);
        var all = tape.Backward(tape.Watch(x).Max())[x].ToArray();
        AssertClose([0, 0, 0, 0, 0, 0, 0, 0, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3], all);
    }

    [Fact]
    public void The_gradient_of_a_maximum_adds_to_what_is_there()
    {
        var x = Tensor(1, [3, 4]);
        Verify(t => t[0].Sum(1) + t[0].Max(1) + t[0].Max(1), [3],
            Table([3], i => Enumerable.Range(0, 4).Sum(a => At(x, i[0], a)) + 2 * Enumerable.Range(0, 4).Max(a => At(x, i[0], a))), x);
    }

    [Fact]
    public void A_sum_of_exponentials_neither_overflows_nor_stumbles_over_infinities()
    {
        const double Inf = double.PositiveInfinity;
        var x = Tensor([1000, 1000, -Inf, -Inf, -Inf, 2, Inf, 0, -1000, -1001, double.NaN, 1], [6, 2]);
        double[] expected = [1000 + Math.Log(2), -Inf, 2, Inf, -1000 + Math.Log(1 + Math.Exp(-1)), double.NaN];
        VerifyValue(t => t[0].LogSumExp(1), [6], expected, 1e-12, x);
        using var tape = new Tape<double>(Device);
        var row = Tensor([-Inf, 2, 3], [1, 3]);
        AssertClose([0, 1 / (1 + Math.E), Math.E / (1 + Math.E)], tape.Backward(tape.Watch(row).LogSumExp(-1))[row].ToArray());
    }

    [Fact]
    public void Single_precision_sums_of_many_elements_stay_accurate()
    {
        var values = Array.ConvertAll(Numbers(1, 100_003), v => (float)v);
        var exact = values.Sum(v => (double)v);
        foreach (var shape in (Shape[])[[100_003], [100_003, 1]])
            Assert.InRange(Organics.Tensor.From<float>(values, shape, Device).Sum().Item() - exact, -1e-2, 1e-2);
        var columns = Organics.Tensor.From<float>(values, [100_003, 1], Device).Sum(0);
        Assert.InRange(columns.Item() - exact, -1e-2, 1e-2);
    }

    [Fact]
    public void An_axis_that_is_not_there_is_named_as_it_was_given()
    {
        var x = Tensor(1, [2, 3]);
        foreach (var (op, _, _) in Ops.Values)
        {
            AssertSays<ShapeException>(() => op(x, 2), "Axis 2", "[2, 3]", "0 to 1", "−2 to −1");
            AssertSays<ShapeException>(() => op(x, -3), "Axis -3", "[2, 3]");
            AssertSays<ShapeException>(() => op(Tensor(1, []), 0), "Axis 0", "[]", "Reshape");
        }
    }
}
