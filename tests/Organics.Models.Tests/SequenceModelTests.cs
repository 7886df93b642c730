namespace Organics.Tests;

public sealed class SequenceModelTests
{
    const int Steps = 7, Channels = 3, Units = 5, Outputs = 2, Count = 4;

    static double[] Inputs { get; } = [.. Enumerable.Range(0, Count * Steps * Channels).Select(i => Math.Sin(1 + 1.3 * i))];

    public static TheoryData<string> Cells => [.. CellKind.All.Select(kind => kind.Name)];

    static SequenceOptions Options(string cell, ReadOut readOut, TargetKind target = TargetKind.Numbers) =>
        new() { Cell = cell, Units = Units, ReadOut = readOut, Format = new(Steps, Channels, target, readOut == ReadOut.EveryStep, Outputs) };

    // The outputs of one sample, shortened to its length: what a model of so many steps gives.
    static double[] Alone(SequenceModel<double> whole, int sample, int length)
        => whole.Options.Kind.Open(new Shortened(whole, length)).Predict(Inputs.AsSpan(sample * Steps * Channels, length * Channels));

    sealed class Shortened(SequenceModel<double> whole, int steps) : ICellProgram<double, SequenceModel<double>>
    {
        public SequenceModel<double> Run<P, C>(CellFactory<P, C, double> create)
            where P : IParameters<P, double>
            where C : IParameters<C, double>
        {
            var (model, options) = ((SequenceModel<P, C, double>)whole, whole.Options);
            return new SequenceModel<P, C, double>(
                options with { Format = options.Format with { Steps = steps } }, new(model.Cell, model.Parameters.Cell, model.Initial), model.Parameters);
        }
    }

    [Theory, MemberData(nameof(Cells))]
    public void A_sample_that_ends_early_has_the_outputs_that_it_has_alone(string cell)
    {
        int[] lengths = [7, 3, 1, 5];
        foreach (var (readOut, rates) in Enum.GetValues<ReadOut>().SelectMany(each => new[] { (each, false), (each, true) }))
        {
            var model = SequenceModel<double>.Create(Options(cell, readOut) with { Rates = rates }, seed: 3);
            var found = model.Predict(Inputs, lengths);
            var width = found.Length / Count;
            for (var i = 0; i < Count; i++)
            {
                var alone = Alone(model, i, lengths[i]);
                for (var k = 0; k < alone.Length; k++) Assert.Equal(alone[k], found[i * width + k], 1e-12);
            }
            // What lies behind a length is not seen.
            double[] other = [.. Inputs];
            for (var i = 0; i < Count; i++) other.AsSpan((i * Steps + lengths[i]) * Channels, (Steps - lengths[i]) * Channels).Fill(9);
            var again = model.Predict(other, lengths);
            for (var i = 0; i < Count; i++)
                for (var k = 0; k < (readOut == ReadOut.EveryStep ? lengths[i] * Outputs : width); k++)
                    Assert.Equal(found[i * width + k], again[i * width + k]);
        }
    }

    [Theory, MemberData(nameof(Cells))]
    public void The_course_ends_in_the_last_state_and_its_mean_is_the_mean(string cell)
    {
        var every = SequenceModel<double>.Create(Options(cell, ReadOut.EveryStep), seed: 3).Predict(Inputs);
        var last = SequenceModel<double>.Create(Options(cell, ReadOut.Last), seed: 3).Predict(Inputs);
        var mean = SequenceModel<double>.Create(Options(cell, ReadOut.Mean), seed: 3).Predict(Inputs);
        for (var i = 0; i < Count; i++)
            for (var k = 0; k < Outputs; k++)
            {
                var course = Enumerable.Range(0, Steps).Select(t => every[(i * Steps + t) * Outputs + k]).ToArray();
                Assert.Equal(course[^1], last[i * Outputs + k], 1e-12);
                // The head is affine: the mean of its outputs is its output of the mean.
                Assert.Equal(course.Average(), mean[i * Outputs + k], 1e-12);
            }
    }

