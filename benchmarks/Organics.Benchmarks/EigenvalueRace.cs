using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Organics.Benchmarks;

/// <summary>
/// Sweeps of Jacobians of random circuits, side by side with NumPy's <c>eigvals</c> (LAPACK's dgeev without vectors) on the same matrices. The sides take
/// turns; the best of the rounds counts. NumPy runs in one process with one BLAS thread: matrices of this size are not shared between threads with profit.
/// </summary>
static class EigenvalueRace
{
    const int Rounds = 40;
    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    /// <summary>The interpreter; the environment names another where the first python3 has no NumPy.</summary>
    const string Interpreter = "PYTHON";

    /// <summary>Prints a table; returns 0.</summary>
    public static int Run()
    {
        using var numpy = Numpy.Start();
        Console.WriteLine(numpy is null ? $"No NumPy (python3 -c 'import numpy' fails; {Interpreter} names another interpreter): only this side runs." : $"NumPy {numpy.Version}, one BLAS thread.");
        Console.WriteLine($"{Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}. Microseconds a matrix, best of {Rounds} rounds; in brackets times as fast.");
        Console.WriteLine();
        Console.WriteLine("| order | matrices | NumPy, loop | NumPy, stacked | Organics, one thread | against loop | against stacked | Organics, all cores | against one thread |");
        Console.WriteLine("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var (pairs, count) in ((int, int)[])[(1, 8000), (2, 4000), (4, 2400), (8, 800), (16, 240), (25, 96), (50, 32), (100, 8)])
            Console.WriteLine(Row(pairs, count, numpy));
        return 0;
    }

    static string Row(int pairs, int count, Numpy? numpy)
    {
        var order = 2 * pairs;
        var matrices = Jacobians(pairs, count);
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, MemoryMarshal.AsBytes<double>(matrices).ToArray());
            // Until the runtime has compiled everything for speed.
            for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < WarmUp;) Sweep(matrices, order, 1, out _);
            double loop = double.PositiveInfinity, stacked = loop, one = loop, all = loop;
            for (var round = 0; round < Rounds; round++)
            {
                one = Math.Min(one, Sweep(matrices, order, 1, out var sum));
                all = Math.Min(all, Sweep(matrices, order, Environment.ProcessorCount, out _));
                if (numpy is null) continue;
                loop = Math.Min(loop, numpy.Time("loop", order, file, sum));
                stacked = Math.Min(stacked, numpy.Time("stacked", order, file, sum));
            }
            string Each(double seconds) => double.IsFinite(seconds) ? (1e6 * seconds / count).ToString("F2", CultureInfo.InvariantCulture) : "–";
            string Times(double ours, double theirs) => double.IsFinite(theirs) ? $"{(theirs / ours).ToString("F2", CultureInfo.InvariantCulture)}×" : "–";
            return $"| {order} | {count:N0} | {Each(loop)} | {Each(stacked)} | {Each(one)} | {Times(one, loop)} | {Times(one, stacked)} | {Each(all)} | {Times(all, one)} |";
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Every other circuit has identity recurrence and parameters over decades; the rest are drawn as in §5.2 of the paper.</summary>
    static double[] Jacobians(int pairs, int count)
    {
        var random = new Random(pairs);
        var size = 4 * pairs * pairs;
        var matrices = new double[count * size];
        for (var k = 0; k < count; k++)
        {
            var circuit = k % 2 == 0 ? RandomCircuits.Identity(pairs, random) : RandomCircuits.Recurrent(pairs, 1, RecurrenceHypothesis.Any, random);
            var point = SteadyState.Of(circuit);
            CircuitJacobian.Write(circuit, point.Y, point.A, matrices.AsSpan(k * size, size));
        }
        return matrices;
    }

    /// <summary>Seconds for all matrices.</summary>
    static double Sweep(double[] matrices, int order, int threads, out double sum)
    {
        var count = matrices.Length / (order * order);
        var (re, im) = (new double[order * count], new double[order * count]);
        var start = Stopwatch.GetTimestamp();
        var missing = Eigenvalues.OfEach(matrices, order, re, im, threads);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (missing > 0) throw new ArithmeticException($"{missing} matrices of order {order} did not converge.");
        sum = re.Sum();
        return seconds;
    }

    /// <summary>A Python that answers line by line.</summary>
    sealed class Numpy(Process process, string version) : IDisposable
    {
        public string Version => version;

        public static Numpy? Start()
        {
            var start = new ProcessStartInfo(Environment.GetEnvironmentVariable(Interpreter) ?? "python3", [Path.Combine(AppContext.BaseDirectory, "eigvals.py")])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            // OpenBLAS must choose its kernels for this machine itself.
            start.Environment.Remove("OPENBLAS_CORETYPE");
            start.Environment.Remove("OPENBLAS_L2_SIZE");
            foreach (var threads in (string[])["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"]) start.Environment[threads] = "1";
            try
            {
                var process = Process.Start(start)!;
                if (process.StandardOutput.ReadLine() is { } version) return new(process, version);
                process.Dispose();
                return null;
            }
            catch (Win32Exception)
            {
                return null;
            }
        }

        /// <summary>Seconds that NumPy took; its eigenvalues must have the same sum of real parts.</summary>
        public double Time(string way, int order, string file, double expected)
        {
            process.StandardInput.WriteLine($"{way} {order} {file}");
            process.StandardInput.Flush();
            if (process.StandardOutput.ReadLine()?.Split(' ') is not [var seconds, var sum]) throw new InvalidOperationException($"NumPy ended: {process.StandardError.ReadToEnd()}");
            var found = double.Parse(sum, CultureInfo.InvariantCulture);
            if (!(Math.Abs(found - expected) <= 1e-9 * Math.Abs(expected))) throw new ArithmeticException($"The sums of the real parts differ: {expected} here, {found} by NumPy.");
            return double.Parse(seconds, CultureInfo.InvariantCulture);
        }

        public void Dispose()
        {
            process.StandardInput.Close();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
