using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace Organics.Tests;

/// <summary>What a finished process left behind.</summary>
sealed record Outcome(int Code, string Out, string Error);

/// <summary>The built tool in a folder of its own, with tiny digits to train on.</summary>
sealed class Cli : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public const int TrainImages = 120, TestImages = 40, Classes = 3, Pixels = 36;

    public Cli()
    {
        Folder = Directory.CreateTempSubdirectory("organics-cli-").FullName;
        Digits = WriteDigits("digits", seed: 1);
    }

    /// <summary>The root of the repository.</summary>
    public static string Repository { get; } = Above(AppContext.BaseDirectory);

    public string Folder { get; }

    /// <summary>A folder of four IDX files.</summary>
    public string Digits { get; }

    /// <summary>Whether the tool may make code at run time, as it cannot where it was published with native AOT.</summary>
    public bool MakesCode { get; init; } = true;

    public string PathOf(params string[] parts) => Path.Combine([Folder, .. parts]);

    public byte[] Bytes(params string[] parts) => File.ReadAllBytes(PathOf(parts));

    static string Above(string folder) => File.Exists(Path.Combine(folder, "Organics.sln")) ? folder : Above(Path.GetDirectoryName(folder)!);

    /// <summary>Runs the tool to its end.</summary>
    public Outcome Run(params string[] args) => Start(args).Wait();

    /// <summary>Trains on the tiny digits with six units and more options.</summary>
    public Outcome Train(string folder, params string[] options) => Run(Training(folder, options));

    public string[] Training(string folder, params string[] options)
    {
        string[] few = ["--data", Digits, "--epochs", "1", "--batch", "16", "--hidden", "6"];
        IEnumerable<string> defaults = few.Chunk(2).Where(pair => !options.Contains(pair[0])).SelectMany(pair => pair);
        return ["train", "static", "--out", PathOf(folder), .. defaults, .. options];
    }

    /// <summary>Starts the tool.</summary>
    public Running Start(params string[] args) => Start(args, []);

    /// <summary>Starts the tool by a line of a shell, in which "$@" stands for it, to its end.</summary>
    public Outcome Shell(string line, string[] args, params (string Name, string Value)[] variables) => Launch(["sh", "-c", line, "sh", .. Tool(args)], variables).Wait();

    /// <summary>Starts the tool with more variables in its environment.</summary>
    public Running Start(string[] args, params (string Name, string Value)[] variables) => Launch(Tool(args), variables);

    /// <summary>Starts the tool by another program, such as mpirun.</summary>
    /// <param name="program">It, and what comes before the tool.</param>
    /// <param name="parting">What it wants between several calls of the tool.</param>
    /// <param name="args">Of each call.</param>
    public Running StartBy(string[] program, string[] parting, params string[][] args)
        => Launch([.. program, .. args.SelectMany((each, i) => (string[])[.. i == 0 ? [] : parting, .. Tool(each)])], []);

    string[] Tool(string[] args)
    {
        string[] tool = ["dotnet", .. MakesCode ? [] : WithoutCode(), Path.Combine(AppContext.BaseDirectory, "organics.dll"), .. args];
        // A test run in the background of a shell may ignore Ctrl-C, and its children would inherit that.
        return OperatingSystem.IsLinux() ? ["env", "--default-signal=INT,TERM,HUP", .. tool] : tool;
    }

    Running Launch(string[] tool, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(tool[0], tool[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = Folder,
        };
        start.Environment[DataCache.Variable] = PathOf("cache");
        // The tests may be a task of an array themselves.
        foreach (var name in (string[])["ID", "COUNT", "MIN", "STEP"]) start.Environment.Remove($"SLURM_ARRAY_TASK_{name}");
        foreach (var (name, value) in variables) start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    string[] WithoutCode()
    {
        var (path, config) = (PathOf("runtimeconfig.json"), JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "organics.runtimeconfig.json")))!);
        config["runtimeOptions"]!["configProperties"]!["System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported"] = false;
        File.WriteAllText(path, config.ToJsonString());
        return ["exec", "--runtimeconfig", path];
    }

    /// <summary>Pictures of noise with a bright stripe that tells the class.</summary>
    public string WriteDigits(string name, ulong seed)
    {
        var folder = Directory.CreateDirectory(PathOf(name)).FullName;
        foreach (var (part, count, stream) in (ReadOnlySpan<(string, int, ulong)>)[("train", TrainImages, 0), ("t10k", TestImages, 1)])
        {
            var random = new CounterRandom(seed, stream);
            var (pixels, labels) = (new byte[count * Pixels], new byte[count]);
            for (var i = 0; i < count; i++)
            {
                labels[i] = (byte)(i % Classes);
                for (var j = 0; j < Pixels; j++) pixels[i * Pixels + j] = (byte)(random.Below((ulong)(i * Pixels + j), 100) + (j / 12 == labels[i] ? 150 : 0));
            }
            using (var images = File.Create(Path.Combine(folder, $"{part}-images-idx3-ubyte"))) Idx.WriteImages(images, pixels, 6, 6);
            using (var classes = File.Create(Path.Combine(folder, $"{part}-labels-idx1-ubyte"))) Idx.WriteLabels(classes, labels);
        }
        return folder;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>A process of the tool.</summary>
    public sealed class Running(Process process)
    {
        readonly Task<string> _out = process.StandardOutput.ReadToEndAsync();
        readonly StringBuilder _error = new();
        bool _errorEnded;

        public bool HasExited => process.HasExited;

        /// <summary>Its number.</summary>
        public int Id => process.Id;

        /// <summary>Reads stderr until a line holds a text.</summary>
        public void WaitForError(string text)
        {
            while (process.StandardError.ReadLine() is { } line)
            {
                _error.AppendLine(line);
                if (line.Contains(text, StringComparison.Ordinal)) return;
            }
            _errorEnded = true;
            throw new InvalidOperationException($"The tool ended without saying '{text}': {_error}");
        }

        /// <summary>SIGKILL: no handler of the process runs.</summary>
        public void Kill() => process.Kill();

        /// <summary>What Ctrl-C sends, or another signal.</summary>
        public void Interrupt(string signal = "INT")
        {
            using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
            kill.WaitForExit();
        }

        public Outcome Wait()
        {
            var error = _errorEnded ? Task.FromResult("") : process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill();
                throw new TimeoutException($"The tool did not end within {Patience}.");
            }
            using (process) return new(process.ExitCode, _out.Result, _error.Append(error.Result).ToString());
        }
    }
}
