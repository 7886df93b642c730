using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Organics;

/// <summary>The configuration of a training of a sequence model.</summary>
sealed record SequenceRun : TrainingRun
{
    public const string Name = "sequence";

    const string Pixels = "pixels", Rows = "rows", Last = "last", Mean = "mean", EveryStep = "every-step", Organics = "organics";

    // For data that are no images: updates that simple tasks are learned in, and bounds of what follows from them.
    const int Updates = 2500, LeastEpochs = 10, MostEpochs = 300, LeastBatch = 16, MostBatch = 128, BatchesPerEpoch = 40;

    // A mean as many deviations from 0 leaves single precision a hundredth of a deviation.
    const double MostDeviations = 1e5;

    public SequenceRun() => (Epochs, LearningRate) = (30, 0.01);

    /// <summary>The recurrent cell.</summary>
    public string Cell { get; init; } = Organics;

    /// <summary>Its neurons, or pairs of them.</summary>
    public int Units { get; init; } = 64;

    /// <summary>Layers of the cell; null for one.</summary>
    public int? Layers { get; init; }

    /// <summary>How an image is shown: pixel by pixel or row by row.</summary>
    public string Sequence { get; init; } = Pixels;

    /// <summary>Whether the steps of an image are shuffled.</summary>
    public bool Permuted { get; init; }

    /// <summary>What is read out, and when; null until the data are known.</summary>
    public string? ReadOut { get; init; }

    /// <summary>Whether the read-out sees firing rates beside the state; null for no.</summary>
    public bool? Rates { get; init; }

    /// <summary>Whether channels are shifted and scaled to mean 0 and deviation 1; null until the data are known.</summary>
    public bool? Standardize { get; init; }

    /// <summary>Whether time constants are learned or fixed; of circuits alone.</summary>
    public string? TimeConstants { get; init; }

    /// <summary>Which circuit; of circuits alone.</summary>
    public string? Variant { get; init; }

    /// <summary>The largest numerical step in units of the time constants; of circuits alone, null until the number of steps is known.</summary>
    public string? DtTauMax { get; init; }

    /// <summary>Semisaturation σ of all units, of circuits alone; null for the paper's, 1.</summary>
    public double? Sigma { get; init; }

    /// <summary>The settings of a cell other than circuits, NAME=VALUE,…; null until the number of steps is known, and where it has none.</summary>
    public string? CellSettings { get; init; }

    /// <summary>What of a sequence is kept for the way back.</summary>
    public string CheckpointMemory { get; init; } = "sqrt";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => Name;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string FolderPattern => "runs/sequence-DATA-UNITS-sSEED, with permuted or the cell's name before UNITS where it is so";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Label => $"{(Permuted ? "permuted-" : "")}{(Cell == Organics ? "" : $"{Cell}-")}{(Layers is { } layers ? $"{layers}x" : "")}{Units}";

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<Setting> Settings => All;

