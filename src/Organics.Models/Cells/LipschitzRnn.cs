using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>
/// Lipschitz RNN (Erichson, Azencot, Queiruga, Hodgkinson and Mahoney, ICLR 2021): Euler's steps of ḣ = Ah + tanh(Wh + Ux + b):
/// <para>h ← h + ε·(Ah + tanh(Wh + Ux + b)).</para>
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="epsilon">ε, the length of a step.</param>
public readonly struct LipschitzFormula<T>(T epsilon) : ICellFormula<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    const int H = 0, P = 0, Leak = 1;

    readonly T _epsilon = epsilon;

    /// <inheritdoc/>
    public CellLayout Layout => new()
    {
        States = ["h"],
        Products =
        [
            new("p", Activation.Tanh, "b", new CellTerm(CellLayout.Input, "U"), new CellTerm("h", "W")),
            new("Ah", Activation.None, null, new CellTerm("h", "A")),
        ],
    };

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
        => m.SetAfter(H, V.Fma(V.Of(_epsilon), m.Product(Leak) + m.Product(P), m.State(H)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
        var rate = V.Of(_epsilon) * m.AfterCotangent(H);
        m.SetProduct(P, rate);
        m.SetProduct(Leak, rate);
        m.AddToState(H, m.AfterCotangent(H));
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

/// <summary>
/// Lipschitz RNN by its name: A and W are each (1 − β)(M + Mᵀ) + β(M − Mᵀ) − γI of a trained matrix M.
/// </summary>
public sealed class LipschitzKind : FormulaKind
{
    const string Epsilon = "epsilon", Beta = "beta", Gamma = "gamma";

    /// <inheritdoc/>
    public override string Name => "lipschitz";

    /// <inheritdoc/>
    public override string Description => "Lipschitz RNN (Erichson et al. 2021).";

    /// <inheritdoc/>
    public override double LearningRate => 3e-3;

    /// <summary>The authors' of sequences of pixels in their order; shorter sequences get longer steps, so that as much time passes.</summary>
    protected override IReadOnlyList<CellNumber> Numbers(int steps)
        => [new(Epsilon, Math.Round(Math.Min(0.03 * Math.Max(1, 784.0 / steps), 0.5), 3), 1e-6, 1), new(Beta, 0.75, 0, 1), new(Gamma, 0.001, 0)];

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, int[] Shape)> Parameters(CellSize size)
        => [("E.weight", [size.Units, size.Channels]), ("E.bias", [size.Units]), ("C", [size.Units, size.Units]), ("B", [size.Units, size.Units])];

    /// <summary>
    /// Both M normal of deviation 0.1/n, as the authors' code draws them; the weights of x and the bias uniform within ±1/√(its channels), as PyTorch draws a
    /// linear map.
    /// </summary>
    protected override Tensor<T> Draw<T>(string name, Shape shape, CellSize size, IReadOnlyDictionary<string, double> numbers, Initializer<T> init)
    {
        ArgumentNullException.ThrowIfNull(init);
        var bound = 1 / Math.Sqrt(size.Channels);
        return name is "B" or "C" ? init.Normal(shape, 0.1 / size.Units) : init.Uniform(shape, -bound, bound);
    }

    /// <inheritdoc/>
    protected override IRecurrentCell<CellWeights<T>, CellWeights<T>, T> Cell<T>(IReadOnlyDictionary<string, double> numbers)
    {
        T Number(string name) => T.CreateTruncating(numbers[name]);
        // The authors multiply states from the left: theirs is the transpose.
        Tensor<T> Skewed(Tensor<T> m)
            => (T.One - Number(Beta)) * (m + m.Transpose()) + Number(Beta) * (m.Transpose() - m) - Number(Gamma) * Tensor.Identity<T>(m.Shape[0], m.Device);
        return new FormulaCell<LipschitzFormula<T>, T>(new(Number(Epsilon)), p => new(("U", p["E.weight"]), ("b", p["E.bias"]), ("A", Skewed(p["B"])), ("W", Skewed(p["C"]))))
        { OtherStep = factor => Cell<T>(Times(numbers, Epsilon, factor)) };
    }
}
