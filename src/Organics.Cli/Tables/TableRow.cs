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

    /// <summary>The same as a person types it.</summary>
    public string Command(ulong seed) => $"organics {string.Join(' ', Arguments(seed))}";
}

/// <summary>What is known of a system's stability before it is trained.</summary>
/// <param name="Theorem">By which every fixed point is stable, for all parameters and inputs; null where there is none.</param>
/// <param name="Words">What it says, or why there is none.</param>
sealed record Guarantee(string? Theorem, string Words);
