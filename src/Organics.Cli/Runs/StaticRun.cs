using System.Globalization;
using System.Text.Json.Serialization;

namespace Organics;

/// <summary>The configuration of a training of the static classifier, with circuits or with what they are compared with.</summary>
sealed record StaticRun : TrainingRun
{
    public const string Name = "static";

    public const string Circuits = "organics", Mlp = "mlp", Ssn = "ssn", Conv = "conv";

    const string Whole = "channel";

    const int Neurons = 50, ImageChannels = 8, ImageKernel = 5;

    // Responses of hundreds of places are small each, and their weights have far to go.
    const double ImageLearningRate = 0.02;

    /// <summary>What stands between code and read-out: mlp, ssn or conv; null for circuits, the only layers that earlier versions knew.</summary>
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

    /// <summary>Channels of a convolutional layer.</summary>
    public int? Channels { get; init; }

    /// <summary>Rows and columns of its kernels.</summary>
    public int? Kernel { get; init; }

    /// <summary>Whether its gain b depends on the image; it is b0 otherwise.</summary>
    public bool? Attention { get; init; }

    /// <summary>Rows and columns of the neighbours that normalize a place of it; null where the whole channel does.</summary>
    public int? Pool { get; init; }

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
        Conv => $"{Conv}-{Channels}-{Kernel}{(Pool is null ? "" : $"-pool-{Pool}")}{(Attention == true ? "" : "-b0")}",
        _ => string.Join('-', Hidden!),
    };

    /// <summary>Those of its layers, for people.</summary>
    [JsonIgnore]
    public string Units => Layer switch
    {
        Ssn => $"{Excitatory}:{Inhibitory}",
        Conv => $"{Channels} channels",
        _ => string.Join('-', Hidden!),
    };

    /// <summary>The layers that it describes, for samples of a format.</summary>
    public StaticLayers Layers(SampleFormat format) => Layer switch
    {
        Ssn => new SsnLayers(Excitatory!.Value, Inhibitory!.Value),
        Mlp => new RectifiedLayers(Hidden!),
        Conv => new ConvolutionLayers(format.Steps, format.Channels, Channels!.Value, Kernel!.Value, Attention!.Value, Pool, Sigma!.Value),
        _ => new CircuitLayers(Hidden!, Recurrence == "learned", Sigma!.Value),
    };

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<Setting> Settings => All;

    static readonly IReadOnlyList<Setting> All =
    [
        Setting.Of<StaticRun>("--model", $"{Circuits}|{Mlp}|{Ssn}|{Conv}",
            "What the code drives: circuits, rectified units, or a stabilized supralinear network; or circuits that see the image through convolutions.",
            run => run.Layer ?? Circuits,
            (run, text) => run with { Layer = Setting.OneOf(text, Circuits, Mlp, Ssn, Conv) is var layer && layer == Circuits ? null : layer }),
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
        Setting.Of<StaticRun>("--channels", "N", $"Channels of {Conv}, each a circuit of as many units as an image has pixels.",
            run => run.Channels?.ToString(CultureInfo.InvariantCulture),
            (run, text) => run with { Channels = Setting.Whole(text, 1, 65536) }),
        Setting.Of<StaticRun>("--kernel", "K", $"Rows and columns of the kernels of {Conv}.", run => run.Kernel?.ToString(CultureInfo.InvariantCulture),
            (run, text) => run with { Kernel = Setting.Whole(text, 1, 1024) }),
        Setting.Of<StaticRun>("--attention", "true|false", $"Whether the gain b of {Conv} depends on the image, by kernels of its own; it is b0 otherwise.",
            run => run.Attention is { } attention ? attention ? "true" : "false" : null,
            (run, text) => run with { Attention = Setting.OneOf(text, "true", "false") == "true" }) with
        { IsFlag = true },
        Setting.Of<StaticRun>("--pool", $"{Whole}|P", $"What normalizes a place of {Conv}: its whole channel, with weights 1, or P×P neighbours, with weights "
            + "that are trained.",
            run => run.Pool?.ToString(CultureInfo.InvariantCulture),
            (run, text) => run with { Pool = text == Whole ? null : Setting.Whole(text, 1, 1024) }),
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
        "--lr" => $"{LearningRate:R}; of {Conv} {ImageLearningRate:R}",
        "--channels" => $"{ImageChannels}",
        "--kernel" => $"{ImageKernel}",
        "--attention" => "true",
        "--pool" => Whole,
        "--growth" => "no growth",
        _ => base.Otherwise(setting),
    };

    /// <inheritdoc/>
    public override TrainingRun For(DataRecord data) => Layer switch
    {
        Ssn => this with { Hidden = null, Recurrence = null, Sigma = null, Excitatory = Excitatory ?? Neurons, Inhibitory = Inhibitory ?? Neurons },
        Mlp => this with { Recurrence = null, Sigma = null },
        Conv => this with
        {
            Hidden = null,
            Recurrence = null,
            LearningRate = ImageLearningRate,
            Channels = Channels ?? ImageChannels,
            Kernel = Kernel ?? ImageKernel,
            Attention = Attention ?? true,
        },
        _ => this,
    };

    /// <inheritdoc/>
    [JsonIgnore]
    public override string? Missing => Parts.Where(part => part.IsNeeded && part.Belongs && part.Value is null).Select(part => part.Key).FirstOrDefault();

    // By its key, whether it belongs to the layer, and whether the layer cannot be without.
    [JsonIgnore]
    IEnumerable<(string Key, object? Value, bool Belongs, bool IsNeeded)> Parts =>
    [
        ("hidden", Hidden, Layer is null or Mlp, true), ("recurrence", Recurrence, Layer is null, true), ("sigma", Sigma, Layer is null or Conv, true),
        ("excitatory", Excitatory, Layer == Ssn, true), ("inhibitory", Inhibitory, Layer == Ssn, true), ("growth", Growth, Layer == Ssn, false),
        ("channels", Channels, Layer == Conv, true), ("kernel", Kernel, Layer == Conv, true), ("attention", Attention, Layer == Conv, true),
        ("pool", Pool, Layer == Conv, false),
    ];

    /// <inheritdoc/>
    public override void CheckFor(DataRecord data)
    {
        base.CheckFor(data);
        foreach (var (key, given, belongs, _) in Parts)
            if (given is not null && !belongs)
                throw Failure.Usage($"--{key} does not belong to --model {Layer ?? Circuits}; leave it out, or give another model.");
        if (data.Target != "class" || data.PerStep)
            throw Failure.Usage(
                $"The static classifier gives each input a class, but '{data.Name}' is {data.Format}; use `organics train {SequenceRun.Name}`.");
        if (Layer == Conv && data.Steps == 1)
            throw Failure.Usage($"--model {Conv} sees images of rows and columns, but '{data.Name}' is {data.Format}; give images, or arrays of [samples, "
                + "rows, columns].");
        if (data.Statistics is { } s && (s.Least < 0 || s.Most > 1))
            throw Failure.Usage($"The static classifier takes inputs from 0 to 1, as its autoencoder gives them back and "
                + $"its certificates suppose, but those of '{data.Name}' lie in "
                + $"[{s.Least:G4}, {s.Most:G4}]; scale them, or use `organics train {SequenceRun.Name}`.");
    }
}
