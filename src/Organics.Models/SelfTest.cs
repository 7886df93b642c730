using System.Globalization;
using System.Numerics;

namespace Organics;

/// <summary>How an op did on a device.</summary>
/// <param name="Op">Its name.</param>
/// <param name="Precision">"float" or "double".</param>
/// <param name="Error">The largest difference from the reference backend, in units of ε · max(1, |reference|), over results and gradients.</param>
/// <param name="Tolerance">What is allowed, in the same units.</param>
/// <param name="Failure">What differs: op, input, got and expected; null where it passed.</param>
public sealed record SelfTestResult(string Op, string Precision, double Error, double Tolerance, string? Failure);

/// <summary>
/// Every op, its results and its gradients, on a device against the reference backend, at ordinary inputs and, element by element, at extreme ones: zeros of
/// both signs, infinities, NaN, the very large and the very small. What compilers for GPUs are known to get wrong is among them: comparisons with NaN
/// (m4rs-mt/ILGPU#1539, #1545), zeros of both signs (#1361 swaps the arguments of CopySign, which no formula calls), loops of constant length (#652), fused
/// multiply-adds, shared memory and barriers.
/// </summary>
public static class SelfTest
{
    // Allowed differences in units of ε. A formula is the same arithmetic everywhere, but compilers contract products and sums, and OpenCL divides and takes
    // roots within 3 units; e^(b·ln a) turns a unit of the exponent's argument into |b·ln a| units. Sums and solves have another order on every machine.
    const double Formula = 64, Power = 1024, Sum = 512, Solution = 20_000, Fused = 50_000;

    /// <summary>All ops in float and double.</summary>
    /// <param name="device">The device to test.</param>
    public static IEnumerable<SelfTestResult> Run(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        foreach (var result in Run<float>(device, "float")) yield return result;
        foreach (var result in Run<double>(device, "double")) yield return result;
    }

    static IEnumerable<SelfTestResult> Run<T>(Device device, string precision) where T : unmanaged, IFloatingPointIeee754<T>
        => Cases<T>().Select(each => each.On(device, precision));

