using System.Runtime.InteropServices;
using Spectre.Console;

namespace Organics;

/// <summary>A progress bar on stderr with words beside it.</summary>
static class LiveBar
{
    // Leaves room for the words of a training in 80 columns.
    const int BarWidth = 10;

    // That of the bar which is up.
    static IAnsiConsole? _console;

    /// <summary>Writes a line above the bar, which stays; false where none is up.</summary>
    public static bool Leave(string text)
    {
        if (_console is not { } console) return false;
        console.WriteLine(text);
        return true;
    }

    public static TResult Run<TResult>(Func<Action<double, string>, TResult> work)
    {
        // The bar hides the cursor, and a signal that ends the process would leave it so.
        var signals = new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, _ => ShowCursor())).ToArray();
        try
        {
            _console = Terminal.Of(Console.Error);
            return _console.Progress()
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
        finally
        {
            _console = null;
            foreach (var signal in signals) signal.Dispose();
        }
    }

    // Not by Console.Error, whose lock the bar may hold.
    static void ShowCursor()
    {
        if (!Log.IsLive) return;
        try
        {
            using var stream = Console.OpenStandardError();
            stream.Write("\e[?25h"u8);
        }
        catch (IOException)
        {
            // The terminal is gone.
        }
    }
}
