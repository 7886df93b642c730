namespace Organics;

/// <summary>Shapes do not fit an operation.</summary>
public sealed class ShapeException : ArgumentException
{
    /// <summary>An error without a message.</summary>
    public ShapeException() { }

    /// <summary>An error in one sentence.</summary>
    public ShapeException(string message) : base(message) { }

    /// <summary>An error with its cause.</summary>
    public ShapeException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>Tensors of different devices, workspaces or tapes meet in one operation.</summary>
public sealed class DeviceMismatchException : ArgumentException
{
    /// <summary>An error without a message.</summary>
    public DeviceMismatchException() { }

    /// <summary>An error in one sentence.</summary>
    public DeviceMismatchException(string message) : base(message) { }

    /// <summary>An error with its cause.</summary>
    public DeviceMismatchException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>A tensor is used after its workspace took its memory back.</summary>
public sealed class WorkspaceResetException : InvalidOperationException
{
    /// <summary>An error without a message.</summary>
    public WorkspaceResetException() { }

    /// <summary>An error in one sentence.</summary>
    public WorkspaceResetException(string message) : base(message) { }

    /// <summary>An error with its cause.</summary>
    public WorkspaceResetException(string message, Exception innerException) : base(message, innerException) { }
}
