using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using Organics;

// Parity first, then a table, then another with PyTorch and JAX: Organics.Benchmarks.Gpu [DEVICE] [--small]
// DEVICE is an id of `organics devices` or a part of a name; without one it is the first GPU. --small runs sizes that ILGPU's emulation and PoCL can bear.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const double LearningRate = 1e-4, Sigma = 1;
const int EigenvalueOrder = 20;
var small = args.Contains("--small");
var name = args.FirstOrDefault(a => a != "--small");
if (args.Any(a => a.StartsWith('-') && a != "--small") || args.Count(a => a != "--small") > 1)
{
    Console.Error.WriteLine("Give at most a device (see `organics devices`; the first GPU without one) and --small.");
    return 2;
}
var folder = Directory.CreateTempSubdirectory("organics-");
try
{
    string rivalsDevice;
    List<Measured> measured = [];
    // Given back before the rivals run.
    using (var gpu = name == GpuDevice.Emulation ? GpuDevice.IlgpuCpu() : GpuDevice.Open(name))
    {
        Console.WriteLine($"{gpu.Name}; beside it {Device.Cpu.Name}; .NET {Environment.Version}");
        if (!Parity(gpu)) return 1;
        rivalsDevice = Rivals.DeviceFor(gpu);
        Table(gpu, measured);
        // The emulation's name is none of Open's.
        if (name != GpuDevice.Emulation) Products(gpu, name, small);
    }
    Rivals.Run(rivalsDevice, measured);
    return 0;
}
catch (PlatformNotSupportedException error)
{
    Console.Error.WriteLine(error.Message.Replace("or use Device.Cpu", $"or try this program with {GpuDevice.Emulation} --small", StringComparison.Ordinal));
    return 2;
}
finally
{
    folder.Delete(recursive: true);
}

static bool Parity(Device gpu)
{
    var results = SelfTest.Run(gpu).ToArray();
    foreach (var r in results.Where(r => r.Failure is not null)) Console.WriteLine($"FAILED {r.Precision} {r.Op}: {r.Failure}");
    Console.WriteLine($"parity with the reference backend: {results.Count(r => r.Failure is null)} passed, {results.Count(r => r.Failure is not null)} failed");
    return results.All(r => r.Failure is null);
}

void Table(Device gpu, List<Measured> measured)
{
    Console.WriteLine();
    Console.WriteLine("| what | GPU | processor | times | rate on the GPU |");
    Console.WriteLine("|---|--:|--:|--:|---|");
    var n = small ? 128 : 4096;
    Row($"product {n}³, float", device => Product(device, n), seconds => $"{2e-12 * n * n * n / seconds:F2} TFLOP/s", what => new { what, kind = "product", file = ProductFile(n) });
    foreach (var batch in small ? (int[])[8] : [256, 4096])
        Row($"static training step, 50 units, batch {batch}", device => Static(device, batch), seconds => $"{batch / seconds:N0} images/s", what => new { what, kind = "static", file = StaticFile(batch) });
    var steps = small ? 20 : 784;
    foreach (var units in small ? (int[])[8] : [64, 128])
        foreach (var batch in small ? (int[])[8] : [256, 4096])
            Row($"sequence training step, {units} units, {steps} time steps, batch {batch}", device => Sequence(device, units, steps, batch),
                seconds => $"{1e6 * seconds / (2 * steps):F1} µs a time step and direction, weights read at {1e-12 * WeightBytes(units, steps, batch) / seconds:F2} TB/s",
                what => new { what, kind = "sequence", file = SequenceFile(units, steps, batch) });
    var circuits = small ? 1000 : 100_000;
    Row($"fixed point and Jacobian of {circuits:N0} circuits of 10 pairs with Wr = I", device => Circuits(device, circuits), seconds => $"{circuits / seconds:N0} circuits/s");
    Spectra<float>("float", circuits, isRaced: false);
    Spectra<double>("double", circuits, isRaced: false);
    // Of fewer, for whom a rival takes seconds.
    Spectra<double>("double", circuits / 10, isRaced: true);

    void Spectra<T>(string precision, int matrices, bool isRaced) where T : unmanaged, IFloatingPointIeee754<T>
        => Row($"eigenvalues of {matrices:N0} matrices of order {EigenvalueOrder}, {precision}", device => Abscissas<T>(device, matrices),
            seconds => $"{matrices / seconds:N0} matrices/s",
            isRaced ? what => new { what, kind = "eigenvalues", file = EigenvalueFile(matrices) } : null);

    void Row(string what, Func<Device, (Func<double> Run, IDisposable Owner)> make, Func<double, string> rate, Func<string, object>? job = null)
    {
        try
        {
            var ((onGpu, value), (onCpu, _)) = (Median(gpu, make), Median(Device.Cpu, make));
            Console.WriteLine($"| {what} | {1e3 * onGpu:F2} ms | {1e3 * onCpu:F2} ms | {onCpu / onGpu:F2} | {rate(onGpu)} |");
            if (job is not null) measured.Add(new(what, onGpu, onCpu, value, job(what)));
        }
        catch (Exception error) when (GpuDevice.Explain(error) is { } why)
        {
            Console.WriteLine($"| {what} | – | – | – | {why} |");
        }
    }
}

