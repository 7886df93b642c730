namespace Organics.Tests;

public sealed class LossTests : OpTests
{
    [Theory]
    [InlineData(4, 3)]
    [InlineData(1, 1)]
    [InlineData(1, 5)]
    [InlineData(7, 10)]
    public void Cross_entropy_is_the_mean_of_minus_the_log_softmax_of_the_labels(int batch, int classes)
    {
        var x = Tensor(1, [batch, classes]);
        var labels = Enumerable.Range(0, batch).Select(i => i * 3 % classes).ToArray();
        var expected = Enumerable.Range(0, batch).Average(i => Math.Log(Enumerable.Range(0, classes).Sum(j => Math.Exp(At(x, i, j)))) - At(x, i, labels[i]));
        Verify(t => t[0].SoftmaxCrossEntropy(labels), [], [expected], x);
    }

    [Fact]
    public void The_gradient_of_cross_entropy_is_softmax_minus_one_hot_over_the_batch()
    {
        using var tape = new Tape<double>(Device);
        var x = Tensor(1, [4, 3]);
        int[] labels = [2, 0, 1, 1];
        var g = tape.Backward(tape.Watch(x).SoftmaxCrossEntropy(labels))[x].ToArray();
        AssertClose(Table([4, 3], i => (Math.Exp(At(x, i)) / Enumerable.Range(0, 3).Sum(j => Math.Exp(At(x, i[0], j))) - (labels[i[0]] == i[1] ? 1 : 0)) / 4), g);
    }

    [Fact]
    public void Large_logits_do_not_overflow_and_a_logit_of_minus_infinity_rules_a_class_out()
    {
        var x = Tensor([1000, 0, -1000, double.NegativeInfinity, 1, 1], [2, 3]);
        VerifyValue(t => t[0].SoftmaxCrossEntropy([1, 1]), [], [(1000 + Math.Log(2)) / 2], 1e-12, x);
        using var tape = new Tape<double>(Device);
        AssertClose([0.5, -0.5, 0, 0, -0.25, 0.25], tape.Backward(tape.Watch(x).SoftmaxCrossEntropy([1, 1]))[x].ToArray());
    }

    [Fact]
    public void Labels_are_checked()
    {
        var x = Tensor(1, [2, 3]);
        AssertSays<ArgumentOutOfRangeException>(() => x.SoftmaxCrossEntropy([0, 3]), "label 1 is 3", "0 to 2");
        AssertSays<ArgumentOutOfRangeException>(() => x.SoftmaxCrossEntropy([-1, 0]), "label 0 is -1", "0 to 2");
        AssertSays<ShapeException>(() => x.SoftmaxCrossEntropy([0]), "[2, 3]", "1 labels", "one label for each row");
        AssertSays<ShapeException>(() => Tensor(1, [3]).SoftmaxCrossEntropy([0]), "SoftmaxCrossEntropy", "[3]", "2 axes", "Reshape");
    }

    [Fact]
    public void Mean_squared_error_averages_over_all_elements()
    {
        foreach (var shape in (Shape[])[[], [4], [3, 5]])
        {
            var (x, y) = (Tensor(1, shape), Tensor(2, shape));
            Verify(t => t[0].MeanSquaredError(t[1]), [], [x.ToArray().Zip(y.ToArray(), (a, b) => (a - b) * (a - b)).Average()], x, y);
        }
        AssertSays<ShapeException>(() => Tensor(1, [2, 3]).MeanSquaredError(Tensor(2, [3])), "MeanSquaredError", "[2, 3]", "`target`", "[3]", "equal");
        Assert.Throws<ArgumentNullException>(() => Tensor(1, [2]).MeanSquaredError(null!));
    }
}
