using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SideBySide;

Case[] cases = [.. Gemm.Cases, .. StaticStep.Cases, .. SequenceStep.Cases, .. CellStep.Cases];

var threads = new Option<int>("--threads") { Description = "Threads for every side.", DefaultValueFactory = _ => 2 };
var rounds = new Option<int>("--rounds") { Description = "Timed samples per side.", DefaultValueFactory = _ => 15 };
var only = new Option<string>("--only") { Description = "Run the cases whose name contains this.", DefaultValueFactory = _ => "" };
var peak = new Option<string[]>("--peak") { Description = "CASE SIDE: run this side alone and print its peak memory in bytes.", Arity = new(2, 2), AllowMultipleArgumentsPerToken = true };
foreach (var option in new[] { threads, rounds })
{
    option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() < 1)
            result.AddError($"{option.Name} must be 1 or more.");
    });
}

var command = new RootCommand("Organics and libtorch side by side: the same work, alternately, in one process.") { threads, rounds, only, peak };
command.SetAction(options =>
{
    int count = options.GetValue(threads);
    // A side of this project needs no libtorch, whose code alone takes 190 MiB.
    var alone = options.GetValue(peak) is [var name, var sideName] ? cases.Single(c => c.Name == name).Sides.Single(s => s.Name == sideName) : null;
    if (alone is not { Ours: true } && Libtorch.Load(count) is { } reason)
    {
        Console.WriteLine(reason);
        return 0;
    }
    if (alone is not null)
    {
        Console.WriteLine(Race.PeakBytes(alone, count));
        return 0;
    }
    Case[] chosen = [.. cases.Where(c => c.Name.Contains(options.GetValue(only)!, StringComparison.OrdinalIgnoreCase))];
    if (chosen is [])
    {
        Console.Error.WriteLine($"--only: no case's name contains \"{options.GetValue(only)}\"; the cases are {string.Join("; ", cases.Select(c => c.Name))}.");
        return 2;
    }
    Console.WriteLine(Machine.Describe(count));
    Console.WriteLine();
    var table = new Table(Console.Out);
    foreach (var race in chosen)
        table.Add(race, Race.Run(race, count, options.GetValue(rounds), side => PeakBytesAlone(race, side, count)));
    table.End();
    return 0;
});
return command.Parse(args).Invoke();

// Memory is the one thing that two sides of one process cannot share, so each is measured in a process of its own.
static long PeakBytesAlone(Case race, Side side, int threads)
{
    string self = Environment.GetCommandLineArgs()[0];
    bool hosted = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
    var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
    foreach (string argument in (string[])[.. hosted ? [self] : Array.Empty<string>(), "--peak", race.Name, side.Name, "--threads", $"{threads}"])
        start.ArgumentList.Add(argument);
    using var process = Process.Start(start)!;
    string output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return long.TryParse(output, CultureInfo.InvariantCulture, out long bytes)
        ? bytes
        : throw new InvalidOperationException($"{race.Name}: {side.Name}, run alone for its memory, ended with code {process.ExitCode}: {output}");
}
