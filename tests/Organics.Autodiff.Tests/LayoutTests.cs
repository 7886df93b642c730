namespace Organics.Tests;

/// <summary>Ops that move elements without computing: Reshape, Slice, Concat, Transpose, GatherRows, Expand, StopGradient.</summary>
public sealed class LayoutTests : OpTests
{
    [Fact]
    public void Reshape_keeps_the_elements_in_order()
    {
        var x = Tensor(1, [2, 6]);
        foreach (var shape in (Shape[])[[12], [3, 4], [2, 1, 3, 2]]) Verify(t => t[0].Reshape(shape), shape, x.ToArray(), x);
        Verify(t => t[0].Reshape([]), [], [0.5], Tensor([0.5], [1, 1]));
        Verify(t => t[0].Reshape([3, 0]), [3, 0], [], Tensor(1, [0]));
        Verify(t => t[0].Reshape([3, 4]) * t[0].Reshape([3, 4]), [3, 4], Array.ConvertAll(x.ToArray(), v => v * v), x);
        AssertSays<ShapeException>(() => x.Reshape([5]), "Reshape", "[2, 6]", "12", "[5]", "equal");
    }

    [Fact]
    public void Slices_and_entries_are_parts_of_the_leading_axis()
    {
        var x = Tensor(1, [4, 2, 3]);
        foreach (var (start, count) in ((int, int)[])[(0, 4), (0, 1), (1, 2), (3, 1), (2, 0), (4, 0)])
            Verify(t => t[0].Slice(start, count), [count, 2, 3], Table([count, 2, 3], i => At(x, i[0] + start, i[1], i[2])), x);
        for (var e = 0; e < 4; e++)
        {
            var entry = e;
            Verify(t => t[0][entry], [2, 3], Table([2, 3], i => At(x, entry, i[0], i[1])), x);
        }
        Verify(t => t[0][2], [], [x.ToArray()[2]], Tensor(x.ToArray(), [24]));
        // Parts that overlap add up.
        Verify(t => t[0].Slice(0, 3) * t[0].Slice(1, 3), [3, 2, 3], Table([3, 2, 3], i => At(x, i) * At(x, i[0] + 1, i[1], i[2])), x);
        Verify(t => t[0].Slice(1, 3).Slice(1, 1)[0], [2, 3], Table([2, 3], i => At(x, 2, i[0], i[1])), x);
        AssertSays<ShapeException>(() => x.Slice(2, 3), "Slice", "2 to 4", "[4, 2, 3]", "axis 0, which has 4");
        AssertSays<ShapeException>(() => x.Slice(-1, 2), "Slice", "-1 to 0", "[4, 2, 3]");
        AssertSays<ShapeException>(() => x[4], "entry 4", "[4, 2, 3]", "leading axis");
        AssertSays<ShapeException>(() => x[-1], "entry -1", "[4, 2, 3]");
        AssertSays<ShapeException>(() => Tensor(1, [])[0], "entry 0", "[]");
    }

    [Fact]
    public void Slices_along_any_axis()
    {
        var x = Tensor(1, [3, 4, 5]);
        for (var axis = 0; axis < 3; axis++)
            foreach (var (start, count) in ((int, int)[])[(0, 3), (1, 2), (2, 1), (1, 0), (3, 0)])
            {
                var (at, shape) = (axis, x.Shape.With(axis, count));
                var expected = Table(shape, i => At(x, [.. i.Select((k, j) => j == at ? k + start : k)]));
                Verify(t => t[0].Slice(start, count, at), shape, expected, x);
                VerifyValue(t => t[0].Slice(start, count, at - 3), shape, expected, 0, x);
            }
        // Parts that overlap add up.
        Verify(t => t[0].Slice(0, 4, 2) * t[0].Slice(1, 4, 2), [3, 4, 4], Table([3, 4, 4], i => At(x, i) * At(x, i[0], i[1], i[2] + 1)), x);
        Verify(t => t[0].Slice(1, 2, 1), [0, 2], [], Tensor(1, [0, 4]));
        AssertSays<ShapeException>(() => x.Slice(2, 3, 1), "Slice", "2 to 4", "[3, 4, 5]", "axis 1, which has 4");
        AssertSays<ShapeException>(() => x.Slice(0, 1, 3), "Axis 3", "[3, 4, 5]");
    }

    [Fact]
    public void Indices_and_ranges_count_along_the_leading_axis_from_either_end()
    {
        var x = Tensor(1, [4, 2, 3]);
        double[] Rows(Range r) => x.ToArray()[(6 * r.Start.GetOffset(4))..(6 * r.End.GetOffset(4))];
        Verify(t => t[0][^1], [2, 3], Rows(3..4), x);
        Verify(t => t[0][^4], [2, 3], Rows(0..1), x);
        Verify(t => t[0][1..], [3, 2, 3], Rows(1..4), x);
        Verify(t => t[0][..^1], [3, 2, 3], Rows(0..3), x);
        Verify(t => t[0][1..^2], [1, 2, 3], Rows(1..2), x);
        Verify(t => t[0][2..2], [0, 2, 3], [], x);
        Verify(t => t[0][..], [4, 2, 3], x.ToArray(), x);
        AssertSays<ShapeException>(() => x[^5], "entry -1", "[4, 2, 3]");
        AssertSays<ShapeException>(() => x[^0], "entry 4", "[4, 2, 3]");
        AssertSays<ShapeException>(() => x[3..1], "Slice", "[4, 2, 3]");
        AssertSays<ShapeException>(() => x[..5], "Slice", "0 to 4", "[4, 2, 3]");
        AssertSays<ShapeException>(() => Tensor(1, [])[^1], "[]");
        AssertSays<ShapeException>(() => Tensor(1, [])[1..], "[]");
    }

