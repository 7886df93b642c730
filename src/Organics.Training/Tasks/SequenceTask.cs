using System.Globalization;

namespace Organics;

/// <summary>
/// A cognitive or memory task that is drawn from a seed: the same text gives the same trials, with the same bits on every machine. A new task is its file and a
/// line in <see cref="All"/>.
/// </summary>
public abstract class SequenceTask
{
    /// <summary>What stands before a task's name where a data set is named.</summary>
    public const string Scheme = "task:";

    const int MostTrials = 10_000_000;

    // Streams of the seed's generator from here on are trials: a model and the order of its samples, which may have the same seed, use lower ones.
    const ulong TrialStream = 1UL << 63;

    /// <summary>Every task.</summary>
    public static IReadOnlyList<SequenceTask> All { get; } =
    [
        new AddingTask(), new CopyTask(), new DelayedMatchTask(), new PerceptualDecisionTask(), new ContextDecisionTask(), new DistractorsTask(), new SineTask(), new MackeyGlassTask(),
    ];

    /// <summary>As in task:NAME.</summary>
    public abstract string Name { get; }

    /// <summary>What is shown and what is asked for, in a sentence or two.</summary>
    public abstract string Description { get; }

    /// <summary>What guessing comes to.</summary>
    public abstract string Chance { get; }

    /// <summary>What is known of the best that there can be.</summary>
    public abstract string Optimum { get; }

    /// <summary>Steps of a trial where none are asked for.</summary>
    public abstract int StandardSteps { get; }

    /// <summary>The fewest steps that it can have.</summary>
    public abstract int LeastSteps { get; }

    /// <summary>What a trial of so many steps is like.</summary>
    public abstract SampleFormat Format(int steps);

    /// <summary>Draws a trial.</summary>
    public abstract void Draw(TrialRandom random, Trial trial);

    /// <summary>The data set of a text task:NAME[,steps=N][,train=N][,val=N][,test=N][,seed=N]; by default 8,000 trials to train on, 1,000 to validate with and
    /// 2,000 to test with, of seed 0.</summary>
    /// <exception cref="FormatException">There is no such task, or a number is out of range.</exception>
    public static DataSet Load(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (task, given) = Parse(text);
        var format = task.Format((int)given["steps"]);
        var most = Array.MaxLength / Math.Max(format.Width, format.Targets * format.Outputs);
        SampleSet Part(int part, string name) => given[name] <= most ? task.Trials(format, (int)given[name], (ulong)given["seed"], part, $"{text} {name}")
            : throw new FormatException(
                $"{name} of the task {task.Name} is {given[name]}, but an array holds no more than {most} trials of {format.Steps} steps.");
        return new(text, Part(0, "train"), Part(2, "test"), Part(1, "val"));
    }

    /// <summary>The task and the numbers of such a text.</summary>
    /// <exception cref="FormatException">There is no such task, or a number is out of range.</exception>
    public static (SequenceTask Task, IReadOnlyDictionary<string, long> Numbers) Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = (text.StartsWith(Scheme, StringComparison.Ordinal) ? text[Scheme.Length..] : text).Split(',');
        var names = All.Select(each => each.Name).ToArray();
        var task = All.FirstOrDefault(each => each.Name == parts[0])
            ?? throw new FormatException($"There is no task '{parts[0]}'; {(Suggestion.Nearest(parts[0], names) is { } meant ? $"did you mean {meant}?" : $"there are {string.Join(", ", names)}.")}");
        var numbers = new Dictionary<string, long> { ["steps"] = task.StandardSteps, ["train"] = 8000, ["val"] = 1000, ["test"] = 2000, ["seed"] = 0 };
        foreach (var part in parts.AsSpan(1))
        {
            if (part.Split('=') is not [var key, var number] || !numbers.ContainsKey(key))
                throw new FormatException($"'{part}' is no part of a task; write {Scheme}{task.Name},steps=N,train=N,val=N,test=N,seed=N with those that you want.");
            var (least, most) = key switch { "steps" => (task.LeastSteps, 100_000L), "seed" => (0, long.MaxValue), _ => (1, MostTrials) };
            numbers[key] = long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
                : throw new FormatException($"{key} of the task {task.Name} is '{number}', but a whole number from {least} to {most} is expected.");
        }
        return (task, numbers);
    }

    /// <summary>Trials of a seed; part 0 is for training, 1 for validation, 2 for the test.</summary>
    public ArraySet Trials(SampleFormat format, int count, ulong seed, int part, string name)
    {
        ArgumentNullException.ThrowIfNull(format);
        var isClass = format.Target == TargetKind.Class;
        var inputs = new float[checked(count * format.Width)];
        var classes = new int[isClass ? checked(count * format.Targets) : 0];
        var numbers = new float[isClass ? 0 : checked(count * format.Targets * format.Outputs)];
        var weights = new float[checked(count * format.Targets)];
        weights.AsSpan().Fill(1);
        for (var i = 0; i < count; i++)
        {
            var (targets, width) = (format.Targets, format.Targets * format.Outputs);
            Draw(new TrialRandom(new(seed, TrialStream + ((ulong)part << 32) + (ulong)i)), new Trial(format, inputs.AsSpan(i * format.Width, format.Width),
                isClass ? classes.AsSpan(i * targets, targets) : [], isClass ? [] : numbers.AsSpan(i * width, width), weights.AsSpan(i * targets, targets)));
        }
        int[] once = format.PerStep ? [count, format.Steps] : [count];
        var targetsOf = isClass ? NumberArray.Of<int>($"targets of {name}", once, classes) : NumberArray.Of<float>($"targets of {name}", [.. once, format.Outputs], numbers);
        return new(NumberArray.Of<float>($"inputs of {name}", [count, format.Steps, format.Channels], inputs), targetsOf,
            weights.AsSpan().ContainsAnyExcept(1f) ? NumberArray.Of<float>($"weights of {name}", once, weights) : null, null, format);
    }
}
