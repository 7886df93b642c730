using System.Text.RegularExpressions;

namespace Organics.Backends;

/// <summary>Mends the OpenCL that ILGPU 1.5.3 writes, which is wrong in three places.</summary>
/// <remarks>
/// Its barriers order global memory alone, so that what a thread reads from shared memory need not be what its group wrote there. Dynamic shared memory is one
/// pointer of the program, which all groups that run at once set to their own. And where a φ-node's old value must outlive the node's assignment at the end of a
/// block, the variable that keeps it is read in the other blocks, too, as if it were the node.
/// </remarks>
static partial class OpenClSource
{
    /// <summary>The same program without these faults.</summary>
    /// <exception cref="InvalidOperationException">It is not written as ILGPU 1.5.3 writes it, so that what is wrong in it may have stayed.</exception>
    public static string Mend(string source)
    {
        if ((source.Contains("_barrier", StringComparison.Ordinal) && !source.Contains("work_group_barrier ( CLK_GLOBAL_MEM_FENCE )", StringComparison.Ordinal))
            || (source.Contains(") dynamic_shared_memory", StringComparison.Ordinal) && !DynamicMemory.IsMatch(source)) || !Label.IsMatch(source))
            throw new InvalidOperationException("ILGPU writes OpenCL in another way than version 1.5.3 does, whose φ-nodes, barriers and shared memory this library mends; use ILGPU 1.5.3, or Device.Cpu.");
        var pointers = string.Concat(DynamicMemory.Matches(source).Select(match => match.Value));
        var withoutPointers = DynamicMemory.Replace(source, "").Replace("( CLK_GLOBAL_MEM_FENCE )", "( CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE )", StringComparison.Ordinal);
        var body = withoutPointers.IndexOf('{', withoutPointers.IndexOf("kernel void ", StringComparison.Ordinal)) + 1;
        var mended = pointers.Length == 0 ? withoutPointers : withoutPointers.Insert(body, $"\n{pointers}");
        return Function.Replace(mended, match => WithOwnCopies(match.Value));
    }

    // What keeps a node's value is assigned from the node alone, each time before the node itself, and then read by other nodes' assignments. It is right in the
    // block that made it, from there on; anywhere else it is a value of another time, or none, and what is meant is the node.
    static string WithOwnCopies(string function)
    {
        var lines = function.Split('\n');
        var copies = CopiesOf(lines);
        var made = new HashSet<string>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (Label.IsMatch(lines[i])) made.Clear();
            if (Move.Match(lines[i]) is not { Success: true } move) continue;
            var (target, source) = (move.Groups[1], move.Groups[2]);
            if (copies.ContainsKey(target.Value)) made.Add(target.Value);
            else if (copies.TryGetValue(source.Value, out var node) && !made.Contains(source.Value))
                lines[i] = $"{lines[i][..source.Index]}{node}{lines[i][(source.Index + source.Length)..]}";
        }
        return string.Join('\n', lines);
    }

    // ILGPU writes "a = b;" for φ-nodes alone, and reads a copy nowhere else.
    static Dictionary<string, string> CopiesOf(string[] lines)
    {
        Dictionary<string, string> nodes = [];
        HashSet<string> others = [];
        for (var i = 0; i < lines.Length; i++)
        {
            var move = Move.Match(lines[i]);
            if (!move.Success && !Declaration.IsMatch(lines[i])) others.UnionWith(Name.Matches(lines[i]).Select(match => match.Value));
            if (Assignment.Match(lines[i]) is not { Success: true } assignment) continue;
            var (name, node) = (assignment.Groups[1].Value, move.Groups[2].Value);
            var isKept = node.Length > 0 && i + 1 < lines.Length && Assignment.Match(lines[i + 1]) is { Success: true } next && next.Groups[1].Value == node;
            if (!isKept || (nodes.TryGetValue(name, out var before) && before != node)) others.Add(name);
            nodes[name] = node;
        }
        return nodes.Where(n => !others.Contains(n.Key)).ToDictionary();
    }

    // The pointer and its length, each a line outside of all functions.
    [GeneratedRegex(@"^(local \S+ shared_var_\d+|int shared_var_len_\d+);\r?\n", RegexOptions.Multiline)]
    private static partial Regex DynamicMemory { get; }

    [GeneratedRegex(@"^\{.*?^\}", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Function { get; }

    [GeneratedRegex(@"^\s*L_\d+: ;\s*$", RegexOptions.Multiline)]
    private static partial Regex Label { get; }

    [GeneratedRegex(@"^\s*(\w+)(?:\.\w+)* =[^=]")]
    private static partial Regex Assignment { get; }

    [GeneratedRegex(@"^\s*(\w+) = ([A-Za-z_]\w*);\s*$")]
    private static partial Regex Move { get; }

    [GeneratedRegex(@"^\s*(?!return )[^=(]*;\s*$")]
    private static partial Regex Declaration { get; }

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex Name { get; }
}
