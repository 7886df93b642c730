namespace Organics;

/// <summary>
/// A circuit's system under a stimulus: z(t) = z + s(t) adds b⊙s(t)/τ_y to ẏ. The stimulus changes neither the Jacobian nor where the other rates are computed,
/// so that <see cref="CircuitSystem"/>, <see cref="RectifiedSystem"/>, <see cref="PowerLawSystem"/> and <see cref="DeviceCircuitSystem"/> take one alike.
/// Integrate it with <see cref="Stimulus.Options"/>.
/// </summary>
public sealed class StimulatedSystem : IStiffOdeSystem
{
    readonly IStiffOdeSystem _system;
    readonly double[] _scale;

    /// <summary>A system with a stimulus.</summary>
    /// <param name="system">The system of a circuit of n pairs, with the state (y, a).</param>
    /// <param name="circuit">That circuit.</param>
    /// <param name="stimulus">What is added to its z.</param>
    /// <exception cref="ArgumentException">The stimulus is of another number of pairs, or the system has not 2n unknowns.</exception>
    public StimulatedSystem(IStiffOdeSystem system, Circuit circuit, Stimulus stimulus)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(circuit);
        ArgumentNullException.ThrowIfNull(stimulus);
        if (stimulus.N != circuit.N)
            throw new ArgumentException(
                $"The stimulus is of {stimulus.N} neuron pairs, but the circuit has {circuit.N}; give one for as many.", nameof(stimulus));
        if (system.Dimension != 2 * circuit.N)
            throw new ArgumentException(
                $"The system has {system.Dimension} unknowns where a circuit of {circuit.N} pairs has {2 * circuit.N}, y and a; give one of these.",
                nameof(system));
        (_system, Stimulus, _scale) = (system, stimulus, new double[circuit.N]);
        for (var i = 0; i < _scale.Length; i++) _scale[i] = circuit.B[i] / circuit.TauY[i];
    }

    /// <summary>What is added to z.</summary>
    public Stimulus Stimulus { get; }

    /// <inheritdoc/>
    public int Dimension => _system.Dimension;

    /// <summary>False, but of a stimulus that never changes.</summary>
    public bool IsAutonomous => _system.IsAutonomous && double.IsNegativeInfinity(Stimulus.ConstantFrom);

    /// <inheritdoc/>
    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
    {
        _system.Rate(t, x, dxdt);
        Stimulus.Add(t, _scale, dxdt[.._scale.Length]);
    }

    /// <inheritdoc/>
    public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian) => _system.Jacobian(t, x, jacobian);

    /// <inheritdoc/>
    public bool TimeDerivative(double t, ReadOnlySpan<double> x, Span<double> derivative)
    {
        if (_system.IsAutonomous) derivative.Clear();
        else if (!_system.TimeDerivative(t, x, derivative)) return false;
        Stimulus.AddSlope(t, _scale, derivative[.._scale.Length]);
        return true;
    }
}
