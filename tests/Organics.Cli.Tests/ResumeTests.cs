namespace Organics.Tests;

public sealed class ResumeTests : IDisposable
{
    // The state goes to disk a hundred times a second, so that a kill hits every stage of writing it.
    static readonly string[] Often = ["--checkpoint-seconds", "0.01"];

    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void A_training_killed_at_random_moments_ends_with_the_same_bytes_as_one_left_alone()
    {
        string[] options = ["--epochs", "40", .. Often];
        Assert.Equal(0, _cli.Train("left-alone", options).Code);

        var random = new CounterRandom(2024);
        var kills = 0;
        var running = _cli.Start(_cli.Training("killed", options));
        for (ulong i = 0; i < 8; i++)
        {
            if (!Checkpoints(running, "killed", random.Below(2 * i, 12))) break;
            Thread.Sleep(random.Below(2 * i + 1, 25));
            running.Kill();
            if (running.Wait().Code != 0) kills++;
            // A record is written before anything else; a process killed before that has begun nothing.
            running = _cli.Start("train", "static", "--resume", "killed");
        }
        Assert.Equal(0, running.Wait().Code);
        Assert.True(kills >= 4, $"Only {kills} kills came in time.");
        SameBytes("left-alone", "killed");
        Assert.Empty(Directory.GetFiles(_cli.PathOf("killed"), "*.tmp", new EnumerationOptions { AttributesToSkip = 0 }));
        Assert.Equal(40, MetricsLog.Read(_cli.PathOf("killed", "metrics.jsonl")).Count);
    }

    [Fact]
    public void Ctrl_C_writes_a_checkpoint_says_how_to_go_on_and_going_on_changes_nothing()
    {
        string[] options = ["--epochs", "30"];
        Assert.Equal(0, _cli.Train("left-alone", options).Code);

        var running = _cli.Start(_cli.Training("stopped", options));
        running.WaitForError("epoch 2/30");
        running.Interrupt();
        var stopped = running.Wait();
        Assert.Equal((130, ""), (stopped.Code, stopped.Out));
        Assert.Contains($"organics train static --resume {_cli.PathOf("stopped")}", stopped.Error);
        Assert.NotEqual(_cli.Bytes("left-alone", "state.safetensors"), _cli.Bytes("stopped", "state.safetensors"));

        Assert.Equal(0, _cli.Run("train", "static", "--resume", "stopped", "--threads", "1").Code);
        SameBytes("left-alone", "stopped");
    }

    [Fact]
    public void A_second_Ctrl_C_does_not_wait_for_the_batch()
    {
        // Scalar loops over all images at once take many seconds.
        var running = _cli.Start("train", "static", "--device", "reference", "--hidden", "200", "--batch", "4500", "--out", _cli.PathOf("slow"));
        running.WaitForError("Training");
        running.Interrupt();
        Thread.Sleep(200);
        Assert.False(running.HasExited);
        running.Interrupt();
        var stopped = running.Wait();
        Assert.Equal((130, ""), (stopped.Code, stopped.Out));
        Assert.DoesNotContain("--resume", stopped.Error);
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        Assert.Equal(0, _cli.Train("one", "--threads", "1", "--epochs", "2").Code);
        Assert.Equal(0, _cli.Train("three", "--threads", "3", "--epochs", "2").Code);
        SameBytes("one", "three");
        Assert.Equal(_cli.Bytes("one", "spectrum.svg"), _cli.Bytes("three", "spectrum.svg"));
    }

    [Fact]
    public void A_finished_run_goes_on_for_more_epochs_as_if_it_had_been_longer()
    {
        string[] steady = ["--schedule", "constant", "--recurrence", "identity"];
        Assert.Equal(0, _cli.Train("long", [.. steady, "--epochs", "3"]).Code);
        Assert.Equal(0, _cli.Train("extended", [.. steady, "--epochs", "1"]).Code);
        Assert.Equal(0, _cli.Run("train", "static", "--resume", "extended", "--epochs", "3").Code);
        SameBytes("long", "extended");
    }