    [Fact]
    public void Stack_joins_along_a_new_axis()
    {
        Tensor<double>[] x = [Tensor(1, [2, 3]), Tensor(2, [2, 3]), Tensor(3, [2, 3]), Tensor(4, [2, 3])];
        for (var axis = 0; axis <= 2; axis++)
        {
            var (at, shape) = (axis, x[0].Shape.Insert(axis, 4));
            var expected = Table(shape, i => At(x[i[at]], [.. i[..at], .. i[(at + 1)..]]));
            Verify(t => Tensor<double>.Stack(at, t), shape, expected, x);
            VerifyValue(t => Tensor<double>.Stack(at - 3, t), shape, expected, 0, x);
        }
        Verify(t => Tensor<double>.Stack(0, t), [2], [0.5, 0.25], Tensor([0.5], []), Tensor([0.25], []));
        AssertSays<ShapeException>(() => Tensor<double>.Stack(0, x[0], Tensor(1, [3, 2])), "Stack", "[3, 2]", "[2, 3]", "equal");
        AssertSays<ShapeException>(() => Tensor<double>.Stack(3, x), "inserted at 3", "[2, 3]");
        AssertSays<ShapeException>(() => Tensor<double>.Stack(0), "Stack", "at least one");
    }

    [Fact]
    public void Split_cuts_what_Concat_joins()
    {
        var x = Tensor(1, [3, 6, 2]);
        foreach (var (axis, extents) in ((int, int[])[])[(0, [1, 2]), (1, [1, 0, 3, 2]), (2, [1, 1]), (-2, [6]), (0, [3])])
        {
            var parts = x.Split(axis, extents);
            Assert.Equal(extents, parts.Select(p => p.Shape[axis]));
            Verify(t => Tensor<double>.Concat(axis, t[0].Split(axis, extents)), x.Shape, x.ToArray(), x);
        }
        Verify(t => t[0].Split(1, 2, 4)[1], [3, 4, 2], Table([3, 4, 2], i => At(x, i[0], i[1] + 2, i[2])), x);
        AssertSays<ShapeException>(() => x.Split(1, 2, 3), "Split", "5", "axis 1", "[3, 6, 2]", "cover");
        AssertSays<ShapeException>(() => x.Split(1, 7, -1), "Slice", "[3, 6, 2]");
    }

    // With one extent in the place of the other, these would have more elements than a tensor may.
    [Fact]
    public void Long_rows_and_columns_are_transposed()
    {
        foreach (var (from, to) in (ReadOnlySpan<(int[], int[])>)[([1, 50_000], [50_000, 1]), ([50_000, 1], [1, 50_000]), ([2, 1, 60_000], [2, 60_000, 1]), ([1, 3, 50_000, 1], [1, 3, 1, 50_000])])
        {
            using var tape = new Tape<float>();
            var x = Organics.Tensor.From<float>([.. Enumerable.Range(0, Shape.Of(from).Length).Select(i => (float)i)], Shape.Of(from));
            var y = tape.Watch(x).Transpose();
            Assert.Equal(Shape.Of(to), y.Shape);
            // One of the two axes has one element: the order stays.
            Assert.Equal(x.ToArray(), y.ToArray());
            Assert.All(tape.Backward(y.Sum())[x].ToArray(), g => Assert.Equal(1, g));
        }
    }

