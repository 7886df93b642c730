using System.CommandLine;
using System.Globalization;

namespace Organics;

/// <summary>One part of work that several processes share, as <c>--shard I/N</c> says it, or as a task of a SLURM array is told by its environment.</summary>
/// <param name="Index">Which, from 1 on.</param>
/// <param name="Count">Of how many.</param>
sealed record Shard(int Index, int Count)
{
    public const string Name = "--shard";

    const string Task = "SLURM_ARRAY_TASK_ID", Tasks = "SLURM_ARRAY_TASK_COUNT", First = "SLURM_ARRAY_TASK_MIN", Step = "SLURM_ARRAY_TASK_STEP";

    /// <summary>The option.</summary>
    /// <param name="description">What a part is, without the full stop.</param>
    public static Option<Shard?> Option(string description)
        => Setting.Option<Shard?>(Name, "I/N", $"{description} [all; of a task of a SLURM array: its part].", Parse);

    /// <summary>The part that was asked for, or else that of the task of an array which this process is; null for the whole.</summary>
    /// <exception cref="Failure">The tasks of the array are not numbered one after another.</exception>
    public static Shard? Of(ParseResult given) => given.GetValue<Shard?>(Name) ?? OfTask(Environment.GetEnvironmentVariable);

    /// <summary>The part of a task of a SLURM array; null where there is no array, or one of a single task.</summary>
    /// <param name="variable">A variable of the environment; null where it is not set.</param>
    public static Shard? OfTask(Func<string, string?> variable)
    {
        if (Number(Task) is not { } task || Number(Tasks) is not { } count || count == 1) return null;
        // Tasks need not begin at 1, nor be 1 apart.
        var (first, step) = (Number(First) ?? 1, Number(Step) ?? 1);
        return count > 1 && step > 0 && task >= first && (task - first) % step == 0 && (task - first) / step < count
            ? new((task - first) / step + 1, count)
            : throw Failure.Usage(
                $"{Task} is {task}, which is none of {count} tasks from {first} on by {step}; submit the array without gaps, as --array=1-{count}, or give "
                    + $"{Name} I/N.");

        int? Number(string name) => variable(name) is not { Length: > 0 } text ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n
            : throw Failure.Usage($"{name} is '{text}', but a whole number is expected of SLURM; unset it, or give {Name} I/N.");
    }

    /// <summary>Reads "I/N".</summary>
    /// <exception cref="FormatException">It is written in another way.</exception>
    public static Shard Parse(string text)
        => text.Split('/') is [var i, var n] && int.TryParse(i, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && index >= 1 && index <= count ? new(index, count)
            : throw new FormatException("I/N is expected, with I from 1 to N, as in 1/4.");

    /// <summary>Whether a piece of work belongs to this part: pieces are dealt out in turn.</summary>
    public bool Owns(long index) => index % Count == Index - 1;

    /// <summary>The pieces of this part where each part has neighbours: parts differ by one piece at most.</summary>
    /// <param name="pieces">All of them.</param>
    public (int First, int Count) Part(int pieces)
    {
        var (first, end) = ((Index - 1L) * pieces / Count, (long)Index * pieces / Count);
        return ((int)first, (int)(end - first));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");
}