    [Fact]
    public void A_run_does_not_go_on_with_other_images()
    {
        Assert.Equal(0, _cli.Train("run").Code);
        var before = _cli.Bytes("run", "state.safetensors");
        _cli.WriteDigits("digits", seed: 9);
        var outcome = _cli.Run("train", "static", "--resume", "run", "--epochs", "2");
        Assert.Equal((1, ""), (outcome.Code, outcome.Out));
        Assert.Contains("SHA-256", outcome.Error);
        Assert.Equal(before, _cli.Bytes("run", "state.safetensors"));
    }

    [Fact]
    public void Two_trainings_do_not_share_a_folder()
    {
        // Scalar loops over all images at once take many seconds.
        var running = _cli.Start("train", "static", "--device", "reference", "--hidden", "200", "--batch", "4500", "--out", _cli.PathOf("slow"));
        running.WaitForError("Training");
        var second = _cli.Train("slow");
        Assert.Equal((2, ""), (second.Code, second.Out));
        Assert.Contains("Another training runs in", second.Error);
        running.Kill();
        running.Wait();
        // The lock of a process that was killed holds nobody up.
        Assert.Equal(0, _cli.Train("slow").Code);
        Assert.False(File.Exists(_cli.PathOf("slow", ".lock")));
    }

    [Fact]
    public void A_run_whose_images_were_moved_goes_on_with_their_new_place()
    {
        Assert.Equal(0, _cli.Run("train", "static", "--data", "digits", "--epochs", "1", "--batch", "16", "--hidden", "6", "--out", "run").Code);
        Directory.Move(_cli.PathOf("digits"), _cli.PathOf("moved"));
        Assert.Equal(2, _cli.Run("train", "static", "--resume", "run", "--epochs", "2").Code);
        Assert.Equal(0, _cli.Run("train", "static", "--resume", "run", "--epochs", "2", "--data", "moved").Code);
        File.Delete(_cli.PathOf("run", "model.safetensors"));
        Assert.Contains("is missing, though epochs of the run are done", _cli.Run("eval", "run").Error);
    }

    [Fact]
    public void A_resume_that_is_refused_changes_nothing()
    {
        Assert.Equal(0, _cli.Train("run").Code);
        var record = _cli.Bytes("run", "run.json");
        foreach (var (file, content, words) in new (string, byte[]?, string)[] { ("state.safetensors", [1, 2, 3], "state.safetensors"), ("metrics.jsonl", null, "metrics.jsonl' has the lines of 0 epochs") })
        {
            var whole = _cli.Bytes("run", file);
            if (content is null) File.Delete(_cli.PathOf("run", file));
            else File.WriteAllBytes(_cli.PathOf("run", file), content);
            var outcome = _cli.Run("train", "static", "--resume", "run", "--epochs", "2");
            Assert.Equal((1, ""), (outcome.Code, outcome.Out));
            Assert.Contains(words, outcome.Error);
            Assert.Equal(record, _cli.Bytes("run", "run.json"));
            File.WriteAllBytes(_cli.PathOf("run", file), whole);
        }
        Assert.Contains("Continuing in epoch 2 of 2", _cli.Run("train", "static", "--resume", "run", "--epochs", "2").Error);
        Assert.Contains("all its epochs are done", _cli.Run("train", "static", "--resume", "run").Error);
    }

    void SameBytes(string expected, string actual)
    {
        foreach (var file in (string[])["model.safetensors", "state.safetensors"]) Assert.Equal(_cli.Bytes(expected, file), _cli.Bytes(actual, file));
    }

    /// <summary>Waits for a number of new checkpoints; at 0, for the record of the run. False when the process ended before.</summary>
    bool Checkpoints(Cli.Running running, string folder, int count)
    {
        var (record, state) = (_cli.PathOf(folder, "run.json"), _cli.PathOf(folder, "state.safetensors"));
        while (!File.Exists(record))
        {
            if (running.HasExited) return false;
            Thread.Sleep(1);
        }
        for (var last = File.GetLastWriteTimeUtc(state); count > 0;)
        {
            if (running.HasExited) return false;
            Thread.Sleep(1);
            var now = File.GetLastWriteTimeUtc(state);
            if (now != last) (last, count) = (now, count - 1);
        }
        return true;
    }
}
