using System.Text.Json;

namespace Organics.Tests;

/// <summary>Against PyTorch's own cells, and others written in it: Golden/torch-cells.py wrote Golden/*.json.</summary>
public sealed class TorchCellTests
{
    public static TheoryData<string, string> Cells
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var cell in (string[])["lstm", "gru", "rnn", "lstm-2", "gru-2", "rnn-2", "cornn", "lipschitz", "lem"])
                foreach (var memory in (string[])["all", "sqrt"]) data.Add(cell, memory);
            return data;
        }
    }

    static JsonElement Golden(string cell) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", $"{cell}.json"))).RootElement;

    static int Whole(JsonElement golden, string name) => golden.GetProperty(name).GetInt32();

    static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];

    static void Close(JsonElement expected, ReadOnlySpan<double> found, string what)
    {
        var values = Numbers(expected);
        Assert.Equal(values.Length, found.Length);
        for (var i = 0; i < values.Length; i++) Assert.True(Math.Abs(values[i] - found[i]) <= 1e-12, $"{what}[{i}] is {found[i]}, PyTorch's {values[i]}");
    }

    static SequenceModel<double> Model(string cell, JsonElement golden, string memory)
    {
        var format = new SampleFormat(Whole(golden, "steps"), Whole(golden, "channels"), TargetKind.Class, PerStep: false, Whole(golden, "outputs"));
        var settings = golden.TryGetProperty("settings", out var own) ? own.EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetRawText()) : [];
        var model = SequenceModel<double>.Create(
            new() { Cell = cell.Split('-')[0], Units = Whole(golden, "units"), Layers = Whole(golden, "layers"), Format = format, Settings = settings }, seed: 0);
        model.Memory = SequenceMemory.Parse(memory);
        foreach (var (name, parameter) in model.Tensors) parameter.Assign(Numbers(golden.GetProperty("parameters").GetProperty(name)));
        return model;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void Outputs_states_and_all_gradients_are_those_of_PyTorch(string cell, string memory)
    {
        var golden = Golden(cell);
        switch (Model(cell, golden, memory))
        {
            case SequenceModel<CellWeights<double>, CellWeights<double>, double> model:
                Compare(model, golden);
                break;
            case SequenceModel<Layers<CellWeights<double>, double>, Layers<CellWeights<double>, double>, double> model:
                Compare(model, golden);
                break;
            case var other:
                Assert.Fail($"{other}");
                break;
        }
    }

    static void Compare<P, C>(SequenceModel<P, C, double> model, JsonElement golden)
        where P : IParameters<P, double>
        where C : IParameters<C, double>
    {
        var batch = SampleBatch<double>.Of(model.Options.Format, Numbers(golden.GetProperty("x")), [.. Numbers(golden.GetProperty("labels")).Select(v => (int)v)]);
        using var tape = new Tape<double>(Device.Cpu);
        var inputs = tape.Watch(Tensor.From<double>(batch.Inputs, [batch.Count, batch.Format.Width]));
        var evaluated = model.Evaluate(tape.Watch(model.Parameters), inputs, batch);
        Assert.Equal(golden.GetProperty("loss").GetDouble(), evaluated.Loss.Item(), 1e-12);
        Close(golden.GetProperty("logits"), evaluated.Outputs.ToArray(), "logits");
        var gradients = tape.Backward(evaluated.Loss);
        foreach (var (name, parameter) in model.Tensors) Close(golden.GetProperty("gradients").GetProperty(name), gradients[parameter].ToArray(), name);
        Close(golden.GetProperty("x_gradient"), gradients[inputs].ToArray(), "inputs");

        var x = model.Sequence(Tensor.From<double>(batch.Inputs, [batch.Count, batch.Format.Width]));
        Tensor<double>[] first = [.. model.Initial.Select(s => s.Expand(0, batch.Count))];
        var coefficients = model.Cell.Prepare(model.Parameters.Cell);
        var course = model.Cell.Course(coefficients, x, first, model.Memory);
        var last = model.Cell.Run(coefficients, x, first, model.Memory);
        Close(golden.GetProperty("course"), course.Shown.ToArray(), "course");
        for (var i = 0; i < last.Count; i++)
        {
            Close(golden.GetProperty("last")[i], last[i].ToArray(), model.Cell.States[i]);
            Assert.Equal(last[i].ToArray(), course.After[i].ToArray());
        }
    }
}
