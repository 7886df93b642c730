using System.Runtime.InteropServices;

namespace Organics;

/// <summary>Turns the first Ctrl-C into a cancellation; the second ends the process at once.</summary>
sealed class Interrupt : IDisposable
{
    readonly CancellationTokenSource _source = new();
    readonly PosixSignalRegistration _registration;

    public Interrupt() => _registration = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
    {
        signal.Cancel = !_source.IsCancellationRequested;
        _source.Cancel();
    });

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _registration.Dispose();
        _source.Dispose();
    }
}
