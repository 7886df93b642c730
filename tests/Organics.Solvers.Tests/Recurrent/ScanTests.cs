namespace Organics.Tests;

/// <summary>Cells in tape ops over sequences.</summary>
public sealed class ScanTests
{
    const int Steps = 40, Inputs = 3, Units = 5;

    /// <summary>Segments that are computed twice change no gradient.</summary>
    [Fact]
    public void A_cell_of_ones_own_is_differentiated()
    {
        Tensor<double>[] inputs = [Draw(1, [3, 2], 1), Draw(2, [3, 3], 0.6), Draw(3, [7, 4, 2], 1), Draw(4, [4, 3], 1)];
        foreach (var memory in (SequenceMemory[])[SequenceMemory.All, SequenceMemory.Sqrt])
        {
            var result = GradientCheck.Run(p => Scan.Run(new Elman(), new(p[0], p[1]), p[2], [p[3]], memory)[0], inputs, 1e-5);
            Assert.True(result.Error < 1e-8, $"{memory}: {result}");
        }
        Assert.Throws<ShapeException>(() => Scan.Run(new Elman(), new(inputs[0], inputs[1]), inputs[2], [inputs[3], inputs[3]], SequenceMemory.All));
    }

    /// <summary>A large batch is cut over threads: states keep their bits, gradients their order of sums, whatever the threads, and equal those of the whole.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(103)]
    [InlineData(2200)]
    public void A_cut_batch_is_the_batch(int batch)
    {
        var (whole, cut) = (Both(Device.Cpu, batch, SequenceMemory.All), Both(Device.Cpu, batch, SequenceMemory.Sqrt));
        Assert.Equal(whole.Values, cut.Values);
        for (var i = 0; i < whole.Gradients.Length; i++)
        {
            var scale = whole.Gradients[i].Max(Math.Abs);
            Assert.True(scale > 0);
            for (var j = 0; j < whole.Gradients[i].Length; j++) Assert.Equal(whole.Gradients[i][j], cut.Gradients[i][j], 1e-12 * scale);
        }
        foreach (var threads in (int[])[1, 3])
        {
            using var device = new CpuDevice(threads);
            var other = Both(device, batch, SequenceMemory.Sqrt);
            Assert.Equal(cut.Values, other.Values);
            Assert.Equal(cut.Gradients, other.Gradients);
        }
        var reference = Both(Device.Reference, batch, SequenceMemory.Sqrt);
        for (var j = 0; j < cut.Values.Length; j++) Assert.Equal(reference.Values[j], cut.Values[j], 1e-12);
    }

    [Fact]
    public void Only_what_is_asked_for_is_differentiated()
    {
        var (weights, x, h) = (Draw(1, [Units, Inputs], 1), Draw(3, [Steps, 70, Inputs], 1), Draw(4, [70, Units], 1));
        var state = Draw(2, [Units, Units], 0.4);
        using var tape = new Tape<double>();
        var gradients = tape.Backward(Scan.Run(new Elman(), new(tape.Watch(weights), state), x, [h], SequenceMemory.Sqrt)[0].Sum());
        using var all = new Tape<double>();
        var expected = all.Backward(Scan.Run(new Elman(), new(all.Watch(weights), all.Watch(state)), all.Watch(x), [all.Watch(h)], SequenceMemory.Sqrt)[0].Sum());
        Assert.Equal(expected[weights].ToArray(), gradients[weights].ToArray());
    }

    [Fact]
    public void Memory_is_rented_once()
    {
        using var device = new CpuDevice(2);
        Both(device, 100, SequenceMemory.Sqrt);
        var before = device.Memory<double>();
        Assert.True(before is { BuffersCreated: > 0, BuffersRented: 0 });
        for (var i = 0; i < 3; i++) Both(device, 100, SequenceMemory.Sqrt);
        // Two cuts may meet one lease, or two: which of them, the threads decide.
        Assert.InRange(device.Memory<double>().BytesCreated, before.BytesCreated, 2 * before.BytesCreated);
        Assert.Equal(0, device.Memory<double>().BuffersRented);
    }

    [Fact]
    public void Samples_that_depend_on_one_another_are_not_parted()
    {
        var (x, h) = (Draw(3, [4, 64, Units], 1), Draw(4, [64, Units], 1));
        // At 0, where most cells begin, the mean is the same whoever shares it.
        foreach (var start in (Tensor<double>[])[h, Tensor.Zeros<double>([64, Units])])
        {
            var e = Assert.Throws<ArgumentException>(() => Scan.Run(new Centred(), new(h, h), x, [start], SequenceMemory.Sqrt));
            Assert.Contains("SequenceMemory.All", e.Message, StringComparison.Ordinal);
        }
        Assert.Equal(h.Shape, Scan.Run(new Centred(), new(h, h), x, [h], SequenceMemory.All)[0].Shape);
        // A batch that is not cut keeps them together as well.
        var few = Scan.Run(new Centred(), new(h, h), x.Slice(0, 16, axis: 1), [h.Slice(0, 16)], SequenceMemory.Sqrt)[0];
        Assert.Equal(Scan.Run(new Centred(), new(h, h), x.Slice(0, 16, axis: 1), [h.Slice(0, 16)], SequenceMemory.All)[0].ToArray(), few.ToArray());
    }

