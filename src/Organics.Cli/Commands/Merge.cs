using System.CommandLine;

namespace Organics;

/// <summary><c>organics merge FOLDER</c>.</summary>
static class Merge
{
    const string Folder = "FOLDER";

    public static Command Command()
    {
        var command = new Command("merge", "Put the parts of a sweep together that were computed by --shard.");
        command.Arguments.Add(new Argument<string>(Folder) { Description = "Where the parts are." });
        command.Options.Add(PageOption.Make());
        command.SetAction(given =>
        {
            var (record, figures) = Run(given.GetRequiredValue<string>(Folder), PageOption.Of(given));
            var table = Path.Combine(given.GetRequiredValue<string>(Folder), "sweep.csv");
            Console.Out.WriteLine(Printable.Of($"{record.Points:N0} points: '{table}', {string.Join(", ", figures)} beside it."));
            return (int)ExitCode.Done;
        });
        return command;
    }

    static (SweepRecord Record, string[] Figures) Run(string folder, string? page)
    {
        if (!Directory.Exists(folder)) throw Failure.Usage($"There is no folder '{folder}'; give the one that `organics sweep --shard` wrote into.");
        SweepRecord[] parts = [.. Directory.GetFiles(folder, "part-*-of-*.json").Select(SweepTable.Read).OrderBy(p => p.First)];
        if (parts.Length == 0) throw Failure.Usage($"'{folder}' holds no part of a sweep; they are written by `organics sweep --shard I/N`.");
        if (parts.FirstOrDefault(p => p.Configuration != parts[0].Configuration) is { } other)
            throw Failure.Usage($"'{folder}' holds parts of different sweeps, {parts[0].Shard} and {other.Shard}; merge those of one configuration.");
        if (parts.Any(p => p.Shard is null)) throw Failure.Usage($"'{folder}' holds a whole sweep under the name of a part; remove it.");
        var counts = parts.Select(p => p.Shard!.Split('/')[1]).Distinct().ToArray();
        if (counts.Length > 1)
            throw Failure.Usage($"'{folder}' holds parts of {string.Join(" and of ", counts)}; remove those that belong to another division.");
        var all = int.Parse(counts[0], System.Globalization.CultureInfo.InvariantCulture);
        var tables = parts.Select(p => SweepTable.Lines(folder, p.Shard)).ToArray();
        string[] missing =
        [
            .. Enumerable.Range(1, all).Select(i => $"{i}/{all}").Where(shard => parts.All(p => p.Shard != shard)),
            .. parts.Where((p, k) => tables[k].Lines.Length != p.Count).Select(p => $"{p.Shard} (not complete)"),
        ];
        if (missing.Length > 0)
            throw Failure.Check($"'{folder}' lacks {string.Join(", ", missing)}; run {(missing.Length == 1 ? "it" : "them")} again by `organics sweep --shard`.");
        var record = parts[0] with { First = 0, Count = parts[0].Points, Shard = null };
        string[] lines = [.. tables.SelectMany(t => t.Lines)];
        Simulate.Save(folder, "sweep.csv", string.Join('\n', [tables[0].Header, .. lines]) + "\n");
        AtomicFile.Write(Path.Combine(folder, "sweep.json"), stream => System.Text.Json.JsonSerializer.Serialize(stream, record, RunJson.Default.SweepRecord));
        var rows = SweepTable.Numbers(lines);
        var drawn = SweepFigures.Of(record, rows);
        if (page is not null) SweepPage.Of(record, tables[0].Header.Split(','), rows, drawn).Write(page);
        return (record, SweepFigures.Draw(folder, drawn));
    }
}
