using Microsoft.Win32.SafeHandles;

namespace Organics;

/// <summary>stdout and stderr of a process that goes on where they cannot be written, as on a full disk.</summary>
static class StandardStreams
{
    // EPIPE.
    const int BrokenPipe = 32;

    /// <summary>Puts <see cref="TolerantWriter"/>s in their place.</summary>
    /// <returns>stdout.</returns>
    public static TolerantWriter Guard()
    {
        // Open MPI's mpirun gives each process a terminal of its own, and passes what is written there on to wherever its own output goes.
        if (Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_SIZE") is not null) Environment.SetEnvironmentVariable("TERM", "dumb");
        var output = new TolerantWriter(Output());
        Console.SetOut(output);
        Console.SetError(new TolerantWriter(Console.Error));
        return output;
    }

    /// <summary>Says that the result on stdout is not whole.</summary>
    /// <returns>The exit code.</returns>
    public static int Incomplete(int code, Exception error)
    {
        // Whoever closes a pipe, as `head` does, knows why.
        if (error.HResult != BrokenPipe) Log.Line($"organics: stdout could not be written: {error.Message.TrimEnd('.')}; the result there is not whole.");
        return code == (int)ExitCode.Done ? (int)ExitCode.CheckFailed : code;
    }

    // .NET's own writer says nothing of a pipe that nobody reads any more. A file is left to it: its position is shared with other processes.
    static TextWriter Output()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected) return Console.Out;
        try
        {
            var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return pipe.CanSeek ? Console.Out : new StreamWriter(pipe, Console.Out.Encoding) { AutoFlush = true };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Console.Out;
        }
    }
}
