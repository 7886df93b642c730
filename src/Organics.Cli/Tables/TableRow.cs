namespace Organics;

/// <summary>One system of a table of the paper.</summary>
/// <param name="Name">As `--run` takes it.</param>
/// <param name="System">What it is.</param>
/// <param name="Published">The paper's test accuracy; null where the paper has no such row.</param>
/// <param name="Kind">What `organics train` trains.</param>
/// <param name="Words">Its options, but for --data, --seed and --out.</param>
/// <param name="Guarantee">Whether it is stable whatever it learned.</param>
sealed record TableRow(string Name, string System, double? Published, string Kind, string Words, Guarantee Guarantee)
{
    /// <summary>What it learns.</summary>
    public string Task => Kind == StaticRun.Name ? "MNIST" : Words.Contains("--permuted", StringComparison.Ordinal) ? "psMNIST" : "sMNIST";

    /// <summary>The arguments of `organics train` for one training.</summary>
    public string[] Arguments(ulong seed) => ["train", Kind, "--data", "mnist", .. Words.Split(' '), "--seed", $"{seed}"];

    // What changes the time, or the last digits of sums, and not what is trained.
    static readonly string[] Immaterial =
        ["--blocks", "--checkpoint-memory", "--checkpoint-seconds", "--data-dir", Devices.Name, TrainingRun.ThreadsName];

    /// <summary>What its words come to, for some data.</summary>
    public TrainingRun Configuration(ulong seed, DataRecord data)
    {
        // The first two name the command.
        var words = Arguments(seed)[2..];
        return Given(Given(Kind == SequenceRun.Name ? new SequenceRun() : new StaticRun()).For(data));

        TrainingRun Given(TrainingRun run)
        {
            for (var k = 0; k < words.Length; k++)
                if (words[k].StartsWith("--", StringComparison.Ordinal))
                {
                    var value = k + 1 < words.Length && !words[k + 1].StartsWith("--", StringComparison.Ordinal) ? words[k + 1] : "true";
                    run = run.Settings.First(setting => setting.Name == words[k]).Set(run, value);
                }
            return run;
        }
    }

    /// <summary>What tells a training from one of this row: the first option that differs, in words; null where it is one.</summary>
    /// <param name="record">Of the training.</param>
    /// <param name="seed">That it should have.</param>
    public string? Otherwise(RunRecord record, ulong seed)
    {
        var run = record.Configuration;
        if (run.Kind != Kind) return $"it is of `organics train {run.Kind}`";
        var own = Configuration(seed, record.Data);
        var other = own.Settings.FirstOrDefault(setting => !Immaterial.Contains(setting.Name) && setting.Show(run) != setting.Show(own));
        return other is null ? null : $"{other.Name} is {other.Show(run) ?? "not given"}, where the row has {other.Show(own) ?? "none"}";
    }

    /// <summary>The same as a person types it.</summary>
    public string Command(ulong seed) => $"organics {string.Join(' ', Arguments(seed))}";
}

/// <summary>What is known of a system's stability before it is trained.</summary>
/// <param name="Theorem">By which every fixed point is stable, for all parameters and inputs; null where there is none.</param>
/// <param name="Words">What it says, or why there is none.</param>
sealed record Guarantee(string? Theorem, string Words);
