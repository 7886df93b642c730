using System.Globalization;
using System.Numerics;

namespace Organics.Tests;

public sealed class TrainerTests : IDisposable
{
    const int Images = 11, Pixels = 4, Classes = 3, BatchSize = 4, Batches = 3;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // The first pixel of image i is i.
    static ImageSet Set(int count) => new(
        [.. Enumerable.Range(0, count).SelectMany(i => new[] { (byte)i, (byte)(37 * i), (byte)(90 + 61 * i), (byte)(200 * (i % 2)) })],
        [.. Enumerable.Range(0, count).Select(i => (byte)(i * i % Classes))], 2, 2, Classes);

    TrainerOptions Options(string run = "run")
        => new() { Folder = _folder[run], Epochs = 3, Batch = BatchSize, LearningRate = 0.1, Seed = 5, GradientNorm = true };

    static Adam<LinearParameters<T>, T> Adam<T>(LinearClassifier<T> model) where T : unmanaged, IFloatingPointIeee754<T>
        => new(model.Parameters) { WeightDecay = 0.01, DecoupledDecay = true };

    static Trainer<LinearParameters<T>, T> Trainer<T>(IModel<LinearParameters<T>, T> model, Optimizer<LinearParameters<T>, T> optimizer, TrainerOptions options,
        Action<TrainingProgress>? progress = null, Action<EpochResult>? epoch = null) where T : unmanaged, IFloatingPointIeee754<T>
        => new(model, optimizer, Set(Images), Set(7), Device.Cpu, options) { OnProgress = progress, OnEpoch = epoch };

    byte[] Bytes(string run, string file) => File.ReadAllBytes(Path.Combine(_folder[run], file));

    /// <summary>All that was measured but the time.</summary>
    List<string> Metrics(string run) => [.. MetricsLog.Read(Path.Combine(_folder[run], Trainer<LinearParameters<double>, double>.MetricsFile))
        .Select(row => $"{row.Step} {string.Join(' ', row.Values.Where(v => v.Key != "seconds").Select(v => $"{v.Key}={v.Value:R}"))}")];

    static SafeTensors State(TrainerOptions options) => SafeTensors.Read(Path.Combine(options.Folder, Trainer<LinearParameters<double>, double>.StateFile));

    /// <summary>Cancels after a number of updates.</summary>
    static void RunFor<T>(int updates, LinearClassifier<T> model, Optimizer<LinearParameters<T>, T> optimizer, TrainerOptions options)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var source = new CancellationTokenSource();
        var trainer = Trainer(model, optimizer, options, _ =>
        {
            if (optimizer.Steps == updates) source.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => trainer.Run(source.Token));
        Assert.Equal(updates, optimizer.Steps);
    }

