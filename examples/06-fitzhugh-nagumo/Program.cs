using Organics;

// v̇ = v − v³/3 − w + I, ẇ = 0.08(v + 0.7 − 0.8w): one function, and all else follows from it.
static OdeFunction Neuron(double current) => OdeFunction.Of(2, x =>
{
    var (v, w) = (x[.., 0], x[.., 1]);
    return Tensor<double>.Stack(1, v - v * v * v / 3 - w + current, 0.08 * (v + 0.7 - 0.8 * w));
});

// A trajectory onto the limit cycle, and the orbit itself with its Floquet multipliers.
var course = Ode.Integrate(Neuron(0.5), RungeKutta.DormandPrince, [-1, 1], 0, 2000, new() { LimitCycleTolerance = 1e-3, RelativeTolerance = 1e-8 });
var orbit = PeriodicOrbits.Near(Neuron(0.5), course.EndState, course.Period)!;
Console.WriteLine($"I = 0.5: {course.Status}, period {orbit.Period:F4}, v from {orbit.Low[0]:F3} to {orbit.High[0]:F3}, {orbit.Verdict}");

// The Hopf diagram: the equilibrium from I = 0 to 2, where it oscillates, and the cycles between.
Func<double, IOdeSystem> family = Neuron;
var rest = Equilibria.Near(EquilibriumEquations.Of(Neuron(0)), [-1.2, -0.6])!;
var branch = Continuation.Follow(family, 0, 2, rest);
foreach (var hopf in branch.Bifurcations)
    Console.WriteLine($"{hopf.Type} at I = {hopf.Parameter:F6}, frequency {hopf.Frequency:F6}, {hopf.LyapunovCoefficient switch { < 0 => "supercritical", > 0 => "subcritical", _ => "of unknown criticality" }}");
var cycles = PeriodicOrbits.Follow(family, 0.5, 1.2, orbit, steps: 12);
Console.WriteLine($"cycles between I = {cycles.Points.Min(p => p.Parameter):F2} and {cycles.Points.Max(p => p.Parameter):F2}, {cycles.Points.Count(p => p.Orbit.IsStable)} of {cycles.Points.Count} found stable");

if (args is [var folder])
{
    Directory.CreateDirectory(folder);
    File.WriteAllText(Path.Combine(folder, "portrait.svg"), PhasePortrait.Draw(Neuron(0.5), (-2.5, 2.5), (-1, 2), "FitzHugh–Nagumo, I = 0.5", "v", "w", duration: 150));
    PlotSeries Extent(string name, Func<PeriodicOrbit, double> of)
        => new(name, cycles.Points.Select(p => p.Parameter).ToArray(), cycles.Points.Select(p => of(p.Orbit)).ToArray());
    File.WriteAllText(Path.Combine(folder, "hopf.svg"), SvgPlot.Plane("FitzHugh–Nagumo: equilibrium and cycles", "I", "v",
        [new("equilibrium", branch.Points.Select(p => p.Parameter).ToArray(), branch.Points.Select(p => p.Point.State[0]).ToArray()), Extent("cycle, greatest", o => o.High[0]), Extent("cycle, least", o => o.Low[0])],
        [], [new("Hopf points", branch.Bifurcations.Select(b => b.Parameter).ToArray(), branch.Bifurcations.Select(b => b.Point.State[0]).ToArray())], (0, 2), (-2.5, 2.5)));
}
