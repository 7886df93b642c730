using System.CommandLine;

namespace Organics;

/// <summary><c>organics merge FOLDER</c>.</summary>
static class Merge
{
    const string Folder = "FOLDER", Json = "--json";

    public static Command Command()
    {
        var command = new Command(
            "merge", "Put the parts together that `sweep`, `stability sweep` or `falsify` computed by --shard: what one process would have said.");
        command.Arguments.Add(new Argument<string>(Folder) { Description = "Where the parts are." });
        command.Options.Add(PageOption.Make());
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object, that of the command, to stdout and nothing else." });
        command.SetAction(given =>
        {
            var (folder, page, json) = (given.GetRequiredValue<string>(Folder), PageOption.Of(given), given.GetValue<bool>(Json));
            var (kind, shards) = Parts(folder);
            if (page is not null && kind != Sweep.Kind) throw Failure.Usage($"{PageOption.Name} is for the parts of `organics sweep`; leave it out.");
            var code = kind switch
            {
                Sweep.Kind => Sweep.Merge(folder, shards, page, json),
                StabilityCommand.Kind => StabilityCommand.Merge(folder, shards, json),
                Falsify.Kind => Falsify.Merge(folder, shards, json),
                Falsify.GlobalKind => Falsify.MergeGlobal(folder, shards, json),
                _ => throw Failure.Usage($"'{folder}' holds parts of '{kind}', which this version does not know."),
            };
            if (!json) PageOption.Tell(given);
            return (int)code;
        });
        return command;
    }

    /// <summary>The parts in a folder, all and in order.</summary>
    static (string Kind, string[] Shards) Parts(string folder)
    {
        if (!Directory.Exists(folder)) throw Failure.Usage($"There is no folder '{folder}'; give the one that `--shard` wrote into.");
        var files = Part.Files(folder).Order(StringComparer.Ordinal).ToArray();
        PartHead[] parts = [.. files.Select(file => Part.Read(file, RunJson.Default.PartHead))];
        if (parts.Length == 0)
            throw Failure.Usage($"'{folder}' holds no part; they are written by `sweep`, `stability sweep` and `falsify` with --shard I/N.");
        var (kind, configuration) = (parts[0].Kind, parts[0].Configuration);
        if (parts.FirstOrDefault(part => (part.Kind, part.Configuration) != (kind, configuration)) is { } other)
            throw Failure.Usage($"'{folder}' holds parts of different work, {parts[0].Shard} of {Of(parts[0])} and {other.Shard} of {Of(other)}; remove those "
                + "that do not belong to it.");
        Shard[] shards = [.. parts.Select(part => ShardOf(folder, part))];
        foreach (var (file, shard) in files.Zip(shards))
        {
            // A copy beside a part would be counted, too.
            var own = Part.Name($"{shard}") + ".json";
            if (Path.GetFileName(file) != own)
                throw Failure.Usage($"'{file}' calls itself part {shard}, whose name is '{own}'; remove it, or give it that name.");
        }
        Array.Sort(shards, parts, Comparer<Shard>.Create((a, b) => a.Index.CompareTo(b.Index)));
        int[] counts = [.. shards.Select(shard => shard.Count).Distinct().Order()];
        if (counts.Length > 1)
            throw Failure.Usage($"'{folder}' holds parts of {string.Join(" and of ", counts)}; remove those that belong to another division.");
        string[] missing =
        [
            .. Enumerable.Range(1, counts[0]).Select(i => new Shard(i, counts[0])).Except(shards).Select(shard => $"{shard}"),
            .. kind == Sweep.Kind ? shards.Where(shard => !SweepTable.IsComplete(folder, $"{shard}")).Select(shard => $"{shard} (not complete)") : [],
        ];
        if (missing.Length == 0)
        {
            SayVersions(folder, parts);
            return (kind, [.. shards.Select(shard => $"{shard}")]);
        }
        var each = missing.Length == 1 ? missing[0].Split(' ')[0] : $"I/{counts[0]}";
        throw Failure.Check($"'{folder}' lacks {string.Join(", ", missing)}; run {(missing.Length == 1 ? "it" : "each of them")} by "
            // Of a sweep the configuration is a digest, of the others the options.
            + $"{(kind == Sweep.Kind ? $"the command that made the others, with {Shard.Name} {each}" : $"`organics {kind} {configuration} {Shard.Name} {each} --out {ShellWord.Of(folder)}`")}.");
    }

    /// <summary>Says which parts are of which version, where they are not of one.</summary>
    static void SayVersions(string folder, PartHead[] parts)
    {
        (PartHead Part, VersionRecord Version)[] all =
            [.. parts.SelectMany(part => part.AllVersions.Select(version => (part, version)))];
        if (all.Select(one => one.Version).Distinct().Count() == 1) return;
        var each = all.Zip(VersionRecord.Apart([.. all.Select(one => one.Version)])).GroupBy(one => one.First.Part.Shard, one => one.Second)
            .Select(part => (Shard: part.Key, Names: string.Join(", then ", part)));
        Log.Line($"Note: the parts in '{folder}' are not of one version: "
            + $"{string.Join("; ", each.GroupBy(part => part.Names, part => part.Shard).Select(group => $"{string.Join(", ", group)} by {group.Key}"))}. "
            + "Where all numbers are to be of one, remove the others and run them again.");
    }

    static string Of(PartHead part) => part.Kind == Sweep.Kind ? $"the sweep {part.Configuration} of a circuit, values, measures and a seed"
        : $"`organics {part.Kind} {part.Configuration}`";

    static Shard ShardOf(string folder, PartHead part)
    {
        if (part.Shard is null) throw Failure.Usage($"'{folder}' holds a whole sweep under the name of a part; remove it.");
        try
        {
            return Shard.Parse(part.Shard);
        }
        catch (FormatException error)
        {
            throw Failure.Usage($"A part calls itself '{part.Shard}', but {error.Message} Remove it, and run it again by `organics {part.Kind} --shard`.");
        }
    }
}
