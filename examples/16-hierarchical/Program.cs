using Organics;

// Twelve orientations. Where the circuit comes to rest, whether it is stable there, and what noise on its membrane potentials makes of it; τ is 1 ms.
var areas = new TwoAreas(12);
const double Hertz = 1000 / (2 * Math.PI);
List<PlotSeries> curves = [];
Console.WriteLine("feedback  contrast    V1 rate   V2 rate   max Re λ            V1 power    V1–V2 coherence");
foreach (var feedback in (double[])[0, 0.5, 1])
{
    foreach (var contrast in (double[])[0.1, 0.5, 1])
    {
        var rest = Rest(areas, contrast, feedback);
        var spectrum = Noise(areas, contrast, feedback, rest);
        // The noise itself is low-pass, of 1 ms. What all neurons see through the same filter is no less coherent for it.
        var power = NoiseSpectrum.HighestPeak(omega => spectrum.Power(areas.V1, omega) / (1 + omega * omega), rest.Eigenvalues);
        var coherence = NoiseSpectrum.HighestPeak(omega => spectrum.Coherence(areas.V1, areas.V2, omega), rest.Eigenvalues);
        Console.WriteLine(
            $"{feedback,8:F1}{contrast,10:F1}{Rate(rest, areas.V1),11:F4}{Rate(rest, areas.V2),10:F4}{rest.MaxRealPart,11:F4} {rest.Verdict,-9}"
            + $"{power?.Omega * Hertz,8:F1} Hz   {coherence?.Power,5:F3} at {coherence?.Omega * Hertz:F1} Hz");
        double[] frequencies = [.. Enumerable.Range(1, args.Length == 0 ? 0 : 100)];
        if (feedback == 1)
            curves.Add(new($"contrast {contrast}", frequencies, frequencies.Select(f => spectrum.Coherence(areas.V1, areas.V2, f / Hertz)).ToArray()));
    }
}

// One orientation alone, where the recurrence is 1: with γ = 1 it normalizes exactly, whatever V2 feeds back, and with more it begins to oscillate.
var one = new TwoAreas(1);
var start = Rest(one, 0.25, 1);
Console.WriteLine($"one orientation, feedback 1: V1 rate {Rate(start, one.V1):F5}, the normalization equation {1 / (1 + Math.Pow(0.07 / (0.7 * 0.25), 2)):F5}");
var branch = Continuation.Follow(feedback => one.Sees(0.25, feedback), 1, 3, start);
Console.WriteLine($"{branch.Points.Count} equilibria from feedback {branch.Points[0].Parameter:G6} to {branch.Points[^1].Parameter:G6}");
foreach (var hopf in branch.Bifurcations) Console.WriteLine($"{hopf.Type} at feedback {hopf.Parameter:F5}, {1000 * hopf.Frequency:F2} Hz");

if (args is [var folder])
{
    Directory.CreateDirectory(folder);
    File.WriteAllText(Path.Combine(folder, "coherence.svg"), SvgPlot.Lines("Coherence of V1 and V2", "frequency (Hz)", "coherence", curves));
}

static double Rate(Equilibrium rest, int neuron) => Math.Pow(Math.Max(rest.State[neuron], 0), 2);

// After two seconds the circuit is so near to rest that Newton's method does the remainder.
static Equilibrium Rest(TwoAreas areas, double contrast, double feedback)
{
    var circuit = areas.Sees(contrast, feedback);
    double[] Everywhere(double value) => [.. Enumerable.Repeat(value, areas.Dimension)];
    var course = Ode.Integrate(circuit, RungeKutta.DormandPrince, Everywhere(0.1), 0, 2000, new() { Record = false });
    return Equilibria.Near(EquilibriumEquations.Of(circuit, scale: Everywhere(0.1)), course.EndState)!;
}

static NoiseSpectrum Noise(TwoAreas areas, double contrast, double feedback, Equilibrium rest)
{
    var jacobian = new double[areas.Dimension * areas.Dimension];
    areas.Sees(contrast, feedback).Jacobian(0, rest.State, jacobian);
    return new(jacobian, areas.Noise);
}