// Where cuBLAS does large products, beside the kernels of this project: the shapes of layers and square ones.
static void Products(GpuDevice gpu, string? name, bool small)
{
    using var own = GpuDevice.Open(name, cublas: false);
    if (own.Name == gpu.Name) return;
    Console.WriteLine();
    Console.WriteLine("| product, m × k by k × n | own kernels | with cuBLAS | times as fast |");
    Console.WriteLine("|---|--:|--:|--:|");
    foreach (var (m, k, n) in ((int, int, int)[])[(4096, 784, 50), (784, 4096, 50), (256, 784, 256), (512, 512, 512), (4096, 256, 256), (1024, 1024, 1024), (1536, 1536, 1536), (2048, 2048, 2048), (4096, 4096, 4096)])
    {
        if (small && (long)m * k * n > 1 << 24) continue;
        var times = (int)Math.Clamp(2e10 / ((double)m * k * n), 1, 200);
        var ((ofOwn, _), (ofLibrary, _)) = (Median(own, device => Repeated(device, m, k, n, times)), Median(gpu, device => Repeated(device, m, k, n, times)));
        Console.WriteLine($"| {m} × {k} by {k} × {n} | {1e6 * ofOwn / times:F1} µs | {1e6 * ofLibrary / times:F1} µs | {ofOwn / ofLibrary:F2} |");
    }
}

static (Func<double>, IDisposable) Repeated(Device device, int m, int k, int n, int times)
{
    var workspace = new Workspace<float>(device);
    Tensor<float> a = Tensor.From(Entries(m * k, 1), [m, k], device), b = Tensor.From(Entries(k * n, 2), [k, n], device);
    return (() =>
    {
        var last = Tensor.Scalar(0f, device);
        for (var t = 0; t < times; t++)
        {
            workspace.Reset();
            last = workspace.From(a).MatMul(workspace.From(b));
        }
        return last.Slice(0, 1).Sum().Item();
    }, workspace);
}

