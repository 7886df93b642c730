using Spectre.Console;

namespace Organics;

/// <summary>A progress bar on stderr with words beside it.</summary>
static class LiveBar
{
    // Leaves room for the words of a training in 80 columns.
    const int BarWidth = 10;

    public static TResult Run<TResult>(Func<Action<double, string>, TResult> work) =>
        Terminal.Of(Console.Error).Progress()
            .Columns(new ProgressBarColumn { Width = BarWidth }, new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context =>
            {
                var task = context.AddTask("starting", maxValue: 1);
                return work((fraction, text) =>
                {
                    task.Description = Markup.Escape(text);
                    task.Value = fraction;
                });
            });
}

/// <summary>Spectre's view of a stream.</summary>
static class Terminal
{
    /// <summary>Colours and cursor movements only where the stream is a terminal; no colours where NO_COLOR is set (https://no-color.org).</summary>
    public static IAnsiConsole Of(TextWriter writer)
    {
        var isTerminal = writer == Console.Error ? !Console.IsErrorRedirected : !Console.IsOutputRedirected;
        return AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
    }
}
