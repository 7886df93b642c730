using Organics;

// Three pairs of neurons that normalize one another. Rows of W and Wr are targets, columns sources.
var circuit = new Circuit(
    z: [0.9, 0.3, 0.1], b: [1, 1, 1], b0: [1, 1, 1], sigma: [0.1, 0.1, 0.1], tauY: [1, 1, 1], tauA: [2, 2, 2],
    W: [1, 0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 1], Wr: [0.8, 0.1, 0, 0.1, 0.8, 0.1, 0, 0.1, 0.8]);

// Where it settles. The search is not recorded: the tape holds one op, differentiated by the implicit function theorem.
using var tape = new Tape<double>();
var drive = Tensor.From(circuit.Drive, [1, 3]);
var (y, a) = SteadyState.Solve(tape.Watch(drive), Tensor.From(circuit.C, [3]),
    Tensor.From(circuit.W, [3, 3]), Tensor.From(circuit.Wr, [3, 3]), new SteadyStateOptions(), out var report);
report.Samples[0].OrThrow();
var rates = y.RectifiedSquare();
var gradient = tape.Backward(rates.Sum())[drive];
Console.WriteLine($"firing rates ⌊y⌋²    {string.Join("  ", rates.ToArray().Select(v => $"{v:F4}"))}");
Console.WriteLine($"∂Σ⌊y⌋²/∂drive        {string.Join("  ", gradient.ToArray().Select(v => $"{v:F4}"))}");

// Whether it is stable there: the eigenvalues of its Jacobian.
var stability = StabilityReport.Of(circuit, new(y.ToArray(), a.ToArray(), report.Samples[0]));
Console.WriteLine($"largest real part of an eigenvalue: {stability.MaxRealPart:F4}, {(stability.IsStable ? "stable" : "unstable")}");
