using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Organics;

/// <summary>The data of a run: what each sample is like, how many there are, and SHA-256 of what they hold.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Steps">Time steps of a sample; 1 where it has no time.</param>
/// <param name="Channels">Numbers at each step.</param>
/// <param name="IsImage">Whether they are the pixels of images.</param>
/// <param name="Target">class or numbers.</param>
/// <param name="PerStep">Whether there is a target at each step.</param>
/// <param name="Outputs">Classes, or numbers of a target.</param>
/// <param name="Training">Samples to train on.</param>
/// <param name="Validation">Samples that decide which epoch is kept.</param>
/// <param name="Test">Samples that are reported.</param>
/// <param name="Sha256">By array: of images, of the uncompressed IDX files; of other arrays, of their elements as little-endian doubles.</param>
sealed record DataRecord(
    string Name, int Steps, int Channels, bool IsImage, string Target, bool PerStep, int Outputs, int Training, int Validation, int Test,
    IReadOnlyDictionary<string, string> Sha256)
{
    const string Class = "class", Numbers = "numbers";

    /// <summary>What begins the names of hashes of lengths.</summary>
    public const string LengthKey = "length_";

    /// <summary>In the order of the names.</summary>
    public IReadOnlyDictionary<string, string> Sha256 { get; } = new SortedDictionary<string, string>(Sha256.ToDictionary(), StringComparer.Ordinal);

    // A head of as many classes still fits into memory.
    const int MostOutputs = 65_536;

    /// <summary>What the training inputs are like; null of images, which lie in [0, 1].</summary>
    public DataStatistics? Statistics { get; init; }

    /// <summary>The data of a format.</summary>
    public static DataRecord Of(string name, SampleFormat format, int training, int validation, int test, IReadOnlyDictionary<string, string> sha256)
        => new(
            name, format.Steps, format.Channels, format.IsImage, format.Target == TargetKind.Class ? Class : Numbers, format.PerStep, format.Outputs,
            training, validation, test, sha256);

    /// <summary>What each sample is like.</summary>
    [JsonIgnore]
    public SampleFormat Format => new(Steps, Channels, Target == Class ? TargetKind.Class : TargetKind.Numbers, PerStep, Outputs) { IsImage = IsImage };

    // Of samples without lengths it is that of nothing.
    static readonly string EmptySha256 = Convert.ToHexStringLower(SHA256.HashData([]));

    /// <summary>Whether some samples have a length of their own.</summary>
    [JsonIgnore]
    public bool HasLengths => Sha256.Any(each => each.Key.StartsWith(LengthKey, StringComparison.Ordinal) && each.Value != EmptySha256);

    /// <summary>Whether it is the same data, perhaps by another name.</summary>
    public bool IsSame(DataRecord other)
    {
        static string Json(DataRecord record) => JsonSerializer.Serialize(record with { Name = "" }, RunJson.Line.DataRecord);
        return Json(this) == Json(other);
    }

    /// <summary>The same, if there can be such data.</summary>
    /// <param name="path">The file that says so.</param>
    public DataRecord Checked(string path)
    {
        foreach (var (key, value, most) in (ReadOnlySpan<(string, int, int)>)
            [("steps", Steps, Array.MaxLength), ("channels", Channels, Array.MaxLength / Math.Max(Steps, 1)), ("outputs", Outputs, MostOutputs),
             ("training", Training, Array.MaxLength), ("validation", Validation, Array.MaxLength), ("test", Test, Array.MaxLength)])
            if (value < 1 || value > most) throw Failure.Check($"'{path}' says that \"{key}\" of its data is {value}, but a number from 1 to {most} is "
                + "expected; restore it, or train anew.");
        if (Target is not (Class or Numbers)) throw Failure.Check($"'{path}' says that the \"target\" of its data is '{Target}', but {Class} or {Numbers} "
            + "is expected; restore it, or train anew.");
        if (Statistics is { } s && (s.Mean.Count != Channels || s.Deviation.Count != Channels
            || (Target == Numbers && (s.TargetMean?.Count != Outputs || s.TargetDeviation?.Count != Outputs)) || !s.IsSound))
            throw Failure.Check($"'{path}' has \"statistics\" that do not fit its data of {Channels} channels and {Outputs} outputs; restore it, or train "
                + "anew.");
        return this;
    }

    /// <summary>Puts what earlier versions wrote of images into the form of now.</summary>
    public static void Upgrade(JsonObject data)
    {
        foreach (var (from, to) in (ReadOnlySpan<(string, string)>)[("rows", "steps"), ("columns", "channels"), ("classes", "outputs")])
        {
            if (!data.TryGetPropertyValue(from, out var value)) continue;
            data.Remove(from);
            data[to] = value;
        }
        (data["is_image"], data["target"], data["per_step"]) = (true, Class, false);
        var hashes = new JsonObject();
        foreach (var (from, to) in (ReadOnlySpan<(string, string)>)
            [("train_images_sha256", "x_train"), ("train_labels_sha256", "y_train"), ("test_images_sha256", "x_test"), ("test_labels_sha256", "y_test")])
        {
            if (!data.TryGetPropertyValue(from, out var value)) continue;
            data.Remove(from);
            hashes[to] = value;
        }
        if (hashes.Count == 4) data["sha256"] = hashes;
    }
}

