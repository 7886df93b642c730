namespace Organics.Tests;

public sealed class TrainerTests : LinearTraining
{
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
        Assert.False(Directory.Exists(Folder["run"]));
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
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void No_images_a_batch_and_no_epochs_are_refused(int batch, int epochs)
    {
        var model = LinearClassifier<double>.Create(Pixels, Classes);
        Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(model, Adam(model), Options() with { Batch = batch, Epochs = epochs }));
    }
}
