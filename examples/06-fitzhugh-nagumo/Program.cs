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

// The Hopf diagram: the equilibrium from I = 0 to 2, where it oscillates, and the cycles from one Hopf point to the other.
Func<double, IOdeSystem> family = Neuron;
var branch = Continuation.Follow(family, 0, 2, Equilibria.Near(EquilibriumEquations.Of(Neuron(0)), [-1.2, -0.6])!);
Console.WriteLine(branch);
foreach (var hopf in branch.Bifurcations) Console.WriteLine(hopf);
var cycles = PeriodicOrbits.FromHopf(family, 0, 2, branch.Bifurcations[0]);
foreach (var fold in cycles.Bifurcations) Console.WriteLine($"{fold.Type} of cycles at I = {fold.Parameter:F6}");
Console.WriteLine($"the cycles end in state {cycles.End} at I = {cycles.Points[^1].Parameter:F4}");

if (args is [var folder])
{
    Directory.CreateDirectory(folder);
    File.WriteAllText(Path.Combine(folder, "portrait.svg"),
        PhasePortrait.Draw(Neuron(0.5), (-2.5, 2.5), (-1, 2), "FitzHugh–Nagumo, I = 0.5", "v", "w", duration: 150));
    File.WriteAllText(Path.Combine(folder, "hopf.svg"),
        BifurcationDiagram.Draw("FitzHugh–Nagumo: equilibria and cycles", "I", "v", 0, [branch], [cycles]));
}
