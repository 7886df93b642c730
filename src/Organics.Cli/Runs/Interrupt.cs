using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>
/// Turns the first Ctrl-C, request to end (SIGTERM, of schedulers) or hang-up (SIGHUP, of a terminal that closes) into a cancellation; the second ends the
/// process at once. A signal that the process was started to ignore, as by nohup, stays ignored.
/// </summary>
sealed class Interrupt : IDisposable
{
    // A terminal that closes hangs up twice, once by the kernel and once by the shell; some schedulers send two signals for one.
    static readonly TimeSpan AsOne = TimeSpan.FromMilliseconds(100);

    readonly CancellationTokenSource _source = new();
    readonly Lock _gate = new();
    readonly PosixSignalRegistration[] _registrations;
    long? _first;

    public Interrupt() =>
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Handle))];

    /// <summary>The exit code of what was interrupted: 128 + the number of the signal.</summary>
    public static int Code { get; private set; } = (int)ExitCode.Interrupted;

    public CancellationToken Token => _source.Token;

    void Handle(PosixSignalContext context)
    {
        lock (_gate)
        {
            if (_first is { } first)
            {
                context.Cancel = Stopwatch.GetElapsedTime(first) < AsOne;
                return;
            }
            context.Cancel = true;
            _first = Stopwatch.GetTimestamp();
            Code = 128 + context.Signal switch
            {
                PosixSignal.SIGHUP => 1,
                PosixSignal.SIGTERM => 15,
                _ => 2,
            };
        }
        _source.Cancel();
    }

    // The source is left to the collector: a signal may be on its way.
    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }
}
