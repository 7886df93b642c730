using FsCheck.Fluent;

namespace Organics.Laws;

/// <summary>Every system of the libraries that knows its Jacobian, found by reflection: one that is added is under this law, or fails it for want of a way to draw it.</summary>
public sealed class EverySystemLaw
{
    static readonly Type[] Systems =
    [
        .. new[] { typeof(Circuit).Assembly, typeof(Ode).Assembly, typeof(RandomNetwork).Assembly, typeof(SsnSystem).Assembly }.SelectMany(a => a.GetExportedTypes())
            .Where(t => t is { IsAbstract: false, IsInterface: false } && typeof(IStiffOdeSystem).IsAssignableFrom(t)).OrderBy(t => t.Name, StringComparer.Ordinal),
    ];

    public static TheoryData<string> Names => [.. Systems.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_Jacobian_is_the_derivative(string name)
        => Cases.ForAll(Gen.Choose(0, int.MaxValue), seed =>
        {
            var random = new CounterRandom((ulong)seed);
            var circuit = RandomCircuits.Recurrent(1 + random.Below(0, 4), 1, RecurrenceHypothesis.Any, new Random(seed));
            var system = Drawn(name, circuit, random);
            try
            {
                // Away from the kinks of ⌊y⌋ and ⌊a⌋.
                double Element(int i, int of) => i < of / 2 ? (0.1 + random.Uniform((ulong)i)) * (random.Bits((ulong)(100 + i)) % 2 == 0 ? 1 : -1) : 0.1 + random.Uniform((ulong)i);
                double[] state = [.. Enumerable.Range(0, system.Dimension).Select(i => Element(i, system.Dimension))];
                SystemLaws.TheJacobianIsTheDerivative(system, [state], t: 0.3);
            }
            finally
            {
                (system as IDisposable)?.Dispose();
            }
        }, share: 10);

    static IStiffOdeSystem Drawn(string name, Circuit circuit, CounterRandom random) => name switch
    {
        nameof(CircuitSystem) => new CircuitSystem(circuit),
        nameof(DeviceCircuitSystem) => new DeviceCircuitSystem(circuit, Device.Cpu),
        nameof(RectifiedSystem) => new RectifiedSystem(circuit),
        nameof(PowerLawSystem) => new PowerLawSystem(circuit, 1.5 + 2 * random.Uniform(50)),
        nameof(StimulatedSystem) => new StimulatedSystem(new CircuitSystem(circuit), circuit, new Stimulus(circuit.N).Step(0.1, 0.7).Sine(2, 0.4)),
        nameof(RandomNetwork) => new RandomNetwork([0.5, -1, 2, 0.3], [0.1, -0.2], [1, 3]),
        nameof(SsnSystem) => new SsnSystem([2, -1, 3, -0.5], [0.4, 0.2], excitatory: 1),
        nameof(OdeFunction) => OdeFunction.Of(2, (t, x) => Tensor<double>.Stack(1, x[.., 0] * x[.., 1] - t * x[.., 0], (t * x[.., 1]).Tanh())),
        _ => throw new InvalidOperationException($"{name} knows its Jacobian and nobody draws it here; add a line that makes one."),
    };
}
