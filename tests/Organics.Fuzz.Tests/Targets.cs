using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using System.Numerics;
using System.Text;

namespace Organics.Tests;

/// <summary>A parser of what comes from outside.</summary>
/// <param name="Name">Its name, and its folder in the corpus.</param>
/// <param name="Words">What its language has.</param>
/// <param name="IsDocumented">Whether it may throw this.</param>
/// <param name="Run">Feeds it, and checks what it accepts; whether it accepted.</param>
sealed record Target(string Name, string[] Words, Func<Exception, bool> IsDocumented, Func<byte[], bool> Run)
{
    /// <summary>Whether eight bytes of a header's length come first.</summary>
    public bool HasHeaderLength { get; init; }

    /// <summary>The files of the corpus, in the order of their names.</summary>
    public IReadOnlyList<byte[]> Corpus => field ??=
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Corpus", Name)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
}

static class Targets
{
    static readonly string[] CircuitKeys = ["\"n\"", "\"z\"", "\"b\"", "\"b0\"", "\"sigma\"", "\"tauY\"", "\"tauA\"", "\"W\"", "\"Wr\"", "[[1, 0.5], [0.5, 1]]", "[1, 2]"];
    static readonly string[] TensorWords = ["\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F32\"", "\"F64\"", "\"BF16\"", "\"F16\"", "\"BOOL\"", "\"U64\"", "\"F8_E4M3\"", "[0,4]", "[4,8]", "[2,2]"];
    static readonly string[] NpyWords = ["'descr'", "'fortran_order'", "'shape'", "True", "False", "'<f8'", "'>f4'", "'|b1'", "'<i8'", "'|O'", "'<U5'", "()", "(3,)", "(2, 3)", "(0, 3)"];
    static readonly string[] CertificateWords =
        ["\"theorem\"", "\"hypotheses\"", "\"margin\"", "\"conclusion\"", "\"circuit_sha256\"", "\"largest_drive\"", "\"attraction\"", "\"global\"", "\"factor\"", "\"statement\"", "\"holds\"", .. Enum.GetNames<StabilityTheorem>().Select(name => $"\"{name}\"")];

    public static IReadOnlyList<Target> All { get; } =
    [
        new("safetensors", TensorWords, error => error is CheckpointException, SafeTensorsFile) { HasHeaderLength = true },
        new("idx", ["\0\0\b\u0001", "\0\0\b\u0003"], error => error is InvalidDataException, Idx),
        new("gzip", ["\u001f", "\0\0\0\0"], error => error is InvalidDataException, Gzip),
        new("npy", NpyWords, error => error is InvalidDataException, NpyFile),
        new("npz", ["PK\u0001\u0002", "PK\u0003\u0004", "PK\u0005\u0006", "PK\u0006\u0006", "PK\u0006\u0007", "\u0008\0", "x.npy", .. NpyWords], error => error is InvalidDataException, NpzFile),
        new("csv", ["file", "target", "target1", "target2", "part", "train", "val", "test", "mask", "1.csv", "\f", "../1.csv", "\"\"", "\r\n", "1e5", "-0"], error => error is InvalidDataException or DataUnavailableException, CsvFiles),
        new("numbers", ["t", "z0", "z1", "\r\n", "1e5", "-0", "NaN", ",,", "\uFEFF"], error => error is Failure, Numbers),
        new("stimulus", ["step:", "pulse:", "ramp:", "sine:", "hold:", "at=", "by=", "for=", "from=", "until=", "period=", "phase=", "units=", "0-3+7", "1e300", "Infinity"],
            error => error is Failure, Stimuli),
        new("circuit", CircuitKeys, error => error is InvalidDataException, Circuit),
        new("certificate", CertificateWords, error => error is InvalidDataException, Certificate),
        new("run", ["\"model\"", "\"static\"", "\"sequence\"", "\"hidden\"", "\"data\"", "\"schedule\"", "\"configuration\"", "\"constant\"", "\"step:1:0.5\""], error => error is Failure, Run),
        new("metrics", ["\"step\"", "\"train_loss\"", "\"seconds\"", "\"NaN\"", "\"-Infinity\"", "{\"step\":1}\n"], error => error is InvalidDataException, Metrics),
        new("states", ["\"epoch\"", "\"best_epoch\"", "\"steps\"", "\"loss_sum\"", "\"seed\"", "\"parameters/weight\"", "\"F64\"", .. TensorWords], error => error is CheckpointException, State) { HasHeaderLength = true },
        new("sequence", ["\"units\"", "\"steps\"", "\"order\"", "\"variant\"", "\"paper\"", "\"dt_tau_max\"", "\"y=0.02,a=0.005,b=0.1\"", "\"stability_examination\""], error => error is CheckpointException, Sequence) { HasHeaderLength = true },
        new("options", ["--epochs", "--hidden", "50,60", "--schedule", "cosine:3", "step:2:0.5", "--device", "cuda:1", "--dt-tau-max", "y=1,a=1,b=1", "--wr", "train", "static", "sequence", "--json", "--seed"], error => error is Failure, Options),
    ];

