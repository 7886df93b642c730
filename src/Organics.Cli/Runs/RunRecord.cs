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

    /// <summary>Of the record itself: organics-run-3.</summary>
    public string Format { get; init; } = CurrentFormat;

    /// <summary>What was asked for, every option with its value.</summary>
    public required TrainingRun Configuration { get; init; }

    /// <summary>What it was trained on.</summary>
    public required DataRecord Data { get; init; }

    /// <summary>What computed.</summary>
    public required string Device { get; init; }

    /// <summary>What ran.</summary>
    public VersionRecord Versions { get; init; } = VersionRecord.Current;

    /// <summary>How it began; null where an earlier version wrote the record.</summary>
    public OriginRecord? Origin { get; init; }

    /// <summary>How the network grew before its first epoch; null where it did not.</summary>
    public GrowthRecord? Growth { get; init; }

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

/// <summary>The growth of a network before its first epoch.</summary>
/// <param name="Updates">Of all its stages.</param>
/// <param name="Samples">That these saw, one after another.</param>
/// <param name="NotConverged">For how many of them no steady state was found.</param>
/// <param name="Seconds">The time it took.</param>
sealed record GrowthRecord(long Updates, long Samples, long NotConverged, double Seconds);

/// <summary>What ran.</summary>
/// <param name="Organics">Of the command.</param>
/// <param name="Runtime">Of .NET.</param>
/// <param name="System">The operating system and the architecture of the processor.</param>
sealed record VersionRecord(string Organics, string Runtime, string System)
{
    public static VersionRecord Current { get; } = new(
        typeof(VersionRecord).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
        RuntimeInformation.FrameworkDescription, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");

    /// <summary>Names versions, of which some differ, by what tells them apart.</summary>
    public static string[] Apart(IReadOnlyList<VersionRecord> all)
    {
        Func<VersionRecord, string>[] members = [v => $"organics {v.Organics}", v => v.Runtime, v => v.System];
        Func<VersionRecord, string>[] telling = [.. members.Where(member => all.Select(member).Distinct().Skip(1).Any())];
        return [.. all.Select(version => string.Join(", ", telling.Select(member => member(version))))];
    }
}

/// <summary>How a run began.</summary>
/// <param name="Date">When: UTC, ISO 8601.</param>
/// <param name="Processor">On which processor.</param>
/// <param name="Command">By which command line; a recorded row of a table lacks it.</param>
sealed record OriginRecord(string Date, string Processor, string? Command = null)
{
    public static OriginRecord Now => new(
        DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture), Device.Cpu.Name,
        string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Select(ShellWord.OfArgument).Prepend("organics")));
}

/// <summary>What a training came to; stdout has it with --json.</summary>
sealed record TrainingResult
{
    /// <summary>The share of test samples in their class, with the parameters of the best epoch; where classes are asked for.</summary>
    public double? TestAccuracy { get; init; }

    /// <summary>The mean squared error on the test samples; where numbers are asked for.</summary>
    public double? TestMse { get; init; }

    /// <summary>The explained share of variance on the test samples; where numbers are asked for.</summary>
    public double? TestR2 { get; init; }

    /// <summary>The loss on the test samples; null where an earlier version wrote the record, as are the loss of validation and both kinds of metrics of
    /// training.</summary>
    public double? TestLoss { get; init; }

    /// <summary>The accuracy on the validation samples in the best epoch, whose parameters were kept.</summary>
    public double? ValAccuracy { get; init; }

    /// <summary>The mean squared error on them.</summary>
    public double? ValMse { get; init; }

    /// <summary>The explained share of variance on them.</summary>
    public double? ValR2 { get; init; }

    /// <summary>The loss on them.</summary>
    public double? ValLoss { get; init; }

    /// <summary>The mean loss of the last epoch.</summary>
    public required double TrainLoss { get; init; }

    /// <summary>The mean accuracy of the last epoch.</summary>
    public double? TrainAccuracy { get; init; }

    /// <summary>The mean squared error of the last epoch.</summary>
    public double? TrainMse { get; init; }

    /// <summary>The explained share of variance in the last epoch.</summary>
    public double? TrainR2 { get; init; }

    /// <summary>How many were trained.</summary>
    public required int Epochs { get; init; }

    /// <summary>The one that validated best, from 1.</summary>
    public required int BestEpoch { get; init; }

    /// <summary>How many numbers were learned.</summary>
    public required long Parameters { get; init; }

    /// <summary>The median, without validation.</summary>
    public required double SecondsPerEpoch { get; init; }

    /// <summary>Training samples in that time.</summary>
    public required double SamplesPerSecond { get; init; }

