using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Organics;

/// <summary>A row of the first table: seconds, a number that a rival must find too, and the work as rivals.py reads it.</summary>
sealed record Measured(string What, double OnGpu, double OnCpu, double Value, object Job);

/// <summary>PyTorch and JAX at the same work, by rivals.py in a process of its own.</summary>
static class Rivals
{
    /// <summary>The interpreter; the environment names another where the first python3 has neither.</summary>
    const string Interpreter = "PYTHON";

    /// <summary>Losses of hundreds of float steps differ by rounding, and Algorithm 1 is cut off.</summary>
    const double Tolerance = 1e-3;

    /// <summary>A line of rivals.py.</summary>
    sealed record Line(string? What, string? Rival, double Seconds, double Value, string? Error, string? Missing);

    /// <summary>"cuda:0" or the like for a card of NVIDIA's, else "cpu".</summary>
    public static string DeviceFor(GpuDevice gpu) => gpu.Id.StartsWith("cuda:", StringComparison.Ordinal) ? gpu.Id : "cpu";

    /// <summary>Prints a table, and a sentence for each rival that is not there.</summary>
    public static void Run(string device, IReadOnlyList<Measured> ours)
    {
        var python = Environment.GetEnvironmentVariable(Interpreter) ?? "python3";
        var start = new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "rivals.py"), device, JsonSerializer.Serialize(ours.Select(o => o.Job))])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Console.WriteLine();
            Console.WriteLine($"PyTorch and JAX: {python} was not found (set {Interpreter} to an interpreter that has them).");
            return;
        }
        using (process)
        {
            string? last = null;
            process.ErrorDataReceived += (_, e) => last = string.IsNullOrWhiteSpace(e.Data) ? last : e.Data.Trim();
            process.BeginErrorReadLine();
            List<string> missing = [];
            var headed = false;
            while (process.StandardOutput.ReadLine() is { } text)
            {
                var line = JsonSerializer.Deserialize<Line>(text, JsonSerializerOptions.Web)!;
                if (line.Missing is not null)
                {
                    missing.Add($"{line.Missing}: {(line.Error is null ? $"not found by {python}" : $"does not work in {python} ({line.Error})")} (set {Interpreter} to an interpreter that has it).");
                    continue;
                }
                if (!headed) Head(device);
                headed = true;
                Console.WriteLine(Row(line, ours.Single(o => o.What == line.What), device));
            }
            process.WaitForExit();
            if (process.ExitCode != 0) missing.Add($"rivals.py ended with code {process.ExitCode}{(last is null ? "" : $": {last}")}");
            if (missing.Count > 0) Console.WriteLine();
            foreach (var sentence in missing) Console.WriteLine(sentence);
        }
    }

    static void Head(string device)
    {
        Console.WriteLine();
        Console.WriteLine(device == "cpu"
            ? "No CUDA device: the rivals run on the processor, and ours beside them is the processor's too. That tries this program; it is no race."
            : $"The rivals on {device}, in float without tensor cores. More than 1 is faster than the rival.");
        Console.WriteLine();
        Console.WriteLine("| what | rival | its time | ours | times as fast |");
        Console.WriteLine("|---|---|--:|--:|--:|");
    }

    static string Row(Line line, Measured ours, string device)
    {
        var seconds = device == "cpu" ? ours.OnCpu : ours.OnGpu;
        var start = $"| {line.What} | {line.Rival} |";
        if (line.Error is not null) return $"{start} – | {1e3 * seconds:F2} ms | {line.Error.Replace('|', '/')} |";
        var agree = Math.Abs(line.Value - ours.Value) <= Tolerance * Math.Abs(ours.Value);
        return $"{start} {1e3 * line.Seconds:F2} ms | {1e3 * seconds:F2} ms | {(agree ? $"{line.Seconds / seconds:F2}" : $"not the same work: {line.Value:G6} there, {ours.Value:G6} here")} |";
    }
}