/// <summary>What inputs and numbers asked for are like in training; a deviation is that of the population.</summary>
/// <param name="Mean">Of each channel of the inputs.</param>
/// <param name="Deviation">Of each channel of the inputs.</param>
/// <param name="Least">The least of all inputs.</param>
/// <param name="Most">The largest of all inputs.</param>
sealed record DataStatistics(IReadOnlyList<double> Mean, IReadOnlyList<double> Deviation, double Least, double Most)
{
    /// <summary>Of each number asked for; null where classes are.</summary>
    public IReadOnlyList<double>? TargetMean { get; init; }

    /// <summary>Of each number asked for; null where classes are.</summary>
    public IReadOnlyList<double>? TargetDeviation { get; init; }

    // Of numbers that a cell takes as they are.
    const double FarMean = 2, SmallDeviation = 0.2, LargeDeviation = 5;

    public static DataStatistics Of(SampleSet samples)
    {
        var inputs = InputStatistics.Of(samples);
        var targets = samples.Format.Target == TargetKind.Numbers ? TargetStatistics.Of(samples) : null;
        return new(inputs.Mean, inputs.Deviation, inputs.Least, inputs.Most) { TargetMean = targets?.Mean, TargetDeviation = targets?.Deviation };
    }

    /// <summary>Whether all of it can be.</summary>
    [JsonIgnore]
    public bool IsSound => Mean.Concat(TargetMean ?? []).Concat([Least, Most]).All(double.IsFinite)
        && Deviation.Concat(TargetDeviation ?? []).All(d => d >= 0 && double.IsFinite(d)) && Least <= Most;

    /// <summary>Which of inputs and targets are far from 0 or from numbers of order 1, in words; null where neither are.</summary>
    [JsonIgnore]
    public string? Far => (IsFar(Mean, Deviation), TargetMean is not null && IsFar(TargetMean, TargetDeviation!)) switch
    {
        (true, true) => "inputs and targets",
        (true, false) => "inputs",
        (false, true) => "targets",
        _ => null,
    };

    /// <summary>Which makes inputs of mean 0 and deviation 1; what never changes keeps its scale.</summary>
    [JsonIgnore]
    public Standardization Inputs => new(Mean, Scales(Deviation));

    /// <summary>The same for numbers asked for; null where there are none.</summary>
    [JsonIgnore]
    public Standardization? Targets => TargetMean is null ? null : new(TargetMean, Scales(TargetDeviation!));

    static double[] Scales(IReadOnlyList<double> deviations) => [.. deviations.Select(d => d > 0 ? d : 1)];

    static bool IsFar(IReadOnlyList<double> mean, IReadOnlyList<double> deviation)
        => mean.Zip(deviation).Any(each => Math.Abs(each.First) > FarMean || (each.Second > 0 && each.Second is < SmallDeviation or > LargeDeviation));
}
