using System.CommandLine;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Organics.Tests;

/// <summary>A training whose device fails: what is said, and what is kept.</summary>
[Collection(StandardError)]
public sealed class DeviceFailureTests : IClassFixture<DeviceFailureTests.LeftAlone>
{
    /// <summary>Tests that write to this process's own stderr run one after the other.</summary>
    public const string StandardError = "stderr";

    // Autoencoder, circuit and head have so many parameters, and an epoch of 108 images so many batches.
    const int Parameters = 12 + 5 + 2, Batches = 7, Epochs = 2;

    const string Memory = "The GPU's memory is not enough", Driver = "The GPU or its driver failed";

    readonly Cli _cli;

    public DeviceFailureTests(LeftAlone leftAlone) => _cli = leftAlone.Cli;

    public static TheoryData<string, string, string> Errors => new()
    {
        { nameof(CudaException), "out of memory", $"{Memory} (out of memory); use a smaller batch" },
        { nameof(CudaException), "an illegal memory access was encountered", $"{Driver} (an illegal memory access was encountered); see `organics devices --selftest`, or use another device" },
        { nameof(CudaException), "unspecified launch failure", $"{Driver} (unspecified launch failure)" },
        { nameof(CLException), nameof(CLError.CL_OUT_OF_RESOURCES), $"{Memory} (CL_OUT_OF_RESOURCES); use a smaller batch" },
        { nameof(CLException), nameof(CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE), $"{Memory} (CL_MEM_OBJECT_ALLOCATION_FAILURE)" },
        { nameof(CLException), nameof(CLError.CL_DEVICE_NOT_AVAILABLE), $"{Driver} (CL_DEVICE_NOT_AVAILABLE)" },
        { nameof(InsufficientMemoryException), "", "The memory is not enough; use a smaller --batch" },
        { nameof(AggregateException), "", "The memory is not enough; use a smaller --batch" },
    };

    static Exception Error(string type, string message) => type switch
    {
        nameof(CudaException) => new CudaException(message),
        nameof(CLException) => new CLException(Enum.Parse<CLError>(message)),
        nameof(InsufficientMemoryException) => new InsufficientMemoryException(),
        _ => new AggregateException("Parallel work failed.", new InsufficientMemoryException()),
    };

    [Theory, MemberData(nameof(Errors))]
    public void A_device_that_fails_in_the_middle_of_an_update_is_one_line_that_says_why_and_how_to_go_on(string type, string message, string expected)
    {
        var folder = _cli.PathOf($"fails-by-{type}-{message}".Replace(' ', '-'));
        var outcome = Train(folder, new FailingDevice(Error(type, message), 3 * Parameters + 7), device: "cuda");
        Assert.Equal(1, outcome.Code);
        var said = outcome.Error.TrimEnd().Split('\n')[^1];
        Assert.StartsWith($"organics: {expected}", said);
        Assert.Contains($"The last checkpoint is kept: continue with `organics train static --resume {folder}`, or on the processor with `organics train static --resume {folder} --device cpu`.", said);
        Assert.DoesNotContain("   at ", outcome.Error);
        Assert.Equal("3", State(folder).Metadata["steps"]);
        Assert.Empty(Directory.GetFiles(folder, "*.tmp"));
    }

    /// <summary>In an update; between an update and its checkpoint; in the validation after the last update of an epoch; in the second epoch, after a first that was best.</summary>
    [Theory]
    [InlineData(3 * Parameters + 7, 3)]
    [InlineData(4 * Parameters, 3)]
    [InlineData(Batches * Parameters, Batches - 1)]
    [InlineData((Batches + 2) * Parameters + 1, Batches + 2)]
    public void Whenever_a_device_fails_the_run_goes_on_from_its_last_checkpoint_as_if_it_never_had(int updates, int kept)
    {
        var folder = _cli.PathOf($"fails-after-{updates}");
        Assert.Equal(1, Train(folder, new FailingDevice(new CudaException("out of memory"), updates)).Code);
        Assert.Equal($"{kept}", State(folder).Metadata["steps"]);
        var resumed = _cli.Run("train", "static", "--resume", folder, "--device", "cpu");
        Assert.Equal(0, resumed.Code);
        foreach (var file in (string[])["state.safetensors", "model.safetensors"]) Assert.Equal(_cli.Bytes("left-alone", file), _cli.Bytes(folder, file));
        Assert.Equal(Epochs, MetricsLog.Read(Path.Combine(folder, "metrics.jsonl")).Count);
    }

    [Fact]
    public void Before_its_first_checkpoint_a_run_promises_none_and_begins_again()
    {
        var folder = _cli.PathOf("fails-at-once");
        var outcome = Train(folder, new FailingDevice(new CudaException("out of memory"), 5));
        Assert.Equal(1, outcome.Code);
        Assert.EndsWith($"organics: {Memory} (out of memory); use a smaller batch, less checkpoint memory, or another device.", outcome.Error.TrimEnd());
        var resumed = _cli.Run("train", "static", "--resume", folder);
        Assert.Equal(0, resumed.Code);
        Assert.Contains("Beginning again", resumed.Error);
        Assert.Equal(_cli.Bytes("left-alone", "state.safetensors"), _cli.Bytes(folder, "state.safetensors"));
    }

