using FsCheck;
using FsCheck.Fluent;
using Organics;
using Organics.Properties;
using Xunit;

namespace PropertyKit;

/// <summary>Two populations that inhibit one another, u̇ = −u + 1/(1 + e^(k·v − 2)), v̇ = −v + 1/(1 + e^(k·u − 2)), and what must hold of them for every k.</summary>
public sealed class TwoRivals
{
    static OdeFunction Rivals(double k) => OdeFunction.Of(2, x => Tensor<double>.Stack(1, (2 - k * x[.., 1]).Sigmoid() - x[.., 0], (2 - k * x[.., 0]).Sigmoid() - x[.., 1]));

    static readonly Gen<double> Strengths = Cases.Between(0, 8);

    [Fact]
    public void The_Jacobian_is_the_derivative() => Cases.ForAll(Strengths, k => SystemLaws.TheJacobianIsTheDerivative(Rivals(k), [[0.2, 0.7], [0.5, 0.5]]), share: 20);

    [Fact]
    public void Without_strong_inhibition_every_equilibrium_is_stable()
        // A slope is at most k/4, so that below 4 the system contracts.
        => Cases.ForAll(Strengths.Where(k => k < 4), k => SystemLaws.EveryEquilibriumFoundIsStable(Rivals(k), [0, 0], [1, 1], starts: 10), share: 20);

    [Fact]
    public void Every_circuit_with_identity_recurrence_is_certified()
        // One that failed would be shrunk and written to a file for `organics circuit`.
        => RandomCircuit.ForAll(RandomCircuit.Identity(largest: 8), circuit => Assert.Equal(StabilityTheorem.IdentityRecurrence, StabilityCertificate.Of(circuit).Theorem), share: 20);
}
