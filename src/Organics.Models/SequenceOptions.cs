using System.Globalization;

namespace Organics;

/// <summary>What of a cell's course the read-out sees.</summary>
public enum ReadOut
{
    /// <summary>Its state after the last step of the sample.</summary>
    Last,

    /// <summary>Its state after each step.</summary>
    EveryStep,

    /// <summary>The mean of its states over the steps of the sample.</summary>
    Mean,
}

/// <summary>x ↦ (x − mean)/scale, channel by channel or output by output.</summary>
/// <param name="Mean">What becomes 0.</param>
/// <param name="Scale">What becomes 1, each above 0.</param>
public sealed record Standardization(IReadOnlyList<double> Mean, IReadOnlyList<double> Scale)
{
    /// <summary>As numbers "mean…; scale…", exact.</summary>
    public override string ToString() => $"{Text(Mean)}; {Text(Scale)}";

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">It is not of so many finite numbers, with scales above 0.</exception>
    public static Standardization Parse(string text, int count)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(';');
        double[][] numbers = [.. parts.Select(part => part.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(number => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture)).ToArray())];
        return numbers is [var mean, var scale] && mean.Length == count && scale.Length == count && mean.All(double.IsFinite)
            && scale.All(s => s > 0 && double.IsFinite(s))
            ? new(mean, scale) : throw new FormatException($"a standardisation of {count} finite means and as many scales above 0 is expected.");
    }

    static string Text(IReadOnlyList<double> numbers) => string.Join(' ', numbers.Select(x => x.ToString("R", CultureInfo.InvariantCulture)));
}

/// <summary>What a sequence model is made of, besides its parameters.</summary>
public sealed record SequenceOptions
{
    /// <summary>The kind of cell, one of <see cref="CellKind.All"/>.</summary>
    public string Cell { get; init; } = "organics";

    /// <summary>Numbers in each part of the cell's state.</summary>
    public int Units { get; init; } = 64;

    /// <summary>Layers of such cells, one above the other; the read-out sees the highest.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>
    /// What it expects, read step by step: an image may be a sequence of pixels (784 steps of 1 channel) or of rows (28 steps of 28), for both are the same
    /// numbers in the same order.
    /// </summary>
    public SampleFormat Format { get; init; } = new(784, 1, TargetKind.Class, PerStep: false, 10);

    /// <summary>What the read-out sees; each step where targets are at each step.</summary>
    public ReadOut ReadOut { get; init; } = ReadOut.Last;

    /// <summary>Whether the read-out sees, beside the state y of each unit, its firing rate ⌊y⌋².</summary>
    public bool Rates { get; init; }

    /// <summary>Numbers that the read-out sees at a time.</summary>
    internal int Seen => Rates ? 2 * Units : Units;

    /// <summary>The step of the sample that each step shows; null for their own order.</summary>
    public IReadOnlyList<int>? Order { get; init; }

    /// <summary>The settings of the cell's kind; those that are not given are what its kind says for so many steps.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>How inputs are standardised, channel by channel; null for not at all.</summary>
    public Standardization? Inputs { get; init; }

    /// <summary>How the numbers asked for are standardised inside, output by output; null for not at all.</summary>
    public Standardization? Targets { get; init; }

    /// <summary>The least and the largest number that the cell is shown in training: between them it is examined under constant inputs.</summary>
    public (double Least, double Most) Range { get; init; } = (0, 1);

    /// <summary>The most layers: no one has used more, and a damaged file may ask for any number.</summary>
    internal const int MostLayers = 100;

    /// <summary>The kind of cell.</summary>
    public CellKind Kind => CellKind.Parse(Cell);

    /// <summary>All settings of the cell's kind.</summary>
    /// <exception cref="FormatException">One was given that the kind lacks.</exception>
    internal IReadOnlyDictionary<string, string> AllSettings
    {
        get
        {
            var all = new Dictionary<string, string>(Kind.Settings(Format.Steps));
            foreach (var (key, text) in Settings)
                all[key] = all.ContainsKey(key) ? text
                    : throw new FormatException(
                        $"a cell of kind {Cell} has no setting '{key}'{(all.Count == 0 ? "" : $"; it has {string.Join(", ", all.Keys)}")}.");
            return all;
        }
    }

