using System.Numerics;
using System.Runtime.CompilerServices;
using Organics;

// What the libraries do must also hold where no code can be made at run time: published with native AOT and trimmed.
// With --bits it prints what must be the same on every processor, and checks nothing.
if (args.Contains("--bits"))
{
    foreach (var line in Bits.Lines()) Console.WriteLine(line);
    return 0;
}
var (passed, failed) = (0, 0);
Check("no code is made at run time, or this is a plain build", !RuntimeFeature.IsDynamicCodeSupported || args.Contains("--jit"));
Check("a network's gradient equals central differences", NetworkGradient() < 1e-8);
Check("an implicit gradient equals central differences", ImplicitGradient() < 1e-7);
Check("the fixed point of an identity circuit satisfies its equations and is stable", StabilityReport.Of(Identity()) is { IsStable: true, Residual: < 1e-13 });
Check("eigenvalues of a companion matrix are the polynomial's roots", Roots() < 1e-10);
Check("a training step lowers the loss, in float", TrainingStep<float>());
Check("a training step lowers the loss, in double", TrainingStep<double>());
Check("a stream of the recurrent circuit ends where its sequence does, without allocation", Stream());
Check("safetensors return what was written, bit for bit", RoundTrip());
Console.WriteLine(failed == 0 ? $"aot smoke: {passed} checks passed" : $"aot smoke: {failed} of {passed + failed} checks failed");
return failed == 0 ? 0 : 1;

void Check(string what, bool holds)
{
    if (holds) passed++;
    else failed++;
    if (!holds) Console.Error.WriteLine($"does not hold: {what}");
}

static Tensor<double> Draw(Shape shape, ulong stream, double scale = 1)
{
    var random = new CounterRandom(11, stream);
    return Tensor.From<double>([.. Enumerable.Range(0, shape.Length).Select(i => scale * random.Normal((ulong)i))], shape);
}

static double NetworkGradient() => GradientCheck.Run(
    p => p[0].MatMul(p[1]).Tanh().MatMul(p[2]).SoftmaxCrossEntropy([0, 2, 1, 2, 0]), [Draw([5, 7], 0), Draw([7, 6], 1), Draw([6, 3], 2)]).Error;

static double ImplicitGradient() => GradientCheck.Run(
    p =>
    {
        // Drives of norm below 1 and a recurrence without negative weights: a fixed point exists.
        var (y, _) = SteadyState.Solve(p[0], p[1].Square() + 0.1, p[2].Exp(), p[3].Exp().SpectralNormalize(), new SteadyStateOptions(), out var report);
        foreach (var sample in report.Samples) sample.OrThrow();
        return y.RectifiedSquare();
    },
    [Draw([4, 5], 3, 0.2), Draw([5], 4), Draw([5, 5], 5, 0.3), Draw([5, 5], 6)], step: 1e-4).Error;

static Circuit Identity() => new([0.4, -0.9, 0.1], [1, 1, 1], [1, 1, 1], [0.1, 0.2, 0.3], [1, 2, 3], [0.1, 10, 1],
    [1, 0.5, 0.2, 0.1, 1, 0.7, 0.3, 0.9, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1]);

static double Roots()
{
    // (λ − 1)(λ + 2)(λ² − 2λ + 5) = λ⁴ − λ³ + λ² + 9λ − 10.
    double[] companion = [1, -1, -9, 10, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
    var found = Eigenvalues.Of(companion, 4).OrThrow().Values;
    return ((Complex[])[1, -2, new(1, 2), new(1, -2)]).Max(root => found.Min(value => (value - root).Magnitude));
}

static bool Stream()
{
    var model = CircuitModels.Create<float>(CircuitModels.Options(units: 7, steps: 20, classes: 2), seed: 4);
    var (stream, y, image) = (model.Stream(), new float[7], new float[20]);
    for (var t = 0; t < 20; t++) image[t] = t / 20f;
    var before = GC.GetAllocatedBytesForCurrentThread();
    for (var t = 0; t < 20; t++) stream.Step(image.AsSpan(t, 1), y);
    var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
    return allocated == 0 && model.Predict(image).SequenceEqual(model.Parameters.Head.Forward(Tensor.From<float>(y, [1, 7])).ToArray());
}

static bool TrainingStep<T>() where T : unmanaged, IFloatingPointIeee754<T>
{
    var digits = SampleDigits.Load().Train;
    var (format, batch) = (digits.Format, digits.Batches<T>(64).First());
    var model = StaticClassifier<T>.Create(format.Width, format.Outputs, [12], learnedRecurrence: true, sigma: 0.1, seed: 3);
    var adam = new Adam<StaticClassifierParameters<T>, T>(model.Parameters);
    using var tape = new Tape<T>();
    var losses = new T[2];
    for (var i = 0; i < losses.Length; i++)
    {
        var loss = model.Evaluate(tape.Watch(model.Parameters), tape.Constant(batch.Inputs, [64, format.Width]), batch).Loss;
        losses[i] = loss.Item();
        adam.Step(model.Parameters, tape.Backward(loss));
        tape.Reset();
    }
    return losses[1] < losses[0];
}

static bool RoundTrip()
{
    var model = StaticClassifier<float>.Create(784, 10, [9, 5], learnedRecurrence: true, sigma: 0.1, seed: 4);
    var other = StaticClassifier<float>.Create(784, 10, [9, 5], learnedRecurrence: true, sigma: 0.1, seed: 5);
    using var file = new MemoryStream();
    SafeTensors.Write(file, Checkpoint.Pack<StaticClassifierParameters<float>, float>(model.Parameters), new Dictionary<string, string> { ["β"] = "½" });
    var read = SafeTensors.Parse(file.ToArray(), "memory");
    Checkpoint.Unpack<StaticClassifierParameters<float>, float>(other.Parameters, read);
    return read.Metadata["β"] == "½" && model.Parameters.List().Zip(other.Parameters.List()).All(p => p.First.Value.ToArray().SequenceEqual(p.Second.Value.ToArray()));
}
