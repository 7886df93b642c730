namespace Organics;

/// <summary>What happens, on stderr: a live bar where that is a terminal, plain lines where it is not.</summary>
static class Log
{
    /// <summary>Whether stderr is a terminal that can redraw a line.</summary>
    public static bool IsLive { get; } = !Console.IsErrorRedirected && !Terminal.IsDumb;

    /// <summary>Whether another process speaks for this one.</summary>
    public static bool IsQuiet { get; set; }

    /// <summary>Writes one line; see <see cref="Printable"/>.</summary>
    public static void Line(string text)
    {
        if (!IsQuiet && !LiveBar.Leave(Printable.Of(text))) Console.Error.WriteLine(Printable.Of(text));
    }

    /// <summary>Runs work that reports the fraction done and a few words; they are shown where there is a terminal, and dropped where there is none.</summary>
    public static TResult Progress<TResult>(Func<Action<double, string>, TResult> work) => IsLive && !IsQuiet ? LiveBar.Run(work) : work((_, _) => { });
}
