using System.Numerics;

namespace Organics.Tests;

/// <summary>A device whose transposes are wrong, as a compiler may make them.</summary>
sealed class WrongDevice : Device
{
    readonly WrongBackend<float> _single = new(Cpu.Backend<float>());
    readonly WrongBackend<double> _double = new(Cpu.Backend<double>());

    public override string Name => "a device that is wrong";

    public override Backend<T> Backend<T>() => Select<T>(_single, _double);

    public override void Dispose()
    {
    }

    sealed class WrongBackend<T>(Backend<T> cpu) : ForwardingBackend<T>(cpu) where T : unmanaged, IFloatingPointIeee754<T>
    {
        public override void Transpose(View<T> x, int batch, int rows, int columns, View<T> y, bool accumulate)
        {
            base.Transpose(x, batch, rows, columns, y, accumulate);
            Cpu.Fill(y.Slice(0, 1), T.One);
        }
    }
}
