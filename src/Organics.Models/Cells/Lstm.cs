using System.Numerics;

namespace Organics;

/// <summary>
/// The parameters of a long short-term memory under PyTorch's names; the four gates i, f, g, o lie one below the other.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="InputWeights">Shape [4n, d].</param>
/// <param name="StateWeights">Shape [4n, n].</param>
/// <param name="InputBias">Shape [4n].</param>
/// <param name="StateBias">Shape [4n]; only the sum of both biases matters.</param>
public sealed record LstmParameters<T>(Tensor<T> InputWeights, Tensor<T> StateWeights, Tensor<T> InputBias, Tensor<T> StateBias) : IParameters<LstmParameters<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public LstmParameters<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(f("weight_ih_l0", InputWeights), f("weight_hh_l0", StateWeights), f("bias_ih_l0", InputBias), f("bias_hh_l0", StateBias));
    }
}

/// <summary>
/// Long short-term memory (Hochreiter and Schmidhuber, Neural Computation 9, 1997) with forget gates (Gers, Schmidhuber and Cummins, Neural Computation 12,
/// 2000), as PyTorch has it:
/// <para>(i, f, g, o) = Wₓx + bₓ + Wₕh + bₕ, c ← σ(f)⊙c + σ(i)⊙tanh(g), h ← σ(o)⊙tanh(c).</para>
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class LstmCell<T> : IRecurrentCell<LstmParameters<T>, LstmParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>h and c, each [batch, n].</summary>
    public IReadOnlyList<string> States { get; } = ["h", "c"];

    /// <inheritdoc/>
    public LstmParameters<T> Prepare(LstmParameters<T> parameters) => parameters;

    /// <inheritdoc/>
    public IReadOnlyList<Tensor<T>> Step(LstmParameters<T> coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(state);
        var p = coefficients;
        var gates = x.MatMul(p.InputWeights, transposeOther: true) + state[0].MatMul(p.StateWeights, transposeOther: true) + (p.InputBias + p.StateBias);
        var n = state[0].Shape[1];
        Tensor<T> Gate(int k) => gates.Slice(k * n, n, axis: 1);
        var c = Gate(1).Sigmoid() * state[1] + Gate(0).Sigmoid() * Gate(2).Tanh();
        return [Gate(3).Sigmoid() * c.Tanh(), c];
    }
}

/// <summary>The long short-term memory by its name.</summary>
public sealed class LstmKind : CellKind
{
    /// <inheritdoc/>
    public override string Name => "lstm";

    /// <inheritdoc/>
    public override string Prefix => "lstm.";

    /// <inheritdoc/>
    public override string Description =>
        "Long short-term memory (Hochreiter and Schmidhuber 1997) as PyTorch has it, with memories as long as the sequence to begin with.";

    /// <inheritdoc/>
    public override double LearningRate => 5e-3;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Sizes(CellSize size) => [("weight_ih_l0", [4 * size.Units, size.Channels]), ("weight_hh_l0", [4 * size.Units, size.Units])];

    /// <inheritdoc/>
    public override R Open<T, R>(ICellProgram<T, R> program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return program.Run<LstmParameters<T>, LstmParameters<T>>(Create);
    }

    // As PyTorch draws it, all uniform within ±1/√n, but for the biases of the gates i and f: with those a memory would last for two steps, and what has to be
    // kept for longer would not be learned. Memories begin with time constants between 1 step and all of the sequence: bf = log u, bi = −bf, u uniform in
    // (1, steps − 1) (Tallec and Ollivier, "Can recurrent neural networks warp time?", ICLR 2018). The state begins at 0.
    static NewCell<LstmParameters<T>, LstmParameters<T>, T> Create<T>(
        CellSize size, IReadOnlyDictionary<string, string> settings, Initializer<T> init, Initializer<T> state) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (n, bound) = (size.Units, 1 / Math.Sqrt(size.Units));
        Tensor<T> Draw(Shape shape) => init.Uniform(shape, -bound, bound);
        var (input, recurrent) = (Draw([4 * n, size.Channels]), Draw([4 * n, n]));
        var keep = init.Uniform([n], 1, Math.Max(2, size.Steps - 1)).Log();
        var rest = Draw([2 * n]);
        return new(new LstmCell<T>(), new(input, recurrent, Tensor<T>.Concat(0, -keep, keep, rest), Tensor.Zeros<T>([4 * n], init.Device)),
            [Tensor.Zeros<T>([n], init.Device), Tensor.Zeros<T>([n], init.Device)]);
    }
}