    /// <summary>By hand, of the course of states: W₁y + W₂⌊y⌋² + b.</summary>
    [Theory, MemberData(nameof(Cells))]
    public void A_read_out_of_rates_sees_the_rectified_square_beside_the_state(string cell)
    {
        foreach (var readOut in Enum.GetValues<ReadOut>())
        {
            var options = Options(cell, readOut) with { Rates = true };
            Assert.Equal("true", options.ToMetadata()["rates"]);
            Assert.True(SequenceOptions.FromMetadata(options.ToMetadata()).Rates);
            var model = SequenceModel<double>.Create(options, seed: 3);
            var tensors = model.Tensors.ToDictionary(each => each.Key, each => each.Value.ToArray());
            var (w, b) = (tensors["fc.weight"], tensors["fc.bias"]);
            Assert.Equal(Outputs * 2 * Units, w.Length);
            var found = model.Predict(Inputs);
            for (var i = 0; i < Count; i++)
            {
                var y = model.States(Inputs.AsSpan(i * Steps * Channels, Steps * Channels))[0].Value.ToArray();
                double Output(int t, int k) => b[k] + Enumerable.Range(0, Units).Sum(j =>
                    w[(k * 2 * Units) + j] * y[(t * Units) + j] + w[(k * 2 + 1) * Units + j] * Math.Pow(Math.Max(0, y[(t * Units) + j]), 2));
                for (var k = 0; k < Outputs; k++)
                    switch (readOut)
                    {
                        case ReadOut.Last:
                            Assert.Equal(Output(Steps - 1, k), found[i * Outputs + k], 1e-12);
                            break;
                        case ReadOut.Mean:
                            Assert.Equal(Enumerable.Range(0, Steps).Average(t => Output(t, k)), found[i * Outputs + k], 1e-12);
                            break;
                        default:
                            for (var t = 0; t < Steps; t++) Assert.Equal(Output(t, k), found[(i * Steps + t) * Outputs + k], 1e-12);
                            break;
                    }
            }
        }
        var damaged = new Dictionary<string, string>(Options(cell, ReadOut.Last).ToMetadata()) { ["rates"] = "some" };
        Assert.Contains("rates is 'some'", Assert.Throws<CheckpointException>(() => SequenceOptions.FromMetadata(damaged)).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Cells))]
    public void Its_gradients_are_those_of_differences_for_every_read_out_lengths_and_mask(string cell)
    {
        foreach (var readOut in Enum.GetValues<ReadOut>())
        {
            foreach (var target in Enum.GetValues<TargetKind>()) Check(readOut, target, rates: false);
            Check(readOut, TargetKind.Numbers, rates: true);
        }

        void Check(ReadOut readOut, TargetKind target, bool rates)
        {
            var options = Options(cell, readOut, target) with
            {
                Rates = rates,
                Inputs = new([0.1, -0.2, 0.3], [1.5, 0.7, 1.1]),
                Targets = target == TargetKind.Numbers ? new([0.5, -1], [2, 3]) : null,
            };
            options.Kind.Open(new Differences(options, Batch(options.Format)));
        }

        static SampleBatch<double> Batch(SampleFormat format)
        {
            var batch = new SampleBatch<double>(format, Count);
            batch.Resize(Count);
            Inputs.CopyTo(batch.Inputs);
            for (var i = 0; i < batch.Classes.Length; i++) batch.Classes[i] = i % Outputs;
            for (var i = 0; i < batch.Numbers.Length; i++) batch.Numbers[i] = Math.Cos(i);
            for (var i = 0; i < batch.Weights.Length; i++) batch.Weights[i] = i % 3;
            for (var i = 0; i < Count; i++) batch.Lengths[i] = 1 + 2 * i;
            (batch.IsWeighted, batch.HasLengths) = (true, true);
            return batch;
        }
    }

    sealed class Differences(SequenceOptions options, SampleBatch<double> batch) : ICellProgram<double, bool>
    {
        public bool Run<P, C>(CellFactory<P, C, double> create)
            where P : IParameters<P, double>
            where C : IParameters<C, double>
        {
            var model = (SequenceModel<P, C, double>)SequenceModel<double>.Create(options, seed: 3);
            var own = model.Parameters.List();
            // A circuit's recurrence begins at the identity, whose largest singular value is several.
            foreach (var (_, parameter) in own) parameter.Assign([.. parameter.ToArray().Select((p, i) => p + 0.1 * Math.Sin(1 + 2.3 * i))]);
            GradientCheck.Run(t =>
            {
                var i = 0;
                return model.Evaluate(model.Parameters.Map((_, _) => t[i++]), Tensor.From<double>(batch.Inputs, [Count, Steps * Channels]), batch).Loss;
            }, [.. own.Select(p => p.Value)]).OrThrow(1e-6);
            return true;
        }
    }

    [Fact]
    public void Standardisation_is_an_affine_map_of_inputs_and_outputs()
    {
        var plain = Options("lstm", ReadOut.Last);
        double[] mean = [5, -3, 100], scale = [2, 0.1, 30];
        var standard = plain with { Inputs = new(mean, scale), Targets = new([7, -1], [3, 0.5]) };
        double[] raw = [.. Inputs.Select((x, i) => mean[i % Channels] + scale[i % Channels] * x)];
        var expected = SequenceModel<double>.Create(plain, seed: 3).Predict(Inputs);
        var found = SequenceModel<double>.Create(standard, seed: 3).Predict(raw);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(i % 2 == 0 ? 7 + 3 * expected[i] : -1 + 0.5 * expected[i], found[i], 1e-11);
    }

    public static TheoryData<string, int> CellsAndLayers
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var kind in CellKind.All)
                foreach (var layers in (int[])[1, 3]) data.Add(kind.Name, layers);
            return data;
        }
    }

    [Theory, MemberData(nameof(CellsAndLayers))]
    public void A_file_holds_all_that_it_takes_to_use_it_from_many_threads(string cell, int layers)
    {
        var options = Options(cell, ReadOut.Last, TargetKind.Class) with
        {
            Layers = layers,
            Inputs = new([0.1, 0.2, 0.3], [1, 2, 3]),
            Order = [6, 5, 4, 3, 2, 1, 0],
        };
        var path = Path.GetTempFileName();
        try
        {
            var model = options.Kind.Open(new Writer(options, path), layers);
            var read = SequenceModel<double>.Load(path);
            Assert.Equal(model.Options.ToMetadata(), read.Options.ToMetadata());
            var expected = model.Predict(Inputs);
            Parallel.For(0, 64, i =>
            {
                Assert.Equal(expected, read.Predict(Inputs));
                Assert.Equal(expected[(i % Count * Outputs)..(i % Count * Outputs + Outputs)],
                    read.Predict(Inputs.AsSpan(i % Count * Steps * Channels, Steps * Channels)));
            });
            Assert.Equal(expected.Chunk(Outputs).Select(logits => Array.IndexOf(logits, logits.Max())), read.Classify(Inputs));
            // The other precision reads it, too.
            var single = SequenceModel<float>.Load(path).Predict([.. Inputs.Select(x => (float)x)]);
            for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], single[i], 1e-4);
        }
        finally
        {
            File.Delete(path);
        }
    }

    sealed class Writer(SequenceOptions options, string path) : ICellProgram<double, SequenceModel<double>>
    {
        public SequenceModel<double> Run<P, C>(CellFactory<P, C, double> create)
            where P : IParameters<P, double>
            where C : IParameters<C, double>
        {
            var model = (SequenceModel<P, C, double>)SequenceModel<double>.Create(options, seed: 3);
            SafeTensors.Write(path, Checkpoint.Pack<SequenceParameters<P, double>, double>(model.Parameters).Concat(model.Constants), options.ToMetadata());
            return model;
        }
    }

    [Fact]
    public void What_does_not_fit_is_one_sentence()
    {
        var model = SequenceModel<double>.Create(Options("lstm", ReadOut.Last), seed: 3);
        Assert.Contains("7 steps of 3 channels, 2 numbers", Assert.Throws<ArgumentException>(() => model.Predict(new double[20])).Message);
        Assert.Contains("length", Assert.Throws<ArgumentException>(() => model.Predict(Inputs, [1, 2])).Message);
        Assert.Contains("length", Assert.Throws<ArgumentException>(() => model.Predict(Inputs, [1, 2, 0, 3])).Message);
        Assert.Contains("length", Assert.Throws<ArgumentException>(() => model.Predict(Inputs, [1, 2, 8, 3])).Message);
        Assert.Contains("no classes", Assert.Throws<InvalidOperationException>(() => model.Classify(Inputs)).Message);
        Assert.Empty(model.Predict([]));
        foreach (var wrong in (SequenceOptions[])[Options("lstm", ReadOut.Last) with { Settings = new Dictionary<string, string> { ["variant"] = "paper" } },
            Options("lstm", ReadOut.Last) with { Inputs = new([1], [1]) }, Options("lstm", ReadOut.Last) with { Range = (1, 1) },
            Options("lstm", ReadOut.Last, TargetKind.Class) with { Targets = new([1], [1]) },
            Options("lstm", ReadOut.Last) with { Format = new(65_536, 65_536, TargetKind.Class, false, 2) },
            Options("lstm", ReadOut.Last) with { Units = 0 }, Options("lstm", ReadOut.EveryStep) with { ReadOut = ReadOut.Mean }])
            Assert.StartsWith("The options of the sequence model make no sense: ",
                Assert.Throws<ArgumentException>(() => SequenceModel<double>.Create(wrong, 0)).Message);
    }

    /// <summary>What fills a sample up behind its length is nothing that the model sees, with every read-out, standardised or not.</summary>
    [Theory]
    [InlineData(ReadOut.Last, true)]
    [InlineData(ReadOut.Last, false)]
    [InlineData(ReadOut.Mean, true)]
    [InlineData(ReadOut.EveryStep, true)]
    public void What_fills_a_sample_up_changes_no_bit_and_gets_no_gradient(ReadOut readOut, bool standardize)
    {
        const int Steps = 6, Channels = 2;
        var options = new SequenceOptions
        {
            Units = 5,
            Format = new(Steps, Channels, TargetKind.Numbers, readOut == ReadOut.EveryStep, 1),
            ReadOut = readOut,
            Inputs = standardize ? new([3000, -10], [0.1, 2]) : null,
        };
        var model = SequenceModel<double>.Create(options, seed: 2);
        int[] lengths = [2, 6, 4];
        double[] Filled(double by) => [.. Enumerable.Range(0, 3 * Steps * Channels).Select(i => i / Channels % Steps < lengths[i / (Steps * Channels)] ? (i % 2 == 0 ? 3000 : -10) + 0.1 * Math.Sin(i) : by)];
        double[] Shown(double by) => [.. model.Predict(Filled(by), lengths).Where((_, i) => readOut != ReadOut.EveryStep || i % Steps < lengths[i / Steps])];
        var expected = Shown(0);
        Assert.All(expected, value => Assert.True(double.IsFinite(value)));
        foreach (var by in (double[])[1e6, -1e300, double.NaN, double.PositiveInfinity]) Assert.Equal(expected, Shown(by));
    }

    /// <summary>What a model sees must be finite, wherever it stands; the first that is not is named.</summary>
    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Inputs_that_are_not_finite_are_refused_by_sequence_step_and_channel(double wrong)
    {
        var model = SequenceModel<double>.Create(Options("lstm", ReadOut.Last, TargetKind.Class), seed: 3);
        for (var at = 0; at < Inputs.Length; at++)
        {
            double[] inputs = [.. Inputs];
            inputs[at] = wrong;
            var (sequence, step, channel) = (at / (Steps * Channels), at / Channels % Steps, at % Channels);
            foreach (var use in (Action[])[() => model.Predict(inputs), () => model.Classify(inputs)])
                Assert.StartsWith($"Channel {channel} of sequence {sequence} is {wrong} at step {step},", Assert.Throws<ArgumentException>(use).Message,
                    StringComparison.Ordinal);
            int[] lengths = [.. Enumerable.Repeat(Steps, Count)];
            lengths[sequence] = Math.Max(1, step);
            if (step > 0) Assert.All(model.Predict(inputs, lengths), output => Assert.True(double.IsFinite(output)));
        }
    }

    [Fact]
    public void An_order_of_steps_is_refused_where_it_makes_no_sense()
    {
        int[] order = [3, 2, 1, 0];
        Assert.Contains("leave the order out", Assert.Throws<ArgumentException>(() => SequenceModel<double>.Create(
            new() { Units = 3, Format = new(4, 1, TargetKind.Class, PerStep: true, 2), ReadOut = ReadOut.EveryStep, Order = order }, seed: 1)).Message, StringComparison.Ordinal);
        var model = SequenceModel<double>.Create(new() { Units = 3, Format = new(4, 1, TargetKind.Class, PerStep: false, 2), Order = order }, seed: 1);
        Assert.Contains("samples of one length", Assert.Throws<ArgumentException>(() => model.Predict([1, 2, 0, 0], [2])).Message, StringComparison.Ordinal);
        Assert.Equal(model.Predict([1, 2, 0, 0]), model.Predict([1, 2, 0, 0], [4]));
    }
}
