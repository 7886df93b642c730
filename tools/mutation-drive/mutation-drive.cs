#:property PublishAot=false

// Asks tests for Stryker's mutants, one after the other in one process: each against the tests of the classes named for its file, the fastest first, until one fails.
//
//   mutation-drive BIN TESTS MUTATED REPORT STATE PART PARTS FILE=CLASS[,CLASS…]…
//   mutation-drive summary REPORT STATE
//
// BIN holds the test assembly TESTS and the assembly MUTATED as Stryker compiled it, REPORT is Stryker's list of mutants, STATE a folder in which what has been decided is kept. Several processes may share the
// work, as PART 0 to PARTS − 1. Exit code 2: a test fails without a mutant; any other but 0 asks to be begun anew, for a mutant loops, has ended the process or has left something behind.

using System.Collections;
using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;

const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
if (args[0] == "summary") return Summary(args[1], args[2]);
var (bin, state, part, parts) = (Path.GetFullPath(args[0]), args[4], int.Parse(args[5]), int.Parse(args[6]));
var classes = args[7..].Select(a => a.Split('=')).ToDictionary(a => a[0], a => a[1].Split(','));
Assembly Load(string name) => AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.Combine(bin, name + ".dll"));
AssemblyLoadContext.Default.Resolving += (_, name) => File.Exists(Path.Combine(bin, name.Name + ".dll")) ? Load(name.Name!) : null;
var assembly = Load(args[1]);
var active = Load(args[2]).GetTypes().Single(t => t.Name == "MutantControl").GetField("ActiveMutant", Any)!;
active.SetValue(null, -1);
var journal = Path.Combine(state, $"journal{part}");
Directory.CreateDirectory(state);

var tests = classes.Values.SelectMany(c => c).Distinct().ToDictionary(c => c, c => Discover(assembly.GetTypes().Single(t => t.Name == c)).ToArray());
// Once to compile, then by the clock of the processor.
Dictionary<Test, double> cost = [];
foreach (var test in tests.Values.SelectMany(t => t))
{
    if (Run(test, 600_000) is not Outcome.Passed)
    {
        Console.Error.WriteLine($"{test.Name} fails without a mutant.");
        return 2;
    }
    var begun = Environment.CpuUsage.TotalTime;
    Run(test, 600_000);
    cost[test] = (Environment.CpuUsage.TotalTime - begun).TotalMilliseconds;
}
Console.Error.WriteLine($"{cost.Count} tests, {cost.Values.Sum():F0} ms; the slowest: {string.Join(", ", cost.OrderByDescending(c => c.Value).Take(3).Select(c => $"{c.Key.Name} {c.Value:F0} ms"))}");

var lines = File.Exists(journal) ? [.. File.ReadAllLines(journal).Select(l => l.Split('\t'))] : Array.Empty<string[]>();
var done = lines.Where(l => l[0] == "done").Select(l => l[1]).ToHashSet();
void Note(string kind, string id, string what = "") => File.AppendAllText(journal, $"{kind}\t{id}\t{what}\n");
// In an order without order, so that what has been decided at any time is a sample.
foreach (var (file, id) in Mutants(args[3]).Where((_, k) => k % parts == part).Select(m => (m.File, Id: m.Mutant.GetProperty("id").GetString()!)).OrderBy(m => unchecked((uint)int.Parse(m.Id) * 2654435761)))
{
    if (done.Contains(id) || !classes.TryGetValue(file, out var own)) continue;
    if (lines.Count(l => l[0] == "begin" && l[1] == id) >= 2)
    {
        Note("done", id, "Timeout\tthe process ended twice");
        continue;
    }
    Note("begin", id);
    var result = "Survived";
    foreach (var test in own.SelectMany(c => tests[c]).OrderBy(t => cost[t]))
    {
        active.SetValue(null, int.Parse(id));
        var outcome = Run(test, 3_000 + 10 * cost[test]);
        active.SetValue(null, -1);
        if (outcome is Outcome.Passed) continue;
        result = $"{(outcome is Outcome.Failed ? "Killed" : "Timeout")}\t{test.Name}";
        Note("done", id, result);
        // The test must pass again, or what the mutant has left behind judges those after it.
        if (outcome is Outcome.TimedOut || Run(test, 3_000 + 10 * cost[test]) is not Outcome.Passed) Environment.Exit(3);
        break;
    }
    if (result == "Survived") Note("done", id, result);
}
return 0;

