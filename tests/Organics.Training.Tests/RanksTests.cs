namespace Organics.Tests;

/// <summary>The same training by one process and by several: the same bits.</summary>
public sealed class RanksTests : IDisposable
{
    const int Pixels = 4, Classes = 3;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    static ImageSet Set(int count) => new(
        [.. Enumerable.Range(0, count * Pixels).Select(i => (byte)(i * i * 31 + 17 * i))], [.. Enumerable.Range(0, count).Select(i => (byte)(i * i % Classes))], 2, 2, Classes);

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

    static Trainer<LinearParameters<float>, float> Create(TrainerOptions options, ImageSet train, Device device, Func<Tensor<float>, Tensor<float>>? loss = null)
    {
        var model = new LinearClassifier<float>(LinearClassifier<float>.Create(Pixels, Classes).Parameters.Map((_, t) => t.To(device))) { Loss = loss ?? (each => each) };
        return new(model, new Adam<LinearParameters<float>, float>(model.Parameters), train, Set(1003), device, options);
    }

    // All that a run leaves but the seconds.
    List<string> Left(string run) =>
    [
        .. new[] { "model.safetensors", "state.safetensors" }.Select(file => Convert.ToHexString(File.ReadAllBytes(Path.Combine(_folder[run], file)))),
        .. MetricsLog.Read(Path.Combine(_folder[run], "metrics.jsonl"))
            .Select(row => string.Join(' ', row.Values.Where(v => v.Key != "seconds").Select(v => FormattableString.Invariant($"{v.Key}={v.Value:R}")))),
    ];

    void Train(string run, int ranks, int blocks, int batch, int samples, int threads = 1, int epochs = 2, bool resume = false)
        => VirtualRanks.Run(ranks, all =>
        {
            using var device = new CpuDevice(threads);
            var trainer = Create(Options(run, blocks, batch) with { Ranks = all, Epochs = epochs }, Set(samples), device);
            if (resume) trainer.Resume();
            trainer.Run();
            return 0;
        });

    [Theory]
    [InlineData(8, 32, 203)]
    [InlineData(8, 24, 100)]
    // Fewer samples than blocks in the last batch, and in every batch.
    [InlineData(8, 40, 83)]
    [InlineData(16, 5, 12)]
    public void Any_number_of_ranks_and_threads_leaves_the_files_of_one(int blocks, int batch, int samples)
    {
        Train("one", 1, blocks, batch, samples);
        var expected = Left("one");
        foreach (var (ranks, threads) in ((int, int)[])[(1, 3), (2, 1), (3, 1), (4, 2), (5, 1), (7, 1), (8, 1)])
        {
            Train($"{ranks}", ranks, blocks, batch, samples, threads);
            Assert.Equal(expected, Left($"{ranks}"));
        }
    }

    [Fact]
    public void Blocks_are_a_mean_over_all_samples()
    {
        Train("whole", 1, 1, 30, 90);
        Train("blocks", 1, 16, 30, 90);
        var (whole, blocks) = (Parameters("whole"), Parameters("blocks"));
        // The same gradient in another order of sums.
        Assert.NotEqual(whole, blocks);
        Assert.Equal(whole, blocks, (a, b) => Math.Abs(a - b) < 1e-5);
        double[] Parameters(string run) => [.. SafeTensors.Read(Path.Combine(_folder[run], "state.safetensors")).Tensors
            .Where(t => t.Name.StartsWith("parameters/", StringComparison.Ordinal))
            .SelectMany(t => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(t.Data.Span).ToArray()).Select(v => (double)v)];
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
        Train("one", 1, 1024, 1500, 2600, epochs: 1);
        Train("many", 1024, 1024, 1500, 2600, epochs: 1);
        Assert.Equal(Left("one"), Left("many"));
    }

    [Fact]
    public void A_run_goes_on_with_another_number_of_ranks()
    {
        Train("one", 1, 8, 32, 203, epochs: 3);
        Train("many", 4, 8, 32, 203, epochs: 1);
        Train("many", 3, 8, 32, 203, epochs: 2, resume: true);
        Train("many", 1, 8, 32, 203, epochs: 3, resume: true);
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
        Train("stopped", 2, 8, 32, 203, resume: true);
        Train("one", 1, 8, 32, 203);
        Assert.Equal(Left("one"), Left("stopped"));
    }

