using System.Numerics;

namespace Organics.Contract;

/// <summary>A circuit, inputs and states drawn at random; the inputs of the op in its own order.</summary>
public sealed class DrawnSequence<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    static readonly string[] Names = ["Wzx", "Wr", "W", "Wbx0", "Wby0", "Wba0", "Wbx1", "Wby1", "Wba1", "sigma", "kappaY", "kappaA", "kappaB0", "kappaB1", "x", "y", "a", "b0", "b1"];

    readonly Device _device;

    public DrawnSequence(Device device, CircuitVariant variant, int n, int d, int batch, int steps, LargestSteps largest)
    {
        var own = 1 / Math.Sqrt(n);
        Shape[] shapes = [[n, d], [n, n], [n, n], [n, d], [n, n], [n, n], [n, d], [n, n], [n, n], [n], [n], [n], [n], [n], [steps, batch, d], [batch, n], [batch, n], [batch, n], [batch, n]];
        (double Least, double Most)[] ranges =
        [
            (-1, 1), (-own, own), (0, own), (-1, 1), (-own, own), (-own, own), (-1, 1), (-own, own), (-own, own), (0.5, 1.5),
            (0, largest.Y), (0, largest.A), (0, largest.B), (0, largest.B), (0, 1), (-1, 1), (0.1, 1), (0, 1), (0, 1),
        ];
        Inputs = [.. shapes.Select((shape, i) => Random((ulong)i + 1, shape, ranges[i].Least, ranges[i].Most, device))];
        Cell = new(variant, largest, Inputs[9]);
        _device = device;
    }

    public Tensor<T>[] Inputs { get; }

    public RecurrentCircuit<T> Cell { get; }

    public CircuitCoefficients<T> Coefficients => From(Inputs);

    static CircuitCoefficients<T> From(Tensor<T>[] p) => new(p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11], p[12], p[13]);

    public Tensor<T> Run(Tensor<T>[] p) => Together(Cell.Run(From(p), p[14], p[15..], SequenceMemory.Sqrt));

    static Tensor<T> Together(IReadOnlyList<Tensor<T>> state) => Tensor<T>.Concat(0, [.. state]);

    /// <summary>The states after the sequence, or y after every step, and the gradients of a weighted sum of them.</summary>
    public Dictionary<string, T[]> Differentiate(bool fused, SequenceMemory memory, bool course = false)
    {
        using var tape = new Tape<T>(_device);
        var p = Array.ConvertAll(Inputs, tape.Watch);
        var after = course ? (fused ? Cell.Course(From(p), p[14], p[15..], memory) : Scan.Course(Cell, From(p), p[14], p[15..], memory)).Shown
            : Together(fused ? Cell.Run(From(p), p[14], p[15..], memory) : Scan.Run(Cell, From(p), p[14], p[15..], memory));
        var weights = new T[after.Length];
        for (var i = 0; i < weights.Length; i++) weights[i] = T.CreateTruncating(Math.Cos(1 + 2.3 * i));
        var found = new Dictionary<string, T[]> { ["after"] = after.ToArray() };
        var gradients = tape.Backward(after, tape.Constant(weights, after.Shape));
        for (var i = 0; i < Names.Length; i++) found[Names[i]] = gradients[Inputs[i]].ToArray();
        return found;
    }

    /// <summary>Numbers from a stream of their own, between <paramref name="least"/> and <paramref name="most"/>.</summary>
    public static Tensor<T> Random(ulong stream, Shape shape, double least, double most, Device? device = null)
    {
        var random = new Random((int)stream);
        return Tensor.From<T>([.. Enumerable.Range(0, shape.Length).Select(_ => T.CreateTruncating(least + (most - least) * random.NextDouble()))], shape, device);
    }
}
