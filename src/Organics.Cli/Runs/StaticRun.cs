using System.Globalization;
using System.Text.Json.Serialization;

namespace Organics;

/// <summary>The configuration of a training of the static classifier, with circuits or with what they are compared with.</summary>
sealed record StaticRun : TrainingRun
{
    public const string Name = "static";

    public const string Circuits = "organics", Mlp = "mlp", Ssn = "ssn";

    const int Neurons = 50;

    /// <summary>What stands between code and read-out: mlp or ssn; null for circuits, the only layers that earlier versions knew.</summary>
    public string? Layer { get; init; }

    /// <summary>Units of each hidden layer; of circuits and of an MLP.</summary>
    public IReadOnlyList<int>? Hidden { get; init; } = [50];

    /// <summary>Whether Wr is the identity or learned; of circuits.</summary>
    public string? Recurrence { get; init; } = "learned";

    /// <summary>The semisaturation; of circuits.</summary>
    public double? Sigma { get; init; } = 1;

    /// <summary>Excitatory neurons of a supralinear network.</summary>
    public int? Excitatory { get; init; }

    /// <summary>Inhibitory neurons of a supralinear network.</summary>
    public int? Inhibitory { get; init; }

    /// <summary>How the network grows before it is trained, as <see cref="SsnGrowth.Parse"/> reads it; null where it has its size from the beginning.</summary>
    public string? Growth { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => Name;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string FolderPattern => "runs/static-DATA-UNITS-sSEED";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Label => Layer switch
    {
        Ssn => $"{Ssn}-{Excitatory}-{Inhibitory}{(Growth is null ? "" : "-grown")}",
        Mlp => $"{Mlp}-{string.Join('-', Hidden!)}",
        _ => string.Join('-', Hidden!),
    };

    /// <summary>The layers that it describes.</summary>
    [JsonIgnore]
    public StaticLayers Layers => Layer switch
    {
        Ssn => new SsnLayers(Excitatory!.Value, Inhibitory!.Value),
        Mlp => new RectifiedLayers(Hidden!),
        _ => new CircuitLayers(Hidden!, Recurrence == "learned", Sigma!.Value),
    };

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<Setting> Settings => All;

    static readonly IReadOnlyList<Setting> All =
    [
        Setting.Of<StaticRun>("--model", $"{Circuits}|{Mlp}|{Ssn}", "What the code drives: circuits, rectified units, or a stabilized supralinear network.",
            run => run.Layer ?? Circuits,
            (run, text) => run with { Layer = Setting.OneOf(text, Circuits, Mlp, Ssn) is var layer && layer == Circuits ? null : layer }),
        Setting.Of<StaticRun>("--hidden", "UNITS", $"Units of each layer of {Circuits} and {Mlp}: 50, or 120,60 for two layers.",
            run => run.Hidden is { } hidden ? string.Join(',', hidden) : null,
            (run, text) => run with { Hidden = Setting.Units(text) }),
        Setting.Of<StaticRun>("--recurrence", "identity|learned", "The circuits' recurrent weights: the identity, or learned with largest singular value 1.",
            run => run.Recurrence,
            (run, text) => run with { Recurrence = Setting.OneOf(text, "identity", "learned") }),
        Setting.Of<StaticRun>("--sigma", "SIGMA", "Semisaturation of all circuits.", run => run.Sigma?.ToString("R", CultureInfo.InvariantCulture),
            (run, text) => run with { Sigma = Setting.Number(text, positive: true) }),
        Setting.Of<StaticRun>("--excitatory", "N", $"Excitatory neurons of {Ssn}; the code has as many units.",
            run => run.Excitatory?.ToString(CultureInfo.InvariantCulture),
            (run, text) => run with { Excitatory = Setting.Whole(text, 1, 65536) }),
        Setting.Of<StaticRun>("--inhibitory", "N", $"Inhibitory neurons of {Ssn}.", run => run.Inhibitory?.ToString(CultureInfo.InvariantCulture),
            (run, text) => run with { Inhibitory = Setting.Whole(text, 1, 65536) }),
        Setting.Of<StaticRun>("--growth", "NAME=VALUE,…",
            $"Whether {Ssn} grows before it is trained, from two neurons by splits that change nothing (Soo & Lengyel 2022); the schedule is "
                + $"{new SsnGrowth()}, of which each may be given.",
            run => run.Growth,
            (run, text) => run with { Growth = text switch { "true" => $"{new SsnGrowth()}", "false" => null, _ => $"{SsnGrowth.Parse(text)}" } }) with
        { IsFlag = true },
        .. Common,
    ];

    /// <inheritdoc/>
    public override string? Otherwise(Setting setting) => setting.Name switch
    {
        "--excitatory" or "--inhibitory" => $"{Neurons}",
        "--growth" => "no growth",
        _ => base.Otherwise(setting),
    };

    /// <inheritdoc/>
    public override TrainingRun For(DataRecord data) => Layer switch
    {
        Ssn => this with { Hidden = null, Recurrence = null, Sigma = null, Excitatory = Excitatory ?? Neurons, Inhibitory = Inhibitory ?? Neurons },
        Mlp => this with { Recurrence = null, Sigma = null },
        _ => this,
    };

    /// <inheritdoc/>
    [JsonIgnore]
    public override string? Missing => Layer != Ssn && Hidden is null ? "hidden"
        : Layer is null && Recurrence is null ? "recurrence" : Layer is null && Sigma is null ? "sigma"
        : Layer == Ssn && Excitatory is null ? "excitatory" : Layer == Ssn && Inhibitory is null ? "inhibitory" : null;

    /// <inheritdoc/>
    public override void CheckFor(DataRecord data)
    {
        base.CheckFor(data);
        foreach (var (name, given, belongs) in ((string, object?, bool)[])
            [
                ("--hidden", Hidden, Layer != Ssn), ("--recurrence", Recurrence, Layer is null), ("--sigma", Sigma, Layer is null),
                ("--excitatory", Excitatory, Layer == Ssn), ("--inhibitory", Inhibitory, Layer == Ssn), ("--growth", Growth, Layer == Ssn),
            ])
            if (given is not null && !belongs)
                throw Failure.Usage($"{name} does not belong to --model {Layer ?? Circuits}; leave it out, or give another model.");
        if (data.Target != "class" || data.PerStep)
            throw Failure.Usage(
                $"The static classifier gives each input a class, but '{data.Name}' is {data.Format}; use `organics train {SequenceRun.Name}`.");
        if (data.Statistics is { } s && (s.Least < 0 || s.Most > 1))
            throw Failure.Usage($"The static classifier takes inputs from 0 to 1, as its autoencoder gives them back, but those of '{data.Name}' lie in "
                + $"[{s.Least:G4}, {s.Most:G4}]; scale them, or use `organics train {SequenceRun.Name}`.");
    }
}
