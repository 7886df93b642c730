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

    /// <summary>A batch may be computed in blocks: the sum of what each comes to, times what its samples count, is that of the whole. With class weights the
    /// reconstruction and the restraint of samples that do not rest are weighted like the classes.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_parts_of_a_batch_add_up_to_the_whole(bool weighted)
    {
        const int Pixels = 12, Classes = 3, Count = 9;
        StaticLayers[] all = [new CircuitLayers([4], LearnedRecurrence: true, 1), new SsnLayers(3, 2)];
        double[] x = [.. Enumerable.Range(0, Count * Pixels).Select(i => 0.5 + 0.5 * Math.Sin(1.7 * i * i))], classWeights = [1, 10, 0.25];
        foreach (var layers in all)
        {
            var model = StaticClassifier<double>.Create(Pixels, Classes, layers, seed: 4);
            // Some of the networks do not rest.
            if (layers is SsnLayers)
                foreach (var (_, tensor) in model.Parameters.List().Where(p => p.Key.EndsWith(".w", StringComparison.Ordinal)))
                    tensor.Assign([.. tensor.ToArray().Select(w => 4 * w)]);
            (double Loss, double Weight, double[] Gradient) Of(int from, int to)
            {
                var batch = new SampleBatch<double>(new(1, Pixels, TargetKind.Class, PerStep: false, Classes), Count);
                batch.Resize(to - from);
                x.AsSpan(from * Pixels, (to - from) * Pixels).CopyTo(batch.Inputs);
                for (var i = from; i < to; i++) batch.Classes[i - from] = i * i % Classes;
                batch.ClassWeights = weighted ? classWeights : null;
                using var tape = new Tape<double>();
                var loss = model.Evaluate(tape.Watch(model.Parameters), tape.Workspace.From(batch.Inputs, [to - from, Pixels]), batch).Loss;
                var gradients = tape.Backward(loss);
                return (loss.Item(), Enumerable.Range(from, to - from).Sum(i => weighted ? classWeights[i * i % Classes] : 1), [.. model.Parameters.List().SelectMany(p => gradients[p.Value].ToArray())]);
            }
            var whole = Of(0, Count);
            (double Loss, double Weight, double[] Gradient)[] parts = [Of(0, 2), Of(2, 3), Of(3, Count)];
            Assert.Equal(whole.Weight, parts.Sum(p => p.Weight), 1e-12);
            Assert.Equal(whole.Loss, parts.Sum(p => p.Loss * p.Weight) / whole.Weight, 1e-10);
            for (var i = 0; i < whole.Gradient.Length; i++)
                Assert.Equal(whole.Gradient[i], parts.Sum(p => p.Gradient[i] * p.Weight) / whole.Weight, 1e-8);
        }
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

    [Fact]
    public void Rectified_units_in_the_circuits_place_are_a_plain_net_without_anything_to_settle()
    {
        var model = StaticClassifier<double>.Create(4, 3, new RectifiedLayers([5, 2]), seed: 2);
        double[] image = [0.1, 0.9, 0.4, 0.7];
        // Autoencoder 4, 360, 120, 40 and back; 40 → 5 → 2 → 3.
        Assert.Equal(2 * (4 * 360 + 360 * 120 + 120 * 40) + 360 + 120 + 40 + 120 + 360 + 4 + 40 * 5 + 5 + 5 * 2 + 2 + 2 * 3 + 3, model.Parameters.Count());
        var x = model.Parameters.Autoencoder!.Encode(Tensor.From<double>(image, [1, 4])).ToArray();
        foreach (var layer in model.Parameters.Layers.Cast<RectifiedLayer<double>>()) x = [.. Affine(layer.Affine, x).Select(v => Math.Max(v, 0))];
        Assert.All(Affine(model.Parameters.Head, x).Zip(model.Predict(image)), v => Assert.Equal(v.First, v.Second, 1e-12));
        var batch = SampleBatch<double>.Of(new(1, 4, TargetKind.Class, PerStep: false, 3), image, [1]);
        Assert.Null(model.Evaluate(model.Parameters, Tensor.From<double>(image, [1, 4]), batch).NotConverged);
        Assert.Throws<ArgumentException>(() => StaticStability.Of(model, new ImageSet(new byte[4], [1], 2, 2, 3), threads: 1));

        static double[] Affine(Linear<double> linear, double[] x)
        {
            var (weight, bias) = (linear.Weight.ToArray(), linear.Bias.ToArray());
            return [.. bias.Select((b, i) => b + x.Select((v, j) => v * weight[i * x.Length + j]).Sum())];
        }
    }

    [Theory]
    [InlineData("mlp")]
    [InlineData("ssn")]
    [InlineData("conv")]
    [InlineData("conv of neighbours")]
    public void A_file_tells_what_its_layers_are(string layer)
    {
        StaticLayers layers = layer switch
        {
            "mlp" => new RectifiedLayers([6, 4]),
            "ssn" => new SsnLayers(4, 3),
            _ => new ConvolutionLayers(5, 1, 3, 2, Attention: layer == "conv", Pool: layer == "conv" ? null : 3, Sigma: 0.4),
        };
        var model = StaticClassifier<float>.Create(5, 3, layers, seed: 4);
        var path = Path.Combine(Directory.CreateTempSubdirectory("organics-static-").FullName, "model.safetensors");
        try
        {
            List<SafeTensor> tensors = [.. Checkpoint.Pack<StaticClassifierParameters<float>, float>(model.Parameters)];
            if (layers.Semisaturation is { } sigma) tensors.Add(SafeTensor.From<double>("conv1.sigma", [], [sigma]));
            SafeTensors.Write(path, tensors, new Dictionary<string, string>(layers.Metadata) { ["model"] = "static" });
            float[] image = [0.1f, 0.9f, 0.4f, 0.7f, 0];
            Assert.Equal(model.Predict(image), StaticClassifier<float>.Load(path).Predict(image));
            SafeTensors.Write(path, Checkpoint.Pack<StaticClassifierParameters<float>, float>(model.Parameters),
                new Dictionary<string, string>(layers.Metadata) { ["model"] = "static", ["layer"] = "other" });
            Assert.Contains("'other'", Assert.Throws<CheckpointException>(() => StaticClassifier<float>.Load(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }
}