    static readonly IReadOnlyList<Setting> All =
    [
        Setting.Of<SequenceRun>("--cell", string.Join('|', CellKind.All.Select(kind => kind.Name)), "The recurrent cell.", run => run.Cell,
            (run, text) => run with { Cell = CellKind.Parse(text).Name }),
        Setting.Of<SequenceRun>("--units", "N", "Neurons of the cell, or pairs of them.", run => $"{run.Units}",
            (run, text) => run with { Units = Setting.Whole(text, 1, 65536) }),
        Setting.Of<SequenceRun>("--layers", "N", "Layers of the cell, one above the other.", run => $"{run.Layers ?? 1}",
            (run, text) => run with { Layers = Setting.Whole(text, 1, 100) is > 1 and var layers ? layers : null }),
        Setting.Of<SequenceRun>("--sequence", "pixels|rows", "How an image is shown: pixel by pixel, or row by row with a channel for each "
            + "column.", run => run.Sequence,
            (run, text) => run with { Sequence = Setting.OneOf(text, Pixels, Rows) }),
        Setting.Of<SequenceRun>("--permuted", "true|false", "Whether the steps come in one random order.", run => run.Permuted ? "true" : "false",
            (run, text) => run with { Permuted = Setting.OneOf(text, "true", "false") == "true" }) with { IsFlag = true },
        Setting.Of<SequenceRun>("--read-out", "last|mean|every-step", "What the read-out sees of the cell: its state after the last step, the mean over "
            + "steps, or each step where the data ask for something at each.",
            run => run.ReadOut, (run, text) => run with { ReadOut = Setting.OneOf(text, Last, Mean, EveryStep) }),
        Setting.Of<SequenceRun>("--rates", "true|false", "Whether the read-out sees, beside the state y of each unit, its firing rate ⌊y⌋².",
            run => run.Rates == true ? "true" : "false",
            (run, text) => run with { Rates = Setting.OneOf(text, "true", "false") == "true" ? true : null }) with { IsFlag = true },
        Setting.Of<SequenceRun>("--standardize", "true|false", "Whether inputs, and numbers asked for, are brought to mean 0 and deviation 1, as the "
            + "training samples have them; kept in the model.",
            run => run.Standardize is { } set ? set ? "true" : "false" : null,
            (run, text) => run with { Standardize = Setting.OneOf(text, "true", "false") == "true" }) with { IsFlag = true },
        Setting.Of<SequenceRun>("--time-constants", "learned|fixed", "Whether each neuron's time constants are trained.", run => run.TimeConstants,
            (run, text) => run with { TimeConstants = Setting.OneOf(text, "learned", "fixed") }),
        Setting.Of<SequenceRun>("--variant", "paper|authors|unrectified", "Which published form of the circuit: as in the paper's results, as in the "
            + "authors' later code, or without a rectifier in the recurrent input; or one with changes, as in paper,recurrence=None.",
            run => run.Variant, (run, text) => run with { Variant = $"{CircuitVariant.Parse(text)}" }),
        Setting.Of<SequenceRun>("--dt-tau-max", "y=Y,a=A,b=B", "The largest numerical step in units of the time constants of y, a and the "
            + "gains.", run => run.DtTauMax,
            (run, text) => run with { DtTauMax = $"{LargestSteps.Parse(text)}" }),
        Setting.Of<SequenceRun>("--sigma", "SIGMA", "Semisaturation of all units of the circuit.",
            run => (run.Sigma ?? 1).ToString("R", CultureInfo.InvariantCulture),
            (run, text) => run with { Sigma = Semisaturation(text) is not 1 and var sigma ? sigma : null }),
        Setting.Of<SequenceRun>("--cell-settings", "NAME=VALUE,…",
            "Settings of a cell other than circuits: epsilon, gamma and sigma of antisymmetric; dt, gamma "
            + "and epsilon of cornn; epsilon, beta and gamma of lipschitz; dt of lem.", run => run.CellSettings,
            (run, text) => run with { CellSettings = Text(Over(run.CellSettings, text)) }),
        Setting.Of<SequenceRun>("--checkpoint-memory", "all|sqrt|BYTES",
            "What is kept of a sequence for the backward pass: all, states every √steps and the rest anew, or as much as fits into a number of bytes.",
            run => run.CheckpointMemory, (run, text) => run with { CheckpointMemory = $"{Memory(text)}" }) with { MayChange = true },
        .. Common,
    ];

    /// <inheritdoc/>
    public override string? Otherwise(Setting setting) => setting.Name switch
    {
        "--epochs" or "--batch" => $"{setting.Show(this)} for images, else by the data",
        "--lr" => "by the cell",
        "--read-out" or "--standardize" => "by the data",
        "--dt-tau-max" or "--cell-settings" => "by the steps",
        "--time-constants" => "learned",
        "--variant" => "paper",
        _ => base.Otherwise(setting),
    };

