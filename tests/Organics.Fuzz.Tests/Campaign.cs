using System.Diagnostics;

namespace Organics.Tests;

/// <summary>An execution that went wrong: its input is in a file, to be added to Corpus/TARGET once the parser is mended.</summary>
sealed record Finding(string Target, long Execution, string What, string File)
{
    public override string ToString() => $"{Target}, execution {Execution}: {What} The input is '{File}'; mend the parser and add it to Corpus/{Target}.";
}

/// <summary>
/// Feeds a parser with mutations of its corpus. Execution k is the same on every machine: it depends on k and the corpus alone. A parser may throw what it documents, and must end within two seconds; the
/// project's hard limit of the heap sees to the memory.
/// </summary>
sealed class Campaign(Target target)
{
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(2), Hopeless = TimeSpan.FromSeconds(60);

    byte[] _input = [];
    long _began = long.MaxValue, _execution;

    /// <summary>Mutations so far.</summary>
    public long Executions { get; private set; }

    /// <summary>How many of them were taken for whole.</summary>
    public long Accepted { get; private set; }

    public TimeSpan Slowest { get; private set; }

    /// <summary>The corpus as it is, without mutations: how many of its files are accepted.</summary>
    public int Kept(out Finding? finding)
    {
        var accepted = 0;
        finding = null;
        foreach (var seed in target.Corpus)
        {
            if ((finding = Execute(-1, seed, out var isAccepted)) is not null) break;
            if (isAccepted) accepted++;
        }
        return accepted;
    }

    /// <summary>Runs executions from a number on, until there were so many or the time is over; null where none went wrong.</summary>
    public Finding? Run(long first, long count, TimeSpan time)
    {
        var start = Stopwatch.GetTimestamp();
        // What never ends can only be ended with the process.
        using var watch = new Timer(_ =>
        {
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref _began)) > Hopeless) Environment.FailFast($"{Save(Volatile.Read(ref _execution), _input, $"It does not end within {Hopeless.TotalSeconds} s.")}");
        }, null, 1000, 1000);
        for (var k = first; k < first + count && Stopwatch.GetElapsedTime(start) < time; k++)
        {
            if (Execute(k, new Mutator(k).Of(target), out var accepted) is { } finding) return finding;
            Executions++;
            if (accepted) Accepted++;
        }
        return null;
    }

    Finding? Execute(long execution, byte[] input, out bool accepted)
    {
        accepted = false;
        Volatile.Write(ref _execution, execution);
        // Another program may hold the processor: slow is what is slow twice.
        for (var attempt = 0; ; attempt++)
        {
            _input = input;
            var began = Stopwatch.GetTimestamp();
            Volatile.Write(ref _began, began);
            try
            {
                accepted = target.Run(input);
            }
            catch (Exception error) when (target.IsDocumented(error))
            {
            }
            catch (Exception error)
            {
                return Save(execution, input, $"It throws {error.GetType().Name}, which is not documented: {error}.");
            }
            finally
            {
                Volatile.Write(ref _began, long.MaxValue);
            }
            var took = Stopwatch.GetElapsedTime(began);
            if (took > Longest && attempt == 0) continue;
            if (took > Slowest) Slowest = took;
            return took > Longest ? Save(execution, input, $"It takes {took.TotalSeconds:F1} s, where {Longest.TotalSeconds} s are allowed.") : null;
        }
    }

    Finding Save(long execution, byte[] input, string what)
    {
        var file = Path.Combine(Path.GetTempPath(), $"organics-fuzz-{target.Name}-{execution}");
        File.WriteAllBytes(file, input);
        return new(target.Name, execution, what, file);
    }
}