    [Fact]
    public void A_run_that_is_resumed_on_a_device_that_fails_at_once_keeps_its_checkpoint_and_says_so()
    {
        var folder = _cli.PathOf("fails-again");
        Assert.Equal(1, Train(folder, new FailingDevice(new CudaException("out of memory"), 3 * Parameters + 7)).Code);
        var before = _cli.Bytes(folder, "state.safetensors");
        var outcome = Train(folder, new FailingDevice(new CudaException("out of memory"), 0), previous: RunRecord.Read(folder));
        Assert.Equal(1, outcome.Code);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        Assert.Contains($"The last checkpoint is kept: continue with `organics train static --resume {folder}`.", outcome.Error);
        Assert.Equal(before, _cli.Bytes(folder, "state.safetensors"));
    }

    [Fact]
    public void A_run_whose_GPU_is_gone_changes_nothing_until_it_goes_on_on_the_processor()
    {
        var folder = _cli.PathOf("gone");
        Assert.Equal(1, Train(folder, new FailingDevice(new CudaException("device lost"), 3 * Parameters + 7), device: "cuda:97").Code);
        var before = Directory.GetFiles(folder).ToDictionary(file => file, File.ReadAllBytes);
        var absent = _cli.Run("train", "static", "--resume", folder);
        Assert.Equal((2, ""), (absent.Code, absent.Out));
        Assert.Contains("There is no GPU called cuda:97 here", absent.Error);
        Assert.Contains("--device cpu", absent.Error);
        Assert.Single(absent.Error.TrimEnd().Split('\n'));
        Assert.Equal(before, Directory.GetFiles(folder).ToDictionary(file => file, File.ReadAllBytes));
        Assert.Equal(0, _cli.Run("train", "static", "--resume", folder, "--device", "cpu").Code);
        Assert.Equal(_cli.Bytes("left-alone", "state.safetensors"), _cli.Bytes(folder, "state.safetensors"));
    }

    [Fact]
    public void A_processor_without_enough_memory_is_one_line_too()
    {
        // All images in one batch need some 400 MB; the limit is on what .NET manages.
        var outcome = _cli.Start(["train", "sequence", "--batch", "4500", "--blocks", "1", "--out", _cli.PathOf("too-large")], ("DOTNET_GCHeapHardLimit", "0x8000000")).Wait();
        Assert.Equal((1, ""), (outcome.Code, outcome.Out));
        Assert.EndsWith("organics: The memory is not enough; use a smaller --batch, fewer units, less --checkpoint-memory or --precision float.", outcome.Error.TrimEnd());
        Assert.Equal(2, outcome.Error.TrimEnd().Split('\n').Length);
    }

    [Fact]
    public void A_batch_larger_than_any_data_set_is_all_of_its_images()
    {
        Assert.Equal(0, _cli.Train("all", "--batch", "108").Code);
        Assert.Equal(0, _cli.Train("more", "--batch", $"{int.MaxValue}").Code);
        Assert.Equal(_cli.Bytes("all", "model.safetensors"), _cli.Bytes("more", "model.safetensors"));
    }

    SafeTensors State(string folder) => SafeTensors.Read(Path.Combine(folder, "state.safetensors"));

    /// <summary>Trains in this process, with a checkpoint after every update, on a device that the command line cannot name.</summary>
    Outcome Train(string folder, Device on, string device = "cpu", RunRecord? previous = null)
    {
        var run = new StaticRun { Hidden = [6], Epochs = Epochs, Batch = 16, Data = _cli.Digits, CheckpointSeconds = 0, Device = device }.Resolved();
        var command = new RootCommand();
        using var interrupt = new Interrupt();
        using var ranks = new Ranks(interrupt, Timeout.InfiniteTimeSpan);
        command.SetAction(_ => (int)Precision.Run(run, new Training(run, RunData.Load(run), interrupt, ranks, () => RunLock.Take(folder), previous, json: false) { Open = (_, _) => on }));
        var (standard, error) = (Console.Error, new StringWriter());
        Console.SetError(error);
        try
        {
            return new(CommandLine.Run(command, []), "", error.ToString());
        }
        finally
        {
            Console.SetError(standard);
        }
    }

    /// <summary>The same training undisturbed.</summary>
    public sealed class LeftAlone : IDisposable
    {
        public LeftAlone() => Assert.Equal(0, Cli.Train("left-alone", "--epochs", $"{Epochs}").Code);

        internal Cli Cli { get; } = new();

        public void Dispose() => Cli.Dispose();
    }
}