static IEnumerable<(string File, string Source, JsonElement Mutant)> Mutants(string report)
{
    using var json = JsonDocument.Parse(File.ReadAllText(report));
    foreach (var file in json.RootElement.Clone().GetProperty("files").EnumerateObject())
        foreach (var mutant in file.Value.GetProperty("mutants").EnumerateArray())
            if (mutant.GetProperty("status").GetString() is not ("Ignored" or "CompileError")) yield return (Path.GetFileName(file.Name), file.Value.GetProperty("source").GetString()!, mutant);
}

static int Summary(string report, string state)
{
    var results = Directory.GetFiles(state, "journal*").SelectMany(File.ReadAllLines).Select(l => l.Split('\t')).Where(l => l[0] == "done").ToDictionary(l => l[1], l => l[2..]);
    foreach (var file in Mutants(report).GroupBy(m => m.File).OrderBy(g => g.Key))
    {
        var all = file.Select(m => (m.Mutant, Result: results.GetValueOrDefault(m.Mutant.GetProperty("id").GetString()!))).Where(m => m.Result != null).ToArray();
        var (noticed, timeouts) = (all.Count(m => m.Result![0] != "Survived"), all.Count(m => m.Result![0] == "Timeout"));
        Console.WriteLine($"| `{file.Key}` | {all.Length} of {file.Count()} | {noticed} | {timeouts} | {100.0 * noticed / Math.Max(1, all.Length):F0} % |");
        var source = file.First().Source.Split('\n');
        foreach (var (mutant, result) in all.Where(m => m.Result![0] != "Killed"))
        {
            (int Line, int Column) At(string end) => mutant.GetProperty("location").GetProperty(end) is var p ? (p.GetProperty("line").GetInt32(), p.GetProperty("column").GetInt32()) : default;
            var (from, to) = (At("start"), At("end"));
            var before = source[from.Line - 1][(from.Column - 1)..(from.Line == to.Line ? to.Column - 1 : ^0)];
            Console.WriteLine($"  {result![0]} {from.Line}:{from.Column} {before} → {mutant.GetProperty("replacement").GetString()} {(result.Length > 1 ? result[1] : "")}");
        }
    }
    return 0;
}

static Outcome Run(Test test, double limit)
{
    Exception? error = null;
    var thread = new Thread(() =>
    {
        try
        {
            test.Method.Invoke(test.Method.IsStatic ? null : Activator.CreateInstance(test.Method.DeclaringType!), test.Arguments);
        }
        catch (TargetInvocationException e)
        {
            error = e;
        }
    }, 16 << 20) { IsBackground = true };
    var begun = Environment.CpuUsage.TotalTime;
    thread.Start();
    while (!thread.Join(20))
        if ((Environment.CpuUsage.TotalTime - begun).TotalMilliseconds > limit) return Outcome.TimedOut;
    return error == null ? Outcome.Passed : Outcome.Failed;
}

// Facts and theories with inline data, but large ones.
static IEnumerable<Test> Discover(Type type)
{
    foreach (var method in type.GetMethods(Any))
    {
        var data = method.GetCustomAttributesData();
        bool Has(string name) => data.Any(a => a.AttributeType.Name == name);
        if (!Has("FactAttribute") && !Has("TheoryAttribute") || data.Any(a => a.AttributeType.Name == "TraitAttribute" && Equals(a.ConstructorArguments[1].Value, "Large"))) continue;
        if (Has("FactAttribute")) yield return new($"{type.Name}.{method.Name}", method, []);
        var k = 0;
        foreach (var row in data.Where(a => a.AttributeType.Name == "InlineDataAttribute"))
        {
            var values = ((IEnumerable)row.ConstructorArguments[0].Value!).Cast<CustomAttributeTypedArgument>().Select(a => a.Value);
            var arguments = values.Zip(method.GetParameters(), (v, p) => v is IConvertible && p.ParameterType.IsPrimitive ? Convert.ChangeType(v, p.ParameterType) : v).ToArray();
            yield return new($"{type.Name}.{method.Name}#{k++}", method, arguments);
        }
    }
}

enum Outcome { Passed, Failed, TimedOut }

sealed record Test(string Name, MethodInfo Method, object?[] Arguments);
