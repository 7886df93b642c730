using System.Numerics;

namespace Organics.Tests;

/// <summary>
/// The system of examples/16-hierarchical. Its expected numbers come from the same equations in NumPy and SciPy, written apart: firing rates y⁺ where the
/// example holds their roots, a Jacobian by hand, the recurrence by a singular value decomposition; rest by LSODA and Newton's method, LAPACK's eigenvalues,
/// spectra by inverses, the Hopf point by Brent's method.
/// </summary>
public sealed class HierarchicalCircuitTests
{
    static Equilibrium Rest(TwoAreas areas, double contrast, double feedback)
    {
        double[] Everywhere(double value) => [.. Enumerable.Repeat(value, areas.Dimension)];
        var circuit = areas.Sees(contrast, feedback);
        var course = Ode.Integrate(circuit, RungeKutta.DormandPrince, Everywhere(0.1), 0, 2000, new() { Record = false });
        return Equilibria.Near(EquilibriumEquations.Of(circuit, Everywhere(0.1)), course.EndState)!;
    }

    static void Agree(double expected, double actual) => Assert.Equal(expected, actual, 1e-9 * Math.Abs(expected));

    // y, u, p and s of both areas' best neurons, the leading eigenvalue, and power of V1, power of V2 and coherence at 10, 40 and 80 Hz.
    public static TheoryData<double, double, double[], Complex, double[]> Solutions => new()
    {
        {
            1, 1,
            [0.579317989195114, 0.6663032175536641, 0.12372485372484639, 0.060581088946859, 1.16279310330481, 0.3264926268693891,
                0.5793188522783203, 0.6663039679623448],
            new(-0.04437254509363711, 0.29863457906541724),
            [8.89643629794908, 20.250090867680868, 0.1387458113372215, 8.85821735816869, 66.82454454289385, 0.307083757687348,
                2.7777116572497387, 10.450636193902762, 0.0815205097673334]
        },
        {
            0.1, 0.5,
            [0.1033053845232297, 0.14798921806519053, 0.0012746693786313355, 0.001300109344042589, 0.5569512444411824, 0.037405769986927025,
                0.10331022442862248, 0.14799259665113831],
            new(-0.01640163059348264, 0.030491504669185734),
            [47.85911858109349, 105.89227702162171, 0.6302213222626978, 2.4030503566460126, 4.437151219825686, 0.05155576093509094,
                0.9929056556250212, 1.464781287556171, 0.007272321083002444]
        },
    };

    [Theory]
    [MemberData(nameof(Solutions))]
    public void Rest_spectrum_and_coherence_are_those_of_SciPy(double contrast, double feedback, double[] potentials, Complex leading, double[] spectra)
    {
        var areas = new TwoAreas(12);
        var rest = Rest(areas, contrast, feedback);
        Assert.Equal(StabilityVerdict.Stable, rest.Verdict);
        for (var kind = 0; kind < 4; kind++)
        {
            Agree(potentials[2 * kind], rest.State[areas.V1 + 2 * kind * 12]);
            Agree(potentials[2 * kind + 1], rest.State[areas.V2 + 2 * kind * 12]);
        }
        var first = rest.Eigenvalues.Where(v => v.Imaginary >= 0).MaxBy(v => v.Real);
        Assert.InRange((first - leading).Magnitude, 0, 1e-9 * leading.Magnitude);

        var jacobian = new double[areas.Dimension * areas.Dimension];
        areas.Sees(contrast, feedback).Jacobian(0, rest.State, jacobian);
        var spectrum = new NoiseSpectrum(jacobian, areas.Noise);
        for (var k = 0; k < 3; k++)
        {
            var omega = 2 * Math.PI * new[] { 0.01, 0.04, 0.08 }[k];
            Agree(spectra[3 * k], spectrum.Power(areas.V1, omega));
            Agree(spectra[3 * k + 1], spectrum.Power(areas.V2, omega));
            Agree(spectra[3 * k + 2], spectrum.Coherence(areas.V1, areas.V2, omega));
        }
    }

    [Fact]
    public void One_orientation_normalizes_and_oscillates_where_SciPy_says()
    {
        var one = new TwoAreas(1);
        var rest = Rest(one, 0.25, 1);
        Agree(0.9284768858580051, rest.State[one.V1]);
        Agree(0.9967194962249735, rest.State[one.V2]);
        // y⁺ = z²/(σ² + z²) of both, but for the ε in the root of s.
        double Normalized(double z) => z * z / (0.07 * 0.07 + z * z);
        var response = Normalized(0.7 * 0.25);
        Assert.Equal(Math.Sqrt(response), rest.State[one.V1], 1e-6);
        Assert.Equal(Math.Sqrt(Normalized(response)), rest.State[one.V2], 1e-6);

        var hopf = Assert.Single(Continuation.Follow(feedback => one.Sees(0.25, feedback), 1, 3, rest).Bifurcations);
        Assert.Equal(BifurcationType.Hopf, hopf.Type);
        Agree(2.2793268117815697, hopf.Parameter);
        Agree(0.060744804950102364, hopf.Frequency);
    }
}
