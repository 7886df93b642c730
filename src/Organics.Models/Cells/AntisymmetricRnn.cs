using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>
/// AntisymmetricRNN (Chang, Chen, Haber and Chi, ICLR 2019): Euler's steps of ḣ = tanh(Ah + Vx + b) with A = W − Wᵀ − γI, whose eigenvalues have real part −γ:
/// <para>h ← h + ε·tanh(Ah + Vx + b).</para>
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="epsilon">ε, the length of a step.</param>
public readonly struct AntisymmetricFormula<T>(T epsilon) : ICellFormula<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    const int H = 0, P = 0;

    readonly T _epsilon = epsilon;

    /// <inheritdoc/>
    public CellLayout Layout => new()
    {
        States = ["h"],
        Products = [new("p", Activation.Tanh, "b", new CellTerm(CellLayout.Input, "V"), new CellTerm("h", "A"))],
    };

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
        => m.SetAfter(H, V.Fma(V.Of(_epsilon), m.Product(P), m.State(H)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
        m.SetProduct(P, V.Of(_epsilon) * m.AfterCotangent(H));
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

/// <summary>AntisymmetricRNN by its name.</summary>
public sealed class AntisymmetricKind : FormulaKind
{
    const string Epsilon = "epsilon", Gamma = "gamma", Sigma = "sigma";

    /// <inheritdoc/>
    public override string Name => "antisymmetric";

    /// <inheritdoc/>
    public override string Description => "AntisymmetricRNN (Chang et al. 2019).";

    /// <inheritdoc/>
    public override double LearningRate => 1e-3;

    /// <summary>The step ε, the damping γ, and σ of the first weights; the middle of the ranges that the paper searches.</summary>
    protected override IReadOnlyList<CellNumber> Numbers(int steps) => [new(Epsilon, 0.1, 1e-6, 1), new(Gamma, 0.01, 0), new(Sigma, 1, 0)];

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, int[] Shape)> Parameters(CellSize size)
        => [("V.weight", [size.Units, size.Channels]), ("V.bias", [size.Units]), ("W", [size.Units, size.Units])];

    /// <summary>V normal of variance 1/d, W normal of variance σ²/n, the bias 0.</summary>
    protected override Tensor<T> Draw<T>(string name, Shape shape, CellSize size, IReadOnlyDictionary<string, double> numbers, Initializer<T> init) => name switch
    {
        "V.bias" => Tensor.Zeros<T>(shape, init.Device),
        "W" => init.Normal(shape, numbers[Sigma] / Math.Sqrt(size.Units)),
        _ => init.Normal(shape, 1 / Math.Sqrt(size.Channels)),
    };

    /// <inheritdoc/>
    protected override IRecurrentCell<CellWeights<T>, CellWeights<T>, T> Cell<T>(IReadOnlyDictionary<string, double> numbers)
        => new FormulaCell<AntisymmetricFormula<T>, T>(new(T.CreateTruncating(numbers[Epsilon])), p =>
        {
            var w = p["W"];
            return new(("V", p["V.weight"]), ("b", p["V.bias"]), ("A", w - w.Transpose() - T.CreateTruncating(numbers[Gamma]) * Tensor.Identity<T>(w.Shape[0], w.Device)));
        })
        { OtherStep = factor => Cell<T>(Times(numbers, Epsilon, factor)) };
}
