using Organics;
using Xunit;

namespace OrganicsCell.Tests;

public sealed class AdaptiveCellTests
{
    const int Units = 6, Inputs = 2, Steps = 30, Batch = 40;

    static readonly FormulaCell<AdaptiveFormula<double>, double> Cell = AdaptiveCell.Create<double>();
    static readonly CellWeights<double> Weights = AdaptiveCell.Draw<double>(Units, Inputs, seed: 1);
    static readonly Tensor<double> X = Tensor.Normal<double>([Steps, Batch, Inputs], seed: 2);
    static readonly Tensor<double>[] Initial = [Tensor.Normal<double>([Batch, Units], seed: 3), Tensor.Normal<double>([Batch, Units], seed: 4)];

    /// <summary>Step run with tensors as its numbers is differentiated by the tape, operation by operation: where StepVjp is wrong, the two differ.</summary>
    [Fact]
    public void The_derivative_is_that_of_the_step()
    {
        var (fast, slow) = (Gradients(Cell.Run), Gradients((c, x, s, memory) => Scan.Run(Cell, c, x, s, memory)));
        Assert.Equal(slow.Keys.Order(), fast.Keys.Order());
        Assert.All(slow, each => Assert.All(each.Value.Zip(fast[each.Key]), pair => Assert.Equal(pair.First, pair.Second, 1e-10 * (1 + Math.Abs(pair.First)))));
    }

    /// <summary>One sample, step by step, has the bits of its sequence.</summary>
    [Fact]
    public void A_stream_ends_where_its_sequence_does()
    {
        var coefficients = Cell.Prepare(Weights);
        var stream = Cell.Stream(coefficients, [.. Initial.Select(part => part[0])]);
        var shown = new double[Units];
        for (var t = 0; t < Steps; t++) stream.Step(X[t][0].ToArray(), shown);
        Assert.Equal(Cell.Run(coefficients, X, Initial, SequenceMemory.Sqrt)[0][0].ToArray(), shown);
    }

    static Dictionary<string, double[]> Gradients(
        Func<CellWeights<double>, Tensor<double>, IReadOnlyList<Tensor<double>>, SequenceMemory, IReadOnlyList<Tensor<double>>> run)
    {
        using var tape = new Tape<double>();
        var watched = tape.Watch(Weights);
        var after = run(Cell.Prepare(watched), X, Initial, SequenceMemory.Sqrt);
        var gradients = tape.Backward(after[0].Square().Sum() + after[1].Sin().Sum());
        return watched.List().ToDictionary(each => each.Key, each => gradients[each.Value].ToArray());
    }
}
