using System.Text.RegularExpressions;

namespace Organics.Tests;

/// <summary>
/// The C# of the documents is code that is built: every block stands, line by line but for comments, in a source file of the project. What is an example
/// nowhere else is one here. And every command has the options that they name.
/// </summary>
public sealed partial class DocumentedCode
{
    [Fact]
    public void Every_block_of_the_documents_is_in_a_program_that_is_built()
    {
        string[] sources = [.. ((string[])["src", "examples", "properties", "tests", "templates"])
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Cli.Repository, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !Built().IsMatch(file)).Select(file => Bare(File.ReadAllText(file)))];
        var blocks = Documents()
            .SelectMany(page => Block().Matches(File.ReadAllText(page)).Select(block => (Page: Path.GetFileName(page), Code: block.Groups[1].Value))).ToArray();
        Assert.InRange(blocks.Length, 12, int.MaxValue);
        Assert.All(blocks, block => Assert.True(
            sources.Any(source => source.Contains(Bare(block.Code), StringComparison.Ordinal)), $"No program holds this of {block.Page}:\n{block.Code}"));
    }

    [Fact]
    public void Every_command_of_the_documents_has_its_options()
    {
        using var cli = new Cli();
        var spans = Documents().SelectMany(page => Command().Matches(File.ReadAllText(page)).Select(m => m.Groups[1].Value)).Distinct().ToArray();
        Assert.InRange(spans.Length, 40, int.MaxValue);
        Dictionary<string, string> helps = [];
        string Help(string command)
            => helps.TryGetValue(command, out var known) ? known
                : helps[command] = cli.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Out;
        foreach (var span in spans)
        {
            var words = span.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var command = "";
            foreach (var word in words)
            {
                if (!Regex.IsMatch(Help(command), $@"^  {Regex.Escape(word)}( |$)", RegexOptions.Multiline) || word.StartsWith('-')) break;
                command = $"{command} {word}".Trim();
            }
            if (!words[0].StartsWith('-')) Assert.True(command != "", $"There is no command `organics {span}`.");
            foreach (var option in words.Where(word => word.StartsWith("--", StringComparison.Ordinal)).Select(word => word.Split('=')[0].TrimEnd(',', '.')))
                Assert.True(Regex.IsMatch(Help(command), $@"(^|[ ,]){Regex.Escape(option)}($|[ ,])", RegexOptions.Multiline),
                    $"`organics {span}`: there is no {option}.");
        }
    }

    /// <summary>Scripts for clusters, which CI does not have, are at least read by the shell.</summary>
    [Fact]
    public void Every_script_of_the_documents_is_read_by_the_shell_and_names_its_parts()
    {
        using var cli = new Cli();
        string[] scripts = [.. Documents().SelectMany(page => Script().Matches(File.ReadAllText(page)).Select(m => m.Groups[1].Value))];
        Assert.InRange(scripts.Length, 2, int.MaxValue);
        foreach (var script in scripts)
        {
            File.WriteAllText(cli.PathOf("script"), script);
            var read = cli.Shell("bash -n script", []);
            Assert.True(read is { Code: 0, Error: "" }, read.Error);
            // Run as a task, it asks for the part that the array has room for.
            if (Regex.Match(script, "^#SBATCH --array=1-([0-9]+)$", RegexOptions.Multiline) is not { Success: true } array) continue;
            var asked = cli.Shell("organics() { printf '%s\n' \"$@\"; }; . ./script", [], ("SLURM_ARRAY_TASK_ID", "7"), ("SLURM_CPUS_PER_TASK", "4")).Out;
            Assert.Contains($"\n--shard\n7/{array.Groups[1].Value}\n", asked, StringComparison.Ordinal);
        }
    }

    // Lines without what a compiler does not read, nor attributes beside which a document's line stands alone.
    static string Bare(string code) => string.Concat(code.Split('\n').Select(line => Space().Replace(Comment().Replace(line, ""), " ").Trim())
        .Where(line => line.Length > 0 && !line.StartsWith("[MethodImpl", StringComparison.Ordinal)).Select(line => line + "\n"));

    /// <summary>docs/first-certificate.md; built alone, for it reads the folder it is run in.</summary>
    internal static bool OfACertificate()
    {
        var circuit = CircuitFile.Read("circuit.json");
        var certificate = StabilityCertificate.Of(circuit);
        File.WriteAllText("certificate.json", certificate.ToJson());

        // Elsewhere, by someone who trusts only the circuit's own numbers:
        var valid = StabilityCertificate.Parse(File.ReadAllText("certificate.json")).Verify(CircuitFile.Read("circuit.json"));
        return valid;
    }

    static OdeFunction Neuron(double current) => OdeFunction.Of(2, x =>
    {
        var (v, w) = (x[.., 0], x[.., 1]);
        return Tensor<double>.Stack(1, v - v * v * v / 3 - w + current, 0.08 * (v + 0.7 - 0.8 * w));
    });

    /// <summary>docs/your-own-equations.md; built alone, for examples/06-fitzhugh-nagumo runs the like.</summary>
    internal static (PeriodicOrbit Orbit, OrbitBranch Cycles) OfANeuron()
    {
        var course = Ode.Integrate(Neuron(0.5), RungeKutta.DormandPrince, [-1, 1], 0, 2000, new() { LimitCycleTolerance = 1e-3, RelativeTolerance = 1e-8 });
        var orbit = PeriodicOrbits.Near(Neuron(0.5), course.EndState, course.Period)!;              // the limit cycle with its Floquet multipliers

        Func<double, IOdeSystem> family = Neuron;                                                   // the current is the parameter
        var rest = Equilibria.Near(EquilibriumEquations.Of(Neuron(0)), [-1.2, -0.6])!;              // or all in a box
        var branch = Continuation.Follow(family, 0, 2, rest);                                       // folds, branch points, Hopf points
        var cycles = PeriodicOrbits.FromHopf(family, 0, 2, branch.Bifurcations[0]);                 // the cycles that are born there
        return (orbit, cycles);
    }

    /// <summary>docs/gpus.md; built, but run on a machine with a GPU alone.</summary>
    internal static void OnAGpu()
    {
        using var gpu = GpuDevice.Open();                     // the first; GpuDevice.List() says which there are
        var model = StaticClassifier<float>.Create(784, 10, hidden: [50], learnedRecurrence: true, sigma: 0.1, seed: 0, device: gpu);
        Assert.NotNull(model);
    }

    /// <summary>docs/your-own-data.md.</summary>
    internal static (int[] Classes, float[] Outputs) OfAModel(float[] inputs, int[] lengths)
    {
        var model = SequenceModel<float>.Load("run/model.safetensors");       // any cell, any precision
        int[] classes = model.Classify(inputs);                               // inputs: [count, steps, channels], from many threads at once
        float[] outputs = model.Predict(inputs, lengths);                     // logits or numbers, for recordings that end early
        return (classes, outputs);
    }

    /// <summary>docs/your-own-cell.md.</summary>
    internal static (IReadOnlyList<Tensor<float>> After, StreamingCell<float> Stream) OfACell(
        Func<CellWeights<float>, CellWeights<float>> prepare, CellWeights<float> parameters, Tensor<float> x, Tensor<float>[] state, Tensor<float>[] initial)
    {
        var cell = new FormulaCell<LstmFormula<float>, float>(default, prepare);
        var after = cell.Run(cell.Prepare(parameters), x, state, SequenceMemory.Sqrt);   // differentiable
        var stream = cell.Stream(cell.Prepare(parameters), initial);                     // one sample, step by step
        return (after, stream);
    }

    /// <summary>docs/results/basin.md.</summary>
    internal static Circuit OfTheTable(int n, int k, double c, double tauA)
    {
        var random = new Random(1000 * n + k);
        double[] Each(int count, Func<double> draw) => [.. Enumerable.Range(0, count).Select(_ => draw())];
        var z = Each(n, () => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        var norm = Math.Sqrt(z.Sum(v => v * v));
        double[] w = Each(n * n, random.NextDouble), ones = Each(n, () => 1);
        double[] identity = [.. Enumerable.Range(0, n * n).Select(i => i % (n + 1) == 0 ? 1.0 : 0)];
        var circuit = new Circuit([.. z.Select(v => v / norm)], ones, ones, Each(n, () => Math.Sqrt(c)), ones, Each(n, () => tauA), w, identity);
        return circuit;
    }

    static IEnumerable<string> Documents()
        => Directory.EnumerateFiles(Path.Combine(Cli.Repository, "docs"), "*.md", SearchOption.AllDirectories).Append(Path.Combine(Cli.Repository, "README.md"));

    [GeneratedRegex("`organics ([^`]+)`")]
    private static partial Regex Command();

    [GeneratedRegex("```bash\n(#!/bin/bash\n.*?)```", RegexOptions.Singleline)]
    private static partial Regex Script();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"(^|\s)//.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex(@"[/\\](bin|obj)[/\\]")]
    private static partial Regex Built();
}
