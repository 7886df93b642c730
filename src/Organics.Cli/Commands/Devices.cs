using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Organics;

/// <summary>A device that <c>--device</c> accepts.</summary>
/// <param name="Name">As for --device.</param>
/// <param name="Description">What it is, in a sentence.</param>
/// <param name="Threads">How many work at once; of the processor.</param>
/// <param name="Type">Cuda, OpenCL or CPU; of a GPU.</param>
/// <param name="Memory">Bytes; of a GPU.</param>
/// <param name="Driver">Its version; of a GPU.</param>
sealed record DeviceDescription(string Name, string Description, int? Threads, string? Type, long? Memory, string? Driver)
{
    /// <summary>What --selftest found of each op; of a device that was tested.</summary>
    public IReadOnlyList<SelfTestResult>? Selftest { get; init; }
}

/// <summary>All of them.</summary>
/// <param name="Devices">What there is, or the one that was named.</param>
sealed record DeviceList(IReadOnlyList<DeviceDescription> Devices);

/// <summary><c>organics devices</c>.</summary>
static class Devices
{
    const string Json = "--json", SelfTesting = "--selftest";

    /// <summary>The option that names a device.</summary>
    public const string Name = "--device";

    /// <summary>What a name of a device looks like, for help and errors.</summary>
    public const string Names = "auto|cpu|cuda[:N]|opencl[:N]|ilgpu-cpu|reference";

    public const string Cpu = "cpu", Auto = "auto", Reference = "reference";

    public static Command Command()
    {
        var command = new Command("devices", "List what can compute, or test it against the reference backend.");
        command.Options.Add(new Option<bool>(SelfTesting)
        {
            Description = "Run every op, its results and gradients, on each device but the emulation, which must be named, and say how far they are from the "
                + "reference backend's.",
        });
        command.Options.Add(Option("Only this device.", Names.Replace($"{Auto}|", "", StringComparison.Ordinal)));
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var (json, test) = (given.GetValue<bool>(Json), given.GetValue<bool>(SelfTesting));
            var devices = List();
            if (given.GetValue<string>(Name) is { } only)
            {
                var (name, names) = (Full(only), string.Join(", ", devices.Select(d => d.Name)));
                devices = [.. devices.Where(d => d.Name == name)];
                if (devices.Count == 0) throw Failure.Usage($"{Name} is '{only}', but there are only {names} here.");
            }
            if (test)
            {
                // Minutes, which nobody waits for who wants to know whether a GPU is well.
                var all = given.GetValue<string>(Name) is not null;
                devices = [.. devices.Select(d => all || d.Name != GpuDevice.Emulation ? Tested(d, json) : d)];
                if (!all && devices.Any(d => d.Name == GpuDevice.Emulation))
                    Log.Line($"{GpuDevice.Emulation} was left out, for its emulation takes minutes; test it with {Name} {GpuDevice.Emulation}.");
            }
            else if (!json)
                foreach (var d in devices)
                    Console.Out.WriteLine(
                        Printable.Of($"{d.Name,-12}{d.Description}{(d.Memory is { } bytes ? $" {d.Type}, {bytes / 1073741824.0:F1} GiB, {d.Driver}." : "")}"));
            if (json) Console.Out.WriteLine(JsonSerializer.Serialize(new DeviceList(devices), RunJson.Line.DeviceList));
            return (int)Verdict(devices);
        });
        return command;
    }

    /// <summary>The option, null where it is not given.</summary>
    public static Option<string> Option(string description, string names = Names) => Setting.Option(Name, names, description, Checked);

    internal static ExitCode Verdict(IEnumerable<DeviceDescription> devices)
        => devices.Any(d => d.Selftest?.Any(r => r.Failure is not null) ?? false) ? ExitCode.CheckFailed : ExitCode.Done;

    /// <summary>The device of a name that --device accepts; see <see cref="AutoDevice"/> for "auto".</summary>
    public static Device Open(string name, int threads)
    {
        if (name == Reference) return Device.Reference;
        if (name == Cpu) return threads == Environment.ProcessorCount ? Device.Cpu : new CpuDevice(threads);
        try
        {
            return name == GpuDevice.Emulation
                ? GpuDevice.IlgpuCpu() : GpuDevice.Open(name, cublas: Environment.GetEnvironmentVariable("ORGANICS_CUBLAS") != "0");
        }
        catch (PlatformNotSupportedException error)
        {
            throw Failure.Usage($"{Name} {name}: {WithOption(error)}");
        }
    }

    /// <summary>A name of a device as it was given, if it can be one.</summary>
    /// <exception cref="FormatException">It cannot.</exception>
    public static string Checked(string text)
    {
        if (text.Split(':') is ["cuda" or "opencl", var number] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return text;
        try
        {
            return Setting.OneOf(text, Auto, Cpu, "cuda", "opencl", GpuDevice.Emulation, Reference);
        }
        catch (FormatException error)
        {
            throw new FormatException($"{Names} is expected{(error.Message.IndexOf(';') is var at and >= 0 ? error.Message[at..] : ".")}");
        }
    }

    static string Full(string name) => name is "cuda" or "opencl" ? $"{name}:0" : name;

    /// <summary>The GPUs; none, with a note, where the tool was published so that it cannot compile for them.</summary>
    public static IReadOnlyList<GpuInfo> Gpus()
    {
        try
        {
            return GpuDevice.List();
        }
        catch (PlatformNotSupportedException error)
        {
            Log.Line($"Note: {WithOption(error)}");
            return [];
        }
    }

    static string WithOption(PlatformNotSupportedException error) => error.Message.Replace("Device.Cpu", "--device cpu", StringComparison.Ordinal);

    static List<DeviceDescription> List() =>
    [
        new(Cpu, $"The processor of this machine: {Device.Cpu.Name}.", Environment.ProcessorCount, null, null, null),
        new(Reference, "Plain scalar loops, slow: the meaning of every result.", 1, null, null, null),
        .. Gpus().Select(gpu => new DeviceDescription(
            gpu.Id, gpu.Id == GpuDevice.Emulation ? "ILGPU's emulation of a GPU, very slow: for tests." : $"{gpu.Name}.", null, gpu.Kind,
            gpu.Id == GpuDevice.Emulation ? null : gpu.Bytes, gpu.Driver)),
    ];

    static DeviceDescription Tested(DeviceDescription which, bool quiet)
    {
        using var device = Open(which.Name, Environment.ProcessorCount);
        void Write(string line)
        {
            if (!quiet) Console.Out.WriteLine(Printable.Of(line));
        }
        Write($"{which.Name}: {device.Name}");
        var results = new List<SelfTestResult>();
        foreach (var r in SelfTest.Run(device))
        {
            results.Add(r);
            Write(string.Create(
                CultureInfo.InvariantCulture,
                $"  {(r.Failure is null ? "passed" : "FAILED")}  {r.Precision,-7}{r.Op,-36}{r.Error,10:G3} of {r.Tolerance:G6} ε allowed"));
            if (r.Failure is not null) Write($"          {r.Failure}");
        }
        Write($"  {results.Count(r => r.Failure is null)} passed, {results.Count(r => r.Failure is not null)} failed.");
        return which with { Selftest = results };
    }
}
