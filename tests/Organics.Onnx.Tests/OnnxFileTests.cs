using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Organics.Tests;

/// <summary>What ONNX Runtime makes of a file is what the library's own forward pass gives.</summary>
public sealed class OnnxFileTests
{
    const int Steps = 24, Channels = 3, Units = 6, Outputs = 4, Count = 5;

    const double Tolerance = 1e-5;

    static float[] Inputs(int count) => [.. Enumerable.Range(0, count).Select(i => (float)(2 * Math.Sin(1 + 1.3 * i)))];

    static SequenceOptions Options(string cell, ReadOut readOut, int layers = 1, TargetKind target = TargetKind.Numbers)
        => new()
        {
            Cell = cell,
            Units = Units,
            Layers = layers,
            ReadOut = readOut,
            Format = new(Steps, Channels, target, readOut == ReadOut.EveryStep, Outputs),
        };

    static Dictionary<string, float[]> Run(byte[] file, float[] inputs, int[] shape, out Dictionary<string, int[]> shapes)
    {
        using var session = new InferenceSession(file);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("input", new DenseTensor<float>(inputs, shape))]);
        var tensors = results.ToDictionary(r => r.Name, r => r.Value as DenseTensor<float>);
        var classes = results.FirstOrDefault(r => r.Name == "classes")?.AsTensor<long>();
        shapes = tensors.ToDictionary(t => t.Key, t => t.Value is { } own ? own.Dimensions.ToArray() : classes!.Dimensions.ToArray());
        return tensors.ToDictionary(t => t.Key, t => t.Value?.ToArray() ?? [.. classes!.Select(c => (float)c)]);
    }

    static float[] Run(byte[] file, float[] inputs, params int[] shape) => Run(file, inputs, shape, out _)["outputs"];

    static void Equal(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        // What is added up in an output has the size of the largest.
        var size = expected.Aggregate(1f, (largest, x) => Math.Max(largest, Math.Abs(x)));
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - found[i]) <= Tolerance * size, $"output {i} is {found[i]}, not {expected[i]}; the largest is {size}");
    }

    static void Same(SequenceModel<float> model)
    {
        // As they are drawn, little of the inputs comes through two layers.
        foreach (var (_, tensor) in model.Tensors) tensor.Assign(Array.ConvertAll(tensor.ToArray(), x => 2 * x));
        var file = OnnxFile.Of(model);
        foreach (var count in (int[])[1, Count])
        {
            var inputs = Inputs(count * Steps * Channels);
            Equal(Varied(model.Predict(inputs), count), Run(file, inputs, count, Steps, Channels));
        }
    }

    // Outputs that do not depend on the inputs would tell nothing.
    static float[] Varied(float[] outputs, int samples)
    {
        float[][] each = [.. outputs.Chunk(outputs.Length / samples)];
        for (var i = 1; i < samples; i++)
        {
            var apart = each[0].Zip(each[i], (a, b) => Math.Abs(a - b)).Max();
            Assert.True(apart > 20 * Tolerance, $"samples 0 and {i} are only {apart} apart");
        }
        return outputs;
    }

    public static TheoryData<string> Cells => [.. CellKind.All.Select(kind => kind.Name)];

    [Theory, MemberData(nameof(Cells))]
    public void Every_kind_of_cell_is_written_with_every_read_out_and_in_layers(string cell)
    {
        foreach (var readOut in Enum.GetValues<ReadOut>())
            foreach (var layers in (int[])[1, 2])
                foreach (var rates in (bool[])[false, true])
                    Same(SequenceModel<float>.Create(Options(cell, readOut, layers) with { Rates = rates }, seed: 3));
    }

    [Theory]
    [InlineData("paper")]
    [InlineData("authors")]
    [InlineData("unrectified")]
    public void Every_published_form_of_the_circuit_is_written(string variant)
    {
        foreach (var learned in (bool[])[false, true])
            Same(SequenceModel<float>.Create(Options("organics", ReadOut.EveryStep) with
            {
                Settings = OrganicsKind.Text(CircuitVariant.Parse(variant), new(0.5, 0.3, 0.4), learned),
            }, seed: 5));
    }

    [Fact]
    public void A_sequence_of_784_pixels_ends_where_it_does_in_the_library()
    {
        const int Pixels = 784;
        foreach (var cell in (string[])["organics", "lstm"])
        {
            var model = SequenceModel<float>.Create(new SequenceOptions { Cell = cell, Units = 32 }, seed: 7);
            float[] inputs = [.. Inputs(Count * Pixels).Select(Math.Abs)];
            Equal(model.Predict(inputs), Run(OnnxFile.Of(model), inputs, Count, Pixels, 1));
        }
    }

    [Fact]
    public void Standardisation_and_the_order_of_steps_are_in_the_graph()
    {
        var options = Options("gru", ReadOut.Mean) with
        {
            Inputs = new([0.5, -2, 3], [0.25, 3, 1]),
            Targets = new([10, -1, 0, 2], [4, 0.5, 1, 2]),
        };
        Same(SequenceModel<float>.Create(options, seed: 1));
        Same(SequenceModel<float>.Create(options with { Order = [.. Enumerable.Range(0, Steps).Select(t => 7 * t % Steps)] }, seed: 1));
    }

    [Theory]
    [InlineData(ReadOut.Last)]
    [InlineData(ReadOut.EveryStep)]
    [InlineData(ReadOut.Mean)]
    public void Sequences_may_be_shorter_than_those_that_were_trained_on(ReadOut readOut)
    {
        const int Short = 4;
        var model = SequenceModel<float>.Create(Options("lstm", readOut), seed: 2);
        var inputs = Inputs(Count * Short * Channels);
        var padded = new float[Count * Steps * Channels];
        for (var i = 0; i < Count; i++) inputs.AsSpan(i * Short * Channels, Short * Channels).CopyTo(padded.AsSpan(i * Steps * Channels));
        var expected = model.Predict(padded, [.. Enumerable.Repeat(Short, Count)]);
        if (readOut == ReadOut.EveryStep) expected = [.. expected.Chunk(Steps * Outputs).SelectMany(own => own[..(Short * Outputs)])];
        Equal(expected, Run(OnnxFile.Of(model), inputs, Count, Short, Channels));
    }

    [Theory]
    [InlineData(ReadOut.Last)]
    [InlineData(ReadOut.EveryStep)]
    public void Classes_and_probabilities_are_given_beside_the_logits(ReadOut readOut)
    {
        var model = SequenceModel<float>.Create(Options("rnn", readOut, target: TargetKind.Class), seed: 4);
        var inputs = Inputs(Count * Steps * Channels);
        var found = Run(OnnxFile.Of(model), inputs, [Count, Steps, Channels], out var shapes);
        int[] axes = readOut == ReadOut.Last ? [Count] : [Count, Steps];
        Assert.Equal(axes, shapes["classes"]);
        Assert.Equal([.. axes, Outputs], shapes["probabilities"]);
        Assert.Equal([.. axes, Outputs], shapes["outputs"]);
        var logits = model.Predict(inputs);
        Equal(logits, found["outputs"]);
        Assert.Equal(model.Classify(inputs).Select(c => (float)c), found["classes"]);
        Equal([.. logits.Chunk(Outputs).SelectMany(own => own.Select(x => MathF.Exp(x) / own.Sum(MathF.Exp)))], found["probabilities"]);
    }

    [Fact]
    public void A_network_in_double_is_rounded_to_float()
    {
        var model = SequenceModel<double>.Create(Options("cornn", ReadOut.Last), seed: 6);
        var inputs = Inputs(Count * Steps * Channels);
        Equal([.. model.Predict(Array.ConvertAll(inputs, x => (double)x)).Select(x => (float)x)], Run(OnnxFile.Of(model), inputs, Count, Steps, Channels));
    }

    public static TheoryData<string, StaticLayers> ClosedForms => new()
    {
        { "circuits", new CircuitLayers([7, 5], LearnedRecurrence: false, Sigma: 0.3) },
        { "rectified", new RectifiedLayers([7, 5]) },
        { "channels", new ConvolutionLayers(3, 4, 2, 3, Attention: true, Pool: null, Sigma: 0.3) },
        { "neighbours", new ConvolutionLayers(4, 3, 3, 4, Attention: false, Pool: 2, Sigma: 0.3) },
    };

    [Theory, MemberData(nameof(ClosedForms))]
    public void A_static_network_with_a_closed_form_is_written(string name, StaticLayers layers)
    {
        const int Pixels = 12;
        var model = StaticClassifier<float>.Create(Pixels, Outputs, layers, seed: 3);
        // Gains b0 that differ from neuron to neuron.
        foreach (var (key, tensor) in model.Parameters.List())
            if (key.EndsWith("b0", StringComparison.Ordinal)) tensor.Assign(Inputs(tensor.Length));
        var file = OnnxFile.Of(model);
        foreach (var count in (int[])[1, Count])
        {
            var inputs = Inputs(count * Pixels);
            Equal(Varied(model.Predict(inputs), count), Run(file, inputs, count, Pixels));
        }
        Assert.NotEmpty(name);
    }

    public static TheoryData<string, StaticLayers> WithoutOne => new()
    {
        { "learned recurrence", new CircuitLayers([7], LearnedRecurrence: true, Sigma: 1) },
        { "ssn", new SsnLayers(6, 3) },
    };

    [Theory, MemberData(nameof(WithoutOne))]
    public void A_static_network_without_a_closed_form_is_refused_in_a_sentence(string reason, StaticLayers layers)
    {
        var error = Assert.Throws<NotSupportedException>(() => OnnxFile.Of(StaticClassifier<float>.Create(12, 3, layers, seed: 1)));
        Assert.Contains(reason, error.Message);
        Assert.Contains("no closed form", error.Message);
    }

    [Fact]
    public void Metadata_are_kept()
    {
        var text = new Dictionary<string, string> { ["model"] = "static", ["Größe"] = new string('ä', 300) };
        using var session = new InferenceSession(OnnxFile.Of(StaticClassifier<float>.Create(12, 3, new RectifiedLayers([4]), seed: 1), text));
        Assert.Equal(text, session.ModelMetadata.CustomMetadataMap);
        Assert.Equal("Organics", session.ModelMetadata.ProducerName);
    }
}
