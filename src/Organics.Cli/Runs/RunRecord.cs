using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Organics;

/// <summary>run.json: everything that is needed to repeat a run, and what came of it.</summary>
sealed record RunRecord
{
    public const string File = "run.json";
    const string CurrentFormat = "organics-run-2";

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
        if (!System.IO.File.Exists(path)) throw Failure.Usage($"There is no run in '{folder}', for it has no {File}; name a folder that `organics train` has made.");
        return Parse(path, System.IO.File.ReadAllBytes(path));
    }

    /// <summary>A record from its JSON, checked likewise.</summary>
    /// <param name="path">Where it comes from, for what is said of it.</param>
    /// <param name="json">UTF-8.</param>
    public static RunRecord Parse(string path, byte[] json)
    {
        try
        {
            var record = JsonSerializer.Deserialize(json, RunJson.Default.RunRecord);
            if (record is not { Format: CurrentFormat }) throw Failure.Check($"'{path}' is of format '{record?.Format}', but {CurrentFormat} is expected; use the version of organics that wrote it.");
            return record with { Configuration = record.Configuration.Checked() };
        }
        catch (JsonException error)
        {
            throw Failure.Check($"'{path}' is damaged at line {error.LineNumber + 1}; restore it, or train anew.");
        }
        catch (Failure error) when (error.Code == ExitCode.Usage)
        {
            throw Failure.Check($"'{path}' holds a configuration that cannot be: {error.Message}");
        }
    }

    /// <summary>On one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RunJson.Line.RunRecord);

    /// <summary>Writes the record into the folder of its run, all or nothing.</summary>
    public void Write(string folder) => AtomicFile.Write(Path.Combine(folder, File), stream => JsonSerializer.Serialize(stream, this, RunJson.Default.RunRecord));
}

/// <summary>The data of a run: sizes, and SHA-256 of the uncompressed IDX files.</summary>
sealed record DataRecord(
    string Name, int Rows, int Columns, int Classes, int Training, int Validation, int Test,
    string TrainImagesSha256, string TrainLabelsSha256, string TestImagesSha256, string TestLabelsSha256);

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
    public required double TestAccuracy { get; init; }

    /// <summary>The best of all epochs, whose parameters were kept.</summary>
    public required double ValAccuracy { get; init; }

    /// <summary>The mean of the last epoch.</summary>
    public required double TrainLoss { get; init; }

    public required int Epochs { get; init; }

    public required int BestEpoch { get; init; }

    public required long Parameters { get; init; }

    /// <summary>The median, without validation.</summary>
    public required double SecondsPerEpoch { get; init; }

    public required double SamplesPerSecond { get; init; }

    public required double MaxReLambda { get; init; }

    public required double StableFraction { get; init; }

    /// <summary>Of the fixed points; null where the model has none of its own.</summary>
    public double? MaxResidual { get; init; }

    public long? NotConverged { get; init; }

    /// <summary>|λ| of the largest eigenvalue of Wr; null where the model has no recurrence over time.</summary>
    public double? SpectralRadiusWr { get; init; }

    public required string Checkpoint { get; init; }

    public required ulong Seed { get; init; }

    public required int[][] Confusion { get; init; }
}

/// <summary>What an evaluation came to; stdout has it with --json.</summary>
sealed record EvalResult(
    double TestAccuracy, double TestLoss, string Data, int Images, double MaxReLambda, double StableFraction, double? MaxResidual, long? NotConverged,
    string Checkpoint, LayerCertificateReport[]? Certificates, int[][] Confusion);

/// <summary>Reads and writes the tool's JSON; NaN, which JSON lacks, is the string "NaN".</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(EvalResult))]
[JsonSerializable(typeof(DeviceList))]
[JsonSerializable(typeof(Dictionary<string, Dictionary<string, double>>))]
[JsonSerializable(typeof(CircuitReport))]
[JsonSerializable(typeof(SimulationReport))]
[JsonSerializable(typeof(PhaseReport))]
[JsonSerializable(typeof(SweepReport))]
[JsonSerializable(typeof(FalsifyReports))]
sealed partial class RunJson : JsonSerializerContext
{
    /// <summary>For stdout: everything on one line.</summary>
    public static RunJson Line => field ??= new(new JsonSerializerOptions(Default.Options) { WriteIndented = false });
}
