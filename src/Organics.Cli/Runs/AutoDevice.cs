using System.Diagnostics;
using System.Numerics;
using System.Text.Json;

namespace Organics;

/// <summary>
/// What <c>--device auto</c> picks: where the very work to be done, such as an update of this model with this batch, takes the least time, measured once on a
/// machine and kept in the cache. Which is faster depends on the sizes: a GPU waits for its launches where there is little to compute.
/// </summary>
static class AutoDevice
{
    const string File = "devices.json";

    /// <summary>The name of the device for a training, said in a line with its reason.</summary>
    public static string ForTraining<P, T>(ModelKind<P, T> kind, TrainingRun run, DataRecord data, SampleSet samples, CancellationToken cancellation)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        => Pick($"{kind.Description(data)}, {samples.Format.Width} inputs, batch {run.Batch}", "an update", run.ThreadCount,
            device => Seconds(kind, run, data, samples, device, updates: true, cancellation));

    /// <summary>The name of the device for an evaluation, said in a line with its reason.</summary>
    public static string ForEvaluation<P, T>(ModelKind<P, T> kind, TrainingRun run, DataRecord data, SampleSet samples, CancellationToken cancellation)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        => Pick($"evaluation of {kind.Description(data)}, {samples.Format.Width} inputs, batch {run.Batch}", "a batch", run.ThreadCount,
            device => Seconds(kind, run, data, samples, device, updates: false, cancellation));

    /// <summary>The name of the device for any work, said in a line with its reason.</summary>
    /// <param name="work">The work and its sizes: what decides how long it takes.</param>
    /// <param name="unit">What is timed, in words.</param>
    /// <param name="threads">Of the CPU.</param>
    /// <param name="measure">Seconds on a device.</param>
    public static string Pick(string work, string unit, int threads, Func<Device, double> measure)
        => Pick(work, unit, threads, measure, [.. Devices.Gpus().Where(gpu => gpu.Id != GpuDevice.Emulation)], DataCache.Folder);

    internal static string Pick(string work, string unit, int threads, Func<Device, double> measure, IReadOnlyList<GpuInfo> gpus, string cache)
    {
        if (gpus.Count == 0)
        {
            Log.Line("Device: cpu, for there is no GPU here.");
            return Devices.Cpu;
        }
        var path = Path.Combine(cache, File);
        var key = $"{work}, {threads} threads; {Device.Cpu.Name}, {string.Join(", ", gpus.Select(gpu => $"{gpu.Name} ({gpu.Driver})"))}";
        var kept = Read(path);
        var isKnown = kept.TryGetValue(key, out var known);
        if (!isKnown) Log.Line($"Device: measuring {unit} on {string.Join(", ", gpus.Select(gpu => gpu.Id).Prepend(Devices.Cpu))}.");
        var seconds = known ?? gpus.Select(gpu => gpu.Id).Prepend(Devices.Cpu).ToDictionary(name => name, name => Seconds(name, threads, measure));
        var best = seconds.MinBy(each => each.Value).Key;
        kept[key] = seconds;
        // What failed may have failed for want of memory that another program had: it is tried again.
        var isKept = isKnown || (seconds.Values.All(double.IsFinite) && Write(path, kept));
        Log.Line($"Device: {best}, where {unit} takes the least time ({string.Join(", ", seconds.Select(each => double.IsFinite(each.Value) ? $"{each.Key} {1e3 * each.Value:G3} ms" : $"{each.Key} failed"))}{(isKept ? $"; {(isKnown ? "measured before and " : "")}kept in '{path}'" : "")}).");
        return best;
    }

    /// <summary>Seconds of the third time: the first compiles.</summary>
    public static double Third(Action once)
    {
        once();
        once();
        var start = Stopwatch.GetTimestamp();
        once();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    static double Seconds<P, T>(ModelKind<P, T> kind, TrainingRun run, DataRecord data, SampleSet samples, Device device, bool updates, CancellationToken cancellation)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var model = kind.Create(data, device);
        using var tape = new Tape<T>(device);
        var batch = new SampleBatch<T>(samples.Format, Math.Min(run.Batch, samples.Count));
        samples.Gather([.. Enumerable.Range(0, batch.Capacity)], batch);
        return Third(() =>
        {
            cancellation.ThrowIfCancellationRequested();
            var loss = model.Evaluate(tape.Watch(model.Parameters), tape.Constant(batch.Inputs, [batch.Count, samples.Format.Width]), batch).Loss;
            // Reading waits for the device.
            if (updates)
            {
                var gradients = tape.Backward(loss);
                foreach (var (_, parameter) in model.Parameters.List()) gradients[parameter].ToArray();
            }
            else loss.Item();
            tape.Reset();
        });
    }

    static double Seconds(string name, int threads, Func<Device, double> measure)
    {
        try
        {
            using var device = Devices.Open(name, threads);
            return measure(device);
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
    static bool Write(string path, Dictionary<string, Dictionary<string, double>> kept)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, kept, RunJson.Default.DictionaryStringDictionaryStringDouble));
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
