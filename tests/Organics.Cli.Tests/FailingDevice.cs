using System.Numerics;

namespace Organics.Tests;

/// <summary>A device that fails for good, as a GPU does that its driver has lost: from one update of a parameter on, whatever is asked of it throws. Until then it gives the bits of the processor.</summary>
/// <param name="error">What it throws.</param>
/// <param name="updates">The updates of single parameters that are made before.</param>
sealed class FailingDevice(Exception error, int updates) : Device
{
    readonly FailingBackend<float> _single = new(Cpu.Backend<float>(), error, updates);
    readonly FailingBackend<double> _double = new(Cpu.Backend<double>(), error, updates);

    public override string Name => "a device that fails";

    public override Backend<T> Backend<T>() => Select<T>(_single, _double);

    public override void Dispose()
    {
    }

    sealed class FailingBackend<T>(Backend<T> cpu, Exception error, int updates) : ForwardingBackend<T>(cpu) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int _left = updates;

        protected override Backend<T> Cpu => _left > 0 ? base.Cpu : throw error;

        public override void Update<TOp>(TOp op, View<T> g, View<T> p, View<T> m, View<T> v)
        {
            base.Update(op, g, p, m, v);
            _left--;
        }
    }
}
