namespace Organics.Tests;

public sealed class ResumeTests : IDisposable
{
    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public void Ctrl_C_and_its_like_write_a_checkpoint_say_how_to_go_on_and_going_on_changes_nothing(string signal, int code)
    {
        string[] options = ["--epochs", "30"];
        Assert.Equal(0, _cli.Train("left-alone", options).Code);

        var running = _cli.Start(_cli.Training("stopped", options));
        running.WaitForError("epoch 2/30");
        running.Interrupt(signal);
        var stopped = running.Wait();
        Assert.Equal((code, ""), (stopped.Code, stopped.Out));
        Assert.Contains($"organics train static --resume {_cli.PathOf("stopped")}", stopped.Error);
        Assert.NotEqual(_cli.Bytes("left-alone", "state.safetensors"), _cli.Bytes("stopped", "state.safetensors"));

        Assert.Equal(0, _cli.Run("train", "static", "--resume", "stopped", "--threads", "1").Code);
        SameBytes("left-alone", "stopped");
    }

    [Theory]
    [InlineData("INT", "INT", 130)]
    [InlineData("TERM", "TERM", 143)]
    [InlineData("HUP", "TERM", 143)]
    public void A_second_signal_does_not_wait_for_the_batch_unless_it_comes_with_the_first(string first, string second, int code)
    {
        // Scalar loops over all images at once take many seconds.
        var running = _cli.Start("train", "static", "--device", "reference", "--hidden", "200", "--batch", "4500", "--out", _cli.PathOf("slow"));
        running.WaitForError("Training");
        running.Interrupt(first);
        running.Interrupt(first);
        Thread.Sleep(300);
        Assert.False(running.HasExited);
        running.Interrupt(second);
        var stopped = running.Wait();
        Assert.Equal((code, ""), (stopped.Code, stopped.Out));
        Assert.DoesNotContain("--resume", stopped.Error);
    }

    [Fact]
    public void A_hang_up_that_the_process_was_started_to_ignore_stays_ignored()
    {
        var outcome = _cli.Shell("trap '' HUP; shift 2; \"$@\" & sleep 1.5; kill -HUP $!; wait $!", _cli.Training("kept", "--epochs", "60"));
        Assert.True(outcome.Code == 0, outcome.Error);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public void A_signal_leaves_no_temporary_folder(string signal, int code)
    {
        var temporary = Directory.CreateDirectory(_cli.PathOf("tmp")).FullName;
        var running = _cli.Start(["reproduce", "fig5", "--out", "figures"], ("TMPDIR", temporary));
        for (var patience = 0; Directory.GetDirectories(temporary, "organics-*").Length == 0; patience++)
        {
            Assert.True(patience < 6000 && !running.HasExited);
            Thread.Sleep(10);
        }
        running.Interrupt(signal);
        Assert.Equal(code, running.Wait().Code);
        Assert.Empty(Directory.GetDirectories(temporary, "organics-*"));
    }

    [Fact]
    public void Two_billion_epochs_begin_at_once_and_end_by_Ctrl_C()
    {
        var running = _cli.Start(_cli.Training("endless", "--epochs", $"{int.MaxValue}"));
        running.WaitForError($"epoch 2/{int.MaxValue}");
        running.Interrupt();
        Assert.Equal(130, running.Wait().Code);
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
    }

    [Fact]
    public void Trainings_that_begin_at_once_with_the_default_name_take_numbered_folders_and_with_the_same_name_one_of_them_runs()
    {
        string[] Started(params string[] more) => ["train", "static", "--data", _cli.Digits, "--epochs", "2", "--batch", "16", "--hidden", "6", .. more];
        var unnamed = Enumerable.Range(0, 4).Select(_ => _cli.Start(Started())).ToArray();
        Assert.All(unnamed.Select(each => each.Wait()), outcome => Assert.True(outcome.Code == 0, outcome.Error));
        Assert.Equal(4, Directory.GetDirectories(_cli.PathOf("runs")).Length);
        foreach (var folder in Directory.GetDirectories(_cli.PathOf("runs"))) SameBytes(Path.Combine("runs", "static-digits-6-s0"), folder);

        var named = Enumerable.Range(0, 4).Select(_ => _cli.Start(Started("--out", "one"))).ToArray().Select(each => each.Wait()).ToArray();
        Assert.Equal([0, 2, 2, 2], named.Select(each => each.Code).Order());
        SameBytes(Path.Combine("runs", "static-digits-6-s0"), "one");
    }

    [Fact]
    public void A_folder_in_which_another_training_ended_while_one_loaded_its_images_is_refused()
    {
        var folder = _cli.PathOf("race");
        var run = new StaticRun { Hidden = [6], Data = _cli.Digits, Seed = 1 }.Resolved();
        Assert.Equal(0, _cli.Train("alone").Code);
        using var interrupt = new Interrupt();
        using var ranks = new Ranks(interrupt, Timeout.InfiniteTimeSpan);
        var late = new Training(run, RunData.Load(run), interrupt, ranks, () => Train.Claim(run, folder), null, json: false)
        {
            Open = (_, _) =>
            {
                Assert.Equal(0, _cli.Train("race").Code);
                return Device.Cpu;
            },
        };
        var refused = Assert.Throws<Failure>(() => Precision.Run(run, late));
        Assert.Contains("already holds a run", refused.Message);
        SameBytes("alone", "race");
    }

    [Fact]
    public void A_run_that_was_killed_while_its_record_was_written_is_no_dead_end_and_nothing_of_it_stays()
    {
        Directory.CreateDirectory(_cli.PathOf("torn"));
        File.WriteAllText(_cli.PathOf("torn", ".lock"), "");
        File.WriteAllText(_cli.PathOf("torn", $".run.json.{Guid.NewGuid():N}.tmp"), "{\"format\":");
        var resumed = _cli.Run("train", "static", "--resume", "torn");
        Assert.Equal(2, resumed.Code);
        Assert.Contains("begin it anew with --out torn", resumed.Error);
        var begun = _cli.Train("torn");
        Assert.True(begun.Code == 0, begun.Error);
        File.WriteAllText(_cli.PathOf("torn", $".state.safetensors.{Guid.NewGuid():N}.tmp"), "torn");
        Assert.Equal(0, _cli.Run("train", "static", "--resume", "torn", "--epochs", "2").Code);
        Assert.Empty(Directory.GetFiles(_cli.PathOf("torn"), "*.tmp"));
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
}
