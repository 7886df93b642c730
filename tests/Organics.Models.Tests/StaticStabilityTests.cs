namespace Organics.Tests;

public sealed class StaticStabilityTests
{
    const int Pixels = 9, Count = 30;

    static readonly ImageSet Images = Draw();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_layer_agrees_with_the_circuit_solved_by_itself(bool learned)
    {
        var model = StaticClassifier<double>.Create(Pixels, 2, [5, 3], learned, 0.2, seed: 3);
        var found = StaticStability.Of(model, Images, threads: 2, spectra: Count);
        var expected = Alone(model);
        Assert.Equal(Count, found.Inputs);
        Assert.Equal(2, found.Layers.Count);
        for (var layer = 0; layer < 2; layer++)
        {
            Assert.Equal(Count, found.Layers[layer].Spectra.Count);
            for (var i = 0; i < Count; i++)
            {
                var most = expected[layer][i].MaxRealPart;
                Assert.Equal(most, found.Layers[layer].Spectra[i].Max(value => value.Real), 1e-7 * (1 + Math.Abs(most)));
            }
            Assert.Equal(expected[layer].Count(report => report.IsStable), found.Layers[layer].Stable);
            Assert.Equal(expected[layer].Max(report => report.MaxRealPart), found.Layers[layer].MaxRealPart, 1e-7);
        }
        Assert.True(found.MaxResidual < 1e-11);
        Assert.Equal(0, found.NotConverged);
    }

    [Fact]
    public void Identity_recurrence_is_stable_for_every_input_as_theorem_4_3_says()
    {
        var found = StaticStability.Of(StaticClassifier<double>.Create(Pixels, 2, [8, 8, 8], learnedRecurrence: false, 0.05, seed: 4), Images, threads: 1, spectra: 7);
        Assert.Equal(1, found.StableFraction);
        Assert.True(found.MaxRealPart < 0);
        Assert.All(found.Layers, layer => Assert.InRange(layer.Spectra.Count, 5, 7));
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        var model = StaticClassifier<double>.Create(Pixels, 2, [6], learnedRecurrence: true, 0.1, seed: 5);
        var (one, four) = (StaticStability.Of(model, Images, 1), StaticStability.Of(model, Images, 4));
        Assert.Equal(one.MaxRealPart, four.MaxRealPart);
        Assert.Equal(one.MaxResidual, four.MaxResidual);
        Assert.Equal(one.Layers[0].Spectra, four.Layers[0].Spectra);
    }

    [Fact]
    public void Parameters_that_overflowed_are_counted_and_never_called_stable()
    {
        var model = StaticClassifier<double>.Create(Pixels, 2, [4], learnedRecurrence: false, 0.1, seed: 6);
        ((StaticLayer<double>)model.Parameters.Layers[0]).LogWay.Assign(Enumerable.Repeat(1000.0, 16).ToArray());
        var found = StaticStability.Of(model, Images, 2);
        Assert.Equal((0, Count), (found.StableInputs, found.NotConverged));
        Assert.True(double.IsNaN(found.MaxRealPart));
    }

    /// <summary>Circuit by circuit, from the layer's definition: z = v/‖v‖, v = Wzx·x, b = sigmoid(Wbx·x), next x = ⌊y⌋².</summary>
    static StabilityReport[][] Alone(StaticClassifier<double> model)
    {
        StaticLayer<double>[] layers = [.. model.Parameters.Layers.Cast<StaticLayer<double>>()];
        var reports = layers.Select(_ => new StabilityReport[Count]).ToArray();
        for (var i = 0; i < Count; i++)
        {
            var one = new SampleBatch<double>(Images.Format, 1);
            Images.Gather([i], one);
            var x = model.Parameters.Autoencoder!.Encode(Tensor.From<double>(one.Inputs, [1, Pixels])).ToArray();
            for (var l = 0; l < layers.Length; l++)
            {
                var (layer, n) = (layers[l], layers[l].Units);
                var (v, b) = (Product(layer.Wzx, x), Product(layer.Wbx, x));
                var norm = Math.Sqrt(v.Sum(each => each * each));
                double[] sigma = Enumerable.Repeat(model.Sigma, n).ToArray(), tau = Enumerable.Repeat(1.0, n).ToArray();
                var wr = layer.Wr?.SpectralNormalize().ToArray() ?? Enumerable.Range(0, n * n).Select(k => k % (n + 1) == 0 ? 1.0 : 0.0).ToArray();
                var circuit = new Circuit(
                    Array.ConvertAll(v, each => each / norm), Array.ConvertAll(b, Sigmoid), Array.ConvertAll(layer.B0.ToArray(), Sigmoid), sigma, tau, tau,
                    Array.ConvertAll(layer.LogWay.ToArray(), Math.Exp), wr);
                var point = SteadyState.Of(circuit);
                reports[l][i] = StabilityReport.Of(circuit, point);
                x = Array.ConvertAll(point.Y, y => Math.Max(y, 0) * Math.Max(y, 0));
            }
        }
        return reports;
    }

    static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    static double[] Product(Tensor<double> matrix, double[] x)
    {
        var values = matrix.ToArray();
        return [.. Enumerable.Range(0, matrix.Shape[0]).Select(i => Enumerable.Range(0, x.Length).Sum(j => values[i * x.Length + j] * x[j]))];
    }

    static ImageSet Draw()
    {
        var random = new CounterRandom(8);
        var pixels = Enumerable.Range(0, Count * Pixels).Select(i => (byte)random.Below((ulong)i, 256)).ToArray();
        return new(pixels, [.. Enumerable.Range(0, Count).Select(i => (byte)(i % 2))], 3, 3, 2);
    }
}