    /// <summary>The largest real part of an eigenvalue at rest, in the unit that the summary names; null where the model rests nowhere.</summary>
    public double? MaxReLambda { get; init; }

    /// <summary>The share of the examined states of rest that are stable.</summary>
    public double? StableFraction { get; init; }

    /// <summary>The largest real part along the way that test samples take a cell; null where the model has none.</summary>
    public double? MaxReLambdaCourse { get; init; }

    /// <summary>The share of the steps there that do not contract.</summary>
    public double? StepsOutside { get; init; }

    /// <summary>The largest relative residual of a fixed point; null where the model has none of its own.</summary>
    public double? MaxResidual { get; init; }

    /// <summary>At how many states of rest eigenvalues lie nearer to the margin than they are known; null where nothing was examined, or by an earlier
    /// version.</summary>
    public long? Undecided { get; init; }

    /// <summary>For how many test samples, or constant inputs, no state of rest was found.</summary>
    public long? NotConverged { get; init; }

    /// <summary>How often no state of rest was found in training, of samples over all epochs and a growth before them, each layer counted; null where none is sought, or by an earlier
    /// version.</summary>
    public long? NotConvergedTraining { get; init; }

    /// <summary>|λ| of the largest eigenvalue of Wr; null where the model has no recurrence over time.</summary>
    public double? SpectralRadiusWr { get; init; }

    /// <summary>The file of the model.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Of initial values and order.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Test samples of each true class (rows) by the class given (columns); null where numbers are asked for.</summary>
    public int[][]? Confusion { get; init; }
}

/// <summary>What an evaluation came to; stdout has it with --json.</summary>
/// <param name="TestAccuracy">The share of test samples in their class; where classes are asked for.</param>
/// <param name="TestMse">The mean squared error; where numbers are asked for.</param>
/// <param name="TestR2">The explained share of variance; where numbers are asked for.</param>
/// <param name="TestLoss">The loss.</param>
/// <param name="Data">The data set.</param>
/// <param name="Samples">How many test samples it has.</param>
/// <param name="MaxReLambda">The largest real part of an eigenvalue at rest; null where the model rests nowhere.</param>
/// <param name="StableFraction">The share of the examined states of rest that are stable.</param>
/// <param name="MaxResidual">The largest relative residual of a fixed point; null where the model has none of its own.</param>
/// <param name="NotConverged">For how many test samples, or constant inputs, no state of rest was found.</param>
/// <param name="Checkpoint">The file of the model.</param>
/// <param name="Certificates">What is certified of each layer of circuits.</param>
/// <param name="Confusion">Test samples of each true class (rows) by the class given (columns); null where numbers are asked for.</param>
sealed record EvalResult(
    double? TestAccuracy, double? TestMse, double? TestR2, double TestLoss, string Data, int Samples,
    double? MaxReLambda, double? StableFraction, double? MaxResidual, long? NotConverged,
    string Checkpoint, LayerCertificateReport[]? Certificates, int[][]? Confusion)
{
    /// <inheritdoc cref="TrainingResult.MaxReLambdaCourse"/>
    public double? MaxReLambdaCourse { get; init; }

    /// <inheritdoc cref="TrainingResult.StepsOutside"/>
    public double? StepsOutside { get; init; }

    /// <inheritdoc cref="TrainingResult.Undecided"/>
    public long? Undecided { get; init; }
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
[JsonSerializable(typeof(PartHead))]
[JsonSerializable(typeof(Part<SweepReport>))]
[JsonSerializable(typeof(Part<FalsifyReports>))]
[JsonSerializable(typeof(Part<GlobalSearchReports>))]
[JsonSerializable(typeof(BifurcateReport))]
[JsonSerializable(typeof(SpectrumReport))]
[JsonSerializable(typeof(FitReport))]
[JsonSerializable(typeof(FalsifyReports))]
[JsonSerializable(typeof(GlobalSearchReports))]
[JsonSerializable(typeof(TableReport))]
[JsonSerializable(typeof(PortraitsReport))]
[JsonSerializable(typeof(ConvergenceReport))]
[JsonSerializable(typeof(SpectraReport))]
[JsonSerializable(typeof(ActivityReport))]
[JsonSerializable(typeof(DataSetsReport))]
[JsonSerializable(typeof(SamplesReport))]
sealed partial class RunJson : JsonSerializerContext
{
    /// <summary>For parts, which are read again as they are: what is null is written, too.</summary>
    public static RunJson Parts => field ??= new(new JsonSerializerOptions(Default.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.Never });

    /// <summary>For stdout: everything on one line.</summary>
    public static RunJson Line => field ??= new(new JsonSerializerOptions(Default.Options) { WriteIndented = false });
}
