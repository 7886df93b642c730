using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Organics;

/// <summary>run.json: everything that is needed to repeat a run, and what came of it.</summary>
sealed record RunRecord
{
    public const string File = "run.json";
    const string CurrentFormat = "organics-run-3";

    // What earlier versions wrote: of images in classes alone.
    const string FormerFormat = "organics-run-2";

    // Ten thousand classes' confusion matrix would not fill it.
    const int MostBytes = 1 << 26;

    public string Format { get; init; } = CurrentFormat;

    public required TrainingRun Configuration { get; init; }

    public required DataRecord Data { get; init; }

    public required string Device { get; init; }

    public VersionRecord Versions { get; init; } = VersionRecord.Current;

    /// <summary>Null until the training is done.</summary>
    public TrainingResult? Results { get; init; }

    /// <summary>Reads the record of a run and checks it as the options of the command line are checked.</summary>
    public static RunRecord Read(string folder)
    {
        var path = Path.Combine(folder, File);
        if (string.IsNullOrWhiteSpace(folder) || !System.IO.File.Exists(path))
            throw Failure.Usage($"There is no run in '{folder}', for it has no {File}; name a folder that `organics train` has made.");
        return Parse(path, BoundedRead.OfFile(path, MostBytes)
            ?? throw Failure.Check($"'{path}' has more than {MostBytes} bytes, which no record of a run has; restore it, or train anew."));
    }

    /// <summary>A record from its JSON, checked likewise.</summary>
    /// <param name="path">Where it comes from, for what is said of it.</param>
    /// <param name="json">UTF-8.</param>
    public static RunRecord Parse(string path, byte[] json)
    {
        try
        {
            json = Upgraded(json);
            CheckKeys(path, json);
            var record = JsonSerializer.Deserialize(json, RunJson.Default.RunRecord)!;
            if (record.Configuration.Missing is { } open) throw Failure.Check($"'{path}' lacks \"{open}\" in \"configuration\"; restore it, or train anew.");
            return record with { Configuration = record.Configuration.Checked(), Data = record.Data.Checked(path) };
        }
        catch (JsonException error)
        {
            throw Failure.Check($"'{path}' is damaged{(error.LineNumber is { } line ? $" at line {line + 1}" : "")}"
                + $"{(error.Path is null or "$" ? "" : $", in {error.Path}")}; restore it, or train anew.");
        }
        catch (InvalidOperationException)
        {
            throw Failure.Check($"'{path}' is damaged, for it has text that is not Unicode; restore it, or train anew.");
        }
        catch (Failure error) when (error.Code == ExitCode.Usage)
        {
            throw Failure.Check($"'{path}' holds a configuration that cannot be: {error.Message}");
        }
    }

    static byte[] Upgraded(byte[] json)
    {
        using (var document = JsonDocument.Parse(json, new() { AllowDuplicateProperties = false }))
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("format", out var format)
                || format.ValueKind != JsonValueKind.String || !format.ValueEquals(FormerFormat)) return json;
        var record = JsonNode.Parse(json)!.AsObject();
        record["format"] = CurrentFormat;
        if (record["data"] is JsonObject data) DataRecord.Upgrade(data);
        if (record["configuration"] is JsonObject configuration) TrainingRun.Upgrade(configuration);
        return JsonSerializer.SerializeToUtf8Bytes(record, RunJson.Default.JsonObject);
    }

    // The serializer would take what is missing for null or 0, and has no sentence for a kind of model that is not there.
    static void CheckKeys(string path, byte[] json)
    {
        using var document = JsonDocument.Parse(json, new() { AllowDuplicateProperties = false });
        var root = document.RootElement;
        var format = Text(root, "format");
        if (format != CurrentFormat)
            throw Failure.Check($"'{path}' is of format '{format}', but {CurrentFormat} is expected; use the version of organics that wrote it.");
        Require(RunJson.Default.RunRecord, root, "the record");
        var configuration = root.GetProperty("configuration");
        Require(Text(configuration, "model") switch
        {
            StaticRun.Name => RunJson.Default.StaticRun,
            SequenceRun.Name => RunJson.Default.SequenceRun,
            _ => throw Failure.Check(
                $"'{path}' does not say in \"configuration\" that its \"model\" is {StaticRun.Name} or {SequenceRun.Name}; restore it, or train anew."),
        }, configuration, "\"configuration\"");
        static string? Text(JsonElement of, string key)
            => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString() : null;
        void Require(JsonTypeInfo type, JsonElement element, string where)
        {
            foreach (var property in type.Properties)
                if (property is { Get: not null, IsGetNullable: false } && !element.TryGetProperty(property.Name, out _)) throw Missing(property.Name, where);
        }
        Failure Missing(string key, string where) => Failure.Check($"'{path}' lacks \"{key}\" in {where}; restore it, or train anew.");
    }

    /// <summary>On one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RunJson.Line.RunRecord);

    /// <summary>Writes the record into the folder of its run, all or nothing.</summary>
    public void Write(string folder)
        => AtomicFile.Write(Path.Combine(folder, File), stream => JsonSerializer.Serialize(stream, this, RunJson.Default.RunRecord));
}

