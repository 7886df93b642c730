using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Organics.Benchmarks;

/// <summary>
/// The recurrent circuit over sequences: its arithmetic rate against that of a large product in the same run, one thread against two, inference, growth with
/// steps and batch, the longest sequence, and a soak. Every figure is the median of several steps, forth and back, after one that is not counted.
/// </summary>
static class SequenceFigures
{
    const int Steps = 784, Batch = 256;

    /// <summary>One size of a sequence, ready to run.</summary>
    sealed class Sequence : IDisposable
    {
        readonly CpuDevice _device;
        readonly Tape<float> _tape;
        readonly SequenceModel<RecurrentCircuitParameters<float>, CircuitCoefficients<float>, float> _model;
        readonly SampleBatch<float> _batch;

        public Sequence(int units, int steps, int batch, int threads, SequenceMemory memory)
        {
            _device = new(threads);
            _tape = new(_device);
            _model = CircuitModels.Create<float>(CircuitModels.Options(units: units, steps: steps, largest: new LargestSteps(0.1, 0.05, 0.5)), seed: 0, _device);
            _model.Memory = memory;
            var random = new CounterRandom(1);
            _batch = SampleBatch<float>.Of(_model.Options.Format, [.. Enumerable.Range(0, steps * batch).Select(i => (float)random.Uniform((ulong)i))], [.. Enumerable.Range(0, batch).Select(i => i % 10)]);
        }

        /// <summary>Floating point operations of the products of a step that keeps everything: 6n² + 3n multiplications a sample and time step forth, and twice
        /// that back.</summary>
        public double Flop => 3 * 2.0 * (6.0 * _model.Options.Units * _model.Options.Units + 3 * _model.Options.Units) * _batch.Count * _model.Options.Format.Steps;

        public long PoolBytes => _device.Memory<float>().BytesCreated;

        public void Train()
        {
            _tape.Backward(_model.Evaluate(_tape.Watch(_model.Parameters), _tape.Constant(_batch.Inputs, [_batch.Count, _model.Options.Format.Steps]), _batch).Loss);
            _tape.Reset();
        }

        public void Infer()
        {
            _model.Predict(_batch.Inputs);
        }

        public void Dispose()
        {
            _tape.Dispose();
            _device.Dispose();
        }
    }

