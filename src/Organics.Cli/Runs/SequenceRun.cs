using System.Text.Json.Serialization;

namespace Organics;

/// <summary>The configuration of a training of the sequence classifier.</summary>
sealed record SequenceRun : TrainingRun
{
    public const string Name = "sequence";

    public SequenceRun() => (Epochs, LearningRate) = (30, 0.01);

    public int Units { get; init; } = 64;

    public bool Permuted { get; init; }

    public string TimeConstants { get; init; } = "learned";

    public string Variant { get; init; } = "paper";

    public string DtTauMax { get; init; } = "y=0.02,a=0.005,b=0.1";

    public string CheckpointMemory { get; init; } = "sqrt";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => Name;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string FolderPattern => "runs/sequence-DATA-UNITS-sSEED, with permuted before UNITS where it is so";

    /// <inheritdoc/>
    [JsonIgnore]
    protected override string Label => Permuted ? $"permuted-{Units}" : $"{Units}";

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<Setting> Settings => All;

    static readonly IReadOnlyList<Setting> All =
    [
        Setting.Of<SequenceRun>("--units", "N", "Neuron pairs of the circuit.", run => $"{run.Units}", (run, text) => run with { Units = Setting.Whole(text, 1, 65536) }),
        Setting.Of<SequenceRun>("--permuted", "true|false", "Whether the pixels come in one random order instead of row by row.", run => run.Permuted ? "true" : "false",
            (run, text) => run with { Permuted = Setting.OneOf(text, "true", "false") == "true" }) with { IsFlag = true },
        Setting.Of<SequenceRun>("--time-constants", "learned|fixed", "Whether each neuron's time constants are trained.", run => run.TimeConstants,
            (run, text) => run with { TimeConstants = Setting.OneOf(text, "learned", "fixed") }),
        Setting.Of<SequenceRun>("--variant", "paper|authors|unrectified", "Which published form of the circuit: as in the paper's results, as in the authors' later code, or without a rectifier in the recurrent input.",
            run => run.Variant, (run, text) => run with { Variant = Setting.OneOf(text, "paper", "authors", "unrectified") }),
        Setting.Of<SequenceRun>("--dt-tau-max", "y=Y,a=A,b=B", "The largest numerical step in units of the time constants of y, a and the gains.", run => run.DtTauMax,
            (run, text) => run with { DtTauMax = $"{LargestSteps.Parse(text)}" }),
        Setting.Of<SequenceRun>("--checkpoint-memory", "all|sqrt|BYTES",
            "What is kept of a sequence for the backward pass: all, states every √steps and the rest anew, or as much as fits into a number of bytes.",
            run => run.CheckpointMemory, (run, text) => run with { CheckpointMemory = $"{Memory(text)}" }) with { MayChange = true },
        .. Common,
    ];

    /// <summary>The largest steps in units of the time constants.</summary>
    [JsonIgnore]
    public LargestSteps Steps => LargestSteps.Parse(DtTauMax);

    static SequenceMemory Memory(string text)
    {
        try
        {
            return SequenceMemory.Parse(text);
        }
        catch (FormatException)
        {
            throw new FormatException("all, sqrt or a number of bytes is expected.");
        }
    }
}
