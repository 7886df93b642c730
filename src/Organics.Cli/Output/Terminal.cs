using Spectre.Console;

namespace Organics;

/// <summary>Spectre's view of a stream.</summary>
static class Terminal
{
    /// <summary>Whether TERM says that the terminal knows no escapes.</summary>
    public static bool IsDumb { get; } = Environment.GetEnvironmentVariable("TERM") == "dumb";

    /// <summary>
    /// Escapes only where the stream is a terminal that knows them, whatever service the process runs in; with NO_COLOR (https://no-color.org) those alone that
    /// move the cursor of stderr.
    /// </summary>
    public static IAnsiConsole Of(TextWriter writer)
    {
        var isError = writer == Console.Error;
        var isPlain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        var isTerminal = !IsDumb && !(isError ? Console.IsErrorRedirected : Console.IsOutputRedirected || isPlain);
        return AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal && !isPlain ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            // A bar asks for nothing: it is drawn whatever stdin is.
            Interactive = isTerminal ? InteractionSupport.Yes : InteractionSupport.No,
            // Spectre's own view of GitHub, Azure and their like is that their logs take escapes, wherever the stream goes.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
    }
}
