using System.Globalization;
using System.Numerics;

namespace Organics.Tests;

public sealed class TrainingStateTests : LinearTraining
{
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

    /// <summary>Images are counted once for each epoch, training and validation apart, also where an epoch is stopped in between.</summary>
    [Fact]
    public void Samples_that_do_not_settle_are_counted_once_over_a_resume()
    {
        // Of 11 training images these are 4, of 7 validation images 3.
        static bool Unsettled(int image) => image % 3 == 0;
        LinearClassifier<double> New() => new(LinearClassifier<double>.Create(Pixels, Classes).Parameters) { IsUnsettled = Unsettled };
        foreach (var updates in (int[])[1, 2, 4, 8])
        {
            var options = Options($"stopped-{updates}");
            var first = New();
            RunFor(updates, first, Adam(first), options);
            var second = New();
            var counts = new List<(long?, long?)>();
            var trainer = Trainer(second, Adam(second), options, epoch: epoch => counts.Add((epoch.NotConverged, epoch.Validation.NotConverged)));
            trainer.Resume();
            trainer.Run();
            Assert.All(counts, count => Assert.Equal((4, 3), count));
            var rows = MetricsLog.Read(Path.Combine(options.Folder, "metrics.jsonl"));
            Assert.Equal(3, rows.Count);
            Assert.All(rows, row => Assert.Equal((4.0, 3.0), (row.Values["not_converged"], row.Values["val_not_converged"])));
        }
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("0.5")]
    [InlineData("")]
    public void A_count_of_samples_that_is_none_is_refused(string count)
        => IsRefused("not_converged", file => (file.Tensors, new(file.Metadata) { ["not_converged"] = count }));

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
                SafeTensors.Write(Folder["bad"], file.Tensors, new Dictionary<string, string>(former) { [key] = value });
                return SafeTensors.Read(Folder["bad"]);
            })(), "bad", _ => { }));
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
}
