using Organics;
using Organics.Formulas;

// Four points that no straight line separates, and a network of one hidden layer.
var x = Tensor.From<double>([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]);
var target = Tensor.From<double>([0, 1, 1, 0], [4, 1]);
var w1 = Tensor.From<double>([0.9, -1.1, 0.4, 1.3, 0.7, -0.8], [2, 3]);
var w2 = Tensor.From<double>([1.2, -0.6, 0.8], [3, 1]);
Tensor<double> Loss(Tensor<double> first, Tensor<double> second) => x.MatMul(first).Map(new Bump<double>()).MatMul(second).MeanSquaredError(target);

// The tape records what is computed from watched tensors; a reset takes the memory of a step back.
using var tape = new Tape<double>();
for (var step = 0; step <= 200; step++)
{
    var loss = Loss(tape.Watch(w1), tape.Watch(w2));
    var gradients = tape.Backward(loss);
    if (step % 50 == 0) Console.WriteLine($"step {step,3}: loss {loss.Item():F6}");
    foreach (var w in (Tensor<double>[])[w1, w2]) w.Assign(w - 0.5 * gradients[w]);
    tape.Reset();
}

// The tape against central differences.
var check = GradientCheck.Run(w => Loss(w[0], w[1]), [w1, w2]);
check.OrThrow(1e-8);
Console.WriteLine($"largest error of a gradient: {check.Error:E1}");

/// <summary>An element-wise function of one's own, e^(−x²): this is all it takes to run on every device.</summary>
readonly struct Bump<T> : IFormula1<T>
{
    public V F<V>(V x) where V : struct, IReal<V, T> => V.Exp(-(x * x));

    public V D<V>(V x, V y) where V : struct, IReal<V, T> => -(x + x) * y;
}
