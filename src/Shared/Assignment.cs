namespace Organics;

/// <summary>What a user writes as PATH=VALUE.</summary>
static class Assignment
{
    /// <summary>Both sides of the first =, the path without blanks around it; null where there is no = or nothing before it.</summary>
    public static (string Path, string Value)? Cut(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        var path = text[..Math.Max(at, 0)].Trim();
        return path.Length > 0 ? (path, text[(at + 1)..]) : null;
    }
}
