using System.Text.Json;

namespace Organics.Tests;

/// <summary>Against PyTorch's own cells: Golden/torch-cells.py wrote Golden/*.json.</summary>
public sealed class TorchCellTests
{
    public static TheoryData<string, string> Cells => new() { { "lstm", "all" }, { "lstm", "sqrt" }, { "gru", "all" }, { "gru", "sqrt" }, { "rnn", "all" }, { "rnn", "sqrt" } };

    static JsonElement Golden(string cell) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", $"{cell}.json"))).RootElement;

    static int Whole(JsonElement golden, string name) => golden.GetProperty(name).GetInt32();

    static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];

    static void Close(JsonElement expected, ReadOnlySpan<double> found, string what)
    {
        var values = Numbers(expected);
        Assert.Equal(values.Length, found.Length);
        for (var i = 0; i < values.Length; i++) Assert.True(Math.Abs(values[i] - found[i]) <= 1e-12, $"{what}[{i}] is {found[i]}, PyTorch's {values[i]}");
    }

    static SequenceModel<CellWeights<double>, CellWeights<double>, double> Model(string cell, JsonElement golden, string memory)
    {
        var format = new SampleFormat(Whole(golden, "steps"), Whole(golden, "channels"), TargetKind.Class, PerStep: false, Whole(golden, "outputs"));
        var model = (SequenceModel<CellWeights<double>, CellWeights<double>, double>)SequenceModel<double>.Create(
            new() { Cell = cell, Units = Whole(golden, "units"), Format = format }, seed: 0);
        model.Memory = SequenceMemory.Parse(memory);
        foreach (var (name, parameter) in model.Parameters.List()) parameter.Assign(Numbers(golden.GetProperty("parameters").GetProperty(name)));
        return model;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void Outputs_and_all_gradients_are_those_of_PyTorch(string cell, string memory)
    {
        var golden = Golden(cell);
        var model = Model(cell, golden, memory);
        var batch = SampleBatch<double>.Of(model.Options.Format, Numbers(golden.GetProperty("x")), [.. Numbers(golden.GetProperty("labels")).Select(v => (int)v)]);
        using var tape = new Tape<double>(Device.Cpu);
        var x = tape.Watch(Tensor.From<double>(batch.Inputs, [batch.Count, batch.Format.Width]));
        var evaluated = model.Evaluate(tape.Watch(model.Parameters), x, batch);
        Assert.Equal(golden.GetProperty("loss").GetDouble(), evaluated.Loss.Item(), 1e-12);
        Close(golden.GetProperty("logits"), evaluated.Outputs.ToArray(), "logits");
        var gradients = tape.Backward(evaluated.Loss);
        foreach (var (name, parameter) in model.Parameters.List()) Close(golden.GetProperty("gradients").GetProperty(name), gradients[parameter].ToArray(), name);
        Close(golden.GetProperty("x_gradient"), gradients[x].ToArray(), "inputs");
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void The_course_and_the_last_state_are_those_of_PyTorch(string cell, string memory)
    {
        var golden = Golden(cell);
        var model = Model(cell, golden, memory);
        var (steps, batch) = (Whole(golden, "steps"), Whole(golden, "batch"));
        var x = model.Sequence(Tensor.From<double>(Numbers(golden.GetProperty("x")), [batch, steps * Whole(golden, "channels")]));
        Tensor<double>[] first = [.. model.Initial.Select(s => s.Expand(0, batch))];
        var coefficients = model.Cell.Prepare(model.Parameters.Cell);
        Close(golden.GetProperty("course"), model.Cell.Course(coefficients, x, first, model.Memory).ToArray(), "course");
        var last = model.Cell.Run(coefficients, x, first, model.Memory);
        for (var i = 0; i < last.Count; i++) Close(golden.GetProperty("last")[i], last[i].ToArray(), model.Cell.States[i]);
    }
}
