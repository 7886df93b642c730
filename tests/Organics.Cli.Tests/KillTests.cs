using System.Globalization;
using Xunit.Abstractions;

namespace Organics.Tests;

/// <summary>
/// Trainings killed over and over, at any moment and above all while a checkpoint is written, and continued each time with another number of threads. `tools/kill-test` makes a thousand kills;
/// without it there are twenty.
/// </summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>The variable that says how many processes of each kind of model are killed.</summary>
    const string Kills = "ORGANICS_KILLS";

    const int Epochs = 8;

    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("static", "--hidden", "6")]
    [InlineData("sequence", "--units", "4")]
    public void However_often_a_training_is_killed_it_ends_with_the_bits_of_one_left_alone(string kind, string size, string units)
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable(Kills) ?? "10", CultureInfo.InvariantCulture);
        // A checkpoint after every update, so that many kills come while one is written.
        string[] Begin(string folder) => ["train", kind, "--out", folder, "--data", _cli.Digits, "--batch", "16", size, units, "--epochs", $"{Epochs}", "--checkpoint-seconds", "0"];
        var alone = _cli.Run(Begin("alone"));
        Assert.True(alone.Code == 0, alone.Error);

        var random = new CounterRandom(2024, kind == "static" ? 0UL : 1);
        var draw = 0UL;
        int Below(int n) => random.Below(draw++, n);
        var (killed, runs) = (0, 0);
        var (early, within, torn) = (0, 0, 0);
        for (; killed < kills || runs == 0; runs++)
        {
            var folder = $"run-{runs}";
            while (true)
            {
                // A run that never wrote its record is begun again in the same folder.
                var isBegun = File.Exists(_cli.PathOf(folder, "run.json"));
                string[] threads = ["--threads", $"{1 + Below(3)}"];
                var running = _cli.Start([.. isBegun ? ["train", kind, "--resume", folder] : Begin(folder), .. threads]);
                // Some are killed while they start, most after they have written a checkpoint or several; the last one of all is left alone.
                if (killed < kills) Wait(running, folder, checkpoints: Below(4) == 0 ? 0 : 1 + Below(20), milliseconds: Below(30));
                if (killed < kills) running.Kill();
                var outcome = running.Wait();
                if (outcome.Code == 0) break;
                Assert.True(outcome.Code == 137, $"The process was killed, but ended with {outcome.Code}: {outcome.Error}");
                killed++;
                if (!File.Exists(_cli.PathOf(folder, "run.json"))) early++;
                else if (File.Exists(_cli.PathOf(folder, "state.safetensors"))) within++;
                if (Directory.Exists(_cli.PathOf(folder)) && Directory.GetFiles(_cli.PathOf(folder), ".*.tmp").Length > 0) torn++;
            }
            foreach (var file in (string[])["model.safetensors", "state.safetensors"]) Assert.Equal(_cli.Bytes("alone", file), _cli.Bytes(folder, file));
            Assert.Equal(Metrics("alone"), Metrics(folder));
            Assert.Empty(Directory.GetFiles(_cli.PathOf(folder), "*.tmp"));
            Directory.Delete(_cli.PathOf(folder), recursive: true);
        }
        output.WriteLine($"{kind}: {killed} kills in {runs} runs, {early} before the run had a record, {within} after its first checkpoint, {torn} in the middle of a write; all bits are equal.");
        Assert.True(within > kills / 2, $"Only {within} of {killed} kills came after a checkpoint.");
    }

    /// <summary>All that was measured but the time.</summary>
    List<string> Metrics(string run) => [.. MetricsLog.Read(_cli.PathOf(run, "metrics.jsonl"))
        .Select(row => $"{row.Step} {string.Join(' ', row.Values.Where(v => v.Key != "seconds").Select(v => $"{v.Key}={v.Value:R}"))}")];

    /// <summary>Waits for a number of new checkpoints and some milliseconds more, or until the process has ended.</summary>
    void Wait(Cli.Running running, string folder, int checkpoints, int milliseconds)
    {
        var state = _cli.PathOf(folder, "state.safetensors");
        if (checkpoints == 0) milliseconds *= 25;
        for (var last = File.GetLastWriteTimeUtc(state); checkpoints > 0 && !running.HasExited;)
        {
            Thread.Sleep(1);
            var now = File.GetLastWriteTimeUtc(state);
            if (now != last) (last, checkpoints) = (now, checkpoints - 1);
        }
        for (var i = 0; i < milliseconds && !running.HasExited; i++) Thread.Sleep(1);
    }
}