// The median of five, after two that compile and fill the pool, and what the first of all gives.
static (double Seconds, double Value) Median(Device device, Func<Device, (Func<double> Run, IDisposable Owner)> make)
{
    var (run, owner) = make(device);
    using (owner)
    {
        var value = run();
        run();
        var seconds = new double[5];
        for (var i = 0; i < seconds.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            run();
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(seconds);
        return (seconds[seconds.Length / 2], value);
    }
}

// Whatever is measured ends with a number that comes back, for which all work is waited; inputs lie on the device before.
static (Func<double>, IDisposable) Product(Device device, int n)
{
    var workspace = new Workspace<float>(device);
    Tensor<float> a = Tensor.From(Entries(n * n, 1), [n, n], device), b = Tensor.From(Entries(n * n, 2), [n, n], device);
    return (() =>
    {
        var sum = workspace.From(a).MatMul(workspace.From(b)).Slice(0, 1).Sum().Item();
        workspace.Reset();
        return sum;
    }, workspace);
}

// Random, for a card that multiplies equal numbers draws less power and runs faster; positive, so that the sum by which agreement is checked does not cancel.
static float[] Entries(int count, ulong stream)
{
    var random = new CounterRandom(1, stream);
    return [.. Enumerable.Range(0, count).Select(i => (float)random.Uniform((ulong)i))];
}

static StaticClassifier<float> StaticModel(Device device) => StaticClassifier<float>.Create(pixels: 784, classes: 10, [50], learnedRecurrence: true, Sigma, seed: 1, device);

static SequenceModel<RecurrentCircuitParameters<float>, CircuitCoefficients<float>, float> SequenceModel(Device device, int units, int steps)
    => CircuitModels.Create<float>(CircuitModels.Options(units: units, steps: steps, largest: new LargestSteps(0.1, 0.05, 0.5)), seed: 1, device);

static (Func<double>, IDisposable) Static(Device device, int batch) => Training(device, StaticModel(device), Images(batch));

static (Func<double>, IDisposable) Sequence(Device device, int units, int steps, int batch) => Training(device, SequenceModel(device, units, steps), Images(batch, steps));

// Images are shown again where a batch has more than there are; a shorter sequence sees the first pixels.
static (float[] X, int[] Labels) Images(int batch, int? pixels = null)
{
    var digits = SampleDigits.Load().Train.Batches<float>(batch).First();
    var (all, classes, width) = (digits.Inputs.ToArray(), digits.Classes.ToArray(), digits.Format.Width);
    return (
        [.. Enumerable.Range(0, batch).SelectMany(i => all.Skip(i % classes.Length * width).Take(pixels ?? width))],
        [.. Enumerable.Range(0, batch).Select(i => classes[i % classes.Length])]);
}

static (Func<double>, IDisposable) Training<P>(Device device, IModel<P, float> model, (float[] X, int[] Labels) images) where P : IParameters<P, float>
{
    var x = Tensor.From<float>(images.X, [images.Labels.Length, images.X.Length / images.Labels.Length], device);
    var batch = SampleBatch<float>.Of(new(1, x.Shape[1], TargetKind.Class, PerStep: false, 10), images.X, images.Labels);
    var tape = new Tape<float>(device);
    var adam = new Adam<P, float>(model.Parameters, LearningRate);
    return (() =>
    {
        var loss = model.Evaluate(tape.Watch(model.Parameters), tape.Workspace.From(x), batch).Loss;
        adam.Step(model.Parameters, tape.Backward(loss));
        var value = loss.Item();
        tape.Reset();
        return value;
    }, tape);
}

string ProductFile(int n) => Write([SafeTensor.From<float>("a", [n, n], Entries(n * n, 1)), SafeTensor.From<float>("b", [n, n], Entries(n * n, 2))], []);

// What the rivals begin with: the same parameters, first state, images and labels.
string StaticFile(int batch) => WriteTraining(StaticModel(Device.Cpu).Parameters, [], Images(batch), new() { ["sigma"] = $"{Sigma}" });

string SequenceFile(int units, int steps, int batch)
{
    var model = SequenceModel(Device.Cpu, units, steps);
    return WriteTraining(model.Parameters, model.Constants, Images(batch, steps), new(model.Options.ToMetadata()));
}

string WriteTraining<P>(P parameters, IEnumerable<SafeTensor> constants, (float[] X, int[] Labels) images, Dictionary<string, string> metadata) where P : IParameters<P, float>
{
    metadata["learning_rate"] = $"{LearningRate}";
    var batch = images.Labels.Length;
    return Write(
        [
            .. Checkpoint.Pack<P, float>(parameters, "parameter."), .. constants,
            SafeTensor.From<float>("x", [batch, images.X.Length / batch], images.X), SafeTensor.From<int>("labels", [batch], images.Labels),
        ],
        metadata);
}

string Write(IReadOnlyList<SafeTensor> tensors, Dictionary<string, string> metadata)
{
    var path = Path.Combine(folder.FullName, $"{Guid.NewGuid():N}.safetensors");
    SafeTensors.Write(path, tensors, metadata);
    return path;
}

// A group of four samples reads all weights at every step: going forth, where a segment's steps are repeated, and, without those of the inputs, going back.
static double WeightBytes(int units, int steps, int batch)
{
    double recurrent = 6.0 * units * units, inputs = 3.0 * units, groups = Math.Ceiling(batch / 4.0);
    return sizeof(float) * (3 * recurrent + 2 * inputs) * steps * groups;
}

// Every circuit has parameters of its own, as in a sweep.
static (Func<double>, IDisposable) Circuits(Device device, int circuits)
{
    const int n = 10;
    Tensor<float> Draw(ulong stream, float least, Shape shape)
    {
        var random = new CounterRandom(1, stream);
        return Tensor.From<float>([.. Enumerable.Range(0, shape.Length).Select(i => least + (float)random.Uniform((ulong)i))], shape, device);
    }
    var workspace = new Workspace<float>(device);
    Tensor<float> drive = Draw(1, -0.5f, [circuits, n]), c = Draw(2, 0.1f, [circuits, n]), w = Draw(3, 0, [circuits, n, n]), tauY = Draw(4, 0.5f, [circuits, n]), tauA = Draw(5, 0.5f, [circuits, n]);
    var identity = Tensor.Identity<float>(n, device);
    return (() =>
    {
        var weights = workspace.From(w);
        var (y, a) = SteadyState.Identity(workspace.From(drive), c, weights);
        var last = CircuitJacobian.Of(weights, identity, tauY, tauA, y, a).Slice(circuits - 1, 1).Sum().Item();
        workspace.Reset();
        return last;
    }, workspace);
}

// The mean of the largest real parts: all eigenvalues come back.
static (Func<double>, IDisposable) Abscissas<T>(Device device, int matrices) where T : unmanaged, IFloatingPointIeee754<T>
{
    const int n = EigenvalueOrder;
    var workspace = new Workspace<T>(device);
    var x = workspace.From([.. Centred(matrices).Select(T.CreateTruncating)], [matrices, n, n]);
    var (re, im) = (new T[matrices * n], new T[matrices * n]);
    return (() =>
    {
        Eigenvalues.OfEach(x, re, im);
        var sum = 0.0;
        for (var k = 0; k < re.Length; k += n) sum += double.CreateTruncating(new ArraySegment<T>(re, k, n).Max());
        return sum / matrices;
    }, workspace);
}

static double[] Centred(int matrices) => [.. Entries(matrices * EigenvalueOrder * EigenvalueOrder, 1).Select(v => v - 0.5)];

string EigenvalueFile(int matrices) => Write([SafeTensor.From<double>("a", [matrices, EigenvalueOrder, EigenvalueOrder], Centred(matrices))], []);
