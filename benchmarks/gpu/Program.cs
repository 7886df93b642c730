using System.Diagnostics;
using System.Globalization;
using Organics;

// Parity first, then a table: Organics.Benchmarks.Gpu [DEVICE] [--small]
// DEVICE is an id of `organics devices` or a part of a name; without one it is the first GPU. --small runs sizes that ILGPU's emulation and PoCL can bear.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var small = args.Contains("--small");
var name = args.FirstOrDefault(a => a != "--small");
using var gpu = name == GpuDevice.Emulation ? GpuDevice.IlgpuCpu() : GpuDevice.Open(name);
Console.WriteLine($"{gpu.Name}; beside it {Device.Cpu.Name}; .NET {Environment.Version}");

var results = SelfTest.Run(gpu).ToArray();
foreach (var r in results.Where(r => r.Failure is not null)) Console.WriteLine($"FAILED {r.Precision} {r.Op}: {r.Failure}");
Console.WriteLine($"parity with the reference backend: {results.Count(r => r.Failure is null)} passed, {results.Count(r => r.Failure is not null)} failed");
if (results.Any(r => r.Failure is not null)) return 1;

Console.WriteLine();
Console.WriteLine("| what | GPU | processor | times | rate on the GPU |");
Console.WriteLine("|---|--:|--:|--:|---|");
var n = small ? 128 : 4096;
Row($"product {n}³, float", device => Product(device, n), seconds => $"{2e-12 * n * n * n / seconds:F2} TFLOP/s");
foreach (var batch in small ? (int[])[8] : [256, 4096])
    Row($"static training step, 50 units, batch {batch}", device => Static(device, batch), seconds => $"{batch / seconds:N0} images/s");
var steps = small ? 20 : 784;
foreach (var units in small ? (int[])[8] : [64, 128])
    foreach (var batch in small ? (int[])[8] : [256, 4096])
        Row($"sequence training step, {units} units, {steps} time steps, batch {batch}", device => Sequence(device, units, steps, batch), seconds => $"{1e6 * seconds / (2 * steps):F1} µs a time step and direction");
var circuits = small ? 1000 : 100_000;
Row($"fixed points of {circuits:N0} circuits of 10 pairs with Wr = I, and their gradient", device => Circuits(device, circuits), seconds => $"{circuits / seconds:N0} circuits/s");
return 0;

void Row(string what, Func<Device, (Action Run, IDisposable Owner)> make, Func<double, string> rate)
{
    var (onGpu, onCpu) = (Seconds(gpu, make), Seconds(Device.Cpu, make));
    Console.WriteLine($"| {what} | {1e3 * onGpu:F2} ms | {1e3 * onCpu:F2} ms | {onCpu / onGpu:F2} | {rate(onGpu)} |");
}

// The median of five, after two that compile and fill the pool.
static double Seconds(Device device, Func<Device, (Action Run, IDisposable Owner)> make)
{
    var (run, owner) = make(device);
    using (owner)
    {
        run();
        run();
        var seconds = new double[5];
        for (var i = 0; i < seconds.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            run();
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(seconds);
        return seconds[seconds.Length / 2];
    }
}

// Whatever is measured ends with a number that comes back, for which all work is waited.
static (Action, IDisposable) Product(Device device, int n)
{
    var workspace = new Workspace<float>(device);
    Tensor<float> a = Tensor.Full([n, n], 1.5f, device), b = Tensor.Full([n, n], 0.5f, device);
    return (() =>
    {
        workspace.From(a).MatMul(workspace.From(b)).Slice(0, 1).Sum().Item();
        workspace.Reset();
    }, workspace);
}

static (Action, IDisposable) Static(Device device, int batch)
{
    var digits = SampleDigits.Load().Train;
    return Training(device, StaticClassifier<float>.Create(digits.PixelsPerImage, digits.Classes, [50], true, sigma: 0.1, seed: 1, device), digits, batch);
}

static (Action, IDisposable) Sequence(Device device, int units, int steps, int batch)
{
    var digits = SampleDigits.Load().Train;
    return Training(device, SequenceClassifier<float>.Create(new() { Units = units, Steps = steps, LargestSteps = new(0.1, 0.05, 0.5) }, seed: 1, device), digits, batch, steps);
}

// Images are shown again where a batch has more than there are; a shorter sequence sees the first pixels.
static (Action, IDisposable) Training<P>(Device device, IClassifier<P, float> model, ImageSet digits, int batch, int? pixels = null) where P : IParameters<P, float>
{
    var each = pixels ?? digits.PixelsPerImage;
    var (all, classes) = digits.Batch<float>(0, Math.Min(batch, digits.Count));
    float[] x = [.. Enumerable.Range(0, batch).SelectMany(i => all.Skip(i % classes.Length * digits.PixelsPerImage).Take(each))];
    int[] labels = [.. Enumerable.Range(0, batch).Select(i => classes[i % classes.Length])];
    var tape = new Tape<float>(device);
    var adam = new Adam<P, float>(model.Parameters, 1e-4);
    return (() =>
    {
        var (loss, _) = model.Evaluate(tape.Watch(model.Parameters), tape.Constant(x, [batch, each]), labels);
        adam.Step(model.Parameters, tape.Backward(loss));
        loss.Item();
        tape.Reset();
    }, tape);
}

static (Action, IDisposable) Circuits(Device device, int circuits)
{
    const int n = 10;
    var random = new CounterRandom(1);
    float[] Draw(int count, ulong stream) => [.. Enumerable.Range(0, count).Select(i => (float)new CounterRandom(random.Seed, stream).Uniform((ulong)i))];
    var tape = new Tape<float>(device);
    Tensor<float> drive = Tensor.From<float>(Draw(circuits * n, 1), [circuits, n], device), c = Tensor.From<float>(Draw(n, 2), [n], device), w = Tensor.From<float>(Draw(n * n, 3), [n, n], device);
    return (() =>
    {
        var g = tape.Watch(drive);
        var (y, a) = SteadyStates.Identity(g, c, w);
        tape.Backward((y * a).Sum())[g].Slice(0, 1).ToArray();
        tape.Reset();
    }, tape);
}
