namespace Organics;

/// <summary>MPI is missing, or a call of it failed; the message is one sentence.</summary>
public sealed class MpiException : Exception
{
    /// <summary>An error without a message.</summary>
    public MpiException() { }

    /// <summary>An error in one sentence.</summary>
    public MpiException(string message) : base(message) { }

    /// <summary>An error with its cause.</summary>
    public MpiException(string message, Exception innerException) : base(message, innerException) { }
}
