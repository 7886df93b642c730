namespace Organics.Tests;

public sealed class RunLockTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("organics-lock-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Of_threads_that_take_the_lock_over_and_over_no_two_have_it_at_once()
    {
        var (holders, taken, overlaps) = (0, 0, 0);
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                using var alone = RunLock.TryTake(_folder);
                if (alone is null) continue;
                Interlocked.Increment(ref taken);
                if (Interlocked.Increment(ref holders) > 1) Interlocked.Increment(ref overlaps);
                Interlocked.Decrement(ref holders);
            }
        });
        Assert.Equal(0, overlaps);
        Assert.True(taken >= 10_000);
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
