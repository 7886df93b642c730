using System.Globalization;
using System.Text;

namespace Organics;

/// <summary>
/// Makes text from files, servers and command lines safe to print: what a terminal would obey, or what would change the order in which text is read, is shown
/// as an escape instead. Everything goes through it that the tool writes and did not make up itself.
/// </summary>
static class Printable
{
    /// <summary>The text with every control and format character (bidirectional controls are among these) and every line or paragraph separator as \uXXXX; a
    /// tab stays, a lone surrogate is U+FFFD.</summary>
    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text;
        var shown = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value != '\t' && IsObeyed(rune)) shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
            else shown.Append(rune.ToString());
        }
        return shown.ToString();
    }

    /// <summary>Whether a character moves, colours, hides or reorders instead of being seen.</summary>
    public static bool IsObeyed(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