    [Fact]
    public void Losses_accuracies_and_parameters_are_those_of_a_plain_loop()
    {
        const double momentum = 0.9, decay = 0.05;
        var options = Options() with { Epochs = 5, Schedule = new StepSchedule(2, 0.5) };
        var model = LinearClassifier<double>.Create(Pixels, Classes);
        var (results, rates) = (new List<EpochResult>(), new List<double>());
        var sgd = new Sgd<LinearParameters<double>, double>(model.Parameters, 123) { Momentum = momentum, WeightDecay = decay };
        Trainer(model, sgd, options, _ => rates.Add(sgd.LearningRate), results.Add).Run();

        Assert.Equal(new[] { 0.1, 0.1, 0.05, 0.05, 0.025 }.SelectMany(r => Enumerable.Repeat(r, Batches)), rates, (a, b) => Math.Abs(a - b) < 1e-16);
        Assert.Equal([4, 4, 3], model.Batches.Take(Batches).Select(b => b.Length));
        var start = LinearClassifier<double>.Create(Pixels, Classes).Parameters;
        var (w, b, set) = (start.Weight.ToArray(), start.Bias.ToArray(), Set(Images));
        var (mw, mb) = (new double[w.Length], new double[b.Length]);
        for (var epoch = 0; epoch < options.Epochs; epoch++)
        {
            var (lossSum, correct) = (0.0, 0);
            foreach (var batch in model.Batches.Skip(epoch * Batches).Take(Batches))
            {
                var (gw, gb) = (new double[w.Length], new double[b.Length]);
                foreach (var image in batch)
                {
                    var x = set.Image(image).ToArray().Select(p => p / 255.0).ToArray();
                    var logits = Enumerable.Range(0, Classes).Select(c => b[c] + x.Select((v, j) => v * w[c * Pixels + j]).Sum()).ToArray();
                    var sum = logits.Sum(Math.Exp);
                    var label = set.Labels[image];
                    lossSum += Math.Log(sum) - logits[label];
                    if (Array.IndexOf(logits, logits.Max()) == label) correct++;
                    for (var c = 0; c < Classes; c++)
                    {
                        var d = (Math.Exp(logits[c]) / sum - (c == label ? 1 : 0)) / batch.Length;
                        gb[c] += d;
                        for (var j = 0; j < Pixels; j++) gw[c * Pixels + j] += d * x[j];
                    }
                }
                var rate = 0.1 * Math.Pow(0.5, epoch / 2);
                Update(w, gw, mw, rate);
                Update(b, gb, mb, rate);
            }
            // A mean over images: the last batch, of 3, counts less than those of 4.
            Assert.Equal(lossSum / Images, results[epoch].TrainLoss, 1e-13);
            Assert.Equal((double)correct / Images, results[epoch].TrainAccuracy);
        }
        Assert.Equal([.. w, .. b], model.Parameters.Values, (x, y) => Math.Abs(x - y) < 1e-13);
        var metrics = MetricsLog.Read(Path.Combine(options.Folder, "metrics.jsonl"));
        Assert.Equal([1, 2, 3, 4, 5], metrics.Select(row => row.Step));
        Assert.Equal([0.1, 0.1, 0.05, 0.05, 0.025], metrics.Select(row => row.Values["learning_rate"]), (x, y) => Math.Abs(x - y) < 1e-16);
        Assert.Equal(results.Select(r => (r.TrainLoss, r.Validation.Loss)), metrics.Select(row => (row.Values["train_loss"], row.Values["val_loss"])));

        static void Update(double[] p, double[] g, double[] m, double rate)
        {
            for (var i = 0; i < p.Length; i++)
            {
                m[i] = momentum * m[i] + g[i] + decay * p[i];
                p[i] -= rate * m[i];
            }
        }
    }

    [Fact]
    public void The_order_of_the_images_depends_on_seed_and_epoch_alone()
    {
        int[][] Orders(string run, ulong seed, int batch, double scale)
        {
            var model = LinearClassifier<float>.Create(Pixels, Classes, scale);
            Trainer(model, Adam(model), Options(run) with { Seed = seed, Batch = batch }).Run();
            return [.. model.Batches.SelectMany(b => b).Chunk(Images)];
        }

        var orders = Orders("a", 5, 4, 1);
        Assert.Equal(3, orders.Length);
        Assert.All(orders, order => Assert.Equal(Enumerable.Range(0, Images), order.Order()));
        Assert.Equal(3, orders.Select(order => string.Join(' ', order)).Distinct().Count());
        Assert.Equal(orders, Orders("b", 5, 3, 2));
        Assert.All(orders.Zip(Orders("c", 6, 4, 1)), pair => Assert.NotEqual(pair.First, pair.Second));
    }

    /// <summary>Says what it is told on the four validation images; trains towards 0 on everything else.</summary>
    sealed class Scripted(params (int Correct, double Loss)[] script) : IModel<LinearParameters<double>, double>
    {
        int _epoch;

        public LinearParameters<double> Parameters { get; } = LinearClassifier<double>.Create(Pixels, Classes).Parameters;

        public Evaluated<double> Evaluate(LinearParameters<double> p, Tensor<double> images, SampleBatch<double> batch)
        {
            var labels = batch.Classes;
            var validation = p == Parameters;
            var (correct, loss) = validation ? script[_epoch++] : default;
            var logits = new double[labels.Length * Classes];
            for (var i = 0; i < labels.Length; i++) logits[i * Classes + (i < correct ? labels[i] : (labels[i] + 1) % Classes)] = 1;
            return new(
                validation ? Tensor.Scalar(loss) : p.Weight.Square().Sum() + p.Bias.Square().Sum(), Tensor.From<double>(logits, [labels.Length, Classes]));
        }
    }

