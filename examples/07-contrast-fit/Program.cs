using Organics;

// Responses of a neuron to a grating of contrast c under a mask of contrast m: r = A·c²/(σ² + c² + w·m²), measured with 1 % of noise. A, σ and w are to be found.
double[] levels = [0.02, 0.06, 0.2, 0.5, 1];
double[] drives = [.. from c in levels from m in (double[])[0, .. levels] from z in (double[])[c, m] select z];
var drive = Tensor.From<double>(drives, [drives.Length / 2, 2]);
var truth = new Cell(Scalar(40), Scalar(0.15), Scalar(0.6));
var measured = truth.Responses(drive) * (1 + 0.01 * Tensor.Normal<double>([drives.Length / 2], seed: 7));

// Their logarithms are fitted: they stay positive, and responses span decades. Adam descends through the circuit's fixed points.
var fitted = new Cell(Scalar(10), Scalar(0.5), Scalar(1)).Map((_, t) => t.Log());
var adam = new Adam<Cell, double>(fitted, learningRate: 0.02);
using var tape = new Tape<double>();
for (var step = 0; step < 1500; step++)
{
    var loss = (tape.Watch(fitted).Map((_, t) => t.Exp()).Responses(drive).Log() - measured.Log()).Square().Mean();
    adam.Step(fitted, tape.Backward(loss));
    tape.Reset();
}
foreach (var ((name, found), (_, real)) in fitted.Map((_, t) => t.Exp()).List().Zip(truth.List()))
    Console.WriteLine($"{name}: {found.Item():F2} found, {real.Item():F2} true");

static Tensor<double> Scalar(double value) => Tensor.From<double>([value], [1]);

sealed record Cell(Tensor<double> Amplitude, Tensor<double> Sigma, Tensor<double> Mask) : IParameters<Cell, double>
{
    static readonly Tensor<double> Own = Tensor.Identity<double>(2), Other = 1 - Own;

    public Cell Map(Func<string, Tensor<double>, Tensor<double>> f) => new(f("amplitude", Amplitude), f("sigma", Sigma), f("mask weight", Mask));

    // Two pairs that normalize one another, of which the first is measured.
    public Tensor<double> Responses(Tensor<double> drive)
        => Amplitude * SteadyState.Solve(drive, Sigma.Square().Expand(0, 2).Reshape([2]), Own + Mask * Other, Own, new(), out _).Y[.., 0].RectifiedSquare();
}
