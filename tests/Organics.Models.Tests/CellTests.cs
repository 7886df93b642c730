using Organics.Contract;

namespace Organics.Tests;

/// <summary>Every kind of cell that there is: a new one is found here by itself.</summary>
public sealed class CellTests
{
    public static TheoryData<string> Kinds => new(CellLaws<double>.Kinds);

    static SequenceOptions Options(string kind, int units, int channels, int steps)
        => new() { Cell = kind, Units = units, Format = new(steps, channels, TargetKind.Class, PerStep: false, 2) };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_program_and_the_tape_agree_at_every_shape(string kind)
    {
        foreach (var (units, channels, steps, batch) in ((int, int, int, int)[])
            [(1, 1, 1, 1), (3, 2, 5, 3), (8, 1, 30, 9), (17, 3, 7, 33), (16, 40, 4, 5), (5, 1, 9, 300), (24, 2, 50, 20)])
            foreach (var memory in (SequenceMemory[])[SequenceMemory.Sqrt, SequenceMemory.All, SequenceMemory.Within(40000)])
            {
                var worst = new CellLaws<double>(Device.Cpu, Options(kind, units, channels, steps), batch, memory).Compare().Worst;
                Assert.True(worst.Difference < 1e-10, $"{worst} at {units} units, {channels} channels, {steps} steps, {batch} samples, memory {memory}");
            }
    }