    [Fact]
    public void The_best_epoch_has_the_highest_accuracy_then_the_lowest_loss_then_came_first()
    {
        var model = new Scripted((1, 9), (2, 5), (2, 4), (2, 4), (1, 0.1), (2, 4.5), (3, 80), (3, 80));
        bool[] best = [true, true, true, false, false, false, true, false];
        var (results, snapshots) = (new List<EpochResult>(), new List<double[]>());
        var options = Options() with { Epochs = best.Length };
        var trainer = Trainer(model, new Sgd<LinearParameters<double>, double>(model.Parameters, 1), options, null, r =>
        {
            results.Add(r);
            snapshots.Add(model.Parameters.Values);
            var saved = LinearClassifier<double>.Create(Pixels, Classes).Parameters;
            Checkpoint.Unpack<LinearParameters<double>, double>(saved, SafeTensors.Read(Path.Combine(options.Folder, "model.safetensors")));
            Assert.Equal(snapshots[results.FindLastIndex(e => e.IsBest)], saved.Values);
        });
        trainer.Run();
        Assert.Equal(best, results.Select(r => r.IsBest));
        Assert.Equal((6, 3 / 7.0), (trainer.BestEpoch, trainer.BestScore));
        Assert.Equal("80", State(options).Metadata["best_loss"]);
    }

    [Fact]
    public void The_best_epoch_stays_the_best_over_a_resume()
    {
        Trainer<LinearParameters<double>, double> Run(int epochs, bool resume, params (int, double)[] script)
        {
            var model = new Scripted(script);
            var trainer = Trainer(model, new Sgd<LinearParameters<double>, double>(model.Parameters, 1), Options() with { Epochs = epochs });
            if (resume) trainer.Resume();
            trainer.Run();
            return trainer;
        }

        Run(1, resume: false, (2, 4));
        var second = Run(2, resume: true, (2, 5));
        Assert.Equal((0, 2 / 7.0), (second.BestEpoch, second.BestScore));
        Assert.Equal(0, Run(3, resume: true, (1, 1)).BestEpoch);
        Assert.Equal(3, Run(4, resume: true, (2, 3)).BestEpoch);
    }

    [Fact]
    public void A_double_training_resumed_after_any_update_ends_bit_for_bit_as_one_left_alone() => ResumesExactly<double>();

    [Fact]
    public void A_float_training_resumed_after_any_update_ends_bit_for_bit_as_one_left_alone() => ResumesExactly<float>();

