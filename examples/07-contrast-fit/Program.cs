using Organics;

// Contrast responses of a pair that normalizes itself: r = ⌊y⌋² = (b·c)²/((b0·σ)² + w·(b·c)²), measured with noise; b, σ and w are to be found.
double[] contrasts = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1];
var truth = new Gains(Tensor.From<double>([1.3], [1]), Tensor.From<double>([0.15], [1]), Tensor.From<double>([0.8], [1, 1]));
var contrast = Tensor.From<double>(contrasts, [contrasts.Length, 1]);
var noise = Tensor.Normal<double>([contrasts.Length, 1], seed: 7);
var measured = truth.Responses(contrast) * (1 + 0.01 * noise);

// In logarithms the parameters stay positive; Adam descends through the circuit's fixed points.
var fitted = new Gains(Tensor.From<double>([1], [1]), Tensor.From<double>([0.5], [1]), Tensor.From<double>([0.5], [1, 1])).Map((_, t) => t.Log());
var adam = new Adam<Gains, double>(fitted, learningRate: 0.02);
using var tape = new Tape<double>();
for (var step = 0; step < 3000; step++)
{
    var watched = tape.Watch(fitted);
    // Responses span decades: their logarithms are compared.
    var loss = (watched.Map((_, t) => t.Exp()).Responses(contrast).Log() - measured.Log()).Square().Mean();
    adam.Step(fitted, tape.Backward(loss));
    tape.Reset();
}
foreach (var ((name, found), (_, true_)) in fitted.Map((_, t) => t.Exp()).List().Zip(truth.List())) Console.WriteLine($"{name}: {found.Item():F2}, true {true_.Item():F2}");

sealed record Gains(Tensor<double> B, Tensor<double> Sigma, Tensor<double> W) : IParameters<Gains, double>
{
    public Gains Map(Func<string, Tensor<double>, Tensor<double>> f) => new(f("b", B), f("sigma", Sigma), f("w", W));

    public Tensor<double> Responses(Tensor<double> contrast)
        => SteadyStates.Solve(B * contrast, Sigma.Square(), W, Tensor.Identity<double>(1), new(), out _).Y.RectifiedSquare();
}
