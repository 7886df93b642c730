using Organics;

// y = tanh(Wy + x): the fixed point of one's own map, differentiated through the implicit function theorem.
using var tape = new Tape<double>();
var W = tape.Watch(Tensor.From<double>([0.5, -0.3, 0.2, 0.4], [2, 2]));
var x = tape.Watch(Tensor.From<double>([0.3, -0.2, 1.0, 0.5], [2, 2]));
var y = FixedPoint.Solve((p, y) => (y.MatMul(p[0], transposeOther: true) + p[1]).Tanh(), [W, x], Tensor.Zeros<double>([2, 2]), null, out var report);
var gradient = tape.Backward(y.Sum())[W];
Console.WriteLine($"y = {y}");
Console.WriteLine($"∂Σy/∂W = {gradient}");
Console.WriteLine($"{report.Samples[0].Method}: residual below 1e-10: {report.Samples.All(s => s.Residual < 1e-10)}; adjoint below 1e-12: {report.Gradients.All(g => g.Residual < 1e-12)}");