    void ResumesExactly<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        var schedule = new CosineSchedule(4);
        var whole = LinearClassifier<T>.Create(Pixels, Classes);
        var alone = Trainer(whole, Adam(whole), Options("alone") with { Schedule = schedule });
        alone.Run();
        for (var updates = 1; updates < 3 * Batches; updates++)
        {
            var run = $"stopped-{updates}";
            var options = Options(run) with { Schedule = schedule };
            var first = LinearClassifier<T>.Create(Pixels, Classes);
            var before = Adam(first);
            RunFor(updates, first, before, options);
            // What a run leaves that dies between the line of an epoch and its checkpoint.
            File.AppendAllText(Path.Combine(options.Folder, "metrics.jsonl"), $"{{\"step\":{(updates - 1) / Batches + 1},\"train_loss\":1}}\n");

            var second = LinearClassifier<T>.Create(Pixels, Classes, scale: 3);
            var after = Adam(second);
            var trainer = Trainer(second, after, options);
            trainer.Resume();
            Assert.Equal(((updates - 1) / Batches, (updates - 1) % Batches + 1), (trainer.EpochsDone, trainer.BatchesDone));
            Assert.Equal(first.Parameters.Values, second.Parameters.Values);
            Assert.Equal(["m", "v"], after.States.Select(s => s.Key));
            Assert.All(before.States.Zip(after.States), s => Assert.Equal(s.First.Value.Values, s.Second.Value.Values));
            Assert.Contains(after.States[1].Value.Values, v => v > T.Zero);
            Assert.Equal(updates, after.Steps);

            trainer.Run();
            Assert.Equal((3, 0, 9L), (trainer.EpochsDone, trainer.BatchesDone, after.Steps));
            Assert.Equal((alone.BestEpoch, alone.BestScore, alone.TrainLoss), (trainer.BestEpoch, trainer.BestScore, trainer.TrainLoss));
            foreach (var file in (string[])["state.safetensors", "model.safetensors"]) Assert.Equal(Bytes("alone", file), Bytes(run, file));
            Assert.Equal(Metrics("alone"), Metrics(run));
        }
    }

    [Fact]
    public void The_norm_of_the_gradient_is_that_over_all_parameters()
    {
        var (model, same) = (LinearClassifier<double>.Create(Pixels, Classes), LinearClassifier<double>.Create(Pixels, Classes));
        var shown = double.NaN;
        Trainer(model, Adam(model), Options() with { Epochs = 1, Batch = Images }, p => shown = p.GradientNorm).Run();
        using var tape = new Tape<double>(Device.Cpu);
        var batch = Set(Images).Batches<double>(Images).Single();
        var loss = same.Evaluate(tape.Watch(same.Parameters), tape.Constant(batch.Inputs, [Images, Pixels]), batch).Loss;
        var gradients = tape.Backward(loss);
        Assert.Equal(Math.Sqrt(same.Parameters.List().SelectMany(p => gradients[p.Value].ToArray()).Sum(g => g * g)), shown, 1e-12);
    }

    [Fact]
    public void Cancellation_writes_where_the_training_stands()
    {
        var options = Options();
        var model = LinearClassifier<double>.Create(Pixels, Classes);
        TrainingProgress? last = null;
        using var source = new CancellationTokenSource();
        var trainer = Trainer(model, Adam(model), options, p =>
        {
            last = p;
            if (p is { Epoch: 1, Batch: 2 }) source.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => trainer.Run(source.Token));
        var file = State(options);
        Assert.Equal(("organics-state-2", "5", "5", "4", "11", "1", "2"), (file.Metadata["format"], file.Metadata["steps"], file.Metadata["seed"],
            file.Metadata["batch_size"], file.Metadata["samples"], file.Metadata["epoch"], file.Metadata["batch"]));
        Assert.Equal(last!.Loss * 8, double.Parse(file.Metadata["loss_sum"], CultureInfo.InvariantCulture), 1e-14);
        Assert.Equal($"{last.Metrics["accuracy"] * 8} 8", file.Metadata["metric_sums"]);
        Assert.Equal(["m/bias", "m/weight", "parameters/bias", "parameters/weight", "v/bias", "v/weight"],
            file.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.Equal(model.Parameters.Weight.ToArray(), file["parameters/weight"].ToArray<double>());
    }

    [Fact]
    public void A_validation_is_cancelled_between_two_of_its_batches_and_going_on_changes_nothing()
    {
        // A validation of two batches.
        Trainer<LinearParameters<double>, double> Begin(LinearClassifier<double> model, string run) =>
            new(model, Adam(model), Set(Images), Set(600), Device.Cpu, Options(run) with { Epochs = 2 });
        Begin(LinearClassifier<double>.Create(Pixels, Classes), "left-alone").Run();

        using var source = new CancellationTokenSource();
        var calls = 0;
        var stopped = new LinearClassifier<double>(LinearClassifier<double>.Create(Pixels, Classes).Parameters)
        {
            Loss = loss =>
            {
                if (++calls == Batches + 1) source.Cancel();
                return loss;
            },
        };
        Assert.Throws<OperationCanceledException>(() => Begin(stopped, "stopped").Run(source.Token));
        Assert.Equal(Batches + 1, calls);
        var resumed = Begin(LinearClassifier<double>.Create(Pixels, Classes), "stopped");
        resumed.Resume();
        Assert.Equal((0, Batches), (resumed.EpochsDone, resumed.BatchesDone));
        resumed.Run();
        Assert.Equal(Bytes("left-alone", "state.safetensors"), Bytes("stopped", "state.safetensors"));
        Assert.Equal(Metrics("left-alone"), Metrics("stopped"));
    }

    [Fact]
    public void A_checkpoint_within_an_epoch_comes_when_its_time_is_over()
    {
        var options = Options() with { Epochs = 1, CheckpointEvery = TimeSpan.Zero };
        var model = LinearClassifier<double>.Create(Pixels, Classes);
        var seen = new List<string>();
        Trainer(model, Adam(model), options, p => seen.Add(p.Batch == 1 ? "" : State(options).Metadata["batch"])).Run();
        Assert.Equal(["", "1", "2"], seen);
    }

    [Fact]
    public void A_bad_parameter_is_named()
    {
        var model = LinearClassifier<float>.Create(Pixels, Classes);
        model.Parameters.Bias.Assign([0, float.NaN, 0]);
        var message = Diverges(model, Options());
        Assert.Contains("parameter 'bias' went bad first", message);
        Assert.Contains("epoch 1, batch 1 (update 1)", message);
    }

    [Fact]
    public void A_bad_op_is_named()
    {
        var model = new LinearClassifier<float>(LinearClassifier<float>.Create(Pixels, Classes).Parameters) { Loss = loss => (-loss).Log() };
        var message = Diverges(model, Options());
        Assert.Contains("Log", message);
        Assert.Contains("all parameters are finite", message);
        Assert.False(File.Exists(Path.Combine(Options().Folder, "state.safetensors")));
    }

    [Theory]
    [InlineData(1e39, 1, "'parameters/weight' went bad first")]
    [InlineData(1e-30, 1e30f, "'v/weight' went bad first and holds Infinity")]
    public void A_state_that_cannot_go_on_does_not_replace_one_that_can(double rate, float scale, string words)
    {
        var options = Options();
        var good = LinearClassifier<float>.Create(Pixels, Classes);
        RunFor(1, good, Adam(good), options);
        var before = Bytes("run", "state.safetensors");

        // A gradient of 1e30 has no square in float: the second moment is infinite while the parameters stay finite.
        var model = new LinearClassifier<float>(LinearClassifier<float>.Create(Pixels, Classes).Parameters) { Loss = loss => scale * loss };
        using var source = new CancellationTokenSource();
        var trainer = Trainer(model, Adam(model), options with { LearningRate = rate }, _ => source.Cancel());
        Assert.Contains(words, Assert.Throws<DivergedException>(() => trainer.Run(source.Token)).Message);
        Assert.Equal(before, Bytes("run", "state.safetensors"));
    }

    /// <summary>Where a training of 3 updates an epoch goes bad.</summary>
    public enum Break
    {
        /// <summary>In the loss of update 98.</summary>
        Loss,

        /// <summary>In the validation after update 99.</summary>
        Validation,

        /// <summary>In the optimizer's state after update 99, while every loss is finite.</summary>
        Checkpoint,
    }

    static (LinearClassifier<float> Model, Adam<LinearParameters<float>, float> Optimizer) Breaking(Break at)
    {
        Adam<LinearParameters<float>, float>? adam = null;
        var model = new LinearClassifier<float>(LinearClassifier<float>.Create(Pixels, Classes).Parameters)
        {
            Loss = loss => (at, adam!.Steps) switch
            {
                (Break.Loss, 97) or (Break.Validation, 99) => (-loss).Log(),
                (Break.Checkpoint, 98) => 1e30f * loss,
                _ => loss,
            },
        };
        adam = Adam(model);
        return (model, adam);
    }

    [Theory]
    [InlineData(Break.Loss, "epoch 33, batch 2 (update 98)")]
    [InlineData(Break.Validation, "The validation loss is NaN after epoch 33 (update 99)")]
    [InlineData(Break.Checkpoint, "'v/weight' went bad first and holds Infinity after update 99")]
    public void A_divergence_happens_again_from_the_older_of_two_snapshots(Break at, string words)
    {
        var more = new Dictionary<string, string> { ["more"] = "text" };
        var options = Options() with { Epochs = 40, CheckpointEvery = TimeSpan.MaxValue, ReplayMetadata = more };
        var (model, adam) = Breaking(at);
        var states = new List<float[][]>();
        float[][] Now() => [model.Parameters.Values, .. adam.States.Select(s => s.Value.Values)];
        states.Add(Now());
        var first = Assert.Throws<DivergedException>(() => Trainer(model, adam, options, _ => states.Add(Now())).Run());
        Assert.Contains(words, first.Cause);

        // Snapshots are taken before updates 1, 26, 51 and 76: the last is the newer one, and 51 lies where 1 was.
        var path = Path.Combine(options.Folder, "replay.safetensors");
        var file = SafeTensors.Read(path);
        Assert.Equal(("50", "16", "2", "text", first.Cause),
            (file.Metadata["steps"], file.Metadata["epoch"], file.Metadata["batch"], file.Metadata["more"], file.Metadata["diverged"]));
        string[] kinds = ["parameters", "m", "v"];
        Assert.Equal(states[50], kinds.Select(kind => (float[])[.. file[$"{kind}/weight"].ToArray<float>(), .. file[$"{kind}/bias"].ToArray<float>()]));
        // No training image is to blame for what was found in validation.
        Assert.Equal(at == Break.Validation ? "" : string.Join(' ', model.Batches[^1]), file.Metadata["bad_batch"]);

        var (again, optimizer) = Breaking(at);
        var trainer = Trainer(again, optimizer, options with { Folder = _folder["again"] });
        trainer.Replay(path);
        var second = Assert.Throws<DivergedException>(() => trainer.Run());
        Assert.Equal(first.Cause, second.Cause);
        Assert.Equal(model.Batches.Skip(50), again.Batches);
        Assert.Equal(Now(), (float[][])[again.Parameters.Values, .. optimizer.States.Select(s => s.Value.Values)]);
        // The same trainer with another state knows nothing of where it was.
        var other = file.Tensors.Where(t => t.Name != "m/bias").Append(SafeTensor.From<float>("m/bias", [Classes], [3, 4, 5]));
        SafeTensors.Write(path, other, file.Metadata);
        trainer.Replay(path);
        Assert.Throws<DivergedException>(() => trainer.Run());
        var repeated = SafeTensors.Read(Path.Combine(_folder["again"], "replay.safetensors"));
        Assert.Equal("50", repeated.Metadata["steps"]);
        Assert.Equal([3f, 4f, 5f], repeated["m/bias"].ToArray<float>());
    }

    [Theory]
    [InlineData(Break.Loss)]
    [InlineData(Break.Checkpoint)]
    public void A_replay_that_cannot_be_written_does_not_hide_the_divergence(Break at)
    {
        var options = Options() with { Epochs = 40, CheckpointEvery = TimeSpan.MaxValue };
        // No file can take the place of a folder.
        Directory.CreateDirectory(Path.Combine(options.Folder, "replay.safetensors", "in the way"));
        var (model, adam) = Breaking(at);
        Assert.Contains("update 9", Assert.Throws<DivergedException>(() => Trainer(model, adam, options).Run()).Cause);
    }

    static string Diverges(LinearClassifier<float> model, TrainerOptions options)
        => Assert.Throws<DivergedException>(() => Trainer(model, Adam(model), options).Run()).Message;

    /// <summary>A state after 5 updates, in epoch 1 with 2 of 3 batches done, changed and given to another training.</summary>
    void IsRefused(string words, Func<SafeTensors, (IEnumerable<SafeTensor> Tensors, Dictionary<string, string> Metadata)> change)
    {
        var options = Options();
        var first = LinearClassifier<double>.Create(Pixels, Classes);
        RunFor(5, first, Adam(first), options);
        var (tensors, metadata) = change(State(options));
        SafeTensors.Write(Path.Combine(options.Folder, "state.safetensors"), tensors, metadata);
        var log = Bytes("run", "metrics.jsonl");

        var model = LinearClassifier<double>.Create(Pixels, Classes, scale: 2);
        var adam = Adam(model);
        adam.Steps = 77;
        adam.States[1].Value.Bias.Assign([1, 2, 3]);
        double[][] Now() => [model.Parameters.Values, .. adam.States.Select(s => s.Value.Values)];
        var before = Now();
        var trainer = Trainer(model, adam, options);
        Assert.Contains(words, Assert.Throws<CheckpointException>(trainer.Resume).Message);
        Assert.Equal(before, Now());
        Assert.Equal((77, 0, 0, -1, double.NaN), (adam.Steps, trainer.EpochsDone, trainer.BatchesDone, trainer.BestEpoch, trainer.TrainLoss));
        Assert.Equal(log, Bytes("run", "metrics.jsonl"));
    }

    [Theory]
    [InlineData("format", "organics-state-3")]
    [InlineData("format", "")]
    [InlineData("epoch", "-1")]
    [InlineData("epoch", "1.5")]
    [InlineData("epoch", "1e0")]
    [InlineData("epoch", "NaN")]
    [InlineData("epoch", "2147483648")]
    [InlineData("batch", "-1")]
    [InlineData("batch", "4")]
    [InlineData("batch", "1.5")]
    [InlineData("steps", "-1")]
    [InlineData("steps", "0.5")]
    [InlineData("steps", "1,000")]
    [InlineData("steps", "99999999999999999999")]
    [InlineData("metric_sums", "1")]
    [InlineData("metric_sums", "1 2 3")]
    [InlineData("metric_sums", "1 NaN")]
    [InlineData("metric_sums", "1 x")]
    [InlineData("best_epoch", "-1")]
    [InlineData("best_epoch", "1")]
    [InlineData("loss_sum", "NaN")]
    [InlineData("loss_sum", "Infinity")]
    [InlineData("loss_sum", "1,5")]
    [InlineData("loss_weight", "-1")]
    [InlineData("loss_weight", "NaN")]
    [InlineData("train_loss", "NaN")]
    [InlineData("best_score", "Infinity")]
    [InlineData("best_score", "")]
    [InlineData("best_loss", "NaN")]
    [InlineData("best_loss", "-Infinity")]
    public void A_header_out_of_range_is_refused_and_nothing_is_changed(string key, string value)
        => IsRefused(key, file => (file.Tensors, new(file.Metadata) { [key] = value }));

    /// <summary>What earlier versions wrote of images in classes.</summary>
    [Fact]
    public void A_state_of_the_former_format_goes_on_to_the_same_bits()
    {
        var alone = LinearClassifier<double>.Create(Pixels, Classes);
        Trainer(alone, Adam(alone), Options("alone")).Run();
        var options = Options("former");
        var first = LinearClassifier<double>.Create(Pixels, Classes);
        RunFor(5, first, Adam(first), options);
        var file = State(options);
        var former = new Dictionary<string, string>(file.Metadata)
        {
            ["format"] = "organics-state-1",
            ["images"] = file.Metadata["samples"],
            ["correct"] = file.Metadata["metric_sums"].Split(' ')[0],
            ["best_accuracy"] = file.Metadata["best_score"],
        };
        foreach (var key in (string[])["samples", "metric_sums", "best_score", "loss_weight"]) former.Remove(key);
        SafeTensors.Write(Path.Combine(options.Folder, "state.safetensors"), file.Tensors, former);
        var second = LinearClassifier<double>.Create(Pixels, Classes);
        var trainer = Trainer(second, Adam(second), options);
        trainer.Resume();
        trainer.Run();
        Assert.Equal(Bytes("alone", "state.safetensors"), Bytes("former", "state.safetensors"));
        Assert.Equal(Metrics("alone"), Metrics("former"));
        foreach (var (key, value) in ((string, string)[])[("correct", "-1"), ("correct", "9"), ("correct", "2.5"), ("best_accuracy", "NaN")])
            Assert.Throws<CheckpointException>(() => trainer.Restore(new Func<SafeTensors>(() =>
            {
                SafeTensors.Write(_folder["bad"], file.Tensors, new Dictionary<string, string>(former) { [key] = value });
                return SafeTensors.Read(_folder["bad"]);
            })(), "bad", _ => { }));
    }

    // Samples by what they count.
    static ArraySet Masked(params double[] mask)
        => new(NumberArray.Of<double>("x", [mask.Length, Pixels], Enumerable.Range(0, mask.Length * Pixels).Select(i => Math.Sin(i)).ToArray()),
            NumberArray.Of<int>("y", [mask.Length], Enumerable.Range(0, mask.Length).Select(i => i * i % Classes).ToArray()),
            NumberArray.Of<double>("mask", [mask.Length], mask),
            format: new(1, Pixels, TargetKind.Class, PerStep: false, Classes));

    /// <summary>The loss of an epoch is Σwℓ/Σw over the set, whatever the batch, and has the same bits where the training was stopped in between.</summary>
    [Fact]
    public void The_loss_of_weighted_samples_is_that_of_the_set_and_goes_on_to_the_same_bits()
    {
        var (train, validation) = (Masked(0, 0, 3, 0, 0.5, 0, 0, 1, 0, 0, 2), Masked(0, 1, 0, 4));
        Trainer<LinearParameters<double>, double> Of(
            TrainerOptions options, List<double> losses, Action<TrainingProgress>? progress = null, bool resume = false)
        {
            var model = LinearClassifier<double>.Create(Pixels, Classes);
            var trainer = new Trainer<LinearParameters<double>, double>(model, Adam(model), train, validation, Device.Cpu, options)
            {
                OnProgress = progress,
                OnEpoch = epoch => losses.AddRange(epoch.TrainLoss, epoch.Validation.Loss),
            };
            if (resume) trainer.Resume();
            return trainer;
        }
        var still = new List<double>();
        foreach (var batch in (int[])[1, 2, 4, 11]) Of(Options($"still-{batch}") with { Epochs = 1, Batch = batch, LearningRate = 1e-300 }, still).Run();
        var expected = Evaluation.Of(LinearClassifier<double>.Create(Pixels, Classes), train, Device.Cpu).Loss;
        foreach (var loss in still.Where((_, i) => i % 2 == 0)) Assert.Equal(expected, loss, 1e-14);

        var (alone, parts) = (new List<double>(), new List<double>());
        Of(Options("alone"), alone).Run();
        for (var stop = 1; stop <= 8; stop++)
        {
            using var source = new CancellationTokenSource();
            var (options, updates) = (Options($"parts-{stop}"), 0);
            parts.Clear();
            Assert.Throws<OperationCanceledException>(() => Of(options, parts, _ =>
            {
                if (++updates == stop) source.Cancel();
            }).Run(source.Token));
            Of(options, parts, resume: true).Run();
            Assert.Equal(alone, parts);
            Assert.Equal(Bytes("alone", "state.safetensors"), Bytes($"parts-{stop}", "state.safetensors"));
        }
    }

    [Fact]
    public void Samples_of_which_nothing_counts_are_refused_before_anything_is_written()
    {
        var (some, none) = (Masked(1, 0, 1), Masked(1, 0, 1).Select([1, 1]));
        var model = LinearClassifier<double>.Create(Pixels, Classes);
        foreach (var (train, validation, part) in ((SampleSet, SampleSet, string)[])
            [(some, none, "validation"), (none, some, "training"), (some, Masked(1).Weighted([0, 1, 1]), "validation")])
            Assert.Contains($"The samples for {part} have no target that counts", Assert.Throws<ArgumentException>(
                () => new Trainer<LinearParameters<double>, double>(model, Adam(model), train, validation, Device.Cpu, Options())).Message);
        Assert.False(Directory.Exists(_folder["run"]));
    }

    /// <summary>A gradient longer than the bound is shortened to it, all of it by one factor; a shorter one is left alone.</summary>
    [Fact]
    public void Clipping_shortens_the_whole_gradient_to_its_bound()
    {
        LinearParameters<double> After(double? clip)
        {
            var model = LinearClassifier<double>.Create(Pixels, Classes);
            Trainer(model, new Sgd<LinearParameters<double>, double>(model.Parameters, 1),
                Options($"clip-{clip}") with { Epochs = 1, Batch = Images, LearningRate = 1, ClipNorm = clip }).Run();
            return model.Parameters;
        }
        var start = LinearClassifier<double>.Create(Pixels, Classes).Parameters.Values;
        double[] Moved(double? clip) => [.. start.Zip(After(clip).Values, (from, to) => from - to)];
        var whole = Moved(null);
        var norm = Math.Sqrt(whole.Sum(g => g * g));
        var clipped = Moved(norm / 3);
        for (var i = 0; i < whole.Length; i++) Assert.Equal(whole[i] / 3, clipped[i], 1e-14);
        Assert.Equal(whole, Moved(2 * norm));
        var fresh = LinearClassifier<double>.Create(Pixels, Classes);
        Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(fresh, Adam(fresh), Options() with { ClipNorm = 0 }));
    }

    [Theory]
    [InlineData("seed", "6")]
    [InlineData("samples", "12")]
    [InlineData("samples", "11.0")]
    [InlineData("batch_size", "5")]
    public void The_state_of_another_run_is_refused_and_nothing_is_changed(string key, string value)
        => IsRefused("belongs to another run", file => (file.Tensors, new(file.Metadata) { [key] = value }));

    [Theory]
    [InlineData("format")]
    [InlineData("steps")]
    [InlineData("loss_sum")]
    [InlineData("best_loss")]
    public void A_header_that_lacks_something_is_refused_and_nothing_is_changed(string key)
        => IsRefused($"lacks '{key}'", file => (file.Tensors, new(file.Metadata.Where(m => m.Key != key))));

    [Theory]
    [InlineData("w/weight")]
    [InlineData("parameters/other")]
    [InlineData("weight")]
    public void A_tensor_that_belongs_to_nothing_is_refused_by_name_and_nothing_is_changed(string name)
        => IsRefused($"'{name}'", file => (file.Tensors.Append(SafeTensor.From<double>(name, [1], [1])), new(file.Metadata)));

    // The bias of v is the last to be read.
    [Fact]
    public void An_optimizer_state_that_does_not_fit_is_refused_and_not_even_the_parameters_are_changed()
    {
        void Replaced(string words, params SafeTensor[] by)
            => IsRefused(words, file => (file.Tensors.Where(t => t.Name != "v/bias").Concat(by), new(file.Metadata)));
        Replaced("no tensor 'v/bias'");
        Replaced("'v/bias' is [4]", SafeTensor.From<double>("v/bias", [4], [1, 2, 3, 4]));
        Replaced("'v/bias' is F32", SafeTensor.From<float>("v/bias", [3], [1, 2, 3]));
        Replaced("'v/bias' holds NaN", SafeTensor.From<double>("v/bias", [3], [1, 2, double.NaN]));
    }

    [Fact]
    public void A_missing_line_of_metrics_is_refused_and_nothing_is_changed()
        => IsRefused("lines of 1 epochs", file => (file.Tensors, new(file.Metadata) { ["epoch"] = "2" }));

    [Fact]
    public void Only_the_optimizer_that_wrote_a_state_can_take_it_up()
    {
        var model = LinearClassifier<double>.Create(Pixels, Classes);
        RunFor(2, model, Adam(model), Options());
        var trainer = Trainer(model, new Sgd<LinearParameters<double>, double>(model.Parameters, 1), Options());
        Assert.Contains("'v/", Assert.Throws<CheckpointException>(trainer.Resume).Message);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void No_images_a_batch_and_no_epochs_are_refused(int batch, int epochs)
    {
        var model = LinearClassifier<double>.Create(Pixels, Classes);
        Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(model, Adam(model), Options() with { Batch = batch, Epochs = epochs }));
    }
}
