namespace Organics.Tests;

/// <summary>What happens to one of several ranks happens to all of them, after the same batch and in the same words.</summary>
public sealed class RankAgreementTests : IDisposable
{
    const int Pixels = 4, Classes = 3, Samples = 203, Batches = 7;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    static ImageSet Set(int count) => new(
        [.. Enumerable.Range(0, count * Pixels).Select(i => (byte)(i * i * 31 + 17 * i))], [.. Enumerable.Range(0, count).Select(i => (byte)(i * i % Classes))],
        2, 2, Classes);

    // Only the first rank knows the folder.
    TrainerOptions Options(Communicator ranks) => new()
    {
        Folder = _folder[ranks.Rank == 0 ? "run" : "others"],
        Epochs = 2,
        Batch = 32,
        Blocks = 8,
        LearningRate = 0.1,
        Seed = 5,
        Ranks = ranks,
    };

    static Trainer<LinearParameters<float>, float> Create(IModel<LinearParameters<float>, float> model, TrainerOptions options, int validation = 80,
        Action<TrainingProgress>? progress = null)
        => new(model, new Adam<LinearParameters<float>, float>(model.Parameters), Set(Samples), Set(validation), Device.Cpu, options) { OnProgress = progress };

    // Whatever became of them, the others write nothing.
    List<TResult> Run<TResult>(int ranks, Func<Communicator, TResult> work)
    {
        var results = VirtualRanks.Run(ranks, work);
        Assert.False(Directory.Exists(_folder["others"]), "Another rank than the first has written.");
        return results;
    }

    string State(string key) => SafeTensors.Read(Path.Combine(_folder["run"], "state.safetensors")).Metadata[key];

    /// <summary>The validation has six batches, three for each rank; one is told to stop in its first.</summary>
    [Fact]
    public void All_ranks_stop_where_one_is_told_to_in_validation()
    {
        Assert.Equal([(0, Batches), (0, Batches)], Run(2, all =>
        {
            using var source = new CancellationTokenSource();
            var model = new Watched(LinearClassifier<float>.Create(Pixels, Classes), () =>
            {
                if (all.Rank == 1) source.Cancel();
            });
            var trainer = Create(model, Options(all), 2600);
            Assert.ThrowsAny<OperationCanceledException>(() => trainer.Run(source.Token));
            return (trainer.EpochsDone, trainer.BatchesDone);
        }));
        Assert.Equal($"{Batches}", State("batch"));
        Assert.Empty(MetricsLog.Read(Path.Combine(_folder["run"], "metrics.jsonl")));
    }

    sealed class Watched(LinearClassifier<float> inner, Action validates) : IModel<LinearParameters<float>, float>
    {
        public LinearParameters<float> Parameters => inner.Parameters;

        public Evaluated<float> Evaluate(LinearParameters<float> p, Tensor<float> inputs, SampleBatch<float> batch)
        {
            if (p == Parameters) validates();
            return inner.Evaluate(p, inputs, batch);
        }
    }

    /// <summary>From the first update on the second moment is infinite while losses and parameters are finite: it is found when a checkpoint is due. Clocks of
    /// ranks differ, and that of the first counts: where it is slow, the end of the epoch finds it.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, Batches)]
    public void All_ranks_look_at_their_state_after_the_same_batch(int hasty, int batches)
    {
        var found = Run(3, all =>
        {
            var done = 0;
            var model = new LinearClassifier<float>(LinearClassifier<float>.Create(Pixels, Classes).Parameters) { Loss = loss => 1e30f * loss };
            var trainer = Create(model, Options(all) with { LearningRate = 1e-30, CheckpointEvery = all.Rank == hasty ? TimeSpan.Zero : TimeSpan.MaxValue },
                progress: _ => done++);
            return (Assert.Throws<DivergedException>(() => trainer.Run()).Cause, done);
        });
        Assert.Contains("'v/weight' went bad first", Assert.Single(found.Distinct()).Cause);
        Assert.Equal(batches, found[0].done);
    }

    [Fact]
    public void All_ranks_say_the_same_of_a_divergence_and_the_first_leaves_a_replay()
    {
        var messages = Run(4, all =>
        {
            // Only the samples of one block of the second batch make it.
            var seen = 0;
            var model = new LinearClassifier<float>(LinearClassifier<float>.Create(Pixels, Classes).Parameters)
            {
                Loss = loss => all.Rank == 3 && Interlocked.Increment(ref seen) == 4 ? loss / 0 : loss,
            };
            return Assert.Throws<DivergedException>(() => Create(model, Options(all)).Run()).Message;
        });
        Assert.Single(messages.Distinct());
        Assert.Contains("The loss is", messages[0]);
        Assert.Contains("batch 2 (update 2)", messages[0]);
        Assert.True(File.Exists(Path.Combine(_folder["run"], "replay.safetensors")));
    }

    /// <summary>Of blocks of two samples, with 16 in a batch: in the first batch those of samples 6, 8 and 10 go bad, in the second that of 26.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Of_blocks_that_diverge_the_first_is_told_whatever_rank_has_it(int ranks)
    {
        var set = new ArraySet(NumberArray.Of<float>("x", [32, 1], Enumerable.Range(0, 32).Select(i => (float)i).ToArray()),
            NumberArray.Of<byte>("y", [32], Enumerable.Range(0, 32).Select(i => (byte)(i % 2)).ToArray()));
        Assert.All(VirtualRanks.Run(ranks, all =>
        {
            using var gradient = new BatchGradient<LinearParameters<float>, float>(new Breaking(LinearClassifier<float>.Create(1, 2)), set, Device.Cpu,
                Options(all) with { Batch = 16 }, new([], 2), (_, batch, _) => new($"sample {batch.Inputs[0]}", ""), _ => new("none", ""));
            return string.Join(", ", Cause(0), Cause(16));

            string Cause(int start)
            {
                var error = Assert.Throws<DivergedException>(() => gradient.Of(Enumerable.Range(start, 16).ToArray(), () => (false, false)));
                gradient.Release();
                return error.Cause;
            }
        }), told => Assert.Equal("sample 6, sample 26", told));
    }

