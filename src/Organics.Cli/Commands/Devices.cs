using System.CommandLine;
using System.Text.Json;

namespace Organics;

/// <summary>A device that <c>--device</c> accepts.</summary>
sealed record DeviceDescription(string Name, string Description, int Threads);

/// <summary>All of them.</summary>
sealed record DeviceList(IReadOnlyList<DeviceDescription> Devices);

/// <summary><c>organics devices</c>.</summary>
static class Devices
{
    const string Json = "--json";

    public static Command Command()
    {
        var command = new Command("devices", "List what can compute.");
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var list = List();
            if (given.GetValue<bool>(Json)) Console.Out.WriteLine(JsonSerializer.Serialize(list, RunJson.Line.DeviceList));
            else foreach (var device in list.Devices) Console.Out.WriteLine($"{device.Name,-12}{device.Description}");
        });
        return command;
    }

    /// <summary>The device of a name that --device accepts.</summary>
    public static Device Open(string name, int threads) => name switch
    {
        "reference" => Device.Reference,
        _ => threads == Environment.ProcessorCount ? Device.Cpu : new CpuDevice(threads),
    };

    static DeviceList List() => new(
    [
        new("cpu", $"The processor of this machine: {Device.Cpu.Name}.", Environment.ProcessorCount),
        new("reference", "Plain scalar loops, slow: the meaning of every result.", 1),
    ]);
}
