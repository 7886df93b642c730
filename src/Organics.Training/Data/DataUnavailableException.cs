namespace Organics;

/// <summary>A data set is not on this machine, or could not be fetched; the message is one sentence that says what to do.</summary>
public sealed class DataUnavailableException : Exception
{
    /// <summary>An exception with no particulars.</summary>
    public DataUnavailableException() : base("The data set is not available; fetch it with `organics data get`.") { }

    /// <summary>An exception that says what is missing and what to do.</summary>
    /// <param name="message">One sentence.</param>
    public DataUnavailableException(string message) : base(message) { }

    /// <summary>An exception that says what is missing and what to do, and keeps the cause.</summary>
    /// <param name="message">One sentence.</param>
    /// <param name="innerException">The cause.</param>
    public DataUnavailableException(string message, Exception? innerException) : base(message, innerException) { }
}
