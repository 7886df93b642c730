namespace Organics;

/// <summary>The exit codes of the tool.</summary>
enum ExitCode
{
    Done = 0,
    CheckFailed = 1,
    Usage = 2,
    Diverged = 3,
    Interrupted = 130,
}

/// <summary>The tool ends with one sentence on stderr.</summary>
sealed class Failure(ExitCode code, string sentence) : Exception(sentence)
{
    public ExitCode Code { get; } = code;

    /// <summary>Whether the sentence was said already.</summary>
    public bool IsSaid { get; private set; }

    /// <summary>Says the sentence on stderr, once.</summary>
    public void Say()
    {
        if (!IsSaid) Log.Line($"organics: {Message.ReplaceLineEndings(" ")}");
        IsSaid = true;
    }

    public static Failure Usage(string sentence) => new(ExitCode.Usage, sentence);

    public static Failure Check(string sentence) => new(ExitCode.CheckFailed, sentence);

    /// <summary>The exit code and the sentence of anything that can be thrown.</summary>
    public static (ExitCode Code, string Sentence) Of(Exception error) => error switch
    {
        Failure failure => (failure.Code, failure.Message),
        AggregateException { InnerException: { } inner } => Of(inner),
        DivergedException => (ExitCode.Diverged, error.Message),
        OperationCanceledException => (ExitCode.Interrupted, "Interrupted."),
        DataUnavailableException => (ExitCode.Usage, error.Message),
        UnauthorizedAccessException or IOException => (ExitCode.CheckFailed, $"A file could not be read or written: {error.Message}"),
        ArgumentException { ParamName: { } name } => (ExitCode.CheckFailed, error.Message.Replace($" (Parameter '{name}')", "")),
        _ => (ExitCode.CheckFailed, OfDevice(error) ?? error.Message),
    };

    /// <summary>The sentence for a device that failed or had too little memory; null for any other error.</summary>
    public static string? OfDevice(Exception error) => error switch
    {
        AggregateException { InnerException: { } inner } => OfDevice(inner),
        OutOfMemoryException => "The memory is not enough; use a smaller --batch, fewer units, less --checkpoint-memory or --precision float.",
        _ => GpuDevice.Explain(error),
    };
}
