using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>
/// Long short-term memory (Hochreiter and Schmidhuber, Neural Computation 9, 1997) with forget gates (Gers, Schmidhuber and Cummins, Neural Computation 12,
/// 2000): each gate is of Wx + Uh + b, and
/// <para>c ← σ(f)⊙c + σ(i)⊙tanh(g), h ← σ(o)⊙tanh(c).</para>
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public readonly struct LstmFormula<T> : ICellFormula<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    const int H = 0, C = 1, I = 0, F = 1, G = 2, O = 3;

    /// <inheritdoc/>
    public CellLayout Layout => new()
    {
        States = ["h", "c"],
        Products = [.. "ifgo".Select(gate => new CellProduct($"{gate}", gate == 'g' ? Activation.Tanh : Activation.Sigmoid, $"b{gate}",
            new CellTerm(CellLayout.Input, $"W{gate}"), new CellTerm("h", $"U{gate}")))],
    };

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
        var c = V.Fma(m.Product(F), m.State(C), m.Product(I) * m.Product(G));
        m.SetAfter(C, c);
        m.SetAfter(H, m.Product(O) * default(Tanh<T>).F(c));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
        V toH = m.AfterCotangent(H), shown = default(Tanh<T>).F(m.After(C));
        var toC = V.Fma(toH * m.Product(O), V.One - shown * shown, m.AfterCotangent(C));
        m.SetProduct(O, toH * shown);
        m.SetProduct(I, toC * m.Product(G));
        m.SetProduct(F, toC * m.State(C));
        m.SetProduct(G, toC * m.Product(I));
        m.AddToState(C, toC * m.Product(F));
    }

    /// <inheritdoc/>
    public void Sources<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
    }

    /// <inheritdoc/>
    public void SourcesVjp<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
    }
}

/// <summary>The long short-term memory by its name, with parameters under PyTorch's: the four gates i, f, g, o lie one below the other.</summary>
public sealed class LstmKind : FormulaKind
{
    /// <inheritdoc/>
    public override string Name => "lstm";

    /// <inheritdoc/>
    public override string Description =>
        "Long short-term memory (Hochreiter and Schmidhuber 1997) as PyTorch has it, with memories as long as the sequence to begin with.";

    /// <inheritdoc/>
    public override double LearningRate => 5e-3;

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, int[] Shape)> Parameters(CellSize size) =>
        [("weight_ih_l0", [4 * size.Units, size.Channels]), ("weight_hh_l0", [4 * size.Units, size.Units]), ("bias_ih_l0", [4 * size.Units]), ("bias_hh_l0", [4 * size.Units])];

    /// <summary>
    /// As PyTorch draws it, all uniform within ±1/√n, but for the biases of the gates i and f: with those a memory would last for two steps, and what has to be
    /// kept for longer would not be learned. Memories begin with time constants between 1 step and all of the sequence: bf = log u, bi = −bf, u uniform in
    /// (1, steps − 1) (Tallec and Ollivier, "Can recurrent neural networks warp time?", ICLR 2018).
    /// </summary>
    protected override Tensor<T> Draw<T>(string name, Shape shape, CellSize size, IReadOnlyDictionary<string, double> numbers, Initializer<T> init)
    {
        ArgumentNullException.ThrowIfNull(init);
        if (name == "bias_hh_l0") return Tensor.Zeros<T>(shape, init.Device);
        if (name != "bias_ih_l0") return base.Draw(name, shape, size, numbers, init);
        var keep = init.Uniform([size.Units], 1, Math.Max(2, size.Steps - 1)).Log();
        return Tensor<T>.Concat(0, -keep, keep, base.Draw(name, [2 * size.Units], size, numbers, init));
    }

    /// <inheritdoc/>
    protected override IRecurrentCell<CellWeights<T>, CellWeights<T>, T> Cell<T>(IReadOnlyDictionary<string, double> numbers)
        => new FormulaCell<LstmFormula<T>, T>(default, p =>
        {
            var n = p["weight_hh_l0"].Shape[1];
            var bias = p["bias_ih_l0"] + p["bias_hh_l0"];
            return new([.. "ifgo".SelectMany((gate, k) => ((string, Tensor<T>)[])
                [($"W{gate}", p["weight_ih_l0"].Slice(k * n, n)), ($"U{gate}", p["weight_hh_l0"].Slice(k * n, n)), ($"b{gate}", bias.Slice(k * n, n))])]);
        });
}
