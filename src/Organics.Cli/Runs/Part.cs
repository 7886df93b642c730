using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Organics;

/// <summary>What every part of work that was shared by <c>--shard</c> says of itself, whatever else it holds.</summary>
/// <param name="Configuration">All that its numbers follow from, or a digest of it: parts of one configuration belong together.</param>
/// <param name="Versions">Of what.</param>
/// <param name="Shard">Which part of how many, as "1/4"; null for the whole.</param>
/// <param name="Kind">The command that wrote it, without <c>organics</c>.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
sealed record PartHead(string Configuration, VersionRecord Versions, string? Shard = null, string Kind = Sweep.Kind)
{
    /// <inheritdoc cref="SweepRecord.LaterVersions"/>
    public VersionRecord[]? LaterVersions { get; init; }

    /// <inheritdoc cref="SweepRecord.AllVersions"/>
    [JsonIgnore]
    public VersionRecord[] AllVersions => [Versions, .. LaterVersions ?? []];
}

/// <summary>A part of a search. Circuits that it found are in a folder beside its file, under the file's name.</summary>
/// <param name="Kind">As <see cref="PartHead.Kind"/>.</param>
/// <param name="Configuration">The options of the command that its numbers follow from.</param>
/// <param name="Shard">Which part of how many, as "1/4".</param>
/// <param name="Versions">Of what.</param>
/// <param name="Report">What it came to.</param>
sealed record Part<T>(string Kind, string Configuration, string Shard, VersionRecord Versions, T Report);

/// <summary>The files of parts in a folder.</summary>
static class Part
{
    /// <summary>The files of all parts.</summary>
    public static string[] Files(string folder) => Directory.GetFiles(folder, "part-*-of-*.json");

    /// <summary>What the file of a part, without its extension, and the folder of its circuits are called.</summary>
    public static string Name(string shard) => $"part-{shard.Replace("/", "-of-", StringComparison.Ordinal)}";

    /// <summary>What a part came to. One that is there already is not computed again.</summary>
    /// <param name="folder">Where the parts are.</param>
    /// <param name="kind">The command.</param>
    /// <param name="configuration">Its options.</param>
    /// <param name="shard">Which.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="compute">Computes it, and leaves circuits in a folder.</param>
    /// <exception cref="Failure">The folder holds that part of something else.</exception>
    public static T Of<T>(string folder, string kind, string configuration, Shard shard, JsonTypeInfo<Part<T>> type, Func<string, T> compute)
    {
        var own = Path.Combine(folder, Name($"{shard}"));
        var file = own + ".json";
        if (File.Exists(file))
        {
            var there = Read(file, RunJson.Default.PartHead);
            return (there.Kind, there.Configuration) == (kind, configuration) ? Read(file, type).Report
                : throw Failure.Usage($"'{file}' is a part of `organics {there.Kind} {there.Configuration}`; give another --out, or remove it.");
        }
        OutFolder.Make(folder);
        var part = new Part<T>(kind, configuration, $"{shard}", VersionRecord.Current, compute(own));
        OutFolder.Save(folder, Path.GetFileName(file), stream => JsonSerializer.Serialize(stream, part, type));
        return part.Report;
    }

    /// <summary>Reads what a file of a part holds.</summary>
    /// <exception cref="Failure">It is none.</exception>
    public static T Read<T>(string file, JsonTypeInfo<T> type)
    {
        try
        {
            using var stream = File.OpenRead(file);
            return JsonSerializer.Deserialize(stream, type) ?? throw new JsonException();
        }
        catch (JsonException error)
        {
            throw Failure.Usage($"'{file}' is no part that this version can read ({(error.Path is { } at and not "$" ? $"from {at} on" : "it is no whole JSON object")}); remove it, and run it again.");
        }
    }

    /// <summary>What all parts came to, in their order.</summary>
    /// <param name="folder">Where they are.</param>
    /// <param name="shards">Which.</param>
    /// <param name="type">How they are written.</param>
    /// <param name="searches">What was searched, which is the same in all; null where that is one thing.</param>
    /// <exception cref="Failure">One was written in another way, or searched something else.</exception>
    public static (string Shard, T Report)[] ReadAll<T>(
        string folder, string[] shards, JsonTypeInfo<Part<T>> type, Func<T, IEnumerable<(string Hypothesis, int N)>>? searches = null)
    {
        (string Shard, T Report)[] parts = [.. shards.Select(shard => (shard, Read(FileOf(shard), type).Report))];
        foreach (var (shard, report) in searches is null ? [] : parts)
            if (!searches!(report).SequenceEqual(searches(parts[0].Report)))
                throw Failure.Usage($"'{FileOf(shard)}' holds other searches than '{FileOf(parts[0].Shard)}'; remove one of them, and run it again.");
        return parts;

        string FileOf(string shard) => Path.Combine(folder, Name(shard) + ".json");
    }

    /// <summary>Says what is to be done with a part.</summary>
    public static void Say(string shard, string folder)
        => Console.Out.WriteLine(Printable.Of($"Part {shard}; put them together by: organics merge {ShellWord.Of(folder)}"));

    /// <summary>Copies a circuit that a part found to those of the whole.</summary>
    /// <param name="folder">Where the parts are.</param>
    /// <param name="shard">The part.</param>
    /// <param name="path">The circuit's file as the part called it, wherever the folder was then.</param>
    /// <returns>The path of the copy.</returns>
    /// <exception cref="Failure">The file is not there.</exception>
    public static string Take(string folder, string shard, string path)
    {
        var (from, to) = (Path.Combine(folder, Name(shard), Path.GetFileName(path)), Path.Combine(folder, Path.GetFileName(path)));
        if (!File.Exists(from)) throw Failure.Check($"Part {shard} has lost '{from}'; remove '{Name(shard)}.json' beside its folder, and run the part again.");
        File.Copy(from, to, overwrite: true);
        return to;
    }
}