    sealed class Breaking(LinearClassifier<float> inner) : IModel<LinearParameters<float>, float>
    {
        public LinearParameters<float> Parameters => inner.Parameters;

        public Evaluated<float> Evaluate(LinearParameters<float> p, Tensor<float> inputs, SampleBatch<float> batch)
            => inner.Evaluate(p, inputs, batch) is var each && batch.Inputs[0] is 6 or 8 or 10 or 26 ? each with { Loss = each.Loss / 0 } : each;
    }

    /// <summary>Each loss is some 1e307, so that of few samples it is finite in sum, of a batch of 32 it is not.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 1)]
    [InlineData(8, 2)]
    [InlineData(8, 3)]
    public void Losses_whose_sum_overflows_are_told_by_all_ranks(int blocks, int ranks)
    {
        var messages = Run(ranks, all =>
        {
            var model = new LinearClassifier<double>(LinearClassifier<double>.Create(Pixels, Classes).Parameters) { Loss = loss => 1e307 * loss };
            var adam = new Adam<LinearParameters<double>, double>(model.Parameters);
            var options = Options(all) with { Blocks = blocks };
            var trainer = new Trainer<LinearParameters<double>, double>(model, adam, Set(Samples), Set(8), Device.Cpu, options);
            return Assert.Throws<DivergedException>(() => trainer.Run()).Message;
        });
        Assert.EndsWith(" in epoch 1, batch 1 (update 1), though that of each of its blocks is finite: times what their targets count they are beyond the range "
            + "of double; give targets smaller weights, or train anew with a lower learning rate.", Assert.Single(messages.Distinct()));
    }

    [Theory]
    [InlineData("another number of blocks")]
    [InlineData("another number of epochs")]
    [InlineData("another batch size")]
    [InlineData("another learning rate")]
    [InlineData("another schedule")]
    [InlineData("another norm to clip gradients to")]
    [InlineData("another seed")]
    [InlineData("other metrics")]
    [InlineData("training samples of another number, format or class weights")]
    [InlineData("validation samples of another number, format or class weights")]
    [InlineData("another place in the training")]
    [InlineData("other parameters or optimizer states")]
    public void Ranks_that_begin_differently_are_refused_by_name(string what)
    {
        var messages = Run(3, all =>
        {
            var (model, train, validation) = (LinearClassifier<float>.Create(Pixels, Classes), (SampleSet)Set(Samples), (SampleSet)Set(80));
            var (steps, options) = (0, Options(all));
            if (all.Rank == 2)
                switch (what)
                {
                    case "another number of blocks": options = options with { Blocks = 16 }; break;
                    case "another number of epochs": options = options with { Epochs = 3 }; break;
                    case "another batch size": options = options with { Batch = 31 }; break;
                    case "another learning rate": options = options with { LearningRate = Math.BitIncrement(0.1) }; break;
                    case "another schedule": options = options with { Schedule = new StepSchedule(1, 0.5) }; break;
                    case "another norm to clip gradients to": options = options with { ClipNorm = 1 }; break;
                    case "another seed": options = options with { Seed = 6 }; break;
                    case "other metrics": options = options with { Metrics = [Metric.MeanSquaredError] }; break;
                    case "another place in the training": steps = 1; break;
                    case "other parameters or optimizer states": model = LinearClassifier<float>.Create(Pixels, Classes, scale: 1.0001); break;
                    default:
                        if (what.StartsWith("training", StringComparison.Ordinal)) train = train.Weighted([1, 1, 2]);
                        else validation = Set(81);
                        break;
                }
            var adam = new Adam<LinearParameters<float>, float>(model.Parameters) { Steps = steps };
            return Assert.Throws<InvalidOperationException>(
                () => new Trainer<LinearParameters<float>, float>(model, adam, train, validation, Device.Cpu, options).Run()).Message;
        });
        Assert.Equal($"Rank 2 begins with {what} than rank 0; give all ranks the same model, samples, options and checkpoint.",
            Assert.Single(messages.Distinct()));
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Fact]
    public void A_rank_whose_bits_go_another_way_is_found_after_the_epoch()
    {
        var messages = Run(3, all =>
        {
            var model = LinearClassifier<float>.Create(Pixels, Classes);
            var trainer = Create(model, Options(all), progress: at =>
            {
                if (all.Rank != 1 || (at.Epoch, at.Batch) != (1, 2)) return;
                var bias = model.Parameters.Bias.ToArray();
                bias[2] = MathF.BitIncrement(bias[2]);
                model.Parameters.Bias.Assign(bias);
            });
            return Assert.Throws<InvalidOperationException>(() => trainer.Run()).Message;
        });
        Assert.StartsWith("Rank 1 has other parameters or optimizer states than rank 0 after epoch 2,", Assert.Single(messages.Distinct()));
        Assert.Equal("1", State("epoch"));
        Assert.Single(MetricsLog.Read(Path.Combine(_folder["run"], "metrics.jsonl")));
    }
}
