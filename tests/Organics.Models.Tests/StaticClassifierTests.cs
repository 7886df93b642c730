namespace Organics.Tests;

public sealed class StaticClassifierTests
{
    [Fact]
    public void The_two_layer_net_of_the_paper_has_723054_parameters()
        => Assert.Equal(723_054, StaticClassifier<float>.Create(784, 10, [120, 60], learnedRecurrence: true, sigma: 1, seed: 0).Parameters.Count());

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Its_gradient_agrees_with_central_differences(bool learned)
    {
        var model = StaticClassifier<double>.Create(6, 3, [5, 4], learned, sigma: 0.8, seed: 3);
        var images = Tensor.From<double>([.. Enumerable.Range(0, 12).Select(i => 0.5 + 0.4 * Math.Sin(i))], [2, 6]);
        var batch = SampleBatch<double>.Of(new(1, 6, TargetKind.Class, PerStep: false, 3), images.ToArray(), [2, 0]);
        var solver = new StaticClassifier<double>(model.Parameters, 0.8) { Solver = new() { Tolerance = 1e-14 } };
        // The circuits and the head; the autoencoder's thousands of weights are ops that are checked elsewhere.
        var names = model.Parameters.List().Where(p => !p.Key.StartsWith("autoencoder", StringComparison.Ordinal)).ToArray();
        GradientCheck.Run(t =>
        {
            var by = names.Select((p, i) => (p.Key, Tensor: t[i])).ToDictionary(p => p.Key, p => p.Tensor);
            return solver.Evaluate(model.Parameters.Map((name, p) => by.GetValueOrDefault(name, p)), images, batch).Loss;
        }, [.. names.Select(p => p.Value)]).OrThrow(1e-6);
    }

    [Fact]
    public void The_same_seed_gives_the_same_parameters_and_another_gives_others()
    {
        static float[] Values(ulong seed) => [.. StaticClassifier<float>.Create(9, 2, [4], true, 1, seed).Parameters.List().SelectMany(p => p.Value.ToArray())];
        Assert.Equal(Values(5), Values(5));
        Assert.NotEqual(Values(5), Values(6));
    }

    [Fact]
    public void Recurrent_weights_have_largest_singular_value_1_and_identity_layers_have_none()
    {
        var layer = StaticLayer<double>.Create(7, 6, learnedRecurrence: true, new(1, Device.Cpu));
        var state = layer.Forward(Tensor.Full<double>([2, 7], 0.3), Tensor.Scalar(1.0), new());
        var wr = state.Wr!.ToArray();
        // The largest eigenvalue of WrᵀWr by many plain power iterations.
        var v = Enumerable.Range(1, 6).Select(i => 1.0 / i).ToArray();
        double norm = 0;
        for (var k = 0; k < 20000; k++)
        {
            var u = Enumerable.Range(0, 6).Select(i => Enumerable.Range(0, 6).Sum(j => wr[i * 6 + j] * v[j])).ToArray();
            v = [.. Enumerable.Range(0, 6).Select(j => Enumerable.Range(0, 6).Sum(i => wr[i * 6 + j] * u[i]))];
            norm = Math.Sqrt(v.Sum(e => e * e));
            v = [.. v.Select(e => e / norm)];
        }
        Assert.Equal(1, norm, 1e-9);
        Assert.Null(StaticLayer<double>.Create(7, 6, learnedRecurrence: false, new(1, Device.Cpu)).Forward(Tensor.Full<double>([2, 7], 0.3), Tensor.Scalar(1.0), new()).Wr);
    }

    [Fact]
    public void A_zero_image_and_a_single_unit_stay_finite()
    {
        var model = StaticClassifier<float>.Create(4, 2, [1], true, 1, 0);
        var evaluated = model.Evaluate(model.Parameters, Tensor.Zeros<float>([1, 4]), SampleBatch<float>.Of(new(1, 4, TargetKind.Class, PerStep: false, 2), new float[4], [1]));
        Assert.True(float.IsFinite(evaluated.Loss.Item()));
        Assert.All(evaluated.Outputs.ToArray(), v => Assert.True(float.IsFinite(v)));
        Assert.Equal(evaluated.Outputs.ToArray(), model.Predict(new float[4]));
    }
}
