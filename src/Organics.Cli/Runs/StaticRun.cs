using System.Text.Json.Serialization;

namespace Organics;

/// <summary>The configuration of a training of the static classifier.</summary>
sealed record StaticRun : TrainingRun
{
    public const string Name = "static";

    public IReadOnlyList<int> Hidden { get; init; } = [50];

    public string Recurrence { get; init; } = "learned";

    public double Sigma { get; init; } = 1;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => Name;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string FolderPattern => "runs/static-DATA-UNITS-sSEED";

    /// <inheritdoc/>
    [JsonIgnore]
    protected override string Label => string.Join('-', Hidden);

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<Setting> Settings => All;

    static readonly IReadOnlyList<Setting> All =
    [
        Setting.Of<StaticRun>("--hidden", "UNITS", "Units of each layer: 50, or 120,60 for two layers.", run => string.Join(',', run.Hidden),
            (run, text) => run with { Hidden = Setting.Units(text) }),
        Setting.Of<StaticRun>("--recurrence", "identity|learned", "The recurrent weights: the identity, or learned with largest singular value 1.", run => run.Recurrence,
            (run, text) => run with { Recurrence = Setting.OneOf(text, "identity", "learned") }),
        Setting.Of<StaticRun>("--sigma", "SIGMA", "Semisaturation of all layers.", run => $"{run.Sigma:R}",
            (run, text) => run with { Sigma = Setting.Number(text, positive: true) }),
        .. Common,
    ];

    /// <inheritdoc/>
    public override void CheckFor(DataRecord data)
    {
        base.CheckFor(data);
        if (data.Target != "class" || data.PerStep) throw Failure.Usage($"The static classifier gives each input a class, but '{data.Name}' is {data.Format}; use `organics train {SequenceRun.Name}`.");
        if (data.Statistics is { } s && (s.Least < 0 || s.Most > 1))
            throw Failure.Usage($"The static classifier takes inputs from 0 to 1, as its autoencoder gives them back, but those of '{data.Name}' lie in [{s.Least:G4}, {s.Most:G4}]; scale them, or use `organics train {SequenceRun.Name}`.");
    }
}