    static IEnumerable<Case<T>> Cases<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        T half = T.CreateTruncating(0.5), two = T.One + T.One;
        Case<T> Unary(string name, Func<Tensor<T>, Tensor<T>> f, double tolerance = Formula)
            => new(name, tolerance, x => f(x[0]), [[300]]) { HasExtremes = true };
        Case<T> Binary(string name, Func<Tensor<T>, Tensor<T>, Tensor<T>> f, double tolerance = Formula)
            => new(name, tolerance, x => f(x[0], x[1]), [[30, 10], [30, 10]]) { HasExtremes = true };
        Case<T> Settled(string name, int pairs, int batch, double weights) => new(name, Fused, x =>
        {
            var (y, a) = SteadyState.Solve(x[0], x[1].Exp(), x[2].Exp().Affine(T.CreateTruncating(weights), T.Zero), x[3].SpectralNormalize(), new(), out _);
            return Tensor<T>.Concat(1, y, a);
        }, [[batch, pairs], [pairs], [pairs, pairs], [pairs, pairs]]);
        // The more units, the smaller the weights, so that what they drive stays of one size.
        Case<T> Sequence(CircuitVariant variant, int units, int steps, int batch, int inputs) => new($"OrganicsSequence, {variant}, {units} units", Fused, x =>
        {
            var cell = new RecurrentCircuit<T>(variant, new(0.1, 0.05, 0.5), Tensor.Full([units], T.One, x[0].Device));
            Tensor<T> Weights(int i) => x[i].Affine(T.CreateTruncating(5.0 / units), T.Zero);
            var parameters = new RecurrentCircuitParameters<T>(
                x[1], Weights(2), x[3], Weights(4), Weights(5), x[6], Weights(7), Weights(8), x[9].Affine(T.One, T.CreateTruncating(-Math.Log(units / 5.0))),
                new(x[10], x[11], x[12], x[13]));
            IReadOnlyList<Tensor<T>> first = [x[14], x[15].Exp(), x[16].Sigmoid(), x[17].Sigmoid()];
            return cell.Run(cell.Prepare(parameters), x[0], first, SequenceMemory.Sqrt)[0];
        },
        [
            [steps, batch, inputs], [units, inputs], [units, units], [units, inputs], [units, units], [units, units], [units, inputs], [units, units],
            [units, units], [units, units],
            [units], [units], [units], [units], [batch, units], [batch, units], [batch, units], [batch, units],
        ]);
        return
        [
            Unary("Abs", x => x.Abs()),
            Unary("Affine", x => x.Affine(two, half)),
            Unary("Clamp", x => x.Clamp(-half, half)),
            Unary("Exp", x => x.Exp()),
            Unary("Log", x => x.Log()),
            Unary("Negate", x => -x),
            Unary("ConstantPower", x => x.Pow(T.CreateTruncating(3)), Power),
            Unary("RectifiedSquare", x => x.RectifiedSquare()),
            Unary("Relu", x => x.Relu()),
            Unary("Sigmoid", x => x.Sigmoid()),
            Unary("Softplus", x => x.Softplus()),
            Unary("Sqrt", x => x.Sqrt()),
            Unary("Square", x => x.Square()),
            Unary("Tanh", x => x.Tanh()),
            Binary("Add", (a, b) => a + b),
            Binary("Subtract", (a, b) => a - b),
            Binary("Multiply", (a, b) => a * b),
            Binary("Divide", (a, b) => a / b),
            Binary("Maximum", Tensor<T>.Max),
            Binary("Minimum", Tensor<T>.Min),
            Binary("Power", Tensor<T>.Pow, Power),
            new("Select", Formula, x => Tensor<T>.Select(x[0].Relu(), x[0], x[1]), [[30, 10], [30, 10]]) { HasExtremes = true },
            new("Broadcast", Sum, x => x[0] * x[1] + x[2], [[30, 10], [10], []]),
            new("Sum", Sum, x => x[0].Sum(), [[700, 3]]),
            new("Sum, axis", Sum, x => x[0].Sum(1), [[5, 300, 3]]),
            new("Mean, axis", Sum, x => x[0].Mean(0), [[300, 4]]),
            new("Max", Formula, x => x[0].Max(), [[700]]),
            new("Max, axis", Formula, x => x[0].Max(1), [[5, 300]]),
            new("LogSumExp", Sum, x => x[0].LogSumExp(1), [[7, 30]]),
            new("Expand", Sum, x => x[0].Expand(1, 9), [[4, 3]]),
            new("Reshape", Formula, x => x[0].Reshape([6, 10]), [[4, 15]]),
            new("Transpose", Formula, x => x[0].Transpose(), [[3, 17, 5]]),
            new("Slice", Formula, x => x[0].Slice(2, 5), [[9, 4]]),
            new("Concat", Formula, x => Tensor<T>.Concat(1, x[0], x[1]), [[3, 4], [3, 2]]),
            new("GatherRows", Sum, x => x[0].GatherRows(2, 0, 2, 4), [[5, 7]]),
            new("MatMul", Sum, x => x[0].MatMul(x[1]), [[33, 65], [65, 18]]),
            new("MatMul, transposed", Sum, x => x[0].MatMul(x[1], transposeThis: true), [[65, 33], [65, 18]]),
            new("MatMul, other transposed", Sum, x => x[0].MatMul(x[1], transposeOther: true), [[70, 40], [66, 40]]),
            new("MatMul, large", Sum, x => x[0].MatMul(x[1]), [[1500, 17], [17, 1410]]),
            new("MatMul, large, both transposed", Sum, x => x[0].MatMul(x[1], transposeThis: true, transposeOther: true), [[330, 320], [330, 330]]),
            new("MatMul, long", Sum, x => x[0].MatMul(x[1]), [[20, 2000], [2000, 9]]),
            new("Solve", Solution, x => (x[0] + Tensor.Identity<T>(6, x[0].Device).Affine(two + two, T.Zero)).Reshape([1, 6, 6]).Solve(x[1].Reshape([1, 6])),
                [[6, 6], [6]]),
            new("SpectralNormalize", Solution, x => x[0].SpectralNormalize(), [[8, 8]]),
            new("SoftmaxCrossEntropy", Sum, x => x[0].SoftmaxCrossEntropy([0, 2, 1, 2]), [[4, 3]]),
            new("MeanSquaredError", Sum, x => x[0].MeanSquaredError(x[1]), [[9, 3], [9, 3]]),
            new("Eigenvalues", Solution, x => Spectra(x[0]), [[5, 6, 6]]),
            new("SteadyState, identity", Fused, x =>
            {
                var (y, a) = SteadyState.Identity(x[0], x[1].Exp(), x[2].Exp());
                return Tensor<T>.Concat(1, y, a);
            }, [[7, 6], [6], [6, 6]]),
            Settled("SteadyState", pairs: 6, batch: 7, weights: 1),
            // In shared memory and, for want of it, in a scratch.
            Settled("SteadyState, 50 pairs", pairs: 50, batch: 3, weights: 0.02),
            Settled("SteadyState, 120 pairs", pairs: 120, batch: 3, weights: 1.0 / 120),
            new("CircuitJacobian", Sum, x => CircuitJacobian.Of(x[0].Exp(), x[1], x[2].Exp(), x[3].Exp(), x[4], x[5].Exp()),
                [[3, 5, 5], [5, 5], [5], [3, 5], [3, 5], [3, 5]]),
            Sequence(CircuitVariant.Paper, units: 5, steps: 11, batch: 6, inputs: 2),
            Sequence(CircuitVariant.Authors, units: 5, steps: 11, batch: 6, inputs: 2),
            Sequence(CircuitVariant.Unrectified, units: 5, steps: 11, batch: 6, inputs: 2),
            // Of every size of group that a GPU takes; in double precision of the smallest and the largest, for a driver compiles each for seconds.
            .. (typeof(T) == typeof(float) ? (int[])[65, 130, 300, 400] : [300]).Select(units => Sequence(CircuitVariant.Paper, units, steps: 3, batch: 5, inputs: 1)),
        ];
    }

    // Real parts in order, conjugates by their imaginary parts: devices need not find them in the same one.
    static Tensor<T> Spectra<T>(Tensor<T> matrices) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (count, n) = (matrices.Shape[0], matrices.Shape[1]);
        T[] re = new T[count * n], im = new T[count * n];
        Eigenvalues.OfEach(matrices, re, im);
        var ordered = re.Zip(im).Chunk(n).SelectMany(each => each.OrderBy(v => v.First).ThenBy(v => v.Second)).ToArray();
        return matrices.Constant([.. ordered.Select(v => v.First), .. ordered.Select(v => v.Second)], [2, count, n]);
    }

    /// <summary>An op and the shapes of its inputs.</summary>
    sealed record Case<T>(string Name, double Tolerance, Func<Tensor<T>[], Tensor<T>> F, Shape[] Shapes) where T : unmanaged, IFloatingPointIeee754<T>
    {
        static readonly T[] Extremes =
        [
            .. new[] { 0, -0.0, 1e-30, -1e-30, 90, -90, 1e30, -1e30, double.PositiveInfinity, double.NegativeInfinity, double.NaN, 0.5, -1, 1 }
                .Select(T.CreateTruncating),
        ];

        static readonly double Epsilon = double.CreateTruncating(T.BitIncrement(T.One) - T.One);

        /// <summary>Whether inputs go to the extremes, too: for ops that act element by element.</summary>
        public bool HasExtremes { get; init; }

        public SelfTestResult On(Device device, string precision)
        {
            var (worst, failure) = (0.0, (string?)null);
            foreach (var extreme in HasExtremes ? new[] { false, true } : [false])
            {
                T[][] inputs = [.. Shapes.Select((s, i) => Values(s.Length, i, extreme))];
                try
                {
                    var (got, want) = (Results(device, inputs), Results(Device.Reference, inputs));
                    for (var r = 0; r < want.Length; r++)
                        for (var j = 0; j < want[r].Length; j++)
                        {
                            var error = Distance(got[r][j], want[r][j]);
                            worst = Math.Max(worst, error);
                            if (error > Tolerance)
                                failure ??= string.Create(CultureInfo.InvariantCulture,
                                    $"{(r == 0 ? "result" : $"gradient of input {r - 1}")}, element {j}: got {got[r][j]:G9}, "
                                    + $"expected {want[r][j]:G9}{Where(inputs, j, extreme)}");
                        }
                }
                catch (Exception error) when (error is not OutOfMemoryException)
                {
                    (worst, failure) = (double.PositiveInfinity, error.Message);
                }
            }
            return new(Name, precision, worst, Tolerance, failure);
        }

        string Where(T[][] inputs, int element, bool extreme)
            => extreme
                ? $" at ({string.Join(", ", inputs.Select(x => string.Create(CultureInfo.InvariantCulture, $"{x[element]}")))})"
                : $" for inputs of ordinary size, {string.Join(", ", Shapes)}";

        // The result, then, if it has any, the gradient of Σ wᵢ·resultᵢ for every input.
        T[][] Results(Device device, T[][] inputs)
        {
            using var tape = new Tape<T>(device);
            Tensor<T>[] x = [.. inputs.Select((values, i) => tape.Watch(Tensor.From<T>(values, Shapes[i], device)))];
            var y = F(x);
            if (!y.IsTracked) return [y.ToArray()];
            var weights = tape.Constant([.. Enumerable.Range(0, y.Length).Select(i => T.CreateTruncating(Math.Cos(1 + 2.3 * i)))], y.Shape);
            var gradients = tape.Backward(y, weights);
            return [y.ToArray(), .. x.Select(each => gradients[each].ToArray())];
        }

        // Infinities and NaN must be where they are.
        static double Distance(T got, T want)
            => got == want || (T.IsNaN(got) && T.IsNaN(want)) ? 0
                : T.IsFinite(got) && T.IsFinite(want)
                    ? double.CreateTruncating(T.Abs(got - want)) / (Epsilon * Math.Max(1, double.CreateTruncating(T.Abs(want))))
                : double.PositiveInfinity;

        static T[] Values(int length, int input, bool extreme)
        {
            if (extreme) return [.. Enumerable.Range(0, length).Select(j => Extremes[(input == 0 ? j : j / Extremes.Length + j) % Extremes.Length])];
            var random = new CounterRandom(7, (ulong)input);
            return [.. Enumerable.Range(0, length).Select(j => T.CreateTruncating(2 * random.Uniform((ulong)j) - 0.9))];
        }
    }
}
