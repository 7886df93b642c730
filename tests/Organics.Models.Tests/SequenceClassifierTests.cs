namespace Organics.Tests;

public sealed class SequenceClassifierTests
{
    /// <summary>theory.md §8.4: 3nd + 6n² + 4n for the circuit and Cn + C for the head.</summary>
    [Theory]
    [InlineData(64, true, 25_674)]
    [InlineData(128, true, 100_490)]
    [InlineData(64, false, 25_418)]
    [InlineData(128, false, 99_978)]
    public void It_has_as_many_parameters_as_the_papers(int units, bool learned, long expected)
        => Assert.Equal(expected, SequenceClassifier<float>.Create(new() { Units = units, LearnTimeConstants = learned }, seed: 1).Parameters.Count());

    [Fact]
    public void Its_initial_values_are_those_of_the_authors()
    {
        var model = SequenceClassifier<double>.Create(new() { Units = 12, Variant = CircuitVariant.Authors }, seed: 3);
        var p = model.Parameters.Circuit;
        Assert.Equal(1, p.Wzx.Square().Sum().Item(), 1e-14);
        var product = p.Wr.MatMul(p.Wr, transposeOther: true).ToArray();
        for (var i = 0; i < product.Length; i++) Assert.Equal(i % 13 == 0 ? 1 : 0, product[i], 1e-13);
        Assert.All(p.LogWay.ToArray(), v => Assert.True(v <= 0));
        Assert.All(Enumerable.Range(0, 12), i => Assert.Equal(0, p.LogWay.ToArray()[13 * i]));
        Assert.Equal(1, model.Initial[0].Square().Sum().Item(), 1e-14);
        Assert.All(model.Initial[2].ToArray(), b0 => Assert.Equal(1, b0));
        // The paper's code began at Wr = I + I.
        var paper = SequenceClassifier<double>.Create(new() { Units = 12 }, seed: 3);
        var wr = paper.Cell.Prepare(paper.Parameters.Circuit).Wr.ToArray();
        for (var i = 0; i < wr.Length; i++) Assert.Equal(i % 13 == 0 ? 2 : 0, wr[i], 1e-12);
    }

    [Fact]
    public void The_order_of_the_pixels_decides_what_each_step_shows()
    {
        int[] order = [2, 0, 3, 1];
        var model = SequenceClassifier<double>.Create(new() { Units = 3, Steps = 4, Classes = 2, Order = order }, seed: 1);
        Assert.Equal([0.3, 0.7, 0.1, 0.5, 0.4, 0.8, 0.2, 0.6], model.Sequence(Tensor.From([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], [2, 4])).ToArray());
        Assert.Throws<ShapeException>(() => model.Sequence(Tensor.From([1.0], [1, 1])));
    }

    [Fact]
    public void Its_stream_ends_in_the_state_that_the_head_reads()
    {
        var model = SequenceClassifier<double>.Create(new() { Units = 5, Steps = 9, Classes = 3 }, seed: 2);
        double[] image = [0, 0.2, 0.9, 1, 0.4, 0, 0, 0.3, 0.7];
        var stream = model.Stream();
        var y = new double[5];
        foreach (var pixel in image) stream.Step([pixel], y);
        var (_, logits) = model.Evaluate(model.Parameters, Tensor.From(image, [1, 9]), [1]);
        Assert.Equal(logits.ToArray(), model.Parameters.Head.Forward(Tensor.From(y, [1, 5])).ToArray());
    }

    [Fact]
    public void It_says_at_which_step_a_value_first_goes_bad()
    {
        var model = SequenceClassifier<float>.Create(new() { Units = 4, Steps = 6, Classes = 2 }, seed: 1);
        var images = new float[12];
        images[6 + 3] = float.NaN;
        Assert.Null(model.Explain(model.Parameters, Tensor.From(new float[12], [2, 6])));
        var words = model.Explain(model.Parameters, Tensor.From(images, [2, 6]));
        Assert.StartsWith("time step 4 of 6, where y of sample 1, neuron 0", words);
    }

    /// <summary>With W = 0, Wr = 0 and gains that depend on nothing the circuit is linear: its eigenvalues are −κ.</summary>
    [Fact]
    public void Its_spectrum_at_rest_is_that_of_a_circuit_whose_eigenvalues_are_known()
    {
        var model = SequenceClassifier<double>.Create(new() { Units = 2, Steps = 4, Classes = 2, Variant = CircuitVariant.Unrectified, LargestSteps = new(0.4, 0.2, 0.3) }, seed: 1);
        var none = Tensor.Zeros<double>([2, 2]);
        var p = model.Parameters.Circuit with
        {
            Wr = none,
            Wby0 = none,
            Wba0 = none,
            Wby1 = none,
            Wba1 = none,
            LogWay = Tensor.Full([2, 2], -800.0),
            TimeConstants = new(Tensor.Zeros<double>([2]), Tensor.Zeros<double>([2]), Tensor.Zeros<double>([2]), Tensor.Zeros<double>([2])),
        };
        var linear = new SequenceClassifier<double>(model.Options, model.Parameters with { Circuit = p }, model.Initial);
        var stability = SequenceStability.Of(linear, 3);
        Assert.Equal(1, stability.StableFraction);
        foreach (var each in stability.Inputs)
        {
            Assert.True(each.Settled);
            Assert.Equal([-0.2, -0.2, -0.15, -0.15, -0.15, -0.15, -0.1, -0.1], each.Eigenvalues.Select(v => Math.Round(v.Real, 9)).Order());
        }
        // Twice the identity as recurrence and no normalization: y grows without bound wherever 1 + κ(−1 + (1 − √a)·2) is more than 1, that is a < ¼.
        var two = Tensor.From([2.0, 0, 0, 2], [2, 2]);
        var growing = new SequenceClassifier<double>(model.Options, model.Parameters with { Circuit = p with { Wr = two, Wbx0 = Tensor.Full([2, 1], -9.0) } }, model.Initial);
        Assert.False(SequenceStability.Of(growing, 2).Inputs[1].IsStable);
    }
}