    /// <inheritdoc/>
    public override TrainingRun For(DataRecord data)
    {
        var kind = CellKind.Parse(Cell);
        var settings = kind.Settings(Read(data).Steps);
        var run = this with
        {
            LearningRate = kind.LearningRate,
            ReadOut = ReadOut ?? (data.PerStep ? EveryStep : Last),
            Standardize = Standardize ?? data.Statistics is { Far: not null },
            Variant = Variant ?? settings.GetValueOrDefault("variant"),
            DtTauMax = DtTauMax ?? settings.GetValueOrDefault("dt_tau_max"),
            TimeConstants = TimeConstants ?? settings.GetValueOrDefault("time_constants"),
        };
        if (Cell != Organics && settings.Count > 0)
        {
            // What is given stands over the kind's; a name that the kind lacks stays, for CheckFor to refuse.
            var all = new Dictionary<string, string>(settings);
            foreach (var (name, value) in SettingsIn(CellSettings ?? "")) all[name] = value;
            run = run with { CellSettings = Text(all) };
        }
        if (data.IsImage) return run;
        var batch = Math.Clamp((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, data.Training / BatchesPerEpoch)), LeastBatch, MostBatch);
        return run with { Batch = batch, Epochs = (int)Math.Clamp((long)Updates * batch / data.Training, LeastEpochs, MostEpochs) };
    }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string? Missing => ReadOut is null ? "read_out" : Standardize is null ? "standardize"
        : Cell != Organics ? CellSettings is null && CellKind.Parse(Cell).Settings(1).Count > 0 ? "cell_settings" : null : Variant is null ? "variant"
            : DtTauMax is null ? "dt_tau_max" : TimeConstants is null ? "time_constants" : null;

    /// <inheritdoc/>
    public override IEnumerable<string> Chosen(TrainingRun given, DataRecord data)
    {
        if (Standardize == true && ((SequenceRun)given).Standardize is null && data.Statistics is { Far: { } far } statistics)
            yield return $"{far} are far from numbers of order 1; inputs{(statistics.Targets is null ? "" : " and targets")} are standardised "
                + "(--standardize false leaves them)";
    }

    /// <inheritdoc/>
    public override void CheckFor(DataRecord data)
    {
        base.CheckFor(data);
        if (Cell != Organics && (Variant is not null ? "--variant" : DtTauMax is not null ? "--dt-tau-max" : TimeConstants is not null ? "--time-constants"
            : Sigma is not null ? "--sigma" : null) is { } option)
            throw Failure.Usage($"{option} is of circuits, but the cell is {Cell}; leave it out, or give --cell {Organics}.");
        if (CellSettings is { } given)
        {
            var (own, names) = (SettingsIn(given), CellKind.Parse(Cell).Settings(1).Keys);
            if (Cell == Organics || own.Keys.FirstOrDefault(name => !names.Contains(name)) is not null || own.Count < names.Count())
                throw Failure.Usage($"--cell-settings is '{given}', but the cell {Cell} has {(Cell == Organics ? "options of its own" : names.Any() ? string.Join(", ", names) : "none")}; "
                    + $"{(Cell == Organics ? "give --variant, --dt-tau-max, --time-constants or --sigma" : names.Any() ? "give these as NAME=VALUE,…" : "leave it out")}.");
            try
            {
                CellKind.Parse(Cell).Check(own);
            }
            catch (FormatException error)
            {
                throw Failure.Usage($"--cell-settings is '{given}': {error.Message}");
            }
        }
        if (data.PerStep != (ReadOut == EveryStep))
            throw Failure.Usage($"--read-out is {ReadOut}, but '{data.Name}' asks for "
                + $"{(data.PerStep ? "something at each step; leave it out, or give every-step" : "one answer; leave it out, or give last or mean")}.");
        if (Permuted && data.PerStep) throw Failure.Usage($"--permuted shows the steps in one random order, but '{data.Name}' asks for something at each; "
            + "leave it out.");
        if (Permuted && data.HasLengths) throw Failure.Usage($"--permuted shows the steps in one random order, which needs all of them, but samples of "
            + $"'{data.Name}' have lengths of their own; leave it out.");
        if (Standardize == true && Precision == "float" && data.Statistics is { } far)
            foreach (var (what, mean, deviation) in far.Mean.Zip(far.Deviation, (m, d) => ("inputs", m, d))
                .Concat((far.TargetMean ?? []).Zip(far.TargetDeviation ?? [], (m, d) => ("numbers asked for", m, d))))
                if (deviation > 0 && Math.Abs(mean) > MostDeviations * deviation)
                    throw Failure.Usage($"The {what} of '{data.Name}' have a mean of {mean:g6} and a deviation of {deviation:g3}, which single precision does not "
                        + "tell apart; give --precision double, or subtract the mean from the data.");
        if (Sequence == Rows && !data.IsImage) throw Failure.Usage($"--sequence is {Rows}, but '{data.Name}' holds no images: it is {data.Format}; leave it "
            + "out.");
        if (Standardize == true && data.Statistics is null) throw Failure.Usage("--standardize was given, but the pixels of images lie in [0, 1] already; "
            + "leave it out.");
    }

    /// <summary>What a model reads of the data: an image is a sequence of pixels or of rows, features are one step.</summary>
    public SampleFormat Read(DataRecord data) => data.Format with
    {
        IsImage = false,
        Steps = data.IsImage && Sequence == Pixels ? data.Steps * data.Channels : data.Steps,
        Channels = data.IsImage && Sequence == Pixels ? 1 : data.Channels,
    };

    /// <summary>What a model of this configuration is made of.</summary>
    public SequenceOptions Options(DataRecord data)
    {
        var format = Read(data);
        var standard = Standardize == true ? data.Statistics : null;
        var range = data.Statistics switch
        {
            null => (0.0, 1.0),
            // Of the standardised inputs, all channels taken together.
            { } s when standard is not null =>
                (s.Inputs.Mean.Zip(s.Inputs.Scale, (m, d) => (s.Least - m) / d).Min(), s.Inputs.Mean.Zip(s.Inputs.Scale, (m, d) => (s.Most - m) / d).Max()),
            { } s => (s.Least, s.Most),
        };
        return new()
        {
            Cell = Cell,
            Units = Units,
            Layers = Layers ?? 1,
            Format = format,
            ReadOut = ReadOut switch
            {
                EveryStep => global::Organics.ReadOut.EveryStep,
                Mean => global::Organics.ReadOut.Mean,
                _ => global::Organics.ReadOut.Last,
            },
            Rates = Rates == true,
            Settings = Cell != Organics ? SettingsIn(CellSettings ?? "")
                : ((string, string?)[])[("variant", Variant), ("dt_tau_max", DtTauMax), ("time_constants", TimeConstants),
                    ("sigma", Sigma?.ToString("R", CultureInfo.InvariantCulture))] is var all
                ? all.Where(each => each.Item2 is not null).ToDictionary(each => each.Item1, each => each.Item2!) : [],
            Order = Permuted ? new TorchRandom(OrderSeed).Permutation(format.Steps) : null,
            Inputs = standard?.Inputs,
            Targets = standard?.Targets,
            Range = range.Item1 < range.Item2 ? range : (range.Item1 - 0.5, range.Item1 + 0.5),
        };
    }

    // The authors' permutation of pixels is torch.randperm with this seed.
    const ulong OrderSeed = 73;

    /// <summary>What earlier versions knew of images pixel by pixel alone.</summary>
    public static void UpgradeSequence(JsonObject configuration)
        => (configuration["cell"], configuration["sequence"], configuration["read_out"], configuration["standardize"]) = (Organics, Pixels, Last, false);

    // What is given stands over what is there: the kind's numbers for the data.
    static Dictionary<string, string> Over(string? there, string given)
    {
        var settings = SettingsIn(there ?? "");
        foreach (var (name, value) in SettingsIn(given)) settings[name] = value;
        return settings;
    }

    static Dictionary<string, string> SettingsIn(string text)
    {
        var settings = new Dictionary<string, string>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
            if (part.Split('=') is not [var name, var value] || !settings.TryAdd(name.Trim(), value.Trim()))
                throw new FormatException("NAME=VALUE,… is expected, each name once, as in dt=0.05,gamma=2.7.");
        return settings;
    }

    static string Text(IReadOnlyDictionary<string, string> settings) => string.Join(',', settings.Select(each => $"{each.Key}={each.Value}"));

    static double Semisaturation(string text)
        => Setting.Number(text, positive: true) is var sigma && (float)(sigma * sigma) is > 0 and < float.PositiveInfinity ? sigma
            : throw new FormatException("a number whose square single precision holds is expected.");

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
