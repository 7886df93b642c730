namespace Organics;

/// <summary>The loss became NaN or infinite; the message names the step, the op and the parameter that went bad first.</summary>
public sealed class DivergedException : Exception
{
    /// <summary>An error without a message.</summary>
    public DivergedException() { }

    /// <summary>An error in one sentence.</summary>
    public DivergedException(string message) : base(message) => Cause = message;

    /// <summary>An error with its cause.</summary>
    public DivergedException(string message, Exception innerException) : base(message, innerException) => Cause = message;

    /// <summary>An error that tells what happened from what to do.</summary>
    /// <param name="cause">What went bad, and where.</param>
    /// <param name="remedy">What can be done.</param>
    public DivergedException(string cause, string remedy) : base($"{cause}; {remedy}") => (Cause, Remedy) = (cause, remedy);

    /// <summary>What went bad, and where: the same whenever the same training is run again.</summary>
    public string Cause { get; } = "";

    /// <summary>What can be done.</summary>
    internal string Remedy { get; } = "";
}