/// <summary>What ran.</summary>
sealed record VersionRecord(string Organics, string Runtime, string System)
{
    public static VersionRecord Current { get; } = new(
        typeof(VersionRecord).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
        RuntimeInformation.FrameworkDescription, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
}

/// <summary>What a training came to; stdout has it with --json.</summary>
sealed record TrainingResult
{
    public double? TestAccuracy { get; init; }

    public double? TestMse { get; init; }

    public double? TestR2 { get; init; }

    /// <summary>Null where an earlier version wrote the record, like the next but three.</summary>
    public double? TestLoss { get; init; }

    /// <summary>The best of all epochs, whose parameters were kept.</summary>
    public double? ValAccuracy { get; init; }

    public double? ValMse { get; init; }

    public double? ValR2 { get; init; }

    public double? ValLoss { get; init; }

    /// <summary>The mean of the last epoch, as the training ones below.</summary>
    public required double TrainLoss { get; init; }

    public double? TrainAccuracy { get; init; }

    public double? TrainMse { get; init; }

    public double? TrainR2 { get; init; }

    public required int Epochs { get; init; }

    public required int BestEpoch { get; init; }

    public required long Parameters { get; init; }

    /// <summary>The median, without validation.</summary>
    public required double SecondsPerEpoch { get; init; }

    public required double SamplesPerSecond { get; init; }

    /// <summary>At rest; null where the model rests nowhere.</summary>
    public double? MaxReLambda { get; init; }

    public double? StableFraction { get; init; }

    /// <summary>Along the way that test samples take a cell; null where the model has none.</summary>
    public double? MaxReLambdaCourse { get; init; }

    /// <summary>The share of the steps there that do not contract.</summary>
    public double? StepsOutside { get; init; }

    /// <summary>Of the fixed points; null where the model has none of its own.</summary>
    public double? MaxResidual { get; init; }

    public long? NotConverged { get; init; }

    /// <summary>|λ| of the largest eigenvalue of Wr; null where the model has no recurrence over time.</summary>
    public double? SpectralRadiusWr { get; init; }

    public required string Checkpoint { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>Null where numbers are asked for.</summary>
    public int[][]? Confusion { get; init; }
}

/// <summary>What an evaluation came to; stdout has it with --json.</summary>
sealed record EvalResult(
    double? TestAccuracy, double? TestMse, double? TestR2, double TestLoss, string Data, int Samples,
    double? MaxReLambda, double? StableFraction, double? MaxResidual, long? NotConverged,
    string Checkpoint, LayerCertificateReport[]? Certificates, int[][]? Confusion)
{
    /// <inheritdoc cref="TrainingResult.MaxReLambdaCourse"/>
    public double? MaxReLambdaCourse { get; init; }

    /// <inheritdoc cref="TrainingResult.StepsOutside"/>
    public double? StepsOutside { get; init; }
}

/// <summary>Reads and writes the tool's JSON; NaN, which JSON lacks, is the string "NaN".</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    // The keys of an object have no order: a tool that sorts them leaves a record what it is.
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(EvalResult))]
[JsonSerializable(typeof(PredictionResult))]
[JsonSerializable(typeof(ExportResult))]
[JsonSerializable(typeof(DeviceList))]
[JsonSerializable(typeof(Dictionary<string, Dictionary<string, double>>))]
[JsonSerializable(typeof(CircuitReport))]
[JsonSerializable(typeof(SimulationReport))]
[JsonSerializable(typeof(PhaseReport))]
[JsonSerializable(typeof(SweepReport))]
[JsonSerializable(typeof(CircuitSweepReport))]
[JsonSerializable(typeof(SweepRecord))]
[JsonSerializable(typeof(BifurcateReport))]
[JsonSerializable(typeof(SpectrumReport))]
[JsonSerializable(typeof(FitReport))]
[JsonSerializable(typeof(FalsifyReports))]
[JsonSerializable(typeof(GlobalSearchReports))]
[JsonSerializable(typeof(TableReport))]
sealed partial class RunJson : JsonSerializerContext
{
    /// <summary>For stdout: everything on one line.</summary>
    public static RunJson Line => field ??= new(new JsonSerializerOptions(Default.Options) { WriteIndented = false });
}