    static bool SafeTensorsFile(byte[] input)
    {
        var file = SafeTensors.Parse(input, "input");
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, file.Tensors, file.Metadata);
        var again = SafeTensors.Parse(stream.ToArray(), "again");
        Assert.Equal(file.Metadata, again.Metadata);
        Assert.Equal(file.Tensors.Count, again.Tensors.Count);
        foreach (var tensor in file.Tensors)
        {
            var other = again[tensor.Name];
            Assert.Equal(tensor.TypeName, other.TypeName);
            Assert.Equal(tensor.Shape, other.Shape);
            Assert.True(tensor.Data.Span.SequenceEqual(other.Data.Span));
            if (tensor.Type != NumberType.Other) tensor.ToConverted<double>();
        }
        return true;
    }

    static bool Idx(byte[] input)
    {
        var isImages = input.Length > 3 && input[3] == 3;
        var array = Organics.Idx.Read(new MemoryStream(input), isImages ? Organics.Idx.ImagesMagic : Organics.Idx.LabelsMagic, "input");
        Assert.Equal(array.Data.Length, array.Dimensions.Aggregate(1, (product, length) => product * length));
        Assert.Equal(array.Data, Numbers<byte>(Organics.Idx.ReadArray(new MemoryStream(input), new MemoryBytes<byte>(input), "input")));
        return true;
    }

    static T[] Numbers<T>(NumberArray array) where T : unmanaged, INumber<T>
    {
        var numbers = new T[array.Length];
        array.Read<T>(0, numbers);
        return numbers;
    }

    static bool NpyFile(byte[] input) => IsKept(Npy.Parse(input, "input"));

    // What is accepted has its length, and outlives a way through a file.
    static bool IsKept(NumberArray array)
    {
        Assert.Equal(array.Length, array.Shape.Contains(0) ? 0 : array.Shape.Aggregate(1L, (product, length) => product * length));
        using var stream = new MemoryStream();
        Npy.Write(stream, array);
        var again = Npy.Parse(stream.ToArray(), "again");
        Assert.Equal(array.Shape, again.Shape);
        Assert.Equal(array.Type, again.Type);
        Assert.Equal(Numbers<double>(array), Numbers<double>(again));
        return true;
    }

    static bool NpzFile(byte[] input) => Npz.Parse(input, "input").Values.All(IsKept);

    // The list and, after form feeds, the files 1.csv, 2.csv, ….
    static bool CsvFiles(byte[] input)
    {
        var files = new List<byte[]>();
        for (var rest = input.AsSpan(); ;)
        {
            var end = rest.IndexOf((byte)'\f');
            files.Add(rest[..(end < 0 ? rest.Length : end)].ToArray());
            if (end < 0) break;
            rest = rest[(end + 1)..];
        }
        var arrays = CsvFolder.Read("", path => (path == CsvFolder.ListFile ? 0 : int.TryParse(path.AsSpan(0, path.IndexOf('.', StringComparison.Ordinal) is var dot and > 0 ? dot : 0), NumberStyles.None, CultureInfo.InvariantCulture, out var k) ? k : files.Count) is var index && index < files.Count
            ? new MemoryStream(files[index]) : throw new DataUnavailableException("There is none."));
        foreach (var (name, array) in arrays)
        {
            var one = new double[1];
            for (var k = 0L; k < array.Length; k += Math.Max(1, array.Length / 100)) array.Read<double>(k, one);
            Assert.Equal(array.Shape[0], arrays[$"length{name[name.IndexOf('_', StringComparison.Ordinal)..]}"].Shape[0]);
        }
        return true;
    }

    static bool Gzip(byte[] input)
    {
        // What is packed well may be anything, and so may what is not.
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(input);
        try
        {
            Idx(packed.ToArray());
        }
        catch (InvalidDataException)
        {
        }
        return Organics.Idx.Read(new MemoryStream(input), Organics.Idx.ImagesMagic, "input").Data.Length > 0;
    }

    static bool Circuit(byte[] input)
    {
        var circuit = CircuitFile.OfUtf8(input, "input");
        var json = CircuitFile.ToJson(circuit);
        Assert.Equal(json, CircuitFile.ToJson(CircuitFile.Parse(json)));
        foreach (var certificate in (StabilityCertificate[])[StabilityCertificate.Of(circuit), StabilityCertificate.OfFamily(circuit, 1)])
            Assert.True(StabilityCertificate.Parse(certificate.ToJson()).IsOf(circuit), "A certificate that outlives no way through text.");
        return true;
    }

    static readonly Circuit Certified = new([0.5, 0], [1, 1], [1, 1], [1, 1], [1, 1], [1, 1], [1, 0.5, 0.5, 1], [1, 0, 0, 1]);

    // A table is a course of z, or not.
    static bool Numbers(byte[] input)
    {
        var table = NumberTable.Parse(input, "input", "--stimulus");
        for (var row = 0; row < table.Rows; row++)
            for (var column = 0; column < table.Width(row); column++) Assert.True(double.IsFinite(table[row, column]));
        return table.Columns is null || table.Column("t") >= 0;
    }

    // One a line; what is accepted has finite values and rising changes.
    static bool Stimuli(byte[] input)
    {
        var stimulus = StimulusText.Of(Encoding.UTF8.GetString(input).Split('\n'), 4);
        for (var i = 1; i < stimulus.Discontinuities.Count; i++) Assert.True(stimulus.Discontinuities[i] > stimulus.Discontinuities[i - 1]);
        Assert.All(stimulus.Discontinuities, t => Assert.True(double.IsFinite(t)));
        foreach (var t in (double[])[-1, 0, 12, .. stimulus.Discontinuities])
        {
            var sum = new double[4];
            stimulus.Add(t, [1, 1, 1, 1], sum);
            Assert.DoesNotContain(double.NaN, sum);
        }
        return true;
    }

    static bool Certificate(byte[] input)
    {
        var certificate = StabilityCertificate.Parse(Encoding.UTF8.GetString(input));
        if (certificate.IsOf(Certified))
        {
            var derived = certificate.LargestDrive is { } drive ? StabilityCertificate.OfFamily(Certified, drive) : StabilityCertificate.Of(Certified);
            // One of before says nothing of attraction.
            Assert.Equal((certificate.Attraction is null ? derived with { Attraction = null } : derived).ToJson(), certificate.ToJson());
        }
        return true;
    }

    static bool Run(byte[] input)
    {
        var record = RunRecord.Parse("input", input);
        Assert.Equal(record.ToJson(), RunRecord.Parse("again", Encoding.UTF8.GetBytes(record.ToJson())).ToJson());
        Assert.NotEmpty(Train.ResumeCommand(record.Configuration, "runs/x"));
        return true;
    }

    static bool Metrics(byte[] input)
    {
        var rows = MetricsLog.Rows(input, "input");
        for (var i = 1; i < rows.Count; i++) Assert.True(rows[i].Step > rows[i - 1].Step);
        return rows.Count > 0;
    }

    static bool State(byte[] input)
    {
        var model = LinearClassifier<double>.Create(4, 3);
        var images = new ImageSet(new byte[44], new byte[11], 2, 2, 3);
        var trainer = new Trainer<LinearParameters<double>, double>(model, new Adam<LinearParameters<double>, double>(model.Parameters), images, images, Device.Cpu, new() { Folder = "nowhere", Batch = 4, Seed = 5 });
        trainer.Restore(SafeTensors.Parse(input, "input"), "input", _ => { });
        Assert.InRange(trainer.BatchesDone, 0, 3);
        return true;
    }

    static bool Sequence(byte[] input)
    {
        var metadata = SafeTensors.Parse(input, "input").Metadata;
        if (metadata.TryGetValue(SequenceStability.MetadataKey, out var text)) new SequenceStability(
            [new(0, true, 0, new([new(0, 0)], [new(-1, 0)])), new(1, false, 1, new([], []))]).Agrees(text);
        var options = SequenceOptions.FromMetadata(metadata);
        Assert.Equal(options.ToMetadata(), SequenceOptions.FromMetadata(options.ToMetadata()).ToMetadata());
        return true;
    }

    static readonly RootCommand Root = new() { Train.Command(), Eval.Command(), Replay.Command(), CircuitCommand.Command(), Simulate.Command(), Phase.Command(), StabilityCommand.Command(), Falsify.Command() };

    // A command line, one word a line; the last word is given to every setting, too.
    static bool Options(byte[] input)
    {
        var words = Encoding.UTF8.GetString(input).Split('\n');
        var parsed = CommandLine.Parse(Root, words);
        foreach (var run in (TrainingRun[])[new StaticRun(), new SequenceRun()])
            foreach (var setting in run.Settings)
            {
                try
                {
                    var set = setting.Set(run, words[^1]);
                    Assert.Equal(set, setting.Show(set) is { } shown ? setting.Set(set, shown) : set, (a, b) => setting.Show(a) == setting.Show(b));
                }
                catch (Failure)
                {
                }
            }
        return parsed.Errors.Count == 0;
    }
}
