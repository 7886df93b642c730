using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Organics;

/// <summary>What must have the same bits on every processor and of every width of vectors, as a line "digest  name" each, in the form of sha256sum.</summary>
static class Bits
{
    /// <summary>The lines. A NaN counts as any other: its sign and payload are the processor's.</summary>
    public static IEnumerable<string> Lines()
        => Of<float>().Select(each => $"{each.Digest}  {each.Name}, float")
            .Concat(Of<double>().Concat(Doubles()).Select(each => $"{each.Digest}  {each.Name}, double"))
            .Concat(Tasks().Select(each => $"{each.Digest}  {each.Name}"));

    static IEnumerable<(string Name, string Digest)> Of<T>() where T : unmanaged, IFloatingPointIeee754<T>
        => [.. Products<T>(), .. Functions<T>(), .. Operations<T>(), .. Trainings<T>()];

    // Whole tiles of every width and what is left over; more of k than one pass takes; enough for several threads.
    static IEnumerable<(string Name, string Digest)> Products<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (var (m, k, n) in ((int, int, int)[])[
            (1, 1, 1), (1, 37, 50), (4, 16, 64), (5, 17, 1), (7, 33, 29), (64, 64, 64), (33, 300, 71), (130, 1100, 135),
        ])
            foreach (var (left, right) in ((bool, bool)[])[(false, false), (true, false), (false, true), (true, true)])
                yield return Results<T>($"product {m} × {k} × {n}{(left ? ", left transposed" : "")}{(right ? ", right transposed" : "")}",
                    x => x[0].MatMul(x[1], left, right), Draw<T>(left ? [k, m] : [m, k], 0), Draw<T>(right ? [n, k] : [k, n], 1));
    }

    static IEnumerable<(string Name, string Digest)> Functions<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (x, pairs) = (Arguments<T>(0), Arguments<T>(1));
        foreach (var (name, f) in ((string, Func<Tensor<T>, Tensor<T>>)[])[
            ("abs", x => x.Abs()), ("cos", x => x.Cos()), ("exp", x => x.Exp()), ("expm1", x => x.Expm1()), ("log", x => x.Log()),
            ("log1p", x => x.Log1p()), ("rectified square", x => x.RectifiedSquare()), ("reciprocal", x => 1.0 / x), ("relu", x => x.Relu()),
            ("sigmoid", x => x.Sigmoid()), ("sin", x => x.Sin()), ("softplus", x => x.Softplus()), ("sqrt", x => x.Sqrt()), ("square", x => x.Square()),
            ("tanh", x => x.Tanh()), ("power 3", x => x.Pow(T.CreateTruncating(3))), ("power −2.5", x => x.Pow(T.CreateTruncating(-2.5))),
        ]) yield return Results(name, x => f(x[0]), x);
        foreach (var (name, f) in ((string, Func<Tensor<T>, Tensor<T>, Tensor<T>>)[])[
            ("sum", (a, b) => a + b), ("difference", (a, b) => a - b), ("product", (a, b) => a * b), ("quotient", (a, b) => a / b),
            ("maximum", Tensor<T>.Max), ("minimum", Tensor<T>.Min), ("power", Tensor<T>.Pow),
        ]) yield return Results(name, x => f(x[0], x[1]), x, pairs);
    }

    static IEnumerable<(string Name, string Digest)> Operations<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        Tensor<T> x = Draw<T>([5, 307, 3], 0), square = Draw<T>([3, 23, 23], 1), matrix = Draw<T>([19, 41], 2);
        foreach (var (name, f) in ((string, Func<Tensor<T>, Tensor<T>>)[])[
            ("sum of all", x => x.Sum()), ("mean of columns", x => x.Mean(0)), ("sum of an axis", x => x.Sum(1)), ("sum of rows", x => x.Sum(2)),
            ("largest", x => x.Max(1)), ("ln Σ exp", x => x.LogSumExp(1)), ("softmax", x => x.Softmax(1).Square()),
        ]) yield return Results(name, x => f(x[0]), x);
        yield return Results("cross-entropy", x => x[0].SoftmaxCrossEntropy([.. Enumerable.Range(0, 19)]), matrix);
        yield return Results("convolution", x => x[0].Convolve(x[1]), Draw<T>([7, 3, 19, 17], 8), Draw<T>([4, 3, 5, 4], 9));
        yield return Results("linear solves", x => x[0].Solve(x[1]), square, Draw<T>([3, 23], 3));
        yield return Results("spectral normalization", x => x[0].SpectralNormalize(), matrix.MatMul(matrix, transposeOther: true));
        yield return Results("steady state", x =>
        {
            var (y, a) = SteadyState.Solve(x[0], x[1].Exp(), x[2].Exp() * 0.1, x[3].SpectralNormalize() * 0.9, new(), out _);
            return Tensor<T>.Concat(1, y, a);
        }, Draw<T>([21, 13], 4), Draw<T>([13], 5), Draw<T>([13, 13], 6), Draw<T>([13, 13], 7));
    }

    // Two steps of Adam, on handwritten digits: pixel by pixel for the static network, row by row for every kind of cell.
    static IEnumerable<(string Name, string Digest)> Trainings<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        var digits = SampleDigits.Load().Train;
        var batch = digits.Batches<T>(50).First();
        var classifier = StaticClassifier<T>.Create(digits.Format.Width, digits.Format.Outputs, [12], learnedRecurrence: true, sigma: 0.1, seed: 3);
        yield return ("training of the static classifier", Train(classifier, classifier.Parameters, batch));
        var layers = new ConvolutionLayers(digits.Format.Steps, digits.Format.Channels, Channels: 3, Kernel: 4, Attention: true, Pool: 3, Sigma: 0.5);
        var images = StaticClassifier<T>.Create(digits.Format.Width, digits.Format.Outputs, layers, seed: 3);
        yield return ("training of convolutional circuits", Train(images, images.Parameters, batch));
        foreach (var kind in CellKind.All)
        {
            var options = new SequenceOptions { Cell = kind.Name, Units = 21, Format = digits.Format };
            yield return ($"training of the cell {kind.Name}", SequenceModel<T>.Create(options, seed: 3) switch
            {
                SequenceModel<RecurrentCircuitParameters<T>, CircuitCoefficients<T>, T> circuit => Train(circuit, circuit.Parameters, batch),
                SequenceModel<CellWeights<T>, CellWeights<T>, T> cell => Train(cell, cell.Parameters, batch),
                var other => throw new InvalidOperationException($"No bits are known of {other.GetType()}, the cell {kind.Name}; add its type here."),
            });
        }
    }

    static string Train<P, T>(IModel<P, T> model, P parameters, SampleBatch<T> batch) where P : IParameters<P, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var adam = new Adam<P, T>(parameters);
        using var tape = new Tape<T>();
        var losses = new T[2];
        for (var i = 0; i < losses.Length; i++)
        {
            var loss = model.Evaluate(tape.Watch(parameters), tape.Constant(batch.Inputs, [batch.Count, batch.Format.Width]), batch).Loss;
            losses[i] = loss.Item();
            adam.Step(parameters, tape.Backward(loss));
            tape.Reset();
        }
        return Digest([losses, .. parameters.List().Select(p => p.Value.ToArray())]);
    }

    static IEnumerable<(string Name, string Digest)> Doubles()
    {
        foreach (var n in (int[])[2, 3, 7, 20, 61])
        {
            var matrix = Draw<double>([n, n], 8).ToArray();
            yield return ($"eigenvalues of order {n}", Digest(Parts(Eigenvalues.Of(matrix, n).OrThrow().Values)));
            for (var i = 0; i < matrix.Length; i++) matrix[i] = Math.ScaleB(matrix[i], 3 * (i / n - i % n));
            yield return ($"eigenvalues of order {n}, graded", Digest(Parts(Eigenvalues.Of(matrix, n).OrThrow().Values)));
        }
        const int order = 12, count = 37;
        var (re, im) = (new double[count * order], new double[count * order]);
        Eigenvalues.OfEach(Draw<double>([count, order, order], 9).ToArray(), order, re, im);
        yield return ("eigenvalues of many matrices", Digest(re, im));
        var numbers = new CounterRandom(17, 18);
        PlanarCircuit[] pairs =
        [
            .. Enumerable.Range(0, 1000).Select(i =>
            {
                double Next(int k, double least, double most) => least + (most - least) * numbers.Uniform((ulong)(5 * i + k));
                return new PlanarCircuit(wr: Next(0, 1, 5), w: Next(1, 0.1, 2), b: 1, b0: Next(2, 0.1, 1), sigma: Next(3, 0.1, 1), z: Next(4, 0, 0.5));
            }),
        ];
        yield return ("single pairs: fixed points", Digest<double>([.. pairs.SelectMany(pair => pair.FixedPoints()).SelectMany(p => (double[])[p.Y, p.A])]));
        yield return ("single pairs: how far from a fold", Digest<double>([.. pairs.Select(pair => pair.Astroid!.Value)]));
        foreach (var n in (int[])[1, 5, 16])
        {
            double[] Positive(int length, ulong stream) => Draw<double>([length], stream).Exp().ToArray();
            var circuit = new Circuit(Draw<double>([n], 10).ToArray(), Positive(n, 11), Positive(n, 12), Positive(n, 13), Positive(n, 14), Positive(n, 15),
                Positive(n * n, 16), Tensor.Identity<double>(n).ToArray());
            var (point, report) = (SteadyState.Of(circuit), StabilityReport.Of(circuit));
            yield return ($"a circuit of {n} pairs: fixed point, its box and spectrum",
                Digest([point.Y, point.A, [report.PointRadius], .. Parts(report.Eigenvalues)]));
            yield return ($"a circuit of {n} pairs: course", Digest(Ode.Integrate(new CircuitSystem(circuit), RungeKutta.RungeKutta4, new double[2 * n], 0, 1,
                new() { Step = 0.01 }).OrThrow().EndState.ToArray()));
        }
    }

    static IEnumerable<(string Name, string Digest)> Tasks()
        => SequenceTask.All.Select(task =>
        {
            var trials = SequenceTask.Load($"{SequenceTask.Scheme}{task.Name},train=50,val=1,test=1").Train.Batches<float>(50).First();
            return ($"trials of the task {task.Name}", Digest([
                trials.Inputs.ToArray(), trials.Numbers.ToArray(), [.. trials.Classes.ToArray().Select(c => (float)c)],
            ]));
        });

    // The result, and the gradient of its sum by every input.
    static (string Name, string Digest) Results<T>(string name, Func<Tensor<T>[], Tensor<T>> f, params Tensor<T>[] inputs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var tape = new Tape<T>();
        Tensor<T>[] watched = [.. inputs.Select(input => tape.Watch(input))];
        var y = f(watched);
        var gradients = tape.Backward(y.Sum());
        return (name, Digest([y.ToArray(), .. watched.Select(x => gradients[x].ToArray())]));
    }

    static Tensor<T> Draw<T>(Shape shape, ulong stream) where T : unmanaged, IFloatingPointIeee754<T> => Tensor.Normal<T>(shape, seed: 17, stream: stream);

    // Numbers of ordinary size, those at which something happens, and bit patterns from everywhere: all exponents, both signs, NaN.
    static Tensor<T> Arguments<T>(ulong stream) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] special =
        [
            0, -0.0, 1, -1, 0.5, -0.5, 2, 3, -8, 1.0 / 3, 88.8, -87.4, -103.9, 709.8, -708.4, -745.2, 1e30, -1e30, 4194304, 2251799813685248,
            2251799813685247.5, double.PositiveInfinity, double.NegativeInfinity, double.NaN,
        ];
        T[] extremes = [T.Epsilon, -T.Epsilon, T.BitIncrement(T.One), T.BitDecrement(T.One), .. special.Select(T.CreateTruncating)];
        const int patterns = 20_000;
        var everywhere = new T[patterns];
        // Multiples of the golden ratio of 2⁶⁴ fill the range evenly; floats are their upper halves.
        for (var i = 0; i < patterns; i++)
        {
            var bits = (ulong)i * 0x9E3779B97F4A7C15 + stream * 0xBF58476D1CE4E5B9;
            if (Unsafe.SizeOf<T>() == sizeof(float)) MemoryMarshal.Cast<T, uint>(everywhere.AsSpan())[i] = (uint)(bits >> 32);
            else MemoryMarshal.Cast<T, ulong>(everywhere.AsSpan())[i] = bits;
        }
        // Every extreme meets every other.
        T[] all = [.. Draw<T>([5_001], 20 + stream).ToArray(), .. everywhere,
            .. stream == 0 ? extremes.SelectMany(x => extremes.Select(_ => x)) : extremes.SelectMany(_ => extremes)];
        return Tensor.From<T>(all, [all.Length]);
    }

    static double[][] Parts(Complex[] values) => [[.. values.Select(v => v.Real)], [.. values.Select(v => v.Imaginary)]];

    static string Digest<T>(params T[][] values) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] all = [.. values.SelectMany(part => part).Select(x => T.IsNaN(x) ? T.NaN : x)];
        return Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(all.AsSpan())));
    }
}
