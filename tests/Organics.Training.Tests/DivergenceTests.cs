namespace Organics.Tests;

public sealed class DivergenceTests : LinearTraining
{
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
        var trainer = Trainer(again, optimizer, options with { Folder = Folder["again"] });
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
        var repeated = SafeTensors.Read(Path.Combine(Folder["again"], "replay.safetensors"));
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
}