    static double Median(Action work, int times)
    {
        work();
        var seconds = new double[times];
        for (var i = 0; i < times; i++)
        {
            var start = Stopwatch.GetTimestamp();
            work();
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(seconds);
        return seconds[times / 2];
    }

    /// <summary>Rates, threads, inference and the longest sequence.</summary>
    public static int Rates()
    {
        var cores = Environment.ProcessorCount;
        var gemm = GemmRate(cores);
        Console.WriteLine($"product 1024×1024×1024, float, {cores} threads: {gemm:F0} GFLOP/s");
        foreach (var units in (int[])[64, 128])
        {
            foreach (var memory in (SequenceMemory[])[SequenceMemory.Sqrt, SequenceMemory.All])
            {
                using var one = new Sequence(units, Steps, Batch, 1, memory);
                using var all = new Sequence(units, Steps, Batch, cores, memory);
                // In turns, so that whatever disturbs the machine disturbs both.
                one.Train();
                all.Train();
                double[] alone = new double[7], shared = new double[7];
                for (var i = 0; i < alone.Length; i++) (alone[i], shared[i]) = (Median(one.Train, 1), Median(all.Train, 1));
                var (a, s) = (alone.Order().ElementAt(3), shared.Order().ElementAt(3));
                // What is computed twice is arithmetic, too.
                var done = all.Flop * (memory == SequenceMemory.All ? 1 : 4.0 / 3) / s / 1e9;
                Console.WriteLine($"{units} units, {Steps} steps, batch {Batch}, memory {memory}: {1e3 * s:F0} ms on {cores} threads, {1e3 * a:F0} ms on one ({a / s:F2} times); {done:F0} GFLOP/s, {100 * done / gemm:F0} % of the product's; {all.PoolBytes / 1048576.0:F0} MiB of buffers");
            }
            using var inference = new Sequence(units, Steps, Batch, cores, SequenceMemory.Sqrt);
            var seconds = Median(inference.Infer, 7);
            Console.WriteLine($"{units} units, inference: {1e3 * seconds:F0} ms a batch, {Batch / seconds:F0} images/s");
            var stream = CircuitModels.Create<float>(CircuitModels.Options(units: units), seed: 0).Stream();
            var y = new float[units];
            var step = Median(() =>
            {
                for (var t = 0; t < 10_000; t++) stream.Step([0.5f], y);
            }, 7) / 10_000;
            Console.WriteLine($"{units} units, stream: {1e6 * step:F2} µs a step of one sample on one thread");
        }
        return 0;
    }

    static double GemmRate(int threads)
    {
        const int N = 1024;
        using var device = new CpuDevice(threads);
        Tensor<float> a = Tensor.Full([N, N], 1.5f, device), b = Tensor.Full([N, N], 0.5f, device), c = Tensor.Zeros<float>([N, N], device);
        void Multiply() => device.Backend<float>().MatMul(a.View, false, b.View, false, c.View, N, N, N, accumulate: false);
        // Until the compiler is done with it.
        Median(Multiply, 100);
        return 2.0 * N * N * N / Median(Multiply, 21) / 1e9;
    }

    /// <summary>10,000 steps × 128 units × batch 64, and the memory of the process that did nothing else.</summary>
    public static int Long()
    {
        using var sequence = new Sequence(128, 10_000, 64, Environment.ProcessorCount, SequenceMemory.Sqrt);
        var seconds = Median(sequence.Train, 1);
        using var self = Process.GetCurrentProcess();
        Console.WriteLine($"128 units, 10,000 steps, batch 64, memory sqrt: {seconds:F2} s, {sequence.PoolBytes / 1048576.0:F0} MiB of buffers, {self.PeakWorkingSet64 / 1048576.0:F0} MiB at most in the whole process");
        return self.PeakWorkingSet64 < 200 << 20 ? 0 : 1;
    }

    /// <summary>Time and memory by steps and by batch, as CSV and as a picture.</summary>
    /// <param name="folder">Where they go.</param>
    public static int Growth(string folder)
    {
        const int Units = 64;
        Directory.CreateDirectory(folder);
        var csv = new StringBuilder("varied,steps,batch,memory,milliseconds,buffer_mib\n");
        var (times, bytes) = (new List<PlotSeries>(), new List<PlotSeries>());
        // Until the compiler is done with it.
        foreach (var memory in (SequenceMemory[])[SequenceMemory.Sqrt, SequenceMemory.All])
        {
            using var sequence = new Sequence(Units, 98, 128, Environment.ProcessorCount, memory);
            Median(sequence.Train, 100);
        }
        foreach (var memory in (SequenceMemory[])[SequenceMemory.Sqrt, SequenceMemory.All])
        {
            Vary("steps", [98, 196, 392, 784, 1568], n => (n, 128), 784);
            Vary("batch", [64, 128, 256, 512], n => (392, n), 256);

            void Vary(string what, int[] values, Func<int, (int Steps, int Batch)> size, double unit)
            {
                var (t, m) = (new double[values.Length], new double[values.Length]);
                for (var i = 0; i < values.Length; i++)
                {
                    var (steps, batch) = size(values[i]);
                    using var sequence = new Sequence(Units, steps, batch, Environment.ProcessorCount, memory);
                    (t[i], m[i]) = (1e3 * Median(sequence.Train, 5), sequence.PoolBytes / 1048576.0);
                    csv.Append(CultureInfo.InvariantCulture, $"{what},{steps},{batch},{memory},{t[i]:F1},{m[i]:F1}\n");
                    Console.WriteLine($"{what} {values[i]}, memory {memory}: {t[i]:F0} ms, {m[i]:F1} MiB");
                }
                double[] relative = [.. values.Select(v => v / unit)];
                times.Add(new($"{what}, {memory}", relative, t));
                bytes.Add(new($"{what}, {memory}", relative, m));
            }
        }
        File.WriteAllText(Path.Combine(folder, "sequence-growth.csv"), csv.ToString());
        File.WriteAllText(Path.Combine(folder, "sequence-growth-time.svg"), SvgPlot.Lines($"Time of a training step, {Units} units", "steps / 784, or batch / 256", "milliseconds", times));
        File.WriteAllText(Path.Combine(folder, "sequence-growth-memory.svg"), SvgPlot.Lines($"Buffers of a training step, {Units} units", "steps / 784, or batch / 256", "MiB", bytes, logarithmic: true));
        return 0;
    }

    /// <summary>
    /// 10,000 updates of a small circuit: live objects, all tensors among them, and buffers must stay where they are after the first tenth. The process is
    /// shown beside them: it also holds code that the runtime compiles anew, and garbage up to a limit that the runtime sets by the processor's cache.
    /// </summary>
    public static int Soak()
    {
        using var device = new CpuDevice(Environment.ProcessorCount);
        using var tape = new Tape<float>(device);
        var model = CircuitModels.Create<float>(CircuitModels.Options(units: 16, steps: 98, largest: new LargestSteps(0.1, 0.05, 0.5)), seed: 0, device);
        var adam = new Adam<SequenceParameters<RecurrentCircuitParameters<float>, float>, float>(model.Parameters, 1e-4);
        var batch = SampleBatch<float>.Of(model.Options.Format, [.. Enumerable.Repeat(0.5f, 64 * 98)], [.. Enumerable.Range(0, 64).Select(i => i % 10)]);
        long first = 0, live = 0, buffers = 0, allocated = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 1; i <= 10_000; i++)
        {
            var loss = model.Evaluate(tape.Watch(model.Parameters), tape.Constant(batch.Inputs, [64, 98]), batch).Loss;
            adam.Step(model.Parameters, tape.Backward(loss));
            tape.Reset();
            if (i % 1000 != 0) continue;
            var each = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / 1000;
            live = GC.GetTotalMemory(forceFullCollection: true);
            using var self = Process.GetCurrentProcess();
            if (i == 1000) (first, buffers) = (live, device.Memory<float>().BuffersCreated);
            Console.WriteLine($"{i,6} updates: live objects {live / 1024.0:F0} KiB, {device.Memory<float>().BuffersCreated} buffers made, {each} bytes of objects an update, process {self.WorkingSet64 / 1048576.0:F1} MiB");
            allocated = GC.GetTotalAllocatedBytes(precise: true);
        }
        // A leak of eight bytes an update would be 70 KiB.
        var flat = live - first < 70 << 10 && device.Memory<float>().BuffersCreated == buffers;
        Console.WriteLine(flat ? "Flat." : "Not flat.");
        return flat ? 0 : 1;
    }
}
