namespace Organics;

/// <summary>
/// The system of <see cref="CircuitSystem"/> whose rates are computed on a device: worth while for circuits of so many pairs that the two products by W and Wr
/// take longer than the way there and back. The Jacobian is computed on the CPU.
/// </summary>
public sealed class DeviceCircuitSystem : IStiffOdeSystem, IDisposable
{
    readonly CircuitSystem _system;
    readonly Workspace<double> _workspace;
    readonly Tensor<double> _drive, _c, _tauY, _tauA, _transposedW, _transposedWr;

    /// <summary>A circuit on a device, which must live longer than this system.</summary>
    /// <param name="circuit">The circuit, n pairs.</param>
    /// <param name="device">Where its parameters will lie.</param>
    public DeviceCircuitSystem(Circuit circuit, Device device)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        (_system, _workspace) = (new(circuit), new(device));
        Tensor<double> Vector(ReadOnlySpan<double> values) => Tensor.From(values, [1, circuit.N], device);
        // Stored [source, target], so that neighbouring threads read neighbouring weights.
        Tensor<double> Transposed(ReadOnlySpan<double> values) => Tensor.From(values, [circuit.N, circuit.N], device).Transpose();
        (_drive, _c, _tauY, _tauA) = (Vector(circuit.Drive), Vector(circuit.C), Vector(circuit.TauY), Vector(circuit.TauA));
        (_transposedW, _transposedWr) = (Transposed(circuit.W), Transposed(circuit.Wr));
    }

    /// <inheritdoc/>
    public int Dimension => _system.Dimension;

    /// <inheritdoc/>
    public bool IsAutonomous => true;

    /// <inheritdoc/>
    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
    {
        var n = _system.Circuit.N;
        Tensor<double> y = _workspace.From(x[..n], [1, n]), a = _workspace.From(x[n..], [1, n]), positive = a.Relu();
        var dydt = (_drive - y + (1 - positive.Sqrt()) * y.MatMul(_transposedWr)) / _tauY;
        var dadt = (_c - a + (positive * y.Square()).MatMul(_transposedW)) / _tauA;
        Tensor<double>.Concat(0, dydt, dadt).CopyTo(dxdt);
        _workspace.Reset();
    }

    /// <inheritdoc/>
    public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian) => _system.Jacobian(t, x, jacobian);

    /// <summary>Gives the memory of the intermediate results back to the device.</summary>
    public void Dispose() => _workspace.Dispose();
}
