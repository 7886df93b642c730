using System.Numerics;

namespace Organics.Backends;

/// <summary>
/// Lets an op with a program for the CPU run for any device: on a device of this process its views are used as they are, on others they are
/// copied here and back.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class HostStage<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Backend<T> _device;
    readonly bool _direct;
    readonly List<(View<T> Host, View<T> Device, bool IsOutput)> _staged = [];

    /// <summary>A stage for one op on a device.</summary>
    public HostStage(Backend<T> device)
    {
        _device = device;
        _direct = device is HostBackend<T>;
        Backend = device as HostBackend<T> ?? (HostBackend<T>)Device.Cpu.Backend<T>();
    }

    /// <summary>Where the program runs.</summary>
    public HostBackend<T> Backend { get; }

    /// <summary>A view of this process with the values of the device's.</summary>
    public View<T> In(View<T> v)
    {
        if (_direct || v.IsMissing) return v;
        var host = Stage(v, isOutput: false);
        _device.Download(v, HostBackend<T>.Span(host));
        return host;
    }

    /// <summary>A view of this process whose values <see cref="Write"/> copies to the device's.</summary>
    public View<T> Out(View<T> v) => _direct || v.IsMissing ? v : Stage(v, isOutput: true);

    /// <summary>Copies all outputs to the device.</summary>
    public void Write()
    {
        foreach (var (host, device, isOutput) in _staged)
            if (isOutput) _device.Upload(HostBackend<T>.Span(host), device);
    }

    /// <summary>Gives the copies back.</summary>
    public void Dispose()
    {
        foreach (var (host, _, _) in _staged) Backend.Return(host.Buffer);
        _staged.Clear();
    }

    View<T> Stage(View<T> v, bool isOutput)
    {
        var host = new View<T>(Backend.Rent(v.Length), 0, v.Length);
        _staged.Add((host, v, isOutput));
        return host;
    }
}
