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
            var folder = given.GetRequiredValue<string>(Folder);
            var (record, figures, missing, several) = Run(folder, PageOption.Of(given));
            Console.Out.WriteLine(Printable.Of(
                $"{record.Points:N0} points: '{Path.Combine(folder, "sweep.csv")}'{Sweep.Beside(figures)}"));
            foreach (var sentence in missing) Console.Out.WriteLine(sentence);
            PageOption.Tell(given);
            Sweep.SaySeveral(several, record.Points);
            return (int)ExitCode.Done;
        });
        return command;
    }

    static (SweepRecord Record, string[] Figures, IReadOnlyList<string> Missing, int Several) Run(string folder, string? page)
    {
        if (!Directory.Exists(folder)) throw Failure.Usage($"There is no folder '{folder}'; give the one that `organics sweep --shard` wrote into.");
        SweepRecord[] parts = [.. Directory.GetFiles(folder, "part-*-of-*.json").Select(SweepTable.Read).OrderBy(p => p.First)];
        if (parts.Length == 0) throw Failure.Usage($"'{folder}' holds no part of a sweep; they are written by `organics sweep --shard I/N`.");
        if (parts.FirstOrDefault(p => p.Configuration != parts[0].Configuration) is { } other)
            throw Failure.Usage($"'{folder}' holds parts of different sweeps, {parts[0].Shard} and {other.Shard}; merge those of one configuration.");
        if (parts.Any(p => p.Shard is null)) throw Failure.Usage($"'{folder}' holds a whole sweep under the name of a part; remove it.");
        Shard[] shards = [.. parts.Select(ShardOf)];
        int[] counts = [.. shards.Select(s => s.Count).Distinct()];
        if (counts.Length > 1)
            throw Failure.Usage($"'{folder}' holds parts of {string.Join(" and of ", counts)}; remove those that belong to another division.");
        var tables = parts.Select(p => SweepTable.Lines(folder, p.Shard)).ToArray();
        string[] missing =
        [
            .. Enumerable.Range(1, counts[0]).Select(i => new Shard(i, counts[0])).Except(shards).Select(s => $"{s}"),
            .. parts.Where((p, k) => tables[k].Lines.Length != p.Count).Select(p => $"{p.Shard} (not complete)"),
        ];
        if (missing.Length > 0)
            throw Failure.Check(
                $"'{folder}' lacks {string.Join(", ", missing)}; run {(missing.Length == 1 ? "it" : "them")} again by `organics sweep --shard`.");
        var record = parts[0] with { First = 0, Count = parts[0].Points, Shard = null };
        string[] lines = [.. tables.SelectMany(t => t.Lines)];
        OutFolder.Save(folder, "sweep.csv", string.Join('\n', [tables[0].Header, .. lines]) + "\n");
        AtomicFile.Write(Path.Combine(folder, "sweep.json"), stream => System.Text.Json.JsonSerializer.Serialize(stream, record, RunJson.Default.SweepRecord));
        var rows = SweepTable.Numbers(lines);
        var drawn = SweepFigures.Of(record, rows);
        if (page is not null) SweepPage.Of(record, tables[0].Header.Split(','), rows, drawn).Write(page);
        return (record, SweepFigures.Draw(folder, drawn), SweepFigures.Missing(record, rows), Sweep.SeveralOf(record, rows));
    }

    static Shard ShardOf(SweepRecord part)
    {
        try
        {
            return Shard.Parse(part.Shard!);
        }
        catch (FormatException error)
        {
            throw Failure.Usage($"A part calls itself '{part.Shard}', but {error.Message} Remove it, and run it again by `organics sweep --shard`.");
        }
    }
}
