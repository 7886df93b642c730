using System.CommandLine;

namespace Organics;

/// <summary><c>--html</c> of a command that can say what it found as a page, too.</summary>
static class PageOption
{
    /// <summary>Its name.</summary>
    public const string Name = "--html";

    /// <summary>The option.</summary>
    /// <param name="more">What the page has beside the numbers, behind a semicolon.</param>
    public static Option<string> Make(string more = "")
        => new(Name) { Description = $"Write a page in one file that needs no network, too{more}.", HelpName = "PAGE.html" };

    /// <summary>The file that was named; null where there is none.</summary>
    /// <exception cref="Failure">It is not named as a page is.</exception>
    public static string? Of(ParseResult given) => given.GetValue<string>(Name) is { } file ? Report.PathOf(file, Name) : null;

    /// <summary>Says on stdout where the page is, if there is one.</summary>
    public static void Tell(ParseResult given)
    {
        if (Of(given) is { } file) Console.Out.WriteLine(Printable.Of($"The page is in '{file}'."));
    }
}
