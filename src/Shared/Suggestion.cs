namespace Organics;

/// <summary>Finds what a user may have meant.</summary>
static class Suggestion
{
    // The time grows with the product of the lengths.
    const int LongestTyped = 200;

    /// <summary>The name that differs by its case alone, else the nearest to what was typed, or null where none is near: at most a third of its letters, and
    /// two at least, may differ.</summary>
    public static string? Nearest(string typed, IEnumerable<string> names)
    {
        if (typed.Length > LongestTyped) return null;
        if (names.FirstOrDefault(name => name.Equals(typed, StringComparison.OrdinalIgnoreCase)) is { } same) return same;
        var best = names.Select(name => (Name: name, Distance: Distance(typed, name))).DefaultIfEmpty((Name: "", Distance: int.MaxValue)).MinBy(each => each.Distance);
        return best.Distance <= Math.Max(2, typed.Length / 3) ? best.Name : null;
    }

    /// <summary>The least number of letters to insert, delete, replace, or exchange with their neighbour (Damerau, CACM 7 (1964), restricted form).</summary>
    public static int Distance(string from, string to)
    {
        var d = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[from.Length, to.Length];
    }
}
