namespace Organics.Tests;

public sealed class RunLockTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("organics-lock-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Of_threads_that_take_the_lock_over_and_over_no_two_have_it_at_once()
    {
        var (holders, taken, overlaps) = (0, 0, 0);
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 5000;)
            {
                using var alone = RunLock.TryTake(_folder);
                if (alone is null) continue;
                i++;
                Interlocked.Increment(ref taken);
                if (Interlocked.Increment(ref holders) > 1) Interlocked.Increment(ref overlaps);
                Thread.SpinWait(200);
                Interlocked.Decrement(ref holders);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.Equal(0, overlaps);
        Assert.Equal(4 * 5000, taken);
    }

    [Fact]
    public void The_file_is_never_another_one_or_a_training_that_has_opened_it_would_lock_what_nobody_else_sees()
    {
        var file = Path.Combine(_folder, RunLock.File);
        File.WriteAllText(file, "the same");
        RunLock.Take(_folder).Dispose();
        using (RunLock.Take(_folder)) Assert.Null(RunLock.TryTake(_folder));
        Assert.Equal("the same", File.ReadAllText(file));
    }

    [Fact]
    public void A_lock_that_is_taken_is_told_from_a_folder_that_cannot_be_written()
    {
        using (RunLock.Take(_folder))
        {
            Assert.Null(RunLock.TryTake(_folder));
            Assert.StartsWith("Another training runs in", Assert.Throws<Failure>(() => RunLock.Take(_folder)).Message, StringComparison.Ordinal);
        }
        RunLock.Take(_folder).Dispose();
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Contains("cannot be written", Assert.Throws<Failure>(() => RunLock.TryTake(file)).Message);
    }
}
