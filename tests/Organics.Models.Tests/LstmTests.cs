using System.Text.Json;

namespace Organics.Tests;

/// <summary>Against PyTorch's nn.LSTM: Golden/lstm.py wrote Golden/lstm.json.</summary>
public sealed class LstmTests
{
    static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "lstm.json"))).RootElement;

    static int Whole(string name) => Golden.GetProperty(name).GetInt32();

    static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];

    static double[] Numbers(string name) => Numbers(Golden.GetProperty(name));

    static void Close(double[] expected, ReadOnlySpan<double> found, string what)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - found[i]) <= 1e-12, $"{what}[{i}] is {found[i]}, PyTorch's {expected[i]}");
    }

    static SequenceModel<LstmParameters<double>, LstmParameters<double>, double> Model(SequenceMemory memory)
    {
        var format = new SampleFormat(Whole("steps"), Whole("channels"), TargetKind.Class, PerStep: false, Whole("outputs"));
        var model = (SequenceModel<LstmParameters<double>, LstmParameters<double>, double>)SequenceModel<double>.Create(new() { Cell = "lstm", Units = Whole("units"), Format = format }, seed: 0);
        model.Memory = memory;
        foreach (var (name, parameter) in model.Parameters.List()) parameter.Assign(Numbers(Golden.GetProperty("parameters").GetProperty(name)));
        return model;
    }

    [Theory]
    [InlineData("all")]
    [InlineData("sqrt")]
    public void Its_outputs_and_all_gradients_are_those_of_PyTorch(string memory)
    {
        var model = Model(SequenceMemory.Parse(memory));
        var batch = SampleBatch<double>.Of(model.Options.Format, Numbers("x"), [.. Numbers("labels").Select(v => (int)v)]);
        using var tape = new Tape<double>(Device.Cpu);
        var x = tape.Watch(Tensor.From<double>(batch.Inputs, [batch.Count, batch.Format.Width]));
        var evaluated = model.Evaluate(tape.Watch(model.Parameters), x, batch);
        Close([Golden.GetProperty("loss").GetDouble()], [evaluated.Loss.Item()], "loss");
        Close(Numbers("logits"), evaluated.Outputs.ToArray(), "logits");
        var gradients = tape.Backward(evaluated.Loss);
        foreach (var (name, parameter) in model.Parameters.List()) Close(Numbers(Golden.GetProperty("gradients").GetProperty(name)), gradients[parameter].ToArray(), name);
        Close(Numbers("x_gradient"), gradients[x].ToArray(), "inputs");
    }

    [Theory]
    [InlineData("all")]
    [InlineData("sqrt")]
    public void Its_course_and_state_are_those_of_PyTorch(string memory)
    {
        var model = Model(SequenceMemory.Parse(memory));
        var (steps, batch) = (Whole("steps"), Whole("batch"));
        var x = model.Sequence(Tensor.From<double>(Numbers("x"), [batch, steps * Whole("channels")]));
        Tensor<double>[] first = [.. model.Initial.Select(s => s.Expand(0, batch))];
        Close(Numbers("course"), model.Cell.Course(model.Parameters.Cell, x, first, model.Memory).ToArray(), "course");
        Close(Numbers("c"), model.Cell.Run(model.Parameters.Cell, x, first, model.Memory)[1].ToArray(), "c");
    }

    /// <summary>bf = log u with u in (1, steps − 1) and bi = −bf: time constants of 1 step up to all of them, whatever the steps.</summary>
    [Theory]
    [InlineData(1, 2)]
    [InlineData(60, 59)]
    [InlineData(784, 783)]
    public void Memories_begin_as_long_as_sequences(int steps, double longest)
    {
        const int N = 200;
        var options = new SequenceOptions { Cell = "lstm", Units = N, Format = new(steps, 1, TargetKind.Class, PerStep: false, 2) };
        var model = (SequenceModel<LstmParameters<double>, LstmParameters<double>, double>)SequenceModel<double>.Create(options, seed: 3);
        var (bias, other) = (model.Parameters.Cell.InputBias.ToArray(), model.Parameters.Cell.StateBias.ToArray());
        Assert.All(other, value => Assert.Equal(0, value));
        var lasting = bias[N..(2 * N)].Select(Math.Exp).ToArray();
        Assert.All(lasting, time => Assert.InRange(time, 1, longest));
        Assert.InRange(lasting.Average(), 0.9 * (1 + longest) / 2, 1.1 * (1 + longest) / 2);
        for (var i = 0; i < N; i++) Assert.Equal(-bias[N + i], bias[i]);
    }

    /// <summary>4n(d + n) + 8n for the cell, as PyTorch counts them, and the head's.</summary>
    [Fact]
    public void It_has_as_many_parameters_as_PyTorchs()
        => Assert.Equal(4 * 128 * (1 + 128) + 8 * 128 + 129 * 10, ((SequenceModel<LstmParameters<float>, LstmParameters<float>, float>)SequenceModel<float>.Create(new() { Cell = "lstm", Units = 128 }, 0)).Parameters.Count());
}
