using System.Numerics;
using System.Runtime.InteropServices;

namespace Organics.Tests;

/// <summary>The same training by one process and by several: the same bits.</summary>
public sealed class RanksTests : IDisposable
{
    const int Pixels = 4, Classes = 3;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    static ImageSet Set(int count) => new(
        [.. Enumerable.Range(0, count * Pixels).Select(i => (byte)(i * i * 31 + 17 * i))], [.. Enumerable.Range(0, count).Select(i => (byte)(i * i % Classes))],
        2, 2, Classes);

    TrainerOptions Options(string run, int blocks, int batch) => new()
    {
        Folder = _folder[run],
        Epochs = 2,
        Batch = batch,
        Blocks = blocks,
        LearningRate = 0.1,
        Seed = 5,
        ClipNorm = 0.7,
        GradientNorm = true,
    };

    static Trainer<LinearParameters<T>, T> Create<T>(TrainerOptions options, ImageSet train, Device device) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var model = new LinearClassifier<T>(LinearClassifier<T>.Create(Pixels, Classes).Parameters.Map((_, t) => t.To(device)));
        return new(model, new Adam<LinearParameters<T>, T>(model.Parameters), train, Set(1003), device, options);
    }

    // All that a run leaves but the seconds.
    List<string> Left(string run) =>
    [
        .. new[] { "model.safetensors", "state.safetensors" }.Select(file => Convert.ToHexString(File.ReadAllBytes(Path.Combine(_folder[run], file)))),
        .. MetricsLog.Read(Path.Combine(_folder[run], "metrics.jsonl"))
            .Select(row => string.Join(' ', row.Values.Where(v => v.Key != "seconds").Select(v => FormattableString.Invariant($"{v.Key}={v.Value:R}")))),
    ];

    // Only the first rank knows the folder, unless all have to read a checkpoint.
    void Train<T>(string run, int ranks, int blocks, int batch, int samples, int threads = 1, int epochs = 2, bool resume = false)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var others = $"{run}-others";
        VirtualRanks.Run(ranks, all =>
        {
            using var device = new CpuDevice(threads);
            var trainer = Create<T>(Options(all.Rank == 0 || resume ? run : others, blocks, batch) with { Ranks = all, Epochs = epochs }, Set(samples), device);
            if (resume) trainer.Resume();
            trainer.Run();
            return 0;
        });
        Assert.False(Directory.Exists(_folder[others]), "Another rank than the first has written.");
    }

    [Theory]
    [InlineData(8, 32, 203)]
    [InlineData(8, 24, 100)]
    // Fewer samples than blocks in the last batch, and in every batch.
    [InlineData(8, 40, 83)]
    [InlineData(16, 5, 12)]
    public void Any_number_of_ranks_and_threads_leaves_the_files_of_one(int blocks, int batch, int samples)
    {
        Leaves<float>();
        Leaves<double>();

        void Leaves<T>() where T : unmanaged, IFloatingPointIeee754<T>
        {
            var one = $"one {typeof(T).Name}";
            Train<T>(one, 1, blocks, batch, samples);
            var expected = Left(one);
            foreach (var (ranks, threads) in ((int, int)[])[(1, 3), (2, 1), (3, 1), (4, 2), (5, 1), (7, 1), (8, 1)])
            {
                var several = $"{ranks} {typeof(T).Name}";
                Train<T>(several, ranks, blocks, batch, samples, threads);
                Assert.Equal(expected, Left(several));
            }
        }
    }

    [Fact]
    public void Blocks_are_a_mean_over_all_samples()
    {
        Train<float>("whole", 1, 1, 30, 90);
        Train<float>("blocks", 1, 16, 30, 90);
        var (whole, blocks) = (Parameters("whole"), Parameters("blocks"));
        // The same gradient in another order of sums.
        Assert.NotEqual(whole, blocks);
        Assert.Equal(whole, blocks, (a, b) => Math.Abs(a - b) < 1e-5);
        double[] Parameters(string run) => [.. SafeTensors.Read(Path.Combine(_folder[run], "state.safetensors")).Tensors
            .Where(t => t.Name.StartsWith("parameters/", StringComparison.Ordinal))
            .SelectMany(t => MemoryMarshal.Cast<byte, float>(t.Data.Span).ToArray()).Select(v => (double)v)];
    }

    /// <summary>Where targets count differently, Σwℓ/Σw over all is neither the mean of the blocks' means nor a sum divided by a count; some blocks count
    /// nothing.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 1)]
    [InlineData(8, 3)]
    public void Losses_and_gradients_are_weighted_means_over_all_that_counts(int blocks, int ranks)
    {
        const int Count = 96;
        double[] x = [.. Enumerable.Range(0, Count * Pixels).Select(i => Math.Sin(1 + 0.7 * i))], classWeights = [1, 0.25, 4];
        byte[] y = [.. Enumerable.Range(0, Count).Select(i => (byte)(i * i / 7 % Classes))];
        double[] mask = [.. Enumerable.Range(0, Count).Select(i => i % 40 < 30 ? 0 : new[] { 2, 0.5, 1, 0, 3 }[i % 5])];
        var set = new ArraySet(NumberArray.Of<double>("x", [Count, Pixels], x), NumberArray.Of<byte>("y", [Count], y),
            NumberArray.Of<double>("mask", [Count], mask)).Weighted(classWeights);
        var begin = LinearClassifier<double>.Create(Pixels, Classes).Parameters.Values;
        var (loss, weight, gradient) = (0.0, 0.0, new double[begin.Length]);
        for (var i = 0; i < Count; i++)
        {
            var sample = x[(i * Pixels)..((i + 1) * Pixels)];
            double[] powers = [.. Enumerable.Range(0, Classes)
                .Select(k => Math.Exp(sample.Select((value, c) => value * begin[k * Pixels + c]).Sum() + begin[Classes * Pixels + k]))];
            var w = mask[i] * classWeights[y[i]];
            (loss, weight) = (loss - w * Math.Log(powers[y[i]] / powers.Sum()), weight + w);
            for (var k = 0; k < Classes; k++)
            {
                var error = w * (powers[k] / powers.Sum() - (k == y[i] ? 1 : 0));
                for (var c = 0; c < Pixels; c++) gradient[k * Pixels + c] += error * sample[c];
                gradient[Classes * Pixels + k] += error;
            }
        }
        // All in one batch, for an update by the gradient; and in batches of which each sees the same model.
        Assert.Equal(begin.Zip(gradient, (p, g) => p - g / weight), Trained(Count, 1), (a, b) => Math.Abs(a - b) < 1e-12);
        Trained(20, double.Epsilon);

        double[] Trained(int batch, double rate) => VirtualRanks.Run(ranks, all =>
        {
            var model = LinearClassifier<double>.Create(Pixels, Classes);
            EpochResult? result = null;
            new Trainer<LinearParameters<double>, double>(model, new Sgd<LinearParameters<double>, double>(model.Parameters, 0), set, set, Device.Cpu,
                new() { Folder = _folder["weighted"], Epochs = 1, Batch = batch, Blocks = blocks, LearningRate = rate, Ranks = all })
            { OnEpoch = epoch => result = epoch }.Run();
            Assert.Equal(loss / weight, result!.TrainLoss, 1e-12);
            return model.Parameters.Values;
        })[^1];
    }

    /// <summary>R² needs the targets' spread about the mean of all, however they are parted; here each batch of the set has a mean of its own.</summary>
    [Theory]
    [InlineData(1, 100)]
    [InlineData(1, 7)]
    [InlineData(8, 40)]
    [InlineData(32, 20)]
    public void Metrics_of_numbers_are_of_all_samples_whatever_the_blocks_the_batches_and_the_ranks(int blocks, int batch)
    {
        const int Count = 1100;
        var x = Enumerable.Range(0, Count * Pixels).Select(i => (float)Math.Sin(1 + 0.7 * i)).ToArray();
        var y = Enumerable.Range(0, Count * 2).Select(i => (float)(1000 + Math.Cos(2.3 * i) + i / 500)).ToArray();
        var set = new ArraySet(NumberArray.Of<float>("x", [Count, Pixels], x), NumberArray.Of<float>("y", [Count, 2], y));
        var expected = 0.0;
        var fixedModel = LinearClassifier<float>.Create(Pixels, 2);
        var outputs = Evaluated();
        for (var k = 0; k < 2; k++)
        {
            double[] own = [.. Enumerable.Range(0, Count).Select(i => (double)y[2 * i + k])], errors = [.. own.Select((value, i) => value - outputs[2 * i + k])];
            expected += 1 - errors.Sum(e => e * e) / own.Sum(value => (value - own.Average()) * (value - own.Average()));
        }
        expected /= 2;
        var found = new HashSet<string>();
        foreach (var ranks in (int[])[1, 2, 3, 8])
        {
            if (ranks > blocks) continue;
            foreach (var each in VirtualRanks.Run(ranks, all =>
            {
                var model = LinearClassifier<float>.Create(Pixels, 2);
                EpochResult? result = null;
                // At a rate of 0 all batches see one model.
                new Trainer<LinearParameters<float>, float>(model, new Adam<LinearParameters<float>, float>(model.Parameters), set, set, Device.Cpu,
                    new() { Folder = _folder["numbers"], Epochs = 1, Batch = batch, Blocks = blocks, LearningRate = double.Epsilon, Ranks = all })
                { OnEpoch = epoch => result = epoch }.Run();
                return result!;
            }))
            {
                foreach (var r2 in (double[])[each.TrainMetrics["r2"], each.Validation.Metrics["r2"]])
                    Assert.True(Math.Abs(r2 - expected) <= 1e-9 * Math.Abs(expected), $"{ranks} ranks: {r2}, not {expected}");
                found.Add(FormattableString.Invariant($"{each.TrainMetrics["r2"]:R} {each.TrainMetrics["mse"]:R} {each.Validation.Metrics["r2"]:R}"));
            }
        }
        Assert.Single(found);

        float[] Evaluated()
        {
            var all = new SampleBatch<float>(set.Format, Count);
            set.Gather([.. Enumerable.Range(0, Count)], all);
            return fixedModel.Evaluate(fixedModel.Parameters, Tensor.From<float>(all.Inputs, [Count, Pixels]), all).Outputs.ToArray();
        }
    }

    [Fact]
    public void A_thousand_ranks_leave_the_files_of_one()
    {
        Train<float>("one", 1, 1024, 1500, 2600, epochs: 1);
        Train<float>("many", 1024, 1024, 1500, 2600, epochs: 1);
        Assert.Equal(Left("one"), Left("many"));
    }

    [Fact]
    public void A_run_goes_on_with_another_number_of_ranks()
    {
        Train<float>("one", 1, 8, 32, 203, epochs: 3);
        Train<float>("many", 4, 8, 32, 203, epochs: 1);
        Train<float>("many", 3, 8, 32, 203, epochs: 2, resume: true);
        Train<float>("many", 1, 8, 32, 203, epochs: 3, resume: true);
        Assert.Equal(Left("one"), Left("many"));
    }

    [Fact]
    public void All_ranks_stop_after_the_batch_in_which_one_was_told_to()
    {
        var steps = VirtualRanks.Run(4, all =>
        {
            using var source = new CancellationTokenSource();
            var (done, options) = (0, Options("stopped", 8, 32) with { Ranks = all });
            var model = LinearClassifier<float>.Create(Pixels, Classes);
            var trainer = new Trainer<LinearParameters<float>, float>(model, new Adam<LinearParameters<float>, float>(model.Parameters), Set(203), Set(1003),
                Device.Cpu, options)
            {
                OnProgress = _ =>
                {
                    if (++done == 2 && all.Rank == 2) source.Cancel();
                },
            };
            Assert.Throws<OperationCanceledException>(() => trainer.Run(source.Token));
            return done;
        });
        Assert.Equal([3, 3, 3, 3], steps);
        Train<float>("stopped", 2, 8, 32, 203, resume: true);
        Train<float>("one", 1, 8, 32, 203);
        Assert.Equal(Left("one"), Left("stopped"));
    }

    [Theory]
    [InlineData(3, 1, "There are 3 blocks; their number must be a power of 2.")]
    [InlineData(0, 1, "There are 0 blocks; their number must be a power of 2.")]
    [InlineData(2, 3, "3 ranks cannot share 2 blocks of a batch; give more blocks or fewer ranks.")]
    public void Blocks_that_cannot_be_are_refused(int blocks, int ranks, string words)
        => Assert.All(VirtualRanks.Run(ranks, all => Assert.ThrowsAny<ArgumentException>(
            () => Create<float>(Options("never", blocks, 32) with { Ranks = all }, Set(64), Device.Cpu)).Message), message => Assert.StartsWith(words, message));

    [Fact]
    public void The_tree_adds_neighbours_by_twos()
    {
        // 1, 2⁻²⁴ and so on: another order has another sum.
        float[] leaves = [1, 5.9604645e-8f, 3, 7e-8f, -4, 1e-7f, 2e-8f, 9e-8f];
        var expected = ((leaves[0] + leaves[1]) + (leaves[2] + leaves[3])) + ((leaves[4] + leaves[5]) + (leaves[6] + leaves[7]));
        Assert.NotEqual(expected, leaves.Sum());
        var order = new MetricSums([new OrderMetric()], 1);
        for (var ranks = 1; ranks <= 8; ranks++)
        {
            var sums = VirtualRanks.Run(ranks, all =>
            {
                var (start, end) = BlockTree.Of(all.Rank, all.Size, 8);
                BlockSum<float>[] own = [.. Enumerable.Range(start, end - start).Select(i =>
                {
                    var sum = new BlockSum<float>(1, order, 1);
                    (sum.Numbers[0], sum.Metrics[0], sum.Gradient[0]) = (1 << i, i + 1, leaves[i]);
                    return sum;
                })];
                var all8 = BlockTree.Sum(own, new BlockSum<float>(1, order, 1), 8, all);
                return (all8.Numbers[0], all8.Metrics[0], all8.Gradient[0]);
            });
            // Left is left and right is right in every rank, for a metric may join as it likes.
            Assert.All(sums, sum => Assert.Equal((255.0, 12345678.0, expected), sum));
        }
    }

    [Fact]
    public void Any_number_of_ranks_evaluates_all_samples_in_their_order()
    {
        var set = Set(1003);
        var model = new Unsettled(LinearClassifier<float>.Create(Pixels, Classes));
        var (one, images) = (Evaluation.Of(model, set, Device.Cpu, 100), new SampleBatch<float>(set.Format, set.Count));
        set.Gather([.. Enumerable.Range(0, set.Count)], images);
        Assert.Equal(Unsettled.Count(images), one.NotConverged);
        Assert.Equal(set.Count, one.Confusion!.Cast<int>().Sum());
        var ordered = new ArraySet(NumberArray.Of<float>("x", [9, Pixels], Enumerable.Range(0, 9 * Pixels).Select(i => 1f + i / Pixels).ToArray()),
            NumberArray.Of<byte>("y", [9], new byte[] { 0, 1, 2, 0, 1, 2, 0, 1, 2 }));
        for (var ranks = 1; ranks <= 5; ranks++)
        {
            Assert.All(VirtualRanks.Run(ranks, all => Evaluation.Of(model, set, Device.Cpu, all, 100)), each =>
            {
                Assert.Equal((one.Loss, one.Accuracy, one.NotConverged), (each.Loss, each.Accuracy, each.NotConverged));
                Assert.Equal(one.Confusion, each.Confusion);
            });
            Assert.All(VirtualRanks.Run(ranks, all => Evaluation.Of(model, ordered, Device.Cpu, all, 1, [new OrderMetric()])),
                each => Assert.Equal(123456789, each.Metrics["order"]));
        }
    }

    /// <summary>A classifier that says of some images that they did not reach their fixed point.</summary>
    sealed class Unsettled(LinearClassifier<float> inner) : IModel<LinearParameters<float>, float>
    {
        public LinearParameters<float> Parameters => inner.Parameters;

        public Evaluated<float> Evaluate(LinearParameters<float> p, Tensor<float> inputs, SampleBatch<float> batch)
            => inner.Evaluate(p, inputs, batch) with { NotConverged = Count(batch) };

        public static int Count(SampleBatch<float> batch)
        {
            var count = 0;
            for (var i = 0; i < batch.Count; i++)
                if (batch.Inputs[i * Pixels] > 0.7f) count++;
            return count;
        }
    }

    /// <summary>The first inputs of the samples, each from 1 to 9, as the digits of a number in which they stand in the order they were joined in.</summary>
    sealed record OrderMetric() : Metric("order", true)
    {
        public override int Sums(int outputs) => 1;

        public override void Add<T>(ReadOnlySpan<T> outputs, SampleBatch<T> batch, Span<double> sums)
        {
            for (var i = 0; i < batch.Count; i++) Join([double.CreateTruncating(batch.Inputs[i * batch.Format.Width])], sums);
        }

        public override void Join(ReadOnlySpan<double> next, Span<double> sums)
        {
            for (var rest = next[0]; rest >= 1; rest /= 10) sums[0] *= 10;
            sums[0] += next[0];
        }

        public override double Of(ReadOnlySpan<double> sums) => sums[0];
    }
}
