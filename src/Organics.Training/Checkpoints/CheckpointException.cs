namespace Organics;

/// <summary>A checkpoint cannot be read; the message is one sentence that names the file and what is wrong with it.</summary>
public sealed class CheckpointException : Exception
{
    /// <summary>An exception with no particulars.</summary>
    public CheckpointException() : base("The checkpoint cannot be read.") { }

    /// <summary>An exception that says what is wrong.</summary>
    /// <param name="message">One sentence.</param>
    public CheckpointException(string message) : base(message) { }

    /// <summary>An exception that says what is wrong, and keeps the cause.</summary>
    /// <param name="message">One sentence.</param>
    /// <param name="innerException">The cause.</param>
    public CheckpointException(string message, Exception? innerException) : base(message, innerException) { }
}