    /// <summary>What the laws and the command see is the list; that none is left out of it is seen by reflection.</summary>
    [Fact]
    public void Every_kind_of_cell_is_in_the_list()
        => Assert.Equal(
            typeof(CellKind).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(CellKind)) && !type.IsAbstract).Select(type => type.Name).Order(),
            CellKind.All.Select(kind => kind.GetType().Name).Order());

    /// <summary>A batch is cut into blocks, of which the last may have fewer samples than the others, and more steps for each sum.</summary>
    [Fact]
    public void Every_size_of_a_batch_has_the_gradient_of_the_tape()
    {
        for (var batch = 1; batch <= 520; batch += batch < 60 || batch % 32 > 24 ? 1 : 5)
        {
            var worst = new CellLaws<double>(Device.Cpu, Options("gru", units: 3, channels: 1, steps: 40), batch, SequenceMemory.Sqrt).Compare().Worst;
            Assert.True(worst.Difference < 1e-10, $"{worst} with {batch} samples");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Layers_of_it_agree_too(string kind)
    {
        foreach (var layers in (int[])[2, 3])
            foreach (var memory in (SequenceMemory[])[SequenceMemory.Sqrt, SequenceMemory.All])
            {
                var worst = new CellLaws<double>(Device.Cpu, Options(kind, units: 5, channels: 3, steps: 11) with { Layers = layers }, batch: 6, memory)
                    .Compare().Worst;
                Assert.True(worst.Difference < 1e-10, $"{worst} with {layers} layers and memory {memory}");
            }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void In_single_precision_they_agree_to_its_rounding(string kind)
    {
        var worst = new CellLaws<float>(Device.Cpu, Options(kind, 12, 2, 20), 7, SequenceMemory.Sqrt).Compare().Worst;
        Assert.True(worst.Difference < 1e-4, $"{worst}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_stream_gives_the_states_of_the_sequence_without_allocation(string kind)
    {
        const int Units = 19, Channels = 3, Steps = 25;
        var model = SequenceModel<float>.Create(Options(kind, Units, Channels, Steps), seed: 1);
        var (stream, x, y) = (model.Stream(), DrawnSequence<float>.Random(5, [Steps, Channels], -1, 1).ToArray(), new float[Units]);
        var expected = model is SequenceModel<CellWeights<float>, CellWeights<float>, float> cell
            ? Course(cell) : Course((SequenceModel<RecurrentCircuitParameters<float>, CircuitCoefficients<float>, float>)model);
        for (var t = 0; t < Steps; t++)
        {
            stream.Step(x.AsSpan(Channels * t, Channels), y);
            Assert.Equal(expected[(Units * t)..(Units * (t + 1))], y);
        }
        stream.Reset();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var t = 0; t < Steps; t++) stream.Step(x.AsSpan(Channels * t, Channels), y);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        float[] Course<P, C>(SequenceModel<P, C, float> of)
            where P : IParameters<P, float>
            where C : IParameters<C, float>
            => of.Cell.Course(of.Cell.Prepare(of.Parameters.Cell), Tensor.From<float>(x, [Steps, 1, Channels]),
                [.. of.Initial.Select(s => s.Reshape([1, Units]))], SequenceMemory.Sqrt).Shown.ToArray();
    }

    /// <summary>With 128 units, one channel and 10 classes, as the papers count them; of AntisymmetricRNN the free ones are 128·127/2 fewer.</summary>
    [Theory]
    [InlineData("lstm", 68362)]
    [InlineData("gru", 4 * 128 * 128 - 128 * 128 + 3 * 128 + 6 * 128 + 1290)]
    [InlineData("rnn", 128 * 128 + 128 + 2 * 128 + 1290)]
    [InlineData("antisymmetric", 128 * 128 + 2 * 128 + 1290)]
    [InlineData("cornn", 34314)]
    [InlineData("lipschitz", 34314)]
    [InlineData("lem", 68362)]
    public void It_has_as_many_parameters_as_published(string kind, int expected)
        => Assert.Equal(expected,
            ((SequenceModel<CellWeights<float>, CellWeights<float>, float>)SequenceModel<float>.Create(new() { Cell = kind, Units = 128 }, 0))
                .Parameters.Count());

    /// <summary>
    /// Root mean squares and largest magnitudes of 128 units and one channel. PyTorch's recurrent cells, and LEM's authors: uniform within ±1/√n, whose root mean
    /// square is 1/√(3n); a linear map of PyTorch: ±1/√(its inputs); Lipschitz RNN: deviation 0.1/n (erichson/LipschitzRNN, gaussian_init_), with a linear map of
    /// x; AntisymmetricRNN: variance σ²/n and 1/d.
    /// </summary>
    [Theory]
    [InlineData("lstm", "weight_ih_l0", 0.0510, 0.0884)]
    [InlineData("lstm", "weight_hh_l0", 0.0510, 0.0884)]
    [InlineData("gru", "weight_ih_l0", 0.0510, 0.0884)]
    [InlineData("gru", "weight_hh_l0", 0.0510, 0.0884)]
    [InlineData("gru", "bias_ih_l0", 0.0510, 0.0884)]
    [InlineData("gru", "bias_hh_l0", 0.0510, 0.0884)]
    [InlineData("cornn", "i2h.weight", 0.0360, 0.0624)]
    [InlineData("cornn", "i2h.bias", 0.0360, 0.0624)]
    [InlineData("lipschitz", "B", 0.00078125, 0.00078125 * 5)]
    [InlineData("lipschitz", "C", 0.00078125, 0.00078125 * 5)]
    [InlineData("lipschitz", "E.weight", 0.577, 1)]
    [InlineData("lipschitz", "E.bias", 0.577, 1)]
    [InlineData("antisymmetric", "W", 0.0884, 0.0884 * 5)]
    [InlineData("antisymmetric", "V.weight", 1, 4)]
    [InlineData("antisymmetric", "V.bias", 0, 0)]
    [InlineData("lem", null, 0.0510, 0.0884)]
    public void It_begins_as_its_authors_do(string kind, string? parameter, double deviation, double largest)
    {
        var model = (SequenceModel<CellWeights<double>, CellWeights<double>, double>)SequenceModel<double>.Create(Options(kind, 128, 1, 784), seed: 5);
        var drawn = model.Parameters.Cell.List().Where(each => parameter is null || each.Key == parameter).ToArray();
        Assert.NotEmpty(drawn);
        foreach (var (name, values) in drawn.Select(each => (each.Key, each.Value.ToArray())))
        {
            Assert.True(values.All(value => Math.Abs(value) <= 1.001 * largest), name);
            // Of few numbers the estimate itself is uncertain.
            var most = Math.Max(0.02, 3 / Math.Sqrt(2 * values.Length)) * deviation;
            Assert.True(Math.Abs(Math.Sqrt(values.Average(value => value * value)) - deviation) <= most, name);
            // Of a uniform distribution the largest is the bound.
            if (Math.Abs(largest - Math.Sqrt(3) * deviation) < 0.01 * largest) Assert.True(values.Max(Math.Abs) >= 0.95 * largest, name);
        }
    }

    /// <summary>bf = log u with u in (1, steps − 1) and bi = −bf: time constants of 1 step up to all of them, whatever the steps.</summary>
    [Theory]
    [InlineData(1, 2)]
    [InlineData(60, 59)]
    [InlineData(784, 783)]
    public void Memories_of_an_LSTM_begin_as_long_as_sequences(int steps, double longest)
    {
        const int N = 200;
        var model = (SequenceModel<CellWeights<double>, CellWeights<double>, double>)SequenceModel<double>.Create(Options("lstm", N, 1, steps), seed: 3);
        var (bias, other) = (model.Parameters.Cell["bias_ih_l0"].ToArray(), model.Parameters.Cell["bias_hh_l0"].ToArray());
        Assert.All(other, value => Assert.Equal(0, value));
        var lasting = bias[N..(2 * N)].Select(Math.Exp).ToArray();
        Assert.All(lasting, time => Assert.InRange(time, 1, longest));
        Assert.InRange(lasting.Average(), 0.9 * (1 + longest) / 2, 1.1 * (1 + longest) / 2);
        for (var i = 0; i < N; i++) Assert.Equal(-bias[N + i], bias[i]);
    }
}
