#:project ../../src/Organics.Models/Organics.Models.csproj
#:property PublishAot=false

using System.Numerics;
using Organics;
using Organics.Formulas;

// A recurrent cell of one's own as a formula: one text, from which come the program over sequences, its gradient, and a stream of single samples.
const int Units = 6, Inputs = 2, Steps = 30, Batch = 40;
var random = new CounterRandom(1);
var at = 0ul;
Tensor<double> Draw(Shape shape, double size) => Tensor.From<double>([.. Enumerable.Range(0, shape.Length).Select(_ => size * random.Normal(at++))], shape);

// Weights of the input [n, d] and of the activity [n, n], biases [n] and rates of adaptation [n], under the names of the layout.
var weights = new CellWeights<double>(("V", Draw([Units, Inputs], 1)), ("W", Draw([Units, Units], 0.3)), ("b", Draw([Units], 0.1)), ("ρ", Draw([Units], 0.1).Sigmoid() * 0.2));
var cell = new FormulaCell<Adaptive<double>, double>(default, w => w);
var (x, state) = (Draw([Steps, Batch, Inputs], 1), (Tensor<double>[])[Draw([Batch, Units], 1), Draw([Batch, Units], 1)]);

// The program against the same formula in tape ops, which the tape differentiates by itself: a wrong StepVjp would show here.
var (fast, slow) = (Gradients(cell.Run), Gradients((c, x, s, memory) => Scan.Run(cell, c, x, s, memory)));
Console.WriteLine($"gradients agree: {fast.Zip(slow, (a, b) => Math.Abs(a - b)).Max() < 1e-12}");

// One sample, step by step, has the bits of the sequence.
var stream = cell.Stream(weights, [.. state.Select(part => part[0])]);
var shown = new double[Units];
for (var t = 0; t < Steps; t++) stream.Step(x[t][0].ToArray(), shown);
Console.WriteLine($"a stream ends where its sequence does: {shown.SequenceEqual(cell.Run(weights, x, state, SequenceMemory.Sqrt)[0][0].ToArray())}");

double[] Gradients(Func<CellWeights<double>, Tensor<double>, IReadOnlyList<Tensor<double>>, SequenceMemory, IReadOnlyList<Tensor<double>>> run)
{
    using var tape = new Tape<double>();
    var watched = tape.Watch(weights);
    var gradients = tape.Backward(run(watched, x, state, SequenceMemory.Sqrt)[0].Square().Sum());
    return [.. watched.List().SelectMany(w => gradients[w.Value].ToArray())];
}

/// <summary>A unit that adapts to its own activity: y ← tanh(Vx + Wy + b) − u, u ← u + ρ⊙(y − u) of the new y.</summary>
readonly struct Adaptive<T> : ICellFormula<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    const int Y = 0, U = 1, P = 0, Rate = 0;

    public CellLayout Layout => new()
    {
        States = ["y", "u"],
        Products = [new("p", Activation.Tanh, "b", new CellTerm(CellLayout.Input, "V"), new CellTerm("y", "W"))],
        Coefficients = ["ρ"],
    };

    public void Step<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
        var y = m.Product(P) - m.State(U);
        m.SetAfter(Y, y);
        m.SetAfter(U, V.Fma(m.Coefficient(Rate), y - m.State(U), m.State(U)));
    }

    public void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
        V toU = m.AfterCotangent(U), rate = m.Coefficient(Rate);
        var toY = V.Fma(rate, toU, m.AfterCotangent(Y));
        m.SetProduct(P, toY);
        m.AddToState(U, toU - rate * toU - toY);
        m.AddToCoefficient(Rate, toU * (m.After(Y) - m.State(U)));
    }

    // It has no sources beside its states.
    public void Sources<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
    }

    public void SourcesVjp<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
    }
}