    /// <summary>The options, if there can be such a model.</summary>
    /// <exception cref="FormatException">Something makes no sense, in words.</exception>
    public SequenceOptions Checked()
    {
        Kind.Check(AllSettings);
        if (Layers is < 1 or > MostLayers) throw new FormatException($"there are {Layers} layers, but 1 to {MostLayers} are expected.");
        if (Units < 1 || Format.Steps < 1 || Format.Channels < 1 || Format.Outputs < 1)
            throw new FormatException($"{Units} units for {Format}: each number must be 1 or more.");
        if ((long)Format.Steps * Format.Channels > Array.MaxLength)
            throw new FormatException($"a sample of {Format.Steps} steps of {Format.Channels} channels is too large.");
        if (Order is not null && !(Order.Count == Format.Steps && Order.Order().SequenceEqual(Enumerable.Range(0, Format.Steps))))
            throw new FormatException($"the order has {Order.Count} entries, but must name each of the {Format.Steps} steps once.");
        if (Order is not null && Format.PerStep)
            throw new FormatException("the steps come in an order of their own, but an answer is asked for at each; leave the order out.");
        if (Format.PerStep != (ReadOut == ReadOut.EveryStep))
            throw new FormatException($"the read-out is of {ReadOut}, but {(Format.PerStep ? "every step is asked for" : "one answer is asked for")}.");
        if (Inputs is not null && Inputs.Mean.Count != Format.Channels)
            throw new FormatException($"the inputs' standardisation has {Inputs.Mean.Count} means for {Format.Channels} channels.");
        if (Targets is not null && (Format.Target == TargetKind.Class || Targets.Mean.Count != Format.Outputs))
            throw new FormatException($"the targets' standardisation has {Targets.Mean.Count} means for {Format}.");
        if (!(Range.Least < Range.Most && double.IsFinite(Range.Least) && double.IsFinite(Range.Most)))
            throw new FormatException($"the range of the inputs is {Range.Least} to {Range.Most}.");
        return this;
    }

    /// <summary>All of it as text, for the header of a checkpoint.</summary>
    public IReadOnlyDictionary<string, string> ToMetadata()
    {
        var text = new Dictionary<string, string>
        {
            ["format"] = "organics-model-1",
            ["model"] = "sequence",
            ["cell"] = Cell,
            ["units"] = Whole(Units),
            ["layers"] = Whole(Layers),
            ["steps"] = Whole(Format.Steps),
            ["channels"] = Whole(Format.Channels),
            [Format.Target == TargetKind.Class ? "classes" : "outputs"] = Whole(Format.Outputs),
            ["read_out"] = ReadOut switch { ReadOut.Last => "last", ReadOut.Mean => "mean", _ => "every-step" },
            ["input_range"] = string.Create(CultureInfo.InvariantCulture, $"{Range.Least:R} {Range.Most:R}"),
        };
        foreach (var (key, value) in AllSettings) text[key] = value;
        if (Rates) text["rates"] = "true";
        if (Order is not null) text["order"] = string.Join(' ', Order.Select(Whole));
        if (Inputs is not null) text["standardize_inputs"] = $"{Inputs}";
        if (Targets is not null) text["standardize_targets"] = $"{Targets}";
        return text;

        static string Whole(int n) => n.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Reads what <see cref="ToMetadata"/> wrote, and what earlier versions wrote of the paper's classifier.</summary>
    /// <exception cref="CheckpointException">Something is missing or makes no sense.</exception>
    public static SequenceOptions FromMetadata(IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        string? May(string key) => metadata.GetValueOrDefault(key);
        string Text(string key) => May(key) ?? throw new CheckpointException($"The checkpoint lacks '{key}' in its header; it is no sequence model's.");
        int Whole(string key, int? otherwise = null) => otherwise is { } standard && May(key) is null ? standard
            : int.TryParse(Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n
            : throw new CheckpointException($"The checkpoint has '{key}' = '{Text(key)}' where a whole number above 0 is expected; it is damaged.");
        if (Text("model") != "sequence")
            throw new CheckpointException(
                $"The checkpoint is of a model '{Text("model")}', but 'sequence' is expected; give one of `organics train sequence`.");
        try
        {
            var readOut = (May("read_out") ?? "last") switch
            {
                "last" => ReadOut.Last,
                "mean" => ReadOut.Mean,
                "every-step" => ReadOut.EveryStep,
                var other => throw new FormatException($"read_out is '{other}', not last, mean or every-step."),
            };
            var isClass = May("outputs") is null;
            var kind = CellKind.Parse(May("cell") ?? "organics");
            var format = new SampleFormat(Whole("steps"), Whole("channels", 1), isClass ? TargetKind.Class : TargetKind.Numbers, readOut == ReadOut.EveryStep,
                Whole(isClass ? "classes" : "outputs"));
            var range = (May("input_range") ?? "0 1").Split(' ');
            return new SequenceOptions
            {
                Cell = kind.Name,
                Units = Whole("units"),
                Layers = Whole("layers", 1),
                Format = format,
                ReadOut = readOut,
                Rates = May("rates") switch { null => false, "true" => true, var other => throw new FormatException($"rates is '{other}', not true.") },
                Settings = kind.Settings(format.Steps).Keys.ToDictionary(key => key, key => May(key) ?? kind.Unsaid(key) ?? Text(key)),
                Order = May("order") is { } order ? [.. order.Split(' ').Select(i => int.Parse(i, NumberStyles.None, CultureInfo.InvariantCulture))] : null,
                Inputs = May("standardize_inputs") is { } inputs ? Standardization.Parse(inputs, format.Channels) : null,
                Targets = May("standardize_targets") is { } targets ? Standardization.Parse(targets, format.Outputs) : null,
                Range = range.Length == 2 ? (double.Parse(range[0], CultureInfo.InvariantCulture), double.Parse(range[1], CultureInfo.InvariantCulture))
                    : throw new FormatException("input_range is no pair of numbers."),
            }.Checked();
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            throw new CheckpointException($"The checkpoint's header is damaged: {error.Message}");
        }
    }
}