    [Fact]
    public void What_a_step_cannot_do_with_some_of_the_samples_is_said()
    {
        var (x, h) = (Draw(3, [4, 64, Units], 1), Draw(4, [64, Units], 1));
        var cell = new Elman { Each = h };
        var e = Assert.Throws<ShapeException>(() => Scan.Run(cell, new(Draw(1, [Units, Units], 1), Draw(2, [Units, Units], 1)), x, [h], SequenceMemory.Sqrt));
        Assert.Contains("SequenceMemory.All", e.Message, StringComparison.Ordinal);
        Assert.Throws<OperationCanceledException>(() => Scan.Run(new Elman { Stop = 6 }, new(Draw(1, [Units, Units], 1), Draw(2, [Units, Units], 1)), x, [h], SequenceMemory.Sqrt));
        Assert.Throws<ShapeException>(() => Scan.Course(new Elman(), new(h, h), Draw(3, [0, 64, Units], 1), [h], SequenceMemory.Sqrt));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(64)]
    public void A_state_that_changes_its_shape_is_named(int batch)
    {
        var (x, h) = (Draw(3, [4, batch, Units], 1), Draw(4, [batch, Units], 1));
        var e = Assert.Throws<ShapeException>(() => Scan.Run(new Growing(), new(h, h), x, [h], SequenceMemory.Sqrt));
        Assert.Contains("`h`", e.Message, StringComparison.Ordinal);
    }

    /// <summary>What a step computes of constants is computed by the threads that wait for it.</summary>
    [Fact]
    public void A_step_may_compute_what_has_no_samples()
    {
        var large = Draw(9, [300, 300], 0.1);
        var (x, h) = (Draw(3, [6, 256, Units], 1), Draw(4, [256, Units], 1));
        var after = Scan.Run(new Elman { Aside = large }, new(Draw(1, [Units, Units], 1), Draw(2, [Units, Units], 1)), x, [h], SequenceMemory.Sqrt)[0];
        Assert.Equal(Scan.Run(new Elman(), new(Draw(1, [Units, Units], 1), Draw(2, [Units, Units], 1)), x, [h], SequenceMemory.Sqrt)[0].ToArray(), after.ToArray());
    }

    static (double[] Values, double[][] Gradients) Both(Device device, int batch, SequenceMemory memory)
    {
        using var tape = new Tape<double>(device);
        Tensor<double>[] inputs = [.. ((Tensor<double>[])[Draw(1, [Units, Inputs], 1), Draw(2, [Units, Units], 0.4), Draw(3, [Steps, batch, Inputs], 1), Draw(4, [batch, Units], 1)])
            .Select(t => tape.Watch(t.To(device)))];
        var (shown, after) = Scan.Course(new Elman(), new(inputs[0], inputs[1]), inputs[2], [inputs[3]], memory);
        var weights = tape.Workspace.From(Draw(5, shown.Shape, 1));
        var loss = (shown * weights).Sum() + after[0].Square().Sum();
        var gradients = tape.Backward(loss);
        return ([.. shown.ToArray(), .. after[0].ToArray()], [.. inputs.Select(t => gradients[t].ToArray())]);
    }

    static Tensor<double> Draw(ulong stream, Shape shape, double size)
    {
        var random = new CounterRandom(7, stream);
        return Tensor.From<double>([.. Enumerable.Range(0, shape.Length).Select(i => size * (2 * random.Uniform((ulong)i) - 1))], shape);
    }

    sealed record ElmanWeights(Tensor<double> Wx, Tensor<double> Wh) : IParameters<ElmanWeights, double>
    {
        public ElmanWeights Map(Func<string, Tensor<double>, Tensor<double>> f) => new(f("Wx", Wx), f("Wh", Wh));
    }

    /// <summary>Elman's network (Cognitive Science 14, 1990).</summary>
    sealed class Elman : IRecurrentCell<ElmanWeights, ElmanWeights, double>
    {
        int _calls;

        public Tensor<double>? Aside { get; init; }

        /// <summary>Something for each sample.</summary>
        public Tensor<double>? Each { get; init; }

        /// <summary>The call that is the last.</summary>
        public int Stop { get; init; } = int.MaxValue;

        public IReadOnlyList<string> States { get; } = ["h"];

        public ElmanWeights Prepare(ElmanWeights parameters) => parameters;

        public IReadOnlyList<Tensor<double>> Step(ElmanWeights coefficients, Tensor<double> x, IReadOnlyList<Tensor<double>> state)
        {
            if (Interlocked.Increment(ref _calls) > Stop) throw new OperationCanceledException();
            if (Each is not null) x += Each;
            if (Aside is not null) _ = (Aside.MatMul(Aside) + Aside).Tanh();
            return [(x.MatMul(coefficients.Wx, transposeOther: true) + state[0].MatMul(coefficients.Wh, transposeOther: true)).Tanh()];
        }
    }

    /// <summary>Takes the mean over the samples away.</summary>
    sealed class Centred : IRecurrentCell<ElmanWeights, ElmanWeights, double>
    {
        public IReadOnlyList<string> States { get; } = ["h"];

        public ElmanWeights Prepare(ElmanWeights parameters) => parameters;

        public IReadOnlyList<Tensor<double>> Step(ElmanWeights coefficients, Tensor<double> x, IReadOnlyList<Tensor<double>> state)
            => [(state[0] + x - state[0].Sum(0) / state[0].Shape[0]).Tanh()];
    }

    sealed class Growing : IRecurrentCell<ElmanWeights, ElmanWeights, double>
    {
        public IReadOnlyList<string> States { get; } = ["h"];

        public ElmanWeights Prepare(ElmanWeights parameters) => parameters;

        public IReadOnlyList<Tensor<double>> Step(ElmanWeights coefficients, Tensor<double> x, IReadOnlyList<Tensor<double>> state)
            => [Tensor<double>.Concat(1, state[0], x)];
    }
}