    [Fact]
    public void Concat_joins_along_each_axis()
    {
        for (var axis = 0; axis < 3; axis++)
        {
            var at = axis;
            Tensor<double>[] x = [Tensor(1, new Shape[] { [1, 3, 4], [2, 1, 4], [2, 3, 1] }[axis]), Tensor(2, [2, 3, 4]), Tensor(3, new Shape[] { [0, 3, 4], [2, 0, 4], [2, 3, 0] }[axis]), Tensor(4, [2, 3, 4])];
            var shape = new Shape[] { [5, 3, 4], [2, 7, 4], [2, 3, 9] }[axis];
            var expected = Table(shape, i =>
            {
                var (part, index) = (0, (int[])i.Clone());
                while (index[at] >= x[part].Shape[at]) index[at] -= x[part++].Shape[at];
                return At(x[part], index);
            });
            Verify(t => Tensor<double>.Concat(at, t), shape, expected, x);
            VerifyValue(t => Tensor<double>.Concat(at - 3, t), shape, expected, 0, x);
        }
        var y = Tensor(1, [2, 2]);
        Verify(t => Tensor<double>.Concat(1, t[0], t[0]), [2, 4], Table([2, 4], i => At(y, i[0], i[1] % 2)), y);
        Verify(t => Tensor<double>.Concat(1, t[0], t[1]), [0, 5], [], Tensor(1, [0, 2]), Tensor(2, [0, 3]));
        Verify(t => Tensor<double>.Concat(0, t[0]), [2, 2], y.ToArray(), y);
        AssertSays<ShapeException>(() => Tensor<double>.Concat(0, Tensor(1, [2, 3]), Tensor(2, [2, 4])), "Concat", "[2, 4]", "[2, 3]", "axis 0");
        AssertSays<ShapeException>(() => Tensor<double>.Concat(0, Tensor(1, [2, 3]), Tensor(2, [3])), "Concat", "[3]", "[2, 3]");
        AssertSays<ShapeException>(() => Tensor<double>.Concat(2, Tensor(1, [2, 3])), "Axis 2", "[2, 3]");
        var much = Tensor(1, [int.MaxValue, 0]);
        AssertSays<ShapeException>(() => Tensor<double>.Concat(0, much, much), "Concat", "axis 0", "4294967294", "fewer");
        AssertSays<ShapeException>(() => Tensor<double>.Concat(0), "Concat", "at least one");
    }

    [Fact]
    public void Transpose_exchanges_the_last_two_axes()
    {
        foreach (var shape in (Shape[])[[2, 3], [1, 5], [4, 2, 3], [2, 2, 3, 2], [0, 3], [3, 0]])
        {
            var (x, r) = (Tensor(1, shape), shape.Rank);
            var swapped = shape.With(r - 1, shape[-2]).With(r - 2, shape[-1]);
            Verify(t => t[0].Transpose(), swapped, Table(swapped, i => At(x, [.. i[..^2], i[^1], i[^2]])), x);
        }
        AssertSays<ShapeException>(() => Tensor(1, [3]).Transpose(), "Transpose", "[3]", "2 axes", "Reshape");
    }

    [Fact]
    public void Gathered_rows_may_repeat_and_then_their_gradients_add()
    {
        var x = Tensor(1, [4, 2, 3]);
        foreach (var index in (int[][])[[0, 1, 2, 3], [3, 3, 0, 3], [2], []])
            Verify(t => t[0].GatherRows(index), [index.Length, 2, 3], Table([index.Length, 2, 3], i => At(x, index[i[0]], i[1], i[2])), x);
        using var tape = new Tape<double>(Device);
        var v = Tensor(1, [3]);
        AssertClose([1, 0, 110], tape.Backward(tape.Watch(v).GatherRows(0, 2, 2), tape.Constant([1, 10, 100], [3]))[v].ToArray());
        AssertSays<ShapeException>(() => x.GatherRows(0, 4), "GatherRows", "entry 4", "[4, 2, 3]", "leading axis");
        AssertSays<ShapeException>(() => x.GatherRows(-1), "GatherRows", "entry -1");
        AssertSays<ShapeException>(() => Tensor(1, []).GatherRows(0), "GatherRows", "scalar", "Reshape");
    }

    [Fact]
    public void The_caller_may_reuse_its_index_after_gathering()
    {
        using var tape = new Tape<double>(Device);
        var x = Tensor(1, [3]);
        int[] index = [0, 1];
        var y = tape.Watch(x).GatherRows(index);
        index[0] = 2;
        AssertClose([1, 1, 0], tape.Backward(y, null)[x].ToArray());
    }

    [Fact]
    public void Expand_repeats_along_a_new_axis_anywhere()
    {
        var x = Tensor(1, [2, 3]);
        for (var axis = 0; axis <= 2; axis++)
            foreach (var count in (int[])[0, 1, 4])
            {
                var (at, shape) = (axis, x.Shape.Insert(axis, count));
                foreach (var place in (int[])[at, at - shape.Rank])
                    Verify(t => t[0].Expand(place, count), shape, Table(shape, i => At(x, [.. i[..at], .. i[(at + 1)..]])), x);
            }
        Verify(t => t[0].Expand(0, 3), [3], [0.5, 0.5, 0.5], Tensor([0.5], []));
        AssertSays<ShapeException>(() => x.Expand(3, 2), "inserted at 3", "[2, 3]", "0 to 2");
        AssertSays<ShapeException>(() => x.Expand(0, -1), "-1", "0 or more");
        AssertSays<ShapeException>(() => Tensor(1, [1, 1, 1, 1]).Expand(0, 2), "at most 4 axes", "Reshape");
    }

    [Fact]
    public void StopGradient_keeps_the_value_and_cuts_the_gradient()
    {
        using var tape = new Tape<double>(Device);
        var x = Tensor(1, [5]);
        var w = tape.Watch(x);
        var y = w * w.StopGradient();
        AssertClose(Array.ConvertAll(x.ToArray(), v => v * v), y.ToArray());
        AssertClose(x.ToArray(), tape.Backward(y, null)[x].ToArray());
        Assert.Same(x, x.StopGradient());
    }
}