    [Fact]
    public void All_ranks_stop_where_one_is_told_to_in_validation()
        => Assert.Equal(3, VirtualRanks.Run(3, all =>
        {
            using var source = new CancellationTokenSource();
            var (train, batches) = (Set(16), 0);
            var model = new Counting(LinearClassifier<float>.Create(Pixels, Classes), () =>
            {
                // Of the validation, which has three batches: one for each.
                if (++batches == 0) return;
                if (all.Rank == 1) source.Cancel();
            });
            var trainer = new Trainer<LinearParameters<float>, float>(model, new Adam<LinearParameters<float>, float>(model.Parameters), train, Set(1003),
                Device.Cpu, Options("validated", 4, 16) with { Ranks = all });
            Assert.ThrowsAny<OperationCanceledException>(() => trainer.Run(source.Token));
            return 1;
        }).Sum());

    sealed class Counting(LinearClassifier<float> inner, Action evaluated) : IModel<LinearParameters<float>, float>
    {
        public LinearParameters<float> Parameters => inner.Parameters;

        public Evaluated<float> Evaluate(LinearParameters<float> p, Tensor<float> inputs, SampleBatch<float> batch)
        {
            if (p == Parameters) evaluated();
            return inner.Evaluate(p, inputs, batch);
        }
    }

    [Fact]
    public void All_ranks_say_the_same_of_a_divergence_and_the_first_leaves_a_replay()
    {
        var causes = VirtualRanks.Run(4, all =>
        {
            using var device = new CpuDevice(1);
            // Only the samples of one block of the second batch make it.
            var seen = 0;
            var trainer = Create(Options("diverged", 8, 32) with { Ranks = all }, Set(203), device,
                loss => all.Rank == 3 && Interlocked.Increment(ref seen) == 4 ? loss / 0 : loss);
            var error = Assert.Throws<DivergedException>(() => trainer.Run());
            return error.Message;
        });
        Assert.Single(causes.Distinct());
        Assert.Contains("The loss is", causes[0]);
        Assert.Contains("batch 2 (update 2)", causes[0]);
        Assert.True(File.Exists(Path.Combine(_folder["diverged"], "replay.safetensors")));
    }

    [Fact]
    public void Ranks_that_begin_differently_are_refused()
    {
        var messages = VirtualRanks.Run(3, all =>
        {
            var model = LinearClassifier<float>.Create(Pixels, Classes, scale: all.Rank == 2 ? 1.0001 : 1);
            var trainer = new Trainer<LinearParameters<float>, float>(model, new Adam<LinearParameters<float>, float>(model.Parameters), Set(64), Set(8),
                Device.Cpu, Options("different", 8, 32) with { Ranks = all });
            return Assert.Throws<InvalidOperationException>(() => trainer.Run()).Message;
        });
        Assert.All(messages, message => Assert.StartsWith("Rank 2 begins with other parameters", message));
    }

    [Theory]
    [InlineData(3, 1, "There are 3 blocks; their number must be a power of 2.")]
    [InlineData(0, 1, "There are 0 blocks; their number must be a power of 2.")]
    [InlineData(2, 3, "3 ranks cannot share 2 blocks of a batch; give more blocks or fewer ranks.")]
    public void Blocks_that_cannot_be_are_refused(int blocks, int ranks, string words)
        => Assert.All(VirtualRanks.Run(ranks, all => Assert.ThrowsAny<ArgumentException>(
            () => Create(Options("never", blocks, 32) with { Ranks = all }, Set(64), Device.Cpu)).Message), message => Assert.StartsWith(words, message));

    [Fact]
    public void The_tree_adds_neighbours_by_twos()
    {
        // 1, 2⁻²⁴ and so on: another order has another sum.
        float[] leaves = [1, 5.9604645e-8f, 3, 7e-8f, -4, 1e-7f, 2e-8f, 9e-8f];
        var expected = ((leaves[0] + leaves[1]) + (leaves[2] + leaves[3])) + ((leaves[4] + leaves[5]) + (leaves[6] + leaves[7]));
        Assert.NotEqual(expected, leaves.Sum());
        for (var ranks = 1; ranks <= 8; ranks++)
        {
            var sums = VirtualRanks.Run(ranks, all =>
            {
                var (start, end) = BlockTree.Of(all.Rank, all.Size, 8);
                BlockSum<float>[] own = [.. Enumerable.Range(start, end - start).Select(i =>
                {
                    var sum = new BlockSum<float>(1, new([], 1), 1);
                    (sum.Numbers[0], sum.Gradient[0]) = (1 << i, leaves[i]);
                    return sum;
                })];
                var all8 = BlockTree.Sum(own, new BlockSum<float>(1, new([], 1), 1), 8, all);
                return (all8.Numbers[0], all8.Gradient[0]);
            });
            Assert.All(sums, sum => Assert.Equal((255.0, expected), sum));
        }
    }
}
