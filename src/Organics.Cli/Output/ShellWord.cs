using System.Buffers;
using System.Text;

namespace Organics;

/// <summary>Writes a path as a shell reads it back: a command that the tool suggests is safe to paste whatever a folder is called.</summary>
static class ShellWord
{
    static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:=@%+,-");
    static readonly SearchValues<char> PlainOnWindows = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:=@+,-\\");

    /// <summary>The path as one word of a command line.</summary>
    public static string Of(string path) => OperatingSystem.IsWindows() ? OfWindows(path) : OfPosix(path);

    /// <summary>Any argument as one word: the hyphens of an option stay as they are.</summary>
    public static string OfArgument(string word) => word.TrimStart('-') is var rest && rest.Length == 0 && word.Length > 0 ? word
        : word[..(word.Length - rest.Length)] + Of(rest);

    // A quotation mark is no part of a name there.
    static string OfWindows(string path) => path.Length > 0 && !path.AsSpan().ContainsAnyExcept(PlainOnWindows) ? path : $"\"{path}\"";

    /// <summary>As a POSIX shell reads it: plain, or in single quotes, or as $'…' where it has characters that a terminal would obey.</summary>
    internal static string OfPosix(string path)
    {
        // What begins with a hyphen would be an option.
        if (path.StartsWith('-')) path = "./" + path;
        if (path.Length > 0 && !path.AsSpan().ContainsAnyExcept(Plain)) return path;
        if (!path.EnumerateRunes().Any(Printable.IsObeyed)) return $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'";
        var word = new StringBuilder("$'");
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in path.EnumerateRunes())
        {
            if (rune.Value is '\'' or '\\') word.Append('\\').Append((char)rune.Value);
            else if (!Printable.IsObeyed(rune)) word.Append(rune.ToString());
            else foreach (var b in utf8[..rune.EncodeToUtf8(utf8)]) word.Append('\\').Append(Convert.ToString(b, 8).PadLeft(3, '0'));
        }
        return word.Append('\'').ToString();
    }
}
