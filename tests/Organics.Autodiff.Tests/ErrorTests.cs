namespace Organics.Tests;

/// <summary>That programmer errors in element-wise ops, and the exception types themselves, speak plainly.</summary>
public sealed class ErrorTests : DeviceTests
{
    [Fact]
    public void Shapes_that_do_not_broadcast_are_all_named()
    {
        AssertSays<ShapeException>(() => Tensor(1, [2, 3]) + Tensor(2, [2]), "Add", "[2, 3] and [2]", "counted from the last", "Reshape or Expand");
        AssertSays<ShapeException>(() => Tensor(1, [2, 3]) - Tensor(2, [3, 2]), "Subtract", "[2, 3] and [3, 2]");
        AssertSays<ShapeException>(() => Tensor(1, [3, 1]) * Tensor(2, [4, 2]), "Multiply", "[3, 1] and [4, 2]");
        AssertSays<ShapeException>(() => Tensor(1, [2]) / Tensor(2, [3]), "Divide", "[2] and [3]");
        AssertSays<ShapeException>(() => Tensor(1, [0, 3]) + Tensor(2, [2]), "Add", "[0, 3] and [2]");
        AssertSays<ShapeException>(
            () => Tensor<double>.Select(Tensor(1, [2, 3]), Tensor(2, [3]), Tensor(3, [2])), "Select", "[2, 3] and [3] and [2]");
        // A product with its transposed factors marked.
        AssertSays<ShapeException>(() => Tensor(1, [2, 3]).MatMul(Tensor(2, [2, 3])), "MatMul: [2, 3]·[2, 3] has inner extents 3 and 2;");
        AssertSays<ShapeException>(() => Tensor(1, [2, 3]).MatMul(Tensor(2, [3, 2]), transposeThis: true), "MatMul: [2, 3]ᵀ·[3, 2] has inner extents 2 and 3;");
        AssertSays<ShapeException>(() => Tensor(1, [2, 3]).MatMul(Tensor(2, [3, 2]), transposeOther: true), "MatMul: [2, 3]·[3, 2]ᵀ has inner extents 3 and 2;");
    }

    [Fact]
    public void A_tensor_that_is_not_there_is_refused()
    {
        Tensor<double> none = null!, x = Tensor(1, [2]);
        Func<object?>[] uses =
        [
            () => none * 2, () => 1 / none, () => none / 2, () => none - 1, () => Tensor<double>.Stack(0, x, none),
            () => none + x, () => x + none, () => x * none, () => -none, () => none + 1.0, () => 1.0 - none, () => 2.0 * none,
            () => Tensor<double>.Max(none, x), () => Tensor<double>.Select(x, x, none), () => Tensor<double>.Concat(0, x, none),
            () => Tensor<double>.Concat(0, none), () => x.MatMul(none), () => x.Solve(none), () => x.MeanSquaredError(none),
        ];
        foreach (var use in uses) Assert.Throws<ArgumentNullException>(use);
        using var tape = new Tape<double>(Device);
        Assert.Throws<ArgumentNullException>(() => tape.Watch((Tensor<double>)null!));
        Assert.Throws<ArgumentNullException>(() => tape.Backward(none));
        Assert.Throws<ArgumentNullException>(() => tape.Workspace.From(none));
        Assert.Throws<ArgumentNullException>(() => tape.Backward(tape.Watch(Tensor(1, [])))[none]);
    }

    [Fact]
    public void Failed_ops_leave_their_operands_as_they_were()
    {
        using var tape = new Tape<double>(Device);
        var x = Tensor(1, [2, 3]);
        var before = x.ToArray();
        var w = tape.Watch(x);
        Assert.Throws<ShapeException>(() => w + Tensor(2, [2]));
        Assert.Throws<ShapeException>(() => w.MatMul(w));
        Assert.Throws<ShapeException>(() => w.Reshape([5]));
        Assert.Equal(1, tape.Count);
        Assert.Equal(before, x.ToArray());
    }

    [Fact]
    public void A_device_needs_a_thread()
        => AssertSays<ArgumentOutOfRangeException>(() => new CpuDevice(0), "CpuDevice", "0 threads", "1 or more");

    [Fact]
    public void Exceptions_carry_their_message_and_cause()
    {
        var cause = new InvalidDataException("cause");
        Exception[] with = [new ShapeException("m", cause), new DeviceMismatchException("m", cause), new WorkspaceResetException("m", cause)];
        Assert.All(with, e => Assert.Equal(("m", cause), (e.Message, e.InnerException)));
        Exception[] without = [new ShapeException(), new DeviceMismatchException(), new WorkspaceResetException()];
        Assert.All(without, e => Assert.Null(e.InnerException));
    }
}
