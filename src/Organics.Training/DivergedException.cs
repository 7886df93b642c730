namespace Organics;

/// <summary>The loss became NaN or infinite; the message names the step, the op and the parameter that went bad first.</summary>
public sealed class DivergedException : Exception
{
    /// <summary>An error without a message.</summary>
    public DivergedException() { }

    /// <summary>An error in one sentence.</summary>
    public DivergedException(string message) : base(message) { }

    /// <summary>An error with its cause.</summary>
    public DivergedException(string message, Exception innerException) : base(message, innerException) { }
}
