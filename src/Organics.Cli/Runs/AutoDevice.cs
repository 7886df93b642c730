using System.Diagnostics;
using System.Numerics;
using System.Text.Json;

namespace Organics;

/// <summary>
/// What <c>--device auto</c> picks: where an update of this very model with this very batch takes the least time, measured once on a machine and kept in the cache. Which is faster depends on the sizes: a GPU
/// waits for its launches where there is little to compute.
/// </summary>
static class AutoDevice
{
    const string File = "devices.json";

    /// <summary>The name of the device, said in a line with its reason.</summary>
    public static string Pick<P, T>(ModelKind<P, T> kind, TrainingRun run, DataRecord data, ImageSet images)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var gpus = GpuDevice.List().Where(gpu => gpu.Id != GpuDevice.Emulation).ToArray();
        if (gpus.Length == 0)
        {
            Log.Line("Device: cpu, for there is no GPU here.");
            return Devices.Cpu;
        }
        var path = Path.Combine(DataCache.Folder, File);
        var key = $"{kind.Description}, batch {run.Batch}, {run.Threads} threads; {Device.Cpu.Name}, {string.Join(", ", gpus.Select(gpu => $"{gpu.Name} ({gpu.Driver})"))}";
        var kept = Read(path);
        var isKnown = kept.TryGetValue(key, out var known);
        var seconds = known ?? gpus.Select(gpu => gpu.Id).Prepend(Devices.Cpu).ToDictionary(name => name, name => Seconds(kind, run, data, images, name));
        var best = seconds.MinBy(each => each.Value).Key;
        Log.Line($"Device: {best}, where an update is fastest ({string.Join(", ", seconds.Select(each => double.IsFinite(each.Value) ? $"{each.Key} {1e3 * each.Value:G3} ms" : $"{each.Key} failed"))}; {(isKnown ? "measured before, " : "")}in '{path}').");
        if (!isKnown)
        {
            kept[key] = seconds;
            Write(path, kept);
        }
        return best;
    }

    // The third update: the first compile.
    static double Seconds<P, T>(ModelKind<P, T> kind, TrainingRun run, DataRecord data, ImageSet images, string name)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        try
        {
            using var device = Devices.Open(name, run.Threads);
            var model = kind.Create(data, device);
            using var tape = new Tape<T>(device);
            var (pixels, labels) = images.Batch<T>(0, Math.Min(run.Batch, images.Count));
            var seconds = double.PositiveInfinity;
            for (var i = 0; i < 3; i++)
            {
                var start = Stopwatch.GetTimestamp();
                var (loss, _) = model.Evaluate(tape.Watch(model.Parameters), tape.Constant(pixels, [labels.Length, images.PixelsPerImage]), labels);
                var gradients = tape.Backward(loss);
                // Reading one waits for all.
                foreach (var (_, parameter) in model.Parameters.List()) gradients[parameter].ToArray();
                seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                tape.Reset();
            }
            return seconds;
        }
        catch (Exception error) when (Failure.OfDevice(error) is { } sentence)
        {
            Log.Line($"Note: {name}: {sentence}");
            return double.PositiveInfinity;
        }
    }

    static Dictionary<string, Dictionary<string, double>> Read(string path)
    {
        try
        {
            using var stream = System.IO.File.OpenRead(path);
            return JsonSerializer.Deserialize(stream, RunJson.Default.DictionaryStringDictionaryStringDouble) ?? [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    // A cache that cannot be kept is measured again.
    static void Write(string path, Dictionary<string, Dictionary<string, double>> kept)
    {
        try
        {
            Directory.CreateDirectory(DataCache.Folder);
            AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, kept, RunJson.Default.DictionaryStringDictionaryStringDouble));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}
